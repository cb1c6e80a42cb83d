package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"suiren/internal/say"
	"suiren/serve"
	"suiren/serve/form"
	"suiren/stage/operate"
	"suiren/stage/operate/people"
)

const (
	sourceOIDC = "oidc"
	sourceLDAP = "ldap"
)

// A Grant says what those of an outer group are here.
type Grant struct {
	Group  string              `json:"group"` // "" is everyone
	Roles  []string            `json:"roles"`
	Tenant string              `json:"tenant"`
	Tags   map[string][]string `json:"tags"`
}

// granted adds up the grants of somebody's groups; nobody is let in without one.
func granted(grants []Grant, groups []string, p *people.Person) error {
	in := false
	p.Roles = nil
	for _, g := range grants {
		if g.Group != "" && !slices.Contains(groups, g.Group) {
			continue
		}
		if in && g.Tenant != p.Tenant {
			continue // the first group says which tenant
		}
		in, p.Tenant = true, g.Tenant
		for _, role := range g.Roles {
			if !slices.Contains(p.Roles, role) {
				p.Roles = append(p.Roles, role)
			}
		}
		for k, v := range g.Tags {
			if p.Tags == nil {
				p.Tags = map[string][]string{}
			}
			p.Tags[k] = append(p.Tags[k], v...)
		}
	}
	if !in {
		return errNoGrant
	}
	return nil
}

// known finds or makes the account of somebody from outside.
func (a *Account) known(source, subject string, as people.Person) (*people.Person, error) {
	if slices.ContainsFunc(a.Keys.List(), func(k operate.Key) bool { return k.Name == as.Name }) || Reserved(as.Name) {
		return nil, &say.Error{Where: as.Name, What: people.ErrExists.What, Next: say.T("a key has the name; make another key", "该名称已被密钥使用；请改用其他名称的密钥"), Err: people.ErrExists}
	}
	return a.People.Known(source, subject, as)
}

var errNoGrant = &form.Error{Status: http.StatusForbidden, Type: "permission_error", Code: "no_grant",
	Text: say.T("you are known, but none of your groups is let in here", "身份已确认，但您所在的组均未获准使用本系统"), Next: say.T("ask whoever runs this server", "请联系本系统的管理员")}

// OIDC is an OpenID Connect issuer that the owner named. It is dialed when
// somebody signs in by it, and never otherwise.
type OIDC struct {
	Title  string  `json:"title"` // on the page's button
	Issuer string  `json:"issuer"`
	Client string  `json:"client"`
	Secret string  `json:"secret"`
	URL    string  `json:"url"`    // of this server's page, as browsers call it
	Groups string  `json:"groups"` // the claim; "" is groups
	Grants []Grant `json:"grants"`

	HTTP *http.Client `json:"-"` // nil is the default

	mu sync.Mutex
	at *oidc.Provider
}

// An outward is a browser that was sent to the issuer.
type outward struct{ nonce, verifier string }

// outwardTime is how long it may stay there.
const outwardTime = 10 * time.Minute

func (o *OIDC) context(ctx context.Context) context.Context {
	client := o.HTTP
	if client == nil {
		client = &http.Client{Timeout: 15 * time.Second}
	}
	return oidc.ClientContext(ctx, client)
}

// provider asks the issuer who it is, once.
func (o *OIDC) provider(ctx context.Context) (*oidc.Provider, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.at == nil {
		// Keys are fetched later, with the client of this context: it must outlive the request.
		p, err := oidc.NewProvider(o.context(context.WithoutCancel(ctx)), o.Issuer)
		if err != nil {
			return nil, err
		}
		o.at = p
	}
	return o.at, nil
}

func (o *OIDC) config(p *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{ClientID: o.Client, ClientSecret: o.Secret, Endpoint: p.Endpoint(),
		RedirectURL: strings.TrimSuffix(o.URL, "/") + "/api/session/oidc/callback", Scopes: []string{oidc.ScopeOpenID, "profile", "email", "groups"}}
}

var errNoOIDC = &form.Error{Status: http.StatusNotFound, Type: "invalid_request_error", Code: "not_found", Text: say.T("no outer sign-in is set up here", "未配置外部登录")}

func (a *Account) issuerFailed(err error) error {
	a.Log.Error("the issuer did not answer as it should", "err", err)
	return &form.Error{Status: http.StatusBadGateway, Type: "server_error", Code: "issuer_failed",
		Text: say.T("the sign-in server did not answer as it should", "登录服务器没有正确应答"), Next: say.T("try again, or sign in with a key", "请重试，或用密钥登录")}
}

