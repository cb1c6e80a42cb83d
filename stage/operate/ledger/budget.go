package ledger

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"time"

	"suiren/internal/say"
)

// Units of a budget.
const (
	Requests = "requests"
	Tokens   = "tokens" // of prompts, cached or not, thoughts and answers
	CPU      = "cpu"    // microseconds of the processor
	Energy   = "energy" // microjoules
	Money    = "money"  // millionths of the price book's currency
)

// Periods of a budget. A day and a month begin at midnight of the machine's time
// zone; five hours begin with the first request after the last five ended; total
// never begins anew.
const (
	Hours = "5h"
	Day   = "day"
	Month = "month"
	Ever  = "total"
)

// Scopes of a budget.
const (
	OfKey      = "key"
	OfPerson   = "person"
	OfProject  = "project"
	OfTenant   = "tenant"
	OfScenario = "scenario"
	OfModel    = "model"
	OfAll      = "all" // its name is ""
)

// What a budget may be of.
var (
	Units   = []string{Requests, Tokens, CPU, Energy, Money}
	Periods = []string{Hours, Day, Month, Ever}
	Scopes  = []string{OfKey, OfPerson, OfProject, OfTenant, OfScenario, OfModel, OfAll}
)

// A Budget bounds what may be used in a period.
type Budget struct {
	Scope  string    `json:"scope"`
	Name   string    `json:"name,omitempty"`
	Unit   string    `json:"unit"`
	Period string    `json:"period"`
	Amount int64     `json:"amount"`
	Used   int64     `json:"used"` // in the period
	Held   int64     `json:"held"` // reserved by requests on their way
	Begins time.Time `json:"begins,omitzero"`
	Next   time.Time `json:"next,omitzero"` // when the next period begins

	Currency string `json:"currency,omitempty"` // of money, by the price book in force; "" without one

	id int64
}

// A Hold is what a request may use at most, reserved before it begins.
type Hold struct {
	ID string // of the request, as its trace will have it
	Account
	Model  string
	Prompt int64 // tokens
	Answer int64 // tokens that it must have room for
	More   int64 // tokens that its answer would take besides, or fewer
}

// ErrBudget is wrapped by the error of a hold that a budget does not allow.
var ErrBudget = errors.New("the budget does not allow it")

// An Exceeded is the error of Reserve.
type Exceeded struct {
	Budget Budget
	Wanted int64
}

func (e *Exceeded) Error() string {
	b := &e.Budget
	return fmt.Sprintf("%s of %s %s, %s: %d of %d are used and %d reserved, and %d more were asked for", b.Unit, b.Scope, b.Name, b.Period, b.Used, b.Amount, b.Held, e.Wanted)
}
func (e *Exceeded) Unwrap() error { return ErrBudget }

// A reservation outlives the process that made it by holdFor: a process says
// every BeatEvery that it lives. A request that a crash has ended is charged
// nothing.
const (
	BeatEvery = 10 * time.Second
	holdFor   = time.Minute
)

// alive says that this process lives, and ends what dead ones have held.
func (t *tx) alive() error {
	now := t.l.Now()
	if d := now.Sub(t.l.beat); d >= 0 && d < BeatEvery {
		return nil
	}
	if _, err := t.exec(`insert into processes values (?,?) on conflict do update set seen = excluded.seen`, t.l.id, micro(now)); err != nil {
		return err
	}
	var dead []string
	err := t.each(`select h.id from holds h left join processes p on p.id = h.process where coalesce(p.seen, 0) < ?`, []any{micro(now.Add(-holdFor))}, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		dead = append(dead, id)
		return err
	})
	for _, id := range dead {
		err = errors.Join(err, t.unhold(id))
	}
	if err == nil {
		_, err = t.exec(`delete from processes where seen < ? and id not in (select process from holds)`, micro(now.Add(-holdFor)))
	}
	t.l.beat = now
	return err
}

// Beat says that this process lives, if anything is held: call it every BeatEvery.
func (l *Ledger) Beat() error {
	var holds bool
	if err := l.read.QueryRow(`select exists (select 1 from holds)`).Scan(&holds); err != nil || !holds {
		return l.failed(err)
	}
	return l.write(false, func(*tx) error { return nil })
}

