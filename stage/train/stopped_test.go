package train

import (
	"context"
	"errors"
	"testing"
	"time"

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
		looks := &looked{Context: context.Background()}
		check(t, c.op.Run(looks, whole.Job))
		want := digest(t, whole.Out)
		f, err := readFacts(whole.Out)
		check(t, err)
		if looks.n < 3 || f.Steps < looks.n {
			t.Fatalf("%s: a stop was looked for %d times within %d steps", name, looks.n, f.Steps)
		}
		again := newBench(t, c.in)
		if err := c.op.Run(&looked{Context: context.Background(), stop: looks.n * 2 / 3, stopped: make(chan struct{})}, again.Job); !errors.Is(err, context.Canceled) {
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

// looked is a context that counts how often a step asked for its end, and ends then.
type looked struct {
	context.Context
	n, stop int
	stopped chan struct{}
}

func (l *looked) Done() <-chan struct{} {
	if l.n++; l.n == l.stop {
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
