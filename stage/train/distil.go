package train

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"time"

	"suiren/engine/model"
	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// A Distil teaches a smaller model what a teacher says: its distribution over
// the next token, of rows that are given (logits), or of answers that it wrote
// to problems and got right (sequences). Both have one tokenizer.
type Distil struct {
	Teacher   stage.Ref `plan:"teacher" kinds:"weights"`
	Base      stage.Ref `plan:"base,optional" kinds:"weights"` // none: random weights
	Depth     int       `plan:"depth,optional" min:"1" max:"64"`
	From      stage.Ref `plan:"from,optional" kinds:"tokens"`
	Problems  stage.Ref `plan:"problems,optional" kinds:"examples" part:"train"`
	Top       *int      `plan:"top,optional" min:"0" max:"20"`         // the teacher's likeliest tokens that are learnt; 0: only its text
	Hard      float64   `plan:"hard,optional" min:"0" max:"1"`         // share of the text's own token
	Count     int       `plan:"count,optional" min:"1" max:"10000000"` // problems that the teacher answers, evenly among all
	Tokens    int       `plan:"tokens,optional" min:"8" max:"8192"`    // of an answer that the teacher writes
	Epochs    int       `plan:"epochs,optional" min:"1" max:"1000"`
	Batch     int       `plan:"batch,optional" min:"1" max:"4096"`    // rows a step
	Rate      float64   `plan:"rate,optional" min:"0.0001" max:"100"` // factor of the learning rates
	Optimizer string    `plan:"optimizer,optional"`
	Seed      uint64    `plan:"seed,optional"`

	Every time.Duration `json:"-" plan:"-"` // between checkpoints; 0: 10 seconds. It changes no result
}

// Name, Revision and Out implement stage.Operator.
func (*Distil) Name() string    { return "distil" }
func (*Distil) Revision() int   { return 1 }
func (*Distil) Out() store.Kind { return store.Weights }

// Check implements stage.Checker.
func (d *Distil) Check() []*say.Error {
	list := checkMethod(d.Optimizer)
	one := func(a, b string, hasA, hasB bool) {
		switch {
		case hasA && hasB:
			list = append(list, &say.Error{Where: b, What: say.T("%s and %s exclude each other", "%s 与 %s 不能同时给出", a, b), Next: say.T("keep one of them", "请只保留一个")})
		case !hasA && !hasB:
			list = append(list, &say.Error{Where: a, What: say.T("neither %s nor %s is given", "%s 与 %s 都没有给出", a, b), Next: say.T("give one of them", "请给出其中一个")})
		}
	}
	one("base", "depth", !d.Base.IsZero(), d.Depth > 0)
	one("from", "problems", !d.From.IsZero(), !d.Problems.IsZero())
	return list
}

func (d *Distil) top() int {
	if d.Top == nil {
		return 16
	}
	return *d.Top
}

func (d *Distil) batch() int { return orDefault(d.Batch, 16) }

// rate is SFT's from random weights, a tenth of it from a base.
func (d *Distil) rate() float64 {
	if d.Base.IsZero() {
		return orDefault(d.Rate, 1)
	}
	return orDefault(d.Rate, 0.1)
}

// Forecast implements stage.Forecaster.
func (d *Distil) Forecast(in map[string][]stage.Forecast, m stage.Machine) stage.Forecast {
	teacher, student, tokens := 1e6, 1e6, 1e6
	size := func(arg, key string, to *float64) {
		for _, f := range in[arg] {
			if v := f.Size[key]; v > 0 {
				*to = v
			}
		}
	}
	size("teacher", "params", &teacher)
	size("base", "params", &student)
	size("from", "tokens", &tokens)
	if !d.Problems.IsZero() {
		size("problems", "problems", &tokens)
		tokens = 100 * min(tokens, float64(orDefault(d.Count, 4096))) // of an answer with its prompt, about
	}
	c := scaleOf(student)
	if d.Depth > 0 {
		c = model.Scale(d.Depth, 512, 256)
		student = float64(c.Params())
	}
	train := 6 * student * tokens * float64(orDefault(d.Epochs, 1))
	return forecast(train, train+2*teacher*tokens, c, d.batch(), 256, m)
}

