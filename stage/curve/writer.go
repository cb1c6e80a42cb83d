package curve

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"suiren/internal/say"
	"suiren/stage"
)

// A Writer writes a curve while its step runs. Nothing is written before the
// first metric of a step of training, so that steps which train nothing leave
// no folder. A disk that takes nothing costs the curve, never the run.
type Writer struct {
	dir, run string

	mu     sync.Mutex
	opened bool
	err    error // of the first write that was refused: nothing is written after it
	info   Info
	names  []string // columns
	points []Point
	table  *os.File
	last   int64 // where the last row begins
	size   int64
	board  *board
	now    func() time.Time
}

// New returns a writer of the curve in dir, made by the run of an id. It goes
// on from what an interrupted run left there.
func New(dir, run string) *Writer { return &Writer{dir: dir, run: run, now: time.Now} }

// Event takes what a step tells. Any goroutine may call it.
func (w *Writer) Event(e stage.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return
	}
	switch e.Type {
	case "metric":
		if step, ok := e.Vals["step"]; ok && step >= 0 && step < 1<<53 {
			w.err = w.metric(int(step), e.Vals)
		}
	case "count":
		w.err = w.count(e.Vals)
	case "sample":
		if w.opened && e.Text != nil {
			w.err = w.board.text(w.now(), int64(e.Vals["step"]), "sample", e.Text.In(say.English))
		}
	}
}

// Close ends the files and returns the first error of writing.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.opened {
		return w.err
	}
	return errors.Join(w.err, w.table.Close(), w.board.close())
}

// open makes the folder, or reads what an interrupted run left.
func (w *Writer) open() error {
	if err := os.MkdirAll(w.dir, 0o700); err != nil {
		return err
	}
	if old, err := Read(w.dir); err == nil { // a damaged one is as none
		w.points, w.info.Runs = old.Points, old.Runs
		if old.Counts != nil { // else the disk was full, or a kill came, before they were written
			maps.Copy(old.Counts, w.info.Counts)
			w.info.Counts = old.Counts
		}
	}
	if w.run != "" && !slices.Contains(w.info.Runs, w.run) {
		w.info.Runs = append(w.info.Runs, w.run)
	}
	var err error
	if w.board, err = newBoard(w.dir, w.now()); err != nil {
		return err
	}
	if w.table, err = os.OpenFile(filepath.Join(w.dir, tableFile), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	w.opened = true
	if err := w.rewrite(); err != nil {
		return err
	}
	return w.writeInfo()
}

// rewrite writes the table anew: it has other columns, or fewer rows.
func (w *Writer) rewrite() error {
	w.names = columns(w.names, w.points)
	b := header(w.names)
	w.last = int64(len(b))
	for i := range w.points {
		w.last = int64(len(b))
		b = format(b, w.names, &w.points[i])
	}
	if _, err := w.table.WriteAt(b, 0); err != nil {
		return err
	}
	w.size = int64(len(b))
	return w.table.Truncate(w.size)
}

func (w *Writer) metric(step int, vals map[string]float64) error {
	resumed := !w.opened
	if resumed {
		if err := w.open(); err != nil {
			return err
		}
	}
	now := w.now()
	fresh := map[string]float64{}
	for name, v := range vals {
		if name != "step" && v-v == 0 { // a number
			fresh[name] = v
		}
	}
	n := len(w.points)
	switch {
	case n > 0 && (w.points[n-1].Step > step || w.points[n-1].Step == step && resumed): // a resumed run does some again
		i, told := slices.BinarySearchFunc(w.points, step, func(p Point, step int) int { return p.Step - step })
		if told { // of this step the run before may have told more
			maps.Copy(w.points[i].Values, fresh)
			fresh = w.points[i].Values
			i++
		}
		w.points = w.points[:i]
		if err := w.rewrite(); err != nil {
			return err
		}
		if err := w.board.restart(now, int64(step)); err != nil {
			return err
		}
	case n > 0 && w.points[n-1].Step == step:
		for name := range w.points[n-1].Values { // told of this step already
			delete(fresh, name)
		}
	}
	if err := w.board.scalars(now, int64(step), fresh); err != nil {
		return err
	}
	if n = len(w.points); n > 0 && w.points[n-1].Step == step {
		maps.Copy(w.points[n-1].Values, fresh)
	} else {
		w.points = append(w.points, Point{Step: step, Values: fresh})
		w.last = w.size
	}
	p := &w.points[len(w.points)-1]
	p.Time = float64(now.UnixMilli()) / 1e3
	for name := range fresh {
		if !slices.Contains(w.names, name) {
			return w.rewrite()
		}
	}
	row := format(nil, w.names, p)
	if _, err := w.table.WriteAt(row, w.last); err != nil {
		return err
	}
	if before := w.size; w.last+int64(len(row)) < before {
		if err := w.table.Truncate(w.last + int64(len(row))); err != nil {
			return err
		}
	}
	w.size = w.last + int64(len(row))
	return nil
}

func (w *Writer) count(vals map[string]float64) error {
	if w.info.Counts == nil {
		w.info.Counts = map[string]float64{}
	}
	for name, v := range vals {
		if v-v == 0 {
			w.info.Counts[name] = v
		}
	}
	if !w.opened {
		return nil // written with the first metric
	}
	return w.writeInfo()
}

func (w *Writer) writeInfo() error {
	b, err := json.MarshalIndent(w.info, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(w.dir, infoFile)
	if err := os.WriteFile(path+".new", append(b, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
