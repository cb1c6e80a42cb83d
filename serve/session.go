package serve

import (
	"crypto/rand"
	"crypto/sha256"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"suiren/internal/say"
	"suiren/serve/form"
)

// Sessions keep who signed in on a browser.
type Sessions interface {
	// Begin makes a session and returns its secret.
	Begin(c Caller, ends time.Time) (secret string, err error)
	// Find returns whose session a secret is; "" is nobody's.
	Find(secret string) (Caller, bool)
	End(secret string) error
}

// SessionTime is how long a page stays signed in.
const SessionTime = 30 * 24 * time.Hour

// cookieName holds the port, because browsers share cookies between the ports
// of a host, and two servers would sign each other's pages out.
func cookieName(r *http.Request) string {
	_, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		port = "80"
	}
	if r.TLS != nil {
		return "__Host-suiren-" + port // browsers take it over TLS alone
	}
	return "suiren-" + port
}

// SessionSecret is the secret of the session that a request comes from.
func SessionSecret(r *http.Request) string {
	if c, err := r.Cookie(cookieName(r)); err == nil {
		return c.Value
	}
	return ""
}

// sessions are those in memory: they end with the process. Only hashes are
// kept, so a look-up takes the same time however much of a secret was guessed.
type sessions struct {
	now  func() time.Time
	mu   sync.Mutex
	live map[[32]byte]session
}

type session struct {
	caller Caller
	ends   time.Time
}

func (s *sessions) Begin(c Caller, ends time.Time) (secret string, err error) {
	secret = rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	for h, old := range s.live {
		if s.now().After(old.ends) {
			delete(s.live, h)
		}
	}
	s.live[sha256.Sum256([]byte(secret))] = session{c, ends}
	return secret, nil
}

func (s *sessions) Find(secret string) (Caller, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.live[sha256.Sum256([]byte(secret))]
	return found.caller, ok && s.now().Before(found.ends)
}

func (s *sessions) End(secret string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.live, sha256.Sum256([]byte(secret)))
	return nil
}

// tokens are one-time tokens that are not yet used.
type tokens struct {
	mu   sync.Mutex
	left map[[32]byte]bool
}

// make makes a one-time token.
func (s *tokens) make() string {
	t := rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left == nil {
		s.left = map[[32]byte]bool{}
	}
	s.left[sha256.Sum256([]byte(t))] = true
	return t
}

// spend reports whether t was a token, which from now on it is not.
func (s *tokens) spend(t string) bool {
	h := sha256.Sum256([]byte(t))
	s.mu.Lock()
	defer s.mu.Unlock()
	ok := s.left[h]
	delete(s.left, h)
	return ok
}

// OpenPath returns the path, with a token that works once, that signs a
// browser in and leads it to the page.
func (s *Server) OpenPath() string {
	if s.conf.Key == nil {
		return "/"
	}
	return "/open?token=" + s.tokens.make()
}

// Page is the name of who opened the address that the terminal printed.
const Page = "page"

// openSession trades a one-time token for a session, and leads to the page.
// A token that was spent leads there too: the page then asks for the key.
func (s *Server) openSession(w http.ResponseWriter, r *http.Request) error {
	if s.tokens.spend(r.URL.Query().Get("token")) {
		if err := s.beginSession(w, r, Caller{Name: Page}); err != nil {
			return err
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

// signIn trades an API key, or a name and a password, for a session.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Key      string `json:"key"`
		Name     string `json:"name"`
		Password string `json:"password"`
	}
	if err := Decode(w, r, &in); err != nil {
		return err
	}
	if s.conf.Key == nil {
		return WriteJSON(w, http.StatusOK, map[string]bool{"ok": true})
	}
	var c Caller
	switch {
	case in.Name != "" && s.conf.SignIn != nil:
		var err error
		if c, err = s.conf.SignIn(r, in.Name, in.Password); err != nil {
			return err
		}
	default:
		var ok bool
		if c, ok = s.conf.Key(strings.TrimSpace(in.Key)); !ok {
			return &form.Error{Status: http.StatusUnauthorized, Type: "authentication_error", Code: "invalid_api_key",
				Text: say.T("this server does not know that key", "本服务器不认识该密钥")}
		}
	}
	if err := s.beginSession(w, r, c); err != nil {
		return err
	}
	return WriteJSON(w, http.StatusOK, map[string]bool{"ok": true})
}

func (s *Server) beginSession(w http.ResponseWriter, r *http.Request, c Caller) error {
	return BeginSession(w, r, s.sessions, c, s.conf.Now())
}

// BeginSession signs a browser in. The session that it had ends.
func BeginSession(w http.ResponseWriter, r *http.Request, in Sessions, c Caller, now time.Time) error {
	if old := SessionSecret(r); old != "" {
		if err := in.End(old); err != nil {
			return err
		}
	}
	secret, err := in.Begin(c, now.Add(SessionTime))
	if err != nil {
		return err
	}
	setCookie(w, r, secret, int(SessionTime/time.Second))
	w.Header().Set("Cache-Control", "no-store")
	return nil
}

func setCookie(w http.ResponseWriter, r *http.Request, secret string, age int) {
	http.SetCookie(w, &http.Cookie{
		Name: cookieName(r), Value: secret, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil,
	})
}

// signOut ends the session that the request comes from.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := s.sessions.End(SessionSecret(r)); err != nil {
		return err
	}
	setCookie(w, r, "", -1)
	return WriteJSON(w, http.StatusOK, map[string]bool{"ok": true})
}

// whoAmI tells the page who it speaks for, and what that one may do: what is
// about a model, with any; what is about people, in the caller's own tenant.
func (s *Server) whoAmI(w http.ResponseWriter, r *http.Request) error {
	c := CallerOf(r)
	out := map[string]any{"name": c.Name, "tenant": c.Tenant, "project": c.Project, "keys": s.conf.Key != nil}
	if s.conf.Who != nil {
		for k, v := range s.conf.Who(c) {
			out[k] = v
		}
	}
	may := map[Action]bool{}
	for _, a := range actions {
		id := ""
		switch kindOf(a) {
		case AModel:
			for _, rel := range s.releases() {
				may[a] = may[a] || May(r, a, AModel, rel.Name)
			}
			continue
		case ATenant:
			id = c.Tenant
		}
		may[a] = May(r, a, kindOf(a), id)
	}
	out["may"] = may
	w.Header().Set("Cache-Control", "no-store")
	return WriteJSON(w, http.StatusOK, out)
}
