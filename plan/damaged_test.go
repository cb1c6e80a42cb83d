package plan

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"suiren/store"
)

// What is made from a damaged artifact would stand as if it were made from the whole one.
func TestApplyReadsWhatItUses(t *testing.T) {
	h := newHouse(t, chain)
	h.made()
	p := h.plan()
	var rows *Step
	for _, s := range p.steps {
		if s.Ref.String() == "tokens.rows" {
			rows = s
		}
	}
	dir, err := h.st.Dir(rows.Output)
	if err != nil {
		t.Fatal(err)
	}
	list, err := store.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, list[0].Path)
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b[0] ^= 1
	if err := errors.Join(os.Chmod(dir, 0o700), os.WriteFile(filepath.Join(dir, ".DS_Store"), nil, 0o600)); err != nil { // none of the artifact's
		t.Fatal(err)
	}
	h.edit("by    = 3", "by    = 5")
	h.made()
	h.edit("by    = 5", "by    = 3")
	if err := errors.Join(os.Chmod(file, 0o600), os.WriteFile(file, b, 0o600)); err != nil {
		t.Fatal(err)
	}
	h.edit("by    = 3", "by    = 4")
	err = h.apply(h.plan())
	if want := "weights.large: from: tokens.rows: " + list[0].Path + " has changed; it was moved to damaged/; suiren apply makes it again"; err == nil || !strings.Contains(err.Error(), want) {
		t.Fatalf("the error is %v, want %s", err, want)
	}
	h.made()
	if !slices.Equal(h.begun, []string{"tokens.rows", "weights.large", "release.tutor"}) {
		t.Errorf("after that %v were made", h.begun)
	}
}
