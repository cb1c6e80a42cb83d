// Package ledger holds what was used, by whom, of what and for how much: the
// traces of requests, the entries that charge them, and the budgets that bound
// them. All of it is one SQLite file, so that a request's trace and its charge
// are on the disk together or not at all.
package ledger

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"suiren/internal/flock"
	"suiren/internal/say"
	"suiren/internal/sqlite"
)

// A Ledger is the file. It may be used by many goroutines, and by more than one
// process of a machine.
type Ledger struct {
	Now  func() time.Time // set by Open to time.Now
	Hold time.Duration    // set by Open to SecurityHold

	// Erased, where it is set, returns the name that stands for somebody who was erased
	// after a time, "" for others: a request that was on its way then is settled under it.
	Erased func(name string, after time.Time) string

	path  string
	id    string  // of this opening: whose reservations are whose
	read  *sql.DB // many readers
	db    *sql.DB // the writer
	conn  *sql.Conn
	turn  *os.File // processes take turns by its lock
	only  bool     // to be read: the file may not be written, and there is nothing but read
	stmts map[string]*sql.Stmt

	mu      sync.Mutex
	queue   []*op
	leading bool
	beat    time.Time // when this process was last written down as alive
	rates   rates
	books   map[int64]*Book
	known   known
	log     *os.File // SQLite's, once something was to be synced
	commits int
	full    chan bool
	copied  sync.WaitGroup
}

// version is of the file's form. A file of a later one is not opened.
const version = 2

const schema = `
create table accounts ( -- who uses: a request has a key, and may have the rest
	id       integer primary key,
	key      text not null,
	person   text not null,
	project  text not null,
	tenant   text not null,
	scenario text not null,
	unique (key, person, project, tenant, scenario)
) strict;
create table supplies ( -- what is used
	id      integer primary key,
	release text not null, -- digest
	model   text not null, -- its name
	unique (release, model)
) strict;
create table traces (
	seq       integer primary key autoincrement,
	id        text not null unique,
	time      integer not null, -- microseconds since 1970, as all times here
	account   integer not null references accounts,
	supply    integer not null references supplies,
	operation text not null, -- chat, embeddings, rerank, job
	parent    text not null, -- W3C traceparent of the caller, or ''
	reason    text not null,
	` + columns + `,
	metered   text not null, -- where energy comes from: rapl, hwmon, power, model or ''
	wait      integer not null, -- microseconds
	first     integer not null,
	total     integer not null,
	seed      integer not null, -- the bits of a uint64
	params    text not null,
	rails     text not null,
	spans     text not null
) strict;
create index traces_time on traces (time);
create index traces_account on traces (account, seq);
create table contents ( -- what was said, where it is kept
	trace    integer primary key references traces,
	messages text not null,
	thought  text not null,
	answer   text not null,
	sources  text not null,
	receipt  text not null,
	salt     text not null
) strict;
create table erased ( -- accounts of persons who were taken out
	account integer primary key references accounts,
	time    integer not null
) strict;
create table ratings (
	trace integer primary key references traces,
	time  integer not null,
	good  integer not null,
	why   text not null
) strict;
create table prices (
	version integer primary key,
	time    integer not null,
	book    text not null -- as it was given
) strict;
create table months (
	month   text primary key, -- 2026-11, in the machine's time zone
	time    integer not null,
	actor   text not null,
	entries integer not null,
	` + columns + `
) strict;
create table entries ( -- double entry: amounts leave a supply and reach an account
	seq      integer primary key autoincrement,
	time     integer not null,
	day      text not null, -- 2026-11-25, in the machine's time zone
	kind     text not null check (kind in ('charge', 'correction')),
	debit    integer not null references accounts,
	credit   integer not null references supplies,
	trace    integer unique references traces, -- a request is charged once
	corrects integer references entries,
	actor    text not null,
	why      text not null,
	price    integer references prices,
	` + columns + `,
	check ((kind = 'charge') = (trace is not null) and (kind = 'correction') = (corrects is not null))
) strict;
create index entries_corrects on entries (corrects) where corrects is not null;
create trigger entries_stay before update on entries begin select raise(abort, 'entries are not changed'); end;
create trigger entries_remain before delete on entries begin select raise(abort, 'entries are not removed'); end;
create trigger months_stay before update on months begin select raise(abort, 'a closed month is not changed'); end;
create trigger months_remain before delete on months begin select raise(abort, 'a closed month is not opened'); end;
create trigger months_hold before insert on entries when exists (select 1 from months where month >= substr(new.day, 1, 7))
	begin select raise(abort, 'the month is closed'); end;
create table days ( -- sums of entries
	day    text not null,
	debit  integer not null references accounts,
	credit integer not null references supplies,
	` + columns + `,
	primary key (day, debit, credit)
) strict, without rowid;
create table budgets (
	id     integer primary key,
	scope  text not null, -- key, person, project, tenant, scenario, model, all
	name   text not null,
	unit   text not null,
	period text not null,
	amount integer not null check (amount >= 0),
	begins integer not null, -- of the period that used is of
	used   integer not null,
	held   integer not null,
	unique (scope, name, unit, period)
) strict;
create table processes (id text primary key, seen integer not null) strict, without rowid;
create table holds (
	id      text primary key,
	process text not null,
	time    integer not null
) strict, without rowid;
create table parts ( -- of a hold in each budget
	hold   text not null references holds on delete cascade,
	budget integer not null references budgets on delete cascade,
	amount integer not null,
	primary key (hold, budget)
) strict, without rowid;
create index parts_budget on parts (budget);
create table captures ( -- whose content is kept
	release text not null, -- name, or '' for all
	tenant  text not null, -- or '*' for all
	primary key (release, tenant)
) strict, without rowid;
create table spans ( -- that others have sent: POST /v1/traces
	seq    integer primary key autoincrement,
	trace  text not null, -- 32 hexadecimal digits
	span   text not null, -- 16
	parent text not null,
	key    text not null, -- who sent it
	tenant text not null,
	time   integer not null,
	total  integer not null,
	name   text not null,
	body   text not null,
	unique (trace, span)
) strict;
`

