package suiren

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// go test passes where a filter matches nothing: each filter of a script, of the
// docs and of a comment names what is there.
func TestFilters(t *testing.T) {
	given := regexp.MustCompile(`-(?:test\.)?(run|bench|fuzz|skip)[ =]('[^']+'|"[^"]+"|[\w^$|()./]+)`)
	word := regexp.MustCompile(`[A-Z]\w+`)
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Benchmark|Fuzz|Example)\w*)\(`)
	type filter struct{ place, kind, name string }
	var filters []filter
	var names []string
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "vendor" || d.Name() == "node_modules" || d.Name() == "shared" || strings.HasPrefix(d.Name(), ".venv")) {
			return filepath.SkipDir
		}
		switch ext := filepath.Ext(path); {
		case d.IsDir() || ext != ".go" && ext != ".sh" && ext != ".md" && ext != ".py" && filepath.Dir(path) != ".ci":
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range given.FindAllStringSubmatch(string(text), -1) {
			whole, _, _ := strings.Cut(m[2], "/") // what follows are names made as a test runs
			for _, name := range word.FindAllString(whole, -1) {
				filters = append(filters, filter{path, m[1], name})
			}
		}
		for _, m := range declared.FindAllStringSubmatch(string(text), -1) {
			names = append(names, m[1])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(filters) < 20 {
		t.Fatalf("%d filters are found; are they read rightly?", len(filters))
	}
next:
	for _, f := range filters {
		for _, name := range names {
			if strings.HasPrefix(name, "Benchmark") == (f.kind == "bench") && strings.Contains(name, f.name) {
				continue next
			}
		}
		t.Errorf("%s: -%s %s names no test", f.place, f.kind, f.name)
	}
}
