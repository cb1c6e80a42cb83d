package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"suiren/internal/durable"
)

// anewFile stands beside the checkpoints of a step that is made again although it is made: it
// names the record that the new one will replace. Once that is replaced it says nothing.
const anewFile = "anew"

// Again begins to make anew what old tells was made: what lies in the working directory of its
// step is of that run, and is removed. Where that was begun before, and not ended, it goes on.
func (s *Store) Again(old Record) error {
	if begun, err := s.Begun(old); begun || err != nil {
		return err
	}
	if err := s.DropWork(old.Key); err != nil {
		return err
	}
	dir, err := s.Work(old.Key)
	if err != nil {
		return err
	}
	return DiskFull(s.dir, durable.WriteFile(filepath.Join(dir, anewFile), []byte(named(old)), 0o600))
}

// Begun reports whether what old tells was made is being made anew: by a run that goes on, or
// by one that was cut short.
func (s *Store) Begun(old Record) (bool, error) {
	b, err := os.ReadFile(filepath.Join(s.dir, "work", old.Key.String(), anewFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return string(b) == named(old), err
}

// named tells a record from others of the same key.
func named(r Record) string { return r.Began.UTC().Format(time.RFC3339Nano) + " " + r.Run }
