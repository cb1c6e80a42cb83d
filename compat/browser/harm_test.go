package browser

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// send does a request from within the page, as a script of its own would, and
// returns the status.
func (v *visitor) send(method, path, body string) int {
	v.t.Helper()
	return eval[int](v.tab, fmt.Sprintf(`(() => {
		const r = new XMLHttpRequest();
		r.open(%s, %s, false);
		r.setRequestHeader("Content-Type", "application/json");
		r.send(%s || undefined);
		return r.status;
	})()`, quote(method), quote(path), quote(body)))
}

// memory is what of the answers depends on the machine's memory at the time.
var memory = regexp.MustCompile(`"free":\d+`)

// roles lets in a viewer, who sees what a viewer may and changes nothing, by no
// button and by no request.
func roles(t *testing.T, browser context.Context, dir string) {
	s := start(t, "serve", dir)
	v := visit(t, browser, s.url)
	defer v.close()
	var vera *visitor
	all := t
	// kept is all that a viewer might have changed, as the owner sees it.
	kept := func() map[string]string {
		all := map[string]string{"file": file(t, dir)}
		for _, path := range []string{"/api/releases", "/api/budgets", "/api/people", "/api/keys", "/api/tenants", "/api/library", "/api/bases", "/api/guard", "/api/tasks"} {
			text := eval[string](v.tab, `(() => { const r = new XMLHttpRequest(); r.open("GET", `+quote(path)+`, false); r.send(); return r.status + r.responseText; })()`)
			all[path] = memory.ReplaceAllString(text, "")
		}
		return all
	}
	var before map[string]string
	journey(t, v,
		step{"invited", func(t *testing.T) {
			v.push("People")
			v.tell("Name", "vera")
			v.push("user") // no longer
			v.push("viewer")
			v.push("Add a person")
			v.wait(`document.querySelector(".once code")`)
			vera = visit(all, browser, v.text(".once code"))
			vera.tell("Password", "three quiet flames")
			vera.push("Set it and sign in")
			vera.wait(`document.querySelector(".doors")`)
			before = kept()
		}},
		step{"offered", func(t *testing.T) { // no page that is of no use to a viewer
			vera.on(t)
			if got, want := vera.offered(), []string{"home", "plan", "training", "evaluation", "releases", "account"}; !slices.Equal(got, want) {
				t.Errorf("a viewer is offered %q, and may use %q", got, want)
			}
			vera.everywhere(func(string) {})
			vera.clean(t, "401") // before she had joined; no page asks for what she may not see
			if got := eval[string](vera.tab, "document.cookie"); got != "" {
				t.Errorf("a script reads the session: %q", got)
			}
		}},
		step{"requests", func(t *testing.T) {
			vera.on(t)
			for _, r := range []struct{ method, path, body string }{
				{"POST", "/v1/chat/completions", `{"messages":[{"role":"user","content":"1+1"}]}`}, {"POST", "/v1/messages", `{"max_tokens":2,"messages":[{"role":"user","content":"1+1"}]}`},
				{"POST", "/api/chat", `{"messages":[{"role":"user","content":"1+1"}]}`},
				{"POST", "/api/first", `{}`}, {"PUT", "/api/plan/file", `{"text":"","sum":""}`}, {"POST", "/api/plan/check", `{"text":""}`}, {"POST", "/api/plan/apply", `{"sum":""}`},
				{"POST", "/api/library", `{"path":"/","name":"x"}`}, {"POST", "/api/library/load", `{"model":"x"}`}, {"GET", "/api/library", ""},
				{"POST", "/api/bases/x", `{"paths":["/etc"]}`}, {"PUT", "/api/bases/x/readers", `{"rules":[]}`}, {"GET", "/api/bases/x", ""}, {"GET", "/api/bases/x/documents", ""},
				{"POST", "/api/releases/check", `{"release":"mine"}`}, {"POST", "/api/releases/canary", `{"release":"mine","share":1}`}, {"POST", "/api/releases/promote", `{"release":"mine"}`},
				{"POST", "/api/releases/rollback", `{}`}, {"POST", "/api/releases/retire", `{"release":"mine"}`},
				{"POST", "/api/budgets", `{"scope":"all","unit":"tokens","period":"day","amount":1}`}, {"GET", "/api/budgets", ""}, {"GET", "/api/usage", ""}, {"GET", "/api/usage/entries", ""},
				{"POST", "/api/guard/try", `{"policy":"mine","stage":"input","text":"x"}`}, {"POST", "/api/guard/replay", `{"release":"mine","draft":"","last":1}`}, {"GET", "/api/guard", ""}, {"GET", "/api/guard/reviews", ""},
				{"GET", "/api/people", ""}, {"POST", "/api/people", `{"name":"eve","roles":["owner"]}`}, {"PUT", "/api/people/vera/roles", `{"roles":["owner"]}`}, {"PATCH", "/api/people/vera", `{"suspended":true}`},
				{"POST", "/api/people/vera/link", `{}`}, {"DELETE", "/api/people/vera", ""}, {"DELETE", "/api/people/vera/sessions", ""},
				{"GET", "/api/keys", ""}, {"POST", "/api/keys", `{"name":"eve","roles":["owner"]}`}, {"POST", "/api/keys/first/rotate", `{}`}, {"DELETE", "/api/keys/first", ""},
				{"POST", "/api/tenants", `{"name":"eve"}`}, {"DELETE", "/api/tenants/eve", ""}, {"GET", "/api/traces", ""}, {"GET", "/api/audit", ""}, {"GET", "/api/machine", ""}, {"GET", "/api/settings", ""},
				{"POST", "/api/export", `{"format":"md","title":"x","turns":[]}`}, {"GET", "/metrics", ""},
			} {
				if status := vera.send(r.method, r.path, r.body); status != http.StatusForbidden && status != http.StatusNotFound {
					t.Errorf("a viewer's %s %s is answered %d", r.method, r.path, status)
				}
			}
			v.on(t)
			for what, after := range kept() {
				if after != before[what] {
					t.Errorf("%s was\n%s\nand is\n%s", what, before[what], after)
				}
			}
		}},
		step{"walked", func(t *testing.T) { // each role, through every page: nothing is offered that the server refuses
			vera.clean(t, "403", "404") // of the requests before
			for _, one := range []struct {
				role  string
				pages []string
			}{
				{"viewer", []string{"home", "plan", "training", "evaluation", "releases", "account"}},
				{"user", []string{"home", "chat", "knowledge", "plan", "training", "evaluation", "releases", "account"}},
				{"auditor", []string{"home", "releases", "guard", "usage", "traces", "people", "settings", "account"}},
				{"operator", []string{"home", "chat", "knowledge", "plan", "data", "training", "evaluation", "models", "releases", "guard", "usage", "traces", "compute", "settings", "account"}},
				{"system administrator", []string{"home", "models", "releases", "usage", "compute", "people", "settings", "account"}},
				{"security administrator", []string{"home", "releases", "guard", "people", "settings", "account"}},
			} {
				w := vera
				if one.role != "viewer" {
					v.on(t)
					w = v.lets(all, browser, strings.Fields(one.role)[0], one.role)
				}
				w.on(t)
				if got := w.offered(); !slices.Equal(got, one.pages) {
					t.Errorf("%s is offered %q, and may use %q", one.role, got, one.pages)
				}
				acts := 0
				w.everywhere(func(view string) {
					if got := w.text("main [role=alert]"); got != "" {
						t.Errorf("%s finds on %s: %s", one.role, view, got)
					}
					if view == "chat" || view == "account" { // what is done there is one's own
						return
					}
					for _, r := range w.tries() {
						acts++
						method, path, _ := strings.Cut(r, " ")
						if method == "DELETE" {
							path = path[:strings.LastIndex(path, "/")] + "/none-of-that-name"
						}
						if got := w.send(method, path, "{"); got == http.StatusForbidden { // what cannot be read is not done
							t.Errorf("%s is offered on %s what is refused: %s", one.role, view, r)
						}
					}
					w.do(chromedp.Reload())
					w.wait(`document.querySelector("nav a")`)
				})
				t.Logf("%s: %d pages, %d acts offered", one.role, len(one.pages), acts)
				if may := one.role != "viewer" && one.role != "user"; (acts > 0) != may {
					t.Errorf("%s is offered %d acts", one.role, acts)
				}
				w.clean(t, "400", "401", "404", "405", "409", "418")
				if w != vera {
					w.close()
				}
			}
		}},
		step{"suspended", func(t *testing.T) { // what is open ends
			v.pushAt("vera", "Suspend")
			v.sees("suspended")
			vera.on(t)
			vera.push("Releases")
			vera.wait(`document.querySelector("#key")`)
		}},
	)
	vera.clean(t, "401", "403", "404") // of the steps after
	v.clean(t)
}

