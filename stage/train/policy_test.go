package train

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"suiren/engine/objective"
	"suiren/stage"
)

// Each setting of the loss is read: with it, other weights come out, and the
// variants learn what the default learns.
func TestPolicies(t *testing.T) {
	before, in := toyBase(t)
	zero, near := 0.0, 0.2
	seen := map[string]string{}
	for name, change := range map[string]func(*GRPO){
		"default": func(*GRPO) {},
		"plain":   func(g *GRPO) { g.Beta = &zero }, // the default's loss on the general path
		"grpo":    func(g *GRPO) { g.Variant = "grpo" },
		"dapo":    func(g *GRPO) { g.Variant = "dapo" },
		"dr_grpo": func(g *GRPO) { g.Variant = "dr_grpo" },
		"gspo":    func(g *GRPO) { g.Variant, g.Updates = "gspo", 2 },
		"near":    func(g *GRPO) { g.Beta = &near },
		"twice":   func(g *GRPO) { g.Updates = 2 },
		"clipped": func(g *GRPO) { g.Updates, g.Low = 2, 0.0001 },
	} {
		op := toyGRPO()
		op.Steps = 8
		change(op)
		if errs := op.Check(); len(errs) > 0 {
			t.Errorf("%s: %v", name, errs)
		}
		b := newBench(t, in)
		check(t, op.Run(context.Background(), b.Job))
		d := digest(t, b.Out).String()
		if seen[d] != "" {
			t.Errorf("%s is as %s", name, seen[d])
		}
		seen[d] = name
		f, err := readFacts(b.Out)
		check(t, err)
		after := right(t, b.Out, toyProblems(1))
		t.Logf("%s: %.2f to %.2f", name, before, after)
		if !f.RL.Started || after < before {
			t.Errorf("%s: %.2f to %.2f, %+v", name, before, after, f.RL)
		}
		clipped, kl := 0.0, 0.0
		for _, e := range b.events {
			clipped, kl = max(clipped, e.Vals["clipped"]), max(kl, e.Vals["kl"])
			if _, told := e.Vals["kl"]; told && op.policy().Beta == 0 {
				t.Errorf("%s: a divergence is told that is not measured", name)
			}
		}
		if (clipped > 0) != (name == "clipped" || name == "gspo" || name == "twice") {
			t.Errorf("%s: a share of %g was clipped", name, clipped)
		}
		if (kl > 0) != (name == "near" || name == "grpo") {
			t.Errorf("%s: divergence %g", name, kl)
		}
	}
}

// What the plan says of clipping and of the divergence is put into the variant's
// settings; of one bound alone the variant has the other, or it is the same.
func TestPolicySettings(t *testing.T) {
	near := 0.3
	for _, c := range []struct {
		op        GRPO
		low, high float64
		beta      float64
	}{
		{GRPO{}, 0, 0, 0}, {GRPO{Updates: 2}, 0.2, 0.2, 0}, {GRPO{Updates: 2, High: 0.4}, 0.4, 0.4, 0}, {GRPO{Updates: 2, Variant: "gspo"}, 3e-4, 4e-4, 0},
		{GRPO{Low: 0.1}, 0.1, 0.1, 0}, {GRPO{High: 0.4}, 0.4, 0.4, 0}, {GRPO{Low: 0.1, High: 0.4}, 0.1, 0.4, 0},
		{GRPO{Variant: "dapo", Low: 0.1}, 0.1, 0.28, 0}, {GRPO{Variant: "dapo", High: 0.5}, 0.2, 0.5, 0}, {GRPO{Variant: "grpo", Beta: &near}, 0.2, 0.2, 0.3},
	} {
		if p := c.op.policy(); p.Low != c.low || p.High != c.high || p.Beta != c.beta {
			t.Errorf("%+v: %+v", c.op, p)
		}
	}
	if p := (&GRPO{Variant: "dr_grpo", Tokens: 40}).policy(); p.Length != 40 {
		t.Errorf("%+v", p)
	}
	// What is in force is held, to be shown.
	for _, c := range []struct {
		op              GRPO
		low, high, beta any
	}{
		{GRPO{}, nil, nil, nil}, {GRPO{Updates: 2}, 0.2, 0.2, nil}, {GRPO{Updates: 4, Variant: "gspo"}, 3e-4, 4e-4, 0.0}, {GRPO{Updates: 2, High: 0.4}, 0.4, 0.4, nil},
		{GRPO{Variant: "grpo"}, nil, nil, (&GRPO{Variant: "grpo"}).policy().Beta}, {GRPO{Variant: "dapo", Beta: &near}, nil, nil, 0.3},
	} {
		if held := c.op.Settled(); held["clip_low"] != c.low || held["clip_high"] != c.high || held["beta"] != c.beta {
			t.Errorf("%+v holds %v", c.op, held)
		}
	}
	_, in := toyBase(t)
	r := toyRL(t, &GRPO{Variant: "dr_grpo", Tokens: 4000}, in)
	q, err := r.ask(&r.watch[0])
	check(t, err)
	if room := 2*toyContext - len(q.IDs); r.policy().Length != float64(room) || r.room(q.IDs) != room {
		t.Errorf("behind %d of %d tokens there is room for %d, and the loss is divided by %g", len(q.IDs), 2*toyContext, r.room(q.IDs), r.policy().Length)
	}
}

