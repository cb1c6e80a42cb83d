package account

import (
	"testing"

	"suiren/stage/operate"
	"suiren/stage/operate/people"
)

// Who looks after accounts cannot become who gives out roles, nor what only that one
// may make of somebody: not by a new link or secret, nor by tags.
func TestNobodyDoesAnothersWork(t *testing.T) {
	h := build(t, nil)
	for name, role := range map[string]string{"sys": "system", "sys2": "system", "sec": "security", "aud": "audit", "op": "operator", "pupil": "user", "head": "owner"} {
		h.person(people.Person{Name: name, Roles: []string{role}})
	}
	for name, role := range map[string]string{"k-sec": "security", "k-sys": "system", "k-op": "operator"} {
		h.key(operate.Key{Name: name, Roles: []string{role}})
	}
	narrow := h.by(h.key(operate.Key{Name: "k-narrow", Roles: []string{"system"}, Actions: []string{"set_keys"}}))
	sys, head := h.as("sys"), h.as("head")
	for _, c := range []struct {
		by     *browser
		path   string
		body   string
		status int
	}{
		{sys, "/api/people/sec/link", `{}`, 403}, {sys, "/api/people/aud/link", `{}`, 403}, {sys, "/api/people/head/link", `{}`, 403},
		{sys, "/api/people/sys2/link", `{}`, 200}, {sys, "/api/people/op/link", `{}`, 200}, {sys, "/api/people/pupil/link", `{}`, 200},
		{sys, "/api/keys/k-sec/rotate", `{}`, 403}, {sys, "/api/keys/k-sys/rotate", `{}`, 200}, {sys, "/api/keys/k-op/rotate", `{}`, 200},
		{narrow, "/api/keys/k-sys/rotate", `{}`, 403},
		{sys, "/api/people", `{"name":"nurse","tags":{"ward":["3"]}}`, 403}, {sys, "/api/people", `{"name":"nurse"}`, 200},
		{head, "/api/people/sec/link", `{}`, 200}, {head, "/api/keys/k-sec/rotate", `{}`, 200},
		{head, "/api/people", `{"name":"nurse2","tags":{"ward":["3"]}}`, 200},
	} {
		if status, text := c.by.do("POST", c.path, c.body); status != c.status {
			t.Errorf("%s %s: %d %s, want %d", c.path, c.body, status, text, c.status)
		}
	}
	if _, err := h.People.Find("nurse2"); err != nil {
		t.Error(err)
	}
}
