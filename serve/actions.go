package serve

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"suiren/internal/say"
	"suiren/serve/form"
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
	SetData      Action = "set_data"      // choose traces for a set
	ReadBases    Action = "read_bases"    // all knowledge bases, their files and readers
	SetBases     Action = "set_bases"     // read files into one, say who reads it
	ReadLibrary  Action = "read_library"  // models that were brought, and what would fit
	SetLibrary   Action = "set_library"   // add one, load one
	ReadMachine  Action = "read_machine"  // what it can, and the settings
	ReadMetrics  Action = "read_metrics"  // of the whole server
	ReadUsage    Action = "read_usage"    // the ledger
	SetBudget    Action = "set_budget"    //
	ReadTraces   Action = "read_traces"   // what was asked and answered
	ReadAudit    Action = "read_audit"    // the audit log
	SendSpans    Action = "send_spans"    // OTLP traces of the caller's own programs
	ReadReleases Action = "read_releases" //
	SetRelease   Action = "set_release"   // promote, roll back
	ReadPolicy   Action = "read_policy"   // the rails
	SetPolicy    Action = "set_policy"    //
	ExportChat   Action = "export"        // a conversation as a file, labelled
	Unlabelled   Action = "unlabelled"    // without its label
	Keep         Action = "keep"          // backup, restore, health, alerts
	Approve      Action = "approve"       // what another has asked for
	UseSession   Action = "use_session"   // who am I, what may I do, sign out
	BreakGlass   Action = "break_glass"   // in an emergency
	ReadPeople   Action = "read_people"   // people, keys, tenants: a tenant
	SetPeople    Action = "set_people"    // add, suspend, sign out a person
	SetRoles     Action = "set_roles"     // give and take roles
	SetKeys      Action = "set_keys"      // make, rotate, end keys
	SetTenants   Action = "set_tenants"   // and what they share
)

// named are the actions about one thing.
var named = map[Action]bool{ReadModels: true, Chat: true, Embed: true, Rerank: true, Tokenize: true, Search: true,
	ReadPeople: true, SetPeople: true, SetRoles: true, SetKeys: true, SetTenants: true}

// actions are all that need a caller, in the order of the constants.
var actions = []Action{ReadState, ReadModels, Chat, Embed, Rerank, Tokenize, Search, ReadReceipt, Rate, ReadPlan, SetPlan, ReadRuns, ReadData, SetData, ReadBases, SetBases, ReadLibrary, SetLibrary, ReadMachine, ReadMetrics, ReadUsage, SetBudget,
	ReadTraces, ReadAudit, SendSpans, ReadReleases, SetRelease, ReadPolicy, SetPolicy, ExportChat, Unlabelled, Keep, Approve, UseSession, BreakGlass, ReadPeople, SetPeople, SetRoles, SetKeys, SetTenants}

// kindOf is what an action is done to.
func kindOf(a Action) string {
	switch a {
	case ReadModels, Chat, Embed, Rerank, Tokenize:
		return AModel
	case Search:
		return ABase
	case ReadPeople, SetPeople, SetRoles, SetKeys, SetTenants:
		return ATenant
	}
	return TheServer
}

// Kinds of things.
const (
	TheServer = "server"
	AModel    = "model"
	ABase     = "base" // of knowledge
	ATenant   = "tenant"
)

// A Caller is who sent a request.
type Caller struct {
	Name    string // of a key or a person: who the ledger and the traces know
	Tenant  string // "" is the house itself
	Project string
	Person  bool     // Name is a person's, not a key's
	Readers []string // the names by which rules of documents know it; nil: Name
	Known   any      // what Decide knows besides
}

func (c *Caller) readers() []string {
	if c.Readers == nil && c.Name != "" {
		return []string{c.Name}
	}
	return c.Readers
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
	Do      Handler
}

// ErrHidden is wrapped by the error of Decide if the caller may not know that
// there is such a thing.
var ErrHidden = errors.New("the caller may not know of it")

// A scope is what keyed found out about a request.
type scope struct {
	s      *Server
	caller Caller
	action Action
	says   map[string]string
}

type scopeKey struct{}

func scopeOf(r *http.Request) *scope {
	if x, ok := r.Context().Value(scopeKey{}).(*scope); ok {
		return x
	}
	return &scope{}
}

// CallerOf returns who sent a request of a route with an action.
func CallerOf(r *http.Request) Caller { return scopeOf(r).caller }

// caller names who sent a request that keyed let in.
func caller(r *http.Request) string { return CallerOf(r).Name }

// keyed asks for an API key, or for the page's session, and whether its holder
// may do what the route does, unless only the handler can know to what.
func (s *Server) keyed(a Action, f Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		c, ok := s.identify(r)
		if !ok {
			w.Header().Set("WWW-Authenticate", `Bearer realm="suiren"`)
			if secret := SessionSecret(r); secret != "" && s.conf.Erased != nil && s.conf.Erased(secret) {
				return errErased
			}
			return errNoKey
		}
		w.Header().Set("Cache-Control", "no-store")
		says, err := saysOf(r)
		if err != nil {
			return err
		}
		r = r.WithContext(context.WithValue(r.Context(), scopeKey{}, &scope{s, c, a, says}))
		if !named[a] {
			if err := Allow(r, TheServer, ""); err != nil {
				return err
			}
		}
		return f(w, r)
	}
}

// contextHeader is where a request says what it is about, in the form of a
// query: purpose=treatment&patient=P17.
const contextHeader = "Suiren-Context"

var contextNames = []string{"purpose", "ward", "patient", "case_id"}

func saysOf(r *http.Request) (map[string]string, error) {
	return ParseContext(r.Header.Get(contextHeader))
}

// ParseContext reads what a request says of itself.
func ParseContext(text string) (map[string]string, error) {
	if text == "" {
		return nil, nil
	}
	list, err := url.ParseQuery(text)
	if err != nil || len(text) > 1024 {
		return nil, form.Invalid(contextHeader, "invalid_value", say.T("the header %s is not of the form purpose=treatment&patient=P17", "请求头 %s 应形如 purpose=treatment&patient=P17", contextHeader))
	}
	says := map[string]string{}
	for k, v := range list {
		if !slices.Contains(contextNames, k) || len(v) != 1 || v[0] == "" {
			return nil, form.Invalid(contextHeader, "invalid_value", say.T("the header %s knows purpose, ward, patient and case_id, each once", "请求头 %s 只接受 purpose、ward、patient、case_id，各一次", contextHeader))
		}
		says[k] = v[0]
	}
	return says, nil
}

// Allow decides whether the request's caller may do to a thing what its route
// does. What was decided is written down.
func Allow(r *http.Request, kind, id string) error { return allow(r, scopeOf(r).action, kind, id) }

// allow is Allow for another action than the route's.
func allow(r *http.Request, a Action, kind, id string) error {
	x := scopeOf(r)
	err := x.s.may(r, a, kind, id)
	if x.s.conf.Decided != nil {
		if fault := x.s.conf.Decided(x.question(a, kind, id), err); err == nil {
			return fault
		}
	}
	return err
}

// May decides about another action than the route's, and writes nothing down.
func May(r *http.Request, a Action, kind, id string) bool {
	return scopeOf(r).s.may(r, a, kind, id) == nil
}

func (s *Server) may(r *http.Request, a Action, kind, id string) error {
	if s.conf.Decide == nil {
		return nil
	}
	return s.conf.Decide(scopeOf(r).question(a, kind, id))
}

func (x *scope) question(a Action, kind, id string) Question {
	return Question{Caller: x.caller, Action: a, Kind: kind, ID: id, Says: x.says}
}
