package serve

import (
	"unicode/utf8"

	"suiren/serve/form"
)

// A Hold is what a request may use, reserved before it begins.
type Hold struct {
	ID      string // of the record that will follow
	Caller  string
	Person  bool // Caller is a person's name
	Tenant  string
	Project string
	Release *Release
	Prompt  int // tokens
	Tokens  int // of the prompt, and of the answer if its length was asked for
	More    int // of an answer whose length was not: it takes what there is
}

// reserve holds what the answers may use. An answer whose length was not asked for becomes as
// long as the budget has room for. The caller releases what did not begin.
func (s *Server) reserve(list []*exchange) (release func(), err error) {
	if s.conf.Reserve == nil {
		return func() {}, nil
	}
	var held []*exchange
	release = func() {
		for _, x := range held {
			if !x.kept {
				s.release(x.rec.ID)
			}
		}
	}
	prompt := 0
	for i, x := range list {
		if i == 0 || x.ask.Prompt != nil {
			prompt = promptTokens(x.rec.Release, x.ask)
		}
		h := Hold{ID: x.rec.ID, Caller: x.rec.Caller, Person: x.rec.Person, Tenant: x.rec.Tenant, Project: x.rec.Project, Release: x.rec.Release, Prompt: prompt, Tokens: prompt}
		if most := x.ask.MaxTokens; most >= 0 {
			h.Tokens += most
		} else {
			h.More = max(x.rec.Release.Context-h.Tokens, 1)
		}
		began := s.conf.Now()
		more, err := s.conf.Reserve(h)
		x.time.add(spanReserve, "", began, 0)
		if err != nil {
			release()
			return nil, s.unwritten(h.ID, err)
		}
		held = append(held, x)
		if more < h.More {
			r := *x.ask.Request
			r.MaxTokens = more
			x.ask.Request = &r
		}
	}
	return release, nil
}

// release ends the hold of what did not begin, or could not be kept.
func (s *Server) release(id string) {
	if err := s.conf.Release(id); err != nil {
		s.conf.Log.Error("a reservation was not released", "id", id, "err", err)
	}
}

// What a template puts around a conversation and each of its messages, where it is
// not known: tokens.
const (
	aroundChat    = 32
	aroundMessage = 16
)

// promptTokens are those of a request's prompt; of a model that does not show its
// tokens one a character, which is rarely too few.
func promptTokens(rel *Release, a *form.Ask) int {
	if p := a.Prompt; p != nil {
		n := len(p.IDs)
		if p.Text != "" && rel.Speller != nil {
			return n + len(rel.Speller.Tokens(p.Text, true))
		}
		return n + utf8.RuneCountInString(p.Text)
	}
	if rel.Speller != nil {
		if _, ids, err := rel.Speller.Render(a.Request); err == nil {
			return len(ids)
		}
	}
	n := aroundChat
	for i := range a.Messages {
		n += aroundMessage + utf8.RuneCountInString(a.Messages[i].All())
	}
	return n
}
