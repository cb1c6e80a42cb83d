package train

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage/verify"
)

// What gives a group something to teach is answers of different rewards: with a
// price for tokens right ones of different lengths, too.
func TestOutlook(t *testing.T) {
	made := func(rewards ...float32) (g group) {
		for _, r := range rewards {
			s := sample{reward: r}
			if r > 0 {
				s.score = 1
			}
			g.samples = append(g.samples, s)
		}
		return g
	}
	groups := []group{made(1, 0.5), made(1, 1), made(0, 0), made(1, 0)}
	for priced, want := range map[bool]float64{false: 0.25, true: 0.5} {
		if pass, once, informative := outlook(groups, priced); pass != 5./8 || once != 0.75 || informative != want {
			t.Errorf("priced %t: %g, %g, %g", priced, pass, once, informative)
		}
	}
}

// Grades between right and wrong are something to learn from, though no answer passes or all
// do, and it is told what they are.
func TestGrades(t *testing.T) {
	_, in := toyBase(t)
	grade := func(base float64) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var q struct{ Answer string }
			json.NewDecoder(r.Body).Decode(&q)
			reward := base
			if len(strings.TrimSpace(q.Answer)) != 1 {
				reward += 0.3
			}
			fmt.Fprintf(w, `{"reward": %g}`, reward)
		}))
		t.Cleanup(s.Close)
		return `{"url": "` + s.URL + `"}`
	}
	for base, pass := range map[float64]float64{0.1: 0, 0.6: 1} {
		list := toyProblems(1)
		for i := range list {
			list[i].Verify = json.RawMessage(grade(base))
		}
		in["problems"], in["watch"] = toyPart(t, list), toyPart(t, list)
		op := toyGRPO()
		op.Steps = 4
		b := newBench(t, in)
		check(t, op.Run(t.Context(), b.Job))
		f, err := readFacts(b.Out)
		check(t, err)
		notes := strings.Join(b.notes(), "\n")
		t.Logf("%+v\n%s", f.RL, notes)
		if r := f.RL; !r.Started || r.Score <= base || r.Score >= base+0.3 || math.Abs(r.Pass-pass) > 0.3 || !r.Watched[0].Graded || r.Watched[0].Reward <= 0 {
			t.Errorf("from %g on: %+v", base, r)
		}
		for name, want := range map[string]float64{"heldout": f.RL.Watched[0].Overall, "watch_reward": f.RL.Watched[0].Reward} { // of the base, to compare with
			if steps, vals := b.series(name); len(steps) < 2 || steps[0] != 0 || vals[0] != want {
				t.Errorf("%s is %v at %v", name, vals, steps)
			}
		}
		if !strings.Contains(notes, "; mean score 0.") || !strings.Contains(notes, "mean reward") {
			t.Errorf("from %g on: %s", base, notes)
		}
	}
}

// A base that is always right learns to be shorter where tokens have their
// price.
func TestShorterAnswers(t *testing.T) {
	sft, in := toySFT(t)
	list := toyProblems(50)
	for i := range list {
		if (i/toyCount+i)%2 == 0 {
			list[i].Think = "=" + list[i].Answer
		}
	}
	in["from"] = toyRows(t, in["tokenizer"], list)
	base := newBench(t, in)
	check(t, sft.Run(context.Background(), base.Job))
	none := 0.0
	op := toyGRPO()
	op.Overlong, op.Weight = op.Tokens, &none
	b := newBench(t, map[string]string{"base": base.Out, "problems": toyPart(t, toyProblems(2)), "watch": toyPart(t, toyProblems(1))})
	check(t, op.Run(context.Background(), b.Job))
	f, err := readFacts(b.Out)
	check(t, err)
	w := f.RL.Watched
	t.Logf("%+v", f.RL)
	if !f.RL.Started || f.RL.Pass < 0.9 || f.RL.Informative < 0.5 || f.RL.Steps == 0 {
		t.Errorf("%+v, %q", f.RL, b.notes())
	}
	if w[len(w)-1].Tokens >= w[0].Tokens {
		t.Errorf("answers of %g tokens became %g", w[0].Tokens, w[len(w)-1].Tokens)
	}
}

