package terminal

import (
	"os"
	"testing"
)

// A terminal without control codes gets none; one may have them and want no
// colours.
func TestTerminals(t *testing.T) {
	tty, err := os.Open("/dev/ptmx")
	if err != nil {
		t.Fatal(err)
	}
	defer tty.Close()
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, c := range []struct {
		f               *os.File
		term, none      string
		moves, coloured bool
	}{{tty, "xterm", "", true, true}, {tty, "xterm", "1", true, false}, {tty, "dumb", "", false, false}, {file, "xterm", "", false, false}} {
		t.Setenv("TERM", c.term)
		t.Setenv("NO_COLOR", c.none)
		if moves, coloured := Moves(c.f), Coloured(c.f); moves != c.moves || coloured != c.coloured {
			t.Errorf("%s, TERM=%s, NO_COLOR=%s: moves %v, colours %v", c.f.Name(), c.term, c.none, moves, coloured)
		}
	}
}
