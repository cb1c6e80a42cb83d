package knowledge

import (
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"suiren/knowledge/chinese"
	"suiren/knowledge/embedding"
	"suiren/knowledge/inverted"
)

// Lang returns zh for a text of which at least a fifth of the letters are
// Han, and en for any other. A Han letter carries about as much as an English
// word, so a Chinese text may have many Latin letters.
func Lang(s string) string {
	han, letters := 0, 0
	for _, r := range s {
		switch {
		case chinese.IsHan(r):
			han, letters = han+1, letters+1
		case r < utf8.RuneSelf && (r|0x20 < 'a' || r|0x20 > 'z'):
		case unicode.IsLetter(r):
			letters++
		}
	}
	if han > 0 && 5*han >= letters {
		return "zh"
	}
	return "en"
}

// isCJK reports whether r is of a script that does not part its words: Han,
// kana or Hangul.
func isCJK(r rune) bool {
	switch {
	case r < 0x1100:
		return false
	case chinese.IsHan(r):
		return true
	}
	return r <= 0x11ff || r >= 0x2e80 && r <= 0x2fdf || r >= 0x3005 && r <= 0x3007 || r >= 0x3041 && r <= 0x318e || r >= 0x31f0 && r <= 0x31ff ||
		r >= 0xa960 && r <= 0xa97c || r >= 0xac00 && r <= 0xd7fb || r >= 0xff66 && r <= 0xffdc
}

// A piece is a term of a text: a word, or a pair of characters of a script
// that does not part its words. A word of two Han characters is both, and
// comes twice.
type piece struct {
	hash   uint64
	lo, hi int // bytes of the text
	kind   kind
}

type kind uint8

const (
	latin kind = iota // a word of letters, or a number
	word              // a word of Han characters
	pair              // two characters
)

// maxWord bounds the bytes of a word: what is longer is no word, and its
// beginning tells it apart.
const maxWord = 60

// FNV-1a over runes.
const (
	hashStart = 14695981039346656037
	hashPrime = 1099511628211
)

func hashRune(h uint64, r rune) uint64 { return (h ^ uint64(r)) * hashPrime }

// pieces calls f with every term of a text in its order. Width, case and
// traditional characters are folded, English endings stemmed. Letters and
// digits part: 3x is 3 and x.
func pieces(text string, f func(piece)) {
	from, end, last := 0, -1, rune(0) // the last character of the run: where it begins, ends, and which it is
	for lo, hi := range chinese.Words(text) {
		first, _ := utf8.DecodeRuneInString(text[lo:])
		if first < utf8.RuneSelf || !isCJK(first) && !strings.ContainsFunc(text[lo:hi], isCJK) {
			latinWords(text[lo:hi], lo, f)
			end = -1
			continue
		}
		h, n := uint64(hashStart), 0
		for i, r := range text[lo:hi] {
			size := utf8.RuneLen(r)
			if r == utf8.RuneError {
				size = 1
			}
			c := chinese.Fold(r)
			if end == lo+i {
				f(piece{inverted.Mix(hashRune(hashRune(hashStart, last), c)), from, lo + i + size, pair})
			}
			h, n = hashRune(h, c), n+1
			from, end, last = lo+i, lo+i+size, c
		}
		if n <= 8 || chinese.IsHan(first) { // kana and hangul are not taken apart to words
			f(piece{inverted.Mix(h), lo, hi, word})
		}
	}
}

// latinWords yields the words in a stretch without Chinese characters.
func latinWords(s string, base int, f func(piece)) {
	ascii := true
	for i := range len(s) {
		ascii = ascii && s[i] < utf8.RuneSelf
	}
	if !ascii {
		s = norm.NFKC.String(s)
	}
	var buf [2 * maxWord]byte
	b := buf[:0]
	lo, before := 0, 0
	class := func(r rune) int {
		switch {
		case r < utf8.RuneSelf && r >= 'a':
			return 1
		case unicode.IsDigit(r):
			return 2
		case unicode.IsLetter(r), unicode.Is(unicode.M, r):
			return 1
		}
		return 0
	}
	flush := func(hi int) {
		if len(b) > 0 {
			b = stem(b)
			h := uint64(hashStart)
			for _, r := range string(b) {
				h = hashRune(h, r)
			}
			f(piece{inverted.Mix(h), base + lo, base + hi, latin})
			b = b[:0]
		}
	}
	for i, r := range s {
		r = unicode.ToLower(r)
		c := class(r)
		if c != before {
			flush(i)
			lo, before = i, c
		}
		if c != 0 && len(b) < maxWord {
			b = utf8.AppendRune(b, r)
		}
	}
	flush(len(s))
}

// stem folds the common endings of English words, so that key finds keys and
// train finds training and trained. It is meant to be short rather than
// right: both sides are folded alike. It pays: of the questions in testdata
// that are answered from the right page it brings one in seventeen.
func stem(w []byte) []byte {
	for _, r := range w {
		if r < 'a' || r > 'z' {
			return w
		}
	}
	ends := func(suffix string) bool {
		return len(w) >= len(suffix)+3 && string(w[len(w)-len(suffix):]) == suffix
	}
	cut := func(suffix, by string) bool {
		if !ends(suffix) {
			return false
		}
		w = append(w[:len(w)-len(suffix)], by...)
		return true
	}
	switch { // plurals: Harman, How effective is suffixing?, 1991
	case cut("ies", "y"):
	case ends("ss"), ends("us"), ends("is"):
	case cut("sses", "ss"), cut("xes", "x"), cut("ches", "ch"), cut("shes", "sh"), cut("s", ""):
	}
	if cut("ing", "") || cut("ed", "") {
		if n := len(w); w[n-1] == w[n-2] && !strings.ContainsRune("lsz", rune(w[n-1])) {
			w = w[:n-1] // stopped, running
		}
	}
	if len(w) > 3 && w[len(w)-1] == 'e' {
		w = w[:len(w)-1] // make, making
	}
	return w
}

