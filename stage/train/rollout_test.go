package train

import (
	"context"
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"suiren/engine/infer"
	"suiren/engine/tensor"
	"suiren/stage"
)

func TestAdvantages(t *testing.T) {
	answer := func(n int, reward float32, cut bool) sample {
		return sample{ids: make([]int32, n), score: float64(reward), reward: reward, cut: cut, dropped: cut}
	}
	groups := []group{
		{[]int32{1, 2}, []sample{answer(3, 1, false), answer(5, 0, false), answer(2, 0, false), answer(9, 0, true)}}, // mean ¼
		{[]int32{3}, []sample{answer(4, 1, false), answer(4, 1, false)}},                                             // all right
		{[]int32{4}, []sample{answer(4, 0, false), answer(4, 0, true)}},                                              // all wrong
		{[]int32{5}, []sample{answer(1, 1, false), answer(1, 0, false)}},                                             // mean ½
	}
	docs := advantages(groups)
	const total = 3 + 5 + 2 + 1 + 1
	want := []struct {
		ids, supervised int
		weight          float32
	}{
		{5, 3, 0.75 / total}, {7, 5, -0.25 / total}, {4, 2, -0.25 / total}, {2, 1, 0.5 / total}, {2, 1, -0.5 / total},
	}
	if len(docs) != len(want) {
		t.Fatalf("%d documents, want %d", len(docs), len(want))
	}
	for i, d := range docs {
		if len(d.ids) != want[i].ids || d.supervised != want[i].supervised || d.weight != want[i].weight {
			t.Errorf("document %d: %d tokens, %d sampled, weight %g; want %+v", i, len(d.ids), d.supervised, d.weight, want[i])
		}
	}
	if docs := advantages(groups[1:3]); docs != nil {
		t.Errorf("groups that teach nothing gave %v", docs)
	}
}

// Packed documents keep their tokens, their order and their weights, and no
// row is longer than it may be.
func TestPackDocs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const length = 16
		var docs []doc
		for range rapid.IntRange(0, 20).Draw(t, "documents") {
			ids := rapid.SliceOfN(rapid.Int32Range(0, 99), 1, length).Draw(t, "ids")
			docs = append(docs, doc{ids: ids, supervised: rapid.IntRange(0, len(ids)).Draw(t, "supervised"), weight: rapid.Float32Range(-1, 1).Draw(t, "weight")})
		}
		i := 0
		for _, row := range packDocs(docs, length) {
			if len(row.IDs) > length || len(row.Weight) != len(row.IDs) || row.Docs[0] != 0 || row.Docs[len(row.Docs)-1] != len(row.IDs) {
				t.Fatalf("row %+v", row)
			}
			for d := range row.Docs[1:] {
				from, to := row.Docs[d], row.Docs[d+1]
				if !slices.Equal(row.IDs[from:to], docs[i].ids) {
					t.Fatalf("document %d became %v", i, row.IDs[from:to])
				}
				for j, w := range row.Weight[from:to] {
					want := float32(0)
					if j >= len(docs[i].ids)-docs[i].supervised {
						want = docs[i].weight
					}
					if w != want {
						t.Fatalf("document %d, token %d weighs %g, want %g", i, j, w, want)
					}
				}
				i++
			}
		}
		if i != len(docs) {
			t.Fatalf("%d of %d documents", i, len(docs))
		}
	})
}

func TestCourse(t *testing.T) {
	problems := toyProblems(2)
	problems[0].Family = "first half"
	c := newCourse(problems)
	if !slices.Equal(c.names, []string{"add 1", "sub 2"}) || len(c.all) != toyCount {
		t.Fatalf("strata %v of %d problems", c.names, len(c.all))
	}
	owners := toyProblems(1)
	owners[0].Verify = json.RawMessage(`{"number":7}`)
	if c := newCourse(owners); len(c.all) != toyCount {
		t.Errorf("%d of an owner's %d problems are drawn", len(c.all), toyCount)
	}
	share := func(s *courseState) float64 {
		n := 0
		for i := range uint64(2000) {
			if c.draw(s, 7, 1, i).Family == "add" {
				n++
			}
		}
		return float64(n) / 2000
	}
	s := new(courseState)
	s.turn()
	if got := share(s); math.Abs(got-0.5) > 0.05 {
		t.Errorf("at first %.2f are additions", got)
	}
	if c.draw(s, 7, 1, 5) != c.draw(s, 7, 1, 5) || c.any(7, 1, 5) != c.any(7, 1, 5) {
		t.Error("a draw depends on more than its arguments")
	}
	add, sub := &problems[toyCount], &problems[toyCount+1]
	for i := range 100 {
		c.note(s, add, float64(i%2)) // half right
		c.note(s, sub, 1)            // all right
	}
	if p, q := s.pass("add 1"), s.pass("sub 2"); math.Abs(p-0.5) > 0.01 || q < 0.98 {
		t.Errorf("pass %g and %g", p, q)
	}
	got := share(s)
	if got < 0.94 || got == 1 { // ¼ against the floor
		t.Errorf("of what is known and what is half known, %.3f is the second", got)
	}
	before := s.All["sub 2"]
	s.turn()
	if s.All["sub 2"] >= before || s.pass("sub 2") < 0.98 {
		t.Errorf("%g answers became %g", before, s.All["sub 2"])
	}
}

