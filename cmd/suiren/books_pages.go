package main

import (
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"suiren/internal/say"
	"suiren/serve"
	"suiren/stage/operate"
	"suiren/stage/operate/ledger"
	"suiren/stage/operate/otlp"
)

// What the page is told of the books. A caller of a tenant is told of that
// tenant alone; one of the house itself, of all, or of the tenant it names.

// tenantOf is the tenant that a caller's question is about, nil for all.
func tenantOf(c serve.Caller, q url.Values) *string {
	if c.Tenant != "" {
		return &c.Tenant
	}
	if q.Has("tenant") {
		t := q.Get("tenant")
		return &t
	}
	return nil
}

func daysOf(q url.Values) ledger.Days { return ledger.Days{From: q.Get("from"), To: q.Get("to")} }

// usageView adds up: by, from, to, tenant.
func (b *books) usageView(c serve.Caller, q url.Values) (any, error) {
	by := []string{"key"}
	if q.Get("by") != "" {
		by = strings.Split(q.Get("by"), ",")
	}
	list, err := b.ledger.Usage(by, daysOf(q), tenantOf(c, q))
	if err != nil {
		return nil, err
	}
	currency, version, err := currencyOf(b.ledger)
	if err != nil {
		return nil, err
	}
	months, err := b.ledger.Months()
	if err != nil {
		return nil, err
	}
	out := map[string]any{"by": by, "usage": list, "currency": currency, "price_version": version}
	if c.Tenant == "" {
		out["closed"] = months
	}
	return out, nil
}

func (b *books) entriesView(c serve.Caller, q url.Values, w io.Writer) error {
	return b.ledger.WriteCSV(w, daysOf(q), tenantOf(c, q))
}

// currencyOf is that of the price book in force, "" if there is none.
func currencyOf(l *ledger.Ledger) (currency string, version int64, err error) {
	book, version, err := l.Book()
	if book != nil {
		currency = book.Currency
	}
	return currency, version, err
}

// budgetsView are all budgets, or those of the caller's tenant.
func (b *books) budgetsView(c serve.Caller) (any, error) {
	list, err := b.ledger.Budgets()
	if err != nil {
		return nil, err
	}
	out := []ledger.Budget{}
	for _, x := range list {
		if c.Tenant == "" || x.Scope == ledger.OfTenant && x.Name == c.Tenant {
			out = append(out, x)
		}
	}
	return map[string]any{"budgets": out}, nil
}

// setBudget bounds: scope, name, unit, period, amount; a negative amount takes the
// bound away.
func (b *books) setBudget(c serve.Caller, body []byte) error {
	var in struct {
		Scope, Name, Unit, Period string
		Amount                    *int64
	}
	if err := json.Unmarshal(body, &in); err != nil || in.Amount == nil {
		return say.Errorf("the body is JSON with scope, name, unit, period and amount", "请求体应为 JSON：scope、name、unit、period、amount")
	}
	if c.Tenant != "" {
		return say.Errorf("budgets are set by the house, not by a tenant", "预算由主机构设置，不由租户设置")
	}
	x := ledger.Budget{Scope: in.Scope, Name: in.Name, Unit: in.Unit, Period: in.Period, Amount: *in.Amount}
	if err := b.ledger.SetBudget(x); err != nil {
		return err
	}
	action, subject := budgetNote("budget.set", &x)
	_, err := b.audit.Append(c.Name, action, subject, "")
	return err
}

// budgetNote is what the audit log says of a budget that is set, or taken away.
func budgetNote(set string, b *ledger.Budget) (action, subject string) {
	name := b.Name
	if name != "" && (b.Scope == ledger.OfKey || b.Scope == ledger.OfPerson) {
		name = operate.Name(name)
	}
	scope := strings.TrimSuffix(b.Scope+":"+name, ":")
	if b.Amount < 0 {
		return "budget.remove", scope + " " + b.Unit + "/" + b.Period
	}
	return set, scope + " " + strconv.FormatInt(b.Amount, 10) + " " + b.Unit + "/" + b.Period
}

// tracesView is a page of traces: before, limit, from, to (RFC 3339, or days), key, person,
// project, tenant, scenario, model, release, operation, reason, rated, parent,
// slower (seconds), text, set. source=otlp are the spans of others: trace.
func (b *books) tracesView(c serve.Caller, v url.Values) (any, error) {
	tenant := tenantOf(c, v)
	if v.Get("source") == "otlp" {
		list, err := b.ledger.Spans(v.Get("trace"), tenant)
		return map[string]any{"spans": list}, err
	}
	q := &ledger.Query{Tenant: tenant}
	if err := queryOf(v.Get, q); err != nil {
		return nil, err
	}
	list, next, err := b.ledger.Traces(q)
	return map[string]any{"traces": list, "next": next}, err
}

