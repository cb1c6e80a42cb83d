package data

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
	"suiren/store"
)

// Written is the operator that has a teacher write examples, and keeps those
// that pass a check:
//
//	questions  about passages; kept if the question finds its passage again,
//	           and if each sentence of the teacher's answer rests on it
//	rewrites   of passages; kept if the numbers, the language and the length
//	           stay, the words do not, and the rewrite finds the passage
//	pairs      of two answers, the better and the worse by a problem's
//	           verifier, or by the share of sentences that rest on the passage
//
// Parts are those of Conversations. A passage's part depends on its document
// alone, so no document is both learnt from and held out. The part report has,
// beside report.json, written.jsonl.zst: all that was asked and written, kept or
// not. Questions that are held out are in heldout/questions.tsv too, as suiren
// knowledge eval reads them.
type Written struct {
	Kind     string    `plan:"-"` // questions, rewrites or pairs
	From     stage.Ref `plan:"from,optional" kinds:"corpus,documents"`
	Problems stage.Ref `plan:"problems,optional" kinds:"examples" part:"train" json:",omitzero"`
	Teacher  stage.Ref `plan:"teacher" kinds:"weights,scenario,release" path:"model"`
	Count    int       `plan:"count,optional" min:"1" max:"1000000"` // passages or problems, evenly among all; 0: all
	Each     int       `plan:"each,optional" min:"1" max:"16"`       // what is written of each; of pairs, answers that are compared
	First    int       `plan:"first,optional" min:"1" max:"100"`     // among how many passages its own must be found
	Tokens   int       `plan:"tokens,optional" min:"8" max:"8192"`   // of what is written at a time
	Think    int       `plan:"think,optional" min:"0" max:"65536"`   // of a thought before it
	Warmth   *float64  `plan:"temperature,optional" min:"0" max:"2"`
	Heldout  *float64  `plan:"heldout,optional" min:"0" max:"0.4"`
	Seed     uint64    `plan:"seed,optional"`

	Open Teachers `plan:"-" json:"-"`
}

// The kinds of what a teacher writes.
const (
	WrittenQuestions = "questions"
	WrittenRewrites  = "rewrites"
	WrittenPairs     = "pairs"
)

// A Teacher writes.
type Teacher interface {
	// Write returns what it answers to a conversation, without its thought. The
	// same arguments give the same text, whatever else is written at the time.
	Write(ctx context.Context, asked []stage.Message, o Writing) (string, error)
	Thinks() bool // before it writes, if it is asked to
	Close() error
}

// mute finds fault with thoughts of a teacher that has none.
func (w *Written) mute(is bool) *say.Error {
	if w.Think == 0 || !is {
		return nil
	}
	return &say.Error{Where: "think", What: say.T("the teacher has no thoughts", "教师不思考"), Next: say.T("leave think out, or take a teacher that thinks", "请删去 think，或换用会思考的教师")}
}

// A Writing says how something is written.
type Writing struct {
	Tokens, Think int
	Temperature   float64
	Seed          uint64
	Tools         []json.RawMessage // of the problem, which nobody runs
}

// Teachers opens teachers.
type Teachers interface {
	Teacher(job *stage.Job, in stage.Input) (Teacher, error)
}

// ErrTooLong is wrapped by a teacher's error for what it cannot be asked.
var ErrTooLong = errors.New("longer than the teacher's context")

// Name, Revision and Out implement stage.Operator.
func (w *Written) Name() string { return w.Kind }
func (w *Written) Revision() int {
	if !w.Problems.IsZero() {
		return 7 // answers are read differently by verifiers; problems are asked with their tools
	}
	return 3 // teachers of the K types multiply otherwise; and think less where they have no switch
}
func (*Written) Out() store.Kind { return store.Examples }

