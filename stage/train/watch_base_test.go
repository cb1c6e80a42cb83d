package train

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"suiren/stage"
)

// Whatever goes on from a base watches what it is not taught: the loss falls
// with what is taught, a few answers are told, and no byte is another.
func TestLookout(t *testing.T) {
	chat := func(i int, text string) stage.Example {
		return stage.Example{From: fmt.Sprint(i), Messages: append(user(fmt.Sprintf("say %d", i)), stage.Message{Role: "assistant", Content: text})}
	}
	var taught, same, pairs, labels []stage.Example
	yes, no := true, false
	said := func(text string) []stage.Message { return []stage.Message{{Role: "assistant", Content: text}} }
	for i := range 24 {
		taught = append(taught, chat(i, "yes"))
		same = append(same, chat(100+i, "yes"))
		q := user(fmt.Sprintf("say %d", i))
		pairs = append(pairs, stage.Example{From: "p", Prompt: q, Chosen: said("yes"), Rejected: said("no!")})
		labels = append(labels, stage.Example{From: "l", Messages: append(q[:1:1], said("yes")...), Label: &yes}, stage.Example{From: "l", Messages: append(q[:1:1], said("no!")...), Label: &no})
	}
	name := stage.Ref{Kind: "examples", Name: "x"}
	for kind, c := range map[string]struct {
		op    func(watch stage.Ref) stage.Operator
		in    map[string]string
		watch string
	}{
		"continue": {func(w stage.Ref) stage.Operator { return &Continue{Epochs: 6, Batch: 2, Rate: 0.5, Watch: w} }, map[string]string{"examples": toyExamples(t, taught)}, toyExamples(t, same)},
		"lora":     {func(w stage.Ref) stage.Operator { return &LoRA{Epochs: 6, Batch: 2, Rank: 4, Rate: 2, Watch: w} }, map[string]string{"examples": toyExamples(t, taught)}, toyExamples(t, same)},
		"dpo":      {func(w stage.Ref) stage.Operator { return &DPO{Epochs: 2, Batch: 6, Rank: 3, Rate: 1, Watch: w} }, map[string]string{"pairs": toyExamples(t, pairs)}, toyExamples(t, pairs[:8])},
		"kto":      {func(w stage.Ref) stage.Operator { return &KTO{Epochs: 2, Batch: 12, Rank: 3, Rate: 1, Watch: w} }, map[string]string{"labels": toyExamples(t, labels)}, toyExamples(t, labels[:8])},
	} {
		c.in["base"] = archFolder("qwen2")
		plain := newBench(t, c.in)
		check(t, c.op(stage.Ref{}).Run(context.Background(), plain.Job))
		c.in["watch"] = c.watch
		b := newBench(t, c.in)
		check(t, c.op(name).Run(context.Background(), b.Job))
		if digest(t, b.Out) != digest(t, plain.Out) {
			t.Errorf("%s: watching changed the weights", kind)
		}
		_, loss := b.series("watch_loss")
		if len(loss) < 3 || loss[len(loss)-1] > 0.9*loss[0] {
			t.Errorf("%s: losses %v", kind, loss)
		}
		if _, chosen := b.series("watch_chosen"); kind == "dpo" || kind == "kto" {
			_, rejected := b.series("watch_rejected")
			c, r := chosen[len(chosen)-1], rejected[len(rejected)-1]
			if notes := strings.Join(b.notes(), "\n"); c <= r || !strings.Contains(notes, fmt.Sprintf("%+.2f nats and the others by %+.2f", c, r)) {
				t.Errorf("%s: preferred %g, others %g: %q", kind, c, r, notes)
			}
		}
		samples := 0
		for _, e := range b.events {
			if e.Type == "sample" && strings.Contains(e.Text.String(), ": say ") {
				samples++
			}
		}
		if samples < watchSamples || samples > 5*watchSamples {
			t.Errorf("%s: %d samples", kind, samples)
		}
	}
}

// What is learnt by heart does not help with what is watched: with patience the
// run ends early and keeps the best weights, interrupted or not.
func TestLookoutPatience(t *testing.T) {
	var taught, other []stage.Example
	for i := range 16 {
		q := user(fmt.Sprintf("say %d", i))
		taught = append(taught, stage.Example{From: "t", Messages: append(q[:1:1], stage.Message{Role: "assistant", Content: "yes"})})
		other = append(other, stage.Example{From: "w", Messages: append(q[:1:1], stage.Message{Role: "assistant", Content: "~{|}~"})})
	}
	for _, op := range []stage.Operator{
		&Continue{Epochs: 10, Batch: 2, Rate: 0.5, Patience: 2, Every: time.Nanosecond},
		&LoRA{Epochs: 10, Batch: 2, Rank: 4, Rate: 2, Patience: 2, Every: time.Nanosecond},
	} {
		in := map[string]string{"base": archFolder("llama3"), "examples": toyExamples(t, taught), "watch": toyExamples(t, other)}
		b := newBench(t, in)
		check(t, op.Run(context.Background(), b.Job))
		f, err := readFacts(b.Out)
		check(t, err)
		steps, loss := b.series("watch_loss")
		planned := stepsOf(8, 2, 10)
		if f.Steps >= planned || int(steps[len(steps)-1]) != f.Steps {
			t.Errorf("%s went on to step %d of %d: %v", op.Name(), f.Steps, planned, loss)
		}
		if notes := strings.Join(b.notes(), "\n"); !strings.Contains(notes, "lowest") {
			t.Errorf("notes %q", notes)
		}
		again := newBench(t, in)
		again.Machine.Threads = 2
		for range 3 {
			if err := op.Run(&countdown{context.Background(), 6}, again.Job); err != nil && !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			again.Out = t.TempDir()
		}
		check(t, op.Run(context.Background(), again.Job))
		if digest(t, again.Out) != digest(t, b.Out) {
			t.Errorf("%s: other bytes after interruptions", op.Name())
		}
	}
	for _, op := range []stage.Checker{&Continue{Patience: 1, From: stage.Ref{Kind: "tokens", Name: "a"}}, &LoRA{Patience: 1, From: stage.Ref{Kind: "tokens", Name: "a"}}, &DPO{Patience: 1}, &KTO{Patience: 1},
		&SFT{From: someRows, Base: stage.Ref{Kind: "weights", Name: "a"}, Patience: 1}} {
		if errs := op.Check(); len(errs) != 1 || errs[0].Where != "patience" {
			t.Errorf("%T: %v", op, errs)
		}
	}
}
