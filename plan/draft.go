package plan

import (
	"crypto/sha256"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"suiren/internal/say"
)

// Parse reads what a plan file says from its bytes. name is for places in errors,
// which are as Load's.
func Parse(src []byte, name string, v Vocabulary) (*File, error) {
	if len(src) > maxFile {
		return nil, &say.Error{Where: name, Err: ErrInvalid, What: say.T("the file is larger than 1 MiB", "文件大于 1 MiB"),
			Next: say.T("is this a plan file?", "请确认这是计划文件")}
	}
	blocks, err := parse(src, name, v)
	if err != nil {
		return nil, err
	}
	return &File{Name: name, Blocks: blocks}, nil
}

// maxMatches bounds how many files a pattern may match outside of a plan.
const maxMatches = 10_000

// Match returns the files below a folder that match a pattern of paths, in
// order, as a block of a plan there would be given them. It follows no links.
func Match(dir, pattern string) ([]string, error) {
	if err := checkPattern(pattern); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var list []string
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || name == ".":
			return err
		case d.IsDir():
			if !matchBelow(pattern, name) {
				return fs.SkipDir
			}
		case d.Type().IsRegular() && match(pattern, path.Clean(name)):
			if list = append(list, name); len(list) > maxMatches {
				return &say.Error{Where: pattern, What: say.T("more than %d files match", "匹配的文件超过 %d 个", maxMatches),
					Next: say.T("write a narrower pattern", "请把模式写得更具体")}
			}
		}
		return nil
	})
	return list, err
}

// At returns the file as if its text, src, stood at path.
func (f *File) At(path string, src []byte) *File {
	g := *f
	g.Path, g.Dir, g.Sum = path, filepath.Dir(path), sha256.Sum256(src)
	g.Name = filepath.Base(g.Dir)
	return &g
}