// terms returns the set of the terms of a text.
func terms(text string) map[uint64]bool {
	in := map[uint64]bool{}
	pieces(text, func(p piece) { in[p.hash] = true })
	return in
}

// common are the words of a question that do not say what it is about. They are
// not read before they are asked for, because that reads the dictionary.
var common = sync.OnceValue(func() map[uint64]bool {
	return terms(`a an the is are was were be been being am do does did doing done i you it he she they we me my your its our us his her
their them yourself this that these those of to in on at for from with by as and or but if then than so not no can could will would shall should
may might must have has had what which who whom whose when where why how there here about into out up any some all please tell just also too
very get got let much many need want during while after before use used always never ever really actually already still again own kind thing
way now s t m re ve ll d don doesn isn aren`)
})

// commonCJK are characters of function words. A question's runs are cut at
// them: 思考是什么 is about 思考.
const commonCJK = "的了吗呢吧啊呀么什怎我你您它他她们这那哪谁请是"

// phrases takes the phrases out of a question that only say that it is one.
var phrases = without("请问 为什么 为何 如何 任何 告诉我 我想知道 怎么办 怎么样 怎样 是什么意思 什么意思 有什么用 有没有 是不是 能不能 会不会 可不可以 可以 能够 应该 需要 多少")

// asking takes out what says which kind of answer a question wants. No answer holds
// it, but the heading of one may.
var asking = without("什么时候 什么时间 什么地方 什么价钱 什么价 星期几 礼拜几 周几 几点钟 几点 几时 几月份 几月 几号 几日 几天 几年 几岁 几个月 几个 几次 几块钱 几块 多少钱 多久 多长时间 多长 哪一天 哪天 哪里 哪儿 哪个 哪些")

func without(list string) *strings.Replacer {
	var pairs []string
	for _, p := range strings.Fields(list) {
		pairs = append(pairs, p, " ")
	}
	return strings.NewReplacer(pairs...)
}

// A part is a piece of a question that a passage can cover: a word, or one
// CJK character by any of the terms it stands in.
type part struct {
	weigh uint64   // the term whose rarity is the part's weight
	terms []uint64 // one of these in a passage covers it
}

// A query is a question as the search sees it. Terms count by their rarity, and
// words also by how much the embedding found them to say: in few documents take and
// become are as rare as what the question is about.
type query struct {
	lang  string
	terms []inverted.Term // to score by; no term twice
	names []string        // of each term, as in the question
	parts []part
	bare  bool // all its words are common ones: Who are you?

	held map[uint64]int // of terms that were looked up: how many allowed passages hold them
}

// maxQuestion bounds the runes of a question that are read: what a question
// is about stands in its first sentences.
const maxQuestion = 500

func parse(question string) query {
	question = clip(question, maxQuestion)
	q := query{lang: Lang(question)}
	list := func(text string, all bool) (list []piece, in string) {
		if !all {
			text = strings.Map(func(r rune) rune {
				if strings.ContainsRune(commonCJK, chinese.Fold(r)) {
					return ' '
				}
				return r
			}, text)
		}
		pieces(text, func(p piece) {
			if all || p.kind != latin || !common()[p.hash] {
				list = append(list, p)
			}
		})
		return list, text
	}
	search := func(text string, all bool) {
		found, in := list(text, all)
		for _, p := range found {
			q.add(p.hash, in[p.lo:p.hi], uint32(256*embedding.Default().Weight(p.hash)))
		}
	}
	search(phrases.Replace(question), false)
	found, in := list(phrases.Replace(asking.Replace(question)), false)
	if q.cover(in, found); len(q.parts) == 0 {
		q.bare = true
		search(question, true)
		found, in = list(question, true)
		q.cover(in, found)
	}
	return q
}

// add adds a term that counts share of 256.
func (q *query) add(hash uint64, name string, share uint32) {
	if !slices.ContainsFunc(q.terms, func(t inverted.Term) bool { return t.Hash == hash }) {
		q.terms, q.names = append(q.terms, inverted.Term{Hash: hash, Share: share}), append(q.names, name)
	}
}

// cover makes the parts of a question of its terms.
func (q *query) cover(text string, list []piece) {
	for _, p := range list {
		switch p.kind {
		case latin:
			q.parts = append(q.parts, part{p.hash, []uint64{p.hash}})
		case word:
			for i, r := range text[p.lo:p.hi] {
				at := p.lo + i
				c := part{weigh: p.hash, terms: []uint64{p.hash}}
				for _, o := range list { // pairs that hold the character
					if o.kind == pair && o.lo <= at && at+utf8.RuneLen(r) <= o.hi {
						c.terms = append(c.terms, o.hash)
					}
				}
				q.parts = append(q.parts, c)
			}
		}
	}
}
