package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// full makes TestRepeatable and TestKilled make the example as it is shipped,
// which takes the better part of an hour: .ci/repeat.sh.
var full = flag.Bool("full", false, "make the whole of examples/tutor in the tests of repetition")

// digests lists the blocks that stand in a folder, with their digests.
func digests(t *testing.T, args ...string) string {
	t.Helper()
	list, err := standing(args...)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, block := range list {
		fmt.Fprintln(&b, block.Kind, block.Name, block.Digest)
	}
	return b.String()
}

// apply applies the plan in dir and returns what it said.
func apply(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := program(append([]string{"apply", dir}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("suiren apply: %v\n%s", err, out)
	}
	return string(out)
}

// newTutor writes a tiny tutor that nothing was made of yet.
func newTutor(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := writeTutor(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// madeDigests returns a copy of the tutor that was made, and the digests of all that
// stands of it: who looks opens its books, while other tests copy the tutor itself.
func madeDigests(t *testing.T) (dir, all string) {
	t.Helper()
	_, dir = madeCopy(t)
	return dir, digests(t, "--plan", dir)
}

// The tests of repetition are worth nothing unless all of the plan took part.
func TestTinyTutorReinforces(t *testing.T) {
	dir, _ := madeDigests(t)
	out, err := program("show", "-o", "jsonl", "--plan", dir, "weights.tutor").Output()
	if err != nil {
		t.Fatal(err)
	}
	var record struct{ Dir string }
	if err := json.Unmarshal(out, &record); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(record.Dir, "suiren.json"))
	if err != nil {
		t.Fatal(err)
	}
	var facts struct {
		RL struct {
			Started bool
			Watched []any
		}
	}
	if err := json.Unmarshal(b, &facts); err != nil {
		t.Fatal(err)
	}
	if !facts.RL.Started || len(facts.RL.Watched) < 2 {
		t.Errorf("reinforcement did not run, so nothing here tests it: give weights.tutor another seed in tinySizes, or taught more flops\n%s", b)
	}
}

// A second run, in another folder and on two threads, gives the same bytes.
func TestRepeatable(t *testing.T) {
	t.Parallel()
	_, want := madeDigests(t)
	dir := newTutor(t)
	apply(t, dir, "--threads", "2")
	if got := digests(t, "--plan", dir); got != want {
		t.Errorf("two threads made\n%s\none made\n%s", got, want)
	}
}

// killed are the steps in which TestKilled kills, in the order of the plan:
// the long ones often, for they have a middle.
var killed = []string{
	"examples.lessons", "weights.taught", "weights.taught", "weights.taught", "weights.taught", "weights.taught", "weights.taught",
	"weights.direct", "weights.direct", "weights.direct", "weights.tutor", "weights.tutor", "weights.tutor", "weights.tutor",
	"weights.tutor", "weights.tutor", "verdict.ready", "verdict.ready", "verdict.ready", "verdict.ready",
}

// A run that is killed again and again, and begun again each time, on one
// thread or on two, gives the bytes of one that is not.
func TestKilled(t *testing.T) {
	t.Parallel()
	base, want := madeDigests(t)
	took := map[string]float64{}
	list, err := standing("--plan", base)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range list {
		took[b.Kind+"."+b.Name] = b.Seconds
	}
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	var log strings.Builder
	dir := newTutor(t)
	end := func() {
		log.WriteString(apply(t, dir, "-o", "jsonl"))
		if got := digests(t, "--plan", dir); got != want {
			t.Errorf("after the kills\n%s\nwithout\n%s", got, want)
		}
		if out, err := program("store", "verify", dir).CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		if left, err := filepath.Glob(filepath.Join(dir, ".suiren", "tmp", "p*")); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v %v", left, err)
		}
	}
	for i := 0; i < len(killed); {
		// A third, so that the kills of a step reach its end together, about.
		after := time.Duration(random.Float64() * took[killed[i]] / 3 * float64(time.Second))
		threads := strconv.Itoa(1 + random.IntN(2))
		in, said := killIn(t, dir, i, after, "--threads", threads)
		log.WriteString(said)
		if in == "" { // all was made before the kill came: once more, for the kills that are left
			end()
			dir = newTutor(t)
			continue
		}
		t.Logf("killed in %s, %v after it began on %s threads", in, after, threads)
		i++
	}
	end()
	for _, step := range []string{"weights.taught", "weights.tutor"} {
		if !strings.Contains(log.String(), `"type":"note","step":"`+step+`","text":"resumed at step`) {
			t.Errorf("%s never went on from a checkpoint", step)
		}
	}
}

// killIn applies the plan in dir and kills the process a while after it began
// the step killed[i]; if that is made by then or before, one of the later ones.
// It returns the step that it was in, or "" if all was made first, and all that
// the process said.
func killIn(t *testing.T, dir string, i int, after time.Duration, flags ...string) (step, log string) {
	t.Helper()
	args := append([]string{"apply", dir, "-o", "jsonl"}, flags...)
	if !*full {
		args = append(args, "--checkpoint-every", "1ms")
	}
	cmd := program(args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr, read bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(time.Hour*24, func() { cmd.Process.Kill() })
	defer timer.Stop()
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		read.Write(append(lines.Bytes(), '\n'))
		var e struct{ Type, Step, Text string }
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		switch {
		case e.Type == "begin" && slices.Contains(killed[i:], e.Step):
			step = e.Step
			timer.Reset(after)
			// Reinforcement has its first checkpoint when it notes what its pre-flight found.
			if step == "weights.tutor" && i%2 == 0 {
				timer.Stop()
			}
		case e.Type == "note" && e.Step == "weights.tutor" && step == e.Step && strings.Contains(e.Text, "informative"):
			timer.Reset(after)
		}
	}
	if err = cmd.Wait(); err == nil {
		return "", read.String()
	}
	if cmd.ProcessState.Exited() || step == "" {
		t.Fatalf("%v\n%s%s", err, &read, &stderr)
	}
	return step, read.String()
}

// An interrupt stops at a checkpoint, with an exit code of its own.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	_, want := madeDigests(t)
	dir := newTutor(t)
	cmd := program("apply", dir, "-o", "jsonl")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var end string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.Contains(lines.Text(), `"type":"begin","step":"weights.taught"`) {
			cmd.Process.Signal(os.Interrupt)
		}
		end = lines.Text()
	}
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted || !strings.Contains(end, `"exit":130`) {
		t.Errorf("exit code %d, want %d; last line %s", code, exitInterrupted, end)
	}
	if !strings.Contains(stderr.String(), "interrupted; run the same command again") {
		t.Errorf("it said\n%s", &stderr)
	}
	if log := apply(t, dir, "-o", "jsonl"); !strings.Contains(log, `"text":"resumed at step`) {
		t.Errorf("did not go on from its checkpoint\n%s", log)
	}
	if got := digests(t, "--plan", dir); got != want {
		t.Errorf("after the interrupt\n%s\nwithout\n%s", got, want)
	}
}
