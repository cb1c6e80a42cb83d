//go:build unix && !aix && !solaris

// Package flock lets processes take turns at a file.
package flock

import (
	"os"
	"syscall"
)

// Lock waits until no other process holds the lock of the file.
func Lock(f *os.File) error {
	for {
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != syscall.EINTR {
			return err
		}
	}
}

func Unlock(f *os.File) { syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }
