package train

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"suiren/engine/infer"
	"suiren/engine/model"
	"suiren/engine/tensor"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
	"suiren/stage/verify"
)

// A group is the answers sampled to one problem.
type group struct {
	prompt  []int32
	samples []sample
}

type sample struct {
	ids    []int32 // with the end token, if it came
	score  float64 // of its verifier, 0 to 1
	reward float32 // that is learnt by
	cut    bool
	most   int // tokens that it could have had
	// dropped: it is not learnt from, as it was cut and its length costs nothing
	dropped bool
}

// graded reports whether a score is neither that of a right answer nor of a wrong one.
func graded(score float64) bool { return score > 0 && score < 1 }

func (g *group) mean() float32 {
	var sum float32
	for _, s := range g.samples {
		sum += s.reward
	}
	return sum / float32(len(g.samples))
}

// informative reports whether the group's answers have different rewards.
func (g *group) informative() bool {
	return slices.ContainsFunc(g.samples, func(s sample) bool { return s.reward != g.samples[0].reward })
}

// sample draws n problems for a step and answers each as often as the
// settings say. It depends on the seed, the step and the weights alone.
func (r *rl) sample(ctx context.Context, step uint64, n int) (groups []group, tokens int, err error) {
	var reqs []infer.Request
	var chosen []*stage.Problem
	var asked []talk.Question
	for i := range n {
		p := r.course.draw(&r.st.Course, r.Seed, step, uint64(i))
		q, err := r.ask(p)
		if err != nil {
			return nil, 0, err
		}
		if len(q.IDs) >= r.speaker.limit {
			continue
		}
		chosen, asked = append(chosen, p), append(asked, q)
		groups = append(groups, group{prompt: q.IDs})
		for j := range r.samples() {
			req := r.s.w.request(&q, r.tokens())
			req.Temperature, req.Seed = 1, tensor.Rand(r.Seed, step, uint64(i*r.samples()+j))
			reqs = append(reqs, req)
		}
	}
	results, err := r.answer(ctx, reqs)
	if err != nil {
		return nil, 0, err
	}
	r.tried += len(results)
	replies := make([]reply, len(results))
	for i, res := range results {
		if res.Finish != infer.Cut {
			replies[i] = reply{chosen[i/r.samples()], r.s.w.read(&asked[i/r.samples()], res.IDs)}
		}
	}
	scores, err := scoresOf(ctx, &r.judge, replies)
	if err != nil {
		return nil, 0, err
	}
	c := &r.l.Params.Shape
	for i, res := range results {
		p, g := chosen[i/r.samples()], &groups[i/r.samples()]
		s := sample{ids: res.IDs, score: scores[i], cut: res.Finish == infer.Cut, most: r.room(g.prompt)}
		if !s.cut {
			s.ids = append(s.ids, res.End)
		}
		s.dropped = s.cut && r.Overlong == 0
		s.reward = r.reward(&s, step, uint64(i))
		g.samples = append(g.samples, s)
		r.course.note(&r.st.Course, p, s.score)
		n := len(g.prompt) + len(s.ids)
		tokens += n
		r.st.Facts.SampleFLOPs += c.FLOPs([]int{n}, len(s.ids))
	}
	return groups, tokens, nil
}

// foretellJudging says how long programs took to judge the answers so far, and
// how long they will in the steps to come.
func (r *rl) foretellJudging() {
	n, took := r.judge.Programs()
	if n == 0 {
		return
	}
	looks := (r.steps() + watchEvery - 1) / watchEvery
	left := float64(r.steps()*r.prompts()*r.samples() + looks*len(r.watch))
	part := float64(n) / float64(r.tried)
	to := took.Seconds() / float64(n) * part * left
	r.note(say.T("pre-flight: programs judged %d answers in %v; %.0f are to come, which takes about %v", "预检：程序评判了 %d 个回答，用时 %v；之后还有 %.0f 个，约需 %v",
		n, say.Seconds(took.Seconds()), part*left, say.Seconds(to)))
}

// A reply is what was said to a problem; to none, if there is nothing to judge.
type reply struct {
	problem *stage.Problem
	text    string
}

