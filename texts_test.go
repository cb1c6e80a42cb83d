package suiren

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A text without arguments is said as it stands, so that in it a % is one sign.
func TestPercentOfTexts(t *testing.T) {
	files, texts := token.NewFileSet(), 0
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
			if !ok || len(call.Args) != 2 {
				return true
			}
			said, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || !slices.Contains([]string{"T", "t", "Errorf"}, said.Sel.Name) {
				return true
			}
			for _, a := range call.Args {
				text, ok := a.(*ast.BasicLit)
				if !ok || text.Kind != token.STRING {
					return true
				}
				texts++
				if strings.Contains(text.Value, "%%") {
					t.Errorf("%s: %s shows both signs", files.Position(text.Pos()), text.Value)
				}
			}
			return true
		})
		return nil
	})
	if err != nil || texts < 1000 {
		t.Fatalf("%d texts: %v", texts, err)
	}
}