// SetBudget bounds a scope. A negative amount takes the bound away.
func (l *Ledger) SetBudget(b Budget) error {
	if !slices.Contains(Scopes, b.Scope) || (b.Name == "") != (b.Scope == OfAll) || !slices.Contains(Units, b.Unit) || !slices.Contains(Periods, b.Period) {
		return say.Errorf("a budget bounds requests, tokens, cpu, energy or money of a key, person, project, tenant, scenario or model, or of all, in 5h, a day, a month or in total",
			"预算限制 key、person、project、tenant、scenario、model 或 all 的 requests、tokens、cpu、energy 或 money，期限为 5h、day、month 或 total")
	}
	return l.write(true, func(t *tx) error {
		t.l.known = known{}
		if b.Amount < 0 {
			_, err := t.exec(`delete from budgets where scope = ? and name = ? and unit = ? and period = ?`, b.Scope, b.Name, b.Unit, b.Period)
			return err
		}
		n, err := t.exec(`update budgets set amount = ? where scope = ? and name = ? and unit = ? and period = ?`, b.Amount, b.Scope, b.Name, b.Unit, b.Period)
		if err != nil || n > 0 {
			return err
		}
		now := t.l.Now()
		b.Begins = first(b.Period, now)
		if b.Used, err = t.usedSince(&b, now); err != nil {
			return err
		}
		_, err = t.exec(`insert into budgets (scope, name, unit, period, amount, begins, used, held) values (?,?,?,?,?,?,?,0)`,
			b.Scope, b.Name, b.Unit, b.Period, b.Amount, micro(b.Begins), b.Used)
		return err
	})
}

// unitSum is what a unit is of the columns.
var unitSum = map[string]string{Requests: "e.requests", Tokens: "e.prompt + e.cached + e.thought + e.answer", CPU: "e.cpu", Energy: "e.energy", Money: "e.money"}

// usedSince adds up what a new budget's scope has used before it was set.
func (t *tx) usedSince(b *Budget, now time.Time) (used int64, err error) {
	where := map[string]string{OfKey: "a.key", OfPerson: "a.person", OfProject: "a.project", OfTenant: "a.tenant", OfScenario: "a.scenario", OfModel: "s.model", OfAll: "''"}[b.Scope]
	since := b.Begins
	if b.Period == Hours {
		since = now // they begin with the next request
	}
	err = t.get(`select coalesce(sum(`+unitSum[b.Unit]+`), 0) from entries e join accounts a on a.id = e.debit join supplies s on s.id = e.credit
		where `+where+` = ? and e.time >= ?`, []any{b.Name, micro(since)}, &used)
	return used, err
}

// Budgets returns all budgets, and what is used of each now.
func (l *Ledger) Budgets() ([]Budget, error) {
	book, _, err := l.Book()
	if err != nil {
		return nil, err
	}
	rows, err := l.read.Query(budgetQuery + ` order by 2, 3, 4, 5`)
	if err != nil {
		return nil, l.failed(err)
	}
	list := []Budget{}
	err = eachRow(rows, func(scan func(...any) error) error {
		var b Budget
		err := b.scan(scan)
		b.roll(l.Now())
		if b.Unit == Money && book != nil {
			b.Currency = book.Currency
		}
		list = append(list, b)
		return err
	})
	return list, l.failed(err)
}

const budgetQuery = `select id, scope, name, unit, period, amount, begins, used, held from budgets`

func (b *Budget) scan(scan func(...any) error) error {
	var begins int64
	err := scan(&b.id, &b.Scope, &b.Name, &b.Unit, &b.Period, &b.Amount, &begins, &b.Used, &b.Held)
	b.Begins = fromMicro(begins)
	return err
}

// roll begins a new period if the old one is over, and reports whether it did.
func (b *Budget) roll(now time.Time) (rolled bool) {
	begins := first(b.Period, now)
	if b.Period == Hours {
		rolled = now.Sub(b.Begins) >= fiveHours
		begins = now
	} else {
		rolled = begins.After(b.Begins)
	}
	if rolled {
		b.Begins, b.Used = begins, 0
	}
	b.Next = next(b.Period, b.Begins, now)
	return rolled
}