// shown leads a browser that came by a link back to the page, which says what
// went wrong by its code; what asks for something else than a page gets the error.
func shown(do serve.Handler) serve.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := do(w, r)
		e, known := errors.AsType[*form.Error](err)
		if !known || !strings.Contains(r.Header.Get("Accept"), "text/html") {
			return err
		}
		http.Redirect(w, r, "/#failed="+url.QueryEscape(e.Code), http.StatusSeeOther)
		return nil
	}
}

// stateCookie binds what comes back to the browser that was sent out. It comes
// back from another site, which only a lax cookie does.
const stateCookie = "suiren-oidc"

func (a *Account) beginOIDC(w http.ResponseWriter, r *http.Request) error {
	o := a.Sources.OIDC
	if o == nil {
		return errNoOIDC
	}
	p, err := o.provider(r.Context())
	if err != nil {
		return a.issuerFailed(err)
	}
	out := outward{rand.Text(), oauth2.GenerateVerifier()}
	state, err := a.outwards.begin(a.Now(), from(r), outwardTime, out)
	if err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{Name: stateCookie, Value: state, Path: "/api/session/oidc", MaxAge: int(outwardTime.Seconds()), HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil})
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, o.config(p).AuthCodeURL(state, oidc.Nonce(out.nonce), oauth2.S256ChallengeOption(out.verifier)), http.StatusSeeOther)
	return nil
}

var errState = &form.Error{Status: http.StatusUnauthorized, Type: "authentication_error", Code: "wrong_state",
	Text: say.T("this answer of the sign-in server was not asked for, or is too old", "登录服务器的应答并非本次请求所得，或已过期"), Next: say.T("sign in again", "请重新登录")}

func (a *Account) finishOIDC(w http.ResponseWriter, r *http.Request) error {
	o := a.Sources.OIDC
	if o == nil {
		return errNoOIDC
	}
	q := r.URL.Query()
	state := q.Get("state")
	out, ok := a.outwards.finish(a.Now(), state)
	c, err := r.Cookie(stateCookie)
	if !ok || err != nil || subtle.ConstantTimeCompare([]byte(c.Value), []byte(state)) != 1 {
		return errState
	}
	http.SetCookie(w, &http.Cookie{Name: stateCookie, Path: "/api/session/oidc", MaxAge: -1})
	p, err := o.provider(r.Context())
	if err != nil {
		return a.issuerFailed(err)
	}
	as, subject, err := o.claims(o.context(r.Context()), p, q, out)
	if err != nil {
		if _, told := errors.AsType[*form.Error](err); told {
			return err
		}
		return a.issuerFailed(err)
	}
	known, err := a.known(sourceOIDC, subject, as)
	if err != nil {
		return told(err)
	}
	if !known.Suspended.IsZero() {
		return told(people.ErrSignIn)
	}
	who := known.Principal()
	if err := serve.BeginSession(w, r, sessions{a}, caller(who, people.OfPerson), a.Now()); err != nil {
		return err
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

// claims trades a code for what the issuer says of somebody.
func (o *OIDC) claims(ctx context.Context, p *oidc.Provider, q url.Values, out outward) (as people.Person, subject string, err error) {
	if q.Get("code") == "" {
		return as, "", errState
	}
	token, err := o.config(p).Exchange(ctx, q.Get("code"), oauth2.VerifierOption(out.verifier))
	if err != nil {
		return as, "", err
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := p.Verifier(&oidc.Config{ClientID: o.Client}).Verify(ctx, raw)
	if err != nil {
		return as, "", err
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(out.nonce)) != 1 {
		return as, "", errState
	}
	claims := map[string]any{}
	if err := id.Claims(&claims); err != nil {
		return as, "", err
	}
	text := func(name string) string { s, _ := claims[name].(string); return s }
	as.Title = text("name")
	for _, name := range []string{text("preferred_username"), text("email"), id.Subject} {
		if people.CheckName(name) == nil {
			as.Name = name
			break
		}
	}
	claim := o.Groups
	if claim == "" {
		claim = "groups"
	}
	var groups []string
	if list, ok := claims[claim].([]any); ok {
		for _, g := range list {
			if s, ok := g.(string); ok {
				groups = append(groups, s)
			}
		}
	}
	if as.Name == "" {
		return as, "", errNoGrant
	}
	return as, id.Issuer + " " + id.Subject, granted(o.Grants, groups, &as)
}
