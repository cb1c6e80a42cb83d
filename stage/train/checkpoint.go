package train

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
	"unsafe"
)

// A checkpoint is one file: a line of JSON, the arenas as they are, and a
// SHA-256 over both. It is renamed into place, so there is a whole one or
// none; one that does not add up is as none.
const checkpointName = "checkpoint"

// saver writes a checkpoint when enough time has passed since the last. When
// it is written changes nothing but how much a resumed run repeats.
type saver struct {
	dir   string
	every time.Duration
	last  time.Time
}

// checkpointEvery is how often a checkpoint is written when nobody says otherwise.
const checkpointEvery = 10 * time.Second

func newSaver(dir string, every time.Duration) *saver {
	return &saver{dir, cmp.Or(every, checkpointEvery), time.Now()}
}

func (s *saver) due() bool { return time.Since(s.last) >= s.every }

// save writes state, which must marshal to JSON, and arenas.
func (s *saver) save(state any, arenas ...[]float32) error {
	s.last = time.Now()
	return keep(filepath.Join(s.dir, checkpointName), state, arenas...)
}

// keep writes what recall reads, a file in the form of a checkpoint.
func keep(path string, state any, arenas ...[]float32) (err error) {
	head, err := json.Marshal(state)
	if err != nil {
		return err
	}
	// One name, so that a process killed here leaves nothing that the next does not write over.
	f, err := os.Create(path + ".new")
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	h := sha256.New()
	put := func(b []byte) error {
		h.Write(b)
		_, err := f.Write(b)
		return err
	}
	if err := put(binary.LittleEndian.AppendUint64(nil, uint64(len(head)))); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if err := put(head); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	for _, a := range arenas {
		if err := put(floatBytes(a)); err != nil {
			return fmt.Errorf("checkpoint: %w", err)
		}
	}
	if _, err := f.Write(h.Sum(nil)); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

// load fills state and arenas from the checkpoint in dir; false if there is
// no whole one of these sizes.
func load[T any](dir string, state *T, arenas ...[]float32) (bool, error) {
	return recall(filepath.Join(dir, checkpointName), state, arenas...)
}

// recall fills state and arenas from a file; false if there is no whole one of
// these sizes.
func recall[T any](path string, state *T, arenas ...[]float32) (bool, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if len(b) < 8+sha256.Size {
		return false, nil
	}
	body, sum := b[:len(b)-sha256.Size], b[len(b)-sha256.Size:]
	if got := sha256.Sum256(body); string(got[:]) != string(sum) {
		return false, nil
	}
	n := binary.LittleEndian.Uint64(body)
	want := uint64(0)
	for _, a := range arenas {
		want += 4 * uint64(len(a))
	}
	if n > uint64(len(body)) || uint64(len(body)) != 8+n+want {
		return false, nil
	}
	var s T
	if err := json.Unmarshal(body[8:8+n], &s); err != nil { // another version wrote it
		return false, nil
	}
	*state = s
	rest := body[8+n:]
	for _, a := range arenas {
		rest = rest[copy(floatBytes(a), rest):]
	}
	return true, nil
}

// floatBytes views floats as bytes: little-endian on every machine we build for.
func floatBytes(x []float32) []byte {
	if len(x) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&x[0])), 4*len(x))
}
