// Package access decides who may do what. The rules are Cedar policies
// (https://docs.cedarpolicy.com): those of default.cedar, which hold for
// everyone, and the owner's own beside them. Every rule is checked against
// schema.cedarschema before it is used.
package access

import (
	_ "embed"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/x/exp/schema"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"
	"github.com/cedar-policy/cedar-go/x/exp/schema/validate"

	"suiren/internal/say"
)

//go:embed schema.cedarschema
var schemaText []byte

//go:embed default.cedar
var defaultText []byte

// The roles.
const (
	Owner    = "owner"
	System   = "system"   // administrator of accounts, keys, tenants
	Security = "security" // administrator of roles and policies
	Auditor  = "audit"    // administrator of the audit log
	Operator = "operator"
	User     = "user"
	Viewer   = "viewer"
)

// Roles are all of them.
var Roles = []string{Owner, System, Security, Auditor, Operator, User, Viewer}

// A Principal is who asks: a person or a key.
type Principal struct {
	Name            string              `json:"name"`
	Key             bool                `json:"key,omitempty"`
	Roles           []string            `json:"roles"`
	Tenant          string              `json:"tenant,omitempty"` // "" is the house itself
	Project         string              `json:"project,omitempty"`
	Tags            map[string][]string `json:"tags,omitempty"`
	Actions, Models []string            `json:"-"`                     // of a key: the only ones; nil: all that its roles may
	Emergency       bool                `json:"emergency,omitempty"`   // the glass is broken
	TwoFactors      bool                `json:"two_factors,omitempty"` // were shown
}

// A Thing is what an action is done to.
type Thing struct {
	Kind    string // Server, Model, Base, Tenant
	ID      string
	Tenants []string // whose it is; nil: everyone's
}

// A Request is a question to the rules.
type Request struct {
	Principal Principal
	Action    string
	Thing     Thing
	Says      map[string]string // what the request says of itself: purpose, ward, patient, case_id
	Time      time.Time
}

// A Decision is their answer.
type Decision struct {
	Allowed bool
	Hidden  bool     // of a denial: that there is such a thing is not for the principal to know
	Rules   []string // ids of those that decided; none: nothing permits it
	Why     say.Text // of a denial, for the reader
}

// Rules are a set of policies. It may be used by many goroutines.
type Rules struct {
	policies *cedar.PolicySet
	own      cedar.EntityMap // the owner's: patients, cases, and tags of models and bases
	schema   *validate.Validator
}

// Default are the rules that hold when the owner says nothing.
func Default() *Rules {
	r := &Rules{policies: cedar.NewPolicySet(), own: cedar.EntityMap{}, schema: validate.New(known)}
	if err := r.add("default.cedar", defaultText); err != nil {
		panic("access: " + err.Error())
	}
	return r
}

func uid(kind, id string) cedar.EntityUID {
	return cedar.NewEntityUID(cedar.EntityType(kind), cedar.String(id))
}

func set(words []string) cedar.Value {
	list := make([]cedar.Value, len(words))
	for i, w := range words {
		list[i] = cedar.String(w)
	}
	return cedar.NewSet(list...)
}

// Readers are the names by which the rules of documents know the principal: its own,
// and as KIND:NAME what it belongs to. What a tenant gives its own people bears the
// tenant's name, so that nobody's tag opens another's documents:
//
//	mary  project:library  ward:7                              of the house
//	ann   tenant:school  project:school/library  ward:school/7 of a tenant
func (p *Principal) Readers() []string {
	list, within := []string{p.Name}, ""
	if p.Tenant != "" {
		list, within = append(list, "tenant:"+p.Tenant), p.Tenant+"/"
	}
	if p.Project != "" {
		list = append(list, "project:"+within+p.Project)
	}
	for _, k := range slices.Sorted(maps.Keys(p.Tags)) {
		if k == "tenant" || k == "project" { // they are not given by a tag
			continue
		}
		for _, v := range p.Tags[k] {
			list = append(list, k+":"+within+v)
		}
	}
	return list
}

func (p *Principal) kind() string {
	if p.Key {
		return "Key"
	}
	return "Person"
}

// entity is what the rules see of the principal.
func (p *Principal) entity() cedar.Entity {
	var parents []cedar.EntityUID
	for _, r := range p.Roles {
		parents = append(parents, uid("Role", r))
	}
	if p.Project != "" {
		parents = append(parents, uid("Project", p.Tenant+"/"+p.Project))
	}
	attrs := cedar.RecordMap{"name": cedar.String(p.Name), "tenant": cedar.String(p.Tenant)}
	if p.Key && p.Actions != nil {
		attrs["actions"] = set(p.Actions)
	}
	if p.Key && p.Models != nil {
		attrs["models"] = set(p.Models)
	}
	tags := cedar.RecordMap{}
	for k, v := range p.Tags {
		tags[cedar.String(k)] = set(v)
	}
	return cedar.Entity{UID: uid(p.kind(), p.Name), Parents: cedar.NewEntityUIDSet(parents...), Attributes: cedar.NewRecord(attrs), Tags: cedar.NewRecord(tags)}
}

