package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"suiren/internal/say"
	"suiren/plan"
	"suiren/serve"
	"suiren/stage"
)

// planHouse is a house without a server, whose plans are where open finds them.
func planHouse(t *testing.T) *house {
	t.Helper()
	b, err := openBooks(bookDir(t.TempDir()), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.close)
	h := &house{a: &app{lang: say.English}, books: b, machine: &measuredMachine{Machine: stage.Machine{Peak: 1e9}}}
	h.space = h.openSpace
	return h
}

// However many begin the first plan at once, its folder is opened once.
func TestFirstPlanOnce(t *testing.T) {
	t.Setenv("SUIREN_HOME", t.TempDir())
	h := planHouse(t)
	for i := range mostAtOnce { // so that nothing is made of it
		h.tasks = append(h.tasks, &task{ID: i, Kind: "model"})
	}
	var opened atomic.Int32
	h.space = func(dir string) (*service, error) {
		opened.Add(1)
		time.Sleep(50 * time.Millisecond) // others come meanwhile
		return h.openSpace(dir)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { h.startFirst(t.Context(), serve.Query{Lang: say.English}) })
	}
	wg.Wait()
	if n := opened.Load(); n != 1 || h.planned() == nil {
		t.Errorf("it was opened %d times", n)
	}
}

// Of those who change the plan file at once, one does; those who read meanwhile read
// one plan or the other.
func TestPlanSavedAtOnce(t *testing.T) {
	h := planHouse(t)
	file := filepath.Join(t.TempDir(), plan.FileName)
	text := func(policy string) string {
		return strings.NewReplacer(`policy "house"`, `policy "`+policy+`"`, "policy.house", "policy."+policy).Replace(firstPlanIn(say.English))
	}
	before := text("before")
	if err := os.WriteFile(file, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := h.openSpace(filepath.Dir(file))
	if err != nil {
		t.Fatal(err)
	}
	h.svc = s
	var saved atomic.Int32
	var wg sync.WaitGroup
	for i := range 8 {
		body, err := json.Marshal(planText{Text: text("after" + string(rune('a'+i))), Sum: sumOf([]byte(before))})
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			switch _, err := h.writePlan(context.Background(), s, "owner", body); {
			case err == nil:
				saved.Add(1)
			case !errors.Is(err, errMovedFile):
				t.Error(err)
			}
		})
		wg.Go(func() {
			if _, _, err := h.policyText(s.w, "mine"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := saved.Load(); n != 1 {
		t.Errorf("%d changed the same text", n)
	}
	now, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if sum := s.plan.Load().File.Sum.String(); sum != sumOf(now) || sum == sumOf([]byte(before)) {
		t.Error("the plan that is shown is not the one that was saved")
	}
}
