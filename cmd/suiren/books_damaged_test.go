package main

import (
	"errors"
	"os"
	"testing"

	"suiren/internal/say"
)

// Books that cannot be opened are told by their cause, and leave nothing open: once they are
// mended they are opened.
func TestBooksDamaged(t *testing.T) {
	dir := bookDir(t.TempDir())
	b, err := openBooks(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	b.close()
	path := dir.ledger()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	told := new(say.Error)
	if _, err := openBooks(dir, false); !errors.As(err, &told) {
		t.Errorf("damaged: %v", err)
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err = openBooks(dir, false); err != nil {
		t.Fatal(err)
	}
	b.close()
}
