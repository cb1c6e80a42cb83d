package account

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"suiren/serve"
	"suiren/stage/operate/access"
	"suiren/stage/operate/people"
)

// The shipped rules of a hospital and a court: a nurse opens a patient outside
// her ward, a clerk asks for a sealed case; each is refused, told why in both
// languages, and written down. Who has the right is let in.
func TestExamples(t *testing.T) {
	for _, tt := range []struct {
		house, who string
		tags       map[string][]string
		says       string
		rule       string // that refuses; "": let in
		en, zh     string
	}{
		{"hospital", "nurse", map[string][]string{"ward": {"cardiology"}}, "purpose=nursing&patient=P-0317", "", "", ""},
		{"hospital", "nurse", map[string][]string{"ward": {"cardiology"}}, "purpose=nursing&patient=P-0442", "patient-ward", "not of your ward", "不在您的病区"},
		{"hospital", "nurse", map[string][]string{"ward": {"cardiology"}}, "patient=P-0317", "patient-purpose", "purpose=treatment", "用途"},
		{"hospital", "nurse", map[string][]string{"ward": {"cardiology"}}, "", "", "", ""},
		{"court", "clerk", nil, "case_id=2026-17", "", "", ""},
		{"court", "clerk", nil, "case_id=2026-23", "sealed", "sealed", "封存"},
		{"court", "judge", map[string][]string{"case": {"2026-23"}}, "case_id=2026-23", "sealed", "sealed", "封存"}, // by a password alone
		{"court", "clerk", nil, "case_id=2026-99", "unknown-case", "not in the register", "没有这个案件"},
	} {
		t.Run(tt.house+" "+tt.who+" "+tt.says, func(t *testing.T) {
			h := build(t, func(a *Account, _ *serve.Config) {
				var err error
				if a.Rules, err = access.Load("../../examples/" + tt.house + "/access"); err != nil {
					t.Fatal(err)
				}
			})
			h.person(people.Person{Name: tt.who, Roles: []string{"user"}, Tags: tt.tags})
			b := h.as(tt.who)
			for lang, words := range map[string]string{"en": tt.en, "zh": tt.zh} {
				b.header = []string{"Suiren-Context", tt.says, "Accept-Language", lang}
				code, text := b.do("POST", "/v1/chat/completions", fmt.Sprintf(ask, "of-all"))
				if want := map[bool]int{true: 200, false: 403}[tt.rule == ""]; code != want || tt.rule != "" && !strings.Contains(text, words) {
					t.Errorf("%s: %d %s", lang, code, text)
				}
			}
			log, err := os.ReadFile(filepath.Join(h.dir, "audit.jsonl"))
			if err != nil || tt.rule != "" && strings.Count(string(log), `"deny"`) != 2 || tt.rule != "" && !strings.Contains(string(log), "by "+tt.rule) {
				t.Errorf("the audit log: %s", log)
			}
		})
	}

	// The judge who hears the case, with two factors; and not by a key.
	rules, err := access.Load("../../examples/court/access")
	if err != nil {
		t.Fatal(err)
	}
	says, err := serve.ParseContext(url.Values{"case_id": {"2026-23"}}.Encode())
	if err != nil {
		t.Fatal(err)
	}
	judge := access.Principal{Name: "judge", Roles: []string{"user"}, Tags: map[string][]string{"case": {"2026-23"}}, TwoFactors: true}
	may := func() bool {
		return rules.Decide(access.Request{Principal: judge, Action: "chat", Thing: access.Thing{Kind: "Model", ID: "m"}, Says: says, Time: time.Now()}).Allowed
	}
	if !may() {
		t.Error("the judge who hears the case")
	}
	if judge.Key = true; may() {
		t.Error("a key")
	}
}
