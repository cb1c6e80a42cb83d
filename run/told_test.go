package run

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// counted counts the bytes that are read of it.
type counted struct {
	io.ReaderAt
	n int64
}

func (c *counted) ReadAt(b []byte, at int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(b, at)
	c.n += int64(n)
	return n, err
}

// a log is written line by line.
type written struct {
	strings.Builder
	lines []Line
}

func (w *written) add(l Line) {
	l.ID = int64(len(w.lines)) + 1
	b, err := json.Marshal(l)
	if err != nil {
		panic(err)
	}
	w.Write(append(b, '\n'))
	w.lines = append(w.lines, l)
}

// training adds a step that learns n times, and counts first.
func (w *written) training(step string, n int) {
	w.add(Line{Type: TypeBegin, Step: step})
	w.add(Line{Type: "count", Step: step, Values: map[string]float64{"params": 7}})
	for i := range n {
		w.add(Line{Type: "metric", Step: step, Values: map[string]float64{"loss": float64(n - i)}})
		w.add(Line{Type: "progress", Step: step, Done: float64(i + 1), Total: float64(n), Unit: "steps"})
	}
}

// toldOf is what is told of a log of which tail and head are read.
func toldOf(t *testing.T, log string, tail, head int64) (list []Line, read int64) {
	t.Helper()
	f := &counted{ReaderAt: strings.NewReader(log)}
	check(t, told(f, int64(len(log)), tail, head, func(l Line) { list = append(list, l) }))
	return list, f.n
}

// However little of a log is read, and wherever that begins, the step at work is told of
// from its beginning, with what it counted then and how far it is now; no line is told
// twice, in another order or in part.
func TestToldTail(t *testing.T) {
	w := new(written)
	w.add(Line{Type: TypeRun, Version: Version})
	w.training("tokens.rows", 3)
	w.add(Line{Type: TypeMade, Step: "tokens.rows"})
	w.training("weights.base", 8)
	for _, cut := range []string{"", `{"id":99,"type":"progress","step":"weights.base","done":2`} {
		log := w.String() + cut
		for tail := int64(1); tail <= int64(len(log)); tail++ {
			list, _ := toldOf(t, log, tail, 200)
			if !slices.IsSortedFunc(list, func(a, b Line) int { return int(a.ID - b.ID) }) || len(slices.CompactFunc(slices.Clone(list), func(a, b Line) bool { return a.ID == b.ID })) != len(list) {
				t.Fatalf("%d bytes: lines out of order: %v", tail, list)
			}
			if list[len(list)-1].ID != int64(len(w.lines)) {
				t.Fatalf("%d bytes: the last whole line is %d, told was %+v", tail, len(w.lines), list[len(list)-1])
			}
			ours := slices.DeleteFunc(slices.Clone(list), func(l Line) bool { return l.Step != "weights.base" })
			if ours[0].Type != TypeBegin || ours[1].Type != "count" {
				t.Fatalf("%d bytes: the step is told of from %+v on", tail, ours[0])
			}
			if tail >= int64(len(log)) && len(list) != len(w.lines) {
				t.Errorf("all of it: %d of %d lines", len(list), len(w.lines))
			}
			// What is read of the end is told without a gap.
			rest, whole := log[int64(len(log))-tail:], 0
			if i := strings.IndexByte(rest, '\n'); i >= 0 {
				whole = strings.Count(rest[i+1:], "\n")
			}
			for i := range whole {
				if l := list[len(list)-1-i]; l.ID != int64(len(w.lines)-i) {
					t.Fatalf("%d bytes: %d lines from the end is line %d", tail, i, l.ID)
				}
			}
		}
	}
}

// The line that says how far a step is may be far from the end, behind words and
// numbers that do not: so much more is read until it is there.
func TestToldFar(t *testing.T) {
	w := new(written)
	w.training("weights.base", 50)
	at := len(w.lines)
	for i := range 300 {
		w.add(Line{Type: "note", Step: "weights.base", Text: &Words{En: fmt.Sprint("note ", i)}})
		w.add(Line{Type: "metric", Step: "weights.base", Values: map[string]float64{"memory": float64(i)}})
		w.add(Line{Type: "note"})
	}
	for _, tail := range []int64{1, 100, 1000, 1 << 20} {
		list, _ := toldOf(t, w.String(), tail, 200)
		if !slices.ContainsFunc(list, func(l Line) bool { return l.ID == int64(at) && l.Done == 50 }) || list[0].Type != TypeBegin {
			t.Errorf("%d bytes: of %d lines none says how far it is", tail, len(list))
		}
	}
	// A step that has only begun.
	w.add(Line{Type: TypeMade, Step: "weights.base"})
	w.add(Line{Type: TypeBegin, Step: "verdict.ready"})
	list, _ := toldOf(t, w.String(), 10, 200)
	if l := list[len(list)-1]; l.Type != TypeBegin || l.Step != "verdict.ready" {
		t.Errorf("told last was %+v", l)
	}
	for _, log := range []string{"", "{", `{"id":1,"type":"run"}` + "\n", strings.Repeat("damaged\n", 100)} {
		if list, _ := toldOf(t, log, 10, 200); len(list) > strings.Count(log, "{") {
			t.Errorf("of %.20q: %v", log, list)
		}
	}
}

// Of a long log as much is read as of a short one, but for looking for a beginning.
func TestToldBounded(t *testing.T) {
	const tail, head = 256 << 10, 16 << 10
	for _, n := range []int{10_000, 100_000} {
		w := new(written)
		w.training("corpus.clean", n)
		w.add(Line{Type: TypeMade, Step: "corpus.clean"})
		w.training("weights.base", n)
		list, read := toldOf(t, w.String(), tail, head)
		if most := int64(tail + head + 2<<20); read > most || list[0].Type != TypeBegin || list[0].Step != "weights.base" {
			t.Errorf("of %d bytes %d were read, want at most %d; it begins with %+v", w.Len(), read, most, list[0])
		}
		if l := list[len(list)-1]; l.Done != float64(n) {
			t.Errorf("told last was %+v", l)
		}
	}
}
