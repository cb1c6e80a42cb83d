package account

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"suiren/serve"
	"suiren/stage/operate"
	"suiren/stage/operate/care"
	"suiren/stage/operate/people"
)

// caring is a house where acts can be made to need two persons, and that notes what is
// done.
func caring(t *testing.T) (h *house, done func() []string, told func() []people.Emergency) {
	var mu sync.Mutex
	var list []string
	var glasses []people.Emergency
	h = build(t, func(a *Account, _ *serve.Config) {
		a.Care = care.Open(t.TempDir())
		a.Erase = func(_ context.Context, name, by string) (any, error) {
			mu.Lock()
			defer mu.Unlock()
			list = append(list, "erase "+name+" by "+by)
			return map[string]string{"as": "erased-x"}, a.People.Erase(name, "erased-x")
		}
		a.Perform = func(_ context.Context, r care.Request) (any, error) {
			mu.Lock()
			defer mu.Unlock()
			list = append(list, r.Act+" "+r.Subject+" by "+r.Asker)
			return map[string]bool{"ok": true}, nil
		}
		a.Alarm = func(e people.Emergency) {
			mu.Lock()
			defer mu.Unlock()
			glasses = append(glasses, e)
		}
	})
	for name, role := range map[string]string{"admin": "system", "guard": "security", "auditor": "audit", "boss": "owner", "li": "user", "wang": "user"} {
		h.person(people.Person{Name: name, Roles: []string{role}})
	}
	return h, func() []string { mu.Lock(); defer mu.Unlock(); return list }, func() []people.Emergency { mu.Lock(); defer mu.Unlock(); return glasses }
}

// waits reads the id of the request that a reply is.
func waits(t *testing.T, code int, text string) string {
	t.Helper()
	var out struct{ Approval care.Request }
	if err := json.Unmarshal([]byte(text), &out); err != nil || code != 202 || out.Approval.ID == "" || out.Approval.State != care.Waiting {
		t.Fatalf("it does not wait: %d %s", code, text)
	}
	return out.Approval.ID
}

// A browser whose person was erased is told so, to forget what it keeps; one whose
// session merely ended is not. Whoever comes by the same name is another.
func TestErasedSession(t *testing.T) {
	h, _, _ := caring(t)
	admin, li, wang := h.as("admin"), h.as("li"), h.as("wang")
	since := func(c *browser) (me struct{ Since string }) {
		if code, text := c.do("GET", "/api/session", ""); code != 200 || json.Unmarshal([]byte(text), &me) != nil || me.Since == "" {
			t.Fatalf("who am I: %d %s", code, text)
		}
		return me
	}
	before := since(li)
	if code, text := admin.do("POST", "/api/people/li/erase", ""); code != 200 {
		t.Fatalf("%d %s", code, text)
	}
	if code, _ := admin.do("DELETE", "/api/people/wang/sessions", ""); code != 200 {
		t.Fatal("no sign-out")
	}
	for range 2 { // it is told each time
		if code, text := li.do("GET", "/api/session", ""); code != 401 || !strings.Contains(text, "account_erased") {
			t.Errorf("erased: %d %s", code, text)
		}
	}
	if code, text := wang.do("GET", "/api/session", ""); code != 401 || strings.Contains(text, "account_erased") {
		t.Errorf("signed out: %d %s", code, text)
	}
	names, err := h.People.Names()
	if err != nil || slices.Contains(names, "") || slices.Contains(names, "li") {
		t.Errorf("the accounts know %q, %v", names, err)
	}
	h.People.Now = func() time.Time { return time.Now().Add(time.Second) } // seconds are told
	h.person(people.Person{Name: "li", Roles: []string{"user"}})
	if after := since(h.as("li")); after == before {
		t.Errorf("another li is the same, since %s", after.Since)
	}
}

