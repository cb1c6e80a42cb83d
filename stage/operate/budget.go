package operate

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"suiren/internal/say"
)

// Units of a budget.
const (
	Requests = "requests"
	Tokens   = "tokens" // of prompts and completions
	CPU      = "cpu"    // microseconds of the processor
)

// Periods of a budget: a day and a month begin at midnight of the machine's time
// zone; total never begins anew.
const (
	Day   = "day"
	Month = "month"
	Ever  = "total"
)

var (
	units   = []string{Requests, Tokens, CPU}
	periods = []string{Day, Month, Ever}
)

// Everyone is the caller of a budget that all callers share.
const Everyone = "*"

// A Budget bounds what a caller may use in a period.
type Budget struct {
	Caller string `json:"caller"` // name of a key, or Everyone
	Unit   string `json:"unit"`
	Period string `json:"period"`
	Amount int64  `json:"amount"`
	Used   int64  `json:"used"` // in the period, with what is reserved
}

// A Hold is what a request may use at most, reserved before it begins.
type Hold struct {
	ID     string // of the request, as Usage has it
	Caller string
	Tokens int64 // that it must have room for
	More   int64 // that it would take besides, or fewer
}

// ErrBudget is wrapped by the error of a hold that a budget does not allow.
var ErrBudget = errors.New("the budget does not allow it")

// An Exceeded is the error of Reserve.
type Exceeded struct {
	Budget Budget
	Wanted int64
	Begins time.Time // when the next period begins; zero: never
}

func (e *Exceeded) Error() string {
	return fmt.Sprintf("%s of %s a %s: %d of %d are used, and %d more were asked for", e.Budget.Unit, e.Budget.Caller, e.Budget.Period, e.Budget.Used, e.Budget.Amount, e.Wanted)
}
func (e *Exceeded) Unwrap() error { return ErrBudget }

// holdFor is how long a reservation outlives the process that made it: a
// request that a crash has ended is charged nothing, and holds its reservation
// that long.
const holdFor = time.Hour

const budgetSchema = `
create table if not exists days ( -- the sums of requests
	caller   text not null,
	day      text not null, -- 2026-11-25, in the machine's time zone
	requests integer not null,
	tokens   integer not null,
	cpu      integer not null, -- microseconds
	primary key (caller, day)
) strict, without rowid;
create table if not exists budgets (
	caller text not null,
	unit   text not null,
	period text not null,
	amount integer not null check (amount >= 0),
	primary key (caller, unit, period)
) strict, without rowid;
create table if not exists holds (
	id      text primary key,
	caller  text not null,
	tokens  integer not null check (tokens >= 0),
	expires integer not null -- microseconds since 1970
) strict;
`

// migrate brings a ledger of an earlier program to this one's form.
func (l *Ledger) migrate() error {
	var version int
	if err := l.db.QueryRow(`pragma user_version`).Scan(&version); err != nil || version >= 1 {
		return err
	}
	tx, err := l.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	// Another process may have been first.
	if err := tx.QueryRow(`pragma user_version`).Scan(&version); err != nil || version >= 1 {
		return err
	}
	if _, err := tx.Exec(budgetSchema); err != nil {
		return err
	}
	if _, err := tx.Exec(`insert into days
		select caller, date(time / 1000000, 'unixepoch', 'localtime'), count(*), sum(prompt + completion), sum(cpu) from requests group by 1, 2`); err != nil {
		return err
	}
	if _, err := tx.Exec(`pragma user_version = 1`); err != nil {
		return err
	}
	return tx.Commit()
}

// settle adds a request to the sums and ends its hold.
func settle(tx *sql.Tx, u *Usage) error {
	if _, err := tx.Exec(`insert into days values (?,?,1,?,?)
		on conflict (caller, day) do update set requests = requests + 1, tokens = tokens + excluded.tokens, cpu = cpu + excluded.cpu`,
		u.Caller, u.Time.Local().Format(time.DateOnly), u.Prompt+u.Completion, u.CPU.Microseconds()); err != nil {
		return err
	}
	_, err := tx.Exec(`delete from holds where id = ?`, u.ID)
	return err
}

// SetBudget bounds a caller. A negative amount takes the bound away.
func (l *Ledger) SetBudget(b Budget) error {
	if b.Caller == "" || !slices.Contains(units, b.Unit) || !slices.Contains(periods, b.Period) {
		return say.Errorf("a budget bounds requests, tokens or cpu, a day, a month or in total", "预算限制 requests、tokens 或 cpu，期限为 day、month 或 total")
	}
	var err error
	if b.Amount < 0 {
		_, err = l.db.Exec(`delete from budgets where caller = ? and unit = ? and period = ?`, b.Caller, b.Unit, b.Period)
	} else {
		_, err = l.db.Exec(`insert into budgets values (?,?,?,?) on conflict do update set amount = excluded.amount`, b.Caller, b.Unit, b.Period, b.Amount)
	}
	return l.failed(err)
}