// tries presses every button of the page, with something in each field, and returns
// what would have been asked of the server by it.
func (v *visitor) tries() []string {
	v.t.Helper()
	eval[bool](v.tab, `(window.tried = null, (async () => {
		const out = new Set(), real = window.fetch, rest = ms => new Promise(wake => setTimeout(wake, ms));
		window.fetch = async (path, asked) => {
			if ((asked?.method ?? "GET") === "GET") return real(path, asked);
			out.add(asked.method + " " + path);
			return new Response(JSON.stringify({ error: { code: "tried", message: "tried" } }), { status: 418 });
		};
		const fill = () => { for (const e of document.querySelectorAll("main :is(input:not([type=checkbox], [type=range], [type=search], [type=date]), textarea):not(:disabled, [readonly])")) {
			Object.getOwnPropertyDescriptor(Object.getPrototypeOf(e), "value").set.call(e, e.type === "number" ? "1" : e.value + "x");
			e.dispatchEvent(new Event("input", { bubbles: true }));
			e.dispatchEvent(new Event("change", { bubbles: true }));
		} };
		const pressed = new Set();
		for (let more = true; more;) {
			more = false;
			fill();
			await rest(15);
			for (const b of document.querySelectorAll("main button:not(:disabled, [aria-pressed])")) if (!pressed.has(b.innerText + b.className) && pressed.size < 60) {
				pressed.add(b.innerText + b.className);
				b.click();
				more = true;
				await rest(15);
				break;
			}
		}
		if (document.querySelector("main textarea:not([readonly])")) await rest(500); // for what is asked after a moment
		window.tried = [...out]; // and nothing is sent until the page is loaded anew
	})(), true)`)
	v.wait(`tried`)
	return eval[[]string](v.tab, `tried`)
}

