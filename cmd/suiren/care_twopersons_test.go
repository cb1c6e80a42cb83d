package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Where two persons are needed, none of the ways in lets one alone change what is
// served, who is remembered, or by which policy: not the plan's text from the page, not
// a release, an erasure, a reset; and the owner's own rules say who approves, on the
// command line too.
func TestTwoPersons(t *testing.T) {
	t.Parallel()
	dir, s := twoReleases(t)
	owner := s.Key
	s.cmd.Process.Kill()
	s.cmd.Wait()
	for name, role := range map[string]string{"asker": "owner", "second": "security", "third": "audit", "zs": "user"} {
		suiren(t, poem+"\n", "user", "add", name, "--plan", dir, "--password", "--role", role)
	}
	suiren(t, "", "care", "two-people", "plan", "release", "erase", "reset", "--plan", dir)
	rules := filepath.Join(t.TempDir(), "rules")
	if err := os.Mkdir(rules, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(rules, "own.cedar"), []byte(`@id("no-audit") @en("the auditor looks on") @zh("审计员只旁观")
forbid (principal in Role::"audit", action == Action::"approve", resource);`), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := startServer(program("serve", dir, "-o", "jsonl", "--listen", "127.0.0.1:0", "--access", rules))
	if err != nil {
		t.Fatal(err)
	}
	defer s.cmd.Process.Kill()
	enter := func(name string) *visitor {
		v := &visitor{t: t, address: s.Address}
		v.must("POST", "/api/session", `{"name":"`+name+`","password":"`+poem+`"}`)
		return v
	}
	asker, second, third, key := enter("asker"), enter("second"), enter("third"), &visitor{t: t, address: s.Address, key: owner}
	ask := func(method, path, body string) (id string) {
		t.Helper()
		code, text := asker.do(method, path, body)
		var r struct{ Approval struct{ ID string } }
		if err := json.Unmarshal([]byte(text), &r); code != 202 || err != nil || r.Approval.ID == "" {
			t.Fatalf("%s %s: %d %s", method, path, code, text)
		}
		if code, text := asker.do("POST", "/api/approvals/"+r.Approval.ID, `{"approve":true}`); code != 403 {
			t.Errorf("%s: the asker approves: %d %s", path, code, text)
		}
		if code, text := third.do("POST", "/api/approvals/"+r.Approval.ID, `{"approve":true}`); code != 403 || !strings.Contains(text, "looks on") {
			t.Errorf("%s: against the owner's rule: %d %s", path, code, text)
		}
		if code, text := key.do(method, path, body); code != 403 {
			t.Errorf("%s: a key: %d %s", path, code, text)
		}
		return r.Approval.ID
	}
	approve := func(id string) string {
		t.Helper()
		return second.must("POST", "/api/approvals/"+id, `{"approve":true,"reason":"looked at"}`)
	}

	// The plan's text, which lowers the policy.
	file := filepath.Join(dir, "suiren.hcl")
	read := func() string {
		t.Helper()
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	before := read()
	lower := strings.Replace(before, `keywords = ["durian"]`, `keywords = []`, 1)
	if lower == before {
		t.Fatal("nothing to lower")
	}
	save := func(text string) string {
		b, err := json.Marshal(map[string]string{"text": text, "sum": sumOf([]byte(before))})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if code, _ := asker.do("PUT", "/api/plan/file", save("nonsense {")); code != 400 {
		t.Errorf("a second person would be asked about nonsense: %d", code)
	}
	id := ask("PUT", "/api/plan/file", save(lower))
	if read() != before {
		t.Fatal("one person wrote the plan")
	}
	if text := second.must("GET", "/api/approvals", ""); !strings.Contains(text, `"act":"plan"`) || !strings.Contains(text, `keywords = []`) {
		t.Errorf("who approves does not see what: %s", text)
	}
	approve(id)
	if read() != lower {
		t.Error("what was approved is not written")
	}
	if code, _ := asker.do("PUT", "/api/plan/file", save(lower+"\n# more\n")); code != 400 { // of the old sum
		t.Errorf("a text over one that is gone: %d", code)
	}
	if text := key.must("GET", "/api/audit?action=plan.save", ""); !strings.Contains(text, `"actor":"asker"`) {
		t.Error(text)
	}

	// A release.
	id = ask("POST", "/api/releases/promote", `{"release":"tutor"}`)
	live := func() string { return suiren(t, "", "release", "list", "--plan", dir, "-o", "jsonl") }
	if was := live(); strings.Count(was, `"stage":"live"`) > 1 {
		t.Fatal(was)
	}
	if text := approve(id); !strings.Contains(text, `"version"`) {
		t.Error(text)
	}

	// Somebody.
	id = ask("POST", "/api/people/zs/erase", "")
	if text := suiren(t, "", "user", "list", "--plan", dir); !strings.Contains(text, "zs") {
		t.Fatal("one person erased")
	}
	if text := approve(id); !strings.Contains(text, `"as":"erased-`) {
		t.Error(text)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}

	// A reset, on the command line, by the rules that the server went by.
	fails := func(want string, args ...string) string {
		t.Helper()
		c := program(args...)
		c.Stdin = strings.NewReader(poem + "\n")
		out, err := c.CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	out := fails("needs a second person", "reset", "--everything", "--as", "asker", dir)
	_, id, _ = strings.Cut(out, "care approve ")
	id, _, _ = strings.Cut(id, " ")
	fails("the auditor looks on", "care", "approve", id, "--as", "third", "--plan", dir)
	suiren(t, poem+"\n", "care", "approve", id, "--as", "second", "--plan", dir)
	suiren(t, "", "audit", "verify", dir)
	suiren(t, poem+"\n", "reset", "--everything", "--as", "asker", dir)
	if _, err := os.Stat(filepath.Join(dir, ".suiren", "audit.jsonl")); err == nil {
		t.Error("it was approved, and not done")
	}
}
