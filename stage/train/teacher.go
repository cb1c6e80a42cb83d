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
}

// teacherSlots are the requests that a teacher answers at a time.
const teacherSlots = 32

// openTeacher opens a teacher of documents of up to length tokens.
//
// Its keys and values take a quarter of the memory at most, if that is known.
func openTeacher(dir string, top, length int, m stage.Machine) (*teacher, error) {
	path := talk.Path(dir)
	f, err := model.Open(path)
	if err != nil {
		return nil, err
	}
	w, err := teacherWriter(path, min(f.Shape.Context, length))
	if err != nil {
		f.Close()
		return nil, err
	}
	// One token more: an engine keeps room for an answer.
	o, takes, err := within(f, infer.Options{Slots: teacherSlots, Limit: length + 1, Threads: m.Threads}, m.Memory/4)
	if err != nil {
		f.Close()
		return nil, err
	}
	e, err := infer.Open(f, o)
	if err != nil {
		f.Close()
		return nil, err
	}
	return &teacher{file: f, engine: e, top: top, w: w, bytes: takes.Total()}, nil
}

// teacherWriter writes for a teacher: in our own chat, or in its template.
func teacherWriter(path string, context int) (*writer, error) {
	words, err := talk.Open(path)
	if err != nil {
		return nil, err
	}
	w, err := words.Writer()
	return &writer{w, context}, err
}