// offered are the pages in the menu.
func (v *visitor) offered() []string {
	return eval[[]string](v.tab, `[...document.querySelectorAll("nav a")].map(a => a.hash.slice(1))`)
}

// strangers are other pages in the same browser: they may not frame the console,
// nor act or read with the session of whoever is signed in.
func strangers(t *testing.T, browser context.Context, dir string) {
	s := start(t, "serve", dir)
	v := visit(t, browser, s.url)
	defer v.close()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><title>other</title><iframe src="%s/"></iframe><p>another's page</p>`, v.origin)
	}))
	defer other.Close()
	host := strings.TrimPrefix(other.URL, "http://")
	served[host] = true
	journey(t, v,
		step{"policy", func(t *testing.T) { // what the page's own policy of content forbids, if it came so far
			eval[bool](v.tab, `(() => {
				window.broke = [];
				document.addEventListener("securitypolicyviolation", e => broke.push(e.effectiveDirective));
				const add = (tag, set) => document.body.append(Object.assign(document.createElement(tag), set));
				add("script", { textContent: "window.hurt = 1" });
				add("script", { src: "data:text/javascript,window.hurt=2" });
				add("div", { innerHTML: "<img src='data:image/png;base64,AAAA' onerror='window.hurt = 3'>" });
				add("img", { src: "http://192.0.2.1/p.png" });
				add("link", { rel: "stylesheet", href: "http://192.0.2.1/s.css" });
				fetch("http://192.0.2.1/").catch(() => {});
				return true;
			})()`)
			for _, directive := range []string{"script-src-elem", "script-src-attr", "img-src", "style-src-elem", "connect-src"} {
				v.wait(`broke.includes(` + quote(directive) + `)`)
			}
			if eval[bool](v.tab, `"hurt" in window`) {
				t.Error("a script ran that was not the page's")
			}
			v.clean(t, "192.0.2.1", "Content Security Policy")
		}},
		step{"framed", func(t *testing.T) {
			before := len(get[struct{ Keys []struct{ Name string } }](v.tab, "/api/keys").Keys)
			v.do(chromedp.Navigate(other.URL))
			v.wait(`document.querySelector("iframe")`)
			v.complains("frame-ancestors") // another's page may not frame the console
			// A request that needs no leave of the server to be sent, with the reader's session.
			eval[bool](v.tab, `(window.left = null, Promise.allSettled([
				fetch(`+quote(v.origin+"/api/keys")+`, { method: "POST", mode: "no-cors", credentials: "include", body: JSON.stringify({ name: "eve", roles: ["owner"] }) }),
				fetch(`+quote(v.origin+"/api/state")+`, { credentials: "include" }).then(r => r.text()),
			]).then(r => window.left = r.map(one => one.status)), true)`)
			v.wait(`left`)
			if got := eval[[]string](v.tab, `left`); got[1] != "rejected" {
				t.Error("another's page reads the console's answers")
			}
			status, text := s.call(t, "GET", "/api/keys", "")
			if n := strings.Count(text, `"name"`); status != 200 || n != before || strings.Contains(text, "eve") {
				t.Errorf("there were %d keys; after a request of another's page: %d %s", before, status, text)
			}
			v.clean(t, host, "frame-ancestors", "CORS", "403", "ERR_", "Content Security Policy")
		}},
	)
}

