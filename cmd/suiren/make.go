package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/plan"
	"suiren/run"
	"suiren/stage"
	"suiren/store"
)

// planSuffix is what a saved plan's name ends in: it tells -o FILE from the
// forms of output.
const planSuffix = ".plan"

func (a *app) planCommand() *cobra.Command {
	var check bool
	c := &cobra.Command{
		SuggestFor: []string{"validate", "graph", "diff", "refresh"},
		Use:        "plan [" + a.t("FOLDER", "目录") + "]", Short: a.t("Say what would be made, why and at what cost", "说明将制作什么、原因和代价"),
		Long: a.t(`Say what would be made from the plan file, why, and what it would cost. Nothing is made.

With -o NAME.plan the plan is saved: suiren apply NAME.plan makes just that, or
refuses if anything it rests on has changed.`,
			`说明按计划文件将制作什么、原因和代价，不会真正制作。

用 -o 名称.plan 保存计划：suiren apply 名称.plan 只执行该计划；若依据已变化则拒绝。`),
		Args: a.args(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			w, err := a.openWritten(strings.Join(args, ""))
			if err != nil {
				return err
			}
			defer w.close()
			m, err := a.measured()
			if err != nil {
				return err
			}
			p, err := w.plan(c.Context(), m)
			if err != nil {
				return err
			}
			a.showPlan(p, m)
			if a.saveTo != "" {
				if err := p.Save(a.saveTo); err != nil {
					return err
				}
				a.screen.Note(say.T("saved; make it with suiren apply %s", "已保存；用 suiren apply %s 执行", a.saveTo))
			}
			if check && !p.Empty() {
				return errChanges
			}
			return nil
		},
	}
	a.chooseFlags(c)
	c.Flags().BoolVar(&check, "check", false, a.t("end with exit code 2 if there is something to make", "有需要制作的内容时以退出码 2 结束"))
	return c
}

func (a *app) applyCommand() *cobra.Command {
	c := &cobra.Command{
		SuggestFor: []string{"taint", "make"},
		Use:        "apply [" + a.t("FOLDER|NAME.plan", "目录|名称.plan") + "]", Short: a.t("Make what the plan says; goes on where it was interrupted", "按计划制作；中断后可继续"),
		Args: a.args(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			w, p, m, err := a.planOf(c.Context(), strings.Join(args, ""), true)
			if err != nil {
				return err
			}
			defer w.close()
			a.showPlan(p, m)
			if p.Empty() {
				return p.Places(w.st)
			}
			if err = a.apply(c.Context(), w, p, m, w.unlock != nil); toReport(p, err) {
				err = errors.Join(err, a.showReport(w, p))
			}
			if err == nil {
				w.showNext(p)
			}
			return err
		},
	}
	a.chooseFlags(c)
	a.everyFlag(c)
	return c
}

// chooseFlags let an owner make a part of a plan, or a part of it anew.
func (a *app) chooseFlags(c *cobra.Command) {
	c.Flags().StringSliceVar(&a.only, "only", nil, a.t("only this block, as weights.base, and what it needs; the rest is left as it stands", "只处理此块（如 weights.base）及其所需的块；其余保持现状"))
	c.Flags().StringSliceVar(&a.anew, "anew", nil, a.t("make this block again, although it stands as the plan says; cut short, it goes on with the next apply, with or without --anew", "重做此块，即使它与计划一致；中途中断后，下次 apply 会继续，不论是否再给 --anew"))
}

// everyFlag lets an owner choose between repeating less and writing less.
func (a *app) everyFlag(c *cobra.Command) {
	c.Flags().DurationVar(&a.every, "checkpoint-every", 0, a.t("how often training saves its state, as 30s or 5m (default 10s)", "训练多久保存一次状态，如 30s、5m（默认 10s）"))
	c.Flags().Lookup("checkpoint-every").DefValue = "0s" // in the sentence above
}

// planOf makes the plan of a folder or file, or a saved plan again. One that is to be
// applied is made by the one writer of plans, which w is until it is closed or unlocked:
// a second is told so before it plans.
func (a *app) planOf(ctx context.Context, path string, toApply bool) (w *workspace, p *plan.Plan, m stage.Machine, err error) {
	saved := &plan.Saved{}
	if !strings.HasSuffix(path, planSuffix) {
		w, err = a.openWritten(path)
	} else if len(a.only)+len(a.anew) > 0 {
		err = usage(path, say.T("what a saved plan makes is chosen already", "保存的计划已经选定要制作的内容"),
			say.T("give --only and --anew to suiren plan -o NAME.plan", "请在 suiren plan -o 名称.plan 时给出 --only 和 --anew"))
	} else if saved, err = plan.ReadSaved(path); err == nil {
		w, err = a.open(saved.Path)
	}
	if err != nil {
		return nil, nil, m, err
	}
	if toApply {
		err = w.lock()
	}
	if err == nil {
		m, err = a.measured()
	}
	if err == nil && saved.Path != "" {
		p, err = saved.Remake(ctx, vocabulary(a.every), w.st, m, w.env())
	} else if err == nil {
		p, err = w.plan(ctx, m)
	}
	if err != nil {
		w.close()
	}
	return w, p, m, err
}

