package run

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.Open(t.TempDir())
	check(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// put makes an artifact of files given as path, content, …
func put(t testing.TB, st *store.Store, files ...string) store.Digest {
	t.Helper()
	dir, err := st.Temp()
	check(t, err)
	for i := 0; i < len(files); i += 2 {
		path := filepath.Join(dir, files[i])
		check(t, os.MkdirAll(filepath.Dir(path), 0o700))
		check(t, os.WriteFile(path, []byte(files[i+1]), 0o600))
	}
	d, err := st.Put(dir)
	check(t, err)
	return d
}

// A join writes its inputs one after the other: an operator small enough to
// be read here. It does so in two steps, with a checkpoint between.
type join struct {
	From stage.Ref
	Sep  string

	stop func() error         // between the steps
	tell func(job *stage.Job) // at the end
}

func (*join) Name() string    { return "join" }
func (*join) Revision() int   { return 2 }
func (*join) Out() store.Kind { return store.Corpus }

func (j *join) Run(ctx context.Context, job *stage.Job) error {
	half := filepath.Join(job.Work, "half")
	b, err := os.ReadFile(half)
	if err != nil {
		for _, in := range job.Inputs {
			more, err := os.ReadFile(filepath.Join(in.Dir, "x"))
			if err != nil {
				return err
			}
			b = append(append(b, more...), j.Sep...)
		}
		if err := os.WriteFile(half, b, 0o600); err != nil {
			return err
		}
		if j.stop != nil {
			if err := j.stop(); err != nil {
				return err
			}
		}
	} else {
		job.Emit(stage.Event{Type: "note", Text: new(say.T("resumed", "已恢复"))})
	}
	job.Emit(stage.Event{Type: "progress", Done: 1, Total: 1, Unit: "files"})
	if j.tell != nil {
		j.tell(job)
	}
	return os.WriteFile(filepath.Join(job.Out, "joined"), b, 0o600)
}

// A bench is a store with two inputs, and a step that joins them.
type bench struct {
	st   *store.Store
	step *Step
	told []stage.Event
}

func newBench(t *testing.T, op *join) *bench {
	b := &bench{st: open(t)}
	lessons, other := put(t, b.st, "train/x", "one", "heldout/x", "secret"), put(t, b.st, "x", "two")
	train, _, err := b.st.Part(lessons, "train")
	check(t, err)
	b.step = &Step{Kind: store.Corpus, Name: "clean", Op: op,
		Inputs: []stage.Input{{Arg: "from", Digest: train}, {Arg: "from", Digest: other}},
		Used: []store.Used{{Arg: "from", Block: "examples.lessons", Part: "train", Digest: train, From: lessons},
			{Arg: "from", Block: "documents.other", Digest: other}},
		Forecast: stage.Forecast{Low: 1, High: 2, Memory: 3, FLOPs: 4, Basis: say.T("a guess of %d", "猜测 %d", 5), Size: map[string]float64{"rows": 6}},
	}
	b.step.Key = stage.Key(op, b.step.Inputs)
	return b
}

func (b *bench) run(ctx context.Context) (store.Record, error) {
	b.told = nil
	return b.step.Run(ctx, b.st, stage.Machine{CPU: "abacus", Threads: 1}, "v1", "20261125T193752Z-0001",
		func(e stage.Event) { b.told = append(b.told, e) })
}

func (b *bench) types() string {
	var types []string
	for _, e := range b.told {
		types = append(types, e.Type)
	}
	return strings.Join(types, " ")
}

func left(t *testing.T, st *store.Store, sub string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(st.Path(), sub))
	check(t, err)
	return list
}

