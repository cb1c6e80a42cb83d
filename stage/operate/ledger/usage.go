package ledger

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"suiren/internal/say"
)

// Groups are what usage may be added up by.
var Groups = []string{"key", "person", "project", "tenant", "scenario", "model", "release", "day", "month"}

var groupColumn = map[string]string{"key": "a.key", "person": "a.person", "project": "a.project", "tenant": "a.tenant", "scenario": "a.scenario",
	"model": "s.model", "release": "s.release", "day": "d.day", "month": "substr(d.day, 1, 7)"}

// A Total is what a group used.
type Total struct {
	By      []string `json:"by"` // in the order of the groups that were asked for
	Amounts `json:"amounts"`
}

// Days are a span of days, both in it; "" is open.
type Days struct{ From, To string }

// Usage adds up the entries of some days by groups; of one tenant, if tenant is not nil.
func (l *Ledger) Usage(by []string, days Days, tenant *string) ([]Total, error) {
	var columns []string
	for _, g := range by {
		c := groupColumn[g]
		if c == "" {
			return nil, say.Errorf("usage is added up by %s, not by %q", "用量可按 %s 汇总，不能按 %q", Groups, g)
		}
		columns = append(columns, c)
	}
	for _, d := range []string{days.From, days.To} {
		if _, err := time.Parse(time.DateOnly, d); d != "" && err != nil {
			return nil, say.Errorf("%q is no day; write it like %s", "%q 不是日期；请写成 %s 的样子", d, time.DateOnly)
		}
	}
	if len(columns) == 0 {
		return nil, say.Errorf("usage is added up by something", "请指明按什么汇总用量")
	}
	list := []Total{}
	group := strings.Join(columns, ", ")
	args := []any{days.From, days.To}
	filter := ""
	if tenant != nil {
		filter, args = " and a.tenant = ?3", append(args, *tenant)
	}
	rows, err := l.read.Query(`select `+group+`, `+strings.ReplaceAll(sums, "sum(", "sum(d.")+` from days d join accounts a on a.id = d.debit join supplies s on s.id = d.credit
		where (?1 = '' or d.day >= ?1) and (?2 = '' or d.day <= ?2)`+filter+` group by `+group+` order by `+group, args...)
	if err != nil {
		return nil, l.failed(err)
	}
	err = eachRow(rows, func(scan func(...any) error) error {
		t := Total{By: make([]string, len(by))}
		var to []any
		for i := range t.By {
			to = append(to, &t.By[i])
		}
		err := scan(append(to, t.dest()...)...)
		list = append(list, t)
		return err
	})
	return list, l.failed(err)
}

// An Entry is a row of the ledger.
type Entry struct {
	Seq      int64     `json:"seq"`
	Time     time.Time `json:"time"`
	Day      string    `json:"day"`
	Kind     string    `json:"kind"` // charge, correction
	Account  `json:"account"`
	Supply   `json:"supply"`
	Trace    string  `json:"trace,omitempty"` // id
	Corrects int64   `json:"corrects,omitempty"`
	Actor    string  `json:"actor,omitempty"`
	Why      string  `json:"why,omitempty"`
	Price    int64   `json:"price,omitempty"` // version of the price book
	Amounts  Amounts `json:"amounts"`
}

// Entries hands the entries of some days to see, in their order.
func (l *Ledger) Entries(days Days, tenant *string, see func(*Entry) error) error {
	filter, args := "", []any{days.From, days.To}
	if tenant != nil {
		filter, args = " and a.tenant = ?3", append(args, *tenant)
	}
	rows, err := l.read.Query(`select e.seq, e.time, e.day, e.kind, a.key, a.person, a.project, a.tenant, a.scenario, s.release, s.model, coalesce(t.id, ''), coalesce(e.corrects, 0), e.actor, e.why, coalesce(e.price, 0),
		e.requests, e.prompt, e.cached, e.thought, e.answer, e.cpu, e.energy, e.money
		from entries e join accounts a on a.id = e.debit join supplies s on s.id = e.credit left join traces t on t.seq = e.trace
		where (?1 = '' or e.day >= ?1) and (?2 = '' or e.day <= ?2)`+filter+` order by e.seq`, args...)
	if err != nil {
		return l.failed(err)
	}
	return l.failed(eachRow(rows, func(scan func(...any) error) error {
		var e Entry
		var at int64
		to := []any{&e.Seq, &at, &e.Day, &e.Kind, &e.Key, &e.Person, &e.Project, &e.Tenant, &e.Scenario, &e.Release, &e.Model, &e.Trace, &e.Corrects, &e.Actor, &e.Why, &e.Price}
		if err := scan(append(to, e.Amounts.dest()...)...); err != nil {
			return err
		}
		e.Time = fromMicro(at)
		return see(&e)
	}))
}

