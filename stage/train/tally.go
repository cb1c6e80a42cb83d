package train

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
	"suiren/stage/verify"
)

// A tally is what examples come to as documents in a base's words.
type tally struct {
	docs, tokens float64
	learnt       float64      // of the tokens; 0 of problems whose answers are not known
	sizes        []int        // tokens of the documents that were counted, in order
	longest      int          // tokens of a document
	ask, answer  int          // of the longest question, and of the longest answer
	long         int          // examples of which some is longer than the base's context
	left, of     float64      // answers that are left out for it, of all; of pairs, and of labelled ones, examples
	all          bool         // none is left uncounted
	rough        bool         // tokens are guessed by the size of the text
	empty        bool         // it is known that nothing of them can be learnt
	none         bool         // … for they hold nothing to learn
	over         int          // examples of those that are too long
	alike        likeness     // of pairs, and of answers
	called       called       // of answers
	labels       []bool       // that they have
	lost         talk.Losses  // what the template drops of them
	faults       stage.Faults // examples that a run would refuse, of those that are counted
}

// What is guessed of examples that are not there, or of a base that is not.
const (
	problemTokens = 69  // of one of the tutor's lessons, its thought included
	answerBytes   = 600 // of an answer with its prompt
	answerShare   = 0.6 // of them the answer's
	exampleLength = 512 // of the longest
)

// So much of a file is counted, and the rest taken to be like it.
const (
	tallyExamples = 2000
	tallyTokens   = 1 << 20
)

// tallyOf counts examples in the words of b where both are at hand, or some of them, and
// else guesses from what is known of their text.
func tallyOf(in []stage.Forecast, b *footing) (t tally) {
	var f stage.Forecast
	for _, f = range in { // one
		t.rough = b.speech() == nil
		err := error(nil)
		if f.Path != "" {
			err = t.count(f.Path, b)
		} else {
			err = t.sample(&f, b)
		}
		if err == nil && t.docs > 0 {
			return t
		}
		if err != nil || t.rough {
			t.left, t.of = 0, 0 // that is not known
		}
	}
	left := tally{all: t.all, faults: t.faults, alike: t.alike, lost: t.lost, left: t.left, of: t.of, longest: exampleLength}
	left.none = t.docs == 0 && t.all && t.long == 0 && t.alike.same == 0 // whatever the base
	if left.empty = t.docs == 0 && t.known(b); left.empty {
		left.over = t.long
	}
	n, text, learnt := max(f.Size["examples"], f.Size["problems"]), f.Size["text"], f.Size["learnt"]
	switch {
	case t.left > 0: // of what was counted there is room for nothing
		n, text, learnt = 0, 0, 0
	case f.Size["problems"] > 0 && text == 0:
		return tally{docs: n, tokens: n * problemTokens, learnt: n * problemTokens * answerShare, longest: 2 * problemTokens, ask: problemTokens, answer: problemTokens}
	case n == 0 && text == 0:
		n, text = 1000, 1000*answerBytes
	case n == 0:
		n = text / answerBytes
	case text == 0:
		text = n * answerBytes
	}
	left.rough = t.left == 0
	if f.Size["unanswered"] == 0 && learnt == 0 {
		learnt = answerShare * text
	}
	if f.Size["pairs"] > 0 { // the prompt stands before both answers
		n, text = 2*n, 2*text-learnt
	}
	each := b.bytesPerToken()
	left.docs, left.tokens, left.learnt = n, text/each+n*talk.MarkTokens, learnt/each
	if longest := f.Size["longest"]; longest > 0 {
		left.longest = int(longest/each) + talk.MarkTokens
	}
	left.ask, left.answer = left.longest/2, left.longest/2
	return left
}

// longestAsked is the tokens of the longest of the problems that reinforcement
// asks, as far as they are counted; 0 where they or the words of b are not at
// hand, and of lessons, of which half are asked, unless all are.
func longestAsked(in []stage.Forecast, b *footing, all bool) (longest int) {
	for _, f := range in {
		if f.Path == "" || b.file == "" {
			return 0
		}
		w, err := teacherWriter(b.file, b.context())
		if err != nil {
			return 0
		}
		n := 0
		for p, err := range stage.Problems(filepath.Join(f.Path, problemsFile)) {
			if n++; err != nil || n > tallyExamples {
				break
			}
			all = all || p.Verify != nil // the owner's
			if q, err := w.Ask(p.ID, p.Asking(), p.Tools, nil); err == nil {
				longest = max(longest, len(q.IDs))
			}
		}
	}
	if !all {
		return 0
	}
	return longest
}

