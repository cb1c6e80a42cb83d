package detect

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"suiren/stage/guard/fold"
)

// leastSupport is the share of a sentence's words that the passages must hold.
const leastSupport = .5

// leastWords is how many words a sentence has that says something of its own.
const leastWords = 4

// Grounds are passages that sentences may rest on. It may be used by many
// goroutines.
type Grounds struct{ list []held }

// held is what a passage holds.
type held struct {
	words     map[string]bool
	numbers   map[string][]string // and their units
	sentences []said
}

// NewGrounds reads passages.
func NewGrounds(passages []string) *Grounds {
	g := &Grounds{list: make([]held, len(passages))}
	for i, p := range passages {
		words, numbers := terms(p)
		h := held{words: map[string]bool{}, numbers: quantities(p)}
		for _, w := range words {
			h.words[w] = true
		}
		for _, n := range numbers {
			if h.numbers[n] == nil {
				h.numbers[n] = []string{""}
			}
		}
		var s Sentences
		sentence := func(text string, _, _ int) { h.sentences = append(h.sentences, saying(text)) }
		s.Write(p, sentence)
		s.Flush(sentence)
		g.list[i] = h
	}
	return g
}

// A Claim is what a sentence says, as far as it is compared: its words and its
// numbers, without the number of a list's item and the numbers of passages in brackets.
type Claim struct {
	words, numbers []string
	units          map[string][]string // of the numbers
	asks           bool
	said           said
}

// NewClaim reads a sentence.
func NewClaim(sentence string) Claim {
	text := strings.TrimSpace(cited.ReplaceAllString(item.ReplaceAllString(sentence, ""), ""))
	c := Claim{asks: strings.HasSuffix(text, "?") || strings.HasSuffix(text, "？")}
	c.words, c.numbers = terms(text)
	c.units, c.said = quantities(text), saying(text)
	return c
}

var (
	cited = regexp.MustCompile(`[ \t]*(?:\[\d{1,3}(?:[ ,，、]+\d{1,3})*\]|【\d{1,3}(?:[ ,，、]+\d{1,3})*】)`)
	item  = regexp.MustCompile(`^\s*(?:#{1,6} |[-*+•] |\d{1,3}(?:[.)](?:\s|$)|、))`)
)

// Says reports whether there is something to compare: a sentence of less than
// four words and without a number is let be, and so is a question.
func (c *Claim) Says() bool { return !c.asks && (len(c.numbers) > 0 || len(c.words) >= leastWords) }

// A Support is how much of a claim stands in passages.
type Support struct {
	Words, Held      int // of the claim; in the passages
	Numbers, Missing int // of the claim; not in the passages, or there with other units
}

// Rests reports whether the claim rests on the passages: its numbers are there,
// and at least half of its words, if it has enough of them to tell.
func (s Support) Rests() bool {
	return s.Missing == 0 && (s.Words < leastWords || float64(s.Held) >= leastSupport*float64(s.Words))
}

// Support compares a claim with the passages of these places, all taken together.
func (g *Grounds) Support(c *Claim, among []int) Support {
	s := Support{Words: len(c.words), Numbers: len(c.numbers)}
	for _, w := range c.words {
		if slices.ContainsFunc(among, func(i int) bool { return g.list[i].words[w] }) {
			s.Held++
		}
	}
	for _, n := range c.numbers {
		if !slices.ContainsFunc(among, func(i int) bool { return agree(c.units[n], g.list[i].numbers[n]) }) {
			s.Missing++
		}
	}
	return s
}

// agree reports whether a number that stands in a passage with the units there may be
// one that is claimed with these. One without a unit that is known may be any.
func agree(claimed, there []string) bool {
	if len(there) == 0 || len(claimed) == 0 {
		return len(there) > 0
	}
	return slices.ContainsFunc(claimed, func(u string) bool { return u == "" || slices.Contains(there, u) || slices.Contains(there, "") })
}

// Ground returns a detector of sentences that the passages, all together, do not support: whose
// words they do not hold (kind unsupported), whose numbers (kind number), or which
// denies what they say (kind denied, see Denied). It compares words, not meanings.
func Ground(passages []string) Detector {
	g := &ground{Grounds: NewGrounds(passages)}
	for i := range passages {
		g.all = append(g.all, i)
	}
	return g
}

type ground struct {
	*Grounds
	all []int
}

func (g *ground) New() Stream { return &grounded{ground: g} }

type grounded struct {
	Found
	*ground
	Sentences
}

func (s *grounded) Write(hits []Hit, piece string) []Hit {
	s.Sentences.Write(piece, s.check)
	return s.Take(hits)
}

func (s *grounded) Flush(hits []Hit) []Hit {
	s.Sentences.Flush(s.check)
	return s.Take(hits)
}

func (s *grounded) check(text string, from, to int) {
	c := NewClaim(text)
	if !c.Says() {
		return
	}
	got := s.Support(&c, s.all)
	h := Hit{Detector: "ground", Class: "LLM07", From: from, To: to}
	switch {
	case got.Missing > 0:
		h.Kind, h.Confidence = "number", .5+.5*float64(got.Missing)/float64(got.Numbers)
	case !got.Rests():
		h.Kind, h.Confidence = "unsupported", 1-float64(got.Held)/float64(got.Words)
	case s.Denied(&c, s.all):
		h.Kind, h.Confidence = "denied", float64(got.Held)/float64(max(got.Words, 1))
	default:
		return
	}
	s.Add(h)
}

// terms returns the words of a text, and its numbers. A word is two Chinese
// characters in a row, or three letters and more without the commonest endings.
func terms(text string) (words, numbers []string) {
	var word []rune
	var folded []rune
	var last rune
	digits := false
	end := func() {
		switch {
		case len(word) == 0:
		case digits:
			n := strings.Trim(strings.ReplaceAll(string(word), ",", ""), ".")
			if strings.Contains(n, ".") {
				n = strings.TrimRight(strings.TrimRight(n, "0"), ".")
			}
			numbers = append(numbers, n)
		case len(word) > 2:
			if w := stem(string(word)); !stopWords[w] {
				words = append(words, w)
			}
		}
		word, digits = word[:0], false
	}
	for _, c := range text {
		var kind fold.Class
		folded, kind = fold.Rune(folded[:0], c)
		if kind == fold.Invisible {
			continue
		}
		if kind != fold.Plain {
			if digits && (c == '.' || c == ',') {
				word = append(word, c)
			} else {
				end()
			}
			last = 0
			continue
		}
		for _, r := range folded {
			switch {
			case unicode.Is(unicode.Han, r):
				end()
				if last != 0 {
					words = append(words, string(last)+string(r))
				}
				last = r
				continue
			case r >= '0' && r <= '9':
				if !digits {
					end()
				}
				digits = true
			case digits:
				end()
			}
			word, last = append(word, r), 0
		}
	}
	end()
	return words, numbers
}

// stem is a word without the commonest endings.
func stem(w string) string {
	for _, s := range []string{"ing", "ed", "es", "s"} {
		if len(w) > len(s)+3 && strings.HasSuffix(w, s) {
			return w[:len(w)-len(s)]
		}
	}
	return w
}

// stopWords say nothing of what a sentence is about.
var stopWords = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields("the and for are was were not you that this with from have has had its but can will they their there which what when where who how why all any one out also been than then them these those into your our more most such only other some about after before between") {
		m[w] = true
	}
	return m
}()
