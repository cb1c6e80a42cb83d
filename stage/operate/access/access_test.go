package access

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cedar-policy/cedar-go"

	"suiren/internal/say"
)

// Who may do what, by hand: for each action the roles that may, of the house.
var table = map[string]string{
	"use_session":   "owner system security audit operator user viewer",
	"read_state":    "owner system security audit operator user viewer",
	"read_models":   "owner system security audit operator user viewer",
	"chat":          "owner operator user",
	"embed":         "owner operator user",
	"rerank":        "owner operator user",
	"tokenize":      "owner operator user",
	"search":        "owner operator user",
	"read_receipt":  "owner operator user",
	"rate":          "owner operator user",
	"send_spans":    "owner operator user",
	"break_glass":   "owner operator user",
	"export":        "owner operator user",
	"unlabelled":    "owner",
	"read_plan":     "owner operator user viewer",
	"read_runs":     "owner operator user viewer",
	"read_metrics":  "owner system operator",
	"read_usage":    "owner system audit operator",
	"set_budget":    "owner system",
	"read_traces":   "owner audit operator",
	"read_audit":    "owner audit",
	"read_releases": "owner system security audit operator user viewer",
	"set_release":   "owner operator",
	"read_policy":   "owner security audit operator",
	"set_policy":    "owner security",
	"keep":          "owner system operator",
	"approve":       "owner security audit",
	"set_plan":      "owner operator",
	"read_data":     "owner operator",
	"set_data":      "owner operator",
	"read_bases":    "owner operator",
	"set_bases":     "owner operator",
	"read_library":  "owner system operator",
	"set_library":   "owner operator",
	"read_machine":  "owner system operator",
	"read_people":   "owner system security audit",
	"set_people":    "owner system",
	"set_roles":     "owner security",
	"set_keys":      "owner system",
	"set_tenants":   "owner system",
}

// ofHouse are the actions that nobody of a tenant may do, whatever the role.
const ofHouse = "read_plan read_runs read_metrics read_usage set_budget read_traces read_audit read_releases set_release read_policy set_policy keep approve set_tenants set_plan read_data set_data read_bases set_bases read_library set_library read_machine"

func thing(kind, tenant string) Thing {
	switch kind {
	case "Tenant":
		return Thing{Kind: kind, ID: tenant}
	case "Server":
		return Thing{Kind: kind}
	}
	t := Thing{Kind: kind, ID: "it"}
	if tenant != "all" {
		t.Tenants = []string{tenant}
	}
	return t
}

// Roles × actions × tenants are decided as the table says.
func TestTable(t *testing.T) {
	r := Default()
	list := Actions()
	if len(list) != len(table) {
		t.Errorf("%d actions, the table has %d", len(list), len(table))
	}
	n := 0
	for action, kind := range list {
		may := strings.Fields(table[action])
		for _, role := range append([]string{"none"}, Roles...) {
			for _, mine := range []string{"", "a", "b"} {
				for _, its := range []string{"", "a", "b", "all"} {
					n++
					want := false
					for _, m := range may {
						want = want || m == role
					}
					if mine != "" && strings.Contains(" "+ofHouse+" ", " "+action+" ") {
						want = false
					}
					switch kind {
					case "Tenant":
						want = want && (mine == "" || mine == its)
					case "Model", "Base":
						want = want && (its == "all" || mine == its)
					}
					d := r.Decide(Request{Principal: Principal{Name: "li", Roles: []string{role}, Tenant: mine}, Action: action, Thing: thing(kind, its), Time: time.Unix(0, 0)})
					if d.Allowed != want {
						t.Errorf("%s of %q may %s a %s of %q: %v (%v)", role, mine, action, kind, its, d.Allowed, d.Rules)
					}
					if !d.Allowed && (d.Why.In(say.English) == "" || d.Why.In(say.Chinese) == "" || d.Why.In(say.English) == d.Why.In(say.Chinese)) {
						t.Errorf("%s of %q on %s: no reason: %v", role, mine, action, d.Why)
					}
					if d.Hidden && (d.Allowed || mine == its || its == "all" && kind != "Tenant") {
						t.Errorf("%s of %q on %s: hidden", role, mine, action)
					}
				}
			}
		}
	}
	if n < 2000 {
		t.Errorf("only %d decisions", n)
	}
}

