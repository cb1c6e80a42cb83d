package serve

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
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
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		h.Set("X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors
		if slices.Contains(s.conf.Hosts, hostOf(r.Host)) && r.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
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
	host := hostOf(hostport)
	return host == "localhost" || net.ParseIP(host) != nil || slices.Contains(s.conf.Hosts, host)
}

func hostOf(hostport string) string {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

var errNoKey = &form.Error{Status: http.StatusUnauthorized, Type: "authentication_error", Code: "invalid_api_key",
	Text: say.T("no key, or one that this server does not know", "没有密钥，或本服务器不认识该密钥"),
	Next: say.T("send Authorization: Bearer KEY, or open the address that `suiren serve` printed",
		"请发送 Authorization: Bearer 密钥，或打开 `suiren serve` 打印的网址")}

var errErased = &form.Error{Status: http.StatusUnauthorized, Type: "authentication_error", Code: "account_erased",
	Text: say.T("the account that was signed in here was erased", "此处登录的账户已被清除")}

func (s *Server) identify(r *http.Request) (c Caller, ok bool) {
	secret, shown := shownKey(r)
	if s.conf.Key == nil {
		if shown && s.conf.Shown != nil {
			if c, ok := s.conf.Shown(secret); ok {
				return c, true
			}
		}
		return Caller{Name: "anyone"}, true // with any key or none: some clients must send one
	}
	if shown {
		return s.conf.Key(secret)
	}
	return s.sessions.Find(SessionSecret(r))
}

// shownKey is the API key that a request shows.
func shownKey(r *http.Request) (secret string, ok bool) {
	if secret, ok = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); !ok {
		secret = r.Header.Get("X-Api-Key") // as Anthropic's clients send it
		ok = secret != ""
	}
	return strings.TrimSpace(secret), ok
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

// Decode reads a small JSON object.
func Decode(w http.ResponseWriter, r *http.Request, v any) error {
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, v); err != nil {
		return form.Unread(err)
	}
	return nil
}
