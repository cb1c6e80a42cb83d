package watch

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"suiren/internal/durable"
	"suiren/internal/say"
)

// KeyName is the file beside guard.db whose key seals what waits. Backups leave it
// out: what waited when one was made is not for those who read it later.
const KeyName = "guard.key"

const keySize = 32 // bytes; AES-256

// openKey opens the key, or makes it.
func openKey(db string) (cipher.AEAD, error) {
	path := filepath.Join(filepath.Dir(db), KeyName)
	key, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = makeKey(path)
	}
	if err != nil {
		return nil, err
	}
	if len(key) != keySize {
		return nil, &say.Error{Where: path, What: say.T("this is not a key of %d bytes", "这不是 %d 字节的密钥", keySize),
			Next: say.T("move it away; a new one is made, and what waits for review is refused", "请移走它，程序会新建一个；等待审核的内容将被拒绝")}
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// makeKey makes the key whole or not at all; of two processes that do, one wins.
func makeKey(path string) ([]byte, error) {
	key := make([]byte, keySize)
	rand.Read(key) // does not fail
	if err := durable.CreateFile(path, key, 0o600); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return os.ReadFile(path)
}

// seal makes the content of an item what the file has: of a text a JSON string that
// the key alone opens, for that item. An appeal is written to be read, and stays
// through a backup.
func (w *Watch) seal(kind, id string, c Content) (string, error) {
	b, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	if len(b) > maxContent {
		return "", say.Errorf("this is too long for a review", "内容过长，无法审核")
	}
	if kind == Appeal {
		return string(b), nil
	}
	sealed, err := json.Marshal(w.key.Seal(nil, nil, b, []byte(id))) // base64
	return string(sealed), err
}

// unseal reads what the file has of an item. What another key has sealed is cut: the
// file comes from a backup.
func (w *Watch) unseal(id, text string) (c Content, err error) {
	if !strings.HasPrefix(text, `"`) {
		return c, json.Unmarshal([]byte(text), &c)
	}
	var sealed []byte
	if err := json.Unmarshal([]byte(text), &sealed); err != nil {
		return c, err
	}
	b, err := w.key.Open(nil, nil, sealed, []byte(id))
	if err != nil {
		return Content{Cut: true}, nil
	}
	return c, json.Unmarshal(b, &c)
}
