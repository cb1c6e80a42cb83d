package train

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"suiren/engine/tensor"
	"suiren/internal/say"
	"suiren/stage"
)

// toyExamples writes a part of examples.
func toyExamples(t *testing.T, list []stage.Example) string {
	t.Helper()
	dir := t.TempDir()
	w, err := stage.CreateExamples(filepath.Join(dir, stage.ExamplesFile))
	check(t, err)
	for i := range list {
		check(t, w.Write(&list[i]))
	}
	check(t, w.Close())
	return dir
}

func user(text string) []stage.Message { return []stage.Message{{Role: "user", Content: text}} }

func answers(p stage.Problem, answer string) []stage.Message {
	return []stage.Message{{Role: "assistant", Thought: p.Prompt + "=" + answer, Content: answer}}
}

// other is a wrong answer to p.
func other(p stage.Problem) string { return string('0' + (p.Answer[0]-'0'+3)%10) }

// toyPairs prefer what is right of the toy.
func toyPairs(times int) (list []stage.Example) {
	for _, p := range toyProblems(times) {
		list = append(list, stage.Example{From: p.ID, Prompt: user(p.Prompt), Chosen: answers(p, p.Answer), Rejected: answers(p, other(p))})
	}
	return list
}

// toyLabels call right answers good and wrong ones bad.
func toyLabels(times int) (list []stage.Example) {
	for i, p := range toyProblems(times) {
		good, text := (i+i/toyCount)%2 == 0, p.Answer
		if !good {
			text = other(p)
		}
		list = append(list, stage.Example{From: p.ID, Messages: append(user(p.Prompt), answers(p, text)...), Label: &good})
	}
	return list
}

// toyTorn is a base that has learnt a right and a wrong answer to each problem
// of the toy, one as often as the other.
func toyTorn(t *testing.T) (score float64, dir string) {
	t.Helper()
	op, in := toySFT(t)
	var list []stage.Problem
	for i, p := range toyProblems(50) {
		if (i/toyCount+i)%2 == 0 {
			p.Answer = other(p)
			p.Think = p.Prompt + "=" + p.Answer
		}
		list = append(list, p)
	}
	in["from"] = toyRows(t, in["tokenizer"], list)
	b := newBench(t, in)
	check(t, op.Run(context.Background(), b.Job))
	return right(t, b.Out, toyProblems(1)), b.Out
}

// toyPreference is the two operators on the toy, and their inputs.
func toyPreference(t *testing.T) (before float64, runs map[string]preferenceRun) {
	t.Helper()
	before, base := toyTorn(t)
	return before, map[string]preferenceRun{
		"dpo": {&DPO{Batch: 12, Epochs: 4, Rate: 0.1}, map[string]string{"base": base, "pairs": toyExamples(t, toyPairs(3))}},
		"kto": {&KTO{Batch: 24, Epochs: 5, Rate: 0.1, Beta: 0.3}, map[string]string{"base": base, "labels": toyExamples(t, toyLabels(6))}},
	}
}

// A step takes each example once at most: with a batch of more than there are,
// it is as with a batch of all.
func TestBatchOfAll(t *testing.T) {
	_, runs := toyPreference(t)
	teacher, rows := toyDistil(t)
	base, pairs, labels := runs["dpo"].in["base"], toyExamples(t, toyPairs(1)), toyExamples(t, toyLabels(1))
	for name, c := range map[string]struct {
		made func(batch int) stage.Operator
		in   map[string]string
		all  int
	}{
		"dpo":    {func(n int) stage.Operator { return &DPO{Batch: n, Epochs: 2} }, map[string]string{"base": base, "pairs": pairs}, toyCount},
		"kto":    {func(n int) stage.Operator { return &KTO{Batch: n, Epochs: 2} }, map[string]string{"base": base, "labels": labels}, len(toyLabels(1))},
		"distil": {func(n int) stage.Operator { return &Distil{Depth: teacher.Depth, Batch: n, Epochs: 2} }, rows, 4 * toyCount / 2},
	} {
		seen := map[string]bool{}
		for _, n := range []int{c.all, 4096} {
			b := newBench(t, c.in)
			check(t, c.made(n).Run(context.Background(), b.Job))
			steps := 0.0
			for _, e := range b.events {
				steps = max(steps, e.Vals["step"])
			}
			if steps != 2 {
				t.Errorf("%s: %g steps of %d", name, steps, n)
			}
			seen[digest(t, b.Out).String()] = true
		}
		if len(seen) != 1 {
			t.Errorf("%s: more than all are other weights", name)
		}
	}
}

