package guard

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/stage"
)

func policyDir(t *testing.T, p *Policy) string {
	t.Helper()
	dir := t.TempDir()
	if err := p.Run(t.Context(), &stage.Job{Out: dir, Work: t.TempDir(), Emit: func(stage.Event) {}}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestTryPolicy(t *testing.T) {
	for _, pack := range Packs() {
		r, err := TryPolicy(policyDir(t, &Policy{Pack: pack, Keywords: []string{"durian", "榴莲"}, Allow: []string{"durian"}}))
		if err != nil || !r.OK() || r.Words < 4 {
			t.Errorf("%s: %+v %v", pack, r, err)
		}
		if r, err = TryPolicy(policyDir(t, &Policy{Pack: pack, Keywords: []string{"榴莲"}, Mode: "observe"})); err != nil || !r.OK() {
			t.Errorf("%s, observing: %+v %v", pack, r, err)
		}
	}
	// A word that ordinary sentences hold is found out.
	r, err := TryPolicy(policyDir(t, &Policy{Pack: "minimal", Keywords: []string{"宪法"}}))
	if err != nil || r.OK() || r.Refused != 1 || !strings.Contains(r.Examples[0], "宪法") {
		t.Errorf("%+v %v", r, err)
	}
	// So is a policy that cannot be read.
	dir := policyDir(t, &Policy{Pack: "minimal"})
	if err := os.WriteFile(filepath.Join(dir, policyFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := TryPolicy(dir); err == nil {
		t.Error("a broken policy passes")
	}
}

func TestLabelled(t *testing.T) {
	for _, c := range []struct {
		own, base string
		want      bool
	}{{"", "-", true}, {"none", "-", false}, {"none", "none", false}, {"none", "", true}, {"", "none", true}} {
		d := &document{Format: 2, Pack: "minimal", Label: c.own, Marks: map[string]string{}}
		if c.base != "-" {
			d.Base = &document{Format: 2, Pack: "minimal", Label: c.base, Marks: map[string]string{}}
		}
		p, err := d.open()
		if err != nil {
			t.Fatal(err)
		}
		if p.Labelled() != c.want {
			t.Errorf("%+v: labelled is %v", c, !c.want)
		}
	}
	if errs := (&Policy{Pack: "minimal", Label: "some"}).Check(); len(errs) != 1 {
		t.Error(errs)
	}
}
