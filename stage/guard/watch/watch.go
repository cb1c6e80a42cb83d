// Package watch keeps what a policy leaves to time and to people: who has been
// suspended, and what waits for a person's decision. It is one SQLite file, which
// the server and the commands use at once.
package watch

import (
	"crypto/cipher"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"time"

	"suiren/internal/say"
	"suiren/internal/sqlite"
)

// A Watch is the file. It may be used by many goroutines, and by more than one
// process.
type Watch struct {
	Now func() time.Time // set by Open to time.Now

	// Erased returns the name that stands for a caller who was erased after a time, ""
	// for others: a request that was on its way then leaves nothing of them. nil: nobody was.
	Erased func(caller string, after time.Time) string

	db   *sql.DB
	path string
	key  cipher.AEAD // seals what waits
}

const schema = `
create table if not exists strikes (
	caller text not null,
	time   integer not null, -- milliseconds since 1970
	rule   text not null
) strict;
create index if not exists strikes_caller on strikes (caller, time);
create table if not exists runs (
	caller text primary key,
	length integer not null -- bad requests since the last good one
) strict;
create table if not exists suspended (
	caller text not null,
	since  integer not null,
	until  integer not null,
	why    text not null,
	lifted text not null default '' -- by whom
) strict;
create index if not exists suspended_caller on suspended (caller, until);
create table if not exists items (
	id      text primary key,
	kind    text not null, -- answer, appeal
	time    integer not null,
	until   integer not null, -- it is refused if nobody has decided by then
	caller  text not null,
	rule    text not null,
	content text not null, -- JSON; of what waits sealed: a JSON string. When it is decided the salt of its digest alone
	state   text not null, -- waiting, allowed, refused, expired
	person  text not null default '',
	reason  text not null default '',
	decided integer not null default 0
) strict;
create index if not exists items_state on items (state, time);
`

// Open opens or makes the file.
func Open(path string) (*Watch, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	db, err := sqlite.Open(path, sqlite.Full)
	if err != nil {
		return nil, err
	}
	w := &Watch{Now: time.Now, db: db, path: path}
	if _, err = db.Exec(schema); err != nil {
		err = w.failed(err)
	} else if w.key, err = openKey(path); err == nil {
		err = w.expire() // of a server that ended while it waited
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	return w, nil
}

// Close closes the file.
func (w *Watch) Close() error { return w.db.Close() }

func (w *Watch) failed(err error) error {
	if err == nil {
		return nil
	}
	return &say.Error{Where: w.path, Err: err, What: say.T("the file of suspensions and reviews cannot be used: %v", "无法使用暂停与审核文件：%v", err),
		Next: say.T("restore it from a backup, or move it away; a new one is begun", "请从备份恢复，或移走它，程序会新建一个")}
}

func (w *Watch) tx(f func(*sql.Tx) error) error {
	tx, err := w.db.Begin()
	if err != nil {
		return w.failed(err)
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return err
	}
	return w.failed(tx.Commit())
}

// A Limit is after how many bad requests a caller is suspended, and for how
// long; zero numbers do not.
type Limit struct {
	Row, Day int
	For      time.Duration
}

// A Suspension is a time in which a caller gets no answers.
type Suspension struct {
	Caller string    `json:"caller"`
	Since  time.Time `json:"since"`
	Until  time.Time `json:"until"`
	Why    string    `json:"why"` // the rule of the last bad request
}

// gone reports whether a caller was erased after a time. Within a transaction it is
// exact: an erasure is written down elsewhere before it comes to this file, so that one
// it does not know of yet takes out what the transaction writes.
func (w *Watch) gone(caller string, after time.Time) bool {
	return w.Erased != nil && w.Erased(caller, after) != ""
}

// Strike counts a bad request, which began at a time, and reports whether it suspended
// the caller.
func (w *Watch) Strike(caller string, began time.Time, rule string, l Limit) (suspended bool, err error) {
	now := w.Now()
	err = w.tx(func(tx *sql.Tx) error {
		if w.gone(caller, began) {
			return nil
		}
		var row, day int
		_, err := tx.Exec(`insert into strikes values (?, ?, ?)`, caller, now.UnixMilli(), rule)
		if err == nil {
			err = tx.QueryRow(`insert into runs values (?, 1) on conflict (caller) do update set length = length + 1 returning length`, caller).Scan(&row)
		}
		if err == nil {
			err = tx.QueryRow(`select count(*) from strikes where caller = ? and time > ?`, caller, now.Add(-24*time.Hour).UnixMilli()).Scan(&day)
		}
		if err != nil {
			return w.failed(err)
		}
		if suspended = l.For > 0 && (l.Row > 0 && row >= l.Row || l.Day > 0 && day >= l.Day); !suspended {
			return nil
		}
		_, err = tx.Exec(`insert into suspended (caller, since, until, why) values (?, ?, ?, ?)`, caller, now.UnixMilli(), now.Add(l.For).UnixMilli(), rule)
		if err == nil {
			err = forgive(tx, caller)
		}
		return w.failed(err)
	})
	return suspended && err == nil, err
}

// forgive begins a caller's count anew.
func forgive(tx *sql.Tx, caller string) error {
	_, err := tx.Exec(`delete from strikes where caller = ?`, caller)
	if err == nil {
		_, err = tx.Exec(`delete from runs where caller = ?`, caller)
	}
	return err
}

// Good notes a request that was not bad: a row of bad ones has ended.
func (w *Watch) Good(caller string) error {
	_, err := w.db.Exec(`delete from runs where caller = ?`, caller)
	return w.failed(err)
}

// Suspended returns a caller's suspension; nil if there is none now.
func (w *Watch) Suspended(caller string) (*Suspension, error) {
	list, err := w.suspensions(`and caller = ?`, caller)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// Suspensions are those of now.
func (w *Watch) Suspensions() ([]Suspension, error) { return w.suspensions("") }

func (w *Watch) suspensions(where string, args ...any) ([]Suspension, error) {
	rows, err := w.db.Query(`select caller, since, until, why from suspended where lifted = '' and until > ? `+where+` order by until desc limit 1000`,
		append([]any{w.Now().UnixMilli()}, args...)...)
	if err != nil {
		return nil, w.failed(err)
	}
	defer rows.Close()
	list := []Suspension{}
	for rows.Next() {
		var s Suspension
		var since, until int64
		if err := rows.Scan(&s.Caller, &since, &until, &s.Why); err != nil {
			return nil, w.failed(err)
		}
		s.Since, s.Until = time.UnixMilli(since).UTC(), time.UnixMilli(until).UTC()
		list = append(list, s)
	}
	return list, w.failed(rows.Err())
}

// ErrNone is wrapped by errors about what is not there, or is over.
var ErrNone = errors.New("there is none")

// Lift ends a caller's suspension, and begins the count anew.
func (w *Watch) Lift(caller, by string) error {
	return w.tx(func(tx *sql.Tx) error { return w.lift(tx, caller, by) })
}

func (w *Watch) lift(tx *sql.Tx, caller, by string) error {
	r, err := tx.Exec(`update suspended set lifted = ? where caller = ? and lifted = '' and until > ?`, by, caller, w.Now().UnixMilli())
	if err != nil {
		return w.failed(err)
	}
	if n, _ := r.RowsAffected(); n == 0 {
		e := notSuspended(caller)
		e.Next = say.T("suiren guard suspended lists those that are", "suiren guard suspended 会列出被暂停者")
		return e
	}
	return w.failed(forgive(tx, caller))
}
