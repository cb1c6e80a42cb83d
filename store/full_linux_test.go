package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"suiren/internal/say"
)

// tiny mounts a disk of the given size, where this process may.
func tiny(t *testing.T, size int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		t.Skip("mounting a small disk needs root:", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill takes all the room that is left on the disk of dir.
func fill(t *testing.T, dir string) (free func()) {
	t.Helper()
	path := filepath.Join(dir, "ballast")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for b := make([]byte, 4096); err == nil; _, err = f.Write(b) {
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	return func() { os.Remove(path) }
}

// saysFull checks the error that a full disk gives.
func saysFull(t *testing.T, what string, err error) {
	t.Helper()
	e, ok := errors.AsType[*say.Error](err)
	if !ok || !errors.Is(err, ErrFull) || !strings.Contains(e.In(say.English), "disk is full") || !strings.Contains(e.In(say.Chinese), "磁盘已满") || e.Next.IsZero() {
		t.Errorf("%s: %v, want an error that says the disk is full", what, err)
	}
}

func TestFullDisk(t *testing.T) {
	disk := tiny(t, 4<<20)
	s, err := Open(filepath.Join(disk, "state"))
	if err != nil {
		t.Fatal(err)
	}
	first := put(t, s, "model", string(bytes.Repeat([]byte("m"), 1<<20)))
	second := put(t, s, "old", string(bytes.Repeat([]byte("o"), 1<<20)))
	r := Record{Key: Digest{1}, Kind: Weights, Name: "base", Output: first}
	check(t, s.Record(r))
	check(t, s.SetBlock(Block{Weights, "base", r.Key, first}))
	temp, err := s.Temp()
	check(t, err)
	check(t, os.WriteFile(filepath.Join(temp, "small"), []byte("new"), 0o600))

	free := fill(t, disk)
	if _, err := s.Put(temp); err == nil { // its list needs a page
		t.Error("Put found room on a full disk")
	} else {
		saysFull(t, "Put", err)
	}
	var n int
	for n = 0; err == nil && n < 10000; n++ {
		err = s.Record(Record{Key: Digest{2, byte(n), byte(n >> 8)}, Kind: Weights, Name: strings.Repeat("x", 1000), Output: first})
	}
	saysFull(t, "Record", err)
	t.Log("records that went into room already taken:", n-1)
	if got, ok, err := s.Made(r.Key); !ok || err != nil || got.Output != first {
		t.Errorf("lost on a full disk: %v %v", ok, err)
	}
	check(t, s.Close())

	// Another process, on the full disk: it can still make room.
	s, err = Open(filepath.Join(disk, "state"))
	if err != nil {
		t.Fatal(err)
	}
	removed, freed, err := s.GC(context.Background(), false)
	if err != nil || len(removed) != 1 || removed[0] != second || freed < 1<<20 {
		t.Errorf("gc on a full disk: %v %d %v", removed, freed, err)
	}
	free()
	check(t, s.Verify(context.Background(), func(d Digest, p *Problem) {
		if p != nil {
			t.Errorf("%s: %v", d, p)
		}
	}))
	if _, ok, err := s.Made(r.Key); !ok || err != nil {
		t.Errorf("lost after a full disk: %v %v", ok, err)
	}
	put(t, s, "small", "new")
	check(t, s.Close())
}
