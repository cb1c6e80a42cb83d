package ledger

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.Local)

func open(t testing.TB, path string) *Ledger {
	t.Helper()
	l, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	l.Now = func() time.Time { return noon }
	return l
}

func fresh(t testing.TB) *Ledger {
	return open(t, filepath.Join(t.TempDir(), "a b?c%41#d", "usage.db"))
}

func used(id, key string, prompt, cached, thought, answer int64) *Trace {
	return &Trace{ID: id, Time: noon, Account: Account{Key: key, Tenant: "school"}, Supply: Supply{"r1", "tutor"}, Operation: "chat", Reason: "stop",
		Amounts: Amounts{Requests: 1, Prompt: prompt, Cached: cached, Thought: thought, Answer: answer, CPU: 1500, Energy: 15}}
}

func settle(t testing.TB, l *Ledger, list ...*Trace) {
	t.Helper()
	for _, r := range list {
		if err := l.Settle(r); err != nil {
			t.Fatal(err)
		}
	}
}

func balanced(t testing.TB, l *Ledger) (Amounts, int64) {
	t.Helper()
	sum, n, err := l.Check()
	if err != nil {
		t.Error(err)
	}
	return sum, n
}

const book = `currency = "CNY"
watts = 12
price "tutor" {
  requests = 0.001
  prompt   = 2
  cached   = 0.2
  answer   = 8
  thought  = 4
  cpu      = 0.36
}
price "*" { answer = 1 }
`

