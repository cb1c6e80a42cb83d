// Package watch keeps what a policy leaves to time and to people: who has been
// suspended, and what waits for a person's decision. It is one SQLite file, which
// the server and the commands use at once.
package watch

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite"

	"suiren/internal/say"
)

// A Watch is the file. It may be used by many goroutines, and by more than one
// process.
type Watch struct {
	Now func() time.Time // set by Open to time.Now

	db   *sql.DB
	path string
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
	content text not null, -- JSON; gone when it is decided
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
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) // SQLite would let others read it
	if err != nil {
		return nil, err
	}
	f.Close()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=secure_delete(1)&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	w := &Watch{Now: time.Now, db: db, path: path}
	if _, err := db.Exec(schema); err != nil {
		db.Close()
		return nil, w.failed(err)
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

// Strike counts a bad request, and reports whether it suspended the caller.
func (w *Watch) Strike(caller, rule string, l Limit) (suspended bool, err error) {
	now := w.Now()
	err = w.tx(func(tx *sql.Tx) error {
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
		return &say.Error{Where: caller, Err: ErrNone, What: say.T("this caller is not suspended", "该调用者没有被暂停"), Next: say.T("suiren guard suspended lists those that are", "suiren guard suspended 会列出被暂停者")}
	}
	return w.failed(forgive(tx, caller))
}

// Kinds of item.
const (
	Answer = "answer" // a text that a rail will not let pass by itself
	Appeal = "appeal" // a suspended caller's
)

// States of an item.
const (
	Waiting = "waiting"
	Allowed = "allowed"
	Refused = "refused"
	Expired = "expired" // nobody decided in time, which refuses
)

// An Item waits for a person.
type Item struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind"`
	Time    time.Time `json:"time"`
	Until   time.Time `json:"until"`
	Caller  string    `json:"caller"`
	Rule    string    `json:"rule"`
	Content Content   `json:"content"` // empty once it is decided
	State   string    `json:"state"`
	Person  string    `json:"person,omitempty"`
	Reason  string    `json:"reason,omitempty"`
	Decided time.Time `json:"decided,omitzero"`
}

// Content is what the person looks at.
type Content struct {
	Answer   string   `json:"answer,omitempty"`  // id of the answer
	Stage    string   `json:"stage,omitempty"`   // of the text
	Found    string   `json:"found,omitempty"`   // what the rule heard of
	Asked    []string `json:"asked,omitempty"`   // the conversation, "user: …"
	Written  string   `json:"written,omitempty"` // as much of the answer as has left
	Appealed string   `json:"appealed,omitempty"`
}

// Bounds of what waits.
const (
	maxWaiting = 1000
	maxContent = 256 << 10 // bytes
	appealTime = 30 * 24 * time.Hour
	poll       = 250 * time.Millisecond
)

// Put puts an item into the queue.
func (w *Watch) put(kind, caller, rule string, c Content, wait time.Duration) (string, error) {
	b, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	if len(b) > maxContent {
		c.Asked, c.Written = nil, ""
		if b, err = json.Marshal(c); err != nil || len(b) > maxContent {
			return "", errors.Join(err, say.Errorf("this is too long for a review", "内容过长，无法审核"))
		}
	}
	id, now := rand.Text(), w.Now()
	return id, w.tx(func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRow(`select count(*) from items where state = ? and until > ?`, Waiting, now.UnixMilli()).Scan(&n); err != nil {
			return w.failed(err)
		}
		if n >= maxWaiting {
			return say.Errorf("%d items wait for review already", "已有 %d 项等待审核", n)
		}
		_, err := tx.Exec(`insert into items (id, kind, time, until, caller, rule, content, state) values (?, ?, ?, ?, ?, ?, ?, ?)`,
			id, kind, now.UnixMilli(), now.Add(wait).UnixMilli(), caller, rule, string(b), Waiting)
		return w.failed(err)
	})
}

