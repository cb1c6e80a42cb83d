package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"sync"

	"suiren/engine/infer"
	"suiren/engine/model"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
	"suiren/stage/unread"
	"suiren/stage/verify"
)

// A teacher answers, and judges the tokens of documents, through the serving
// engine.
type teacher struct {
	file   *model.File
	engine *infer.Engine
	top    int      // likeliest tokens it tells, the document's own beside them
	w      *writer  // how it is asked
	m      *mapping // of its tokens to the student's; nil: they are the same
	vocab  int      // of the student's model; 0: as the teacher's
	bytes  int64    // that it takes
	limit  int      // tokens of a document
}

// teacherSlots are the requests that a teacher answers at a time.
const teacherSlots = 32

// readTeacher reads a teacher whose engine is yet to be started.
func readTeacher(dir string, top int) (*teacher, error) {
	path := talk.Path(dir)
	f, err := model.Open(path)
	if err != nil {
		return nil, unread.Error("teacher", path, err)
	}
	w, err := teacherWriter(path, f.Shape.Context)
	if err != nil {
		f.Close()
		return nil, err
	}
	if err := f.Shape.CheckWords(w.Tokenizer.Vocab()); err != nil {
		f.Close()
		return nil, unread.Error("teacher", path, err)
	}
	return &teacher{file: f, top: top, w: w}, nil
}

// start has the teacher read documents of up to length of its tokens. Its keys and values
// take a quarter of the memory at most, if that is known.
func (t *teacher) start(length int, m stage.Machine) error {
	t.stop()
	o, takes, err := within(t.file, infer.Options{Slots: teacherSlots, Limit: length, Threads: m.Threads, Tokens: t.w.Tokenizer.Vocab()}, m.Memory/4)
	if err != nil {
		return err
	}
	if t.engine, err = infer.Open(t.file, o); err != nil {
		return err
	}
	t.bytes, t.limit, t.w.context = takes.Total(), t.engine.Limit(), min(t.file.Shape.Context, length)
	return nil
}

// stop closes its engine, if it has one.
func (t *teacher) stop() {
	if t.engine != nil {
		t.engine.Close()
	}
	t.engine = nil
}

// teacherWriter writes for a teacher: in our own chat, or in its template.
func teacherWriter(path string, context int) (*writer, error) {
	words, err := talk.Open(path)
	if err != nil {
		return nil, unread.Error("teacher", path, err)
	}
	w, err := words.Writer()
	return &writer{w, context}, err
}

func (t *teacher) Close() {
	t.stop()
	t.file.Close()
}

// flops returns what the teacher spends on a document of n tokens.
func (t *teacher) flops(n, supervised int) float64 {
	return t.file.Shape.FLOPs([]int{n}, supervised)
}

// ask has the engine answer requests, and gives each its tokens, in no order.
func (t *teacher) ask(ctx context.Context, reqs []infer.Request, each func(i int, tokens []infer.Token)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int)
	var wg sync.WaitGroup
	for range teacherSlots {
		wg.Go(func() {
			for i := range next {
				var list []infer.Token
				for tok, err := range t.engine.Generate(ctx, reqs[i]) {
					if err != nil {
						cancel(err)
						break
					}
					list = append(list, tok)
				}
				if ctx.Err() == nil {
					each(i, list)
				}
			}
		})
	}
	for i := range reqs {
		select {
		case next <- i:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(next)
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		if errors.Is(err, infer.ErrNumbers) {
			return say.Errorf("the teacher's logits are no numbers: check its weights", "教师的 logits 不是数值：请检查其权重")
		}
		return err
	}
	return nil
}

// reads writes a document in the teacher's tokens: at[k] is which of them is
// token k, nil if each is the same one. It is not ok if the teacher's context is
// too short for it.
func (t *teacher) reads(ids []int32) (theirs []int32, at []int, ok bool) {
	theirs = ids
	if t.m != nil {
		theirs, at = t.m.translate(ids)
	}
	return theirs, at, len(theirs) > 0 && len(theirs) <= t.limit
}

