package account

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"suiren/serve"
	"suiren/stage/operate"
	"suiren/stage/operate/access"
	"suiren/stage/operate/people"
)

var ask = `{"model":"%s","messages":[{"role":"user","content":"hi"}]}`

// requests are the bodies of the routes about a model, whose name goes into them.
var requests = map[string]string{
	"POST /v1/chat/completions":       ask,
	"POST /v1/completions":            `{"model":"%s","prompt":"hi"}`,
	"POST /v1/responses":              `{"model":"%s","input":"hi"}`,
	"POST /v1/responses/input_tokens": `{"model":"%s","input":"hi"}`,
	"POST /v1/embeddings":             `{"model":"%s","input":"hi"}`,
	"POST /v1/rerank":                 `{"model":"%s","query":"a","documents":["b"]}`,
	"POST /v2/rerank":                 `{"model":"%s","query":"a","documents":["b"]}`,
	"POST /v1/messages":               `{"model":"%s","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}`,
	"POST /v1/messages/count_tokens":  ask,
	"POST /api/show":                  `{"model":"%s"}`,
	"POST /api/chat":                  `{"model":"%s","stream":false,"messages":[{"role":"user","content":"hi"}]}`,
	"POST /api/generate":              `{"model":"%s","stream":false,"prompt":"hi"}`,
	"POST /api/embed":                 `{"model":"%s","input":"hi"}`,
	"POST /api/embeddings":            `{"model":"%s","prompt":"hi"}`,
	"POST /tokenize":                  `{"model":"%s","content":"hi"}`,
	"POST /detokenize":                `{"model":"%s","tokens":[1]}`,
	"POST /apply-template":            ask,
}

// A probe is a request of a route that is about one thing.
type probe struct {
	method, path, body string
	thing              access.Thing
	list               bool // what may be seen is in a list, and nothing is denied
}

// probes are the requests of a route about each thing that there is. Those that
// take something away get something made for them.
func (h *house) probes(r serve.Route, n *int) (list []probe) {
	method, path, _ := strings.Cut(r.Pattern, " ")
	kind := access.Actions()[string(r.Action)]
	path = strings.ReplaceAll(path, "{run}", "latest")
	switch {
	case kind == "Server":
		path = strings.NewReplacer("{id}", "AAAA", "{name}", "x", "{caller}", "x", "{act}", "promote").Replace(path)
		body := ""
		switch r.Pattern {
		case "GET /api/events":
			path += "?once"
		case "POST /api/feedback":
			body = `{"id":"x","good":true}`
		}
		return []probe{{method, path, body, access.Thing{Kind: kind}, false}}
	case kind == "Base" && !strings.Contains(path, "{"):
		return []probe{{method, path, "", access.Thing{Kind: kind}, true}}
	case kind == "Base":
		for id, tenants := range whose {
			list = append(list, probe{method, strings.NewReplacer("{id}", id, "{name}", id).Replace(path), `{"query":"q"}`, access.Thing{Kind: kind, ID: id, Tenants: tenants}, false})
		}
	case kind == "Model":
		body, ok := requests[r.Pattern]
		if !ok && !strings.Contains(path, "{model}") {
			return []probe{{method, path, "", access.Thing{}, true}}
		}
		for id, tenants := range whose {
			b := body
			if b != "" {
				b = fmt.Sprintf(body, id)
			}
			list = append(list, probe{method, strings.ReplaceAll(path, "{model}", id), b, access.Thing{Kind: kind, ID: id, Tenants: tenants}, false})
		}
	case kind == "Tenant":
		if method == "GET" {
			return []probe{{method, path, "", access.Thing{}, true}}
		}
		for _, tenant := range []string{"", "a", "b"} {
			*n++
			name := fmt.Sprintf("x%d", *n)
			p, body := path, ""
			switch {
			case r.Pattern == "POST /api/people" || r.Pattern == "POST /api/keys":
				body = fmt.Sprintf(`{"name":%q,"tenant":%q}`, name, tenant)
			case strings.HasPrefix(path, "/api/people/"):
				if err := h.People.Add(people.Person{Name: name, Tenant: tenant, Roles: []string{"viewer"}}); err != nil {
					h.t.Fatal(err)
				}
				body = `{"roles":["user"],"title":"x"}`
			case strings.HasPrefix(path, "/api/keys/"):
				h.key(operate.Key{Name: name, Tenant: tenant, Roles: []string{"viewer"}})
				body = `{}`
			case r.Pattern == "POST /api/tenants":
				tenant = name
				body = fmt.Sprintf(`{"name":%q}`, name)
			case r.Pattern == "DELETE /api/tenants/{name}":
				if err := h.People.AddTenant(name, ""); err != nil {
					h.t.Fatal(err)
				}
				tenant = name
			default: // shares
				if name = tenant; tenant == "" {
					name = people.House
				}
				body = `{"kind":"Model","id":"nothing"}`
			}
			list = append(list, probe{method, strings.ReplaceAll(p, "{name}", name), body, access.Thing{Kind: kind, ID: tenant}, false})
		}
	}
	return list
}

