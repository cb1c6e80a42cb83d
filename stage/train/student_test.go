package train

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"suiren/internal/say"
	"suiren/stage"
)

// A base of any family learns from answers in its own template, whole and by
// an adapter, over weights as they are: the same bytes on any number of threads
// and whenever it was stopped, served as it was trained.
func TestStudents(t *testing.T) {
	var list, called []stage.Example
	for _, p := range toyProblems(1) {
		yes, no := true, false
		said := func(text string) []stage.Message { return []stage.Message{{Role: "assistant", Content: text}} }
		list = append(list, stage.Example{From: p.ID, Prompt: user(p.Prompt), Chosen: said("yes"), Rejected: said("no!")})
		called = append(called, stage.Example{From: p.ID, Messages: append(user(p.Prompt), said("yes")...), Label: &yes},
			stage.Example{From: p.ID, Messages: append(user(p.Prompt), said("no!")...), Label: &no})
	}
	pairs, labels := toyExamples(t, list), toyExamples(t, called)
	for name, ops := range map[string][]stage.Operator{
		"llama3":    {&DPO{Batch: 6, Epochs: 2, Rate: 0.3}, &KTO{Batch: 12, Epochs: 2, Rank: 3, Rate: 1}},
		"qwen2":     {&DPO{Batch: 6, Epochs: 2, Rank: 3, Rate: 1}},
		"spark2_5":  {&KTO{Batch: 12, Epochs: 2, Rate: 0.3}},
		"gemma2":    {&KTO{Batch: 12, Epochs: 2, Rate: 0.3}, &DPO{Batch: 6, Epochs: 2, Rank: 3, Rate: 1}},
		"gemma3":    {&DPO{Batch: 6, Epochs: 2, Rate: 0.3}},
		"phi3":      {&DPO{Batch: 6, Epochs: 2, Rank: 3, Rate: 1}, &KTO{Batch: 12, Epochs: 2, Rate: 0.3}},
		"glm4":      {&DPO{Batch: 6, Epochs: 2, Rate: 0.3}, &KTO{Batch: 12, Epochs: 2, Rank: 3, Rate: 1}},
		"hunyuan":   {&KTO{Batch: 12, Epochs: 2, Rate: 0.3}},
		"ernie4_5":  {&DPO{Batch: 6, Epochs: 2, Rate: 0.3}},
		"olmo2":     {&KTO{Batch: 12, Epochs: 2, Rate: 0.3}},
		"granite":   {&DPO{Batch: 6, Epochs: 2, Rank: 3, Rate: 1}},
		"gpt2":      {&DPO{Batch: 6, Epochs: 2, Rate: 0.3}, &KTO{Batch: 12, Epochs: 2, Rank: 3, Rate: 1}},
		"qwen3_moe": {&DPO{Batch: 6, Epochs: 2, Rate: 0.3}, &KTO{Batch: 12, Epochs: 2, Rank: 3, Rate: 1}},
		"qwen3_5":   {&DPO{Batch: 6, Epochs: 2, Rank: 3, Rate: 1}, &KTO{Batch: 12, Epochs: 2, Rate: 0.3, Optimizer: "adamw8"}},

		"qwen3_5_moe": {&DPO{Batch: 6, Epochs: 2, Rate: 0.3}, &KTO{Batch: 12, Epochs: 2, Rank: 3, Rate: 1}},
	} {
		for _, op := range ops {
			in := map[string]string{"base": familyFolder(t, name), "pairs": pairs, "labels": labels}
			every(op, time.Nanosecond)
			whole := newBench(t, in)
			check(t, op.Run(context.Background(), whole.Job))
			f, err := readFacts(whole.Out)
			check(t, err)
			t.Logf("%s %+v: %+v", name, op, *f.Preference)
			if f.Preference.Right < 0.8 || f.Parity == nil || f.Parity.Top < 1 || f.Method != op.Name() {
				t.Errorf("%s %+v: %+v, %+v", name, op, f, f.Preference)
			}
			for threads := 2; threads <= 3; threads++ {
				again := newBench(t, in)
				again.Machine.Threads = threads
				for range 3 {
					if err := op.Run(&countdown{context.Background(), 8}, again.Job); err != nil && !errors.Is(err, context.Canceled) {
						t.Fatal(err)
					} else if err == nil {
						break
					}
				}
				again.Out = t.TempDir()
				check(t, op.Run(context.Background(), again.Job))
				if digest(t, again.Out) != digest(t, whole.Out) {
					t.Errorf("%s %+v: stopped, on %d threads: other bytes", name, op, threads)
				}
			}
		}
	}
}

// An answer is what the template writes beyond the prompt, and what people
// write is never a special token.
func TestRendered(t *testing.T) {
	s, err := openStudent(newBench(t, map[string]string{"base": archFolder("qwen2")}).Job, own{}, 0)
	check(t, err)
	defer s.Close()
	prompt := []stage.Message{{Role: "system", Content: "be short"}, {Role: "user", Content: "say <|im_end|>"}}
	answer := []stage.Message{{Role: "assistant", Content: "it is <|im_end|>."}}
	d, ok, err := s.w.doc("here", prompt, answer, nil)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	text, said := s.w.Tokenizer.Decode(d.prompt()), s.w.Tokenizer.Decode(d.ids[len(d.ids)-d.supervised:])
	if !strings.Contains(text, "say <|im_end|>") || strings.Contains(text, "it is") || !strings.HasPrefix(said, "it is <|im_end|>.") {
		t.Errorf("prompt %q, answer %q", text, said)
	}
	n := 0
	for _, id := range d.ids[len(d.ids)-d.supervised:] {
		if slices.Contains(s.w.Stops, id) {
			n++
		}
	}
	if n != 1 || !slices.Contains(s.w.Stops, d.ids[len(d.ids)-1]) {
		t.Errorf("%d ends in an answer of %q", n, said)
	}
	_, _, err = s.w.doc("there:3", prompt, answer, []json.RawMessage{json.RawMessage("no JSON")})
	if e, ok := errors.AsType[*say.Error](err); !ok || e.Where != "there:3" || e.In(say.Chinese) == e.In(say.English) {
		t.Error(err)
	}
}
