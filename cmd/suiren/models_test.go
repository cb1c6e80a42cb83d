package main

import (
	"context"
	"errors"
	"testing"

	"suiren/engine/weights"
	"suiren/store"
)

// A model's digest is that of the artifact that it would be.
func TestModelDigest(t *testing.T) {
	dir := repository + "/testdata/oracle/qwen3/folder"
	m, err := weights.OpenModel(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	files, err := sumFiles(t.Context(), m, dir)
	if err != nil {
		t.Fatal(err)
	}
	if want, err := store.DirDigest(dir); err != nil || store.FilesDigest(files) != want {
		t.Errorf("digest %v, want %v, error %v", store.FilesDigest(files), want, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sumFiles(ctx, m, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("it goes on after the interrupt: %v", err)
	}
	if _, _, err := m.NotFinite(ctx, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("it goes on after the interrupt: %v", err)
	}
}
