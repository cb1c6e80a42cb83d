package ledger

import (
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
)

// A Trace is one request: what it used, how it went, and, where content is
// kept, what was said.
type Trace struct {
	Seq       int64     `json:"seq"` // order of settling
	ID        string    `json:"id"`
	Time      time.Time `json:"time"` // when it came
	Account   `json:"account"`
	Supply    `json:"supply"`
	Operation string          `json:"operation"`        // chat, embeddings, rerank, job, assess
	Parent    string          `json:"parent,omitempty"` // W3C traceparent of the caller
	Reason    string          `json:"reason"`           // stop, length, tool_calls, content_filter, cancelled, error
	Amounts   Amounts         `json:"amounts"`          // Money is the ledger's to say
	Metered   string          `json:"metered,omitempty"`
	Wait      time.Duration   `json:"wait"`  // in the queue
	First     time.Duration   `json:"first"` // to the first piece; 0 if there was none
	Total     time.Duration   `json:"total"`
	Seed      uint64          `json:"seed"`
	Params    json.RawMessage `json:"params,omitempty"` // max_tokens, temperature, …
	Rails     []Decision      `json:"rails,omitempty"`
	Spans     []Span          `json:"spans,omitempty"`
	Sentences *Sentences      `json:"sentences,omitempty"` // nil unless it was written from passages
	Content   *Content        `json:"content,omitempty"`   // nil where it is not kept
	Rating    *Rating         `json:"rating,omitempty"`
	Price     int64           `json:"price,omitempty"` // version of the price book, 0 if there was none
}

// A Decision is what a rail decided, not what was said.
type Decision struct {
	Class  string `json:"class"`
	Rule   string `json:"rule"`
	Action string `json:"action"` // refuse, observe
}

// A Span is a part of a request's time.
type Span struct {
	Name   string        `json:"name"`
	Parent string        `json:"parent,omitempty"` // name of the span it is part of; "" is the request
	Start  time.Duration `json:"start"`            // after the request came
	Total  time.Duration `json:"total"`
	Count  int64         `json:"count,omitempty"` // tokens of it, or sources
}

// Content is what was said.
type Content struct {
	Messages []Message       `json:"messages"`        // as they passed the input rails
	Tools    json.RawMessage `json:"tools,omitempty"` // that the request offered: a list
	Thought  string          `json:"thought,omitempty"`
	Answer   string          `json:"answer"`
	Sources  json.RawMessage `json:"sources,omitempty"`
	Marks    json.RawMessage `json:"marks,omitempty"` // what each sentence of the answer rests on
	Receipt  json.RawMessage `json:"receipt,omitempty"`
	Salt     string          `json:"salt,omitempty"` // of what the audit log keeps of a refusal
}

// A Message is one turn of a conversation.
type Message struct {
	Role string `json:"role"`
	Text string `json:"text"`
}

// Text is what the audit log keeps the digest of when a rule refuses: the
// messages, and as much of the answer as had left.
func (c *Content) Text() string {
	var b strings.Builder
	for _, m := range c.Messages {
		b.WriteString(m.Text + "\n")
	}
	return b.String() + c.Answer
}

// A Rating is what a reader thought of an answer. The last one counts.
type Rating struct {
	Time time.Time `json:"time"`
	Good bool      `json:"good"`
	Why  string    `json:"why,omitempty"`
}

// Settle writes a request down: its trace, the entry that charges it, and what
// its budgets have left, all or nothing. It ends the request's hold. When it
// returns that is on the disk. The same id a second time changes nothing.
func (l *Ledger) Settle(r *Trace) error {
	if r.ID == "" || r.Key == "" || r.Amounts.Money != 0 || !r.Amounts.possible() {
		return impossible("request", r)
	}
	return l.write(true, func(t *tx) error { return t.settle(r) })
}