type preferenceRun struct {
	op stage.Operator
	in map[string]string
}

// every sets the time between checkpoints.
func every(op stage.Operator, d time.Duration) {
	switch op := op.(type) {
	case *DPO:
		op.Every = d
	case *KTO:
		op.Every = d
	}
}

// What is preferred becomes what is answered, the bytes being the same for any
// number of threads.
func TestPreferenceLearns(t *testing.T) {
	before, runs := toyPreference(t)
	for name, r := range runs {
		b := newBench(t, r.in)
		check(t, r.op.Run(context.Background(), b.Job))
		f, err := readFacts(b.Out)
		check(t, err)
		after := right(t, b.Out, toyProblems(1))
		t.Logf("%s: %.2f to %.2f, %d steps, %+v", name, before, after, f.Steps, f.Preference)
		if after < before+0.2 || f.Method != name || f.Preference.Right < 0.8 || f.Preference.Dropped != 0 {
			t.Errorf("%s: %.2f to %.2f; %+v, %+v", name, before, after, f, f.Preference)
		}
		base, err := readFacts(r.in["base"])
		check(t, err)
		if f.FLOPs <= base.FLOPs || f.Steps <= base.Steps || !f.Think {
			t.Errorf("%s: facts %+v of a base %+v", name, f, base)
		}
		want := digest(t, b.Out)
		for threads := 2; threads <= 3; threads++ {
			again := newBench(t, r.in)
			again.Machine.Threads = threads
			every(r.op, time.Nanosecond)
			check(t, r.op.Run(context.Background(), again.Job))
			if digest(t, again.Out) != want {
				t.Errorf("%s: %d threads, and a checkpoint after every step, made other bytes", name, threads)
			}
		}
	}
}

// The control: answers that were called by a coin teach nothing.
func TestPreferenceCoin(t *testing.T) {
	before, base := toyTorn(t)
	list := toyPairs(3)
	for i := range list {
		if tensor.Rand(11, 0, uint64(i))&1 == 0 {
			list[i].Chosen, list[i].Rejected = list[i].Rejected, list[i].Chosen
		}
	}
	b := newBench(t, map[string]string{"base": base, "pairs": toyExamples(t, list)})
	check(t, (&DPO{Batch: 12, Epochs: 4, Rate: 0.1}).Run(context.Background(), b.Job))
	if after := right(t, b.Out, toyProblems(1)); after > before+0.1 {
		t.Errorf("%.2f to %.2f by a coin", before, after)
	}
}

