package main

import (
	"fmt"
	"slices"

	"suiren/internal/say"
	"suiren/run"
	"suiren/stage"
	"suiren/stage/curve"
)

// head says what was done and how it is to be read.
func (r *report) head(d *doc) {
	d.say("# Six claims about small reasoning models\n", "# 关于小型推理模型的六个论断\n")
	d.say("[中文](reasoner.zh-CN.md) · made by `go run ./examples/reasoner/claims -state DIR -data DIR`, from `examples/reasoner/claims/suiren.hcl`\n",
		"[English](reasoner.md) · 由 `go run ./examples/reasoner/claims -state 目录 -data 目录` 按 `examples/reasoner/claims/suiren.hcl` 生成\n")
	flops, _, params := r.cost("think", fullThought)
	d.say("The thinking model has %d parameters and %.2g operations of training. All models learn from %s problems of six families in Chinese and English, or from some of them; they are asked %d others, held out by canonical key and by wording, greedily. Settings were chosen on a third set (`watch`). Accuracies are in per cent; an interval is of 95%%, over problems and seeds together (Satterthwaite); with fewer than three seeds it is said.",
		"思考模型有 %d 个参数，训练用 %.2g 次运算。所有模型学习 %s 道题（六种题型，中英双语）或其中一部分，再贪心地回答另外 %d 道按规范键和措辞留出的题。设置在第三个集合（`watch`）上选定。正确率为百分数；区间为 95%%，同时计入题目与种子的波动（Satterthwaite）；不足三个种子时注明。",
		params, flops, r.l.count("lessons"), len(r.problems))
}

// basis says of how many seeds numbers are, and names what is missing.
func (r *report) basis(d *doc, seeds int) {
	if seeds < r.o.seeds {
		d.say("**Unfinished: %d of %d seeds; intervals of one seed are of the problems alone.**\n", "**未完成：%d 个种子，共需 %d 个；单个种子的区间只计题目。**\n", seeds, r.o.seeds)
	}
}

// A column of a table of accuracies.
type column struct {
	name    say.Text
	weights string
	think   int
}

// compare writes a table of accuracies by family, the last column being the
// gain of the first over the second.
func (r *report) compare(d *doc, list ...column) {
	rows := [][]string{{say.T("family", "题型").In(d.lang)}}
	for _, c := range list {
		rows[0] = append(rows[0], c.name.In(d.lang))
	}
	for _, c := range list[1:] {
		rows[0] = append(rows[0], say.T("%s − %s", "%s − %s", list[0].name, c.name).In(d.lang))
	}
	for _, f := range append(familiesOf(r.problems), "") {
		row := []string{stage.FamilyText(f).In(d.lang)}
		if f == "" {
			row[0] = say.T("all", "全部").In(d.lang)
		}
		for _, c := range list {
			row = append(row, points(r.accuracy(c.weights, c.think, f, r.common(list)...)))
		}
		for _, c := range list[1:] {
			row = append(row, signed(r.gain(asked{0, list[0].weights, list[0].think}, asked{0, c.weights, c.think}, f)))
		}
		rows = append(rows, row)
	}
	costs := []string{say.T("operations: learning + sampling, teaching", "运算：学习 + 采样与教师").In(d.lang)}
	for _, c := range list {
		flops, sampled, _ := r.cost(c.weights, c.think)
		costs = append(costs, fmt.Sprintf("%.2g + %.2g", flops, sampled))
	}
	rows = append(rows, append(costs, make([]string, len(list)-1)...))
	d.table(rows)
}

// bars plots accuracies by family.
func (r *report) bars(d *doc, file, title string, list ...column) {
	p := &curve.Plot{Title: title, Y: "accuracy 正确率 / %"}
	families := append(familiesOf(r.problems), "")
	for _, f := range families {
		name := stage.FamilyText(f)
		if f == "" {
			name = say.T("all", "全部")
		}
		p.Labels = append(p.Labels, shortName(f, name))
	}
	for _, c := range list {
		s := curve.Series{Name: c.name.En}
		if c.name.Zh != c.name.En {
			s.Name += " " + c.name.Zh
		}
		for i, f := range families {
			e := r.accuracy(c.weights, c.think, f, r.common(list)...)
			s.Points = append(s.Points, curve.Dot{X: float64(i), Y: 100 * e.Value, Low: 100 * e.Low, High: 100 * e.High})
		}
		p.Series = append(p.Series, s)
	}
	d.plot(file, p.SVG())
}

