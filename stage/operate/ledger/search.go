package ledger

import (
	"encoding/json"
	"io"
	"slices"
	"strings"
	"time"

	"suiren/internal/say"
)

// A Query chooses traces. What is zero chooses all.
type Query struct {
	Before    int64 // of Seq: the page after one that ended there
	Limit     int   // at most MaxPage; 0 is 50
	From, To  time.Time
	Key       string
	Person    string
	Project   string
	Tenant    *string // "" is the house itself
	Scenario  string
	Model     string
	Release   string
	Operation string
	Reason    string
	Rated     string        // good, bad or any
	Parent    string        // 32 hexadecimal digits: the trace of others that the request is part of
	Slower    time.Duration // than this in all
	Text      string        // in what was said, where it is kept
	Set       string        // that it was chosen for

	taught bool // rated, or chosen for any set
}

// MaxPage bounds a page of traces.
const MaxPage = 1000

// where is the condition of a query.
func (q *Query) where() (string, []any) {
	var cond []string
	var args []any
	add := func(on bool, c string, v ...any) {
		if on {
			cond, args = append(cond, c), append(args, v...)
		}
	}
	add(q.Before > 0, "t.seq < ?", q.Before)
	add(!q.From.IsZero(), "t.time >= ?", micro(q.From))
	add(!q.To.IsZero(), "t.time < ?", micro(q.To))
	for column, v := range map[string]string{"a.key": q.Key, "a.person": q.Person, "a.project": q.Project, "a.scenario": q.Scenario,
		"s.model": q.Model, "s.release": q.Release, "t.operation": q.Operation, "t.reason": q.Reason} {
		add(v != "", column+" = ?", v)
	}
	if q.Tenant != nil {
		add(true, "a.tenant = ?", *q.Tenant)
	}
	switch q.Rated {
	case "good", "bad":
		add(true, "r.good = ?", q.Rated == "good")
	case "any":
		add(true, "r.good is not null")
	}
	add(q.Parent != "", "substr(t.parent, 4, 32) = ?", q.Parent)
	add(q.Slower > 0, "t.total > ?", q.Slower.Microseconds())
	add(q.Text != "", "exists (select 1 from contents c where c.trace = t.seq and (instr(c.messages, ?) or instr(c.answer, ?) or instr(c.thought, ?)))",
		inJSON(q.Text), q.Text, q.Text)
	add(q.taught, "(r.good is not null or exists (select 1 from chosen c where c.trace = t.seq))")
	add(q.Set != "", "exists (select 1 from chosen c where c.trace = t.seq and c.name = ?)", q.Set)
	if len(cond) == 0 {
		return "", nil
	}
	return " where " + strings.Join(cond, " and "), args
}

// inJSON is how a text stands in a JSON string, without its quotes.
func inJSON(text string) string {
	b, _ := json.Marshal(text) // a string cannot fail
	return string(b[1 : len(b)-1])
}

const traceQuery = `select t.seq, t.id, t.time, a.key, a.person, a.project, a.tenant, a.scenario, s.release, s.model, t.operation, t.parent, t.reason,
	t.requests, t.prompt, t.cached, t.thought, t.answer, t.cpu, t.energy, t.money, t.metered, t.wait, t.first, t.total, t.seed, t.params, t.rails, t.spans,
	coalesce(r.time, 0), coalesce(r.good, 0), coalesce(r.why, ''), coalesce((select e.price from entries e where e.trace = t.seq), 0),
	coalesce(k.sentences, -1), coalesce(k.unsupported, 0), coalesce(k.corrected, 0)
	from traces t join accounts a on a.id = t.account join supplies s on s.id = t.supply left join ratings r on r.trace = t.seq left join marks k on k.trace = t.seq`