// columns are Amounts.
const columns = `requests integer not null, prompt integer not null, cached integer not null, thought integer not null,
	answer integer not null, cpu integer not null, energy integer not null, money integer not null`

// Open opens or makes the file. One of an earlier form is copied beside itself
// first, and then brought to this one's. One that may not be written is opened to
// be read.
func Open(path string) (*Ledger, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	l := &Ledger{Now: time.Now, Hold: SecurityHold, path: path, id: rand.Text(), stmts: map[string]*sql.Stmt{}, books: map[int64]*Book{}, full: make(chan bool, 1)}
	err := l.open()
	if sqlite.Unwritable(err) && l.look() == nil {
		return l, nil
	}
	if err != nil {
		l.Close()
		return nil, l.failed(err)
	}
	l.copied.Go(l.copy)
	return l, nil
}

func (l *Ledger) open() (err error) {
	if l.turn, err = os.OpenFile(l.path+".lock", os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	if l.db, err = sqlite.Open(l.path, "synchronous(normal)", "wal_autocheckpoint("+strconv.Itoa(mostPages)+")"); err != nil {
		return err
	}
	l.db.SetMaxOpenConns(1) // one writer at a time is all that SQLite has
	if l.conn, err = l.db.Conn(context.Background()); err != nil {
		return err
	}
	if err := flock.Lock(l.turn); err != nil {
		return err
	}
	err = l.migrate()
	flock.Unlock(l.turn)
	if err != nil {
		return err
	}
	l.read, err = sqlite.Read(l.path)
	if err == nil {
		l.read.SetMaxOpenConns(4)
	}
	return err
}

// look opens the file to be read.
func (l *Ledger) look() (err error) {
	if l.read, err = sqlite.Look(l.path); err != nil {
		return err
	}
	var v int
	if err = l.read.QueryRow(`pragma user_version`).Scan(&v); err == nil && v != version {
		err = l.readOnly() // it would be brought to this form
	}
	l.only = err == nil
	return err
}

func (l *Ledger) readOnly() error {
	return &say.Error{Where: l.path, What: say.T("the ledger is read-only: it can be looked at, and nothing be written", "用量账本只读：可以查看，但不能写入"),
		Next: say.T("make it writable, or copy the folder to where it is", "请使它可写，或把目录复制到可写的位置")}
}

// Close closes the file. Reservations of this opening end when it was not seen
// for a while: see holdFor.
func (l *Ledger) Close() error {
	var err error
	close(l.full)
	l.copied.Wait()
	for _, s := range l.stmts {
		s.Close()
	}
	if l.conn != nil {
		err = l.conn.Close()
	}
	for _, db := range []*sql.DB{l.read, l.db} {
		if db != nil {
			err = errors.Join(err, db.Close())
		}
	}
	for _, f := range []*os.File{l.log, l.turn} {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	return err
}

// What is written goes into SQLite's log, and from there into the file: a commit
// that did both would keep its request waiting. So another connection does the
// second every copyEvery commits, and a commit itself only for a log of mostPages
// pages, of 4 KiB.
const (
	copyEvery = 128
	mostPages = 4096
)

func (l *Ledger) copy() {
	for range l.full {
		var busy, pages, done int
		l.read.QueryRow(`pragma wal_checkpoint(passive)`).Scan(&busy, &pages, &done) // one that fails is made up for by the next
	}
}

// Path is where the file lies.
func (l *Ledger) Path() string { return l.path }

func (l *Ledger) failed(err error) error {
	if err == nil {
		return nil
	}
	if _, told := errors.AsType[*say.Error](err); told {
		return err
	}
	return &say.Error{Where: l.path, Err: err, What: say.T("the ledger cannot be used: %v", "无法使用用量账本：%v", err),
		Next: say.T("check that the disk has room and the file is a ledger", "请检查磁盘空间，以及该文件是否为账本")}
}

// A tx is the transaction that is open on the writer's connection. Its
// statements are prepared once.
type tx struct{ l *Ledger }

func (t *tx) stmt(query string) (*sql.Stmt, error) {
	s := t.l.stmts[query]
	if s == nil {
		var err error
		if s, err = t.l.conn.PrepareContext(context.Background(), query); err != nil {
			return nil, err
		}
		t.l.stmts[query] = s
	}
	return s, nil
}

// exec returns how many rows a statement changed.
func (t *tx) exec(query string, args ...any) (int64, error) {
	s, err := t.stmt(query)
	if err != nil {
		return 0, err
	}
	r, err := s.Exec(args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// put is exec of a row to be inserted. It returns the row's number, and 0 if
// there is one like it already.
func (t *tx) put(query string, args ...any) (int64, error) {
	s, err := t.stmt(query)
	if err != nil {
		return 0, err
	}
	r, err := s.Exec(args...)
	if err != nil {
		return 0, err
	}
	if n, err := r.RowsAffected(); n == 0 || err != nil {
		return 0, err
	}
	return r.LastInsertId()
}

// get reads one row.
func (t *tx) get(query string, args []any, to ...any) error {
	s, err := t.stmt(query)
	if err != nil {
		return err
	}
	return s.QueryRow(args...).Scan(to...)
}

// each reads rows.
func (t *tx) each(query string, args []any, row func(scan func(to ...any) error) error) error {
	s, err := t.stmt(query)
	if err != nil {
		return err
	}
	rows, err := s.Query(args...)
	if err != nil {
		return err
	}
	return eachRow(rows, row)
}

func eachRow(rows *sql.Rows, row func(scan func(to ...any) error) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

func micro(t time.Time) int64 { return t.UnixMicro() }

func fromMicro(n int64) time.Time { return time.UnixMicro(n).UTC() }

func impossible(what string, v any) error {
	return fmt.Errorf("ledger: an impossible %s: %+v", what, v)
}
