package guard

import (
	"fmt"
	"slices"
	"strings"

	"suiren/internal/say"
	"suiren/stage"
)

// gainBar is by how much thinking should beat direct answers for the thought
// to be worth its tokens: the report says whether it does. A plan that needs
// it requires gain.
const gainBar = 0.25

// sentences says what a report found: plain sentences that stand without its
// tables. rl is what reinforcement said of itself; nil if there was none.
func sentences(r *Report, rl *rlFacts) []Said {
	var list []Said
	add := func(texts ...say.Text) {
		for _, t := range texts {
			list = append(list, Said{t.In(say.English), t.In(say.Chinese)})
		}
	}
	add(sayUnseen(&r.Unseen)...)
	add(sayOverall(r))
	add(sayDirect(r)...)
	add(sayReinforcement(rl)...)
	add(sayTaught(r, rl)...)
	add(sayCoin(r)...)
	add(sayLength(r)...)
	add(sayRails(r)...)
	add(sayChecks(r)...)
	return list
}

// roleText is who a model is, as the subject of a sentence.
func roleText(m *Model) say.Text {
	switch m.Role {
	case Direct:
		return say.T("the model without thoughts", "不思考的模型")
	case Taught:
		return say.T("the model after SFT", "SFT 之后的模型")
	case Coin:
		return say.T("the model with random rewards", "随机奖励的模型")
	case Tutor:
		return say.T("the scenario", "场景")
	}
	return say.T(m.Name, m.Name)
}

func percent(x float64) string { return fmt.Sprintf("%.1f%%", 100*x) }
func points(x float64) string  { return fmt.Sprintf("%+.1f", 100*x) }

func flops(x float64) string { return strings.Replace(fmt.Sprintf("%.2g", x), "e+", "e", 1) }

// scored is an accuracy with its interval.
func scored(s *Score) say.Text {
	return say.T("%s (%s to %s)", "%s（%s 至 %s）", percent(s.Accuracy), percent(s.Low), percent(s.High))
}

// changed is a difference with its interval.
func changed(p *Paired) say.Text {
	return say.T("%s points (%s to %s)", "%s 个百分点（%s 至 %s）", points(p.Value), points(p.Low), points(p.High))
}

// sayUnseen says what was compared with what is asked, what was found, and what
// is not known.
func sayUnseen(u *Unseen) []say.Text {
	var list []say.Text
	switch {
	case u.Seen > 0:
		list = append(list, say.T("%[1]d of the %[2]d test problems were seen in training (for example %[3]s), so the scores say nothing about new problems.",
			"%[2]d 道测试题中有 %[1]d 道在训练中出现过（例如 %[3]s），因此得分不能说明模型做新题的水平。",
			u.Seen, u.Heldout+u.Length, u.Examples))
	case u.Train+u.Watch > 0:
		list = append(list, say.T("None of the %d held-out and %d longer problems is among the %d taught and %d watched questions that the weights learnt from (%d blocks of examples), nor a copy of a problem there with its numbers in another order and the same answer.",
			"权重学过 %[5]d 个样例块，其中训练用 %[3]d 问、观察用 %[4]d 问；%[1]d 道留出题和 %[2]d 道更长的题都不在其中，也不是其中某道题调换数字顺序而答案相同的翻版。",
			u.Heldout, u.Length, u.Train, u.Watch, u.Blocks))
	default:
		list = append(list, say.T("The weights learnt from no examples of the plan, so none was compared with the %d held-out and %d longer problems.",
			"权重没有学过计划里的任何样例，因此没有可与 %d 道留出题和 %d 道更长的题比较的题目。", u.Heldout, u.Length))
	}
	if u.Texts > 0 {
		list = append(list, say.T("The weights learnt from the texts of corpora too (%d of them), which were not compared: whether a problem stands in them is not known.",
			"权重还学过 %d 份语料的文本，这些文本没有比较：题目是否在其中出现过，无从得知。", u.Texts))
	}
	if u.Brought > 0 {
		list = append(list, say.T("The weights go back to %d models from outside of this plan: what was learnt before is not known, and was not compared.",
			"权重以 %d 个并非由本计划做出的模型为基础：它们此前学过什么无从得知，也没有比较。", u.Brought))
	}
	return list
}