// scoresOf returns the scores of replies, 0 to 1: by their problem's answer, or by the
// verifier that the owner gave it.
func scoresOf(ctx context.Context, judge *verify.Judge, list []reply) ([]float64, error) {
	specs := make([]verify.Reply, len(list))
	for i, r := range list {
		if p := r.problem; p != nil && p.Verify != nil {
			specs[i] = verify.Reply{Spec: p.Verify, Prompt: p.Prompt, Text: r.text}
		}
	}
	scores, err := judge.All(ctx, specs)
	for i, r := range list {
		if p := r.problem; p != nil && p.Verify == nil && p.Correct(r.text) {
			scores[i] = 1
		}
	}
	return scores, err
}

// answer has the model answer. Logits that are not numbers say that training
// has diverged, as a loss does.
func (r *rl) answer(ctx context.Context, reqs []infer.Request) ([]infer.Result, error) {
	results, err := r.speaker.Run(ctx, reqs, nil)
	if errors.Is(err, infer.ErrNumbers) {
		err = diverged(math.NaN(), r.st.Step)
	}
	return results, err
}

// rollout has the model answer the problems of one step.
func (r *rl) rollout(ctx context.Context) ([]group, int, error) {
	groups, tokens, err := r.sample(ctx, uint64(r.st.Step), r.prompts())
	if err != nil {
		return nil, 0, err
	}
	var kept, right, answers, length, cut float64
	for _, g := range groups {
		for _, s := range g.samples {
			answers++
			right += float64(s.reward)
			length += float64(len(s.ids))
			if s.cut {
				cut++
			}
		}
		if g.informative() {
			kept++
		}
	}
	r.job.Emit(stage.Event{Type: "metric", Vals: map[string]float64{
		"step": float64(r.st.Step + 1), "reward": right / max(answers, 1), "kept": kept / max(float64(len(groups)), 1),
		"answer_tokens": length / max(answers, 1), "cut": cut / max(answers, 1),
	}})
	return groups, tokens, nil
}

// advantages weighs every token of the kept answers by the answer's reward
// less the mean of its group, divided by the number of all those tokens.
func advantages(groups []group) []doc {
	var docs []doc
	total := 0
	for _, g := range groups {
		mean := g.mean()
		for _, s := range g.samples {
			if g.informative() && !s.dropped {
				d := g.doc(&s)
				d.weight = s.reward - mean
				docs = append(docs, d)
				total += len(s.ids)
			}
		}
	}
	for i := range docs {
		docs[i].weight /= float32(total)
	}
	return docs
}

// doc is a sample with its prompt.
func (g *group) doc(s *sample) doc {
	return doc{ids: append(slices.Clone(g.prompt), s.ids...), supervised: len(s.ids), weight: 1}
}

// readLessons reads what replay names, as far as the base can.
func (r *rl) readLessons(ctx context.Context) (said sayings, err error) {
	dir := r.job.Dir("replay")
	if dir == "" || r.weight() == 0 {
		return said, nil
	}
	if r.lessons, said, err = r.s.w.chats(ctx, dir, r.direct()); err != nil {
		return said, err
	}
	if len(r.lessons) == 0 {
		return said, nothing(r.job, "replay", said.long, r.s.w.context)
	}
	if err := said.lost.Tell(r.job, "base", r.s.w.Writer); err != nil {
		return said, err
	}
	if text := said.cut.Text(roomOf(r.s.w.context)); !text.IsZero() {
		r.note(say.T("not learnt again: %v", "不重学：%v", text))
	}
	return said, nil
}

// replay draws as many lessons as problems, to be learnt as in SFT beside the
// answers: what reinforcement does not practise would be forgotten.
func (r *rl) replay(step uint64) ([]doc, error) {
	if r.weight() == 0 {
		return nil, nil
	}
	var docs []doc
	total := 0
	for i := range uint64(r.prompts()) {
		d, err := r.lesson(step, i)
		if err != nil {
			return nil, err
		}
		if d.supervised == 0 || len(d.ids) > r.s.length() {
			continue
		}
		d.weight = float32(r.weight())
		docs = append(docs, d)
		total += d.supervised
	}
	for i := range docs {
		docs[i].weight /= float32(total)
	}
	return docs, nil
}