// Budgets returns all budgets, and what is used of each at a time.
func (l *Ledger) Budgets(now time.Time) ([]Budget, error) {
	tx, err := l.db.Begin()
	if err != nil {
		return nil, l.failed(err)
	}
	defer tx.Rollback()
	list, err := budgets(tx, now, "")
	return list, l.failed(err)
}

// Reserve holds what a request may use, if every budget that concerns its
// caller has room for it: of requests one, of tokens those of the hold, of
// processor time any that is left. It returns how many tokens more there is room
// for. Add ends the hold; so does Release.
func (l *Ledger) Reserve(h Hold, now time.Time) (more int64, err error) {
	if h.ID == "" || h.Tokens < 0 || h.More < 0 {
		return 0, fmt.Errorf("operate: an impossible hold: %+v", h)
	}
	var bounded bool
	if err := l.db.QueryRow(`select exists (select 1 from budgets)`).Scan(&bounded); err != nil || !bounded {
		return h.More, l.failed(err)
	}
	tx, err := l.db.Begin() // immediate: nobody else writes until it ends
	if err != nil {
		return 0, l.failed(err)
	}
	defer tx.Rollback()
	list, err := budgets(tx, now, h.Caller)
	if err != nil {
		return 0, l.failed(err)
	}
	more = h.More
	for _, b := range list {
		wanted := map[string]int64{Requests: 1, Tokens: h.Tokens + min(h.More, 1), CPU: 1}[b.Unit]
		if b.Used > b.Amount-wanted {
			return 0, &Exceeded{Budget: b, Wanted: wanted, Begins: next(b.Period, now)}
		}
		if b.Unit == Tokens {
			more = min(more, b.Amount-b.Used-h.Tokens)
		}
	}
	if _, err := tx.Exec(`insert into holds values (?,?,?,?)`, h.ID, h.Caller, h.Tokens+more, now.Add(holdFor).UnixMicro()); err != nil {
		return 0, l.failed(err)
	}
	return more, l.failed(tx.Commit())
}

// Release ends a hold whose request did not begin.
func (l *Ledger) Release(id string) error {
	_, err := l.db.Exec(`delete from holds where id = ?`, id)
	return l.failed(err)
}

// budgets reads those that concern a caller, or with "" all.
func budgets(tx *sql.Tx, now time.Time, caller string) ([]Budget, error) {
	if _, err := tx.Exec(`delete from holds where expires < ?`, now.UnixMicro()); err != nil {
		return nil, err
	}
	rows, err := tx.Query(`select caller, unit, period, amount from budgets where ?1 = '' or caller in (?1, ?2) order by 1, 2, 3`, caller, Everyone)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Budget
	for rows.Next() {
		var b Budget
		if err := rows.Scan(&b.Caller, &b.Unit, &b.Period, &b.Amount); err != nil {
			return nil, err
		}
		list = append(list, b)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for i := range list {
		b := &list[i]
		var requests, tokens, cpu, held, heldTokens int64
		if err := tx.QueryRow(`select coalesce(sum(requests), 0), coalesce(sum(tokens), 0), coalesce(sum(cpu), 0) from days
			where ?1 in (caller, ?2) and day >= ?3`, b.Caller, Everyone, first(b.Period, now)).Scan(&requests, &tokens, &cpu); err != nil {
			return nil, err
		}
		if err := tx.QueryRow(`select count(*), coalesce(sum(tokens), 0) from holds where ?1 in (caller, ?2)`, b.Caller, Everyone).Scan(&held, &heldTokens); err != nil {
			return nil, err
		}
		b.Used = map[string]int64{Requests: requests + held, Tokens: tokens + heldTokens, CPU: cpu}[b.Unit]
	}
	return list, nil
}

// first is the first day of a period.
func first(period string, now time.Time) string {
	switch now = now.Local(); period {
	case Day:
		return now.Format(time.DateOnly)
	case Month:
		return now.Format("2006-01-") + "01"
	}
	return ""
}

// next is when the next period begins.
func next(period string, now time.Time) time.Time {
	y, m, d := now.Local().Date()
	switch period {
	case Day:
		return time.Date(y, m, d+1, 0, 0, 0, 0, time.Local)
	case Month:
		return time.Date(y, m+1, 1, 0, 0, 0, 0, time.Local)
	}
	return time.Time{}
}
