package operate

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"suiren/internal/durable"
	"suiren/internal/flock"
	"suiren/internal/say"
	"suiren/stage"
)

// The lines of an audit log are also the leaves of a Merkle tree (RFC 6962,
// SHA-256; a leaf is a line without its end). A checkpoint is a signed note of
// the tree's size and root, in the form of Go's checksum database and of
// C2SP tlog-checkpoint:
//
//	suiren-audit
//	1234
//	<root in base64>
//
//	— suiren-audit <signature>
//
// Beside the log lie its key, path + ".key", and the checkpoints that were made,
// path + ".checkpoints". Whoever has a checkpoint elsewhere can tell that the log
// was not made anew since; whoever has a proof can tell that a line is in it
// without the log.
const auditOrigin = "suiren-audit"

// A Proof says that a line is in the log at a checkpoint.
type Proof struct {
	Line       string      `json:"line"`
	N          int64       `json:"n"` // of the line, from 1
	Hashes     []tlog.Hash `json:"hashes"`
	Checkpoint string      `json:"checkpoint"`
}

// tree reads the Merkle tree of the whole lines of a log, and those from line n on
// to see.
func tree(path string, see func(n int64, line []byte) error) (tlog.HashReader, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	if err := flock.Lock(f); err != nil {
		return nil, 0, err
	}
	defer flock.Unlock(f)
	var hashes []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		list := make([]tlog.Hash, len(indexes))
		for i, at := range indexes {
			list[i] = hashes[at]
		}
		return list, nil
	})
	n := int64(0)
	_, err = lines(f, func(b []byte) error {
		more, err := tlog.StoredHashes(n, b, read)
		if err != nil {
			return err
		}
		hashes = append(hashes, more...)
		n++
		return see(n, b)
	})
	return read, n, err
}

// Checkpoint walks a log and signs its size and root. It makes the key if there
// is none, and keeps the checkpoint beside the log. It also returns the key with
// which others verify it.
func Checkpoint(path string) (signed, key string, err error) {
	if _, _, err := VerifyAudit(path); err != nil {
		return "", "", err
	}
	signer, key, err := auditKey(path)
	if err != nil {
		return "", "", err
	}
	read, n, err := tree(path, func(int64, []byte) error { return nil })
	if err != nil {
		return "", "", err
	}
	root, err := tlog.TreeHash(n, read)
	if err != nil {
		return "", "", err
	}
	b, err := note.Sign(&note.Note{Text: auditOrigin + "\n" + strconv.FormatInt(n, 10) + "\n" + root.String() + "\n"}, signer)
	if err != nil {
		return "", "", err
	}
	line, err := json.Marshal(string(b))
	if err != nil {
		return "", "", err
	}
	j, err := openJournal(path + ".checkpoints")
	if err != nil {
		return "", "", err
	}
	defer j.f.Close()
	if err := j.begin(func([]byte) error { return nil }); err != nil {
		return "", "", err
	}
	defer j.end()
	return string(b), key, j.append(line, true)
}

// auditKey reads or makes the key of a log.
func auditKey(path string) (note.Signer, string, error) { return NoteKey(path+".key", auditOrigin) }

// NoteKey reads or makes a key of signed notes: two lines, the secret and the
// public one, of which it returns the second.
func NoteKey(path, origin string) (note.Signer, string, error) {
	b, err := stage.ReadFile(path, maxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		var secret, public string
		if secret, public, err = note.GenerateKey(rand.Reader, origin); err != nil {
			return nil, "", err
		}
		b = []byte(secret + "\n" + public + "\n")
		err = durable.WriteFile(path, b, 0o600)
	}
	if err != nil {
		return nil, "", err
	}
	secret, public, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
	signer, err := note.NewSigner(secret)
	if err == nil {
		_, err = note.NewVerifier(public)
	}
	if err != nil {
		return nil, "", &say.Error{Where: path, Err: err, What: say.T("the key cannot be used: %v", "无法使用该密钥：%v", err),
			Next: say.T("restore the file; with another key what was signed before does not verify", "请恢复该文件；换用新密钥后，此前签署的内容将无法验证")}
	}
	return signer, public, nil
}