// Roles × tenants × all routes × things: the server allows what the rules,
// asked apart from it, allow, and nothing else. What is hidden looks like what
// is not there; no list shows a thing of another tenant.
func TestMatrix(t *testing.T) {
	h := build(t, nil)
	rules := access.Default()
	type who struct {
		p      access.Principal
		secret string
	}
	var all []who
	for _, role := range append([]string{"none"}, access.Roles...) {
		for _, tenant := range []string{"", "a", "b"} {
			k := operate.Key{Name: strings.TrimSuffix(role+"-"+tenant, "-"), Roles: []string{role}, Tenant: tenant}
			all = append(all, who{access.Principal{Name: k.Name, Key: true, Roles: k.Roles, Tenant: tenant}, h.key(k)})
		}
	}
	n, asked, refused := 0, 0, 0
	routes := map[string]bool{}
	for _, r := range serve.New(serve.Config{Routes: h.routes()}).Routes() {
		if r.Action == serve.Open {
			continue
		}
		routes[r.Pattern] = true
		if access.Actions()[string(r.Action)] == "" {
			t.Errorf("%s: the rules know no action %q", r.Pattern, r.Action)
			continue
		}
		for _, w := range all {
			for _, p := range h.probes(r, &n) {
				asked++
				code, text := h.by(w.secret).do(p.method, p.path, p.body)
				if p.list {
					for id, tenants := range whose {
						kind := cmp.Or(p.thing.Kind, "Model")
						d := rules.Decide(access.Request{Principal: w.p, Action: string(r.Action), Thing: access.Thing{Kind: kind, ID: id, Tenants: tenants}, Time: time.Now()})
						if kind == "Base" { // who keeps the bases sees all
							d.Allowed = d.Allowed || rules.Decide(access.Request{Principal: w.p, Action: "read_bases", Thing: access.Thing{Kind: "Server"}, Time: time.Now()}).Allowed
						}
						if strings.HasPrefix(p.path, "/api/people") || strings.HasPrefix(p.path, "/api/keys") || strings.HasPrefix(p.path, "/api/tenants") {
							d.Allowed = false // no list of people, keys or other tenants' shares names one that is hidden
							if rules.Decide(access.Request{Principal: w.p, Action: string(r.Action), Thing: access.Thing{Kind: "Tenant", ID: strings.TrimPrefix(id, "of-")}, Time: time.Now()}).Allowed {
								continue
							}
						}
						if shown := strings.Contains(text, `"`+id+`"`); shown != d.Allowed {
							t.Errorf("%s %s: %s shown: %v, allowed: %v", w.p.Name, r.Pattern, id, shown, d.Allowed)
						}
					}
					continue
				}
				d := rules.Decide(access.Request{Principal: w.p, Action: string(r.Action), Thing: p.thing, Time: time.Now()})
				got := codeOf(text)
				denied := code == 403 && (got == "access_denied" || got == "") || code == 404 && d.Hidden // Anthropic's and Ollama's errors have no code
				if denied != !d.Allowed {
					t.Errorf("%s %s %s (%v): %d %s", w.p.Name, p.method, p.path, p.thing, code, text)
				}
				if denied {
					refused++
				} else if p.thing.Kind == "Model" && code != 200 {
					t.Errorf("%s %s: allowed, and yet %d %s", w.p.Name, p.path, code, text)
				}
				if denied && strings.Contains(text, "secret of") {
					t.Errorf("%s %s: a refusal shows what it refuses: %s", w.p.Name, p.path, text)
				} else if !denied && p.thing.Kind == "Base" && p.thing.ID != "" && !strings.Contains(text, "secret of "+p.thing.ID) {
					t.Errorf("%s %s: allowed, and yet %d %s", w.p.Name, p.path, code, text)
				}
				if d.Hidden && strings.Contains(text, "another") {
					t.Errorf("%s %s: a refusal tells of tenants: %s", w.p.Name, p.path, text)
				}
			}
		}
	}
	t.Logf("%d routes, %d callers, %d requests, %d of them refused", len(routes), len(all), asked, refused)
	if len(routes) < 50 || asked < 2500 || refused < 1000 {
		t.Error("the matrix is smaller than it was")
	}
}

// The main ones by hand, so that the rules themselves are not the only judge.
func TestMainOnesByHand(t *testing.T) {
	h := build(t, nil)
	key := map[string]string{}
	for _, name := range []string{"owner", "system", "security", "audit", "operator", "user", "viewer", "user/a", "user/b", "owner/a", "system/a"} {
		role, tenant, _ := strings.Cut(name, "/")
		key[name] = h.key(operate.Key{Name: strings.ReplaceAll(name, "/", "-"), Roles: []string{role}, Tenant: tenant})
	}
	key["legacy"] = h.key(operate.Key{Name: "legacy"})
	for _, tt := range []struct {
		who, method, path, body string
		want                    int
	}{
		{"user", "POST", "/v1/chat/completions", fmt.Sprintf(ask, "of-all"), 200},
		{"user", "POST", "/v1/chat/completions", fmt.Sprintf(ask, "of-house"), 200},
		{"user", "POST", "/v1/chat/completions", fmt.Sprintf(ask, "of-a"), 404},
		{"user/a", "POST", "/v1/chat/completions", fmt.Sprintf(ask, "of-a"), 200},
		{"user/b", "POST", "/v1/chat/completions", fmt.Sprintf(ask, "of-a"), 404},
		{"owner/a", "POST", "/v1/chat/completions", fmt.Sprintf(ask, "of-b"), 404},
		{"viewer", "POST", "/v1/chat/completions", fmt.Sprintf(ask, "of-all"), 403},
		{"system", "POST", "/v1/chat/completions", fmt.Sprintf(ask, "of-all"), 403},
		{"audit", "POST", "/v1/chat/completions", fmt.Sprintf(ask, "of-all"), 403},
		{"user/b", "POST", "/v1/vector_stores/of-a/search", `{"query":"q"}`, 404},
		{"user/a", "POST", "/v1/vector_stores/of-a/search", `{"query":"q"}`, 200},
		{"user", "GET", "/metrics", "", 403},
		{"operator", "GET", "/metrics", "", 200},
		{"owner/a", "GET", "/metrics", "", 403},
		{"legacy", "GET", "/metrics", "", 200},
		{"legacy", "POST", "/api/people", `{"name":"eve"}`, 403},
		{"system", "POST", "/api/people", `{"name":"adam"}`, 200},
		{"system", "POST", "/api/people", `{"name":"adam"}`, 409},
		{"system", "POST", "/api/people", `{"name":"boss","roles":["owner"]}`, 403},
		{"system", "POST", "/api/people", `{"name":"sec","roles":["security"]}`, 403},
		{"owner", "POST", "/api/people", `{"name":"both","roles":["security","audit"]}`, 400},
		{"security", "PUT", "/api/people/adam/roles", `{"roles":["operator"]}`, 200},
		{"security", "PUT", "/api/people/adam/roles", `{"roles":["owner"]}`, 403},
		{"security", "PUT", "/api/people/adam/roles", `{"roles":["system","audit"]}`, 400},
		{"system", "PUT", "/api/people/adam/roles", `{"roles":["user"]}`, 403},
		{"security", "POST", "/api/people", `{"name":"eve"}`, 403},
		{"audit", "POST", "/api/keys", `{"name":"k"}`, 403},
		{"system", "POST", "/api/keys", `{"name":"k","roles":["security"]}`, 403},
		{"system", "POST", "/api/keys", `{"name":"k","tenant":"a","models":["of-a"],"days":3}`, 200},
		{"system", "POST", "/api/keys", `{"name":"k2","tags":{"ward":["3"]}}`, 403},
		{"system", "POST", "/api/keys", `{"name":"adam"}`, 409},
		{"system", "DELETE", "/api/keys/owner", "", 403},
		{"system", "DELETE", "/api/keys/nobody", "", 404},
		{"system/a", "DELETE", "/api/keys/user-b", "", 404},
		{"system/a", "DELETE", "/api/keys/user-a", "", 200},
		{"system/a", "POST", "/api/tenants", `{"name":"c"}`, 404},
		{"system", "POST", "/api/tenants", `{"name":"c"}`, 200},
		{"system", "PUT", "/api/tenants/c/shares", `{"kind":"Model","id":"of-all"}`, 200},
		{"user/b", "POST", "/v1/chat/completions", fmt.Sprintf(ask, "of-all"), 404},
	} {
		if code, text := h.by(key[tt.who]).do(tt.method, tt.path, tt.body); code != tt.want {
			t.Errorf("%s %s %s %s: %d, want %d: %s", tt.who, tt.method, tt.path, tt.body, code, tt.want, text)
		}
	}
}

// named is a guard that has names to give.
type named struct{ serve.Guard }

func (named) Suspended(names bool) (any, error)  { return strconv.FormatBool(names), nil }
func (named) Reviews(_, names bool) (any, error) { return strconv.FormatBool(names), nil }

// Who waits for a review, and who is suspended, is for who may see persons; the others who
// may read them read them without names.
func TestNamesAreForWhoMaySeePersons(t *testing.T) {
	h := build(t, func(_ *Account, c *serve.Config) { c.Guard = named{} })
	want := map[string]string{ // by role: suspended, reviews
		"owner": "true true", "security": "true true", "audit": "true 403", "operator": "false 403", "system": "403 403", "user": "403 403", "viewer": "403 403",
	}
	for _, role := range access.Roles {
		by, got := h.by(h.key(operate.Key{Name: role, Roles: []string{role}})), ""
		for _, path := range []string{"suspended", "reviews"} {
			code, text := by.do("GET", "/api/guard/"+path, "")
			if code != 200 {
				text = strconv.Itoa(code)
			}
			got += strings.Trim(text, "\"\n") + " "
		}
		if strings.TrimSpace(got) != want[role] {
			t.Errorf("%s: %s, want %s", role, got, want[role])
		}
	}
}

// What one tenant did leaves no trace that another finds: not in receipts, nor
// errors, lists, metrics; and the engine is told whose memory it may use.
func TestTenantsDoNotMeet(t *testing.T) {
	h := build(t, nil)
	a, b := h.by(h.key(operate.Key{Name: "ka", Roles: []string{"owner"}, Tenant: "a"})), h.by(h.key(operate.Key{Name: "kb", Roles: []string{"owner"}, Tenant: "b"}))
	_, text := a.do("POST", "/v1/chat/completions", fmt.Sprintf(ask, "of-a"))
	_, id, _ := strings.Cut(text, `"id":"`)
	id, _, _ = strings.Cut(id, `"`)
	if code, text := a.do("GET", "/v1/receipts/"+id, ""); code != 200 {
		t.Fatalf("its own receipt: %d %s", code, text)
	}
	code, theirs := b.do("GET", "/v1/receipts/"+id, "")
	_, none := b.do("GET", "/v1/receipts/chatcmpl-NONE", "")
	if code != 404 || strings.ReplaceAll(theirs, id, "ID") != strings.ReplaceAll(none, "chatcmpl-NONE", "ID") {
		t.Errorf("another's receipt: %d %s, and one that is none: %s", code, theirs, none)
	}
	h.echo.mu.Lock()
	if h.echo.last.Tenant != "a" || h.echo.last.Caller != "ka" {
		t.Errorf("the engine is told %q of %q", h.echo.last.Caller, h.echo.last.Tenant)
	}
	h.echo.mu.Unlock()
	for _, path := range []string{"POST /v1/chat/completions", "POST /v1/embeddings", "POST /api/show", "POST /tokenize"} {
		method, at, _ := strings.Cut(path, " ")
		code1, hidden := b.do(method, at, fmt.Sprintf(requests[path], "of-a"))
		code2, none := b.do(method, at, fmt.Sprintf(requests[path], "of-x"))
		if code1 != code2 || strings.ReplaceAll(hidden, `of-a\"`, `of-x\"`) != none {
			t.Errorf("%s: a hidden model is %d %s, one that is none %d %s", path, code1, hidden, code2, none)
		}
	}
	code1, hidden := b.do("POST", "/v1/vector_stores/of-a/search", `{"query":"q"}`)
	code2, missing := b.do("POST", "/v1/vector_stores/of-x/search", `{"query":"q"}`)
	if code1 != code2 || hidden != missing {
		t.Errorf("a hidden base is %d %s, one that is none %d %s", code1, hidden, code2, missing)
	}
	// A knowledge base that a question names is as if it were not there, and to its own
	// tenant it is.
	for _, path := range []string{"/v1/chat/completions", "/v1/responses", "/v1/messages", "/api/chat", "/api/generate"} {
		body := func(base string) string {
			return strings.Replace(fmt.Sprintf(requests["POST "+path], "of-all"), "{", `{"knowledge":"`+base+`",`, 1)
		}
		if code, text := a.do("POST", path, body("of-a")); code != 200 {
			t.Errorf("%s of its own base: %d %s", path, code, text)
		}
		code1, hidden := b.do("POST", path, body("of-a"))
		code2, none := b.do("POST", path, body("of-x"))
		if code1 != code2 || code1 != 404 || hidden != none {
			t.Errorf("%s: a hidden base is %d %s, one that is none %d %s", path, code1, hidden, code2, none)
		}
	}
	// Nor are its documents, which an answer may cite, beside a model that all may ask.
	document := "/api/documents/of-all?file=a.md&knowledge="
	if code, text := a.do("GET", document+"of-a", ""); code != 200 {
		t.Errorf("a document of its own base: %d %s", code, text)
	}
	code1, hidden = b.do("GET", document+"of-a", "")
	code2, missing = b.do("GET", document+"of-x", "")
	if code1 != code2 || code1 != 404 || hidden != missing {
		t.Errorf("a document of a hidden base is %d %s, of none %d %s", code1, hidden, code2, missing)
	}
	// The stream of a tab tells neither the lines of the house's runs, nor its tasks, nor
	// how much all callers ask; to the house's own it does.
	viewer := h.by(h.key(operate.Key{Name: "kv", Roles: []string{"viewer"}}))
	for _, c := range []struct {
		by   *browser
		told bool
	}{{a, false}, {viewer, true}} {
		tab := c.by.stream()
		_, tasks := c.by.do("GET", "/api/tasks", "")
		for _, word := range []string{"line of the house", "run-of-the-house", "task of", `"working"`} {
			if strings.Contains(tab, word) != c.told {
				t.Errorf("the stream says %q: %v\n%s", word, !c.told, tab)
			}
		}
		if strings.Contains(tasks, "task of") != c.told || strings.Contains(tasks, "task of read_bases") {
			t.Errorf("tasks of others: %s", tasks)
		}
	}
	for _, path := range []string{"/api/people", "/api/keys", "/api/tenants", "/v1/models", "/api/tags", "/api/ps", "/api/session", "/api/state"} {
		if _, text := b.do("GET", path, ""); strings.Contains(text, "of-a\"") || strings.Contains(text, `"ka"`) || strings.Contains(text, `"a"`) {
			t.Errorf("%s shows another tenant: %s", path, text)
		}
	}
	if code, _ := b.do("GET", "/metrics", ""); code != 403 {
		t.Errorf("metrics: %d", code)
	}
}
