package train

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"suiren/engine/tensor"
	"suiren/internal/say"
	"suiren/stage"
)

// chosenRows are rows of what is chosen of examples, in our own chat, one document
// a row.
func chosenRows(t *testing.T, words string, list []stage.Example, length int, o stage.Choice, direct bool) string {
	t.Helper()
	w, err := newWriter(words, length)
	check(t, err)
	dir := t.TempDir()
	rows, err := stage.NewRowWriter(dir, w.Tokenizer.Vocab(), length, !direct)
	check(t, err)
	for i := range list {
		e := list[i]
		if direct {
			e.Direct()
		}
		docs, _, err := w.Docs(&e, o, length)
		check(t, err)
		for _, d := range docs {
			check(t, rows.Add([]stage.RowDoc{{IDs: d.IDs, Learn: d.Learn}}))
		}
	}
	rows.Choice(o)
	_, err = rows.Close()
	check(t, err)
	return dir
}

// musing are the toy's problems, each after a thought that nobody can foresee.
func musing(times, seed int) (list []stage.Example) {
	for i, p := range toyProblems(times) {
		thought := make([]byte, 6)
		for j := range thought {
			thought[j] = byte('a' + tensor.Rand(uint64(seed), uint64(i), uint64(j))%26)
		}
		list = append(list, stage.Example{From: p.ID, Messages: append(user(p.Prompt), stage.Message{Role: "assistant", Thought: string(thought), Content: p.Answer})})
	}
	return list
}

// Of what is watched that counts which the rows learn. Thoughts that nobody can
// foresee, and that are not learnt, do not keep patience from the weights that
// answer best.
func TestWatchLearnt(t *testing.T) {
	op, in := toySFT(t)
	in["from"] = chosenRows(t, in["tokenizer"], musing(50, 1), 2*toyContext, stage.Choice{NoThoughts: true}, false)
	in["watch"] = toyExamples(t, musing(1, 2))
	op.Watch, op.Patience = stage.Ref{Kind: "examples", Name: "x"}, 4
	b := newBench(t, in)
	check(t, op.Run(context.Background(), b.Job))
	_, loss := b.series("watch_loss")
	f, err := readFacts(b.Out)
	check(t, err)
	if loss[len(loss)-1] > 0.5*loss[0] || f.Stop.Kept < f.Stop.Planned/2 {
		t.Errorf("losses %v; kept %+v", loss, f.Stop)
	}
}

// A part that is not learnt changes nothing of what is told of those watched: from
// random weights and over a base.
func TestWatchAsLearnt(t *testing.T) {
	_, base := toyBase(t)
	op, in := toySFT(t)
	op.FLOPs = 1e8
	plain := musing(1, 3)
	var direct, both, second []stage.Example
	none := 0
	for _, e := range plain {
		d := e
		d.Direct()
		direct = append(direct, d)
		turns := slices.Concat(e.Messages, user("and?"), []stage.Message{{Role: "assistant", Content: "7"}})
		both = append(both, stage.Example{From: e.From, Messages: turns})
		turns = slices.Clone(turns)
		turns[1].Weight = &none
		second = append(second, stage.Example{From: e.From, Messages: turns})
	}
	for name, c := range map[string]struct {
		o      stage.Choice
		direct bool
		watch  [2][]stage.Example
	}{
		"without thoughts": {stage.Choice{}, true, [2][]stage.Example{plain, direct}},
		"the last turn":    {stage.Choice{LastTurn: true}, false, [2][]stage.Example{both, second}},
		"no answers":       {stage.Choice{NoAnswers: true}, false, [2][]stage.Example{slices.Concat(plain, direct), plain}},
	} {
		rows := chosenRows(t, in["tokenizer"], c.watch[0], 2*toyContext, c.o, c.direct)
		for kind, run := range map[string]preferenceRun{
			"sft":      {op, map[string]string{"tokenizer": in["tokenizer"], "from": rows}},
			"continue": {&Continue{Batch: 8}, map[string]string{"base": base["base"], "from": rows}},
		} {
			var losses [2][]float64
			for i, list := range c.watch {
				run.in["watch"] = toyExamples(t, list)
				b := newBench(t, run.in)
				check(t, run.op.Run(context.Background(), b.Job))
				_, losses[i] = b.series("watch_loss")
			}
			if len(losses[0]) == 0 || !slices.Equal(losses[0], losses[1]) {
				t.Errorf("%s, %s: %v and %v", kind, name, losses[0], losses[1])
			}
		}
	}
}

// Why nothing can be watched is said: there is none, it is too long, or it has
// nothing of what is learnt.
func TestWatchNothing(t *testing.T) {
	op, in := toySFT(t)
	long := musing(1, 4)[:1]
	long[0].Messages[0].Content = strings.Repeat("a", 3*toyContext)
	bare := musing(1, 4)
	for i := range bare {
		bare[i].Direct()
	}
	in["from"] = chosenRows(t, in["tokenizer"], musing(1, 4), 2*toyContext, stage.Choice{NoAnswers: true}, false)
	for want, list := range map[string][]stage.Example{
		"none of these examples are watched": nil, "fits a row of 64": long, "nothing of the part to watch is learnt": bare,
	} {
		in["watch"] = toyExamples(t, list)
		e, ok := errors.AsType[*say.Error](op.Run(context.Background(), newBench(t, in).Job))
		if !ok || e.Where != "watch" || !strings.Contains(e.In(say.English), want) || e.What.In(say.Chinese) == e.What.In(say.English) || e.Next.IsZero() {
			t.Errorf("want %q: %v", want, e)
		}
	}
}

// Weights that patience chose beside rows are made again, as by another measure; all
// others stand.
func TestRevisionOfWatched(t *testing.T) {
	from, base, watch := stage.Ref{Kind: "tokens", Name: "k"}, stage.Ref{Kind: "weights", Name: "b"}, stage.Ref{Kind: "examples", Name: "x"}
	for name, of := range map[string]func(rows stage.Ref, patience int) stage.Operator{
		"continue": func(rows stage.Ref, n int) stage.Operator { return &Continue{From: rows, Watch: watch, Patience: n} },
		"lora":     func(rows stage.Ref, n int) stage.Operator { return &LoRA{From: rows, Watch: watch, Patience: n} },
		"sft": func(rows stage.Ref, n int) stage.Operator {
			return &SFT{Base: base, From: rows, Watch: watch, Patience: n}
		},
	} {
		before := map[string]int{"continue": 4, "lora": 4, "sft": 3}[name]
		for _, c := range []struct {
			rows           stage.Ref
			patience, want int
		}{{from, 0, before}, {stage.Ref{}, 2, before}, {from, 2, before + 1}} {
			if got := of(c.rows, c.patience).Revision(); got != c.want {
				t.Errorf("%s of %v with patience %d has revision %d, want %d", name, c.rows, c.patience, got, c.want)
			}
		}
	}
}
