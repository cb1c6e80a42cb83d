package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"suiren/internal/say"
	"suiren/stage/curve"
)

// A ladderReport is what scaling leaves: the rungs, the last of which was
// foretold by the law of the others.
type ladderReport struct {
	block   string
	depths  int
	minutes float64
	rungs   []rung
	law     curve.PowerLaw

	// The last rung's loss, foretold by the law, and by a straight line
	// through the two before it.
	foretold, straight float64
}

// foretell foretells the last rung's loss from the others.
func (l *ladderReport) foretell() {
	n := len(l.rungs) - 1
	a, b, next := &l.rungs[n-2], &l.rungs[n-1], &l.rungs[n]
	slope := math.Log(b.loss/a.loss) / math.Log(b.flops/a.flops)
	l.foretold, l.straight = l.law.At(next.flops), b.loss*math.Pow(next.flops/b.flops, slope)
}

// fitted is the law's loss of rung i: of the last as it was foretold, for the operations that
// were planned, which are not quite those that it took.
func (l *ladderReport) fitted(i int) float64 {
	if i == len(l.rungs)-1 {
		return l.foretold
	}
	return l.law.At(l.rungs[i].flops)
}

// write writes the report, its plot and its numbers.
func (l *ladderReport) write(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for name, b := range map[string][]byte{
		"scaling.md": l.text(0), "scaling.zh-CN.md": l.text(1), "scaling.csv": l.numbers(), "scaling.svg": l.plot(),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// text is the report in English, or in Chinese.
func (l *ladderReport) text(language int) []byte {
	t := func(text ...string) string { return text[language] }
	n := len(l.rungs) - 1
	next := &l.rungs[n]
	same := l.rungs[n-1].loss
	var b bytes.Buffer
	b.WriteString(t("# A ladder of small models\n\n[中文](scaling.zh-CN.md)", "# 由小到大的一组模型\n\n[English](scaling.md)"))
	fmt.Fprintf(&b, t(" · made by `suiren scaling --block %s --depths %d --minutes %.4g`\n\n", " · 由 `suiren scaling --block %s --depths %d --minutes %.4g` 生成\n\n"), l.block, l.depths, l.minutes)
	fmt.Fprintf(&b, t("Models of depth 1 to %d learn from the same rows, in an order drawn once, for operations that grow as N^%.1f of the parameters. "+
		"Their losses on examples that none of them learnt are fitted to L = E + A·(C/C₀)^−B. Depth %d was foretold for %.3g operations, before it was trained for as many, in whole steps. One run each, so there are no intervals.\n\n",
		"深度 1 至 %d 的模型用同样的行、同一次抽定的顺序训练，运算量按参数量的 %.1f 次方增长。把它们在未学过的样例上的损失拟合为 L = E + A·(C/C₀)^−B；"+
			"深度 %d 的损失在训练之前就按 %.3g 次运算预测，随后以整步训练同样多的运算。每档只跑一次，因此没有区间。\n\n"), l.depths, growth, next.depth, next.budget)
	b.WriteString(t("| depth | parameters | operations | rows a step | held-out loss | fitted |\n", "| 深度 | 参数 | 运算次数 | 每步行数 | 留出损失 | 拟合 |\n") + "|---|---|---|---|---|---|\n")
	for i, r := range l.rungs {
		name, fitted := strconv.Itoa(r.depth), l.fitted(i)
		if i == n {
			name = "**" + name + t(", foretold**", "，预测**")
		}
		fmt.Fprintf(&b, "| %s | %d | %.3g | %d | %.4f | %.4f |\n", name, r.params, r.flops, r.batch, r.loss, fitted)
	}
	fmt.Fprintf(&b, "\nL = %.4f + %.4f·(C/%.3g)^−%.3f\n\n", l.law.E, l.law.A, l.law.C0, l.law.B)
	if mind := l.exact(); !mind.IsZero() {
		b.WriteString(t("Mind: "+mind.In(say.English)+".\n\n", "注意："+mind.In(say.Chinese)+"。\n\n"))
	}
	b.WriteString(t("| depth "+strconv.Itoa(next.depth)+" foretold by | loss | off by |\n", "| 深度 "+strconv.Itoa(next.depth)+" 的预测依据 | 损失 | 偏差 |\n") + "|---|---|---|\n")
	row := func(name string, x float64) {
		fmt.Fprintf(&b, "| %s | %.4f | %+.1f%% |\n", name, x, 100*(x/next.loss-1))
	}
	row(t("the law", "拟合的规律"), l.foretold)
	row(t("a straight line through the last two, of logarithms", "最后两档在双对数坐标下连成的直线"), l.straight)
	row(t("no gain: the loss of depth "+strconv.Itoa(l.rungs[n-1].depth), "不再下降：深度 "+strconv.Itoa(l.rungs[n-1].depth)+" 的损失"), same)
	means := l.meaning()
	b.WriteString("\n" + t(means.En, means.Zh) + "\n")
	b.WriteString("\n![scaling](scaling.svg)\n")
	return b.Bytes()
}

// exactWithin is how far from a rung's loss a law that goes through it may be: its
// numbers are found on grids.
const exactWithin = 1e-3

// exact is what to mind of a law that has as many numbers as there are rungs;
// zero if it has fewer. It goes through all of them, however bad it is; or none
// does, and then the rungs fall as no such law can.
func (l *ladderReport) exact() say.Text {
	if l.depths > leastDepth {
		return say.Text{}
	}
	far := 0.0
	for _, r := range l.rungs[:l.depths] {
		far = max(far, math.Abs(l.law.At(r.flops)/r.loss-1))
	}
	if far <= exactWithin {
		return say.T("the law has three numbers and goes through three rungs exactly: the fit says nothing of how good it is; take --depths 4 or more to see that",
			"规律有三个数，正好穿过三档：拟合本身看不出它有多准；要看出来，请用 --depths 4 或更多")
	}
	return say.T("no law of this form goes through these three rungs, though it has three numbers: the nearest is up to %.1f%% off; do not trust what it foretells, and take --depths 4 or more",
		"规律有三个数，却没有一条这种形式的规律能穿过这三档：最接近的偏差也达 %.1f%%；请勿相信它的预测，并用 --depths 4 或更多", 100*far)
}

// meaning says whether the law foretold better than the two simpler ways.
func (l *ladderReport) meaning() say.Text {
	n := len(l.rungs) - 1
	off := func(x float64) float64 { return math.Abs(x/l.rungs[n].loss - 1) }
	if off(l.foretold) < off(l.straight) && off(l.foretold) < off(l.rungs[n-1].loss) {
		return say.T("The law is the nearest of the three.", "三者之中，拟合的规律最接近。")
	}
	return say.T("The law is not the nearest of the three: here it foretells no better than the simpler ways.", "拟合的规律不是三者中最接近的：在这里它并不比更简单的办法准。")
}

func (l *ladderReport) numbers() []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write([]string{"depth", "params", "batch", "flops", "loss", "fitted"})
	for i, r := range l.rungs {
		w.Write([]string{strconv.Itoa(r.depth), strconv.Itoa(r.params), strconv.Itoa(r.batch), strconv.FormatFloat(r.flops, 'g', -1, 64),
			strconv.FormatFloat(r.loss, 'g', -1, 64), strconv.FormatFloat(l.fitted(i), 'g', -1, 64)})
	}
	w.Flush()
	return b.Bytes()
}

func (l *ladderReport) plot() []byte {
	p := &curve.Plot{Title: "loss against compute 损失与运算量", X: "operations 运算次数", Y: "held-out loss 留出损失", LogX: true}
	seen := curve.Series{Name: "trained 训练所得"}
	fitted := curve.Series{Name: "fitted to all but the last 拟合（不含最后一点）", Line: true}
	for _, r := range l.rungs {
		seen.Points = append(seen.Points, curve.Dot{X: r.flops, Y: r.loss})
		fitted.Points = append(fitted.Points, curve.Dot{X: r.flops, Y: l.law.At(r.flops)})
	}
	p.Series = []curve.Series{seen, fitted}
	return p.SVG()
}
