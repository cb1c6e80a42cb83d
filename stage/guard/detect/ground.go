package detect

import (
	"strings"
	"unicode"

	"suiren/stage/guard/fold"
)

// leastSupport is the share of a sentence's words and numbers that one passage, or
// all of them together, must hold.
const leastSupport = .5

// Ground returns a detector of sentences that the passages do not support: whose
// words they do not hold (kind unsupported), or whose numbers (kind number). It
// compares words, not meanings: a sentence that denies what a passage says has its
// words. Questions and sentences of less than four words are let be.
func Ground(passages []string) Detector {
	g := &ground{words: map[string]bool{}, numbers: map[string]bool{}}
	for _, p := range passages {
		words, numbers := terms(p)
		for _, w := range words {
			g.words[w] = true
		}
		for _, n := range numbers {
			g.numbers[n] = true
		}
	}
	return g
}

type ground struct{ words, numbers map[string]bool }

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
	if t := strings.TrimSpace(text); strings.HasSuffix(t, "?") || strings.HasSuffix(t, "？") {
		return
	}
	words, numbers := terms(text)
	missing := 0
	for _, n := range numbers {
		if !s.numbers[n] {
			missing++
		}
	}
	held := 0
	for _, w := range words {
		if s.words[w] {
			held++
		}
	}
	h := Hit{Detector: "ground", Class: "LLM07", From: from, To: to}
	switch {
	case missing > 0:
		h.Kind, h.Confidence = "number", .5+.5*float64(missing)/float64(len(numbers))
	case len(words) >= 4 && float64(held) < leastSupport*float64(len(words)):
		h.Kind, h.Confidence = "unsupported", 1-float64(held)/float64(len(words))
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
			w := string(word)
			for _, s := range []string{"ing", "ed", "es", "s"} {
				if len(w) > len(s)+3 && strings.HasSuffix(w, s) {
					w = w[:len(w)-len(s)]
					break
				}
			}
			if !stopWords[w] {
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

// stopWords say nothing of what a sentence is about.
var stopWords = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields("the and for are was were not you that this with from have has had its but can will they their there which what when where who how why all any one out also been than then them these those into your our more most such only other some about after before between") {
		m[w] = true
	}
	return m
}()