// shortName is what fits below a plot.
func shortName(family string, name say.Text) string {
	if family == "" {
		family = name.En
	}
	return family + "\n" + name.Zh
}

var (
	thinking = column{say.T("thinks, N", "思考 N"), "think", fullThought}
	directly = column{say.T("direct, 10N", "直答 10N"), "direct", 0}
	sftOnly  = column{say.T("SFT", "SFT"), "few", fullThought}
	grpo     = column{say.T("GRPO", "GRPO"), "grpo", fullThought}
	moreSFT  = column{say.T("more SFT", "更多 SFT"), "more", fullThought}
	coin     = column{say.T("coin", "随机奖励"), "coin", fullThought}
	mixed    = column{say.T("shuffled", "乱序"), "shuffled", fullThought}
	easy     = column{say.T("curriculum", "课程"), "think", fullThought}
	longer   = column{say.T("checks", "核对"), "checked", checkedThought}
	shorter  = column{say.T("shortened", "缩短"), "short", checkedThought}
	taught   = column{say.T("distilled", "蒸馏"), "distil", fullThought}
)

// outcome says whether a claim holds.
func (d *doc) outcome(holds, fails bool) {
	switch {
	case holds:
		d.say("**The claim holds here.**\n", "**论断在此成立。**\n")
	case fails:
		d.say("**The claim does not hold here.**\n", "**论断在此不成立。**\n")
	default:
		d.say("**Undecided: the interval holds both.**\n", "**未定：区间两者皆含。**\n")
	}
}

// small is claim 1.
func (r *report) small(d *doc) {
	e := r.gain(asked{0, "think", fullThought}, asked{0, "direct", 0}, "")
	if e.Seeds == 0 {
		d.notRun()
		return
	}
	flops, _, params := r.cost("think", fullThought)
	dflops, _, dparams := r.cost("direct", 0)
	defer d.say("The steps of the thinking model go through the problems %.2f times, those of the direct one %.2f times: that is what their operations pay for.\n",
		"思考模型的训练把题目读了 %.2f 遍，直答模型读了 %.2f 遍：运算预算只够如此。\n", r.read("think"), r.read("direct"))
	d.say("A model of %d parameters that thinks, against one of %d (%.1f times) that answers at once and has %.1f times the operations: %s points in all; by seed %s.\n",
		"%d 个参数、先思考的模型，对比 %d 个参数（%.1f 倍）、直接回答、运算为其 %.1f 倍的模型：总体相差 %s 个百分点；各种子：%s。\n",
		params, dparams, float64(dparams)/float64(params), dflops/flops, signed(e), each(e))
	d.outcome(e.Low >= 0, e.High < 0)
	r.basis(d, e.Seeds)
	r.compare(d, thinking, directly)
	r.bars(d, "reasoner-small.svg", "N thinks, 10N answers at once 小模型思考，大模型直答", thinking, directly)
}

// read is the part of the rows that the training of weights of seed 1 went
// through.
func (r *report) read(weights string) float64 {
	digest, _, err := r.l.dir(1, "weights."+weights)
	if err != nil {
		return 0
	}
	made, err := r.l.st.MadeBy(digest)
	if err != nil || len(made) == 0 {
		return 0
	}
	c, err := curve.Read(run.CurveDir(r.l.st.Path(), "weights."+weights, made[0].Key))
	if err != nil {
		return 0
	}
	return c.Counts["epochs"]
}

// hardest are the two families that SFT of seed 1 did worst on among the
// watched problems.
func (r *report) hardest() []string {
	x := r.watched["few"]
	problems, err := r.l.problems(1, "watch")
	if x == nil || err != nil {
		return nil
	}
	list := familiesOf(problems)
	slices.SortStableFunc(list, func(a, b string) int {
		if share(pick(x.Right, problems, a)) < share(pick(x.Right, problems, b)) {
			return -1
		}
		return 1
	})
	return list[:min(2, len(list))]
}

