package ledger

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The forms that earlier programs wrote.
const (
	form0 = `create table requests (id text primary key, time integer not null, caller text not null, release text not null, reason text not null,
	prompt integer not null, completion integer not null, reasoning integer not null, cpu integer not null) strict;
create index requests_time on requests (time);`
	form1 = form0 + `create table days (caller text not null, day text not null, requests integer not null, tokens integer not null, cpu integer not null, primary key (caller, day)) strict, without rowid;
create table budgets (caller text not null, unit text not null, period text not null, amount integer not null, primary key (caller, unit, period)) strict, without rowid;
create table holds (id text primary key, caller text not null, tokens integer not null, expires integer not null) strict;
insert into budgets values ('k', 'tokens', 'total', 20), ('*', 'requests', 'total', 9);
pragma user_version = 1;`
)

func TestMigrate(t *testing.T) {
	for i, form := range []string{form0, form1} {
		dir := t.TempDir()
		path := filepath.Join(dir, "usage.db")
		db, err := sql.Open("sqlite", path)
		if err == nil {
			_, err = db.Exec(form)
		}
		if err == nil {
			_, err = db.Exec(`insert into requests values ('a',?1,'k','r','stop',5,7,2,10), ('b',?1,'k','r','stop',1,1,1,20), ('c',?1,'m','r2','cancelled',1,0,0,0)`, noon.UnixMicro())
		}
		if err != nil {
			t.Fatal(err)
		}
		db.Close()
		if err := os.Mkdir(filepath.Join(dir, "traces"), 0o700); err != nil {
			t.Fatal(err)
		}
		lines := `{"id":"a","time":"2026-11-24T12:00:00Z","caller":"k","messages":[{"role":"user","text":"1+1?"}],"answer":"2","params":{"seed":7},"seed":18446744073709551615,"reason":"stop"}
{"rates":"a","time":"2026-11-24T12:00:01Z","good":false}
{"rates":"a","time":"2026-11-24T12:00:02Z","good":true,"why":"right"}
{"id":"old","time":"2026-01-01T00:00:00Z","messages":[],"answer":"","seed":1,"reason":"length"}
{"id":"b","time":"2026-11-24T12:00:00Z","mess`
		traces := filepath.Join(dir, "traces", "tutor.jsonl")
		if err := os.WriteFile(traces, []byte(lines), 0o600); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			l := open(t, path)
			if err := l.Import(filepath.Dir(traces)); err != nil {
				t.Fatal(err)
			}
			sum, n := balanced(t, l)
			if n != 4 || sum.Prompt != 7 || sum.Thought != 3 || sum.Answer != 5 || sum.CPU != 30 || sum.Requests != 3 {
				t.Errorf("form %d: %+v in %d entries", i, sum, n)
			}
			r, err := l.Find("a")
			if err != nil || r.Model != "tutor" || r.Content == nil || r.Content.Messages[0].Text != "1+1?" || r.Seed != 1<<64-1 || r.Rating == nil || !r.Rating.Good || r.Rating.Why != "right" {
				t.Errorf("form %d: %+v, %v", i, r, err)
			}
			rated, err := l.Rated("tutor")
			if err != nil || len(rated) != 1 || rated[0].Question != "1+1?" || rated[0].Rating != 1 {
				t.Errorf("form %d: %+v, %v", i, rated, err)
			}
			list, err := l.Budgets()
			if err != nil || len(list) != 2*i || i == 1 && (list[0].Scope != OfAll || list[0].Used != 3 || list[1].Name != "k" || list[1].Used != 14) {
				t.Errorf("form %d: %+v, %v", i, list, err)
			}
		}
		copied, err := sql.Open("sqlite", path+".v"+string(rune('0'+i)))
		if err != nil {
			t.Fatal(err)
		}
		var n int
		if err := copied.QueryRow(`select count(*) from requests`).Scan(&n); err != nil || n != 3 {
			t.Errorf("form %d: the copy has %d requests, %v", i, n, err)
		}
		copied.Close()
		if _, err := os.Stat(traces + ".imported"); err != nil {
			t.Error(err)
		}
	}
}

func TestLaterForm(t *testing.T) {
	path := filepath.Join(t.TempDir(), "usage.db")
	db, err := sql.Open("sqlite", path)
	if err == nil {
		_, err = db.Exec(`pragma user_version = 9`)
	}
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "later program") {
		t.Errorf("opened: %v", err)
	}
}

func TestImportBroken(t *testing.T) {
	l := fresh(t)
	for _, text := range []string{"{\n", "null\n", `{"id":"a","rates":"a"}` + "\n", "[]\n"} {
		path := filepath.Join(t.TempDir(), "x.jsonl")
		if err := os.WriteFile(path, []byte(`{"id":"first","reason":"stop","caller":"k"}`+"\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := l.Import(filepath.Dir(path)); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: %v", text, err)
		}
		if _, err := l.Find("first"); err != ErrNoAnswer {
			t.Errorf("%q: half of it was taken", text)
		}
	}
}

func FuzzBook(f *testing.F) {
	f.Add([]byte(book), int64(7))
	f.Add([]byte(`{"currency":"CNY","price":{"*":{"answer":"0.000001"}}}`), int64(1)<<33)
	f.Fuzz(func(t *testing.T, text []byte, n int64) {
		b, err := ParseBook("book", text)
		if err != nil {
			return
		}
		a := Amounts{Requests: 1, Prompt: n, Answer: n, CPU: n, Energy: n}
		if !a.possible() {
			return
		}
		if c := b.cost("tutor", &a); c < 0 || c > b.worst("tutor", n, n, n, n) {
			t.Errorf("%d tokens cost %d, at most %d", n, c, b.worst("tutor", n, n, n, n))
		}
	})
}
