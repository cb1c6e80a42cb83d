package ledger

import (
	"encoding/json"
	"time"
)

// A Foreign is a span that a program of the owner's has sent. It charges nothing.
type Foreign struct {
	Trace  string          `json:"trace"` // 32 hexadecimal digits
	Span   string          `json:"span"`  // 16
	Parent string          `json:"parent,omitempty"`
	Key    string          `json:"key"` // who sent it
	Tenant string          `json:"tenant,omitempty"`
	Time   time.Time       `json:"time"`
	Total  time.Duration   `json:"total"`
	Name   string          `json:"name"`
	Body   json.RawMessage `json:"body"` // attributes, status, resource
}

// maxForeign is how many spans of others are kept: the oldest go.
const maxForeign = 200_000

// AddSpans keeps spans. One that is there already stays as it is.
func (l *Ledger) AddSpans(list []Foreign) error {
	return l.write(true, func(t *tx) error {
		for i := range list {
			s := &list[i]
			if _, err := t.put(`insert into spans (trace, span, parent, key, tenant, time, total, name, body) values (?,?,?,?,?,?,?,?,?) on conflict do nothing`,
				s.Trace, s.Span, s.Parent, s.Key, s.Tenant, micro(s.Time), s.Total.Microseconds(), s.Name, string(s.Body)); err != nil {
				return err
			}
		}
		_, err := t.exec(`delete from spans where seq <= (select max(seq) from spans) - ?`, maxForeign)
		return err
	})
}

// Spans returns those of a trace, or of none the last, the newest first; of one
// tenant, if tenant is not nil.
func (l *Ledger) Spans(trace string, tenant *string) ([]Foreign, error) {
	args := []any{trace}
	filter := ""
	if tenant != nil {
		filter, args = " and tenant = ?2", append(args, *tenant)
	}
	rows, err := l.read.Query(`select trace, span, parent, key, tenant, time, total, name, body from spans where (?1 = '' or trace = ?1)`+filter+` order by seq desc limit 1000`, args...)
	if err != nil {
		return nil, l.failed(err)
	}
	list := []Foreign{}
	err = eachRow(rows, func(scan func(...any) error) error {
		var s Foreign
		var at, total int64
		var body string
		err := scan(&s.Trace, &s.Span, &s.Parent, &s.Key, &s.Tenant, &at, &total, &s.Name, &body)
		s.Time, s.Total, s.Body = fromMicro(at), time.Duration(total)*time.Microsecond, json.RawMessage(body)
		list = append(list, s)
		return err
	})
	return list, l.failed(err)
}
