package main

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"suiren/internal/say"
	"suiren/knowledge"
	"suiren/knowledge/base"
	"suiren/serve"
)

// Who only reads is shown the bases that they may search and the documents that
// they may read, and not where these lie; who keeps them is shown all.
func TestBasesOfAReader(t *testing.T) {
	t.Setenv("SUIREN_HOME", t.TempDir())
	docs := filepath.Join(t.TempDir(), "docs")
	for _, name := range []string{"open/a.md", "secret/b.md"} {
		path := filepath.Join(docs, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("# Kiln\n\nThe kiln is fired on Monday.\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, rules := range map[string][]knowledge.Rule{"kiln": {{Path: "docs/secret", Allow: []string{"lin"}}}, "closed": {{Path: "", Allow: []string{"lin"}}}} {
		b, err := openBase(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Add(t.Context(), []string{docs}, base.ReadText); err != nil {
			t.Fatal(err)
		}
		if err := b.SetRules(rules); err != nil {
			t.Fatal(err)
		}
	}
	dir, err := bases()
	if err != nil {
		t.Fatal(err)
	}
	h := &house{shelf: base.NewShelf(dir)}
	defer h.shelf.Close()
	type row struct {
		Name  string
		Files int
		Roots []string
	}
	as := func(v any, err error) (text string) {
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, c := range []struct {
		q                serve.Query
		bases, documents []string
		roots            bool
	}{
		{serve.Query{Readers: []string{"mei"}}, []string{"kiln"}, []string{"docs/open/a.md"}, false},
		{serve.Query{Readers: []string{"lin"}}, []string{"closed", "kiln"}, []string{"docs/open/a.md", "docs/secret/b.md"}, false},
		{serve.Query{Keeper: true, Owner: true}, []string{"closed", "kiln"}, []string{"docs/open/a.md", "docs/secret/b.md"}, true},
	} {
		for _, may := range []bool{true, false} {
			c.q.Values, c.q.Lang = url.Values{}, say.English
			c.q.Search = func(string) bool { return may }
			var list []row
			if err := json.Unmarshal([]byte(as(h.bases(t.Context(), c.q))), &list); err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, b := range list {
				names = append(names, b.Name)
				if (len(b.Roots) > 0) != c.roots {
					t.Errorf("for %v, %s lies in %q", c.q.Readers, b.Name, b.Roots)
				}
			}
			want := c.bases
			if !may && !c.q.Keeper {
				want = nil
			}
			if !slices.Equal(names, want) {
				t.Errorf("for %v, who may search: %v, there are the bases %q, not %q", c.q.Readers, may, names, want)
			}
		}
		c.q.Name = "kiln"
		var out struct {
			Total int
			Rows  []row
		}
		if err := json.Unmarshal([]byte(as(h.baseDocuments(t.Context(), c.q))), &out); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, r := range out.Rows {
			names = append(names, r.Name)
		}
		if !slices.Equal(names, c.documents) || out.Total != len(names) {
			t.Errorf("for %v, there are the documents %q (%d), not %q", c.q.Readers, names, out.Total, c.documents)
		}
	}
}
