package guard

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"suiren/stage"
)

// maxExamples bounds the ids that a failed proof names.
const maxExamples = 5

// A Proof compares every problem that is asked with every problem that
// training saw, on two grounds that do not depend on each other: the
// generator's canonical key, and the wording as this package reads it.
type Proof struct{ keys, wordings map[string]bool } // of what is asked: was it seen?

// NewProof begins a proof about problems that are asked.
func NewProof(asked []stage.Problem) *Proof {
	p := &Proof{map[string]bool{}, map[string]bool{}}
	for i := range asked {
		p.keys[asked[i].Key] = false
		p.wordings[wording(&asked[i])] = false
	}
	return p
}

// Saw marks what is asked if it is like a problem that training saw.
func (p *Proof) Saw(trained *stage.Problem) {
	if _, asked := p.keys[trained.Key]; asked {
		p.keys[trained.Key] = true
	}
	w := wording(trained)
	if _, asked := p.wordings[w]; asked {
		p.wordings[w] = true
	}
}

// Count adds to u what was seen of the problems asked.
func (p *Proof) Count(asked []stage.Problem, u *Unseen) {
	for i := range asked {
		key, words := p.keys[asked[i].Key], p.wordings[wording(&asked[i])]
		if key {
			u.Keys++
		}
		if words {
			u.Wordings++
		}
		if key || words {
			if u.Seen++; len(u.Examples) < maxExamples {
				u.Examples = append(u.Examples, asked[i].ID)
			}
		}
	}
}

// wording is what a problem shares with another that only writes it
// differently, or only has its numbers in another order: the words and signs
// of its prompt in order, as rails fold text, with # for each number; its
// numbers, sorted; and its answer. White space and punctuation do not count.
//
// It does not know that × and * are one sign, or that two sentences mean the
// same: that is what the key is for.
func wording(p *stage.Problem) string {
	var words strings.Builder
	var numbers []string
	var number, folded []rune
	end := func() {
		if len(number) > 0 {
			numbers = append(numbers, strings.TrimLeft(string(number[:len(number)-1]), "0")+string(number[len(number)-1:]))
			words.WriteByte('#')
			number = number[:0]
		}
	}
	for _, c := range p.Prompt {
		var kind class
		folded, kind = fold(folded[:0], c)
		switch {
		case kind == invisible:
		case kind != plain:
			end()
			words.WriteString(sign(c))
		default:
			for _, f := range folded {
				if unicode.IsDigit(f) {
					number = append(number, f)
					continue
				}
				end()
				words.WriteRune(f)
			}
		}
	}
	end()
	slices.Sort(numbers)
	return words.String() + "\n" + strings.Join(numbers, " ") + "\n" + strings.TrimSpace(p.Answer)
}

// sign returns a rune that is no part of a word and has a meaning of its own
// in a problem, at its plain width: 3-5 is not 3+5. Of others it is empty.
func sign(c rune) string {
	s := norm.NFKC.String(string(c))
	if strings.ContainsAny(s, "+-*/=<>^%()") || unicode.Is(unicode.Sm, c) {
		return s
	}
	return ""
}
