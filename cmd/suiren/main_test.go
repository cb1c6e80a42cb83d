package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"suiren/knowledge/reader"
)

// scratch is a folder for what several tests share; it is removed after them.
var scratch string

func TestMain(m *testing.M) {
	reader.Child()
	testscript.Main(withScratch{m}, map[string]func(){"suiren": main})
}

type withScratch struct{ *testing.M }

func (m withScratch) Run() int {
	dir, err := os.MkdirTemp("", "suiren-test-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	scratch = dir
	os.Setenv("SUIREN_HOME", filepath.Join(dir, "home")) // not the user's
	return m.M.Run()
}

// TestScripts runs the program as its users do: testdata/script holds one
// journey per file. A leading ! expects failure; exits N checks the exit code.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("SUIREN_LANG", "en")
			e.Setenv("SUIREN_THREADS", "1")
			e.Setenv("SUIREN_HOME", filepath.Join(e.WorkDir, "home")) // not the user's
			oracle, err := filepath.Abs(repository + "/testdata/oracle")
			e.Setenv("ORACLE", oracle)
			e.Setenv("EXAMPLES", filepath.Join(filepath.Dir(filepath.Dir(oracle)), "examples"))
			return err
		},
		Cmds:               scriptCommands,
		RequireUniqueNames: true,
	})
}
