//go:build unix && !aix && !solaris

package store

import (
	"errors"
	"os"
	"syscall"
)

// tryLock takes the advisory lock of an open file and reports whether it got
// it. The lock belongs to this opening of the file, so a second one in the
// same process is refused too, and it dies with the process.
func tryLock(f *os.File) (bool, error) {
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

// waitLock waits for the advisory lock of an open file.
func waitLock(f *os.File) error {
	for {
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// fullErrors are what the system says when there is no room left.
var fullErrors = []error{syscall.ENOSPC, syscall.EDQUOT}