// One asks and another approves, by which it is done; by one alone it is not.
func TestTwoPeople(t *testing.T) {
	h, done, _ := caring(t)
	admin, guard, auditor, boss, li := h.as("admin"), h.as("guard"), h.as("auditor"), h.as("boss"), h.as("li")
	key := h.by(h.key(operate.Key{Name: "robot", Roles: []string{"owner"}}))

	// Off by default.
	if code, text := admin.do("POST", "/api/people/wang/erase", ""); code != 200 || !strings.Contains(text, "erased-x") {
		t.Fatalf("%d %s", code, text)
	}
	h.person(people.Person{Name: "wang", Roles: []string{"user"}})
	if code, text := admin.do("PUT", "/api/approvals", `{"two_people":["erase"]}`); code != 403 {
		t.Errorf("the system administrator sets what needs two: %d %s", code, text)
	}
	if code, text := guard.do("PUT", "/api/approvals", `{"two_people":["dance"]}`); code != 400 {
		t.Errorf("%d %s", code, text)
	}
	if code, text := guard.do("PUT", "/api/approvals", `{"two_people":["erase","break_glass"]}`); code != 200 {
		t.Fatalf("%d %s", code, text)
	}

	code, text := admin.do("POST", "/api/people/wang/erase", "")
	id := waits(t, code, text)
	if _, err := h.People.Find("wang"); err != nil || len(done()) != 1 {
		t.Fatalf("it was done by one: %v %v", done(), err)
	}
	path := "/api/approvals/" + id
	for name, x := range map[string]struct {
		b    *browser
		want int
	}{"who asked, and may not approve": {admin, 403}, "a user": {li, 403}, "an owner's key": {key, 403}, "nobody": {h.by(""), 401}} {
		if code, text := x.b.do("POST", path, `{"approve":true}`); code != x.want {
			t.Errorf("approved by %s: %d %s", name, code, text)
		}
	}
	if code, text := key.do("POST", "/api/people/wang/erase", ""); code != 403 || codeOf(text) != "no_person" {
		t.Errorf("a key asks: %d %s", code, text)
	}
	if _, text := li.do("GET", "/api/approvals", ""); strings.Contains(text, id) {
		t.Errorf("a user sees it: %s", text)
	}
	if _, text := admin.do("GET", "/api/approvals", ""); !strings.Contains(text, id) || !strings.Contains(text, `"may_approve":false`) {
		t.Errorf("who asked does not: %s", text)
	}
	if _, text := auditor.do("GET", "/api/approvals", ""); !strings.Contains(text, id) || !strings.Contains(text, `"may_approve":true`) {
		t.Errorf("who approves does not: %s", text)
	}
	if code, text := guard.do("POST", path, `{"approve":true,"reason":"asked in writing"}`); code != 200 || !strings.Contains(text, `"result":{"as":"erased-x"}`) || !strings.Contains(text, `"state":"done"`) {
		t.Fatalf("%d %s", code, text)
	}
	if got := done(); len(got) != 2 || got[1] != "erase wang by admin" {
		t.Errorf("%v", got)
	}
	if _, err := h.People.Find("wang"); !errors.Is(err, people.ErrNone) {
		t.Error("wang is still there")
	}
	if code, text := guard.do("POST", path, `{"approve":true}`); code != 404 {
		t.Errorf("approved twice: %d %s", code, text)
	}

	// An owner does not approve their own either; refused is refused.
	code, text = boss.do("POST", "/api/people/li/erase", "")
	id = waits(t, code, text)
	if code, text := boss.do("POST", "/api/approvals/"+id, `{"approve":true}`); code != 403 || codeOf(text) != "own_request" {
		t.Errorf("an owner alone: %d %s", code, text)
	}
	if code, text := auditor.do("POST", "/api/approvals/"+id, `{"approve":false,"reason":"no"}`); code != 200 || strings.Contains(text, "result") {
		t.Errorf("%d %s", code, text)
	}
	if len(done()) != 2 {
		t.Errorf("what was refused was done: %v", done())
	}

	// That fewer acts need two needs two itself; more does not.
	if code, text := guard.do("PUT", "/api/approvals", `{"two_people":["erase","break_glass","release"]}`); code != 200 {
		t.Errorf("%d %s", code, text)
	}
	code, text = guard.do("PUT", "/api/approvals", `{"two_people":[]}`)
	id = waits(t, code, text)
	if code, text := auditor.do("POST", "/api/approvals/"+id, `{"approve":true}`); code != 200 {
		t.Errorf("%d %s", code, text)
	}
	if code, text := admin.do("POST", "/api/people/li/erase", ""); code != 200 {
		t.Errorf("after it was taken off: %d %s", code, text)
	}

	// Both are in the log, and of the subject a digest.
	chain := filepath.Join(h.dir, "audit.jsonl")
	acts := map[string]bool{}
	if err := operate.EachAudit(chain, func(e *operate.AuditEntry) error {
		acts[e.Actor+" "+e.Action] = true
		if e.Action == "approval.ask" && strings.Contains(e.Subject, "wang") {
			t.Errorf("the log says who is to be erased: %+v", e)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"admin approval.ask", "guard approval.approve", "auditor approval.refuse", "guard approval.acts"} {
		if !acts[want] {
			t.Errorf("the log has no %s", want)
		}
	}
	log, err := os.ReadFile(chain)
	for _, name := range []string{"admin", "guard", "auditor", "wang"} {
		if err != nil || strings.Contains(string(log), `"`+name+`"`) {
			t.Errorf("the chain itself names %s: %v", name, err)
		}
	}
}

// A broken glass is told of at once; where two persons are needed, when the second has
// approved.
func TestGlassIsTold(t *testing.T) {
	h, _, told := caring(t)
	li, guard := h.as("li"), h.as("guard")
	const why = `{"reason":"a patient does not breathe","minutes":30}`
	if code, text := li.do("POST", "/api/session/emergency", why); code != 200 {
		t.Fatalf("%d %s", code, text)
	}
	if g := told(); len(g) != 1 || g[0].Person != "li" || g[0].Reason == "" {
		t.Fatalf("%+v", g)
	}
	if code, text := guard.do("PUT", "/api/approvals", `{"two_people":["break_glass"]}`); code != 200 {
		t.Fatalf("%d %s", code, text)
	}
	wang := h.as("wang")
	code, text := wang.do("POST", "/api/session/emergency", why)
	id := waits(t, code, text)
	if list, _ := h.People.Emergencies("wang"); len(list) != 0 || len(told()) != 1 {
		t.Fatal("the glass was broken by one")
	}
	if code, text := guard.do("POST", "/api/approvals/"+id, `{"approve":true}`); code != 200 || !strings.Contains(text, `"person":"wang"`) {
		t.Fatalf("%d %s", code, text)
	}
	if list, _ := h.People.Emergencies("wang"); len(list) != 1 || len(told()) != 2 {
		t.Fatal("the glass is whole")
	}
	// Why it was broken outlives the account, by its hold.
	if err := h.People.Remove("wang"); err != nil {
		t.Fatal(err)
	}
	names, err := h.People.Names()
	if err != nil || !strings.Contains(strings.Join(names, " "), "wang") {
		t.Errorf("%v %v", names, err)
	}
}
