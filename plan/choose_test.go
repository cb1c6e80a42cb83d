package plan

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// chosen makes the plan of some blocks.
func (h *house) chosen(only, anew []string) (*Plan, error) {
	f, err := Load(h.dir, vocabulary)
	if err != nil {
		h.t.Fatal(err)
	}
	if f, err = f.Choose(only, anew); err != nil {
		return nil, err
	}
	return Make(context.Background(), f, h.st, machine, h.env)
}

func (h *house) choose(only, anew []string, want string) *Plan {
	h.t.Helper()
	p, err := h.chosen(only, anew)
	if err != nil {
		h.t.Fatal(err)
	}
	if got := shown(p, say.English); got != want[1:] {
		h.t.Errorf("the plan is\n%swant%s", got, want)
	}
	if err := h.apply(p); err != nil {
		h.t.Fatal(err)
	}
	return p
}

// Of some blocks what they need is made, and nothing else is touched.
func TestOnly(t *testing.T) {
	h := newHouse(t, chain)
	h.choose([]string{"weights.small", "examples.b"}, nil, "\n+ examples.a new\n+ examples.b new\n+ tokens.rows new\n+ weights.small new\n")
	h.expect("\n= examples.a\n= examples.b\n= tokens.rows\n= weights.small\n+ weights.large new\n+ release.tutor new\n", "")
	h.made()

	// What changed elsewhere, and what is no longer in the file, waits.
	h.edit(`"Two"`, `"Zwei"`)
	h.edit(`release "tutor"`, `release "other"`)
	h.choose([]string{"examples.a"}, nil, "\n= examples.a\n")
	h.choose([]string{"examples.b"}, nil, "\n~ examples.b text \"Zwei\", was \"Two\"\n")
	h.expect("\n= examples.a\n= examples.b\n~ tokens.rows examples.b changed\n~ weights.small tokens.rows will be made again\n~ weights.large tokens.rows will be made again\n"+
		"+ release.other new\n- release.tutor no longer in the plan file\n", "")

	// A saved plan keeps what was chosen.
	p, err := h.chosen([]string{"tokens.rows"}, []string{"tokens.rows"})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(h.dir, "a.plan")
	if err := p.Save(path); err != nil {
		t.Fatal(err)
	}
	s, err := ReadSaved(path)
	if err != nil {
		t.Fatal(err)
	}
	p, err = s.Remake(context.Background(), vocabulary, h.st, machine, h.env)
	if err != nil {
		t.Fatal(err)
	}
	if got := shown(p, say.English); got != "= examples.a\n= examples.b\n~ tokens.rows to be made anew\n" {
		t.Errorf("the saved plan is\n%s", got)
	}

	for name, want := range map[string]string{
		"weights.smal": "weights.smal: there is no such block here; did you mean weights.small?",
		"small":        "small: there is no such block here; it may be examples.a, examples.b, tokens.rows, weights.small, weights.large, release.other",
	} {
		if _, err := h.chosen([]string{name}, nil); !errors.Is(err, ErrInvalid) || err.Error() != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := h.chosen([]string{"examples.a"}, []string{"examples.b"}); err == nil {
		t.Error("a block that is left out is made anew")
	}
}

// What is made anew takes with it only what comes out otherwise.
func TestAnew(t *testing.T) {
	h := newHouse(t, chain)
	h.made()
	h.choose(nil, []string{"tokens.rows"}, "\n= examples.a\n= examples.b\n~ tokens.rows to be made anew\n~ weights.small tokens.rows will be made again\n"+
		"~ weights.large tokens.rows will be made again\n~ release.tutor weights.large will be made again\n")
	if got := strings.Join(h.begun, " ") + " / " + strings.Join(h.kept, " "); got != "tokens.rows / weights.small weights.large release.tutor" {
		t.Errorf("made / kept %s", got)
	}
	if p := h.plan(); !p.Empty() {
		t.Errorf("afterwards the plan is\n%s", shown(p, say.English))
	}
}

// What was begun anew and cut short goes on from its own checkpoint, with --anew or without,
// and never from one that the run before left.
func TestAnewCutShort(t *testing.T) {
	h := newHouse(t, chain)
	h.made()
	var key store.Digest
	for _, s := range h.plan().Steps() {
		if s.Ref.String() == "weights.small" {
			key = s.Key
		}
	}
	work, err := h.st.Work(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := put(filepath.Join(work, "operator"), "state", "old"); err != nil {
		t.Fatal(err)
	}
	found, killed := []string{}, errors.New("killed")
	growing = func(job *stage.Job) error {
		if p := shown(h.plan(), say.English); !strings.Contains(p, "~ weights.small is being made anew now\n") {
			t.Errorf("while it is made the plan is\n%s", p)
		}
		b, _ := os.ReadFile(filepath.Join(job.Work, "state"))
		found = append(found, string(b))
		return errors.Join(killed, put(job.Work, "state", fmt.Sprint(len(found))))
	}
	defer func() { growing = nil }()
	for _, anew := range [][]string{{"weights.small"}, nil, {"weights.small"}} {
		p, err := h.chosen(nil, anew)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.apply(p); !errors.Is(err, killed) {
			t.Fatal(err)
		}
		if _, _, err := h.st.GC(t.Context(), false); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(found, ","); got != ",1,2" {
		t.Errorf("the checkpoints that were found are %q", got)
	}
	if p := h.plan(); !strings.Contains(shown(p, say.English), "~ weights.small begun anew and cut short: it goes on") || !strings.Contains(shown(p, say.Chinese), "重做到一半被中断：将继续") {
		t.Errorf("the plan is\n%s", shown(p, say.English))
	}
	growing = nil
	h.made()
	if p := h.plan(); !p.Empty() {
		t.Errorf("afterwards the plan is\n%s", shown(p, say.English))
	}
}
