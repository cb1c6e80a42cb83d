package knowledge

import (
	"regexp"
	"slices"
	"strings"

	"suiren/knowledge/inverted"
)

// An Answer is what the documents say to a question, word for word, or that
// they do not say it.
type Answer struct {
	Quote     string // the sentences as they are shown: "…" where some were left out
	Sentences []Sentence
	Hits      []Hit // what was found, best first; the sentences come from the first
	Refused   bool  // nothing found is near enough to the question
	Asked     bool  // the question is the heading of the first hit
	Differ    []Pair
}

// A Sentence of an answer, and where it stands.
type Sentence struct {
	Text      string
	Hit       int  // of the answer's hits; -1: none
	Supported bool // its words stand there
	Page      int  // on which it begins, or if it is not word for word its passage; 0: there are none
}

// A Pair is two sentences of different documents that say nearly the same
// with other numbers: one of them may be out of date.
type Pair struct {
	One, Two Sentence
}

// answerHits is how many passages an answer looks at.
const answerHits = 5

// Answer answers a question with sentences of the best passage. A question
// that is one of the documents' own, with its answer below it, is answered by that.
// Every sentence is compared with its passage again before it is given out,
// and so is the right to read it.
func (ix *Index) Answer(ask Question) Answer {
	ask.K = max(ask.K, answerHits)
	a := Answer{Hits: ix.Find(ask)}
	a.Asked = ix.asked(ask, a.Hits)
	if len(a.Hits) == 0 || !ix.Confident(ask, &a.Hits[0]) || !ask.Access.May(a.Hits[0].At) {
		a.Refused = true
		return a
	}
	a.Quote = ix.Quote(ask, a.Hits[0])
	for part := range strings.SplitSeq(a.Quote, " … ") {
		for _, s := range Sentences(part) {
			a.Sentences = append(a.Sentences, ix.Check(ask, s, a.Hits))
		}
	}
	a.Differ = differ(a.Sentences, a.Hits)
	return a
}

// ownHeading returns the innermost heading of a passage.
func ownHeading(p *Passage) string {
	if i := strings.LastIndex(p.Heading, headingSep); i >= 0 {
		return p.Heading[i+len(headingSep):]
	}
	return p.Heading
}

// asked moves a passage to the front whose heading is the question itself, and reports
// whether there is one.
func (ix *Index) asked(ask Question, hits []Hit) bool {
	own := parse(ask.Text)
	if own.bare {
		return false
	}
	for i := range hits {
		if same(own, parse(ownHeading(&hits[i].Passage))) {
			h := hits[i]
			copy(hits[1:i+1], hits[:i])
			hits[0] = h
			return true
		}
	}
	return false
}

// same reports whether two questions have the same terms.
func same(a, b query) bool {
	if len(a.terms) != len(b.terms) || len(a.terms) == 0 {
		return false
	}
	for _, t := range a.terms {
		if !slices.ContainsFunc(b.terms, func(o inverted.Term) bool { return o.Hash == t.Hash }) {
			return false
		}
	}
	return true
}

// support is the least share of a sentence's terms that a passage must hold
// for the sentence to rest on it.
const support = 0.8

// Check finds the hit that a sentence rests on: one that holds it word for
// word, or else the one with most of its terms, and every number in it. It may be a
// sentence that a model wrote. A hit that may not be read supports nothing.
func (ix *Index) Check(ask Question, sentence string, hits []Hit) Sentence {
	s := Sentence{Text: sentence, Hit: -1}
	best := 0.0
	want := terms(sentence)
	numbers := digits.FindAllString(sentence, -1)
	for i, h := range hits {
		if !ask.Access.May(h.At) {
			continue
		}
		text := h.Heading + "\n" + h.Text
		if strings.Contains(text, sentence) {
			return Sentence{sentence, i, true, h.PageAt(strings.Index(h.Text, sentence))}
		}
		in := terms(text)
		n := 0
		for t := range want {
			if in[t] {
				n++
			}
		}
		share := 0.0
		if len(want) > 0 {
			share = float64(n) / float64(len(want))
		}
		if slices.ContainsFunc(numbers, func(d string) bool { return !slices.Contains(digits.FindAllString(text, -1), d) }) {
			share /= 2 // a number of its own
		}
		if share > best {
			best, s.Hit = share, i
		}
	}
	if s.Supported = best >= support; s.Supported {
		s.Page = hits[s.Hit].Page
	} else {
		s.Hit = -1
	}
	return s
}

var quantities = regexp.MustCompile(`\d+(?:[.,:：]\d+)*`)

// differ looks in the other documents that were found for sentences that say
// the same as one of the answer, with other numbers.
func differ(answer []Sentence, hits []Hit) (list []Pair) {
	for _, one := range answer {
		numbers := quantities.FindAllString(one.Text, -1)
		if len(numbers) == 0 || one.Hit < 0 {
			continue
		}
		words := terms(quantities.ReplaceAllString(one.Text, " "))
		for i, h := range hits {
			if h.File == hits[one.Hit].File || h.Lang != hits[one.Hit].Lang {
				continue
			}
			for _, text := range Sentences(h.Text) {
				others := quantities.FindAllString(text, -1)
				if len(others) == 0 || !slices.ContainsFunc(others, func(n string) bool { return !slices.Contains(numbers, n) }) {
					continue
				}
				in := terms(quantities.ReplaceAllString(text, " "))
				both := 0
				for t := range words {
					if in[t] {
						both++
					}
				}
				if n := len(words) + len(in) - both; n > 0 && 10*both >= 6*n {
					list = append(list, Pair{one, Sentence{text, i, true, h.PageAt(strings.Index(h.Text, text))}})
				}
			}
		}
	}
	return list
}
