package backup

import (
	"archive/tar"
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"suiren/internal/durable"
	"suiren/internal/say"
	"suiren/store"
)

// ErrIdentity is wrapped by the error about an encrypted backup that none of the
// identities opens.
var ErrIdentity = errors.New("no identity opens the backup")

// open reads the manifest of a backup and returns it with a reader of what
// follows.
func open(r io.Reader, identities []age.Identity) (*Manifest, *tar.Reader, func(), error) {
	b := bufio.NewReader(r)
	if head, _ := b.Peek(len(ageMagic)); string(head) == ageMagic {
		if len(identities) == 0 {
			return nil, nil, nil, &say.Error{Err: ErrIdentity, What: say.T("the backup is encrypted", "备份已加密"), Next: say.T("give the identity that opens it with --identity", "请用 --identity 给出解密身份")}
		}
		plain, err := age.Decrypt(b, identities...)
		if err != nil {
			return nil, nil, nil, &say.Error{Err: errors.Join(ErrIdentity, err), What: say.T("the backup does not open: %v", "无法打开备份：%v", err), Next: say.T("give the identity of one of its recipients", "请使用其接收者之一的身份")}
		}
		b = bufio.NewReader(plain)
	}
	z, err := zstd.NewReader(b, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20), zstd.WithDecoderMaxWindow(64<<20))
	if err != nil {
		return nil, nil, nil, notBackup(err)
	}
	t := tar.NewReader(z)
	h, err := t.Next()
	if err == nil && (h.Name != manifestName || h.Size > maxManifest) {
		err = fmt.Errorf("it begins with %q", h.Name)
	}
	var m Manifest
	if err == nil {
		d := json.NewDecoder(io.LimitReader(t, maxManifest))
		d.DisallowUnknownFields()
		if err = d.Decode(&m); err == nil {
			err = m.check()
		}
	}
	if err != nil {
		z.Close()
		return nil, nil, nil, notBackup(err)
	}
	return &m, t, z.Close, nil
}

const ageMagic = "age-encryption.org/v1\n"

func notBackup(err error) error {
	if _, ok := errors.AsType[*say.Error](err); ok {
		return err
	}
	return &say.Error{Err: err, What: say.T("this is not a whole backup: %v", "这不是完整的备份：%v", err), Next: say.T("use another copy of it", "请使用它的另一份副本")}
}

func notWhole(en, zh string, args ...any) error {
	return &say.Error{What: say.T("this is not a whole backup: "+en, "这不是完整的备份："+zh, args...), Next: say.T("use another copy of it", "请使用它的另一份副本")}
}

// check refuses what no backup holds.
func (m *Manifest) check() error {
	switch {
	case m.Format != 1:
		return say.Errorf("its format is %d, and this program reads format 1", "格式版本是 %d，本程序只读版本 1", m.Format)
	case m.Schema > store.Schema:
		return say.Errorf("its records are of format %d, and this program knows up to %d: use the newer program (%s)", "其记录为格式 %d，本程序只支持到 %d：请使用更新的程序（%s）", m.Schema, store.Schema, m.Program)
	case len(m.Files) > maxFiles:
		return fmt.Errorf("%d files", len(m.Files))
	}
	seen := make(map[string]bool, len(m.Files))
	for _, f := range m.Files {
		top, rest, _ := strings.Cut(f.Path, "/")
		if !fs.ValidPath(strings.ToValidUTF8(f.Path, "?")) || !filepath.IsLocal(filepath.FromSlash(f.Path)) || rest == "" || f.Size < 0 || seen[f.Path] ||
			top != "state" && (top != "plan" || strings.Contains(rest, "/") || !strings.HasSuffix(rest, ".hcl")) {
			return fmt.Errorf("it lists %q with %d bytes", f.Path, f.Size)
		}
		seen[f.Path] = true
	}
	return nil
}

// Check reads a backup whole and compares every file with the manifest.
func Check(r io.Reader, identities []age.Identity) (*Manifest, error) {
	return walk(r, identities, func(*Manifest) error { return nil }, func(*File, io.Reader) error { return nil })
}

