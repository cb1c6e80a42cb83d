package account

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"suiren/stage/operate/people"
)

// A device is an authenticator (WebAuthn level 3, 6) that verifies its user.
type device struct {
	key    *ecdsa.PrivateKey
	id     []byte
	handle string
	count  uint32
	flags  byte // besides user present
}

const verified = 0x04

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

type options struct {
	ID        string
	PublicKey struct {
		Challenge string
		RpID      string
		User      struct{ ID string }
	}
}

func (d *device) data(rp string, more []byte, flags byte) []byte {
	h := sha256.Sum256([]byte(rp))
	b := append(h[:], 0x01|d.flags|flags)
	b = binary.BigEndian.AppendUint32(b, d.count)
	return append(b, more...)
}

func client(kind, challenge, origin string) []byte {
	b, _ := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": false})
	return b
}

// create makes a credential for a registration's options.
func (d *device) create(t *testing.T, o options, rp, origin string) string {
	t.Helper()
	var err error
	if d.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	d.id, d.handle = make([]byte, 16), o.PublicKey.User.ID
	rand.Read(d.id)
	point, err := d.key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	cose, err := cbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	if err != nil {
		t.Fatal(err)
	}
	more := append(make([]byte, 16), 0, byte(len(d.id)))
	more = append(append(more, d.id...), cose...)
	att, err := cbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": d.data(rp, more, 0x40)})
	if err != nil {
		t.Fatal(err)
	}
	b, _ := json.Marshal(map[string]any{"id": b64(d.id), "rawId": b64(d.id), "type": "public-key",
		"response": map[string]any{"clientDataJSON": b64(client("webauthn.create", o.PublicKey.Challenge, origin)), "attestationObject": b64(att)}})
	return string(b)
}

// sign answers a sign-in's options.
func (d *device) sign(t *testing.T, o options, rp, origin string) string {
	t.Helper()
	d.count++
	data, said := d.data(rp, nil, 0), client("webauthn.get", o.PublicKey.Challenge, origin)
	h := sha256.Sum256(said)
	digest := sha256.Sum256(append(append([]byte{}, data...), h[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, d.key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	b, _ := json.Marshal(map[string]any{"id": b64(d.id), "rawId": b64(d.id), "type": "public-key",
		"response": map[string]any{"clientDataJSON": b64(said), "authenticatorData": b64(data), "signature": b64(sig), "userHandle": d.handle}})
	return string(b)
}

func (b *browser) options(path string) (o options) {
	b.h.t.Helper()
	code, text := b.do("POST", path, `{}`)
	if err := json.Unmarshal([]byte(text), &o); code != 200 || err != nil || o.ID == "" {
		b.h.t.Fatalf("%s: %d %s", path, code, text)
	}
	return o
}

func (b *browser) finish(path string, o options, credential string) int {
	code, _ := b.do("POST", path, fmt.Sprintf(`{"id":%q,"label":"phone","credential":%s}`, o.ID, credential))
	return code
}

// A person makes a passkey and signs in by it, which are two factors. Nothing
// works twice, from elsewhere, by another key, or unverified.
func TestPasskeys(t *testing.T) {
	h := build(t, withRules(t))
	h.URL = strings.Replace(h.URL, "127.0.0.1", "localhost", 1)
	origin := h.URL
	h.person(people.Person{Name: "admin", Roles: []string{"system"}})
	in := h.as("admin")
	const begin, finish, more, done = "/api/session/passkey/begin", "/api/session/passkey/finish", "/api/session/passkeys/begin", "/api/session/passkeys/finish"

	o := in.options(more)
	if o.PublicKey.Challenge == "" || o.PublicKey.User.ID == "" {
		t.Fatalf("%+v", o)
	}
	phone := &device{flags: verified}
	if code := in.finish(done, o, phone.create(t, o, "localhost", "http://evil.example")); code != 401 {
		t.Errorf("made on another page: %d", code)
	}
	o = in.options(more)
	if code := in.finish(done, o, (&device{}).create(t, o, "localhost", origin)); code != 401 {
		t.Errorf("made by a device that verified nobody: %d", code)
	}
	o = in.options(more)
	made := phone.create(t, o, "localhost", origin)
	if code := in.finish(done, o, made); code != 200 {
		t.Fatalf("%d", code)
	}
	if code := in.finish(done, o, made); code != 401 {
		t.Errorf("a ceremony works twice: %d", code)
	}
	if _, text := in.do("GET", "/api/session/passkeys", ""); !strings.Contains(text, `"label":"phone"`) {
		t.Error(text)
	}

	fresh := h.by("")
	o = fresh.options(begin)
	if code := fresh.finish(finish, o, phone.sign(t, o, "localhost", "http://evil.example")); code != 401 || fresh.cookie != "" {
		t.Errorf("signed on another page: %d", code)
	}
	o = fresh.options(begin)
	phone.flags = 0
	if code := fresh.finish(finish, o, phone.sign(t, o, "localhost", origin)); code != 401 {
		t.Errorf("unverified: %d", code)
	}
	phone.flags = verified
	o = fresh.options(begin)
	thief := &device{flags: verified, id: phone.id, handle: phone.handle, count: 10}
	thief.key, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if code := fresh.finish(finish, o, thief.sign(t, o, "localhost", origin)); code != 401 {
		t.Errorf("another key: %d", code)
	}
	o = fresh.options(begin)
	signed := phone.sign(t, o, "localhost", origin)
	if code := fresh.finish(finish, o, signed); code != 200 || fresh.cookie == "" {
		t.Fatalf("%d", code)
	}
	if code := h.by("").finish(finish, o, signed); code != 401 {
		t.Errorf("the same answer twice: %d", code)
	}
	if code, text := fresh.do("POST", "/api/people", `{"name":"x"}`); code != 200 {
		t.Errorf("a passkey is not two factors: %d %s", code, text)
	}
	o = fresh.options(begin)
	phone.count -= 2
	if code := h.by("").finish(finish, o, phone.sign(t, o, "localhost", origin)); code != 401 {
		t.Errorf("a copy of the device, whose counter goes back: %d", code)
	}
	if err := h.People.Suspend("admin", true); err != nil {
		t.Fatal(err)
	}
	o = h.by("").options(begin)
	phone.count += 10
	if code := h.by("").finish(finish, o, phone.sign(t, o, "localhost", origin)); code != 401 {
		t.Errorf("suspended: %d", code)
	}
	h.URL = strings.Replace(h.URL, "localhost", "127.0.0.1", 1)
	if code, text := h.by("").do("POST", begin, `{}`); code != 400 || !strings.Contains(text, "localhost") {
		t.Errorf("by an address: %d %s", code, text)
	}
}
