package train

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
	"unsafe"

	"suiren/internal/say"
	"suiren/stage"
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

// resume fills state and arenas from the checkpoint of job, and says so if there is one
// that is of no use.
func resume[T any](job *stage.Job, state *T, arenas ...[]float32) (bool, error) {
	whole, err := load(job.Work, state, arenas...)
	if err != nil || whole {
		return whole, err
	}
	if _, err := os.Stat(filepath.Join(job.Work, checkpointName)); err == nil {
		note(job, say.T("the checkpoint is damaged, or another version wrote it: the run begins again", "检查点已损坏，或由其他版本写成：训练从头开始"))
	}
	return false, nil
}

// load fills state and arenas from the checkpoint in dir; false if there is
// no whole one of these sizes.
func load[T any](dir string, state *T, arenas ...[]float32) (bool, error) {
	return recall(filepath.Join(dir, checkpointName), state, arenas...)
}

// recall fills state and arenas from a file; false if there is no whole one of
// these sizes. It is read twice, so that no copy of the arenas is beside them.
func recall[T any](path string, state *T, arenas ...[]float32) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	size := info.Size() - 8 - sha256.Size // of state and arenas
	for _, a := range arenas {
		size -= 4 * int64(len(a))
	}
	var first [8]byte
	if size < 0 {
		return false, nil
	}
	if _, err := io.ReadFull(f, first[:]); err != nil {
		return false, err
	}
	if binary.LittleEndian.Uint64(first[:]) != uint64(size) {
		return false, nil
	}
	h := sha256.New()
	h.Write(first[:])
	if _, err := io.CopyN(h, f, info.Size()-8-sha256.Size); err != nil {
		return false, err
	}
	var sum [sha256.Size]byte
	if _, err := io.ReadFull(f, sum[:]); err != nil {
		return false, err
	}
	if string(h.Sum(nil)) != string(sum[:]) {
		return false, nil
	}
	if _, err := f.Seek(8, io.SeekStart); err != nil {
		return false, err
	}
	head := make([]byte, size)
	if _, err := io.ReadFull(f, head); err != nil {
		return false, err
	}
	var s T
	if err := json.Unmarshal(head, &s); err != nil { // another version wrote it
		return false, nil
	}
	for _, a := range arenas {
		if _, err := io.ReadFull(f, floatBytes(a)); err != nil {
			return false, err
		}
	}
	*state = s
	return true, nil
}

// recallPart fills part with what lies behind from floats of the arenas of a file that
// recall found whole.
func recallPart(path string, from int, part []float32) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	var first [8]byte
	if _, err := io.ReadFull(f, first[:]); err != nil {
		return err
	}
	_, err = f.ReadAt(floatBytes(part), 8+int64(binary.LittleEndian.Uint64(first[:]))+4*int64(from))
	return err
}

// floatBytes views floats as bytes: little-endian on every machine we build for.
func floatBytes(x []float32) []byte {
	if len(x) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&x[0])), 4*len(x))
}
