package train

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"suiren/engine/infer"
	"suiren/engine/model"

	"suiren/stage"
	"suiren/store"
)

// A stop does not wait for the step that is under way: it is dropped, what was learnt
// before it is saved, and the run that goes on comes to the same bytes.
func TestStoppedWithinStep(t *testing.T) {
	_, base := toyBase(t)
	op, in := toySFT(t)
	op.FLOPs, op.Batch, op.Every = 1.2e9, 3*microRows, time.Hour
	ref := stage.Ref{Kind: store.Weights, Name: "base"}
	yes, no := []stage.Message{{Role: "assistant", Content: "yes"}}, []stage.Message{{Role: "assistant", Content: "no"}}
	var list []stage.Example
	for _, p := range toyProblems(1) {
		list = append(list, stage.Example{From: p.ID, Prompt: user(p.Prompt), Chosen: yes, Rejected: no})
	}
	over := map[string]string{"base": base["base"], "from": in["from"], "pairs": toyExamples(t, list)}
	for name, c := range map[string]struct {
		op stage.Operator
		in map[string]string
	}{
		"sft":      {op, in},
		"sft over": {&SFT{Base: ref, Batch: 5, Every: time.Hour}, over},
		"continue": {&Continue{Batch: 5, Every: time.Hour}, over},
		"lora":     {&LoRA{Batch: 20, Rank: 2, Every: time.Hour}, over},
		"dpo":      {&DPO{Batch: 12, Epochs: 3, Rank: 2, Every: time.Hour}, over},
	} {
		whole := newBench(t, c.in)
		looks := newLooked("", 0)
		check(t, c.op.Run(looks, whole.Job))
		want := digest(t, whole.Out)
		f, err := readFacts(whole.Out)
		check(t, err)
		n := looks.n[learning]
		if n < 3 || f.Steps < n {
			t.Fatalf("%s: a stop was looked for %d times within %d steps", name, n, f.Steps)
		}
		again := newBench(t, c.in)
		if err := c.op.Run(newLooked(learning, n*2/3), again.Job); !errors.Is(err, context.Canceled) {
			t.Fatalf("%s: stopped: %v", name, err)
		}
		check(t, c.op.Run(context.Background(), again.Job))
		if digest(t, again.Out) != want {
			t.Errorf("%s: stopped within a step: other bytes", name)
		}
		if len(resumed(again)) != 1 {
			t.Errorf("%s: what was learnt before the step was not saved", name)
		}
	}
}

// Nor does it wait for what is only read beside a step, each time in the midst of it: no
// micro-batch is begun after it, of that or of anything else. What was read is read
// again, and what was learnt before is not lost.
func TestStoppedReading(t *testing.T) {
	var chats, pairs, labels []stage.Example
	yes, no := true, false
	said := func(text string) []stage.Message { return []stage.Message{{Role: "assistant", Content: text}} }
	for i := range 60 {
		q := user("say " + string(rune('A'+i)))
		chats = append(chats, stage.Example{From: "c", Messages: append(q[:1:1], said("yes")...)})
		pairs = append(pairs, stage.Example{From: "p", Prompt: q, Chosen: said("yes"), Rejected: said("no!")})
		labels = append(labels, stage.Example{From: "l", Messages: append(q[:1:1], said("yes")...), Label: &yes}, stage.Example{From: "l", Messages: append(q[:1:1], said("no!")...), Label: &no})
	}
	base, pick, part, ref, beta := archFolder("qwen2"), picker(t, "llama3"), toyPart(t, picks(12)), stage.Ref{Kind: "examples", Name: "x"}, 0.05
	first, fresh := toySFT(t)
	first.Batch, first.FLOPs, first.Watch, first.Patience, first.Every = 2, 2e8, ref, 100, time.Hour
	fresh["watch"] = toyPart(t, toyProblems(2))
	talk, rows := toyExamples(t, chats), archRows(t, 261)
	for name, c := range map[string]struct {
		op    stage.Operator
		in    map[string]string
		reads map[string]string // what is read, and the metric that tells that it was
	}{
		"dpo": {&DPO{Batch: 30, Epochs: 3, Rank: 2, Watch: ref, Patience: 100, Every: time.Hour}, map[string]string{"base": base, "pairs": toyExamples(t, pairs), "watch": toyExamples(t, pairs)},
			map[string]string{"references": "loss", "run": "loss", "look": "watch_loss"}},
		"kto": {&KTO{Batch: 60, Epochs: 3, Rank: 2, Watch: ref, Patience: 100, Every: time.Hour}, map[string]string{"base": base, "labels": toyExamples(t, labels), "watch": toyExamples(t, labels)},
			map[string]string{"references": "loss", "run": "loss", "look": "watch_loss"}},
		"grpo": {&GRPO{Steps: 3, Prompts: 12, Samples: 8, Tokens: 6, Rank: 2, Rate: 0.1, Variant: "grpo", Updates: 2, Beta: &beta, Every: time.Hour}, map[string]string{"base": pick, "problems": part, "watch": part},
			map[string]string{"underBase": "loss", "update": "loss"}},
		"continue": {&Continue{Batch: 2, Rate: 0.1, Watch: ref, Patience: 100, Every: time.Hour}, map[string]string{"base": base, "from": rows, "watch": talk}, map[string]string{"look": "watch_loss"}},
		"lora":     {&LoRA{Batch: 2, Rank: 2, Watch: ref, Every: time.Hour}, map[string]string{"base": base, "from": rows, "watch": talk}, map[string]string{"look": "watch_loss"}},
		"sft":      {first, fresh, map[string]string{"look": "watch_loss"}},
		"distil": {&Distil{Base: ref, Rank: 2, Batch: 2, Watch: ref, Patience: 100, Every: time.Hour}, map[string]string{"base": base, "teacher": base, "from": rows, "watch": talk},
			map[string]string{"look": "watch_loss"}},
	} {
		whole, looks, read := newBench(t, c.in), newLooked("", 0), map[string]map[string]int{}
		whole.each = func(e stage.Event) {
			for metric := range e.Vals {
				if e.Type == "metric" && read[metric] == nil {
					read[metric] = maps.Clone(looks.n)
				}
			}
		}
		check(t, c.op.Run(looks, whole.Job))
		want := digest(t, whole.Out)
		watched, _ := whole.series("watch_loss")
		for what, metric := range c.reads {
			n := read[metric][what]
			if n < 2 {
				t.Errorf("%s: %s: read in %d micro-batches", name, what, n)
				continue
			}
			// Amid the first; the last of the first step, which may read more than once; amid the last of all.
			for _, stop := range slices.Compact([]int{2, n, looks.n[what]}) {
				b, at := newBench(t, c.in), newLooked(what, stop)
				if err := c.op.Run(at, b.Job); !errors.Is(err, context.Canceled) || at.late > 0 {
					t.Errorf("%s: %s: stopped before micro-batch %d of %d: %v, and %d were begun after it", name, what, stop, n, err, at.late)
					continue
				}
				check(t, c.op.Run(context.Background(), b.Job))
				if digest(t, b.Out) != want {
					t.Errorf("%s: %s: stopped before micro-batch %d of %d: other bytes", name, what, stop, n)
				}
				if told, _ := b.series("watch_loss"); !slices.Equal(told, watched) {
					t.Errorf("%s: %s: what is watched was told at %v, want %v", name, what, told, watched)
				}
				if what != "look" {
					continue
				}
				step := watched[0]
				if stop > n {
					step = watched[len(watched)-1]
				}
				if step == 0 { // of the base: nothing was done that could be lost
					continue
				}
				if told := resumed(b); len(told) != 1 || !strings.HasPrefix(told[0], fmt.Sprintf("resumed at step %g ", step)) {
					t.Errorf("%s: the step before the look at %g was lost: %q", name, step, told)
				}
			}
		}
	}
}

