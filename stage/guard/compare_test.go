package guard

import (
	"context"
	"encoding/json"
	"math"
	"testing"

	"suiren/stage"
)

// A knower answers the questions that it knows, and "no" to others.
type knower map[string]string

func (k knower) Reply(_ context.Context, asked []stage.Message, _ []json.RawMessage) (Reply, error) {
	q := asked[len(asked)-1].Content
	a, ok := k[q]
	if !ok {
		a = "no"
	}
	return Reply{Answer: a, Finish: Stop}, nil
}
func (knower) Close() error { return nil }

func openPolicy(t *testing.T, p *Policy) *Policy {
	t.Helper()
	opened, err := p.With(Lists{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

func TestCompare(t *testing.T) {
	minimal := openPolicy(t, &Policy{Pack: "minimal"})
	var problems []stage.Problem
	first, second := knower{}, knower{}
	for i := range 60 {
		p := stage.Problem{ID: string(rune('A' + i)), Family: "add", Prompt: string(rune('A' + i)), Answer: "7"}
		problems = append(problems, p)
		if i < 20 {
			first[p.Prompt] = "7"
		}
		if i < 10 || i >= 30 {
			second[p.Prompt] = "7"
		}
	}
	asked := 0
	c, err := Compare(t.Context(), Side{"old", first, minimal}, Side{"new", second, minimal}, problems, func() { asked++ })
	if err != nil {
		t.Fatal(err)
	}
	if o := c.Overall; asked != 120 || o.Both != 10 || o.Gained != 30 || o.Lost != 10 || o.Neither != 10 || c.Outcome != Improved || c.Scores[0].Right != 20 || c.Scores[1].Right != 40 {
		t.Errorf("%+v %v after %d", o, c.Outcome, asked)
	}
	count := map[string]int{}
	for _, r := range c.Rows {
		count[r.Change]++
		if r.Equal != (r.First.Answer == r.Second.Answer) {
			t.Errorf("%+v", r)
		}
	}
	if count[Improved] != 30 || count[Regressed] != 10 || count[Same] != 20 {
		t.Error(count)
	}
	back, err := Compare(t.Context(), Side{"new", second, minimal}, Side{"old", first, minimal}, problems, func() {})
	if err != nil || back.Outcome != Regressed || back.Overall.Value != -c.Overall.Value || back.P != c.P {
		t.Errorf("%+v %v", back, err)
	}
	if same, err := Compare(t.Context(), Side{"a", first, minimal}, Side{"b", first, minimal}, problems, func() {}); err != nil || same.Outcome != Same || same.P != 1 {
		t.Errorf("%+v %v", same, err)
	}
}

// By hand: of 40 coins, 10 or fewer of one kind.
func TestMcNemar(t *testing.T) {
	for _, c := range []struct {
		gained, lost int
		want         float64
	}{{0, 0, 1}, {1, 0, 1}, {0, 5, 0.0625}, {5, 5, 1}, {3, 1, 0.625}, {30, 10, 0.0022214337732293643}} {
		if got := mcnemar(c.gained, c.lost); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%d and %d: %v, want %v", c.gained, c.lost, got, c.want)
		}
	}
}

// Requests of which nobody knows the right answer are compared by how they end.
func TestCompareUnjudged(t *testing.T) {
	minimal := openPolicy(t, &Policy{Pack: "minimal"})
	strict := openPolicy(t, &Policy{Pack: "minimal", Keywords: []string{"durian"}})
	var problems []stage.Problem
	first, second := knower{}, knower{}
	for i := range 40 {
		p := stage.Problem{ID: string(rune('A' + i)), Prompt: string(rune('A' + i))}
		if i%4 == 0 {
			p.Prompt += " durian"
		}
		if i < 5 { // rated good
			p.Answer = "7"
			second[p.Prompt] = "7"
		}
		problems = append(problems, p)
	}
	c, err := Compare(t.Context(), Side{"old", first, minimal}, Side{"new", second, strict}, problems, func() {})
	if err != nil {
		t.Fatal(err)
	}
	// Of the five that were rated, the second refuses two.
	if o := c.Overall; o.Both+o.Gained+o.Lost+o.Neither != 5 || o.Gained != 3 || o.Neither != 2 {
		t.Errorf("%+v", o)
	}
	if a := c.Allowed; a.Both != 30 || a.Lost != 10 || a.Gained != 0 || a.High >= 0 || a.Value != -0.25 {
		t.Errorf("allowed %+v", a)
	}
	if e := c.Ended; e.Both != 30 || e.Lost != 10 {
		t.Errorf("ended %+v", e)
	}
}

func TestMeanTokens(t *testing.T) {
	a, b := []given{{Tokens: 1}, {Tokens: 2}, {Tokens: 3}, {Tokens: 6}}, []given{{Tokens: 2}, {Tokens: 4}, {Tokens: 3}, {Tokens: 11}}
	// Differences 1, 2, 0, 5: mean 2, standard deviation 2.1602.
	if got := meanTokens(a, b); got != (Mean{3, 5, 2, round(2 - 1.96*math.Sqrt(14.0/3/4)), round(2 + 1.96*math.Sqrt(14.0/3/4))}) {
		t.Errorf("%+v", got)
	}
}
