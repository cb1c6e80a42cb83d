package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Two tenants, a ward of each and a project search one base: each finds what the
// rules give it, and no more, asked again and in turn, so from memory too.
func TestReadersOfTenants(t *testing.T) {
	home := t.TempDir()
	t.Setenv("SUIREN_HOME", home)
	docs := t.TempDir()
	for _, name := range []string{"open", "school", "court", "school7", "court7", "library", "ann"} {
		if err := os.WriteFile(filepath.Join(docs, name+".md"), fmt.Appendf(nil, "# Key\n\nThe key of %s lies here.\n", name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	mustRun(t, "knowledge", "add", "house", docs)
	rule := func(name string, who ...string) {
		mustRun(t, append([]string{"knowledge", "readers", "house", filepath.Base(docs) + "/" + name + ".md"}, who...)...)
	}
	rule("school", "tenant:school")
	rule("court", "tenant:court")
	rule("school7", "ward:school/7")
	rule("court7", "ward:court/7")
	rule("library", "project:school/library")
	rule("ann", "ann")
	for _, name := range []string{"school", "court"} {
		mustRun(t, "tenant", "add", name, "--models")
	}
	s, err := startServer(program("serve", filepath.Join(repository, "testdata/oracle/qwen3/folder"), "-o", "jsonl", "--listen", "0.0.0.0:0")) // so that keys count
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	callers := []struct {
		flags []string
		want  string
	}{
		{[]string{"ann", "--tenant", "school"}, "ann open school"},
		{[]string{"bob", "--tenant", "school", "--tag", "ward=7"}, "open school school7"},
		{[]string{"eve", "--tenant", "school", "--tag", "ward=court/7", "--tag", "tenant=court"}, "open school"},
		{[]string{"sam", "--tenant", "school", "--project", "library"}, "library open school"},
		{[]string{"kim", "--tenant", "court", "--tag", "ward=7", "--project", "library"}, "court court7 open"},
		{[]string{"lee", "--tag", "ward=7"}, "open"},
	}
	keys := make([]string, len(callers))
	for i, c := range callers {
		out, err := program(append([]string{"key", "create", "--models", "-o", "jsonl", "--role", "user"}, c.flags...)...).Output()
		var made struct{ Secret, Key string }
		if err != nil || json.Unmarshal(out, &made) != nil {
			t.Fatalf("%v: %v %s", c.flags, err, out)
		}
		if keys[i] = made.Secret + made.Key; keys[i] == "" {
			t.Fatalf("no key: %s", out)
		}
	}
	for range 3 {
		for i, c := range callers {
			status, b, err := send("POST", s.Address, "/v1/vector_stores/house/search", keys[i], `{"query":"where lies the key?","max_num_results":50}`)
			var found struct {
				Data []struct {
					Filename string
					Content  []struct{ Text string }
				}
			}
			if err != nil || status != 200 || json.Unmarshal(b, &found) != nil {
				t.Fatalf("%v: %d %v %s", c.flags, status, err, b)
			}
			var got []string
			for _, f := range found.Data {
				got = append(got, strings.TrimSuffix(filepath.Base(f.Filename), ".md"))
			}
			slices.Sort(got)
			if strings.Join(got, " ") != c.want {
				t.Errorf("%v finds %v, want %s", c.flags, got, c.want)
			}
			for _, hidden := range []string{"open", "school", "court", "school7", "court7", "library", "ann"} {
				if strings.Contains(string(b), "key of "+hidden+" lies") != slices.Contains(strings.Fields(c.want), hidden) {
					t.Errorf("%v: %s in %s", c.flags, hidden, b)
				}
			}
		}
	}
}
