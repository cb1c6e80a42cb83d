package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"suiren/store"
)

// While a plan is made, status says of the step that runs what whoever made it
// is told: how far it is, how long yet, and its newest numbers.
func TestStatusOfRunning(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "suiren.hcl"), []byte(scalingPlan), 0o666); err != nil {
		t.Fatal(err)
	}
	began := time.Now().UTC().Add(-100 * time.Second)
	at := func(seconds int) string {
		return began.Add(time.Duration(seconds) * time.Second).Format(time.RFC3339Nano)
	}
	runs := filepath.Join(dir, ".suiren", "runs")
	if err := os.MkdirAll(runs, 0o700); err != nil {
		t.Fatal(err)
	}
	id := began.Format("20060102T150405Z-0000")
	log := fmt.Sprintf(`{"id":1,"time":%q,"type":"run","version":"1.1","run":%q}
{"id":2,"time":%[1]q,"type":"begin","step":"tokens.rows"}
{"id":3,"time":%[1]q,"type":"made","step":"tokens.rows","values":{"seconds":1}}
{"id":4,"time":%[1]q,"type":"begin","step":"weights.base","values":{"memory":5}}
{"id":5,"time":%[3]q,"type":"metric","step":"weights.base","values":{"step":100,"loss":4,"watch_loss":3.25,"memory":1073741824}}
{"id":6,"time":%[3]q,"type":"progress","step":"weights.base","done":100,"total":700,"unit":"steps"}
{"id":7,"time":%[4]q,"type":"metric","step":"weights.base","values":{"step":300,"loss":2.5,"rate":0.5,"tokens_per_s":31425.8,"memory":1610612736}}
{"id":8,"time":%[4]q,"type":"progress","step":"weights.base","done":300,"total":700,"unit":"steps"}
`, at(0), id, at(10), at(99))
	path := filepath.Join(runs, id+".jsonl")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(log); err != nil {
		t.Fatal(err)
	}
	status := func(args ...string) string {
		t.Helper()
		out, err := program(append([]string{"status", dir}, args...)...).Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	if got := status(); !strings.Contains(got, "interrupted") || strings.Contains(got, "weights.base") {
		t.Errorf("of a run that died:\n%s", got)
	}
	if _, err := store.TryLock(f); err != nil { // as a process that is alive
		t.Fatal(err)
	}
	got := status()
	for _, want := range []string{"last run " + id + ": running\n  > weights.base ", " 43%  300/700 steps  ", " left  ", "loss 2.500", "held out 3.250", "rate 50%", "tokens/s 31,426", "memory 1.5 GiB", "0 blocks stand, 4 are to be made"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "tokens.rows") {
		t.Errorf("a step that is done is shown as running:\n%s", got)
	}
	if got := status("--lang", "zh"); !regexp.MustCompile(`：正在运行\n  > weights\.base +43%  300/700 步  还需 .*损失 2\.500  留出集 3\.250`).MatchString(got) {
		t.Errorf("in Chinese:\n%s", got)
	}
	var line struct {
		Type, Step, Unit  string
		Began             time.Time
		Done, Total, Left float64
		Values            map[string]float64
	}
	for l := range strings.Lines(status("-o", "jsonl")) {
		if strings.Contains(l, `"type":"running"`) {
			if err := json.Unmarshal([]byte(l), &line); err != nil {
				t.Fatal(err)
			}
		}
	}
	if line.Step != "weights.base" || line.Unit != "steps" || line.Done != 300 || line.Total != 700 || line.Began.IsZero() || line.Values["loss"] != 2.5 || line.Values["watch_loss"] != 3.25 || line.Values["memory"] != 3<<29 {
		t.Errorf("%+v", line)
	}
	if line.Left < 150 { // 200 steps took 90 seconds at least
		t.Errorf("%g seconds left", line.Left)
	}
	// What runs is told though the plan be wrong by now.
	if err := os.WriteFile(filepath.Join(dir, "suiren.hcl"), []byte(scalingPlan+"weights {"), 0o666); err != nil {
		t.Fatal(err)
	}
	out, err := program("status", dir).Output()
	if e, ok := errors.AsType[*exec.ExitError](err); !ok || e.ExitCode() != 64 || !strings.Contains(string(out), " 43%  300/700 steps  ") || !strings.Contains(string(e.Stderr), "suiren.hcl:") {
		t.Errorf("beside a wrong plan: %v\n%s", err, out)
	}
}

// Of a run whose log is longer than what is read of it the same is said: when its step
// began, what it counted then, and how far it is now; a line that is being written is not
// waited for.
func TestStatusOfLongRun(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "suiren.hcl"), []byte(scalingPlan), 0o666); err != nil {
		t.Fatal(err)
	}
	runs := filepath.Join(dir, ".suiren", "runs")
	if err := os.MkdirAll(runs, 0o700); err != nil {
		t.Fatal(err)
	}
	const steps, of, seconds = 30_000, 40_000, 9_000
	began := time.Now().UTC().Add(-seconds * time.Second).Truncate(time.Millisecond)
	id := began.Format("20060102T150405Z-0000")
	var log strings.Builder
	line := func(second float64, text string, args ...any) {
		fmt.Fprintf(&log, `{"id":1,"time":%q,%s}`+"\n", began.Add(time.Duration(second*float64(time.Second))).Format(time.RFC3339Nano), fmt.Sprintf(text, args...))
	}
	line(0, `"type":"run","version":"1.1","run":%q`, id)
	line(0, `"type":"begin","step":"tokens.rows"`)
	line(0, `"type":"made","step":"tokens.rows"`)
	line(1, `"type":"begin","step":"weights.base"`)
	line(1, `"type":"count","step":"weights.base","values":{"params":777}`)
	for n := range steps {
		at := 1 + (seconds-1)*float64(n+1)/steps
		line(at, `"type":"metric","step":"weights.base","values":{"step":%d,"loss":%.4f}`, n+1, 4-3*float64(n+1)/steps)
		line(at, `"type":"progress","step":"weights.base","done":%d,"total":%d,"unit":"steps"`, n+1, of)
	}
	log.WriteString(`{"id":2,"time":"2026-11-28T17:00:00Z","type":"progress","step":"weights.base","done":39999,"to`)
	if log.Len() < 6<<20 {
		t.Fatalf("a log of %d bytes is not long", log.Len())
	}
	path := filepath.Join(runs, id+".jsonl")
	if err := os.WriteFile(path, []byte(log.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := store.TryLock(f); err != nil { // as a process that is alive
		t.Fatal(err)
	}
	out, err := program("status", dir, "-o", "jsonl").Output()
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Step              string
		Began             time.Time
		Done, Total, Left float64
		Values            map[string]float64
	}
	for l := range strings.Lines(string(out)) {
		if strings.Contains(l, `"type":"running"`) {
			if err := json.Unmarshal([]byte(l), &got); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got.Step != "weights.base" || !got.Began.Equal(began.Add(time.Second)) || got.Done != steps || got.Total != of || got.Values["loss"] != 1 || got.Values["params"] != 777 {
		t.Errorf("%+v", got)
	}
	if got.Left < 2900 || got.Left > 3500 { // a third of the 9,000 seconds, and what this test took
		t.Errorf("%g seconds left", got.Left)
	}
}
