package run

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// tiny makes a store on a disk of 2 MB, and returns what takes all that is
// left of it, which returns what gives it back.
func tiny(t *testing.T) (*store.Store, func() (free func())) {
	t.Helper()
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=2m"); err != nil {
		t.Skip("mounting a small disk needs root:", err)
	}
	t.Cleanup(func() { syscall.Unmount(disk, syscall.MNT_DETACH) })
	st, err := store.Open(filepath.Join(disk, "state"))
	check(t, err)
	t.Cleanup(func() { st.Close() })
	return st, func() func() {
		path := filepath.Join(disk, "ballast")
		f, err := os.Create(path)
		check(t, err)
		defer f.Close()
		for b := make([]byte, 4096); err == nil; _, err = f.Write(b) {
		}
		return func() { os.Remove(path) }
	}
}

// Events that find no room wait for it, and are dropped only when the run ends.
func TestLogFullDisk(t *testing.T) {
	st, fill := tiny(t)
	l, err := Begin(st)
	check(t, err)
	free := fill()
	for i := range 1000 {
		l.Emit(note("note %d %s", "第 %d 条 %s", i, strings.Repeat("x", 100)))
	}
	free()
	l.Emit(note("room again", "又有空间了"))
	check(t, l.Close(nil))
	if got := lines(t, st, l.ID(), 0, say.English); len(got) != 1003 {
		t.Errorf("%d lines, want 1003", len(got))
	}
	l, err = Begin(st)
	check(t, err)
	free = fill()
	defer free()
	for range 100 {
		l.Emit(note("%s", "%s", strings.Repeat("x", 100)))
	}
	if err := l.Close(nil); !errors.Is(err, store.ErrFull) {
		t.Errorf("closed on a full disk: %v", err)
	}
	if l, err := Begin(st); !errors.Is(err, store.ErrFull) {
		t.Errorf("began on a full disk: %v, %v", l, err)
	}
	if got := names(t, filepath.Join(st.Path(), "runs", "new-*")); got != 0 {
		t.Errorf("%d files without a name are left", got)
	}
}

func names(t *testing.T, pattern string) int {
	t.Helper()
	list, err := filepath.Glob(pattern)
	check(t, err)
	return len(list)
}

// A step that fills the disk says so, leaves what was made, and does its work
// when there is room.
func TestStepFullDisk(t *testing.T) {
	st, fill := tiny(t)
	first := put(t, st, "x", strings.Repeat("x", 100<<10))
	step := func(free func()) *Step {
		op := &join{stop: func() error { free(); return nil }}
		s := &Step{Kind: store.Corpus, Name: "big", Op: op, Key: store.Digest{1},
			Inputs: []stage.Input{{Arg: "from", Digest: first}}, Used: []store.Used{{Arg: "from", Digest: first}}}
		return s
	}
	var told []string
	emit := func(e stage.Event) { told = append(told, e.Type) }
	var free func()
	_, err := step(func() { free = fill() }).Run(t.Context(), st, stage.Machine{}, "", "", emit)
	if e, ok := errors.AsType[*say.Error](err); !ok || !errors.Is(err, store.ErrFull) || e.Next.IsZero() || !strings.Contains(say.Err(say.Chinese, err), "磁盘已满") {
		t.Errorf("%v", err)
	}
	if fmt.Sprint(told) != "[begin progress failed]" {
		t.Errorf("told %v", told)
	}
	if _, err := st.Dir(first); err != nil {
		t.Error(err)
	}
	free()
	if r, err := step(func() {}).Run(t.Context(), st, stage.Machine{}, "", "", emit); err != nil || r.Bytes != 100<<10 {
		t.Errorf("with room: %+v, %v", r, err)
	}
}
