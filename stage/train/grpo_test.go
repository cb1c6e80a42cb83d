package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"suiren/engine/tensor"
	"suiren/internal/say"
	"suiren/stage"
)

// toyBase returns a base that knows a part of the toy, how large a part, and
// the inputs of reinforcement from it.
func toyBase(t *testing.T) (score float64, inputs map[string]string) {
	t.Helper()
	op, in := toySFT(t)
	op.FLOPs = 1.4e9
	b := newBench(t, in)
	check(t, op.Run(context.Background(), b.Job))
	return right(t, b.Out, toyProblems(1)), map[string]string{
		"base": b.Out, "problems": toyPart(t, toyProblems(2)), "watch": toyPart(t, toyProblems(1)),
	}
}

// toyRL is a run of reinforcement before its first step.
func toyRL(t *testing.T, g *GRPO, in map[string]string) *rl {
	t.Helper()
	b := newBench(t, in)
	r := &rl{GRPO: g, job: b.Job}
	var err error
	r.s, err = openStudent(b.Job, g.own(), g.rate())
	check(t, err)
	t.Cleanup(r.s.Close)
	check(t, r.open(t.Context()))
	t.Cleanup(r.speaker.Close)
	r.st.Course.turn()
	return r
}

// Rewards that tell right from wrong make right answers likelier; a coin in
// their place does not. Without this control any change of the weights could
// pass for learning (Shao et al.: Spurious Rewards, 2025).
func TestReinforcement(t *testing.T) {
	_, in := toyBase(t)
	run := func(coin bool) (first, last float64) {
		r := toyRL(t, &GRPO{Prompts: 16, Samples: 8, Tokens: 12, Rate: 0.3}, in)
		const steps, ends = 40, 5 // the first and the last of them are compared
		for step := range uint64(steps) {
			groups, _, err := r.sample(context.Background(), step, r.prompts())
			check(t, err)
			n, sum := 0.0, 0.0
			for i := range groups {
				for j := range groups[i].samples {
					s := &groups[i].samples[j]
					n, sum = n+1, sum+float64(s.reward)
					if coin {
						s.reward = float32(tensor.Rand(step, uint64(i), uint64(j)) & 1)
					}
				}
			}
			if step < ends {
				first += sum / n / ends
			}
			if step >= steps-ends {
				last += sum / n / ends
			}
			r.l.Accumulate(packDocs(advantages(groups), r.l.Params.Config.Context))
			r.l.Learn(1)
			check(t, r.speaker.Repack())
		}
		return first, last
	}
	first, last := run(false)
	t.Logf("reward: %.2f to %.2f", first, last)
	if last < first+0.1 {
		t.Errorf("with rewards, %.2f of the answers were right at first and %.2f at last", first, last)
	}
	first, last = run(true)
	t.Logf("coin: %.2f to %.2f", first, last)
	if last > first+0.05 {
		t.Errorf("with a coin for reward, %.2f of the answers were right at first and %.2f at last", first, last)
	}
}

// toyGRPO is reinforcement of the toy in 12 steps.
func toyGRPO() *GRPO { return &GRPO{Steps: 12, Prompts: 16, Samples: 8, Tokens: 12, Rate: 0.3} }

