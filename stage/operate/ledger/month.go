package ledger

import (
	"strconv"
	"time"

	"suiren/internal/say"
)

// A Closed month has its sums, and takes no more entries: neither do those
// before it.
type Closed struct {
	Month   string    `json:"month"` // 2026-11
	Time    time.Time `json:"time"`
	Actor   string    `json:"actor"`
	Entries int64     `json:"entries"`
	Amounts Amounts   `json:"amounts"`
}

// CloseMonth closes a month that is over, and all before it that have entries. It
// returns those that it closed, that month last.
func (l *Ledger) CloseMonth(month, actor string) (list []Closed, err error) {
	begins, err := time.ParseInLocation("2006-01", month, time.Local)
	now := l.Now()
	if err != nil || begins.AddDate(0, 1, 0).After(now) {
		return nil, &say.Error{Where: month, What: say.T("this is no month that is over", "这不是已经结束的月份"), Next: say.T("give one that has ended, like 2026-10", "请给出已经结束的月份，如 2026-10")}
	}
	err = l.write(true, func(t *tx) error {
		t.l.known = known{}
		list = nil
		var last string
		if err := t.get(`select coalesce(max(month), '') from months`, nil, &last); err != nil {
			return err
		}
		if last >= month {
			return refuse(say.Errorf("%s is closed already", "%s 已经结账", last))
		}
		err := t.each(`select substr(day, 1, 7) as m, count(*), `+sums+` from entries where m > ? and m <= ? group by m order by m`, []any{last, month}, func(scan func(...any) error) error {
			c := Closed{Time: now.UTC(), Actor: actor}
			err := scan(append([]any{&c.Month, &c.Entries}, c.Amounts.dest()...)...)
			list = append(list, c)
			return err
		})
		if n := len(list); err == nil && (n == 0 || list[n-1].Month != month) { // nothing was used in it
			list = append(list, Closed{Month: month, Time: now.UTC(), Actor: actor})
		}
		for _, c := range list {
			if err == nil {
				_, err = t.exec(`insert into months (month, time, actor, entries, `+names+`) values (?,?,?,?, ?,?,?,?,?,?,?,?)`,
					append([]any{c.Month, micro(now), actor, c.Entries}, c.Amounts.values()...)...)
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// Months returns the closed months, the first first.
func (l *Ledger) Months() ([]Closed, error) {
	rows, err := l.read.Query(`select month, time, actor, entries, ` + names + ` from months order by month`)
	if err != nil {
		return nil, l.failed(err)
	}
	list := []Closed{}
	err = eachRow(rows, func(scan func(...any) error) error {
		var c Closed
		var at int64
		err := scan(append([]any{&c.Month, &at, &c.Actor, &c.Entries}, c.Amounts.dest()...)...)
		c.Time = fromMicro(at)
		list = append(list, c)
		return err
	})
	return list, l.failed(err)
}

// Charged is what an entry charges, with its corrections.
func (l *Ledger) Charged(charge int64) (is Amounts, err error) {
	var one bool
	err = l.read.QueryRow(`select coalesce(max(kind = 'charge'), 0), `+sums+` from entries where seq = ?1 or corrects = ?1`, charge).Scan(append([]any{&one}, is.dest()...)...)
	if err == nil && !one {
		return is, noCharge(charge)
	}
	return is, l.failed(err)
}

func noCharge(number int64) error {
	return &say.Error{Where: strconv.FormatInt(number, 10), What: say.T("no charge has this number", "没有这个编号的计费分录"), Next: say.T("suiren usage export lists them", "用 suiren usage export 查看")}
}

// Correct takes back what an entry charged, wholly, and charges amounts instead,
// priced as the entry was. The entry stays: the correction is one of its own, in the month that
// is open. What was corrected once is corrected again by the charge's number.
func (l *Ledger) Correct(charge int64, want Amounts, actor, why string) (seq int64, err error) {
	if actor == "" || why == "" || want.Money != 0 || !want.possible() {
		return 0, say.Errorf("a correction has amounts, an actor and a reason", "更正需要数额、操作者和原因")
	}
	err = l.write(true, func(t *tx) error {
		var account, supply int64
		var version *int64
		var model string
		err := t.get(`select e.debit, e.credit, e.price, s.model from entries e join supplies s on s.id = e.credit where e.seq = ? and e.kind = 'charge'`,
			[]any{charge}, &account, &supply, &version, &model)
		if isNone(err) {
			return refuse(noCharge(charge))
		}
		if err != nil {
			return err
		}
		var is Amounts
		if err := t.get(`select `+sums+` from entries where seq = ?1 or corrects = ?1`, []any{charge}, is.dest()...); err != nil {
			return err
		}
		delta := want
		var price any
		if version != nil {
			price = *version
			var text string
			if err := t.get(`select book from prices where version = ?`, []any{*version}, &text); err != nil {
				return err
			}
			b, err := ParseBook("prices", []byte(text))
			if err != nil {
				return err
			}
			delta.Money = b.cost(model, &want)
		}
		fields := delta.fields()
		for i, f := range is.fields() {
			*fields[i] -= *f
		}
		seq, err = t.post("correction", account, supply, nil, charge, price, actor, why, &delta)
		return err
	})
	return seq, err
}
