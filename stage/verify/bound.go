package verify

import (
	"regexp"
	"unicode/utf8"
)

// This file reads that a number is only a bound. "At least 42" is true of 42 and of all above
// it, and so answers no question but one that asks for such a bound itself, or for what can
// be or must be: "at most 42" is how many can be bought.

// A bound is on which side of the others a number is said to be; 0 if it is said to be the
// one itself.
type bound int

const (
	least bound = 1 + iota
	most
)

// sides are the words of a bound: of an answer before a number and behind it, and of a
// question that asks for one, or for what can be, or must.
var sides = [...]struct{ before, behind, asks *regexp.Regexp }{
	least: {
		regexp.MustCompile(`(?i)(?:\b(?:at (?:the )?(?:very )?least|at minimum|minimum of|no(?:t)? (?:less|fewer) than|(?:more|greater) than or equal to)[\s(*]*|(?:至少|最少|起码|不少于|不低于|不小于|大于?或?等于)` + wordsZh + `)$`),
		regexp.MustCompile(`(?i)^(?:\+(?:[\s,.;:!)"']|$)|\s?` + counts + `(?:\bor (?:more|above|over|greater|higher|up)\b|\bat (?:the )?(?:very )?least` + last + `)|\s?` + count + `minimum` + last + `| ?\p{Han}{0,4}?(?:[及或]?以上(?:[^就是]|$)|或更多))`),
		regexp.MustCompile(`(?i)\b(?:least|minim(?:um|al)|min|fewest|smallest|lowest|shortest|no (?:less|fewer) than|or more|needs?|needed|must|requires?|required|enough)\b|至少|最[少小低短]|起码|不[少低小]于|以上|需|要|必须|够`),
	},
	most: {
		regexp.MustCompile(`(?i)(?:\b(?:at (?:the )?(?:very )?most|at maximum|maximum of|up to|no(?:t)? (?:more|greater|larger) than|not exceed(?:ing)?|(?:less|smaller|fewer) than or equal to)[\s(*]*|(?:至多|最多|不多于|不高于|不大于|不超过了?|小于?或?等于)` + wordsZh + `)$`),
		regexp.MustCompile(`(?i)^(?:\s?` + counts + `(?:\bor (?:less|fewer|below|under|lower|smaller)\b|\bat (?:the )?(?:very )?most` + last + `)|\s?` + count + `max(?:imum)?` + last + `| ?\p{Han}{0,4}?(?:[及或]?以[下内]|或更少))`),
		regexp.MustCompile(`(?i)\b(?:(?:at|the) (?:very )?most|maxim(?:um|al)|max|greatest|largest|biggest|highest|longest|no more than|up to|or (?:less|fewer)|can|could|able|afford|holds?|fits?|capacity|limit|allowed)\b|[至最]多|最[大高长]|不[多高大]于|不超过|以[下内]|能|可以|限|容`),
	},
}

const (
	wordsZh = `[^\d的\n,;:：.。、]{0,10}` // of one clause; 最多的 is the most of some
	count   = `(?:[A-Za-z°$]{1,16} )?`
	last    = `(?:[.,;:!)*]|\s*$)` // at most schools is no bound
	counts  = `(?:[A-Za-z°$]{1,16} ){0,2}?`
)

// sumsUp is what comes up to a number, and so is that number.
var sumsUp = regexp.MustCompile(`(?i)\b(?:add|sum|total|com|came|bring|brought|amount|round|go|went|from|work|ris|rose|tak|took|mov|climb|count)\w*(?: \S+){0,2} up to\s*$`)

// boundAt is what bound the number at a place of s is said to be.
func boundAt(s string, at []int) bound {
	before, end := s[max(0, at[0]-64):at[0]], at[1]
	for before != "" && !utf8.RuneStart(before[0]) {
		before = before[1:]
	}
	if s[end-1] == ' ' { // a literal takes one
		end--
	}
	for _, b := range []bound{least, most} {
		if words := sides[b]; words.before.MatchString(before) && !sumsUp.MatchString(before) || words.behind.MatchString(ahead(s, end)) {
			return b
		}
	}
	return 0
}

// asked reports whether a prompt asks for such a bound, or b is none.
func (b bound) asked(prompt string) bool {
	return b == 0 || sides[b].asks.MatchString(tail(prompt))
}