func TestGRPO(t *testing.T) {
	before, in := toyBase(t)
	op := toyGRPO()
	b := newBench(t, in)
	check(t, op.Run(context.Background(), b.Job))
	f, err := readFacts(b.Out)
	check(t, err)
	w := f.RL.Watched
	if !f.RL.Started || f.RL.Steps == 0 || f.Method != "grpo" || !f.Think || len(w) < 2 {
		t.Fatalf("facts %+v, reinforcement %+v", f, f.RL)
	}
	best := 0.0
	for _, s := range w {
		best = max(best, s.Overall)
	}
	after := right(t, b.Out, toyProblems(1))
	t.Logf("%.2f to %.2f, steps %d", before, after, f.RL.Steps)
	if w[0].Overall != before || after != best || after <= before {
		t.Errorf("the base answers %.2f right, the result %.2f; watched %+v", before, after, w)
	}
	card, err := os.ReadFile(filepath.Join(b.Out, "README.md"))
	check(t, err)
	if text := string(card); !strings.Contains(text, fmt.Sprintf("grpo, %d steps", f.Steps)) || strings.Contains(text, "license:") {
		t.Errorf("the card says what is not known, or not what is:\n%s", text)
	}
	if notes := b.notes(); !strings.HasPrefix(notes[len(notes)-1], fmt.Sprintf("kept step %d of", f.RL.Steps)) {
		t.Errorf("notes %q", notes)
	}
	base, err := readFacts(in["base"])
	check(t, err)
	if f.FLOPs <= base.FLOPs || f.Steps != base.Steps+f.RL.Steps || f.RL.SampleFLOPs <= 0 {
		t.Errorf("facts %+v of a base %+v", f, base)
	}
	again := newBench(t, in)
	again.Machine.Threads = 2
	op.Every = time.Nanosecond
	check(t, op.Run(context.Background(), again.Job))
	if digest(t, again.Out) != digest(t, b.Out) {
		t.Error("two threads, and a checkpoint before every step, made other bytes")
	}
}

func TestGRPOResumes(t *testing.T) {
	_, in := toyBase(t)
	op := toyGRPO()
	op.Steps = 6
	whole := newBench(t, in)
	check(t, op.Run(context.Background(), whole.Job))
	want := digest(t, whole.Out)
	// stop runs op until it tells of a step, and then cancels it. It is then
	// amid that step, which the next run takes again.
	stop := func(b *bench, step int) {
		t.Helper()
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		b.each = func(e stage.Event) {
			if _, ok := e.Vals["reward"]; ok && int(e.Vals["step"]) == step {
				cancel()
			}
		}
		if err := op.Run(ctx, b.Job); !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped in step %d: %v", step, err)
		}
		b.each = nil
	}
	for _, stops := range [][]int{{1}, {3}, {5}, {2, 4, 5}} {
		b := newBench(t, in)
		for _, step := range stops {
			stop(b, step)
		}
		check(t, op.Run(context.Background(), b.Job))
		if digest(t, b.Out) != want {
			t.Errorf("stopped in steps %d: other bytes", stops)
		}
		resumed := slices.DeleteFunc(b.notes(), func(n string) bool { return !strings.HasPrefix(n, "resumed at step") })
		if len(resumed) != len(stops) {
			t.Errorf("stopped in steps %d: %q", stops, b.notes())
		}
	}

	b := newBench(t, in)
	stop(b, 3)
	path := filepath.Join(b.Work, checkpointName)
	c, err := os.ReadFile(path)
	check(t, err)
	check(t, os.WriteFile(path, c[:len(c)-1], 0o600))
	check(t, op.Run(context.Background(), b.Job))
	if digest(t, b.Out) != want {
		t.Error("from a damaged checkpoint: other bytes")
	}
}

// A base that knows nothing is left as it is: there is nothing to reinforce.
func TestGRPOPreflight(t *testing.T) {
	op, in := toySFT(t)
	op.FLOPs = 1e6 // one step
	base := newBench(t, in)
	check(t, op.Run(context.Background(), base.Job))
	b := newBench(t, map[string]string{"base": base.Out, "problems": toyPart(t, toyProblems(2)), "watch": toyPart(t, toyProblems(1))})
	check(t, toyGRPO().Run(context.Background(), b.Job))
	f, err := readFacts(b.Out)
	check(t, err)
	if f.RL.Started || f.RL.Steps != 0 || len(f.RL.Watched) != 1 {
		t.Errorf("%+v", f.RL)
	}
	// It drew twice; what decided is told, once.
	if steps, pass := b.series("pass_at_1"); len(steps) != 1 || steps[0] != 0 || pass[0] != f.RL.Pass {
		t.Errorf("pass@1 of %g is told as %v at %v", f.RL.Pass, pass, steps)
	}
	if !sameWeights(t, base.Out, b.Out) {
		t.Error("the weights are not the base's")
	}
	if notes := b.notes(); len(notes) != 3 || !strings.HasSuffix(notes[2], "of the answers did not end within their tokens: raise tokens, or set overlong") || !strings.Contains(notes[0], "8 answers to each of 16") || !strings.Contains(notes[1], "pass@8 0.") || !strings.Contains(notes[1], "nothing to learn from") {
		t.Errorf("it said %q", notes)
	}
}