// evil is markup in each of its kinds that would act, show or fetch something.
const evil = `<img src=x onerror="window.hurt=1"><script>window.hurt=2</script> [a](javascript:window.hurt=3) ![p](http://192.0.2.1/p.png) <a href="http://192.0.2.1/">x</a> <iframe src="http://192.0.2.1/"></iframe>`

// hostile brings such words in wherever words come from, and looks for them on
// every page: all must show as the text that they are, or not at all.
func hostile(t *testing.T, browser context.Context, dir string) {
	const name = `<img src=x onerror=hurt=4>.md`
	document := []byte("# Glaze " + evil + "\n\nThe celadon glaze " + evil + " is fired at 1280 degrees.\n")
	brought := t.TempDir()
	for _, path := range []string{filepath.Join(brought, name), filepath.Join(dir, "handbook", "en", name)} {
		if err := os.WriteFile(path, document, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	apply(t, dir)
	s := start(t, "serve", dir, "--traces")
	v := visit(t, browser, s.url)
	defer v.close()
	const question = "At how many degrees is the celadon glaze fired?"
	harmless := func(t *testing.T) {
		t.Helper()
		if got := eval[[]string](v.tab, `[...document.querySelectorAll("main :is(img, iframe, script, object, embed, base, meta, link, video, audio), main form[action], main a[href^='javascript' i], main a[href^='http' i], main [onerror], main [onload]")].map(e => e.outerHTML.slice(0, 200))`); len(got) > 0 {
			t.Errorf("elements came of words: %q", got)
		}
		if eval[bool](v.tab, `"hurt" in window`) {
			t.Fatal("words ran as a script")
		}
	}
	// as the text that it is
	shows := func(t *testing.T, words string) { t.Helper(); v.sees(words); harmless(t) }
	journey(t, v,
		step{"documents", func(t *testing.T) { // a file's name, its title, its words, its answer
			v.push("Knowledge")
			v.tell("Folder or file on this machine", brought)
			v.push("Read it")
			v.tell("Question", question)
			v.enter()
			v.wait(`document.querySelector(".said-by .place")`)
			shows(t, name)
			shows(t, "1280 degrees")
			v.click(".said-by .place")
			v.wait(`document.querySelector("dialog[open] .here")`)
			shows(t, name)
			v.push("Close")
			v.push("Files")
			v.wait(`document.querySelector(".trow")`)
			shows(t, name)
		}},
		step{"chat", func(t *testing.T) { // a question, what is said before, a branch, a quoted source, a reason
			v.push("Chat")
			v.asks(evil)
			shows(t, `<img src=x onerror="window.hurt=1">`)
			v.push("Parameters · mine")
			v.tell("What it is told before", evil)
			v.asks(question)
			v.wait(`document.querySelector(".turn:last-child .sources summary")`)
			v.click(".turn:last-child .sources summary")
			shows(t, name)
			shows(t, "1280 degrees")
			v.push("Edit")
			v.tell("Ask it differently", evil+" again")
			v.push("Send")
			v.wait(`document.querySelector(".branches") && document.querySelector(".turn:last-child :is(footer, [role=alert])")`)
			harmless(t)
		}},
		step{"errors", func(t *testing.T) { // names that are no names come back in what is told of them
			v.push("Models")
			v.tell("Path on this machine", "/"+evil)
			v.tell("Name (optional)", evil)
			v.push("Add")
			v.wait(`document.querySelector("main [role=alert]")`)
			shows(t, "<img src=x")
			v.turn("plan/file")
			v.wait(`document.querySelector("#plan-text")?.value`)
			v.fill("#plan-text", `policy "house" { pack = "`+strings.ReplaceAll(evil, `"`, `\"`)+`" }`)
			v.wait(`document.querySelector(".editor-page .bad")`)
			shows(t, "<img src=x")
			v.turn("guard/try")
			v.wait(`document.querySelector(".trial")`)
			v.fill(".trial", evil)
			v.push("Pass it through")
			v.wait(`document.querySelector(".verdict")`)
			harmless(t)
		}},
		step{"model", func(t *testing.T) { // a folder's name becomes a model's, if it may
			path := filepath.Join(t.TempDir(), "<img src=x onerror=hurt=5>")
			if err := os.CopyFS(path, os.DirFS(*model)); err != nil {
				t.Fatal(err)
			}
			v.push("Models")
			v.tell("Path on this machine", path)
			v.push("Add")
			v.wait(`document.querySelector("main :is([role=alert], .picks li, .tasks .bad)")`)
			shows(t, "<img src=x onerror=hurt=5>")
		}},
		step{"names", func(t *testing.T) { // that stay: a person's title, a budget's, in the list and in the audit log
			v.push("People")
			v.tell("Name", "mallory")
			v.tell(v.titleLabel(), evil)
			v.push("Add a person")
			v.wait(`document.querySelector(".person")`)
			shows(t, "<img src=x")
			v.push("Usage")
			v.tell("Name", evil)
			v.tell("Amount", "5")
			v.push("Set the budget")
			v.wait(`document.querySelector("main :is(.plainlist li, [role=alert])")`)
			shows(t, "<img src=x")
		}},
		step{"traces", func(t *testing.T) { // what was said is kept as it was said
			v.push("Traces")
			v.wait(`document.querySelectorAll(".trace").length >= 3`)
			for i := range 3 {
				v.click(fmt.Sprintf("tr:nth-child(%d) .trace", i+1))
				v.wait(`document.querySelector("dialog[open] .passage")`)
				harmless(t)
				v.push("Close")
			}
		}},
		step{"everywhere", func(t *testing.T) {
			for _, lang := range []string{"zh-CN", "en"} {
				v.choose(".switches select", lang)
				v.everywhere(func(view string) { harmless(t) })
			}
		}},
		step{"narrow", func(t *testing.T) { v.fits(t, 360) }},
	)
	v.clean(t, "400", "404", "429")
}

// titleLabel is the label of a person's full name.
func (v *visitor) titleLabel() string {
	v.t.Helper()
	v.wait(`document.querySelector(".person-name")`)
	return eval[string](v.tab, `document.querySelectorAll(".person-name")[0].closest("form").querySelectorAll("label")[1].innerText`)
}
