package plan

import (
	"context"
	"errors"
	"slices"

	"suiren/internal/say"
	"suiren/run"
	"suiren/stage"
	"suiren/store"
)

// The types of events beside those of package run.
const (
	TypeKept    = "kept"    // a step that a plan foretold was found made already; text says why
	TypeSkipped = "skipped" // a step was passed over because of others that failed; text says which
	TypeApplied = "applied" // the last, of no step; values and text: how many steps came to what
)

// Options are what apply is told besides the plan.
type Options struct {
	Version string            // of the program, for the records
	Locked  bool              // the caller holds the store's lock
	Emit    func(stage.Event) // may be nil; any goroutine
}

// Apply makes what p says, one step at a time, since each step uses the whole
// machine, and notes in st what stands. A step that fails takes those with it
// that need it; the others are made, but nothing is removed. What all steps share
// ends the run at once: a full disk, an error of the store, a cancelled ctx.
// What is done stays done: after an error or a killed process, a new plan of the
// same file has only the rest in it, and the step that was cut short goes on from
// its checkpoint.
//
// It holds the store's lock, if its caller does not. Its error joins those of the steps. It wraps
// store.ErrLocked if another process holds the lock, ErrMoved if the store or the
// owner's files are no longer as they were when p was made, ErrNoFit if a step
// needs more memory than the machine has, and stage.ErrRefused if a step refused.
func Apply(ctx context.Context, p *Plan, st *store.Store, m stage.Machine, opt Options) (err error) {
	if !opt.Locked {
		unlock, err := st.Lock()
		if err != nil {
			return err
		}
		defer unlock()
	}
	standing, err := st.Blocks()
	if err != nil {
		return err
	}
	if !slices.Equal(standing, p.Standing) {
		return moved(say.T("another plan was applied", "期间应用过另一个计划"))
	}
	if err := p.fits(m); err != nil {
		return err
	}
	if err := p.Places(st); err != nil || p.Empty() {
		return err
	}
	log, err := run.Begin(st)
	if err != nil {
		return err
	}
	defer func() { log.Close(err) }() // a log that cannot be written costs the log, never what was made
	a := &applier{p: p, st: st, m: m, opt: opt, log: log, steps: map[stage.Ref]*Step{}, whole: map[store.Digest]bool{}, fell: map[stage.Ref][]string{}}
	for _, s := range p.steps {
		a.steps[s.Ref] = s
	}
	return a.all(ctx)
}

// all does what is to do, and tells what came of it.
func (a *applier) all(ctx context.Context) error {
	var todo []*Step
	for _, s := range a.p.steps {
		if !s.Stands {
			todo = append(todo, s)
		}
	}
	var failed []error
	for _, s := range todo {
		if err := ctx.Err(); err != nil {
			failed = append(failed, err)
			break
		}
		if why := a.barred(s, len(failed) > 0); !why.IsZero() {
			a.p.update(func() { s.State, s.Why = Skipped, why })
			a.emit(stage.Event{Type: TypeSkipped, Step: s.Ref.String(), Text: &why})
			continue
		}
		err := a.stand(ctx, s)
		if err == nil {
			a.p.update(func() { s.State, s.Stands = Done, true })
			continue
		}
		failed = append(failed, err)
		if run.Stopped(ctx, err) {
			a.p.update(func() { s.State = Waiting })
			break
		}
		a.p.update(func() { s.State, s.Why = Failed, say.T("%v", "%v", err) })
		a.fell[s.Ref] = []string{s.Ref.String()}
		if _, own := errors.AsType[*run.Fault](err); !own {
			break
		}
	}
	a.emit(applied(todo))
	return errors.Join(failed...)
}