// A base that knows all of it has nothing to learn, either, and is told to take
// harder problems.
func TestGRPOKnown(t *testing.T) {
	dir, _ := toyTeacher(t)
	b := newBench(t, map[string]string{"base": dir, "problems": toyPart(t, toyProblems(2)), "watch": toyPart(t, toyProblems(1))})
	check(t, toyGRPO().Run(context.Background(), b.Job))
	if notes := b.notes(); !strings.HasSuffix(notes[len(notes)-1], "take harder ones") {
		t.Errorf("it said %q", notes)
	}
}

// A problem behind which there is no room for an answer is named before anything
// is sampled, and in the plan where problems and base are there.
func TestGRPOTooLong(t *testing.T) {
	_, in := toyBase(t)
	for _, arg := range []string{"problems", "watch"} {
		long := toyProblems(1)
		for i := range long {
			long[i].Verify = json.RawMessage(`{"regex": ".*"}`)
		}
		long[3].Prompt, long[5].Prompt = "the long one"+strings.Repeat("a", 3*toyContext), strings.Repeat("b", 3*toyContext)
		bad := maps.Clone(in)
		bad[arg] = toyPart(t, long)
		err := toyGRPO().Run(context.Background(), newBench(t, bad).Job)
		e, ok := errors.AsType[*say.Error](err)
		if !ok || e.Where != arg || !strings.Contains(e.Error(), `the problem "the long one`) || !strings.Contains(e.Error(), "of 2 such problems it is the first") || e.In(say.Chinese) == e.In(say.English) {
			t.Errorf("%s: %v", arg, err)
		}
		for which, wrong := range map[*map[string]string]int{&bad: 1, &in: 0} {
			known := map[string][]stage.Forecast{}
			for name, dir := range *which {
				known[name] = []stage.Forecast{{Path: dir}}
			}
			if f := toyGRPO().Forecast(known, stage.Machine{Threads: 1}); len(f.Wrong) != wrong {
				t.Errorf("%s: foretold %v", arg, f.Wrong)
			}
		}
	}
}

// A step without an update tells no norm of gradients: there are none.
func TestNormOfNothing(t *testing.T) {
	dir, _ := toyTeacher(t) // that knows all, so that most groups say nothing
	none := 0.0
	op := toyGRPO()
	op.Weight, op.Prompts, op.Samples = &none, 2, 2
	b := newBench(t, map[string]string{"base": dir, "problems": toyPart(t, toyProblems(2)), "watch": toyPart(t, toyProblems(1))})
	r := &rl{GRPO: op, job: b.Job}
	var err error
	r.s, err = openStudent(b.Job, op.own(), op.rate())
	check(t, err)
	defer r.s.Close()
	check(t, r.open(t.Context()))
	defer r.speaker.Close()
	r.best = make([]float32, len(r.l.State()))
	r.st.Facts.Watched, r.st.Facts.Started = []watched{{}}, true // as after a pre-flight
	moments, _ := r.l.Optimizer.State()
	check(t, newSaver(b.Work, 0).save(&r.st, r.l.State(), r.best, moments))
	check(t, r.run(context.Background(), 0))
	learnt := map[float64]bool{}
	for _, e := range b.events {
		if kept, ok := e.Vals["kept"]; ok {
			learnt[e.Vals["step"]] = kept > 0
		}
	}
	still := 0
	for _, e := range b.events {
		if _, ok := e.Vals["loss"]; !ok {
			continue
		}
		if _, told := e.Vals["norm"]; told != learnt[e.Vals["step"]] {
			t.Errorf("step %g, learnt from %t: %v", e.Vals["step"], learnt[e.Vals["step"]], e.Vals)
		} else if !told {
			still++
		}
	}
	if still == 0 {
		t.Error("each step had something to learn from")
	}
}

