// Package terminal is what a terminal needs: lines that are drawn again in
// place, text in columns, and a line that is edited.
package terminal

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/term"

	"suiren/internal/say"
)

// A Screen is where messages and live progress go: standard error. On a
// terminal the last lines are live and are drawn again in place. Any goroutine
// may use it.
type Screen struct {
	Lang say.Lang // of notes; set before the screen is shared

	mu   sync.Mutex
	w    io.Writer
	tty  bool
	live []string // as drawn
}

// NewScreen returns a screen that writes to w; tty says that w moves its cursor
// when told to.
func NewScreen(w io.Writer, tty bool) *Screen {
	return &Screen{Lang: say.English, w: w, tty: tty}
}

// Live reports whether Show shows anything.
func (s *Screen) Live() bool { return s.tty }

// Print writes lines above the live ones.
func (s *Screen) Print(lines ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	live := s.live
	s.erase()
	for _, l := range lines {
		fmt.Fprintln(s.w, l)
	}
	s.draw(live)
}

// Note writes one sentence above the live lines.
func (s *Screen) Note(t say.Text) { s.Print(t.In(s.Lang)) }

// Write puts log lines above the live ones.
func (s *Screen) Write(b []byte) (int, error) {
	s.Print(strings.TrimSuffix(string(b), "\n"))
	return len(b), nil
}

// Show replaces the live lines. It does nothing off a terminal.
func (s *Screen) Show(lines []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tty {
		s.erase()
		s.draw(lines)
	}
}

// Width returns the columns of the terminal.
func (s *Screen) Width() int {
	if f, ok := s.w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return n
		}
	}
	return 120
}

// Close leaves the cursor below what was written.
func (s *Screen) Close() { s.Show(nil) }

func (s *Screen) erase() {
	if len(s.live) > 0 {
		fmt.Fprintf(s.w, "\x1b[%dA\x1b[J", len(s.live)) // up, and clear to the end
	}
	s.live = nil
}

func (s *Screen) draw(lines []string) {
	if len(lines) > 0 {
		fmt.Fprint(s.w, strings.Join(lines, "\n")+"\n")
	}
	s.live = lines
}

// Moves reports whether f is a terminal that moves its cursor when told to.
func Moves(f *os.File) bool {
	return term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// Coloured reports whether f is a terminal that wants colours
// (https://no-color.org).
func Coloured(f *os.File) bool { return Moves(f) && os.Getenv("NO_COLOR") == "" }
