package knowledge

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Lang returns zh for a text of which at least a fifth of the letters are
// Han, and en for any other. A Han letter carries about as much as an English
// word, so a Chinese text may have many Latin letters.
func Lang(s string) string {
	han, letters := 0, 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			letters++
			if unicode.Is(unicode.Han, r) {
				han++
			}
		}
	}
	if han > 0 && 5*han >= letters {
		return "zh"
	}
	return "en"
}

func isCJK(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
}

// A token is a word, a number, or a run of characters of a script that does
// not part its words.
type token struct {
	text string
	cjk  bool
}

// maxWord bounds the runes of a word: what is longer is no word, and its
// beginning tells it apart.
const maxWord = 40

// tokens splits a text. Width and case are folded: NFKC, then lower case.
// Letters and digits part: 3x is 3 and x.
func tokens(s string) []token {
	s = strings.ToLower(norm.NFKC.String(s))
	var list []token
	kind := func(r rune) int {
		switch {
		case isCJK(r):
			return 1
		case unicode.IsDigit(r):
			return 2
		case unicode.IsLetter(r), unicode.Is(unicode.M, r):
			return 3
		}
		return 0
	}
	for s != "" {
		r, n := utf8.DecodeRuneInString(s)
		k := kind(r)
		end := n
		for end < len(s) {
			r, n := utf8.DecodeRuneInString(s[end:])
			if kind(r) != k {
				break
			}
			end += n
		}
		if k != 0 {
			t := s[:end]
			if k != 1 {
				t = stem(clip(t, maxWord))
			}
			list = append(list, token{t, k == 1})
		}
		s = s[end:]
	}
	return list
}

// each calls f with every term of a text for the index: words, and of each
// CJK run its characters and its pairs of characters.
func each(s string, f func(term string)) {
	for _, t := range tokens(s) {
		if !t.cjk {
			f(t.text)
			continue
		}
		runes := []rune(t.text)
		for i := range runes {
			f(string(runes[i]))
			if i+1 < len(runes) {
				f(string(runes[i : i+2]))
			}
		}
	}
}

// stem folds the common endings of English words, so that key finds keys and
// train finds training and trained. It is meant to be short rather than
// right: both sides are folded alike. It pays: of the questions in testdata
// that are answered from the right page it brings one in seventeen.
func stem(w string) string {
	for _, r := range w {
		if r < 'a' || r > 'z' {
			return w
		}
	}
	cut := func(suffix, by string) bool {
		if len(w) < len(suffix)+3 || !strings.HasSuffix(w, suffix) {
			return false
		}
		w = w[:len(w)-len(suffix)] + by
		return true
	}
	switch { // plurals: Harman, How effective is suffixing?, 1991
	case cut("ies", "y"):
	case strings.HasSuffix(w, "ss"), strings.HasSuffix(w, "us"), strings.HasSuffix(w, "is"):
	case cut("sses", "ss"), cut("xes", "x"), cut("ches", "ch"), cut("shes", "sh"), cut("s", ""):
	}
	if cut("ing", "") || cut("ed", "") {
		if n := len(w); w[n-1] == w[n-2] && !strings.ContainsRune("lsz", rune(w[n-1])) {
			w = w[:n-1] // stopped, running
		}
	}
	if len(w) > 3 {
		w = strings.TrimSuffix(w, "e") // make, making
	}
	return w
}

// common are the words of a question that do not say what it is about.
var common = set(`a an the is are was were be been being am do does did doing done i you it he she they we me my your its our us his her
their them yourself this that these those of to in on at for from with by as and or but if then than so not no can could will would shall should
may might must have has had what which who whom whose when where why how there here about into out up any some all please tell just also too
very get got let much many need want during while after before use used always never ever really actually already still again own kind thing
way now s t m re ve ll d don doesn isn aren`, stem)

// commonCJK are characters of function words. A question's runs are cut at
// them: 思考是什么 is about 思考.
var commonCJK = set("的 了 吗 呢 吧 啊 呀 么 什 怎 我 你 您 它 他 她 们 这 那 哪 谁 请 是", nil)

// phrases takes the phrases out of a question that only say that it is one.
var phrases = func() *strings.Replacer {
	var list []string
	for _, p := range strings.Fields("请问 为什么 为何 如何 任何 告诉我 我想知道 怎么办 怎么样 怎样 是什么意思 什么意思 有什么用 有没有 是不是 能不能 会不会 可不可以 可以 能够 应该 需要 多少") {
		list = append(list, p, " ")
	}
	return strings.NewReplacer(list...)
}()

func set(words string, fold func(string) string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		if fold != nil {
			w = fold(w)
		}
		m[w] = true
	}
	return m
}

// A part is a piece of a question that a passage can cover: a word, or one
// CJK character by any of the terms it stands in.
type part struct {
	weigh string   // the term whose rarity is the part's weight
	terms []string // one of these in a passage covers it
}

// A query is a question as the search sees it.
type query struct {
	lang  string
	terms []string // to score by; no term twice
	parts []part
	bare  bool // all its words are common ones: Who are you?
}

// maxQuestion bounds the runes of a question that are read: what a question
// is about stands in its first sentences.
const maxQuestion = 500

func parse(question string) query {
	question = clip(question, maxQuestion)
	q := query{lang: Lang(question)}
	seen := map[string]bool{}
	add := func(term string) {
		if !seen[term] {
			seen[term] = true
			q.terms = append(q.terms, term)
		}
	}
	read := func(question string, all bool) {
		for _, t := range tokens(question) {
			if !t.cjk {
				if all || !common[t.text] {
					add(t.text)
					q.parts = append(q.parts, part{t.text, []string{t.text}})
				}
				continue
			}
			for _, run := range strings.FieldsFunc(t.text, func(r rune) bool { return !all && commonCJK[string(r)] }) {
				runes := []rune(run)
				for i, r := range runes {
					p := part{weigh: string(r)}
					if len(runes) == 1 {
						p.terms = []string{p.weigh}
					}
					if i > 0 {
						p.terms = append(p.terms, string(runes[i-1:i+1]))
					}
					if i+1 < len(runes) {
						p.terms = append(p.terms, string(runes[i:i+2]))
					}
					q.parts = append(q.parts, p)
					for _, t := range p.terms {
						add(t)
					}
				}
			}
		}
	}
	read(phrases.Replace(question), false)
	if len(q.parts) == 0 {
		q.bare = true
		read(question, true)
	}
	return q
}
