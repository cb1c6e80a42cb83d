package terminal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

func typed(keys string, columns int, history ...string) (*editor, *strings.Builder) {
	out := &strings.Builder{}
	return &editor{in: bufio.NewReader(strings.NewReader(keys)), out: out, prompt: "> ", columns: columns, history: history}, out
}

func TestEditor(t *testing.T) {
	for keys, want := range map[string]string{
		"hello\r":                   "hello",
		"你好吗\x7f\r":                 "你好",
		"bc\x01a\r":                 "abc",
		"ac\x1b[Db\r":               "abc",
		"abx\x1b[D\x1b[3~c\r":       "abc",
		"one two\x17three\r":        "one three",
		"abc\x15x\r":                "x",
		"abc\x02\x02\x0b\r":         "a",
		"\x1b[A\r":                  "last",
		"\x1b[A\x1b[A\r":            "first",
		"new\x1b[A\x1b[B!\r":        "new!",
		"\x1b[A\x1b[A\x1b[A\x10x\r": "firstx",
		"a\x1b[200~x\ny\rz\tw\x1b[31m\x1b[201~b\r": "ax\ny\nz    w[31mb",
		"a\x1b[1;5Cb\x1bOHc\r":                     "cab",
		"ab\x03cd\r":                               "",
		"\xffok\r":                                 "ok",
	} {
		e, _ := typed(keys, 80, "first", "last")
		got, err := e.readLine()
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%q: %q, %v; want %q", keys, got, err, want)
		}
	}
	for keys, want := range map[string]error{"\x04": io.EOF, "\x03": io.EOF, "x\x03": errInterrupt, "x": io.EOF, "\x1b[200~x": io.EOF} {
		e, _ := typed(keys, 80)
		if _, err := e.readLine(); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", keys, err, want)
		}
	}
}

// What the terminal shows is the line, whatever was typed, and the cursor is
// where the next character goes.
func TestEditorScreen(t *testing.T) {
	for _, keys := range []string{"你好世界啊\x7f\x7f", "ab\x1b[D你\x01x", "一二三四五六七八\x7f\x01\x04", "aaaaaaaa", "aaaaaaaaaaaaaaaaaaa\x15", "\x1b[200~甲\n乙\x1b[201~丙\x7f"} {
		for _, columns := range []int{7, 10, 80} {
			e, out := typed("", columns)
			for _, step := range split(keys) { // one key at a time: each is drawn
				e.in = bufio.NewReader(strings.NewReader(step))
				if r, _, _ := e.in.ReadRune(); r == 27 {
					e.escape()
				} else {
					e.key(r)
				}
				e.draw()
			}
			want, cursor := "> "+strings.ReplaceAll(string(e.line), "\n", "↵"), "> "+string(e.line[:e.at])
			s := newScreenModel(columns)
			s.write(out.String())
			if got := s.text(); got != want {
				t.Errorf("%q in %d columns shows %q, want %q", keys, columns, got, want)
			}
			s.write("#")
			if at := strings.IndexByte(s.text(), '#'); at < 0 || strings.ReplaceAll(s.text()[:at], "↵", "\n") != cursor {
				t.Errorf("%q in %d columns: cursor in %q, want after %q", keys, columns, s.text(), cursor)
			}
		}
	}
}

// split takes keys apart: characters, and sequences that begin with Esc.
func split(keys string) (list []string) {
	for keys != "" {
		n := len(string([]rune(keys)[0]))
		if strings.HasPrefix(keys, "\x1b[200~") {
			n = strings.Index(keys, "\x1b[201~") + 6
		} else if keys[0] == 27 {
			n = 3
		}
		list, keys = append(list, keys[:n]), keys[n:]
	}
	return list
}

// A screenModel is a terminal that knows what the editor writes.
type screenModel struct {
	columns, row, col int
	cells             map[[2]int]string
}

func newScreenModel(columns int) *screenModel {
	return &screenModel{columns: columns, cells: map[[2]int]string{}}
}

func (s *screenModel) write(text string) {
	for text != "" {
		var n int
		var op byte
		if k, _ := fmt.Sscanf(text, "\x1b[%d%c", &n, &op); k == 2 {
			switch op {
			case 'A':
				s.row -= n
			case 'C':
				s.col += n
			}
			text = text[len(fmt.Sprintf("\x1b[%d%c", n, op)):]
			continue
		}
		if rest, ok := strings.CutPrefix(text, "\x1b[J"); ok {
			for at := range s.cells {
				if at[0] > s.row || at[0] == s.row && at[1] >= s.col {
					delete(s.cells, at)
				}
			}
			text = rest
			continue
		}
		r := []rune(text)[0]
		text = text[len(string(r)):]
		switch r {
		case '\r':
			s.col = 0
		case '\n':
			s.row++
		default:
			s.cells[[2]int{s.row, s.col}] = string(r)
			if runeColumns(r) == 2 {
				s.cells[[2]int{s.row, s.col + 1}] = ""
			}
			s.col += runeColumns(r)
		}
	}
}

func (s *screenModel) text() string {
	var b strings.Builder
	for row := range 100 {
		for col := range s.columns {
			b.WriteString(s.cells[[2]int{row, col}])
		}
	}
	return b.String()
}
