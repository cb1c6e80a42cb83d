package account

import (
	"encoding/json"
	"net/http"
	"slices"
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

func rolesList(roles []string) string { return strings.Join(roles, ",") }

// CheckKey reports whether a key's scopes are ones that there are.
func CheckKey(k operate.Key) error {
	if err := people.CheckName(k.Name); err != nil {
		return err
	}
	if err := people.CheckRoles(k.Roles); err != nil {
		return err
	}
	all := access.Actions()
	for _, action := range k.Actions {
		if _, known := all[action]; !known {
			var names []string
			for name := range all {
				names = append(names, name)
			}
			slices.Sort(names)
			return &say.Error{Where: action, What: say.T("there is no such action", "没有这个操作"), Next: say.T("choose of %s", "可选：%s", names)}
		}
	}
	size := 0
	for _, m := range k.Models {
		size += len(m) + 1
	}
	for name, words := range k.Tags {
		size += len(name) + len(strings.Join(words, " ")) + 1
	}
	if size > 8<<10 {
		return &say.Error{Where: k.Name, What: say.T("its scopes are larger than 8 KiB", "权限范围超过 8 KiB"), Next: say.T("give fewer", "请减少")}
	}
	return nil
}

// ways says how one can sign in here.
func (a *Account) ways(w http.ResponseWriter, r *http.Request) error {
	out := map[string]any{"key": true, "password": true, "passkey": rpOf(r) != "", "oidc": ""}
	if a.Sources.OIDC != nil {
		out["oidc"] = a.Sources.OIDC.Title
	}
	return serve.WriteJSON(w, http.StatusOK, out)
}

// join sets a first password by a one-time link, and signs in.
func (a *Account) join(w http.ResponseWriter, r *http.Request) error {
	var in struct{ Token, Password string }
	if err := serve.Decode(w, r, &in); err != nil {
		return err
	}
	p, err := a.People.Join(in.Token, in.Password)
	if err != nil {
		return told(err)
	}
	if _, err := a.Audit.Append(p.Name, "person.password", operate.Name(p.Name), ""); err != nil {
		return err
	}
	return a.begin(w, r, p, false)
}

// begin signs a person in.
func (a *Account) begin(w http.ResponseWriter, r *http.Request, p *people.Person, second bool) error {
	who := p.Principal()
	who.TwoFactors = second
	if err := serve.BeginSession(w, r, sessions{a}, caller(who, people.OfPerson), a.Now()); err != nil {
		return err
	}
	return ok(w)
}

// password changes one's own password. All one's sessions end but this one,
// which begins anew.
func (a *Account) password(w http.ResponseWriter, r *http.Request) error {
	me, err := person(r)
	if err != nil {
		return err
	}
	var in struct{ Old, New string }
	if err := serve.Decode(w, r, &in); err != nil {
		return err
	}
	p, err := a.People.SignIn(r.Context(), me.Name, in.Old, from(r))
	if err != nil {
		return told(err)
	}
	if err := a.People.SetPassword(me.Name, in.New); err != nil {
		return told(err)
	}
	if err := a.note(r, "person.password", operate.Name(me.Name)); err != nil {
		return err
	}
	return a.begin(w, r, p, false)
}

// mine lists the caller's sessions; this says which of them asks.
func (a *Account) mine(w http.ResponseWriter, r *http.Request) error {
	list, err := a.People.Sessions(serve.CallerOf(r).Name)
	if err != nil {
		return err
	}
	this := ""
	if x, ok := a.People.Session(serve.SessionSecret(r)); ok {
		this = x.ID
	}
	return serve.WriteJSON(w, http.StatusOK, map[string]any{"sessions": list, "this": this})
}

// endOne signs one browser out.
func (a *Account) endOne(w http.ResponseWriter, r *http.Request) error {
	if err := a.People.EndOne(serve.CallerOf(r).Name, r.PathValue("id")); err != nil {
		return told(err)
	}
	if err := a.note(r, "session.end", operate.Name(serve.CallerOf(r).Name)); err != nil {
		return err
	}
	return ok(w)
}

// endMine signs out everywhere.
func (a *Account) endMine(w http.ResponseWriter, r *http.Request) error {
	n, err := a.People.EndAll(serve.CallerOf(r).Name)
	if err != nil {
		return err
	}
	if err := a.note(r, "session.end", operate.Name(serve.CallerOf(r).Name)); err != nil {
		return err
	}
	return serve.WriteJSON(w, http.StatusOK, map[string]int64{"ended": n})
}

// breakGlass lets a person past the rules that allow for emergencies, for a
// while, for a reason that others will read.
func (a *Account) breakGlass(w http.ResponseWriter, r *http.Request) error {
	me, err := person(r)
	if err != nil {
		return err
	}
	var in struct {
		Reason  string
		Minutes int
	}
	if err := serve.Decode(w, r, &in); err != nil {
		return err
	}
	if in.Minutes == 0 {
		in.Minutes = 60
	}
	if in.Minutes < 0 || in.Minutes > int(people.MaxEmergency.Minutes()) {
		return form.OutOfRange("minutes", say.T("1 to %d", "1 到 %d", int(people.MaxEmergency.Minutes())))
	}
	glass := glass{in.Reason, in.Minutes}
	body, err := json.Marshal(glass)
	if err != nil {
		return err
	}
	if err := a.second(r, care.Glass, me.Name, body); err != nil {
		return err
	}
	e, err := a.broken(me.Name, glass)
	if err != nil {
		return err
	}
	return serve.WriteJSON(w, http.StatusOK, e)
}

// A glass is how somebody asks to break it.
type glass struct {
	Reason  string `json:"reason"`
	Minutes int    `json:"minutes"`
}

// broken breaks the glass, and tells of it at once.
func (a *Account) broken(name string, g glass) (people.Emergency, error) {
	e, err := a.People.Break(name, strings.TrimSpace(g.Reason), time.Duration(g.Minutes)*time.Minute)
	if err != nil {
		return e, told(err)
	}
	// The reason is content: the log keeps its digest, the accounts its words.
	if _, err := a.Audit.Append(name, "emergency.begin", e.Ends.Format(time.RFC3339), e.Reason); err != nil {
		return e, err
	}
	a.Log.Warn("the glass was broken", "person", name, "until", e.Ends.Format(time.RFC3339))
	if a.Alarm != nil {
		a.Alarm(e)
	}
	return e, nil
}

func (a *Account) mend(w http.ResponseWriter, r *http.Request) error {
	me, err := person(r)
	if err != nil {
		return err
	}
	if err := a.People.Mend(me.Name); err != nil {
		return err
	}
	if err := a.note(r, "emergency.end", operate.Name(me.Name)); err != nil {
		return err
	}
	return ok(w)
}
