// Package backup writes a state folder into one file while others work in it,
// and makes a folder of such a file again.
//
// The file is a tar archive, compressed with zstd and, for recipients,
// encrypted with age (age-encryption.org/v1):
//
//	manifest.json   what follows: path, size and SHA-256 of each, in order
//	state/…         the state folder
//	plan/…          the plan files beside it
//
// The databases are snapshots (SQLite's VACUUM INTO), the journals are cut at
// their last whole line, and artifacts are as their lists say, or the backup
// fails. Not in it: checkpoints of unfinished steps, what Verify moved aside,
// locks, and models of the owner's that lie elsewhere.
package backup

import (
	"archive/tar"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"suiren/internal/durable"
	"suiren/internal/flock"
	"suiren/internal/say"
	"suiren/store"
)

// A Manifest is manifest.json.
type Manifest struct {
	Format  int       `json:"format"` // 1
	Made    time.Time `json:"made"`
	Program string    `json:"program"`
	Schema  int       `json:"schema"` // of the records
	Files   []File    `json:"files"`
}

// A File is one file of a backup.
type File struct {
	Path string       `json:"path"` // with slashes, below state/ or plan/
	Size int64        `json:"size"`
	Sum  store.Digest `json:"sha256"`
}

// Bytes is the size of all files.
func (m *Manifest) Bytes() (n int64) {
	for _, f := range m.Files {
		n += f.Size
	}
	return n
}

const (
	manifestName = "manifest.json"
	maxManifest  = 512 << 20 // bytes
	maxFiles     = 4_000_000
)

// Options say what is written and for whom.
type Options struct {
	Program    string
	Plan       string // folder whose plan files go along; "": none
	Recipients []age.Recipient
	Now        time.Time
}

// A source is a file to be written, and where it lies.
type source struct {
	File
	from string
}

// Write writes a backup of a store. Others may read and write meanwhile; what
// they add after the databases were read may be in it or not.
func Write(ctx context.Context, w io.Writer, st *store.Store, o Options) (*Manifest, error) {
	temp, err := st.Temp()
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	list, err := collect(ctx, st, temp)
	if err != nil {
		return nil, err
	}
	if o.Plan != "" {
		if list, err = addPlan(list, o.Plan); err != nil {
			return nil, err
		}
	}
	m := &Manifest{Format: 1, Made: o.Now.UTC(), Program: o.Program}
	if m.Schema, err = st.Version(); err != nil {
		return nil, err
	}
	for _, s := range list {
		m.Files = append(m.Files, s.File)
	}
	return m, write(ctx, w, m, list, o.Recipients)
}

func write(ctx context.Context, w io.Writer, m *Manifest, list []source, recipients []age.Recipient) (err error) {
	out := nopCloser{w}
	var closers []io.Closer
	defer func() {
		for _, c := range slices.Backward(closers) {
			err = errors.Join(err, c.Close())
		}
	}()
	var next io.WriteCloser = out
	if len(recipients) > 0 {
		if next, err = age.Encrypt(next, recipients...); err != nil {
			return err
		}
		closers = append(closers, next)
	}
	z, err := zstd.NewWriter(next, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return err
	}
	closers = append(closers, z)
	t := tar.NewWriter(z)
	closers = append(closers, t)
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	put := func(path string, size int64) error {
		return t.WriteHeader(&tar.Header{Name: path, Size: size, Mode: 0o600, Typeflag: tar.TypeReg, Format: tar.FormatPAX})
	}
	if err := put(manifestName, int64(len(b))); err != nil {
		return err
	}
	if _, err := t.Write(b); err != nil {
		return err
	}
	for _, s := range list {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := put(s.Path, s.Size); err != nil {
			return err
		}
		if err := s.copy(t); err != nil {
			return err
		}
	}
	return nil
}

