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
