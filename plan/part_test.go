package plan

import (
	"os"
	"path/filepath"
	"testing"

	"suiren/store"
)

// Of examples an argument is given its part and nothing else; what has no parts it is
// given whole, and its key follows that.
func TestParts(t *testing.T) {
	h := newHouse(t, `
examples "a" { text = "One" }
documents "d" { path = "note" }
tokens "rows" {
  from  = examples.a
  watch = documents.d
}
`)
	h.file("note", "kept apart")
	rows := func() string {
		t.Helper()
		h.made()
		for _, s := range h.plan().Steps() {
			if s.Kind == store.Tokens {
				_, dir, err := h.st.Part(s.Output, "")
				if err != nil {
					t.Fatal(err)
				}
				b, err := os.ReadFile(filepath.Join(dir, "rows"))
				if err != nil {
					t.Fatal(err)
				}
				return string(b)
			}
		}
		t.Fatal("no tokens")
		return ""
	}
	if got := rows(); got != "papers: note: kept apart\n\none\n" {
		t.Errorf("beside documents: %q", got)
	}
	h.file("note", "another")
	if got := rows(); got != "papers: note: another\n\none\n" {
		t.Errorf("beside other documents: %q", got)
	}
	h.edit("documents.d", "examples.a")
	if got := rows(); got != "lines: One\none\n" {
		t.Errorf("beside examples: %q", got)
	}
}
