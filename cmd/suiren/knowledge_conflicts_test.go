package main

import (
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"suiren/knowledge"
	"suiren/serve"
)

// What of a base is not to be relied on is told as far as it may be read: a pair only to
// whoever may read both, a file that changed to whoever may read all that it says.
func TestBaseConflicts(t *testing.T) {
	h, docs := withKiln(t, map[string][]byte{
		"open/a.md":   []byte("# The kiln\n\nThe kiln is fired on the first Monday of each month.\n"),
		"closed/b.md": []byte("# The kiln\n\nThe kiln is fired on the first Friday of each month. This rule is valid until 2025-01-31.\n"),
		"open/c.md":   []byte("# Clay\n\nClay is kept in the cellar.\n"),
		"open/bad.md": []byte("\x00\x01\xff\xfe\x00"),
	}, knowledge.Rule{Path: "docs/closed", Allow: []string{"lin"}})
	for _, name := range []string{"closed/b.md", "open/bad.md"} {
		if err := os.Remove(filepath.Join(docs, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(docs, "open/c.md"), []byte("# Clay\n\nClay is kept in the attic, in bags.\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		owner       bool
		as          string
		readers     []string
		stale       []staleFile
		pairs, late int
	}{
		{true, "", nil, []staleFile{{"docs/closed/b.md", "gone"}, {"docs/open/bad.md", "gone"}, {"docs/open/c.md", "changed"}}, 1, 1},
		{true, "mei", nil, []staleFile{{"docs/open/c.md", "changed"}}, 0, 0},
		{false, "lin", nil, []staleFile{{"docs/open/c.md", "changed"}}, 0, 0}, // only the owner looks as another
		{false, "", []string{"mei"}, []staleFile{{"docs/open/c.md", "changed"}}, 0, 0},
		{false, "", []string{"lin"}, []staleFile{{"docs/closed/b.md", "gone"}, {"docs/open/c.md", "changed"}}, 1, 1},
	} {
		v, err := h.baseConflicts(t.Context(), serve.Query{Name: "kiln", Owner: c.owner, Readers: c.readers, Values: url.Values{"as": {c.as}}})
		got, ok := v.(*conflicting)
		if err != nil || !ok || !reflect.DeepEqual(got.Stale, c.stale) || len(got.Pairs) != c.pairs || len(got.Outdated) != c.late {
			t.Errorf("%+v: %+v, %v", c, got, err)
			continue
		}
		if c.pairs == 1 {
			if p := got.Pairs[0]; p.One.File != "docs/closed/b.md" || p.Two.File != "docs/open/a.md" || p.One.Quote != [2]int{0, 52} || p.One.ID == "" {
				t.Errorf("%+v", p)
			}
		}
	}
}
