package train

import (
	"slices"
	"strconv"

	"suiren/engine/tensor"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
)

// A left is what of its examples a run did not read: answers of chats that are longer, with
// what stands before them, than its base's context.
type left struct {
	Long    int `json:"long"`
	Of      int `json:"of"` // those, and the documents that were read: of a conversation one for several answers
	Context int `json:"context"`
}

// leftOf is what is left where long did not fit and read did; nil if all fitted.
func leftOf(long, read, context int) *left {
	if long == 0 {
		return nil
	}
	return &left{long, long + read, context}
}

// text says what is left of chats.
func (l *left) text() say.Text {
	return say.T("%d answers, longer than %v with the conversation before", "%d 个回答，连同前文超过%v", l.Long, roomOf(l.Context))
}

// roomOf is that in which there is no room for what is left out.
func roomOf(context int) say.Text {
	return say.T("the base's %d tokens", "基座的 %d 个词元", context)
}

// tellCut notes what is left out of chats, if anything is.
func tellCut(job *stage.Job, c *talk.Cut, context int) {
	if text := c.Text(roomOf(context)); !text.IsZero() {
		note(job, say.T("left out: %v", "略去：%v", text))
	}
}

// remarkLeft adds to what is derived about how much of examples for the use is left out, where it
// was counted in the words of b, and is not little.
func (t *tally) remarkLeft(derived say.Text, use stage.Use, b *footing) say.Text {
	if b.speech() == nil || talk.Few(t.left, t.of) {
		return derived
	}
	text := talk.Foretold(t.left, t.of, roomOf(min(b.most(), mostTokens)))
	switch {
	case use == stage.UseChats:
	case t.left >= t.of:
		text = say.T("left out: about all of %.0f examples, longer than the base's context: little or nothing may be left to learn", "略去：%.0f 条样例几乎全部，超过基座的上下文：可学的内容可能所剩无几，甚至没有", t.of)
	default:
		text = say.T("left out: about %.0f of %.0f examples, longer than the base's context", "略去：%.0[2]f 条样例中约 %.0[1]f 条，超过基座的上下文", t.left, t.of)
	}
	return say.Join(derived, text)
}

// left says what of preferences a run did not read, as it is longer than its base's
// context; nothing if it read all.
func (p *preferenceFacts) left() say.Text {
	if p.Dropped == 0 {
		return say.Text{}
	}
	return say.T("%d of %d examples, longer than the base's context", "%[2]d 条样例中的 %[1]d 条，超过基座的上下文", p.Dropped, p.Dropped+p.Examples+p.Same)
}

// same says which pairs a run did not read, as the template leaves no difference between
// their answers; nothing if there are none.
func (p *preferenceFacts) same() say.Text {
	if p.Same == 0 {
		return say.Text{}
	}
	return say.T("%d of %d pairs, whose two answers the base's template writes alike", "%[2]d 对中的 %[1]d 对：基座的模板把两个回答写得一样", p.Same, p.Same+p.Dropped+p.Examples)
}

// tell notes what is left out of preferences, if anything is, and what is odd in
// their labels.
func (p *preferenceFacts) tell(job *stage.Job) {
	if text := p.left(); !text.IsZero() {
		note(job, say.T("left out: %v", "略去：%v", text))
	}
	p.labels.tell(job)
}

// tellWatched notes what of preferences is watched, if not all are: long of them are longer
// than the context, and of the n others some were taken.
func tellWatched(job *stage.Job, pairs bool, taken, n, long int) {
	what := say.T("%d of %d answers", "%[2]d 个回答中的 %[1]d 个", taken, n+long)
	if pairs {
		what = say.T("%d of %d pairs", "%[2]d 对中的 %[1]d 对", taken, n+long)
	}
	if taken < n {
		what = say.T("%v, from all over them", "%v，均匀取自全部", what)
	}
	if long > 0 {
		what = say.T("%v; %d are longer than the context", "%v；%d 个超过上下文", what, long)
	}
	if taken < n+long {
		note(job, say.T("watched: %v", "观察：%v", what))
	}
}

// spread takes at most so many of n, from all over them: one from each of as many equal
// parts, and not the same of each, for labels may take turns.
func spread(n, most int) (list []int) {
	parts := min(n, most)
	for i := range parts {
		from, to := i*n/parts, (i+1)*n/parts
		list = append(list, from+int(tensor.Rand(0x7761746368, uint64(n), uint64(i))%uint64(to-from)))
	}
	return list
}

func note(job *stage.Job, text say.Text) { job.Emit(stage.Event{Type: "note", Text: &text}) }

// nameOf is what the plan names in an argument.
func nameOf(job *stage.Job, arg string) string {
	for _, in := range job.Inputs {
		if in.Arg == arg && !in.Ref.IsZero() {
			return in.Ref.String()
		}
	}
	return arg
}

// nothing is the error of the examples of an argument none of which can be used:
// long of them do not fit into the context.
func nothing(job *stage.Job, arg string, long, context int) error {
	name := nameOf(job, arg)
	switch {
	case long > 0:
		return allLong(arg, name, long, context)
	case arg == "watch":
		return nothingWatched()
	}
	return unlearnt(arg, name)
}

// unlearnt is the error of examples that hold nothing to learn.
func unlearnt(arg, name string) *say.Error {
	return &say.Error{Where: arg, What: say.T("nothing of %s is learnt: there are no examples, or no answer with a weight other than 0", "%s 中没有要学习的内容：没有样例，或回答的 weight 都为 0", name), Next: say.T("look at the examples, and at their path in the plan", "请查看样例，以及计划中样例的路径")}
}

