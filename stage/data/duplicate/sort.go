package duplicate

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// A Pair is a key and what has it.
type Pair struct{ Key, Value uint64 }

const pairBytes = 16

func comparePairs(a, b Pair) int {
	if c := cmp.Compare(a.Key, b.Key); c != 0 {
		return c
	}
	return cmp.Compare(a.Value, b.Value)
}

// A Sorter sorts any number of pairs with a bounded memory: what is more than
// that goes to sorted files of Dir, which are merged at the end. The order in
// which pairs were added does not matter to what comes out.
type Sorter struct {
	Dir   string // an empty folder, for the files
	Limit int    // pairs in memory

	pairs []Pair
	runs  int
}

// Add adds a pair.
func (s *Sorter) Add(p Pair) error {
	if len(s.pairs) == s.Limit {
		if err := s.spill(); err != nil {
			return err
		}
	}
	s.pairs = append(s.pairs, p)
	return nil
}

func (s *Sorter) run(i int) string { return filepath.Join(s.Dir, "run"+strconv.Itoa(i)) }

func (s *Sorter) spill() error {
	slices.SortFunc(s.pairs, comparePairs)
	f, err := os.Create(s.run(s.runs))
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	var b [pairBytes]byte
	for _, p := range s.pairs {
		binary.LittleEndian.PutUint64(b[:], p.Key)
		binary.LittleEndian.PutUint64(b[8:], p.Value)
		w.Write(b[:]) // the error stays until Flush
	}
	s.runs++
	s.pairs = s.pairs[:0]
	return errors.Join(w.Flush(), f.Close())
}

// fanIn is how many files are merged at a time.
const fanIn = 64

// Each calls f with the values of each key that at least two pairs have, in the
// order of the keys, and removes the files. A pair that was added twice counts
// once.
func (s *Sorter) Each(f func(key uint64, values []uint64) error) error {
	var values []uint64
	key, some := uint64(0), false
	flush := func() error {
		if len(values) > 1 {
			return f(key, values)
		}
		return nil
	}
	err := s.sorted(func(p Pair) error {
		if some && p.Key == key {
			if p.Value != values[len(values)-1] {
				values = append(values, p.Value)
			}
			return nil
		}
		err := flush()
		key, some, values = p.Key, true, append(values[:0], p.Value)
		return err
	})
	if err != nil {
		return err
	}
	return flush()
}

// sorted calls f with all pairs in order.
func (s *Sorter) sorted(f func(Pair) error) error {
	if s.runs == 0 {
		slices.SortFunc(s.pairs, comparePairs)
		for _, p := range s.pairs {
			if err := f(p); err != nil {
				return err
			}
		}
		s.pairs = nil
		return nil
	}
	if err := s.spill(); err != nil {
		return err
	}
	s.pairs = nil
	first := 0
	for s.runs-first > fanIn { // merge the oldest into a new one
		out, err := os.Create(s.run(s.runs))
		if err != nil {
			return err
		}
		w := bufio.NewWriterSize(out, 1<<20)
		var b [pairBytes]byte
		err = s.merge(first, first+fanIn, func(p Pair) error {
			binary.LittleEndian.PutUint64(b[:], p.Key)
			binary.LittleEndian.PutUint64(b[8:], p.Value)
			_, err := w.Write(b[:])
			return err
		})
		if err := errors.Join(err, w.Flush(), out.Close()); err != nil {
			return err
		}
		first += fanIn
		s.runs++
	}
	err := s.merge(first, s.runs, f)
	s.runs = 0
	return err
}

type runReader struct {
	f    *os.File
	r    *bufio.Reader
	head Pair
}

// next reads the next pair; it is false at the end.
func (r *runReader) next() (bool, error) {
	var b [pairBytes]byte
	if _, err := io.ReadFull(r.r, b[:]); err != nil {
		if err == io.EOF {
			err = nil
		}
		return false, err
	}
	r.head = Pair{binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:])}
	return true, nil
}

// merge calls f with the pairs of some runs in order, and removes the runs.
func (s *Sorter) merge(lo, hi int, f func(Pair) error) error {
	var heap []*runReader
	defer func() {
		for _, r := range heap {
			r.f.Close()
		}
		for i := lo; i < hi; i++ {
			os.Remove(s.run(i))
		}
	}()
	down := func(i int) {
		for {
			least := i
			for c := 2*i + 1; c <= 2*i+2 && c < len(heap); c++ {
				if comparePairs(heap[c].head, heap[least].head) < 0 {
					least = c
				}
			}
			if least == i {
				return
			}
			heap[i], heap[least] = heap[least], heap[i]
			i = least
		}
	}
	for i := lo; i < hi; i++ {
		file, err := os.Open(s.run(i))
		if err != nil {
			return err
		}
		r := &runReader{f: file, r: bufio.NewReaderSize(file, 1<<18)}
		ok, err := r.next()
		if err != nil || !ok {
			file.Close()
			if err != nil {
				return err
			}
			continue
		}
		heap = append(heap, r)
	}
	for i := len(heap)/2 - 1; i >= 0; i-- {
		down(i)
	}
	for len(heap) > 0 {
		r := heap[0]
		if err := f(r.head); err != nil {
			return err
		}
		ok, err := r.next()
		if err != nil {
			return err
		}
		if !ok {
			r.f.Close()
			heap[0] = heap[len(heap)-1]
			heap = heap[:len(heap)-1]
		}
		down(0)
	}
	return nil
}