// bounds chooses the budgets of an account and a model.
const bounds = `(scope = 'all' or scope = 'key' and name = ? or scope = 'person' and name = ? or scope = 'project' and name = ?
	or scope = 'tenant' and name = ? or scope = 'scenario' and name = ? or scope = 'model' and name = ?)`

func scopesOf(a *Account, model string) []any {
	return []any{a.Key, a.Person, a.Project, a.Tenant, a.Scenario, model}
}

// budgets are those of an account and a model, in their present period.
func (t *tx) budgets(a *Account, model string) ([]Budget, error) {
	if !t.l.known.bounded {
		return nil, nil
	}
	var list []Budget
	now := t.l.Now()
	err := t.each(budgetQuery+` where `+bounds, scopesOf(a, model), func(scan func(...any) error) error {
		var b Budget
		err := b.scan(scan)
		list = append(list, b)
		return err
	})
	if err != nil {
		return nil, err
	}
	for i := range list {
		if b := &list[i]; b.roll(now) {
			if _, err := t.exec(`update budgets set begins = ?, used = 0 where id = ?`, micro(b.Begins), b.id); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// Reserve holds what a request may use, if every budget of its account and model
// has room for it: of requests one, of tokens and money those of the hold, of
// processor time and energy what so many tokens of the model took so far. It
// returns how many tokens more there is room for. Settle ends the hold; so does
// Release.
func (l *Ledger) Reserve(h *Hold) (more int64, err error) {
	if h.ID == "" || h.Key == "" || h.Prompt < 0 || h.Answer < 0 || h.More < 0 || max(h.Prompt, h.Answer, h.More) > most {
		return 0, impossible("hold", h)
	}
	err = l.write(false, func(t *tx) (err error) {
		more, err = t.reserve(h)
		return err
	})
	return more, err
}

func (t *tx) reserve(h *Hold) (more int64, err error) {
	list, err := t.budgets(&h.Account, h.Model)
	if err != nil || len(list) == 0 {
		return h.More, err
	}
	book, _, err := t.prices()
	if err != nil {
		return 0, err
	}
	r, err := t.rates(h.Model)
	if err != nil {
		return 0, err
	}
	more = h.More
	cost := func(unit string, more int64) int64 { return r.cost(unit, h.Prompt, h.Answer+more, book, h.Model) }
	for i := range list {
		b := &list[i]
		left := b.Amount - b.Used - b.Held
		if wanted := cost(b.Unit, min(h.More, 1)); wanted > left {
			if b.Unit == Money && book != nil {
				b.Currency = book.Currency
			}
			return 0, refuse(&Exceeded{Budget: *b, Wanted: wanted})
		}
		least := min(h.More, 1)
		more = least + int64(sort.Search(int(more-least), func(i int) bool { return cost(b.Unit, least+int64(i)+1) > left }))
	}
	if _, err := t.exec(`insert into holds values (?,?,?)`, h.ID, t.l.id, micro(t.l.Now())); err != nil {
		return 0, err
	}
	for i := range list {
		amount := cost(list[i].Unit, more)
		if _, err := t.exec(`insert into parts values (?,?,?)`, h.ID, list[i].id, amount); err != nil {
			return 0, err
		}
	}
	_, err = t.exec(`update budgets set held = held + (select amount from parts where hold = ?1 and budget = id)
		where id in (select budget from parts where hold = ?1)`, h.ID)
	return more, err
}

// Release ends a hold whose request did not begin.
func (l *Ledger) Release(id string) error {
	return l.write(false, func(t *tx) error { return t.unhold(id) })
}

func (t *tx) unhold(id string) error {
	_, err := t.exec(`update budgets set held = held - (select amount from parts where hold = ?1 and budget = id)
		where id in (select budget from parts where hold = ?1)`, id)
	if err == nil {
		_, err = t.exec(`delete from holds where id = ?`, id) // and its parts
	}
	return err
}

// spend counts what was used in the budgets of an account and a model.
func (t *tx) spend(a *Account, model string, n *Amounts) error {
	list, err := t.budgets(a, model)
	if err == nil && len(list) > 0 {
		_, err = t.exec(`update budgets set used = used + case unit when 'requests' then ? when 'tokens' then ? when 'cpu' then ? when 'energy' then ? else ? end where `+bounds,
			append([]any{n.Requests, n.Tokens(), n.CPU, n.Energy, n.Money}, scopesOf(a, model)...)...)
	}
	return err
}

// rates are what a token of a model took so far, in millionths, remembered
// for a while.
type rates map[string]rate

type rate struct {
	at          time.Time
	cpu, energy float64 // by token
}

func (t *tx) rates(model string) (rate, error) {
	now := t.l.Now()
	r, ok := t.l.rates[model]
	if d := now.Sub(r.at); ok && d >= 0 && d < time.Minute {
		return r, nil
	}
	var tokens, cpu, energy int64
	err := t.get(`select coalesce(sum(d.prompt + d.thought + d.answer), 0), coalesce(sum(d.cpu), 0), coalesce(sum(d.energy), 0)
		from days d join supplies s on s.id = d.credit where s.model = ? and d.day >= ?`, []any{model, now.AddDate(0, 0, -7).Format(time.DateOnly)}, &tokens, &cpu, &energy)
	if tokens > 0 {
		r.cpu, r.energy = float64(cpu)/float64(tokens), float64(energy)/float64(tokens)
	}
	r.at = now
	if t.l.rates == nil {
		t.l.rates = rates{}
	}
	t.l.rates[model] = r
	return r, err
}

// cost is what a request may come to in a unit.
func (r *rate) cost(unit string, prompt, answer int64, book *Book, model string) int64 {
	tokens := float64(prompt + answer)
	cpu, energy := int64(math.Ceil(r.cpu*tokens)), int64(math.Ceil(r.energy*tokens))
	switch unit {
	case Requests:
		return 1
	case Tokens:
		return prompt + answer
	case CPU:
		return max(cpu, 1)
	case Energy:
		return max(energy, 1)
	}
	return book.worst(model, prompt, answer, cpu, energy)
}

const fiveHours = 5 * time.Hour

// first is when a period that now is in began.
func first(period string, now time.Time) time.Time {
	y, m, d := now.Local().Date()
	switch period {
	case Day:
		return time.Date(y, m, d, 0, 0, 0, 0, time.Local)
	case Month:
		return time.Date(y, m, 1, 0, 0, 0, 0, time.Local)
	}
	return time.UnixMicro(0)
}

// next is when the next period begins; zero: never.
func next(period string, begins, now time.Time) time.Time {
	y, m, d := now.Local().Date()
	switch period {
	case Hours:
		return begins.Add(fiveHours)
	case Day:
		return time.Date(y, m, d+1, 0, 0, 0, 0, time.Local)
	case Month:
		return time.Date(y, m+1, 1, 0, 0, 0, 0, time.Local)
	}
	return time.Time{}
}

// Past reports by how much amounts, besides what is used and held, are more than a
// budget of an account and a model has left: an Exceeded, or nil.
func (l *Ledger) Past(a *Account, model string, n *Amounts) (past *Exceeded, err error) {
	err = l.write(false, func(t *tx) error {
		past = nil
		list, err := t.budgets(a, model)
		if err != nil || len(list) == 0 {
			return err
		}
		book, _, err := t.prices()
		if err != nil {
			return err
		}
		wanted := map[string]int64{Requests: n.Requests, Tokens: n.Tokens(), CPU: n.CPU, Energy: n.Energy, Money: book.cost(model, n)}
		for i := range list {
			b := &list[i]
			if b.Unit == Money && book != nil {
				b.Currency = book.Currency
			}
			if w := wanted[b.Unit]; w > b.Amount-b.Used-b.Held {
				past = &Exceeded{Budget: *b, Wanted: w}
				return nil
			}
		}
		return nil
	})
	return past, err
}
