package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"suiren/internal/say"
	"suiren/stage"
)

// A claim is one of the six, with what it needs and what it says.
type claim struct {
	id        string
	title     say.Text
	weights   []string
	questions []question
	tell      func(r *report, d *doc)
}

type question struct {
	weights string
	thinks  []int
}

var full = []int{fullThought}

// budgets are the most tokens of thought of claim 4.
var budgets = []int{0, 16, 32, 64, 96, fullThought}

// checked is what thoughts that are gone through again may take.
var checked = []int{checkedThought}

// claims are the six, what matters most first.
var claims = []claim{
	{"2", say.T("recipe lift", "强化学习的提升"), []string{"few", "grpo", "more", "coin"}, []question{{"few", full}, {"grpo", full}, {"more", full}, {"coin", full}}, (*report).lift},
	{"3", say.T("long to short", "由长到短"), []string{"checked", "short", "grpo", "lean"}, []question{{"checked", checked}, {"short", checked}, {"grpo", full}, {"lean", full}}, (*report).short},
	{"1", say.T("small beats large", "小胜大"), []string{"think", "direct"}, []question{{"think", full}, {"direct", []int{0}}}, (*report).small},
	{"4", say.T("accuracy against think budget", "正确率与思考预算"), []string{"think"}, []question{{"think", budgets}}, (*report).budget},
	{"5", say.T("distil against RL", "蒸馏与强化学习"), []string{"grpo", "distil"}, []question{{"grpo", full}, {"distil", full}}, (*report).distil},
	{"6", say.T("curriculum against shuffled", "课程顺序与乱序"), []string{"think", "shuffled"}, []question{{"think", full}, {"shuffled", full}}, (*report).curriculum},
}

type asked struct {
	seed    int
	weights string
	think   int
}

// A report holds all answers to the held-out problems, and of seed 1 those to
// the mirrors.
type report struct {
	l        *lab
	o        *options
	problems []stage.Problem
	exams    map[asked]*exam
	watched  map[string]*exam // of seed 1, by weights: to choose by
	mirrored map[string]*exam // of seed 1, by mirror
}

func newReport(l *lab, o *options) *report {
	return &report{l, o, nil, map[asked]*exam{}, map[string]*exam{}, map[string]*exam{}}
}

// make makes a claim's weights of a seed and asks them.
func (r *report) make(ctx context.Context, c *claim, seed int) error {
	if err := r.l.make(ctx, seed, c.weights...); err != nil {
		return err
	}
	if _, err := r.l.unseen(seed); err != nil {
		return err
	}
	problems, err := r.l.problems(seed, heldout)
	if err != nil {
		return err
	}
	r.problems = problems
	for _, q := range c.questions {
		for _, think := range q.thinks {
			x, err := r.l.examine(ctx, seed, q.weights, heldout, think)
			if err != nil {
				return err
			}
			r.exams[asked{seed, q.weights, think}] = x
		}
	}
	if seed == 1 && c.id == "2" {
		if r.watched["few"], err = r.l.examine(ctx, 1, "few", "watch", fullThought); err != nil {
			return err
		}
	}
	return nil
}

// look asks the thinking model of seed 1 the mirrors that are there.
func (r *report) look(ctx context.Context) error {
	for name := range mirrors {
		x, err := r.l.examine(ctx, 1, "think", name, fullThought)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		r.mirrored[name] = x
	}
	return r.write()
}

const heldout = "heldout"

// seeds lists those of which all of the weights were asked.
func (r *report) seeds(think int, weights ...string) (list []int) {
	for seed := 1; seed <= r.o.seeds; seed++ {
		if !slices.ContainsFunc(weights, func(w string) bool { return r.exams[asked{seed, w, think}] == nil }) {
			list = append(list, seed)
		}
	}
	return list
}

// accuracy of weights in a family, "" being all; of the seeds that are given,
// or of all.
func (r *report) accuracy(weights string, think int, family string, seeds ...int) estimate {
	var x [][]float64
	if seeds == nil {
		seeds = r.seeds(think, weights)
	}
	for _, seed := range seeds {
		x = append(x, pick(floats(r.exams[asked{seed, weights, think}].Right), r.problems, family))
	}
	e := estimateOf(x)
	e.Low, e.High = max(e.Low, 0), min(e.High, 1) // it is a share
	return e
}

// common lists the seeds of which every column was asked.
func (r *report) common(list []column) (seeds []int) {
	for seed := 1; seed <= r.o.seeds; seed++ {
		if !slices.ContainsFunc(list, func(c column) bool { return r.exams[asked{seed, c.weights, c.think}] == nil }) {
			seeds = append(seeds, seed)
		}
	}
	return seeds
}

