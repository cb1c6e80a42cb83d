package operate

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func auditOf(t testing.TB, path string, n int) *Audit {
	t.Helper()
	a, err := OpenAudit(path)
	if err != nil {
		t.Fatal(err)
	}
	a.Now = func() time.Time { return noon }
	for i := range n {
		if _, err := a.Append("key first", "refuse", fmt.Sprintf(`answer-%d,"hash":"x"}`, i), "content"); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

func TestAudit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	a := auditOf(t, path, 3)
	salt, err := a.Append("me", "release", "tutor", "张三")
	if err != nil {
		t.Fatal(err)
	}
	text := get(t, path)
	if strings.Contains(text, salt) || strings.Contains(text, "张三") || !strings.Contains(text, ContentDigest(salt, "张三")) {
		t.Errorf("the log keeps the wrong thing of a content: %s", text)
	}
	if salt, err := a.Append("me", "start", "", ""); salt != "" || err != nil {
		t.Errorf("no content: %q, %v", salt, err)
	}
	n, hash, err := VerifyAudit(path)
	if n != 5 || len(hash) != 64 || err != nil {
		t.Errorf("%d, %s, %v", n, hash, err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	auditOf(t, path, 2).Close() // goes on where it ended
	if n, _, err := VerifyAudit(path); n != 7 || err != nil {
		t.Errorf("after opening again: %d, %v", n, err)
	}
	if _, _, err := VerifyAudit(path + ".none"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no log: %v", err)
	}
}

func TestAuditTampering(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "audit.jsonl")
	auditOf(t, path, 5).Close()
	text, beside := get(t, path), get(t, path+".head")
	lines := strings.SplitAfter(text, "\n")[:5]
	auditOf(t, filepath.Join(dir, "other.jsonl"), 6).Close()
	join := func(l ...string) string { return strings.Join(l, "") }
	for _, c := range []struct {
		what, log, head string
		line            int // the first bad one
	}{
		{"a changed byte", strings.Replace(text, "answer-2", "answer-9", 1), beside, 3},
		{"a changed hash", join(lines[0], lines[1][:len(lines[1])-8]+"00000\"}\n", lines[2], lines[3], lines[4]), beside, 2},
		{"a removed line", join(lines[0], lines[2], lines[3], lines[4]), beside, 2},
		{"a moved line", join(lines[0], lines[2], lines[1], lines[3], lines[4]), beside, 2},
		{"a repeated line", join(lines[0], lines[1], lines[1], lines[2], lines[3], lines[4]), beside, 3},
		{"the first line gone", join(lines[1:]...), beside, 1},
		{"the end cut off", join(lines[:3]...), beside, 4},
		{"the last line break gone", strings.TrimSuffix(text, "\n"), beside, 5},
		{"everything cut off", "", beside, 1},
		{"the head gone", text, "", 6},
		{"an old head", text, `{"n":2,"hash":"` + zeroHash + `"}`, 6},
		{"another head", text, `{"n":5,"hash":"` + zeroHash + `"}`, 6},
		{"another head, one behind", text, `{"n":4,"hash":"` + zeroHash + `"}`, 6},
		{"no JSON in the head", text, `{`, 6},
		{"a line added", text + lines[4], beside, 6},
		{"an empty line", "\n" + text, beside, 1},
	} {
		put(t, path, c.log)
		put(t, path+".head", c.head)
		if c.head == "" {
			os.Remove(path + ".head")
		}
		where := fmt.Sprintf("%s:%d: ", path, c.line)
		if _, _, err := VerifyAudit(path); err == nil || !strings.HasPrefix(err.Error(), where) {
			t.Errorf("%s: verify says %v, want %s", c.what, err, where)
		}
		if a, err := OpenAudit(path); err == nil {
			a.Close()
			t.Errorf("%s: opened to be written", c.what)
		}
	}
}

// Whatever byte is flipped, whatever line is dropped, moved or doubled, wherever the
// log is cut: verify names the line.
func TestAuditEveryByte(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "audit.jsonl")
	const n = 4
	auditOf(t, path, n).Close()
	text, beside := get(t, path), get(t, path+".head")
	lines := strings.SplitAfter(text, "\n")[:n]
	check := func(what, log, head string, line int) {
		t.Helper()
		put(t, path, log)
		put(t, path+".head", head)
		_, _, err := VerifyAudit(path)
		if err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf("%s:%d: ", path, line)) {
			t.Errorf("%s: verify says %v, want line %d", what, err, line)
		}
	}
	line := 1
	for i := range len(text) {
		b := []byte(text)
		b[i] ^= 1 << (i % 8)
		check(fmt.Sprint("a bit of byte ", i), string(b), beside, line)
		if text[i] == '\n' {
			line++
		}
	}
	for i := range lines {
		without := slices.Concat(lines[:i:i], lines[i+1:])
		check(fmt.Sprint("without line ", i+1), strings.Join(without, ""), beside, i+1)
		for j := range i {
			moved := slices.Clone(lines)
			moved[i], moved[j] = moved[j], moved[i]
			check(fmt.Sprintf("lines %d and %d swapped", i+1, j+1), strings.Join(moved, ""), beside, j+1)
		}
		check(fmt.Sprint("line twice: ", i+1), strings.Join(slices.Concat(lines[:i+1:i+1], lines[i:]), ""), beside, i+2)
	}
	for i := 0; i < len(text); i += 7 {
		check(fmt.Sprint("cut at byte ", i), text[:i], beside, strings.Count(text[:i], "\n")+1)
	}
	for i := range len(beside) - 1 { // its line break says nothing
		b := []byte(beside)
		b[i] ^= 1
		put(t, path, text)
		put(t, path+".head", string(b))
		if _, _, err := VerifyAudit(path); err == nil || !strings.HasPrefix(err.Error(), path+":") {
			t.Errorf("byte %d of the head: %v in %s", i, err, b)
		}
	}
}

