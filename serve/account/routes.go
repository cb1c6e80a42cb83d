package account

import (
	"net/http"
	"slices"

	"suiren/internal/say"
	"suiren/serve"
	"suiren/serve/form"
	"suiren/stage/operate"
	"suiren/stage/operate/access"
	"suiren/stage/operate/people"
)

func (a *Account) routes() []serve.Route {
	return []serve.Route{
		{Pattern: "GET /api/session/ways", Action: serve.Open, Do: a.ways},
		{Pattern: "POST /api/session/join", Action: serve.Open, Do: a.join},
		{Pattern: "POST /api/session/password", Action: serve.UseSession, Do: a.password},
		{Pattern: "GET /api/session/list", Action: serve.UseSession, Do: a.mine},
		{Pattern: "DELETE /api/session/list", Action: serve.UseSession, Do: a.endMine},
		{Pattern: "DELETE /api/session/list/{id}", Action: serve.UseSession, Do: a.endOne},
		{Pattern: "POST /api/session/emergency", Action: serve.BreakGlass, Do: a.breakGlass},
		{Pattern: "DELETE /api/session/emergency", Action: serve.BreakGlass, Do: a.mend},
		{Pattern: "POST /api/session/passkey/begin", Action: serve.Open, Do: a.beginPasskey},
		{Pattern: "POST /api/session/passkey/finish", Action: serve.Open, Do: a.finishPasskey},
		{Pattern: "GET /api/session/passkeys", Action: serve.UseSession, Do: a.listPasskeys},
		{Pattern: "POST /api/session/passkeys/begin", Action: serve.UseSession, Do: a.beginNewPasskey},
		{Pattern: "POST /api/session/passkeys/finish", Action: serve.UseSession, Do: a.finishNewPasskey},
		{Pattern: "DELETE /api/session/passkeys/{id}", Action: serve.UseSession, Do: a.removePasskey},
		{Pattern: "GET /api/session/oidc", Action: serve.Open, Do: shown(a.beginOIDC)},
		{Pattern: "GET /api/session/oidc/callback", Action: serve.Open, Do: shown(a.finishOIDC)},

		{Pattern: "GET /api/people", Action: serve.ReadPeople, Do: a.listPeople},
		{Pattern: "POST /api/people", Action: serve.SetPeople, Do: a.addPerson},
		{Pattern: "PATCH /api/people/{name}", Action: serve.SetPeople, Do: a.changePerson},
		{Pattern: "DELETE /api/people/{name}", Action: serve.SetPeople, Do: a.removePerson},
		{Pattern: "PUT /api/people/{name}/roles", Action: serve.SetRoles, Do: a.setRoles},
		{Pattern: "POST /api/people/{name}/link", Action: serve.SetPeople, Do: a.link},
		{Pattern: "DELETE /api/people/{name}/sessions", Action: serve.SetPeople, Do: a.endSessions},
		{Pattern: "POST /api/people/{name}/erase", Action: serve.SetPeople, Do: a.erasePerson},
		{Pattern: "POST /api/keys/{name}/erase", Action: serve.SetKeys, Do: a.eraseKey},
		{Pattern: "GET /api/erasures", Action: serve.ReadAudit, Do: a.erasures},
		{Pattern: "GET /api/approvals", Action: serve.UseSession, Do: a.approvals},
		{Pattern: "PUT /api/approvals", Action: serve.SetPolicy, Do: a.setApprovals},
		{Pattern: "POST /api/approvals/{id}", Action: serve.Approve, Do: a.decideApproval},
		{Pattern: "GET /api/keys", Action: serve.ReadPeople, Do: a.listKeys},
		{Pattern: "POST /api/keys", Action: serve.SetKeys, Do: a.addKey},
		{Pattern: "POST /api/keys/{name}/rotate", Action: serve.SetKeys, Do: a.rotateKey},
		{Pattern: "DELETE /api/keys/{name}", Action: serve.SetKeys, Do: a.revokeKey},
		{Pattern: "GET /api/tenants", Action: serve.ReadPeople, Do: a.listTenants},
		{Pattern: "POST /api/tenants", Action: serve.SetTenants, Do: a.addTenant},
		{Pattern: "DELETE /api/tenants/{name}", Action: serve.SetTenants, Do: a.removeTenant},
		{Pattern: "PUT /api/tenants/{name}/shares", Action: serve.SetTenants, Do: a.share(true)},
		{Pattern: "DELETE /api/tenants/{name}/shares", Action: serve.SetTenants, Do: a.share(false)},
	}
}

