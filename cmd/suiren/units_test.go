package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"suiren/stage/operate"
)

// What operators count has a name in both languages, here and on the page, and
// so has what a server looks at; nothing else has.
func TestNamedForPeople(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(repository, "console/src/words.ts"))
	if err != nil {
		t.Fatal(err)
	}
	onPage := func(prefix string) (names []string) {
		for _, m := range regexp.MustCompile(`(?m)^  `+prefix+`_([a-z]+): \["`).FindAllSubmatch(page, -1) {
			names = append(names, string(m[1]))
		}
		slices.Sort(names)
		return names
	}
	var counted []string
	for _, room := range []string{"cmd", "plan", "run", "stage"} {
		err := filepath.WalkDir(filepath.Join(repository, room), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, m := range regexp.MustCompile(`\bUnit: "([a-z]+)"`).FindAllSubmatch(text, -1) {
				counted = append(counted, string(m[1]))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(counted)
	counted = slices.Compact(counted)
	var here []string
	for name := range units {
		here = append(here, name)
	}
	slices.Sort(here)
	if there := onPage("unit"); !slices.Equal(here, counted) || !slices.Equal(there, counted) {
		t.Errorf("operators count %q; the terminal names %q, the page %q", counted, here, there)
	}
	looked := slices.DeleteFunc(slices.Clone(operate.Heard), func(s string) bool { return s == operate.Any || s == "emergency" || s == "suspended" })
	slices.Sort(looked)
	if there := onPage("health"); !slices.Equal(there, looked) {
		t.Errorf("a server looks at %q, the page names %q", looked, there)
	}
}
