package account

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net"
	"net/http"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"suiren/internal/say"
	"suiren/serve"
	"suiren/serve/form"
	"suiren/stage/operate"
	"suiren/stage/operate/people"
)

// A ceremony (WebAuthn level 3) has begun. A passkey with user verification is
// two factors: the device, and what unlocks it.
type ceremony struct {
	session webauthn.SessionData
	person  string // who makes a passkey; "": somebody signs in
}

// ceremonyTime is how long one may take.
const ceremonyTime = 5 * time.Minute

// finish ends a ceremony, whichever way it goes.
func (a *Account) finish(id, person string) (webauthn.SessionData, error) {
	c, ok := a.ceremonies.finish(a.Now(), id)
	if !ok || c.person != person {
		return c.session, errPasskey
	}
	return c.session, nil
}

var errPasskey = &form.Error{Status: http.StatusUnauthorized, Type: "authentication_error", Code: "wrong_passkey",
	Text: say.T("the passkey was not accepted", "通行密钥未被接受"), Next: say.T("try again, or sign in another way", "请重试，或换一种方式登录")}

// rpOf is the name that passkeys are bound to; "" where the server is called by
// an address, to which browsers bind none.
func rpOf(r *http.Request) string {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if net.ParseIP(host) != nil {
		return ""
	}
	return host
}

func relying(r *http.Request) (*webauthn.WebAuthn, error) {
	rp, scheme := rpOf(r), "http"
	if rp == "" {
		return nil, &form.Error{Status: http.StatusBadRequest, Type: "invalid_request_error", Code: "no_passkeys",
			Text: say.T("passkeys need a name, and this server was called by its address", "通行密钥需要主机名，而当前是用地址访问的"),
			Next: say.T("open the page as localhost, or by a name given with --host", "请用 localhost，或 --host 指定的主机名打开页面")}
	}
	if r.TLS != nil {
		scheme = "https"
	}
	return webauthn.New(&webauthn.Config{
		RPID: rp, RPDisplayName: "Suiren", RPOrigins: []string{scheme + "://" + r.Host}, AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired},
	})
}

// A holder is a person as WebAuthn knows one.
type holder struct {
	name, title string
	keys        []webauthn.Credential
}

func (h *holder) WebAuthnID() []byte {
	sum := sha256.Sum256([]byte("suiren person " + h.name))
	return sum[:]
}
func (h *holder) WebAuthnName() string                       { return h.name }
func (h *holder) WebAuthnDisplayName() string                { return h.title }
func (h *holder) WebAuthnCredentials() []webauthn.Credential { return h.keys }

func (a *Account) holder(name string) (*holder, error) {
	p, err := a.People.Find(name)
	if err != nil {
		return nil, err
	}
	h := &holder{name: name, title: p.Title}
	if h.title == "" {
		h.title = name
	}
	list, err := a.People.Passkeys(name)
	if err != nil {
		return nil, err
	}
	for _, k := range list {
		var c webauthn.Credential
		if err := json.Unmarshal([]byte(k.Data), &c); err != nil {
			return nil, err
		}
		h.keys = append(h.keys, c)
	}
	return h, nil
}

// finishing is the body that ends a ceremony: what begin gave, and what the
// browser's credential says as JSON.
type finishing struct {
	ID         string          `json:"id"`
	Label      string          `json:"label"`
	Credential json.RawMessage `json:"credential"`
}

func (a *Account) beginNewPasskey(w http.ResponseWriter, r *http.Request) error {
	me, err := person(r)
	if err != nil {
		return err
	}
	rp, err := relying(r)
	if err != nil {
		return err
	}
	h, err := a.holder(me.Name)
	if err != nil {
		return told(err)
	}
	var not []protocol.CredentialDescriptor
	for _, c := range h.keys {
		not = append(not, c.Descriptor())
	}
	options, session, err := rp.BeginRegistration(h, webauthn.WithExclusions(not))
	if err != nil {
		return err
	}
	id, err := a.ceremonies.begin(a.Now(), from(r), ceremonyTime, ceremony{*session, me.Name})
	if err != nil {
		return err
	}
	return serve.WriteJSON(w, http.StatusOK, map[string]any{"id": id, "publicKey": options.Response})
}