// lift is claim 2.
func (r *report) lift(d *doc) {
	hard := r.hardest()
	if len(hard) == 0 || len(r.seeds(fullThought, "few", "grpo")) == 0 {
		d.notRun()
		return
	}
	// over both: as the mean of the two families, which are of one size
	both := func(a, b string) estimate {
		var x [][]float64
		for _, seed := range r.seeds(fullThought, a, b) {
			one, other := floats(r.exams[asked{seed, a, fullThought}].Right), floats(r.exams[asked{seed, b, fullThought}].Right)
			for i := range one {
				one[i] -= other[i]
			}
			x = append(x, append(pick(one, r.problems, hard[0]), pick(one, r.problems, hard[1])...))
		}
		return estimateOf(x)
	}
	e, more, luck := both("grpo", "few"), both("more", "few"), both("coin", "few")
	d.say("SFT has %s problems with worked thoughts, and goes through them %.0f times; of the others only the results are known. GRPO asks those, and learns the worked ones again. More SFT and a coin in the place of the reward have the worked ones alone to learn from.\n",
		"SFT 只有 %s 道带解答的题，读了 %.0f 遍；其余题只知道结果。GRPO 用这些题提问，并重学带解答的题。更多 SFT 与随机奖励都只有带解答的题可学。\n", r.l.count("few"), r.read("few"))
	d.say("The two families that SFT did worst on among the watched problems: %s and %s. On them GRPO adds %s points, by seed %s.\n",
		"SFT 在监测题上最差的两种题型：%s、%s。GRPO 在其上提升 %s 个百分点，各种子：%s。\n", stage.FamilyText(hard[0]), stage.FamilyText(hard[1]), signed(e), each(e))
	fell := []string{}
	for _, f := range familiesOf(r.problems) {
		if both := r.common([]column{grpo, sftOnly}); !slices.Contains(hard, f) && r.accuracy("grpo", fullThought, f, both...).Value < r.accuracy("few", fullThought, f, both...).Low {
			fell = append(fell, stage.FamilyText(f).In(d.lang))
		}
	}
	fails := e.High < 0.10 || len(fell) > 0
	d.say("- Families that fell below the interval of their SFT: %d %v", "- 低于其 SFT 区间的题型：%d 种 %v", len(fell), fell)
	if more.Seeds > 0 {
		d.say("- More SFT for at least as many operations adds %s; GRPO less that: %s.", "- 运算不少于它的更多 SFT 提升 %s；GRPO 比它高 %s。", signed(more), signed(both("grpo", "more")))
		fails = fails || both("grpo", "more").High < 0
	} else {
		d.say("- More SFT: not run.", "- 更多 SFT：未运行。")
	}
	if luck.Seeds > 0 {
		d.say("- A coin in the place of the reward adds %s.", "- 以随机奖励代替，提升 %s。", signed(luck))
		fails = fails || luck.Low > 0
	} else {
		d.say("- Random reward: not run.", "- 随机奖励：未运行。")
	}
	d.say("", "")
	ok := e.Value >= 0.10 && e.Low > 0 && len(fell) == 0 && more.Seeds > 0 && both("grpo", "more").Low > 0 && luck.Seeds > 0 && luck.Low <= 0
	d.outcome(ok, fails)
	r.basis(d, min(e.Seeds, more.Seeds, luck.Seeds))
	list := []column{grpo, sftOnly}
	if more.Seeds > 0 {
		list = append(list, moreSFT)
	}
	if luck.Seeds > 0 {
		list = append(list, coin)
	}
	r.compare(d, list...)
	r.bars(d, "reasoner-lift.svg", "SFT, then GRPO; controls 先 SFT 后 GRPO 与对照", list...)
}

// thought returns the mean tokens of thought of both columns, and the part by
// which those of a are fewer.
func (r *report) thought(a, b column) (of, other, part float64) {
	one := func(c column) float64 {
		var all []float64
		for _, seed := range r.common([]column{a, b}) {
			all = append(all, floats(r.exams[asked{seed, c.weights, c.think}].Tokens)...)
		}
		return mean(all)
	}
	of, other = one(a), one(b)
	return of, other, 1 - of/other
}