// The losses have the settings of the plan: each its own result.
func TestPreferenceSettings(t *testing.T) {
	_, in := toyBase(t)
	pairs := toyExamples(t, toyPairs(1))
	seen := map[string]string{}
	for name, op := range map[string]*DPO{
		"plain": {}, "beta": {Beta: 0.5}, "smoothing": {Smoothing: 0.2}, "normalised": {Loss: "normalised"}, "ipo": {Loss: "ipo"},
		"adamw": {Optimizer: "adamw"}, "lion": {Optimizer: "lion"}, "adamw8": {Optimizer: "adamw8"}, "seed": {Seed: 1},
	} {
		if errs := op.Check(); len(errs) > 0 {
			t.Errorf("%s: %v", name, errs)
		}
		b := newBench(t, map[string]string{"base": in["base"], "pairs": pairs})
		check(t, op.Run(context.Background(), b.Job))
		d := digest(t, b.Out).String()
		if seen[d] != "" && name != "adamw8" && seen[d] != "adamw8" { // the toy has few matrices of that size
			t.Errorf("%s is as %s", name, seen[d])
		}
		seen[d] = name
	}
	for _, c := range []struct {
		where string
		op    DPO
	}{{"optimizer", DPO{Optimizer: "sgd"}}, {"loss", DPO{Loss: "hinge"}}, {"smoothing", DPO{Loss: "ipo", Smoothing: 0.1}}} {
		if errs := c.op.Check(); len(errs) != 1 || errs[0].Where != c.where {
			t.Errorf("%+v: %v", c.op, errs)
		}
	}
}

// The loss that is told is that of the plan's settings: of one pair by its
// margin, of answers that have not moved yet by their labels.
func TestPreferenceLoss(t *testing.T) {
	_, in := toyBase(t)
	const tokens = 7 // of each answer: a thought of four, its end, a digit, the end
	softplus := func(x float64) float64 { return math.Log1p(math.Exp(x)) }
	pairs := toyExamples(t, toyPairs(1))
	for name, c := range map[string]struct {
		op   DPO
		loss func(margin float64) float64
	}{
		"sigmoid":    {DPO{}, func(m float64) float64 { return softplus(-0.1 * m) }},
		"beta":       {DPO{Beta: 2}, func(m float64) float64 { return softplus(-2 * m) }},
		"smoothing":  {DPO{Beta: 2, Smoothing: 0.3}, func(m float64) float64 { return 0.7*softplus(-2*m) + 0.3*softplus(2*m) }},
		"normalised": {DPO{Loss: "normalised"}, func(m float64) float64 { return softplus(-5 * m / tokens) }},
		"ipo":        {DPO{Loss: "ipo", Beta: 0.4}, func(m float64) float64 { return math.Pow(m/tokens-1/(2*0.4), 2) }},
	} {
		c.op.Batch, c.op.Rate = 1, 0.3
		b := newBench(t, map[string]string{"base": in["base"], "pairs": pairs})
		check(t, c.op.Run(context.Background(), b.Job))
		_, margin := b.series("margin")
		_, loss := b.series("loss")
		moved := 0.0
		for i := range margin {
			if want := c.loss(margin[i]); math.Abs(loss[i]-want) > 1e-9*(1+want) {
				t.Errorf("%s, step %d: a loss of %.12g, of a margin of %.12g it is %.12g", name, i+1, loss[i], margin[i], want)
			}
			moved = max(moved, math.Abs(margin[i]))
		}
		if len(loss) != toyCount || len(margin) != toyCount || moved < 0.1 {
			t.Errorf("%s: %d losses, %d margins of up to %g", name, len(loss), len(margin), moved)
		}
	}
	b := newBench(t, map[string]string{"base": in["base"], "labels": toyExamples(t, toyLabels(1)[1:])})
	check(t, (&KTO{Good: 3, Bad: 1.5, Batch: toyCount - 1}).Run(context.Background(), b.Job))
	_, loss := b.series("loss")
	if want := (3.0*(toyCount/2-1) + 1.5*toyCount/2) / 2 / (toyCount - 1); len(loss) != 1 || math.Abs(loss[0]-want) > 1e-6 { // of σ(0), but for rounding
		t.Errorf("losses %v of %d good and %d bad answers, not %g", loss, toyCount/2-1, toyCount/2, want)
	}
}

