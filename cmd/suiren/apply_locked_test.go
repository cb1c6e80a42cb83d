package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/plan"
	"suiren/store"
)

// Where a plan is applied, a second apply or up says who is at it before it plans, and
// plan plans. One that is to be applied is made by the one who may.
func TestApplyLocked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, plan.FileName), []byte("examples \"lessons\" {\n  generate = \"lessons\"\n  count = 100\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	saved := filepath.Join(dir, "now.plan")
	if out, err := program("plan", dir, "-o", saved).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	a := &app{lang: say.English, format: formatText, threads: 1, screen: terminal.NewScreen(os.Stderr, false)}
	w, _, _, err := a.planOf(t.Context(), dir, true)
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	for _, c := range []struct{ command, path, lang, says string }{
		{"apply", dir, "en", "process %d is changing this state folder; wait until it is done, or stop it\n"},
		{"apply", saved, "zh", "进程 %d 正在修改此状态目录；请等它结束，或将其停止\n"},
		{"up", dir, "en", "process %d is changing this state folder; wait until it is done, or stop it\n"},
	} {
		cmd := program(c.command, c.path, "--lang", c.lang)
		out, err := cmd.CombinedOutput()
		want := filepath.Join(dir, ".suiren") + ": " + fmt.Sprintf(c.says, os.Getpid())
		if cmd.ProcessState.ExitCode() != exitMoved || string(out) != want {
			t.Errorf("%s %s: %v\n%s", c.command, c.path, err, out)
		}
	}
	for _, args := range [][]string{{"plan", dir}, {"show", saved}} {
		if out, err := program(args...).CombinedOutput(); err != nil || !strings.Contains(string(out), "examples.lessons") {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
	w.free()
	if out, err := program("apply", saved).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	unlock, err := w.st.Lock()
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if _, _, _, err := a.planOf(t.Context(), dir, true); !errors.Is(err, store.ErrLocked) {
		t.Errorf("planned to be applied beside another: %v", err)
	}
}