func (r *Trace) scan(scan func(...any) error) error {
	var at, wait, first, total, seed, rated int64
	var params, rails, spans, why string
	var good bool
	var s Sentences
	to := []any{&r.Seq, &r.ID, &at, &r.Key, &r.Person, &r.Project, &r.Tenant, &r.Scenario, &r.Release, &r.Model, &r.Operation, &r.Parent, &r.Reason}
	to = append(to, r.Amounts.dest()...)
	if err := scan(append(to, &r.Metered, &wait, &first, &total, &seed, &params, &rails, &spans, &rated, &good, &why, &r.Price, &s.All, &s.Unsupported, &s.Corrected)...); err != nil {
		return err
	}
	r.Time, r.Seed, r.Params = fromMicro(at), uint64(seed), json.RawMessage(params)
	r.Wait, r.First, r.Total = time.Duration(wait)*time.Microsecond, time.Duration(first)*time.Microsecond, time.Duration(total)*time.Microsecond
	if s.All >= 0 {
		r.Sentences = &s
	}
	if rated != 0 {
		r.Rating = &Rating{fromMicro(rated), good, why}
	}
	if err := fromList(rails, &r.Rails); err != nil {
		return err
	}
	return fromList(spans, &r.Spans)
}

func fromList[T any](text string, v *[]T) error {
	if text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), v)
}

// Traces returns a page of traces, the newest first, without spans and content,
// and the Before of the next page; 0: there is none.
func (l *Ledger) Traces(q *Query) (list []Trace, next int64, err error) {
	n := q.Limit
	if n <= 0 {
		n = 50
	}
	n = min(n, MaxPage)
	where, args := q.where()
	rows, err := l.read.Query(traceQuery+where+` order by t.seq desc limit ?`, append(args, n+1)...)
	if err != nil {
		return nil, 0, l.failed(err)
	}
	list = []Trace{}
	err = eachRow(rows, func(scan func(...any) error) error {
		var r Trace
		err := r.scan(scan)
		r.Spans, r.Params = nil, nil
		list = append(list, r)
		return err
	})
	if len(list) > n {
		list = list[:n]
		next = list[n-1].Seq
	}
	return list, next, l.failed(err)
}

// Find returns a trace whole. It returns ErrNoAnswer for an id it does not know.
func (l *Ledger) Find(id string) (*Trace, error) {
	r := new(Trace)
	err := r.scan(l.read.QueryRow(traceQuery+` where t.id = ?`, id).Scan)
	if isNone(err) {
		return nil, ErrNoAnswer
	}
	if err == nil {
		r.Content, err = l.content(r.Seq)
	}
	return r, l.failed(err)
}

func (l *Ledger) content(seq int64) (*Content, error) {
	var c Content
	var messages, sources, receipt, marks, tools string
	err := l.read.QueryRow(`select messages, thought, answer, sources, receipt, salt, coalesce((select list from marks k where k.trace = contents.trace), ''), coalesce((select list from offered o where o.trace = contents.trace), '') from contents where trace = ?`, seq).
		Scan(&messages, &c.Thought, &c.Answer, &sources, &receipt, &c.Salt, &marks, &tools)
	if isNone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c.Sources, c.Receipt, c.Marks = json.RawMessage(sources), json.RawMessage(receipt), json.RawMessage(marks)
	c.Tools = json.RawMessage(tools)
	return &c, fromList(messages, &c.Messages)
}

// Last returns the last n traces of a model whose content is kept, in the order in
// which they were given.
func (l *Ledger) Last(model string, n int) ([]Trace, error) {
	rows, err := l.read.Query(traceQuery+` where s.model = ? and exists (select 1 from contents c where c.trace = t.seq) order by t.seq desc limit ?`, model, n)
	if err != nil {
		return nil, l.failed(err)
	}
	var list []Trace
	if err := eachRow(rows, func(scan func(...any) error) error {
		var r Trace
		err := r.scan(scan)
		list = append(list, r)
		return err
	}); err != nil {
		return nil, l.failed(err)
	}
	slices.Reverse(list)
	for i := range list {
		if list[i].Content, err = l.content(list[i].Seq); err != nil {
			return nil, l.failed(err)
		}
	}
	return slices.DeleteFunc(list, func(r Trace) bool { return r.Content == nil }), nil // erased meanwhile
}

