package main

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"suiren/internal/say"
	"suiren/stage/data"
	"suiren/store"
)

// madeFrom lists the blocks that stand and were made from an artifact, however far
// away, in the order of the loop.
func (w *workspace) madeFrom(d store.Digest) ([]string, error) {
	blocks, err := w.st.Blocks()
	if err != nil {
		return nil, err
	}
	var list []string
	for _, b := range blocks {
		if b.Output == d {
			continue
		}
		ok, err := w.comesFrom(b.Output, d, map[store.Digest]bool{})
		if err != nil {
			return nil, err
		}
		if ok {
			list = append(list, string(b.Kind)+"."+b.Name)
		}
	}
	return list, nil
}

// comesFrom reports whether an artifact was made from d.
func (w *workspace) comesFrom(a, d store.Digest, seen map[store.Digest]bool) (bool, error) {
	if a == d {
		return true, nil
	}
	if seen[a] {
		return false, nil
	}
	seen[a] = true
	made, err := w.st.MadeBy(a)
	if err != nil {
		return false, err
	}
	for _, r := range made {
		for _, in := range r.Inputs {
			if ok, err := w.comesFrom(in.From, d, seen); ok || err != nil {
				return ok, err
			}
		}
	}
	return false, nil
}

// dataForget lists what was made from a source; with check it proves that nothing
// of it is left.
func (w *workspace) dataForget(source string, check bool) error {
	a := w.a
	prints := w.path("forgotten.jsonl")
	if check {
		return w.checkForgotten(source, prints)
	}
	blocks, err := w.st.Blocks()
	if err != nil {
		return err
	}
	held := 0
	var again []string
	for _, b := range blocks {
		if b.Kind != store.Documents {
			continue
		}
		dir, err := w.st.Dir(b.Output)
		if err != nil {
			return err
		}
		n, err := data.NoteForgotten(dir, b.Output.String(), source, prints)
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		held += n
		name := "documents." + b.Name
		from, err := w.madeFrom(b.Output)
		if err != nil {
			return err
		}
		if a.format == formatJSONL {
			a.line(map[string]any{"type": "holds", "block": name, "documents": n, "made_from": from})
		} else {
			fmt.Fprintln(a.stdout, a.t("%s holds %d such documents", "%s 含有 %d 篇这样的文档", name, n))
		}
		again = append(again, name)
		for _, f := range from {
			if !slices.Contains(again, f) {
				again = append(again, f)
			}
		}
	}
	if held == 0 {
		return usage(source, say.T("no documents that stand hold such a path", "现有文档中没有这样的路径"), say.T("give a path as in documents.jsonl, or a pattern such as crawl/*", "请给出 documents.jsonl 中的路径，或 crawl/* 这样的模式"))
	}
	if a.format == formatText {
		fmt.Fprintln(a.stdout, a.t("to be made again: %s", "须重做：%s", strings.Join(again, ", ")))
		fmt.Fprintln(a.stdout, a.t("remove it from your files, run suiren apply, then suiren store gc, then suiren data forget --check", "请从您的文件中删除它，运行 suiren apply，再运行 suiren store gc，最后运行 suiren data forget --check"))
	}
	return nil
}

// checkForgotten searches all artifacts, those that no block needs included, for
// the words of what was noted.
func (w *workspace) checkForgotten(source, prints string) error {
	a := w.a
	notes, err := data.ReadForgotten(prints, source)
	if err != nil {
		return err
	}
	if len(notes) == 0 {
		return usage(source, say.T("nothing was noted of this source", "没有记录过这个来源"), say.T("run suiren data forget without --check first, while it is there", "请在它还在时先不加 --check 运行一次"))
	}
	left, files, err := data.SearchForgotten(w.st.Path(), notes)
	if err != nil {
		return err
	}
	made, err := w.madeOfForgotten(notes)
	if err != nil {
		return err
	}
	left = append(left, made...)
	held := map[string][]data.Left{}
	for _, l := range left {
		held[l.File] = append(held[l.File], l)
		if a.format == formatJSONL {
			a.line(map[string]any{"type": "left", "file": l.File, "document": l.Document, "share": l.Share})
		}
	}
	if a.format == formatText {
		for _, file := range slices.Sorted(maps.Keys(held)) {
			most := slices.MaxFunc(held[file], func(a, b data.Left) int { return cmp.Compare(a.Share, b.Share) })
			s := a.t("%s: %.0f %% of the fingerprints of %s", "%s：含有 %[3]s 指纹的 %.0[2]f%%", file, 100*most.Share, most.Document)
			if n := len(held[file]) - 1; n > 0 {
				s += a.t(", and of %d more", "，另有 %d 篇", n)
			}
			fmt.Fprintln(a.stdout, s)
		}
	}
	if len(left) > 0 {
		return &say.Error{Where: source, What: say.T("it is still in %d files", "仍有 %d 个文件含有它", len(held)), Next: say.T("run suiren apply and suiren store gc; what stands in backups and in logs is yours to remove", "请运行 suiren apply 和 suiren store gc；备份与日志中的内容需自行删除")}
	}
	if a.format == formatJSONL {
		a.line(map[string]any{"type": "gone", "source": source, "documents": len(notes), "files": files})
	} else {
		fmt.Fprintln(a.stdout, a.t("gone: %d documents, no trace in %d files; no artifact that was made from them is left", "已清除：%d 篇文档，在 %d 个文件中均无痕迹；由它们制作的产物均已不在", len(notes), files))
	}
	return nil
}

// madeOfForgotten lists the artifacts in the store, needed or not, that were made
// from one that held a forgotten document.
func (w *workspace) madeOfForgotten(notes []data.Forgotten) (left []data.Left, err error) {
	list, err := os.ReadDir(w.path("artifacts"))
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		d, err := store.ParseDigest(e.Name())
		if err != nil {
			continue // a list, or not ours
		}
		for _, n := range notes {
			from, err := store.ParseDigest(n.Artifact)
			if err != nil {
				return nil, err
			}
			ok, err := w.comesFrom(d, from, map[store.Digest]bool{})
			if err != nil {
				return nil, err
			}
			if ok {
				left = append(left, data.Left{File: "artifacts/" + e.Name(), Document: n.Path, Share: 1})
			}
		}
	}
	return left, nil
}