// What is advised is true of what was found, and no setting is advised that is
// set, or that would change nothing.
func TestAdvice(t *testing.T) {
	for _, c := range []struct {
		overlong         int
		pass, cut, score float64
		want             string
		less             int // tokens than the plan allows
	}{
		{0, 0.01, 0.9, 0, "tokens: raise tokens, or set overlong", 0}, {8, 0.01, 0.9, 0, "tokens: raise tokens", 0}, {0, 0.01, 1, 0, "tokens: raise tokens", 0}, {0, 0.95, 0, 0, "take harder ones", 0},
		{0, 0.562, 0, 0, "always right (56% of them) or always wrong (44%): take problems in between, or more samples", 0},
		{0, 0.3, 0, 0, "problems in between, or more samples", 0}, {0, 0.01, 0, 0, "take easier problems", 0},
		{0, 0.9, 0, 0.7, "on which they differ, or more samples", 0}, {0, 0, 0, 0.3, "on which they differ, or more samples", 0}, {0, 0, 0, 0.01, "take easier problems", 0},
		{8, 0.01, 0.9, 0, "128 tokens leaves them 92 at most. Take a base with a longer context or shorter problems, or teach it short answers by examples first", 100}, {0, 0.01, 0.1, 0, "take easier problems", 100},
	} {
		r := &rl{GRPO: &GRPO{Overlong: c.overlong}, s: &student{w: &writer{context: 128}}}
		text := r.advise(&rlFacts{Pass: c.pass, Score: c.score}, sampled{cut: c.cut, room: r.tokens() - c.less, differ: c.cut < 1, always: c.pass, never: 1 - c.pass})
		if en, zh := text.In(say.English), text.In(say.Chinese); !strings.HasSuffix(en, c.want) || en == zh || strings.Contains(en+zh, "%!") {
			t.Errorf("%+v: %q", c, en)
		}
	}
}

// What was sampled is counted by problem, and what ended by itself.
func TestSampledOf(t *testing.T) {
	made := func(scores ...float64) (g group) {
		for _, s := range scores {
			g.samples = append(g.samples, sample{score: max(s, 0), reward: float32(max(s, 0)), cut: s < 0, most: 9})
		}
		return g
	}
	for _, c := range []struct {
		groups []group
		want   sampled
	}{
		{[]group{made(-1, -1), made(-1, -1)}, sampled{cut: 1, room: 9, never: 1}},
		{[]group{made(-1, 0.7), made(0.7, 0.7)}, sampled{cut: 0.25, room: 9, differ: true, always: 0.5}},
		{[]group{made(1, 0), made(0, 0), made(1, 1), made(1, -1)}, sampled{cut: 0.125, room: 9, differ: true, always: 0.25, never: 0.25, ended: 0.25}},
	} {
		if got := sampledOf(c.groups, false); got != c.want {
			t.Errorf("%+v: %+v, want %+v", c.groups, got, c.want)
		}
	}
}

// A program that gives each answer the same is named; where only answers that were cut
// would be learnt from, nothing begins. A price for tokens is something to learn from.
func TestOneReward(t *testing.T) {
	_, in := toyBase(t)
	for _, c := range []struct {
		priced, refused bool
	}{{false, true}, {true, false}} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, `{"reward": 0.7}`) }))
		t.Cleanup(s.Close)
		list := toyProblems(1)
		for i := range list {
			list[i].Verify = json.RawMessage(`{"url": "` + s.URL + `"}`)
		}
		in["problems"], in["watch"] = toyPart(t, list), toyPart(t, list[:4])
		op := toyGRPO()
		if op.Steps = 1; c.priced {
			op.Overlong = op.Tokens
		}
		b := newBench(t, in)
		err := op.Run(t.Context(), b.Job)
		notes := strings.Join(b.notes(), "\n")
		t.Logf("%v\n%s", err, notes)
		if c.refused != (err != nil) || c.refused && (!strings.Contains(err.Error(), "the same reward, 0.7") || !strings.Contains(err.Error(), "of 4 watched problems")) || !c.refused && (!strings.Contains(notes, "the same reward, 0.7: does it judge") || !strings.Contains(notes, "4 watched problems choose the weights that are kept, and one of them is 25% of the score")) {
			t.Errorf("%+v: %v\n%s", c, err, notes)
		}
	}
	if !oneReward(verify.Rewards{N: fewRewards - 1, Low: 1, High: 1}).IsZero() || !oneReward(verify.Rewards{N: 99, Low: 0.5, High: 1}).IsZero() {
		t.Error("of too few rewards, or of several")
	}
}
