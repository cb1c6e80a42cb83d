package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/plan"
	"suiren/stage"
	"suiren/stage/guard"
	"suiren/store"
)

// A joined report is a verdict's report with what only the records know: how
// long the training of each model took, and on what share of the machine's peak.
type joined struct {
	*guard.Report
	Name   string        `json:"name,omitempty"` // the plan's name of the verdict
	Models []joinedModel `json:"models"`
	Steps  []joinedStep  `json:"steps,omitempty"`
}

type joinedModel struct {
	guard.Model
	Block   string  `json:"block,omitempty"`   // the plan's name of its weights
	Seconds float64 `json:"seconds,omitempty"` // of its own training step
	Memory  int64   `json:"memory,omitempty"`
	Share   float64 `json:"share,omitempty"` // of the measured peak
}

// A joinedStep sets what was foretold of a step against what it took.
type joinedStep struct {
	Name     string             `json:"name"`
	Foretold *plan.NodeForecast `json:"foretold,omitempty"`
	Actual   *plan.NodeActual   `json:"actual,omitempty"`
	FLOPs    float64            `json:"flops,omitempty"`
	Share    float64            `json:"share,omitempty"`
}

// toTell are the verdicts of a plan whose reports tell what came of it: those that
// stand and that a release rests on, or that were made now. An owner looks first at what
// lets a release out, whatever its name; where there is neither, all that stand.
func toTell(steps []plan.Step) (list []plan.Step) {
	rests := restsOn(steps)
	var stand, made []plan.Step
	for _, s := range steps {
		switch {
		case s.Kind != store.Verdict || s.Action == plan.Remove || !s.Stands: // what stands under its name, if anything, is of another plan
		case rests[s.Name]:
			list = append(list, s)
		case s.Action == plan.Add || s.Action == plan.Change:
			made = append(made, s)
		default:
			stand = append(stand, s)
		}
	}
	if list = append(list, made...); list == nil {
		return stand
	}
	return list
}

// restsOn names the verdicts on which releases of a plan rest.
func restsOn(steps []plan.Step) map[string]bool {
	names := map[string]bool{}
	for _, s := range steps {
		for _, need := range s.Needs {
			if s.Kind == store.Release && s.Action != plan.Remove && need.Kind == store.Verdict {
				names[need.Name] = true
			}
		}
	}
	return names
}

// shownVerdict is the one verdict to show where there is room for one: what stands may
// be of the plan before, which is shown until there is another. It is nil if none stands.
func shownVerdict(steps []plan.Step, blocks []store.Block) *store.Block {
	var tell string
	if list := toTell(steps); len(list) > 0 {
		tell = list[0].Name
	}
	rests := restsOn(steps)
	for _, fits := range []func(name string) bool{
		func(name string) bool { return rests[name] },
		func(name string) bool { return name == tell },
		func(string) bool { return true },
	} {
		for i, b := range blocks {
			if b.Kind == store.Verdict && fits(b.Name) {
				return &blocks[i]
			}
		}
	}
	return nil
}

// reports are those of the verdicts of p to tell of, the release's first.
func (w *workspace) reports(p *plan.Plan) (list []*joined, err error) {
	for _, s := range toTell(p.Steps()) {
		r, err := w.join(s.Output)
		if err != nil {
			return nil, err
		}
		r.Name = s.Name
		list = append(list, r)
	}
	return list, nil
}

func (w *workspace) join(verdict store.Digest) (*joined, error) {
	dir, err := w.st.Dir(verdict)
	if err != nil {
		return nil, err
	}
	r, err := guard.ReadReport(dir)
	if err != nil {
		return nil, err
	}
	j := &joined{Report: r}
	for _, m := range r.Models {
		jm := joinedModel{Model: m}
		records, err := w.st.MadeBy(m.Weights)
		if err != nil {
			return nil, err
		}
		if len(records) > 0 {
			o := outcomeOf(records[0])
			jm.Block, jm.Seconds, jm.Memory, jm.Share = records[0].Name, o.seconds, o.memory, o.share()
		}
		j.Models = append(j.Models, jm)
	}
	return j, nil
}

// outcomeOf reads what a step took from its record.
func outcomeOf(r store.Record) outcome {
	o := outcome{name: string(r.Kind) + "." + r.Name, seconds: r.Seconds, memory: r.Memory, flops: r.FLOPs}
	var m stage.Machine
	if json.Unmarshal(r.Machine, &m) == nil {
		o.peak = m.Peak
	}
	return o
}