func TestStep(t *testing.T) {
	var late func(stage.Event)
	b := newBench(t, &join{Sep: ",", tell: func(job *stage.Job) {
		late = job.Emit
		job.Emit(stage.Event{Type: "metric", Vals: map[string]float64{"flops": 1e9}})
		job.Emit(stage.Event{Type: "count", Vals: map[string]float64{"flops": 100}})
		job.Emit(stage.Event{Type: "count", Vals: map[string]float64{"flops": 700, "kept": 2}})
		job.Emit(stage.Event{Type: "count", Vals: map[string]float64{"dropped": 1}})
	}})
	r, err := b.run(t.Context())
	check(t, err)
	late(stage.Event{Type: "note"})
	if got, want := b.types(), "begin progress metric count count count made"; got != want {
		t.Errorf("told %s, want %s", got, want)
	}
	for _, e := range b.told {
		if e.Step != "corpus.clean" {
			t.Errorf("an event of step %q", e.Step)
		}
	}
	begin, made := b.told[0], b.told[len(b.told)-1]
	if v := begin.Vals; v["low"] != 1 || v["high"] != 2 || v["memory"] != 3 || v["flops"] != 4 {
		t.Errorf("begin: %v", v)
	}
	if made.Vals["seconds"] <= 0 || made.Vals["bytes"] != 8 || !strings.Contains(made.Text.In(say.Chinese), r.Output.String()) {
		t.Errorf("made: %v %v", made.Vals, made.Text)
	}
	dir, err := b.st.Dir(r.Output)
	check(t, err)
	if got, err := os.ReadFile(filepath.Join(dir, "joined")); string(got) != "one,two," || err != nil {
		t.Errorf("made %q, %v", got, err)
	}
	kept, ok, err := b.st.Made(b.step.Key)
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	if kept.Operator != "join" || kept.Revision != 2 || string(kept.Settings) != `{"From":null,"Sep":","}` || kept.FLOPs != 700 || kept.Bytes != 8 ||
		kept.Version != "v1" || kept.Run != "20261125T193752Z-0001" || kept.Kind != store.Corpus || kept.Name != "clean" || kept.Seconds <= 0 ||
		kept.Memory < 1<<20 || kept.Began.IsZero() {
		t.Errorf("record %+v", kept)
	}
	if !slices.Equal(kept.Inputs[:1], b.step.Used[:1]) || kept.Inputs[1].From != kept.Inputs[1].Digest {
		t.Errorf("inputs %+v", kept.Inputs)
	}
	var f stage.Forecast
	check(t, json.Unmarshal(kept.Forecast, &f))
	if f.Low != 1 || f.High != 2 || f.Memory != 3 || f.FLOPs != 4 || f.Size["rows"] != 6 || f.Basis.In(say.Chinese) != "猜测 5" {
		t.Errorf("the forecast was read back as %+v from %s", f, kept.Forecast)
	}
	if l := append(left(t, b.st, "work/*"), left(t, b.st, "tmp/*/[0-9]*")...); len(l) > 0 {
		t.Errorf("left: %v", l)
	}
}

// What an interrupted step did is not done again, and its time counts.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b := newBench(t, &join{stop: func() error { cancel(); return ctx.Err() }})
	if _, err := b.run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v, want cancelled", err)
	}
	if got := b.types(); got != "begin interrupted" {
		t.Errorf("told %s", got)
	}
	if _, ok, err := b.st.Made(b.step.Key); ok || err != nil {
		t.Errorf("made: %v, %v", ok, err)
	}
	if l := left(t, b.st, "tmp/*/[0-9]*"); len(l) > 0 {
		t.Errorf("left: %v", l)
	}
	work, err := b.st.Work(b.step.Key)
	check(t, err)
	check(t, os.WriteFile(filepath.Join(work, "cost.json"), []byte(`{"seconds":1000,"memory":1099511627776}`), 0o600))
	r, err := b.run(t.Context())
	check(t, err)
	if got := b.types(); got != "begin note progress made" {
		t.Errorf("told %s", got)
	}
	if r.Seconds < 1000 || r.Seconds > 1e6 || r.Memory != 1<<40 {
		t.Errorf("%g seconds, %d bytes", r.Seconds, r.Memory)
	}
	whole := newBench(t, &join{})
	if w, err := whole.run(t.Context()); err != nil || w.Output != r.Output {
		t.Errorf("uninterrupted: %v, %v; interrupted: %v", w.Output, err, r.Output)
	}
}

