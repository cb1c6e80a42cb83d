package operate

import (
	"database/sql"
	"errors"
	"fmt"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite", in Go

	"suiren/internal/say"
)

// A Usage is what one request used, in whole units: sums are exact.
type Usage struct {
	ID         string
	Time       time.Time
	Caller     string // name of the key or session
	Release    string // digest
	Reason     string // stop, length, content_filter, cancelled, error
	Prompt     int64  // tokens
	Completion int64  // tokens, reasoning among them
	Reasoning  int64  // tokens
	CPU        time.Duration
}

// A Total is what the requests of one caller used.
type Total struct {
	Caller                                  string
	Requests, Prompt, Completion, Reasoning int64
	CPU                                     time.Duration
}

// A Ledger is the SQLite file of what was used. It may be used by many
// goroutines, and by more than one process.
type Ledger struct {
	db   *sql.DB
	path string
}

const ledgerSchema = `
create table if not exists requests (
	id         text primary key,
	time       integer not null, -- microseconds since 1970
	caller     text not null,
	release    text not null,
	reason     text not null,
	prompt     integer not null check (prompt >= 0),
	completion integer not null check (completion >= 0),
	reasoning  integer not null check (reasoning between 0 and completion),
	cpu        integer not null check (cpu >= 0) -- microseconds
) strict;
create index if not exists requests_time on requests (time);
`

// OpenLedger opens or makes the file.
func OpenLedger(path string) (*Ledger, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) // SQLite would let others read it
	if err != nil {
		return nil, err
	}
	f.Close()
	dsn := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(),
		RawQuery: "_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)&_pragma=synchronous(full)&_txlock=immediate"}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // one writer at a time is all that SQLite has
	l := &Ledger{db, path}
	if _, err = db.Exec(ledgerSchema); err == nil {
		err = l.migrate()
	}
	if err != nil {
		db.Close()
		return nil, l.failed(err)
	}
	return l, nil
}

// Add writes down a request. When it returns the request is on the disk. The
// same id a second time changes nothing: a request is counted once.
func (l *Ledger) Add(u Usage) error {
	if u.ID == "" {
		return errors.New("operate: usage without an id")
	}
	if u.Prompt < 0 || u.Completion < 0 || u.Reasoning < 0 || u.Reasoning > u.Completion || u.CPU < 0 {
		return fmt.Errorf("operate: usage of %s is impossible: %+v", u.ID, u)
	}
	tx, err := l.db.Begin()
	if err != nil {
		return l.failed(err)
	}
	defer tx.Rollback()
	r, err := tx.Exec(`insert into requests values (?,?,?,?,?,?,?,?,?) on conflict (id) do nothing`,
		u.ID, u.Time.UnixMicro(), u.Caller, u.Release, u.Reason, u.Prompt, u.Completion, u.Reasoning, u.CPU.Microseconds())
	if err != nil {
		return l.failed(err)
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return l.failed(err)
	}
	if err := settle(tx, &u); err != nil {
		return l.failed(err)
	}
	return l.failed(tx.Commit())
}

// Totals returns what each caller used from since (zero: the beginning), by
// the name of the caller.
func (l *Ledger) Totals(since time.Time) ([]Total, error) {
	from := int64(math.MinInt64)
	if !since.IsZero() {
		from = since.UnixMicro()
	}
	rows, err := l.db.Query(`select caller, count(*), sum(prompt), sum(completion), sum(reasoning), sum(cpu)
		from requests where time >= ? group by caller order by caller`, from)
	if err != nil {
		return nil, l.failed(err)
	}
	defer rows.Close()
	var list []Total
	for rows.Next() {
		var t Total
		var cpu int64
		if err := rows.Scan(&t.Caller, &t.Requests, &t.Prompt, &t.Completion, &t.Reasoning, &cpu); err != nil {
			return nil, l.failed(err)
		}
		t.CPU = time.Duration(cpu) * time.Microsecond
		list = append(list, t)
	}
	return list, l.failed(rows.Err())
}

// Close closes the file.
func (l *Ledger) Close() error { return l.db.Close() }

func (l *Ledger) failed(err error) error {
	if err == nil {
		return nil
	}
	return &say.Error{Where: l.path, Err: err, What: say.T("the ledger cannot be used: %v", "无法使用用量账本：%v", err),
		Next: say.T("check that the disk has room and the file is a ledger", "请检查磁盘空间，以及该文件是否为账本")}
}
