package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// A model of the owner's is found by its digest as long as it is that one.
func TestPlace(t *testing.T) {
	s, dir := open(t, t.TempDir()), t.TempDir()
	write(t, dir, "config.json", "{}", "weights", "1")
	files, err := ModelFiles(t.Context(), dir)
	check(t, err)
	d := FilesDigest(files)
	if _, err := s.Model(d); !errors.Is(err, ErrNotFound) {
		t.Errorf("before: %v", err)
	}
	check(t, s.SetPlace(d, dir))
	if got, err := s.Model(d); got != dir || err != nil {
		t.Errorf("%s %v", got, err)
	}
	if _, err := s.Dir(d); !errors.Is(err, ErrNotFound) {
		t.Errorf("it became an artifact: %v", err)
	}
	write(t, dir, "chat_template.jinja", "x")
	if _, err := s.Model(d); !errors.Is(err, ErrMoved) {
		t.Errorf("another template: %v", err)
	}
	check(t, os.RemoveAll(dir))
	if _, err := s.Model(d); !errors.Is(err, ErrMoved) {
		t.Errorf("gone: %v", err)
	}
	check(t, os.WriteFile(s.place(d), []byte(`{"path":"here"}`), 0o600))
	if _, err := s.Model(d); !errors.Is(err, ErrNotFound) {
		t.Errorf("a damaged note: %v", err)
	}
	a := put(t, s, "x", "y")
	if got, err := s.Model(a); err != nil || filepath.Base(got) != a.String() {
		t.Errorf("%s %v", got, err)
	}
}

// The shards of a model belong to it, and no other file of the folder does.
func TestModelFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a[1]-00001-of-00002.gguf", "a[1]-00002-of-00002.gguf", "a1-00001-of-00002.gguf", "other.gguf"} {
		write(t, dir, name, name)
	}
	files, err := ModelFiles(t.Context(), filepath.Join(dir, "a[1]-00001-of-00002.gguf"))
	if err != nil || len(files) != 2 || files[1].Path != "a[1]-00002-of-00002.gguf" {
		t.Errorf("%v %v", files, err)
	}
	if files, err = ModelFiles(t.Context(), filepath.Join(dir, "other.gguf")); err != nil || len(files) != 1 {
		t.Errorf("%v %v", files, err)
	}
}
