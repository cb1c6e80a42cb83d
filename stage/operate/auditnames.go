package operate

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"suiren/internal/durable"
	"suiren/internal/flock"
	"suiren/internal/say"
)

// In the log a token stands for a name: @ and 32 hexadecimal digits, the HMAC-SHA-256
// of the name, keyed with a salt of its own. Names and salts lie beside the log,
// path + ".names", one to a line. So a person can be taken out of the log and the
// chain holds as before; without the salt nobody can test guesses of the name.
// Logs of earlier programs have the names themselves.
type naming struct {
	path string
	info os.FileInfo // of the file that was read; nil: there was none
	name map[string]string
	of   map[string]string // tokens, by names
}

// A nameLine is a line of the names.
type nameLine struct {
	Token string `json:"token"`
	Salt  string `json:"salt,omitempty"` // "" of one that was erased
	Name  string `json:"name"`
}

var tokenForm = regexp.MustCompile(`@[0-9a-f]{32}`)

// unnamed are actors of the program's own. They stand as they are.
var unnamed = []string{"", "cli", "page", "anyone", "unknown", "passkey", "policy", "watch", "first"}

func namesPath(log string) string { return log + ".names" }

func tokenOf(salt, name string) string {
	mac := hmac.New(sha256.New, []byte(salt))
	io.WriteString(mac, name)
	return "@" + hex.EncodeToString(mac.Sum(nil)[:16])
}

// Name marks a name in the subject of a line: the log keeps a token of it.
func Name(name string) string { return "\x1e" + unmark.Replace(name) + "\x1f" }

var (
	marked = regexp.MustCompile("\x1e[^\x1e\x1f]*\x1f")
	unmark = strings.NewReplacer("\x1e", "", "\x1f", "")
)

// look reads the names, if they are others than were read.
func (n *naming) look() error {
	info, err := os.Stat(n.path)
	if errors.Is(err, fs.ErrNotExist) {
		info, err = nil, nil
	}
	if err != nil {
		return err
	}
	if n.name != nil && (info == nil) == (n.info == nil) && (info == nil || os.SameFile(info, n.info) && info.Size() == n.info.Size() && info.ModTime().Equal(n.info.ModTime())) {
		return nil
	}
	n.info, n.name, n.of = info, map[string]string{}, map[string]string{}
	return eachName(n.path, func(l nameLine) error {
		if n.name[l.Token] = l.Name; l.Salt != "" {
			n.of[l.Name] = l.Token
		}
		return nil
	})
}

// eachName hands the names beside a log to see. A salt that does not give its token
// was changed, or its name was.
func eachName(path string, see func(nameLine) error) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	at := int64(0)
	_, err = lines(f, func(b []byte) error {
		at++
		var l nameLine
		if err := json.Unmarshal(b, &l); err != nil {
			return err
		}
		if l.Salt != "" && tokenOf(l.Salt, l.Name) != l.Token || l.Salt == "" && !strings.HasPrefix(l.Name, "erased-") || !tokenForm.MatchString(l.Token) {
			return say.Errorf("the name was changed: its token is not that of it", "姓名被改过：与其代号不符")
		}
		return see(l)
	})
	if err != nil {
		return broken(path, at, err)
	}
	return nil
}

// token is what stands for a name, which is kept if it is new. The caller has the lock
// of the log and has looked.
func (n *naming) token(name string) (string, error) {
	if slices.Contains(unnamed, name) {
		return name, nil
	}
	if t := n.of[name]; t != "" {
		return t, nil
	}
	l := nameLine{Salt: rand.Text(), Name: name}
	l.Token = tokenOf(l.Salt, name)
	b, err := json.Marshal(l)
	if err != nil {
		return "", err
	}
	j, err := openJournal(n.path)
	if err != nil {
		return "", err
	}
	defer j.f.Close()
	if err := j.begin(func([]byte) error { return nil }); err != nil {
		return "", err
	}
	defer j.end()
	if err := j.append(b, true); err != nil {
		return "", err
	}
	n.name[l.Token], n.of[name] = name, l.Token
	n.info, err = os.Stat(n.path)
	return l.Token, err
}

// hide puts tokens in the place of the marked names of a subject.
func (n *naming) hide(subject string) (string, error) {
	// What only looks like a token is none, or it would be missed.
	subject = tokenForm.ReplaceAllStringFunc(subject, func(t string) string { return "＠" + t[1:] })
	var first error
	subject = marked.ReplaceAllStringFunc(subject, func(name string) string {
		t, err := n.token(name[1 : len(name)-1])
		if err != nil && first == nil {
			first = err
		}
		return t
	})
	return unmark.Replace(subject), first
}

// show puts names in the place of tokens. One that there is no name of stays.
func (n *naming) show(text string) string {
	if !strings.Contains(text, "@") {
		return text
	}
	return tokenForm.ReplaceAllStringFunc(text, func(t string) string {
		if name, ok := n.name[t]; ok {
			return name
		}
		return t
	})
}

// missing returns a token of a line that there is no name of.
func (n *naming) missing(line []byte) string {
	if bytes.IndexByte(line, '@') < 0 {
		return ""
	}
	for _, t := range tokenForm.FindAll(line, -1) {
		if _, ok := n.name[string(t)]; !ok {
			return string(t)
		}
	}
	return ""
}

// AuditNames are the names beside a log, and the tokens that stand for them in it.
func AuditNames(path string) (map[string]string, error) {
	n := naming{path: namesPath(path)}
	err := n.look()
	return n.name, err
}

// ExportNames hands the lines of names beside a log to see.
func ExportNames(path string, see func(token, salt, name string) error) error {
	return eachName(namesPath(path), func(l nameLine) error { return see(l.Token, l.Salt, l.Name) })
}

// EraseName takes a name out of the log: from then on another stands for it. It returns
// whether it was there. Lines of earlier programs, which have the name itself, stay.
func (a *Audit) EraseName(name, as string) (found bool, err error) {
	if !strings.HasPrefix(as, "erased-") {
		return false, say.Errorf("%q does not begin with erased-", "%q 不以 erased- 开头", as)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.begin(); err != nil {
		return false, err
	}
	defer a.j.end()
	f, err := os.OpenFile(a.names.path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	if err := flock.Lock(f); err != nil {
		return false, err
	}
	defer flock.Unlock(f)
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	if err := eachName(a.names.path, func(l nameLine) error {
		if l.Name == name && l.Salt != "" {
			l, found = nameLine{Token: l.Token, Name: as}, true
		}
		return e.Encode(l)
	}); err != nil || !found {
		return false, err
	}
	return true, durable.WriteFile(a.names.path, out.Bytes(), 0o600)
}
