package store

import (
	"bytes"
	"cmp"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"suiren/internal/durable"
	"suiren/internal/flock"
	"suiren/internal/say"
	"suiren/internal/sqlite"
)

var (
	ErrNotFound = errors.New("not in the store")       // by Dir, Part
	ErrLocked   = errors.New("the store is locked")    // by Lock
	ErrReadOnly = errors.New("the store is read-only") // by what writes
)

// A Store is a folder:
//
//	artifacts/<digest>/      the files of an artifact, read-only
//	artifacts/<digest>.list  their names, sizes and sums: the text of FilesDigest
//	work/<key>/              checkpoints of steps that are not done
//	places/<digest>.json     where a model of the owner's lies
//	runs/                    the events of runs
//	curves/<block>/<key>/    the curves of steps that trained
//	tmp/<process>/           what is being made
//	damaged/                 what Verify moved aside
//	suiren.db                how each artifact was made, and what stands
//
// Any number of processes and goroutines may use it at the same time. A
// process that is killed at any point leaves every artifact whole or absent.
type Store struct {
	dir  string
	db   *sql.DB
	only bool // to be read: the folder may not be written

	mu   sync.Mutex
	tmp  string   // tmp/<process>, "" before the first Temp
	live *os.File // its lock
}

// Open opens the store in dir, and makes it if it is not there. It removes
// what dead processes left half made. One that may not be written is opened to be
// read; what would write then fails with ErrReadOnly.
func Open(dir string) (*Store, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{dir: dir}
	for _, sub := range []string{"artifacts", "work", "tmp", "runs"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, DiskFull(dir, err)
		}
	}
	for _, d := range []string{dir, filepath.Dir(dir)} {
		durable.Sync(d) // the new names; a parent that cannot be read is not ours
	}
	if err := s.openDB(); err != nil {
		return nil, err
	}
	if s.only {
		return s, nil
	}
	if err := s.sweep(); err != nil {
		s.db.Close()
		return nil, err
	}
	return s, nil
}

// Close closes the store. Directories from Temp that were not Put are removed.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.db.Close()
	if s.live != nil {
		err = errors.Join(err, os.RemoveAll(s.tmp), s.live.Close())
		s.tmp, s.live = "", nil
	}
	return err
}

// Path returns the folder of the store.
func (s *Store) Path() string { return s.dir }

// Lock makes the caller the one writer of plans until it calls unlock or its
// process ends. If there is one already, the error wraps ErrLocked.
func (s *Store) Lock() (unlock func(), err error) {
	if err := s.writable(); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(s.dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, DiskFull(s.dir, err)
	}
	ok, err := TryLock(f)
	if err != nil {
		f.Close()
		return nil, &say.Error{Where: f.Name(), What: say.T("cannot lock the state folder: %v", "无法锁定状态目录：%v", err),
			Next: say.T("use a folder on a local disk (--state)", "请用 --state 换到本地磁盘上的目录"), Err: err}
	}
	if !ok {
		defer f.Close()
		who := say.T("another process", "另一进程")
		b := make([]byte, 20)
		n, _ := f.ReadAt(b, 0)
		if pid, err := strconv.Atoi(string(bytes.TrimSpace(b[:n]))); err == nil {
			who = say.T("process %d", "进程 %d", pid)
		}
		return nil, &say.Error{Where: s.dir, What: say.T("%s is changing this state folder", "%s 正在修改此状态目录", who),
			Next: say.T("wait until it is done, or stop it", "请等它结束，或将其停止"), Err: ErrLocked}
	}
	// The number is for people only, so a disk without room for it is no reason to refuse.
	if err := f.Truncate(0); err == nil {
		f.WriteAt(strconv.AppendInt(nil, int64(os.Getpid()), 10), 0)
	}
	return sync.OnceFunc(func() { f.Close() }), nil
}

// Temp makes an empty directory on the store's disk, to be filled and given
// to Put. It is removed when the store is closed or, if this process is
// killed, when the store is opened the next time.
func (s *Store) Temp() (dir string, err error) {
	if err := s.writable(); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live == nil {
		if err := s.beginTemp(); err != nil {
			return "", DiskFull(s.dir, err)
		}
	}
	dir, err = os.MkdirTemp(s.tmp, "")
	return dir, DiskFull(s.dir, err)
}

