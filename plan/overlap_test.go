package plan

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/run"
	"suiren/stage"
	"suiren/stage/curve"
	"suiren/store"
)

// A quiz is examples that ask what it says, by part.
type quiz struct {
	Learn []string `plan:"learn,optional"`
	Watch []string `plan:"watch,optional"`
	Dumb  bool     `plan:"dumb,optional"` // it foretells nothing
}

func (*quiz) Name() string    { return "quiz" }
func (*quiz) Revision() int   { return 1 }
func (*quiz) Out() store.Kind { return store.Examples }
func (q *quiz) Forecast(map[string][]stage.Forecast, stage.Machine) (f stage.Forecast) {
	if !q.Dumb {
		f.Asked = &stage.Asked{Whole: true}
		for _, key := range q.Learn {
			f.Asked.Learnt = append(f.Asked.Learnt, stage.QuestionOf(key, nil))
		}
		for _, key := range q.Watch {
			f.Asked.Watched = append(f.Asked.Watched, stage.QuestionOf(key, nil))
		}
	}
	return f
}
func (q *quiz) Run(_ context.Context, job *stage.Job) error {
	for part, keys := range map[string][]string{"train": q.Learn, "watch": q.Watch} {
		text := ""
		for _, key := range keys {
			text += fmt.Sprintf("{\"key\":%q}\n", key)
		}
		if err := put(job.Out, part+"/examples.jsonl", text); err != nil {
			return err
		}
	}
	return nil
}

// A pupil learns from quizzes, or from rows of them, and watches one.
type pupil struct {
	Base   stage.Ref   `plan:"base,optional" kinds:"weights" learnt:"yes"`
	From   stage.Ref   `plan:"from,optional" kinds:"tokens" learnt:"yes"`
	Direct []stage.Ref `plan:"direct,optional" kinds:"examples" part:"train" learnt:"yes"`
	Watch  stage.Ref   `plan:"watch,optional" kinds:"examples" part:"watch" learnt:"yes"`
	By     int         `plan:"by,optional"`
}

func (*pupil) Name() string    { return "pupil" }
func (*pupil) Revision() int   { return 1 }
func (*pupil) Out() store.Kind { return store.Weights }
func (*pupil) Forecast(map[string][]stage.Forecast, stage.Machine) stage.Forecast {
	return stage.Forecast{Derived: say.T("a pupil", "学生")}
}
func (p *pupil) Run(_ context.Context, job *stage.Job) error {
	job.Emit(stage.Event{Type: "metric", Vals: map[string]float64{"step": 1, "loss": 1}})
	return put(job.Out, "weights", "w")
}

// A fold makes rows of quizzes.
type fold struct {
	From []stage.Ref `plan:"from" kinds:"examples" part:"train" learnt:"yes"`
	Like []stage.Ref `plan:"like,optional" kinds:"examples" part:"train" learnt:"no"`
}

func (*fold) Name() string                                { return "fold" }
func (*fold) Revision() int                               { return 1 }
func (*fold) Out() store.Kind                             { return store.Tokens }
func (*fold) Run(_ context.Context, job *stage.Job) error { return put(job.Out, "rows", "r") }

// What is watched of another block and learnt, too, is told by the plan and by the run, which
// keeps it, and the key is what it was; what is kept apart, or learnt by others, is not told.
func TestOverlap(t *testing.T) {
	v := maps.Clone(vocabulary)
	v[store.Examples] = Choice{Ops: map[string]func() stage.Operator{"": func() stage.Operator { return new(quiz) }}}
	v[store.Tokens] = Choice{Ops: map[string]func() stage.Operator{"": func() stage.Operator { return new(fold) }}}
	v[store.Weights] = Choice{Ops: map[string]func() stage.Operator{"": func() stage.Operator { return new(pupil) }}}
	const quizzes = `
examples "a" {
  learn = ["1", "2", "3"]
  watch = ["4"]
}
examples "b" {
  learn = ["5", "4"]
  watch = ["3", "2", "6", "3"]
}
examples "dumb" {
  learn = ["3"]
  dumb  = true
}
tokens "rows" { from = [examples.a, examples.dumb] }
tokens "like" {
  from = [examples.b]
  like = [examples.a]
}
`
	for _, c := range []struct{ weights, planned, told string }{
		{"direct = [examples.a]\n watch = examples.b", "2 of the 3 watched questions of examples.b are learnt, too, in examples.a: ", ""},
		{"from = tokens.rows\n watch = examples.b", "as far as the plan reads them, 2 of the 3 watched questions of examples.b are learnt, too, in examples.a: ", "2 of the 3 watched questions of examples.b are learnt, too, in examples.a, examples.dumb: "},
		{"direct = [examples.dumb]\n watch = examples.b", "a pupil", "1 of the 3 watched questions of examples.b are learnt, too, in examples.dumb: "},
		{"direct = [examples.b, examples.a]\n watch = examples.a", "1 of the 1 watched questions of examples.a are learnt, too, in examples.b: ", ""},
		{"direct = [examples.a]\n watch = examples.a", "", ""},
		{"from = tokens.like\n watch = examples.b", "", ""},
		{"direct = [examples.a, examples.dumb]", "", ""},
		{"base = weights.under\n watch = examples.b", "", ""},
	} {
		h := newHouse(t, quizzes+"weights \"under\" { direct = [examples.a] }\nweights \"w\" {\n "+c.weights+"\n}\n")
		make := func() (*Plan, *Step) {
			f, err := Load(h.dir, v)
			if err != nil {
				t.Fatal(err)
			}
			p, err := Make(context.Background(), f, h.st, machine, h.env)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(p.steps, func(s *Step) bool { return s.Ref.String() == "weights.w" })
			return p, p.steps[i]
		}
		p, s := make()
		said := func(text say.Text, want string) {
			t.Helper()
			en, zh := text.In(say.English), text.In(say.Chinese)
			if !strings.Contains(en, want) || strings.Contains(en, "watched") != strings.Contains(want, "watched") || strings.Contains(zh, "观察") != strings.Contains(want, "watched") {
				t.Errorf("%s: %s; %s", c.weights, en, zh)
			}
		}
		said(s.Forecast.Derived, c.planned)
		told := say.T("", "")
		counted := map[string]float64{}
		err := Apply(context.Background(), p, h.st, machine, Options{Emit: func(e stage.Event) {
			switch {
			case e.Step != "weights.w":
			case e.Type == "note":
				told = *e.Text
			case e.Type == "count":
				maps.Copy(counted, e.Vals)
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		want := c.told
		if want == "" {
			want = c.planned
		}
		said(told, want)
		kept, err := curve.Read(run.CurveDir(h.st.Path(), "weights.w", s.Key))
		if err != nil {
			t.Fatal(err)
		}
		var n, of float64
		fmt.Sscanf(want, "%g of the %g", &n, &of)
		if counted["watch_learnt"] != n || counted["watch_questions"] != of || kept.Counts["watch_learnt"] != n {
			t.Errorf("%s: counted %v, kept %v", c.weights, counted, kept.Counts)
		}
		if _, s = make(); s.Action != Keep {
			t.Errorf("%s: made again", c.weights)
		}
		// Of what is made the files are read: all is known then.
		h.edit("weights \"w\" {", "weights \"w\" {\n by = 2")
		_, s = make()
		said(s.Forecast.Derived, want)
		if strings.Contains(s.Forecast.Derived.En, "as far as") {
			t.Errorf("%s: %v", c.weights, s.Forecast.Derived)
		}
	}
}
