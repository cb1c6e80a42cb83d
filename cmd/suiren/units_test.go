package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"suiren/internal/say"
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

func TestUnits(t *testing.T) {
	a := &app{lang: say.English}
	for _, c := range []struct{ got, want string }{
		{a.span(20, 30), "20–30 s"}, {a.span(5, 5), "5.0 s"}, {a.span(5, 12), "5.0–12 s"}, {a.span(50, 200), "50 s–3 min 20 s"},
		{a.seconds(0), "0.0 s"}, {a.seconds(3700), "61 min 40 s"}, {a.seconds(7300), "2 h 01 min"}, {a.seconds(-1), "-"},
		{size(0), "-"}, {size(1), "1 KiB"}, {size(3 << 20), "3 MiB"}, {size(3 << 29), "1.5 GiB"},
		{count(0), "0"}, {count(999), "999"}, {count(1234567), "1,234,567"}, {count(-1000), "-1,000"},
		{flops(2.1e13), "2.1e+13"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	a.lang = say.Chinese
	if got := a.span(20, 30); got != "20–30 秒" {
		t.Errorf("got %q", got)
	}
}