func sayOverall(r *Report) say.Text {
	s := &r.Overall.Scores[len(r.Models)-1]
	return say.T("Asked as it will be served, the model answers %s of %d held-out problems correctly, with %.0f tokens a reply on average. Brackets hold 95%% intervals.",
		"按发布后的方式作答，模型在 %[2]d 道留出题上的正确率为 %[1]s，平均每题 %.0[3]f 个词元。括号内为 95%% 区间。",
		scored(s), r.Overall.Problems, s.Tokens)
}

// sayDirect says what thinking is worth.
func sayDirect(r *Report) []say.Text {
	i, c := r.Model(Direct), r.Change(Direct)
	if c == nil {
		return nil
	}
	t := say.T("Without thoughts, a model trained for %s FLOPs answers %s correctly: thinking is worth %s.",
		"不带思考的模型（训练 %s FLOPs）正确率为 %s：思考带来 %s。", flops(r.Models[i].FLOPs), scored(&r.Overall.Scores[i]), changed(&c.Overall))
	if j := r.Model(Taught); j >= 0 && near(r.Models[i].FLOPs, r.Models[j].FLOPs) {
		t = say.T("Without thoughts, a model trained for the same %s FLOPs answers %s correctly: thinking is worth %s.",
			"不带思考的模型训练量相同（%s FLOPs），正确率为 %s：思考带来 %s。", flops(r.Models[i].FLOPs), scored(&r.Overall.Scores[i]), changed(&c.Overall))
	}
	bar := say.T("That is less than the %.0f points that a thought should be worth.", "不到思考应有的 %.0f 个百分点。", 100*gainBar)
	if c.Overall.Value >= gainBar {
		bar = say.T("That is at least the %.0f points that a thought should be worth.", "达到了思考应有的 %.0f 个百分点。", 100*gainBar)
	}
	return []say.Text{t, bar}
}

// near reports whether two amounts of training are within two per cent.
func near(a, b float64) bool { return a > 0 && b > 0 && max(a, b) <= 1.02*min(a, b) }

// sayReinforcement says what reinforcement did.
func sayReinforcement(rl *rlFacts) []say.Text {
	if rl == nil {
		return nil
	}
	var list []say.Text
	switch {
	case !rl.Started:
		return []say.Text{say.T("Reinforcement was not started: %s of the sampled answers were right and %s of the groups held both right and wrong ones, too little to learn from. The weights are those after SFT.",
			"没有启动强化学习：采样作答的正确率为 %s，有对有错的题组占 %s，可学的太少。权重与 SFT 之后相同。", percent(rl.Pass), percent(rl.Informative))}
	case rl.RolledBack != "":
		list = append(list, sayRolledBack(rl.RolledBack))
	}
	if rl.Steps == 0 {
		return append(list, say.T("No step of reinforcement raised the score on the watched problems, so none was kept: the weights are those after SFT.",
			"强化学习没有一步提高观察题的得分，因此全部放弃：权重与 SFT 之后相同。"))
	}
	kept := slices.IndexFunc(rl.Watched, func(w watched) bool { return w.Step == rl.Steps })
	if kept < 0 {
		return append(list, say.T("Reinforcement kept %d steps.", "强化学习保留了 %d 步。", rl.Steps))
	}
	return append(list, say.T("Reinforcement kept %d steps, over which the score on the watched problems went from %s to %s.",
		"强化学习保留了 %d 步，观察题得分从 %s 变为 %s。", rl.Steps, percent(rl.Watched[0].Overall), percent(rl.Watched[kept].Overall)))
}

// sayRolledBack reads "step 15: word".
func sayRolledBack(why string) say.Text {
	var step int
	head, family, ok := strings.Cut(why, ": ")
	if n, err := fmt.Sscanf(head, "step %d", &step); !ok || n != 1 || err != nil {
		return say.T("Reinforcement was rolled back: %s.", "强化学习已回退：%s。", why)
	}
	if family == "overall" {
		return say.T("Reinforcement was rolled back: at step %d the score on the watched problems had fallen.",
			"强化学习已回退：到第 %d 步，观察题的得分下降了。", step)
	}
	return say.T("Reinforcement was rolled back: at step %d the score on the watched problems had fallen in %s.",
		"强化学习已回退：到第 %d 步，观察题中%s的得分下降了。", step, stage.FamilyText(family))
}

// sayTaught says how the scenario stands against the weights before
// reinforcement: overall, where it fell, and on the family that was hardest.
// A scenario that was not reinforced need not come of those weights.
func sayTaught(r *Report, rl *rlFacts) []say.Text {
	c, i := r.Change(Taught), r.Model(Taught)
	if c == nil {
		return nil
	}
	if rl == nil {
		return []say.Text{say.T("The weights after SFT that it is compared with come to %s on the same problems: the difference is %s.", "用来对比的 SFT 权重在同样的题上为 %s：相差 %s。",
			scored(&r.Overall.Scores[i]), changed(&c.Overall))}
	}
	list := []say.Text{say.T("After SFT alone the same problems come to %s: the change since is %s.", "仅经 SFT 的模型在同样的题上为 %s：此后变化 %s。",
		scored(&r.Overall.Scores[i]), changed(&c.Overall))}
	return append(append(list, sayFallen(r, c)), sayHardest(r, c))
}

// sayCoin says what the rewards themselves were worth: a run like it whose
// rewards are a coin learns the lessons again just so, and nothing from rewards.
func sayCoin(r *Report) []say.Text {
	c, i := r.Change(Coin), r.Model(Coin)
	if c == nil {
		return nil
	}
	t := say.T("With a coin in the place of the reward the same problems come to %s: what the rewards are worth, %s, was not measured to be more than nothing.",
		"以抛硬币代替奖励，同样的题为 %s：奖励本身带来 %s，没有测到它大于零。", scored(&r.Overall.Scores[i]), changed(&c.Overall))
	if c.Overall.Low > 0 {
		t = say.T("With a coin in the place of the reward the same problems come to %s: the rewards are worth %s.",
			"以抛硬币代替奖励，同样的题为 %s：奖励本身带来 %s。", scored(&r.Overall.Scores[i]), changed(&c.Overall))
	}
	return []say.Text{t}
}

// sayFallen says which families are below what they were after SFT.
func sayFallen(r *Report, c *Change) say.Text {
	i, tutor := r.Model(Taught), len(r.Models)-1
	var surely, hardly []say.Text
	for j := range c.Families {
		p, g := &c.Families[j], &r.Families[j]
		if p.Value >= 0 {
			continue
		}
		t := say.T("%s %s, from %s to %s", "%s %s，从 %s 到 %s", stage.FamilyText(p.Name), changed(p), percent(g.Scores[i].Accuracy), percent(g.Scores[tutor].Accuracy))
		if p.High < 0 || g.Scores[tutor].Accuracy < g.Scores[i].Low {
			surely = append(surely, t)
		} else {
			hardly = append(hardly, t)
		}
	}
	switch {
	case len(surely) > 0:
		return say.T("Fell below SFT: %s.", "低于 SFT 的题型：%s。", say.Join(append(surely, hardly...)...))
	case len(hardly) > 0:
		return say.T("No family fell measurably below SFT; within the noise lower: %s.", "没有题型明显低于 SFT；在误差之内略低：%s。", say.Join(hardly...))
	}
	return say.T("No family is below SFT.", "没有题型低于 SFT。")
}

// sayHardest says whether reinforcement raised the family that was hardest
// after SFT, by both measures: on the same problems, and by two intervals
// that lie apart.
func sayHardest(r *Report, c *Change) say.Text {
	i, tutor := r.Model(Taught), len(r.Models)-1
	hardest := 0
	for j := range r.Families {
		if r.Families[j].Scores[i].Accuracy < r.Families[hardest].Scores[i].Accuracy {
			hardest = j
		}
	}
	g, p := &r.Families[hardest], &c.Families[hardest]
	before, after := &g.Scores[i], &g.Scores[tutor]
	args := []any{stage.FamilyText(g.Name), scored(before), scored(after), changed(p)}
	switch {
	case p.Low > 0 && after.Low > before.High:
		return say.T("On the family that was hardest after SFT, %s, the score rose from %s to %s, by %s: its interval lies above that of SFT.",
			"在 SFT 之后最难的题型“%s”上，正确率从 %s升到 %s，变化 %s：区间高于 SFT 的区间。", args...)
	case p.Low > 0:
		return say.T("On the family that was hardest after SFT, %s, the score rose from %s to %s, on the same problems by %s; taken apart, the two intervals still overlap.",
			"在 SFT 之后最难的题型“%s”上，正确率从 %s升到 %s，同题对比变化 %s；但两个区间仍有重叠。", args...)
	}
	return say.T("On the family that was hardest after SFT, %s, no gain was measured: from %s to %s, a change of %s. Its interval is not above that of SFT.",
		"在 SFT 之后最难的题型“%s”上，没有测到提高：从 %s到 %s，变化 %s。区间没有高于 SFT 的区间。", args...)
}

// sayLength says how far what was taught carries to longer problems.
func sayLength(r *Report) []say.Text {
	if len(r.Length) == 0 {
		return []say.Text{say.T("The examples hold no problems longer than the taught ones, so nothing is known about length.", "样例中没有比训练题更长的题，长度泛化未作测试。")}
	}
	tutor := len(r.Models) - 1
	var holds, falls []say.Text
	for i := range r.Length {
		g := &r.Length[i]
		long := &g.Scores[tutor]
		t := say.T("%s %s", "%s %s", stage.FamilyText(g.Name), scored(long))
		known := slices.IndexFunc(r.Families, func(f Group) bool { return f.Name == g.Name })
		fell := long.Accuracy < 0.5 // whatever it is within the taught lengths
		if known >= 0 {
			held := &r.Families[known].Scores[tutor]
			t = say.T("%s %s against %s", "%s %s，训练长度内 %s", stage.FamilyText(g.Name), scored(long), percent(held.Accuracy))
			fell = fell && long.Accuracy < held.Accuracy || long.High < held.Low
		}
		if fell {
			falls = append(falls, t)
		} else {
			holds = append(holds, t)
		}
	}
	var list []say.Text
	if len(falls) > 0 {
		list = append(list, say.T("On problems longer than the taught ones the model does worse, or mostly fails: %s.", "题目比训练时更长，模型就明显变差，或大多答错：%s。", say.Join(falls...)))
	}
	if len(holds) > 0 {
		list = append(list, say.T("On longer problems no fall was measured: %s.", "更长的题上没有测到下降：%s。", say.Join(holds...)))
	}
	return list
}

// sayRails says what came between the model and its reader.
func sayRails(r *Report) []say.Text {
	m := &r.Models[len(r.Models)-1]
	var list []say.Text
	if m.Refused+m.Masked == 0 {
		list = append(list, say.T("The policy let every question and every answer pass as it was.", "策略对所有问题和回答都原样放行。"))
	} else {
		list = append(list, say.T("The policy refused %d replies and masked %d; they are judged as a user would get them.", "策略拒绝了 %d 次、遮盖了 %d 次；均按用户实际得到的内容评判。", m.Refused, m.Masked))
	}
	if m.Sourced > 0 {
		list = append(list, say.T("%d problems were answered from documents instead of by the model.", "有 %d 题由文档而不是由模型回答。", m.Sourced))
	}
	if m.Cut > 0 {
		list = append(list, say.T("%d replies did not come to an end and count as wrong.", "有 %d 条回答没有正常结束，按错误计。", m.Cut))
	}
	return list
}

// sayChecks names what is required and not there.
func sayChecks(r *Report) []say.Text {
	var list []say.Text
	for _, c := range r.Checks {
		switch {
		case c.OK || c.Name == stage.NeedUnseen: // said at the beginning
		case c.Got == nil:
			list = append(list, say.T("Required and not measured: %s of %v; nothing here tells it.", "要求 %s 达到 %v，但这里无从测量。", stage.NeedText(c.Name), c.Want))
		default:
			list = append(list, say.T("Required and not reached: %s of %v; it is %v.", "未达到要求：%s应为 %v，实际为 %v。", stage.NeedText(c.Name), c.Want, *c.Got))
		}
	}
	return list
}
