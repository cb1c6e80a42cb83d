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
	"suiren/run"
	"suiren/stage"
	"suiren/store"
)

var machine = stage.Machine{CPU: "test", Arch: "test", Cores: 1, Threads: 1, Memory: 1 << 30, Peak: 1e9}

// A house is a folder with a plan file, and its store.
type house struct {
	t     testing.TB
	dir   string
	st    *store.Store
	env   Env
	begun []string // steps that the last apply began
	kept  []string // steps that it found unchanged on the way
	told  []string // of steps that it passed over, and of all
}

func newHouse(t testing.TB, src string) *house {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "plan") // where there is one, syncing costs nothing
	if err != nil {
		dir, err = filepath.EvalSymlinks(t.TempDir())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	h := &house{t: t, dir: dir}
	if h.st, err = store.Open(filepath.Join(dir, ".suiren")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.st.Close() })
	h.file(FileName, src)
	return h
}

func (h *house) file(name, text string) {
	h.t.Helper()
	if err := put(h.dir, name, text); err != nil {
		h.t.Fatal(err)
	}
}

// edit replaces a part of the plan file.
func (h *house) edit(old, new string) {
	h.t.Helper()
	b, err := os.ReadFile(filepath.Join(h.dir, FileName))
	if err != nil || !strings.Contains(string(b), old) {
		h.t.Fatalf("no %q in the plan file (%v)", old, err)
	}
	h.file(FileName, strings.Replace(string(b), old, new, 1))
}

func (h *house) plan() *Plan {
	h.t.Helper()
	p, err := h.tryPlan()
	if err != nil {
		h.t.Fatal(lines(err, say.English))
	}
	return p
}

func (h *house) tryPlan() (*Plan, error) {
	f, err := Load(h.dir, vocabulary)
	if err != nil {
		return nil, err
	}
	return Make(context.Background(), f, h.st, machine, h.env)
}

func (h *house) apply(p *Plan) error {
	h.begun, h.kept, h.told = nil, nil, nil
	return Apply(context.Background(), p, h.st, machine, Options{Version: "test", Emit: func(e stage.Event) {
		switch e.Type {
		case run.TypeBegin:
			h.begun = append(h.begun, e.Step)
		case TypeKept:
			h.kept = append(h.kept, e.Step)
		case TypeSkipped:
			h.told = append(h.told, e.Step+": "+e.Text.In(say.English))
		case TypeApplied:
			h.told = append(h.told, e.Step+": "+e.Text.In(say.English)+" "+fmt.Sprint(e.Vals))
		}
	}})
}

// made plans and applies, and checks that the plan is empty then.
func (h *house) made() {
	h.t.Helper()
	if err := h.apply(h.plan()); err != nil {
		h.t.Fatal(err)
	}
	if p := h.plan(); !p.Empty() {
		h.t.Fatalf("after apply the plan is\n%s", shown(p, say.English))
	}
}

// shown writes a plan, a line for each step.
func shown(p *Plan, lang say.Lang) string {
	var b strings.Builder
	for _, s := range p.Steps() {
		b.WriteString(strings.TrimSpace(s.Action.Mark()+" "+s.Ref.String()+" "+s.Reason.In(lang)) + "\n")
	}
	return b.String()
}

func (h *house) expect(en, zh string) *Plan {
	h.t.Helper()
	p := h.plan()
	if got := shown(p, say.English); en != "" && got != strings.TrimPrefix(en, "\n") {
		h.t.Errorf("the plan is\n%swant%s", got, en)
	}
	if got := shown(p, say.Chinese); zh != "" && got != strings.TrimPrefix(zh, "\n") {
		h.t.Errorf("the plan is\n%swant%s", got, zh)
	}
	return p
}

// lastRun returns the state of the newest run, and how many there are.
func (h *house) lastRun() (string, int) {
	h.t.Helper()
	list, err := run.Runs(h.st.Path())
	if err != nil || len(list) == 0 {
		h.t.Fatal("no runs", err)
	}
	return list[0].State, len(list)
}

const chain = `
examples "a" { text = "One" }
examples "b" { text = "Two" }
tokens "rows" { from = [examples.a, examples.b] }
weights "small" {
  train = "grow"
  from  = tokens.rows
}
weights "large" {
  train = "grow"
  from  = tokens.rows
  by    = 3
}
release "tutor" { weights = weights.large }
`

