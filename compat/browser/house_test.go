package browser

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// pushAt clicks a button of these words in the row, or card, that says something.
func (v *visitor) pushAt(row, words string) {
	v.t.Helper()
	v.act("click %s of %s", words, row)
	find := `[...document.querySelectorAll("main tr, main li")].filter(e => e.innerText.includes(` + quote(row) + `)).flatMap(e => [...e.querySelectorAll("button")]).find(b => b.innerText.trim() === ` + quote(words) + `)`
	v.wait(find + "?.disabled === false")
	eval[bool](v.tab, `(document.querySelectorAll("[data-aim]").forEach(e => e.removeAttribute("data-aim")), `+find+`.setAttribute("data-aim", ""), true)`)
	v.click("[data-aim]")
}

// lets a person in by the page, with roles, and returns them at a tab of their own.
func (v *visitor) lets(t *testing.T, browser context.Context, name string, roles ...string) *visitor {
	v.t.Helper()
	v.push("People")
	v.tell("Name", name)
	v.push("user") // what is given unasked
	for _, role := range roles {
		v.push(role)
	}
	v.push("Add a person")
	v.wait(`[...document.querySelectorAll(".person b")].some(e => e.innerText === ` + quote(name) + `) && document.querySelector(".once code")`)
	p := visit(t, browser, v.text(".once code"))
	p.on(v.t)
	p.tell("Password", "three quiet flames")
	p.push("Set it and sign in")
	p.wait(`document.querySelector(".doors") && document.querySelectorAll("nav a").length > 1`)
	return p
}

// comesBack signs in a person whose session ended.
func (v *visitor) comesBack(name string) {
	v.t.Helper()
	v.wait(`document.querySelector(".by-name")`)
	v.tell("Name", name)
	v.tell("Password", "three quiet flames")
	v.enter()
	v.wait(`document.querySelector("nav a")`)
}

