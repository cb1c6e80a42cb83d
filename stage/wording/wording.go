// Package wording says when two questions are one: what each says, without how
// it is written. The parts of the owner's problems and the proof of a verdict
// read questions alike, so that what the one keeps apart the other finds apart.
package wording

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"suiren/stage"
	"suiren/stage/guard/fold"
)

// Of is what a problem shares with another that only writes it differently, or
// only has the numbers of a turn in another order: of what the user says in each
// turn the words and signs in order, with # for each number, and the numbers,
// sorted; and what makes an answer right. White space and punctuation do not count.
//
// It does not know that × and * are one sign, or that two sentences mean the
// same: that is what the key is for.
func Of(p *stage.Problem) string {
	var b strings.Builder
	for _, turn := range Asked(p) {
		words, numbers := read(turn)
		slices.Sort(numbers)
		b.WriteString(words + "\n" + strings.Join(numbers, " ") + "\n")
	}
	return b.String() + Right(p)
}

// Turn is what a turn of a user says, with its numbers where they stand.
func Turn(text string) string {
	words, numbers := read(text)
	return words + "\n" + strings.Join(numbers, " ")
}

// Said is what the user says in each turn of a problem, with the numbers where
// they stand: one for any verifier.
func Said(p *stage.Problem) string { return Turns(Asked(p)) }

// Turns is what the user says in turns that follow each other.
func Turns(turns []string) string {
	var b strings.Builder
	for _, text := range turns {
		b.WriteString(Turn(text) + "\n")
	}
	return b.String()
}

// Asked is what the user says in each turn of a problem, the question last.
func Asked(p *stage.Problem) []string { return append(Users(p.Context), p.Prompt) }

// Users is what the user says in each turn of messages.
func Users(messages []stage.Message) (list []string) {
	for _, m := range messages {
		if m.Role == "user" {
			list = append(list, m.Content)
		}
	}
	return list
}

// Right is what makes an answer to a problem right: its verifier, or its answer.
func Right(p *stage.Problem) string {
	if len(p.Verify) == 0 {
		return strings.TrimSpace(p.Answer)
	}
	var b bytes.Buffer
	if json.Compact(&b, p.Verify) != nil {
		return string(p.Verify)
	}
	return b.String()
}

// Letters are the letters and digits of a text, in NFKC and lower case; of one
// that has none they are the text.
func Letters(text string) string {
	s := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) {
			return unicode.ToLower(r)
		}
		return -1
	}, norm.NFKC.String(text))
	if s == "" {
		return strings.TrimSpace(text)
	}
	return s
}

// Key is the canonical key of a question that has no other: a hash of its Letters.
func Key(text string) string { return KeyOf(Letters(text)) }

// KeyOf is the key of what is canonical of a question.
func KeyOf(canonical string) string {
	h := sha256.Sum256([]byte(canonical))
	return hex.EncodeToString(h[:12])
}

// Group is the same of two problems whose first turns have the same Letters, or
// that are the same by Of; and of more, for it is the letters as they are folded,
// and the digits but 0, sorted. first is the first turn of a user.
func Group(first string) string {
	var letters strings.Builder
	var digits, folded []rune
	for _, c := range Letters(first) {
		folded, _ = fold.Rune(folded[:0], c)
		for _, f := range folded {
			switch {
			case unicode.IsLetter(f):
				letters.WriteRune(f)
			case unicode.IsDigit(f) && f != '0':
				digits = append(digits, f)
			}
		}
	}
	slices.Sort(digits)
	return norm.NFD.String(letters.String()) + "\n" + string(digits) // folding leaves syllables of Hangul and their parts as they are
}

// read is the words and signs of a text as rails fold it, with # for each number,
// and the numbers.
func read(text string) (string, []string) {
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
	for _, c := range text {
		var kind fold.Class
		folded, kind = fold.Rune(folded[:0], c)
		switch {
		case kind == fold.Invisible:
		case kind != fold.Plain:
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
	return words.String(), numbers
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
