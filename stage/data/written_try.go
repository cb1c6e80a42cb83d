package data

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"suiren/knowledge"
	"suiren/stage"
	"suiren/stage/data/duplicate"
	"suiren/stage/verify"
)

// A Try is a line of written.jsonl.zst: what a teacher was asked and wrote of
// one passage or problem, what came of it, and where it comes from.
type Try struct {
	ID       string         `json:"id"` // of all that decides it
	Kind     string         `json:"kind"`
	Document string         `json:"document,omitempty"` // path
	Passage  string         `json:"passage,omitempty"`  // id
	Heading  string         `json:"heading,omitempty"`
	Page     int            `json:"page,omitempty"`
	Start    int            `json:"start,omitempty"` // bytes of the document's text
	End      int            `json:"end,omitempty"`
	Problem  string         `json:"problem,omitempty"` // id
	Teacher  string         `json:"teacher"`           // digest
	Asked    []Asking       `json:"asked"`
	Rank     int            `json:"rank,omitempty"`   // at which it found its passage, from 1
	Scores   []float64      `json:"scores,omitempty"` // of the answers of a pair, as they were asked
	Kept     bool           `json:"kept"`
	Reason   string         `json:"reason,omitempty"` // of leaving it out
	Part     string         `json:"part,omitempty"`
	Key      string         `json:"key,omitempty"`  // of the example
	Made     *stage.Example `json:"made,omitempty"` // of shards, until the parts are written
}

// An Asking is one thing that the teacher was asked.
type Asking struct {
	Prompt string  `json:"prompt"`
	Seed   uint64  `json:"seed"`
	Warmth float64 `json:"temperature"`
	Wrote  string  `json:"wrote"`
}

// What a teacher is asked, by language: %d is document and heading, %p the
// passage, %q a question.
var askTeacher = map[string]map[string]string{
	"question": {
		"en": "Below is a passage of a document. Write one question that it answers. The question must be understood without the passage: name what it is about, and do not say \"the passage\". Write the question alone, on one line.\n\n%d\n\n%p",
		"zh": "下面是一篇文档中的一段。请写出一个它能回答的问题。问题要脱离这段文字也能看懂：写明所问的事物，不要说“文中”“这段”。只写问题本身，占一行。\n\n%d\n\n%p",
	},
	"answer": {
		"en": "Answer the question with what the passage says, in its own words, in one to three sentences. Add nothing else.\n\n%d\n\n%p\n\nQuestion: %q",
		"zh": "请用下面这段文字所说的内容、按其原话回答问题，一到三句。不要添加其他内容。\n\n%d\n\n%p\n\n问题：%q",
	},
	"rewrite": {
		"en": "Write the following passage in other words. Keep every fact, name and number. Write the new passage alone.\n\n%d\n\n%p",
		"zh": "请把下面这段文字换一种说法。保留所有事实、名称和数字。只写新的文字。\n\n%d\n\n%p",
	},
}

// askRewrite is what the example of a rewrite asks.
var askRewrite = map[string]string{"en": "Write this in other words:\n\n", "zh": "请把下面这段文字换一种说法：\n\n"}

func request(what, lang string, p *knowledge.Passage, question string) string {
	if lang != "zh" {
		lang = "en"
	}
	place := p.File
	if p.Heading != "" {
		place += " › " + p.Heading
	}
	return strings.NewReplacer("%d", place, "%p", p.Text, "%q", question).Replace(askTeacher[what][lang])
}

// A pen writes with a teacher, and checks.
type pen struct {
	*Written
	teacher Teacher
	digest  string           // of the teacher
	index   *knowledge.Index // of the passages; nil of problems
}

// seed is a number of its own for each thing that is asked.
func (p *pen) seed(of string, at, step int) uint64 {
	h := sha256.New()
	h.Write([]byte(p.Kind + "\x00" + of + "\x00"))
	for _, v := range []uint64{p.Seed, uint64(at), uint64(step)} {
		binary.Write(h, binary.LittleEndian, v)
	}
	return binary.LittleEndian.Uint64(h.Sum(nil)) >> 1
}

