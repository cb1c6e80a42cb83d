// Package run is where the steps of a plan run, this process, and the record
// of what they tell while they do.
package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// Version is the version of the lines of a run: a new minor number adds
// fields or types, a new major number may change them.
const Version = "1.2"

// The types of lines besides those that operators emit (progress, metric,
// count, note). Others may be added; a reader passes over those it does not know.
const (
	TypeRun         = "run"         // the first line: Version, Run
	TypeBegin       = "begin"       // a step began; Key; values: low and high seconds and memory foretold, flops
	TypeMade        = "made"        // a step is done; values: seconds, memory, bytes, flops; the text names the digest
	TypeFailed      = "failed"      // a step failed; text
	TypeInterrupted = "interrupted" // a step stopped at its checkpoint; text
	TypeEnd         = "end"         // the last line: State, and text
)

// The states of a run.
const (
	Running     = "running"
	Done        = "done"
	Failed      = "failed"
	Interrupted = "interrupted" // by its owner, or it died
)

// A Line is one line of a run: a JSON object, in this form in runs/<id>.jsonl
// and with its text in one language for readers. Type is always there; a
// field without a value is left out.
type Line struct {
	ID      int64              `json:"id"` // from 1, within the run
	Time    time.Time          `json:"time"`
	Type    string             `json:"type"`
	Version string             `json:"version,omitempty"` // run
	Run     string             `json:"run,omitempty"`     // run: its id
	Step    string             `json:"step,omitempty"`    // block: "weights.base"
	Key     string             `json:"key,omitempty"`     // begin: the step's; since 1.2
	Done    float64            `json:"done,omitempty"`    // progress: of Total
	Total   float64            `json:"total,omitempty"`
	Unit    string             `json:"unit,omitempty"` // steps, tokens, problems
	Text    *Words             `json:"text,omitempty"`
	Values  map[string]float64 `json:"values,omitempty"` // finite numbers only
	State   string             `json:"state,omitempty"`  // end: done, failed, interrupted
	Stack   string             `json:"stack,omitempty"`  // end: of an operator that broke; not shown to readers
}

// Words are a sentence in both languages.
type Words struct {
	En string `json:"en"`
	Zh string `json:"zh"`
}

// In returns the line as JSON for readers, its text in lang.
func (l Line) In(lang say.Lang) json.RawMessage {
	l.Stack = ""
	shown := struct {
		Line
		Text string `json:"text,omitempty"` // in the place of Line's
	}{Line: l}
	if l.Text != nil {
		shown.Text = l.Text.En
		if lang == say.Chinese {
			shown.Text = l.Text.Zh
		}
	}
	b, err := json.Marshal(shown)
	if err != nil {
		panic(fmt.Sprintf("run: a line does not marshal: %v", err)) // newLine keeps out what does not
	}
	return b
}

// Bounds of a line. maxLine is what a reader takes, and more than a writer
// makes of the two texts and the stack.
const (
	maxLine  = 1 << 20
	maxText  = 16 << 10 // bytes of a text in one language
	maxStack = 64 << 10
	maxVals  = 1000
)

// newLine makes a line of an event, without ID and Time.
func newLine(e stage.Event) Line {
	l := Line{Type: e.Type, Step: e.Step, Key: e.Key, Done: finite(e.Done), Total: finite(e.Total), Unit: e.Unit}
	if e.Text != nil {
		l.Text = words(*e.Text)
	} else if e.Say != "" {
		l.Text = &Words{clip(e.Say, maxText), clip(e.Say, maxText)}
	}
	for _, name := range slices.Sorted(maps.Keys(e.Vals)) {
		if v := e.Vals[name]; finite(v) == v && len(l.Values) < maxVals { // JSON has no NaN
			if l.Values == nil {
				l.Values = map[string]float64{}
			}
			l.Values[name] = v
		}
	}
	return l
}

func words(t say.Text) *Words {
	return &Words{clip(t.In(say.English), maxText), clip(t.In(say.Chinese), maxText)}
}

func finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}

