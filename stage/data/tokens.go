package data

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
	"suiren/stage/unread"
	"suiren/store"
)

// Tokens is the operator that turns examples into packed rows: whole
// conversations side by side, in the template of a base or in the chat of our
// own, and of them what the assistant says to be learnt; and the text of
// corpora, all of it to be learnt.
type Tokens struct {
	From      []stage.Ref `plan:"from,optional" kinds:"examples" part:"train" learnt:"yes"`
	Text      []stage.Ref `plan:"text,optional" kinds:"corpus" json:",omitempty" learnt:"yes"`
	Tokenizer stage.Ref   `plan:"tokenizer,optional" kinds:"tokenizer" learnt:"no"`
	Length    int         `plan:"length" like:"512" min:"32" max:"8192"`                                   // tokens of a row
	Direct    bool        `plan:"direct,optional"`                                                         // without the thoughts
	Shuffle   bool        `plan:"shuffle,optional" json:",omitempty"`                                      // documents are packed in an order drawn once
	Base      stage.Ref   `plan:"base,optional" kinds:"weights" path:"model" json:",omitzero" learnt:"no"` // instead of tokenizer: in whose template
	Turns     string      `plan:"turns,optional" json:",omitempty"`                                        // all, last
	Learn     []string    `plan:"learn,optional" json:",omitempty"`                                        // of a turn: answers, thoughts, calls
}

// Name, Revision and Out implement stage.Operator.
func (*Tokens) Name() string    { return "rows" }
func (*Tokens) Revision() int   { return 6 } // thoughts are learnt as the template writes them, whatever their words
func (*Tokens) Out() store.Kind { return store.Tokens }

// learnable are the parts of a turn.
var learnable = []string{"answers", "thoughts", "calls"}

// Check implements stage.Checker.
func (t *Tokens) Check() (list []*say.Error) {
	bad := func(where string, what, next say.Text) {
		list = append(list, &say.Error{Where: where, What: what, Next: next})
	}
	list = append(list, fromOrText(t.From, t.Text)...)
	if t.Tokenizer.IsZero() == t.Base.IsZero() {
		bad("tokenizer", say.T("a tokenizer or a base is wanted, one of them", "需要 tokenizer 或 base 之一"),
			say.T("name a tokenizer of the plan for a model from random weights, or the base whose template is to be learnt", "从随机权重训练时引用计划里的 tokenizer；否则写明要按其模板学习的 base"))
	}
	if t.Turns != "" && t.Turns != "all" && t.Turns != "last" {
		bad("turns", say.T("%q is not known here", "这里没有 %q", t.Turns), say.T("choose among %s", "可选：%s", []string{"all", "last"}))
	}
	for _, l := range t.Learn {
		if !slices.Contains(learnable, l) {
			bad("learn", say.T("%q is not known here", "这里没有 %q", l), say.T("choose among %s", "可选：%s", learnable))
		}
	}
	if t.Learn != nil && len(t.Learn) == 0 {
		bad("learn", say.T("nothing is to be learnt", "没有要学习的内容"), say.T("choose among %s", "可选：%s", learnable))
	}
	for _, x := range []struct {
		where string
		said  bool
	}{{"direct", t.Direct}, {"turns", t.Turns != ""}, {"learn", t.Learn != nil}} {
		if x.said && len(t.From) == 0 && len(t.Text) > 0 {
			bad(x.where, say.T("%s is without effect: of text everything is learnt", "%s 不起作用：text 的内容全部学习", x.where), say.T("leave it out, or name conversations in from", "请省略此项，或在 from 中引用对话"))
		}
	}
	return list
}

// choice is what of a turn is learnt: unless said, all.
func (t *Tokens) choice() stage.Choice {
	learns := func(part string) bool { return t.Learn == nil || slices.Contains(t.Learn, part) }
	return stage.Choice{LastTurn: t.Turns == "last", NoAnswers: !learns("answers"), NoThoughts: !learns("thoughts"), NoCalls: !learns("calls")}
}

