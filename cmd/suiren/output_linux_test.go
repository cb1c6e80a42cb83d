package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"suiren/plan"
)

// A command whose output goes nowhere has failed, and says so once, in the reader's words;
// what apply made is made.
func TestFullOutput(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, plan.FileName), []byte("examples \"lessons\" {\n  generate = \"lessons\"\n  count = 100\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, lang, says string }{
		{"plan --check " + dir, "en", "stdout: the disk is full; "},
		{"apply " + dir, "zh", "stdout: 磁盘已满；"},
		{"plan -o jsonl " + dir, "en", "stdout: the disk is full; "},
		{"--help", "zh", "stdout: 磁盘已满；"},
		{"completion bash", "en", "stdout: the disk is full; "},
	} {
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		cmd, stderr := program(append(strings.Fields(c.args), "--lang", c.lang)...), new(strings.Builder)
		cmd.Stdout, cmd.Stderr = full, stderr
		cmd.Run()
		full.Close()
		if code := cmd.ProcessState.ExitCode(); code != exitFailed || strings.Count(stderr.String(), "stdout") != 1 || !strings.Contains(stderr.String(), c.says) {
			t.Errorf("%s: exit code %d\n%s", c.args, code, stderr)
		}
	}
	if out, err := program("plan", "--check", dir).CombinedOutput(); err != nil {
		t.Errorf("apply kept nothing: %v\n%s", err, out)
	}
}

// After a write that failed none is tried: what was written is whole up to there. Who
// closed a pipe is told nothing.
func TestOutput(t *testing.T) {
	for _, c := range []struct {
		err   error
		fails bool
	}{{syscall.EIO, true}, {syscall.EPIPE, false}} {
		w := &failing{err: c.err}
		o := &output{w: w}
		for range 3 {
			fmt.Fprintln(o, "line")
		}
		err := o.failed(nil)
		if got := exitCode(err); c.fails != (got == exitFailed) || c.fails != (w.calls == 1) {
			t.Errorf("%v: %d writes, exit code %d", c.err, w.calls, got)
		}
		if got := exitCode(o.failed(errUsage)); got != exitUsage {
			t.Errorf("%v beside another failure: exit code %d", c.err, got)
		}
		if again := o.failed(err); again != err {
			t.Errorf("%v is told twice: %v", c.err, again)
		}
	}
}

type failing struct {
	err   error
	calls int
}

func (f *failing) Write([]byte) (int, error) {
	f.calls++
	return 0, f.err
}