// Check implements stage.Checker.
func (w *Written) Check() (list []*say.Error) {
	next := say.T("give from: a corpus or documents", "请用 from 给出语料或文档")
	if w.Kind == WrittenPairs {
		next = say.T("give from, a corpus or documents, or problems", "请用 from 给出语料或文档，或用 problems 给出题目")
	}
	switch {
	case !w.From.IsZero() && !w.Problems.IsZero():
		list = append(list, &say.Error{Where: "problems", What: say.T("from and problems exclude each other", "from 与 problems 不能同时给出"), Next: say.T("keep one of them", "请只保留一个")})
	case w.Kind != WrittenPairs && !w.Problems.IsZero():
		list = append(list, &say.Error{Where: "problems", What: say.T("%s are written of passages", "%s 由段落写成", w.Kind), Next: say.T("give from instead", "请改用 from")})
	case w.From.IsZero() && w.Problems.IsZero():
		list = append(list, &say.Error{Where: "from", What: say.T("nothing is given to write about", "没有给出写作的依据"), Next: next})
	}
	if w.Kind == WrittenPairs && w.Each == 1 {
		list = append(list, &say.Error{Where: "each", What: say.T("one answer makes no pair", "一个回答不成对"), Next: say.T("compare two or more", "请比较两个或更多")})
	}
	return list
}

// Forecast implements stage.Forecaster.
func (w *Written) Forecast(in map[string][]stage.Forecast, m stage.Machine) stage.Forecast {
	params, n := 1e6, 0.0
	var wrong []*say.Error
	for _, f := range in["teacher"] {
		if e := w.mute(f.Size["mute"] > 0 || talk.Mute(f.Path)); e != nil {
			wrong = append(wrong, e)
		}
		if v := f.Size["params"]; v > 0 {
			params = v
		} else if v := f.Size["bytes"] / 2; v > 0 { // two bytes a parameter, about
			params = v
		}
	}
	asked, calls := 400.0, 2.0 // tokens of a passage with what is asked of it; of it a question is written, and an answer
	for _, f := range in["problems"] {
		if e := stage.NoProblems("problems", &f); e != nil {
			wrong = append(wrong, e)
		}
		n, asked, calls = max(f.Size["problems"], f.Size["examples"]), 100, 1
	}
	if n == 0 {
		n = sum(in["from"], "text") / passageBytes
	}
	switch {
	case n == 0:
		n = float64(orDefault(w.Count, 1000))
	case w.Count > 0:
		n = min(n, float64(w.Count))
	}
	flops := 2 * params * n * float64(w.each()) * calls * (asked + float64(w.Think+w.tokens()))
	made, use := n*float64(w.each()), stage.UseChats
	size := map[string]float64{}
	if w.Kind == WrittenPairs { // one of the answers
		made, use = n, stage.UsePairs
		size["pairs"] = made
	}
	share := w.parts().share()
	size["examples"], size["watched"], size["heldout"] = made*(1-2*share), made*share, made*share
	if len(in["problems"]) > 0 {
		w.foretoldText(in, size)
	}
	peak := max(m.Peak, 1e10)
	return stage.Forecast{
		Low: flops / peak, High: 20 * flops / peak, FLOPs: flops, Memory: int64(4*params) + 256<<20,
		Basis: say.T("%.0f passages or problems, the teacher's size and the machine's peak", "%.0f 个段落或题目、教师的规模与本机峰值", n),
		Size:  size, Use: use, Wrong: wrong,
	}
}

// foretoldText adds to size what pairs of problems come to: each stands before two
// answers, which may be no longer than tokens.
func (w *Written) foretoldText(in map[string][]stage.Forecast, size map[string]float64) {
	asked, longest, vocab := 0.0, 0.0, float64(baseVocab)
	for i := range in["problems"] {
		asked, longest = askedIn(&in["problems"][i])
	}
	for _, f := range in["teacher"] {
		vocab = cmp.Or(f.Size["vocab"], vocab)
	}
	most := float64(w.tokens()) * talk.BytesPerToken(vocab)
	answer := min(writtenBytes, most)
	size["learnt"] = size["examples"] * 2 * answer
	size["text"] = size["examples"]*asked + size["learnt"]
	size["longest"] = longest + most
}

