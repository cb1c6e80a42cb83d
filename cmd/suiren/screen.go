package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/term"
	"golang.org/x/text/width"

	"suiren/internal/say"
)

// A screen is where messages and live progress go: standard error. On a
// terminal the last lines are live and are drawn again in place.
type screen struct {
	mu     sync.Mutex
	w      io.Writer
	tty    bool
	colour bool
	lang   say.Lang
	live   []string // as drawn
}

func newScreen(w io.Writer, tty, colour bool) *screen {
	return &screen{w: w, tty: tty, colour: colour, lang: say.English}
}

// print writes lines above the live ones.
func (s *screen) print(lines ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	live := s.live
	s.erase()
	for _, l := range lines {
		fmt.Fprintln(s.w, l)
	}
	s.draw(live)
}

// note writes one sentence above the live lines.
func (s *screen) note(t say.Text) { s.print(t.In(s.lang)) }

// Write puts log lines above the live ones.
func (s *screen) Write(b []byte) (int, error) {
	s.print(strings.TrimSuffix(string(b), "\n"))
	return len(b), nil
}

// show replaces the live lines. It does nothing off a terminal.
func (s *screen) show(lines []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tty {
		s.erase()
		s.draw(lines)
	}
}

// width returns the columns of the terminal.
func (s *screen) width() int {
	if f, ok := s.w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return n
		}
	}
	return 120
}

// close leaves the cursor below what was written.
func (s *screen) close() { s.show(nil) }

func (s *screen) erase() {
	if len(s.live) > 0 {
		fmt.Fprintf(s.w, "\x1b[%dA\x1b[J", len(s.live)) // up, and clear to the end
	}
	s.live = nil
}

func (s *screen) draw(lines []string) {
	if len(lines) > 0 {
		fmt.Fprint(s.w, strings.Join(lines, "\n")+"\n")
	}
	s.live = lines
}

// columns returns how many columns of a terminal a text takes: East Asian
// wide characters take two.
func columns(text string) int {
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

// pad fills text with spaces up to n columns.
func pad(text string, n int) string { return text + strings.Repeat(" ", max(0, n-columns(text))) }

// padLeft puts spaces before text.
func padLeft(text string, n int) string { return strings.Repeat(" ", max(0, n-columns(text))) + text }

// cut shortens text to at most n columns.
func cut(text string, n int) string {
	if columns(text) <= n {
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

// table lays rows out in columns, two spaces between them. Columns whose
// letter in align is r are aligned to the right.
func table(align string, rows [][]string) []string {
	widths := make([]int, len(align))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], columns(cell))
		}
	}
	var lines []string
	for _, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			if i > 0 {
				b.WriteString("  ")
			}
			if align[i] == 'r' {
				b.WriteString(padLeft(cell, widths[i]))
			} else {
				b.WriteString(pad(cell, widths[i]))
			}
		}
		lines = append(lines, strings.TrimRight(b.String(), " "))
	}
	return lines
}

// The marks of a plan, and their colours on a terminal.
var markColour = map[string]string{"+": "32", "~": "33", "-": "31", "!": "31"}

// paint colours a mark where colours are wanted.
func (s *screen) paint(mark string) string {
	if c := markColour[mark]; s.colour && c != "" {
		return "\x1b[" + c + "m" + mark + "\x1b[0m"
	}
	return mark
}
