package knowledge

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

var (
	expression = regexp.MustCompile(`=|[\d)][ \t]*[-+*/×÷−·^][ \t]*[\d(]|\d[ \t]*[加减乘除]|[加减乘除][ \t]*\d`)
	date       = regexp.MustCompile(`\b(19|20)\d\d[-/](0?[1-9]|1[0-2])([-/]\d{1,2})?\b`)
	digits     = regexp.MustCompile(`\d+`)
	numeral    = regexp.MustCompile(`\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|` +
		`twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|dozen)\b|[零〇一百千万]*[二两三四五六七八九十][零〇一二三四五六七八九十百千万]*`)
	instruction = regexp.MustCompile(`\b(solve|calculate|compute|work out|evaluate|add|subtract|multiply|divide|double|half of|sum of|difference|product of|times|plus|minus)\b|` +
		`计算|算一算|算出|等于|求|解方程|几倍|的和|的差|的积|的商|一半|平均分`)
	quantity = regexp.MustCompile(`\b(how (many|much|old|far|long)|left|altogether|in total|what number)\b|多少|几|还剩|剩下|一共|总共|平均`)
)

// Calculation reports whether a question is a sum, an equation or a word
// problem, in English or Chinese: it holds an expression, an instruction to
// calculate with a number, or two numbers and a question for a quantity. The
// documents may hold the very words of a problem; they do not answer it.
func Calculation(question string) bool {
	s := strings.ToLower(norm.NFKC.String(question))
	if expression.MatchString(date.ReplaceAllString(s, " ")) {
		return true
	}
	n := len(digits.FindAllString(s, 2))
	if n > 0 && instruction.MatchString(s) {
		return true
	}
	return n+len(numeral.FindAllString(s, 2)) >= 2 && quantity.MatchString(s)
}

// Sizes of a quotation.
const (
	maxSentences = 3
	minQuote     = 100 // runes, where the passage has so many; Chinese says as much in 40
	maxItems     = 8   // lines that follow a sentence that ends in a colon
)

// Quote returns the sentences of a hit that answer the question, word for
// word and in their order; "…" stands where some were left out.
//
// The first sentence is one of them if the heading speaks of the question,
// for then the section is the answer. The others are those that bring the
// most of what is still missing.
func (ix *Index) Quote(ask Question, h Hit) string {
	q := parse(ask.Text)
	weights := ix.weights(&q, ask.Access.set)
	sentences, ends, items := lines(h.Text)
	if len(sentences) == 0 {
		return ""
	}
	covers := func(text string) []bool {
		in := terms(text)
		has := make([]bool, len(q.parts))
		for i, p := range q.parts {
			has[i] = slices.ContainsFunc(p.terms, func(t uint64) bool { return in[t] })
		}
		return has
	}
	chosen := make([]bool, len(sentences))
	n := 0
	choose := func(i int, has []bool) {
		chosen[i] = true
		n++
		for p := range has {
			if has[p] {
				weights[p] = 0
			}
		}
	}
	if head := covers(h.Heading); slices.Contains(head, true) {
		choose(0, head)
		choose(0, covers(sentences[0]))
		n = 1
	}
	for n < maxSentences {
		best, gain := -1, 0.0
		for i, s := range sentences {
			if chosen[i] {
				continue
			}
			has := covers(s)
			g := 0.0
			for p, w := range weights {
				if has[p] {
					g += w
				}
			}
			if g > gain {
				best, gain = i, g
			}
		}
		if best < 0 {
			break
		}
		choose(best, covers(sentences[best]))
	}
	if n == 0 {
		choose(0, nil)
	}
	fill(sentences, items, chosen, n, h.Lang)
	return join(sentences, ends, chosen)
}

// item matches the beginning of a line of a list.
var item = regexp.MustCompile(`^( +|- |\d+\. )`)

// lines returns the sentences of a passage, and of each whether it ends its
// line and whether its line is one of a list.
func lines(text string) (sentences []string, ends, items []bool) {
	for line := range strings.Lines(text) {
		in := item.MatchString(line)
		for _, s := range Sentences(line) {
			sentences, ends, items = append(sentences, s), append(ends, false), append(items, in)
		}
		if len(ends) > 0 {
			ends[len(ends)-1] = true
		}
	}
	return sentences, ends, items
}

// fill adds what follows a chosen sentence: the items that a colon announces,
// and the next sentence while the quotation is very short.
func fill(sentences []string, items, chosen []bool, n int, lang string) {
	size, least := 0, minQuote
	if lang == "zh" {
		least = least * 2 / 5
	}
	last := 0
	for i, s := range sentences {
		if !chosen[i] {
			continue
		}
		last = i
		size += utf8.RuneCountInString(s)
		if strings.HasSuffix(s, ":") || strings.HasSuffix(s, "：") {
			for j := i + 1; j < len(sentences) && j <= i+maxItems && items[j]; j++ {
				chosen[j] = true
			}
		}
	}
	for i := last + 1; i < len(sentences) && n < maxSentences && size < least; i++ {
		if strings.Contains(sentences[last], rowSep) {
			break // the next row of a table says nothing about this one
		}
		chosen[i] = true
		size += utf8.RuneCountInString(sentences[i])
		n++
	}
}

// rowSep stands between the cells of a row in a passage.
const rowSep = " | "

// join writes the chosen sentences.
func join(sentences []string, ends, chosen []bool) string {
	var b strings.Builder
	before := -1
	for i, s := range sentences {
		if !chosen[i] {
			continue
		}
		last, _ := utf8.DecodeLastRuneInString(b.String())
		switch {
		case before < 0:
		case before < i-1:
			b.WriteString(" … ")
		case ends[before]:
			b.WriteString("\n")
		case !wide(last):
			b.WriteString(" ")
		}
		b.WriteString(s)
		before = i
	}
	return b.String()
}
