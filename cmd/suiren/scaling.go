package main

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"suiren/engine/model"
	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/plan"
	"suiren/run"
	"suiren/stage"
	"suiren/stage/curve"
	"suiren/stage/data"
	"suiren/stage/train"
	"suiren/store"
)

// A rung is a model of a ladder and the loss that it came to on examples that
// it did not learn.
type rung struct {
	depth  int
	batch  int
	params int
	row    float64 // operations of a row, about
	budget float64 // operations that it is trained for, as its plan says
	flops  float64 // that it took
	loss   float64
}

// A ladder is made of models of growing depth, each trained for operations
// that grow as the power growth of its parameters: larger ones read more.
const (
	growth     = 1.5
	rungSteps  = 150 // at least, by smaller batches
	mostTimes  = 4   // through the rows (arXiv 2305.16264)
	leastDepth = 3   // rungs: the law has three numbers
)

func (a *app) scalingCommand() *cobra.Command {
	var block, out string
	depths, minutes := 4, 2.0
	c := &cobra.Command{
		Use: "scaling [" + a.t("FOLDER", "目录") + "]", Short: a.t("Train a ladder of small models, foretell the next size, and train that too", "训练一组由小到大的模型，预测下一档的损失，再训练它来验证"),
		Long: a.t(`Train models of depth 1 to --depths on what a block of the plan learns from that sft or pretrain trains from random weights, fit their held-out loss to
L = E + A·C^−B, foretell that of the next depth, train it, and say how far off it was.

What is made lies in the state folder, under scaling, with a report (scaling.md, scaling.zh-CN.md, scaling.svg) and scaling.csv;
--out puts these four elsewhere. The plan's own blocks stay as they are.`,
			`用计划中某个从随机权重训练的块（sft 或 pretrain）的数据训练深度 1 到 --depths 的模型，按 L = E + A·C^−B 拟合留出损失，预测下一深度的损失，再训练它，
并说明偏差。

产物在状态目录的 scaling 下，含报告（scaling.md、scaling.zh-CN.md、scaling.svg）和 scaling.csv；--out 可将这四个文件写到别处。
计划自身的块不变。`),
		Args: a.args(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			if depths < leastDepth || depths > 12 {
				return usage("--depths", say.T("a ladder has 3 to 12 rungs, not %d", "阶梯应有 3 至 12 档，而不是 %d", depths), say.T("choose 4", "可选 4"))
			}
			if !(minutes > 0 && minutes <= 1e6) {
				return usage("--minutes", say.T("%v is not a length of training", "%v 不是训练时长", minutes), say.T("choose 2", "可选 2"))
			}
			return a.scaling(c.Context(), strings.Join(args, ""), block, out, depths, minutes*6e12)
		},
	}
	c.Flags().StringVar(&block, "block", "", a.t("weights block whose data is used (default: the first that sft or pretrain trains from random weights)", "使用其数据的 weights 块（默认：第一个用 sft 或 pretrain 从随机权重训练的块）"))
	c.Flags().StringVar(&out, "out", "", a.t("folder that the report is written to (default: scaling, in the state folder)", "报告写入的目录（默认：状态目录下的 scaling）"))
	c.Flags().IntVar(&depths, "depths", depths, a.t("rungs of the ladder, 3 to 12; one more is foretold", "阶梯档数，3 至 12；再预测一档"))
	c.Flags().Float64Var(&minutes, "minutes", minutes, a.t("how long the foretold model is trained, as in a plan; smaller ones less", "被预测模型的训练时长，含义同计划；更小的更短"))
	return c
}