// queryOf reads a query's fields by their names.
func queryOf(get func(string) string, q *ledger.Query) error {
	var err error
	bad := func(name string) error {
		return say.Errorf("%s cannot be %q", "%s 不能是 %q", name, get(name))
	}
	if v := get("before"); v != "" {
		if q.Before, err = strconv.ParseInt(v, 10, 64); err != nil {
			return bad("before")
		}
	}
	if v := get("limit"); v != "" {
		if q.Limit, err = strconv.Atoi(v); err != nil {
			return bad("limit")
		}
	}
	for name, t := range map[string]*time.Time{"from": &q.From, "to": &q.To} {
		if v := get(name); v != "" {
			if *t, err = time.Parse(time.RFC3339, v); err != nil {
				if *t, err = time.ParseInLocation(time.DateOnly, v, time.Local); err != nil {
					return bad(name)
				}
			}
		}
	}
	if v := get("slower"); v != "" {
		s, err := strconv.ParseFloat(v, 64)
		if err != nil || !(s >= 0 && s < 1e6) {
			return bad("slower")
		}
		q.Slower = time.Duration(s * float64(time.Second))
	}
	if v := get("rated"); v != "" && v != "good" && v != "bad" && v != "any" {
		return bad("rated")
	}
	for name, to := range map[string]*string{"key": &q.Key, "person": &q.Person, "project": &q.Project, "scenario": &q.Scenario, "model": &q.Model, "release": &q.Release,
		"operation": &q.Operation, "reason": &q.Reason, "rated": &q.Rated, "parent": &q.Parent, "text": &q.Text, "set": &q.Set} {
		*to = get(name)
	}
	return nil
}

// traceView is a trace whole, with what others have sent of the same trace.
func (b *books) traceView(c serve.Caller, id string) (any, error) {
	t, err := b.ledger.Find(id)
	if errors.Is(err, ledger.ErrNoAnswer) || err == nil && c.Tenant != "" && t.Tenant != c.Tenant {
		return nil, serve.ErrNoAnswer
	}
	if err != nil {
		return nil, err
	}
	out := map[string]any{"trace": t}
	if len(t.Parent) == 55 {
		if out["around"], err = b.ledger.Spans(t.Parent[3:35], tenantOf(c, nil)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// kept is what was said in an answer, for who asked for it, or with all for every
// caller of its tenant.
func (b *books) kept(c serve.Caller, all bool, id string) ([]serve.ExportTurn, *serve.Release, error) {
	t, err := b.ledger.Find(id)
	if errors.Is(err, ledger.ErrNoAnswer) || err == nil && (c.Tenant != "" && t.Tenant != c.Tenant || !all && (t.Key != c.Name || t.Tenant != c.Tenant)) {
		return nil, nil, serve.ErrNoAnswer
	}
	if err != nil {
		return nil, nil, err
	}
	turns, err := turnsKept(t)
	return turns, &serve.Release{Name: t.Model, Digest: t.Release}, err
}

// turnsKept are the turns of a trace, as far as a reader has seen them.
func turnsKept(t *ledger.Trace) ([]serve.ExportTurn, error) {
	if t.Content == nil {
		return nil, &say.Error{Where: t.ID, What: say.T("what was said in this answer is not kept", "这条回答的内容没有保留"),
			Next: say.T("suiren trace capture on keeps what is said from then on", "suiren trace capture on 会保留此后的内容")}
	}
	var turns []serve.ExportTurn
	for _, m := range t.Content.Messages {
		if m.Role == "user" || m.Role == "assistant" {
			turns = append(turns, serve.ExportTurn{Role: m.Role, Text: m.Text})
		}
	}
	return append(turns, serve.ExportTurn{Role: "assistant", Text: t.Content.Answer}), nil
}

// auditView is a page of the audit log: after (number of a line), limit, actor, action, text; and
// with verify=1 whether it holds.
func (b *books) auditView(c serve.Caller, v url.Values) (any, error) {
	if c.Tenant != "" {
		return nil, say.Errorf("the audit log is the house's", "审计日志属于主机构")
	}
	q := operate.AuditQuery{Actor: v.Get("actor"), Action: v.Get("action"), Text: v.Get("text"), Limit: 100}
	for name, to := range map[string]*int64{"before": &q.Before, "limit": &q.Limit} {
		if s := v.Get(name); s != "" {
			n, err := strconv.ParseInt(s, 10, 64)
			if err != nil || n < 1 {
				return nil, say.Errorf("%s cannot be %q", "%s 不能是 %q", name, s)
			}
			*to = n
		}
	}
	list, next, err := operate.SearchAudit(b.dir.audit(), q)
	if err != nil {
		return nil, err
	}
	out := map[string]any{"entries": list, "next": next}
	if v.Get("verify") == "1" {
		n, hash, err := operate.VerifyAudit(b.dir.audit())
		checkpoints := 0
		if err == nil {
			checkpoints, err = operate.VerifyCheckpoints(b.dir.audit(), "")
		}
		verdict := map[string]any{"holds": err == nil, "lines": n, "hash": hash, "checkpoints": checkpoints}
		if err != nil {
			verdict["error"] = map[string]string{"en": say.Err(say.English, err), "zh": say.Err(say.Chinese, err)}
		}
		out["verified"] = verdict
	}
	return out, nil
}

// takeSpans keeps the spans that a caller's programs send.
func (b *books) takeSpans(c serve.Caller, contentType string, body []byte) ([]byte, error) {
	list, err := otlp.Decode(contentType, body)
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].Key, list[i].Tenant = c.Name, c.Tenant
	}
	return otlp.Reply(contentType), b.ledger.AddSpans(list)
}
