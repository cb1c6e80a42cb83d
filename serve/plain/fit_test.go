package plain

import (
	"errors"
	"strings"
	"testing"
)

// What a model will take is said before it is loaded, and a context that does
// not fit is refused with one that does.
func TestFit(t *testing.T) {
	dir := randomModel(t, chatTemplate)
	var said int64
	o := Options{Threads: 1, Slots: 4, Planned: func(n int64) { said = n }}
	m, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	bytes, _ := m.Memory()
	if said != bytes || said <= m.memory.Total() {
		t.Errorf("said %d, takes %d", said, bytes)
	}
	page := m.memory.Pages / int64(m.memory.Full)
	o.Memory = bytes - m.memory.Pages + 16*page // 512 tokens of 1024
	small, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	defer small.Close()
	if n, origin := small.Context(); n != 512 || origin != "memory" {
		t.Errorf("context %d by %s", n, origin)
	}
	if n, _ := small.Memory(); n > o.Memory {
		t.Errorf("takes %d of %d", n, o.Memory)
	}
	said = 0
	o.Context = 1000
	_, err = Open(dir, o)
	if !errors.Is(err, ErrNoFit) || !strings.Contains(err.Error(), "--context 512 fits, and with --kv int8 --context") {
		t.Errorf("refused with %v", err)
	}
	if o.Memory = 1 << 20; said != 0 {
		t.Error("what is refused was announced")
	}
	if _, err = Open(dir, o); !errors.Is(err, ErrNoFit) {
		t.Errorf("in a mebibyte: %v", err)
	}
}
