package terminal

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Printable keeps text of others from steering a terminal: of the control
// characters only line feeds and tabs pass.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 {
			return -1
		}
		return r
	}, text)
}

// Columns returns how many columns of a terminal a text takes: East Asian
// wide characters take two.
func Columns(text string) int {
	n := 0
	for _, r := range text {
		n += runeColumns(r)
	}
	return n
}

func runeColumns(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) { // on the character before it
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// Pad fills text with spaces up to n columns.
func Pad(text string, n int) string { return text + strings.Repeat(" ", max(0, n-Columns(text))) }

// padLeft puts spaces before text.
func padLeft(text string, n int) string { return strings.Repeat(" ", max(0, n-Columns(text))) + text }

// Cut shortens text to at most n columns.
func Cut(text string, n int) string {
	if Columns(text) <= n {
		return text
	}
	used := 1 // for …
	for i, r := range text {
		if used += runeColumns(r); used > n {
			return text[:i] + "…"
		}
	}
	return text
}

var lineEnds = strings.NewReplacer("\n", " ", "\t", " ")

// Table lays rows out in columns, two spaces between them. What is in a cell may be
// a stranger's: it stays on one line, and printable. Columns whose
// letter in align is r are aligned to the right. No row has more cells than align
// has letters.
func Table(align string, rows [][]string) []string {
	widths := make([]int, len(align))
	clean := make([][]string, len(rows))
	for r, row := range rows {
		for i, cell := range row {
			cell = lineEnds.Replace(Printable(cell))
			clean[r] = append(clean[r], cell)
			widths[i] = max(widths[i], Columns(cell))
		}
	}
	var lines []string
	for _, row := range clean {
		var b strings.Builder
		for i, cell := range row {
			if i > 0 {
				b.WriteString("  ")
			}
			if align[i] == 'r' {
				b.WriteString(padLeft(cell, widths[i]))
			} else {
				b.WriteString(Pad(cell, widths[i]))
			}
		}
		lines = append(lines, strings.TrimRight(b.String(), " "))
	}
	return lines
}