// judges counts the tokens to be learnt of a document, those of them that the
// teacher can judge, and those that it cannot because the document is too long.
func (t *teacher) judges(ids []int32, weight []float32) (judged, long, all int) {
	_, at, ok := t.reads(ids)
	for k, w := range weight {
		if w == 0 || k == 0 {
			continue
		}
		switch all++; {
		case !ok:
			long++
		case at == nil || at[k] > 0:
			judged++
		}
	}
	return judged, long, all
}

// width is the floats that a judged token takes: tokens and probabilities.
func (t *teacher) width() int { return 2 * (t.top + 1) }

// judge writes, for each supervised token of rows in order, the teacher's
// likeliest tokens and their probabilities; the row's own token is always among
// them. A document longer than the teacher's context is not judged.
func (t *teacher) judge(ctx context.Context, rows []model.Row, out []float32) error {
	var reqs []infer.Request
	var starts []int // of each request in out
	var weights [][]float32
	var places [][]int // of the document's tokens in the teacher's
	at := 0
	for _, r := range rows {
		for d := range len(r.Docs) - 1 {
			lo, hi := r.Docs[d], r.Docs[d+1]
			if ids, place, ok := t.reads(r.IDs[lo:hi]); ok {
				reqs = append(reqs, infer.Request{Prompt: ids, Echo: true, TopLogprobs: t.top})
				starts, weights, places = append(starts, at), append(weights, r.Weight[lo:hi]), append(places, place)
			}
			at += supervisedIn(r.Weight[lo:hi]) * t.width()
		}
	}
	if at != len(out) {
		panic(fmt.Sprintf("train: %d floats for %d of judgement", len(out), at))
	}
	return t.ask(ctx, reqs, func(i int, tokens []infer.Token) {
		to := out[starts[i]:]
		for k, w := range weights[i] {
			if w == 0 || k == 0 {
				continue
			}
			place := to[:t.width()]
			to = to[t.width():]
			which := k
			if places[i] != nil {
				which = places[i][k]
			}
			if which < 1 { // the teacher has no such token here, or nothing before it
				continue
			}
			tok, found, told := tokens[which], false, 0 // floats of place
			put := func(id int32, logprob float32) {
				if t.m != nil {
					var ok bool
					if id, ok = t.m.to[id]; !ok {
						return
					}
				}
				if t.vocab > 0 && int(id) >= t.vocab {
					return
				}
				p := float32(math.Exp(float64(logprob)))
				for at := 0; t.m != nil && at < told; at += 2 {
					if place[at] == float32(id+1) { // <0x41> and A of the teacher's are one token of the student's
						place[at+1] += p
						return
					}
				}
				place[told], place[told+1] = float32(id+1), p // a place with 0 is empty
				told += 2
			}
			for _, p := range tok.Top {
				put(p.ID, p.Logprob)
				found = found || p.ID == tok.ID
			}
			if !found {
				put(tok.ID, tok.Logprob)
			}
		}
	})
}

// loss returns the teacher's mean loss on the supervised tokens of rows in its
// own vocabulary, those of documents longer than its context apart; 0 if there are none.
func (t *teacher) loss(ctx context.Context, rows []model.Row) (float64, error) {
	var reqs []infer.Request
	var weights [][]float32
	n := 0
	for _, r := range rows {
		for d := range len(r.Docs) - 1 {
			lo, hi := r.Docs[d], r.Docs[d+1]
			if hi-lo <= t.limit && hi > lo {
				reqs, weights = append(reqs, infer.Request{Prompt: r.IDs[lo:hi], Echo: true, TopLogprobs: 1}), append(weights, r.Weight[lo:hi])
				n += supervisedIn(r.Weight[lo:hi])
			}
		}
	}
	sums := make([]float64, len(reqs))
	err := t.ask(ctx, reqs, func(i int, tokens []infer.Token) {
		for k, w := range weights[i] {
			if w != 0 && k > 0 {
				sums[i] -= float64(tokens[k].Logprob)
			}
		}
	})
	sum := 0.0
	for _, s := range sums {
		sum += s
	}
	return sum / float64(max(n, 1)), err
}

// supervisedIn counts the supervised tokens of a document.
func supervisedIn(weight []float32) (n int) {
	for k, w := range weight {
		if w != 0 && k > 0 {
			n++
		}
	}
	return n
}

// sequencesFile holds what the teacher answered to a chunk of problems, which
// are asked together.
const (
	sequencesFile  = "sequences-%06d"
	sequencesChunk = 256
)