// distilFacts are recorded in suiren.json.
type distilFacts struct {
	Rows         int     `json:"rows"`
	Top          int     `json:"top"`
	Asked        int     `json:"asked,omitempty"` // problems that the teacher answered
	Kept         int     `json:"kept,omitempty"`  // of them, those it got right
	TeacherFLOPs float64 `json:"teacher_flops"`
}

// Run implements stage.Operator.
func (d *Distil) Run(ctx context.Context, job *stage.Job) error {
	home := job.Dir("teacher")
	var f facts
	var l *Learner
	var rows *stage.Rows
	var err error
	length := 0
	if dir := job.Dir("from"); dir != "" {
		if rows, err = stage.OpenRows(dir); err != nil {
			return err
		}
		defer rows.Close()
		length = rows.Length()
	}
	settings := recipe(d.Optimizer, d.rate())
	if base := job.Dir("base"); base != "" {
		if err := sameTokenizer(home, base); err != nil {
			return err
		}
		home = base
		if f, err = readFacts(base); err != nil {
			return err
		}
		l, err = openBase(job, settings)
	} else {
		l, err = d.fresh(job, length)
		if f.Think = true; rows != nil {
			f.Think = rows.Think()
		}
	}
	if err != nil {
		return err
	}
	defer l.Close()
	c := &l.Params.Config
	t, err := openTeacher(job.Dir("teacher"), d.top(), c.Context, job.Machine.Threads)
	if err != nil {
		return err
	}
	defer t.Close()
	told := distilFacts{Top: d.top()}
	count, row, err := d.data(ctx, job, t, l, rows, home, &told)
	if err != nil {
		return err
	}
	j := judgement{t: t, work: job.Work, hard: float32(d.Hard), rows: row, count: count, blocks: map[int][][]model.Soft{}}
	n := d.batch()
	run := tuning{job: job, l: l, steps: stepsOf(count, n, orDefault(d.Epochs, 1)), every: d.Every}
	run.schedule = gentle(run.steps)
	run.st.FLOPs = f.FLOPs
	run.batch = func(ctx context.Context, step int) (o outcome, err error) {
		var list []model.Row
		supervised := 0
		for i := range n {
			at := (step*n + i) % count
			r := row(at)
			if d.top() > 0 {
				if r.Soft, err = j.of(ctx, at); err != nil {
					return o, err
				}
			}
			list = append(list, r)
			supervised += supervisedIn(r.Weight)
			o.tokens += len(r.IDs)
			o.flops += rowFLOPs(c, r)
		}
		for _, r := range list {
			for k := range r.Weight {
				r.Weight[k] /= float32(max(supervised, 1))
			}
		}
		o.loss, _, _ = l.Accumulate(list)
		o.vals = map[string]float64{"loss": o.loss}
		return o, nil
	}
	before := f.FLOPs
	if err := run.run(ctx); err != nil {
		return err
	}
	told.Rows = count
	if d.top() > 0 {
		for i := range min(count, run.steps*n) {
			r := row(i)
			for k := range len(r.Docs) - 1 {
				lo, hi := r.Docs[k], r.Docs[k+1]
				told.TeacherFLOPs += t.flops(hi-lo, hi-lo)
			}
		}
	}
	job.Emit(stage.Event{Type: "count", Vals: map[string]float64{"flops": run.st.FLOPs - before, "steps": float64(run.st.Step), "params": float64(c.Params())}})
	f.Method, f.Steps, f.FLOPs, f.Loss, f.Distil = d.Name(), f.Steps+run.st.Step, run.st.FLOPs, run.st.Loss, &told
	return writeFolder(job, home, l.Params, f)
}