// What is watched is judged as what is learnt: where both are the same answers,
// all of them a step, the loss of a step is that of the look before it, the
// baseline and its references included.
func TestPreferenceWatched(t *testing.T) {
	_, in := toyBase(t)
	pairs := toyExamples(t, toyPairs(1))
	list := toyLabels(1)
	for i := range list { // good ones are alike, so that they become likelier to other prompts, too
		if *list[i].Label {
			list[i].Messages[1].Thought, list[i].Messages[1].Content = "", "z"
		}
	}
	labels := toyExamples(t, list)
	for name, c := range map[string]preferenceRun{
		"dpo": {&DPO{Batch: toyCount, Epochs: 8, Rate: 0.3, Beta: 1}, map[string]string{"base": in["base"], "pairs": pairs, "watch": pairs}},
		"kto": {&KTO{Batch: toyCount, Epochs: 8, Rate: 0.3, Beta: 1, Good: 2}, map[string]string{"base": in["base"], "labels": labels, "watch": labels}},
	} {
		b := newBench(t, c.in)
		check(t, c.op.Run(context.Background(), b.Job))
		_, loss := b.series("loss")
		_, watched := b.series("watch_loss")
		if len(loss) != 8 || len(watched) != 9 { // the base is looked at, too
			t.Fatalf("%s: %d losses and %d looks", name, len(loss), len(watched))
		}
		for i := range loss {
			if math.Abs(loss[i]-watched[i]) > 1e-9 {
				t.Errorf("%s: a look at %.12g, then a step at %.12g", name, watched[i], loss[i])
			}
		}
		if _, z := b.series("kl"); name == "kto" && slices.Max(z) < 1e-3 {
			t.Errorf("the divergence stayed at %v", z)
		}
	}
}

// Behind an answer, for the baseline, stands that of the next document with
// another prompt, if it fits; of one prompt alone there is none.
func TestMismatch(t *testing.T) {
	d := func(prompt int32, answer ...int32) doc {
		return doc{ids: append([]int32{0, prompt}, answer...), supervised: len(answer), weight: 1}
	}
	docs := []doc{d(1, 10), d(1, 11, 12), d(2, 13, 14, 15), d(1, 16)}
	list, has := mismatch(docs, 5)
	want := []doc{d(1, 13, 14, 15), d(1, 13, 14, 15), d(2, 16), d(1, 13, 14, 15)}
	if !slices.Equal(has, []int{0, 1, 2, 3}) || !reflect.DeepEqual(list, want) {
		t.Errorf("%v %v, want %v", has, list, want)
	}
	if list, has = mismatch(docs, 4); !slices.Equal(has, []int{-1, -1, 0, -1}) || !reflect.DeepEqual(list, want[2:3]) {
		t.Errorf("of a context of 4: %v %v", has, list)
	}
	if list, has = mismatch(docs[:2], 5); !slices.Equal(has, []int{-1, -1}) || len(list) > 0 {
		t.Errorf("of one prompt: %v %v", has, list)
	}
}

