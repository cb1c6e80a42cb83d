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
	"strconv"
	"strings"
	"sync"
	"time"

	"suiren/internal/durable"
	"suiren/internal/flock"
	"suiren/internal/say"
	"suiren/stage"
)

// An audit log is a file of JSON lines, each of which names the one before:
//
//	{"n":1,"time":…,"actor":…,"action":…,"subject":…,"content":…,"prev":…,"hash":…}
//
// hash is the SHA-256, in hexadecimal, of the line up to and without
// `,"hash":`, and prev is the hash of the line before, 64 zeros for the first.
// Beside the log lies its head, path + ".head": number and hash of the last
// line, so that a log that was cut short is found out. In the place of names stand
// tokens: see naming.
//
// The chain shows a change to whoever knows a later hash. Someone who can
// write the whole folder can make a new chain: note the hash that verify
// prints, elsewhere.
type Audit struct {
	Now func() time.Time // set by OpenAudit to time.Now

	mu    sync.Mutex
	j     *journal
	end   head
	names naming
}

// head is the file beside the log.
type head struct {
	N    int64  `json:"n"`
	Hash string `json:"hash"`
	prev string // hash of the line before
}

// An entry is a line of the log, without its hash.
type entry struct {
	N       int64     `json:"n"`
	Time    time.Time `json:"time"`
	Actor   string    `json:"actor"`   // token of the name of a key or person, or the program's own
	Action  string    `json:"action"`  // release, refuse, key.revoke, …
	Subject string    `json:"subject"` // what it was done to: an id, a digest, a rule
	Content string    `json:"content"` // HMAC-SHA-256 of the content, keyed with its salt; "" if there is none
	Prev    string    `json:"prev"`
}

const hashField = `,"hash":"`

var zeroHash = strings.Repeat("0", 2*sha256.Size)

// OpenAudit opens or makes an audit log. It walks the chain first: a log that
// does not verify is not written to.
func OpenAudit(path string) (*Audit, error) {
	j, err := openJournal(path)
	if err != nil {
		return nil, err
	}
	a := &Audit{Now: time.Now, j: j, end: head{Hash: zeroHash}, names: naming{path: namesPath(path)}}
	if err := a.begin(); err != nil {
		j.f.Close()
		return nil, err
	}
	defer j.end()
	// A crash between a line and its head leaves the head one behind.
	if err := a.writeHead(); err != nil {
		j.f.Close()
		return nil, err
	}
	return a, nil
}

// begin takes the lock and walks what other processes have written since.
func (a *Audit) begin() error {
	if err := a.j.begin(func(b []byte) error { return a.end.next(b) }); err != nil {
		return a.broken(err)
	}
	h, err := readHead(a.j.path)
	if err == nil {
		err = a.end.agrees(h)
	}
	if err != nil {
		a.j.end()
		return a.broken(err)
	}
	return nil
}

func (a *Audit) broken(err error) error { return broken(a.j.path, a.end.N+1, err) }

