package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"suiren/internal/say"
	"suiren/knowledge/reader"
	"suiren/run"
	"suiren/stage"
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

// A refusal beside a failure is a failure. An interrupt is one whatever failed before it, which is said too.
func TestExitCode(t *testing.T) {
	refused := &run.Fault{Step: "release.a", Err: &say.Error{What: say.T("no", "不"), Err: stage.ErrRefused}}
	failed := &run.Fault{Step: "weights.b", Err: errors.Join(errors.New("one"), errors.New("two"))}
	for _, c := range []struct {
		err  error
		code int
	}{
		{refused, exitRefused}, {errors.Join(refused), exitRefused}, {errors.Join(refused, refused), exitRefused},
		{failed, exitFailed}, {errors.Join(refused, failed), exitFailed},
		{instead(errors.Join(failed, context.Canceled), errInterrupted), exitInterrupted}, {instead(context.Canceled, errInterrupted), exitInterrupted},
	} {
		if code := exitCode(c.err); code != c.code {
			t.Errorf("%v: %d, not %d", c.err, code, c.code)
		}
	}
	var said []string
	for _, e := range unjoin(instead(errors.Join(failed, context.Canceled), errInterrupted)) {
		said = append(said, e.Error())
	}
	if !slices.Equal(said, []string{"weights.b: one", "weights.b: two", errInterrupted.Error()}) {
		t.Errorf("said %q", said)
	}
}