// bytesPerToken is about how many bytes of text a token of b stands for.
func (b *footing) bytesPerToken() float64 {
	if words := b.speech(); words != nil {
		text, ids := strings.Join(sentences, ""), []int32(nil)
		for _, s := range sentences {
			ids = words.Tokenizer.Encode(ids, s)
		}
		return float64(len(text)) / float64(max(len(ids), 1))
	}
	return talk.BytesPerToken(float64(b.shape.Vocab))
}

// errEnough ends a count.
var errEnough = errors.New("enough is counted")

// errNoWords: problems are not counted but in the words of a base.
var errNoWords = errors.New("the base is not at hand")

// writer writes as a run over b does: in its words, in those that it is to have, or
// roughly where they are not at hand. What is longer than b reads is left out.
func (b *footing) writer() (*writer, error) {
	context := orDefault(b.room, min(b.most(), mostTokens))
	if b.file != "" {
		return teacherWriter(b.file, context)
	}
	if words := b.speech(); words != nil {
		if w, err := words.Writer(); err == nil {
			return &writer{w, context}, nil
		}
	}
	w, err := talk.Rough(b.bytesPerToken())
	return &writer{w, context}, err
}

// count counts the part dir of examples, as a run over b reads it.
func (t *tally) count(dir string, b *footing) error {
	w, err := b.writer()
	if err != nil {
		return err
	}
	n := 0
	add := func(c counted) error {
		t.add(w, &c)
		if n++; n >= tallyExamples || t.tokens > tallyTokens || b.any && t.docs > 0 {
			return errEnough
		}
		return nil
	}
	path := filepath.Join(dir, problemsFile)
	if _, err = os.Stat(path); err == nil {
		if b.file == "" {
			return errNoWords
		}
		err = w.eachProblem(path, add)
	} else {
		path = filepath.Join(dir, stage.ExamplesFile)
		err = w.eachOf(b.said(stage.Examples(path)), t.note(b), add)
	}
	t.all = err == nil
	if errors.Is(err, errEnough) {
		var all int
		if all, err = lines(path); err == nil {
			t.scale(float64(max(all, n)) / float64(n))
		}
	}
	return err
}

// sample counts the sample of examples that are not made yet, for all of them.
func (t *tally) sample(f *stage.Forecast, b *footing) error {
	if len(f.Sample) == 0 {
		return nil
	}
	w, err := b.writer()
	if err != nil {
		return err
	}
	err = w.eachOf(b.said(func(yield func(stage.Example, error) bool) {
		for i := range f.Sample {
			if !yield(f.Sample[i], nil) {
				return
			}
		}
	}), t.note(b), func(c counted) error { t.add(w, &c); return nil })
	t.scale(f.Size["examples"] / float64(len(f.Sample)))
	if t.all = err == nil && f.Whole; !f.Whole {
		t.longest = min(max(t.longest, int(f.Size["longest"]/b.bytesPerToken())+talk.MarkTokens), w.context) // of more than the sample
	}
	return err
}

// add counts an example that w wrote.
func (t *tally) add(w *writer, c *counted) {
	if t.lost.Add(c.from, c.lost); c.long {
		t.long++
	}
	if c.alike {
		t.alike.alike(c.from)
	}
	t.left, t.of = t.left+float64(c.left), t.of+float64(c.of)
	for _, d := range c.docs {
		if c.label != nil {
			if t.labels = append(t.labels, *c.label); t.called.add(d, c.words, *c.label) {
				t.alike.alike(c.from)
			}
		}
		n, ask := w.Size(d.ids), w.Size(d.prompt())
		t.docs, t.tokens, t.learnt = t.docs+1, t.tokens+float64(n), t.learnt+float64(n-ask)
		t.sizes = append(t.sizes, n)
		t.longest, t.ask, t.answer = max(t.longest, n), max(t.ask, ask), max(t.answer, n-ask)
	}
}

// scale makes of what was counted so many times as much.
func (t *tally) scale(part float64) {
	t.docs, t.tokens, t.learnt = t.docs*part, t.tokens*part, t.learnt*part
	t.left, t.of = t.left*part, t.of*part
}