// Append adds a line and returns when it is on the disk. Of the content, the
// log keeps a digest that is keyed with a fresh salt: the salt is returned, to
// be kept with the content and destroyed with it, after which nobody can test
// guesses of a short content against the log. Empty content has no salt. Names in the
// subject are marked by Name.
func (a *Audit) Append(actor, action, subject, content string) (salt string, err error) {
	e := entry{Time: a.Now().UTC(), Action: action}
	if content != "" {
		salt = rand.Text()
		e.Content = ContentDigest(salt, content)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.begin(); err != nil {
		return "", err
	}
	defer a.j.end()
	if err := a.names.look(); err != nil {
		return "", err
	}
	if e.Actor, err = a.names.token(actor); err != nil {
		return "", err
	}
	if e.Subject, err = a.names.hide(subject); err != nil {
		return "", err
	}
	e.N, e.Prev = a.end.N+1, a.end.Hash
	b, err := json.Marshal(e)
	if err != nil {
		return "", err
	}
	b = b[:len(b)-1] // }
	sum := sha256.Sum256(b)
	hash := hex.EncodeToString(sum[:])
	if err := a.j.append(append(b, hashField+hash+`"}`...), true); err != nil {
		return "", err
	}
	a.end = head{e.N, hash, e.Prev}
	return salt, a.writeHead()
}

// Close closes the file.
func (a *Audit) Close() error { return a.j.f.Close() }

// ContentDigest is what the log keeps of a content with a salt.
func ContentDigest(salt, content string) string {
	mac := hmac.New(sha256.New, []byte(salt))
	io.WriteString(mac, content)
	return hex.EncodeToString(mac.Sum(nil))
}

// VerifyAudit walks the chain of a log and compares it with its head. It
// returns the number of lines and the hash of the last; an error's Where is
// the file and the first bad line. It changes nothing: a half-written last line,
// which a crash leaves, is not part of the log.
func VerifyAudit(path string) (n int64, hash string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	// Between a line and its head there is a moment; the lock spans it.
	if err := flock.Lock(f); err != nil {
		return 0, "", err
	}
	defer flock.Unlock(f)
	names := naming{path: namesPath(path)}
	if err := names.look(); err != nil {
		return 0, "", err
	}
	end := head{Hash: zeroHash}
	_, err = lines(f, func(b []byte) error {
		was := end
		if err := end.next(b); err != nil {
			return err
		}
		if t := names.missing(b); t != "" {
			end = was
			return say.Errorf("the name of %s is gone from the names beside the log", "日志旁的姓名文件中缺少 %s 的姓名", t)
		}
		return nil
	})
	if err == nil {
		var h head
		if h, err = readHead(path); err == nil {
			err = end.agrees(h)
		}
	}
	if err != nil {
		return end.N, end.Hash, broken(path, end.N+1, err)
	}
	return end.N, end.Hash, nil
}

// next moves h over a line, if the line follows.
func (h *head) next(b []byte) error {
	at := bytes.LastIndex(b, []byte(hashField))
	if at < 0 || len(b) != at+len(hashField)+len(zeroHash)+len(`"}`) || !bytes.HasSuffix(b, []byte(`"}`)) {
		return say.Errorf("the line does not end in a hash", "这一行不以哈希结尾")
	}
	hash := string(b[at+len(hashField) : len(b)-2])
	sum := sha256.Sum256(b[:at])
	if hash != hex.EncodeToString(sum[:]) {
		return say.Errorf("the line was changed: its hash is not that of its text", "这一行被改过：哈希与内容不符")
	}
	var e entry
	d := json.NewDecoder(bytes.NewReader(append(bytes.Clone(b[:at]), '}')))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		return err
	}
	if e.N != h.N+1 || e.Prev != h.Hash {
		return say.Errorf("the line does not follow the one before: lines were removed, added or moved", "这一行与上一行不衔接：有行被删除、插入或移动")
	}
	*h = head{e.N, hash, e.Prev}
	return nil
}

var errCut = say.Errorf("the log ends here, but its head says that it goes on: lines were cut off", "日志到此为止，而链头记录表明后面还有：结尾被截掉了")

// agrees compares the end of a log with the head beside it, which may be one
// line behind: the process ended in between.
func (h head) agrees(beside head) error {
	switch {
	case beside.N > h.N:
		return errCut
	case beside.N < h.N-1:
		return say.Errorf("the head beside the log is of line %d: it was removed or replaced", "日志旁的链头停在第 %d 行：它被删除或替换了", beside.N)
	case beside.N == h.N && beside.Hash != h.Hash, beside.N == h.N-1 && beside.Hash != h.prev:
		return say.Errorf("the head beside the log has another hash for its line", "日志旁的链头与对应行的哈希不同")
	}
	return nil
}

// readHead reads the head beside the log; there is none before the first line.
func readHead(path string) (head, error) {
	b, err := stage.ReadFile(path+".head", maxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return head{Hash: zeroHash}, nil
	}
	var h head
	if err == nil {
		err = json.Unmarshal(b, &h)
	}
	return h, err
}

func (a *Audit) writeHead() error {
	if a.end.N == 0 {
		return nil
	}
	b, err := json.Marshal(a.end)
	if err != nil {
		return err
	}
	return durable.WriteFile(a.j.path+".head", append(b, '\n'), 0o600)
}

func broken(path string, line int64, err error) error {
	return &say.Error{Where: path + ":" + strconv.FormatInt(line, 10), Err: err,
		What: say.T("the audit log does not hold: %v", "审计日志不完整：%v", err),
		Next: say.T("keep both files as they are and find out who changed them", "请原样保留这两个文件，并查明是谁改动的")}
}
