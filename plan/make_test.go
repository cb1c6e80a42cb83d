package plan

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/run"
	"suiren/stage"
)

func TestReasons(t *testing.T) {
	for _, c := range []struct {
		name     string
		old, new string
		en, zh   string
	}{
		{"a list of inputs", "from = [examples.a, examples.b] }", "from = [examples.b] }",
			"~ tokens.rows from examples.b, was examples.a, examples.b", "~ tokens.rows from 由 examples.a、examples.b 改为 examples.b"},
		{"another input", "weights = weights.large", "weights = weights.small",
			"~ release.tutor weights weights.small, was weights.large", ""},
		{"an optional setting", "from  = tokens.rows\n}", "from  = tokens.rows\n  by = 2\n}",
			"~ weights.small by 2, was left out", "~ weights.small by 由 未写 改为 2"},
		{"another operator", "train = \"grow\"\n  from  = tokens.rows\n}", "train = \"mix\"\n of = [weights.large]\n}",
			"~ weights.small mix, was grow; of weights.large, was left out; from left out, was tokens.rows", ""},
		{"two settings", `examples "a" { text = "One" }`, "examples \"a\" {\n text = \"One\"\n count = 7\n names = [\"x\"]\n}",
			`~ examples.a count 7, was left out; names ["x"], was left out`, ""},
		{"a seed of all its digits", `examples "b" { text = "Two" }`, "examples \"b\" {\n text = \"Two\"\n seed = 9007199254740993\n}",
			"~ examples.b seed 9007199254740993, was left out", "~ examples.b seed 由 未写 改为 9007199254740993"},
		{"a block goes", "release \"tutor\" { weights = weights.large }\n", "",
			"- release.tutor no longer in the plan file", "- release.tutor 计划文件里已没有"},
		{"an input that is new", "release \"tutor\" { weights = weights.large }", "weights \"new\" {\n train = \"grow\"\n from = tokens.rows\n by = 9\n}\nrelease \"tutor\" { weights = weights.new }",
			"~ release.tutor weights weights.new, was weights.large; weights.new will be made", "~ release.tutor weights 由 weights.large 改为 weights.new；weights.new 将新做"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t, chain)
			h.made()
			h.edit(c.old, c.new)
			p := h.plan()
			if got := shown(p, say.English); !strings.Contains(got, c.en+"\n") {
				t.Errorf("got\n%swant %s", got, c.en)
			}
			if got := shown(p, say.Chinese); !strings.Contains(got, c.zh) {
				t.Errorf("got\n%swant %s", got, c.zh)
			}
			h.made()
		})
	}
}