// house is what keeps one: keys, roles, sessions, what needs two people, and what
// is done in an emergency.
func house(t *testing.T, browser context.Context, dir string) {
	rules := t.TempDir()
	if err := os.WriteFile(filepath.Join(rules, "night.cedar"), []byte(`@id("night") @en("nobody of the night watch asks, but in an emergency") @zh("夜班不得提问，紧急情况除外")
forbid (principal, action == Action::"chat", resource) when { principal.name == "carl" } unless { context.emergency };
`), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, "serve", dir, "--access", rules)
	v := visit(t, browser, s.url)
	defer v.close()
	all := t
	var mei, ben, ana, carl *visitor
	with := func(secret string) int {
		own := &server{url: s.url, key: secret}
		status, _ := own.call(v.t, "GET", "/v1/models", "")
		return status
	}
	journey(t, v,
		step{"keys", func(t *testing.T) { // one is made, rotated and ended; what it was no longer opens
			v.push("People")
			v.push("Keys")
			v.tell("Name", "robot")
			v.push("Make a key")
			v.wait(`document.querySelector(".once code")`)
			first := v.text(".once code")
			if got := with(first); got != 200 {
				t.Errorf("a new key is answered %d", got)
			}
			v.accessible(t)
			v.pushAt("robot", "Rotate")
			v.wait(`document.querySelector(".once code").innerText !== ` + quote(first))
			second := v.text(".once code")
			if old, now := with(first), with(second); old != 401 || now != 200 {
				t.Errorf("after it was rotated, the old secret is answered %d and the new %d", old, now)
			}
			v.sees("The old secret no longer works.")
			v.pick("When a key is rotated, its old secret", "24")
			v.pushAt("robot", "Rotate")
			v.wait(`document.querySelector(".once code").innerText !== ` + quote(second))
			v.sees("The old secret works until")
			third := v.text(".once code")
			if old, now := with(second), with(third); old != 200 || now != 200 {
				t.Errorf("in the grace the old secret is answered %d and the new %d", old, now)
			}
			v.accessible(t)
			v.pushAt("robot", "End it")
			v.wait(`[...document.querySelectorAll("tbody tr")].some(e => e.innerText.includes("robot") && e.querySelector(".tag.failed")?.innerText === "ended")`)
			if old, now := with(second), with(third); old != 401 || now != 401 {
				t.Errorf("of a key that was ended the secrets are answered %d and %d", old, now)
			}
		}},
		step{"roles", func(t *testing.T) { // what one may changes with them, at once
			mei = v.lets(all, browser, "mei", "user")
			if got := strings.Join(mei.offered(), " "); strings.Contains(got, "traces") || !strings.Contains(got, "chat") {
				t.Errorf("a user is offered %s", got)
			}
			v.pushAt("mei", "Change roles")
			v.push("operator")
			v.pushAt("mei", "Save")
			v.wait(`[...document.querySelectorAll(".person")].some(e => e.innerText.includes("mei") && e.querySelectorAll(".row .tag").length === 3)`)
			mei.on(t)
			mei.do(chromedp.Reload())
			mei.comesBack("mei") // her session ended with the role
			mei.wait(`document.querySelector("nav a[href='#traces']")`)
			mei.clean(t, "401")
		}},
		step{"sessions", func(t *testing.T) { // all of a person's end at once, where they are
			elsewhere := visit(all, browser, v.origin)
			defer elsewhere.close()
			elsewhere.on(t)
			elsewhere.comesBack("mei")
			v.pushAt("mei", "Sign out everywhere")
			for _, one := range []*visitor{mei, elsewhere} {
				one.on(t)
				one.wait(`document.querySelector("#key") || (document.querySelector("nav a[href='#account']")?.click(), false)`)
				one.clean(t, "401")
			}
		}},
		step{"asked", func(t *testing.T) { // an act that needs two people waits for the second
			ben = v.lets(all, browser, "ben", "owner")
			ana = v.lets(all, browser, "ana", "security administrator")
			if got, want := ana.offered(), []string{"home", "releases", "guard", "people", "settings", "account"}; !slices.Equal(got, want) {
				t.Errorf("a security administrator is offered %q, and may use %q", got, want)
			}
			if n := ana.count(".door"); n != 0 {
				t.Errorf("%d doors open to her, who may go through none", n)
			}
			v.push("Settings")
			v.push("Two people")
			v.push("erase a person")
			v.wait(`document.querySelector(".roles input:checked:not(:disabled)")`)
			ben.on(t)
			ben.push("People")
			ben.pushAt("mei", "Erase")
			ben.pushAt("mei", "Yes, erase")
			ben.sees("This needs a second person")
			ben.wait(`[...document.querySelectorAll(".person b")].some(e => e.innerText === "mei")`)
			ben.push("Settings")
			ben.push("Two people")
			ben.wait(`document.querySelector(".approvals .approve:disabled")`) // not one's own
			ben.accessible(t)
		}},
		step{"refused", func(t *testing.T) {
			ana.on(t)
			ana.push("Settings")
			ana.tell("Reason", "she is still here")
			ana.push("Refuse")
			ana.wait(`document.querySelector(".approvals .tag")?.innerText === "refused"`)
			v.push("People")
			v.wait(`[...document.querySelectorAll(".person b")].some(e => e.innerText === "mei")`)
			ben.on(t)
			ben.sees("she is still here")
		}},
		step{"approved", func(t *testing.T) {
			ben.push("People")
			ben.pushAt("mei", "Erase")
			ben.pushAt("mei", "Yes, erase")
			ben.sees("This needs a second person")
			ana.on(t)
			ana.push("Approve, and do it")
			ana.wait(`[...document.querySelectorAll(".approvals .tag")].some(e => e.innerText === "done")`)
			ana.accessible(t)
			v.push("Home")
			v.push("People")
			v.wait(`document.querySelector(".person") && ![...document.querySelectorAll(".person b")].some(e => e.innerText === "mei")`)
		}},
		step{"glass", func(t *testing.T) { // a rule steps back for who says why, and is told of it
			carl = v.lets(all, browser, "carl", "user")
			carl.on(t)
			barred := func(when string) {
				if slices.Contains(carl.offered(), "chat") {
					t.Errorf("%s, a chat is offered that a rule forbids", when)
				}
				if got := carl.send("POST", "/v1/chat/completions", `{"messages":[{"role":"user","content":"1+1"}]}`); got != 403 {
					t.Errorf("%s, a question that a rule forbids is answered %d", when, got)
				}
			}
			barred("before")
			carl.push("My account")
			carl.tell("Reason", "the boiler is on fire")
			carl.push("Break the glass for an hour")
			carl.sees("the boiler is on fire")
			carl.accessible(t)
			carl.push("Chat")
			carl.asks("What is 3+4?")
			if got := carl.text(".turn:last-child [role=alert]"); got != "" {
				t.Errorf("in an emergency: %s", got)
			}
			v.push("Traces")
			v.push("Audit log")
			v.wait(`[...document.querySelectorAll("tbody tr")].some(e => e.innerText.includes("carl") && e.innerText.includes("emergency.begin"))`)
			carl.push("My account")
			carl.push("End it")
			carl.wait(`document.querySelector("main form") && !document.querySelector("main .bad[role=status]")`)
			barred("afterwards")
			carl.clean(t, "401", "403")
		}},
		step{"verified", func(t *testing.T) { // the log of all this holds, and a changed letter is found
			log := filepath.Join(dir, ".suiren", "audit.jsonl")
			was, err := os.ReadFile(log)
			if err != nil {
				t.Fatal(err)
			}
			v.push("Verify the chain")
			v.wait(`document.querySelector("p.good[role=status]")?.innerText.includes("It holds")`)
			if err := os.WriteFile(log, bytes.Replace(was, []byte("emergency.begin"), []byte("emergency.began"), 1), 0o600); err != nil {
				t.Fatal(err)
			}
			v.push("Verify the chain")
			v.wait(`document.querySelector("p.bad[role=status]")?.innerText.includes("It does not hold")`)
			v.accessible(t)
			if err := os.WriteFile(log, was, 0o600); err != nil {
				t.Fatal(err)
			}
			v.push("Verify the chain")
			v.wait(`document.querySelector("p.good[role=status]")?.innerText.includes("It holds")`)
		}},
	)
	v.clean(t)
	ben.clean(t, "401")
	ana.clean(t, "401")
}