// lesson is lesson i of a step: of those of replay, or else the answer of one of
// the problems, if it has one to be learnt.
func (r *rl) lesson(step, i uint64) (doc, error) {
	if n := uint64(len(r.lessons)); n > 0 {
		return r.lessons[tensor.Rand(r.Seed^0x7265706c, step, i)%n], nil
	}
	p := r.course.any(r.Seed, step, i)
	if p.Answer == "" { // the owner's
		return doc{}, nil
	}
	answer := stage.Message{Role: "assistant", Thought: p.Think, Content: p.Answer}
	if r.direct() {
		answer.Thought = ""
	}
	d, _, err := r.s.w.doc(p.ID, p.Asking(), []stage.Message{answer}, p.Tools)
	return d, err
}

// direct reports whether the base answers at once, as the plan says or as it was
// taught here: then thoughts are not learnt again.
func (r *rl) direct() bool { return r.straight(&r.s.facts) }

// straight is direct over a base with facts f.
func (g *GRPO) straight(f *facts) bool {
	if g.Think != nil {
		return !*g.Think
	}
	return f.Method != "" && !f.Think
}

// A doc is one answer with its prompt.
type doc struct {
	ids        []int32
	supervised int     // the last of ids; how many, of learn
	learn      []bool  // which of ids, if not the last
	weight     float32 // of each of them in the loss: how much likelier it is to become
	asked      string  // of preferences: the question, for people

	taught stage.Taught // in our own chat
	lost   talk.Lost
}

// taughtBy is what documents teach beyond single questions.
func taughtBy(docs []doc) (t stage.Taught) {
	for i := range docs {
		t.Or(docs[i].taught)
	}
	return t
}

// taughtAsking is the same of answers to problems.
func taughtAsking(problems []stage.Problem) (t stage.Taught) {
	for i := range problems {
		t.Add(problems[i].Asking(), problems[i].Tools)
	}
	return t
}

// packDocs packs documents into rows of at most length tokens, in order.
func packDocs(docs []doc, length int) (rows []model.Row) {
	sizes := make([]int, len(docs))
	for i := range docs {
		sizes[i] = len(docs[i].ids)
	}
	for _, n := range packed(sizes, length) {
		if row := rowOf(docs[:n]); len(row.IDs) > 0 {
			rows = append(rows, row)
		}
		docs = docs[n:]
	}
	return rows
}

// rowOf puts documents into a row.
func rowOf(docs []doc) (row model.Row) {
	for _, d := range docs {
		row.Docs = append(row.Docs, len(row.IDs))
		row.IDs = append(row.IDs, d.ids...)
		if d.learn != nil {
			for _, l := range d.learn {
				w := float32(0)
				if l {
					w = d.weight
				}
				row.Weight = append(row.Weight, w)
			}
			continue
		}
		row.Weight = append(row.Weight, make([]float32, len(d.ids)-d.supervised)...)
		for range d.supervised {
			row.Weight = append(row.Weight, d.weight)
		}
	}
	row.Docs = append(row.Docs, len(row.IDs))
	return row
}

