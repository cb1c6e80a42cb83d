package plan

import (
	"context"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/run"
	"suiren/stage"
)

// While one process applies the plan, another shows the step that is being made as
// running; one that the plan file says otherwise by now is not that step.
func TestViewBeside(t *testing.T) {
	h := newHouse(t, chain)
	running := func() string {
		at, err := run.Now(h.st.Path())
		if err != nil {
			t.Fatal(err)
		}
		var list []string
		for _, n := range h.plan().ViewBeside(say.English, at, nil).Nodes {
			if n.State == Running {
				list = append(list, string(n.Kind)+"."+n.Name)
			}
		}
		return strings.Join(list, " ")
	}
	var seen []string
	err := Apply(context.Background(), h.plan(), h.st, machine, Options{Emit: func(e stage.Event) {
		if e.Type != run.TypeBegin && e.Type != run.TypeMade {
			return
		}
		seen = append(seen, e.Type+" "+e.Step+": "+running())
		if e.Type == run.TypeBegin && e.Step == "weights.large" {
			h.edit("by    = 3", "by    = 4")
			seen = append(seen, "edited: "+running())
			h.edit("by    = 4", "by    = 3")
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	for i, got := range seen {
		event, shown, _ := strings.Cut(got, ": ")
		want, begun := strings.CutPrefix(event, run.TypeBegin+" ")
		if !begun {
			want = ""
		}
		if shown != want {
			t.Errorf("%d: at %s %q runs", i, event, shown)
		}
	}
	if got := running(); got != "" || len(seen) != 13 {
		t.Errorf("after it %q runs; seen %q", got, seen)
	}
}

// A step that failed in another process shows so, with its sentence, until it is to be made
// from something else, or is made.
func TestViewBesideFailed(t *testing.T) {
	h := newHouse(t, chain)
	shown := func() string {
		failed, err := run.Failures(h.st.Path())
		if err != nil {
			t.Fatal(err)
		}
		var list []string
		for _, n := range h.plan().ViewBeside(say.English, nil, failed).Nodes {
			if n.State == Failed {
				list = append(list, string(n.Kind)+"."+n.Name+": "+n.Why)
			}
		}
		return strings.Join(list, "; ")
	}
	broken := true
	growing = func(*stage.Job) error {
		if broken {
			return say.Errorf("no rain", "没有雨")
		}
		return nil
	}
	t.Cleanup(func() { growing = nil })
	apply := func() error { return Apply(context.Background(), h.plan(), h.st, machine, Options{}) }
	if got := shown(); got != "" {
		t.Errorf("before any run: %s", got)
	}
	if apply() == nil {
		t.Fatal("nothing failed")
	}
	if got := shown(); !strings.Contains(got, "weights.large: ") || !strings.Contains(got, "no rain") {
		t.Errorf("it failed: %q", got)
	}
	h.edit("by    = 3", "by    = 4")
	if got := shown(); strings.Contains(got, "weights.large") {
		t.Errorf("another step: %s", got)
	}
	h.edit("by    = 4", "by    = 3")
	broken = false
	if err := apply(); err != nil {
		t.Fatal(err)
	}
	if got := shown(); got != "" {
		t.Errorf("it is made: %s", got)
	}
}