func TestFellBelow(t *testing.T) {
	for _, c := range []struct {
		before, now, n float64
		fell           bool
	}{
		{0.5, 0.5, 100, false}, {0.5, 0.6, 100, false}, {0.5, 0.4, 100, false}, {0.5, 0.3, 100, true},
		{1, 1, 20, false}, {1, 0.95, 20, false}, {1, 0.5, 20, true}, {0, 0, 20, false}, {0.9, 0.84, 1000, true}, {0.9, 0.89, 1000, false},
	} {
		if got := fellBelow(c.before, c.now, c.n); got != c.fell {
			t.Errorf("from %g to %g of %g problems: %v", c.before, c.now, c.n, got)
		}
	}
}

// What replay teaches is lessons of the last half, whole, and weighs half as
// much as the answers.
func TestReplay(t *testing.T) {
	_, in := toyBase(t)
	r := toyRL(t, &GRPO{Prompts: 6}, in)
	docs, err := r.replay(3)
	check(t, err)
	sum := 0.0
	for _, d := range docs {
		sum += float64(d.weight) * float64(d.supervised)
		text := r.s.w.Tokenizer.Decode(d.ids)
		if !slices.ContainsFunc(toyProblems(1), func(p stage.Problem) bool {
			ids, n := r.s.w.Chat.Example(nil, p.Prompt, p.Think, p.Answer, true)
			return slices.Equal(ids, d.ids) && d.supervised == len(ids)-n
		}) {
			t.Errorf("%q is no lesson", text)
		}
	}
	if len(docs) != 6 || math.Abs(sum-0.5) > 1e-5 {
		t.Errorf("%d documents weigh %g", len(docs), sum)
	}
}

// With examples of their own, lessons come from them, whatever the problems are.
func TestReplayOfOthers(t *testing.T) {
	_, in := toyBase(t)
	lessons := toyProblems(1)[:2]
	lessons[0].Answer, lessons[1].Answer = "12", "34"
	in["replay"] = toyPart(t, lessons)
	problems := toyProblems(1)
	for i := range problems {
		problems[i].Verify, problems[i].Think, problems[i].Answer = json.RawMessage(`{"number":"`+problems[i].Answer+`"}`), "", ""
	}
	in["problems"] = toyPart(t, problems)
	r := toyRL(t, &GRPO{Prompts: 6}, in)
	docs, err := r.replay(3)
	check(t, err)
	seen := map[string]int{}
	for _, d := range docs {
		seen[r.s.w.Tokenizer.Decode(d.ids[len(d.prompt()):])]++
	}
	if len(docs) != 6 || len(seen) > 2 {
		t.Errorf("lessons learnt again: %v", seen)
	}
	for text := range seen {
		if !strings.Contains(text, "12") && !strings.Contains(text, "34") {
			t.Errorf("%q is not of replay", text)
		}
	}
	long := toyProblems(1)[:3]
	long[2].Think = strings.Repeat("long ", 40)
	in["replay"] = toyPart(t, long)
	b := newBench(t, in)
	op := toyGRPO()
	op.Steps = 1
	check(t, op.Run(context.Background(), b.Job))
	if notes := strings.Join(b.notes(), "\n"); !strings.Contains(notes, "not learnt again: 1 of 3 answers, longer than the base's ") {
		t.Errorf("of a lesson that is too long it is said %q", notes)
	}
	none := 0.0
	if docs, err := toyRL(t, &GRPO{Prompts: 6, Weight: &none}, in).replay(3); err != nil || len(docs) > 0 {
		t.Errorf("%d lessons of no weight, %v", len(docs), err)
	}
	said := func() bool {
		b := newBench(t, in)
		op := toyGRPO()
		op.Steps = 1
		check(t, op.Run(context.Background(), b.Job))
		return strings.Contains(strings.Join(b.notes(), "\n"), "name in replay")
	}
	if said() {
		t.Error("with lessons it is said that there are none")
	}
	delete(in, "replay")
	if !said() {
		t.Error("it is not said that nothing is learnt again")
	}
	if docs, err := toyRL(t, &GRPO{Prompts: 6}, in).replay(3); err != nil || len(docs) > 0 {
		t.Errorf("%d lessons of problems without answers, %v", len(docs), err)
	}
}