// WriteCSV writes entries as CSV (RFC 4180). A text that a spreadsheet would take for a
// formula gets a ' before it.
func (l *Ledger) WriteCSV(w io.Writer, days Days, tenant *string) error {
	c := csv.NewWriter(w)
	if err := c.Write([]string{"seq", "time", "day", "kind", "key", "person", "project", "tenant", "scenario", "release", "model", "trace", "corrects", "actor", "why", "price_version",
		"requests", "prompt_tokens", "cached_tokens", "thought_tokens", "answer_tokens", "cpu_microseconds", "energy_microjoules", "money_millionths"}); err != nil {
		return err
	}
	n := func(v int64) string { return strconv.FormatInt(v, 10) }
	err := l.Entries(days, tenant, func(e *Entry) error {
		row := []string{n(e.Seq), e.Time.Format(time.RFC3339Nano), e.Day, e.Kind, e.Key, e.Person, e.Project, e.Tenant, e.Scenario, e.Release, e.Model, e.Trace, n(e.Corrects), e.Actor, e.Why, n(e.Price)}
		for i, s := range row {
			if s != "" && slices.Contains([]byte("=+-@\t\r"), s[0]) {
				row[i] = "'" + s
			}
		}
		for _, f := range e.Amounts.fields() {
			row = append(row, n(*f))
		}
		return c.Write(row)
	})
	c.Flush()
	if err == nil {
		err = c.Error()
	}
	return err
}

// ErrUnbalanced is wrapped by what Check returns of a ledger that does not add up.
var ErrUnbalanced = errors.New("the ledger does not add up")

func unbalanced(en, zh string, args ...any) error {
	return &say.Error{What: say.T(en, zh, args...), Err: ErrUnbalanced,
		Next: say.T("keep the file as it is, and find out who changed it", "请原样保留该文件，并查明是谁改动的")}
}

// Check adds the whole ledger up: each trace has one charge of the same amounts,
// to the same account, of the same supply; the money is what the price book of its
// version says; the sums by day are those of the entries; the closed months are
// what they were; what budgets hold is what requests hold of them. It returns the sum of all
// entries and their number.
func (l *Ledger) Check() (sum Amounts, entries int64, err error) {
	err = l.write(false, func(t *tx) error {
		sum = Amounts{}
		if err := t.check(); err != nil {
			return refuse(err)
		}
		return t.get(`select count(*), `+sums+` from entries`, nil, append([]any{&entries}, sum.dest()...)...)
	})
	return sum, entries, err
}

var equalColumns = func() string {
	var list []string
	for _, c := range strings.Split(names, ", ") {
		list = append(list, "e."+c+" = t."+c)
	}
	return strings.Join(list, " and ")
}()

func (t *tx) check() error {
	for _, c := range []struct{ query, en, zh string }{
		{`select t.id from traces t left join entries e on e.trace = t.seq where e.seq is null or not (e.debit = t.account and e.credit = t.supply and ` + equalColumns + `)`,
			"the trace %s is not what its entry charges", "记录 %s 与其分录的计费不符"},
		{`select e.seq from entries e left join traces t on t.seq = e.trace where e.kind = 'charge' and t.seq is null`, "entry %s charges no trace", "第 %s 条分录没有对应的记录"},
		{`select day from (select day, debit, credit, ` + sums + ` from entries group by 1, 2, 3 except select day, debit, credit, ` + names + ` from days)`,
			"the sums of %s are not those of its entries", "%s 的合计与分录不符"},
		{`select day from (select day, debit, credit, ` + names + ` from days except select day, debit, credit, ` + sums + ` from entries group by 1, 2, 3)`,
			"the sums of %s are not those of its entries", "%s 的合计与分录不符"},
		{`select month from (select month, entries, ` + names + ` from months except select substr(day, 1, 7), count(*), ` + sums + ` from entries group by 1) where entries > 0`,
			"the closed month %s is not what it was", "已结账月份 %s 与结账时不符"},
		{`select month from months where entries = 0 and exists (select 1 from days where substr(day, 1, 7) = month)`,
			"the closed month %s is not what it was", "已结账月份 %s 与结账时不符"},
		{`select scope || ' ' || name from budgets b where held != (select coalesce(sum(amount), 0) from parts where budget = b.id)`,
			"what the budget of %s holds is not what its requests hold", "%s 的预算预留与请求的预留不符"},
	} {
		var where string
		err := t.get(c.query+` limit 1`, nil, &where)
		if err == nil {
			return unbalanced(c.en, c.zh, where)
		}
		if !isNone(err) {
			return err
		}
	}
	books := map[int64]*Book{0: nil}
	if err := t.each(`select version, book from prices`, nil, func(scan func(...any) error) error {
		var v int64
		var text string
		if err := scan(&v, &text); err != nil {
			return err
		}
		b, err := ParseBook("prices", []byte(text))
		books[v] = b
		return err
	}); err != nil {
		return err
	}
	return t.each(`select e.seq, s.model, coalesce(e.price, 0), e.requests, e.prompt, e.cached, e.thought, e.answer, e.cpu, e.energy, e.money
		from entries e join supplies s on s.id = e.credit where e.kind = 'charge'`, nil, func(scan func(...any) error) error {
		var seq, version int64
		var model string
		var a Amounts
		if err := scan(append([]any{&seq, &model, &version}, a.dest()...)...); err != nil {
			return err
		}
		if want := books[version].cost(model, &a); want != a.Money {
			return unbalanced("entry %d charges %d millionths, and the price book %d says %d", "第 %d 条分录计费 %d（百万分之一），而价目 %d 算出 %d", seq, a.Money, version, want)
		}
		return nil
	})
}
