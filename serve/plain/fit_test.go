package plain

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/engine/tensor"
	"suiren/internal/say"
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

// Where the states of so many answers do not fit, it is told how many do, or so many are
// taken if that is left to it.
func TestFitStates(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../testdata/oracle/arch/qwen3_5")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "chat_template.jinja"), []byte(chatTemplate), 0o644); err != nil {
		t.Fatal(err)
	}
	o := Options{Threads: 1, Slots: 8}
	open := func(slots int) *Model {
		o.Slots = slots
		m, err := Open(dir, o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(m.Close)
		return m
	}
	bytes, _ := open(2).Memory()
	whole, _ := open(8).Memory()
	o.Memory = bytes + (whole-bytes)/16
	_, err := Open(dir, o)
	var said *say.Error
	if !errors.As(err, &said) || !errors.Is(err, ErrNoFit) || !strings.Contains(said.What.In(say.English), "what 8 answers at once have to keep takes") {
		t.Fatalf("refused with %v", err)
	}
	var slots int
	if _, err := fmt.Sscanf(said.Next.In(say.English), "--slots %d fits", &slots); err != nil || slots < 1 || slots > 7 {
		t.Fatalf("next: %v", said.Next)
	}
	if bytes, _ := open(slots).Memory(); bytes > o.Memory {
		t.Errorf("%d slots take %d of %d", slots, bytes, o.Memory)
	}
	o.Slots = slots + 1
	if _, err := Open(dir, o); !errors.Is(err, ErrNoFit) {
		t.Errorf("so do %d: %v", o.Slots, err)
	}
	o.Fewer = true
	if m := open(8); m.run.Slots != slots {
		t.Errorf("left to it, it takes %d slots", m.run.Slots)
	}
}

// Several models share the memory: each has its weights, and what is left is
// divided as keys and values are wanted; an encoder is counted as well.
func TestShare(t *testing.T) {
	prepare := func(o Options, dir string) *Model {
		o.Threads = 1
		m, err := Prepare(dir, o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(m.Close)
		return m
	}
	dir := randomModel(t, chatTemplate)
	list := []*Model{
		prepare(Options{Slots: 6}, dir),
		prepare(Options{Slots: 2, Beside: true}, dir),
		prepare(Options{Beside: true}, "../../testdata/oracle/arch/bert-mean"),
	}
	var rest, pages int64
	for _, m := range list {
		rest, pages = rest+m.rest(), pages+m.memory.Pages
	}
	if wants := Share(rest+pages, list); wants[0] != list[0].rest()+list[0].memory.Pages || wants[2] != list[2].rest() || list[2].rest() <= 0 {
		t.Errorf("all that is wanted is shared as %v", wants)
	}
	if got := Share(0, list); got[0]+got[1]+got[2] != 0 {
		t.Errorf("without a bound %v", got)
	}
	half := rest + pages/2
	before := tensor.Taken()
	var said, sum int64
	for i, share := range Share(half, list) {
		m := list[i]
		if want := m.rest() + m.memory.Pages/2; share < want-1 || share > want+1 {
			t.Errorf("model %d gets %d, half of what it wants is %d", i, share, want)
		}
		m.opt.Planned = func(n int64) { said += n }
		if err := m.Load(share); err != nil {
			t.Fatal(err)
		}
		bytes, _ := m.Memory()
		sum += bytes
	}
	if took := tensor.Taken() - before; said != sum || sum > half || took > sum || took < sum-programBytes-1<<20 {
		t.Errorf("said %d, of %d; took %d of %d", said, half, took, sum)
	}
	for i, share := range Share(rest/2, list) {
		if err := prepareAgain(t, list[i]).Load(share); !errors.Is(err, ErrNoFit) {
			t.Errorf("model %d in %d bytes: %v", i, share, err)
		}
	}
}

// prepareAgain opens the model anew.
func prepareAgain(t *testing.T, m *Model) *Model {
	again, err := Prepare(m.path, m.opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(again.Close)
	return again
}
