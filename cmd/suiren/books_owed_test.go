package main

import (
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"suiren/serve"
	"suiren/serve/form"
	"suiren/stage/operate"
)

// What could not be written into the books is written once it can be, once; until then
// nobody is answered.
func TestOwed(t *testing.T) {
	b, err := openBooks(bookDir(t.TempDir()), true)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	rel := &serve.Release{Name: "tutor", Digest: strings.Repeat("ab", 32)}
	record := func(id string) error {
		return b.record(&serve.Record{ID: id, Caller: "li", Time: time.Now(), Release: rel, Operation: "chat", Reason: form.Stop, Usage: form.Usage{Prompt: 3, Completion: 4}})
	}
	reserve := func(id string) error {
		_, err := b.reserve(serve.Hold{ID: id, Caller: "li", Release: rel, Prompt: 3, Tokens: 8})
		return err
	}
	if err := errors.Join(reserve("one"), record("one")); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", b.ledger.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	lock := func() {
		if _, err := db.Exec(`create trigger full before insert on entries begin select raise(abort, 'the disk is full'); end`); err != nil {
			t.Fatal(err)
		}
	}
	lock()
	for _, id := range []string{"two", "three", "two"} {
		if err := record(id); err == nil {
			t.Errorf("%s is in the books", id)
		}
	}
	if err := reserve("four"); err == nil {
		t.Error("four may begin")
	}
	if h := b.owedHealth(); h[0].Level != operate.Fail {
		t.Errorf("%+v", h)
	}
	unlock := func() {
		if _, err := db.Exec(`drop trigger full`); err != nil {
			t.Fatal(err)
		}
	}
	unlock()
	if err := errors.Join(reserve("four"), record("four")); err != nil {
		t.Error(err)
	}
	if h := b.owedHealth(); h[0].Level != operate.OK {
		t.Errorf("%+v", h)
	}
	if sum, n, err := b.ledger.Check(); err != nil || n != 4 || sum.Tokens() != 4*7 {
		t.Errorf("%+v in %d entries, %v", sum, n, err)
	}
	lock() // and there is room only when the server ends
	if err := record("five"); err == nil {
		t.Error("five is in the books")
	}
	unlock()
	b.close()
	again, err := openBooks(b.dir, true)
	if err != nil {
		t.Fatal(err)
	}
	defer again.close()
	if _, n, err := again.ledger.Check(); err != nil || n != 5 {
		t.Errorf("%d entries, %v", n, err)
	}
}