// short is claim 3.
func (r *report) short(d *doc) {
	e := r.gain(asked{0, "short", checkedThought}, asked{0, "checked", checkedThought}, "")
	if e.Seeds == 0 {
		d.notRun()
		return
	}
	of, other, part := r.thought(shorter, longer)
	d.say("In the lessons of this model a thought is gone through again, once, twice or not at all: what it has found is never wrong. GRPO goes on from it with a price of %s of the reward for each token. Thoughts: %.1f tokens before, %.1f after (%+.0f%%); accuracy %s points, by seed %s. The claim asks for half at one point of loss.\n",
		"该模型的课程中，思考会重走一遍、两遍或不重走：核对从未发现错误。GRPO 由它继续，每个词元扣除奖励的 %s。思考词元：之前 %.1f，之后 %.1f（%+.0f%%）；正确率变化 %s 个百分点，各种子：%s。论断要求减半而损失不超过 1 个百分点。\n",
		r.l.price("short"), other, of, -100*part, signed(e), each(e))
	d.outcome(part >= 0.5 && e.Low >= -0.01, part < 0.5 || e.High < -0.01)
	r.basis(d, e.Seeds)
	r.compare(d, shorter, longer)
	lean := column{say.T("", ""), "lean", fullThought}
	if e := r.gain(asked{0, "lean", fullThought}, asked{0, "grpo", fullThought}, ""); e.Seeds > 0 {
		of, other, part := r.thought(lean, grpo)
		d.say("Of thoughts that hold nothing to leave out, those of claim 2, a price of %s makes %.1f tokens %.1f (%+.0f%%), accuracy %s.\n",
			"论断 2 的思考没有可省之处：每词元扣 %s，%.1f 个词元变为 %.1f（%+.0f%%），正确率变化 %s。\n", r.l.price("lean"), other, of, -100*part, signed(e))
	}
}

// budget is claim 4.
func (r *report) budget(d *doc) {
	answers, empty, cut := 0, 0, 0
	rows := [][]string{{say.T("most tokens of thought", "思考词元上限").In(d.lang), say.T("accuracy", "正确率").In(d.lang), say.T("mean tokens of thought", "平均思考词元").In(d.lang), say.T("empty answers", "空回答").In(d.lang)}}
	p := &curve.Plot{Title: "accuracy against think budget 正确率与思考预算", X: "most tokens of thought 思考词元上限", Y: "accuracy 正确率 / %"}
	p.Series = []curve.Series{{Name: "all 全部", Line: true}}
	for _, f := range familiesOf(r.problems) {
		p.Series = append(p.Series, curve.Series{Name: f + " " + stage.FamilyText(f).Zh, Line: true})
	}
	seeds := 0
	for _, think := range budgets {
		e := r.accuracy("think", think, "")
		if e.Seeds == 0 {
			continue
		}
		if seeds++; seeds == 1 || e.Seeds < seeds {
			seeds = e.Seeds
		}
		none, tokens := 0, []float64{}
		for _, seed := range r.seeds(think, "think") {
			x := r.exams[asked{seed, "think", think}]
			answers, none, cut = answers+x.Asked, none+x.Empty, cut+x.Cut
			tokens = append(tokens, floats(x.Tokens)...)
		}
		empty += none
		rows = append(rows, []string{fmt.Sprint(think), points(e), fmt.Sprintf("%.1f", mean(tokens)), fmt.Sprint(none)})
		for i, f := range append([]string{""}, familiesOf(r.problems)...) {
			e := r.accuracy("think", think, f)
			dot := curve.Dot{X: float64(think), Y: 100 * e.Value}
			if f == "" {
				dot.Low, dot.High = 100*e.Low, 100*e.High
			}
			p.Series[i].Points = append(p.Series[i].Points, dot)
		}
	}
	if len(rows) < len(budgets)+1 {
		d.notRun()
		return
	}
	d.say("The thinking model after SFT; a thought that reaches the limit is closed, and it answers. %d answers, %d of them empty, %d that did not end by themselves.\n",
		"SFT 后的思考模型；思考到上限即被关闭并作答。共 %d 个回答，其中空回答 %d 个，未自行结束的 %d 个。\n", answers, empty, cut)
	d.outcome(answers >= 10000 && empty == 0, empty > 0)
	r.basis(d, seeds)
	d.table(rows)
	d.plot("reasoner-budget.svg", p.SVG())
}