// score answers the watched problems greedily.
func (r *rl) score(ctx context.Context, step int) (watched, error) {
	var reqs []infer.Request
	asked := make([]talk.Question, len(r.watch))
	for i := range r.watch {
		var err error
		if asked[i], err = r.ask(&r.watch[i]); err != nil {
			return watched{}, err
		}
		reqs = append(reqs, r.s.w.request(&asked[i], r.tokens()))
	}
	results, err := r.answer(ctx, reqs)
	if err != nil {
		return watched{}, err
	}
	r.tried += len(results)
	replies := make([]reply, len(results))
	for i, res := range results {
		if res.Finish == infer.Stopped {
			replies[i] = reply{&r.watch[i], r.s.w.read(&asked[i], res.IDs)}
		}
	}
	scores, err := scoresOf(ctx, &r.judge, replies)
	if err != nil {
		return watched{}, err
	}
	w := watched{Step: step, Families: map[string]float64{}}
	right, written, worth := 0.0, 0.0, 0.0
	for i, res := range results {
		p := &r.watch[i]
		n := len(reqs[i].Prompt) + len(res.IDs)
		r.st.Facts.SampleFLOPs += r.l.Params.Shape.FLOPs([]int{n}, len(res.IDs))
		w.Families[p.Family] += 0
		w.Graded = w.Graded || graded(scores[i])
		if verify.Passes(scores[i]) {
			right++
			w.Families[p.Family] += 1 / float64(r.count(p.Family))
		}
		s := sample{ids: res.IDs, score: scores[i], most: r.room(reqs[i].Prompt)}
		if res.Finish != infer.Cut {
			s.ids = append(s.ids, res.End)
		}
		written, worth = written+float64(len(s.ids)), worth+float64(r.worthOf(&s))
	}
	all := float64(max(len(results), 1))
	w.Overall = right / all
	if r.Overlong > 0 {
		w.Tokens = written / all
	}
	if r.Overlong > 0 || w.Graded {
		w.Reward = worth / all
	}
	return w, nil
}

// look scores the watched problems.
func (r *rl) look(ctx context.Context) error {
	w, err := r.score(ctx, r.st.Step)
	if err == nil {
		r.weigh(w)
	}
	return err
}

// tell tells a score of the watched problems, and beside it what vals say.
func (r *rl) tell(w *watched, vals map[string]float64) {
	all := map[string]float64{"step": float64(w.Step), "heldout": w.Overall}
	for name, v := range w.Families {
		all["heldout_"+name] = v
	}
	if r.Overlong > 0 || w.Graded {
		all["watch_reward"] = w.Reward
	}
	maps.Copy(all, vals)
	r.job.Emit(stage.Event{Type: "metric", Vals: all})
}

// weigh keeps the parameters if no others were worth more, and goes back to those
// for good when a score has fallen.
func (r *rl) weigh(w watched) {
	f := &r.st.Facts
	first := f.Watched[0]
	f.Watched = append(f.Watched, w)
	r.tell(&w, nil)
	fell := ""
	for _, name := range sortedKeys(w.Families) {
		if fellBelow(first.Families[name], w.Families[name], float64(r.count(name))) {
			fell = name
		}
	}
	switch {
	case fell == "" && r.worth(&w) >= r.st.Best && !fellOverall(r.st.Top, w.Overall, float64(len(r.watch))):
		r.st.Best, r.st.Top = r.worth(&w), max(r.st.Top, w.Overall)
		copy(r.best, r.l.State())
		f.Steps, r.st.BestLast = r.st.Step, slices.Clone(r.st.Last)
	case fell != "" || fellOverall(r.st.Top, w.Overall, float64(len(r.watch))):
		r.st.Ended = true
		f.RolledBack = fmt.Sprintf("step %d: %s", r.st.Step, orName(fell, "overall"))
		of := say.T("all together", "总体")
		if fell != "" {
			of = say.T("%s", "%s", fell)
		}
		r.note(say.T("fewer watched problems are right (%s): back to step %d; lower rate to go further", "观察题正确率下降（%s）：回到第 %d 步；要继续提高，请调低 rate", of, f.Steps))
	}
}

// fellBelow reports whether a score of n problems is below another by more
// than two standard errors of their difference. Both are taken one right and
// one wrong answer towards the middle, so that a perfect score has an error too.
func fellBelow(before, now, n float64) bool {
	p, q := (float64(before*n)+1)/(n+2), (float64(now*n)+1)/(n+2)
	return q < p-2*math.Sqrt((float64(p*(1-p))+float64(q*(1-q)))/n) // 2·x is exact: nothing to fuse
}

// fellOverall reports whether the score of all n watched problems is far below
// the best: by leastFall and, because an owner may watch so few that one of them
// is more than that, by more than chance.
func fellOverall(best, now, n float64) bool {
	return now < best-leastFall && fellBelow(best, now, n)
}

func orName(s, d string) string {
	if s == "" {
		return d
	}
	return s
}

func (r *rl) count(family string) (n int) {
	for i := range r.watch {
		if r.watch[i].Family == family {
			n++
		}
	}
	return max(n, 1)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