// openCheckpoint verifies a checkpoint with a public key.
func openCheckpoint(signed, key string) (tlog.Tree, error) {
	var t tlog.Tree
	v, err := note.NewVerifier(key)
	if err != nil {
		return t, say.Errorf("the key is none of an audit log: %v", "这不是审计日志的密钥：%v", err)
	}
	n, err := note.Open([]byte(signed), note.VerifierList(v))
	if err != nil {
		return t, say.Errorf("the checkpoint is not signed with this key", "检查点不是用这个密钥签署的")
	}
	origin, rest, _ := strings.Cut(n.Text, "\n")
	size, root, _ := strings.Cut(rest, "\n")
	if t.N, err = strconv.ParseInt(size, 10, 64); err == nil {
		t.Hash, err = tlog.ParseHash(strings.TrimSuffix(root, "\n"))
	}
	if err != nil || origin != auditOrigin || t.N < 0 {
		return t, say.Errorf("the checkpoint is none of an audit log", "这不是审计日志的检查点")
	}
	return t, nil
}

// VerifyCheckpoints compares the checkpoints beside a log with it, and returns how
// many there are. A checkpoint from elsewhere is compared too, if it is not "".
func VerifyCheckpoints(path, other string) (int, error) {
	if _, err := os.Stat(path + ".key"); errors.Is(err, fs.ErrNotExist) && other == "" {
		return 0, nil // none was ever made
	}
	_, key, err := auditKey(path)
	if err != nil {
		return 0, err
	}
	var list []tlog.Tree
	f, err := os.Open(path + ".checkpoints")
	if err == nil {
		defer f.Close()
		_, err = lines(f, func(b []byte) error {
			var signed string
			if err := json.Unmarshal(b, &signed); err != nil {
				return err
			}
			t, err := openCheckpoint(signed, key)
			list = append(list, t)
			return err
		})
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, broken(path+".checkpoints", int64(len(list)), err)
	}
	if other != "" {
		t, err := openCheckpoint(other, key)
		if err != nil {
			return 0, err
		}
		list = append(list, t)
	}
	read, n, err := tree(path, func(int64, []byte) error { return nil })
	if err != nil {
		return 0, err
	}
	for _, t := range list {
		if t.N > n {
			return 0, broken(path, n, errCut)
		}
		root, err := tlog.TreeHash(t.N, read)
		if err != nil {
			return 0, err
		}
		if root != t.Hash {
			return 0, broken(path, t.N, say.Errorf("the log up to this line is not what the checkpoint says: it was made anew", "到这一行为止的日志与检查点不符：日志被重新生成过"))
		}
	}
	return len(list), nil
}

// Prove proves that line n is in the log, at a checkpoint made now.
func Prove(path string, n int64) (*Proof, string, error) {
	signed, key, err := Checkpoint(path)
	if err != nil {
		return nil, "", err
	}
	at, err := openCheckpoint(signed, key)
	if err != nil {
		return nil, "", err
	}
	p := &Proof{N: n, Checkpoint: signed}
	read, _, err := tree(path, func(i int64, b []byte) error {
		if i == n {
			p.Line = string(b)
		}
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	if n < 1 || n > at.N {
		return nil, "", &say.Error{Where: path, What: say.T("there is no line %d: the log has %d", "没有第 %d 行：日志共 %d 行", n, at.N),
			Next: say.T("choose a line of it", "请选择其中一行")}
	}
	p.Hashes, err = tlog.ProveRecord(at.N, n-1, read)
	return p, key, err
}

// maxProof bounds a proof's file, in bytes.
const maxProof = maxLine

// CheckProof verifies a proof with the key of the log, and nothing else.
func CheckProof(r io.Reader, key string) (*Proof, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxProof))
	if err != nil {
		return nil, err
	}
	var p Proof
	if err := json.Unmarshal(b, &p); err != nil {
		return nil, say.Errorf("this is no proof: %v", "这不是证明文件：%v", err)
	}
	t, err := openCheckpoint(p.Checkpoint, strings.TrimSpace(key))
	if err != nil {
		return nil, err
	}
	if p.N < 1 || p.N > t.N || tlog.CheckRecord(p.Hashes, t.N, t.Hash, p.N-1, tlog.RecordHash([]byte(p.Line))) != nil {
		return nil, say.Errorf("the proof does not hold: the line is not in the log of this checkpoint", "证明不成立：该检查点的日志中没有这一行")
	}
	return &p, nil
}
