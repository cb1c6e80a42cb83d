package browser

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// An issuer is a school's OpenID Connect provider: it asks by a page of its own who
// somebody is. What it tells is signed (OpenID Connect Core 1.0, RS256).
type issuer struct {
	*httptest.Server        // what servers ask
	page             string // what browsers see
	key              *rsa.PrivateKey

	mu    sync.Mutex
	codes map[string]url.Values // of the request that each answers
}

// groups of the people that the school knows
var school = map[string]string{"han": "teachers", "stranger": "parents"}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{codes: map[string]url.Values{}}
	var err error
	if i.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	send := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(v)
	}
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		who := q.Get("who")
		if who == "" {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, `<!doctype html><title>School</title><main><h1>School</h1>`)
			for name := range school {
				q.Set("who", name)
				fmt.Fprintf(w, `<p><a href="/?%s">I am %s</a></p>`, strings.ReplaceAll(q.Encode(), "&", "&amp;"), name)
			}
			return
		}
		code := rand.Text()
		i.mu.Lock()
		i.codes[code] = q
		i.mu.Unlock()
		http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"code": {code}, "state": {q.Get("state")}}.Encode(), http.StatusSeeOther)
	}))
	t.Cleanup(page.Close)
	i.page = page.URL
	served[strings.TrimPrefix(page.URL, "http://")] = true
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		send(w, map[string]any{"issuer": i.URL, "authorization_endpoint": i.page + "/", "token_endpoint": i.URL + "/token", "jwks_uri": i.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256"}, "response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, r *http.Request) {
		send(w, map[string]any{"keys": []any{map[string]string{"kty": "RSA", "kid": "k", "alg": "RS256", "use": "sig", "n": b64(i.key.N.Bytes()), "e": b64(big.NewInt(int64(i.key.E)).Bytes())}}})
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		i.mu.Lock()
		q, ok := i.codes[r.Form.Get("code")]
		delete(i.codes, r.Form.Get("code"))
		i.mu.Unlock()
		challenge := sha256.Sum256([]byte(r.Form.Get("code_verifier")))
		if name, secret, _ := r.BasicAuth(); !ok || b64(challenge[:]) != q.Get("code_challenge") || name != "suiren" || secret != "a+secret" {
			w.WriteHeader(http.StatusBadRequest)
			send(w, map[string]string{"error": "invalid_grant"})
			return
		}
		who, now := q.Get("who"), time.Now()
		claims, err := json.Marshal(map[string]any{"iss": i.URL, "aud": "suiren", "sub": "of " + who, "exp": now.Add(time.Hour).Unix(), "iat": now.Unix(), "nonce": q.Get("nonce"),
			"preferred_username": who, "name": "Han Mei", "groups": []string{school[who]}})
		if err != nil {
			panic(err)
		}
		token := b64([]byte(`{"alg":"RS256","kid":"k"}`)) + "." + b64(claims)
		sum := sha256.Sum256([]byte(token))
		signed, err := rsa.SignPKCS1v15(rand.Reader, i.key, crypto.SHA256, sum[:])
		if err != nil {
			panic(err)
		}
		send(w, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": token + "." + b64(signed)})
	})
	i.Server = httptest.NewTLSServer(mux)
	t.Cleanup(i.Close)
	return i
}

// outer is the way in by the owner's own sign-in server: out to its page, and back
// with the roles that its groups are granted here; or with a reason why not.
func outer(t *testing.T, browser context.Context, dir string) {
	i := newIssuer(t)
	root := filepath.Join(t.TempDir(), "root.pem")
	if err := os.WriteFile(root, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSL_CERT_FILE", root) // the house's own authority
	w := lay(t)
	at := w.Addr().String() // the server is to be called by it
	access := t.TempDir()
	b, err := json.Marshal(map[string]any{"oidc": map[string]any{"title": "Sign in at school", "issuer": i.URL, "client": "suiren", "secret": "a secret", "url": "http://" + at,
		"grants": []any{map[string]any{"group": "teachers", "roles": []string{"user"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(access, "sign-in.json"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, "serve", dir, "--access", access)
	w.tie(t, s)
	v := visit(t, browser, "http://"+at)
	defer v.close()
	// goes leads to the school's page, and back as one of its people.
	goes := func(name string) {
		v.wait(`document.querySelector("a.oidc")`)
		v.push("Sign in at school")
		v.wait(`location.origin === ` + quote(i.page) + ` && document.querySelector("a")`)
		v.click(`a[href*="who=` + name + `"]`)
		v.wait(`location.origin === ` + quote(v.origin) + ` && document.querySelector("main h1, main form")`)
	}
	journey(t, v,
		step{"stranger", func(t *testing.T) { // known there, and of no group that is let in
			goes("stranger")
			v.wait(`document.querySelector("main [role=alert]")?.innerText.includes("none of your groups is let in here")`)
			v.accessible(t)
		}},
		step{"teacher", func(t *testing.T) {
			goes("han")
			v.push("Chat")
			v.asks("What is 3+4?")
			if v.text(".turn .answer") == "" {
				t.Errorf("no answer: %s", v.text(".turn"))
			}
			v.push("My account")
			v.sees("Han Mei (han)")
			if n := v.count("[type=password]"); n > 0 {
				t.Error("who has no password here is asked to change it")
			}
			if got := strings.Join(v.offered(), " "); strings.Contains(got, "people") {
				t.Errorf("a teacher is offered %s", got)
			}
		}},
		step{"owner", func(t *testing.T) { // who sees where it comes from, and may suspend
			owner := visit(t, browser, s.url)
			defer owner.close()
			owner.on(t)
			owner.push("Settings")
			owner.wait(`[...document.querySelectorAll("tr")].some(e => e.innerText.includes("oidc") && e.innerText.includes(` + quote(i.URL) + `))`)
			owner.push("People")
			owner.pushAt("Han Mei", "Suspend")
			owner.sees("suspended")
			owner.clean(t)
		}},
		step{"suspended", func(t *testing.T) {
			v.do(chromedp.Reload())
			goes("han")
			v.wait(`document.querySelector("main [role=alert]")?.innerText.includes("suspended here")`)
		}},
	)
	v.clean(t, "401", i.page, "favicon")
}