// ask asks the teacher and notes it.
func (p *pen) ask(ctx context.Context, t *Try, at int, asked []stage.Message, tools []json.RawMessage) (string, error) {
	a := Asking{Prompt: asked[len(asked)-1].Content, Seed: p.seed(t.Passage+t.Problem, at, len(t.Asked)), Warmth: p.temperature()}
	text, err := p.teacher.Write(ctx, asked, Writing{Tokens: p.tokens(), Think: p.Think, Temperature: a.Warmth, Seed: a.Seed, Tools: tools})
	if err != nil && !errors.Is(err, ErrTooLong) {
		return "", err
	}
	if err != nil {
		t.Reason = leftLong
	}
	a.Wrote = strings.TrimSpace(strings.ToValidUTF8(text, ""))
	t.Asked = append(t.Asked, a)
	return a.Wrote, nil
}

func (p *pen) askOne(ctx context.Context, t *Try, at int, prompt string) (string, error) {
	return p.ask(ctx, t, at, []stage.Message{{Role: "user", Content: prompt}}, nil)
}

// passage tries to have something written about passage n, for the at-th time.
func (p *pen) passage(ctx context.Context, n, at int) (Try, error) {
	of := p.index.Passage(n)
	t := Try{Kind: p.Kind, Document: of.File, Passage: of.ID, Heading: of.Heading, Page: of.Page, Start: of.Start, End: of.End, Teacher: p.digest}
	var err error
	switch p.Kind {
	case WrittenRewrites:
		err = p.rewrite(ctx, &t, &of, n, at)
	default:
		var question string
		if question, err = p.question(ctx, &t, &of, n, at); err == nil && t.Reason == "" {
			if p.Kind == WrittenPairs {
				err = p.rank(ctx, &t, at, []stage.Message{{Role: "user", Content: request("answer", of.Lang, &of, question)}},
					[]stage.Message{{Role: "user", Content: question}}, nil, func(answer string) (float64, error) { return p.supported(n, &of, answer), nil })
			} else {
				err = p.answer(ctx, &t, &of, n, at, question)
			}
		}
	}
	t.seal(at)
	return t, err
}

// seal gives a try its id and its verdict.
func (t *Try) seal(at int) {
	h := sha256.New()
	for _, s := range []string{t.Kind, t.Passage, t.Problem, t.Teacher} {
		h.Write([]byte(s + "\x00"))
	}
	binary.Write(h, binary.LittleEndian, uint64(at))
	for _, a := range t.Asked {
		binary.Write(h, binary.LittleEndian, a.Seed)
		h.Write([]byte(a.Prompt + "\x00"))
	}
	t.ID = hex.EncodeToString(h.Sum(nil)[:8])
	if t.Reason == "" && t.Made != nil {
		t.Key = keyOf(t.Made)
	} else {
		t.Made = nil
	}
}

// question has a question written, and looks whether it finds its passage.
func (p *pen) question(ctx context.Context, t *Try, of *knowledge.Passage, n, at int) (string, error) {
	wrote, err := p.askOne(ctx, t, at, request("question", of.Lang, of, ""))
	if err != nil || t.Reason != "" {
		return "", err
	}
	question := strings.Trim(strings.TrimSpace(wrote), `"“”`)
	switch size := utf8.RuneCountInString(question); {
	case size < 4 || size > 300 || strings.Contains(question, "\n"):
		t.Reason = leftNothing
	case knowledge.Lang(question) != of.Lang:
		t.Reason = leftLanguage
	case points(question):
		t.Reason = leftPointing
	default:
		p.find(t, n, question)
	}
	return question, nil
}

// find looks whether a text finds passage n.
func (p *pen) find(t *Try, n int, text string) {
	hits := p.index.Search(text, p.first())
	t.Rank = 1 + slices.IndexFunc(hits, func(h knowledge.Hit) bool { return h.At == n })
	if t.Rank == 0 {
		t.Reason = leftLost
	}
}

// answer has a question answered, and looks whether the answer rests on the passage.
func (p *pen) answer(ctx context.Context, t *Try, of *knowledge.Passage, n, at int, question string) error {
	answer, err := p.askOne(ctx, t, at, request("answer", of.Lang, of, question))
	if err != nil || t.Reason != "" {
		return err
	}
	switch {
	case answer == "":
		t.Reason = leftNothing
	case p.supported(n, of, answer) < 1:
		t.Reason = leftUnsupported
	}
	t.Made = &stage.Example{Messages: []stage.Message{{Role: "user", Content: question}, {Role: "assistant", Content: answer}}}
	return nil
}