func (t *teacher) Close() {
	t.engine.Close()
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

// width is the floats that a judged token takes: tokens and probabilities.
func (t *teacher) width() int { return 2 * (t.top + 1) }

// judge writes, for each supervised token of rows in order, the teacher's
// likeliest tokens and their probabilities; the row's own token is always among
// them. A document as long as the teacher's context is not judged.
func (t *teacher) judge(ctx context.Context, rows []model.Row, out []float32) error {
	var reqs []infer.Request
	var starts []int // of each request in out
	var weights [][]float32
	var places [][]int // of the document's tokens in the teacher's
	at := 0
	for _, r := range rows {
		for d := range len(r.Docs) - 1 {
			lo, hi := r.Docs[d], r.Docs[d+1]
			ids, place := r.IDs[lo:hi], []int(nil)
			if t.m != nil {
				ids, place = t.m.translate(ids)
			}
			if len(ids) < t.engine.Limit() && len(ids) > 0 {
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
// own vocabulary, those of documents as long as its context apart; 0 if there are none.
func (t *teacher) loss(ctx context.Context, rows []model.Row) (float64, error) {
	var reqs []infer.Request
	var weights [][]float32
	n := 0
	for _, r := range rows {
		for d := range len(r.Docs) - 1 {
			lo, hi := r.Docs[d], r.Docs[d+1]
			if hi-lo < t.engine.Limit() && hi > lo {
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

// A judgement is what a teacher says of rows, block by block: each block is
// asked for once and kept in the work folder.
type judgement struct {
	t      *teacher
	work   string
	hard   float32 // share of the row's own token
	rows   func(i int) model.Row
	count  int // of rows
	blocks map[int][][]model.Soft
}

// blockRows are the rows that a teacher is asked about together.
const blockRows = 32

// of returns the soft targets of row i.
func (j *judgement) of(ctx context.Context, i int) ([]model.Soft, error) {
	b := i / blockRows
	if list, ok := j.blocks[b]; ok {
		return list[i%blockRows], nil
	}
	var rows []model.Row
	n := 0
	for k := b * blockRows; k < min((b+1)*blockRows, j.count); k++ {
		r := j.rows(k)
		rows = append(rows, r)
		for d := range len(r.Docs) - 1 {
			n += supervisedIn(r.Weight[r.Docs[d]:r.Docs[d+1]]) * j.t.width()
		}
	}
	mem := make([]float32, n)
	path := filepath.Join(j.work, fmt.Sprintf("teacher-%06d", b))
	var top int
	known, err := recall(path, &top, mem)
	if err != nil {
		return nil, err
	}
	if !known || top != j.t.top {
		clear(mem)
		if err := j.t.judge(ctx, rows, mem); err != nil {
			return nil, err
		}
		if err := keep(path, j.t.top, mem); err != nil {
			return nil, err
		}
	}
	if len(j.blocks) >= 4 { // a batch needs few, and rows come in order
		clear(j.blocks)
	}
	for _, r := range rows {
		j.blocks[b] = append(j.blocks[b], j.soft(r, &mem))
	}
	return j.blocks[b][i%blockRows], nil
}

// soft takes the targets of one row from what judge wrote.
func (j *judgement) soft(r model.Row, mem *[]float32) []model.Soft {
	list := make([]model.Soft, len(r.IDs))
	for d := range len(r.Docs) - 1 {
		for k := r.Docs[d] + 1; k < r.Docs[d+1]; k++ {
			if r.Weight[k] == 0 {
				continue
			}
			place := (*mem)[:j.t.width()]
			*mem = (*mem)[j.t.width():]
			s := &list[k]
			for ; len(place) > 0; place = place[2:] {
				if place[0] == 0 {
					continue
				}
				id, p := int32(place[0])-1, float32(place[1]*(1-j.hard))
				if id == r.IDs[k] {
					p += j.hard
				}
				s.IDs, s.P = append(s.IDs, id), append(s.P, p)
			}
		}
	}
	return list
}

// sequencesFile holds what the teacher answered.
const sequencesFile = "sequences"

// sequences are documents that the teacher wrote.
type sequences struct {
	IDs        [][]int32 `json:"ids"`
	Supervised []int     `json:"supervised"`        // the last of each
	Answers    []said    `json:"answers,omitempty"` // instead, where the student writes another way
	Asked      int       `json:"asked"`
	FLOPs      float64   `json:"flops"`
}

// A said is an answer to a problem of those that were asked.
type said struct {
	Problem int    `json:"problem"`
	Thought string `json:"thought"`
	Answer  string `json:"answer"`
}

// write has the teacher answer problems, once each and greedily, and returns
// those answers that are right: as tokens, if the student writes alike, or as
// text. They are written once and kept.
func (t *teacher) write(ctx context.Context, job *stage.Job, problems []stage.Problem, tokens int, alike bool) (*sequences, error) {
	s := new(sequences)
	path := filepath.Join(job.Work, sequencesFile)
	if ok, err := recall(path, s); ok || err != nil {
		return s, err
	}
	var judge verify.Judge
	w := t.w
	for lo := 0; lo < len(problems); lo += 256 {
		chunk := problems[lo:min(lo+256, len(problems))]
		var reqs []infer.Request
		var asked []int
		var questions []talk.Question
		for i := range chunk {
			q, err := w.Ask(chunk[i].ID, asking(&chunk[i]), nil, nil)
			if err != nil {
				return nil, err
			}
			if room := min(w.context, t.engine.Limit()) - len(q.IDs); room > 0 {
				asked, questions = append(asked, lo+i), append(questions, q)
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
		right, err := correct(ctx, &judge, judged)
		if err != nil {
			return nil, err
		}
		for i, r := range replies {
			s.Asked++
			n := len(reqs[i].Prompt) + len(r)
			s.FLOPs += t.flops(n, len(r))
			switch {
			case !right[i]:
			case !alike:
				thought, answer := w.Parts(&questions[i], r[:len(r)-1])
				s.Answers = append(s.Answers, said{asked[i], thought, answer})
			default:
				s.IDs, s.Supervised = append(s.IDs, append(reqs[i].Prompt, r...)), append(s.Supervised, len(r))
			}
		}
		job.Emit(stage.Event{Type: "progress", Done: float64(lo + len(chunk)), Total: float64(len(problems)), Unit: "problems"})
	}
	return s, keep(path, s)
}
