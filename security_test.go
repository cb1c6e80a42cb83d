package suiren

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The control register has each of AISVS 1.0's requirements once, with a
// verdict, and names no test that is not there.
func TestRegister(t *testing.T) {
	b, err := os.ReadFile("docs/aisvs.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile(`^\| (\d+)\.(\d+)\.(\d+) \| ([123]) \| [^|]+ · [^|]+ \| ([^|]+) \|$`)
	test := regexp.MustCompile("`([a-z/]+)\\.(Test\\w+)`")
	named := regexp.MustCompile(`Test[A-Z]\w+`)
	there := map[string]map[string]bool{}
	count := map[int]int{}
	seen := map[string]bool{}
	for line := range strings.Lines(string(b)) {
		if !strings.HasPrefix(line, "| ") || !strings.ContainsAny(line[2:3], "0123456789") {
			continue
		}
		m := row.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			t.Errorf("a row is not of the form: %s", line)
			continue
		}
		id := m[1] + "." + m[2] + "." + m[3]
		if seen[id] {
			t.Errorf("%s is there twice", id)
		}
		seen[id] = true
		chapter, _ := strconv.Atoi(m[1])
		count[chapter]++
		tests := test.FindAllStringSubmatch(m[5], -1)
		switch verdict := m[5]; {
		case verdict == "not yet", strings.HasPrefix(verdict, "not applicable: "):
		case len(tests) == 0:
			t.Errorf("%s: %q names no test", id, verdict)
		case strings.HasPrefix(verdict, "in part: ") && len(named.FindAllString(verdict, -1)) != len(tests):
			t.Errorf("%s: a test without its room: %s", id, verdict)
		}
		for _, x := range tests {
			if there[x[1]] == nil {
				there[x[1]] = testsOf(t, x[1])
			}
			if !there[x[1]][x[2]] {
				t.Errorf("%s: there is no %s.%s", id, x[1], x[2])
			}
		}
	}
	for chapter, want := range []int{0, 13, 12, 15, 14, 11, 7, 13, 11, 34, 23, 17, 21} {
		if count[chapter] != want {
			t.Errorf("C%d has %d requirements, not %d", chapter, count[chapter], want)
		}
	}
}

// testsOf are the tests of a room.
func testsOf(t *testing.T, dir string) map[string]bool {
	list := map[string]bool{}
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Test") {
				list[fn.Name.Name] = true
			}
		}
	}
	return list
}