// supported is the share of the sentences of a text that rest on passage n.
func (p *pen) supported(n int, of *knowledge.Passage, text string) float64 {
	hit := []knowledge.Hit{{Passage: *of, At: n}}
	good, all := 0, 0
	for line := range strings.Lines(text) {
		for _, s := range knowledge.Sentences(line) {
			all++
			if p.index.Check(knowledge.Question{}, s, hit).Supported {
				good++
			}
		}
	}
	if all == 0 {
		return 0
	}
	return float64(good) / float64(all)
}

var numbersOf = regexp.MustCompile(`\d+(?:[.,]\d+)*`)

// copied is the share of runs of five words that a rewrite may have in common
// with its passage, in hundredths.
const copied = 80

// rewrite has a passage written in other words.
func (p *pen) rewrite(ctx context.Context, t *Try, of *knowledge.Passage, n, at int) error {
	wrote, err := p.askOne(ctx, t, at, request("rewrite", of.Lang, of, ""))
	if err != nil || t.Reason != "" {
		return err
	}
	numbers := func(s string) []string {
		list := numbersOf.FindAllString(s, -1)
		slices.Sort(list)
		return slices.Compact(list)
	}
	before, after := utf8.RuneCountInString(of.Text), utf8.RuneCountInString(wrote)
	switch {
	case after == 0:
		t.Reason = leftNothing
	case knowledge.Lang(wrote) != of.Lang:
		t.Reason = leftLanguage
	case 2*after < before || after > 2*before:
		t.Reason = leftLength
	case !slices.Equal(numbers(of.Text), numbers(wrote)):
		t.Reason = leftNumbers
	case alike(of.Text, wrote):
		t.Reason = leftCopied
	default:
		p.find(t, n, wrote)
	}
	lang := of.Lang
	if lang != "zh" {
		lang = "en"
	}
	t.Made = &stage.Example{Messages: []stage.Message{{Role: "user", Content: askRewrite[lang] + of.Text}, {Role: "assistant", Content: wrote}}}
	return nil
}

// alike reports whether two texts share most runs of five words.
func alike(a, b string) bool {
	one, _ := shingles(a)
	two, _ := shingles(b)
	both, either := duplicate.Jaccard(one, two)
	return 100*both >= copied*either
}

// rank has answers written and makes a pair of the best and the worst of them.
// asked is what the teacher is asked; prompt is what the example asks, both with tools.
func (p *pen) rank(ctx context.Context, t *Try, at int, asked, prompt []stage.Message, tools []json.RawMessage, score func(string) (float64, error)) error {
	var answers []string
	best, worst := 0, 0
	for i := range p.each() {
		answer, err := p.ask(ctx, t, at, asked, tools)
		if err != nil || t.Reason != "" {
			return err
		}
		s := 0.0
		if answer != "" {
			if s, err = score(answer); err != nil {
				return err
			}
		}
		answers = append(answers, answer)
		t.Scores = append(t.Scores, math.Round(1000*s)/1000)
		if t.Scores[i] > t.Scores[best] {
			best = i
		}
		if t.Scores[i] < t.Scores[worst] {
			worst = i
		}
	}
	if t.Scores[best] == t.Scores[worst] || answers[worst] == "" {
		t.Reason = leftTie
		return nil
	}
	turn := func(i int) []stage.Message { return []stage.Message{{Role: "assistant", Content: answers[i]}} }
	t.Made = &stage.Example{Tools: tools, Prompt: prompt, Chosen: turn(best), Rejected: turn(worst)}
	return nil
}

// problem has a problem answered.
func (p *pen) problem(ctx context.Context, of *stage.Problem) (Try, error) {
	t := Try{Kind: p.Kind, Problem: of.ID, Teacher: p.digest}
	score := func(answer string) (float64, error) {
		if of.Correct(answer) {
			return 1, nil
		}
		return 0, nil
	}
	if of.Verify != nil {
		v, err := verify.Parse(of.Verify)
		if err != nil {
			return t, err
		}
		score = func(answer string) (float64, error) { return v.Score(ctx, of.Prompt, answer) }
	}
	err := p.rank(ctx, &t, 0, of.Asking(), of.Asking(), of.Tools, score)
	t.seal(0)
	return t, err
}