// Tokens of a conversation with its thought and without, about, for a
// forecast: measured on the tutor's lessons.
const (
	thoughtTokens = 69
	directTokens  = 33
	baseVocab     = 1 << 17 // where only the base knows
)

// Forecast implements stage.Forecaster.
func (t *Tokens) Forecast(in map[string][]stage.Forecast, _ stage.Machine) stage.Forecast {
	w := t.foretold(in)
	f, counted, wrong := t.counted(in, w)
	switch {
	case !counted:
		f = t.forecast(in, w)
	case len(in["text"]) > 0:
		t.beside(&f, in["text"], w)
	}
	f.Wrong = wrong
	for i := range in["from"] {
		if bad := stage.Unlearnable("from", &in["from"][i]); bad != nil {
			f.Wrong = append(f.Wrong, bad)
		}
	}
	for _, base := range in["base"] {
		if len(in["from"]) > 0 {
			f.WordsPath = cmp.Or(base.Path, base.WordsPath)
		}
		if base.Path == "" { // to be made, or not looked into
			continue
		}
		words, err := talk.Open(base.Path)
		if err == nil {
			if len(in["from"]) > 0 {
				f.Derived = say.Join(words.Remark("base"), f.Derived)
			}
			_, err = words.Writer()
		}
		f.Wrong = append(f.Wrong, stage.Wrong("base", unread.Error("base", base.Path, err))...)
	}
	return f
}

// beside adds texts to the forecast of conversations: they fill rows of their own, about.
func (t *Tokens) beside(f *stage.Forecast, in []stage.Forecast, w *talk.Writer) {
	text, tokens := t.texts(in, w, cmp.Or(f.Size["vocab"], baseVocab))
	rows := tokens / float64(t.Length)
	for name, n := range map[string]float64{"rows": rows, "documents": rows, "tokens": tokens, "supervised": tokens} {
		f.Size[name] += n
	}
	of := about(text/packRate, 0, nil)
	f.Low, f.High = f.Low+of.Low, f.High+of.High
	if t.Shuffle {
		f.Memory += int64(8 * f.Size["tokens"])
	}
}

func (t *Tokens) forecast(in map[string][]stage.Forecast, w *talk.Writer) stage.Forecast {
	n := sum(in["from"], "problems")
	vocab := sum(in["tokenizer"], "vocab")
	if n == 0 {
		of := cmp.Or(vocab, baseVocab)
		if w != nil {
			of = float64(w.Tokenizer.Vocab())
		}
		text, tokens := t.texts(in["text"], w, of)
		said, memory := sum(in["from"], "text"), int64(64<<20)
		text, tokens = text+said, tokens+said/talk.BytesPerToken(of)+talk.MarkTokens*sum(in["from"], "examples")
		if t.Shuffle {
			memory += int64(8 * tokens)
		}
		return about(text/packRate, memory, map[string]float64{
			"text": text, "rows": tokens / float64(t.Length), "tokens": tokens, "length": float64(t.Length), "vocab": vocab,
		})
	}
	each := thoughtTokens + (thoughtTokens-directTokens)*sum(in["from"], "checks")/n
	if t.Direct {
		each = directTokens
	}
	return stage.Forecast{
		Low: n * 10e-6, High: n * 60e-6, Memory: 48<<20 + int64(n)*1000,
		Basis: say.T("10–60 µs a problem, measured", "每题 10–60 微秒（实测）"),
		Size: map[string]float64{
			"rows": n * each / float64(t.Length) * 1.03, "length": float64(t.Length), "tokens": n * each, "vocab": vocab,
		},
	}
}

// pool is how many conversations wait to be placed: enough to fill rows well,
// few enough to keep the order of the lessons.
const pool = 64