func TestKeyScopes(t *testing.T) {
	r := Default()
	key := Principal{Name: "k", Key: true, Roles: []string{User}, Actions: []string{"chat", "read_models"}, Models: []string{"it"}}
	for _, tt := range []struct {
		action, id string
		want       bool
	}{{"chat", "it", true}, {"chat", "other", false}, {"embed", "it", false}, {"read_models", "it", true}, {"read_models", "other", false}} {
		d := r.Decide(Request{Principal: key, Action: tt.action, Thing: Thing{Kind: "Model", ID: tt.id}})
		if d.Allowed != tt.want {
			t.Errorf("%s %s: %v %v", tt.action, tt.id, d.Allowed, d.Rules)
		}
	}
	if d := r.Decide(Request{Principal: Principal{Name: "k", Key: true, Roles: []string{Owner}}, Action: "break_glass", Thing: Thing{Kind: "Server"}}); d.Allowed {
		t.Error("a key breaks the glass")
	}
}

const hospital = `
@id("ward") @en("the patient is not of your ward") @zh("该患者不在您的病区")
forbid (principal, action in [Action::"chat", Action::"search"], resource)
when { context has patient && !(principal.hasTag("ward") && context.patient.hasTag("ward") && principal.getTag("ward").containsAny(context.patient.getTag("ward"))) }
unless { context.emergency };

@id("purpose") @en("say what it is for: purpose=treatment") @zh("请说明用途：purpose=treatment")
forbid (principal, action == Action::"search", resource)
when { resource.hasTag("class") && resource.getTag("class").contains("records") }
unless { context has purpose && context.purpose == "treatment" };

@id("sealed")
forbid (principal, action, resource)
when { context has case && context.case.hasTag("sealed") };
`

const wards = `[{"uid":{"type":"Patient","id":"P1"},"attrs":{},"parents":[],"tags":{"ward":["3"]}},
{"uid":{"type":"Case","id":"C9"},"attrs":{},"parents":[],"tags":{"sealed":["yes"]}},
{"uid":{"type":"Base","id":"records"},"attrs":{},"parents":[],"tags":{"class":["records"]}}]`