// older makes what a folder keeps so much older.
func older(t *testing.T, dir string, by time.Duration) {
	t.Helper()
	(&server{}).runs(t, dir, *python, "-c", fmt.Sprintf(`import sqlite3
books = sqlite3.connect(".suiren/usage.db")
books.execute("update traces set time = time - %d")
books.commit()`, by.Microseconds()))
}

// keeping is how long things are kept: a limit is set, what it would delete is
// told, one is on hold, and then it is done.
func keeping(t *testing.T, browser context.Context, dir string) {
	s := start(t, "serve", dir, "--traces")
	status, text := s.call(t, "POST", "/v1/chat/completions", `{"messages":[{"role":"user","content":"What is 3+4?"}]}`)
	if status != 200 {
		t.Fatalf("%d %s", status, text)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	delete(served, strings.TrimPrefix(strings.Split(s.url, "/open")[0], "http://")) // no browser was there
	older(t, dir, 40*24*time.Hour)
	s = start(t, "serve", dir, "--traces")
	v := visit(t, browser, s.url)
	defer v.close()
	kept := func() int {
		return len(get[struct{ Traces []struct{ Content *struct{} } }](v.tab, "/api/traces?text=3%2B4").Traces)
	}
	journey(t, v,
		step{"limit", func(t *testing.T) {
			v.push("Settings")
			v.push("Retention")
			v.wait(`document.querySelector(".keep-content")`)
			// The day's own look comes a second after the start: after a save it would delete by the new limit.
			v.wait(`(r => (r.open("GET", "/api/care", false), r.send(), !JSON.parse(r.responseText).last.time.startsWith("0001")))(new XMLHttpRequest())`)
			v.push("Say what would go")
			v.sees("It would delete: nothing")
			v.fill(".keep-content", "30")
			v.click(".form:has(.keep-content) > button")
			v.sees("Saved.")
		}},
		step{"dry", func(t *testing.T) {
			v.push("Say what would go")
			v.sees("It would delete: contents 1")
			if n := kept(); n != 1 {
				t.Errorf("it was said what would go, and %d are left", n)
			}
			v.accessible(t)
		}},
		step{"held", func(t *testing.T) {
			v.tell("Whose (* is everyone's)", "*")
			v.tell("Reason", "a law suit")
			v.push("Hold")
			v.wait(`[...document.querySelectorAll(".plainlist .row")].some(e => e.innerText.includes("a law suit"))`)
			v.push("Delete what is too old now")
			v.sees("It deleted: nothing")
			v.sees("Everyone is on hold")
			if n := kept(); n != 1 {
				t.Errorf("everyone is on hold, and %d are left", n)
			}
			v.push("End")
			v.sees("Nobody is on hold.")
		}},
		step{"done", func(t *testing.T) {
			v.push("Delete what is too old now")
			v.sees("It deleted: contents 1")
			if n := kept(); n != 0 {
				t.Errorf("%d are left", n)
			}
			v.push("Traces")
			v.push("Audit log")
			v.wait(`[...document.querySelectorAll("tbody td code")].some(e => e.innerText === "retain")`)
		}},
	)
	v.clean(t)
}