// Each hands all traces that a query chooses to see, the oldest first, whole.
func (l *Ledger) Each(q *Query, see func(*Trace) error) error {
	where, args := q.where()
	rows, err := l.read.Query(traceQuery+where+` order by t.seq`, args...)
	if err != nil {
		return l.failed(err)
	}
	return l.failed(eachRow(rows, func(scan func(...any) error) error {
		r := new(Trace)
		if err := r.scan(scan); err != nil {
			return err
		}
		var err error
		if r.Content, err = l.content(r.Seq); err != nil {
			return err
		}
		return see(r)
	}))
}

// A Rated is an answer with a rating, or one that was chosen for a set, as a block
// that learns of answers reads it: a line of the traces.jsonl it is given.
type Rated struct {
	ID       string    `json:"id"`
	Question string    `json:"question"` // the last message of the user
	Answer   string    `json:"answer"`
	Rating   int       `json:"rating"`             // 1 good, -1 bad, 0 none
	Time     time.Time `json:"time"`               // of the answer
	Sets     []string  `json:"sets,omitempty"`     // that it was chosen for
	Messages []Message `json:"messages,omitempty"` // of one that was chosen: all that came before the answer
}

// Rated returns the answers of a model that were rated or chosen for a set, in the
// order in which they were given. Answers that were cut off or refused are left out:
// a refusal must not be learnt. So are those of which nothing is kept.
func (l *Ledger) Rated(model string) ([]Rated, error) {
	sets, err := l.setsOf()
	if err != nil {
		return nil, l.failed(err)
	}
	var list []Rated
	err = l.Each(&Query{Model: model, Reason: "stop", taught: true}, func(r *Trace) error {
		if r.Content == nil {
			return nil
		}
		out := Rated{ID: r.ID, Answer: r.Content.Answer, Time: r.Time, Sets: sets[r.Seq]}
		if r.Rating != nil {
			out.Rating = -1
			if r.Rating.Good {
				out.Rating = 1
			}
		}
		for _, m := range r.Content.Messages {
			if m.Role == "user" {
				out.Question = m.Text
			}
		}
		if out.Sets != nil {
			out.Messages = r.Content.Messages
		}
		list = append(list, out)
		return nil
	})
	return list, err
}

// WriteRated writes rated answers as JSON Lines.
func WriteRated(w io.Writer, list []Rated) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for i := range list {
		if err := e.Encode(&list[i]); err != nil {
			return err
		}
	}
	return nil
}

// A Capture is whose content is kept.
type Capture struct {
	Model  string `json:"model"`  // "" is every one
	Tenant string `json:"tenant"` // "*" is every one, "" the house itself
}

// SetCapture begins or ends to keep what is said. What was kept stays.
func (l *Ledger) SetCapture(c Capture, on bool) error {
	if len(c.Model)+len(c.Tenant) > 1000 {
		return say.Errorf("a name is too long", "名称过长")
	}
	return l.write(true, func(t *tx) error {
		q := `delete from captures where release = ? and tenant = ?`
		if on {
			q = `insert into captures values (?,?) on conflict do nothing`
		}
		_, err := t.exec(q, c.Model, c.Tenant)
		return err
	})
}

// Captures returns whose content is kept.
func (l *Ledger) Captures() ([]Capture, error) {
	rows, err := l.read.Query(`select release, tenant from captures order by 1, 2`)
	if err != nil {
		return nil, l.failed(err)
	}
	list := []Capture{}
	err = eachRow(rows, func(scan func(...any) error) error {
		var c Capture
		err := scan(&c.Model, &c.Tenant)
		list = append(list, c)
		return err
	})
	return list, l.failed(err)
}

// Captured reports whether content of a model's answers to a tenant is kept.
func (l *Ledger) Captured(model, tenant string) (on bool, err error) {
	err = l.read.QueryRow(`select exists (select 1 from captures where release in ('', ?) and tenant in ('*', ?))`, model, tenant).Scan(&on)
	return on, l.failed(err)
}
