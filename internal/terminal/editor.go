package terminal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// An editor reads a line from a terminal in raw mode. x/term has one, but it
// takes every character for one column, so that Chinese is erased by halves, and
// ends at text that is pasted. Pasted lines stay together here, as one.
type editor struct {
	in      *bufio.Reader
	out     io.Writer
	prompt  string
	columns int // of the terminal
	history []string

	line  []rune
	at    int // the cursor
	row   int // of the cursor, below the prompt's
	past  int // which of history is shown; len(history): none
	draft []rune
}

// errInterrupt is Ctrl-C on a line that has text.
var errInterrupt = errors.New("interrupted")

// maxLine bounds a line, in characters.
const maxLine = 1 << 20

const (
	pasteOn, pasteOff   = "\x1b[?2004h", "\x1b[?2004l"
	pasteBegin, pasteNo = "[200~", "[201~"
)

// readLine reads a line. It returns io.EOF at Ctrl-D on an empty one, and at
// Ctrl-C on an empty one; errInterrupt at Ctrl-C otherwise.
func (e *editor) readLine() (string, error) {
	e.line, e.at, e.row, e.past, e.draft = nil, 0, 0, len(e.history), nil
	fmt.Fprint(e.out, pasteOn)
	defer fmt.Fprint(e.out, pasteOff)
	e.draw()
	for {
		r, _, err := e.in.ReadRune()
		if err != nil {
			return "", err
		}
		switch {
		case r == '\r' || r == '\n':
			return e.enter(), nil
		case r == 3 && len(e.line) == 0, r == 4 && len(e.line) == 0:
			fmt.Fprint(e.out, "\r\n")
			return "", io.EOF
		case r == 3:
			e.enter()
			return "", errInterrupt
		case r == 27:
			err = e.escape()
		default:
			e.key(r)
		}
		if err != nil {
			return "", err
		}
		if e.in.Buffered() == 0 { // what is typed ahead or pasted is drawn once
			e.draw()
		}
	}
}

// enter ends the line below what is drawn of it.
func (e *editor) enter() string {
	e.at = len(e.line)
	e.draw()
	fmt.Fprint(e.out, "\r\n")
	text := string(e.line)
	if strings.TrimSpace(text) != "" && (len(e.history) == 0 || e.history[len(e.history)-1] != text) {
		e.history = append(e.history, text)
	}
	return text
}

// key does what a key that is one character does.
func (e *editor) key(r rune) {
	switch r {
	case 1: // Ctrl-A
		e.at = 0
	case 2: // Ctrl-B
		e.at = max(0, e.at-1)
	case 4: // Ctrl-D
		e.delete(e.at, e.at+1)
	case 5: // Ctrl-E
		e.at = len(e.line)
	case 6: // Ctrl-F
		e.at = min(len(e.line), e.at+1)
	case 8, 127: // backspace
		e.delete(e.at-1, e.at)
	case 11: // Ctrl-K
		e.delete(e.at, len(e.line))
	case 12: // Ctrl-L
		fmt.Fprint(e.out, "\x1b[H\x1b[2J")
		e.row = 0
	case 14: // Ctrl-N
		e.recall(1)
	case 16: // Ctrl-P
		e.recall(-1)
	case 21: // Ctrl-U
		e.delete(0, e.at)
	case 23: // Ctrl-W
		lo := e.at
		for lo > 0 && unicode.IsSpace(e.line[lo-1]) {
			lo--
		}
		for lo > 0 && !unicode.IsSpace(e.line[lo-1]) {
			lo--
		}
		e.delete(lo, e.at)
	default:
		if r >= ' ' && r != utf8.RuneError {
			e.insert([]rune{r})
		}
	}
}

// escape does what a key that is an escape sequence does.
func (e *editor) escape() error {
	if e.in.Buffered() == 0 {
		return nil // the key Esc
	}
	first, err := e.in.ReadByte()
	if err != nil || first != '[' && first != 'O' {
		return err
	}
	seq := "["
	for {
		b, err := e.in.ReadByte()
		if err != nil {
			return err
		}
		if seq += string(rune(b)); b >= '@' && b <= '~' || len(seq) > 16 {
			break
		}
	}
	switch seq {
	case "[A":
		e.recall(-1)
	case "[B":
		e.recall(1)
	case "[C":
		e.at = min(len(e.line), e.at+1)
	case "[D":
		e.at = max(0, e.at-1)
	case "[H", "[1~":
		e.at = 0
	case "[F", "[4~":
		e.at = len(e.line)
	case "[3~":
		e.delete(e.at, e.at+1)
	case pasteBegin:
		return e.paste()
	}
	return nil
}

// paste takes all until the terminal says that it ends.
func (e *editor) paste() error {
	end := []rune("\x1b" + pasteNo)
	var text []rune
	for len(text) < maxLine {
		r, _, err := e.in.ReadRune()
		if err != nil {
			return err
		}
		text = append(text, r)
		if n := len(text) - len(end); n >= 0 && string(text[n:]) == string(end) {
			text = text[:n]
			break
		}
	}
	clean := strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", "    ").Replace(string(text))
	e.insert([]rune(strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' || r == 127 {
			return -1
		}
		return r
	}, clean)))
	return nil
}

func (e *editor) insert(text []rune) {
	text = text[:min(len(text), maxLine-len(e.line))]
	rest := append(text[:len(text):len(text)], e.line[e.at:]...)
	e.line = append(e.line[:e.at], rest...)
	e.at += len(text)
}

func (e *editor) delete(lo, hi int) {
	lo, hi = max(lo, 0), min(hi, len(e.line))
	if lo < hi {
		e.line = append(e.line[:lo], e.line[hi:]...)
		e.at = lo
	}
}

// recall shows an earlier line, or a later one; after the last, what was being
// written.
func (e *editor) recall(by int) {
	to := e.past + by
	if to < 0 || to > len(e.history) {
		return
	}
	if e.past == len(e.history) {
		e.draft = e.line
	}
	if e.past = to; to == len(e.history) {
		e.line = e.draft
	} else {
		e.line = []rune(e.history[to])
	}
	e.at = len(e.line)
}

// draw writes prompt and line again, over what was drawn, and puts the cursor
// in its place. A line break that was pasted is shown as ↵.
func (e *editor) draw() {
	var b strings.Builder
	if e.row > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", e.row)
	}
	b.WriteString("\r\x1b[J" + e.prompt)
	row, col := 0, Columns(e.prompt)
	cursorRow, cursorCol := row, col
	for i, r := range e.line {
		if r == '\n' {
			r = '↵'
		}
		w := runeColumns(r)
		if col+w > e.columns {
			b.WriteString("\r\n")
			row, col = row+1, 0
		}
		if i == e.at {
			cursorRow, cursorCol = row, col
		}
		b.WriteRune(r)
		col += w
	}
	if col >= e.columns {
		b.WriteString("\r\n")
		row, col = row+1, 0
	}
	if e.at == len(e.line) {
		cursorRow, cursorCol = row, col
	}
	if row > cursorRow {
		fmt.Fprintf(&b, "\x1b[%dA", row-cursorRow)
	}
	b.WriteByte('\r')
	if cursorCol > 0 {
		fmt.Fprintf(&b, "\x1b[%dC", cursorCol)
	}
	e.row = cursorRow
	io.WriteString(e.out, b.String())
}
