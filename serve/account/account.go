// Package account is the server's door: who comes in, by key, password,
// passkey or an outer source, what the rules of access let them do, and the
// pages' interface to people, keys and tenants. What it decides it writes into
// the audit log.
package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sort"
	"strings"
	"time"

	"suiren/internal/say"
	"suiren/serve"
	"suiren/serve/form"
	"suiren/stage/operate"
	"suiren/stage/operate/access"
	"suiren/stage/operate/care"
	"suiren/stage/operate/people"
)

// An Account is the door. All but Sources must be there.
type Account struct {
	People *people.Store
	Keys   *operate.Keys
	Rules  *access.Rules
	Audit  *operate.Audit
	Log    *slog.Logger // of what somebody should see now: a broken glass
	Now    func() time.Time
	Care   *care.Book // nil: no act needs two persons

	// Erase takes a person, or the holder of a key, out of everything. Perform does
	// what was approved and is not the door's own. Alarm tells now that a glass was
	// broken. Each may be nil.
	Erase   func(ctx context.Context, name, by string) (any, error)
	Perform func(ctx context.Context, r care.Request) (any, error)
	Alarm   func(people.Emergency)

	Sources    Sources // outer ones, by which people sign in; the zero value is none
	ceremonies pending[ceremony]
	outwards   pending[outward]
}

// Sources are where people sign in besides here. Nothing is dialed unless one
// of them is set and somebody signs in by it.
type Sources struct {
	OIDC *OIDC
	LDAP *LDAP
}

// Config makes a server's door this one.
func (a *Account) Config(c *serve.Config) {
	c.Key, c.Decide, c.Decided, c.SignIn, c.Who = a.key, a.decide, a.decided, a.signIn, a.who
	c.Sessions, c.Erased = sessions{a}, a.erased
	c.Second = a.second
	c.Routes = append(c.Routes, a.routes()...)
}

// known is what the door knows of a caller besides its name.
type known struct {
	access.Principal
	kind string // of people's sessions
}

func caller(p access.Principal, kind string) serve.Caller {
	return serve.Caller{Name: p.Name, Tenant: p.Tenant, Project: p.Project, Person: kind == people.OfPerson, Readers: p.Readers(), Known: &known{p, kind}}
}

func principal(c serve.Caller) access.Principal {
	if k, ok := c.Known.(*known); ok {
		return k.Principal
	}
	return access.Principal{Name: c.Name}
}

// keyPrincipal is what the rules see of a key. Those made before there were
// roles do what they did: all but look after people.
func keyPrincipal(k operate.Key) access.Principal {
	p := access.Principal{Name: k.Name, Key: true, Roles: k.Roles, Tenant: k.Tenant, Project: k.Project, Tags: k.Tags, Actions: k.Actions, Models: k.Models}
	if k.Roles == nil {
		p.Roles = []string{access.Operator}
	}
	return p
}

func (a *Account) key(secret string) (serve.Caller, bool) {
	k, ok := a.Keys.Lookup(secret)
	if !ok {
		return serve.Caller{}, false
	}
	return caller(keyPrincipal(k), people.OfKey), true
}

// sessions are the server's sessions, kept with the people.
type sessions struct{ a *Account }

func (s sessions) Begin(c serve.Caller, ends time.Time) (string, error) {
	x := people.Session{Name: c.Name, Kind: people.OfPage, Ends: ends}
	if k, ok := c.Known.(*known); ok {
		x.Kind, x.Second = k.kind, k.TwoFactors
	}
	if _, err := s.a.Audit.Append(c.Name, "session.begin", x.Kind, ""); err != nil {
		return "", err
	}
	return s.a.People.Begin(x)
}

// Find looks the person or key up again: what was taken away since is gone.
func (s sessions) Find(secret string) (serve.Caller, bool) {
	if secret == "" {
		return serve.Caller{}, false
	}
	x, ok := s.a.People.Session(secret)
	if !ok {
		return serve.Caller{}, false
	}
	switch x.Kind {
	case people.OfPage: // who reads the terminal owns the server
		return caller(access.Principal{Name: serve.Page, Roles: []string{access.Owner}}, x.Kind), true
	case people.OfErased:
		return serve.Caller{}, false
	case people.OfKey:
		k, ok := s.a.Keys.Named(x.Name)
		return caller(keyPrincipal(k), x.Kind), ok
	}
	p, err := s.a.People.Find(x.Name)
	if err != nil || !p.Suspended.IsZero() {
		return serve.Caller{}, false
	}
	who := p.Principal()
	who.TwoFactors = x.Second
	return caller(who, people.OfPerson), true
}

