package ledger

import (
	"os"

	"golang.org/x/sys/unix"
)

// syncData waits for a file's data, and its length, but not for its times.
func syncData(f *os.File) error { return unix.Fdatasync(int(f.Fd())) }
