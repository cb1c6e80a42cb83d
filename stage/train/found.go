package train

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"

	"suiren/internal/say"
	"suiren/stage/curve"
)

// A Found is a line of what the training of weights found.
type Found struct {
	Name, Text say.Text
}

// overBases are the methods that count the steps of their base with theirs, where that is a
// model of our own.
var overBases = []string{(*DPO)(nil).Name(), (*KTO)(nil).Name(), (*GRPO)(nil).Name()}

// FoundIn says what the suiren.json of a folder of weights tells of how they
// were trained, by a method as a plan names it, and their curve of the loss; nothing if it
// has none. It is an error if it cannot be read. c is nil where the curve is gone.
func FoundIn(dir, method string, c *curve.Curve) (list []Found, err error) {
	f, err := readFacts(dir)
	if err != nil || f.Method == "" {
		return nil, err
	}
	add := func(name, text say.Text) { list = append(list, Found{name, text}) }
	switch {
	case f.Method == (*Merge)(nil).Name() || f.Method == (*Quantise)(nil).Name() || f.RL != nil && !f.RL.Started && f.Method == (*GRPO)(nil).Name(): // no step of its own
		add(say.T("trained", "训练方式"), say.T("%s, without a step of its own; %d known before", "%s，自身没有训练；此前已知训练了 %d 步", method, f.Steps))
	case f.RL != nil && f.RL.Steps == 0 && f.Loss == 0 && f.Method == (*GRPO)(nil).Name(): // its base's weights, to which no loss of its own belongs
		add(say.T("trained", "训练方式"), say.T("%s, no step of which is kept; %d known before", "%s，没有保留任何一步；此前已知训练了 %d 步", method, f.Steps))
	case slices.Contains(overBases, f.Method):
		add(say.T("trained", "训练方式"), say.T("%s, %d steps with those known of its base; %v", "%s，连同基座已知的共 %d 步；%v", method, f.Steps, f.lossAtEnd(c)))
	default:
		add(say.T("trained", "训练方式"), say.T("%s, %d steps; %v", "%s，%d 步；%v", method, f.Steps, f.lossAtEnd(c)))
	}
	if f.Direct {
		add(say.T("thoughts", "思考"), say.T("no answer that it learnt last has one: it is asked without, unless who asks says otherwise", "最近所学的回答都没有思考：提问方未指定时不思考直接回答"))
	}
	leave := func(text say.Text) {
		if !text.IsZero() {
			add(say.T("left out", "略去"), text)
		}
	}
	if f.Left != nil {
		leave(f.Left.text())
	}
	if f.Stop != nil {
		add(say.T("stopped", "提前停止"), f.Stop.text())
	}
	if rl := f.RL; rl != nil && f.Method == (*GRPO)(nil).Name() {
		add(say.T("pre-flight", "预检"), say.T("pass@1 %.3f, pass@k %.3f, %.0f%% of groups informative", "pass@1 %.3f，pass@k %.3f，%.0f%% 的组含有信息", rl.Pass, max(rl.Any, rl.Pass), 100*rl.Informative)) // before it was written down, Any is 0
		switch {
		case !rl.Started:
			add(say.T("reinforced", "强化"), say.T("not: there was nothing to learn from, the weights are the base's", "没有进行：无可学习，权重即基座的权重"))
		case len(rl.Watched) > 0:
			last := rl.Watched[len(rl.Watched)-1]
			add(say.T("reinforced", "强化"), rl.kept(last.Step, 0))
		}
		if rl.Control != "" {
			add(say.T("control", "对照"), say.T("a coin in the place of the reward", "以抛硬币代替奖励"))
		}
	}
	if p := f.Preference; p != nil && (f.Method == (*DPO)(nil).Name() || f.Method == (*KTO)(nil).Name()) {
		if p.Alike != "" { // nothing is compared
			add(say.T("preferred", "偏好"), say.T("%d examples", "%d 条样例", p.Examples))
		} else {
			add(say.T("preferred", "偏好"), say.T("%d examples; %.1f%% the right way round at the end", "%d 条样例；结束时 %.1f%% 方向正确", p.Examples, 100*p.Right))
		}
		leave(p.left())
		leave(p.same())
		if odd := p.alike(); !odd.IsZero() {
			add(say.T("labels", "标签"), odd)
		}
	}
	if d := f.Distil; d != nil && d.Asked > 0 && f.Method == (*Distil)(nil).Name() {
		add(say.T("teacher", "教师"), say.T("answered %d problems, %d of them right", "答了 %d 题，其中 %d 题正确", d.Asked, d.Kept))
	}
	switch text, err := InsteadIn(filepath.Join(dir, ggufName)); {
	case errors.Is(err, fs.ErrNotExist): // a folder
	case err != nil:
		return nil, err
	case !text.IsZero():
		add(say.T("types", "类型"), text)
	}
	if f.Parity != nil {
		add(say.T("parity", "一致性"), f.Parity.text())
	}
	return list, nil
}

// lossAtEnd says what the loss came to up to the weights that are kept: by the curve as the
// doctor does, and of reinforcement, not all of whose steps learn, or without a curve, as it is
// written down, a mean of as many steps in a short run as in a long one.
func (f *facts) lossAtEnd(c *curve.Curve) say.Text {
	if c != nil && f.Method != (*GRPO)(nil).Name() {
		steps, loss := c.Series("loss")
		whole := len(steps) > 0 && endedAt(c, steps[len(steps)-1]) // where the disk is full a curve ends before its run
		if f.Stop != nil {
			n, _ := slices.BinarySearch(steps, f.Stop.Kept+1)
			whole = n < len(steps) || n > 0 && steps[n-1] == f.Stop.Kept
			steps, loss = steps[:n], loss[:n]
		}
		if whole && len(loss) > 0 {
			return say.T("loss at the end %.3g, the mean of the last tenth of its own steps", "最终损失 %.3g，即自身最后十分之一步的平均", atEnd(steps, loss))
		}
	}
	return say.T("mean loss of its last steps, %d at most, %.3g", "最后各步（至多 %d 步）的平均损失 %.3g", meanSteps, f.Loss)
}
