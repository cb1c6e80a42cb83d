package main

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/curve"
	"suiren/stage/data"
	"suiren/stage/train"
)

// A kitchen makes what a run of depth 1 learns from.
type kitchen struct {
	t                  *testing.T
	lessons, tokenizer string
}

func (k *kitchen) make(op stage.Operator, emit func(stage.Event), in ...stage.Input) string {
	k.t.Helper()
	job := &stage.Job{Inputs: in, Out: k.t.TempDir(), Work: k.t.TempDir(), Machine: stage.Machine{Threads: 2}, Emit: emit}
	if err := op.Run(context.Background(), job); err != nil {
		k.t.Fatal(err)
	}
	return job.Out
}

func quiet(stage.Event) {}

// rows packs the first most problems after f changed them.
func (k *kitchen) rows(most int, f func(i int, p *stage.Problem) (ids []int32, supervised int)) string {
	k.t.Helper()
	problems, err := stage.ReadProblems(filepath.Join(k.lessons, "train", "problems.jsonl"))
	if err != nil {
		k.t.Fatal(err)
	}
	const length = 256
	out := k.t.TempDir()
	w, err := stage.NewRowWriter(out, 512, length, true)
	if err != nil {
		k.t.Fatal(err)
	}
	var docs []stage.RowDoc
	room := length
	for i := range problems[:min(most, len(problems))] {
		ids, supervised := f(i, &problems[i])
		if len(ids) > length {
			continue
		}
		if len(ids) > room {
			if err := w.Add(docs); err != nil {
				k.t.Fatal(err)
			}
			docs, room = nil, length
		}
		docs, room = append(docs, stage.RowDoc{IDs: ids, Supervised: supervised}), room-len(ids)
	}
	if _, err := w.Close(); err != nil {
		k.t.Fatal(err)
	}
	return out
}

// The doctor sets runs against the reference curve of their depth. Runs that
// go well stay near it whatever their seed, batch and problems; each fault is
// made on purpose, and found.
func TestReference(t *testing.T) {
	k := &kitchen{t: t}
	k.lessons = k.make(&data.Lessons{Count: 10000, Seed: 5}, quiet)
	taught := filepath.Join(k.lessons, "train")
	k.tokenizer = k.make(&data.Tokenizer{Vocab: 512}, quiet, stage.Input{Arg: "from", Dir: taught})
	tok, err := tokenizer.Load(k.tokenizer)
	if err != nil {
		t.Fatal(err)
	}
	chat, err := tokenizer.NewChat(tok)
	if err != nil {
		t.Fatal(err)
	}
	problems, err := stage.ReadProblems(filepath.Join(taught, "problems.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	example := func(_ int, p *stage.Problem) ([]int32, int) {
		return chat.Example(nil, p.Prompt, p.Think, p.Answer, true)
	}
	plain := k.rows(len(problems), example)
	const few = 2000 // problems: a base goes through all of them
	// Rows that were made with another tokenizer of the same size.
	english := k.make(&data.Lessons{Count: 2000, Seed: 9, Languages: []string{"en"}, Families: []string{"word"}}, quiet)
	other, err := tokenizer.Load(k.make(&data.Tokenizer{Vocab: 512}, quiet, stage.Input{Arg: "from", Dir: filepath.Join(english, "train")}))
	if err != nil {
		t.Fatal(err)
	}
	others, err := tokenizer.NewChat(other)
	if err != nil {
		t.Fatal(err)
	}
	foreign := func(_ int, p *stage.Problem) ([]int32, int) {
		return others.Example(nil, p.Prompt, p.Think, p.Answer, true)
	}
	weights := k.make(&train.SFT{Depth: 1, FLOPs: 1.2e11}, quiet, stage.Input{Arg: "from", Dir: plain}, stage.Input{Arg: "tokenizer", Dir: k.tokenizer})
	for name, c := range map[string]struct {
		op    train.SFT
		part  float64 // of the operations: where it shows long before they are spent
		base  bool
		rows  func(i int, p *stage.Problem) ([]int32, int)
		want  string
		never string
		early int // points in which it shows already
	}{
		"as it should be":   {},
		"another seed":      {op: train.SFT{Seed: 3}},
		"smaller batches":   {op: train.SFT{Batch: 10}},
		"rate too high":     {op: train.SFT{Rate: 30}, part: 0.55, want: "rate-high", never: "rate-low"},
		"rate far too high": {op: train.SFT{Rate: 100}, part: 0.55, early: 20, want: "rate-high"},
		"rate too low":      {op: train.SFT{Rate: 0.02}, want: "behind"},
		"data repeated":     {rows: func(i int, _ *stage.Problem) ([]int32, int) { return example(0, &problems[8000+i%40]) }, want: "ahead"},
		"mask empty": {part: 0.2, rows: func(i int, p *stage.Problem) ([]int32, int) {
			ids, _ := example(i, p)
			return ids, len(ids) - i%2
		}, want: "mask"},
		"from a base":       {base: true},
		"template mismatch": {base: true, rows: foreign, want: "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			from, most := plain, len(problems)
			if c.base {
				if most = few; c.rows == nil {
					c.rows = example
				}
			}
			if c.rows != nil {
				from = (&kitchen{t: t, lessons: k.lessons}).rows(most, c.rows)
			}
			dir := t.TempDir()
			w := curve.New(dir, "")
			job := &stage.Job{Inputs: []stage.Input{{Arg: "from", Dir: from}}, Out: t.TempDir(), Work: t.TempDir(), Machine: stage.Machine{Threads: 2}, Emit: w.Event, Lessons: true}
			if c.op.Depth, c.op.FLOPs = 1, 6e10*cmp.Or(c.part, 1); c.base {
				c.op.Depth, c.op.FLOPs = 0, 0
				job.Inputs = append(job.Inputs, stage.Input{Arg: "base", Dir: weights})
			} else {
				job.Inputs = append(job.Inputs, stage.Input{Arg: "tokenizer", Dir: k.tokenizer})
			}
			err := c.op.Run(context.Background(), job)
			if bad, ok := errors.AsType[*say.Error](err); c.want == "refused" {
				if !ok || bad.Where != "from" {
					t.Errorf("rows of another tokenizer: %v", err)
				}
				return
			}
			if err != nil {
				t.Log(err) // it may diverge
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			cv, err := curve.Read(dir)
			if err != nil {
				t.Fatal(err)
			}
			if own := cv.Counts["own_words"] == 1; own != c.base {
				t.Errorf("the base's own tokenizer wrote the rows: %v", own)
			}
			if c.early > 0 {
				cv.Points = cv.Points[:c.early]
			}
			r, ok := curve.Compare(cv)
			var codes []string
			for _, f := range train.Diagnose(cv) {
				codes = append(codes, f.Code)
				if f.What.In(say.English) == f.What.In(say.Chinese) {
					t.Errorf("%s has no Chinese", f.Code)
				}
			}
			_, loss := cv.Series("loss")
			t.Logf("%v; first loss %.2f, last %.2f, base %.2f; %+v, %v", codes, loss[0], loss[len(loss)-1], cv.Counts["base_loss"], r, ok)
			if c.want != "" && !slices.Contains(codes, c.want) || c.want == "" && len(codes) > 0 || c.never != "" && slices.Contains(codes, c.never) {
				t.Errorf("found %v, want %q", codes, c.want)
			}
		})
	}
}