// unlearntWatched is the error of examples to watch of which nothing can be measured.
func unlearntWatched() *say.Error {
	return &say.Error{Where: "watch", What: say.T("nothing of the part to watch can be measured: no answer has a weight other than 0", "观察集中没有可量的内容：回答的 weight 都为 0"),
		Next: say.T("watch examples with answers that are learnt", "请观察含有要学习的回答的样例")}
}

// unmeasured finds fault with examples to watch, where no rows say what of them is learnt: a
// template that drops all, or nothing to be learnt.
func (t *tally) unmeasured(b *footing) []*say.Error {
	if bad := t.dropped("watch", b); bad != nil {
		return bad
	}
	if t.none {
		return []*say.Error{unlearntWatched()}
	}
	return nil
}

// allLong is the error of examples of which nothing is left, as long of them do not fit into
// the context; of the others no answer may be learnt.
func allLong(arg, name string, long, context int) *say.Error {
	return &say.Error{Where: arg, What: say.T("nothing of %[2]s is left: %[1]d examples are longer than the base's %[3]d tokens", "%[2]s 中什么也没有剩下：%[1]d 条样例超过基座的 %[3]d 个词元", long, name, context),
		Next: say.T("shorten them, or take a base with a longer context: one that is trained here from random weights has the length of its rows", "请缩短样例，或换用上下文更长的基座：在此从随机权重训练的基座，上下文就是其数据行的 length")}
}

// refused finds fault with examples that a run over b refuses, as far as they were counted:
// those that cannot be written in its words, or all, where it is known that none fits into
// its context. It is said in the words in which a run says it. Of examples that are not for
// the use, or over a base that cannot be trained, nothing is said here: that is a fault by itself.
func (t *tally) refused(in map[string][]stage.Forecast, use stage.Use, arg string, ref stage.Ref, b *footing) []*say.Error {
	if len(b.wrong) > 0 || unfit(in, use, arg) != nil {
		return nil
	}
	if bad := stage.Wrong(arg, t.faults.Err()); bad != nil {
		return bad
	}
	if bad := t.dropped(arg, b); bad != nil {
		return bad
	}
	name := refName(ref, arg)
	switch {
	case t.none && use == stage.UseChats:
		return []*say.Error{unlearnt(arg, name)}
	case t.empty && t.alike.same > 0:
		return []*say.Error{t.alike.noDifference(arg, name, nil)}
	case t.over > 0:
		return []*say.Error{allLong(arg, name, t.over, min(b.reads, mostTokens))}
	}
	return nil
}

// refName is what a plan names in an argument: a block, or else as the argument is called.
func refName(ref stage.Ref, arg string) string {
	if ref.IsZero() {
		return arg
	}
	return ref.String()
}

// known reports whether all examples were counted as a run over b reads them.
func (t *tally) known(b *footing) bool { return t.all && b.file != "" }

// dropped finds fault with a template that drops all answers, or last questions, of the examples
// of an argument: it is the base's, and is told of at what is watched.
func (t *tally) dropped(arg string, b *footing) []*say.Error {
	if arg != "watch" {
		arg = "base"
	}
	if bad := t.lost.Refused(arg, "base"); bad != nil && t.known(b) {
		return []*say.Error{bad}
	}
	return nil
}

// labels are what is odd in the labels of answers.
type labels struct {
	Alike string `json:"all_labels,omitempty"` // all are this: true, false
}

func labelsOf(good []bool) labels {
	if slices.Contains(good, true) && slices.Contains(good, false) {
		return labels{}
	}
	return labels{strconv.FormatBool(good[0])}
}

// tell notes what is odd.
func (l *labels) tell(job *stage.Job) {
	if text := l.alike(); !text.IsZero() {
		note(job, text)
		job.Emit(stage.Event{Type: "count", Vals: map[string]float64{"one_label": 1}}) // so that no share of pairs is judged
	}
}

// alike says that all labels are one; nothing if they are not.
func (l *labels) alike() say.Text {
	switch l.Alike {
	case "true":
		return say.T("all labels are true: no answer is made less likely, add some that are labelled false", "标签全为 true：不会降低任何回答的概率，请加入标为 false 的回答")
	case "false":
		return say.T("all labels are false: no answer is made likelier, add some that are labelled true", "标签全为 false：不会提高任何回答的概率，请加入标为 true 的回答")
	}
	return say.Text{}
}

// movedBy says what became of the answers that are watched. Of answers with one label
// alone nothing is compared.
func movedBy(v map[string]float64) say.Text {
	right, both := v["watch_right"]
	if both {
		return say.T("of what is watched %.1f%% is the right way round; since the beginning preferred answers moved by %+.2f nats and the others by %+.2f", "观察集中 %.1f%% 方向正确；自开始以来，偏好的回答变化 %+.2f 纳特，其余变化 %+.2f", 100*right, v["watch_chosen"], v["watch_rejected"])
	}
	label, by := "true", v["watch_chosen"]
	if bad, ok := v["watch_rejected"]; ok {
		label, by = "false", bad
	}
	return say.T("all labels of what is watched are %s; since the beginning these answers moved by %+.2f nats", "观察集的标签全为 %s；自开始以来，这些回答变化 %+.2f 纳特", label, by)
}