// scaling makes a ladder, foretells and checks.
func (a *app) scaling(ctx context.Context, folder, block, out string, depths int, top float64) error {
	m, err := a.measured()
	if err != nil {
		return err
	}
	if folder == "" {
		folder = "."
	}
	f, err := plan.Load(folder, vocabulary(a.every))
	if err != nil {
		return err
	}
	from, err := sftBlock(f, block)
	if err != nil {
		return err
	}
	dir := filepath.Join(a.stateDir(f.Dir), "scaling")
	st, err := store.Open(dir)
	if err != nil {
		return err
	}
	defer st.Close()
	w := &workspace{a: a, file: f, st: st}
	sft := *from.Op.(*train.SFT)
	// The vocabulary and the length are known once the rows are made.
	w.file, err = ladderFile(f, from, nil)
	if err != nil {
		return err
	}
	p, err := a.makeRungs(ctx, w, m)
	if err != nil {
		return err
	}
	vocab, length, n, err := rowsOf(p, st, from)
	if err != nil {
		return err
	}
	rungs := ladder(vocab, length, depths+1, top)
	a.warnRepeated(rungs, n)
	if w.file, err = ladderFile(f, from, ops(&sft, rungs[:depths])); err != nil {
		return err
	}
	if p, err = a.makeRungs(ctx, w, m); err != nil {
		return err
	}
	if err := readRungs(p, st, rungs[:depths]); err != nil {
		return err
	}
	var compute, loss []float64
	for _, r := range rungs[:depths] {
		compute, loss = append(compute, r.flops), append(loss, r.loss)
	}
	law, err := curve.FitPowerLaw(compute, loss)
	if err != nil {
		return err
	}
	next := &rungs[depths]
	l := &ladderReport{block: from.Ref.String(), depths: depths, minutes: top / 6e12, rungs: rungs, law: law}
	l.foretell()
	a.warnExact(l)
	a.showRungs(rungs[:depths], law, next, l.foretold) // before it is known how it comes out
	if w.file, err = ladderFile(f, from, ops(&sft, rungs)); err != nil {
		return err
	}
	w.file.Only = nil // the rungs of another ladder go
	if p, err = a.makeRungs(ctx, w, m); err != nil {
		return err
	}
	if err := readRungs(p, st, rungs); err != nil {
		return err
	}
	if out == "" {
		out = dir
	}
	if err := l.write(out); err != nil {
		return err
	}
	a.showOutcome(l, out)
	return nil
}

// sftBlock finds the block of a name, or the first, that is trained by SFT
// from random weights.
func sftBlock(f *plan.File, name string) (*plan.Block, error) {
	var others []string
	for _, b := range f.Blocks {
		if s, ok := b.Op.(*train.SFT); ok && s.Base.IsZero() {
			if name == "" || b.Ref.String() == name {
				return b, nil
			}
			others = append(others, b.Ref.String())
		}
	}
	if len(others) == 0 {
		return nil, &say.Error{Where: f.Path, What: say.T("the plan has no weights that are trained from random weights, by sft or pretrain", "计划中没有用 sft 或 pretrain 从随机权重训练的块"),
			Next: say.T(`add one: weights with train = "sft", from, tokenizer and depth`, `请加一个：weights 块，写明 train = "sft"、from、tokenizer 和 depth`)}
	}
	return nil, usage("--block", say.T("%q is none of the plan's weights that are trained from random weights", "%q 不是计划中从随机权重训练的块", name), say.T("choose %s", "可选 %s", others))
}

// ladderFile is a plan of nothing but what a block is made from, and rungs in
// its place; others are left as they stand.
func ladderFile(f *plan.File, from *plan.Block, rungs []*train.SFT) (*plan.File, error) {
	args := slices.Clone(from.Args)
	if !slices.ContainsFunc(args, func(a plan.Arg) bool { return a.Name == "watch" }) {
		watched, err := watchedOf(f, from)
		if err != nil {
			return nil, err
		}
		args = append(args, plan.Arg{Name: "watch", Refs: []stage.Ref{watched}, Part: "watch"})
	}
	wanted := map[stage.Ref]bool{}
	for _, a := range args {
		for _, ref := range a.Refs {
			wanted[ref] = true
		}
	}
	out := *f
	out.Blocks, out.Only = nil, nil
	for _, b := range slices.Backward(f.Blocks) { // each after those that it refers to
		if !wanted[b.Ref] {
			continue
		}
		if t, ok := b.Op.(*data.Tokens); ok { // lessons begin easy, and a small rung would see no more
			mixed := *t
			mixed.Shuffle = true
			c := *b
			c.Op = &mixed
			b = &c
		}
		out.Blocks = append(out.Blocks, b)
		for _, a := range b.Args {
			for _, ref := range a.Refs {
				wanted[ref] = true
			}
		}
	}
	slices.Reverse(out.Blocks)
	for i, op := range rungs {
		out.Blocks = append(out.Blocks, &plan.Block{Ref: stage.Ref{Kind: store.Weights, Name: rungName(i)}, Op: op, Args: args, At: from.At})
	}
	for _, b := range out.Blocks {
		out.Only = append(out.Only, b.Ref.String())
	}
	return &out, nil
}