func TestAuditSearch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	a := auditOf(t, path, 7)
	for _, act := range []string{"key.create", "key.revoke", "keys"} {
		if _, err := a.Append("me", act, "x", ""); err != nil {
			t.Fatal(err)
		}
	}
	a.Close()
	for _, c := range []struct {
		q    AuditQuery
		ns   string
		next int64
	}{
		{AuditQuery{Limit: 3}, "[10 9 8]", 8}, {AuditQuery{Limit: 3, Before: 8}, "[7 6 5]", 5}, {AuditQuery{Limit: 9, Action: "key.*"}, "[9 8]", 0},
		{AuditQuery{Limit: 9, Actor: "me", Action: "keys"}, "[10]", 0}, {AuditQuery{Limit: 2, Text: "answer-"}, "[7 6]", 6}, {AuditQuery{Actor: "nobody"}, "[]", 0},
	} {
		list, next, err := SearchAudit(path, c.q)
		ns := []int64{}
		for _, e := range list {
			ns = append(ns, e.N)
		}
		if err != nil || fmt.Sprint(ns) != c.ns || next != c.next {
			t.Errorf("%+v: %v, next %d, %v", c.q, ns, next, err)
		}
	}
}

// A crash leaves part of a line, or a line whose head was not written yet.
func TestAuditTail(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "audit.jsonl")
	a := auditOf(t, path, 3)
	text3, head3 := get(t, path), get(t, path+".head")
	if _, err := a.Append("me", "stop", "", ""); err != nil {
		t.Fatal(err)
	}
	a.Close()
	text4 := get(t, path)
	for n := len(text3); n <= len(text4); n++ {
		put(t, path, text4[:n])
		put(t, path+".head", head3)
		want := int64(3)
		if n == len(text4) {
			want = 4
		}
		if n, _, err := VerifyAudit(path); n != want || err != nil {
			t.Fatalf("verify: %d, %v; want %d", n, err, want)
		}
		if n%16 == 0 || n >= len(text4)-1 {
			auditOf(t, path, 1).Close()
			if got, _, err := VerifyAudit(path); got != want+1 || err != nil {
				t.Fatalf("cut at %d, one more: %d, %v; want %d", n, got, err, want+1)
			}
		}
	}
}

func TestAuditTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	var wg sync.WaitGroup
	for range 2 { // as two processes
		a := auditOf(t, path, 0)
		defer a.Close()
		for range 3 {
			wg.Go(func() {
				for range 5 {
					if _, err := a.Append("me", "x", "y", "z"); err != nil {
						t.Error(err)
					}
					if _, _, err := VerifyAudit(path); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	wg.Wait()
	if n, _, err := VerifyAudit(path); n != 30 || err != nil {
		t.Errorf("%d of 30, %v", n, err)
	}
}

func FuzzAudit(f *testing.F) {
	path := filepath.Join(f.TempDir(), "audit.jsonl")
	auditOf(f, path, 2).Close()
	text, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"n":1,"hash":"` + zeroHash + `"}` + "\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h := head{Hash: zeroHash}
		whole, err := lines(bytes.NewReader(b), func(l []byte) error { return h.next(l) })
		if err == nil && h.N != int64(bytes.Count(b[:whole], []byte("\n"))) {
			t.Errorf("%d lines counted in %q", h.N, b)
		}
	})
}

func BenchmarkAuditAppend(b *testing.B) {
	a := auditOf(b, filepath.Join(b.TempDir(), "audit.jsonl"), 0)
	defer a.Close()
	for b.Loop() {
		if _, err := a.Append("key first", "refuse", "answer", "content"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAuditVerify(b *testing.B) {
	var text bytes.Buffer
	path := filepath.Join(b.TempDir(), "audit.jsonl")
	auditOf(b, path, 1000).Close()
	text.WriteString(get(b, path))
	for b.Loop() {
		h := head{Hash: zeroHash}
		if _, err := lines(bytes.NewReader(text.Bytes()), func(l []byte) error { return h.next(l) }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "records/s")
}

// With its trace, the content of a refusal can be held against the log.
func TestRefusalContent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	a, err := OpenAudit(path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	salt, err := a.Append("first", "refuse", "id", "be kind\n怎么做\nno")
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := `"content":"` + ContentDigest(salt, "be kind\n怎么做\nno") + `"`; !strings.Contains(string(b), want) {
		t.Errorf("no %s in %s", want, b)
	}
}