func TestPlanAndApply(t *testing.T) {
	h := newHouse(t, chain)
	p := h.expect(`
+ examples.a new
+ examples.b new
+ tokens.rows new
+ weights.small new
+ weights.large new
+ release.tutor new
`, `
+ examples.a 新建
+ examples.b 新建
+ tokens.rows 新建
+ weights.small 新建
+ weights.large 新建
+ release.tutor 新建
`)
	if list, _ := os.ReadDir(filepath.Join(h.st.Path(), "artifacts")); len(list) > 0 {
		t.Errorf("planning wrote %v", list)
	}
	if err := h.apply(p); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(h.begun, " "); got != "examples.a examples.b tokens.rows weights.small weights.large release.tutor" {
		t.Errorf("made %s", got)
	}
	for _, s := range p.Steps() {
		if s.State != Done || s.Output.IsZero() || s.Actual == nil {
			t.Errorf("after apply %s is %+v", s.Ref, s)
		}
	}
	if p = h.expect("\n= examples.a\n= examples.b\n= tokens.rows\n= weights.small\n= weights.large\n= release.tutor\n", ""); !p.Empty() {
		t.Error("after apply the plan is not empty")
	}
	if err := h.apply(p); err != nil || h.begun != nil {
		t.Errorf("an empty plan made %v (%v)", h.begun, err)
	}
	if state, n := h.lastRun(); state != run.Done || n != 1 { // nothing was done, so there is nothing to tell
		t.Errorf("%d runs, the last %s", n, state)
	}

	// A setting changes: it and what depends on it.
	h.edit("by    = 3", "by    = 4")
	h.expect(`
= examples.a
= examples.b
= tokens.rows
= weights.small
~ weights.large by 4, was 3
~ release.tutor weights.large will be made again
`, `
= examples.a
= examples.b
= tokens.rows
= weights.small
~ weights.large by 由 3 改为 4
~ release.tutor weights.large 将重做
`)
	h.made()
	if got := strings.Join(h.begun, " "); got != "weights.large release.tutor" {
		t.Errorf("made %s", got)
	}

	// Back again: all of it is there, and yet there is something to note.
	h.edit("by    = 4", "by    = 3")
	p = h.expect("\n= examples.a\n= examples.b\n= tokens.rows\n= weights.small\n= weights.large made before\n= release.tutor made before\n",
		"\n= examples.a\n= examples.b\n= tokens.rows\n= weights.small\n= weights.large 以前做过\n= release.tutor 以前做过\n")
	if p.Empty() {
		t.Error("the plan is empty, but another release stands")
	}
	h.made()
	if h.begun != nil {
		t.Errorf("made %s", h.begun)
	}

	// What only the verdict may see changes: rows read the other part.
	h.edit(`"One"`, `"ONE"`)
	h.expect(`
~ examples.a text "ONE", was "One"
= examples.b
~ tokens.rows examples.a will be made again
~ weights.small tokens.rows will be made again
~ weights.large tokens.rows will be made again
~ release.tutor weights.large will be made again
`, "")
	h.made()
	if got := strings.Join(h.begun, " ") + " / " + strings.Join(h.kept, " "); got != "examples.a / tokens.rows weights.small weights.large release.tutor" {
		t.Errorf("made / kept %s", got)
	}

	// A new name for the same thing.
	h.edit("weights \"large\"", "weights \"big\"")
	h.edit("weights.large", "weights.big")
	p = h.expect("\n= examples.a\n= examples.b\n= tokens.rows\n= weights.small\n= weights.big was weights.large\n= release.tutor\n- weights.large is weights.big now\n",
		"\n= examples.a\n= examples.b\n= tokens.rows\n= weights.small\n= weights.big 原名 weights.large\n= release.tutor\n- weights.large 现名 weights.big\n")
	h.made()
	if s := p.Steps()[4]; s.Actual == nil || s.Actual.Peak != machine.Peak {
		t.Errorf("what it took: %+v", s.Actual)
	}
}

func TestLostArtifact(t *testing.T) {
	h := newHouse(t, chain)
	h.made()
	p := h.plan()
	rows := p.Steps()[2]
	if err := os.RemoveAll(filepath.Join(h.st.Path(), "artifacts", rows.Output.String())); err != nil {
		t.Fatal(err)
	}
	h.expect("\n= examples.a\n= examples.b\n~ tokens.rows its artifact is no longer in the store\n"+
		"~ weights.small tokens.rows will be made again\n~ weights.large tokens.rows will be made again\n~ release.tutor weights.large will be made again\n", "")
	h.made()
	if got := strings.Join(h.begun, " "); got != "tokens.rows" { // the same bytes again: the rest stands
		t.Errorf("made %s", got)
	}
}

