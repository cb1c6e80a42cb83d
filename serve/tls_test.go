package serve

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A client that trusts the house's authority gets in by TLS 1.3 and by nothing
// older; the cookie goes over TLS alone, and names are told to stay with it.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	if err := MakeCertificates(dir, []string{"tutor.school", "127.0.0.1"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{"authority-key.pem": 0o600, "server-key.pem": 0o600} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}
	pem, err := os.ReadFile(filepath.Join(dir, "authority.pem"))
	if err != nil {
		t.Fatal(err)
	}
	cert, key := filepath.Join(dir, "server.pem"), filepath.Join(dir, "server-key.pem")
	plain, err := Listen("127.0.0.1:0", true)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := Secure(plain, cert, key)
	if err != nil {
		t.Fatal(err)
	}
	s := New(Config{Key: func(string) (Caller, bool) { return Caller{}, false }, Hosts: []string{"tutor.school"}})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Serve(ctx, ln) }()
	defer func() { cancel(); <-done }()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	client := func(change func(*tls.Config)) *http.Client {
		c := &tls.Config{RootCAs: roots}
		change(c)
		return &http.Client{Transport: &http.Transport{TLSClientConfig: c}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	url := "https://" + plain.Addr().String()
	resp, err := client(func(*tls.Config) {}).Get(url + s.OpenPath())
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	if resp.TLS.Version != tls.VersionTLS13 {
		t.Errorf("TLS %x", resp.TLS.Version)
	}
	if c := resp.Cookies(); len(c) != 1 || !c[0].Secure || !strings.HasPrefix(c[0].Name, "__Host-") {
		t.Errorf("cookie %v", c)
	}
	if resp, err := client(func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }).Get(url + "/healthz"); err == nil {
		resp.Body.Close()
		t.Error("TLS 1.2 was let in")
	}
	if resp, err := client(func(c *tls.Config) { c.RootCAs = x509.NewCertPool() }).Get(url + "/healthz"); err == nil {
		resp.Body.Close()
		t.Error("a client that trusts nobody trusts us")
	}
	req, _ := http.NewRequest("GET", url+"/healthz", nil)
	req.Host = "tutor.school"
	resp, err = client(func(c *tls.Config) { c.ServerName = "tutor.school" }).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.Header.Get("Strict-Transport-Security") == "" {
		t.Error("the name is not told to stay with TLS")
	}

	// A new certificate is taken up without a restart; a broken one is not.
	first, _ := os.ReadFile(cert)
	if err := MakeCertificates(dir, []string{"127.0.0.1"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if again, _ := os.ReadFile(filepath.Join(dir, "authority.pem")); string(again) != string(pem) {
		t.Error("the authority was made anew")
	}
	if next, _ := os.ReadFile(cert); string(next) == string(first) {
		t.Error("the certificate is the same")
	}
	later := time.Now().Add(time.Minute)
	os.Chtimes(cert, later, later)
	conn, err := tls.Dial("tcp", plain.Addr().String(), &tls.Config{RootCAs: roots, ServerName: "tutor.school"})
	if err == nil {
		conn.Close()
		t.Error("the old certificate is still shown")
	}
	if err := os.WriteFile(cert, []byte("junk"), 0o644); err != nil {
		t.Fatal(err)
	}
	if resp, err := client(func(*tls.Config) {}).Get(url + "/healthz"); err != nil {
		t.Errorf("a broken file ended the service: %v", err)
	} else {
		resp.Body.Close()
	}
	if _, err := Secure(plain, cert, key); err == nil || !strings.Contains(err.Error(), "suiren certificate") {
		t.Errorf("a broken certificate at the start: %v", err)
	}
}

// Every page and every error bears the headers.
func TestSecurityHeaders(t *testing.T) {
	b := start(t, words(nil, []string{"2"}), nil)
	for _, r := range b.s.Routes() {
		method, at := fill(r.Pattern)
		if at == "" {
			method, at = "POST", "/nowhere"
		}
		for _, auth := range []string{"Bearer " + goodKey, ""} {
			resp := b.request(t, method, at, bodies[r.Pattern], "Authorization", auth)
			resp.Body.Close()
			for name, want := range map[string]string{"Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; ", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
				"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Permissions-Policy": "microphone=()", "X-Frame-Options": "DENY"} {
				if !strings.Contains(resp.Header.Get(name), want) {
					t.Errorf("%s %s (%d): %s is %q", method, at, resp.StatusCode, name, resp.Header.Get(name))
				}
			}
			if cache := resp.Header.Get("Cache-Control"); r.Action != Open && resp.StatusCode != 401 && !strings.Contains(cache, "no-") {
				t.Errorf("%s: cached as %q", r.Pattern, cache)
			}
		}
	}
}
