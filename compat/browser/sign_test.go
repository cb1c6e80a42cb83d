package browser

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// comesIn has a person, mei, who is signed in at guest, make a passkey on a
// device, come in by it elsewhere, and be signed out from there.
func comesIn(t *testing.T, browser context.Context, guest *tab) {
	guest.on(t)
	guest.turn("account")
	guest.wait(`document.querySelectorAll(".sessions li").length === 1`)
	guest.wait(`document.querySelector("main").innerText.includes("http://localhost:")`) // where passkeys can be made
	for _, v := range guest.broken() {
		t.Error(v)
	}
	guest.shot(*look, "account", true)

	// By a name: passkeys are bound to one.
	named := open(t, browser, strings.Replace(guest.origin, "127.0.0.1", "localhost", 1)+"/", true)
	defer named.close()
	named.device()
	named.wait(`document.querySelector(".sign-name")`)
	for answered, code := 0, int64(0); code != 429; { // the server lets a guesser wait, and the page says how long
		named.fill(".sign-name", "nobody-here")
		named.fill(".sign-password", "guess guess guess")
		named.click(".by-name button")
		for before := answered; answered == before; named.wait(`document.querySelector(".by-name")`) {
			named.mu.Lock()
			if list := named.answers["/api/session"]; len(list) > before {
				answered, code = len(list), list[len(list)-1]
			}
			named.mu.Unlock()
		}
		if code != 401 && code != 429 || answered > 20 {
			t.Fatalf("guess %d was answered by %d", answered, code)
		}
		named.wait(`!document.querySelector(".by-name button:disabled") || document.querySelector(".by-name button").innerText.includes("Try again in")`)
	}
	named.wait(`look.history.some(h => h.wait.includes("Try again in"))`)
	for _, v := range named.broken() {
		t.Error(v)
	}
	named.shot(*look, "sign", true)
	named.wait(`!document.querySelector(".by-name button:disabled")`)
	named.fill(".sign-name", "mei")
	named.fill(".sign-password", "three quiet flames")
	named.click(".by-name button")
	named.wait(`document.querySelector(".doors")`)
	named.turn("account")
	named.fill(".passkey-label", "a notebook")
	named.click(".add-passkey")
	named.wait(`document.querySelector(".passkeys b")?.innerText === "a notebook"`)
	named.click(".who-am-i button")
	named.wait(`document.querySelector(".passkey")`)
	named.click(".passkey")
	named.wait(`document.querySelectorAll(".sessions li").length === 2`) // where it was when it signed out
	if got := named.text(".facts-list"); !strings.Contains(got, "mei") || !strings.Contains(got, "yes") {
		t.Errorf("who came in by a passkey is told of as %q", got)
	}
	named.click(".sessions button")
	named.wait(`document.querySelectorAll(".sessions li").length === 1`)
	guest.front()
	guest.turn("home")
	guest.click(`nav a[href="#account"]`)
	guest.wait(`document.querySelector("#key")`) // it was signed out from the other
	named.clean(t, "401", "429")
	guest.clean(t, "401")
}

// device gives a tab an authenticator that verifies its user.
func (p *tab) device() {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		if _, err := chromedp.Call(ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		_, err := chromedp.Call(ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}})
		return err
	}))
}
