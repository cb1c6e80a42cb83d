package suiren

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// verb is one argument of a text as it is formatted: %.2f, and of the second %.2[2]f.
var verb = regexp.MustCompile(`^%[-+# 0]*(?:\d+)?(?:\.\d*)?(?:\[(\d+)\])?([a-zA-Z])`)

// arguments are the places of those that a text shows; ok is false where a %
// begins nothing that can be shown.
func arguments(text string) (shown []int, ok bool) {
	next := 1
	for i := strings.IndexByte(text, '%'); i >= 0; i = strings.IndexByte(text, '%') {
		if text = text[i:]; strings.HasPrefix(text, "%%") {
			text = text[2:]
			continue
		}
		m := verb.FindStringSubmatch(text)
		if m == nil {
			return nil, false
		}
		if m[1] != "" {
			next, _ = strconv.Atoi(m[1])
		}
		shown, next, text = append(shown, next), next+1, text[len(m[0]):]
	}
	slices.Sort(shown)
	return slices.Compact(shown), true
}

// Every argument of a text is shown in one language or both, and in each what
// is shown is there. What a language says in its own words is an argument of it
// alone.
func TestArgumentsOfTexts(t *testing.T) {
	n := 0
	said(t, func(place token.Position, call *ast.CallExpr, en, zh string) {
		if call.Ellipsis.IsValid() || len(call.Args) == 2 {
			return
		}
		n++
		var all []int
		for _, text := range []string{en, zh} {
			shown, ok := arguments(text)
			if !ok {
				t.Errorf("%s: %q has a %% that shows nothing", place, text)
			}
			all = append(all, shown...)
		}
		slices.Sort(all)
		if all, want := slices.Compact(all), len(call.Args)-2; len(all) != want || all[want-1] != want {
			t.Errorf("%s: of %d arguments %v are shown", place, want, all)
		}
	})
	if n < 1000 {
		t.Errorf("%d texts have arguments", n)
	}
}

// A text without arguments is said as it stands, so that in it a % is one sign.
func TestPercentOfTexts(t *testing.T) {
	texts := 0
	said(t, func(place token.Position, call *ast.CallExpr, en, zh string) {
		if len(call.Args) != 2 {
			return
		}
		for _, text := range []string{en, zh} {
			if texts++; strings.Contains(text, "%%") {
				t.Errorf("%s: %s shows both signs", place, text)
			}
		}
	})
	if texts < 1000 {
		t.Errorf("%d texts", texts)
	}
}

// said calls f for every text that the program says in both languages, where
// they are written out.
func said(t *testing.T, f func(place token.Position, call *ast.CallExpr, en, zh string)) {
	t.Helper()
	files := token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains([]string{"compat", "console", "testdata", ".git"}, d.Name()) {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 2 {
				return true
			}
			by, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || !slices.Contains([]string{"T", "t", "Errorf"}, by.Sel.Name) {
				return true
			}
			if en, zh := literal(call.Args[0]), literal(call.Args[1]); en != "" && zh != "" {
				f(files.Position(call.Pos()), call, en, zh)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// literal is what a string literal says; "" for any other expression.
func literal(e ast.Expr) string {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return ""
	}
	text, err := strconv.Unquote(l.Value)
	if err != nil {
		return ""
	}
	return text
}
