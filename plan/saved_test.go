package plan

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

func TestSaved(t *testing.T) {
	h := newHouse(t, reading)
	h.file("papers/one.md", "1")
	path := filepath.Join(h.dir, "out", "saved.json")
	if err := os.Mkdir(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	remake := func() (*Plan, error) {
		t.Helper()
		s, err := ReadSaved(path)
		if err != nil {
			t.Fatal(err)
		}
		return s.Remake(context.Background(), vocabulary, h.st, machine, h.env)
	}
	save := func() {
		t.Helper()
		if err := h.plan().Save(path); err != nil {
			t.Fatal(err)
		}
	}
	save()
	b, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(b), h.dir) {
		t.Errorf("a saved plan names the folder (%v): %s", err, b)
	}
	p, err := remake()
	if err != nil {
		t.Fatal(err)
	}
	if err := h.apply(p); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, want string
		move       func()
	}{
		{"applied", "something else stands as documents.papers", func() {
			save()
			h.file("papers/one.md", "0")
			h.made()
			h.file("papers/one.md", "1")
		}},
		{"edited", "suiren.hcl was edited", func() { save(); h.edit("One", "Two") }},
		{"files", "the files or answers that documents.papers reads", func() { save(); h.file("papers/one.md", "2") }},
		{"answers", "the files or answers that documents.asked reads", func() {
			save()
			h.env.Pin = func(stage.Ref) (func(string) error, error) {
				return func(dir string) error { return put(dir, tracesFile, "new\n") }, nil
			}
		}},
		{"lost", "what is to be done about tokens.rows", func() {
			h.made()
			save()
			for _, s := range h.plan().Steps() {
				if s.Kind == store.Tokens {
					os.RemoveAll(filepath.Join(h.st.Path(), "artifacts", s.Output.String()))
				}
			}
		}},
	} {
		c.move()
		if _, err := remake(); !errors.Is(err, ErrMoved) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	h.made()
	save()
	if p, err := remake(); err != nil || !p.Empty() {
		t.Errorf("an empty plan: %v", err)
	}
	for name, text := range map[string]string{"empty": "", "json": "[]", "format": `{"format":2}`, "key": `{"format":1,"file":"x","sha256":"` + strings.Repeat("0", 64) + `","more":1}`,
		"no file": `{"format":1}`, "digest": `{"format":1,"file":"x","sha256":"00"}`, "large": strings.Repeat(" ", maxSaved+1)} {
		write(t, path, text)
		if _, err := ReadSaved(path); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), path+": this is not a saved plan") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzSaved(f *testing.F) {
	f.Add([]byte(`{"format":1,"file":"../suiren.hcl","sha256":"` + strings.Repeat("ab", 32) + `","standing":[{"block":"weights.a","key":"` + strings.Repeat("0", 64) + `","output":"` +
		strings.Repeat("1", 64) + `"}],"steps":[{"block":"weights.a","action":"make","operator":"sft","revision":1,"read":[{"arg":"files","digest":"` + strings.Repeat("2", 64) + `"}]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		w, err := parseSaved(b)
		if err != nil {
			return
		}
		if what := w.compare(w); !what.IsZero() && unique(w) {
			t.Errorf("a saved plan differs from itself: %s", what)
		}
		again, err := json.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		w2, err := parseSaved(again)
		if err != nil {
			t.Fatalf("what was read is not written readably: %v", err)
		}
		w.compare(w2).In(say.Chinese)
	})
}

// unique reports whether each block has one step.
func unique(w *written) bool {
	var names []string
	for _, s := range w.Steps {
		names = append(names, s.Block)
	}
	slices.Sort(names)
	return len(slices.Compact(names)) == len(w.Steps)
}
