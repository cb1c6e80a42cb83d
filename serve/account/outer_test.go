package account

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-jose/go-jose/v4"

	"suiren/serve"
	"suiren/stage/operate"
	"suiren/stage/operate/people"
)

// An issuer is an OpenID Connect provider with one person.
type issuer struct {
	*httptest.Server
	key    *rsa.PrivateKey
	claims map[string]any // besides the usual
	hits   atomic.Int64
	verify string // challenge of the code
	nonce  string
}

func newIssuer(t *testing.T) *issuer {
	i := &issuer{claims: map[string]any{}}
	var err error
	if i.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	send := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		send(w, map[string]any{"issuer": i.URL, "authorization_endpoint": i.URL + "/auth", "token_endpoint": i.URL + "/token", "jwks_uri": i.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256"}, "response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, r *http.Request) {
		send(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &i.key.PublicKey, KeyID: "k", Algorithm: "RS256", Use: "sig"}}})
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		h := sha256.Sum256([]byte(r.Form.Get("code_verifier")))
		user, pass, _ := r.BasicAuth()
		if b64(h[:]) != i.verify || r.Form.Get("code") != "the-code" || user != "suiren" || pass != "client+secret" { // RFC 6749, 2.3.1: encoded as in a form
			w.WriteHeader(400)
			send(w, map[string]string{"error": "invalid_grant"})
			return
		}
		claims := map[string]any{"iss": i.URL, "aud": "suiren", "sub": "42", "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix(), "nonce": i.nonce,
			"preferred_username": "han", "name": "Han Mei", "groups": []string{"teachers"}}
		for k, v := range i.claims {
			claims[k] = v
		}
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: i.key, KeyID: "k"}}, nil)
		if err != nil {
			panic(err)
		}
		b, _ := json.Marshal(claims)
		sig, err := signer.Sign(b)
		if err != nil {
			panic(err)
		}
		token, _ := sig.CompactSerialize()
		send(w, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": token})
	})
	i.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { i.hits.Add(1); mux.ServeHTTP(w, r) }))
	t.Cleanup(i.Close)
	return i
}

// A browser goes out to the issuer and comes back signed in, with the roles
// that the owner grants its groups; and every twist of the way is refused.
func TestOIDC(t *testing.T) {
	i := newIssuer(t)
	h := build(t, func(a *Account, _ *serve.Config) {
		a.Sources.OIDC = &OIDC{Title: "School", Issuer: i.URL, Client: "suiren", Secret: "client secret", URL: "http://tutor.school", HTTP: i.Client(),
			Grants: []Grant{{Group: "teachers", Roles: []string{"user", "viewer"}, Tenant: "a", Tags: map[string][]string{"school": {"3"}}}, {Group: "admins", Roles: []string{"system"}, Tenant: "a"}}}
	})
	if _, text := h.by("").do("GET", "/api/session/ways", ""); !strings.Contains(text, `"oidc":"School"`) {
		t.Error(text)
	}
	if i.hits.Load() != 0 {
		t.Error("the issuer was asked before anybody signed in")
	}
	// out returns a browser that was sent out, and the state it was sent with.
	out := func() (b *browser, state string) {
		req, _ := http.NewRequest("GET", h.URL+"/api/session/oidc", nil)
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		to, err := url.Parse(resp.Header.Get("Location"))
		if err != nil || resp.StatusCode != 303 || !strings.HasPrefix(to.String(), i.URL+"/auth") {
			t.Fatalf("%d %v", resp.StatusCode, to)
		}
		q := to.Query()
		i.verify, i.nonce = q.Get("code_challenge"), q.Get("nonce")
		if q.Get("code_challenge_method") != "S256" || q.Get("redirect_uri") != "http://tutor.school/api/session/oidc/callback" {
			t.Errorf("%v", q)
		}
		b = h.by("")
		b.header = []string{"Cookie", resp.Cookies()[0].Name + "=" + resp.Cookies()[0].Value}
		return b, q.Get("state")
	}
	back := func(b *browser, state, code string) int {
		status, _ := b.do("GET", "/api/session/oidc/callback?code="+code+"&state="+state, "")
		return status
	}
	b, state := out()
	if code := back(b, state, "the-code"); code != 303 || b.cookie == "" {
		t.Fatalf("%d", code)
	}
	b.header = nil
	if _, text := b.do("GET", "/api/session", ""); !strings.Contains(text, `"name":"han"`) || !strings.Contains(text, `"tenant":"a"`) || !strings.Contains(text, `["user","viewer"]`) {
		t.Error(text)
	}
	if code := back(b, state, "the-code"); code != 401 {
		t.Errorf("the same state twice: %d", code)
	}
	b, state = out()
	if code := back(h.by(""), state, "the-code"); code != 401 {
		t.Errorf("another browser: %d", code)
	}
	b, state = out()
	b.header = append(b.header, "Accept", "text/html") // a browser that is led is led back to the page
	if code := back(b, "another", "the-code"); code != 303 || b.cookie != "" {
		t.Errorf("another state, in a browser: %d", code)
	}
	b, state = out()
	if code := back(b, state, "another-code"); code != 502 {
		t.Errorf("a wrong code: %d", code)
	}
	for what, claims := range map[string]map[string]any{
		"another nonce": {"nonce": "x"}, "another audience": {"aud": "other"}, "another issuer": {"iss": "https://evil.example"}, "expired": {"exp": 1},
	} {
		b, state = out()
		i.claims = claims
		if code := back(b, state, "the-code"); code/100 == 3 || b.cookie != "" {
			t.Errorf("%s: %d", what, code)
		}
	}
	i.claims = map[string]any{"sub": "43", "preferred_username": "stranger", "groups": []string{"parents"}}
	if b, state = out(); back(b, state, "the-code") != 403 {
		t.Error("somebody of no group that is let in")
	}
	h.person(people.Person{Name: "li", Roles: []string{"owner"}})
	h.key(operate.Key{Name: "robot", Roles: []string{"user"}})
	for _, name := range []string{"li", "robot", "page"} { // whose name the issuer may not take
		i.claims = map[string]any{"sub": "44-" + name, "preferred_username": name}
		if b, state = out(); back(b, state, "the-code") != 409 {
			t.Errorf("the issuer takes the name %s", name)
		}
	}
	i.claims = map[string]any{"groups": []string{"admins"}} // roles follow the groups of today
	if b, state = out(); back(b, state, "the-code") != 303 {
		t.Error("not let in again")
	}
	if p, err := h.People.Find("han"); err != nil || len(p.Roles) != 1 || p.Roles[0] != "system" {
		t.Errorf("%v %v", p, err)
	}
	if err := h.People.Suspend("han", true); err != nil {
		t.Fatal(err)
	}
	if b, state = out(); back(b, state, "the-code") != 401 {
		t.Error("suspended")
	}
	if strings.Contains(h.log.String(), "client secret") {
		t.Error("the log holds the secret")
	}
}

