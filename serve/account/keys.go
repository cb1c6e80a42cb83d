package account

import (
	"net/http"
	"slices"
	"time"

	"suiren/internal/say"
	"suiren/serve"
	"suiren/serve/form"
	"suiren/stage/operate"
	"suiren/stage/operate/access"
	"suiren/stage/operate/people"
)

func (a *Account) listKeys(w http.ResponseWriter, r *http.Request) error {
	if err := mayRead(r); err != nil {
		return err
	}
	var all []keyView
	for _, k := range a.Keys.List() {
		k.Roles = keyPrincipal(k).Roles
		all = append(all, keyView{Key: k, Works: k.Works(a.Now())})
	}
	return serve.WriteJSON(w, http.StatusOK, map[string]any{"keys": visible(r, all, func(k keyView) string { return k.Tenant })})
}

func (a *Account) addKey(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Name, Tenant, Project  string
		Roles, Actions, Models []string
		Tags                   map[string][]string
		Days                   int
	}
	if err := serve.Decode(w, r, &in); err != nil {
		return err
	}
	if err := serve.Allow(r, serve.ATenant, in.Tenant); err != nil {
		return seen(err)
	}
	k := operate.Key{Name: in.Name, Tenant: in.Tenant, Project: in.Project, Roles: in.Roles, Actions: in.Actions, Models: in.Models, Tags: in.Tags}
	if k.Roles == nil {
		k.Roles = []string{access.User}
	}
	if in.Days < 0 || in.Days > 3650 {
		return form.OutOfRange("days", say.T("0 to 3650", "0 到 3650"))
	}
	if in.Days > 0 {
		k.Expires = a.Now().UTC().Add(time.Duration(in.Days) * 24 * time.Hour).Truncate(time.Second)
	}
	if err := CheckKey(k); err != nil {
		return told(err)
	}
	if err := mayGive(r, in.Tenant, k.Roles, append(plain, access.Operator)); err != nil {
		return err
	}
	if in.Tags != nil {
		if err := mayTag(r, in.Tenant); err != nil {
			return err
		}
	}
	if a.taken(in.Name) {
		return told(&say.Error{Where: in.Name, What: say.T("a key or a person has this name already", "已有同名的密钥或人员"), Next: say.T("choose another name", "请换一个名字"), Err: people.ErrExists})
	}
	if err := a.People.HasTenant(k.Tenant); err != nil {
		return told(err)
	}
	secret, err := a.Keys.Make(k)
	if err != nil {
		return told(err)
	}
	if err := a.note(r, "key.create", operate.Name(in.Name)+" "+rolesList(k.Roles)); err != nil {
		return err
	}
	return sendSecret(w, in.Name, secret, time.Time{})
}

// sendSecret sends a secret, and until when the one before works beside it.
func sendSecret(w http.ResponseWriter, name, secret string, until time.Time) error {
	w.Header().Set("Cache-Control", "no-store")
	return serve.WriteJSON(w, http.StatusOK, struct {
		Name   string    `json:"name"`
		Secret string    `json:"secret"`
		Until  time.Time `json:"until,omitzero"`
	}{name, secret, until})
}

// theirKey is theirs for keys.
func (a *Account) theirKey(r *http.Request) (operate.Key, error) {
	name := r.PathValue("name")
	for _, k := range a.Keys.List() {
		if k.Name != name {
			continue
		}
		if err := serve.Allow(r, serve.ATenant, k.Tenant); err != nil {
			return k, seen(err)
		}
		if slices.Contains(k.Roles, access.Owner) && !slices.Contains(principal(serve.CallerOf(r)).Roles, access.Owner) {
			return k, errOwner
		}
		return k, nil
	}
	if err := serve.Allow(r, serve.ATenant, serve.CallerOf(r).Tenant); err != nil {
		return operate.Key{}, seen(err)
	}
	return operate.Key{}, errNone
}

// maxGrace bounds how long a rotated key's old secret works.
const maxGrace = 30 * 24 * time.Hour

func (a *Account) rotateKey(w http.ResponseWriter, r *http.Request) error {
	k, err := a.theirKey(r)
	if err != nil {
		return err
	}
	if err := mayTake(r, k.Name, k.Tenant, keyPrincipal(k).Roles); err != nil {
		return err
	}
	var in struct{ Hours int }
	if err := serve.Decode(w, r, &in); err != nil {
		return err
	}
	if in.Hours < 0 || in.Hours > int(maxGrace.Hours()) {
		return form.OutOfRange("hours", say.T("0 to %d", "0 到 %d", int(maxGrace.Hours())))
	}
	secret, until, err := a.Keys.Rotate(k.Name, time.Duration(in.Hours)*time.Hour)
	if err != nil {
		return told(err)
	}
	if err := a.note(r, "key.rotate", operate.Rotated(k.Name, until)); err != nil {
		return err
	}
	return sendSecret(w, k.Name, secret, until)
}

func (a *Account) revokeKey(w http.ResponseWriter, r *http.Request) error {
	k, err := a.theirKey(r)
	if err != nil {
		return err
	}
	if err := a.Keys.Revoke(k.Name); err != nil {
		return told(err)
	}
	if _, err := a.People.EndAll(k.Name); err != nil {
		return err
	}
	if err := a.note(r, "key.revoke", operate.Name(k.Name)); err != nil {
		return err
	}
	return ok(w)
}
