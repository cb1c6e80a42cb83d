package train

import (
	"math"
	"slices"

	"suiren/internal/say"
	"suiren/stage/curve"
)

// preference judges a run of preferences by which way round its answers
// are. Its loss says little: it weighs answers against the base, and stays near
// where it began however well they are told apart.
func (d *diagnosis) preference(right []float64) {
	d.away()
	_, held := d.c.Series("watch_right")
	last := mean64(right[len(right)-len(right)/4:])
	if n := len(held); n >= 3 && d.c.Counts["one_label"] == 0 && last >= rightLeast {
		at := mean64(held[n-3:])
		if of, worth := watchedOf(d.c, held); at < min(chanceMost, 0.5-1/math.Sqrt(worth)) {
			d.find("repeated", say.T("of %.0[2]f that are watched %.0[1]f%% are the right way round, fewer than by chance, and of those that are learnt %.0[3]f%%: they are known by heart", "观察集 %.0[2]f 条中只有 %.0[1]f%% 方向正确，不如随机；而学过的为 %.0[3]f%%：只是背了下来", 100*at, of, 100*last),
				say.T("bring more data, or train for less", "请增加数据或缩短训练"))
		}
	}
	if planned, known := plannedSteps(d.c); known && float64(d.steps[len(d.steps)-1]) < planned/2 {
		return // it is under way, or ended before there was much to judge
	}
	if n := len(right); n >= leastPoints {
		told, by := false, 0.0 // what answers moved by, of whatever is told
		for _, name := range []string{"chosen", "rejected", "watch_chosen", "watch_rejected"} {
			_, moves := d.c.Series(name)
			for _, v := range moves {
				told, by = true, max(by, math.Abs(v))
			}
		}
		switch {
		case told && by < movedLeast:
			d.find("nothing", say.T("answers became likelier or less likely than under the base by %.2g nats at most: nothing was learnt", "回答的可能性与基座相比最多只变了 %.2g 纳特：什么也没有学到", by),
				say.T("try a rate ten times as high", "请试十倍的 rate"))
		case last < rightLeast && d.c.Counts["one_label"] == 0:
			d.find("nothing", say.T("of the answers that are compared %.0f%% are the right way round in the last quarter: nothing was learnt", "最后四分之一相比较的回答中只有 %.0f%% 方向正确：什么也没有学到", 100*last),
				say.T("look at the labels: can the base tell the answers apart at all?", "请查看标注：基座究竟能否分清这些回答"))
		}
	}
}

// away finds preferred answers that became less likely than under the base, and much
// more so than the others did not: of what is watched, as it was last seen, or else of what is
// learnt, in the last quarter, since each batch is of other pairs.
func (d *diagnosis) away() {
	_, good := d.c.Series("watch_chosen")
	_, bad := d.c.Series("watch_rejected")
	n, whose := 1, say.T("preferred answers", "偏好的回答")
	if len(good) == 0 || len(bad) == 0 {
		_, good = d.c.Series("chosen")
		_, bad = d.c.Series("rejected")
		n, whose = max(len(good)/4, 1), say.T("preferred answers that are learnt", "所学的偏好回答")
	}
	if len(good) < n || len(bad) < n {
		return
	}
	to, others := mean64(good[len(good)-n:]), mean64(bad[len(bad)-n:])
	if to < -awayLeast && to < awayPart*others {
		d.find("away", say.T("%v became less likely than under the base, by %.1f nats; the others moved by %+.1f: what takes their place is neither", "%v比在基座下更不可能，降了 %.1f 纳特；其余回答变化 %+.1f：取而代之的两者都不是", whose, -to, others),
			say.T("take answers that the base gave itself, or teach the preferred ones by sft first; a lower rate stays nearer to the base", "请使用基座自己给出的回答，或先用 sft 教会偏好的回答；调低 rate 可离基座更近"))
	}
}

// watchedOf is how many pairs, or answers with a label, are watched, and as many
// independent pairs they tell as much as: 0.5/√ that is the standard error of a share by
// chance. Good answers are each compared with all bad ones, whose share has the error of
// Mann and Whitney's U. Curves of before tell no number: their shares are then taken to be
// of the fewest pairs that they can be of.
func watchedOf(c *curve.Curve, right []float64) (of, worth float64) {
	if good, bad := c.Counts["watch_good"], c.Counts["watch_bad"]; good > 0 && bad > 0 {
		return good + bad, 3 * good * bad / (good + bad + 1)
	}
	if n := c.Counts["watch_pairs"]; n > 0 {
		return n, n
	}
	for n := 1.0; n < watchPairs; n++ {
		if !slices.ContainsFunc(right, func(r float64) bool { return math.Abs(r*n-math.Round(r*n)) > 1e-6 }) {
			return n, n
		}
	}
	return watchPairs, watchPairs
}

// reinforcement judges a run by rewards. Its loss lies about 0 and says
// nothing; whether the answers became better, the watched problems have told.
func (d *diagnosis) reinforcement() {
	_, cut := d.c.Series("cut")
	n := (len(cut) + 3) / 4
	if n == 0 {
		return
	}
	last := mean64(cut[len(cut)-n:])
	if last <= cutMost {
		return
	}
	// Answers that ended while the reward was high, and end no longer now that it is
	// low, are not too long: what wrote them is broken, and more tokens would give it room to ramble.
	_, reward := d.c.Series("reward")
	best, to := 0.0, mean64(reward[len(reward)-min(n, len(reward)):])
	for i := n; i <= len(reward); i++ {
		best = max(best, mean64(reward[i-n:i]))
	}
	if mean64(cut[:n]) < cutFirst && to < fellTo*best {
		d.find("rate-high", say.T("the reward fell from %.3f to %.3f, and answers that ended before do not end any more (%.0f%%): the rate is too high", "奖励从 %.3f 降到 %.3f，原先能写完的回答也写不完了（%.0f%%）：学习率过高", best, to, 100*last), lowerRate)
		return
	}
	next := raiseTokens
	if last > allCut {
		next = raiseOnly
	}
	d.find("cut", cutShort(last), next)
}

// cutShort says that answers did not end, which then are not learnt from.
func cutShort(share float64) say.Text {
	return say.T("%.0f%% of the answers did not end within their tokens", "%.0f%% 的回答在词元上限内没有写完", 100*share)
}

var (
	raiseTokens = say.T("raise tokens as far as the base's context has room, or set overlong if it is not set", "请在基座上下文允许的范围内调大 tokens；若未设 overlong，也可设置")
	raiseOnly   = say.T("raise tokens as far as the base's context has room", "请在基座上下文允许的范围内调大 tokens") // overlong tells none of them apart
)
