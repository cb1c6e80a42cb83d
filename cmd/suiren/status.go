package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/plan"
	"suiren/run"
	"suiren/stage"
)

func (a *app) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use: "status [" + a.t("FOLDER", "目录") + "]", Short: a.t("Say what runs, what ran last and whether the plan is made", "显示正在运行的、上次运行的，以及计划是否已完成"),
		Args: a.args(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			folder := strings.Join(args, "")
			w, fault := a.open(folder)
			if fault != nil { // told after what runs
				var err error
				if w, err = a.openState(cmp.Or(folder, ".")); err != nil {
					return fault
				}
			}
			defer w.close()
			runs, err := run.Runs(w.st.Path())
			if err != nil {
				return err
			}
			m, err := a.machine()
			if err != nil {
				return err
			}
			var p *plan.Plan
			if fault == nil {
				p, fault = w.plan(c.Context(), m)
			}
			if a.format == formatJSONL {
				for _, r := range runs[:min(1, len(runs))] {
					a.line(struct {
						Type string   `json:"type"`
						Run  run.Info `json:"run"`
						Why  string   `json:"why,omitempty"`
					}{"run", r, r.Why(a.lang)})
				}
				if err := cmp.Or(w.showRunning(runs), fault); err != nil {
					return err
				}
				a.line(map[string]any{"type": "status", "made": p.Empty(), "steps": statesOf(p)})
				return nil
			}
			if len(runs) > 0 {
				r := runs[0]
				fmt.Fprintln(a.stdout, a.t("last run %s: %v", "上次运行 %s：%v", r.ID, runStates[r.State]))
				for line := range strings.Lines(r.Why(a.lang)) {
					fmt.Fprintln(a.stdout, "  "+strings.TrimSpace(line))
				}
				if err := w.showRunning(runs); err != nil {
					return err
				}
			} else {
				fmt.Fprintln(a.stdout, a.t("nothing has run here yet", "这里还没有运行过"))
			}
			if fault != nil {
				return fault
			}
			n := statesOf(p)
			if p.Empty() {
				fmt.Fprintln(a.stdout, a.t("the plan is made: %d blocks stand", "计划已完成：共 %d 个块", n[plan.Keep]))
				w.showNext(p)
			} else {
				fmt.Fprintln(a.stdout, a.leftText(n, len(runs) > 0 && runs[0].State == run.Running))
			}
			return nil
		},
	}
}

// showRunning shows the steps that the newest of runs is at, if it is alive, as
// whoever started it sees them.
func (w *workspace) showRunning(runs []run.Info) error {
	if len(runs) == 0 || runs[0].State != run.Running {
		return nil
	}
	a, steps := w.a, map[string]*running{}
	err := run.Told(w.st.Path(), runs[0].ID, func(l run.Line) {
		switch s := steps[l.Step]; {
		case l.Type == run.TypeBegin:
			steps[l.Step] = &running{began: l.Time, vals: map[string]float64{}}
		case l.Type == run.TypeMade, l.Type == run.TypeFailed, l.Type == run.TypeInterrupted:
			delete(steps, l.Step)
		case s != nil:
			e := stage.Event{Type: l.Type, Done: l.Done, Total: l.Total, Unit: l.Unit, Vals: l.Values}
			if l.Text != nil {
				e.Text = &say.Text{En: l.Text.En, Zh: l.Text.Zh}
			}
			s.hear(e, l.Time)
		}
	})
	if err != nil {
		return err
	}
	now := time.Now()
	for _, name := range slices.Sorted(maps.Keys(steps)) {
		s := steps[name]
		if a.format != formatJSONL {
			for _, line := range rows(a.runningParts(name, s, now, false), a.screen.Width()-1) {
				fmt.Fprintln(a.stdout, line)
			}
			continue
		}
		left, _, _ := s.left(now)
		a.line(struct {
			Type   string             `json:"type"`
			Step   string             `json:"step"`
			Began  time.Time          `json:"began"`
			Done   float64            `json:"done,omitempty"`
			Total  float64            `json:"total,omitempty"`
			Unit   string             `json:"unit,omitempty"`
			Text   string             `json:"text,omitempty"`
			Left   float64            `json:"left,omitempty"` // seconds
			Values map[string]float64 `json:"values,omitempty"`
		}{"running", name, s.began, s.done, s.total, s.unit, s.what.In(a.lang), left, s.vals})
	}
	return nil
}

// leftText says what stands and what is left to make; who runs need not be
// told to go on.
func (a *app) leftText(n map[plan.Action]int, running bool) string {
	text := a.t("%d blocks stand, %d are to be made, %d to be removed", "已有 %d 个块，还要制作 %d 个，移除 %d 个", n[plan.Keep], n[plan.Add]+n[plan.Change], n[plan.Remove])
	if !running {
		text += a.t(": suiren apply goes on", "：运行 suiren apply 继续")
	}
	return text
}

func statesOf(p *plan.Plan) map[plan.Action]int {
	n := map[plan.Action]int{}
	for _, s := range p.Steps() {
		n[s.Action]++
	}
	return n
}

var runStates = map[string]say.Text{
	run.Running: say.T("running", "正在运行"), run.Done: say.T("done", "完成"), run.Failed: say.T("failed", "失败"),
	run.Interrupted: say.T("interrupted", "被中断"),
}
