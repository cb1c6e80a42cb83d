package serve

import (
	"unicode/utf8"

	"suiren/serve/form"
)

// A Hold is what a request may use, reserved before it begins.
type Hold struct {
	ID      string // of the record that will follow
	Caller  string
	Tenant  string
	Project string
	Tokens  int // of the prompt, and of the answer if its length was asked for
	More    int // of an answer whose length was not: it takes what there is
}

// reserve holds what the answers may use. A prompt counts a token a character,
// which is rarely too few. An answer whose length was not asked for becomes as
// long as the budget has room for. The caller releases what did not begin.
func (s *Server) reserve(list []*exchange) (release func(), err error) {
	if s.conf.Reserve == nil {
		return func() {}, nil
	}
	var held []string
	release = func() {
		for _, id := range held {
			if err := s.conf.Release(id); err != nil {
				s.conf.Log.Error("a reservation was not released", "id", id, "err", err)
			}
		}
	}
	for _, x := range list {
		h := Hold{ID: x.rec.ID, Caller: x.rec.Caller, Tenant: x.rec.Tenant, Project: x.rec.Project, Tokens: characters(x.ask)}
		if most := x.ask.MaxTokens; most >= 0 {
			h.Tokens += most
		} else {
			h.More = max(x.rec.Release.Context-h.Tokens, 1)
		}
		more, err := s.conf.Reserve(h)
		if err != nil {
			release()
			return nil, err
		}
		held = append(held, h.ID)
		if more < h.More {
			r := *x.ask.Request
			r.MaxTokens = more
			x.ask.Request = &r
		}
	}
	return release, nil
}

// characters are those of a request's prompt.
func characters(a *form.Ask) int {
	if p := a.Prompt; p != nil {
		return len(p.IDs) + utf8.RuneCountInString(p.Text)
	}
	n := 0
	for i := range a.Messages {
		n += utf8.RuneCountInString(a.Messages[i].All())
	}
	return n
}
