package terminal

import (
	"strings"
	"testing"
)

func TestScreen(t *testing.T) {
	var b strings.Builder
	s := NewScreen(&b, true)
	s.Show([]string{"one", "two"})
	s.Print("above")
	s.Close()
	want := "one\ntwo\n" + "\x1b[2A\x1b[J" + "above\n" + "one\ntwo\n" + "\x1b[2A\x1b[J"
	if b.String() != want {
		t.Errorf("drew %q, want %q", b.String(), want)
	}

	b.Reset()
	s = NewScreen(&b, false)
	s.Show([]string{"live"})
	s.Print("a line")
	s.Close()
	if b.String() != "a line\n" {
		t.Errorf("off a terminal drew %q", b.String())
	}
}
