// Package models knows the models that an owner brought: what they are
// called, where their files lie, and by which digest they are known. The
// files stay where they are and as they are; what comes in a bundle is
// unpacked into the library's own folder.
package models

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"

	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/agext/levenshtein"

	"suiren/engine/weights"
	"suiren/internal/durable"
	"suiren/internal/say"
	"suiren/store"
)

// A Record is what the library knows of a model.
type Record struct {
	Name         string       `json:"name"`
	Path         string       `json:"path"` // of the file, of the first of a set, or of the folder
	Format       string       `json:"format"`
	Architecture string       `json:"architecture"`
	Context      int64        `json:"context,omitempty"`
	Parameters   int64        `json:"parameters"`
	Bytes        int64        `json:"bytes"` // of the weights
	Digest       store.Digest `json:"digest"`
	Files        []File       `json:"files"`
	Own          bool         `json:"own,omitempty"` // the library holds the files
	Added        time.Time    `json:"added"`
}

// A File is a file of a model, and what to know it by.
type File struct {
	Path   string       `json:"path"` // below the folder; of GGUF, its name
	Bytes  int64        `json:"bytes"`
	Time   time.Time    `json:"time"` // of its last change
	SHA256 store.Digest `json:"sha256"`
}

// A Library is a folder of records.
type Library struct{ dir string }

// Home returns the folder of everything that is the owner's and not a plan's:
// SUIREN_HOME, or suiren in the folder for a user's data.
func Home() (string, error) {
	if dir := os.Getenv("SUIREN_HOME"); dir != "" {
		return dir, nil
	}
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "suiren"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", &say.Error{What: say.T("this user has no home folder: %v", "当前用户没有主目录：%v", err),
			Next: say.T("set SUIREN_HOME to a folder", "请把 SUIREN_HOME 设为一个目录"), Err: err}
	}
	return filepath.Join(home, ".local", "share", "suiren"), nil
}

// Open opens the library below home. It makes nothing before there is a
// record to keep.
func Open(home string) *Library { return &Library{filepath.Join(home, "models")} }

// longestName bounds a model's name, in runes.
const longestName = 100

// goodName reports whether a model can be called that: a file's name on any
// system.
func goodName(name string) bool {
	n := 0
	for _, r := range name {
		if n++; !unicode.IsLetter(r) && !unicode.IsNumber(r) && (n == 1 || !strings.ContainsRune("._:-", r)) {
			return false
		}
	}
	return n > 0 && n <= longestName
}

// ErrUnknown is wrapped by the error for a model that is not in the library.
var ErrUnknown = errors.New("models: no such model")

// Add records the model at path under name, or, if name is "", under one made
// from the path. All of it is read once, for the digests. A tar bundle or an
// OCI layout is unpacked first.
func (l *Library) Add(ctx context.Context, path, name string, now time.Time) (*Record, error) {
	return l.add(ctx, path, name, now, false)
}

// AddCopy is Add, but the library keeps a copy of the files.
func (l *Library) AddCopy(ctx context.Context, path, name string, now time.Time) (*Record, error) {
	return l.add(ctx, path, name, now, true)
}