func TestSettle(t *testing.T) {
	path := filepath.Join(t.TempDir(), "usage.db")
	l := open(t, path)
	settle(t, l, used("a", "k1", 7, 3, 2, 5))
	if v, err := l.SetPrices("book", []byte(book)); v != 1 || err != nil {
		t.Fatal(v, err)
	}
	if v, err := l.SetPrices("book", []byte(book)); v != 1 || err != nil {
		t.Errorf("the same book again: %d, %v", v, err)
	}
	other := open(t, path) // another process
	for range 2 {          // a request is charged once
		settle(t, other, used("b", "k2", 1000000, 500000, 250000, 125000))
		settle(t, l, used("b", "k2", 1, 1, 1, 1))
	}
	free := used("c", "k2", 0, 0, 0, 1000000)
	free.Model, free.Tenant = "other", ""
	settle(t, l, free)
	for i, bad := range []*Trace{{}, used("", "k", 1, 1, 1, 1), used("x", "", 1, 1, 1, 1), used("x", "k", -1, 0, 0, 0), used("x", "k", 0, 0, 0, 1<<40)} {
		if l.Settle(bad) == nil {
			t.Errorf("took %d", i)
		}
	}
	// 1000 for the request, 2·1e6 + .2·.5e6 + 4·.25e6 + 8·.125e6 for tokens, and 1500 µs of 3600 s at .36: none.
	const want = 1000 + 2000000 + 100000 + 1000000 + 1000000
	list, err := l.Usage([]string{"key", "model"}, Days{}, nil)
	if err != nil || len(list) != 3 || list[0].Money != 0 || list[1].By[1] != "other" || list[1].Money != 1000000 || list[2].Money != want || list[2].Prompt != 1000000 {
		t.Errorf("%+v, %v", list, err)
	}
	school := "school"
	if list, err = other.Usage([]string{"tenant"}, Days{From: "2026-11-24", To: "2026-11-24"}, &school); err != nil || len(list) != 1 || list[0].Requests != 2 {
		t.Errorf("%+v, %v", list, err)
	}
	if list, err = other.Usage([]string{"day"}, Days{To: "2026-11-23"}, nil); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	for _, bad := range []string{"", "apples", "key; drop table entries"} {
		if _, err := l.Usage([]string{bad}, Days{}, nil); err == nil {
			t.Errorf("usage by %q", bad)
		}
	}
	if sum, n := balanced(t, l); n != 3 || sum.Money != want+1000000 {
		t.Errorf("%+v in %d entries", sum, n)
	}
	r, err := l.Find("b")
	if err != nil || r.Price != 1 || r.Amounts.Money != want || r.Key != "k2" || r.Content != nil {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestExport(t *testing.T) {
	l := fresh(t)
	settle(t, l, used("a", "=cmd()", 1, 2, 3, 4), used("b", `say "x", y`, 1, 2, 3, 4))
	var b bytes.Buffer
	if err := l.WriteCSV(&b, Days{}, nil); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(rows) != 3 || rows[1][4] != "'=cmd()" || rows[2][4] != `say "x", y` || rows[1][11] != "a" || rows[1][20] != "4" {
		t.Errorf("%q, %v", rows, err)
	}
	n := 0
	if err := l.Entries(Days{}, nil, func(e *Entry) error { n++; _, err := json.Marshal(e); return err }); err != nil || n != 2 {
		t.Errorf("%d, %v", n, err)
	}
}

// Whatever is changed behind the program's back, Check finds it.
func TestCheck(t *testing.T) {
	for _, change := range []string{
		`update traces set answer = answer + 1 where id = 'b'`, `update traces set account = 2 where id = 'a'`, `update traces set money = 1`,
		`delete from traces where id = 'b'`, `update entries set cpu = 0 where seq = 1`, `delete from entries where seq = 2`, `update entries set credit = 2`,
		`update days set energy = energy + 1`, `delete from days`, `insert into days select '2026-01-01', debit, credit, ` + names + ` from days`,
		`update traces set money = 5; update entries set money = 5; update days set money = 15`, `update budgets set held = 3`,
	} {
		l := fresh(t)
		settle(t, l, used("a", "k", 1, 2, 3, 4), used("b", "k", 1, 2, 3, 4), used("c", "x", 1, 1, 1, 1))
		r := used("d", "k", 1, 1, 1, 1)
		r.Model = "other"
		settle(t, l, r)
		if err := l.SetBudget(Budget{Scope: OfAll, Unit: Tokens, Period: Day, Amount: 100}); err != nil {
			t.Fatal(err)
		}
		balanced(t, l)
		if _, err := l.conn.ExecContext(t.Context(), `pragma foreign_keys = 0; drop trigger entries_stay; drop trigger entries_remain; `+change); err != nil {
			t.Fatal(change, err)
		}
		if _, _, err := l.Check(); !errors.Is(err, ErrUnbalanced) {
			t.Errorf("after %s: %v", change, err)
		}
	}
}

func TestBudgets(t *testing.T) {
	l := fresh(t)
	now := noon
	l.Now = func() time.Time { return now }
	set := func(scope, name, unit, period string, amount int64) {
		t.Helper()
		if err := l.SetBudget(Budget{Scope: scope, Name: name, Unit: unit, Period: period, Amount: amount}); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	reserve := func(a Account, prompt, answer, more int64) (id string, got int64, refused string) {
		t.Helper()
		n++
		id = fmt.Sprint("r", n)
		got, err := l.Reserve(&Hold{ID: id, Account: a, Model: "tutor", Prompt: prompt, Answer: answer, More: more})
		if e, ok := errors.AsType[*Exceeded](err); ok && errors.Is(err, ErrBudget) {
			return id, 0, e.Budget.Scope + " " + e.Budget.Unit
		}
		if err != nil {
			t.Fatal(err)
		}
		return id, got, ""
	}
	settle(t, l, used("before", "k", 10, 0, 0, 0)) // counts in budgets that are set later
	set(OfKey, "k", Tokens, Day, 110)
	set(OfTenant, "school", Requests, Month, 5)
	set(OfPerson, "li", Tokens, Hours, 50)
	set(OfProject, "p", Tokens, Ever, 60)
	k := Account{Key: "k"}
	a, got, _ := reserve(k, 10, 0, 1000)
	if got != 90 {
		t.Errorf("%d more of 90", got)
	}
	if _, _, refused := reserve(k, 1, 0, 0); refused != "key tokens" {
		t.Errorf("no room: %q", refused)
	}
	settle(t, l, used(a, "k", 10, 0, 0, 20)) // 40 of 110 are used
	b, got, _ := reserve(k, 0, 0, 1000)
	if got != 70 {
		t.Errorf("%d more of 70", got)
	}
	if err := l.Release(b); err != nil {
		t.Fatal(err)
	}
	if _, _, refused := reserve(k, 0, 0, 1); refused != "" {
		t.Error(refused)
	}
	// Every scope of a request must have room.
	all := Account{Key: "other", Person: "li", Project: "p", Tenant: "school"}
	c, got, _ := reserve(all, 10, 0, 1000)
	if got != 40 {
		t.Errorf("%d more of 40", got)
	}
	r := used(c, "other", 10, 0, 0, 40)
	r.Account = all
	settle(t, l, r)
	if _, _, refused := reserve(all, 1, 0, 0); refused != "person tokens" {
		t.Error(refused)
	}
	now = now.Add(5 * time.Hour) // the five hours begin with the next request
	if _, _, refused := reserve(all, 11, 0, 0); refused != "project tokens" {
		t.Error(refused)
	}
	if _, _, refused := reserve(all, 10, 0, 0); refused != "" {
		t.Error(refused)
	}
	now = now.Add(4 * time.Hour)
	school := Account{Key: "z", Tenant: "school"}
	if _, _, refused := reserve(school, 0, 0, 0); refused != "" { // with the two that settled, and one on its way, 4 of 5
		t.Error(refused)
	}
	if _, _, refused := reserve(school, 0, 0, 0); refused != "tenant requests" {
		t.Error(refused)
	}
	list, err := l.Budgets()
	if err != nil || len(list) != 4 || list[0].Used != 40 || list[1].Begins.Sub(noon) != 5*time.Hour || list[1].Used != 0 || list[1].Held != 10 {
		t.Errorf("%+v, %v", list, err)
	}
	balanced(t, l)
	set(OfTenant, "school", Requests, Month, -1)
	if _, _, refused := reserve(school, 0, 0, 0); refused != "" {
		t.Error(refused)
	}
	balanced(t, l)
	// The next day begins anew.
	now = now.AddDate(0, 0, 1)
	if _, got, _ := reserve(k, 0, 0, 1000); got != 109 { // the 1 of yesterday is on its way still
		t.Errorf("%d more of 109", got)
	}
	for _, bad := range []Budget{{Scope: OfKey, Unit: Tokens, Period: Day}, {Scope: OfAll, Name: "x", Unit: Tokens, Period: Day}, {Scope: "x", Name: "y", Unit: Tokens, Period: Day},
		{Scope: OfKey, Name: "x", Unit: "apples", Period: Day}, {Scope: OfKey, Name: "x", Unit: CPU, Period: "week"}} {
		if l.SetBudget(bad) == nil {
			t.Errorf("%+v is a budget", bad)
		}
	}
}

// Money, processor time and energy are estimated before, and counted after.
func TestBudgetsOfMoney(t *testing.T) {
	l := fresh(t)
	now := noon
	l.Now = func() time.Time { return now }
	if _, err := l.SetPrices("book", []byte(`currency = "CNY"
price "tutor" {
  prompt = 1000000 # one for a token
  answer = 3000000
}`)); err != nil {
		t.Fatal(err)
	}
	settle(t, l, used("a", "k", 5, 0, 0, 5)) // 20 of money; 150 µs and 1.5 µJ for a token
	for _, b := range []Budget{{Scope: OfModel, Name: "tutor", Unit: Money, Period: Ever, Amount: 50e6}, {Scope: OfAll, Unit: CPU, Period: Day, Amount: 4000}, {Scope: OfScenario, Name: "s", Unit: Energy, Period: Day, Amount: 20}} {
		if err := l.SetBudget(b); err != nil {
			t.Fatal(err)
		}
	}
	more, err := l.Reserve(&Hold{ID: "1", Account: Account{Key: "k"}, Model: "tutor", Prompt: 3, More: 100})
	if more != 9 || err != nil { // 30 are left: 3 for the prompt and 9 times 3
		t.Errorf("%d, %v", more, err)
	}
	if err := l.Release("1"); err != nil {
		t.Fatal(err)
	}
	more, err = l.Reserve(&Hold{ID: "2", Account: Account{Key: "k"}, Model: "free", Prompt: 1, More: 100})
	if more != 100 || err != nil { // a model that has not answered yet costs nothing known
		t.Errorf("%d, %v", more, err)
	}
	more, err = l.Reserve(&Hold{ID: "3", Account: Account{Key: "k", Scenario: "s"}, Model: "tutor", Prompt: 3, More: 100})
	if more != 9 || err != nil {
		t.Errorf("%d, %v", more, err)
	}
	balanced(t, l)
	var e *Exceeded
	if _, err := l.Reserve(&Hold{ID: "4", Account: Account{Key: "k"}, Model: "tutor", Prompt: 10, Answer: 10}); !errors.As(err, &e) || e.Budget.Unit != CPU {
		t.Errorf("%v", err)
	}
	if err := l.Release("3"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Reserve(&Hold{ID: "5", Account: Account{Key: "k"}, Model: "tutor", Prompt: 1, Answer: 10}); !errors.As(err, &e) || e.Budget.Unit != Money || e.Budget.Currency != "CNY" || e.Wanted != 31e6 {
		t.Errorf("%v", err)
	}
	if list, err := l.Budgets(); err != nil || list[1].Currency+list[2].Currency != "CNY" {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := l.SetPrices("book", []byte(`currency = "USD"`)); err == nil || !strings.Contains(err.Error(), "CNY") {
		t.Errorf("a budget of CNY became one of USD: %v", err)
	}
	if v, err := l.SetPrices("book", []byte(`currency = "CNY"`)); v != 2 || err != nil {
		t.Error(v, err)
	}
}

// What is on its way may be held against all of its budgets, of money too.
func TestPast(t *testing.T) {
	l := fresh(t)
	who := Account{Key: "cli"}
	past := func(cpu int64) string {
		e, err := l.Past(&who, "weights.tutor", &Amounts{CPU: cpu, Energy: 3 * cpu})
		if err != nil {
			t.Fatal(err)
		}
		if e == nil {
			return ""
		}
		return e.Budget.Unit
	}
	if _, err := l.SetPrices("book", []byte(`currency = "CNY"
price "*" {
  requests = 1
  cpu = 36 # a hundredth a second
}`)); err != nil {
		t.Fatal(err)
	}
	if got := past(1e9); got != "" {
		t.Errorf("%s is past a bound that nobody set", got)
	}
	for _, b := range []Budget{{Scope: OfKey, Name: "cli", Unit: Requests, Period: Day, Amount: 1}, {Scope: OfKey, Name: "cli", Unit: Energy, Period: Day, Amount: 60e6}, {Scope: OfKey, Name: "cli", Unit: Money, Period: Day, Amount: 1.1e6}} {
		if err := l.SetBudget(b); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.Reserve(&Hold{ID: "1", Account: who, Model: "weights.tutor"}); err != nil {
		t.Fatal(err)
	}
	for cpu, want := range map[int64]string{9e6: "", 11e6: Money, 21e6: Energy} {
		if got := past(cpu); got != want {
			t.Errorf("%d µs: %q, not %q", cpu, got, want)
		}
	}
}

// Whoever asks at once, in two processes on one file, and whatever ends without a
// word: what is used never passes the budget, and all adds up.
func TestBudgetHolds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "usage.db")
	ledgers := []*Ledger{open(t, path), open(t, path)}
	const amount = 2500
	if err := ledgers[0].SetBudget(Budget{Scope: OfAll, Unit: Tokens, Period: Day, Amount: amount}); err != nil {
		t.Fatal(err)
	}
	var allowed, refused, lost atomic.Int64
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(g), 1))
			l := ledgers[g%2]
			for i := range 25 {
				id, want := fmt.Sprintf("%d-%d", g, i), r.Int64N(100)
				more, err := l.Reserve(&Hold{ID: id, Account: Account{Key: fmt.Sprint("key", g)}, Model: "tutor", Prompt: want, More: int64(i % 3)})
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
				answer := r.Int64N(want + more + 1)
				for range 1 + r.IntN(2) { // told twice, it counts once
					if err := l.Settle(used(id, fmt.Sprint("key", g), 0, 0, 0, answer)); err != nil {
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
	sum, n := balanced(t, ledgers[1])
	if sum.Tokens() > amount || n != allowed.Load()-lost.Load() {
		t.Errorf("%d tokens of %d in %d requests, %d were allowed and %d lost", sum.Tokens(), amount, n, allowed.Load(), lost.Load())
	}
	list, err := ledgers[0].Budgets()
	if err != nil || list[0].Used != sum.Tokens() || list[0].Held == 0 {
		t.Errorf("%+v, %v; the requests have %d", list, err, sum.Tokens())
	}
	// The holds of processes that are not seen any more go.
	third := open(t, path)
	third.Now = func() time.Time { return noon.Add(holdFor + time.Second) }
	if err := third.Beat(); err != nil {
		t.Fatal(err)
	}
	if list, err = third.Budgets(); err != nil || list[0].Held != 0 || list[0].Used != sum.Tokens() {
		t.Errorf("%+v, %v", list, err)
	}
	balanced(t, third)
}

func TestOpenOther(t *testing.T) {
	path := filepath.Join(t.TempDir(), "other.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if l, err := Open(path); err == nil {
		l.Close()
		t.Error("opened what is no ledger")
	}
}
