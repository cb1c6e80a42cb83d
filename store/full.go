package store

import (
	"errors"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"suiren/internal/say"
)

// ErrFull is wrapped by the error of a write that found no room on the disk.
var ErrFull = errors.New("disk full")

// DiskFull returns err, or, if there was no room left at where, an error that
// says so and what to do. It knows the system's errors and SQLite's.
func DiskFull(where string, err error) error {
	if err == nil || !isFull(err) || errors.Is(err, ErrFull) {
		return err
	}
	return &say.Error{Where: where,
		What: say.T("the disk is full; what was made before is safe", "磁盘已满；此前的产物不受影响"),
		Next: say.T("free some space, run suiren store gc, or choose another disk with --state; then run the same command again",
			"请清理磁盘、运行 suiren store gc，或用 --state 换一块磁盘，然后重新运行同一命令"),
		Err: errors.Join(ErrFull, err)}
}

func isFull(err error) bool {
	for _, full := range fullErrors {
		if errors.Is(err, full) {
			return true
		}
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() {
		case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE: // the second: no room for the -shm file
			return true
		}
	}
	return false
}
