package ledger

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"suiren/internal/flock"
	"suiren/internal/say"
)

// SecurityHold is how long what was said in a refused request is kept at least,
// whoever asks for its deletion: 183 days. A Ledger's Hold may be longer.
const SecurityHold = 183 * 24 * time.Hour

// Forgotten is what a deletion came to.
type Forgotten struct {
	Name     string    `json:"name,omitempty"`     // that the person has in the books now
	Accounts int64     `json:"accounts,omitempty"` // that were the person's
	Contents int64     `json:"contents"`           // of requests
	Spans    int64     `json:"spans,omitempty"`    // that the person's programs sent
	Held     int64     `json:"held"`               // contents of refused requests, kept for SecurityHold
	Until    time.Time `json:"until,omitzero"`     // when the last of them goes
	Learnt   []string  `json:"-"`                  // ids of answers that were rated good or chosen: documents may have been made of them
}

// Erase takes a person, or the holder of a key, out of the books: what was said, the
// reasons of ratings, and the name, for which a random one stands from then on.
// Amounts, times and entries stay: the books add up as before. What is held goes
// with a later Erase or Forget, once its time is over.
//
// Of a name that the books do not know the error wraps ErrNobody.
func (l *Ledger) Erase(name string) (*Forgotten, error) {
	return l.EraseAs(name, "erased-"+rand.Text()[:12])
}

// ErrNobody is wrapped by the error about a name that the books do not know.
var ErrNobody = say.Errorf("the books know nobody of this name", "账本中没有此人")

// EraseAs is Erase with the name that stands for the person's.
func (l *Ledger) EraseAs(name, as string) (*Forgotten, error) {
	if name == "" || as == "" {
		return nil, say.Errorf("whom to erase is not said", "没有指明要清除谁")
	}
	f := new(Forgotten)
	err := l.write(true, func(t *tx) error {
		*f = Forgotten{Name: as}
		t.l.known = known{}
		now := t.l.Now()
		var err error
		if _, err = t.exec(`insert into erased select id, ? from accounts where ? in (key, person) on conflict do nothing`, micro(now), name); err != nil {
			return err
		}
		if f.Accounts, err = t.exec(`update accounts set key = iif(key = ?1, ?2, key), person = iif(person = ?1, ?2, person) where ?1 in (key, person)`, name, f.Name); err != nil {
			return err
		}
		if f.Spans, err = t.exec(`delete from spans where key = ?`, name); err != nil {
			return err
		}
		chose, err := t.exec(`update chosen set actor = ? where actor = ?`, f.Name, name)
		if err != nil {
			return err
		}
		if f.Accounts+f.Spans+chose == 0 {
			return refuse(&say.Error{Where: name, Err: ErrNobody, What: ErrNobody.What, Next: say.T("suiren usage --by key,person lists whom they know", "用 suiren usage --by key,person 查看")})
		}
		if _, err = t.exec(`update budgets set name = ? where scope in ('key', 'person') and name = ?`, f.Name, name); err != nil {
			return err
		}
		const theirs = `t.account in (select id from accounts where ? in (key, person))`
		if err = t.each(`select t.id from traces t where (exists (select 1 from ratings r where r.trace = t.seq and r.good) or exists (select 1 from chosen c where c.trace = t.seq)) and `+theirs, []any{f.Name}, func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			f.Learnt = append(f.Learnt, id)
			return err
		}); err != nil {
			return err
		}
		if _, err = t.exec(`update ratings set why = '' where why != '' and trace in (select t.seq from traces t where `+theirs+`)`, f.Name); err != nil {
			return err
		}
		if err = t.forget(f, theirs, f.Name); err != nil {
			return err
		}
		return t.forget(new(Forgotten), `t.account in (select account from erased)`)
	})
	if err != nil {
		return nil, errors.Join(err, l.scrub()) // of an erasure that was cut off here
	}
	return f, l.scrub()
}

// Forget deletes what was said before a time; what is held stays.
func (l *Ledger) Forget(before time.Time) (*Forgotten, error) {
	f := new(Forgotten)
	err := l.write(true, func(t *tx) error {
		*f = Forgotten{}
		if err := t.forget(f, `t.time < ?`, micro(before)); err != nil {
			return err
		}
		return t.forget(new(Forgotten), `t.account in (select account from erased)`)
	})
	if err != nil {
		return nil, err
	}
	return f, l.scrub()
}

// forget deletes the contents of the traces t of a condition.
func (t *tx) forget(f *Forgotten, cond string, args ...any) error {
	const refused = `instr(t.rails, '"action":"refuse"') > 0 and t.time > ?`
	line := micro(t.l.Now().Add(-t.l.Hold))
	var last int64
	if err := t.get(`select count(*), coalesce(max(t.time), 0) from traces t join contents c on c.trace = t.seq where `+cond+` and `+refused, append(args[:len(args):len(args)], line), &f.Held, &last); err != nil {
		return err
	}
	if f.Held > 0 {
		f.Until = fromMicro(last).Add(t.l.Hold)
	}
	var err error
	f.Contents, err = t.exec(`delete from contents where trace in (select t.seq from traces t where `+cond+` and not (`+refused+`))`, append(args[:len(args):len(args)], line)...)
	return err
}

// scrub empties the file of what was written before the last transaction. The pages
// of the database itself are overwritten as they are freed (secure_delete).
func (l *Ledger) scrub() error {
	for try := 0; ; try++ {
		if err := flock.Lock(l.turn); err != nil {
			return err
		}
		var busy, frames, done int
		err := l.conn.QueryRowContext(context.Background(), `pragma wal_checkpoint(truncate)`).Scan(&busy, &frames, &done)
		flock.Unlock(l.turn)
		if err != nil || busy == 0 {
			return l.failed(err)
		}
		if try == 50 {
			return &say.Error{Where: l.path, What: say.T("it is deleted, but the file's journal still holds it: another program is reading", "已删除，但文件日志中仍有残留：另一个程序正在读取"),
				Next: say.T("stop what reads the ledger, and erase again", "请停止读取账本的程序，然后再次清除")}
		}
		time.Sleep(100 * time.Millisecond)
	}
}