// A directory answers simple binds and one-person searches (RFC 4511).
func directory(t *testing.T) (address string, filters *[]string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	filters = new([]string)
	passwords := map[string]string{"cn=suiren,dc=x": "service", "uid=han,ou=people,dc=x": good}
	serveOne := func(c net.Conn) {
		defer c.Close()
		for {
			p, err := ber.ReadPacket(c)
			if err != nil || len(p.Children) < 2 {
				return
			}
			id, op := p.Children[0].Value.(int64), p.Children[1]
			answer := func(tag ber.Tag, code int64, more ...*ber.Packet) {
				m := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
				m.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
				r := ber.Encode(ber.ClassApplication, ber.TypeConstructed, tag, nil, "")
				if more == nil {
					r.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, code, ""))
					r.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "", ""))
					r.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "", ""))
				}
				for _, x := range more {
					r.AppendChild(x)
				}
				m.AppendChild(r)
				c.Write(m.Bytes())
			}
			text := func(s string) *ber.Packet {
				return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
			}
			switch op.Tag {
			case 0: // bind
				dn, password := op.Children[1].Value.(string), op.Children[2].Data.String()
				if password == "" || passwords[dn] != "" && passwords[dn] == password { // anonymous binds succeed
					answer(1, 0)
				} else {
					answer(1, 49)
				}
			case 3: // search: only (uid=NAME)
				f := op.Children[6]
				name := ""
				if f.Tag == 3 && len(f.Children) == 2 {
					name = f.Children[1].Data.String()
				}
				*filters = append(*filters, name)
				if name == "han" {
					attr := func(k, v string) *ber.Packet {
						a := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
						a.AppendChild(text(k))
						s := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
						s.AppendChild(text(v))
						a.AppendChild(s)
						return a
					}
					list := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
					list.AppendChild(attr("uid", "han"))
					list.AppendChild(attr("cn", "Han Mei"))
					list.AppendChild(attr("memberOf", "cn=nurses,dc=x"))
					answer(4, 0, text("uid=han,ou=people,dc=x"), list)
				}
				answer(5, 0)
			default:
				return
			}
		}
	}
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go serveOne(c)
		}
	}()
	return "ldap://" + ln.Addr().String(), filters
}

func TestLDAP(t *testing.T) {
	address, filters := directory(t)
	h := build(t, func(a *Account, _ *serve.Config) {
		a.Sources.LDAP = &LDAP{URL: address, Bind: "cn=suiren,dc=x", Password: "service", Base: "dc=x",
			Grants: []Grant{{Group: "cn=nurses,dc=x", Roles: []string{"user"}, Tags: map[string][]string{"ward": {"3"}}}}}
	})
	h.person(people.Person{Name: "li", Roles: []string{"owner"}})
	h.as("li")
	if len(*filters) != 0 {
		t.Errorf("the directory was asked about a local account: %v", *filters)
	}
	b := h.as("han")
	if _, text := b.do("GET", "/api/session", ""); !strings.Contains(text, `"name":"han"`) || !strings.Contains(text, `["user"]`) {
		t.Error(text)
	}
	if p, err := h.People.Find("han"); err != nil || p.Source != "ldap" || p.Tags["ward"][0] != "3" {
		t.Errorf("%v %v", p, err)
	}
	h.as("han")
	for _, tt := range []struct{ name, password string }{{"han", "wrong"}, {"han", ""}, {"nobody", good}} {
		if code, text := h.by("").do("POST", "/api/session", `{"name":"`+tt.name+`","password":"`+tt.password+`"}`); code != 401 || codeOf(text) != "wrong_password" {
			t.Errorf("%q %q: %d %s", tt.name, tt.password, code, text)
		}
	}
	before := len(*filters)
	for _, name := range []string{"*", "han)(uid=*", "h*n"} {
		if _, err := h.Account.ldap(t.Context(), name, good); err == nil {
			t.Errorf("%s gets in", name)
		}
	}
	if len(*filters) != before {
		t.Errorf("filters %q", (*filters)[before:])
	}
	if _, _, err := h.Sources.LDAP.find("han)(uid=*", good); err != people.ErrSignIn || (*filters)[len(*filters)-1] != "han)(uid=*" {
		t.Errorf("a name is not one word of the filter: %v %q", err, (*filters)[len(*filters)-1])
	}
	h.Sources.LDAP.Password = "changed"
	if code, text := h.by("").do("POST", "/api/session", `{"name":"han","password":"`+good+`"}`); code == 200 || strings.Contains(text, "service") {
		t.Errorf("%d %s", code, text)
	}
}
