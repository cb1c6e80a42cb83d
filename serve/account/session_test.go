package account

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"suiren/internal/say"
	"suiren/serve"
	"suiren/stage/operate"
	"suiren/stage/operate/access"
	"suiren/stage/operate/people"
)

// A person gets in by a link, then by a password; says who they are; changes
// the password; is signed out by others.
func TestAPersonsLife(t *testing.T) {
	h := build(t, nil)
	admin := h.by(h.key(operate.Key{Name: "boss", Roles: []string{"owner"}}))
	code, text := admin.do("POST", "/api/people", `{"name":"李雷","title":"Li Lei","tags":{"ward":["3"]}}`)
	var made struct{ Link string }
	if json.Unmarshal([]byte(text), &made); code != 200 || !strings.HasPrefix(made.Link, "/#join=") {
		t.Fatalf("%d %s", code, text)
	}
	token := strings.TrimPrefix(made.Link, "/#join=")
	li := h.by("")
	if code, text := li.do("POST", "/api/session/join", `{"token":"`+token+`","password":"short"}`); code != 400 || !strings.Contains(text, "weak") {
		t.Errorf("a weak password: %d %s", code, text)
	}
	if code, text := li.do("POST", "/api/session/join", `{"token":"`+token+`","password":"`+good+`"}`); code != 200 || li.cookie == "" {
		t.Fatalf("%d %s", code, text)
	}
	var me struct {
		Name, Kind, Title string
		Roles             []string
		May               map[string]bool
	}
	_, text = li.do("GET", "/api/session", "")
	if json.Unmarshal([]byte(text), &me); me.Name != "李雷" || me.Title != "Li Lei" || me.Kind != "person" || me.Roles[0] != "user" || !me.May["chat"] || me.May["set_people"] || me.May["read_metrics"] {
		t.Errorf("%s", text)
	}
	other := h.as("李雷")
	if code, text := li.do("POST", "/api/session/password", `{"old":"wrong wrong wrong","new":"nine herons cross rivers"}`); code != 401 {
		t.Errorf("a wrong old password: %d %s", code, text)
	}
	if code, text := li.do("POST", "/api/session/password", `{"old":"`+good+`","new":"nine herons cross rivers"}`); code != 200 {
		t.Errorf("%d %s", code, text)
	}
	if code, _ := li.do("GET", "/api/state", ""); code != 200 {
		t.Errorf("the session that changed the password: %d", code)
	}
	if code, _ := other.do("GET", "/api/state", ""); code != 401 {
		t.Errorf("another session: %d", code)
	}
	if code, _ := admin.do("DELETE", "/api/people/李雷/sessions", ""); code != 200 {
		t.Errorf("signing out: %d", code)
	}
	if code, _ := li.do("GET", "/api/state", ""); code != 401 {
		t.Errorf("after being signed out: %d", code)
	}
	if code, _ := admin.do("PATCH", "/api/people/李雷", `{"suspended":true}`); code != 200 {
		t.Errorf("suspending: %d", code)
	}
	if code, text := li.do("POST", "/api/session", `{"name":"李雷","password":"nine herons cross rivers"}`); code != 401 {
		t.Errorf("suspended: %d %s", code, text)
	}
}

// A person sees where they are signed in, and ends one place without the others;
// nobody ends another's.
func TestEndingOneSession(t *testing.T) {
	h := build(t, nil)
	h.person(people.Person{Name: "li", Roles: []string{"user"}})
	h.person(people.Person{Name: "han", Roles: []string{"user"}})
	here, there, han := h.as("li"), h.as("li"), h.as("han")
	type list struct {
		Sessions []struct{ ID, Kind string }
		This     string
	}
	of := func(b *browser) (l list) {
		_, text := b.do("GET", "/api/session/list", "")
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return l
	}
	mine, theirs := of(here), of(there)
	if len(mine.Sessions) != 2 || mine.This == "" || mine.This == theirs.This || mine.Sessions[0].ID == mine.Sessions[1].ID {
		t.Fatalf("%+v and %+v", mine, theirs)
	}
	if code, _ := han.do("DELETE", "/api/session/list/"+theirs.This, ""); code != 404 {
		t.Errorf("another's session: %d", code)
	}
	if code, text := here.do("DELETE", "/api/session/list/"+theirs.This, ""); code != 200 {
		t.Errorf("%d %s", code, text)
	}
	if code, _ := there.do("GET", "/api/state", ""); code != 401 {
		t.Errorf("the session that was ended: %d", code)
	}
	if code, _ := here.do("GET", "/api/state", ""); code != 200 || len(of(here).Sessions) != 1 {
		t.Errorf("the other one: %d", code)
	}
}

