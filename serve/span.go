package serve

import (
	"net/http"
	"regexp"
	"time"

	"suiren/serve/form"
)

// A Span is a part of a request's time.
type Span struct {
	Name   string
	Parent string        // name of the span it is part of; "" is the request
	Start  time.Duration // after the request came
	Total  time.Duration
	Count  int // tokens of it, or sources
}

// Names of spans. Rails are the sum of many short times, from the first of them on.
const (
	spanReserve   = "reserve"
	spanQueue     = "queue"
	spanInput     = "input rails"
	spanModel     = "model"
	spanRetrieval = "retrieval"
	spanPrefill   = "prefill"
	spanThought   = "thought"
	spanAnswer    = "answer"
	spanTool      = "tool call"
	spanOutput    = "output rails"
	spanSend      = "send"
)

// A timing notes when the parts of an exchange began and ended.
type timing struct {
	now    func() time.Time
	start  time.Time
	list   []Span
	model  time.Time // when it was asked
	served bool      // it has said something
	parts  map[string]*Span
	order  []string
	sent   time.Duration
}

// add notes a span that began at a time and ends now.
func (t *timing) add(name, parent string, began time.Time, count int) {
	t.list = append(t.list, Span{name, parent, began.Sub(t.start), t.now().Sub(began), count})
}

// part makes a span of the model's time longer: from its first mark to its last, or
// by a sum.
func (t *timing) part(name string) *Span {
	p := t.parts[name]
	if p == nil {
		p = &Span{Name: name, Parent: spanModel, Start: t.now().Sub(t.start)}
		if t.parts == nil {
			t.parts = map[string]*Span{}
		}
		t.parts[name] = p
		t.order = append(t.order, name)
	}
	return p
}

// event notes an event of the model's, before it goes through the rails.
func (t *timing) event(e *form.Event) {
	now := t.now()
	name := ""
	switch e.Kind {
	case form.Sources:
		p := t.part(spanRetrieval)
		p.Start, p.Total, p.Count = t.model.Sub(t.start), now.Sub(t.model), len(e.Sources)
		t.model = now
		return
	case form.Thought:
		name = spanThought
	case form.Text:
		name = spanAnswer
	case form.CallStart, form.CallArgs, form.CallEnd:
		name = spanTool
	case form.Finish, form.Prompted:
	}
	if !t.served {
		t.served = true
		p := t.part(spanPrefill)
		p.Start, p.Total, p.Count = t.model.Sub(t.start), now.Sub(t.model), e.Usage.Prompt-e.Usage.Cached
	}
	if name != "" {
		p := t.part(name)
		p.Total = t.now().Sub(t.start) - p.Start // not now: the part may begin with this event
	}
}

// passed notes that an event took until now to pass the rails and leave.
func (t *timing) passed(began time.Time, sentBefore time.Duration) {
	sent := t.sent - sentBefore
	t.part(spanSend).Total += sent
	t.part(spanOutput).Total += t.now().Sub(began) - sent
}

// spans returns all of them, when the request has ended.
func (t *timing) spans(asked time.Time, u form.Usage) []Span {
	if asked.IsZero() {
		return t.list
	}
	t.add(spanModel, "", asked, u.Prompt+u.Completion)
	for _, name := range t.order {
		p := t.parts[name]
		switch name {
		case spanThought:
			p.Count = u.Reasoning
		case spanAnswer:
			p.Count = u.Completion - u.Reasoning
		}
		t.list = append(t.list, *p)
	}
	return t.list
}

// traceparent is a header of W3C Trace Context.
var traceparent = regexp.MustCompile(`^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$`)

// parentOf is the span of the caller's that a request belongs to, or "".
func parentOf(r *http.Request) string {
	if v := r.Header.Get("Traceparent"); traceparent.MatchString(v) {
		return v
	}
	return ""
}