// copy writes the file, which must be what was counted.
func (s *source) copy(w io.Writer) error {
	f, err := os.Open(s.from)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(w, h), io.LimitReader(f, s.Size))
	if err == nil && (n != s.Size || store.Digest(h.Sum(nil)) != s.Sum) {
		err = &say.Error{Where: s.from, What: say.T("the file is not what it should be, so there is no backup", "文件与应有内容不符，未完成备份"),
			Next: say.T("run suiren store verify, then try again", "请运行 suiren store verify，然后重试")}
	}
	return err
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// left reports what of a state folder is not backed up.
func left(rel string) bool {
	top, _, _ := strings.Cut(rel, "/")
	name := rel[strings.LastIndexByte(rel, '/')+1:]
	return top == "tmp" || top == "work" || top == "damaged" || strings.HasSuffix(name, "-wal") || strings.HasSuffix(name, "-shm") ||
		name == "lock" || name == "guard.key" || strings.HasSuffix(name, ".lock") || strings.HasPrefix(name, ".") || strings.Contains(rel, ".gone")
}

// collect lists what a state folder holds: databases first, because they name
// what follows.
func collect(ctx context.Context, st *store.Store, temp string) (list []source, err error) {
	dir := st.Path()
	dbs, err := filepath.Glob(filepath.Join(dir, "*.db"))
	if err != nil {
		return nil, err
	}
	for _, path := range dbs {
		to := filepath.Join(temp, filepath.Base(path))
		if err := snapshot(ctx, path, to); err != nil {
			return nil, err
		}
		if list, err = add(list, "state/"+filepath.Base(path), to, -1); err != nil {
			return nil, err
		}
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		switch {
		case d.IsDir() && rel != "." && left(rel+"/"):
			return fs.SkipDir
		case d.IsDir() && strings.HasPrefix(rel, "artifacts/"):
			if list, err = addArtifact(list, rel, path); err != nil {
				return err
			}
			return fs.SkipDir
		case !d.Type().IsRegular() || left(rel) || slices.Contains(dbs, path) || beside(rel):
			return nil
		case strings.HasSuffix(rel, ".jsonl"):
			list, err = addJournal(list, rel, path, temp)
			return err
		}
		from, err := hold(path, temp, d)
		if err == nil {
			list, err = add(list, "state/"+rel, from, -1)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	return list, err
}

// maxHeld is the size up to which files are copied when they are listed,
// because they may be replaced before they are written. Larger ones are never
// replaced: they only grow.
const maxHeld = 16 << 20

// hold copies a small file, and returns where it lies from then on.
func hold(path, temp string, d fs.DirEntry) (string, error) {
	info, err := d.Info()
	if err != nil || info.Size() > maxHeld {
		return path, err
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	f, err := os.CreateTemp(temp, "held")
	if err != nil {
		return "", err
	}
	_, err = f.Write(b)
	return f.Name(), errors.Join(err, f.Close())
}

// addArtifact adds the files of an artifact as its list says, without reading
// them: copy compares.
func addArtifact(list []source, rel, dir string) ([]source, error) {
	text, err := os.ReadFile(dir + ".list")
	if err != nil {
		return list, err
	}
	files, err := store.ParseList(text)
	if err != nil {
		return list, err
	}
	for _, f := range files {
		list = append(list, source{File{"state/" + rel + "/" + f.Path, f.Size, f.Sum}, filepath.Join(dir, filepath.FromSlash(f.Path))})
	}
	return list, nil
}

// companions are small files beside a journal that belong to its last line.
var companions = []string{".head", ".key", ".checkpoints", ".names"}

// beside reports whether addJournal takes a file along.
func beside(rel string) bool {
	return slices.ContainsFunc(companions, func(c string) bool { return strings.HasSuffix(rel, ".jsonl"+c) })
}

// addJournal adds a journal up to its last whole line, and what lies beside it
// as it was at that moment: its lock is held while the end is looked for.
func addJournal(list []source, rel, path, temp string) ([]source, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return list, nil
	}
	if err != nil {
		return list, err
	}
	defer f.Close()
	if err := flock.Lock(f); err != nil {
		return list, err
	}
	end, err := wholeLines(f)
	if err != nil {
		return list, err
	}
	for _, c := range companions {
		info, err := os.Lstat(path + c)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return list, err
		}
		kept, err := hold(path+c, temp, fs.FileInfoToDirEntry(info))
		if err != nil {
			return list, err
		}
		if list, err = add(list, "state/"+rel+c, kept, -1); err != nil {
			return list, err
		}
	}
	return add(list, "state/"+rel, path, end)
}

// wholeLines returns the bytes of a file up to the end of its last whole line.
func wholeLines(f *os.File) (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	b := make([]byte, 64<<10)
	for at := info.Size(); at > 0; {
		n := min(at, int64(len(b)))
		at -= n
		if _, err := f.ReadAt(b[:n], at); err != nil {
			return 0, err
		}
		if i := bytes.LastIndexByte(b[:n], '\n'); i >= 0 {
			return at + int64(i) + 1, nil
		}
	}
	return 0, nil
}

// addPlan adds the plan files of a folder.
func addPlan(list []source, dir string) ([]source, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.hcl"))
	if err != nil {
		return list, err
	}
	for _, path := range files {
		if list, err = add(list, "plan/"+filepath.Base(path), path, -1); err != nil {
			return list, err
		}
	}
	return list, nil
}

// add reads a file, or its first bytes, to know its sum.
func add(list []source, path, from string, size int64) ([]source, error) {
	f, err := os.Open(from)
	if err != nil {
		return list, err
	}
	defer f.Close()
	var r io.Reader = f
	if size >= 0 {
		r = io.LimitReader(f, size)
	}
	h := sha256.New()
	n, err := io.Copy(h, r)
	if err != nil {
		return list, err
	}
	return append(list, source{File{path, n, sum(h)}, from}), nil
}

func sum(h hash.Hash) store.Digest { return store.Digest(h.Sum(nil)) }

// snapshot copies a database as it is at one moment.
func snapshot(ctx context.Context, path, to string) error {
	dsn := "file:" + (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath() + "?_pragma=busy_timeout(10000)"
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", to); err != nil {
		return &say.Error{Where: path, Err: err, What: say.T("the database cannot be copied: %v", "无法复制数据库：%v", err),
			Next: say.T("make room on the disk, or run suiren store verify", "请腾出磁盘空间，或运行 suiren store verify")}
	}
	return nil
}

// Name is the name of a backup's file in a folder.
func Name(now time.Time, encrypted bool) string {
	name := "suiren-" + now.UTC().Format("20060102-150405") + ".tar.zst"
	if encrypted {
		name += ".age"
	}
	return name
}

// A Sealed is a backup that was written to a file and read again.
type Sealed struct {
	Path string
	Size int64
	Sum  string // SHA-256 of the file, in hexadecimal
	*Manifest
}

// PartSuffix ends the name of a backup that is being made, or was until its process
// was killed: whoever makes it holds its lock.
const PartSuffix = ".part"

func inTheWay(path string) error {
	return &say.Error{Where: path, Err: fs.ErrExist, What: say.T("this file is there already", "该文件已存在"),
		Next: say.T("choose another name; what ends in %s is of a backup that was cut off, or is being made", "请换一个名称；以 %s 结尾的是中断的、或正在制作的备份", PartSuffix)}
}

// Create writes a backup into a file, which must not be there, and reads it
// again: all of it if it is not encrypted, else the bytes that were written. Only
// then the file has its name.
func Create(ctx context.Context, path string, st *store.Store, o Options) (s *Sealed, err error) {
	part := path + PartSuffix
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil, cmp.Or(err, inTheWay(path))
	}
	f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, inTheWay(part)
	}
	if err != nil {
		return nil, err
	}
	defer func() {
		if err == nil {
			err = durable.Rename(part, path)
		}
		if err = errors.Join(err, f.Close()); err != nil {
			os.Remove(part)
			err = store.DiskFull(path, err)
		}
	}()
	if _, err := store.TryLock(f); err != nil {
		return nil, err
	}
	h := sha256.New()
	m, err := Write(ctx, io.MultiWriter(f, h), st, o)
	if err != nil {
		return nil, err
	}
	if err := f.Sync(); err != nil {
		return nil, err
	}
	s = &Sealed{Path: path, Sum: hex.EncodeToString(h.Sum(nil)), Manifest: m}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	again := sha256.New()
	if s.Size, err = io.Copy(again, f); err != nil {
		return nil, err
	}
	if !bytes.Equal(again.Sum(nil), h.Sum(nil)) {
		return nil, say.Errorf("%s: what was read again is not what was written", "%s：重新读出的内容与写入的不同", path)
	}
	if len(o.Recipients) == 0 {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
		if _, err := Check(f, nil); err != nil {
			return nil, err
		}
	}
	return s, nil
}