// erased reports whether a session's holder was erased.
func (a *Account) erased(secret string) bool {
	x, ok := a.People.Session(secret)
	return ok && x.Kind == people.OfErased
}

func (s sessions) End(secret string) error { return s.a.People.End(secret) }

// kinds are serve's kinds of things as the rules call them.
var kinds = map[string]string{serve.TheServer: "Server", serve.AModel: "Model", serve.ABase: "Base", serve.ATenant: "Tenant"}

// decide asks the rules.
func (a *Account) decide(q serve.Question) error {
	p := principal(q.Caller)
	thing := access.Thing{Kind: kinds[q.Kind], ID: q.ID}
	var err error
	if thing.Kind == "Model" || thing.Kind == "Base" {
		if thing.Tenants, err = a.People.Owners(thing.Kind, thing.ID); err != nil {
			return err
		}
	}
	if k, ok := q.Caller.Known.(*known); ok && k.kind == people.OfPerson {
		list, err := a.People.Emergencies(p.Name)
		if err != nil {
			return err
		}
		p.Emergency = len(list) > 0
	}
	d := a.Rules.Decide(access.Request{Principal: p, Action: string(q.Action), Thing: thing, Says: q.Says, Time: a.Now()})
	if d.Allowed {
		return nil
	}
	e := &form.Error{Status: http.StatusForbidden, Type: "permission_error", Code: "access_denied",
		Text: say.T("you may not do this (%s): %s", "您无权这样做（%s）：%s", string(q.Action), d.Why),
		Next: say.T("ask whoever gives out roles here, if you need it", "如有需要，请联系本系统的权限管理员")}
	return &Denied{reply: e, Rules: d.Rules, hidden: d.Hidden}
}

// A Denied is the error of a question that the rules answer with no.
type Denied struct {
	Rules  []string // ids of those that forbid it
	reply  *form.Error
	hidden bool
}

func (d *Denied) Error() string { return d.reply.Error() }

func (d *Denied) Unwrap() []error {
	if d.hidden {
		return []error{d.reply, serve.ErrHidden}
	}
	return []error{d.reply}
}

// decided writes down what was denied, and what was allowed that was about
// somebody, or in an emergency.
func (a *Account) decided(q serve.Question, err error) error {
	action := "allow"
	rules := ""
	if err != nil {
		action = "deny"
		if d, ok := errors.AsType[*Denied](err); ok {
			rules = strings.Join(d.Rules, ",")
		}
	} else if len(q.Says) == 0 {
		return nil
	}
	subject := fmt.Sprintf("%s %s %s", q.Action, q.Kind, q.ID)
	if len(q.Says) > 0 {
		subject += " " + saysText(q.Says)
	}
	if rules != "" {
		subject += " by " + rules
	}
	_, err = a.Audit.Append(q.Caller.Name, action, subject, "")
	if err != nil {
		a.Log.Error("a decision is not in the audit log", "err", err)
	}
	return err
}

func saysText(says map[string]string) string {
	var list []string
	for k, v := range says {
		list = append(list, fmt.Sprintf("%s=%q", k, v))
	}
	sort.Strings(list)
	return strings.Join(list, " ")
}