// beginTemp makes this process's folder below tmp and takes its lock. tmp/lock
// is held meanwhile, so that no sweep sees the folder without the lock.
func (s *Store) beginTemp() error {
	guard, err := os.OpenFile(filepath.Join(s.dir, "tmp", "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer guard.Close()
	if err := flock.Lock(guard); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(filepath.Join(s.dir, "tmp"), "p")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err == nil {
		_, err = TryLock(f)
	}
	if err != nil {
		f.Close()
		os.RemoveAll(dir)
		return err
	}
	s.tmp, s.live = dir, f
	return nil
}

// sweep removes the folders below tmp whose lock nobody holds, and artifacts
// whose removal was interrupted. If another process is about the same, it is
// left to that one.
func (s *Store) sweep() error {
	tmp := filepath.Join(s.dir, "tmp")
	guard, err := os.OpenFile(filepath.Join(tmp, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return DiskFull(s.dir, err)
	}
	defer guard.Close()
	if ok, err := TryLock(guard); !ok || err != nil {
		return nil // without locks nobody can tell what is dead
	}
	list, err := os.ReadDir(tmp)
	if err != nil {
		return err
	}
	for _, d := range list {
		if !d.IsDir() || Held(filepath.Join(tmp, d.Name(), "lock")) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(tmp, d.Name())); err != nil {
			return err
		}
	}
	gone, err := filepath.Glob(filepath.Join(s.dir, "artifacts", "*"+goneSuffix))
	for _, dir := range gone {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	return err
}

// openDB opens suiren.db. Every change is on the disk when it returns.
func (s *Store) openDB() error {
	path := filepath.Join(s.dir, "suiren.db")
	db, err := sqlite.Open(path, sqlite.Full)
	if err != nil {
		err = DiskFull(s.dir, err)
	} else {
		s.db = db
		if err = s.dbError(s.migrate()); err != nil {
			db.Close()
		}
	}
	if sqlite.Unwritable(err) {
		if looked := s.look(path); !sqlite.Unwritable(looked) && !errors.Is(looked, fs.ErrNotExist) {
			return looked
		}
	}
	return err
}

// look opens the records to be read.
func (s *Store) look(path string) (err error) {
	if s.db, err = sqlite.Look(path); err != nil {
		return err
	}
	s.only = true
	if v, err := s.Version(); err != nil || v != Schema {
		s.db.Close()
		return cmp.Or(err, error(&say.Error{Where: s.dir, What: say.T("this state folder is read-only, and of another suiren (format %d, here %d)", "此状态目录只读，且属于另一版本的 suiren（格式 %d，本程序为 %d）", v, Schema),
			Next: say.T("copy it to where it can be written, and look at the copy", "请复制到可写的位置，再查看副本"), Err: ErrReadOnly}))
	}
	return nil
}

// writable is the error of whatever would write where nothing can be.
func (s *Store) writable() error {
	if !s.only {
		return nil
	}
	return &say.Error{Where: s.dir, What: say.T("this state folder is read-only: what stands in it can be looked at, and nothing be made or changed", "此状态目录只读：可以查看其中内容，但不能制作或修改"),
		Next: say.T("make it writable, or copy it and name the copy with --state", "请使它可写，或复制一份并用 --state 指明副本"), Err: ErrReadOnly}
}

// dbError explains an error of the database to people.
func (s *Store) dbError(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*say.Error](err); ok || errors.Is(err, ErrChanged) {
		return err
	}
	where := filepath.Join(s.dir, "suiren.db")
	if full := DiskFull(where, err); full != err {
		return full
	}
	return &say.Error{Where: where, What: say.T("the records cannot be used: %v", "无法使用记录库：%v", err),
		Next: say.T("if the file is damaged, move it away together with suiren.db-wal: the artifacts stay, and apply makes the records anew",
			"若文件已损坏，请将它与 suiren.db-wal 一并移走：产物仍在，apply 会重新生成记录"), Err: err}
}