// showPlan writes a plan to standard output.
func (a *app) showPlan(p *plan.Plan, m stage.Machine) {
	if a.format == formatJSONL {
		a.line(struct {
			Type string `json:"type"`
			UI   string `json:"ui"`
			plan.View
			Only    []string      `json:"only,omitempty"`
			Empty   bool          `json:"empty"`
			Machine stage.Machine `json:"machine"`
		}{"plan", uiVersion, p.View(a.lang), p.File.Only, p.Empty(), m})
		return
	}
	var rows []stepRow
	for _, s := range p.Steps() {
		rows = append(rows, stepRow{mark: s.Action.Mark(), name: s.Ref.String(), why: s.Reason, forecast: s.Forecast, room: s.Room})
	}
	for _, l := range a.planLines(rows, m) {
		fmt.Fprintln(a.stdout, l)
	}
	if only := p.File.Only; len(only) > 0 {
		fmt.Fprintln(a.stdout, a.t("Only %s and what it needs: the rest is left as it stands.", "仅限 %s 及其所需的块：其余保持现状。", only))
	}
}

// apply carries out a plan and shows how it goes. locked says that the caller holds the
// lock of the state folder.
func (a *app) apply(ctx context.Context, w *workspace, p *plan.Plan, m stage.Machine, locked bool) error {
	progress, began := newProgress(a), time.Now()
	why := "" // the last step failed: said when the run goes on, for else it is the program's last word
	before, err := w.releaseOutputs()
	if err == nil {
		err = w.st.Within(store.Made)
	}
	if err != nil {
		return err
	}
	err = w.applyCharged(ctx, p, m, plan.Options{Version: versionText(), Locked: locked, Emit: func(e stage.Event) {
		if a.format == formatJSONL {
			a.event(e)
			return
		}
		switch e.Type {
		case run.TypeBegin:
			for line := range strings.Lines(why) {
				a.screen.Print(progress.fold("    " + strings.TrimSpace(line))...)
			}
			why = ""
			progress.begin(e.Step)
		case run.TypeMade:
			progress.end(e.Step, a.endLine(p, e))
			for _, l := range a.looksWrong(w, e.Step, began) {
				a.screen.Print("  " + l)
			}
		case run.TypeFailed:
			why = a.say(e)
			progress.end(e.Step, "  ! "+terminal.Pad(e.Step, 20)+"  "+a.t("failed", "失败"))
			for _, l := range a.looksWrong(w, e.Step, began) {
				a.screen.Print("  " + l)
			}
		case run.TypeInterrupted:
			progress.end(e.Step, "  ! "+terminal.Pad(e.Step, 20)+"  "+a.say(e))
		case plan.TypeKept:
			a.screen.Print("  = " + e.Step + "  " + a.say(e))
		case plan.TypeSkipped:
			a.screen.Print("  – " + terminal.Pad(e.Step, 20) + "  " + a.say(e))
		case plan.TypeApplied:
			a.screen.Print(a.say(e))
		default:
			progress.event(e)
		}
	}})
	return errors.Join(err, w.signMade(before))
}

// endLine is the line that stays of a step that is done.
func (a *app) endLine(p *plan.Plan, e stage.Event) string {
	parts := []string{"  ✓ " + terminal.Pad(e.Step, 20), a.seconds(e.Vals["seconds"])}
	for _, s := range p.Steps() {
		if s.Ref.String() == e.Step && s.Forecast.High > 0 {
			parts = append(parts, a.t("(foretold %s)", "（预计 %s）", a.span(s.Forecast.Low, s.Forecast.High)))
		}
	}
	if v := e.Vals["memory"]; v > 0 {
		parts = append(parts, size(int64(v)))
	}
	return strings.Join(parts, "  ")
}

// event writes an event as a line of JSON, its words in the reader's language.
func (a *app) event(e stage.Event) {
	e.Say = a.say(e)
	a.line(e)
}