// Guessing is slowed down, by name and by address, and says when to come back.
func TestGuessing(t *testing.T) {
	h := build(t, nil)
	h.person(people.Person{Name: "li", Roles: []string{"user"}})
	now := time.Now()
	h.People.Now = func() time.Time { return now } // however slow this machine is
	b := h.by("")
	for i := range 5 {
		if code, text := b.do("POST", "/api/session", fmt.Sprintf(`{"name":"li","password":"guess number %d"}`, i)); code != 401 || codeOf(text) != "wrong_password" {
			t.Fatalf("guess %d: %d %s", i, code, text)
		}
	}
	code, text := b.do("POST", "/api/session", `{"name":"li","password":"`+good+`"}`)
	if code != 429 || codeOf(text) != "too_many_attempts" {
		t.Errorf("after five guesses: %d %s", code, text)
	}
	if code, text := b.do("POST", "/api/session", `{"name":"nobody","password":"x"}`); code != 429 {
		t.Errorf("another name from there: %d %s", code, text)
	}
	log, err := os.ReadFile(filepath.Join(h.dir, "audit.jsonl"))
	if err != nil || strings.Count(string(log), `"session.refuse"`) != 5 {
		t.Errorf("the audit log has %d refusals", strings.Count(string(log), `"session.refuse"`))
	}
}

// Sessions live through a restart of the server; a key's ends with the key.
func TestSessionsLast(t *testing.T) {
	h := build(t, nil)
	h.person(people.Person{Name: "li", Roles: []string{"user"}})
	li := h.as("li")
	secret := h.key(operate.Key{Name: "k", Roles: []string{"user"}})
	page := h.by("")
	if code, _ := page.do("POST", "/api/session", `{"key":"`+secret+`"}`); code != 200 {
		t.Fatal("signing in by key")
	}
	again := &Account{People: h.People, Keys: h.Keys, Rules: h.Rules, Audit: h.Audit, Log: h.Log, Now: time.Now}
	var conf serve.Config
	again.Config(&conf)
	h.Server.Config.Handler = serve.New(conf).Handler()
	for _, b := range []*browser{li, page} {
		if code, _ := b.do("GET", "/api/state", ""); code != 200 {
			t.Errorf("after a restart: %d", code)
		}
	}
	if err := h.Keys.Revoke("k"); err != nil {
		t.Fatal(err)
	}
	if code, _ := page.do("GET", "/api/state", ""); code != 401 {
		t.Errorf("the session of a revoked key: %d", code)
	}
	if err := h.People.Change("li", func(p *people.Person) error { p.Roles = []string{"viewer"}; return nil }); err != nil {
		t.Fatal(err)
	}
	if code, _ := li.do("GET", "/api/state", ""); code != 401 {
		t.Errorf("a session from before the roles changed: %d", code)
	}
}

const wardRule = `@id("ward") @en("the patient is not of your ward") @zh("该患者不在您的病区")
forbid (principal, action, resource)
when { context has patient && !(principal.hasTag("ward") && context.patient.hasTag("ward") && principal.getTag("ward").containsAny(context.patient.getTag("ward"))) }
unless { context.emergency };
@id("administrators") @en("administrators show two factors") @zh("管理员须使用双因素登录")
forbid (principal is Person, action in [Action::"set_people", Action::"set_roles"], resource) when { !context.two_factors };`

