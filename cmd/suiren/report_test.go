package main

import (
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/plan"
	"suiren/stage"
	"suiren/stage/guard"
	"suiren/store"
)

func TestReportLines(t *testing.T) {
	scores := func(direct, tutor float64) []guard.Score {
		return []guard.Score{{Accuracy: direct, Low: direct - 0.05, High: direct + 0.05, Tokens: 4}, {Accuracy: tutor, Low: tutor - 0.01, High: tutor + 0.01, Tokens: 61.25}}
	}
	r := &joined{
		Report: &guard.Report{
			Overall:  guard.Group{Name: "overall", Problems: 1200, Scores: scores(0.5, 0.95)},
			Families: []guard.Group{{Name: "add", Problems: 600, Scores: scores(0.25, 0.98)}, {Name: "word", Problems: 600, Scores: scores(0.75, 0.92)}},
			Length:   []guard.Group{{Name: "add", Problems: 80, Scores: scores(0.1, 0.4)}},
			Said:     []guard.Said{{En: "It passes.", Zh: "通过。"}},
		},
		Models: []joinedModel{
			{Model: guard.Model{Role: guard.Direct, FLOPs: 2e13}, Seconds: 240, Share: 0.5},
			{Model: guard.Model{Role: guard.Tutor, FLOPs: 2.5e13}, Seconds: 61},
		},
	}
	a := &app{lang: say.English}
	want := `
accuracy on held-out problems  problems      direct  95% interval  as released  95% interval
  addition                          600       0.250  0.200–0.300         0.980  0.970–0.990
  word problems                     600       0.750  0.700–0.800         0.920  0.910–0.930
  overall                         1,200       0.500  0.450–0.550         0.950  0.940–0.960
  mean tokens                                   4.0                       61.2
  training                                  2.0e+13  FLOP              2.5e+13  FLOP
  time                                   4 min 00 s  50% of peak          61 s
longer than taught
  addition                           80       0.100  0.050–0.150         0.400  0.390–0.410
It passes.
`
	if got := "\n" + strings.Join(a.reportLines(r), "\n") + "\n"; got != want {
		t.Errorf("got%swant%s", got, want)
	}
	a.lang = say.Chinese
	got := strings.Join(a.reportLines(r), "\n")
	for _, part := range []string{"留出题正确率", "直接回答", "发布版本", "95% 区间", "  加法", "  应用题", "比所教更长", "峰值的 50%", "通过。"} {
		if !strings.Contains(got, part) {
			t.Errorf("no %q in\n%s", part, got)
		}
	}
}

// What apply tells of is the verdict that the release rests on, whatever its name, and
// what was made now; a page shows the first of them.
func TestToTell(t *testing.T) {
	verdict := func(name string, act plan.Action, stands bool) plan.Step {
		return plan.Step{Ref: stage.Ref{Kind: store.Verdict, Name: name}, Action: act, Stands: stands}
	}
	release := func(act plan.Action, of string) plan.Step {
		return plan.Step{Ref: stage.Ref{Kind: store.Release, Name: "r"}, Action: act, Needs: []stage.Ref{{Kind: store.Scenario, Name: "a"}, {Kind: store.Verdict, Name: of}}}
	}
	for _, c := range []struct {
		steps       []plan.Step
		want, shown string
	}{
		{nil, "", "a"},
		{[]plan.Step{verdict("a", plan.Keep, true), verdict("b", plan.Keep, true), release(plan.Keep, "b")}, "b", "b"},
		{[]plan.Step{verdict("a", plan.Add, true), verdict("b", plan.Add, true), release(plan.Add, "b")}, "b a", "b"},
		{[]plan.Step{verdict("a", plan.Add, false), verdict("b", plan.Add, true), release(plan.Add, "b")}, "b", "b"}, // a failed
		{[]plan.Step{verdict("a", plan.Keep, true), verdict("b", plan.Change, true)}, "b", "b"},
		{[]plan.Step{verdict("a", plan.Keep, true), verdict("b", plan.Keep, true)}, "a b", "a"},
		{[]plan.Step{verdict("a", plan.Keep, true), verdict("b", plan.Add, true), release(plan.Remove, "a")}, "b", "b"},
		{[]plan.Step{verdict("a", plan.Change, false), verdict("b", plan.Change, false), release(plan.Change, "b")}, "", "b"}, // what stands is of the plan before
	} {
		var got []string
		for _, s := range toTell(c.steps) {
			got = append(got, s.Name)
		}
		if g := strings.Join(got, " "); g != c.want {
			t.Errorf("%+v: %q, want %q", c.steps, g, c.want)
		}
		blocks := []store.Block{{Kind: store.Scenario, Name: "b"}, {Kind: store.Verdict, Name: "a"}, {Kind: store.Verdict, Name: "b"}}
		if b := shownVerdict(c.steps, blocks); b == nil || b.Kind != store.Verdict || b.Name != c.shown {
			t.Errorf("%+v: shown %+v, want %q", c.steps, b, c.shown)
		}
	}
	if b := shownVerdict(nil, []store.Block{{Kind: store.Scenario, Name: "b"}}); b != nil {
		t.Errorf("of no verdict: %+v", b)
	}
}

func TestRoleText(t *testing.T) {
	for _, c := range []struct{ role, name, block, want string }{
		{guard.Direct, "", "x", "direct"}, {guard.Taught, "", "", "after SFT"}, {guard.Coin, "", "", "random rewards"}, {guard.Tutor, "", "", "as released"},
		{"", "taught 12ab", "", "taught 12ab"}, {"", "taught 12ab", "gspo", "gspo"}, {"", "100%", "", "100%"},
	} {
		if got := roleText(joinedModel{Model: guard.Model{Role: guard.Taught, Think: true}}).String(); got != "thinks (SFT)" {
			t.Errorf("that thinks: %q", got)
		}
		if got := roleText(joinedModel{Model: guard.Model{Role: c.role, Name: c.name}, Block: c.block}).String(); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

func TestOutcomeOf(t *testing.T) {
	r := store.Record{Kind: store.Weights, Name: "w", Seconds: 10, Memory: 5, FLOPs: 1e12, Machine: []byte(`{"peak":2e11}`)}
	if o := outcomeOf(r); o.name != "weights.w" || o.share() != 0.5 || o.memory != 5 {
		t.Errorf("%+v, share %g", o, o.share())
	}
	for _, machine := range []string{"", "{}", "[]", `{"peak":-1}`} {
		r.Machine = []byte(machine)
		if s := outcomeOf(r).share(); s != 0 {
			t.Errorf("machine %q: share %g", machine, s)
		}
	}
}

// What a plan can say is complete: a way to make every kind, and a choice of
// it where there are several.
func TestVocabulary(t *testing.T) {
	v := vocabulary(0)
	for _, kind := range stage.Kinds {
		c, ok := v[kind]
		if !ok || len(c.Ops) == 0 {
			t.Errorf("a plan cannot say %s", kind)
		}
		for name, op := range c.Ops {
			if got := op(); got.Out() != kind || name != "" && c.By == "" {
				t.Errorf("%s %q makes %s", kind, name, got.Out())
			}
		}
	}
	if len(v) != len(stage.Kinds) {
		t.Errorf("%d kinds can be said, and there are %d", len(v), len(stage.Kinds))
	}
}