// barred says why s is not to be done, if it is not: it needs what did not come
// about, or it would remove what may be all that stands.
func (a *applier) barred(s *Step, failed bool) say.Text {
	if s.Action == Remove {
		if failed {
			return say.T("not removed, as not all was made", "因并非全部做成而未移除")
		}
		return say.Text{}
	}
	var names []string
	for _, ref := range s.Needs {
		for _, name := range a.fell[ref] {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if names == nil {
		return say.Text{}
	}
	a.fell[s.Ref] = names
	return say.T("not made because of %s, which failed", "因 %s 失败而未做", names)
}

// stand makes s stand, or no longer stand.
func (a *applier) stand(ctx context.Context, s *Step) error {
	if s.Action == Remove {
		return a.st.RemoveBlock(s.Kind, s.Name)
	}
	if err := a.step(ctx, s); err != nil {
		return err
	}
	return a.st.SetBlock(store.Block{Kind: s.Kind, Name: s.Name, Key: s.Key, Output: s.Output})
}

// applied counts what the steps came to.
func applied(todo []*Step) stage.Event {
	n := map[string]float64{"made": 0}
	for _, s := range todo {
		switch {
		case s.State == Waiting:
			n["left"]++
		case s.State == Failed:
			n["failed"]++
		case s.State == Skipped && s.Action == Remove:
			n["not_removed"]++
		case s.State == Skipped:
			n["skipped"]++
		case s.Action == Remove:
			n["removed"]++
		case s.Action == Keep:
			n["kept"]++
		default:
			n["made"]++
		}
	}
	var parts []say.Text
	for _, part := range []struct {
		name string
		text say.Text
	}{
		{"made", say.T("%.0f made", "做成 %.0f 项", n["made"])},
		{"kept", say.T("%.0f made before", "以前做过 %.0f 项", n["kept"])},
		{"removed", say.T("%.0f removed", "移除 %.0f 项", n["removed"])},
		{"failed", say.T("%.0f failed", "失败 %.0f 项", n["failed"])},
		{"skipped", say.T("%.0f not made", "未做 %.0f 项", n["skipped"])},
		{"not_removed", say.T("%.0f not removed", "未移除 %.0f 项", n["not_removed"])},
		{"left", say.T("%.0f left", "还剩 %.0f 项", n["left"])},
	} {
		if _, ok := n[part.name]; ok {
			parts = append(parts, part.text)
		}
	}
	text := say.T("Applied: %s.", "执行结果：%s。", joinTexts(parts, ", ", "，"))
	return stage.Event{Type: TypeApplied, Text: &text, Vals: n}
}

// fits refuses a plan with steps that the machine has not the memory for.
func (p *Plan) fits(m stage.Machine) error {
	var list, ways []say.Text
	for _, s := range p.Steps() {
		if (s.Action == Add || s.Action == Change) && !s.Fits {
			list = append(list, say.T("%s needs %s", "%s 需要 %s", s.Ref, gibibytes(s.Forecast.Memory)))
			if len(s.Forecast.Smaller) > 0 {
				ways = append(ways, say.T("%s: %s", "%s：%s", s.Ref, joinTexts(s.Forecast.Smaller, " or ", " 或 ")))
			}
		}
	}
	if len(list) == 0 {
		return nil
	}
	next := say.T("no change is known that makes it fit by itself: make more of its settings smaller, begin with a smaller or a quantised base, or use a machine with more memory", "未找到单独一项就够的改动：请同时调小几项设置，或换用更小、量化过的基座，或内存更大的机器")
	if len(ways) > 0 {
		next = say.T("it fits with %s; or use a machine with more memory", "改为以下任一项即可放下：%s；或换内存更大的机器", joinTexts(ways, "; ", "；"))
	}
	return &say.Error{What: say.T("this machine has %[2]s of memory for it: %[1]s", "本机可用内存为 %[2]s：%[1]s", joinTexts(list, ", ", "，"), gibibytes(m.Memory)),
		Next: next, Err: ErrNoFit}
}

// gibibytes writes memory; below one of them in MiB, of which two are not alike so soon.
func gibibytes(n int64) say.Text {
	if n < 1<<30 {
		return say.T("%.0f MiB", "%.0f MiB", float64(n)/(1<<20))
	}
	return say.T("%.1f GiB", "%.1f GiB", float64(n)/(1<<30))
}

// An applier applies one plan.
type applier struct {
	p     *Plan
	st    *store.Store
	m     stage.Machine
	opt   Options
	log   *run.Log
	steps map[stage.Ref]*Step
	whole map[store.Digest]bool  // artifacts that were made or read again in this run
	fell  map[stage.Ref][]string // by a step that did not come about, those that failed and so kept it from it
}

func (a *applier) emit(e stage.Event) {
	a.log.Emit(e)
	if a.opt.Emit != nil {
		a.opt.Emit(e)
	}
}

// step makes s, if it is not made already. The steps it needs are done.
func (a *applier) step(ctx context.Context, s *Step) error {
	if s.Action == Keep {
		return nil
	}
	inputs, wait, err := s.inputs(a.st, func(ref stage.Ref) store.Digest { return a.steps[ref].Output })
	if err != nil {
		return err
	}
	if len(wait) > 0 {
		panic("plan: a step comes before one that it needs")
	}
	key := s.key(inputs)
	rec, ok, err := a.st.Made(key)
	if err != nil {
		return err
	}
	if ok {
		if s.begun, err = a.st.Begun(rec); err != nil {
			return err
		}
	}
	if ok && !s.anew() { // what it is made from came out as it was before
		why := say.T("made before", "以前做过")
		if s.Action == Change {
			why = say.T("its inputs came out as before", "输入与之前相同")
		}
		a.p.update(func() {
			s.Key = key
			s.keep(rec)
			s.Reason = why
		})
		a.emit(stage.Event{Type: TypeKept, Step: s.Ref.String(), Text: &why})
		return nil
	}
	if ok {
		if err := a.st.Again(rec); err != nil {
			return err
		}
	}
	for _, snap := range s.snaps {
		if err := snap.keep(a.st); err != nil {
			return s.at(snap, err)
		}
	}
	for _, in := range inputs {
		if err := a.check(ctx, s, in); err != nil {
			return err
		}
	}
	a.p.update(func() { s.Key, s.State = key, Running })
	rec, err = a.run(ctx, s, inputs)
	if err != nil {
		return err
	}
	a.whole[rec.Output] = true
	a.p.update(func() { s.Output, s.Actual = rec.Output, actual(rec) })
	return nil
}

// check reads what s is made from again, once in a run: what is made from a damaged
// artifact would stand as if it were made from the whole one.
func (a *applier) check(ctx context.Context, s *Step, in input) error {
	if _, err := a.st.Dir(in.from); a.whole[in.from] || errors.Is(err, store.ErrNotFound) { // a model of the owner's is read whole where it lies
		return nil
	}
	err := a.st.Check(ctx, in.from)
	if p, ok := errors.AsType[*store.Problem](err); ok {
		where, what := in.Arg+": "+in.Ref.String(), p.What
		if in.Ref.IsZero() { // the owner's file is as it was
			where, what = in.Arg, say.T("of the copy that is kept here: %v", "此处保存的副本：%v", p.What)
		}
		return &run.Fault{Step: s.Ref.String(), Err: &say.Error{Where: where, What: what, Next: p.Next}}
	}
	a.whole[in.from] = err == nil
	return err
}

// run runs s's operator on the inputs.
func (a *applier) run(ctx context.Context, s *Step, inputs []input) (store.Record, error) {
	step := run.Step{Kind: s.Kind, Name: s.Name, Op: s.block.Op, Key: s.Key, Forecast: s.Forecast, Tell: a.overlap(ctx, s).events()}
	for _, in := range inputs {
		used := store.Used{Arg: in.Arg, Part: in.part, Digest: in.Digest, From: in.from}
		if !in.Ref.IsZero() {
			used.Block = in.Ref.String()
		}
		step.Inputs, step.Used = append(step.Inputs, in.Input), append(step.Used, used)
	}
	return step.Run(ctx, a.st, a.m, a.opt.Version, a.log.ID(), a.emit)
}
