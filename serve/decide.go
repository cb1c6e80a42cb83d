package serve

import (
	"context"
	"net/http"
)

// An Action is what a route does, in the words of the rules of access.
type Action string

// The actions. Those that are about one thing, as Chat is about a model, are
// decided when the request has named it; the others before it is read.
const (
	Open Action = "" // for everyone, and without a key

	ReadState    Action = "read_state"    // what the page begins with
	ReadModels   Action = "read_models"   // which models there are: a model
	Chat         Action = "chat"          // answers: a model
	Embed        Action = "embed"         // vectors: a model
	Rerank       Action = "rerank"        // scores: a model
	Tokenize     Action = "tokenize"      // a model
	Search       Action = "search"        // a knowledge base
	ReadReceipt  Action = "read_receipt"  // of the caller's own answers
	Rate         Action = "rate"          // what a reader thought of an answer
	ReadPlan     Action = "read_plan"     // the plan and its report
	ReadRuns     Action = "read_runs"     // and their events
	SetPlan      Action = "set_plan"      // change it, make it
	ReadData     Action = "read_data"     // documents, journals, rows
	ReadBases    Action = "read_bases"    // knowledge bases, their files and readers
	SetBases     Action = "set_bases"     // read files into one, say who reads it
	ReadLibrary  Action = "read_library"  // models that were brought, and what would fit
	SetLibrary   Action = "set_library"   // add one, load one
	ReadMachine  Action = "read_machine"  // what it can, and the settings
	ReadMetrics  Action = "read_metrics"  // of the whole server
	ReadUsage    Action = "read_usage"    // the ledger
	SetBudget    Action = "set_budget"    //
	ReadTraces   Action = "read_traces"   // what was asked and answered
	ReadAudit    Action = "read_audit"    // the audit log
	ReadReleases Action = "read_releases" //
	SetRelease   Action = "set_release"   // promote, roll back
	ReadPolicy   Action = "read_policy"   // the rails
	SetPolicy    Action = "set_policy"    //
	Keep         Action = "keep"          // backup, restore, health, alerts
	UseSession   Action = "use_session"   // who am I, what may I do, sign out
	ReadPeople   Action = "read_people"   // people, keys, tenants
	SetPeople    Action = "set_people"    // add, suspend, sign out a person
	SetRoles     Action = "set_roles"     // give and take roles
	SetKeys      Action = "set_keys"      // make, rotate, end keys
	SetTenants   Action = "set_tenants"   // and what they share
)

// named are the actions about one thing.
var named = map[Action]bool{ReadModels: true, Chat: true, Embed: true, Rerank: true, Tokenize: true, Search: true}

// Kinds of things.
const (
	TheServer = "server"
	AModel    = "model"
	ABase     = "base" // of knowledge
)

// A Caller is who sent a request.
type Caller struct {
	Name    string // of a key or a person: who the ledger and the traces know
	Tenant  string // "" is the house itself
	Project string
	Known   any // what Decide knows besides
}

// A Question is what Decide answers: may the caller do this to that?
type Question struct {
	Caller   Caller
	Action   Action
	Kind, ID string            // of the thing
	Says     map[string]string // what the request says of itself: purpose, case_id, patient, ward
}

// A Route is a row of the table of what the server answers.
type Route struct {
	Pattern string // of net/http.ServeMux
	Action  Action
	do      handler
}

type (
	callerKey struct{}
	routeKey  struct{}
)

// callerOf returns who sent a request that keyed let in.
func callerOf(r *http.Request) Caller {
	c, _ := r.Context().Value(callerKey{}).(Caller)
	return c
}

// caller names who sent a request that keyed let in.
func caller(r *http.Request) string { return callerOf(r).Name }

// keyed asks for an API key, or for the page's session, and whether its holder
// may do what the route does, unless only the handler can know to what.
func (s *Server) keyed(a Action, f handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		c, ok := s.identify(r)
		if !ok {
			w.Header().Set("WWW-Authenticate", `Bearer realm="suiren"`)
			return errNoKey
		}
		ctx := context.WithValue(r.Context(), callerKey{}, c)
		r = r.WithContext(context.WithValue(ctx, routeKey{}, a))
		if !named[a] {
			if err := s.allow(r, TheServer, ""); err != nil {
				return err
			}
		}
		return f(w, r)
	}
}

// allow decides whether the request's caller may do to a thing what its route
// does. A denial is written down.
func (s *Server) allow(r *http.Request, kind, id string) error {
	a, _ := r.Context().Value(routeKey{}).(Action)
	err := s.may(r, a, kind, id)
	if err != nil && s.conf.Denied != nil {
		s.conf.Denied(s.question(r, a, kind, id), err)
	}
	return err
}

// may decides and writes nothing down.
func (s *Server) may(r *http.Request, a Action, kind, id string) error {
	if s.conf.Decide == nil {
		return nil
	}
	return s.conf.Decide(s.question(r, a, kind, id))
}

func (s *Server) question(r *http.Request, a Action, kind, id string) Question {
	return Question{Caller: callerOf(r), Action: a, Kind: kind, ID: id}
}