// gain is the accuracy of a less that of b, on the same problems and seeds.
func (r *report) gain(a, b asked, family string) estimate {
	var x [][]float64
	for seed := 1; seed <= r.o.seeds; seed++ {
		p, q := r.exams[asked{seed, a.weights, a.think}], r.exams[asked{seed, b.weights, b.think}]
		if p == nil || q == nil {
			continue
		}
		one, other := floats(p.Right), floats(q.Right)
		for i := range one {
			one[i] -= other[i]
		}
		x = append(x, pick(one, r.problems, family))
	}
	return estimateOf(x)
}

// cost returns the mean over seeds of the operations of training, and of
// sampling and teaching, the base's included.
func (r *report) cost(weights string, think int) (flops, sampled float64, params int) {
	seeds := r.seeds(think, weights)
	for _, seed := range seeds {
		x := r.exams[asked{seed, weights, think}]
		flops += x.FLOPs / float64(len(seeds))
		sampled += x.Sampled / float64(len(seeds))
		params = x.Params
	}
	return flops, sampled, params
}

// write writes the report in both languages, with its plots.
func (r *report) write() error {
	if len(r.problems) == 0 {
		return nil
	}
	if err := os.MkdirAll(r.o.out, 0o777); err != nil {
		return err
	}
	for lang, name := range map[say.Lang]string{say.English: "reasoner.md", say.Chinese: "reasoner.zh-CN.md"} {
		d := &doc{lang: lang, out: r.o.out}
		r.head(d)
		for _, id := range []string{"1", "2", "3", "4", "5", "6"} {
			for i := range claims {
				if c := &claims[i]; c.id == id {
					d.say("\n## "+id+". %s\n", "\n## "+id+"。%s\n", c.title)
					c.tell(r, d)
				}
			}
		}
		r.mirror(d)
		if d.err != nil {
			return d.err
		}
		if err := os.WriteFile(filepath.Join(r.o.out, name), []byte(d.b.String()), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// A doc is a report in one language.
type doc struct {
	lang say.Lang
	out  string
	b    strings.Builder
	err  error
}

func (d *doc) say(en, zh string, args ...any) {
	d.b.WriteString(say.T(en, zh, args...).In(d.lang))
	d.b.WriteByte('\n')
}

// table writes a table: the first row is its head.
func (d *doc) table(rows [][]string) {
	for i, row := range rows {
		d.b.WriteString("| " + strings.Join(row, " | ") + " |\n")
		if i == 0 {
			d.b.WriteString("|" + strings.Repeat("---|", len(row)) + "\n")
		}
	}
	d.b.WriteByte('\n')
}

// plot writes a plot beside the report; both languages share it.
func (d *doc) plot(name string, svg []byte) {
	if err := os.WriteFile(filepath.Join(d.out, name), svg, 0o666); err != nil {
		d.err = err
	}
	fmt.Fprintf(&d.b, "![%s](%s)\n\n", strings.TrimSuffix(name, ".svg"), name)
}

// notRun says that a claim was not tried.
func (d *doc) notRun() { d.say("Not run.", "未运行。") }

// points writes an estimate of shares in points of a hundred, with its
// interval.
func points(e estimate) string {
	return fmt.Sprintf("%.1f (%.1f … %.1f)", 100*e.Value, 100*e.Low, 100*e.High)
}

func signed(e estimate) string {
	return fmt.Sprintf("%+.1f (%+.1f … %+.1f)", 100*e.Value, 100*e.Low, 100*e.High)
}

// each writes the values of the seeds.
func each(e estimate) string {
	var list []string
	for _, v := range e.Each {
		list = append(list, fmt.Sprintf("%+.1f", 100*v))
	}
	return strings.Join(list, ", ")
}

// familiesOf lists the families of problems in the order in which they come.
func familiesOf(problems []stage.Problem) (list []string) {
	for i := range problems {
		if f := problems[i].Family; !slices.Contains(list, f) {
			list = append(list, f)
		}
	}
	return list
}

// pick returns those of x that belong to problems of a family; of "" all.
func pick[T any](x []T, problems []stage.Problem, family string) (list []T) {
	for i := range x {
		if family == "" || problems[i].Family == family {
			list = append(list, x[i])
		}
	}
	return list
}

func floats[T int | bool](x []T) []float64 {
	list := make([]float64, len(x))
	for i, v := range x {
		switch v := any(v).(type) {
		case int:
			list[i] = float64(v)
		case bool:
			if v {
				list[i] = 1
			}
		}
	}
	return list
}
