package store

import (
	"errors"
	"os"
	"slices"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"suiren/internal/say"
)

// ErrFull is wrapped by the error of a write that found no room: on the disk, or
// in a file that may not grow on.
var ErrFull = errors.New("disk full")

// DiskFull returns err, or, if there was no room left at where, an error that
// says so and what to do. It knows the system's errors and SQLite's.
func DiskFull(where string, err error) error {
	switch {
	case err == nil || errors.Is(err, ErrFull):
		return err
	case isAny(err, largeErrors) || isUnwritten(err) && atLimit(where):
		return &say.Error{Where: where,
			What: say.T("a file would be larger than the limit here; what was made before is safe", "文件将超过此处的大小上限；此前的产物不受影响"),
			Next: say.T("raise the limit (ulimit -f, or that of the file system), or choose another disk with --state; then run the same command again",
				"请放宽上限（ulimit -f，或文件系统的上限），或用 --state 换一块磁盘，然后重新运行同一命令"),
			Err: errors.Join(ErrFull, err)}
	case isFull(err):
		return &say.Error{Where: where,
			What: say.T("the disk is full; what was made before is safe", "磁盘已满；此前的产物不受影响"),
			Next: say.T("free some space, run suiren store gc, or choose another disk with --state; then run the same command again",
				"请清理磁盘、运行 suiren store gc，或用 --state 换一块磁盘，然后重新运行同一命令"),
			Err: errors.Join(ErrFull, err)}
	}
	return err
}

func isAny(err error, of []error) bool {
	return slices.ContainsFunc(of, func(e error) bool { return errors.Is(err, e) })
}

func isFull(err error) bool {
	code, ok := sqliteCode(err)
	return isAny(err, fullErrors) || ok && (code == sqlite3.SQLITE_FULL || code == sqlite3.SQLITE_IOERR_SHMSIZE) // the second: no room for the -shm file
}

// isUnwritten reports whether SQLite could not write a file. It does not say why.
func isUnwritten(err error) bool {
	switch code, _ := sqliteCode(err); code {
	case sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_TRUNCATE, sqlite3.SQLITE_IOERR_FSYNC,
		sqlite3.SQLITE_IOERR_SHMOPEN, sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_SHMMAP:
		return true
	}
	return false
}

func sqliteCode(err error) (code int, ok bool) {
	e, ok := errors.AsType[*sqlite.Error](err)
	if ok {
		code = e.Code()
	}
	return code, ok
}

// mostLog is about how long a log beside a database becomes.
const mostLog = 16 << 20

// atLimit reports whether a database at path, or a file that SQLite keeps beside it,
// may hardly grow on. A log that came to the limit may be gone: it goes when the database
// is closed.
func atLimit(path string) bool {
	limit, ok := sizeLimit()
	if !ok {
		return false
	}
	var size int64
	for _, beside := range []string{"", "-wal", "-shm"} {
		if info, err := os.Stat(path + beside); err == nil {
			size = max(size, info.Size())
		}
	}
	return size+mostLog > limit
}