func TestRevision(t *testing.T) {
	h := newHouse(t, chain)
	h.made()
	defer func() { growRevision = 1 }()
	path := filepath.Join(h.dir, "saved.json")
	h.edit("by    = 3", "by    = 4")
	if err := h.plan().Save(path); err != nil {
		t.Fatal(err)
	}
	growRevision = 2
	p := h.plan()
	if got := shown(p, say.English); !strings.Contains(got, "~ weights.small this program makes it differently (revision 2, was 1)\n"+
		"~ weights.large by 4, was 3; this program makes it differently (revision 2, was 1)\n") {
		t.Errorf("the plan is\n%s", got)
	}
	s, err := ReadSaved(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Remake(context.Background(), vocabulary, h.st, machine, h.env); !errors.Is(err, ErrMoved) || !strings.Contains(err.Error(), "this program makes weights.small differently") {
		t.Errorf("a plan of another program: %v", err)
	}
	h.made()
}

func TestForecasts(t *testing.T) {
	h := newHouse(t, chain)
	large := func() Step {
		t.Helper()
		return h.plan().Steps()[4]
	}
	near := func(got, want float64) bool { return got > want*0.999 && got < want*1.001 }
	if f := large().Forecast; f.FLOPs != 6e6 || !near(f.Low, 6e-3) || !near(f.High, 12e-3) || f.Memory != 3<<20 || f.Basis.In(say.Chinese) != "按 3" {
		t.Errorf("before anything is made: %+v", f)
	}
	h.made()
	first := large()
	if f := first.Forecast; f.FLOPs != 6e6 || first.Actual == nil || first.Actual.Seconds <= 0 {
		t.Errorf("kept: %+v, %+v", f, first.Actual)
	}
	h.edit("by    = 3", "by    = 4") // the size of the kept tokens is still known
	if f := large().Forecast; f.FLOPs != 8e6 || f.Basis.String() != "by 4" {
		t.Errorf("changed: %+v", f)
	}
	h.edit("by    = 4", "by    = 3")
	h.edit("examples \"b\" { text = \"Two\" }", "examples \"b\" {\n text = \"Three\"\n count = 5\n}")
	took := first.Actual.Seconds * 3 // six lines, where there were two
	if f := large().Forecast; f.FLOPs != 18e6 || !near(f.Low, took*0.9) || !near(f.High, took*1.1) || f.Basis.String() != "an earlier run on this machine" {
		t.Errorf("learnt: %+v, want %v", f, took)
	}
	h.edit("count = 5", "count = 6") // earlier runs do not make a guess of it known
	if f := large().Forecast; f.Basis.In(say.English) != "an earlier run on this machine; how many tokens are learnt is guessed by the size of the text" || !strings.HasPrefix(f.Basis.In(say.Chinese), "本机此前一次运行；") {
		t.Errorf("guessed: %v", f.Basis)
	}
	h.edit("count = 6", "count = 5")
	machine := machine
	machine.CPU = "another"
	f, err := Load(h.dir, vocabulary)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := Make(context.Background(), f, h.st, machine, h.env); err != nil || p.Steps()[4].Forecast.Basis.String() != "by 3" {
		t.Errorf("on another machine: %v, %v", p.Steps()[4].Forecast, err)
	}

	// It does not fit, and nothing is begun.
	h.edit("by    = 3", "by    = 2000")
	p := h.plan()
	if s := p.Steps(); s[4].Fits || !s[3].Fits {
		t.Errorf("fits: %v, %v", s[4].Fits, s[3].Fits)
	}
	if err := h.apply(p); !errors.Is(err, ErrNoFit) || h.begun != nil ||
		err.Error() != "this machine has 1.0 GiB of memory for it: weights.large needs 2.0 GiB; no change is known that makes it fit by itself: make more of its settings smaller, begin with a smaller or a quantised base, or use a machine with more memory" {
		t.Errorf("too large: %v, began %v", err, h.begun)
	}
}

func TestView(t *testing.T) {
	h := newHouse(t, `
examples "a" { text = "One" }
tokens "rows" { from = examples.a }
weights "w" {
  train = "grow"
  from  = tokens.rows
  by    = 2
}
`)
	p := h.plan()
	view := func(lang say.Lang) string {
		b, err := json.Marshal(p.View(lang))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Replace(string(b), filepath.Base(h.dir), "DIR", 1)
	}
	if got, want := view(say.Chinese), `{"name":"DIR","nodes":[`+
		`{"kind":"examples","name":"a","action":"make","state":"waiting","reason":"新建"},`+
		`{"kind":"tokens","name":"rows","action":"make","state":"waiting","reason":"新建","inputs":["examples.a"]},`+
		`{"kind":"weights","name":"w","action":"make","state":"waiting","reason":"新建","forecast":{"low":0.002,"high":0.004,"memory":2097152,"flops":2000000,"derived":"1 行","basis":"按 2"},"inputs":["tokens.rows"]}]}`; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	// While apply runs, each step is seen to run, and the page may ask at any time.
	seen := ""
	err := Apply(context.Background(), p, h.st, machine, Options{Emit: func(e stage.Event) {
		if e.Type == run.TypeBegin {
			for _, n := range p.View(say.English).Nodes {
				seen += string(n.State)[:1]
			}
			seen += " "
		}
	}})
	if err != nil || seen != "rww drw ddr " {
		t.Errorf("states %q (%v)", seen, err)
	}
	n := p.View(say.English).Nodes[2]
	if n.State != Done || n.Action != Add || len(n.Digest) != 64 || n.Actual == nil || n.Actual.Seconds <= 0 {
		t.Errorf("after apply %+v", n)
	}
	if f := h.plan().View(say.Chinese).Nodes[2].Forecast; f == nil || f.Derived != "1 行" || f.Basis != "按 2" {
		t.Errorf("of what stands is told %+v", f)
	}
	p = h.plan()
	if n := p.View(say.English).Nodes[2]; n.State != Done || n.Action != Keep || len(n.Digest) != 64 || n.Actual == nil || n.Forecast == nil {
		t.Errorf("kept %+v", n)
	}
}