func ok(w http.ResponseWriter) error {
	return serve.WriteJSON(w, http.StatusOK, map[string]bool{"ok": true})
}

// visible returns what of a list belongs to tenants that the caller may read.
func visible[T any](r *http.Request, all []T, tenant func(T) string) []T {
	own := serve.CallerOf(r).Tenant
	out := []T{}
	for _, x := range all {
		if t := tenant(x); t == own || serve.May(r, serve.ReadPeople, serve.ATenant, t) {
			out = append(out, x)
		}
	}
	return out
}

// mayRead asks whether the caller may read the people of its own tenant.
func mayRead(r *http.Request) error {
	return seen(serve.Allow(r, serve.ATenant, serve.CallerOf(r).Tenant))
}

func (a *Account) listPeople(w http.ResponseWriter, r *http.Request) error {
	if err := mayRead(r); err != nil {
		return err
	}
	all, err := a.People.List()
	if err != nil {
		return err
	}
	broken, err := a.People.Emergencies("")
	if err != nil {
		return err
	}
	tenant := map[string]string{}
	for _, p := range all {
		tenant[p.Name] = p.Tenant
	}
	return serve.WriteJSON(w, http.StatusOK, map[string]any{
		"people":      visible(r, all, func(p *people.Person) string { return p.Tenant }),
		"emergencies": visible(r, broken, func(e people.Emergency) string { return tenant[e.Person] }),
	})
}

// theirs finds the account that a route names, if the caller may do to its
// tenant's people what the route does.
func (a *Account) theirs(r *http.Request) (*people.Person, error) {
	p, err := a.People.Find(r.PathValue("name"))
	if err != nil {
		// The question is asked all the same, so that the answer tells nothing.
		if err := serve.Allow(r, serve.ATenant, serve.CallerOf(r).Tenant); err != nil {
			return nil, seen(err)
		}
		return nil, told(err)
	}
	if err := serve.Allow(r, serve.ATenant, p.Tenant); err != nil {
		return nil, seen(err)
	}
	if slices.Contains(p.Roles, access.Owner) && !slices.Contains(principal(serve.CallerOf(r)).Roles, access.Owner) {
		return nil, errOwner
	}
	return p, nil
}

var errOwner = &form.Error{Status: http.StatusForbidden, Type: "permission_error", Code: "access_denied",
	Text: say.T("only an owner changes an owner, or makes one", "只有所有者能更改或设立所有者")}

// plain are the roles that whoever makes an account or a key may give; the
// others are given by whoever gives roles.
var plain = []string{access.Viewer, access.User}

// mayGive reports whether the caller may give roles in a tenant.
func mayGive(r *http.Request, tenant string, roles, free []string) error {
	for _, role := range roles {
		if slices.Contains(free, role) {
			continue
		}
		if !serve.May(r, serve.SetRoles, serve.ATenant, tenant) {
			return &form.Error{Status: http.StatusForbidden, Type: "permission_error", Code: "access_denied",
				Text: say.T("the role %s is given by whoever gives out roles", "角色“%s”须由权限管理员授予", access.RoleText(role)),
				Next: say.T("make it with the roles viewer or user", "请先用“查看者”或“用户”角色创建")}
		}
		if role == access.Owner && !slices.Contains(principal(serve.CallerOf(r)).Roles, access.Owner) {
			return errOwner
		}
	}
	return nil
}

// mayTag reports whether the caller may give tags, which the rules decide by as
// they do by roles.
func mayTag(r *http.Request, tenant string) error {
	return mayGive(r, tenant, []string{access.Operator}, nil)
}