// fresh makes a student of random weights that reads what its teacher reads.
func (d *Distil) fresh(job *stage.Job, length int) (*Learner, error) {
	tok, err := tokenizer.Load(job.Dir("teacher"))
	if err != nil {
		return nil, err
	}
	if length == 0 {
		shape, err := model.FromFolder(job.Dir("teacher"))
		if err != nil {
			return nil, err
		}
		length = min(shape.Context, 4096)
	}
	s := recipe(d.Optimizer, d.rate())
	s.Decay = methods[d.Optimizer].Default().Decay
	l, err := newLearner(model.Scale(d.Depth, tok.Vocab(), length), min(d.batch(), microRows), length, job.Machine.Threads, s)
	if err != nil {
		return nil, err
	}
	l.Params.Init(d.Seed)
	l.Repack()
	return l, nil
}

// data returns the rows to learn: those given, or the teacher's answers.
func (d *Distil) data(ctx context.Context, job *stage.Job, t *teacher, l *Learner, rows *stage.Rows, home string, told *distilFacts) (count int, row func(i int) model.Row, err error) {
	if rows != nil {
		if err := checkRows(rows, &l.Params.Config); err != nil {
			return 0, nil, err
		}
		if v := t.file.Shape.Vocab; v != rows.Vocab() {
			return 0, nil, errTokenizer
		}
		return rows.Len(), func(i int) model.Row { return readRow(rows, i) }, nil
	}
	w, err := newWriter(home, l.Params.Config.Context)
	if err != nil {
		return 0, nil, err
	}
	problems, err := stage.ReadProblems(filepath.Join(job.Dir("problems"), problemsFile))
	if err != nil {
		return 0, nil, err
	}
	asked := make([]stage.Problem, min(orDefault(d.Count, 4096), len(problems)))
	for i := range asked {
		asked[i] = problems[i*len(problems)/len(asked)]
	}
	s, err := t.write(ctx, job, w, asked, orDefault(d.Tokens, 192))
	if err != nil {
		return 0, nil, err
	}
	told.Asked, told.Kept, told.TeacherFLOPs = s.Asked, len(s.IDs), s.FLOPs
	text := say.T("the teacher answered %d problems, %d of them right", "教师回答了 %d 道题，答对 %d 道", s.Asked, len(s.IDs))
	job.Emit(stage.Event{Type: "note", Text: &text})
	if len(s.IDs) == 0 {
		return 0, nil, &say.Error{Where: "problems", What: say.T("the teacher answered none of %d problems right", "教师在 %d 道题中没有答对任何一道", s.Asked),
			Next: say.T("take another teacher, easier problems or more tokens", "请换用别的教师、更容易的题目，或增大 tokens")}
	}
	var docs []doc
	for i, ids := range s.IDs {
		docs = append(docs, doc{ids: ids, supervised: s.Supervised[i], weight: 1})
	}
	list := packDocs(docs, l.Params.Config.Context)
	return len(list), func(i int) model.Row {
		r := list[i]
		r.Weight = append([]float32(nil), r.Weight...)
		return r
	}, nil
}

// sameTokenizer finds fault with two folders that have not one tokenizer.
func sameTokenizer(a, b string) error {
	const name = "tokenizer.json"
	x, err := os.ReadFile(filepath.Join(a, name))
	if err != nil {
		return err
	}
	y, err := os.ReadFile(filepath.Join(b, name))
	if err != nil {
		return err
	}
	if !bytes.Equal(x, y) {
		return errTokenizer
	}
	return nil
}

var errTokenizer = &say.Error{Where: "teacher", What: say.T("the teacher has another tokenizer", "教师使用另一个分词器"),
	Next: say.T("take a teacher that reads the tokens of the data and of the base", "请换用与数据和基座使用同一分词器的教师")}
