package main

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"

	"suiren/internal/say"
	"suiren/plan"
	"suiren/run"
	"suiren/serve"
	"suiren/stage"
	"suiren/stage/operate/ledger"
)

// jobs charges the steps of an apply, which run one at a time, to the key cli: each is
// a request of its own. A budget that has no room stops before the step, and one of
// processor time, energy or money during it, at its checkpoint.
type jobs struct {
	l     *ledger.Ledger
	watts float64
	stop  context.CancelCauseFunc

	mu    sync.Mutex
	trace *ledger.Trace // of the step that runs
	cpu   float64       // of the process, when it began
	err   error
}

var jobAccount = ledger.Account{Key: "cli"}

// watchEvery is how often a running step is held against its budgets.
const watchEvery = time.Second

// event notes a step's beginning and end.
func (j *jobs) event(e stage.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var err error
	switch e.Type {
	case run.TypeBegin:
		err = j.begin(e.Step)
	case run.TypeMade:
		err = j.end("stop")
	case run.TypeFailed:
		err = j.end("error")
	case run.TypeInterrupted:
		err = j.end("cancelled")
	}
	j.fail(err)
}

func (j *jobs) fail(err error) {
	if err != nil && j.err == nil {
		if full, ok := noRoom(err); ok { // once its files are closed it cannot be told
			err = full
		}
		j.err = err
		j.stop(err)
	}
}

func (j *jobs) begin(step string) error {
	j.trace = &ledger.Trace{ID: "job-" + rand.Text(), Time: time.Now(), Account: jobAccount, Supply: ledger.Supply{Model: step}, Operation: "job", Metered: "model"}
	j.cpu = serve.CPUSeconds()
	_, err := j.l.Reserve(&ledger.Hold{ID: j.trace.ID, Account: jobAccount, Model: step})
	return err
}

func (j *jobs) end(reason string) error {
	if j.trace == nil {
		return nil
	}
	t := j.trace
	j.trace = nil
	t.Reason, t.Total = reason, time.Since(t.Time)
	t.Amounts = j.used()
	return j.l.Settle(t)
}

// used is what the step has used so far.
func (j *jobs) used() ledger.Amounts {
	s := max(serve.CPUSeconds()-j.cpu, 0)
	return ledger.Amounts{Requests: 1, CPU: int64(s * 1e6), Energy: int64(s * j.watts * 1e6)}
}

// watch holds the step that runs against its budgets, until ctx is done.
func (j *jobs) watch(ctx context.Context) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		j.mu.Lock()
		if j.trace != nil {
			j.fail(j.look())
		}
		j.mu.Unlock()
	}
}

func (j *jobs) look() error {
	used := j.used()
	used.Requests = 0 // it is held
	past, err := j.l.Past(&jobAccount, j.trace.Model, &used)
	if err == nil && past != nil {
		return past
	}
	return err
}

// applyCharged is plan.Apply, charged.
func (w *workspace) applyCharged(ctx context.Context, p *plan.Plan, m stage.Machine, opt plan.Options) error {
	l, err := w.books().openLedger()
	if err != nil {
		return err
	}
	defer l.Close()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	j := &jobs{l: l, watts: l.Watts(), stop: stop}
	emit := opt.Emit
	opt.Emit = func(e stage.Event) {
		j.event(e)
		emit(e)
	}
	var over sync.WaitGroup
	watched, done := context.WithCancel(ctx)
	over.Go(func() { j.watch(watched) })
	err = plan.Apply(ctx, p, w.st, m, opt)
	done()
	over.Wait()
	if e, ok := errors.AsType[*ledger.Exceeded](j.err); ok {
		b := &e.Budget
		return instead(err, &say.Error{Err: e, What: say.T("%s has no room", "%s已没有余量", budgetText(b)),
			Next: say.T("what is done stays done; raise it with suiren budget set, or go on when it begins anew", "已完成的部分保留；用 suiren budget set 提高，或等到下一期再继续")})
	}
	if j.err != nil {
		return instead(err, j.err)
	}
	return err
}
