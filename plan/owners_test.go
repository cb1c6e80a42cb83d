package plan

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

const tuning = `
weights "w" {
  train = "tune"
  base  = "models/base"
}
weights "v" {
  train = "tune"
  base  = weights.w
}
`

// A model of the owner's is read where it is, pinned by its digest.
func TestOwnersModel(t *testing.T) {
	h := newHouse(t, tuning)
	if _, err := h.tryPlan(); err == nil || !strings.Contains(err.Error(), `suiren.hcl:2:1: weights.w: there is no model at "models/base"; paths begin at `) {
		t.Errorf("no model: %v", err)
	}
	h.file("models/base/weights", "1")
	h.file("models/base/config.json", "{}")
	h.made()
	filepath.WalkDir(h.st.Path(), func(path string, d fs.DirEntry, err error) error {
		if d.Name() == "config.json" {
			t.Errorf("%s: the model was copied", path)
		}
		return err
	})
	h.expect("\n= weights.w\n= weights.v\n", "")
	h.file("models/base/weights", "2")
	p := h.expect("\n~ weights.w base: the model at models/base is another\n~ weights.v weights.w will be made again\n",
		"\n~ weights.w base：models/base 处的模型已不同\n~ weights.v weights.w 将重做\n")
	h.file("models/base/weights", "3")
	if err := h.apply(p); !errors.Is(err, ErrMoved) || !strings.Contains(err.Error(), "weights changed") {
		t.Errorf("apply after the model changed: %v", err)
	}
	h.made()
}

// The shards of a model belong to it, and no other file of the folder does.
func TestModelFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a[1]-00001-of-00002.gguf", "a[1]-00002-of-00002.gguf", "a1-00001-of-00002.gguf", "other.gguf"} {
		write(t, filepath.Join(dir, name), name)
	}
	files, err := modelFiles(t.Context(), filepath.Join(dir, "a[1]-00001-of-00002.gguf"))
	if err != nil || len(files) != 2 || files[1].Path != "a[1]-00002-of-00002.gguf" {
		t.Errorf("%v %v", files, err)
	}
	if files, err = modelFiles(t.Context(), filepath.Join(dir, "other.gguf")); err != nil || len(files) != 1 {
		t.Errorf("%v %v", files, err)
	}
}