func (a *Account) finishNewPasskey(w http.ResponseWriter, r *http.Request) error {
	me, err := person(r)
	if err != nil {
		return err
	}
	var in finishing
	if err := serve.Decode(w, r, &in); err != nil {
		return err
	}
	rp, err := relying(r)
	if err != nil {
		return err
	}
	session, err := a.finish(in.ID, me.Name)
	if err != nil {
		return err
	}
	h, err := a.holder(me.Name)
	if err != nil {
		return told(err)
	}
	parsed, err := protocol.ParseCredentialCreationResponseBody(bytes.NewReader(in.Credential))
	if err != nil {
		return errPasskey
	}
	c, err := rp.CreateCredential(h, session, parsed)
	if err != nil {
		return errPasskey
	}
	data, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if in.Label == "" || len(in.Label) > 128 {
		in.Label = "passkey"
	}
	if err := a.People.AddPasskey(people.Passkey{ID: c.ID, Person: me.Name, Label: in.Label, Data: string(data)}); err != nil {
		return told(err)
	}
	if err := a.note(r, "passkey.add", operate.Name(me.Name)); err != nil {
		return err
	}
	return ok(w)
}

func (a *Account) beginPasskey(w http.ResponseWriter, r *http.Request) error {
	rp, err := relying(r)
	if err != nil {
		return err
	}
	options, session, err := rp.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return err
	}
	id, err := a.ceremonies.begin(a.Now(), from(r), ceremonyTime, ceremony{*session, ""})
	if err != nil {
		return err
	}
	return serve.WriteJSON(w, http.StatusOK, map[string]any{"id": id, "publicKey": options.Response})
}

func (a *Account) finishPasskey(w http.ResponseWriter, r *http.Request) error {
	var in finishing
	if err := serve.Decode(w, r, &in); err != nil {
		return err
	}
	rp, err := relying(r)
	if err != nil {
		return err
	}
	session, err := a.finish(in.ID, "")
	if err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBody(bytes.NewReader(in.Credential))
	if err != nil {
		return errPasskey
	}
	var who *people.Person
	find := func(id, handle []byte) (webauthn.User, error) {
		k, err := a.People.Passkey(id)
		if err != nil {
			return nil, err
		}
		h, err := a.holder(k.Person)
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(h.WebAuthnID(), handle) {
			return nil, people.ErrSignIn
		}
		who, err = a.People.Find(k.Person)
		return h, err
	}
	_, c, err := rp.ValidatePasskeyLogin(find, session, parsed)
	if err != nil || c.Authenticator.CloneWarning || !who.Suspended.IsZero() {
		if _, err := a.Audit.Append("passkey", "session.refuse", from(r), ""); err != nil {
			return err
		}
		return errPasskey
	}
	data, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if err := a.People.UsePasskey(c.ID, string(data)); err != nil {
		return err
	}
	return a.begin(w, r, who, c.Flags.UserVerified)
}

func (a *Account) listPasskeys(w http.ResponseWriter, r *http.Request) error {
	me, err := person(r)
	if err != nil {
		return err
	}
	list, err := a.People.Passkeys(me.Name)
	if err != nil {
		return err
	}
	return serve.WriteJSON(w, http.StatusOK, map[string]any{"passkeys": list})
}

func (a *Account) removePasskey(w http.ResponseWriter, r *http.Request) error {
	me, err := person(r)
	if err != nil {
		return err
	}
	id, err := base64.StdEncoding.DecodeString(r.PathValue("id"))
	if err != nil {
		id, err = base64.RawURLEncoding.DecodeString(r.PathValue("id"))
	}
	if err != nil {
		return errNone
	}
	if err := a.People.RemovePasskey(me.Name, id); err != nil {
		return told(err)
	}
	if err := a.note(r, "passkey.remove", operate.Name(me.Name)); err != nil {
		return err
	}
	return ok(w)
}