func (l *Library) add(ctx context.Context, path, name string, now time.Time, keep bool) (*Record, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if name == "" {
		name = nameOf(abs)
	}
	if !goodName(name) {
		return nil, &say.Error{Where: name, What: say.T("a model cannot be called that", "模型不能用这个名称"),
			Next: say.T("choose a name of letters, digits, - and . with --name", "请用 --name 指定由字母、数字、- 和 . 组成的名称")}
	}
	if old, err := l.like(name); err != nil {
		return nil, err
	} else if old != nil {
		return nil, &say.Error{Where: name, What: say.T("a model of that name is there: %s", "已有同名模型：%s", old.Path),
			Next: say.T("choose another with --name, or remove it: suiren models rm %s", "请用 --name 换一个名称，或先删除：suiren models rm %s", old.Name)}
	}
	r := &Record{Name: name, Path: abs, Added: now.UTC().Truncate(time.Second)}
	own := filepath.Join(l.dir, "files", name)
	var want string // digest
	if kind := bundleKind(abs); kind != notBundle {
		if err := l.unpack(ctx, kind, abs, own); err != nil {
			return nil, err
		}
		r.Path, r.Own = own, true
		if list := GGUFs(own); len(list) > 0 {
			r.Path = list[0]
		}
	} else if r.Path, want, err = locate(abs); err != nil {
		return nil, err
	} else if keep {
		if r.Path, err = copyTo(ctx, r.Path, own); err != nil {
			return nil, err
		}
		r.Own = true
	}
	err = r.read(ctx)
	if err == nil && want != "" && r.Digest.String() != want {
		err = &say.Error{Where: path, What: say.T("the weights are not those that the manifest names by their digest", "权重与清单中的摘要不符"),
			Next: say.T("fetch the model again", "请重新获取模型")}
	}
	if err == nil {
		err = l.put(r)
	}
	if err != nil && r.Own {
		os.RemoveAll(own)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// nameOf makes a name of a path: the folder or file without its endings.
func nameOf(path string) string {
	base := filepath.Base(path)
	if repo := cacheRepo(path); repo != "" {
		base = repo
	}
	if manifest := ollamaName(path); manifest != "" {
		base = manifest
	}
	for _, end := range append([]string{".gguf"}, tarEndings...) {
		base = strings.TrimSuffix(base, end)
	}
	return regexp.MustCompile(`-\d{5}-of-\d{5}$`).ReplaceAllString(base, "")
}

// read opens the model, and notes what it is and its files' digests.
func (r *Record) read(ctx context.Context) error {
	m, err := weights.OpenModel(r.Path)
	if err != nil {
		return err
	}
	defer m.Close()
	r.Format, r.Architecture, r.Context = m.Format, m.Architecture, m.Context
	for _, t := range m.Tensors {
		r.Parameters += t.Weights
		r.Bytes += t.Bytes
	}
	files, err := Files(m, r.Path)
	if err != nil {
		return err
	}
	var sums []store.File
	for i := range files {
		if files[i].SHA256, err = sum(ctx, r.file(files[i])); err != nil {
			return err
		}
		sums = append(sums, store.File{Path: files[i].Path, Size: files[i].Bytes, Sum: files[i].SHA256})
	}
	r.Files, r.Digest = files, store.FilesDigest(sums)
	if len(files) == 1 && m.Format == "gguf" {
		r.Digest = files[0].SHA256 // what others call this file
	}
	return nil
}

// file returns where a file of r lies.
func (r *Record) file(f File) string {
	if r.Format == "gguf" {
		return filepath.Join(filepath.Dir(r.Path), filepath.FromSlash(f.Path))
	}
	return filepath.Join(r.Path, filepath.FromSlash(f.Path))
}

// Changed returns the files of r that are gone or not what they were, by size
// and time of change.
func (r *Record) Changed() (list []string) {
	for _, f := range r.Files {
		info, err := os.Stat(r.file(f))
		if err != nil || info.Size() != f.Bytes || !info.ModTime().UTC().Truncate(time.Second).Equal(f.Time) {
			list = append(list, f.Path)
		}
	}
	return list
}

func (l *Library) path(name string) string { return filepath.Join(l.dir, name+".json") }

// put writes a record, whole or not at all.
func (l *Library) put(r *Record) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(l.dir, 0o755); err != nil {
		return err
	}
	return durable.WriteFile(l.path(r.Name), append(text, '\n'), 0o600)
}

// Get returns the record of a name. The error of an unknown one wraps
// ErrUnknown and names those that are near.
func (l *Library) Get(name string) (*Record, error) {
	if !goodName(name) {
		return nil, l.unknown(name)
	}
	text, err := os.ReadFile(l.path(name))
	if errors.Is(err, os.ErrNotExist) {
		return nil, l.unknown(name)
	}
	if err != nil {
		return nil, err
	}
	r := new(Record)
	if err := json.Unmarshal(text, r); err != nil || r.Name != name || r.Path == "" {
		return nil, &say.Error{Where: l.path(name), What: say.T("this is not a record of a model", "这不是模型记录"),
			Next: say.T("remove the file and add the model again", "请删除该文件并重新添加模型"), Err: err}
	}
	return r, nil
}

func (l *Library) unknown(name string) error {
	e := &say.Error{Where: name, What: say.T("there is no such file, nor a model of that name", "没有这个文件，也没有这个名称的模型"), Err: ErrUnknown,
		Next: say.T("give a GGUF file, a Hugging Face folder, or a name that suiren models list shows", "请给出 GGUF 文件、Hugging Face 目录，或 suiren models list 列出的名称")}
	list, err := l.List()
	if err != nil {
		return e
	}
	best, least := "", 3+len(name)/4
	for _, r := range list {
		if d := levenshtein.Distance(strings.ToLower(name), strings.ToLower(r.Name), nil); d < least {
			best, least = r.Name, d
		}
	}
	if best != "" {
		e.Next = say.T("did you mean %s?", "是否想用 %s？", best)
	}
	return e
}

// like returns the record of a name, in whatever case: a file system may not
// tell them apart. It is nil if there is none.
func (l *Library) like(name string) (*Record, error) {
	list, err := l.List()
	for _, r := range list {
		if strings.EqualFold(r.Name, name) {
			return r, nil
		}
	}
	return nil, err
}

// List returns all records, by name.
func (l *Library) List() ([]*Record, error) {
	entries, err := os.ReadDir(l.dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []*Record
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".json")
		if !ok || e.IsDir() {
			continue
		}
		r, err := l.Get(name)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b *Record) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.Name, b.Name))
	})
	return list, nil
}

// Remove forgets a model, and removes its files if the library holds them.
func (l *Library) Remove(name string) (*Record, error) {
	r, err := l.Get(name)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(l.path(name)); err != nil {
		return nil, err
	}
	if r.Own {
		err = os.RemoveAll(filepath.Join(l.dir, "files", name))
	}
	return r, err
}

// Resolve returns the path of a model that is given by its name or its path.
// The record is nil if it was the path. A model whose files changed since it
// was added is an error: it would not be what its digest says.
func (l *Library) Resolve(nameOrPath string) (path string, r *Record, err error) {
	r, err = l.Get(nameOrPath)
	switch {
	case err == nil:
		if list := r.Changed(); len(list) > 0 {
			return "", nil, &say.Error{Where: r.Name, What: say.T("%s is gone or was changed since the model was added", "%s 在添加之后被删除或改动", list),
				Next: say.T("add it again: suiren models rm %s, then suiren models add %s", "请重新添加：suiren models rm %s，然后 suiren models add %s", r.Name, r.Path)}
		}
		return r.Path, r, nil
	case !errors.Is(err, ErrUnknown):
		return "", nil, err
	}
	if _, statErr := os.Stat(nameOrPath); statErr != nil {
		return "", nil, err
	}
	path, _, err = locate(nameOrPath)
	return path, nil, err
}
