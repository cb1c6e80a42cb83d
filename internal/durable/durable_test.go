package durable

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

// TestWrite: a file that cannot be written to its end leaves the one before,
// and nothing beside it.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := WriteFile(path, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	err := Write(path, 0o600, func(w io.Writer) error {
		io.WriteString(w, "half")
		return broken
	})
	if !errors.Is(err, broken) {
		t.Fatalf("the writer's error: %v", err)
	}
	hold(t, dir, path, "old", 0o640)
	if err := WriteFile(path, []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	hold(t, dir, path, "new", 0o600)
	if err := WriteFile(filepath.Join(dir, "none", "a"), nil, 0o600); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "b"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(filepath.Join(dir, "b"), nil, 0o600); err == nil {
		t.Error("a file took a folder's name")
	}
	if list, _ := filepath.Glob(filepath.Join(dir, ".new-*")); len(list) > 0 {
		t.Errorf("left behind: %v", list)
	}
}

// TestCreateFile: of many who create a file one does, the others are told, and each
// sees it whole.
func TestCreateFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	var over sync.WaitGroup
	var made atomic.Int32
	for range 8 {
		over.Go(func() {
			err := CreateFile(path, []byte("whole"), 0o600)
			if err == nil {
				made.Add(1)
			} else if !errors.Is(err, fs.ErrExist) {
				t.Error(err)
			}
			if b, err := os.ReadFile(path); err != nil || string(b) != "whole" {
				t.Errorf("%q, %v", b, err)
			}
		})
	}
	over.Wait()
	if made.Load() != 1 {
		t.Errorf("%d made it", made.Load())
	}
	hold(t, dir, path, "whole", 0o600)
}

func hold(t *testing.T, dir, path, text string, mode fs.FileMode) {
	t.Helper()
	b, err := os.ReadFile(path)
	info, err2 := os.Stat(path)
	list, err3 := os.ReadDir(dir)
	if err := errors.Join(err, err2, err3); err != nil {
		t.Fatal(err)
	}
	if string(b) != text || info.Mode().Perm() != mode || len(list) != 1 {
		t.Errorf("%q with mode %o among %d files; %q with %o alone was expected", b, info.Mode().Perm(), len(list), text, mode)
	}
}

// TestTree: folders in folders, empty ones, and links whose end is not there.
func TestTree(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "a", "b"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "a", "c"), nil, 0o400), os.Symlink("nowhere", filepath.Join(dir, "d"))); err != nil {
		t.Fatal(err)
	}
	if err := Tree(dir); err != nil {
		t.Error(err)
	}
	if err := Tree(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
}