// from is the address of who sends a request.
func from(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// signIn checks a name and a password, here or at the owner's LDAP server.
func (a *Account) signIn(r *http.Request, name, password string) (serve.Caller, error) {
	p, err := a.People.Find(name)
	switch {
	case a.Sources.LDAP != nil && (errors.Is(err, people.ErrNone) || err == nil && p.Source == sourceLDAP):
		p, err = a.People.Verify(name, from(r), func() (*people.Person, error) { return a.ldap(r.Context(), name, password) })
	default:
		p, err = a.People.SignIn(r.Context(), name, password, from(r))
	}
	if err != nil {
		if _, wait := errors.AsType[*people.Wait](err); !wait && r.Context().Err() == nil {
			who := name
			if _, err := a.People.Find(name); err != nil {
				who = "unknown" // what was typed may be a password
			}
			if _, err := a.Audit.Append(who, "session.refuse", from(r), ""); err != nil {
				return serve.Caller{}, err
			}
		}
		return serve.Caller{}, told(err)
	}
	return caller(p.Principal(), people.OfPerson), nil
}

// told makes an error the client's, if it has words for people.
func told(err error) error {
	if err == nil {
		return nil
	}
	if w, ok := errors.AsType[*people.Wait](err); ok {
		n := max(1, int((w.For+time.Second-1)/time.Second)) // so that who waits as long is let in
		return &form.Error{Status: http.StatusTooManyRequests, Type: "rate_limit_error", Code: "too_many_attempts", After: n,
			Text: say.T("too many failed attempts", "失败次数过多"), Next: say.T("try again in %d seconds", "请在 %d 秒后重试", n)}
	}
	e, ok := errors.AsType[*say.Error](err)
	if !ok {
		return err
	}
	out := &form.Error{Status: http.StatusBadRequest, Type: "invalid_request_error", Code: "invalid_value", Text: e.What, Next: e.Next}
	switch {
	case errors.Is(err, people.ErrNone):
		return errNone
	case errors.Is(err, people.ErrExists):
		out.Status, out.Code = http.StatusConflict, "exists"
	case errors.Is(err, people.ErrSignIn):
		out.Status, out.Type, out.Code = http.StatusUnauthorized, "authentication_error", "wrong_password"
	}
	return out
}

var errNone = &form.Error{Status: http.StatusNotFound, Type: "invalid_request_error", Code: "not_found",
	Text: say.T("there is no such account, key or tenant", "没有这个账户、密钥或租户")}

// seen makes what the caller may not know of a thing that is not there.
func seen(err error) error {
	if errors.Is(err, serve.ErrHidden) {
		return errNone
	}
	return err
}

// who says more of a caller, for the page.
func (a *Account) who(c serve.Caller) map[string]any {
	p := principal(c)
	out := map[string]any{"roles": p.Roles, "two_factors": p.TwoFactors}
	if k, ok := c.Known.(*known); ok {
		out["kind"] = k.kind
		if k.kind == people.OfPerson {
			if list, err := a.People.Emergencies(p.Name); err == nil && len(list) > 0 {
				out["emergency"] = list[len(list)-1]
			}
			if one, err := a.People.Find(p.Name); err == nil {
				out["title"], out["source"], out["since"] = one.Title, one.Source, one.Made
			}
			if list, err := a.People.Passkeys(p.Name); err == nil {
				out["passkeys"] = len(list)
			}
		}
		if one, ok := a.Keys.Named(p.Name); ok && k.kind == people.OfKey {
			out["since"] = one.Made
		}
	}
	return out
}

// person returns the caller, if it is a person.
func person(r *http.Request) (access.Principal, error) {
	if k, ok := serve.CallerOf(r).Known.(*known); ok && k.kind == people.OfPerson {
		return k.Principal, nil
	}
	return access.Principal{}, &form.Error{Status: http.StatusForbidden, Type: "permission_error", Code: "no_person",
		Text: say.T("only a person who signed in can do this, not a key", "只有登录的人员可以这样做，密钥不可以")}
}

// note writes what somebody did into the audit log.
func (a *Account) note(r *http.Request, action, subject string) error {
	_, err := a.Audit.Append(serve.CallerOf(r).Name, action, subject, "")
	return err
}

// taken reports whether a name is a key's, a person's or the server's own: the
// books know callers by their names alone.
func (a *Account) taken(name string) bool { return Taken(a.Keys, a.People, name) }

// Reserved reports whether a name is one that the books use for something else.
func Reserved(name string) bool {
	return slices.Contains([]string{serve.Page, "anyone", "cli", "unknown", "passkey", "*"}, name)
}

// Taken reports whether a key, a person or the server itself has a name.
func Taken(keys *operate.Keys, store *people.Store, name string) bool {
	if Reserved(name) {
		return true
	}
	if slices.ContainsFunc(keys.List(), func(k operate.Key) bool { return k.Name == name }) {
		return true
	}
	_, err := store.Find(name)
	return err == nil
}
