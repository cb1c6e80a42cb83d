package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// keepRuns is how long the log of a run is kept of which nothing else is left.
const keepRuns = 30 * 24 * time.Hour

// leavings returns what tells of artifacts that are gone, or will be as
// removed are:
//
//   - the curves of steps whose artifact is not there, and that have no
//     checkpoint waiting;
//   - the logs of runs of which no artifact is there, once they are 30 days old;
//   - the places of the owner's models that nothing standing was made from.
func (s *Store) leavings(removed, needed map[Digest]bool, idle []string, now time.Time) (list []string, err error) {
	curves, runs := map[string]bool{}, map[string]bool{} // to be kept
	rows, err := s.db.Query("SELECT key, output, run FROM records")
	if err != nil {
		return nil, s.dbError(err)
	}
	defer rows.Close()
	for rows.Next() {
		var key, output, run string
		if err := rows.Scan(&key, &output, &run); err != nil {
			return nil, s.dbError(err)
		}
		k, err := ParseDigest(key)
		d, err2 := ParseDigest(output)
		if err != nil || err2 != nil {
			continue // Verify tells of it
		}
		if _, err := s.Dir(d); err == nil && !removed[d] {
			curves[k.Short()], runs[run] = true, true
		}
	}
	if err := rows.Err(); err != nil {
		return nil, s.dbError(err)
	}
	work, err := os.ReadDir(filepath.Join(s.dir, "work"))
	if err != nil {
		return nil, err
	}
	gone := map[string]bool{}
	for _, dir := range idle {
		gone[dir] = true
	}
	for _, e := range work {
		if k, err := ParseDigest(e.Name()); err == nil && !gone[filepath.Join(s.dir, "work", e.Name())] {
			curves[k.Short()] = true
		}
	}
	each := func(pattern string, keep func(name string, info fs.FileInfo) bool) error {
		found, err := filepath.Glob(filepath.Join(s.dir, pattern))
		for _, path := range found {
			info, statErr := os.Lstat(path)
			if errors.Is(statErr, fs.ErrNotExist) {
				continue
			}
			if err = errors.Join(err, statErr); statErr == nil && !keep(filepath.Base(path), info) {
				list = append(list, path)
			}
		}
		return err
	}
	err = errors.Join(
		each("curves/*/*", func(name string, _ fs.FileInfo) bool { return curves[name] }),
		each("runs/*.jsonl", func(name string, info fs.FileInfo) bool {
			return runs[strings.TrimSuffix(name, ".jsonl")] || now.Sub(info.ModTime()) < keepRuns
		}),
		each("places/*.json", func(name string, _ fs.FileInfo) bool {
			d, err := ParseDigest(strings.TrimSuffix(name, ".json"))
			return err == nil && needed[d]
		}))
	return list, err
}

// dropEmptyCurves removes the folders of blocks that have no curve left.
func (s *Store) dropEmptyCurves() error {
	found, err := filepath.Glob(filepath.Join(s.dir, "curves", "*"))
	for _, path := range found {
		os.Remove(path) // one that is not empty stays
	}
	return err
}
