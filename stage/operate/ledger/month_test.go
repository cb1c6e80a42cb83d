package ledger

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestMonths(t *testing.T) {
	l := fresh(t)
	settle(t, l, used("a", "k", 10, 0, 0, 10), used("b", "k", 1, 0, 0, 1))
	for _, m := range []string{"2026-11", "2026-12", "x", "2026-13"} {
		if _, err := l.CloseMonth(m, "me"); err == nil {
			t.Errorf("closed %s in November", m)
		}
	}
	l.Now = func() time.Time { return noon.AddDate(0, 1, 0) }
	closed, err := l.CloseMonth("2026-11", "me")
	if err != nil || len(closed) != 1 || closed[0].Entries != 2 || closed[0].Amounts.Prompt != 11 {
		t.Fatalf("%+v, %v", closed, err)
	}
	for _, m := range []string{"2026-11", "2026-10"} {
		if _, err := l.CloseMonth(m, "me"); err == nil {
			t.Errorf("closed %s again", m)
		}
	}
	if seq, err := l.Correct(1, Amounts{Requests: 1, Prompt: 4}, "me", "a test run"); seq != 3 || err != nil {
		t.Error(seq, err)
	}
	if _, err := l.Correct(1, Amounts{Requests: 1, Prompt: 6}, "me", "no, 6"); err != nil {
		t.Error(err)
	}
	if got, err := l.Charged(1); err != nil || got != (Amounts{Requests: 1, Prompt: 6}) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, n := range []int64{0, 3, 9} {
		if got, err := l.Charged(n); err == nil {
			t.Errorf("entry %d charges %+v", n, got)
		}
	}
	for _, bad := range []func() (int64, error){
		func() (int64, error) { return l.Correct(3, Amounts{}, "me", "of a correction") },
		func() (int64, error) { return l.Correct(9, Amounts{}, "me", "of none") },
		func() (int64, error) { return l.Correct(1, Amounts{}, "", "of nobody") },
		func() (int64, error) { return l.Correct(1, Amounts{Prompt: -1}, "me", "less than nothing") },
	} {
		if _, err := bad(); err == nil {
			t.Error("an impossible correction was taken")
		}
	}
	// A clock that was set back does not open the month.
	l.Now = func() time.Time { return noon }
	settle(t, l, used("c", "k", 100, 0, 0, 0))
	list, err := l.Usage([]string{"month"}, Days{}, nil)
	if err != nil || len(list) != 2 || list[0].Prompt != 11 || list[1].Prompt != 6-10+100 || list[1].Answer != -10 {
		t.Errorf("%+v, %v", list, err)
	}
	balanced(t, l)
	if got, err := l.Months(); err != nil || len(got) != 1 || got[0] != closed[0] {
		t.Errorf("%+v, %v", got, err)
	}
	for _, q := range []string{`update entries set prompt = 0`, `delete from entries`, `update months set prompt = 0`, `delete from months`,
		`insert into entries (time, day, kind, debit, credit, trace, actor, why, ` + names + `) select time, day, kind, debit, credit, 99, actor, why, ` + names + ` from entries limit 1`,
		`insert into entries (time, day, kind, debit, credit, trace, actor, why, ` + names + `) select time, '2027-01-01', kind, debit, credit, 1, actor, why, ` + names + ` from entries limit 1`} {
		if _, err := l.conn.ExecContext(t.Context(), q); err == nil {
			t.Errorf("the database allows %s", q)
		}
	}
}

// A month ends at midnight of the machine's time zone. A request belongs to the day on
// which it ended, and costs what was in force then; closing a month closes those
// before it, each with its sums.
func TestMonthEnds(t *testing.T) {
	zone := time.Local
	defer func() { time.Local = zone }()
	time.Local = time.FixedZone("CST", 8*3600)
	l := fresh(t)
	at := func(text string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04:05", text, time.Local)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	ended := func(id, began, ended string) {
		t.Helper()
		r := used(id, "k", 1_000_000, 0, 0, 0)
		r.Time, l.Now = at(began), func() time.Time { return at(ended) }
		settle(t, l, r)
	}
	price := func(text string) {
		t.Helper()
		if _, err := l.SetPrices("book", []byte("currency = \"CNY\"\nprice \"*\" {\n  prompt = "+text+"\n}")); err != nil {
			t.Fatal(err)
		}
	}
	l.Now = func() time.Time { return at("2026-08-01 00:00:00") }
	if err := l.SetBudget(Budget{Scope: OfKey, Name: "k", Unit: Requests, Period: Month, Amount: 9}); err != nil {
		t.Fatal(err)
	}
	price("2")
	ended("august", "2026-08-31 23:59:59", "2026-08-31 23:59:59") // 15:59:59 UTC
	ended("september", "2026-09-01 00:00:00", "2026-09-01 00:00:00")
	price("0.123457")
	ended("october", "2026-10-15 10:00:00", "2026-10-31 23:59:59")
	if _, err := l.CloseMonth("2026-10", "me"); err == nil {
		t.Error("closed October a second before it was over")
	}
	l.Now = func() time.Time { return at("2026-11-01 00:00:00") }
	closed, err := l.CloseMonth("2026-10", "me")
	var got []string
	for _, c := range closed {
		got = append(got, fmt.Sprint(c.Month, " ", c.Entries, " ", c.Amounts.Money))
	}
	if want := "2026-08 1 2000000;2026-09 1 2000000;2026-10 1 123457"; err != nil || strings.Join(got, ";") != want {
		t.Errorf("closed %q, want %s, %v", got, want, err)
	}
	price("3")
	ended("over midnight", "2026-10-31 23:59:30", "2026-11-01 00:00:30")
	list, err := l.Usage([]string{"month"}, Days{From: "2026-11-01"}, nil)
	if err != nil || len(list) != 1 || list[0].By[0] != "2026-11" || list[0].Money != 3_000_000 {
		t.Errorf("%+v, %v", list, err)
	}
	if b, err := l.Budgets(); err != nil || b[0].Used != 1 || !b[0].Next.Equal(at("2026-12-01 00:00:00")) {
		t.Errorf("%+v, %v", b, err)
	}
	time.Local = time.FixedZone("", -11*3600) // the machine is moved, and it is October there
	ended("moved", "2026-10-31 06:00:00", "2026-10-31 07:00:00")
	if list, err = l.Usage([]string{"month"}, Days{}, nil); err != nil || len(list) != 4 || list[3].Requests != 2 {
		t.Errorf("%+v, %v", list, err)
	}
	sum, n := balanced(t, l)
	var file bytes.Buffer
	if err := l.WriteCSV(&file, Days{}, nil); err != nil || n != 5 || strings.Count(file.String(), "\n") != 6 {
		t.Errorf("%v: %s", err, &file)
	}
	var money int64
	for _, line := range strings.Split(strings.TrimSpace(file.String()), "\n")[1:] {
		v, err := strconv.ParseInt(line[strings.LastIndex(line, ",")+1:], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		money += v
	}
	if money != sum.Money {
		t.Errorf("the CSV sums to %d, the ledger to %d", money, sum.Money)
	}
	if _, err := l.CloseMonth("2026-10", "me"); err == nil {
		t.Error("closed October twice")
	}
}
