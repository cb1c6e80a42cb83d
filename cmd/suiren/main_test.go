package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"suiren": main})
}

// TestScripts runs the program as its users do: testdata/script holds one
// journey per file. A leading ! expects failure; exits N checks the exit code.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("SUIREN_LANG", "en")
			e.Setenv("SUIREN_THREADS", "1")
			return nil
		},
		Cmds:               map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "equal": equal},
		RequireUniqueNames: true,
	})
}