func withRules(t *testing.T) func(*Account, *serve.Config) {
	dir := t.TempDir()
	for name, text := range map[string]string{"ward.cedar": wardRule, "entities.json": `[{"uid":{"type":"Patient","id":"P1"},"attrs":{},"parents":[],"tags":{"ward":["3"]}}]`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return func(a *Account, _ *serve.Config) {
		var err error
		if a.Rules, err = access.Load(dir); err != nil {
			t.Fatal(err)
		}
	}
}

// A nurse opens a patient of another ward: refused, explained in her language,
// written down. She breaks the glass for a reason: let in, written down, seen
// by others; and it ends.
func TestBreakTheGlass(t *testing.T) {
	h := build(t, withRules(t))
	h.person(people.Person{Name: "nurse", Roles: []string{"user"}, Tags: map[string][]string{"ward": {"4"}}})
	b := h.as("nurse")
	b.header = []string{"Suiren-Context", "purpose=treatment&patient=P1", "Accept-Language", "zh"}
	chat := func() (int, string) { return b.do("POST", "/v1/chat/completions", fmt.Sprintf(ask, "of-all")) }
	if code, text := chat(); code != 403 || !strings.Contains(text, "该患者不在您的病区") {
		t.Errorf("%d %s", code, text)
	}
	b.header[3] = "en"
	if code, text := chat(); code != 403 || !strings.Contains(text, "the patient is not of your ward") {
		t.Errorf("%d %s", code, text)
	}
	if code, text := b.do("POST", "/api/session/emergency", `{"reason":"because"}`); code != 400 && code != 403 {
		t.Errorf("a short reason: %d %s", code, text)
	}
	b.header = b.header[2:]
	reason := "cardiac arrest in ward 3, bed 2, doctor asks for allergies"
	if code, text := b.do("POST", "/api/session/emergency", `{"reason":"`+reason+`","minutes":30}`); code != 200 {
		t.Fatalf("%d %s", code, text)
	}
	if _, text := b.do("GET", "/api/session", ""); !strings.Contains(text, `"emergency":{`) {
		t.Errorf("%s", text)
	}
	b.header = append(b.header, "Suiren-Context", "purpose=treatment&patient=P1")
	if code, text := chat(); code != 200 {
		t.Errorf("with the glass broken: %d %s", code, text)
	}
	if !strings.Contains(h.log.String(), "glass was broken") {
		t.Error("nobody is told")
	}
	if _, text := h.by(h.key(operate.Key{Name: "auditor", Roles: []string{"audit"}})).do("GET", "/api/people", ""); !strings.Contains(text, reason) {
		t.Errorf("others do not see it: %s", text)
	}
	if _, text := h.by(h.key(operate.Key{Name: "elsewhere", Roles: []string{"audit"}, Tenant: "a"})).do("GET", "/api/people", ""); strings.Contains(text, reason) {
		t.Errorf("another tenant sees it: %s", text)
	}
	later := time.Now().Add(31 * time.Minute)
	h.People.Now = func() time.Time { return later }
	if code, _ := chat(); code != 403 {
		t.Errorf("after it ended: %d", code)
	}
	log, err := os.ReadFile(filepath.Join(h.dir, "audit.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"action":"deny","subject":"chat model of-all patient=\"P1\" purpose=\"treatment\" by ward"`, `"action":"emergency.begin"`, `"action":"allow","subject":"chat model of-all patient=\"P1\"`} {
		if !strings.Contains(string(log), want) {
			t.Errorf("the audit log has no %s\n%s", want, log)
		}
	}
	if _, _, err := operate.VerifyAudit(filepath.Join(h.dir, "audit.jsonl")); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"shoe=big", "patient=P1&patient=P2", "%zz", "patient=" + strings.Repeat("x", 2000)} {
		b.header[len(b.header)-1] = bad
		if code, _ := chat(); code != 400 {
			t.Errorf("context %.20s: %d", bad, code)
		}
	}
}

// A rule can ask for two factors, which a password is not.
func TestTwoFactors(t *testing.T) {
	h := build(t, withRules(t))
	h.person(people.Person{Name: "admin", Roles: []string{"system"}})
	if code, text := h.as("admin").do("POST", "/api/people", `{"name":"x"}`); code != 403 || !strings.Contains(text, "two factors") {
		t.Errorf("by a password: %d %s", code, text)
	}
}

// Nothing that must stay secret is in what the server writes down: logs, audit
// log, accounts, keys.
func TestSecretsStaySecret(t *testing.T) {
	h := build(t, nil)
	h.person(people.Person{Name: "li", Roles: []string{"owner"}})
	b := h.as("li")
	secrets := map[string]string{"the password": good, "the session": b.cookie[strings.Index(b.cookie, "=")+1:]}
	secrets["a key"] = h.key(operate.Key{Name: "k", Roles: []string{"owner"}})
	_, text := b.do("POST", "/api/keys", `{"name":"k2"}`)
	var made struct{ Secret, Link string }
	json.Unmarshal([]byte(text), &made)
	secrets["a key from the page"] = made.Secret
	_, text = b.do("POST", "/api/keys/k2/rotate", `{"hours":1}`)
	if log, err := os.ReadFile(filepath.Join(h.dir, "audit.jsonl")); err != nil || !strings.Contains(string(log), `"key.rotate"`) || !strings.Contains(string(log), " old:2") || !strings.Contains(text, `"until":"2`) {
		t.Errorf("until when the old secret works is not told: %s, %v", text, err)
	}
	json.Unmarshal([]byte(text), &made)
	secrets["a rotated key"] = made.Secret
	_, text = b.do("POST", "/api/people", `{"name":"wang"}`)
	json.Unmarshal([]byte(text), &made)
	secrets["a link"] = strings.TrimPrefix(made.Link, "/#join=")
	k := h.by(secrets["a key"])
	k.do("POST", "/v1/chat/completions", fmt.Sprintf(ask, "of-all"))
	k.do("GET", "/metrics", "")
	h.by("sk-suiren-WRONGWRONGWRONG").do("GET", "/metrics", "")
	h.by("").do("POST", "/api/session", `{"name":"li","password":"sk-suiren-typed-as-a-password"}`)
	h.by("").do("POST", "/api/session", `{"name":"sk-suiren-typed-as-a-name","password":"x"}`)
	secrets["a wrong key"], secrets["a mistyped password"] = "WRONGWRONGWRONG", "sk-suiren-typed-as-a-password"
	secrets["a key typed as a name"] = "sk-suiren-typed-as-a-name"
	_, keys := b.do("GET", "/api/keys", "")
	_, all := b.do("GET", "/api/people", "")
	texts := map[string]string{"the log": h.log.String(), "the list of keys": keys, "the list of people": all}
	err := filepath.WalkDir(h.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		texts[filepath.Base(path)] = string(b)
		return err
	})
	if err != nil || len(texts) < 6 {
		t.Fatal(len(texts), err)
	}
	for what, secret := range secrets {
		if len(secret) < 12 {
			t.Fatalf("%s is %q", what, secret)
		}
		for where, text := range texts {
			if strings.Contains(text, secret) {
				t.Errorf("%s is in %s", what, where)
			}
		}
	}
	if strings.Contains(keys, `"hash"`) || strings.Contains(all, "argon2") {
		t.Error("hashes are shown")
	}
}

