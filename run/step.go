package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/curve"
	"suiren/store"
)

// A Step makes one artifact.
type Step struct {
	Kind     store.Kind // of the block
	Name     string     // of the block
	Op       stage.Operator
	Inputs   []stage.Input // Run fills an empty Dir from Used
	Used     []store.Used  // the same inputs, as they are recorded
	Key      store.Digest
	Forecast stage.Forecast
	Tell     []stage.Event // what is known of it before it runs: told, and kept in its curve
}

// String returns the block's name: "weights.base".
func (s *Step) String() string { return string(s.Kind) + "." + s.Name }

// A Panic is the error of an operator that broke.
type Panic struct {
	Value any
	Stack []byte
}

func (p *Panic) Error() string { return fmt.Sprint(p.Value) }

// A Fault is the error of a step that is its own, its operator's, and not one
// of what all steps share: the store, its disk, the owner's interrupt.
type Fault struct {
	Step string // "weights.base"
	Err  error
}

func (f *Fault) Error() string { return f.Step + ": " + f.Err.Error() }
func (f *Fault) Unwrap() error { return f.Err }

// Run runs the step's operator and puts what it made into st, with the record
// that it returns. emit is told what happens, from any goroutine; runID names
// the run whose log that is; version is the program's.
//
// If the operator fails, or ctx is cancelled, nothing is made, and what the
// operator left in its working directory waits for the next Run of the same
// key. What the operator itself failed at is a *Fault. Its panic in the goroutine
// it was called in becomes an error that wraps a *Panic.
func (s *Step) Run(ctx context.Context, st *store.Store, m stage.Machine, version, runID string, emit func(stage.Event)) (store.Record, error) {
	if len(s.Used) != len(s.Inputs) {
		panic("run: Step: an input is not recorded, or the reverse")
	}
	teller := &teller{step: s.String(), emit: emit, curve: curve.New(CurveDir(st.Path(), s.String(), s.Key), runID)}
	defer teller.curve.Close() // what it could not write is no part of the result
	foretold := map[string]float64{"low": s.Forecast.Low, "high": s.Forecast.High, "memory": float64(s.Forecast.Memory), "flops": s.Forecast.FLOPs}
	if s.Forecast.Disk > 0 {
		foretold["disk"] = float64(s.Forecast.Disk)
	}
	teller.tell(stage.Event{Type: TypeBegin, Key: s.Key.String(), Text: text(s.Forecast.Basis), Vals: foretold})
	for _, e := range s.Tell {
		teller.tell(e)
	}
	r, err := s.run(ctx, st, m, teller)
	if err == nil {
		r.Version, r.Run = version, runID
		err = st.Record(r)
	}
	if err != nil {
		err = s.explain(ctx, st, err)
		e := stage.Event{Type: TypeFailed, Text: new(say.T("%v", "%v", err))}
		if Stopped(ctx, err) {
			e.Type, e.Text = TypeInterrupted, new(say.T("stopped at its checkpoint", "已停在检查点"))
		}
		teller.end(e)
		return store.Record{}, err
	}
	st.DropWork(s.Key) // what stays after an error is removed by gc
	teller.end(stage.Event{Type: TypeMade, Text: new(say.T("made %s", "已做出 %s", r.Output)), Vals: map[string]float64{
		"seconds": r.Seconds, "memory": float64(r.Memory), "bytes": float64(r.Bytes), "flops": r.FLOPs}})
	return r, nil
}

// Stopped reports whether err says of a step no more than that ctx was cancelled.
func Stopped(ctx context.Context, err error) bool {
	return ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx)))
}

// run runs the operator and puts what it made into st.
func (s *Step) run(ctx context.Context, st *store.Store, m stage.Machine, teller *teller) (store.Record, error) {
	job := &stage.Job{Inputs: s.Inputs, Machine: m, Emit: teller.tell, Open: st.Model, Curve: CurveDir(st.Path(), s.String(), s.Key)}
	if err := s.layOut(st, job); err != nil {
		return store.Record{}, err
	}
	job.Lessons, job.Ordered = s.lessons(st)
	work, err := st.Work(s.Key)
	if err != nil {
		return store.Record{}, err
	}
	job.Work = filepath.Join(work, "operator") // beside it is what the step has cost so far
	if err := os.MkdirAll(job.Work, 0o700); err != nil {
		return store.Record{}, err
	}
	if job.Out, err = st.Temp(); err != nil {
		return store.Record{}, err
	}
	defer os.RemoveAll(job.Out) // does nothing after Put

	r := store.Record{Key: s.Key, Kind: s.Kind, Name: s.Name, Operator: s.Op.Name(), Revision: s.Op.Revision(),
		Inputs: s.Used, Began: time.Now()}
	for to, v := range map[*json.RawMessage]any{&r.Settings: s.Op, &r.Machine: m, &r.Forecast: forecast(s.Forecast)} {
		if *to, err = json.Marshal(v); err != nil {
			return store.Record{}, err
		}
	}
	debug.FreeOSMemory() // what the step before left must not be counted as this one's
	meter := startMeter(filepath.Join(work, "cost.json"), job.Work)
	err = s.call(ctx, job)
	r.Seconds, r.Memory = meter.stop()
	if err != nil {
		return store.Record{}, &Fault{s.String(), err}
	}
	r.FLOPs = teller.flops()
	if r.Bytes, err = bytesOf(job.Out); err != nil {
		return store.Record{}, err
	}
	r.Output, err = st.Put(job.Out)
	return r, err
}