// outcomes are the steps of a plan that are made, as foretold and as they came.
func outcomes(p *plan.Plan) (list []outcome) {
	for _, s := range p.Steps() {
		if s.Actual != nil {
			list = append(list, outcome{name: s.Ref.String(), forecast: s.Actual.Forecast, seconds: s.Actual.Seconds,
				memory: s.Actual.Memory, flops: s.Actual.FLOPs, peak: s.Actual.Peak})
		}
	}
	return list
}

// toReport reports whether an apply that ended with err leaves something to tell of the
// plan's verdict: a release that was refused has its reasons in the report.
func toReport(p *plan.Plan, err error) bool {
	return err == nil || errors.Is(err, stage.ErrRefused) || slices.ContainsFunc(p.Steps(), func(s plan.Step) bool {
		return s.Kind == store.Verdict && s.State == plan.Done && (s.Action == plan.Add || s.Action == plan.Change)
	})
}

// showReport writes the reports of a plan's verdicts that are to tell, and what the
// plan's steps took.
func (a *app) showReport(w *workspace, p *plan.Plan) error {
	reports, err := w.reports(p)
	if err != nil || len(reports) == 0 {
		return err
	}
	list := outcomes(p)
	if a.format == formatJSONL {
		took := map[string]outcome{}
		for _, o := range list {
			took[o.name] = o
		}
		for _, n := range p.View(a.lang).Nodes {
			if o, ok := took[string(n.Kind)+"."+n.Name]; ok {
				reports[0].Steps = append(reports[0].Steps, joinedStep{o.name, n.Forecast, n.Actual, o.flops, o.share()})
			}
		}
		for _, r := range reports {
			a.line(struct {
				Type string `json:"type"`
				*joined
			}{"report", r})
		}
		return nil
	}
	for _, r := range reports {
		if len(reports) > 1 {
			fmt.Fprintf(a.stdout, "%s.%s\n", store.Verdict, r.Name)
		}
		for _, l := range a.reportLines(r) {
			fmt.Fprintln(a.stdout, l)
		}
		fmt.Fprintln(a.stdout)
	}
	for _, l := range a.outcomeLines(list) {
		fmt.Fprintln(a.stdout, l)
	}
	return nil
}

// roleText names a model of a report: by its role, else by its block.
func roleText(m joinedModel) say.Text {
	switch m.Role {
	case guard.Direct:
		return say.T("direct", "直接回答")
	case guard.Taught:
		if !m.Think {
			return say.T("after SFT", "SFT 之后")
		}
		return say.T("thinks (SFT)", "先思考（SFT）")
	case guard.Coin:
		return say.T("random rewards", "随机奖励")
	case guard.Tutor:
		return say.T("as released", "发布版本")
	}
	return say.T("%s", "%s", cmp.Or(m.Block, m.Name))
}

// reportLines lays out a report for the terminal.
func (a *app) reportLines(r *joined) []string {
	head := []string{a.t("accuracy on held-out problems", "留出题正确率"), a.t("problems", "题数")}
	align := "lr"
	for _, m := range r.Models {
		head = append(head, roleText(m).In(a.lang), a.t("95% interval", "95% 区间"))
		align += "rl"
	}
	rows := [][]string{head}
	group := func(name string, g guard.Group) {
		row := []string{"  " + name, count(float64(g.Problems))}
		for _, s := range g.Scores {
			row = append(row, fmt.Sprintf("%.3f", s.Accuracy), fmt.Sprintf("%.3f–%.3f", s.Low, s.High))
		}
		rows = append(rows, row)
	}
	for _, g := range r.Families {
		group(stage.FamilyText(g.Name).In(a.lang), g)
	}
	group(a.t("overall", "总体"), r.Overall)
	tokens := []string{"  " + a.t("mean tokens", "平均词元"), ""}
	train := []string{"  " + a.t("training", "训练"), ""}
	took := []string{"  " + a.t("time", "用时"), ""}
	for i, m := range r.Models {
		tokens = append(tokens, fmt.Sprintf("%.1f", r.Overall.Scores[i].Tokens), "")
		train = append(train, flops(m.FLOPs), "FLOP")
		share := ""
		if m.Share > 0 {
			share = a.t("%.0f%% of peak", "峰值的 %.0f%%", 100*m.Share)
		}
		took = append(took, a.seconds(m.Seconds), share)
	}
	rows = append(rows, tokens, train, took)
	if len(r.Length) > 0 {
		rows = append(rows, append([]string{a.t("longer than taught", "比所教更长")}, make([]string, len(align)-1)...))
		for _, g := range r.Length {
			group(stage.FamilyText(g.Name).In(a.lang), g)
		}
	}
	lines := terminal.Table(align, rows)
	for _, s := range r.Said {
		lines = append(lines, s.In(a.lang))
	}
	return lines
}