// Without an outer source no code path knows an address to dial, and the routes
// say so.
func TestNoOuterSource(t *testing.T) {
	h := build(t, nil)
	for _, path := range []string{"/api/session/oidc", "/api/session/oidc/callback?state=x&code=y"} {
		if code, text := h.by("").do("GET", path, ""); code != 404 {
			t.Errorf("%s: %d %s", path, code, text)
		}
	}
	if h.Sources.LDAP != nil || h.Sources.OIDC != nil {
		t.Error("there are sources that nobody set")
	}
	if s, err := LoadSources(t.TempDir()); err != nil || s != (Sources{}) {
		t.Errorf("%v %v", s, err)
	}
}

func TestLoadSources(t *testing.T) {
	put := func(text string, mode os.FileMode) string {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "sign-in.json"), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	ok := `{"oidc":{"issuer":"https://id.school","client":"c","secret":"s","url":"https://tutor.school:7740","grants":[{"roles":["user"]}]},"ldap":{"url":"ldaps://d","base":"dc=x"}}`
	if s, err := LoadSources(put(ok, 0o600)); err != nil || s.OIDC.Title != "id.school" || s.LDAP == nil {
		t.Errorf("%v %v", s, err)
	}
	for _, bad := range []string{`{`, `{"saml":{}}`, `{"oidc":{"issuer":"http://id","client":"c","url":"x"}}`, `{"ldap":{"url":"http://d","base":"x"}}`, `{"ldap":{"url":"ldap://d"}}`,
		`{"ldap":{"url":"ldap://d","base":"x","grants":[{"roles":["system","audit"]}]}}`} {
		if _, err := LoadSources(put(bad, 0o600)); err == nil {
			t.Errorf("%s is read", bad)
		}
	}
	if _, err := LoadSources(put(ok, 0o644)); err == nil || !strings.Contains(err.Error(), "chmod") {
		t.Errorf("others can read it: %v", err)
	}
}

