package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/plan"
	"suiren/stage"
	"suiren/stage/curve"
	"suiren/stage/data"
	"suiren/stage/guard"
	"suiren/stage/train"
	"suiren/store"
)

func (a *app) showCommand() *cobra.Command {
	var folder string
	c := &cobra.Command{
		SuggestFor: []string{"state", "output", "list"},
		Use:        "show [" + a.t("BLOCK|NAME.plan", "块|名称.plan") + "]", Short: a.t("Show what stands: all of it, one block and how it was made, or a saved plan", "显示现有内容、某个块的来历，或已保存的计划"),
		Args: a.args(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			name := strings.Join(args, "")
			if strings.HasSuffix(name, planSuffix) {
				w, p, m, err := a.planOf(c.Context(), name, false)
				if err != nil {
					return err
				}
				defer w.close()
				a.showPlan(p, m)
				return nil
			}
			w, err := a.openState(folder)
			if err != nil {
				return err
			}
			defer w.close()
			if name == "" {
				return w.showAll()
			}
			kind, block, ok := strings.Cut(name, ".")
			if !ok || !stage.IsKind(store.Kind(kind)) {
				return usage(name, say.T("this is not the name of a block", "这不是块的名字"), say.T("write it like weights.tutor", "请写成 weights.tutor 的样子"))
			}
			b, err := w.standing(store.Kind(kind), block)
			if err != nil {
				return err
			}
			return w.showBlock(b)
		},
	}
	c.Flags().StringVar(&folder, "plan", "", a.t("folder of the plan file (default: here)", "计划文件所在目录（默认：当前目录）"))
	return c
}

// showAll lists what stands.
func (w *workspace) showAll() error {
	list, err := w.st.Blocks()
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return &say.Error{Where: w.st.Path(), What: say.T("nothing stands here: nothing was made here yet, or it was removed", "这里没有产物：还没有制作过任何东西，或已移除"),
			Next: say.T("make the plan with suiren apply", "请先运行 suiren apply")}
	}
	slices.SortStableFunc(list, func(a, b store.Block) int { // as the data meets them
		return cmp.Compare(slices.Index(stage.Kinds, a.Kind), slices.Index(stage.Kinds, b.Kind))
	})
	var rows [][]string
	for _, b := range list {
		rec, ok, err := w.st.Made(b.Key)
		if err != nil {
			return err
		}
		if w.a.format == formatJSONL {
			w.a.line(map[string]any{"type": "block", "kind": b.Kind, "name": b.Name, "digest": b.Output, "bytes": rec.Bytes, "began": rec.Began, "seconds": rec.Seconds, "present": ok})
			continue
		}
		state := rec.Began.Local().Format(time.DateTime)
		if !ok {
			state = w.a.t("missing", "缺失")
		}
		rows = append(rows, []string{string(b.Kind) + "." + b.Name, b.Output.Short(), size(rec.Bytes), state, w.a.seconds(rec.Seconds)})
	}
	for _, l := range terminal.Table("llrlr", rows) {
		fmt.Fprintln(w.a.stdout, l)
	}
	return nil
}

// showBlock shows one block, and how it was made.
func (w *workspace) showBlock(b store.Block) error {
	a := w.a
	rec, ok, err := w.st.Made(b.Key)
	if err != nil {
		return err
	}
	if !ok {
		return &say.Error{Where: string(b.Kind) + "." + b.Name, What: say.T("its artifact %s is missing", "产物 %s 缺失", b.Output.Short()), Next: say.T("make it again with suiren apply", "请用 suiren apply 重新制作")}
	}
	dir, err := w.st.Dir(b.Output)
	if err != nil {
		return err
	}
	if a.format == formatJSONL {
		a.line(struct {
			Type string `json:"type"`
			Dir  string `json:"dir"`
			store.Record
		}{"record", dir, rec})
	} else {
		rows, err := w.recordRows(b, dir, rec)
		if err != nil {
			return err
		}
		for _, l := range terminal.Table("ll", rows) {
			fmt.Fprintln(a.stdout, l)
		}
	}
	switch b.Kind {
	case store.Classifier:
		c, err := guard.OpenClassifier(dir)
		if err != nil {
			return err
		}
		a.showClassifier(stage.Ref{Kind: b.Kind, Name: b.Name}, &c.Report)
	case store.Verdict:
		r, err := w.join(b.Output)
		if err != nil {
			return err
		}
		if a.format == formatJSONL {
			a.line(struct {
				Type string `json:"type"`
				*joined
			}{"report", r})
			return nil
		}
		for _, l := range a.reportLines(r) {
			fmt.Fprintln(a.stdout, l)
		}
	}
	return nil
}