func rungName(i int) string { return "depth-" + strconv.Itoa(i+1) }

// watchedOf returns what of a block's tokens is not learnt: the first examples, or the
// first corpus that holds some of itself out.
func watchedOf(f *plan.File, from *plan.Block) (stage.Ref, error) {
	next := say.T("name a block whose tokens are made from examples, or from a corpus with split", "请指明 tokens 来自 examples 或设有 split 的 corpus 的块")
	for _, a := range from.Args {
		for _, ref := range a.Refs {
			for _, b := range f.Blocks {
				if b.Ref != ref || ref.Kind != store.Tokens {
					continue
				}
				for _, a := range b.Args {
					for _, ref := range a.Refs {
						if ref.Kind == store.Examples || holdsOut(f, ref) {
							return ref, nil
						}
						if ref.Kind == store.Corpus {
							next = say.T("set split in %s", "请在 %s 中设置 split", ref)
						}
					}
				}
			}
		}
	}
	return stage.Ref{}, &say.Error{Where: from.At, What: say.T("of what %s learns from nothing is held out, to be watched", "%s 的数据没有留出可供观察的部分", from.Ref), Next: next}
}

// holdsOut reports whether ref is a corpus that holds some of itself out.
func holdsOut(f *plan.File, ref stage.Ref) bool {
	return slices.ContainsFunc(f.Blocks, func(b *plan.Block) bool {
		c, ok := b.Op.(*data.Corpus)
		return b.Ref == ref && ok && c.Split > 0
	})
}

// makeRungs makes what is in w's file.
func (a *app) makeRungs(ctx context.Context, w *workspace, m stage.Machine) (*plan.Plan, error) {
	p, err := w.plan(ctx, m)
	if err != nil || p.Empty() {
		return p, err
	}
	return p, a.apply(ctx, w, p, m, false)
}

// rowsOf reads what the rows of a block are like.
func rowsOf(p *plan.Plan, st *store.Store, from *plan.Block) (vocab, length, n int, err error) {
	for _, s := range p.Steps() {
		if s.Kind != store.Tokens {
			continue
		}
		dir, err := st.Dir(s.Output)
		if err != nil {
			return 0, 0, 0, err
		}
		rows, err := stage.OpenRows(dir)
		if err != nil {
			return 0, 0, 0, err
		}
		defer rows.Close()
		return rows.Vocab(), rows.Length(), rows.Len(), nil
	}
	return 0, 0, 0, say.Errorf("%s has no rows", "%s 没有数据行", from.Ref)
}

// ladder says what n rungs are, the last being trained for top operations.
func ladder(vocab, length, n int, top float64) []rung {
	list := make([]rung, n)
	for i := n - 1; i >= 0; i-- {
		c := model.Scale(i+1, vocab, length)
		r := &list[i]
		r.depth, r.params = i+1, c.Params()
		r.budget = top * math.Pow(float64(r.params)/float64(list[n-1].params), growth)
		r.flops = r.budget // until it is known
		r.row = 3 * c.FLOPs([]int{length}, length*2/3)
		r.batch = min(max(int(r.flops/r.row/rungSteps), 1), 16)
	}
	return list
}

// warnRepeated says which rungs read the n rows so often that their losses are those of data
// that is known by heart: the law knows of new data alone.
func (a *app) warnRepeated(rungs []rung, n int) {
	for _, r := range rungs {
		if times := r.budget / r.row / float64(max(n, 1)); times > mostTimes {
			a.screen.Note(say.T("depth %d goes %.1f times through the rows, and from %d times on a loss is not that of new data: bring more, or lower --minutes", "深度 %d 会把数据读 %.1f 遍，超过 %d 遍后损失不再等同于新数据：请增加数据，或调小 --minutes", r.depth, times, mostTimes))
			return
		}
	}
}

// ops are the operators of rungs: as the block says, but for their size.
func ops(sft *train.SFT, rungs []rung) (list []*train.SFT) {
	for _, r := range rungs {
		op := *sft
		op.Depth, op.Width, op.Hidden, op.Heads, op.KVHeads, op.Batch, op.FLOPs, op.Minutes, op.Patience = r.depth, 0, 0, 0, 0, r.batch, r.budget, 0, 0
		op.Rung = true
		list = append(list, &op)
	}
	return list
}

