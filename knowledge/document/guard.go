package document

import (
	"strings"
	"unicode"
)

// MaxNest is how deep quotes, lists and elements may lie in each other. What lies
// deeper is read as plain text: no honest document does, and a Markdown parser's time
// grows with the square of the depth.
const MaxNest = 32

// TooDeep reports whether a line opens more than MaxNest containers, or could.
func TooDeep(s string) bool {
	for line := range strings.Lines(s) {
		n, indent := 0, 0
		for _, c := range line {
			switch c {
			case ' ':
				indent++
			case '\t':
				indent += 4
			case '>', '-', '*', '+':
				n++
			default:
				if !unicode.IsDigit(c) && c != '.' && c != ')' {
					goto counted
				}
			}
		}
	counted:
		if n+indent/2 > MaxNest && strings.Trim(line, "-* \t\r\n") != "" {
			return true
		}
	}
	return false
}

// Bounds of what the parser is given at once.
const (
	maxWork    = 1 << 22 // steps in a paragraph: it may look through all of it for each mark that opens something
	maxColumns = 256     // of a table: it makes as many cells in each row
)

// Parted puts empty lines into a text where the parser would take too long:
// into paragraphs that are long and full of marks, and below rows so wide
// that no table begins with them.
func Parted(src string) string {
	var b strings.Builder
	done, start, marks, columns := 0, 0, 1, 0
	part := func(i int) {
		b.WriteString(src[done:i])
		b.WriteString("\n\n")
		done, start, marks, columns = i, i, 1, 0
	}
	for i, c := range src {
		switch c {
		case '[', '!', '<', '`', '*', '_', '(':
			marks++
		case '|':
			columns++
		case '\n':
			if columns > maxColumns {
				part(i)
			}
			columns = 0
			if strings.HasPrefix(src[i+1:], "\n") {
				start, marks = i, 1
			}
		}
		if marks*(i-start) > maxWork {
			part(i)
		}
	}
	b.WriteString(src[done:])
	return b.String()
}