// mayTake reports whether the caller may have a new secret of an account: who
// has it can do what its roles can, which must be no more than the caller can, or
// may give. Otherwise an administrator would do another's work as that other.
func mayTake(r *http.Request, name, tenant string, roles []string) error {
	p := principal(serve.CallerOf(r))
	free := append(slices.Clone(plain), access.Operator)
	if p.Actions == nil {
		free = append(free, p.Roles...)
	}
	for _, role := range roles {
		if mayGive(r, tenant, []string{role}, free) != nil {
			return &form.Error{Status: http.StatusForbidden, Type: "permission_error", Code: "access_denied",
				Text: say.T("%s has the role %s: only who gives out roles may have a new secret of that account", "%s 具有“%s”角色：只有权限管理员才能为其重发凭据", name, access.RoleText(role)),
				Next: say.T("ask an owner", "请由所有者操作")}
		}
	}
	return nil
}

func (a *Account) addPerson(w http.ResponseWriter, r *http.Request) error {
	var in people.Person
	if err := serve.Decode(w, r, &in); err != nil {
		return err
	}
	if err := serve.Allow(r, serve.ATenant, in.Tenant); err != nil {
		return seen(err)
	}
	if in.Roles == nil {
		in.Roles = []string{access.User}
	}
	if err := mayGive(r, in.Tenant, in.Roles, plain); err != nil {
		return err
	}
	if in.Tags != nil {
		if err := mayTag(r, in.Tenant); err != nil {
			return err
		}
	}
	if a.taken(in.Name) {
		return told(&say.Error{Where: in.Name, What: people.ErrExists.What, Next: say.T("choose another name", "请换一个名字"), Err: people.ErrExists})
	}
	p := people.Person{Name: in.Name, Title: in.Title, Roles: in.Roles, Tenant: in.Tenant, Project: in.Project, Tags: in.Tags}
	if err := a.People.Add(p); err != nil {
		return told(err)
	}
	if err := a.note(r, "person.add", operate.Name(in.Name)); err != nil {
		return err
	}
	return a.sendLink(w, r, in.Name)
}

// sendLink makes a one-time link and sends its path. What follows # no browser
// sends to a server, and so no log holds it.
func (a *Account) sendLink(w http.ResponseWriter, r *http.Request, name string) error {
	token, err := a.People.Link(name)
	if err != nil {
		return told(err)
	}
	if err := a.note(r, "person.link", operate.Name(name)); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return serve.WriteJSON(w, http.StatusOK, map[string]string{"name": name, "link": JoinPath(token)})
}

// JoinPath is the page's path that sets a password by a token.
func JoinPath(token string) string { return "/#join=" + token }

func (a *Account) link(w http.ResponseWriter, r *http.Request) error {
	p, err := a.theirs(r)
	if err != nil {
		return err
	}
	if err := mayTake(r, p.Name, p.Tenant, p.Roles); err != nil {
		return err
	}
	return a.sendLink(w, r, p.Name)
}

func (a *Account) changePerson(w http.ResponseWriter, r *http.Request) error {
	p, err := a.theirs(r)
	if err != nil {
		return err
	}
	var in struct {
		Title, Project *string
		Tags           map[string][]string
		Suspended      *bool
	}
	if err := serve.Decode(w, r, &in); err != nil {
		return err
	}
	if in.Suspended != nil {
		if err := a.People.Suspend(p.Name, *in.Suspended); err != nil {
			return told(err)
		}
		if err := a.note(r, map[bool]string{true: "person.suspend", false: "person.admit"}[*in.Suspended], operate.Name(p.Name)); err != nil {
			return err
		}
	}
	if in.Title == nil && in.Project == nil && in.Tags == nil {
		return ok(w)
	}
	if in.Tags != nil {
		if err := mayTag(r, p.Tenant); err != nil {
			return err
		}
	}
	err = a.People.Change(p.Name, func(p *people.Person) error {
		if in.Title != nil {
			p.Title = *in.Title
		}
		if in.Project != nil {
			p.Project = *in.Project
		}
		if in.Tags != nil {
			p.Tags = in.Tags
		}
		return nil
	})
	if err != nil {
		return told(err)
	}
	if err := a.note(r, "person.change", operate.Name(p.Name)); err != nil {
		return err
	}
	return ok(w)
}

