package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// A file that holds a part of what was wiped is found wherever it begins, also
// where what is read at a time ends in it; others are not.
func TestPieces(t *testing.T) {
	r := rand.NewChaCha8([32]byte{1})
	wipedBytes := make([]byte, 3*pieceStep)
	r.Read(wipedBytes)
	p := newPieces([]string{"a name"})
	take := p.taker()
	for b := wipedBytes; len(b) > 0; b = b[min(100, len(b)):] {
		take.Write(b[:min(100, len(b))])
	}
	if p.n != 3 {
		t.Fatalf("%d pieces", p.n)
	}
	dir := t.TempDir()
	other := make([]byte, 3<<20)
	r.Read(other)
	for at := range 3 {
		for _, off := range []int{0, 1, 1<<20 - 40, 1<<20 - 5, 1 << 20, 2<<20 - 70, len(other) - pieceSize} {
			b := bytes.Clone(other)
			copy(b[off:], wipedBytes[at*pieceStep:][:pieceSize])
			path := filepath.Join(dir, "f")
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, left, err := p.search(dir); err != nil || len(left) != 1 {
				t.Fatalf("piece %d at %d was not found: %v", at, off, err)
			}
		}
	}
	for text, want := range map[string]int{string(other): 0, string(other) + "a name": 1, "": 0, string(wipedBytes[pieceSize:pieceStep]): 0} {
		if err := os.WriteFile(filepath.Join(dir, "f"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if looked, left, err := p.search(dir); err != nil || len(left) != want || looked != 1 {
			t.Errorf("%d bytes: left %v of %d, %v", len(text), left, looked, err)
		}
	}
}
