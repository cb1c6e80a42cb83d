package store

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestState(t *testing.T) {
	s := open(t, t.TempDir())
	if v, n, err := s.State("releases"); v != nil || n != 0 || err != nil {
		t.Fatal(v, n, err)
	}
	d := put(t, s, "release.json", "{}")
	other := put(t, s, "x", "not named by anything")
	check(t, s.SetState("releases", 0, []byte(`{"live":1}`), d))
	if err := s.SetState("releases", 0, []byte(`{}`)); !errors.Is(err, ErrChanged) {
		t.Fatalf("an old version: %v", err)
	}
	if err := s.SetState("releases", 1, []byte(`{`)); err == nil {
		t.Fatal("broken JSON was kept")
	}
	removed, _, err := s.GC(t.Context(), false)
	check(t, err)
	if len(removed) != 1 || removed[0] != other {
		t.Fatalf("gc removed %v, not %v alone", removed, other)
	}
	check(t, s.SetState("releases", 1, []byte(`{"live":2}`)))
	if removed, _, err = s.GC(t.Context(), false); err != nil || len(removed) != 1 || removed[0] != d {
		t.Fatal(removed, err)
	}
	v, n, err := open(t, s.Path()).State("releases")
	if string(v) != `{"live":2}` || n != 2 || err != nil {
		t.Fatal(string(v), n, err)
	}
}

// Of many who change a state at once, each sees what it replaces.
func TestStateRace(t *testing.T) {
	s := open(t, t.TempDir())
	var wg sync.WaitGroup
	const writers, each = 4, 25
	for range writers {
		wg.Go(func() {
			for done := 0; done < each; {
				v, n, err := s.State("n")
				if err != nil {
					t.Error(err)
					return
				}
				var count int
				fmt.Sscan(string(v), &count)
				err = s.SetState("n", n, fmt.Append(nil, count+1))
				if err == nil {
					done++
				} else if !errors.Is(err, ErrChanged) {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if v, n, err := s.State("n"); string(v) != fmt.Sprint(writers*each) || n != writers*each || err != nil {
		t.Fatal(string(v), n, err)
	}
}

// A store of the first format is brought up with a copy of it beside, goes back
// down, is opened by a program of that format, and comes up again.
func TestUpgrade(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir)
	check(t, err)
	d := put(t, s, "a", "one")
	check(t, s.SetBlock(Block{Kind: Corpus, Name: "a", Key: d, Output: d}))
	check(t, s.SetState("releases", 0, []byte(`1`)))
	saved, err := s.Downgrade(1)
	check(t, err)
	if _, err := s.Downgrade(1); err == nil {
		t.Fatal("brought down twice")
	}
	check(t, s.Close())
	for path, want := range map[string]int{filepath.Join(dir, "suiren.db"): 1, saved: 2} {
		db, err := sql.Open("sqlite", path)
		check(t, err)
		var version, blocks int
		check(t, db.QueryRow("PRAGMA user_version").Scan(&version))
		check(t, db.QueryRow("SELECT count(*) FROM blocks").Scan(&blocks))
		check(t, db.Close())
		if version != want || blocks != 1 {
			t.Errorf("%s: format %d with %d blocks, want %d with 1", path, version, blocks, want)
		}
	}
	s = open(t, dir)
	if v, err := s.Version(); v != Schema || err != nil {
		t.Fatal(v, err)
	}
	if v, _, err := s.State("releases"); v != nil || err != nil {
		t.Fatal("a state outlived a format that does not know it", string(v), err)
	}
	if list, err := s.Blocks(); err != nil || len(list) != 1 || list[0].Output != d {
		t.Fatal(list, err)
	}
	if copies, err := filepath.Glob(filepath.Join(dir, "suiren.db.format1.*")); err != nil || len(copies) != 1 {
		t.Fatal(copies, err)
	} else if info, err := os.Stat(copies[0]); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Fatal("others may read the copy", info.Mode(), err)
	}
}

func TestQuota(t *testing.T) {
	s := open(t, t.TempDir())
	if n, err := s.Quota(All); n != 0 || err != nil || s.Within() != nil {
		t.Fatal(n, err)
	}
	put(t, s, "a", string(make([]byte, 100_000)))
	check(t, os.WriteFile(filepath.Join(s.Path(), "usage.db"), make([]byte, 2_000_000), 0o600))
	check(t, os.WriteFile(filepath.Join(s.Path(), "usage.db.v1"), make([]byte, 30_000), 0o600))
	used, err := s.Used()
	check(t, err)
	if used[Made] < 100_000 || used[Made] > 200_000 || used[Copies] != 30_000 || used[Books] < 2_000_000 || used[All] != used[Made]+used[Copies]+used[Books] {
		t.Fatal(used)
	}
	for _, c := range []struct {
		quota  int64
		within bool
	}{{50_000, false}, {100_000_000, true}, {0, true}} { // in this order: the last is none
		check(t, s.SetQuota(All, c.quota))
		if err := s.Within(); (err == nil) != c.within || err != nil && !errors.Is(err, ErrQuota) {
			t.Errorf("quota %d: %v", c.quota, err)
		}
	}
	// Of one class, and what makes room there; others go on.
	check(t, s.SetQuota(Books, 1_000_000))
	check(t, s.SetQuota(Made, 1_000_000))
	if err := s.Within(Made); err != nil {
		t.Error(err)
	}
	if err := s.Within(Made, Books); !errors.Is(err, ErrQuota) || !strings.Contains(err.Error(), "suiren care keep content") {
		t.Error(err)
	}
	check(t, s.SetQuota(Books, 0))
	if err := s.Within(Made, Books, Copies); err != nil {
		t.Error(err)
	}
	if s.SetQuota("letters", 1) == nil {
		t.Error("a class that there is none of")
	}
}
