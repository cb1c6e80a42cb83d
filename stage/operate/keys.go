package operate

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"suiren/internal/durable"
	"suiren/internal/flock"
	"suiren/internal/say"
	"suiren/stage"
)

// A Key is an API key, without its secret.
type Key struct {
	Name    string    `json:"name"` // one of its own
	Hash    string    `json:"hash"` // SHA-256 of the secret, in hexadecimal
	Made    time.Time `json:"made"`
	Expires time.Time `json:"expires,omitzero"`
	Revoked time.Time `json:"revoked,omitzero"`

	// What the rules of access know of it.
	Roles   []string            `json:"roles,omitempty"` // none: made before there were roles
	Tenant  string              `json:"tenant,omitempty"`
	Project string              `json:"project,omitempty"`
	Actions []string            `json:"actions,omitempty"` // the only ones; none: all that its roles may
	Models  []string            `json:"models,omitempty"`  // the only ones; none: all
	Tags    map[string][]string `json:"tags,omitempty"`

	// Old is the hash of the secret before this one, which works until Until.
	Old   string    `json:"old,omitempty"`
	Until time.Time `json:"until,omitzero"`
}

// Works reports whether the key lets its holder in.
func (k *Key) Works(now time.Time) bool {
	return k.Revoked.IsZero() && (k.Expires.IsZero() || now.Before(k.Expires))
}

// Keys is the file of API keys, keys.json with mode 0600. Secrets are random
// and long, so a plain hash of one cannot be turned back; they are shown once
// and never kept. It may be used by many goroutines, and follows what other
// processes write.
type Keys struct {
	Now func() time.Time // set by OpenKeys to time.Now

	mu   sync.Mutex
	path string
	info fs.FileInfo // of the file that was read; nil if there was none
	list []Key
}

// secretPrefix tells people, and tools that look for leaked secrets, what it is.
const secretPrefix = "sk-suiren-"

// OpenKeys reads the keys at path, which need not exist yet.
func OpenKeys(path string) (*Keys, error) {
	k := &Keys{Now: time.Now, path: path}
	return k, k.follow()
}

// follow reads the file again if it is another one than before. An error
// leaves no keys: then nobody gets in.
func (k *Keys) follow() error {
	info, err := os.Stat(k.path)
	if errors.Is(err, fs.ErrNotExist) {
		k.list, k.info = nil, nil
		return nil
	}
	if err == nil && k.info != nil && os.SameFile(info, k.info) && info.ModTime().Equal(k.info.ModTime()) && info.Size() == k.info.Size() {
		return nil
	}
	k.list, k.info = nil, nil
	if err != nil {
		return err
	}
	b, err := stage.ReadFile(k.path, maxManifest)
	if err != nil {
		return err
	}
	if k.list, err = parseKeys(b); err != nil {
		return &say.Error{Where: k.path, Err: err, What: say.T("the keys cannot be read: %v", "无法读取密钥：%v", err),
			Next: say.T("restore the file, or remove it to begin with a new key", "请恢复该文件，或删除后重新生成密钥")}
	}
	k.info = info
	return nil
}

func parseKeys(b []byte) ([]Key, error) {
	var file struct {
		Keys []Key `json:"keys"`
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&file); err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for i, key := range file.Keys {
		h, err := hex.DecodeString(key.Hash)
		old, err2 := hex.DecodeString(key.Old)
		if err != nil || err2 != nil || len(h) != sha256.Size || len(old) != 0 && len(old) != sha256.Size || key.Name == "" || names[key.Name] {
			return nil, say.Errorf("key %d has no name of its own or no SHA-256", "第 %d 个密钥没有独有的名字或 SHA-256", i+1)
		}
		names[key.Name] = true
	}
	return file.Keys, nil
}

func newSecret() string { return secretPrefix + rand.Text() + rand.Text() } // 260 bits

