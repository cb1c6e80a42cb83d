package operate

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func openLedger(t *testing.T, path string) *Ledger {
	t.Helper()
	l, err := OpenLedger(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func TestBudgets(t *testing.T) {
	l := openLedger(t, filepath.Join(t.TempDir(), "usage.db"))
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.Local)
	for _, b := range []Budget{{Caller: "class", Unit: Tokens, Period: Day, Amount: 100}, {Caller: Everyone, Unit: Requests, Period: Month, Amount: 4}} {
		if err := l.SetBudget(b); err != nil {
			t.Fatal(err)
		}
	}
	reserve := func(id, caller string, tokens int64, at time.Time) string {
		_, err := l.Reserve(Hold{ID: id, Caller: caller, Tokens: tokens}, at)
		e, ok := errors.AsType[*Exceeded](err)
		if err != nil && (!ok || !errors.Is(err, ErrBudget)) {
			t.Fatal(err)
		}
		if ok {
			return e.Budget.Unit
		}
		return ""
	}
	for _, c := range []struct {
		id, caller string
		tokens     int64
		want       string
	}{
		{"a", "class", 101, Tokens},
		{"a", "class", 60, ""},
		{"b", "class", 60, Tokens}, // 60 are held
		{"b", "other", 1e9, ""},    // has no bound of tokens
		{"c", "class", 40, ""},
		{"d", "other", 0, ""},
		{"e", "other", 0, Requests}, // the fifth of the month
	} {
		if got := reserve(c.id, c.caller, c.tokens, now); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
	// Of the 60 that were held, 10 are used.
	if err := l.Add(Usage{ID: "a", Time: now, Caller: "class", Prompt: 4, Completion: 6}); err != nil {
		t.Fatal(err)
	}
	if err := l.Release("d"); err != nil {
		t.Fatal(err)
	}
	if got := reserve("f", "class", 51, now); got != Tokens {
		t.Errorf("51 more: %q", got)
	}
	if got := reserve("f", "class", 50, now); got != "" {
		t.Errorf("50 more: %q", got)
	}
	list, err := l.Budgets(now)
	if err != nil || len(list) != 2 || list[0].Used != 4 || list[1].Used != 100 {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := l.Reserve(Hold{ID: "m", Caller: "class", Tokens: 0, More: 1}, now); !errors.Is(err, ErrBudget) {
		t.Errorf("no room at all: %v", err)
	}
	// Holds outlive a crash for an hour. The next day and month begin anew.
	if got := reserve("g", "class", 1, now.Add(holdFor-time.Minute)); got == "" {
		t.Error("holds are gone before their time")
	}
	later := now.Add(holdFor + time.Second)
	if got := reserve("g", "class", 90, later); got != "" {
		t.Errorf("after the holds: %q", got)
	}
	if got := reserve("h", "class", 1, later); got != Tokens {
		t.Errorf("the day is used up: %q", got)
	}
	if more, err := l.Reserve(Hold{ID: "h", Caller: "class", Tokens: 30, More: 1000}, now.AddDate(0, 0, 1)); more != 70 || err != nil {
		t.Errorf("the next day: %d more, %v", more, err)
	}
	if err := l.SetBudget(Budget{Caller: "class", Unit: Tokens, Period: Day, Amount: -1}); err != nil {
		t.Fatal(err)
	}
	if got := reserve("i", "class", 1e6, now.AddDate(0, 0, 1)); got != "" {
		t.Errorf("without a bound: %q", got)
	}
	for _, b := range []Budget{{Caller: "", Unit: Tokens, Period: Day}, {Caller: "x", Unit: "apples", Period: Day}, {Caller: "x", Unit: CPU, Period: "week"}} {
		if err := l.SetBudget(b); err == nil {
			t.Errorf("%+v is a budget", b)
		}
	}
}

// Whoever asks at once, in two processes on one file, and whatever ends without a
// word: what is used never passes the budget, and the sums are those of the
// requests.
func TestBudgetHolds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "usage.db")
	ledgers := []*Ledger{openLedger(t, path), openLedger(t, path)}
	const amount = 2500
	if err := ledgers[0].SetBudget(Budget{Caller: Everyone, Unit: Tokens, Period: Day, Amount: amount}); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	var allowed, refused, lost atomic.Int64
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(g), 1))
			l := ledgers[g%2]
			for i := range 25 {
				id, want := fmt.Sprintf("%d-%d", g, i), r.Int64N(100)
				more, err := l.Reserve(Hold{ID: id, Caller: fmt.Sprint("key", g), Tokens: want, More: int64(i % 3)}, now)
				if err != nil {
					if !errors.Is(err, ErrBudget) {
						t.Error(err)
					}
					refused.Add(1)
					continue
				}
				allowed.Add(1)
				if r.IntN(10) == 0 { // the process dies
					lost.Add(1)
					continue
				}
				used := r.Int64N(want + more + 1)
				for range 1 + r.IntN(2) { // told twice, it counts once
					if err := l.Add(Usage{ID: id, Time: now, Caller: fmt.Sprint("key", g), Completion: used}); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	if allowed.Load() < 50 || refused.Load() < 20 || lost.Load() < 5 {
		t.Errorf("%d allowed, %d refused, %d lost: too little was tried", allowed.Load(), refused.Load(), lost.Load())
	}
	totals, err := ledgers[1].Totals(time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	sum, requests := int64(0), int64(0)
	for _, c := range totals {
		sum, requests = sum+c.Completion, requests+c.Requests
	}
	if sum > amount || requests != allowed.Load()-lost.Load() {
		t.Errorf("%d tokens of %d in %d requests, %d were allowed and %d lost", sum, amount, requests, allowed.Load(), lost.Load())
	}
	list, err := ledgers[0].Budgets(now.Add(2 * holdFor))
	if err != nil || now.Day() == now.Add(2*holdFor).Day() && list[0].Used != sum {
		t.Errorf("%+v, %v; the requests have %d", list, err, sum)
	}
}

// A ledger of an earlier program has no sums yet.
func TestOldLedger(t *testing.T) {
	path := filepath.Join(t.TempDir(), "usage.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	if _, err = db.Exec(ledgerSchema); err == nil {
		_, err = db.Exec(`insert into requests values ('a',?1,'k','r','stop',5,7,0,10), ('b',?1,'k','r','stop',1,1,1,20)`, now.UnixMicro())
	}
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	for range 2 {
		l := openLedger(t, path)
		if err := l.SetBudget(Budget{Caller: "k", Unit: Tokens, Period: Ever, Amount: 20}); err != nil {
			t.Fatal(err)
		}
		if list, err := l.Budgets(now); err != nil || len(list) != 1 || list[0].Used != 14 {
			t.Errorf("%+v, %v", list, err)
		}
	}
}
