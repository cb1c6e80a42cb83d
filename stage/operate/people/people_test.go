package people

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"suiren/internal/say"
)

const good = "seven otters read poems"

func open(t testing.TB) (*Store, *time.Time) {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "people.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s.Now = func() time.Time { return now }
	return s, &now
}

func add(t testing.TB, s *Store, p Person) {
	t.Helper()
	if err := s.Add(p); err != nil {
		t.Fatal(err)
	}
}

// Hashes of the reference implementation are verified, and nothing else.
func TestArgon2Oracle(t *testing.T) {
	b, err := os.ReadFile("../../../testdata/oracle/argon2/hashes.txt")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(b)) {
		hash, password, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		n++
		if !verifyPassword(t.Context(), hash, password) {
			t.Errorf("%s does not verify", hash)
		}
		if verifyPassword(t.Context(), hash, password+" ") {
			t.Errorf("%s verifies another password", hash)
		}
	}
	if n != 3 {
		t.Errorf("%d hashes", n)
	}
	for _, bad := range []string{"", "$argon2i$v=19$m=64,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=99999999,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "$argon2id$v=19$m=64,t=1,p=1$AAAA$"} {
		if verifyPassword(t.Context(), bad, "") {
			t.Errorf("%q verifies", bad)
		}
	}
}

func TestAccounts(t *testing.T) {
	s, _ := open(t)
	add(t, s, Person{Name: "li", Roles: []string{"user"}, Tags: map[string][]string{"ward": {"3"}}})
	if err := s.Add(Person{Name: "li", Roles: []string{"owner"}}); !errors.Is(err, ErrExists) {
		t.Errorf("twice: %v", err)
	}
	if _, err := s.Find("nobody"); !errors.Is(err, ErrNone) {
		t.Errorf("nobody: %v", err)
	}
	for _, p := range []Person{
		{Name: ""}, {Name: "../x"}, {Name: strings.Repeat("a", 65)}, {Name: "a\nb"}, {Name: "w", Roles: []string{"root"}}, {Name: "w", Tenant: "none"},
		{Name: "w", Roles: []string{"system", "audit"}}, {Name: "w", Roles: []string{"security", "owner", "system"}}, {Name: "w", Tags: map[string][]string{"a": {strings.Repeat("x", 9000)}}},
	} {
		if s.Add(p) == nil {
			t.Errorf("%v was added", p)
		}
	}
	add(t, s, Person{Name: "王芳", Roles: []string{"audit", "viewer"}})
	if err := s.Change("王芳", func(p *Person) error { p.Roles = append(p.Roles, "security"); return nil }); err == nil {
		t.Error("two of the three administrators")
	}
	if err := s.Change("li", func(p *Person) error { p.Name, p.Tenant, p.Roles = "eve", "x", []string{"viewer"}; return nil }); err != nil {
		t.Error(err)
	}
	list, err := s.List()
	if err != nil || len(list) != 2 || list[0].Name != "li" || list[0].Tenant != "" || !slices.Equal(list[0].Roles, []string{"viewer"}) || list[0].Tags["ward"][0] != "3" {
		t.Errorf("%v %v", list, err)
	}
	if s.Remove("li") != nil || s.Remove("li") == nil {
		t.Error("not removed once")
	}
}

