package base

import (
	"os"
	"path/filepath"
	"sync"
	"time"

	"suiren/knowledge"
)

// A Shelf keeps the bases below a folder open for many questions. What
// changed, rules too, counts from the next question on.
type Shelf struct {
	// Embedder opens the model of a base whose vectors another made than the
	// one in this program. Nil: such a base is searched by words alone.
	Embedder func(name string) (knowledge.Embedder, error)

	dir   string
	mu    sync.Mutex
	books map[string]*book
}

// A book is an open base. Its lock is held for reading while a question is answered.
type book struct {
	mu      sync.RWMutex
	index   *knowledge.Index
	changed time.Time // base.json
	size    int64
	gate    *knowledge.Gate // gone with the book when a rule changes
}

// NewShelf returns a shelf of the bases below dir.
func NewShelf(dir string) *Shelf { return &Shelf{dir: dir, books: map[string]*book{}} }

// Close closes all bases.
func (s *Shelf) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, b := range s.books {
		b.mu.Lock()
		b.index.Close()
		b.mu.Unlock()
		delete(s.books, name)
	}
	return nil
}

// With calls f with the index of a base and the access of those principals to it.
func (s *Shelf) With(name string, principals []string, f func(*knowledge.Index, knowledge.Access) error) error {
	b, err := s.open(name)
	if err != nil {
		return err
	}
	defer b.mu.RUnlock()
	return f(b.index, b.gate.Access(principals...))
}

// open returns a book that is as the disk has it, locked for reading.
func (s *Shelf) open(name string) (*book, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	info, err := os.Stat(filepath.Join(s.dir, name, confFile))
	if b := s.books[name]; b != nil {
		if err == nil && info.ModTime().Equal(b.changed) && info.Size() == b.size {
			b.mu.RLock()
			return b, nil
		}
		delete(s.books, name)
		go func() { // when the last question is answered
			b.mu.Lock()
			b.index.Close()
			b.mu.Unlock()
		}()
	}
	opened, err := Open(s.dir, name)
	if err != nil {
		return nil, err
	}
	if name := opened.Embedder(); name != "" && s.Embedder != nil {
		by, err := s.Embedder(name)
		if err != nil {
			return nil, err
		}
		opened.Use(name, by)
	}
	index, err := opened.Index()
	if err != nil {
		return nil, err
	}
	b := &book{index: index, gate: index.Gate(opened.Rules())}
	if info != nil {
		b.changed, b.size = info.ModTime(), info.Size()
	}
	b.mu.RLock()
	s.books[name] = b
	return b, nil
}
