package plan

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"suiren/internal/say"
	"suiren/store"
)

// maxModelFiles bounds the files of a model's folder.
const maxModelFiles = 10_000

// ownedModel takes a snapshot of a model of the owner's, of which argument a of
// block b has the path: a GGUF file, or a folder as Hugging Face has them. It
// reads it all and copies nothing: models are large, and lie where other
// programs find them.
func ownedModel(ctx context.Context, f *File, b *Block, a Arg) (*snapshot, error) {
	place := filepath.FromSlash(a.Path)
	if !filepath.IsAbs(place) {
		place = filepath.Join(f.Dir, place)
	}
	s := &snapshot{arg: a.Name, place: place}
	var err error
	if s.files, err = modelFiles(ctx, place); err == nil && len(s.files) == 0 {
		err = say.Errorf("the folder is empty", "目录是空的")
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &say.Error{Where: b.At, What: say.T("%s: there is no model at %q", "%s：%q 处没有模型", b.Ref, clip(a.Path)),
			Next: say.T("paths begin at %s", "路径从 %s 开始", f.Dir), Err: ErrInvalid}
	}
	if err != nil {
		return nil, noted(b, err)
	}
	s.digest = store.FilesDigest(s.files)
	return s, nil
}

// shardName is the end of the name of one of several files of a model.
var shardName = regexp.MustCompile(`-\d{5}-of-(\d{5})\.gguf$`)

// modelFiles sums a model's files: one, or the shards that belong to it, or
// those of a folder, without its folders. Links are followed: that is how the
// caches of models are built.
func modelFiles(ctx context.Context, place string) ([]store.File, error) {
	info, err := os.Stat(place)
	if err != nil {
		return nil, err
	}
	dir, names := filepath.Split(place)
	list := []string{names}
	switch at := shardName.FindStringSubmatchIndex(names); {
	case info.IsDir():
		dir, list = place, nil
		entries, err := os.ReadDir(place) // in the order of their names
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if info, err := os.Stat(filepath.Join(dir, e.Name())); err == nil && info.Mode().IsRegular() {
				list = append(list, e.Name())
			}
		}
	case at != nil:
		found, err := filepath.Glob(filepath.Join(globSafe(dir), globSafe(names[:at[0]])+"-?????-of-"+names[at[2]:at[3]]+".gguf"))
		if err != nil {
			return nil, err
		}
		list = nil
		for _, p := range found {
			list = append(list, filepath.Base(p))
		}
	}
	if len(list) > maxModelFiles {
		return nil, say.Errorf("the folder has %d files, more than %d: is it a model?", "目录里有 %d 个文件，多于 %d：这是模型吗？", len(list), maxModelFiles)
	}
	var files []store.File
	for _, name := range list {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		f, err := sumFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		f.Path = name
		files = append(files, f)
	}
	return files, nil
}

// globSafe quotes what would be a pattern.
func globSafe(s string) string { return globSigns.ReplaceAllString(s, `\$0`) }

var globSigns = regexp.MustCompile(`[\\*?\[]`)

func sumFile(path string) (store.File, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // to open a pipe is to wait
		return store.File{}, say.Errorf("%s is no plain file", "%s 不是普通文件", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return store.File{}, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return store.File{Size: n, Sum: store.Digest(h.Sum(nil))}, err
}