// A base that answers at once is taught no thoughts again: neither one that was
// taught so, nor one of which the plan says so; by lessons of their own neither.
func TestReplayOfDirectAnswers(t *testing.T) {
	_, in := toyBase(t)
	lessons := toyPart(t, toyProblems(1))
	yes, no := true, false
	for name, c := range map[string]struct {
		think  *bool // of the plan
		taught bool
		direct bool
	}{
		"taught to think": {nil, true, false}, "taught to answer": {nil, false, true}, "told to answer": {&no, true, true}, "told to think": {&yes, false, false},
	} {
		for _, replay := range []string{"", lessons} {
			r := toyRL(t, &GRPO{Prompts: 6, Think: c.think}, in)
			r.s.facts.Think = c.taught
			if replay != "" {
				r.job.Inputs = append(r.job.Inputs, stage.Input{Arg: "replay", Dir: replay})
				_, err := r.readLessons(t.Context())
				check(t, err)
			}
			docs, err := r.replay(3)
			check(t, err)
			if len(docs) != 6 {
				t.Errorf("%s: %d lessons", name, len(docs))
			}
			for _, d := range docs {
				text := r.s.w.Tokenizer.Decode(d.ids[len(d.prompt()):])
				if thinks := strings.Contains(text, "="); thinks == c.direct {
					t.Errorf("%s, replay %q: learnt again is %q", name, replay, text)
				}
			}
		}
	}
}

// In our own chat the prompt has begun the thought: what stops inside of it is no answer,
// whatever it says, and does stop there of itself.
func TestUnendedThoughts(t *testing.T) {
	op, in := toySFT(t)
	op.FLOPs = 1e6 // one step: it says anything
	base := newBench(t, in)
	check(t, op.Run(t.Context(), base.Job))
	list := toyProblems(1)
	for i := range list {
		list[i].Verify = json.RawMessage(`{"regex": "(?s).+"}`)
	}
	r := toyRL(t, &GRPO{Prompts: 32, Samples: 8, Tokens: 12}, map[string]string{"base": base.Out, "problems": toyPart(t, list), "watch": toyPart(t, list)})
	groups, _, err := r.sample(t.Context(), 1, r.prompts())
	check(t, err)
	inside := 0
	for _, g := range groups {
		for _, s := range g.samples {
			ended := slices.Contains(s.ids, r.s.w.Chat.ThinkEnd())
			if s.score > 0 && !ended {
				t.Errorf("a thought earns %g: %q", s.score, r.s.w.Tokenizer.Decode(s.ids))
			}
			if !ended && !s.cut {
				inside++
			}
		}
	}
	if inside == 0 {
		t.Error("no answer stopped inside its thought")
	}
	for think, want := range map[bool]string{true: "", false: "4"} {
		q, err := r.s.w.Ask("here", list[0].Asking(), nil, &think)
		check(t, err)
		if got := r.s.w.read(&q, r.s.w.Tokenizer.Encode(nil, "4")); got != want {
			t.Errorf("think %t: what it said is %q", think, got)
		}
	}
}

// A step's answers come from its seed, its number and the weights alone.
func TestRolloutRepeats(t *testing.T) {
	_, in := toyBase(t)
	r := toyRL(t, &GRPO{Prompts: 4, Samples: 4, Tokens: 12}, in)
	state := func() courseState { s := courseState{}; s.turn(); return s }
	r.st.Course = state()
	a, _, err := r.rollout(context.Background())
	check(t, err)
	r.st.Course = state()
	b, _, err := r.rollout(context.Background())
	check(t, err)
	r.st.Course, r.st.Step = state(), 1
	c, _, err := r.rollout(context.Background())
	check(t, err)
	if len(a) != 4 || !reflect.DeepEqual(a, b) {
		t.Error("the same step gave other answers")
	}
	if reflect.DeepEqual(a, c) {
		t.Error("another step gave the same answers")
	}
	// They are drawn from the model's own distribution, and end with what ends them.
	var reqs []infer.Request
	for i, g := range a {
		for j := range g.samples {
			reqs = append(reqs, infer.Request{Prompt: g.prompt, MaxTokens: 12, Stop: r.s.w.Stops, Temperature: 1, Seed: tensor.Rand(0, 0, uint64(4*i+j))})
		}
	}
	results, err := r.speaker.Run(context.Background(), reqs, nil)
	check(t, err)
	for i, res := range results {
		want := res.IDs
		if res.Finish == infer.Stopped {
			want = append(want, res.End)
		}
		if got := a[i/4].samples[i%4].ids; !slices.Equal(got, want) || res.Finish == infer.Stopped && !slices.Contains(r.s.w.Stops, got[len(got)-1]) {
			t.Errorf("answer %d is %v, and %v at temperature 1", i, got, want)
		}
	}
}