// On the general path the zero policy has the default's weights, but for
// rounding.
func TestGeneralIsDefault(t *testing.T) {
	_, in := toyBase(t)
	zero := 0.0
	grads := func(g *GRPO) []float32 {
		r := toyRL(t, g, in)
		groups, _, err := r.rollout(context.Background())
		check(t, err)
		r.l.Optimizer.Adam, r.l.Optimizer.Muon = 1e-6, 0 // embeddings move by their gradients' signs
		before := append([]float32(nil), r.l.Params.All...)
		if r.general() {
			check(t, r.update(t.Context(), groups))
		} else {
			check(t, r.learn(t.Context(), groups))
		}
		for i := range before {
			before[i] = r.l.Params.All[i] - before[i]
		}
		return before
	}
	g := GRPO{Prompts: 8, Samples: 4, Tokens: 12, Rate: 0.3}
	h := g
	h.Beta = &zero
	want, got := grads(&g), grads(&h)
	same, n := 0, 0
	for i := range want {
		if want[i] != 0 {
			n++
			if math.Abs(float64(got[i]-want[i])) <= 1e-7 {
				same++
			}
		}
	}
	if n < 1000 || same < n*99/100 {
		t.Errorf("%d of %d parameters moved alike", same, n)
	}
}

// Each update of one batch of samples is by the ratio to the model that wrote
// them, not to that of the update before.
func TestUpdates(t *testing.T) {
	_, in := toyBase(t)
	none := 0.0
	g := &GRPO{Prompts: 8, Samples: 4, Tokens: 12, Rate: 1, Updates: 3, Variant: "dapo", Weight: &none}
	run := func(step func(r *rl, groups []group)) []float32 {
		r := toyRL(t, g, in)
		groups, _, err := r.rollout(context.Background())
		check(t, err)
		step(r, groups)
		return r.l.Params.All
	}
	got := run(func(r *rl, groups []group) { check(t, r.update(t.Context(), groups)) })
	want := run(func(r *rl, groups []group) {
		p := g.policy()
		var docs []doc
		var wrote []float64 // the advantages of those that wrote them
		for i := range groups {
			var rewards []float64
			for _, s := range groups[i].samples {
				rewards = append(rewards, float64(s.reward))
			}
			for j, a := range p.Advantages(rewards) {
				if s := &groups[i].samples[j]; groups[i].informative() && !s.dropped {
					docs, wrote = append(docs, groups[i].doc(s)), append(wrote, a)
				}
			}
		}
		score := func() *scored {
			s, err := r.l.score(t.Context(), docs)
			check(t, err)
			return s
		}
		first := score().each
		for range g.Updates {
			s := score()
			var rollouts []objective.Rollout
			var weight [][]float64
			for i := range docs {
				rollouts = append(rollouts, objective.Rollout{Now: s.each[i], Old: first[i], Advantage: wrote[i]})
				weight = append(weight, make([]float64, len(s.each[i])))
			}
			p.Loss(rollouts, weight)
			for i := range docs {
				s.weigh(i, weight[i])
			}
			r.l.Accumulate(s.rows)
			r.l.Learn(1)
		}
	})
	if !slices.Equal(got, want) {
		t.Error("three updates made other weights")
	}
}