// Run implements stage.Operator.
func (t *Tokens) Run(ctx context.Context, job *stage.Job) error {
	w, err := t.writer(job)
	if err != nil {
		return err
	}
	rows, err := stage.NewRowWriter(job.Out, w.Tokenizer.Vocab(), t.Length, !t.Direct)
	if err != nil {
		return err
	}
	p := packer{w: rows, length: t.Length, shuffle: t.Shuffle}
	p.knows, _ = w.Thinks()
	for _, dir := range job.Dirs("from") {
		if _, err := os.Stat(filepath.Join(dir, stage.ExamplesFile)); err == nil { // an owner's: they stand as they came
			rows.Drawn()
		}
		if err := t.file(ctx, job, w, &p, dir); err != nil {
			return err
		}
	}
	if err := p.faults.Err(); err != nil {
		return err
	}
	of := "base"
	if job.Dir(of) == "" {
		of = "tokenizer"
	}
	if err := p.lost.Tell(job, of, w); err != nil {
		return err
	}
	for _, dir := range job.Dirs("text") {
		rows.Drawn()
		if err := t.text(ctx, job, w, &p, dir); err != nil {
			return err
		}
	}
	if err := p.flush(); err != nil {
		return err
	}
	rows.Think(p.thoughts+p.mute > 0)
	rows.Choice(t.choice())
	if len(job.Dirs("from")) > 0 {
		rows.Words(w.Sum)
	}
	info, err := rows.Close()
	if err != nil {
		return err
	}
	job.Emit(stage.Event{Type: "count", Vals: map[string]float64{
		"rows": float64(info.Rows), "tokens": float64(info.Tokens), "supervised": float64(info.Supervised), "dropped": float64(info.Dropped),
		"filled": float64(info.Tokens) / float64(max(info.Rows, 1)*t.Length),
	}})
	if p.mute > 0 {
		text := talk.LeftThoughts(p.mute)
		job.Emit(stage.Event{Type: "note", Text: &text})
	}
	if info.Supervised == 0 && (info.Rows > 0 || info.Dropped == 0) {
		return t.nothing(job)
	}
	if info.Rows == 0 {
		return allLong(info.Dropped, t.Length)
	}
	if left := p.cut.Text(t.row()); !left.IsZero() {
		text := say.T("left out: %v", "略去：%v", left)
		job.Emit(stage.Event{Type: "note", Text: &text})
	}
	return nil
}

// row is that in which there is no room for what is left out.
func (t *Tokens) row() say.Text {
	return say.T("a row of %d tokens", "一行的 %d 个词元", t.Length)
}

// allLong is the error of answers none of which fits into a row of length tokens.
func allLong(n int64, length int) *say.Error {
	return &say.Error{Where: "length", What: say.T("all %d answers are longer than a row of %d tokens with the conversation before", "全部 %d 个回答，连同前文，都超过一行的 %d 个词元", n, length),
		Next: say.T("raise length, or shorten the examples", "请加大 length，或缩短样例")}
}

// nothing is the error of rows of which nothing is learnt.
func (t *Tokens) nothing(job *stage.Job) error {
	if len(job.Dirs("from")) == 0 {
		for _, dir := range job.Dirs("text") {
			if info, err := os.Stat(filepath.Join(dir, asideFile)); err == nil && info.Size() > 0 {
				return &say.Error{Where: "text", What: say.T("there is no text to learn: all that the corpus keeps is held out by its split", "没有可学的文本：语料保留的文本全部被 split 留出"),
					Next: say.T("lower split in the corpus block, or bring more texts: which are held out depends on their words", "请调小 corpus 块的 split，或增加文本：留出哪些取决于文本中的词")}
			}
		}
		return &say.Error{Where: "text", What: say.T("there is no text to learn", "没有可学的文本"), Next: say.T("ask suiren data explain what the corpus left out, and why", "请用 suiren data explain 查看语料去掉了什么、为什么")}
	}
	return t.unlearnt()
}

// unlearnt is the error of examples of which nothing is learnt.
func (t *Tokens) unlearnt() *say.Error {
	learn := t.Learn
	if learn == nil {
		learn = learnable
	}
	return &say.Error{Where: "learn", What: say.T("nothing of the examples is learnt: no turn of the assistant has %s, or all have a weight of 0", "样例中没有要学习的内容：助手的轮次都不含 %s，或权重都为 0", learn),
		Next: say.T("look at the examples, and choose what they have", "请查看样例，选用其中有的部分")}
}