func (a *Account) setRoles(w http.ResponseWriter, r *http.Request) error {
	p, err := a.theirs(r)
	if err != nil {
		return err
	}
	var in struct{ Roles []string }
	if err := serve.Decode(w, r, &in); err != nil {
		return err
	}
	if p.Name == serve.CallerOf(r).Name {
		return &form.Error{Status: http.StatusForbidden, Type: "permission_error", Code: "own_roles",
			Text: say.T("nobody changes their own roles", "任何人不得更改自己的角色"), Next: say.T("ask another administrator", "请由其他管理员操作")}
	}
	if err := mayGive(r, p.Tenant, in.Roles, nil); err != nil {
		return err
	}
	if err := a.People.Change(p.Name, func(p *people.Person) error { p.Roles = in.Roles; return nil }); err != nil {
		return told(err)
	}
	if err := a.note(r, "person.roles", operate.Name(p.Name)+" "+rolesList(in.Roles)); err != nil {
		return err
	}
	return ok(w)
}

func (a *Account) removePerson(w http.ResponseWriter, r *http.Request) error {
	p, err := a.theirs(r)
	if err != nil {
		return err
	}
	if err := a.People.Remove(p.Name); err != nil {
		return told(err)
	}
	if err := a.note(r, "person.remove", operate.Name(p.Name)); err != nil {
		return err
	}
	return ok(w)
}

func (a *Account) endSessions(w http.ResponseWriter, r *http.Request) error {
	p, err := a.theirs(r)
	if err != nil {
		return err
	}
	n, err := a.People.EndAll(p.Name)
	if err != nil {
		return err
	}
	if err := a.note(r, "session.end", operate.Name(p.Name)); err != nil {
		return err
	}
	return serve.WriteJSON(w, http.StatusOK, map[string]int64{"ended": n})
}

// keyView is a key as the page sees it: without its hash.
type keyView struct {
	operate.Key
	Hash  string `json:"hash,omitempty"`
	Old   string `json:"old,omitempty"`
	Works bool   `json:"works"`
}

func (a *Account) listTenants(w http.ResponseWriter, r *http.Request) error {
	if err := mayRead(r); err != nil {
		return err
	}
	all, err := a.People.Tenants()
	if err != nil {
		return err
	}
	return serve.WriteJSON(w, http.StatusOK, map[string]any{"tenants": visible(r, all, func(t people.Tenant) string { return t.Name })})
}

func (a *Account) addTenant(w http.ResponseWriter, r *http.Request) error {
	var in struct{ Name, Title string }
	if err := serve.Decode(w, r, &in); err != nil {
		return err
	}
	if err := serve.Allow(r, serve.ATenant, in.Name); err != nil {
		return seen(err)
	}
	if err := a.People.AddTenant(in.Name, in.Title); err != nil {
		return told(err)
	}
	if err := a.note(r, "tenant.add", in.Name); err != nil {
		return err
	}
	return ok(w)
}

func (a *Account) removeTenant(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	if err := serve.Allow(r, serve.ATenant, name); err != nil {
		return seen(err)
	}
	for _, k := range a.Keys.List() {
		if k.Tenant == name && k.Works(a.Now()) {
			return told(&say.Error{Where: name, What: say.T("there are keys of this tenant: %s", "该租户还有密钥：%s", k.Name), Next: say.T("revoke them first", "请先撤销它们")})
		}
	}
	if err := a.People.RemoveTenant(name); err != nil {
		return told(err)
	}
	if err := a.note(r, "tenant.remove", name); err != nil {
		return err
	}
	return ok(w)
}

// share gives a model or knowledge base to a tenant, or takes it back.
func (a *Account) share(has bool) serve.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		name := r.PathValue("name")
		id := name
		if name == people.House {
			id = ""
		}
		if err := serve.Allow(r, serve.ATenant, id); err != nil {
			return seen(err)
		}
		var in people.Share
		if err := serve.Decode(w, r, &in); err != nil {
			return err
		}
		if err := a.People.Give(in, name, has); err != nil {
			return told(err)
		}
		if err := a.note(r, map[bool]string{true: "tenant.give", false: "tenant.take"}[has], name+" "+in.Kind+" "+in.ID); err != nil {
			return err
		}
		return ok(w)
	}
}
