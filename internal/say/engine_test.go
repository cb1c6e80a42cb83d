package say

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// formatsOf returns the formats of the errors that a package of the engine
// makes: of the calls of badConfig, untrained, malformed, bad, fault and fail the first text that
// is a sentence, and what a FormatError is given.
func formatsOf(t *testing.T, dir string) (list []string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, f.Name()), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		literal := func(e ast.Expr) string {
			b, ok := e.(*ast.BasicLit)
			if !ok || b.Kind != token.STRING {
				return ""
			}
			s, err := strconv.Unquote(b.Value)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.KeyValueExpr:
				if k, ok := n.Key.(*ast.Ident); ok && k.Name == "Why" && literal(n.Value) != "" {
					list = append(list, literal(n.Value))
				}
			case *ast.CallExpr:
				name := ""
				switch f := n.Fun.(type) {
				case *ast.Ident:
					name = f.Name
				case *ast.SelectorExpr:
					name = f.Sel.Name
				}
				if !slices.Contains([]string{"badConfig", "untrained", "unrounded", "malformed", "bad", "fail", "fault"}, name) {
					break
				}
				for _, a := range n.Args {
					if s := literal(a); strings.ContainsAny(s, " %") {
						if name == "fail" {
							s = "tensor %s " + s
						}
						list = append(list, s)
						break
					}
				}
			}
			return true
		})
	}
	return list
}

var verb = regexp.MustCompile(`%[a-z]`)

// Every error of engine/weights, engine/model and engine/tokenizer about a file has its Chinese,
// with the same verbs; and no Chinese is left of one that is not.
func TestEngineTexts(t *testing.T) {
	unused := map[string]bool{}
	for en, zh := range engineTexts {
		if a, b := verb.FindAllString(en, -1), verb.FindAllString(zh, -1); !slices.Equal(a, b) || zh == "" {
			t.Errorf("%q and %q have other verbs", en, zh)
		}
		unused[en] = strings.Contains(en, "%")
	}
	for _, dir := range []string{"../../engine/weights", "../../engine/model", "../../engine/tokenizer"} {
		list := formatsOf(t, dir)
		if len(list) < 30 {
			t.Fatalf("%s: %d formats", dir, len(list))
		}
		for _, f := range list {
			if Engine(f, nil).Zh == "" {
				t.Errorf("%s: %q has no Chinese", dir, f)
			}
			unused[f] = false
		}
	}
	for en, is := range unused {
		if is {
			t.Errorf("%q is said nowhere", en)
		}
	}
}

func TestEngine(t *testing.T) {
	text := Engine("%s is %d, not 1 to %d", []any{"width", 0, 9})
	if en, zh := text.In(English), text.In(Chinese); en != "width is 0, not 1 to 9" || zh != "宽度是 0，应在 1 到 9 之间" {
		t.Errorf("%s, %s", en, zh)
	}
	if got := Engine("%v of no table", []any{errors.New("x")}).In(Chinese); got != "x of no table" {
		t.Error(got)
	}
}
