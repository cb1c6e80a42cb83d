package ledger

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// A Retention says how old what is kept may become; zero is for ever. Entries,
// and the amounts of traces, stay whatever it says.
type Retention struct {
	Content  time.Duration // what was asked and answered
	Traces   time.Duration // rails, spans, settings of requests, and spans that others sent
	Feedback time.Duration // reasons of ratings
	Security time.Duration // what was asked in refused requests
	Except   []string      // keys and persons of whom nothing is deleted
}

// Retained is what went, or would go.
type Retained struct {
	Contents int64 `json:"contents"`
	Traces   int64 `json:"traces"`
	Spans    int64 `json:"spans"`
	Reasons  int64 `json:"reasons"`
	Held     int64 `json:"held"` // contents of refused requests that stay for Hold
}

// retainBatch bounds a transaction, in rows: requests wait for it.
const retainBatch = 2000

// Retain deletes what is older than it may be, in pieces, so that requests go on
// meanwhile and a process that ends in between has done a part. Dry only counts.
func (l *Ledger) Retain(r Retention, dry bool) (*Retained, error) {
	names, err := json.Marshal(append([]string{}, r.Except...))
	if err != nil {
		return nil, err
	}
	now := l.Now()
	// Of ?2 nothing goes; ?3 is where the hold of refused requests begins.
	const (
		free    = `t.time < ?1 and t.account not in (select id from accounts where key in (select value from json_each(?2)) or person in (select value from json_each(?2)))`
		refused = `(instr(t.rails, '"action":"refuse"') > 0 and t.time > ?3)`
		judged  = `(t.rails != '' and t.time > ?3)`
		bare    = `(t.rails = '' and t.spans = '' and t.params = '' and t.parent = '' and t.seed = 0)`
	)
	out := new(Retained)
	for _, c := range []struct {
		age    time.Duration
		n      *int64
		rows   string // what goes, as select of their keys
		do     string
		counts bool // never anything else
	}{
		{r.Content, &out.Held, `select t.seq from traces t join contents c on c.trace = t.seq where ` + free + ` and ` + refused, "", true},
		{r.Content, &out.Contents, `select t.seq from traces t join contents c on c.trace = t.seq where ` + free + ` and not ` + refused, `delete from contents where trace in `, false},
		{r.Security, &out.Contents, `select t.seq from traces t join contents c on c.trace = t.seq where ` + free + ` and instr(t.rails, '"action":"refuse"') > 0 and not ` + refused, `delete from contents where trace in `, false},
		{r.Traces, &out.Traces, `select t.seq from traces t where ` + free + ` and not ` + judged + ` and not ` + bare, `update traces set rails = '', spans = '', params = '', parent = '', seed = 0 where seq in `, false},
		{r.Traces, new(int64), `select t.seq from traces t join marks k on k.trace = t.seq where k.list = '' and ` + free + ` and not ` + judged, `delete from marks where trace in `, false},
		{r.Traces, &out.Spans, `select s.seq from spans s where s.time < ?1 and s.key not in (select value from json_each(?2))`, `delete from spans where seq in `, false},
		{r.Feedback, &out.Reasons, `select t.seq from traces t join ratings r on r.trace = t.seq where r.why != '' and ` + free, `update ratings set why = '' where trace in `, false},
	} {
		if c.age <= 0 {
			continue
		}
		args := []any{micro(now.Add(-c.age)), string(names), micro(now.Add(-l.Hold))}
		if !strings.Contains(c.rows, "?3") {
			args = args[:2]
		}
		if dry || c.counts {
			var n int64
			if err := l.read.QueryRow(`select count(*) from (`+c.rows+`)`, args...).Scan(&n); err != nil {
				return nil, l.failed(err)
			}
			*c.n += n
			continue
		}
		for {
			var n int64
			err := l.write(true, func(t *tx) (err error) {
				n, err = t.exec(fmt.Sprintf(`%s (%s limit %d)`, c.do, c.rows, retainBatch), args...)
				return err
			})
			if err != nil {
				return nil, err
			}
			if *c.n += n; n < retainBatch {
				break
			}
		}
	}
	if dry || out.Contents+out.Spans+out.Reasons+out.Traces == 0 {
		return out, nil
	}
	return out, l.scrub()
}

// Names are all keys and persons that the books know.
func (l *Ledger) Names() (list []string, err error) {
	rows, err := l.read.Query(`select key from accounts union select person from accounts union select key from spans union select actor from chosen union select name from budgets where scope in ('key', 'person')`)
	if err != nil {
		return nil, l.failed(err)
	}
	return list, l.failed(eachRow(rows, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		if name != "" {
			list = append(list, name)
		}
		return err
	}))
}