// walk hands every file to see, in the order of the manifest, and compares it.
func walk(r io.Reader, identities []age.Identity, begin func(*Manifest) error, see func(*File, io.Reader) error) (*Manifest, error) {
	m, t, done, err := open(r, identities)
	if err != nil {
		return nil, err
	}
	defer done()
	if err := begin(m); err != nil {
		return nil, err
	}
	for i := range m.Files {
		f := &m.Files[i]
		h, err := t.Next()
		if err != nil {
			return nil, notBackup(err)
		}
		if h.Name != f.Path || h.Size != f.Size || h.Typeflag != tar.TypeReg {
			return nil, notWhole("%q stands where %q should", "%q 出现在应为 %q 的位置", h.Name, f.Path)
		}
		sha := sha256.New()
		in := io.TeeReader(t, sha)
		if err := see(f, in); err != nil {
			return nil, err
		}
		if _, err := io.Copy(io.Discard, in); err != nil {
			return nil, notBackup(err)
		}
		if sum(sha) != f.Sum {
			return nil, notWhole("%q was changed", "%q 已被改动", f.Path)
		}
	}
	if _, err := t.Next(); err == nil {
		return nil, notWhole("there is more after its last file", "最后一个文件之后还有内容")
	} else if err != io.EOF {
		return nil, notBackup(err)
	}
	return m, nil
}

// Restore makes the state folder and, if plan is not "", the plan files of a
// backup. What is there already is never replaced: the state folder must not
// exist, nor a plan file of the same name with other content. The state folder
// appears when all of it is written and every artifact is what its name says.
//
// Free is the number of bytes that the disk has room for; of a larger backup
// nothing is written. Before, if not nil, may change what was restored before it
// appears, in the folder where it lies until then.
func Restore(r io.Reader, identities []age.Identity, state, plan string, free int64, before func(*Manifest, string) error) (*Manifest, error) {
	if _, err := os.Lstat(state); !errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Join(err, &say.Error{Where: state, What: say.T("there is a state folder here already", "这里已有状态目录"),
			Next: say.T("restore into another folder, or move this one away", "请恢复到其他目录，或先移走它")})
	}
	parent := filepath.Dir(state)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, err
	}
	temp, err := os.MkdirTemp(parent, ".suiren-restore-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	m, err := walk(r, identities, func(m *Manifest) error {
		if n := m.Bytes(); n > free {
			return &say.Error{Where: parent, Err: store.ErrFull, What: say.T("the backup holds %d bytes and the disk has room for %d", "备份有 %d 字节，而磁盘只容得下 %d 字节", n, free), Next: say.T("make room, or restore elsewhere", "请腾出空间，或恢复到别处")}
		}
		return nil
	}, func(f *File, in io.Reader) error {
		mode := fs.FileMode(0o600)
		if strings.HasPrefix(f.Path, "state/artifacts/") {
			mode = 0o444
		}
		path := filepath.Join(temp, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if err != nil {
			return err
		}
		_, err = io.Copy(out, in)
		return store.DiskFull(parent, errors.Join(err, out.Close()))
	})
	if err != nil {
		return nil, err
	}
	made := filepath.Join(temp, "state")
	if err := os.MkdirAll(made, 0o700); err != nil {
		return nil, err
	}
	if err := os.Chmod(made, 0o700); err != nil {
		return nil, err
	}
	if err := artifactsHold(filepath.Join(made, "artifacts")); err != nil {
		return nil, err
	}
	if before != nil {
		if err := before(m, made); err != nil {
			return nil, err
		}
	}
	if err := restorePlan(filepath.Join(temp, "plan"), plan); err != nil {
		return nil, err
	}
	if err := durable.Tree(made); err != nil {
		return nil, store.DiskFull(parent, err)
	}
	return m, durable.Rename(made, state)
}

// artifactsHold compares each artifact with its name.
func artifactsHold(dir string) error {
	list, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range list {
		if !e.IsDir() {
			continue
		}
		d, err := store.DirDigest(filepath.Join(dir, e.Name()))
		if err != nil || d.String() != e.Name() {
			return notBackup(errors.Join(err, fmt.Errorf("artifact %q is not what its name says", e.Name())))
		}
	}
	return err
}

// restorePlan puts the plan files into a folder.
func restorePlan(from, to string) error {
	list, err := os.ReadDir(from)
	if to == "" || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range list {
		b, err := os.ReadFile(filepath.Join(from, e.Name()))
		if err != nil {
			return err
		}
		path := filepath.Join(to, e.Name())
		if have, err := os.ReadFile(path); err == nil && string(have) == string(b) {
			continue
		}
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return &say.Error{Where: path, Err: err, What: say.T("the plan file of the backup cannot be put here: %v", "无法在此写入备份中的计划文件：%v", err), Next: say.T("restore into another folder", "请恢复到其他目录")}
		}
		_, err = f.Write(b)
		if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	return durable.Sync(to)
}