func TestSignIn(t *testing.T) {
	s, now := open(t)
	add(t, s, Person{Name: "li", Roles: []string{"user"}})
	if _, err := s.SignIn(t.Context(), "li", "", "here"); !errors.Is(err, ErrSignIn) {
		t.Errorf("an account without a password: %v", err)
	}
	for _, weak := range []string{"", "short", "aaaaaaaaaaaaaaaa", "my name is li!!", strings.Repeat("长", 300)} {
		if s.SetPassword("li", weak) == nil {
			t.Errorf("%q is a password", weak)
		}
	}
	if err := s.SetPassword("li", good); err != nil {
		t.Fatal(err)
	}
	x, err := s.Begin(Session{Name: "li", Kind: OfPerson, Ends: now.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if p, err := s.SignIn(t.Context(), "li", good, "here"); err != nil || p.Name != "li" {
		t.Errorf("%v %v", p, err)
	}
	if _, err := s.SignIn(t.Context(), "li", good+"!", "here"); !errors.Is(err, ErrSignIn) {
		t.Errorf("a wrong password: %v", err)
	}
	if err := s.Suspend("li", true); err != nil {
		t.Fatal(err)
	}
	if _, ok := s.Session(x); ok {
		t.Error("a session of somebody who is suspended")
	}
	if _, err := s.SignIn(t.Context(), "li", good, "here"); !errors.Is(err, ErrSignIn) {
		t.Errorf("suspended: %v", err)
	}
	if err := s.Suspend("li", false); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SignIn(t.Context(), "li", good, "here"); err != nil {
		t.Error(err)
	}
}

// After five failures one waits, longer each time; a right password then does
// not help before the wait is over, and one name's waits are not another's.
func TestTries(t *testing.T) {
	var tr tries
	now := time.Unix(1000, 0)
	fail := func() error {
		done, err := tr.begin(now, "name:li", "from:here")
		if err == nil {
			done(false)
		}
		return err
	}
	for i := range freeTries {
		if err := fail(); err != nil {
			t.Fatalf("failure %d: %v", i, err)
		}
	}
	last := time.Duration(0)
	for range 8 {
		err := fail()
		w, ok := errors.AsType[*Wait](err)
		if !ok || w.For <= last {
			t.Fatalf("after %v: %v", last, err)
		}
		last = w.For
		now = now.Add(w.For)
		if err := fail(); err != nil {
			t.Fatalf("after the wait: %v", err)
		}
	}
	if _, err := tr.begin(now, "name:wang", "from:there"); err != nil {
		t.Errorf("somebody else waits: %v", err)
	}
	if _, err := tr.begin(now, "name:wang", "from:here"); err == nil {
		t.Error("another name from the same address does not wait")
	}
	now = now.Add(maxWait + time.Minute)
	done, err := tr.begin(now, "name:li")
	if err != nil {
		t.Fatal(err)
	}
	done(true)
	if err := fail(); err != nil {
		t.Errorf("after a success: %v", err)
	}
	for i := range 3 * maxTries { // of many names the memory is bounded
		if done, err := tr.begin(now, string(rune('a'+i%26))+time.Duration(i).String()); err == nil {
			done(false)
		}
	}
	if len(tr.list) > maxTries {
		t.Errorf("%d names are remembered", len(tr.list))
	}
}

// Sessions live through a restart, end, and can be ended.
func TestSessions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "people.db")
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Add(Person{Name: "li", Roles: []string{"user"}}); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	secret, err := s.Begin(Session{Name: "li", Kind: OfPerson, Second: true, Ends: now.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	for _, name := range []string{path, path + "-wal"} {
		if b, _ := os.ReadFile(name); strings.Contains(string(b), secret) {
			t.Errorf("%s holds the secret", name)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v %v", info.Mode(), err)
	}
	if s, err = Open(path); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if x, ok := s.Session(secret); !ok || x.Name != "li" || !x.Second {
		t.Errorf("after a restart: %v %v", x, ok)
	}
	if _, ok := s.Session(secret + "x"); ok {
		t.Error("a made-up session")
	}
	other, err := s.Begin(Session{Name: "li", Kind: OfPerson, Ends: now.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.End(other); err != nil {
		t.Error(err)
	}
	if _, ok := s.Session(other); ok {
		t.Error("an ended session")
	}
	if list, err := s.Sessions("li"); err != nil || len(list) != 1 {
		t.Errorf("%v %v", list, err)
	}
	s.Now = func() time.Time { return now.Add(time.Hour) }
	if _, ok := s.Session(secret); ok {
		t.Error("a session never ends")
	}
	s.Now = time.Now
	if err := s.Change("li", func(p *Person) error { p.Roles = []string{"viewer"}; return nil }); err != nil {
		t.Fatal(err)
	}
	if _, ok := s.Session(secret); ok {
		t.Error("a session outlives its roles")
	}
}

func TestLink(t *testing.T) {
	s, now := open(t)
	add(t, s, Person{Name: "li", Roles: []string{"owner"}})
	old, _ := s.Link("li")
	token, err := s.Link("li")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Join(old, good); !errors.Is(err, ErrLink) {
		t.Errorf("a link that was replaced: %v", err)
	}
	if _, err := s.Join(token, "weak"); err == nil {
		t.Error("a weak password")
	}
	if p, err := s.Join(token, good); err != nil || p.Name != "li" {
		t.Errorf("%v %v", p, err)
	}
	if _, err := s.Join(token, good); !errors.Is(err, ErrLink) {
		t.Errorf("a link works twice: %v", err)
	}
	if _, err := s.SignIn(t.Context(), "li", good, ""); err != nil {
		t.Error(err)
	}
	token, _ = s.Link("li")
	*now = now.Add(linkTime)
	if _, err := s.Join(token, good); !errors.Is(err, ErrLink) {
		t.Errorf("an old link: %v", err)
	}
}

func TestTenants(t *testing.T) {
	s, _ := open(t)
	for _, name := range []string{"a", "b"} {
		if err := s.AddTenant(name, "Tenant "+name); err != nil {
			t.Fatal(err)
		}
	}
	add(t, s, Person{Name: "li", Tenant: "a", Roles: []string{"user"}})
	owners := func(want ...string) {
		t.Helper()
		if got, err := s.Owners("Base", "records"); err != nil || !slices.Equal(got, want) {
			t.Errorf("owners %q, want %q (%v)", got, want, err)
		}
	}
	owners()
	give := func(tenant string, has bool) {
		t.Helper()
		if err := s.Give(Share{"Base", "records"}, tenant, has); err != nil {
			t.Fatal(err)
		}
	}
	give("b", true)
	owners("b")
	give("a", true)
	give("b", false)
	owners("a")
	if s.Give(Share{"Base", "records"}, "none", true) == nil || s.Give(Share{"Car", "x"}, "a", true) == nil {
		t.Error("given to nobody, or a thing that is not given")
	}
	if s.RemoveTenant("a") == nil {
		t.Error("a tenant with people was removed")
	}
	if err := s.Remove("li"); err != nil {
		t.Fatal(err)
	}
	if err := s.RemoveTenant("a"); err != nil {
		t.Fatal(err)
	}
	owners("") // the house's, not everyone's
	list, err := s.Tenants()
	if err != nil || len(list) != 1 || list[0].Name != "b" || list[0].People != 0 {
		t.Errorf("%v %v", list, err)
	}
}

func TestEmergency(t *testing.T) {
	s, now := open(t)
	add(t, s, Person{Name: "li", Roles: []string{"user"}})
	if _, err := s.Break("li", "because", time.Hour); err == nil {
		t.Error("a short reason")
	}
	if _, err := s.Break("li", "cardiac arrest in ward 4, bed 2", 5*time.Hour); err == nil {
		t.Error("too long")
	}
	if _, err := s.Break("li", "cardiac arrest in ward 4, bed 2", time.Hour); err != nil {
		t.Fatal(err)
	}
	if list, err := s.Emergencies("li"); err != nil || len(list) != 1 || list[0].Reason == "" {
		t.Errorf("%v %v", list, err)
	}
	if list, _ := s.Emergencies("wang"); len(list) != 0 {
		t.Error("somebody else's")
	}
	*now = now.Add(time.Hour)
	if list, _ := s.Emergencies(""); len(list) != 0 {
		t.Error("it does not end")
	}
}

// Who comes from outside keeps the account, and gets the roles of today.
func TestKnown(t *testing.T) {
	s, _ := open(t)
	add(t, s, Person{Name: "li", Roles: []string{"owner"}})
	if _, err := s.Known("oidc", "sub-1", Person{Name: "li", Roles: []string{"user"}}); !errors.Is(err, ErrExists) {
		t.Errorf("an outer source takes a local account: %v", err)
	}
	p, err := s.Known("oidc", "sub-1", Person{Name: "li@house", Roles: []string{"user"}})
	if err != nil || p.Source != "oidc" {
		t.Fatalf("%v %v", p, err)
	}
	if p, err = s.Known("oidc", "sub-1", Person{Name: "renamed", Roles: []string{"viewer"}}); err != nil || p.Name != "li@house" || p.Roles[0] != "viewer" {
		t.Errorf("%v %v", p, err)
	}
	if s.SetPassword("li@house", good) == nil {
		t.Error("a local password for an account from outside")
	}
	if p, _ := s.Find("li"); p.Roles[0] != "owner" || p.Source != "" {
		t.Errorf("the local account: %v", p)
	}
	if text := say.Err(say.Chinese, ErrSignIn); !strings.Contains(text, "不正确") {
		t.Error(text)
	}
}