// distil is claim 5.
func (r *report) distil(d *doc) {
	e := r.gain(asked{0, "distil", fullThought}, asked{0, "grpo", fullThought}, "")
	if e.Seeds == 0 {
		d.notRun()
		return
	}
	flops, sampled, _ := r.cost("distil", fullThought)
	gflops, gsampled, _ := r.cost("grpo", fullThought)
	d.say("Both go on from the same SFT of few worked problems. Distilled from the right answers of one teacher of four times the parameters, which was taught all thoughts (its own training not counted): %.2g operations of learning and teaching; GRPO: %.2g of learning and sampling. Distilled less GRPO: %s points, by seed %s.\n",
		"两者从同一个只学过少量解答的 SFT 继续。从一个四倍参数、学过全部解答的教师的正确回答蒸馏（教师自身的训练不计）：学习与教师共 %.2g 次运算；GRPO 学习与采样共 %.2g 次。蒸馏减 GRPO：%s 个百分点，各种子：%s。\n",
		flops+sampled, gflops+gsampled, signed(e), each(e))
	switch {
	case e.Low > 0:
		d.say("**Distillation is ahead here.**\n", "**此处蒸馏领先。**\n")
	case e.High < 0:
		d.say("**Reinforcement is ahead here.**\n", "**此处强化学习领先。**\n")
	default:
		d.say("**No difference that these problems and seeds can tell.**\n", "**这些题目与种子分辨不出差别。**\n")
	}
	r.basis(d, e.Seeds)
	r.compare(d, taught, grpo)
}

// curriculum is claim 6.
func (r *report) curriculum(d *doc) {
	e := r.gain(asked{0, "think", fullThought}, asked{0, "shuffled", fullThought}, "")
	if e.Seeds == 0 {
		d.notRun()
		return
	}
	d.say("The same problems, easy ones first or in an order drawn once, for the same operations. Curriculum less shuffled: %s points, by seed %s.\n",
		"同样的题目，先易后难或一次抽定的乱序，运算相同。课程减乱序：%s 个百分点，各种子：%s。\n", signed(e), each(e))
	d.say("Both go through the rows %.2f times.\n", "两者都把各行读了 %.2f 遍。\n", r.read("think"))
	d.outcome(e.Low > 0, e.High < 0)
	r.basis(d, e.Seeds)
	r.compare(d, easy, mixed)
}

// mirror tells of others' problems.
func (r *report) mirror(d *doc) {
	d.say("\n## Others' problems\n", "\n## 他人的题目\n")
	if len(r.mirrored) == 0 {
		d.notRun()
		return
	}
	d.say("Asked as they are of the thinking model of seed 1, which has never seen the like; the last number of an answer counts. What does not fit into the context of 256 tokens is wrong. It is near nothing, as it must be: six families of generated problems do not teach to read.\n",
		"原样提问种子 1 的思考模型，它从未见过这类题目；取回答中最后一个数。放不进 256 个词元上下文的算错。结果接近零，理应如此：六种生成题型教不会阅读。\n")
	rows := [][]string{{say.T("set", "题集").In(d.lang), say.T("problems", "题数").In(d.lang), say.T("fit", "放得下").In(d.lang), say.T("right", "答对").In(d.lang), "%"}}
	for _, name := range []string{"gsm8k", "math23k", "ape210k"} {
		if x := r.mirrored[name]; x != nil {
			e := estimateOf([][]float64{floats(x.Right)})
			rows = append(rows, []string{mirrors[name].name, fmt.Sprint(len(x.Right)), fmt.Sprint(x.Asked), fmt.Sprint(int(e.Value*float64(len(x.Right)) + 0.5)), points(e)})
		}
	}
	d.table(rows)
}
