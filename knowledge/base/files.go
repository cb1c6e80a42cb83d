package base

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"suiren/internal/durable"
	"suiren/internal/say"
	"suiren/knowledge"
	"suiren/knowledge/document"
	"suiren/knowledge/reader"
)

// walk lists the files of the base in the order of their names. Hidden ones
// and links are no documents.
func (b *Base) walk(ctx context.Context) ([]File, error) {
	known := map[string]File{}
	for _, f := range b.conf.Files {
		known[f.Path] = f
	}
	var list []File
	for _, root := range b.conf.Roots {
		err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case p != root && document.Hidden(d.Name()):
				if d.IsDir() {
					return filepath.SkipDir
				}
				return nil
			case d.IsDir(), p != root && !d.Type().IsRegular():
				return ctx.Err()
			}
			info, err := os.Stat(p)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(filepath.Dir(root), p)
			if err != nil {
				return err
			}
			f := File{Name: filepath.ToSlash(rel), Path: p, Size: info.Size(), Changed: info.ModTime()}
			if old, ok := known[p]; ok && old.Size == f.Size && old.Changed.Equal(f.Changed) {
				f.Digest = old.Digest
			}
			if list = append(list, f); len(list) > maxFiles {
				return &say.Error{Where: root, What: say.T("there are more than %d files", "文件超过 %d 个", maxFiles), Next: say.T("make several bases of them", "请分成几个知识库")}
			}
			return ctx.Err()
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // a root that is gone has no files
			return nil, err
		}
	}
	slices.SortFunc(list, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// A kept is what is kept of a file in texts/.
type kept struct {
	Aside *Aside               `json:"aside,omitempty"`
	Docs  []knowledge.Document `json:"docs"`
}

// textPath is where the text of a file is kept: by its digest, that of the policy it came
// through, who read it, and its name's ending, which says how it is read.
func (b *Base) textPath(f *File) string {
	return filepath.Join(b.dir, "texts", f.Digest[:min(len(f.Digest), 32)]+b.conf.Rails[:min(len(b.conf.Rails), 32)]+fmt.Sprintf("-%d", document.Revision)+strings.ToLower(filepath.Ext(f.Name))+".json")
}

// text makes sure that the text of a file is kept, and reports whether it was
// read anew.
func (b *Base) text(ctx context.Context, f *File, reader Reader) (bool, error) {
	if f.Digest != "" {
		if r, err := b.load(f); err == nil {
			f.Aside = r.Aside
			return false, nil
		}
	}
	data, err := readBounded(f.Path)
	if err != nil {
		return false, err
	}
	sum := sha256.Sum256(data)
	f.Digest = hex.EncodeToString(sum[:])
	if r, err := b.load(f); err == nil {
		f.Aside = r.Aside
		return false, nil
	}
	var r kept
	if int64(len(data)) > maxBytes {
		r.Aside = &Aside{"is longer than 256 MiB", "超过 256 MiB"}
	} else if r.Docs, r.Aside, err = reader(ctx, f.Name, data); err != nil {
		return false, err
	}
	for i := range r.Docs { // names are put on again when the text is used: a renamed file is not read again
		r.Docs[i].Path = strings.TrimPrefix(r.Docs[i].Path, f.Name)
	}
	text, err := json.Marshal(&r)
	if err != nil {
		return false, err
	}
	f.Aside = r.Aside
	return true, durable.WriteFile(b.textPath(f), text, 0o600)
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxBytes+1))
}

func (b *Base) load(f *File) (r kept, err error) {
	text, err := os.ReadFile(b.textPath(f))
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(text, &r)
}

// cached returns the documents of a file that was read.
func (b *Base) cached(f *File) ([]knowledge.Document, error) {
	r, err := b.load(f)
	for i := range r.Docs {
		r.Docs[i].Path = f.Name + r.Docs[i].Path
	}
	return r.Docs, err
}

// Files returns the Reader of all formats. What is no text is read in processes
// of the pool.
func Files(pool *reader.Pool) Reader {
	return func(ctx context.Context, name string, data []byte) ([]knowledge.Document, *Aside, error) {
		switch document.Detect(name, data) {
		case "txt", "markdown":
			return ReadText(ctx, name, data)
		}
		var s sink
		err := pool.Read(ctx, name, data, &s)
		if r, ok := errors.AsType[*document.Rejection](err); ok {
			err = s.Rejected(r)
		}
		return s.docs, s.aside, err
	}
}

// A sink takes what is in a file. Of its parts that were rejected it tells the first.
type sink struct {
	docs  []knowledge.Document
	aside *Aside
}

// Document implements document.Sink.
func (s *sink) Document(d *document.Document) error {
	s.docs = append(s.docs, knowledge.FromFile(d))
	return nil
}

// Rejected implements document.Sink.
func (s *sink) Rejected(r *document.Rejection) error {
	if s.aside == nil {
		s.aside = &Aside{r.En, r.Zh}
	}
	return nil
}

// ReadText is the Reader of Markdown, text and programs.
func ReadText(_ context.Context, name string, data []byte) ([]knowledge.Document, *Aside, error) {
	text, _, err := document.Decode(data)
	if r, ok := errors.AsType[*document.Rejection](err); ok {
		return nil, &Aside{r.En, r.Zh}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if strings.TrimSpace(text) == "" {
		return nil, &Aside{"is empty", "是空的"}, nil
	}
	return []knowledge.Document{{Path: name, Title: knowledge.Title(name, text), Text: text}}, nil, nil
}
