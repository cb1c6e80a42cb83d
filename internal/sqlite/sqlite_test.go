package sqlite

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// The database is where its path says, whatever stands in that, and its owner's alone.
func TestPlace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "100%25 of it? #1&_pragma=query_only(1) 句.db")
	db, err := Open(path, Full)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`create table t (x) strict`); err == nil {
		t.Fatal("a table without a type was made")
	}
	if _, err := db.Exec(`create table t (x integer not null) strict; insert into t values (3)`); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + "-wal"} {
		if info, err := os.Stat(name); err != nil || info.Size() == 0 && name != path || info.Mode() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	pragmas := map[string]string{"journal_mode": "wal", "synchronous": "2", "secure_delete": "1", "foreign_keys": "1", "busy_timeout": "10000"}
	for name, want := range pragmas {
		var got string
		if err := db.QueryRow("pragma " + name).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %s, %v, want %s", name, got, err, want)
		}
	}
	r, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var x int
	if err := r.QueryRow(`select x from t`).Scan(&x); err != nil || x != 3 {
		t.Errorf("read %d, %v", x, err)
	}
	if _, err := r.Exec(`insert into t values (4)`); err == nil {
		t.Error("a reader wrote")
	}
}

// What is only looked at is read whole, what is in the log of whoever writes it too,
// and nothing is made beside it.
func TestLook(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	if _, err := Look(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of nothing: %v", err)
	}
	w, err := Open(path, Full)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Exec(`create table t (x integer) strict; insert into t values (3)`); err != nil {
		t.Fatal(err)
	}
	see := func(name string) {
		t.Helper()
		r, err := Look(path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		var x int
		if err := r.QueryRow(`select x from t`).Scan(&x); err != nil || x != 3 {
			t.Errorf("%s: %d, %v", name, x, err)
		}
		if _, err := r.Exec(`insert into t values (4)`); !Unwritable(err) {
			t.Errorf("%s: to write says %v", name, err)
		}
	}
	see("while it is written")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	see("alone")
	if list, err := filepath.Glob(path + "?*"); err != nil || list != nil {
		t.Errorf("beside it are %v, %v", list, err)
	}
	if Unwritable(nil) || Unwritable(errors.New("other")) || !Unwritable(&fs.PathError{Err: syscall.EROFS}) {
		t.Error("what says that nothing can be written")
	}
}
