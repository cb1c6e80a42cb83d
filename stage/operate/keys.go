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

	"suiren/internal/flock"
	"suiren/internal/say"
)

// A Key is an API key, without its secret.
type Key struct {
	Name    string    `json:"name"` // one of its own
	Hash    string    `json:"hash"` // SHA-256 of the secret, in hexadecimal
	Made    time.Time `json:"made"`
	Revoked time.Time `json:"revoked,omitzero"`
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
	b, err := readBounded(k.path)
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
		if err != nil || len(h) != sha256.Size || key.Name == "" || names[key.Name] {
			return nil, say.Errorf("key %d has no name of its own or no SHA-256", "第 %d 个密钥没有独有的名字或 SHA-256", i+1)
		}
		names[key.Name] = true
	}
	return file.Keys, nil
}

// Make makes a key and returns its secret, which nobody can find out again.
func (k *Keys) Make(name string) (secret string, err error) {
	secret = secretPrefix + rand.Text() + rand.Text() // 260 bits
	err = k.change(func() error {
		if name == "" || slices.ContainsFunc(k.list, func(o Key) bool { return o.Name == name }) {
			return &say.Error{Where: name, What: say.T("there is a key of this name already", "已有同名的密钥"),
				Next: say.T("choose another name; revoked keys keep theirs", "请换一个名字；已撤销的密钥保留其名字")}
		}
		k.list = append(k.list, Key{Name: name, Hash: secretHash(secret), Made: k.Now().UTC().Truncate(time.Second)})
		return nil
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// First makes a key if there is none at all, revoked ones included, and
// returns its secret; "" if there are keys.
func (k *Keys) First(name string) (secret string, err error) {
	if len(k.List()) > 0 {
		return "", nil
	}
	return k.Make(name)
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
		return &say.Error{Where: name, What: say.T("there is no such key, or it is revoked already", "没有这个密钥，或它已被撤销"),
			Next: say.T("list the keys to see their names", "请列出密钥查看名字")}
	})
}

// List returns the keys in the order in which they were made.
func (k *Keys) List() []Key {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.follow() // an error leaves no keys
	return slices.Clone(k.list)
}

// Lookup finds the name of the key with this secret. How long it takes tells
// nothing about the keys but their number: it compares hashes, all of them,
// in constant time.
func (k *Keys) Lookup(secret string) (name string, ok bool) {
	h := []byte(secretHash(secret))
	for _, key := range k.List() {
		if subtle.ConstantTimeCompare(h, []byte(key.Hash)) == 1 && key.Revoked.IsZero() {
			name, ok = key.Name, true
		}
	}
	return name, ok
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
		err = replace(k.path, append(b, '\n'))
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
