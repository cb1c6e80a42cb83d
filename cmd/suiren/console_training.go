package main

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"suiren/serve"
	"suiren/stage/curve"
	"suiren/stage/train"
	"suiren/store"
)

// A keptCurve is what the pages need of a curve that was read, as long as its
// file stays the same: its columns, not its points, which take ten times as much.
type keptCurve struct {
	dir  string
	size int64
	time int64
	curve.Info
	points  int
	first   curve.Point
	last    []curve.Point // the last ones
	columns map[string]column
}

// lastPoints is how many of them are kept.
const lastPoints = 200

// A column is one series of a curve.
type column struct {
	steps  []int
	values []float64
}

// mostCurves bounds those that are kept: a long one is many MB.
const mostCurves = 8

// curve reads a curve, or takes it from those that were read.
func (h *house) curve(dir string) (*keptCurve, error) {
	info, err := os.Stat(filepath.Join(dir, "curve.csv"))
	if err != nil {
		return nil, err
	}
	size, time := info.Size(), info.ModTime().UnixNano()
	h.curving.Lock() // a long one takes seconds
	defer h.curving.Unlock()
	for _, k := range h.curves {
		if k.dir == dir && k.size == size && k.time == time {
			return k, nil
		}
	}
	c, err := curve.Read(dir)
	if err != nil {
		return nil, err
	}
	k := &keptCurve{dir: dir, size: size, time: time, Info: c.Info, points: len(c.Points), columns: map[string]column{}}
	if k.points > 0 {
		k.first, k.last = c.Points[0], slices.Clone(c.Points[max(0, k.points-lastPoints):])
	}
	for _, name := range namesOf(c) {
		x, y := c.Series(name)
		k.columns[name] = column{x, y}
	}
	h.curves = slices.DeleteFunc(h.curves, func(old *keptCurve) bool { return old.dir == dir })
	h.curves = append(h.curves, k)
	h.curves = h.curves[max(0, len(h.curves)-mostCurves):]
	return k, nil
}

// namesOf are those of what was told of the steps of a curve.
func namesOf(c *curve.Curve) []string {
	names := map[string]bool{}
	for i := range c.Points {
		for name := range c.Points[i].Values {
			names[name] = true
		}
	}
	delete(names, "step")
	return slices.Sorted(maps.Keys(names))
}

// mostListed bounds the list of trainings.
const mostListed = 200

// curvesPage lists all trainings of the plan's store, whatever started them, the newest first.
func (h *house) curvesPage(context.Context, serve.Query) (any, error) {
	w, err := h.workspace()
	if err != nil {
		return nil, err
	}
	paths, err := filepath.Glob(filepath.Join(w.path("curves"), "*", "*", "curve.csv"))
	if err != nil {
		return nil, err
	}
	type shown struct {
		ID      string             `json:"id"` // step/key
		Step    string             `json:"step"`
		Updated float64            `json:"updated"` // seconds since 1970
		Points  int                `json:"points"`
		Last    int                `json:"last"` // step
		Seconds float64            `json:"seconds"`
		Series  []string           `json:"series"`
		Values  map[string]float64 `json:"values"` // the last of each
		Counts  map[string]float64 `json:"counts,omitempty"`
		Runs    []string           `json:"runs,omitempty"`
		Best    string             `json:"standing,omitempty"` // the digest of what it made, if that stands
	}
	list := []shown{}
	for _, path := range paths {
		dir := filepath.Dir(path)
		k, err := h.curve(dir)
		if err != nil || k.points == 0 {
			continue // damaged, or just begun
		}
		s := shown{ID: filepath.Base(filepath.Dir(dir)) + "/" + filepath.Base(dir), Step: filepath.Base(filepath.Dir(dir)), Points: k.points,
			Series: slices.Sorted(maps.Keys(k.columns)), Values: map[string]float64{}, Counts: k.Counts, Runs: k.Runs}
		last := k.last[len(k.last)-1]
		s.Updated, s.Last, s.Seconds = last.Time, last.Step, last.Time-k.first.Time
		for _, p := range k.last {
			maps.Copy(s.Values, p.Values)
		}
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b shown) int { return cmp.Compare(b.Updated, a.Updated) })
	return list[:min(len(list), mostListed)], nil
}

// curveDir is where the curve of an id lies.
func (h *house) curveDir(q serve.Query) (string, error) {
	w, err := h.workspace()
	if err != nil {
		return "", err
	}
	step, key, ok := strings.Cut(q.Values.Get("id"), "/")
	if !ok || !filepath.IsLocal(step) || !filepath.IsLocal(key) || strings.ContainsAny(step+key, `/\`) {
		return "", fs.ErrNotExist
	}
	return w.path("curves", step, key), nil
}

// points are those of some series between two steps, so few that a page can draw them.
func (h *house) points(_ context.Context, q serve.Query) (any, error) {
	dir, err := h.curveDir(q)
	if err != nil {
		return nil, err
	}
	k, err := h.curve(dir)
	if err != nil {
		return nil, err
	}
	from, to, most := number(q, "from", 0, 1<<53), number(q, "to", 1<<53, 1<<53), max(4, number(q, "most", 800, 4000))
	series := map[string][][2]float64{}
	total := 0
	for _, name := range strings.Split(q.Values.Get("series"), ",") {
		steps, values := k.columns[name].steps, k.columns[name].values
		low, _ := slices.BinarySearch(steps, from)
		high, _ := slices.BinarySearch(steps, to+1)
		total = max(total, high-low)
		x, y := curve.Thin(steps[low:high], values[low:high], most)
		list := make([][2]float64, len(x))
		for i := range x {
			list[i] = [2]float64{float64(x[i]), y[i]}
		}
		series[name] = list
	}
	return map[string]any{"series": series, "total": total}, nil
}

// findings are what looks wrong in a training.
func (h *house) findings(_ context.Context, q serve.Query) (any, error) {
	dir, err := h.curveDir(q)
	if err != nil {
		return nil, err
	}
	c, err := curve.Read(dir)
	if err != nil {
		return nil, err
	}
	type finding struct {
		Code string `json:"code"`
		What string `json:"what"`
		Next string `json:"next"`
	}
	list := []finding{}
	for _, f := range train.Diagnose(c) {
		list = append(list, finding{f.Code, f.What.In(q.Lang), f.Next.In(q.Lang)})
	}
	if why := train.Unjudged(c).In(q.Lang); len(list) == 0 && why != "" {
		list = append(list, finding{"unjudged", why, ""})
	}
	return list, nil
}

// verdicts are the reports of all verdicts that stand.
func (h *house) verdicts(context.Context, serve.Query) (any, error) {
	w, err := h.workspace()
	if err != nil {
		return nil, err
	}
	blocks, err := w.st.Blocks()
	if err != nil {
		return nil, err
	}
	type shown struct {
		Name   string  `json:"name"`
		Digest string  `json:"digest"`
		Report *joined `json:"report"`
	}
	list := []shown{}
	for _, b := range blocks {
		if b.Kind != store.Verdict {
			continue
		}
		r, err := w.join(b.Output)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, shown{b.Name, b.Output.String(), r})
	}
	return list, nil
}