// programs is the share of problems whose answers are judged by a program: by code
// in the sandbox, and by one of the owner's.
func programs(in []stage.Forecast) (code, url float64) {
	for _, f := range in {
		if f.Path == "" {
			return f.Size["code"], f.Size["url"]
		}
		n := 0.0
		for p, err := range stage.Problems(filepath.Join(f.Path, problemsFile)) {
			if err != nil || n == tallyExamples {
				break
			}
			switch n++; verify.Program(p.Verify) {
			case "code":
				code++
			case "url":
				url++
			}
		}
		return code / max(n, 1), url / max(n, 1)
	}
	return 0, 0
}

// answersOf says of problems whether they are the owner's, of which an answer may be far
// shorter than what a model writes, and whether it is known that none has one.
func answersOf(in []stage.Forecast) (owners, none bool) {
	for _, f := range in {
		if f.Path == "" {
			return f.Use == stage.UseProblems && f.Size["problems"] == 0, f.Size["unanswered"] > 0 && f.Size["learnt"] == 0
		}
		n := 0
		for p, err := range stage.Problems(filepath.Join(f.Path, problemsFile)) {
			if n++; err != nil || p.Answer != "" || n > tallyExamples {
				return owners || p.Verify != nil, false
			}
			owners = owners || p.Verify != nil
		}
		return owners, n > 0
	}
	return false, false
}

// sandboxBytes is what sandboxes take where answers to the problems are code.
func sandboxBytes(in []stage.Forecast) (bytes int64) {
	if code, _ := programs(in); code > 0 {
		_, bytes = verify.Sandboxes()
	}
	return bytes
}

// What a program in the sandbox takes, in seconds of a processor: 0.01 to 0.03 if
// it ends, 1.4 if it does not (one in twenty, at most).
const codeLeast, codeMost = 0.01, 0.1

// judged adds the time of judging so many answers to problems by programs in the
// sandbox, and says so; that of the owner's own is not known.
func judged(f *stage.Forecast, in []stage.Forecast, answers float64, m stage.Machine) {
	code, url := programs(in)
	f.Asks = url*answers >= 1
	if f.High == 0 {
		return
	}
	if n := code * answers; n >= 1 {
		places, _ := verify.Sandboxes()
		each := n / float64(min(max(m.Threads, 1), places))
		f.Low, f.High = f.Low+codeLeast*each, f.High+codeMost*each
		f.Basis = say.T("%v; running %.0f programs of answers for 10–100 ms each", "%v；运行 %.0f 个作答程序，每个 10–100 毫秒", f.Basis, n)
	}
	if n := url * answers; n >= 1 {
		f.Basis = say.T("%v; without the time in which your own program (url) judges %.0f answers, which is not known before the run", "%v；不含自有程序（url）评判 %.0f 个回答的时间，运行之前无从得知", f.Basis, n)
	}
}

// lines counts those of a file.
func lines(path string) (n int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	for {
		part, err := r.ReadSlice('\n')
		n += bytes.Count(part, []byte{'\n'})
		switch {
		case err == nil || errors.Is(err, bufio.ErrBufferFull):
		case err == io.EOF:
			return n, nil
		default:
			return n, err
		}
	}
}

// each is the tokens of a document.
func (t *tally) each() float64 { return t.tokens / max(t.docs, 1) }

// asked and answered are the tokens of a question and of its answer, of
// which most may be written; where answers are not known, half of that.
func (t *tally) asked() float64 { return (t.tokens - t.learnt) / max(t.docs, 1) }

func (t *tally) answered(most int) float64 {
	if t.learnt == 0 {
		return float64(most) / 2
	}
	return min(t.learnt/max(t.docs, 1), float64(most))
}

// load is the load of learning from all documents in rows that have length tokens.
func (t *tally) load(length int) workload {
	return loadOf(t.tokens, length, int(t.each()), t.learnt/max(t.tokens, 1))
}

// loadPacked is load in rows of up to length tokens, which documents are packed into in
// order: those that were counted, and the others as tightly.
func (t *tally) loadPacked(length int) workload {
	rows := float64(len(packed(t.sizes, length))) * t.docs / max(float64(len(t.sizes)), 1)
	if rows == 0 {
		return t.load(length)
	}
	w := loadOf(t.tokens, int(math.Round(t.tokens/rows)), int(t.each()), t.learnt/max(t.tokens, 1))
	w.rows, w.length = rows, length
	return w
}
