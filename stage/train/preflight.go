package train

import (
	"context"
	"slices"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/verify"
)

// preflight samples before an hour is spent: is there anything to learn from?
// If there is, it saves what it found before it says so.
func (r *rl) preflight(ctx context.Context, save func() error) error {
	r.note(say.T("pre-flight: the watched problems, then %d answers to each of %d problems", "预检：先答观察题，再为 %[2]d 道题各答 %[1]d 次", r.samples(), r.prompts()))
	if n := len(r.course.all); n < r.prompts() {
		r.note(say.T("there are %d problems to draw from: each comes about %.1f times a step", "可抽取的题目只有 %d 道：每步每题约出现 %.1f 次", n, float64(r.prompts())/float64(n)))
	}
	w, err := r.score(ctx, 0)
	if err != nil {
		return err
	}
	r.st.Best, r.st.Top = r.worth(&w), w.Overall
	r.st.Facts.Watched = append(r.st.Facts.Watched, w)
	r.st.Course.turn()
	f, cut, room := &r.st.Facts, 0.0, 0
	// Problems of all kinds; if they have nothing to teach, those of the kinds
	// that had the most to teach among them.
	for draw := range uint64(2) {
		groups, _, err := r.sample(ctx, 0xffffffff-draw, r.prompts())
		if err != nil {
			return err
		}
		f.Pass, f.Any, f.Informative = outlook(groups, r.Overlong > 0 && r.Control == "")
		mean, grades := meanScore(groups)
		if f.Score = 0; grades {
			f.Score = mean
		}
		cut, room = cutOf(groups)
		f.Started = mean >= minPass && f.Informative >= minInformative
		r.job.Emit(stage.Event{Type: "metric", Vals: map[string]float64{"step": 0, "pass_at_1": f.Pass, "pass_at_k": f.Any, "informative": f.Informative}})
		if f.Started {
			break
		}
	}
	told := say.T("watched problems %.1f%% right; pass@1 %.3f, pass@%d %.3f, %.0f%% of groups informative", "观察题正确率 %.1f%%；pass@1 %.3f，pass@%d %.3f，%.0f%% 的组含有信息", 100*w.Overall, f.Pass, r.samples(), f.Any, 100*f.Informative)
	if f.Score > 0 {
		told = say.T("%v; mean score %.3f", "%v；平均得分 %.3f", told, f.Score)
	}
	if f.Started {
		if err := save(); err != nil {
			return err
		}
		r.foretellJudging()
		if r.weight() > 0 && len(r.lessons) == 0 && !slices.ContainsFunc(r.course.all, func(p stage.Problem) bool { return p.Answer != "" }) {
			r.note(say.T("nothing is learnt again beside the answers: name in replay what the base is to keep", "除回答外不重学任何内容：请在 replay 中写明基座要保住的内容"))
		}
		r.note(say.T("pre-flight: %v: reinforcement starts", "预检：%v：开始强化学习", told))
	} else {
		r.note(say.T("pre-flight: %v: reinforcement has nothing to learn from here; the weights stay as they are", "预检：%v：强化学习在此无可学习；权重保持不变", told))
		r.note(r.advise(f, cut, room))
	}
	return nil
}

// advise says what would give reinforcement something to learn from, where the
// pre-flight found nothing; cut is the share of answers that did not end, and room the most
// tokens that one of them had.
func (r *rl) advise(f *rlFacts, cut float64, room int) say.Text {
	switch {
	case cut > cutMost && room < r.tokens():
		return say.T("%.0f%% of the answers did not end: the base's context of %d tokens leaves them %d at most. Take a base with a longer context or shorter problems, or teach it short answers by examples first", "%.0f%% 的回答没有写完：基座的上下文为 %d 个词元，最多只留给它们 %d 个。请换用上下文更长的基座或更短的题目，或先用样例教它简短作答", 100*cut, r.s.w.context, room)
	case cut > cutMost && r.Overlong > 0:
		return say.T("%v: raise tokens", "%v：请调大 tokens", cutShort(cut))
	case cut > cutMost:
		return say.T("%v: raise tokens, or set overlong", "%v：请调大 tokens，或设置 overlong", cutShort(cut))
	case f.Score >= minPass:
		return say.T("answers to a problem score alike: take problems on which they differ, or more samples", "同一道题的各次回答得分相同：请换用得分有高低的题，或增大 samples")
	case f.Pass > 0.5:
		return say.T("it answers most problems right already, whenever it is asked: take harder ones", "大多数题每次都已答对：请换用更难的题")
	case f.Pass >= minPass:
		return say.T("it answers a problem always right or always wrong: take problems in between, or more samples", "每道题要么总对、要么总错：请换用介于其间的题，或增大 samples")
	}
	return say.T("it hardly ever answers right: teach it by examples first, or take easier problems", "它几乎从不答对：请先用样例教它，或换用更容易的题")
}

// outlook returns the shares of right answers, of groups that have one, and of
// groups that have something to teach: answers of different scores or, where a
// token has its price, of different rewards.
func outlook(groups []group, priced bool) (pass, once, informative float64) {
	right, n, any, teach := 0, 0, 0, 0
	for i := range groups {
		k, mixed := 0, false
		for _, s := range groups[i].samples {
			if verify.Passes(s.score) {
				k++
			}
			mixed = mixed || s.score != groups[i].samples[0].score
		}
		right, n = right+k, n+len(groups[i].samples)
		if k > 0 {
			any++
		}
		if mixed || priced && groups[i].informative() {
			teach++
		}
	}
	share := func(a, b int) float64 { return float64(a) / float64(max(b, 1)) }
	return share(right, n), share(any, len(groups)), share(teach, len(groups))
}

// meanScore is that of all answers, and whether some were neither right nor wrong.
func meanScore(groups []group) (mean float64, grades bool) {
	n := 0
	for i := range groups {
		for _, s := range groups[i].samples {
			mean, n, grades = mean+s.score, n+1, grades || graded(s.score)
		}
	}
	return mean / float64(max(n, 1)), grades
}

// cutOf is the share of answers that did not end, and the most tokens that one of them had.
func cutOf(groups []group) (share float64, room int) {
	n := 0
	for i := range groups {
		for _, s := range groups[i].samples {
			if n++; s.cut {
				share, room = share+1, max(room, s.most)
			}
		}
	}
	return share / float64(max(n, 1)), room
}