// Make makes a key with a fresh secret, which it returns, and which nobody can
// find out again.
func (k *Keys) Make(key Key) (secret string, err error) {
	secret = newSecret()
	err = k.change(func() error {
		if key.Name == "" || slices.ContainsFunc(k.list, func(o Key) bool { return o.Name == key.Name }) {
			return &say.Error{Where: key.Name, What: say.T("there is a key of this name already", "已有同名的密钥"),
				Next: say.T("choose another name; revoked keys keep theirs", "请换一个名字；已撤销的密钥保留其名字")}
		}
		key.Hash, key.Made = secretHash(secret), k.Now().UTC().Truncate(time.Second)
		key.Old, key.Until, key.Revoked = "", time.Time{}, time.Time{}
		k.list = append(k.list, key)
		return nil
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// First makes a key if there is none at all, revoked ones included, and
// returns its secret; "" if there are keys.
func (k *Keys) First(key Key) (secret string, err error) {
	if len(k.List()) > 0 {
		return "", nil
	}
	return k.Make(key)
}

// Rotate gives a key another secret, which it returns. The one before works until then,
// a grace later; it is the zero time if it ended at once. That of an earlier grace ends.
func (k *Keys) Rotate(name string, grace time.Duration) (secret string, until time.Time, err error) {
	secret = newSecret()
	err = k.change(func() error {
		for i := range k.list {
			if key := &k.list[i]; key.Name == name && key.Revoked.IsZero() {
				key.Old, key.Until = "", time.Time{}
				if grace > 0 {
					key.Old, key.Until = key.Hash, k.Now().UTC().Add(grace).Truncate(time.Second)
				}
				key.Hash, until = secretHash(secret), key.Until
				return nil
			}
		}
		return errNoKey(name)
	})
	if err != nil {
		return "", time.Time{}, err
	}
	return secret, until, nil
}

// Rotated is what the audit log is told of a key that was rotated.
func Rotated(name string, until time.Time) string {
	if until.IsZero() {
		return Name(name)
	}
	return Name(name) + " old:" + until.Format(time.RFC3339)
}

func errNoKey(name string) error {
	return &say.Error{Where: name, What: say.T("there is no such key, or it is revoked already", "没有这个密钥，或它已被撤销"),
		Next: say.T("list the keys to see their names", "请列出密钥查看名字")}
}

// Revoke ends a key.
func (k *Keys) Revoke(name string) error {
	return k.change(func() error {
		for i := range k.list {
			if k.list[i].Name == name && k.list[i].Revoked.IsZero() {
				k.list[i].Revoked = k.Now().UTC().Truncate(time.Second)
				return nil
			}
		}
		return errNoKey(name)
	})
}

// Erase ends a key, if there is one of this name, and gives it another.
func (k *Keys) Erase(name, as string) error {
	if !slices.ContainsFunc(k.List(), func(key Key) bool { return key.Name == name }) {
		return nil
	}
	return k.change(func() error {
		for i := range k.list {
			if key := &k.list[i]; key.Name == name {
				if key.Name, key.Tags = as, nil; key.Revoked.IsZero() {
					key.Revoked = k.Now().UTC().Truncate(time.Second)
				}
			}
		}
		return nil
	})
}

// List returns the keys in the order in which they were made.
func (k *Keys) List() []Key {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.follow() // an error leaves no keys
	return slices.Clone(k.list)
}

// Lookup finds the key with this secret, if it works. How long it takes tells
// nothing about the keys but their number: it compares hashes, all of them,
// in constant time.
func (k *Keys) Lookup(secret string) (found Key, ok bool) {
	h, now := []byte(secretHash(secret)), k.Now()
	for _, key := range k.List() {
		is := subtle.ConstantTimeCompare(h, []byte(key.Hash))
		was := subtle.ConstantTimeCompare(h, []byte(key.Old))
		if (is == 1 || was == 1 && now.Before(key.Until)) && key.Works(now) {
			found, ok = key, true
		}
	}
	return found, ok
}

// Named finds a key by its name, if it works.
func (k *Keys) Named(name string) (Key, bool) {
	for _, key := range k.List() {
		if key.Name == name && key.Works(k.Now()) {
			return key, true
		}
	}
	return Key{}, false
}

// change lets f change the list and writes it, while no other process does.
func (k *Keys) change(f func() error) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := os.MkdirAll(filepath.Dir(k.path), 0o700); err != nil {
		return err
	}
	turn, err := os.OpenFile(k.path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer turn.Close() // and with it the lock
	if err := flock.Lock(turn); err != nil {
		return err
	}
	if err := k.follow(); err != nil {
		return err
	}
	before := slices.Clone(k.list)
	if err := f(); err != nil {
		return err
	}
	b, err := json.MarshalIndent(map[string][]Key{"keys": k.list}, "", "  ")
	if err == nil {
		err = durable.WriteFile(k.path, append(b, '\n'), 0o600)
	}
	if err != nil {
		k.list = before
		return err
	}
	k.info = nil // read again what is there now
	return k.follow()
}

func secretHash(secret string) string {
	h := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(h[:])
}