// A process that is killed counts the time until its last checkpoint, however
// long before it kept its cost, and no more than once.
func TestKilled(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		kept  string
		saved time.Duration // after the cost was kept
		least float64
		most  float64
	}{
		{`{"seconds":1000,"memory":1}`, 3 * time.Second, 1003, 1004},
		{`{"seconds":1000,"memory":1}`, -3 * time.Second, 1000, 1001},
		{`{"seconds":1000,"memory":1}`, time.Hour, 1005, 1006}, // the machine slept, or its clock was set
		{`{"seconds":1000,"mem`, 3 * time.Second, 0, 1},
		{"", 3 * time.Second, 0, 1},
	} {
		dir := t.TempDir()
		path, work := filepath.Join(dir, "cost.json"), filepath.Join(dir, "operator")
		check(t, os.Mkdir(work, 0o700))
		if c.kept != "" {
			check(t, os.WriteFile(path, []byte(c.kept), 0o600))
			check(t, os.Chtimes(path, now, now.Add(-2*time.Hour)))
		}
		check(t, os.Chtimes(work, now, now.Add(c.saved-2*time.Hour)))
		m := startMeter(path, work)
		b, err := os.ReadFile(path) // as a process leaves it that is killed at once
		check(t, err)
		m.stop()
		var got cost
		check(t, json.Unmarshal(b, &got))
		if got.Seconds < c.least || got.Seconds > c.most {
			t.Errorf("%q, a checkpoint %v later: %g seconds, want %g to %g", c.kept, c.saved, got.Seconds, c.least, c.most)
		}
		check(t, os.WriteFile(path, b, 0o600))
		again := startMeter(path, work) // without another checkpoint
		if s := again.cost.Seconds; s < got.Seconds || s > got.Seconds+0.5 {
			t.Errorf("%q: the next run begins at %g seconds, want %g", c.kept, s, got.Seconds)
		}
		again.stop()
	}
}

func TestFailed(t *testing.T) {
	cause := &say.Error{Where: "x:1", What: say.T("bad line", "坏行"), Next: say.T("mend it", "请修正"), Err: stage.ErrRefused}
	b := newBench(t, &join{stop: func() error { return cause }})
	_, err := b.run(t.Context())
	if !errors.Is(err, stage.ErrRefused) || say.Err(say.Chinese, err) != "corpus.clean: x:1: 坏行；请修正" {
		t.Errorf("%v", say.Err(say.Chinese, err))
	}
	if got := b.types(); got != "begin failed" || b.told[1].Text.In(say.Chinese) != "corpus.clean: x:1: 坏行；请修正" {
		t.Errorf("told %s: %v", got, b.told[1].Text.In(say.Chinese))
	}
}

func TestPanic(t *testing.T) {
	b := newBench(t, &join{stop: func() error { var m map[string]int; m["x"] = 1; return nil }})
	_, err := b.run(t.Context())
	p, ok := errors.AsType[*Panic](err)
	if !ok || !strings.Contains(string(p.Stack), "run_test.go") || !strings.Contains(err.Error(), "corpus.clean") || !strings.Contains(err.Error(), "nil map") {
		t.Fatalf("%v", err)
	}
	l, err2 := Begin(b.st)
	check(t, err2)
	check(t, l.Close(err))
	text, err := os.ReadFile(logPath(filepath.Join(b.st.Path(), "runs"), l.ID()))
	check(t, err)
	if !strings.Contains(string(text), "run_test.go") {
		t.Error("the stack is not in the log")
	}
	for _, data := range lines(t, b.st, l.ID(), 0, say.English) {
		if strings.Contains(data, "run_test.go") {
			t.Error("the stack is shown to readers")
		}
	}
}

// An input that is no longer what the plan was made from stops the step.
func TestInputs(t *testing.T) {
	b := newBench(t, &join{})
	b.step.Inputs[0].Digest = store.Digest{1}
	if _, err := b.run(t.Context()); err == nil {
		t.Error("another input was taken")
	}
	b = newBench(t, &join{})
	b.step.Used[0].From, b.step.Inputs[0].Digest = store.Digest{1}, store.Digest{1}
	if _, err := b.run(t.Context()); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a lost input: %v", err)
	}
}

// lines reads a run to its end.
func lines(t *testing.T, st *store.Store, id string, after int64, lang say.Lang) []string {
	t.Helper()
	var list []string
	for e, err := range Follow(t.Context(), st.Path(), id, after, lang) {
		check(t, err)
		list = append(list, string(e.Data))
	}
	return list
}
