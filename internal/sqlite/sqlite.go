// Package sqlite opens the program's databases, all in one way.
package sqlite

import (
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	driver "modernc.org/sqlite" // in Go
	lib "modernc.org/sqlite/lib"
)

// Full is the pragma of a database whose every change is on the disk when it returns.
const Full = "synchronous(full)"

// common is what holds for all: a reader does not wait for a writer, a writer waits ten
// seconds for another.
var common = []string{"busy_timeout(10000)", "journal_mode(wal)", "foreign_keys(1)"}

// Open opens the database at path to be written, with more pragmas than all have.
// Where there is none it is made, for its owner alone. What is deleted is overwritten,
// and a transaction is a writer's from its beginning.
func Open(path string, pragmas ...string) (*sql.DB, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) // SQLite would let others read it; it gives its other files the same mode
	if err != nil {
		return nil, err
	}
	f.Close()
	return open(path, "&_txlock=immediate", append(pragmas, "secure_delete(1)"))
}

// Read opens the database at path, which is there, to be read.
func Read(path string) (*sql.DB, error) { return open(path, "", []string{"query_only(1)"}) }

// Look opens the database at path, which is there, to be read where nothing can be
// written: SQLite makes no file beside it. What stands in a log beside it is read if
// the log's index is there, too; without a log the file is taken as it is.
func Look(path string) (*sql.DB, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	f.Close()
	more := "&mode=ro"
	if info, err := os.Stat(path + "-wal"); err != nil || info.Size() == 0 { // who writes keeps one
		more += "&immutable=1"
	}
	return connect(path, more, []string{common[0], "query_only(1)"})
}

// Unwritable reports whether an error says that a file or a database may not be
// written where it lies.
func Unwritable(err error) bool {
	if e, ok := errors.AsType[*driver.Error](err); ok {
		switch e.Code() & 0xff {
		case lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN, lib.SQLITE_PERM:
			return true
		}
	}
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}

// open opens what path names whatever characters stand in it: a ? or a % is no part of
// the address.
func open(path, more string, pragmas []string) (*sql.DB, error) {
	return connect(path, more, append(common[:len(common):len(common)], pragmas...))
}

func connect(path, more string, pragmas []string) (*sql.DB, error) {
	query := "_pragma=" + strings.Join(pragmas, "&_pragma=") + more
	return sql.Open("sqlite", "file:"+(&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()+"?"+query)
}