// writer writes in the base's template, or in our own chat.
func (t *Tokens) writer(job *stage.Job) (*talk.Writer, error) {
	base := job.Dir("base")
	if base == "" {
		return talk.Own(job.Dir("tokenizer"))
	}
	words, err := talk.Open(base)
	if err != nil {
		return nil, unread.Error("base", base, err)
	}
	return words.Writer()
}

// file packs the examples of a part: conversations, or problems with their
// answers.
func (t *Tokens) file(ctx context.Context, job *stage.Job, w *talk.Writer, p *packer, dir string) error {
	n := 0
	add := func(e *stage.Example) error {
		if n%1000 == 0 {
			job.Emit(stage.Event{Type: "progress", Done: float64(n), Unit: "problems"})
		}
		n++
		if t.Direct {
			e.Direct()
		}
		docs, long, err := w.Docs(e, t.choice(), t.Length)
		if talk.Spent(err) {
			return errors.Join(p.faults.Err(), err)
		}
		if err != nil {
			return p.faults.Add(err)
		}
		p.cut.Add(docs, long)
		for range long {
			p.w.Drop()
		}
		for i := range e.Messages {
			switch {
			case e.Messages[i].Thought == "":
			case p.knows:
				p.thoughts++
			default:
				p.mute++
			}
		}
		lost := talk.Lost(0)
		for i := range docs {
			p.w.Taught(docs[i].Taught)
			lost |= docs[i].Lost
			if err := p.add(stage.RowDoc{IDs: docs[i].IDs, Learn: docs[i].Learn}); err != nil {
				return err
			}
		}
		p.lost.Add(e.From, lost)
		return nil
	}
	for e, err := range stage.Until(ctx, stage.Conversations(dir)) {
		if err != nil {
			return err
		}
		if err := add(&e); err != nil {
			return err
		}
	}
	return nil
}

// A packer puts documents into rows.
type packer struct {
	w       *stage.RowWriter
	length  int
	shuffle bool // in an order drawn once, when all are there
	waiting []stage.RowDoc
	faults  stage.Faults // examples that cannot be written

	cut            talk.Cut
	lost           talk.Losses
	knows          bool // the template knows thoughts
	thoughts, mute int  // that were met; of a template that knows none
}

// add takes a document, and writes a row when enough of them wait.
func (p *packer) add(d stage.RowDoc) error {
	if p.waiting = append(p.waiting, d); p.shuffle || len(p.waiting) < pool {
		return nil
	}
	return p.row()
}

// flush writes what waits.
func (p *packer) flush() error {
	if p.shuffle {
		all, d := p.waiting, newDraw(0, "shuffle", 0)
		for i := len(all) - 1; i > 0; i-- {
			j := d.below(i + 1)
			all[i], all[j] = all[j], all[i]
		}
		p.waiting, p.shuffle = nil, false
		for _, doc := range all {
			if err := p.add(doc); err != nil {
				return err
			}
		}
	}
	for len(p.waiting) > 0 {
		if err := p.row(); err != nil {
			return err
		}
	}
	return nil
}

func (p *packer) row() (err error) {
	p.waiting, err = addRow(p.w, p.waiting, p.length)
	return err
}

// addRow writes a row: the one that has waited longest, then again and again
// the longest that still fits, the first of equals. It returns those left.
func addRow(w *stage.RowWriter, waiting []stage.RowDoc, length int) ([]stage.RowDoc, error) {
	row := []stage.RowDoc{waiting[0]}
	room := length - len(waiting[0].IDs)
	taken := make([]bool, len(waiting))
	taken[0] = true
	for {
		best := -1
		for i, d := range waiting {
			if n := len(d.IDs); !taken[i] && n <= room && (best < 0 || n > len(waiting[best].IDs)) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		taken[best] = true
		room -= len(waiting[best].IDs)
		row = append(row, waiting[best])
	}
	var rest []stage.RowDoc
	for i, d := range waiting {
		if !taken[i] {
			rest = append(rest, d)
		}
	}
	return rest, w.Add(row)
}