func TestApplyStops(t *testing.T) {
	h := newHouse(t, chain)
	h.edit("release \"tutor\" { weights = weights.large }", "release \"tutor\" {\n weights = weights.large\n refuse = true\n}")
	p := h.plan()
	if err := h.apply(p); !errors.Is(err, stage.ErrRefused) || !strings.Contains(err.Error(), "not good enough") {
		t.Errorf("a refusal: %v", err)
	}
	if state, _ := h.lastRun(); state != run.Failed {
		t.Errorf("after a refusal the run is %s", state)
	}
	if s := p.Steps()[5]; s.State != Failed || s.Action != Add {
		t.Errorf("after a refusal %+v", s)
	}
	p = h.expect("\n= examples.a\n= examples.b\n= tokens.rows\n= weights.small\n= weights.large\n+ release.tutor new\n", "")

	// A cancelled apply leaves what is done.
	h.edit("refuse = true", "refuse = false")
	h.edit("by    = 3", "by    = 5")
	ctx, cancel := context.WithCancel(context.Background())
	err := Apply(ctx, h.plan(), h.st, machine, Options{Emit: func(e stage.Event) {
		if e.Type == run.TypeMade && e.Step == "weights.large" {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if state, _ := h.lastRun(); state != run.Interrupted {
		t.Errorf("after a cancel the run is %s", state)
	}
	h.expect("\n= examples.a\n= examples.b\n= tokens.rows\n= weights.small\n= weights.large\n+ release.tutor new\n", "")
	h.made()

	// Another process holds the store, or was faster.
	unlock, err := h.st.Lock()
	if err != nil {
		t.Fatal(err)
	}
	h.edit("by    = 5", "by    = 6")
	p = h.plan()
	if err := h.apply(p); !errors.Is(err, store.ErrLocked) {
		t.Errorf("locked: %v", err)
	}
	if err := Apply(t.Context(), h.plan(), h.st, machine, Options{Locked: true}); err != nil {
		t.Errorf("locked by the caller: %v", err)
	}
	unlock()
	h.edit("by    = 6", "by    = 7")
	if err := h.apply(h.plan()); err != nil {
		t.Fatal(err)
	}
	if err := h.apply(p); !errors.Is(err, ErrMoved) {
		t.Errorf("an old plan: %v", err)
	}
}

// apart are two chains that share nothing, and what needs both.
const apart = `
examples "a" { text = "One" }
examples "b" { text = "Two" }
tokens "a" { from = [examples.a] }
tokens "b" { from = [examples.b] }
weights "a" {
  train = "grow"
  from  = tokens.a
}
weights "b" {
  train = "grow"
  from  = tokens.b
}
weights "both" {
  train = "mix"
  of    = [weights.a, weights.b]
}
release "b" { weights = weights.b }
`

// states writes what became of each step, and why where it was not made.
func states(p *Plan, lang say.Lang) string {
	var b strings.Builder
	for _, n := range p.View(lang).Nodes {
		b.WriteString(strings.TrimSpace(fmt.Sprintf("%s.%s %s %s", n.Kind, n.Name, n.State, n.Why)) + "\n")
	}
	return b.String()
}

// A step that fails takes what needs it with it, and nothing else.
func TestApplyGoesOn(t *testing.T) {
	h := newHouse(t, apart)
	h.made()
	h.edit(`"One"`, `"fail"`)
	h.edit(`"Two"`, `"Zwei"`)
	h.edit(`release "b"`, `release "c"`) // b is to be removed
	p := h.plan()
	err := h.apply(p)
	if err == nil || err.Error() != "examples.a: the text fails" || say.Err(say.Chinese, err) != "examples.a: 文本失败" {
		t.Errorf("the error is %v", err)
	}
	for lang, want := range map[say.Lang]string{say.English: `
examples.a failed examples.a: the text fails
examples.b done
tokens.a skipped not made because of examples.a, which failed
tokens.b done
weights.a skipped not made because of examples.a, which failed
weights.b done
weights.both skipped not made because of examples.a, which failed
release.c done
release.b skipped not removed, as not all was made
`, say.Chinese: `
examples.a failed examples.a: 文本失败
examples.b done
tokens.a skipped 因 examples.a 失败而未做
tokens.b done
weights.a skipped 因 examples.a 失败而未做
weights.b done
weights.both skipped 因 examples.a 失败而未做
release.c done
release.b skipped 因并非全部做成而未移除
`} {
		if got := states(p, lang); got != want[1:] {
			t.Errorf("the steps are\n%swant%s", got, want)
		}
	}
	if got := strings.Join(h.begun, " "); got != "examples.a examples.b tokens.b weights.b release.c" {
		t.Errorf("began %s", got)
	}
	if got := strings.Join(h.told, " / "); got != "tokens.a: not made because of examples.a, which failed / weights.a: not made because of examples.a, which failed / "+
		"weights.both: not made because of examples.a, which failed / release.b: not removed, as not all was made / : Applied: 4 made, 1 failed, 3 not made, 1 not removed. map[failed:1 made:4 not_removed:1 skipped:3]" {
		t.Errorf("told %s", got)
	}
	if state, _ := h.lastRun(); state != run.Failed {
		t.Errorf("the run is %s", state)
	}
	// What did not come about is as it was, and is left to make.
	h.expect(`
~ examples.a text "fail", was "One"
= examples.b
~ tokens.a examples.a will be made again
= tokens.b
~ weights.a tokens.a will be made again
= weights.b
~ weights.both weights.a will be made again; weights.b changed
= release.c
- release.b no longer in the plan file
`, "")

	// Each that failed is named, and so is what both took with them.
	h.edit(`"Zwei"`, `"break"`)
	p = h.plan()
	err = h.apply(p)
	if err == nil || err.Error() != "examples.a: the text fails\nexamples.b: the operator lesson broke: broken; this is a fault of the program: please report it with the last line of the run's log" {
		t.Errorf("the error is %v", err)
	}
	if got := states(p, say.English); !strings.Contains(got, "\nweights.both skipped not made because of examples.a, examples.b, which failed\n") {
		t.Errorf("the steps are\n%s", got)
	}

	h.edit(`"fail"`, `"Eins"`)
	h.edit(`"break"`, `"Zwei"`)
	h.made()
	if got := strings.Join(h.told, " / "); got != ": Applied: 4 made, 1 removed. map[made:4 removed:1]" {
		t.Errorf("told %s", got)
	}
}

// What every other step would meet too ends the run at once.
func TestApplyEndsAtOnce(t *testing.T) {
	h := newHouse(t, apart)
	h.edit(`"One"`, `"full"`)
	p := h.plan()
	if err := h.apply(p); !errors.Is(err, store.ErrFull) {
		t.Errorf("a full disk: %v", err)
	}
	if got := states(p, say.English); !strings.Contains(got, "examples.a failed examples.a: ") || strings.Count(got, " waiting\n") != 7 {
		t.Errorf("on a full disk the steps are\n%s", got)
	}
	if got := strings.Join(h.told, " / "); got != ": Applied: 0 made, 1 failed, 7 left. map[failed:1 left:7 made:0]" {
		t.Errorf("told %s", got)
	}

	// Nor does a step that failed wait because its failure stopped the run.
	halted, halt := context.WithCancel(context.Background())
	p = h.plan()
	err := Apply(halted, p, h.st, machine, Options{Emit: func(e stage.Event) {
		if e.Type == run.TypeFailed {
			halt()
		}
	}})
	if got := states(p, say.English); !errors.Is(err, store.ErrFull) || !strings.HasPrefix(got, "examples.a failed examples.a: ") || strings.Count(got, " waiting\n") != 7 {
		t.Errorf("stopped by a failure: %v\n%s", err, got)
	}

	// An interrupt, after a step that failed: both are said.
	h.edit(`"full"`, `"fail"`)
	ctx, cancel := context.WithCancel(context.Background())
	p = h.plan()
	err = Apply(ctx, p, h.st, machine, Options{Emit: func(e stage.Event) {
		if e.Type == run.TypeMade {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || !strings.HasPrefix(err.Error(), "examples.a: the text fails\n") {
		t.Errorf("cancelled: %v", err)
	}
	if state, _ := h.lastRun(); state != run.Interrupted {
		t.Errorf("after a cancel the run is %s", state)
	}
	if got := states(p, say.English); !strings.HasPrefix(got, "examples.a failed examples.a: the text fails\nexamples.b done\ntokens.a waiting\n") {
		t.Errorf("after a cancel the steps are\n%s", got)
	}
}