// So long is an answer that a teacher writes, about, and what it is asked where that is not
// known: one of the tutor's lessons.
const writtenBytes, lessonBytes = 360, 60

// askedIn is the bytes of text that a problem asks, and that the longest does.
func askedIn(f *stage.Forecast) (asked, longest float64) {
	n, sum := 0.0, 0.0
	if f.Path != "" {
		for p, err := range stage.Problems(filepath.Join(f.Path, stage.ProblemsFile)) {
			if err != nil || n == sampleProblems {
				break
			}
			one := float64(textIn(p.Asking()))
			for _, tool := range p.Tools {
				one += float64(len(tool))
			}
			n, sum, longest = n+1, sum+one, max(longest, one)
		}
	} else if f.Size["text"] > 0 {
		n, sum, longest = f.Size["examples"], f.Size["text"]-f.Size["learnt"], f.Size["longest"]
	}
	if n == 0 {
		return lessonBytes, 2 * lessonBytes
	}
	return sum / n, longest
}

// sampleProblems is how many problems are read to know how long they are.
const sampleProblems = 2000

func (w *Written) each() int {
	if w.Kind == WrittenPairs {
		return orDefault(w.Each, 2)
	}
	return orDefault(w.Each, 1)
}

func (w *Written) first() int  { return orDefault(w.First, 3) }
func (w *Written) tokens() int { return orDefault(w.Tokens, 256) }

func (w *Written) temperature() float64 {
	if w.Warmth == nil {
		return .7
	}
	return *w.Warmth
}

// Settled implements stage.Settler.
func (w *Written) Settled() map[string]any {
	return map[string]any{"each": w.each(), "first": w.first(), "tokens": w.tokens(), "think": w.Think, "temperature": w.temperature(), "heldout": w.parts().share(), "seed": w.Seed}
}

// parts decides which part a document, or a problem's key, belongs to.
func (w *Written) parts() *Conversations { return &Conversations{Heldout: w.Heldout} }

// Why something that a teacher wrote is left out.
const (
	leftLong        = "too_long"      // for the teacher's context
	leftNothing     = "nothing"       // was written, or more than belongs there
	leftLanguage    = "language"      // another than the passage's
	leftPointing    = "points"        // speaks of the passage, which a reader does not see
	leftLost        = "not_found"     // does not find its passage
	leftUnsupported = "unsupported"   // a sentence of the answer rests on nothing
	leftNumbers     = "numbers"       // others than the passage's
	leftLength      = "length"        // much shorter or longer
	leftCopied      = "copied"        // the same words
	leftTie         = "no_difference" // between the answers
	leftTwice       = "twice"         // was written before
)

// leftTexts says the same to people.
var leftTexts = map[string]say.Text{
	leftLong: say.T("too long for the teacher's context", "超出教师的上下文"), leftNothing: say.T("nothing, or more than belongs there", "没有写出，或写了不该有的"),
	leftLanguage: say.T("in another language", "语言与段落不同"), leftPointing: say.T("points to the passage", "提到读者看不到的段落"),
	leftLost: say.T("does not find its passage", "检索不到原段落"), leftUnsupported: say.T("rests on nothing in the passage", "没有段落依据"),
	leftNumbers: say.T("other numbers", "数字与段落不同"), leftLength: say.T("much shorter or longer", "长短相差太多"),
	leftCopied: say.T("the same words", "与原文词句相同"), leftTie: say.T("no difference between the answers", "各回答没有好坏之分"), leftTwice: say.T("written before", "此前已写过"),
}

// pointing are words with which a question speaks of a passage that nobody who
// is asked will see.
var pointing = []string{"passage", "the text", "this text", "paragraph", "excerpt", "this document", "the document", "the author", "according to the above",
	"段落", "文中", "上文", "本文", "原文", "该文", "文本中", "作者", "这段", "本段"}

func points(question string) bool {
	question = strings.ToLower(question)
	return slices.ContainsFunc(pointing, func(p string) bool { return strings.Contains(question, p) })
}