func (t *tx) settle(r *Trace) error {
	r.erase(t.l.Erased)
	book, price, err := t.prices()
	if err != nil {
		return err
	}
	a := r.Amounts
	a.Money = book.cost(r.Model, &a)
	seq, account, supply, err := t.putTrace(r, &a)
	if err != nil || seq == 0 {
		return err
	}
	var version any
	if price > 0 {
		version = price
	}
	if _, err := t.post("charge", account, supply, seq, nil, version, "", "", &a); err != nil {
		return err
	}
	if err := t.unhold(r.ID); err != nil {
		return err
	}
	return t.spend(&r.Account, r.Model, &a)
}

// erase takes somebody out of their request who was erased while it was on its way. It
// is called in the turn that an erasure takes too: one that comes later finds it.
func (r *Trace) erase(erased func(string, time.Time) string) {
	if erased == nil {
		return
	}
	for _, name := range []*string{&r.Key, &r.Person} {
		if *name == "" {
			continue
		}
		if as := erased(*name, r.Time); as != "" {
			*name = as
			if !slices.ContainsFunc(r.Rails, func(d Decision) bool { return d.Action == "refuse" }) { // those are held
				r.Content = nil
			}
		}
	}
}

// putTrace writes the trace alone. It returns 0 if there is one of its id.
func (t *tx) putTrace(r *Trace, a *Amounts) (seq, account, supply int64, err error) {
	if account, err = t.account(&r.Account); err != nil {
		return
	}
	if supply, err = t.supply(&r.Supply); err != nil {
		return
	}
	rails, err1 := list(r.Rails)
	spans, err2 := list(r.Spans)
	if err = errors.Join(err1, err2); err != nil {
		return
	}
	args := append([]any{r.ID, micro(r.Time), account, supply, r.Operation, r.Parent, r.Reason}, a.values()...)
	args = append(args, r.Metered, r.Wait.Microseconds(), r.First.Microseconds(), r.Total.Microseconds(), int64(r.Seed), string(r.Params), rails, spans)
	seq, err = t.put(`insert into traces (id, time, account, supply, operation, parent, reason, `+names+`, metered, wait, first, total, seed, params, rails, spans)
		values (?,?,?,?,?,?,?, ?,?,?,?,?,?,?,?, ?,?,?,?,?,?,?,?) on conflict (id) do nothing`, args...)
	if err == nil && seq > 0 && r.Content != nil {
		err = t.putContent(seq, r.Content)
	}
	if err == nil && seq > 0 {
		err = t.putMarks(seq, r)
	}
	return
}

func (t *tx) putContent(seq int64, c *Content) error {
	messages, err := list(c.Messages)
	if err != nil {
		return err
	}
	_, err = t.exec(`insert into contents values (?,?,?,?,?,?,?) on conflict do nothing`, seq, messages, c.Thought, c.Answer, string(c.Sources), string(c.Receipt), c.Salt)
	if err != nil {
		return err
	}
	return t.putOffered(seq, c)
}

// list is a list as JSON; none is "".
func list[T any](v []T) (string, error) {
	if len(v) == 0 {
		return "", nil
	}
	b, err := json.Marshal(v)
	return string(b), err
}

func isNone(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// ErrNoAnswer is returned by Rate and Find for an id that no trace has.
var ErrNoAnswer = errors.New("no such answer")

// Rate keeps what a reader thought of the answer id; the reason only where
// content is kept.
func (l *Ledger) Rate(id string, good bool, why string) error {
	return l.write(true, func(t *tx) error {
		var seq int64
		var content bool
		err := t.get(`select seq, exists (select 1 from contents where trace = seq) from traces where id = ?`, []any{id}, &seq, &content)
		if isNone(err) {
			return refuse(ErrNoAnswer)
		}
		if err != nil {
			return err
		}
		if !content {
			why = ""
		}
		_, err = t.exec(`insert into ratings values (?,?,?,?) on conflict do update set time = excluded.time, good = excluded.good, why = excluded.why`,
			seq, micro(t.l.Now()), good, why)
		return err
	})
}