// sequences are documents that the teacher wrote.
type sequences struct {
	IDs        [][]int32 `json:"ids"`
	Supervised []int     `json:"supervised"`        // the last of each
	Answers    []said    `json:"answers,omitempty"` // instead, where the student writes another way
	Asked      int       `json:"asked"`
	FLOPs      float64   `json:"flops"`
}

// add puts what was written to other problems behind s.
func (s *sequences) add(o *sequences) {
	s.IDs, s.Supervised, s.Answers = append(s.IDs, o.IDs...), append(s.Supervised, o.Supervised...), append(s.Answers, o.Answers...)
	s.Asked, s.FLOPs = s.Asked+o.Asked, s.FLOPs+o.FLOPs
}

// A said is an answer to a problem of those that were asked.
type said struct {
	Problem int    `json:"problem"`
	Thought string `json:"thought"`
	Answer  string `json:"answer"`
}

// hears returns the tokens of the longest question. It refuses problems whose questions the
// teacher's template drops: right answers to those would be luck.
func (w *writer) hears(job *stage.Job, problems []stage.Problem) (longest int, err error) {
	var lost talk.Losses
	for i := range problems {
		p := &problems[i]
		if q, err := w.Ask(p.ID, p.Asking(), p.Tools, nil); err == nil { // else it is told when it is asked
			lost.Add(p.ID, q.Lost)
			longest = max(longest, len(q.IDs))
		}
	}
	return longest, lost.Tell(job, "teacher", w.Writer)
}

// write has the teacher answer problems, once each and greedily, and returns
// those answers that are right: as tokens, if the student writes alike, or as
// text. Each chunk is written once and kept.
func (t *teacher) write(ctx context.Context, job *stage.Job, problems []stage.Problem, tokens int, alike bool) (*sequences, error) {
	s := new(sequences)
	var judge verify.Judge
	for lo := 0; lo < len(problems); lo += sequencesChunk {
		hi := min(lo+sequencesChunk, len(problems))
		path := filepath.Join(job.Work, fmt.Sprintf(sequencesFile, lo/sequencesChunk))
		part := new(sequences)
		known, err := recall(path, part)
		if err != nil {
			return nil, err
		}
		if !known {
			if part, err = t.answer(ctx, &judge, problems, lo, hi, tokens, alike); err != nil {
				return nil, err
			}
			if err := keep(path, part); err != nil {
				return nil, err
			}
		}
		s.add(part)
		job.Emit(stage.Event{Type: "progress", Done: float64(hi), Total: float64(len(problems)), Unit: "problems"})
	}
	return s, nil
}

// answer is write of problems lo to hi.
func (t *teacher) answer(ctx context.Context, judge *verify.Judge, problems []stage.Problem, lo, hi, tokens int, alike bool) (*sequences, error) {
	s, w := new(sequences), t.w
	var reqs []infer.Request
	var asked []int
	var questions []talk.Question
	for i := lo; i < hi; i++ {
		q, err := w.Ask(problems[i].ID, problems[i].Asking(), problems[i].Tools, nil)
		if err != nil {
			return nil, err
		}
		if room := min(w.context, t.limit) - len(q.IDs); room > 0 {
			asked, questions = append(asked, i), append(questions, q)
			reqs = append(reqs, w.request(&q, min(tokens, room)))
		}
	}
	replies := make([][]int32, len(reqs))
	if err := t.ask(ctx, reqs, func(i int, list []infer.Token) {
		for _, tok := range list {
			replies[i] = append(replies[i], tok.ID) // with the stop token
		}
		if list[len(list)-1].Finish != infer.Stopped {
			replies[i] = nil
		}
	}); err != nil {
		return nil, err
	}
	judged := make([]reply, len(replies))
	for i, r := range replies {
		if len(r) > 0 {
			judged[i] = reply{&problems[asked[i]], w.read(&questions[i], r[:len(r)-1])}
		}
	}
	scores, err := scoresOf(ctx, judge, judged)
	if err != nil {
		return nil, err
	}
	for i, r := range replies {
		s.Asked++
		n := len(reqs[i].Prompt) + len(r)
		s.FLOPs += t.flops(n, len(r))
		switch {
		case !verify.Passes(scores[i]):
		case !alike:
			thought, answer := w.Parts(&questions[i], r[:len(r)-1])
			s.Answers = append(s.Answers, said{asked[i], thought, answer})
		default:
			s.IDs, s.Supervised = append(s.IDs, append(reqs[i].Prompt, r...)), append(s.Supervised, len(r))
		}
	}
	return s, nil
}