func put(t *testing.T, files ...string) string {
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		if err := os.WriteFile(filepath.Join(dir, files[i]), []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// An owner's rules: wards, purposes, sealed cases, and a broken glass.
func TestOwnRules(t *testing.T) {
	r, err := Load(put(t, "hospital.cedar", hospital, "entities.json", wards))
	if err != nil {
		t.Fatal(err)
	}
	nurse := func(ward string, emergency bool) Principal {
		return Principal{Name: "nurse", Roles: []string{User}, Tags: map[string][]string{"ward": {ward}}, Emergency: emergency}
	}
	for _, tt := range []struct {
		name string
		p    Principal
		act  string
		it   Thing
		says map[string]string
		want string
	}{
		{"her ward", nurse("3", false), "chat", Thing{Kind: "Model", ID: "m"}, map[string]string{"patient": "P1"}, ""},
		{"another ward", nurse("4", false), "chat", Thing{Kind: "Model", ID: "m"}, map[string]string{"patient": "P1"}, "ward"},
		{"another ward, emergency", nurse("4", true), "chat", Thing{Kind: "Model", ID: "m"}, map[string]string{"patient": "P1"}, ""},
		{"unknown patient", nurse("3", false), "chat", Thing{Kind: "Model", ID: "m"}, map[string]string{"patient": "P7"}, "ward"},
		{"no ward", Principal{Name: "x", Roles: []string{User}}, "chat", Thing{Kind: "Model", ID: "m"}, map[string]string{"patient": "P1"}, "ward"},
		{"no purpose", nurse("3", false), "search", Thing{Kind: "Base", ID: "records"}, nil, "purpose"},
		{"a purpose", nurse("3", false), "search", Thing{Kind: "Base", ID: "records"}, map[string]string{"purpose": "treatment"}, ""},
		{"an open base", nurse("3", false), "search", Thing{Kind: "Base", ID: "canteen"}, nil, ""},
		{"a sealed case", nurse("3", true), "chat", Thing{Kind: "Model", ID: "m"}, map[string]string{"case_id": "C9"}, "sealed"},
		{"another case", nurse("3", true), "chat", Thing{Kind: "Model", ID: "m"}, map[string]string{"case_id": "C8"}, ""},
	} {
		d := r.Decide(Request{Principal: tt.p, Action: tt.act, Thing: tt.it, Says: tt.says})
		if d.Allowed != (tt.want == "") || !d.Allowed && (len(d.Rules) != 1 || d.Rules[0] != tt.want || d.Why.In(say.Chinese) == "") {
			t.Errorf("%s: %+v", tt.name, d)
		}
	}
}

// What does not parse or fit is refused, with its place.
func TestBadRules(t *testing.T) {
	for name, files := range map[string][]string{
		"no cedar":           {"a.cedar", "permit everyone"},
		"unknown action":     {"a.cedar", `permit (principal, action == Action::"fly", resource);`},
		"unknown attribute":  {"a.cedar", `forbid (principal, action, resource) when { principal.shoe == "big" };`},
		"a type":             {"a.cedar", `forbid (principal, action, resource) when { context.purpose };`},
		"unguarded optional": {"a.cedar", `forbid (principal, action, resource) when { context.purpose == "x" };`},
		"an id twice":        {"a.cedar", `@id("owner") forbid (principal, action, resource);`},
		"hidden":             {"a.cedar", `@hidden("") forbid (principal, action, resource);`},
		"no json":            {"entities.json", `{`},
		"a person":           {"entities.json", `[{"uid":{"type":"Person","id":"eve"},"attrs":{"name":"eve","tenant":""},"parents":[{"type":"Role","id":"owner"}]}]`},
		"a tag of numbers":   {"entities.json", `[{"uid":{"type":"Patient","id":"P"},"attrs":{},"parents":[],"tags":{"ward":[3]}}]`},
	} {
		_, err := Load(put(t, files...))
		if err == nil || !strings.Contains(err.Error(), files[0]) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Load(put(t, "README.md", "not a rule")); err != nil {
		t.Error(err)
	}
}

// A rule that fails when it is evaluated denies: it is not passed over.
func TestFailingRuleDenies(t *testing.T) {
	r := Default()
	if err := r.add("default.cedar", []byte(`@id("overflows") forbid (principal, action, resource) when { context.hour * 9223372036854775807 * 9 == 1 };`)); err != nil {
		t.Fatal(err)
	}
	d := r.Decide(Request{Principal: Principal{Name: "o", Roles: []string{Owner}}, Action: "read_state", Thing: Thing{Kind: "Server"}, Time: time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)})
	if d.Allowed {
		t.Error("allowed, though a rule failed")
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(hospital, wards)
	f.Add(string(defaultText), "[]")
	base := Default()
	f.Fuzz(func(t *testing.T, rules, entities string) {
		r := &Rules{policies: cedar.NewPolicySet(), own: cedar.EntityMap{}, schema: base.schema}
		if r.add("a.cedar", []byte(rules)) != nil || r.entities("entities.json", []byte(entities)) != nil {
			return
		}
		r.Decide(Request{Principal: Principal{Name: "a", Roles: []string{User}}, Action: "chat", Thing: Thing{Kind: "Model", ID: "m"}, Says: map[string]string{"patient": "P1", "case_id": "x"}})
	})
}

func BenchmarkDefault(b *testing.B) {
	for b.Loop() {
		Default()
	}
}

func BenchmarkDecide(b *testing.B) {
	r := Default()
	q := Request{Principal: Principal{Name: "li", Roles: []string{User}, Tenant: "a"}, Action: "chat", Thing: Thing{Kind: "Model", ID: "m", Tenants: []string{"a"}}, Time: time.Unix(0, 0)}
	for b.Loop() {
		if !r.Decide(q).Allowed {
			b.Fatal("denied")
		}
	}
}

func TestReaders(t *testing.T) {
	tags := map[string][]string{"ward": {"7", "school/9"}, "tenant": {"school"}, "project": {"x"}}
	for _, c := range []struct {
		p    Principal
		want string
	}{
		{Principal{Name: "mary", Project: "library", Tags: tags}, "mary project:library ward:7 ward:school/9"},
		{Principal{Name: "ann", Tenant: "court", Project: "library", Tags: tags}, "ann tenant:court project:court/library ward:court/7 ward:court/school/9"},
		{Principal{Name: "bot", Key: true}, "bot"},
	} {
		if got := strings.Join(c.p.Readers(), " "); got != c.want {
			t.Errorf("%+v: %s, want %s", c.p, got, c.want)
		}
	}
}
