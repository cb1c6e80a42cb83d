package plan

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
)

// A saved plan that was begun goes on, one that is done says so, and one that another plan
// has passed is refused.
func TestSavedResumed(t *testing.T) {
	h := newHouse(t, chain)
	path := filepath.Join(h.dir, "a.plan")
	save := func(anew ...string) {
		t.Helper()
		p, err := h.chosen(nil, anew)
		if err == nil {
			err = p.Save(path)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	remake := func() (*Plan, error) {
		t.Helper()
		s, err := ReadSaved(path)
		if err != nil {
			t.Fatal(err)
		}
		return s.Remake(context.Background(), vocabulary, h.st, machine, h.env)
	}
	killed := errors.New("killed")
	defer func() { growing = nil }()
	cut := func(want string) {
		t.Helper()
		growing = func(*stage.Job) error { return killed }
		p, err := remake()
		if err != nil {
			t.Fatal(err)
		}
		if err := h.apply(p); !errors.Is(err, killed) {
			t.Fatal(err)
		}
		growing = nil
		if p, err = remake(); err != nil {
			t.Fatal(err)
		}
		if got := shown(p, say.English); got != want[1:] {
			t.Errorf("cut short, the saved plan is\n%swant%s", got, want)
		}
	}
	done := func(begun string) {
		t.Helper()
		p, err := remake()
		if err == nil {
			err = h.apply(p)
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(h.begun, " "); got != begun {
			t.Errorf("it made %s", got)
		}
		if p, err = remake(); err != nil || !p.Empty() {
			t.Errorf("done, it is not empty (%v)", err)
		}
	}
	save()
	cut("\n= examples.a\n= examples.b\n= tokens.rows\n+ weights.small new\n+ weights.large new\n+ release.tutor new\n")
	done("weights.small weights.large release.tutor")

	// What is to be made again, of other inputs, of another name, and no longer.
	h.edit(`"Two"`, `"Zwei"`)
	h.edit(`release "tutor"`, `release "other"`)
	save()
	cut("\n= examples.a\n= examples.b\n= tokens.rows\n~ weights.small tokens.rows changed\n~ weights.large tokens.rows changed\n+ release.other new\n- release.tutor no longer in the plan file\n")
	done("weights.small weights.large release.other")

	// What is to be made anew is so once, though it comes out as it was.
	save("tokens.rows", "weights.small")
	cut("\n= examples.a\n= examples.b\n= tokens.rows\n~ weights.small begun anew and cut short: it goes on\n= weights.large\n= release.other\n")
	done("weights.small")

	// Another plan was applied: before it was begun, and after.
	refused := func(want string) {
		t.Helper()
		if _, err := remake(); !errors.Is(err, ErrMoved) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %s", err, want)
		}
	}
	source, err := os.ReadFile(filepath.Join(h.dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	h.edit(`"Zwei"`, `"Deux"`)
	save()
	second, err := os.ReadFile(filepath.Join(h.dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	h.edit(`"Deux"`, `"Tre"`)
	h.made()
	h.file(FileName, string(second))
	refused("something else stands as examples.b")
	h.file(FileName, string(source))
	h.made()
	h.file(FileName, string(second))
	if p, err := remake(); err != nil || p.Empty() {
		t.Errorf("all stands as it did: %v", err)
	}
	done("examples.b tokens.rows weights.small weights.large release.other")
	h.edit(`release "other"`, `release "third"`)
	h.made()
	h.file(FileName, string(second))
	refused("release.other stands no more")
}