// Without problems, or without any that are watched, it does not begin: its steps
// would be chosen by nothing.
func TestGRPONothing(t *testing.T) {
	_, in := toyBase(t)
	for arg, want := range map[string]string{"problems": "there are no examples", "watch": "none of these examples are watched"} {
		few := maps.Clone(in)
		few[arg] = toyPart(t, nil)
		if err := toyGRPO().Run(context.Background(), newBench(t, few).Job); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("without %s: %v", arg, err)
		}
	}
}

// One problem of few is no fall, and of many three points are.
// A question of the owner's that does not fit is told before anything is asked: with the
// tools that it offers it may be long.
func TestGRPOLong(t *testing.T) {
	_, in := toyBase(t)
	p := stage.Problem{ID: "p", Key: "p", Family: "own", Lang: "en", Level: 1, Prompt: "q", Verify: json.RawMessage(`{"regex":"y"}`)}
	p.Tools = []json.RawMessage{json.RawMessage(`{"type":"function","function":{"name":"` + strings.Repeat("n", 4000) + `"}}`)}
	in["problems"] = toyPart(t, []stage.Problem{p})
	b := newBench(t, in)
	err := toyGRPO().Run(t.Context(), b.Job)
	var e *say.Error
	if !errors.As(err, &e) || e.Where != "problems" || !strings.Contains(e.In(say.English), `problem "q" has 4`) || !strings.Contains(e.In(say.Chinese), `题目 "q" 长 4`) {
		t.Errorf("%v", err)
	}
}

