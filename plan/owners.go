package plan

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"

	"suiren/internal/say"
	"suiren/store"
)

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
	if s.files, err = store.ModelFiles(ctx, place); err == nil && len(s.files) == 0 {
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