// CurveDir is the folder of the curve of a step with a key: it outlives the
// step, and goes on where the step does. dir is the folder of the store.
func CurveDir(dir, step string, key store.Digest) string {
	return filepath.Join(dir, "curves", step, key.Short())
}

// layOut finds the directories of the inputs.
func (s *Step) layOut(st *store.Store, job *stage.Job) error {
	job.Inputs = append([]stage.Input(nil), s.Inputs...)
	for i := range job.Inputs {
		in, used := &job.Inputs[i], s.Used[i]
		if in.Dir != "" {
			continue
		}
		from := used.From
		if from.IsZero() && used.Part == "" {
			from = used.Digest
		}
		d, dir, err := st.Part(from, used.Part)
		if err != nil {
			return fmt.Errorf("%s: %w", used.Arg, err)
		}
		if d != in.Digest {
			return fmt.Errorf("%s: the input is %s and not %s", used.Arg, d.Short(), in.Digest.Short())
		}
		in.Dir = dir
	}
	return nil
}

// lessons reports whether all that s learns are lessons that were generated here,
// as the records of its rows tell, and whether these stand in their order.
func (s *Step) lessons(st *store.Store) (all, ordered bool) {
	for _, u := range s.Used {
		if u.Arg != "from" || s.Kind != store.Weights {
			continue
		}
		rows, err := st.MadeBy(whole(u))
		if err != nil || len(rows) == 0 {
			return false, false
		}
		var how struct{ Shuffle bool }
		if json.Unmarshal(rows[0].Settings, &how) != nil {
			return false, false
		}
		for _, of := range rows[0].Inputs {
			if of.Arg != "from" && of.Arg != "text" {
				continue
			}
			made, err := st.MadeBy(whole(of))
			if err != nil || len(made) == 0 || made[0].Operator != "lessons" {
				return false, false
			}
			all, ordered = true, !how.Shuffle
		}
	}
	return all, ordered
}

// whole is the artifact that u is, or is a part of.
func whole(u store.Used) store.Digest {
	if u.From.IsZero() {
		return u.Digest
	}
	return u.From
}

// call runs the operator and turns its panic into an error.
func (s *Step) call(ctx context.Context, job *stage.Job) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &say.Error{What: say.T("the operator %s broke: %v", "算子 %s 崩溃：%v", s.Op.Name(), v),
				Next: say.T("this is a fault of the program: please report it with the last line of the run's log", "这是程序的缺陷：请附上运行日志的最后一行反馈"),
				Err:  &Panic{v, debug.Stack()}}
		}
	}()
	return s.Op.Run(ctx, job)
}

// explain says whose error it is, and what to do about a full disk.
func (s *Step) explain(ctx context.Context, st *store.Store, err error) error {
	f, own := err.(*Fault)
	if own {
		err = f.Err
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return err
	}
	if err = store.DiskFull(st.Path(), err); own && !errors.Is(err, store.ErrFull) {
		return f
	}
	return fmt.Errorf("%s: %w", s, err)
}

// forecast is the form in which a forecast is recorded. It can be read back
// into a stage.Forecast.
func forecast(f stage.Forecast) any {
	return struct {
		Low     float64            `json:"low"`
		High    float64            `json:"high"`
		Memory  int64              `json:"memory"`
		Disk    int64              `json:"disk,omitempty"`
		FLOPs   float64            `json:"flops"`
		Basis   Words              `json:"basis"`
		Derived Words              `json:"derived,omitzero"`
		Size    map[string]float64 `json:"size,omitempty"`
	}{f.Low, f.High, f.Memory, f.Disk, f.FLOPs, *words(f.Basis), *words(f.Derived), f.Size}
}

func bytesOf(dir string) (n int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			var info os.FileInfo
			if info, err = d.Info(); err == nil {
				n += info.Size()
			}
		}
		return err
	})
	return n, err
}

func text(t say.Text) *say.Text {
	if t.IsZero() {
		return nil
	}
	return &t
}

// A teller passes a step's events on, with its name, until it has ended.
type teller struct {
	step  string
	emit  func(stage.Event)
	curve *curve.Writer

	mu     sync.Mutex
	ended  bool
	counts map[string]float64 // the last of each that the operator counted
}

func (t *teller) tell(e stage.Event) {
	t.mu.Lock()
	if t.ended {
		t.mu.Unlock()
		return // a goroutine that outlived its operator
	}
	if e.Type == "count" {
		if t.counts == nil {
			t.counts = map[string]float64{}
		}
		maps.Copy(t.counts, e.Vals)
	}
	t.mu.Unlock()
	e.Step = t.step
	if e.Type == "metric" {
		e.Vals = maps.Clone(e.Vals)
		if n := resident(); n > 0 && e.Vals != nil {
			e.Vals["memory"] = float64(n)
		}
	}
	t.curve.Event(e)
	if t.emit != nil {
		t.emit(e)
	}
}

// end tells the last event of the step.
func (t *teller) end(e stage.Event) {
	t.tell(e)
	t.mu.Lock()
	t.ended = true
	t.mu.Unlock()
}

// flops returns the operations that the operator counted as its own; 0 if it
// counted none.
func (t *teller) flops() float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.counts["flops"]
}
