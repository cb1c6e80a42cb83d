package train

import (
	"slices"

	"suiren/engine/model"
	"suiren/internal/say"
	"suiren/stage"
)

// batchOf is the rows of a step where there are so many: by epochs no row comes
// twice in a step. A budget of operations buys what it says, repeated or not.
func (s *SFT) batchOf(rows int) int {
	if s.budget() == 0 && rows > 0 {
		return min(s.batch(), rows)
	}
	return s.batch()
}

// revised is n, raised where epochs say how long to train and a step has several
// rows: the steps are counted as those of all others now, and no row comes
// twice in one.
func (s *SFT) revised(n int) int {
	if s.budget() == 0 && s.batch() > 1 {
		return n + 1
	}
	return n
}

// steps returns the number of steps: until FLOPs are spent, or so many times through.
// It is counted over the rows themselves, so it is exact.
func (s *SFT) steps(rows *stage.Rows, c *model.Shape, batch int, optimFLOPs float64) int {
	once, budget := max(rows.Len()/batch, 1), s.budget()
	if budget == 0 {
		return stepsOf(rows.Len(), batch, orDefault(s.Epochs, 1))
	}
	spent := 0.0
	for n := 0; ; n++ {
		step := optimFLOPs
		for i := range batch {
			step += rowFLOPs(c, readRow(rows, (n*batch+i)%rows.Len()))
		}
		if spent+step > budget && n > 0 {
			return n
		}
		spent += step
		if n+1 == once { // the rest is more of the same
			return max(1, int(float64(once)*budget/spent))
		}
	}
}

// batchOf is the rows of a step where there are so many.
func (o *own) batchOf(rows int) int { return max(min(o.batch, rows), 1) }

// stepsOf returns the steps of going through n examples as often as epochs say.
func stepsOf(n, batch, epochs int) int { return max(1, (n*epochs+batch-1)/batch) }

// meanSteps is how many steps, the last, the loss that is told at the end is a mean of.
const meanSteps = 20

// lastLosses are those of the last steps, of which each counts the same. They are part of a
// checkpoint.
type lastLosses []float64

// add notes the loss of a step.
func (l *lastLosses) add(loss float64) {
	*l = append(*l, loss)
	if n := len(*l) - meanSteps; n > 0 {
		*l = slices.Delete(*l, 0, n)
	}
}

// mean is 0 if there was no step.
func (l lastLosses) mean() float64 {
	sum := 0.0
	for _, loss := range l {
		sum += loss
	}
	return sum / float64(max(len(l), 1))
}

// fewSteps is how many steps of a run are so few that it is said: the rate rises in
// one of them, and falls in the others.
const fewSteps = 10

// moreSteps says how a plan comes to more of them.
func moreSteps(budget bool) say.Text {
	if budget {
		return say.T("give it a larger budget, or lower batch", "请加大预算，或调小 batch")
	}
	return say.T("raise epochs, or lower batch", "请调大 epochs，或调小 batch")
}

// remarkTimes adds how often a budget reads the rows, if that is more than once: read too
// often they are known by heart (arXiv 2305.16264).
func remarkTimes(text say.Text, times float64, patience int) say.Text {
	switch {
	case times >= 4.05 && patience > 0: // as it is told: 4.0 is not more than four
		return say.T("%v; %.1f times through the rows at most: more than four teach little, bring more data; patience ends it where the held-out loss falls no more", "%v；最多把数据读 %.1f 遍：超过四遍收效甚微，请增加数据；留出损失不再下降时 patience 会提前结束训练", text, times)
	case times >= 4.05:
		return say.T("%v; %.1f times through the rows: more than four teach little, bring more data, or watch a part of it with patience", "%v；把数据读 %.1f 遍：超过四遍收效甚微，请增加数据，或用 watch 观察其中一部分并设置 patience", text, times)
	case times > 1.5:
		return say.T("%v; %.1f times through the rows", "%v；把数据读 %.1f 遍", text, times)
	}
	return text
}

// remarkSteps adds to what is derived that there are few steps, where there are.
func remarkSteps(derived say.Text, steps int, budget bool) say.Text {
	if steps >= fewSteps {
		return derived
	}
	return say.T("%v; so few steps teach little: %v", "%v；步数太少，学不到多少：%v", derived, moreSteps(budget))
}

// lasting derives how long a run is that learns so much in each step, and how often it
// looks at what is watched, if anything is.
func (o *own) lasting(each, pace say.Text, steps int, watched bool) say.Text {
	text := remarkSteps(say.T("%v, about %d steps; %v", "%v，约 %d 步；%v", each, steps, pace), steps, false)
	if watched {
		text = remarkLooks(text, steps, max(steps/watchLooks, 1), o.patience)
	}
	return text
}

// tellFew says so of a run.
func tellFew(job *stage.Job, steps int, budget bool) {
	if steps >= fewSteps {
		return
	}
	text := say.T("takes %d steps, and that teaches little: %v", "只训练 %d 步，学不到多少：%v", steps, moreSteps(budget))
	note(job, text)
}

// endsEarly says that a budget ends after a part of the rows; of lessons in their
// order the rest are the hard ones.
func endsEarly(part float64, ordered bool) say.Text {
	if ordered {
		return say.T("the budget ends after %.0f%% of the rows, the rest is not learnt: give it more, or shuffle the tokens, for lessons begin easy", "预算只够读完 %.0f%% 的行，其余学不到：请增加预算，或给 tokens 设上 shuffle，因为课程由易到难", 100*part)
	}
	return say.T("the budget ends after %.0f%% of the rows, the rest is not learnt: give it more", "预算只够读完 %.0f%% 的行，其余学不到：请增加预算", 100*part)
}
