package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// keepWork is how long checkpoints of a step that was never finished are kept:
// longer than anybody leaves a machine switched off and comes back to it.
const keepWork = 30 * 24 * time.Hour

// GC removes what nobody needs: the artifacts that no standing block and nothing
// that a state names was made from, the checkpoints of steps that are done or were left more than 30 days
// ago, what Verify moved aside, and the curves, logs and places that tell of
// nothing that is left (see leavings). What a standing block was made from,
// however far back, stays, so that its provenance can be read and its
// manifests' digests resolve. Records stay as well: they are small, and tell
// what a step costs.
//
// It returns the digests of the artifacts and the bytes of all files. A dry
// run removes nothing. A run that is not dry takes Lock.
func (s *Store) GC(ctx context.Context, dry bool) (removed []Digest, bytes int64, err error) {
	if !dry {
		unlock, err := s.Lock()
		if err != nil {
			return nil, 0, err
		}
		defer unlock()
	}
	needed, err := s.needed()
	if err != nil {
		return nil, 0, err
	}
	have, err := s.artifacts()
	if err != nil {
		return nil, 0, err
	}
	idle, err := s.idleWork(time.Now().Add(-keepWork)) // before what made them idle is removed
	if err != nil {
		return nil, 0, err
	}
	for _, d := range have {
		if err := ctx.Err(); err != nil {
			return removed, bytes, err
		}
		if needed[d] {
			continue
		}
		n, err := size(s.artifact(d))
		if err != nil {
			return removed, bytes, err
		}
		if !dry {
			if err := s.removeArtifact(d); err != nil {
				return removed, bytes, err
			}
		}
		removed, bytes = append(removed, d), bytes+n
	}
	going := make(map[Digest]bool, len(removed))
	for _, d := range removed {
		going[d] = true
	}
	left, err := s.leavings(going, needed, idle, time.Now())
	if err != nil {
		return removed, bytes, err
	}
	for _, dir := range slices.Concat(idle, left, []string{filepath.Join(s.dir, "damaged")}) {
		n, err := size(dir)
		if err != nil {
			return removed, bytes, err
		}
		if !dry {
			if err := os.RemoveAll(dir); err != nil {
				return removed, bytes, err
			}
		}
		bytes += n
	}
	if !dry {
		err = errors.Join(s.dropLists(), s.dropEmptyCurves())
	}
	return removed, bytes, err
}

// dropLists removes the lists that a kill left without their artifact.
func (s *Store) dropLists() error {
	lists, err := filepath.Glob(filepath.Join(s.dir, "artifacts", "*"+listSuffix))
	if err != nil {
		return err
	}
	for _, path := range lists {
		if _, err := os.Lstat(strings.TrimSuffix(path, listSuffix)); errors.Is(err, fs.ErrNotExist) {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// needed returns the outputs of the standing blocks and, through the records,
// all that they were made from.
func (s *Store) needed() (map[Digest]bool, error) {
	blocks, err := s.Blocks()
	if err != nil {
		return nil, err
	}
	needed := map[Digest]bool{}
	var next []Digest
	need := func(d Digest) {
		if !needed[d] {
			needed[d] = true
			next = append(next, d)
		}
	}
	for _, b := range blocks {
		need(b.Output)
	}
	kept, err := s.kept()
	if err != nil {
		return nil, err
	}
	for _, d := range kept {
		need(d)
	}
	for len(next) > 0 {
		d := next[len(next)-1]
		next = next[:len(next)-1]
		made, err := s.MadeBy(d)
		if err != nil {
			return nil, err
		}
		for _, r := range made {
			for _, in := range r.Inputs {
				need(in.From)
			}
		}
	}
	return needed, nil
}

// removeArtifact removes an artifact so that a kill leaves it whole or absent:
// what was renamed is nobody's, and Open removes the rest of it.
func (s *Store) removeArtifact(d Digest) error {
	gone := s.artifact(d) + goneSuffix
	if err := os.RemoveAll(gone); err != nil {
		return err
	}
	if err := os.Rename(s.artifact(d), gone); err != nil {
		return err
	}
	if err := os.Remove(s.artifact(d) + listSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.RemoveAll(gone)
}

// idleWork returns the folders of checkpoints that nobody will go on from.
func (s *Store) idleWork(before time.Time) ([]string, error) {
	work := filepath.Join(s.dir, "work")
	list, err := os.ReadDir(work)
	if err != nil {
		return nil, err
	}
	var idle []string
	for _, e := range list {
		key, err := ParseDigest(e.Name())
		if err != nil {
			continue // not ours
		}
		dir := filepath.Join(work, e.Name())
		rec, made, err := s.Made(key)
		if err != nil {
			return nil, err
		}
		if made {
			begun, err := s.Begun(rec)
			if err != nil {
				return nil, err
			}
			made = !begun
		}
		last, err := touched(dir)
		if err != nil {
			return nil, err
		}
		if made || last.Before(before) {
			idle = append(idle, dir)
		}
	}
	return idle, nil
}

// size returns the bytes of all files below dir; 0 if it is not there.
func size(dir string) (n int64, err error) {
	err = eachFile(dir, func(info fs.FileInfo) {
		if info.Mode().IsRegular() {
			n += info.Size()
		}
	})
	return n, err
}

// touched returns when anything below dir was last written.
func touched(dir string) (last time.Time, err error) {
	err = eachFile(dir, func(info fs.FileInfo) {
		if info.ModTime().After(last) {
			last = info.ModTime()
		}
	})
	return last, err
}

// eachFile calls f for dir and all below it, except what vanishes meanwhile.
func eachFile(dir string, f func(fs.FileInfo)) error {
	return filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil {
			var info fs.FileInfo
			if info, err = d.Info(); err == nil {
				f(info)
			}
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
}
