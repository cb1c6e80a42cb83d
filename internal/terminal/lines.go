package terminal

import (
	"bufio"
	"errors"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Lines reads what a person types: with editing on a terminal that moves its
// cursor, as it comes elsewhere.
type Lines struct {
	in    *os.File
	term  *editor
	plain *bufio.Reader
}

// NewLines reads in, and shows prompt and what is typed on out. Off a terminal it
// reads at most limit bytes and shows nothing.
func NewLines(in *os.File, out io.Writer, prompt string, limit int64) *Lines {
	if !Moves(in) {
		return &Lines{in: in, plain: bufio.NewReader(io.LimitReader(in, limit))}
	}
	return &Lines{in: in, term: &editor{in: bufio.NewReader(in), out: out, prompt: prompt}}
}

// Next returns the next line; io.EOF after the last. The terminal is raw only
// meanwhile, so that Ctrl-C is a signal while an answer comes.
func (l *Lines) Next() (string, error) {
	if l.term == nil {
		s, err := l.plain.ReadString('\n')
		if s != "" {
			err = nil
		}
		return strings.TrimSuffix(s, "\n"), err
	}
	fd := int(l.in.Fd())
	l.term.columns = 80
	if w, _, err := term.GetSize(fd); err == nil && w > 1 {
		l.term.columns = w
	}
	old, err := term.MakeRaw(fd)
	if err != nil {
		return "", err
	}
	defer term.Restore(fd, old)
	for {
		line, err := l.term.readLine()
		if !errors.Is(err, errInterrupt) {
			return line, err
		}
	}
}
