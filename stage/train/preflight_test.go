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
// set.
func TestAdvice(t *testing.T) {
	for _, c := range []struct {
		overlong         int
		pass, cut, score float64
		want             string
		less             int // tokens than the plan allows
	}{
		{0, 0.01, 0.9, 0, "tokens: raise tokens, or set overlong", 0}, {8, 0.01, 0.9, 0, "tokens: raise tokens", 0}, {0, 0.9, 0, 0, "take harder ones", 0},
		{0, 0.3, 0, 0, "problems in between, or more samples", 0}, {0, 0.01, 0, 0, "take easier problems", 0},
		{0, 0.9, 0, 0.7, "on which they differ, or more samples", 0}, {0, 0, 0, 0.3, "on which they differ, or more samples", 0}, {0, 0, 0, 0.01, "take easier problems", 0},
		{8, 0.01, 0.9, 0, "128 tokens leaves them 92 at most. Take a base with a longer context or shorter problems, or teach it short answers by examples first", 100}, {0, 0.01, 0.1, 0, "take easier problems", 100},
	} {
		r := &rl{GRPO: &GRPO{Overlong: c.overlong}, s: &student{w: &writer{context: 128}}}
		text := r.advise(&rlFacts{Pass: c.pass, Score: c.score}, c.cut, r.tokens()-c.less)
		if en := text.In(say.English); !strings.HasSuffix(en, c.want) || en == text.In(say.Chinese) {
			t.Errorf("%+v: %q", c, en)
		}
	}
}
