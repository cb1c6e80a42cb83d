package train

import (
	"context"
	"slices"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/verify"
)

// What a pre-flight takes for few or many.
const (
	knownPass   = 0.9 // of all answers: most problems are answered right
	fewWatched  = 20  // problems that choose the weights: one of them is 5% or more
	fewRewards  = 8   // that may be the same by chance
	fairRewards = 32
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
	f, got := &r.st.Facts, sampled{}
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
		got = sampledOf(groups, r.Overlong > 0 && r.Control == "")
		f.Started = mean >= minPass && f.Informative >= minInformative
		if f.Started {
			break
		}
	}
	r.tell(&w, map[string]float64{"pass_at_1": f.Pass, "pass_at_k": f.Any, "informative": f.Informative}) // of the draw that decided
	told := say.T("of %d watched problems %.1f%% right; pass@1 %.3f, pass@%d %.3f, %.0f%% of groups informative", "%d 道观察题正确率 %.1f%%；pass@1 %.3f，pass@%d %.3f，%.0f%% 的组含有信息", len(r.watch), 100*w.Overall, f.Pass, r.samples(), f.Any, 100*f.Informative)
	if f.Score > 0 {
		told = say.T("%v; mean score %.3f", "%v；平均得分 %.3f", told, f.Score)
	}
	one := oneReward(r.judge.Rewards())
	if f.Started && r.Control == "" && got.ended < minInformative && r.judge.Rewards().N >= fairRewards && !one.IsZero() {
		// What is left to learn from is answers that were cut, which score 0 unasked: hours would
		// teach to end, whatever is said. The program does not judge, and an owner would
		// rather mend it; so it is an error, which leaves nothing behind that stands as made. With
		// a price for tokens, answers of one reward differ in it, and that is what was asked for.
		return &say.Error{Where: "problems", What: say.T("pre-flight: %v: %v, and only answers that were cut have another", "预检：%v：%v，只有被截断的回答与之不同", told, one),
			Next: say.T("see that the program of verify's url judges the answer that it is sent, then run the same command again; if all of them deserve that reward, take harder problems", "请确认 verify 的 url 所指的程序确实在评判收到的回答，然后重新运行同一命令；若这些回答都应得此奖励，请换用更难的题")}
	}
	if !one.IsZero() {
		r.note(say.T("pre-flight: %v: does it judge the answer that it is sent?", "预检：%v：它是否在评判收到的回答？", one))
	}
	if f.Started {
		if err := save(); err != nil {
			return err
		}
		r.foretellJudging()
		if n := len(r.watch); n < fewWatched {
			r.note(say.T("%d watched problems choose the weights that are kept, and one of them is %.0f%% of the score: raise heldout of the problems, or name more in watch", "所保留的权重由 %d 道观察题决定，一道题就占成绩的 %.0f%%：请调大题目的 heldout，或在 watch 中写更多的题", n, 100/float64(n)))
		}
		if r.weight() > 0 && len(r.lessons) == 0 && !slices.ContainsFunc(r.course.all, func(p stage.Problem) bool { return p.Answer != "" }) {
			r.note(say.T("nothing is learnt again beside the answers: name in replay what the base is to keep", "除回答外不重学任何内容：请在 replay 中写明基座要保住的内容"))
		}
		r.note(say.T("pre-flight: %v: reinforcement starts", "预检：%v：开始强化学习", told))
	} else {
		r.note(say.T("pre-flight: %v: reinforcement has nothing to learn from here; the weights stay as they are", "预检：%v：强化学习在此无可学习；权重保持不变", told))
		r.note(r.advise(f, got))
	}
	return nil
}

// oneReward says that every reward a program gave was the same, if it was, of more than a few.
func oneReward(r verify.Rewards) (text say.Text) {
	if r.N >= fewRewards && r.Low == r.High {
		text = say.T("the program gave each of %d answers the same reward, %g", "程序给 %d 个回答的奖励都是同一个数 %g", r.N, r.Low)
	}
	return text
}

// advise says what would give reinforcement something to learn from, where the
// pre-flight found nothing.
func (r *rl) advise(f *rlFacts, got sampled) say.Text {
	switch {
	case got.cut > cutMost && got.room < r.tokens():
		return say.T("%.0f%% of the answers did not end: the base's context of %d tokens leaves them %d at most. Take a base with a longer context or shorter problems, or teach it short answers by examples first", "%.0f%% 的回答没有写完：基座的上下文为 %d 个词元，最多只留给它们 %d 个。请换用上下文更长的基座或更短的题目，或先用样例教它简短作答", 100*got.cut, r.s.w.context, got.room)
	case got.cut > cutMost && (r.Overlong > 0 || !got.differ): // at the limit all lose the same by overlong
		return say.T("%v: raise tokens", "%v：请调大 tokens", cutShort(got.cut))
	case got.cut > cutMost:
		return say.T("%v: raise tokens, or set overlong", "%v：请调大 tokens，或设置 overlong", cutShort(got.cut))
	case f.Score >= minPass:
		return say.T("answers to a problem score alike: take problems on which they differ, or more samples", "同一道题的各次回答得分相同：请换用得分有高低的题，或增大 samples")
	case f.Pass > knownPass:
		return say.T("it answers most problems right already, whenever it is asked: take harder ones", "大多数题每次都已答对：请换用更难的题")
	case f.Pass >= minPass:
		return say.T("it answers a problem always right (%.0f%% of them) or always wrong (%.0f%%): take problems in between, or more samples", "每道题要么总对（占 %.0f%%），要么总错（占 %.0f%%）：请换用介于其间的题，或增大 samples", 100*got.always, 100*got.never)
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

// sampled is what a pre-flight found beside its facts.
type sampled struct {
	cut           float64 // share of answers that did not end
	room          int     // the most tokens that one of them had
	differ        bool    // to one problem one did and another did not
	always, never float64 // shares of problems answered right each time, or never
	ended         float64 // share of groups that have something to teach by answers that ended alone
}

func sampledOf(groups []group, priced bool) (s sampled) {
	n := 0
	ended := make([]group, len(groups))
	for i := range groups {
		cut, right := 0, 0
		for _, a := range groups[i].samples {
			if a.cut {
				cut, s.room = cut+1, max(s.room, a.most)
			} else {
				ended[i].samples = append(ended[i].samples, a)
			}
			if verify.Passes(a.score) {
				right++
			}
		}
		all := len(groups[i].samples)
		n, s.cut, s.differ = n+all, s.cut+float64(cut), s.differ || cut > 0 && cut < all
		switch right {
		case 0:
			s.never += 1 / float64(len(groups))
		case all:
			s.always += 1 / float64(len(groups))
		}
	}
	s.cut /= float64(max(n, 1))
	_, _, s.ended = outlook(ended, priced)
	return s
}