// answers has the teacher answer problems; its right answers are learnt. alike
// says that both write alike.
func (r *distilling) answers(ctx context.Context, alike bool) error {
	problems, err := stage.ReadProblems(filepath.Join(r.job.Dir("problems"), problemsFile))
	if err != nil {
		return err
	}
	if len(problems) == 0 {
		return nothing(r.job, "problems", 0, 0)
	}
	asked := make([]stage.Problem, min(r.Distil.count(), len(problems)))
	for i := range asked {
		asked[i] = problems[i*len(problems)/len(asked)]
	}
	longest, err := r.t.w.hears(r.job, asked)
	if err != nil {
		return err
	}
	if r.t.m != nil {
		if err := r.seat(longest + r.tokens()); err != nil {
			return err
		}
	}
	s, err := r.t.write(ctx, r.job, asked, r.tokens(), alike)
	if err != nil {
		return err
	}
	most := say.T("the %d tokens that the teacher reads", "教师能读的 %d 个词元", min(r.t.w.context, r.t.limit))
	if r.t.m == nil { // what the student cannot read it would not learn
		most = say.T("the %d tokens that teacher and student both read", "教师和学生都能读的 %d 个词元", min(r.t.w.context, r.t.limit))
	}
	if s.Asked == 0 {
		return &say.Error{Where: "problems", What: say.T("none of %d problems was asked: they are longer than %v", "%d 道题都没有提问：它们长于%v", len(asked), most),
			Next: say.T("take shorter problems, or models with a longer context", "请换用更短的题目，或上下文更长的模型")}
	}
	kept := len(s.IDs) + len(s.Answers)
	r.told.Asked, r.told.Kept, r.told.TeacherFLOPs = s.Asked, kept, s.FLOPs
	text := say.T("the teacher answered %d problems, %d of them right", "教师回答了 %d 道题，答对 %d 道", s.Asked, kept)
	note(r.job, text)
	if long := len(asked) - s.Asked; long > 0 {
		text := say.T("%d of %d problems are longer than %v, and were not asked", "%[2]d 道题中有 %[1]d 道长于%[3]v，没有提问", long, len(asked), most)
		note(r.job, text)
	}
	if kept == 0 {
		return &say.Error{Where: "problems", What: say.T("the teacher answered none of %d problems right", "教师在 %d 道题中没有答对任何一道", s.Asked),
			Next: say.T("take another teacher, easier problems or more tokens", "请换用别的教师、更容易的题目，或增大 tokens")}
	}
	var docs []doc
	for i, ids := range s.IDs {
		docs = append(docs, doc{ids: ids, supervised: s.Supervised[i], weight: 1})
	}
	said, err := r.s.said(asked, s.Answers)
	if err != nil {
		return err
	}
	docs = append(docs, said...)
	if len(docs) == 0 {
		return nothing(r.job, "problems", len(s.Answers), r.s.w.context)
	}
	r.s.facts.Left = leftOf(kept-len(docs), len(docs), r.s.w.context)
	tellCut(r.job, &talk.Cut{Answers: kept, Left: kept - len(docs)}, r.s.w.context)
	if r.t.m != nil && r.top() > 0 { // what it judges is in the student's template
		if err := r.seatFor(ctx, func(i int) model.Row { return rowOf(docs[i : i+1]) }, len(docs)); err != nil {
			return err
		}
	}
	r.s.follows(r.t.w)
	if r.s.w.Template == nil {
		r.s.facts.Taught.Or(taughtAsking(asked))
	}
	if err := r.s.ready(docs); err != nil {
		return err
	}
	list := packDocs(docs, r.s.length())
	r.count, r.row = len(list), func(i int) model.Row {
		row := list[i]
		row.Weight = append([]float32(nil), row.Weight...)
		return row
	}
	if asked[0].Verify != nil { // the owner's have no order; lessons begin easy
		r.order = &shuffle{n: r.count, seed: r.Seed}
	}
	return nil
}