func TestFellOverall(t *testing.T) {
	for _, c := range []struct {
		best, now, n float64
		want         bool
	}{
		{0.6, 0.56, 25, false}, {0.6, 0.48, 25, false}, {0.6, 0.2, 25, true}, {1, 0.8, 10, false}, {1, 0, 10, true},
		{0.95, 0.915, 720, true}, {0.95, 0.925, 720, false}, {0.5, 0.46, 5000, true}, {0.5, 0.475, 5000, false}, {0.5, 0.9, 25, false},
	} {
		if got := fellOverall(c.best, c.now, c.n); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// Weights are kept for what is right of the watched problems; where a token has
// its price, for their reward, as long as what is right does not fall.
func TestKept(t *testing.T) {
	_, in := toyBase(t)
	base := watched{Overall: 0.7, Reward: 0.2, Tokens: 40, Families: map[string]float64{"add": 0.9, "sub": 0.5}}
	traded := watched{Step: 4, Overall: 0.75, Reward: 0.25, Tokens: 40, Families: map[string]float64{"add": 0.2, "sub": 1}} // one family for the other
	long, short, poor := watched{Step: 4, Overall: 0.75, Reward: 0.25, Tokens: 40}, watched{Step: 8, Overall: 0.74, Reward: 0.4, Tokens: 20}, watched{Step: 12, Overall: 0.2, Reward: 0.6, Tokens: 5}
	for _, c := range []struct {
		overlong, kept int
		fell           bool
		looks          []watched
	}{
		{0, 4, false, []watched{long, short}}, {12, 8, false, []watched{long, short}}, {12, 8, true, []watched{long, short, poor}}, {12, 0, true, []watched{poor}}, {0, 0, true, []watched{traded}},
	} {
		r := toyRL(t, &GRPO{Prompts: 6, Tokens: 12, Overlong: c.overlong}, in)
		n := len(r.l.State())
		r.best = make([]float32, n)
		r.st.Best, r.st.Top, r.st.Facts.Watched = r.worth(&base), base.Overall, []watched{base}
		for _, w := range c.looks {
			r.st.Step = w.Step
			r.l.State()[0] = float32(w.Step)
			r.weigh(w)
		}
		if f := r.st.Facts; f.Steps != c.kept || r.best[0] != float32(c.kept) || r.st.Ended != c.fell {
			t.Errorf("overlong %d, %+v: kept %d with %g, ended %v", c.overlong, c.looks, f.Steps, r.best[0], r.st.Ended)
		}
	}
	for _, c := range []struct {
		first watched
		want  string
	}{
		{watched{Overall: 0.259}, "the watched problems above 25.9%: the weights stay as they were"},
		{watched{Overall: 0.259, Tokens: 9, Reward: -0.1}, "the mean reward of the watched problems above -0.100: the weights stay as they were"},
		{watched{Overall: 0.259, Graded: true, Reward: 0.41}, "the mean reward of the watched problems above 0.410: the weights stay as they were"},
	} {
		none := rlFacts{Watched: []watched{c.first, {Step: 4, Overall: 0.3, Graded: c.first.Graded}}}
		if text := none.kept(4, 0); !strings.HasSuffix(text.In(say.English), c.want) || text.In(say.Chinese) == text.In(say.English) {
			t.Error(text.In(say.English))
		}
	}
	f := rlFacts{Steps: 8, Watched: []watched{base, long, short}}
	if text := f.kept(12, 4).In(say.English); !strings.HasSuffix(text, "the 4 watched problems from 70.0% to 74.0% right, mean reward from 0.200 to 0.400, answers from 40 to 20 tokens") {
		t.Error(text)
	}
	for last, gained := range map[float64]bool{0.9: false, 0.95: true} {
		f := rlFacts{Steps: 8, Watched: []watched{{Overall: 0.9}, {Step: 8, Overall: last}}}
		if text := f.kept(8, 20); strings.Contains(text.In(say.English), "nothing was gained") == gained || strings.Contains(text.In(say.Chinese), "并无提高") == gained {
			t.Error(text)
		}
	}
	f = rlFacts{RolledBack: "step 4: overall", Watched: []watched{{Overall: 0.9}}}
	if text := f.kept(8, 20); !strings.Contains(text.In(say.English), "lower rate") || !strings.Contains(text.In(say.Chinese), "rate") {
		t.Error(text)
	}
}

// Steps that are far too long ruin the model, and the ruin is not kept.
func TestGRPORollsBack(t *testing.T) {
	before, in := toyBase(t)
	op := toyGRPO()
	op.Rate = 10
	b := newBench(t, in)
	check(t, op.Run(context.Background(), b.Job))
	f, err := readFacts(b.Out)
	check(t, err)
	if f.RL.RolledBack == "" || !strings.Contains(strings.Join(b.notes(), "\n"), "fewer watched problems are right") {
		t.Errorf("%+v\n%q", f.RL, b.notes())
	}
	if len(f.RL.Watched) != 2 || f.RL.Watched[1].Overall >= before {
		t.Errorf("watched %+v", f.RL.Watched)
	}
	if f.RL.Steps != 0 || !sameWeights(t, in["base"], b.Out) {
		t.Errorf("%d steps are kept, after a fall at the first look", f.RL.Steps)
	}
}

func sameWeights(t *testing.T, a, b string) bool {
	t.Helper()
	x, err := os.ReadFile(filepath.Join(a, "model.safetensors"))
	check(t, err)
	y, err := os.ReadFile(filepath.Join(b, "model.safetensors"))
	check(t, err)
	return slices.Equal(x, y)
}