// readRungs reads the last held-out loss of each rung, and its operations.
func readRungs(p *plan.Plan, st *store.Store, rungs []rung) error {
	for _, s := range p.Steps() {
		for i := range rungs {
			if s.Ref.Name != rungName(i) || s.Kind != store.Weights {
				continue
			}
			c, err := curve.Read(run.CurveDir(st.Path(), s.Ref.String(), s.Key))
			if err != nil {
				return err
			}
			loss, told := train.HeldLoss(c)
			if !told || s.Actual == nil {
				return say.Errorf("%s told no held-out loss", "%s 没有给出留出损失", s.Ref)
			}
			rungs[i].loss = loss
			if c.Counts["flops"] > 0 {
				rungs[i].flops = c.Counts["flops"]
			}
		}
	}
	return nil
}

// showRungs tells of a ladder, and what it foretells.
func (a *app) showRungs(list []rung, law curve.PowerLaw, next *rung, foretold float64) {
	if a.format == formatJSONL {
		for _, r := range list {
			a.line(map[string]any{"type": "rung", "depth": r.depth, "params": r.params, "flops": r.flops, "loss": r.loss, "fitted": law.At(r.flops)})
		}
		a.line(map[string]any{"type": "law", "e": law.E, "a": law.A, "b": law.B, "c0": law.C0})
		a.line(map[string]any{"type": "foretold", "depth": next.depth, "params": next.params, "flops": next.flops, "loss": foretold})
		return
	}
	rows := [][]string{{a.t("depth", "深度"), a.t("parameters", "参数"), a.t("operations", "运算"), a.t("held-out loss", "留出损失"), a.t("fitted", "拟合")}}
	for _, r := range list {
		rows = append(rows, []string{strconv.Itoa(r.depth), count(float64(r.params)), flops(r.flops), fmt.Sprintf("%.4f", r.loss), fmt.Sprintf("%.4f", law.At(r.flops))})
	}
	for _, l := range terminal.Table("rrrrr", rows) {
		fmt.Fprintln(a.stdout, l)
	}
	fmt.Fprintf(a.stdout, "L = %.4f + %.4f·(C/%.3g)^−%.3f\n", law.E, law.A, law.C0, law.B)
	fmt.Fprintln(a.stdout, a.t("depth %d, %s parameters, %s operations: foretold %.4f", "深度 %d、%s 个参数、%s 次运算：预测 %.4f",
		next.depth, count(float64(next.params)), flops(next.flops), foretold))
}

// warnExact warns where the fit says nothing of how good it is.
func (a *app) warnExact(l *ladderReport) {
	switch text := l.exact(); {
	case text.IsZero():
	case a.format == formatJSONL:
		a.line(map[string]any{"type": "warning", "text": text.In(a.lang)})
	default:
		a.screen.Note(text)
	}
}

// showOutcome sets what was foretold against how it came out.
func (a *app) showOutcome(l *ladderReport, dir string) {
	next, same := &l.rungs[len(l.rungs)-1], l.rungs[len(l.rungs)-2].loss
	off := func(x float64) float64 { return x/next.loss - 1 }
	if a.format == formatJSONL {
		a.line(map[string]any{"type": "outcome", "depth": next.depth, "flops": next.flops, "foretold": l.foretold, "loss": next.loss, "error": off(l.foretold), "dir": dir})
		return
	}
	fmt.Fprintln(a.stdout, a.t("it came out at %.4f after %s operations: foretold %+.1f%% off", "经 %[2]s 次运算，实际为 %.4[1]f：预测偏差 %+.1[3]f%%", next.loss, flops(next.flops), 100*off(l.foretold)))
	fmt.Fprintln(a.stdout, a.t("a straight line through the last two is %+.1f%% off, no gain %+.1f%%", "最后两档连成的直线偏差 %+.1f%%，视为不再下降偏差 %+.1f%%", 100*off(l.straight), 100*off(same)))
	fmt.Fprintln(a.stdout, strings.Join(terminal.Fold(l.meaning().In(a.lang), 79, ""), "\n"))
	fmt.Fprintln(a.stdout, a.t("written to %s: scaling.md, scaling.zh-CN.md, scaling.svg, scaling.csv", "已写入 %s：scaling.md、scaling.zh-CN.md、scaling.svg、scaling.csv", dir))
}
