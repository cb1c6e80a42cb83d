//go:build unix && !aix && !solaris

package store

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// TryLock takes the advisory lock of an open file and reports whether it got
// it. The lock belongs to this opening of the file, so a second one in the
// same process is refused too. It ends when the file is closed, or the process dies.
func TryLock(f *os.File) (bool, error) {
	for {
		switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
		case err == nil:
			return true, nil
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		case !errors.Is(err, syscall.EINTR):
			return false, err
		}
	}
}

// Held reports whether some process, or this one, holds the lock of a file.
func Held(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	defer f.Close()
	ok, err := TryLock(f)
	return !ok || err != nil
}

// sizeLimit is how large this process may make a file, in bytes; ok is false where
// it may make it as large as it likes.
func sizeLimit() (bytes int64, ok bool) {
	var r syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_FSIZE, &r) != nil || uint64(r.Cur) >= 1<<62 {
		return 0, false
	}
	return int64(r.Cur), true
}

// fullErrors are what the system says when there is no room left, largeErrors
// when a file reaches the process's or the file system's limit.
var (
	fullErrors  = []error{syscall.ENOSPC, syscall.EDQUOT}
	largeErrors = []error{syscall.EFBIG}
)
