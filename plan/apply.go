package plan

import (
	"context"
	"slices"

	"suiren/internal/say"
	"suiren/run"
	"suiren/stage"
	"suiren/store"
)

// TypeKept is the type of the event of a step that a plan foretold and that
// was found made already, beside those of package run; text says why.
const TypeKept = "kept"

// Options are what apply is told besides the plan.
type Options struct {
	Version string            // of the program, for the records
	Emit    func(stage.Event) // may be nil; any goroutine
}

// Apply makes what p says, one step at a time, since each step uses the whole
// machine, and notes in st what stands. What is done stays done: after an
// error, a cancelled ctx or a killed process, a new plan of the same file has
// only the rest in it, and the step that was cut short goes on from its
// checkpoint.
//
// It holds the store's lock. Its error wraps store.ErrLocked if another
// process does, ErrMoved if the store or the owner's files are no longer as
// they were when p was made, ErrNoFit if a step needs more memory than the
// machine has, and stage.ErrRefused if a step refused.
func Apply(ctx context.Context, p *Plan, st *store.Store, m stage.Machine, opt Options) (err error) {
	unlock, err := st.Lock()
	if err != nil {
		return err
	}
	defer unlock()
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
	if p.Empty() {
		return nil
	}
	log, err := run.Begin(st)
	if err != nil {
		return err
	}
	defer func() { log.Close(err) }() // a log that cannot be written costs the log, never what was made
	a := &applier{p: p, st: st, m: m, opt: opt, log: log, steps: map[stage.Ref]*Step{}}
	for _, s := range p.steps {
		a.steps[s.Ref] = s
	}
	for _, s := range p.steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if s.Stands {
			continue
		}
		if s.Action == Remove {
			err = st.RemoveBlock(s.Kind, s.Name)
		} else if err = a.step(ctx, s); err == nil {
			err = st.SetBlock(store.Block{Kind: s.Kind, Name: s.Name, Key: s.Key, Output: s.Output})
		}
		if err != nil {
			state := Failed
			if ctx.Err() != nil {
				state = Waiting
			}
			p.update(func() { s.State = state })
			return err
		}
		p.update(func() { s.State, s.Stands = Done, true })
	}
	return nil
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
	next := say.T("make it smaller (depth, batch, length), or use a machine with more memory", "请减小规模（depth、batch、length），或换内存更大的机器")
	if len(ways) > 0 {
		next = say.T("it fits with %s; or use a machine with more memory", "改为以下任一项即可放下：%s；或换内存更大的机器", joinTexts(ways, "; ", "；"))
	}
	return &say.Error{What: say.T("this machine has %[2]s of memory for it: %[1]s", "本机可用内存为 %[2]s：%[1]s", joinTexts(list, ", ", "，"), gibibytes(m.Memory)),
		Next: next, Err: ErrNoFit}
}

func gibibytes(n int64) say.Text { return say.T("%.1f GiB", "%.1f GiB", float64(n)/(1<<30)) }

// An applier applies one plan.
type applier struct {
	p     *Plan
	st    *store.Store
	m     stage.Machine
	opt   Options
	log   *run.Log
	steps map[stage.Ref]*Step
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
	if ok { // what it is made from came out as it was before
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
	for _, snap := range s.snaps {
		if err := snap.keep(a.st); err != nil {
			return err
		}
	}
	a.p.update(func() { s.Key, s.State = key, Running })
	rec, err = a.run(ctx, s, inputs)
	if err != nil {
		return err
	}
	a.p.update(func() { s.Output, s.Actual = rec.Output, actual(rec) })
	return nil
}

// run runs s's operator on the inputs.
func (a *applier) run(ctx context.Context, s *Step, inputs []input) (store.Record, error) {
	step := run.Step{Kind: s.Kind, Name: s.Name, Op: s.block.Op, Key: s.Key, Forecast: s.Forecast}
	for _, in := range inputs {
		used := store.Used{Arg: in.Arg, Part: in.part, Digest: in.Digest, From: in.from}
		if !in.Ref.IsZero() {
			used.Block = in.Ref.String()
		}
		step.Inputs, step.Used = append(step.Inputs, in.Input), append(step.Used, used)
	}
	return step.Run(ctx, a.st, a.m, a.opt.Version, a.log.ID(), a.emit)
}