// What cannot be used is named by its place, in both languages.
func TestPreferenceFaults(t *testing.T) {
	_, in := toyBase(t)
	pair := toyPairs(1)[0]
	long := pair
	long.Chosen = []stage.Message{{Role: "assistant", Content: strings.Repeat("1", 3*toyContext)}}
	turns := pair
	turns.Chosen = append(slices.Clone(pair.Chosen), pair.Chosen...)
	for name, c := range map[string]struct {
		list []stage.Example
		want string
	}{
		"label": {toyLabels(1)[:1], "a chosen and a rejected"}, "long": {[]stage.Example{long}, "longer than"}, "none": {nil, "no examples"},
		"turns": {[]stage.Example{turns}, "one message"},
	} {
		b := newBench(t, map[string]string{"base": in["base"], "pairs": toyExamples(t, c.list)})
		err := (&DPO{}).Run(context.Background(), b.Job)
		e, ok := errors.AsType[*say.Error](err)
		if !ok || e.Where == "" || !strings.Contains(e.In(say.English), c.want) || e.In(say.Chinese) == e.In(say.English) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for arg, op := range map[string]stage.Operator{"pairs": &DPO{}, "labels": &KTO{}} {
		list := toyPairs(1)
		if arg == "labels" {
			list = toyLabels(1)
		}
		b := newBench(t, map[string]string{"base": in["base"], arg: toyExamples(t, list), "watch": toyExamples(t, nil)})
		err := op.Run(context.Background(), b.Job)
		if e, ok := errors.AsType[*say.Error](err); !ok || e.Where != "watch" || !strings.Contains(e.In(say.English), "none of these examples are watched") {
			t.Errorf("%s with nothing to watch: %v", arg, err)
		}
	}
	b := newBench(t, map[string]string{"base": in["base"], "labels": toyExamples(t, toyPairs(1))})
	if err := (&KTO{}).Run(context.Background(), b.Job); err == nil || !strings.Contains(err.Error(), "with a label") {
		t.Error(err)
	}
	b = newBench(t, map[string]string{"base": in["base"], "pairs": toyExamples(t, append([]stage.Example{long}, toyPairs(1)...))})
	check(t, (&DPO{}).Run(context.Background(), b.Job))
	if f, err := readFacts(b.Out); err != nil || f.Preference.Dropped != 1 || f.Preference.Examples != toyCount {
		t.Errorf("%+v %v", f.Preference, err)
	}
}

// The reference is the base's, even if the first steps were taken already.
func TestReferenceIsKept(t *testing.T) {
	_, runs := toyPreference(t)
	for name, r := range runs {
		whole := newBench(t, r.in)
		check(t, r.op.Run(context.Background(), whole.Job))
		b := newBench(t, r.in)
		if err := r.op.Run(&countdown{context.Background(), 5}, b.Job); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		path := filepath.Join(b.Work, referenceFile)
		var known []float64
		if ok, err := recall(path, &known); !ok || err != nil || len(known) == 0 || slices.ContainsFunc(known, func(x float64) bool { return x >= 0 || math.IsNaN(x) }) {
			t.Fatalf("%s: references %v %v", name, known, err)
		}
		check(t, os.Remove(path)) // it is made again, from the base
		check(t, r.op.Run(context.Background(), b.Job))
		if digest(t, b.Out) != digest(t, whole.Out) {
			t.Errorf("%s: other bytes", name)
		}
	}
}

// What was read under the base before a stop is not read again.
func TestReferenceGoesOn(t *testing.T) {
	_, runs := toyPreference(t)
	for name, r := range runs {
		whole := newBench(t, r.in)
		check(t, r.op.Run(t.Context(), whole.Job))
		b := newBench(t, r.in)
		ctx, cancel := context.WithCancel(t.Context())
		b.each = func(e stage.Event) {
			if e.Type == "progress" && e.Unit == "problems" {
				cancel()
			}
		}
		if err := r.op.Run(ctx, b.Job); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		var known []float64
		if ok, err := recall(filepath.Join(b.Work, referenceFile), &known); !ok || err != nil || len(known) != readAtOnce {
			t.Fatalf("%s: kept %d references, %v", name, len(known), err)
		}
		first := 0.0
		b.each = func(e stage.Event) {
			if e.Type == "progress" && e.Unit == "problems" && first == 0 {
				first = e.Done
			}
		}
		check(t, r.op.Run(t.Context(), b.Job))
		if first <= readAtOnce || digest(t, b.Out) != digest(t, whole.Out) {
			t.Errorf("%s: went on at %g; or other bytes", name, first)
		}
	}
}

// A shuffle gives every item once a round.
func TestShuffle(t *testing.T) {
	s := shuffle{n: 17, seed: 3}
	var rounds [3][]int
	for i := range 3 * 17 {
		rounds[i/17] = append(rounds[i/17], s.at(i))
	}
	for r, list := range rounds {
		sorted := slices.Sorted(slices.Values(list))
		if sorted[0] != 0 || sorted[16] != 16 || len(slices.Compact(sorted)) != 17 || slices.IsSorted(list) || r > 0 && slices.Equal(list, rounds[0]) {
			t.Errorf("round %d: %v", r, list)
		}
	}
}
