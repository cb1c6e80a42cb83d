package run

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sort"

	"suiren/store"
)

// What Told reads of a log: of its end, which of a training is some hours, and behind
// the beginning of the step that is at work there, where it counts what it has.
const (
	toldTail = 4 << 20
	toldHead = 64 << 10
)

// Told hands to see what a run of the store in dir told last, and before it how the step
// began that is at work there: what is needed to say where the run is. It reads so much
// however long the run has been, and waits for nothing. A line that is damaged, or not
// whole yet, is passed over.
//
// What was told in between, and not again, is not handed over.
func Told(dir, id string, see func(Line)) error {
	if _, ok := parseID(id); !ok {
		return store.ErrNotFound
	}
	f, err := os.Open(logPath(filepath.Join(dir, "runs"), id))
	if err != nil {
		return err
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	return told(f, size, toldTail, toldHead, see)
}

// An AtWork is the step that a run is at, and how far that is.
type AtWork struct {
	Step  string       // "weights.base"
	Key   store.Digest // zero of a run whose program told none
	Done  float64      // of Total, in Unit; zeros before the first progress
	Total float64
	Unit  string
}

// Now returns what the newest run of the store in dir is at, whichever process that is;
// nil if none is alive, or it is between steps.
//
// The key tells whether it is the step of a plan: the plan file may have been changed
// since that run began.
func Now(dir string) (*AtWork, error) {
	runs := filepath.Join(dir, "runs")
	list, err := ids(runs)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	info, err := read(logPath(runs, list[0]), list[0])
	if err != nil || info.State != Running {
		return nil, err
	}
	var at *AtWork
	err = Told(dir, list[0], func(l Line) {
		switch {
		case l.Type == TypeBegin:
			at = &AtWork{Step: l.Step}
			if key, err := store.ParseDigest(l.Key); err == nil {
				at.Key = key
			}
		case at == nil || l.Step != at.Step:
		case l.Type == "progress":
			at.Done, at.Total, at.Unit = l.Done, l.Total, l.Unit
		case l.Type == TypeMade || l.Type == TypeFailed || l.Type == TypeInterrupted:
			at = nil
		}
	})
	return at, err
}

// Failures returns the sentence at which each step failed in the newest run of the store in
// dir, by the step's key; nil if that run goes on, or did not fail.
//
// It reads all of that run, and understands the lines that matter.
func Failures(dir string) (map[store.Digest]Words, error) {
	runs := filepath.Join(dir, "runs")
	list, err := ids(runs)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	path := logPath(runs, list[0])
	info, err := read(path, list[0])
	if err != nil || info.State != Failed {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var key store.Digest // of the step at hand
	failed := map[store.Digest]Words{}
	_, err = eachLine(f, func(b []byte) (bool, error) {
		var l Line
		if bytes.Contains(b, []byte(`"metric"`)) || json.Unmarshal(b, &l) != nil {
			return true, nil
		}
		switch {
		case l.Type == TypeBegin:
			key, _ = store.ParseDigest(l.Key) // zero of a run whose program told none
		case l.Type == TypeFailed && !key.IsZero() && l.Text != nil:
			failed[key] = *l.Text
		}
		return true, nil
	})
	return failed, err
}

// told is Told of a log of so many bytes. It reads tail of them, and more if none of
// these lines says how far a step is.
func told(f io.ReaderAt, size, tail, head int64, see func(Line)) error {
	var last []Line
	at, known := size, false
	for n := tail; at > 0 && !known; n *= 4 {
		at, last = max(size-n, 0), nil
		if err := between(f, at, size, func(l Line) bool {
			last, known = append(last, l), known || l.places()
			return true
		}); err != nil {
			return err
		}
	}
	if i := slices.IndexFunc(last, Line.ofStep); at > 0 && i >= 0 && last[i].Type != TypeBegin {
		if err := beginning(f, at, head, last[i].Step, see); err != nil {
			return err
		}
	}
	for _, l := range last {
		see(l)
	}
	return nil
}

func (l Line) ofStep() bool { return l.Step != "" }

// places reports whether the line says how far its step is.
func (l Line) places() bool {
	switch l.Type {
	case TypeBegin, TypeMade, TypeFailed, TypeInterrupted, "progress":
		return l.ofStep()
	}
	return false
}

// beginning hands over how step began: its lines within head bytes from its first on, but
// for metrics, which are not the newest. A run takes one step after the other: up to
// before all lines from its first on are the step's, so that halving finds that one.
func beginning(f io.ReaderAt, before, head int64, step string, see func(Line)) error {
	var failed error
	first := int64(sort.Search(int(before), func(at int) (is bool) {
		if err := between(f, int64(at), math.MaxInt64, func(l Line) bool {
			is = l.Step == step
			return false
		}); err != nil {
			failed = err
		}
		return is
	}))
	if failed != nil {
		return failed
	}
	return between(f, first, min(first+head, before), func(l Line) bool {
		if l.Type != "metric" {
			see(l)
		}
		return true
	})
}

// between hands each whole line that begins at the offset from or behind it, and before
// to, to see until that returns false.
func between(f io.ReaderAt, from, to int64, see func(Line) bool) error {
	at := max(from-1, 0)
	_, err := eachLine(io.NewSectionReader(f, at, 1<<62), func(b []byte) (bool, error) {
		began := at
		at += int64(len(b))
		if began >= to {
			return false, nil
		}
		var l Line
		return began < from || json.Unmarshal(b, &l) != nil || see(l), nil
	})
	if err == errStop {
		return nil
	}
	return err
}
