package main

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"suiren/engine/weights"
	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/models"
	"suiren/stage/unread"
	"suiren/store"
)

// verifyModel reads every weight and every file of an open model.
func (a *app) verifyModel(ctx context.Context, m *weights.Model, path string, record *models.Record) error {
	damaged := 0
	skipped := map[string]bool{} // types
	for i, t := range m.Tensors {
		n, read, err := m.NotFinite(ctx, i)
		switch {
		case err != nil:
			return unread.Error("", path, err)
		case !read:
			skipped[t.Type] = true
		case n > 0:
			damaged++
			what := say.T("%s of %s weights are infinite or not numbers", "%s 个权重（共 %s 个）为无穷大或非数值", count(float64(n)), count(float64(t.Weights)))
			if a.format == formatJSONL {
				a.line(map[string]any{"type": "damaged", "tensor": t.Name, "what": what.In(a.lang)})
			} else {
				fmt.Fprintf(a.stdout, "✗ %s  %s\n", shown(t.Name), what.In(a.lang))
			}
		}
	}
	files, err := sumFiles(ctx, m, path)
	if err != nil {
		return unread.Error("", path, err)
	}
	digest := store.FilesDigest(files)
	if len(files) == 1 && m.Format == "gguf" {
		digest = files[0].Sum // what others call this file
	}
	types := append([]string{}, slices.Sorted(maps.Keys(skipped))...)
	if a.format == formatJSONL {
		for _, f := range files {
			a.line(map[string]any{"type": "file", "path": f.Path, "bytes": f.Size, "sha256": f.Sum})
		}
		a.line(map[string]any{"type": "model_verified", "digest": digest, "tensors": len(m.Tensors), "damaged": damaged, "unread_types": types})
	} else {
		var rows [][]string
		for _, f := range files {
			rows = append(rows, []string{f.Sum.String(), count(float64(f.Size)), shown(f.Path)})
		}
		a.print(terminal.Table("lrl", rows))
		fmt.Fprintln(a.stdout, a.t("digest %s", "摘要 %s", digest))
		fmt.Fprintln(a.stdout, a.t("%d tensors lie in their files, %d are damaged", "%d 个张量均在文件范围内，%d 个损坏", len(m.Tensors), damaged))
		if len(types) > 0 {
			fmt.Fprintln(a.stdout, a.t("the weights of type %s were not read: Suiren does not know them", "类型 %s 的权重未读：Suiren 尚不支持", types))
		}
	}
	if record != nil && digest != record.Digest {
		return &say.Error{Where: record.Name, What: say.T("its digest was %s when it was added", "添加时的摘要是 %s", record.Digest), Next: unread.CopyAgain}
	}
	if damaged > 0 {
		return &say.Error{Where: path, What: say.T("the model is damaged", "模型已损坏"),
			Next: say.T("copy it again and compare its digest with the publisher's", "请重新复制，并与发布者公布的摘要核对")}
	}
	return nil
}

// sumFiles returns the files of a model and their digests.
func sumFiles(ctx context.Context, m *weights.Model, path string) (list []store.File, err error) {
	files, err := models.Files(m, path)
	if err != nil {
		return nil, err
	}
	dir := path
	if m.Format == "gguf" {
		dir = filepath.Dir(path)
	}
	for _, f := range files {
		sum, err := models.Sum(ctx, filepath.Join(dir, filepath.FromSlash(f.Path)))
		if err != nil {
			return nil, err
		}
		list = append(list, store.File{Path: f.Path, Size: f.Bytes, Sum: sum})
	}
	return list, nil
}