// Ask waits until a person has decided on a text, for a while at most, and
// reports whether it may pass. Nobody's decision refuses.
func (w *Watch) Ask(ctx context.Context, caller, rule string, c Content, wait time.Duration) (bool, error) {
	id, err := w.put(Answer, caller, rule, c, wait)
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		var state string
		if err := w.db.QueryRow(`select state from items where id = ?`, id).Scan(&state); err != nil {
			return false, w.failed(err)
		}
		if state != Waiting {
			return state == Allowed, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			_, err := w.db.Exec(`update items set state = ?, content = '{}' where id = ? and state = ?`, Expired, id, Waiting)
			return false, w.failed(err)
		}
	}
}

// Appeal asks that a caller's suspension be lifted.
func (w *Watch) Appeal(caller, text string) (id string, err error) {
	s, err := w.Suspended(caller)
	if err != nil {
		return "", err
	}
	if s == nil {
		return "", &say.Error{Where: caller, Err: ErrNone, What: say.T("this caller is not suspended", "该调用者没有被暂停")}
	}
	var n int
	if err := w.db.QueryRow(`select count(*) from items where kind = ? and caller = ? and state = ?`, Appeal, caller, Waiting).Scan(&n); err != nil {
		return "", w.failed(err)
	}
	if n > 0 {
		return "", say.Errorf("an appeal waits for its decision already", "已有申诉在等待处理")
	}
	return w.put(Appeal, caller, s.Why, Content{Appealed: text}, appealTime)
}

// Items are those that wait, the oldest first, or, with all, the last ones that
// were decided too.
func (w *Watch) Items(all bool) ([]Item, error) {
	rows, err := w.db.Query(`select id, kind, time, until, caller, rule, content, case when state = 'waiting' and until <= ?1 then 'expired' else state end as now, person, reason, decided
		from items where ?2 or now = 'waiting' order by now = 'waiting' desc, case when now = 'waiting' then time else -time end limit 1000`, w.Now().UnixMilli(), all)
	if err != nil {
		return nil, w.failed(err)
	}
	defer rows.Close()
	list := []Item{}
	for rows.Next() {
		var i Item
		var at, until, decided int64
		var content string
		if err := rows.Scan(&i.ID, &i.Kind, &at, &until, &i.Caller, &i.Rule, &content, &i.State, &i.Person, &i.Reason, &decided); err != nil {
			return nil, w.failed(err)
		}
		if err := json.Unmarshal([]byte(content), &i.Content); err != nil {
			return nil, w.failed(err)
		}
		i.Time, i.Until = time.UnixMilli(at).UTC(), time.UnixMilli(until).UTC()
		if decided > 0 {
			i.Decided = time.UnixMilli(decided).UTC()
		}
		list = append(list, i)
	}
	return list, w.failed(rows.Err())
}

// Decide decides on an item. Of an appeal that is allowed the suspension is
// lifted.
func (w *Watch) Decide(id, by string, allow bool, reason string) error {
	return w.tx(func(tx *sql.Tx) error {
		now, state := w.Now(), map[bool]string{true: Allowed, false: Refused}[allow]
		var kind, caller string
		err := tx.QueryRow(`update items set state = ?, person = ?, reason = ?, decided = ?, content = '{}' where id = ? and state = ? and until > ? returning kind, caller`,
			state, by, reason, now.UnixMilli(), id, Waiting, now.UnixMilli()).Scan(&kind, &caller)
		if errors.Is(err, sql.ErrNoRows) {
			return &say.Error{Where: id, Err: ErrNone, What: say.T("nothing of this id waits for a decision", "没有此编号的待审项"), Next: say.T("suiren guard review lists what waits", "suiren guard review 会列出待审项")}
		}
		if err != nil {
			return w.failed(err)
		}
		if kind == Appeal && allow {
			if err := w.lift(tx, caller, by); !errors.Is(err, ErrNone) { // it may have ended by itself
				return err
			}
		}
		return nil
	})
}