// What is about somebody and cannot be written down is not done.
func TestNoAuditNoAnswer(t *testing.T) {
	h := build(t, nil)
	b := h.by(h.key(operate.Key{Name: "k", Roles: []string{"user"}}), "Suiren-Context", "patient=P1")
	if code, text := b.do("POST", "/v1/chat/completions", fmt.Sprintf(ask, "of-all")); code != 200 {
		t.Fatalf("%d %s", code, text)
	}
	h.Audit.Close()
	if code, text := b.do("POST", "/v1/chat/completions", fmt.Sprintf(ask, "of-all")); code != 500 || strings.Contains(text, "audit") {
		t.Errorf("%d %s", code, text)
	}
	b.header = b.header[2:]
	if code, _ := b.do("POST", "/v1/chat/completions", fmt.Sprintf(ask, "of-all")); code != 200 {
		t.Errorf("about nobody: %d", code)
	}
}

func BenchmarkDoor(b *testing.B) {
	h := build(b, nil)
	who := h.by(h.key(operate.Key{Name: "k", Roles: []string{"user"}}))
	for range 50 {
		h.key(operate.Key{Name: fmt.Sprint("other", b.N, time.Now().UnixNano())})
	}
	for b.Loop() {
		if code, _ := who.do("GET", "/v1/models", ""); code != 200 {
			b.Fatal(code)
		}
	}
}

// A stream ends with the right to it: of who is suspended, of a session that was ended,
// and of a key that was revoked.
func TestStreamsEndWithTheRight(t *testing.T) {
	h := build(t, func(_ *Account, c *serve.Config) {
		c.Events = func(ctx context.Context, _ string, _ int64, _ say.Lang) iter.Seq2[serve.Event, error] {
			return func(yield func(serve.Event, error) bool) {
				if yield(serve.Event{ID: 1, Data: json.RawMessage(`{}`)}, nil) {
					<-ctx.Done()
				}
			}
		}
	})
	for _, name := range []string{"li", "wang"} {
		h.person(people.Person{Name: name, Roles: []string{"viewer"}})
	}
	li, wang, robot := h.as("li"), h.as("wang"), h.by(h.key(operate.Key{Name: "robot", Roles: []string{"viewer"}}))
	var open []io.Reader
	for _, b := range []*browser{li, wang, robot} {
		for _, path := range []string{"/api/events", "/api/runs/latest/events"} {
			open = append(open, b.open(path))
		}
	}
	if err := h.People.Suspend("li", true); err != nil {
		t.Fatal(err)
	}
	if code, text := wang.do("DELETE", "/api/session", ""); code != 200 {
		t.Fatal(code, text)
	}
	if err := h.Keys.Revoke("robot"); err != nil {
		t.Fatal(err)
	}
	for _, body := range open {
		if _, err := io.ReadAll(body); err != nil { // it ends, or this test does not
			t.Error(err)
		}
	}
}
