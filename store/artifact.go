package store

import (
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"suiren/internal/durable"
	"suiren/internal/say"
)

const (
	listSuffix = ".list"
	goneSuffix = ".gone" // an artifact that is being removed
)

func (s *Store) artifact(d Digest) string { return filepath.Join(s.dir, "artifacts", d.String()) }

// Put makes the directory dir, from Temp, an artifact: its files become
// read-only, reach the disk, and the directory is renamed into place. When it
// returns, dir is gone and the artifact outlives a power failure. If the
// artifact is there already, dir is removed. Folders without files are
// dropped. After an error the files are still in dir.
func (s *Store) Put(dir string) (Digest, error) {
	d, err := s.put(dir)
	return d, DiskFull(s.dir, err)
}

func (s *Store) put(dir string) (Digest, error) {
	files, err := List(dir)
	if err != nil {
		return Digest{}, err
	}
	text := listText(files)
	d := Digest(sha256.Sum256(text))
	place := s.artifact(d)
	if have, err := DirDigest(place); err == nil && have == d {
		if err := durable.Sync(filepath.Dir(place)); err != nil { // who put it there may have died before that
			return Digest{}, err
		}
		return d, os.RemoveAll(dir)
	} else if !errors.Is(err, fs.ErrNotExist) {
		if err := s.setAside(d); err != nil { // damaged: this one is whole
			return Digest{}, err
		}
	}
	if err := settle(dir); err != nil {
		return Digest{}, err
	}
	if err := s.writeList(d, text); err != nil {
		return Digest{}, err
	}
	if err := os.Rename(dir, place); err != nil {
		if _, e := os.Lstat(place); e == nil { // another process was faster with the same bytes
			return d, os.RemoveAll(dir)
		}
		return Digest{}, err
	}
	return d, durable.Sync(filepath.Dir(place))
}

// settle makes the files below dir read-only, brings files and folders to the
// disk, and removes folders without files: an artifact is its files, so that
// what has one digest has one form.
func settle(dir string) error {
	list, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if err := settleFiles(dir, list); err != nil {
		return err
	}
	for _, e := range list {
		if !e.IsDir() {
			continue
		}
		path := filepath.Join(dir, e.Name())
		if err := settle(path); err != nil {
			return err
		}
		if left, err := os.ReadDir(path); err != nil {
			return err
		} else if len(left) == 0 {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	return durable.Sync(dir)
}

// settling is how many files are brought to the disk at a time: a file system writes
// its journal once for all that wait for it.
const settling = 32

// settleFiles settles the files of a list of dir, not its folders.
func settleFiles(dir string, list []os.DirEntry) error {
	var at atomic.Int64
	errs := make([]error, min(settling, len(list)))
	var team sync.WaitGroup
	for worker := range errs {
		team.Go(func() {
			for errs[worker] == nil {
				i := int(at.Add(1)) - 1
				if i >= len(list) {
					return
				}
				if list[i].IsDir() {
					continue
				}
				path := filepath.Join(dir, list[i].Name())
				if errs[worker] = os.Chmod(path, 0o444); errs[worker] == nil {
					errs[worker] = durable.Sync(path)
				}
			}
		})
	}
	team.Wait()
	return errors.Join(errs...)
}

// writeList puts the list of artifact d beside its place, whole or not at all.
func (s *Store) writeList(d Digest, text []byte) error {
	temp, err := s.Temp()
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	path := filepath.Join(temp, "list")
	if err := os.WriteFile(path, text, 0o444); err != nil {
		return err
	}
	if err := durable.Sync(path); err != nil {
		return err
	}
	return os.Rename(path, s.artifact(d)+listSuffix)
}

// Dir returns the directory of artifact d. The error wraps ErrNotFound if it
// is not there.
func (s *Store) Dir(d Digest) (string, error) {
	dir := s.artifact(d)
	if info, err := os.Lstat(dir); err != nil || !info.IsDir() {
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		return "", &say.Error{What: say.T("artifact %s is not in the store", "存储中没有产物 %s", d.Short()),
			Next: say.T("suiren apply makes it again", "运行 suiren apply 可重新制作"), Err: ErrNotFound}
	}
	return dir, nil
}

// Part returns a sub-folder of artifact d: its own digest, by the rule of
// FilesDigest, and its path. The part "" is the whole artifact. The error
// wraps ErrNotFound if the artifact or the folder is not there.
//
// The digest comes from the artifact's list, not from its files: it costs the
// same for a small part and for a large one, and Verify is what compares the
// two.
func (s *Store) Part(d Digest, sub string) (Digest, string, error) {
	dir, err := s.Dir(d)
	if err != nil || sub == "" {
		return d, dir, err
	}
	if !fs.ValidPath(sub) || sub == "." || !filepath.IsLocal(sub) {
		return Digest{}, "", say.Errorf("%q is not the name of a part of an artifact", "%q 不是产物某一部分的名称", sub)
	}
	path := filepath.Join(dir, filepath.FromSlash(sub))
	if info, err := os.Lstat(path); err != nil || !info.IsDir() {
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return Digest{}, "", err
		}
		return Digest{}, "", &say.Error{What: say.T("artifact %s has no part %q", "产物 %s 没有 %q 这一部分", d.Short(), sub), Err: ErrNotFound}
	}
	files, err := s.list(d)
	if err != nil {
		return Digest{}, "", err
	}
	return FilesDigest(part(files, sub)), path, nil
}

// list returns the files that artifact d should have. Where the list is lost
// or damaged, the files themselves are read.
func (s *Store) list(d Digest) ([]File, error) {
	text, err := os.ReadFile(s.artifact(d) + listSuffix)
	if err == nil && Digest(sha256.Sum256(text)) == d {
		return parseList(text)
	}
	files, err := List(s.artifact(d))
	if err != nil {
		return nil, err
	}
	if FilesDigest(files) != d {
		return nil, &say.Error{Where: s.artifact(d), What: say.T("the artifact is damaged", "产物已损坏"),
			Next: say.T("suiren store verify moves it aside, and suiren apply makes it again", "先运行 suiren store verify 将其移开，再运行 suiren apply 重新制作")}
	}
	return files, nil
}

// Work returns a directory for the checkpoints of the step with key. It
// outlives interruptions until DropWork.
func (s *Store) Work(key Digest) (string, error) {
	dir := filepath.Join(s.dir, "work", key.String())
	return dir, DiskFull(s.dir, os.MkdirAll(dir, 0o700))
}

// Kept is what the working directory of the step with key holds, in bytes; 0 if there is none.
func (s *Store) Kept(key Digest) (n int64) {
	eachFile(filepath.Join(s.dir, "work", key.String()), func(info fs.FileInfo) {
		if info.Mode().IsRegular() {
			n += info.Size()
		}
	})
	return n
}

// DropWork removes the checkpoints of the step with key, if there are any.
func (s *Store) DropWork(key Digest) error {
	return os.RemoveAll(filepath.Join(s.dir, "work", key.String()))
}

// setAside moves an artifact that is not what its name says into damaged/.
func (s *Store) setAside(d Digest) error {
	to := filepath.Join(s.dir, "damaged")
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	place, err := os.MkdirTemp(to, d.Short()+"-")
	if err != nil {
		return err
	}
	for _, suffix := range []string{"", listSuffix} {
		if err := os.Rename(s.artifact(d)+suffix, filepath.Join(place, d.String()+suffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return durable.Sync(filepath.Join(s.dir, "artifacts"))
}
