package ledger

import (
	"context"
	"errors"

	"suiren/internal/flock"
)

// Requests that write at once share a transaction, and with it the wait for
// the disk: the first to come writes for all that have come meanwhile, and
// then hands over to the next.

// maxGroup bounds a transaction, in requests.
const maxGroup = 256

// An op is one request's part of a transaction.
type op struct {
	do   func(*tx) error
	sure bool // it must outlive a power failure
	err  error
	wake chan bool // true: it is your turn to write
}

// errKeep is wrapped by what an op returns after it has written nothing: the
// others of its transaction go on.
var errKeep = errors.New("nothing was written")

type kept struct{ error }

func (k kept) Is(target error) bool { return target == errKeep }
func (k kept) Unwrap() error        { return k.error }

// refuse ends an op that has written nothing.
func refuse(err error) error { return kept{err} }

// write runs do in a transaction, and returns when it is on the disk; if not
// sure, when it outlives the process. Do may run twice.
func (l *Ledger) write(sure bool, do func(*tx) error) error {
	o := &op{do: do, sure: sure, wake: make(chan bool, 1)}
	l.mu.Lock()
	l.queue = append(l.queue, o)
	if l.leading {
		l.mu.Unlock()
		if !<-o.wake {
			return l.result(o.err)
		}
		l.mu.Lock()
	}
	l.leading = true
	group := l.queue[:min(len(l.queue), maxGroup)]
	l.queue = l.queue[len(group):]
	l.mu.Unlock()
	l.writeGroup(group)
	l.mu.Lock()
	if len(l.queue) > 0 {
		l.queue[0].wake <- true
	} else {
		l.leading, l.queue = false, nil
	}
	l.mu.Unlock()
	for _, other := range group {
		if other != o {
			other.wake <- false
		}
	}
	return l.result(o.err)
}

func (l *Ledger) result(err error) error {
	if k, ok := errors.AsType[kept](err); ok {
		return k.error
	}
	return l.failed(err)
}

// writeGroup writes ops together, or if one of them fails, each by itself.
func (l *Ledger) writeGroup(group []*op) {
	if err := flock.Lock(l.turn); err != nil {
		for _, o := range group {
			o.err = err
		}
		return
	}
	defer flock.Unlock(l.turn)
	if len(group) > 1 && l.commit(group) == nil {
		return
	}
	for i := range group {
		if err := l.commit(group[i : i+1]); err != nil && group[i].err == nil {
			group[i].err = err
		}
	}
}

// commit runs ops in one transaction.
func (l *Ledger) commit(group []*op) error {
	sure := false
	for _, o := range group {
		sure, o.err = sure || o.sure, nil
	}
	ctx := context.Background()
	mode := "pragma synchronous = normal"
	if sure {
		mode = "pragma synchronous = full"
	}
	if _, err := l.conn.ExecContext(ctx, mode); err != nil {
		return err
	}
	if _, err := l.conn.ExecContext(ctx, "begin immediate"); err != nil {
		return err
	}
	err := l.run(group)
	if err == nil {
		_, err = l.conn.ExecContext(ctx, "commit")
	}
	if err != nil {
		_, err2 := l.conn.ExecContext(ctx, "rollback")
		return errors.Join(err, err2)
	}
	return nil
}

func (l *Ledger) run(group []*op) error {
	t := &tx{l}
	if err := t.alive(); err != nil {
		return err
	}
	for _, o := range group {
		if o.err = o.do(t); o.err != nil && !errors.Is(o.err, errKeep) {
			return o.err
		}
	}
	return nil
}
