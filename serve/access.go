package serve

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"suiren/internal/say"
	"suiren/serve/form"
)

// protect wraps the routes in what holds for all of them: the names by which
// the server may be called, requests from other sites, and the browser's
// orders about what the page may load.
func (s *Server) protect(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(s.handle(func(http.ResponseWriter, *http.Request) error {
		return &form.Error{Status: http.StatusForbidden, Type: "invalid_request_error", Code: "cross_origin",
			Text: say.T("a page of another site may not call this server", "其他网站的页面不能调用本服务器")}
	}))
	next = cross.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; "+
			"base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if !s.mayBeCalled(r.Host) {
			s.fail(w, r, &form.Error{Status: http.StatusMisdirectedRequest, Type: "invalid_request_error", Code: "unknown_host",
				Text: say.T("this server is not called %q", "本服务器不叫 %q", r.Host),
				Next: say.T("call it by its address, or start it with --host", "请用它的地址访问，或启动时用 --host 指定")})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// mayBeCalled guards against DNS rebinding, in which a name of the
// attacker's comes to mean our address: addresses pass, names must be ours.
func (s *Server) mayBeCalled(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return host == "localhost" || net.ParseIP(host) != nil || slices.Contains(s.conf.Hosts, host)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

var errNoKey = &form.Error{Status: http.StatusUnauthorized, Type: "authentication_error", Code: "invalid_api_key",
	Text: say.T("no key, or one that this server does not know", "没有密钥，或本服务器不认识该密钥"),
	Next: say.T("send Authorization: Bearer KEY, or open the address that `suiren serve` printed",
		"请发送 Authorization: Bearer 密钥，或打开 `suiren serve` 打印的网址")}

func (s *Server) identify(r *http.Request) (c Caller, ok bool) {
	if s.conf.Key == nil {
		return Caller{Name: "anyone"}, true
	}
	if secret, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return s.conf.Key(strings.TrimSpace(secret))
	}
	if secret := r.Header.Get("X-Api-Key"); secret != "" { // as Anthropic's clients send it
		return s.conf.Key(strings.TrimSpace(secret))
	}
	if c, err := r.Cookie(cookieName(r)); err == nil {
		return s.sessions.find(c.Value, s.conf.Now())
	}
	return Caller{}, false
}

// cookieName holds the port, because browsers share cookies between the ports
// of a host, and two servers would sign each other's pages out.
func cookieName(r *http.Request) string {
	_, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		port = "80"
	}
	return "suiren-" + port
}

// sessionTime is how long a page stays signed in.
const sessionTime = 30 * 24 * time.Hour

// Sessions live in memory and end with the process. Only hashes are kept, so
// a look-up takes the same time however much of a secret was guessed.
type sessions struct {
	mu     sync.Mutex
	tokens map[[32]byte]bool // one-time, not yet used
	live   map[[32]byte]session
}

type session struct {
	caller Caller
	ends   time.Time
}

func newSessions() *sessions {
	return &sessions{tokens: map[[32]byte]bool{}, live: map[[32]byte]session{}}
}

// token makes a one-time token.
func (s *sessions) token() string {
	t := rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[sha256.Sum256([]byte(t))] = true
	return t
}

// spend reports whether t was a token, which from now on it is not.
func (s *sessions) spend(t string) bool {
	h := sha256.Sum256([]byte(t))
	s.mu.Lock()
	defer s.mu.Unlock()
	ok := s.tokens[h]
	delete(s.tokens, h)
	return ok
}

func (s *sessions) begin(c Caller, now time.Time) (secret string) {
	secret = rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	for h, old := range s.live {
		if now.After(old.ends) {
			delete(s.live, h)
		}
	}
	s.live[sha256.Sum256([]byte(secret))] = session{c, now.Add(sessionTime)}
	return secret
}

func (s *sessions) find(secret string, now time.Time) (c Caller, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.live[sha256.Sum256([]byte(secret))]
	return found.caller, ok && now.Before(found.ends)
}

// OpenPath returns the path, with a token that works once, that signs a
// browser in and leads it to the page.
func (s *Server) OpenPath() string {
	if s.conf.Key == nil {
		return "/"
	}
	return "/open?token=" + s.sessions.token()
}

// openSession trades a one-time token for a session, and leads to the page.
// A token that was spent leads there too: the page then asks for the key.
func (s *Server) openSession(w http.ResponseWriter, r *http.Request) error {
	if s.sessions.spend(r.URL.Query().Get("token")) {
		s.setCookie(w, r, Caller{Name: "page"})
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

// signIn trades an API key for a session.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Key string `json:"key"`
	}
	if err := decode(w, r, &in); err != nil {
		return err
	}
	if s.conf.Key != nil {
		c, ok := s.conf.Key(strings.TrimSpace(in.Key))
		if !ok {
			return &form.Error{Status: http.StatusUnauthorized, Type: "authentication_error", Code: "invalid_api_key",
				Text: say.T("this server does not know that key", "本服务器不认识该密钥")}
		}
		s.setCookie(w, r, c)
	}
	return writeJSON(w, http.StatusOK, map[string]bool{"ok": true})
}

func (s *Server) setCookie(w http.ResponseWriter, r *http.Request, c Caller) {
	http.SetCookie(w, &http.Cookie{
		Name: cookieName(r), Value: s.sessions.begin(c, s.conf.Now()), Path: "/",
		MaxAge: int(sessionTime / time.Second), HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil,
	})
}

// readBody reads a request's body within its limits of size and time.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	rc := http.NewResponseController(w)
	rc.SetReadDeadline(time.Now().Add(readTime))
	// The deadline must go, or net/http would take its passing for the
	// client's leaving and cancel the answer.
	defer rc.SetReadDeadline(time.Time{})
	body := http.MaxBytesReader(w, r.Body, maxBody)
	if r.ContentLength > maxBody { // it says so itself: read as far as may be, so that the client reads the reply, and keep nothing
		_, err := io.Copy(io.Discard, body)
		return nil, bodyError(err)
	}
	return readAll(body)
}

// readAll reads a limited body.
func readAll(body io.Reader) ([]byte, error) {
	b, err := io.ReadAll(body)
	if err != nil {
		return nil, bodyError(err)
	}
	return b, nil
}

// bodyError says why a body was not read.
func bodyError(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &form.Error{Status: http.StatusRequestEntityTooLarge, Type: "invalid_request_error", Code: "body_too_large",
			Text: say.T("the body is larger than %d bytes", "请求体超过 %d 字节", maxBody)}
	}
	return form.Invalid("", "incomplete_body", say.T("the body did not arrive whole", "请求体没有完整到达"))
}

// decode reads a small JSON object whose fields are all known.
func decode(w http.ResponseWriter, r *http.Request, v any) error {
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, v); err != nil {
		return invalidBody(err)
	}
	return nil
}
