package origin

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"suiren/internal/durable"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/operate"
	"suiren/store"
)

const name = "suiren-origin"

// ErrUnproved is wrapped by the error about a release whose origin is not proved.
var ErrUnproved = errors.New("the origin is not proved")

const (
	maxBill = 64 << 20
	maxNote = 64 << 10
)

// KeyFile is where the owner's key lies in a state folder.
func KeyFile(state string) string { return filepath.Join(state, "owner.key") }

func billFile(state string, d store.Digest) string {
	return filepath.Join(state, "origin", d.String()+".json")
}

func noteFile(state string, d store.Digest) string {
	return filepath.Join(state, "origin", d.String()+".note")
}

// Has reports whether a release has a bill, good or not.
func Has(state string, d store.Digest) bool {
	_, err := os.Lstat(noteFile(state, d))
	return err == nil
}

// Sign writes the bill of a release and signs it with the owner's key, which it
// makes if there is none. It returns the key with which others verify it.
func Sign(st *store.Store, release store.Digest) (key string, err error) {
	b, err := New(st, release)
	if err != nil {
		return "", err
	}
	text, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return "", err
	}
	text = append(text, '\n')
	signer, key, err := operate.NoteKey(KeyFile(st.Path()), name)
	if err != nil {
		return "", err
	}
	signed, err := note.Sign(&note.Note{Text: noteText(release, text)}, signer)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(billFile(st.Path(), release)), 0o700); err != nil {
		return "", err
	}
	err = durable.WriteFile(billFile(st.Path(), release), text, 0o600)
	if err == nil {
		err = durable.WriteFile(noteFile(st.Path(), release), signed, 0o600)
	}
	return key, err
}

func noteText(release store.Digest, bill []byte) string {
	sum := sha256.Sum256(bill)
	return name + "\n" + release.String() + "\n" + hex.EncodeToString(sum[:]) + "\n"
}

// Prove verifies a bill with its note and the owner's public key, and nothing
// else: it needs no store. It returns the bill and the release that it is of.
func Prove(bill, signed []byte, key string) (*Bill, store.Digest, error) {
	v, err := note.NewVerifier(strings.TrimSpace(key))
	if err != nil {
		return nil, store.Digest{}, unproved("", say.T("the key is none of an owner: %v", "这不是所有者的公钥：%v", err))
	}
	n, err := note.Open(signed, note.VerifierList(v))
	if err != nil {
		return nil, store.Digest{}, unproved("", say.T("the bill of origin is not signed with this key", "来源清单不是用这个密钥签署的"))
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[0] != name {
		return nil, store.Digest{}, unproved("", say.T("the note is none of a bill of origin", "这不是来源清单的签名"))
	}
	d, err := store.ParseDigest(lines[1])
	if err != nil || n.Text != noteText(d, bill) {
		return nil, d, unproved("", say.T("the bill of origin was changed after it was signed", "来源清单在签署后被改动过"))
	}
	var b Bill
	dec := json.NewDecoder(bytes.NewReader(bill))
	if err := dec.Decode(&b); err != nil {
		return nil, d, unproved("", say.T("the bill of origin cannot be read: %v", "无法读取来源清单：%v", err))
	}
	return &b, d, nil
}

// Verify verifies the bill of a release in a store, with the public key or, if
// it is "", with the one beside the owner's. The release and all that it answers
// from must be in the bill, and in the store as the bill says: their lists of
// files are compared, the files' sizes, and what is in files of up to 16 MiB. What is in larger ones store verify reads.
func Verify(st *store.Store, release store.Digest, key string, parts ...store.Digest) (*Bill, error) {
	next := say.T("suiren release sign %s signs it, if you know where it comes from; --unsigned serves it as it is", "若确知来源，可用 suiren release sign %s 签署；--unsigned 则照样提供服务", release.Short())
	bill, err := stage.ReadFile(billFile(st.Path(), release), maxBill)
	var signed []byte
	if err == nil {
		signed, err = stage.ReadFile(noteFile(st.Path(), release), maxNote)
	}
	if errors.Is(err, fs.ErrNotExist) {
		e := unproved(release.Short(), say.T("the release has no signed bill of origin", "该版本没有签署过的来源清单"))
		e.Next = next
		return nil, e
	}
	if err != nil {
		return nil, err
	}
	if key == "" {
		if _, err := os.Lstat(KeyFile(st.Path())); err != nil {
			e := unproved(release.Short(), say.T("the owner's key is not here", "缺少所有者的密钥"))
			e.Next = next
			return nil, e
		}
		if _, key, err = operate.NoteKey(KeyFile(st.Path()), name); err != nil {
			return nil, err
		}
	}
	b, d, err := Prove(bill, signed, key)
	if err == nil && d != release {
		err = unproved("", say.T("the bill of origin is of another release", "来源清单属于另一个版本"))
	}
	if err == nil {
		err = b.holds(st, release, parts)
	}
	if e, ok := errors.AsType[*say.Error](err); ok {
		e.Where = release.Short()
		if e.Next.IsZero() {
			e.Next = next
		}
	}
	return b, err
}

// holds compares the parts with the bill and the store.
func (b *Bill) holds(st *store.Store, release store.Digest, parts []store.Digest) error {
	listed := map[string]bool{}
	if b.Metadata.Component != nil {
		listed[b.Metadata.Component.Ref] = true
	}
	for _, c := range b.Components {
		listed[c.Ref] = true
	}
	for _, d := range append([]store.Digest{release}, parts...) {
		if !listed[ref(d)] {
			return unproved("", say.T("the bill of origin does not name %s", "来源清单中没有 %s", d.Short()))
		}
		if err := st.Whole(d); err != nil && !errors.Is(err, store.ErrNotFound) { // a model of the owner's lies elsewhere, and is read whole when it is opened
			return &say.Error{Err: errors.Join(ErrUnproved, stage.ErrRefused, err), What: say.T("%s is not what the bill of origin says: %v", "%s 与来源清单不符：%v", d.Short(), err),
				Next: say.T("suiren store verify says what is wrong with it", "suiren store verify 会说明问题所在")}
		}
	}
	return nil
}

func unproved(where string, what say.Text) *say.Error {
	return &say.Error{Where: where, What: what, Err: errors.Join(ErrUnproved, stage.ErrRefused)}
}

// Read returns the bill and the note of a release as they lie in a state folder.
func Read(state string, d store.Digest) (bill, signed []byte, err error) {
	if bill, err = stage.ReadFile(billFile(state, d), maxBill); err == nil {
		signed, err = stage.ReadFile(noteFile(state, d), maxNote)
	}
	return bill, signed, err
}