// recordRows are how a block was made, as the rows of a table: a name and a text each.
func (w *workspace) recordRows(b store.Block, dir string, rec store.Record) ([][]string, error) {
	a := w.a
	method, err := w.method(rec)
	if err != nil {
		return nil, err
	}
	rows := [][]string{
		{a.t("digest", "摘要"), b.Output.String()},
		{a.t("files", "文件"), dir},
		{a.t("size", "大小"), size(rec.Bytes)},
		{a.t("made by", "制作者"), fmt.Sprintf("%s %d  (suiren %s)", method, rec.Revision, rec.Version)},
	}
	if said, held, ok := vocabulary(0).Settings(rec); !ok { // of another program
		rows = append(rows, []string{a.t("settings", "设置"), string(rec.Settings)})
	} else {
		for _, r := range [][]string{{a.t("settings", "设置"), say.List(a.lang, said)}, {a.t("by default", "默认值"), say.List(a.lang, held)}} {
			if r[1] != "" {
				rows = append(rows, r)
			}
		}
	}
	if derived := plan.Derived(rec); !derived.IsZero() { // its steps were foretold; how many there were stands below
		rows = append(rows, []string{a.t("as planned", "计划时推得"), derived.In(a.lang)})
	}
	for _, in := range rec.Inputs {
		from := in.Block
		if in.Part != "" {
			from += "/" + in.Part
		}
		rows = append(rows, []string{a.t("from", "来自") + " " + in.Arg, fmt.Sprintf("%s  %s", in.Digest.Short(), from)})
	}
	rows = append(rows,
		[]string{a.t("machine", "机器"), a.machineText(rec.Machine)},
		[]string{a.t("when", "时间"), rec.Began.Local().Format(time.DateTime) + "  " + a.seconds(rec.Seconds)},
		[]string{a.t("memory", "内存"), size(rec.Memory)})
	if rec.FLOPs > 0 {
		share := outcomeOf(rec).share()
		rows = append(rows, []string{a.t("training", "训练"), flopsText(rec.FLOPs) + a.t("  %.0f%% of peak", "  峰值的 %.0f%%", 100*share)})
	}
	left, err := leftOut(b.Kind, rec.Operator, dir)
	if err != nil {
		return nil, err
	}
	if !left.IsZero() {
		rows = append(rows, []string{a.t("left out", "略去"), left.In(a.lang)})
	}
	if b.Kind == store.Weights {
		curves := w.path("curves", stage.Ref{Kind: b.Kind, Name: b.Name}.String(), b.Key.Short())
		c, unread := curve.Read(curves)
		found, err := train.FoundIn(dir, method, c)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			rows = append(rows, []string{f.Name.In(a.lang), f.Text.In(a.lang)})
		}
		if unread == nil {
			if held := train.HeldOut(c); !held.IsZero() {
				rows = append(rows, []string{a.t("watched", "观察"), held.In(a.lang)})
			}
			if seen := train.AlsoLearnt(c); !seen.IsZero() {
				rows = append(rows, []string{a.t("also learnt", "也在学"), seen.In(a.lang)})
			}
			rows = append(rows, []string{a.t("curve", "曲线"), curves})
		}
	}
	return rows, nil
}

// leftOut says what of its inputs the artifact in dir does not hold, of rows and of
// the owner's examples; nothing if it holds all. Weights tell it with the rest.
func leftOut(kind store.Kind, operator, dir string) (say.Text, error) {
	switch {
	case kind == store.Tokens:
		info, err := stage.ReadRowsInfo(dir)
		return info.Left(), err
	case operator == (*data.Conversations)(nil).Name():
		return data.LeftOf(dir)
	}
	return say.Text{}, nil
}

// method is how a plan names the operator of a record: pretrain and sft are one, and
// the former is said of rows of plain text.
func (w *workspace) method(rec store.Record) (string, error) {
	if rec.Operator != (*train.SFT)(nil).Name() || slices.ContainsFunc(rec.Inputs, func(u store.Used) bool { return u.Arg == "base" }) {
		return rec.Operator, nil
	}
	for _, in := range rec.Inputs {
		if in.Arg != "from" {
			continue
		}
		made, err := w.st.MadeBy(in.From)
		if err != nil || len(made) == 0 {
			return rec.Operator, err
		}
		if slices.ContainsFunc(made[0].Inputs, func(u store.Used) bool { return u.Arg == "from" }) {
			return rec.Operator, nil
		}
		return "pretrain", nil
	}
	return rec.Operator, nil
}

// machineText says what an artifact was made on.
func (a *app) machineText(b json.RawMessage) string {
	var m stage.Machine
	if json.Unmarshal(b, &m) != nil {
		return string(b)
	}
	return a.t("%s, %s, %d cores, %d threads, %s", "%s，%s，%d 核，%d 线程，%s", m.CPU, m.Arch, m.Cores, m.Threads, size(m.Memory))
}
