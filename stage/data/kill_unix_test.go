//go:build unix

package data

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"suiren/knowledge/document"
	"suiren/stage"
)

// kills is at how many random moments TestKilled ends the process.
var kills = flag.Int("kills", 2, "at how many moments TestKilled kills the process that reads and cleans")

const killEnv = "SUIREN_TEST_KILLING"

// A killing is where a process of its own reads files and cleans them.
type killing struct {
	Files, Dir string
	Threads    int
}

// run makes documents and a corpus of them; what is made already stays.
func (k killing) run() error {
	for _, step := range []struct {
		op   stage.Operator
		in   stage.Input
		name string
	}{
		{&Documents{Path: "**"}, stage.Input{Arg: "files", Dir: k.Files}, "documents"},
		{&Corpus{Recipe: "measure", Duplicates: "near", PII: "mask"}, stage.Input{Arg: "from", Dir: filepath.Join(k.Dir, "documents")}, "corpus"},
	} {
		out := filepath.Join(k.Dir, step.name)
		if _, err := os.Stat(out); err == nil {
			continue
		}
		work, tmp := out+".work", out+".part"
		if err := errors.Join(os.RemoveAll(tmp), os.MkdirAll(tmp, 0o700), os.MkdirAll(work, 0o700)); err != nil {
			return err
		}
		job := &stage.Job{Inputs: []stage.Input{step.in}, Out: tmp, Work: work, Emit: func(stage.Event) {}, Machine: stage.Machine{Threads: k.Threads}}
		if err := step.op.Run(context.Background(), job); err != nil {
			return err
		}
		if err := os.Rename(tmp, out); err != nil {
			return err
		}
	}
	return nil
}

// TestKilledProcess is the process that TestKilled starts.
func TestKilledProcess(t *testing.T) {
	text := os.Getenv(killEnv)
	if text == "" {
		t.Skip("only TestKilled starts it")
	}
	var k killing
	if err := json.Unmarshal([]byte(text), &k); err != nil {
		t.Fatal(err)
	}
	if err := k.run(); err != nil {
		t.Fatal(err)
	}
}

// start runs k for at most some time, then kills it; it reports whether it did.
func (k killing) start(t *testing.T, most time.Duration) bool {
	t.Helper()
	text, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledProcess$")
	cmd.Env = append(os.Environ(), killEnv+"="+string(text))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if most > 0 {
		defer time.AfterFunc(most, func() { cmd.Process.Kill() }).Stop()
	}
	err = cmd.Wait()
	e, failed := errors.AsType[*exec.ExitError](err)
	if killed := failed && e.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL; killed || err == nil {
		return killed
	}
	t.Fatalf("%v\n%s", err, out.Bytes())
	return false
}

// Files that are read and cleaned by processes that are killed at random moments
// make the bytes of a process that nobody touched.
func TestKilled(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	var rows strings.Builder
	for i := range 18_500 { // two shards of documents; every tenth twice
		fmt.Fprintf(&rows, "{\"title\":\"row %d\",\"text\":\"%s. Call %d or write to a%d@example.org.\"}\n", i, strings.Join(words(rand.New(rand.NewPCG(1, uint64(i/10*9+i%9))), 110, i%2 == 0), " "), 13000000000+i/2, i%50)
	}
	if !document.Streams("rows.jsonl", []byte("{"), int64(rows.Len())) {
		t.Fatal("the file is too small to be read as a stream")
	}
	files := map[string]string{"rows.jsonl": rows.String()}
	for i := range 20 {
		files[fmt.Sprintf("a%d.md", i)] = "# " + strings.Join(words(r, 400, i%2 == 0), " ") + "\n"
		files[fmt.Sprintf("z%d.html", i)] = "<title>t</title><p>" + strings.Join(words(r, 400, false), " ")
	}
	whole := killing{Files: tree(t, files), Dir: t.TempDir(), Threads: 1}
	begin := time.Now()
	if whole.start(t, 0) {
		t.Fatal("killed by whom?")
	}
	took := time.Since(begin)
	documents, corpus := digestOf(t, filepath.Join(whole.Dir, "documents")), digestOf(t, filepath.Join(whole.Dir, "corpus"))
	made := 0
	k := killing{Files: whole.Files}
	for n := 0; n < *kills; {
		if k.Dir == "" {
			k.Dir = t.TempDir()
		}
		k.Threads = 1 + n%2
		if k.start(t, time.Duration(r.Int64N(int64(took)))+time.Millisecond) {
			n++
			continue
		}
		made++
		k.compare(t, documents, corpus)
	}
	if k.Dir != "" {
		k.start(t, 0)
		k.compare(t, documents, corpus)
		made++
	}
	t.Logf("killed %d times, made %d times; undisturbed it takes %v", *kills, made, took.Round(10*time.Millisecond))
}

// compare compares what was made, and forgets it.
func (k *killing) compare(t *testing.T, documents, corpus string) {
	t.Helper()
	if digestOf(t, filepath.Join(k.Dir, "documents")) != documents || digestOf(t, filepath.Join(k.Dir, "corpus")) != corpus {
		t.Error("killed, and let live again, it made other bytes")
	}
	os.RemoveAll(k.Dir)
	k.Dir = ""
}