// request makes a request Cedar's, with the entities that it is about.
func (r *Rules) request(q Request) (cedar.Request, cedar.EntityMap) {
	who := q.Principal.entity()
	it := uid(q.Thing.Kind, q.Thing.ID)
	act := uid("Action", q.Action)
	entities := cedar.EntityMap{who.UID: who, act: known.Actions[act].Entity}
	if p := q.Principal; p.Project != "" {
		project := uid("Project", p.Tenant+"/"+p.Project)
		entities[project] = cedar.Entity{UID: project, Parents: cedar.NewEntityUIDSet(uid("Tenant", p.Tenant))}
	}
	context := cedar.RecordMap{
		"action": cedar.String(q.Action), "id": cedar.String(q.Thing.ID), "hour": cedar.Long(q.Time.Hour()),
		"emergency": cedar.Boolean(q.Principal.Emergency), "two_factors": cedar.Boolean(q.Principal.TwoFactors),
	}
	for k, v := range q.Says {
		switch k {
		case "purpose", "ward":
			context[cedar.String(k)] = cedar.String(v)
		case "patient":
			context["patient"] = r.named("Patient", v, entities)
		case "case_id":
			context["case"] = r.named("Case", v, entities)
		}
	}
	thing := r.own[it]
	thing.UID = it
	if q.Thing.Tenants != nil {
		thing.Attributes = cedar.NewRecord(cedar.RecordMap{"tenants": set(q.Thing.Tenants)})
	}
	entities[it] = thing
	return cedar.Request{Principal: who.UID, Action: act, Resource: it, Context: cedar.NewRecord(context)}, entities
}

// named is something that a request says it is about, as the owner's entities have it.
func (r *Rules) named(kind, id string, entities cedar.EntityMap) cedar.EntityUID {
	u := uid(kind, id)
	e := r.own[u]
	e.UID = u
	entities[u] = e
	return u
}

// Says are the names of what a request can say of itself.
var Says = []string{"purpose", "ward", "patient", "case_id"}

// Decide answers a request. A rule that fails denies.
func (r *Rules) Decide(q Request) Decision {
	req, entities := r.request(q)
	if err := r.schema.Request(req); err != nil { // an action on a thing that it has not
		return Decision{Why: say.T("the rules know no such request", "规则中没有这样的请求")}
	}
	ok, why := cedar.Authorize(r.policies, entities, req)
	if len(why.Errors) > 0 {
		return Decision{Rules: []string{string(why.Errors[0].PolicyID)},
			Why: say.T("the rule %q failed", "规则 %q 出错", string(why.Errors[0].PolicyID))}
	}
	d := Decision{Allowed: bool(ok)}
	for _, reason := range why.Reasons {
		d.Rules = append(d.Rules, string(reason.PolicyID))
	}
	slices.Sort(d.Rules)
	if d.Allowed {
		return d
	}
	if len(d.Rules) == 0 {
		d.Why = say.T("no rule allows it to %s", "没有规则允许%s这样做", rolesText(q.Principal.Roles))
		return d
	}
	notes := r.policies.Get(cedar.PolicyID(d.Rules[0])).Annotations()
	for _, id := range d.Rules {
		if _, hidden := r.policies.Get(cedar.PolicyID(id)).Annotations()["hidden"]; hidden {
			d.Hidden = true
		}
	}
	en, zh := string(notes["en"]), string(notes["zh"])
	if en == "" {
		d.Why = say.T("the rule %q forbids it", "规则 %q 禁止这样做", d.Rules[0])
		return d
	}
	if zh == "" {
		zh = en
	}
	d.Why = say.T("%s", "%s", say.T(en, zh))
	return d
}

var roleText = map[string]say.Text{
	Owner: say.T("owner", "所有者"), System: say.T("system administrator", "系统管理员"), Security: say.T("security administrator", "安全管理员"),
	Auditor: say.T("audit administrator", "审计管理员"), Operator: say.T("operator", "运维"), User: say.T("user", "用户"), Viewer: say.T("viewer", "查看者"),
}

// RoleText is the name of a role for a reader.
func RoleText(role string) say.Text {
	if t, ok := roleText[role]; ok {
		return t
	}
	return say.T("%s", "%s", role)
}

func rolesText(roles []string) say.Text {
	if len(roles) == 0 {
		return say.T("someone without a role", "没有角色者")
	}
	var en, zh []string
	for _, r := range roles {
		t := RoleText(r)
		en, zh = append(en, t.In(say.English)), append(zh, t.In(say.Chinese))
	}
	return say.T(strings.Join(en, ", "), strings.Join(zh, "、"))
}

// May lists which of the actions a principal may do to the things that thing names.
func (r *Rules) May(p Principal, says map[string]string, now time.Time, thing func(action string) Thing) map[string]bool {
	may := map[string]bool{}
	for action := range Actions() {
		may[action] = r.Decide(Request{Principal: p, Action: action, Thing: thing(action), Says: says, Time: now}).Allowed
	}
	return may
}

// Actions are the actions of the schema, each with the kind of thing that it is
// done to.
func Actions() map[string]string { return maps.Clone(actions) }

var actions = func() map[string]string {
	list := map[string]string{}
	for u, a := range known.Actions {
		if a.AppliesTo != nil && len(a.AppliesTo.Resources) > 0 {
			list[string(u.ID)] = string(a.AppliesTo.Resources[0])
		}
	}
	return list
}()

// known is the schema.
var known = func() *resolved.Schema {
	var s schema.Schema
	err := s.UnmarshalCedar(schemaText)
	if err != nil {
		panic("access: schema: " + err.Error())
	}
	r, err := s.Resolve()
	if err != nil {
		panic("access: schema: " + err.Error())
	}
	return r
}()
