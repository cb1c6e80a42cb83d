package ledger

import (
	"cmp"
	"time"
)

// Amounts are what was used, in whole units: sums are exact. The four kinds of
// tokens are apart; no token is in two of them.
type Amounts struct {
	Requests int64 `json:"requests"`
	Prompt   int64 `json:"prompt"`  // tokens that were read
	Cached   int64 `json:"cached"`  // tokens of prompts that had been read before
	Thought  int64 `json:"thought"` // tokens
	Answer   int64 `json:"answer"`  // tokens
	CPU      int64 `json:"cpu"`     // microseconds of the processor
	Energy   int64 `json:"energy"`  // microjoules
	Money    int64 `json:"money"`   // millionths of the price book's currency
}

// Tokens are all of them.
func (a *Amounts) Tokens() int64 { return a.Prompt + a.Cached + a.Thought + a.Answer }

// fields are in the order of columns.
func (a *Amounts) fields() []*int64 {
	return []*int64{&a.Requests, &a.Prompt, &a.Cached, &a.Thought, &a.Answer, &a.CPU, &a.Energy, &a.Money}
}

func (a *Amounts) values() []any {
	var list []any
	for _, f := range a.fields() {
		list = append(list, *f)
	}
	return list
}

func (a *Amounts) dest() []any {
	var list []any
	for _, f := range a.fields() {
		list = append(list, f)
	}
	return list
}

// Add adds b to a.
func (a *Amounts) Add(b *Amounts) {
	theirs := b.fields()
	for i, f := range a.fields() {
		*f += *theirs[i]
	}
}

// most bounds an amount: a sum of a billion of them is still whole.
const most = 1 << 33

// possible reports whether one request can have used this.
func (a *Amounts) possible() bool {
	for i, f := range a.fields() {
		limit := int64(most)
		if i > 4 { // an hour of many processors in microseconds, and what it takes
			limit *= 1 << 10
		}
		if *f < 0 || *f > limit {
			return false
		}
	}
	return true
}

// names of the columns, and of their sums.
const (
	names = `requests, prompt, cached, thought, answer, cpu, energy, money`
	sums  = `coalesce(sum(requests), 0), coalesce(sum(prompt), 0), coalesce(sum(cached), 0), coalesce(sum(thought), 0),
	coalesce(sum(answer), 0), coalesce(sum(cpu), 0), coalesce(sum(energy), 0), coalesce(sum(money), 0)`
)

// An Account is who uses. Key is always there; what is not known is "".
type Account struct {
	Key      string `json:"key"` // name of the key or session
	Person   string `json:"person,omitempty"`
	Project  string `json:"project,omitempty"`
	Tenant   string `json:"tenant,omitempty"`
	Scenario string `json:"scenario,omitempty"`
}

// A Supply is what is used.
type Supply struct {
	Release string `json:"release"` // digest
	Model   string `json:"model"`   // its name for clients
}

// account returns the number of an account, and makes it.
func (t *tx) account(a *Account) (id int64, err error) {
	if id = t.l.known.accounts[*a]; id != 0 {
		return id, nil
	}
	args := []any{a.Key, a.Person, a.Project, a.Tenant, a.Scenario}
	err = t.get(`select id from accounts where key = ? and person = ? and project = ? and tenant = ? and scenario = ?`, args, &id)
	if isNone(err) {
		id, err = t.put(`insert into accounts (key, person, project, tenant, scenario) values (?,?,?,?,?)`, args...)
	}
	if err == nil {
		t.l.known.accounts = remember(t.l.known.accounts, *a, id)
	}
	return id, err
}

func (t *tx) supply(s *Supply) (id int64, err error) {
	if id = t.l.known.supplies[*s]; id != 0 {
		return id, nil
	}
	err = t.get(`select id from supplies where release = ? and model = ?`, []any{s.Release, s.Model}, &id)
	if isNone(err) {
		id, err = t.put(`insert into supplies (release, model) values (?,?)`, s.Release, s.Model)
	}
	if err == nil {
		t.l.known.supplies = remember(t.l.known.supplies, *s, id)
	}
	return id, err
}

// post writes an entry and its part of the sums.
func (t *tx) post(kind string, account, supply int64, trace, corrects, price any, actor, why string, a *Amounts) (seq int64, err error) {
	now := t.l.Now()
	day := now.Local().Format(time.DateOnly)
	closed := t.l.known.closed
	if closed != "" && cmp.Compare(day[:7], closed) <= 0 { // a clock was set back
		if day, err = after(closed); err != nil {
			return 0, err
		}
	}
	args := append([]any{micro(now), day, kind, account, supply, trace, corrects, actor, why, price}, a.values()...)
	seq, err = t.put(`insert into entries (time, day, kind, debit, credit, trace, corrects, actor, why, price, `+names+`)
		values (?,?,?,?,?,?,?,?,?,?, ?,?,?,?,?,?,?,?)`, args...)
	if err != nil {
		return 0, err
	}
	_, err = t.exec(`insert into days (day, debit, credit, `+names+`) values (?,?,?, ?,?,?,?,?,?,?,?) on conflict do update set
		requests = requests + excluded.requests, prompt = prompt + excluded.prompt, cached = cached + excluded.cached,
		thought = thought + excluded.thought, answer = answer + excluded.answer, cpu = cpu + excluded.cpu,
		energy = energy + excluded.energy, money = money + excluded.money`, append([]any{day, account, supply}, a.values()...)...)
	return seq, err
}

// after is the first day after a month.
func after(month string) (string, error) {
	m, err := time.Parse("2006-01", month)
	if err != nil {
		return "", err
	}
	return m.AddDate(0, 1, 0).Format(time.DateOnly), nil
}