// A teacher that is stopped answers no other document, and nothing is kept of a block
// of which it has told a part: it is asked again.
func TestStoppedTeacher(t *testing.T) {
	dir, _ := toyTeacher(t)
	rows, err := stage.OpenRows(toyRows(t, dir, toyProblems(4)))
	check(t, err)
	defer rows.Close()
	teach, err := openTeacher(dir, 3, rows.Length(), stage.Machine{Threads: 1})
	check(t, err)
	defer teach.Close()
	judged := func(ctx context.Context, work string) ([]model.Soft, error) {
		j := newJudgement(teach, work, 0, func(i int) model.Row { return readRow(rows, i) }, rows.Len())
		return j.of(ctx, 0)
	}
	want, err := judged(t.Context(), t.TempDir())
	check(t, err)

	var reqs []infer.Request
	for i := range 4 * teacherSlots {
		reqs = append(reqs, infer.Request{Prompt: readRow(rows, i%rows.Len()).IDs, Echo: true, TopLogprobs: 3})
	}
	ctx, stop := context.WithCancel(t.Context())
	var mu sync.Mutex
	told := 0
	err = teach.ask(ctx, reqs, func(int, []infer.Token) {
		mu.Lock()
		defer mu.Unlock()
		told++
		stop()
	})
	if !errors.Is(err, context.Canceled) || told == 0 || told > teacherSlots {
		t.Errorf("stopped at the first of %d documents, it told of %d: %v", len(reqs), told, err)
	}
	work := t.TempDir()
	if _, err := judged(ctx, work); !errors.Is(err, context.Canceled) {
		t.Errorf("judged although it is stopped: %v", err)
	}
	if files, err := filepath.Glob(filepath.Join(work, "*")); err != nil || len(files) > 0 {
		t.Errorf("kept %q (%v)", files, err)
	}
	if got, err := judged(t.Context(), work); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("asked again, it says something else (%v)", err)
	}
}

// learning is where a step asks for its end, beside the readings.
const learning = "AccumulateUntil"

// looked is a context that counts how often each reading of a run, and its learning,
// asked for its end, and ends at one of these times.
type looked struct {
	context.Context
	n       map[string]int // by the function that reads: before each micro-batch
	in      string
	stop    int // 0: never
	stopped chan struct{}
	late    int // times that it was asked since
}

func newLooked(in string, stop int) *looked {
	return &looked{Context: context.Background(), n: map[string]int{}, in: in, stop: stop, stopped: make(chan struct{})}
}

func (l *looked) Done() <-chan struct{} {
	what := whoAsks()
	if what == "" {
		return l.stopped
	}
	if l.Err() != nil {
		l.late++
	}
	if l.n[what]++; what == l.in && l.n[what] == l.stop {
		close(l.stopped)
	}
	return l.stopped
}

func (l *looked) Err() error {
	select {
	case <-l.stopped:
		return context.Canceled
	default:
		return nil
	}
}

// whoReads are the functions in which log-probabilities are read.
var whoReads = []string{"references", "look", "underBase", "update", "run"}

// whoAsks is which of whoReads, or learning, asks a context for its end; "": another does.
func whoAsks() string {
	pc := make([]uintptr, 64)
	frames := runtime.CallersFrames(pc[:runtime.Callers(3, pc)])
	for reads, more := false, true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		name := f.Function[strings.LastIndexByte(f.Function, '.')+1:]
		if name == learning || reads && slices.Contains(whoReads, name) {
			return name
		}
		reads = reads || strings.HasPrefix(name, "LogProbs") // or its loop
	}
	return ""
}
