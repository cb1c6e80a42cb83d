package main

import (
	"io/fs"
	"os"
	"sync"
	"time"

	"suiren/serve"
	"suiren/stage/operate/care"
)

// A late knows who was erased since the server began, so that a request that was on
// its way then does not bring them back.
type late struct {
	book  *care.Book
	path  string
	began time.Time

	mu   sync.Mutex
	file fs.FileInfo // as it was read
	list []care.Erasure
}

// as returns the name that stands for somebody who was erased after a time, "" for
// others. Of what cannot be read the next request says so.
func (l *late) as(name string, after time.Time) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	file, err := os.Stat(l.path)
	if err != nil {
		return ""
	}
	if l.file == nil || !os.SameFile(file, l.file) || file.Size() != l.file.Size() || !file.ModTime().Equal(l.file.ModTime()) {
		s, err := l.book.Read()
		if err != nil {
			return ""
		}
		l.file, l.list = file, nil
		for _, e := range s.Erased {
			if e.Time.After(l.began) {
				l.list = append(l.list, e)
			}
		}
	}
	var since []care.Erasure
	for _, e := range l.list {
		switch {
		case !e.Time.After(after):
		case e.Name == name:
			return e.As
		default:
			since = append(since, e)
		}
	}
	return care.Known(since, []string{name}, after)[name].As
}

// caller is who a record is about, for what is not the ledger.
func (b *books) caller(r *serve.Record) string {
	as := b.late.as(r.Caller, r.Time)
	if as == "" {
		return r.Caller
	}
	b.mu.Lock()
	forget := b.forget
	b.mu.Unlock()
	if forget != nil {
		forget(r.Caller) // receipts, counts
	}
	return as
}
