package verify

import (
	"math/big"
	"regexp"
	"strings"
)

// This file reads numbers that have another beside them: what they are rounded to, and
// what is only said of one set in bold.

// roughly is what stands between a number and what it is rounded to.
var roughly = regexp.MustCompile(`(?i)^\s?[\p{L}°]{0,12}?\s?[,(]?\s?(?:which is |that is )?(?:≈|≒|大?约(?:等于|为|是)?|approximately\b|approx\b\.?|about\b|roughly\b)[\s(:]*$`)

// near returns the number beside that of place i which is the same one, rounded or not
// yet: 1/3 or 0.333 of 1/3 ≈ 0.333; nil if there is none. A text that says ≈ of two
// numbers that are not each other's rounding names two.
func near(s string, all [][]int, i int) *figure {
	for _, j := range []int{i - 1, i + 1} {
		if j < 0 || j == len(all) {
			continue
		}
		exact, rounded := all[min(i, j)], all[max(i, j)]
		if between := s[exact[1]:rounded[0]]; len(between) > 60 || !roughly.MatchString(between) {
			continue
		}
		a, ok := figureAt(s, exact)
		b, also := figureAt(s, rounded)
		if !ok || !also || inExpression(s, all[j]) || denied(s, all[j]) || askedOrRelated(s, all[j], all[j]) || !rounds(a, b, s[rounded[0]:rounded[1]]) {
			continue
		}
		if j < i {
			return &a
		}
		return &b
	}
	return nil
}

// rounds reports whether b, as it is written, is a rounded to its last digit.
func rounds(a, b figure, written string) bool {
	m := literals.FindStringSubmatch(written)
	if m == nil || m[11] == "" || m[12]+m[13]+m[14] != "" {
		return false
	}
	_, decimals, _ := strings.Cut(m[11], ".")
	half := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(len(decimals))), nil))
	half.Quo(half, map[string]*big.Rat{"": big.NewRat(2, 1), "%": big.NewRat(200, 1), "‰": big.NewRat(2000, 1)}[m[15]])
	off := new(big.Rat).Sub(a.value, b.value)
	return off.Abs(off).Cmp(half) <= 0
}

var (
	bold = regexp.MustCompile(`(?:^|[^0-9A-Za-z)*\\])\*\*([^*\n]{1,40})\*\*`)
	// amount is a number with what it counts.
	amount = regexp.MustCompile(`^\s*[¥€£]?\s*(?:` + literal + `)\s?[\p{L}°]{0,12}(?: [\p{L}]{1,12})?\s*\.?\s*$`)
	// item is a number that counts a line, where it begins one.
	item      = regexp.MustCompile(`^\s*\d{1,2}\s*[.):]`)
	lineStart = regexp.MustCompile(`(?:^|\n)[\s>*#-]*$`)
	// goesAhead is what makes more of a number set in bold, or a heading.
	goesAhead = regexp.MustCompile(`^(?:[0-9(]|\s*[*^/+×÷]|[\p{L}\s]{0,24}[:=])`)
	// results are words that a result may follow, of which the bold number is then a part.
	results = regexp.MustCompile(`(?i)\b(?:is|are|was|were|makes?|gives?|gets?|got|leaves?|left|equals?|becomes?|total|totall?ing|sum|remain|remains|remaining|altogether|together|(?:in|over)all|in all|final|result|so|then|times|plus|minus|have|has|had)\b|[=≈→⇒]|->|一共|共|合计|总|剩|还|等于|得|是|为|有|就|乘|加|减|除`)
)

// bolded returns which of the numbers of s is the only one that its text sets in bold, if
// others behind it only add to it, as in **42** boxes, 6 crates; else -1. What may be a
// result behind it is one: of **3** boxes of 14, 42 in all, 3 is given.
func bolded(text, s string, all [][]int) int {
	if announces.MatchString(s) {
		return -1
	}
	text = tail(text)
	var span []int
	for _, at := range bold.FindAllStringSubmatchIndex(text, -1) {
		if !literals.MatchString(plain(text[at[2]:at[3]])) {
			continue
		}
		if span != nil {
			return -1
		}
		span = at
	}
	if span == nil {
		return -1
	}
	inside, behind := text[span[2]:span[3]], text[span[1]:]
	if !amount.MatchString(numbers(inside)) || goesAhead.MatchString(behind) || item.MatchString(inside+behind[:min(1, len(behind))]) && lineStart.MatchString(text[:span[2]]) {
		return -1
	}
	n := len(literals.FindAllStringIndex(numbers(text[:span[1]]), -1)) - 1
	if n < 0 || n >= len(all)-1 || results.MatchString(behind) || reconsiders.MatchString(behind) || concludes.MatchString(behind) || otherwise.MatchString(behind) {
		return -1
	}
	if f, ok := figureAt(s, all[n]); !ok || inExpression(s, all[n]) || denied(s, all[n]) || askedOrRelated(s, all[n], all[n]) || listed(s, all[n], all[n+1]) || compound(s, all[n], all[n+1]) || !writes(inside, f) {
		return -1
	}
	for i := n + 1; i < len(all); i++ {
		if orElse(s, all[i-1], all[i]) {
			return -1
		}
	}
	return n
}

// writes reports whether f is the number of a text. What was cut off before it would make
// it another.
func writes(text string, f figure) bool {
	s := numbers(text)
	at := literals.FindStringIndex(s)
	if at == nil {
		return false
	}
	g, ok := figureAt(s, at)
	return ok && g.value.Cmp(f.value) == 0
}
