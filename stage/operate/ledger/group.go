package ledger

import (
	"errors"
	"os"

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
	if l.only {
		return l.readOnly()
	}
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
	var synced []*op
	for _, other := range group {
		switch {
		case other.sure && other.err == nil:
			synced = append(synced, other)
		case other != o:
			other.wake <- false
		}
	}
	if len(synced) > 0 { // the next transaction is written meanwhile
		err := l.sync()
		for _, other := range synced {
			if other.err = err; other != o {
				other.wake <- false
			}
		}
	}
	return l.result(o.err)
}

// sync waits until SQLite's log is on the disk, as far as it was written. It is what
// SQLite does in a commit by "synchronous = full", but here nobody waits who need not.
func (l *Ledger) sync() error {
	l.mu.Lock()
	var err error
	if l.log == nil { // it is there while the file is open
		l.log, err = os.OpenFile(l.path+"-wal", os.O_RDWR, 0)
	}
	log := l.log
	l.mu.Unlock()
	if err == nil {
		err = syncData(log)
	}
	return err
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
	for _, o := range group {
		o.err = nil
	}
	t := &tx{l}
	if _, err := t.exec("begin immediate"); err != nil {
		return err
	}
	err := l.run(group)
	if err == nil {
		_, err = t.exec("commit")
	}
	if err != nil {
		l.known = known{}
		t.exec("rollback") // on a full disk SQLite has done so itself
		return err
	}
	if l.commits++; l.commits%copyEvery == 0 {
		select {
		case l.full <- true:
		default:
		}
	}
	return nil
}

func (l *Ledger) run(group []*op) error {
	t := &tx{l}
	if err := t.look(); err != nil {
		return err
	}
	if err := t.alive(); err != nil {
		return err
	}
	for _, o := range group {
		if !l.known.read { // the one before has changed it
			if err := t.look(); err != nil {
				return err
			}
		}
		if o.err = o.do(t); o.err != nil && !errors.Is(o.err, errKeep) {
			return o.err
		}
	}
	return nil
}
