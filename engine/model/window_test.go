package model

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// windowed is small with a window, five of whose layers have all kinds of places.
func windowed() Config {
	c := small
	c.Layers, c.Window = 5, 7
	return c
}

// Of a model of our own with a window three layers of four slide, and the last
// never; its gradients are those of its loss.
func TestOwnWindow(t *testing.T) {
	c := windowed()
	if s := Own(c); !slices.Equal(s.Sliding, []bool{true, true, true, false, false}) || s.Window != 7 {
		t.Errorf("sliding %v, window %d", s.Sliding, s.Window)
	}
	c.Layers = 1
	if s := Own(c); s.Sliding != nil || s.Window != 0 {
		t.Errorf("one layer: sliding %v, window %d", s.Sliding, s.Window)
	}
	directional(t, trainerWith(t, windowed(), 2, 64, 2), randomRows(small, 3, []int{30, 34}, []int{50}))
}

// The folder of a model with a window is read as what was written, by both of
// its readers; a decoder of it gives the logits of the training forward pass,
// which are others without the window.
func TestWindowFolder(t *testing.T) {
	c := windowed()
	tr := trainerWith(t, c, 1, 64, 2)
	row := randomRows(small, 5, []int{60})[0]
	row.Weight = make([]float32, 60)
	want := tr.Logits(row)
	dir := t.TempDir()
	if err := tr.Params.Write(dir, c.ToFolder()); err != nil {
		t.Fatal(err)
	}
	back, arena, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer arena.Close()
	if back.Config != c || hash(back.All) != hash(tr.Params.All) {
		t.Errorf("%+v was read of %+v", back.Config, c)
	}
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := served(t, f, nil, row); hash(got) != hash(want) {
		t.Errorf("the decoder's logits are others: NMSE %.2g", nmse(got, want))
	}
	again := t.TempDir()
	if err := f.WriteFolder(again, AsF32, 1); err != nil {
		t.Fatal(err)
	}
	if back, arena, err := Load(again); err != nil || back.Config != c {
		t.Errorf("written once more: %v", err)
	} else {
		arena.Close()
	}
	c.Window = 0
	plain := trainerWith(t, c, 1, 64, 2)
	copy(plain.Params.All, tr.Params.All)
	plain.Repack()
	if got := plain.Logits(row); hash(got) == hash(want) {
		t.Error("the window changes nothing")
	}

	// llama.cpp would not see the window: no such file is written.
	if _, ok := errors.AsType[*GGUFError](f.WriteGGUF(io.Discard, AsF32, nil, 1)); !ok {
		t.Error("written as GGUF")
	}
	// Layers that slide elsewhere are none of ours.
	path := filepath.Join(dir, "config.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []string{"sliding_attention", "full_attention"} {
		other := map[string]string{"sliding_attention": "full_attention", "full_attention": "sliding_attention"}[change]
		if err := os.WriteFile(path, []byte(strings.Replace(string(text), change, other, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Load(dir); !errors.Is(err, ErrConfig) {
			t.Errorf("a layer of %s instead of %s: %v", other, change, err)
		}
	}
}