// A run whose rewards are a coin gains nothing, and says it is none.
func TestControl(t *testing.T) {
	before, in := toyBase(t)
	op := toyGRPO()
	op.Control = randomControl
	b := newBench(t, in)
	check(t, op.Run(context.Background(), b.Job))
	reward, n := 0.0, 0.0
	for _, e := range b.events {
		if v, ok := e.Vals["reward"]; ok {
			reward, n = reward+v, n+1
		}
	}
	if reward /= n; reward < 0.45 || reward > 0.55 {
		t.Errorf("a coin gave %.2f", reward)
	}
	if after := right(t, b.Out, toyProblems(1)); after > before+0.1 {
		t.Errorf("%.2f to %.2f by a coin", before, after)
	}
	if f, err := readFacts(b.Out); err != nil || f.RL.Control != randomControl {
		t.Errorf("%+v %v", f.RL, err)
	}
	for _, c := range []struct {
		where string
		op    GRPO
	}{{"control", GRPO{Control: "coin"}}, {"variant", GRPO{Variant: "ppo"}}, {"overlong", GRPO{Tokens: 20, Overlong: 21}}} {
		if errs := c.op.Check(); len(errs) != 1 || errs[0].Where != c.where {
			t.Errorf("%+v: %v", c.op, errs)
		}
	}
}

// With overlong, an answer that was cut is learnt from: it was worth less than
// nothing, and a long one less than a short one.
func TestOverlongRewards(t *testing.T) {
	r := &rl{GRPO: &GRPO{Tokens: 20, Overlong: 10}}
	at := func(n int, right, cut bool) float32 {
		s := sample{ids: make([]int32, n), cut: cut, most: 20}
		if right {
			s.score = 1
		}
		return r.reward(&s, 0, 0)
	}
	if at(10, true, false) != 1 || at(15, true, false) != 0.5 || at(20, false, true) != -1 || at(5, false, false) != 0 {
		t.Errorf("rewards %g %g %g %g", at(10, true, false), at(15, true, false), at(20, false, true), at(5, false, false))
	}
	// The limit is what there is room for, whatever the plan asks.
	r.Tokens, r.Overlong = 8192, 8192
	if at(10, true, false) != 0.5 || at(20, false, true) != -1 {
		t.Errorf("rewards %g %g, with room for 20 tokens", at(10, true, false), at(20, false, true))
	}
	g := group{prompt: []int32{1}, samples: []sample{
		{ids: make([]int32, 20), reward: -1, cut: true}, {ids: make([]int32, 5), score: 1, reward: 1}}}
	if docs := advantages([]group{g}); len(docs) != 2 || docs[0].weight >= 0 || docs[1].weight <= 0 {
		t.Errorf("%+v", docs)
	}
	_, in := toyBase(t)
	for _, zone := range []int{0, 3} { // who was cut is learnt from where its length has a price
		r := toyRL(t, &GRPO{Prompts: 6, Samples: 4, Tokens: 6, Overlong: zone}, in)
		groups, _, err := r.sample(context.Background(), 1, 6)
		check(t, err)
		cut := 0
		for _, g := range groups {
			for _, s := range g.samples {
				if s.cut {
					cut++
				}
				if s.dropped != (s.cut && zone == 0) {
					t.Errorf("zone %d: %+v", zone, s)
				}
			}
		}
		if cut == 0 {
			t.Error("none was cut")
		}
	}
	g.samples[0].dropped = true
	if docs := advantages([]group{g}); len(docs) != 1 {
		t.Errorf("%+v", docs)
	}
	// both right, of other lengths: there is something to learn
	g.samples[0] = sample{ids: make([]int32, 15), score: 1, reward: 0.5}
	if !g.informative() {
		t.Error("a shorter right answer teaches nothing")
	}
}

// Where problems of all kinds say nothing, those of the kind that does are
// drawn before it gives up.
func TestPreflightDrawsAgain(t *testing.T) {
	before, in := toyBase(t)
	if before < 0.2 {
		t.Fatal(before)
	}
	// one kind of problem in twelve has answers that the base can give
	var list []stage.Problem
	for i := range 12 {
		for _, p := range toyProblems(1) {
			p.Level = i
			if i > 0 {
				p.Answer = "never"
			}
			list = append(list, p)
		}
	}
	in["problems"] = toyPart(t, append(list, list...))
	op := toyGRPO()
	op.Steps, op.Prompts = 1, 48
	b := newBench(t, in)
	check(t, op.Run(context.Background(), b.Job))
	var shares []float64
	for _, e := range b.events {
		if v, ok := e.Vals["informative"]; ok {
			shares = append(shares, v)
		}
	}
	r := toyRL(t, op, in) // what the first draw finds is not told
	groups, _, err := r.sample(t.Context(), 0xffffffff, op.Prompts)
	check(t, err)
	_, _, first := outlook(groups, false)
	t.Log(first, shares, b.notes())
	if first >= minInformative || len(shares) != 1 || shares[0] <= first || !strings.Contains(strings.Join(b.notes(), "\n"), "reinforcement starts") {
		t.Errorf("informative %v, then %v: %q", first, shares, b.notes())
	}
}
