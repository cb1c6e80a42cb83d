package operate

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Of people the chain has tokens. Who reads the log sees names, until one is erased:
// then neither file has it, the chain holds as before and nobody else's name is lost.
func TestAuditNames(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	a := auditOf(t, path, 0)
	b := auditOf(t, path, 0) // as another process
	defer b.Close()
	for _, l := range []*Audit{a, b, a} {
		if _, err := l.Append("zhangsan", "person.add", Name("lisi")+" user", ""); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.Append("lisi", "key.create", Name("zhangsan")+" a\x1fb", ""); err != nil {
		t.Fatal(err)
	}
	a.Append("cli", "x", "mail a@b @0123456789abcdef0123456789abcdef", "")
	before := get(t, path)
	if strings.Contains(before, "zhangsan") || strings.Contains(before, "lisi") || strings.Contains(before, `\u001f`) || !strings.Contains(before, `"cli"`) {
		t.Error(before)
	}
	names, err := AuditNames(path)
	if err != nil || len(names) != 2 {
		t.Fatalf("two processes gave %v, %v", names, err)
	}
	said := func() (out string) {
		t.Helper()
		if _, _, err := VerifyAudit(path); err != nil {
			t.Error(err)
		}
		if err := EachAudit(path, func(e *AuditEntry) error { out += e.Actor + ":" + e.Subject + ";"; return nil }); err != nil {
			t.Error(err)
		}
		return out
	}
	if got := said(); !strings.HasPrefix(got, "zhangsan:lisi user;zhangsan:lisi user;zhangsan:lisi user;lisi:zhangsan ab;cli:mail a@b") {
		t.Error(got)
	}
	list, _, err := SearchAudit(path, AuditQuery{Actor: "zhangsan", Limit: 9, Text: "lisi"})
	if err != nil || len(list) != 3 {
		t.Errorf("%+v, %v", list, err)
	}
	if _, _, err := Checkpoint(path); err != nil {
		t.Fatal(err)
	}

	if _, err := a.EraseName("zhangsan", "somebody"); err == nil {
		t.Error("a name that looks like another's")
	}
	if found, err := a.EraseName("zhangsan", "erased-X"); !found || err != nil {
		t.Fatal(found, err)
	}
	if found, err := a.EraseName("zhangsan", "erased-Y"); found || err != nil {
		t.Errorf("twice: %v, %v", found, err)
	}
	files, err := filepath.Glob(path + "*")
	for _, f := range files {
		if strings.Contains(get(t, f), "zhangsan") {
			t.Errorf("the name is in %s", f)
		}
	}
	if get(t, path) != before || err != nil {
		t.Error("the chain was changed")
	}
	if got := said(); !strings.HasPrefix(got, "erased-X:lisi user;erased-X:lisi user;erased-X:lisi user;lisi:erased-X ab;") {
		t.Error(got)
	}
	if n, err := VerifyCheckpoints(path, ""); n != 1 || err != nil {
		t.Error(n, err)
	}
	if _, err := b.Append("zhangsan", "x", "", ""); err != nil { // another one of the name
		t.Fatal(err)
	}
	if names, err = AuditNames(path); err != nil || len(names) != 3 {
		t.Errorf("%v, %v", names, err)
	}
	if got := said(); !strings.HasPrefix(got, "erased-X:") || !strings.HasSuffix(got, "zhangsan:;") {
		t.Error(got)
	}
}

// A name that is changed, swapped or gone is found, at its place.
func TestAuditNamesTampering(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	a := auditOf(t, path, 0)
	for i := range 3 {
		if _, err := a.Append(fmt.Sprint("person", i), "x", "y", ""); err != nil {
			t.Fatal(err)
		}
	}
	a.Close()
	names := get(t, path+".names")
	lines := strings.SplitAfter(names, "\n")[:3]
	for _, c := range []struct{ what, names, where string }{
		{"a changed name", strings.Replace(names, "person1", "person9", 1), ".names:2"},
		{"two names swapped", strings.NewReplacer("person0", "person1", "person1", "person0").Replace(names), ".names:1"},
		{"a line gone", lines[0] + lines[2], ":2"},
		{"all gone", "", ":1"},
		{"a name without its salt", strings.Join([]string{lines[0], `{"token":"@0123456789abcdef0123456789abcdef","name":"person1"}` + "\n", lines[2]}, ""), ".names:2"},
		{"no JSON", lines[0] + "{\n", ".names:2"},
	} {
		put(t, path+".names", c.names)
		if c.names == "" {
			os.Remove(path + ".names")
		}
		if _, _, err := VerifyAudit(path); err == nil || !strings.HasPrefix(err.Error(), path+c.where+": ") {
			t.Errorf("%s: %v, want %s", c.what, err, c.where)
		}
	}
}

// A log of an earlier program has names in its lines. It is read, and goes on.
func TestAuditOfBefore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	put(t, path, get(t, "testdata/audit-2026-11.jsonl"))
	put(t, path+".head", get(t, "testdata/audit-2026-11.jsonl.head"))
	a := auditOf(t, path, 0)
	if _, err := a.Append("zhangsan", "x", "", ""); err != nil {
		t.Fatal(err)
	}
	a.Close()
	list, _, err := SearchAudit(path, AuditQuery{Actor: "zhangsan", Limit: 9})
	if n, _, err2 := VerifyAudit(path); n != 3 || len(list) != 2 || err != nil || err2 != nil {
		t.Errorf("%d lines, %+v, %v, %v", n, list, err, err2)
	}
	if n := strings.Count(get(t, path), "zhangsan"); n != 1 {
		t.Errorf("the name stands %d times", n)
	}
}