// clip cuts s to at most n bytes.
func clip(s string, n int) string {
	if len(s) > n {
		return s[:n] + "…"
	}
	return s
}

// A Log writes the events of one run to runs/<id>.jsonl. While it is open its
// file is locked, so that readers know that the run is alive.
type Log struct {
	id string

	mu     sync.Mutex
	f      *os.File
	lines  int64
	size   int64  // of what is in the file
	buf    []byte // what is not there yet
	timer  *time.Timer
	closed bool
	err    error // of the last write
}

// flushEvery is how long a line may wait for others to be written with it.
const flushEvery = 500 * time.Millisecond

// maxBuffer bounds what is kept for a disk that takes nothing.
const maxBuffer = 4 << 20

// Begin begins a run.
func Begin(st *store.Store) (*Log, error) {
	l, err := begin(filepath.Join(st.Path(), "runs"), time.Now())
	return l, store.DiskFull(st.Path(), err)
}

func begin(dir string, now time.Time) (*Log, error) {
	id, err := newID(dir, now)
	if err != nil {
		return nil, err
	}
	// The file gets its name when it has its lock and its first line: readers
	// never see it without.
	f, err := os.CreateTemp(dir, "new-*")
	if err != nil {
		return nil, err
	}
	l := &Log{id: id, f: f}
	if _, err = store.TryLock(f); err == nil {
		l.add(Line{Type: TypeRun, Version: Version, Run: id})
		l.flush()
		if err = l.err; err == nil {
			err = os.Rename(f.Name(), logPath(dir, id))
		}
	}
	if err != nil {
		f.Close()
		os.Remove(f.Name())
		return nil, err
	}
	return l, nil
}

// ID returns the run's id. Ids sort by time.
func (l *Log) ID() string { return l.id }

// Emit writes an event. It may be called from any goroutine, and does nothing
// after Close. What an operator tells of its progress is on the disk half a
// second later, everything else when Emit returns. A disk that is full costs
// events, never the run.
func (l *Log) Emit(e stage.Event) {
	line := newLine(e)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	l.add(line)
	if e.Type != "progress" && e.Type != "metric" {
		l.flush()
	} else if l.timer == nil {
		l.timer = time.AfterFunc(flushEvery, func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.timer = nil
			l.flush()
		})
	}
}

// Close writes the end of the run: done if err is nil, interrupted if its
// context was cancelled, failed otherwise. It returns an error of the file.
func (l *Log) Close(err error) error {
	end := Line{Type: TypeEnd, State: Done, Text: words(say.T("done", "完成"))}
	switch {
	case err == nil:
	case errors.Is(err, context.Canceled):
		end.State = Interrupted
		end.Text = words(say.T("interrupted; the same command goes on from the last checkpoint", "已中断；再次运行同一命令会从上个检查点继续"))
	default:
		end.State, end.Text = Failed, words(say.T("%v", "%v", err))
		if p, ok := errors.AsType[*Panic](err); ok {
			end.Stack = clip(string(p.Stack), maxStack)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	l.add(end)
	l.flush()
	if l.err == nil {
		l.err = l.f.Sync()
	}
	return store.DiskFull(l.f.Name(), errors.Join(l.err, l.f.Close()))
}

// add puts a line at the end of what is to be written.
func (l *Log) add(line Line) {
	if len(l.buf) > maxBuffer {
		return // the disk has taken nothing for long
	}
	l.lines++
	line.ID, line.Time = l.lines, time.Now().UTC().Truncate(time.Millisecond)
	b, err := json.Marshal(line)
	if err != nil {
		panic(fmt.Sprintf("run: a line does not marshal: %v", err))
	}
	l.buf = append(append(l.buf, b...), '\n')
}

// flush writes what is to be written. After an error it stays there for the
// next time, and goes to the same place in the file.
func (l *Log) flush() {
	if len(l.buf) == 0 {
		return
	}
	if _, l.err = l.f.WriteAt(l.buf, l.size); l.err == nil {
		l.size += int64(len(l.buf))
		l.buf = l.buf[:0]
	}
}
