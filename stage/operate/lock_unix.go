//go:build unix && !aix && !solaris

package operate

import (
	"os"
	"syscall"
)

// lock waits until no other process holds the lock of the file.
func lock(f *os.File) error {
	for {
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != syscall.EINTR {
			return err
		}
	}
}

func unlock(f *os.File) { syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }
