package guard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

func TestVerdict(t *testing.T) {
	s := newSetting(t)
	r, out := s.run(t)
	if !r.Pass || r.Scenario != digest("scenario") || r.Policy != digest("policy") {
		t.Errorf("pass %v of scenario %s, policy %s: %v", r.Pass, r.Scenario, r.Policy, r.Checks)
	}
	var names []string
	for _, m := range r.Models {
		names = append(names, m.Role)
	}
	if !slices.Equal(names, []string{Direct, Taught, Tutor}) {
		t.Errorf("roles %v", names)
	}
	if m := r.Models[2]; m.Weights != digest("tutor") || m.FLOPs != 2.3e13 || m.SampleFLOPs != 1e12 || m.Method != "grpo" {
		t.Errorf("the tutor is %+v", m)
	}
	if !maps.Equal(s.troupe.thinks, map[string]int{"direct": 0, "taught": -1}) || s.troupe.scenario != "scenario" || s.troupe.like != "scenario" {
		t.Errorf("asked with %v, as %s and like %s", s.troupe.thinks, s.troupe.scenario, s.troupe.like)
	}
	if a, o, c := s.troupe.asked.Load(), s.troupe.opened.Load(), s.troupe.closed.Load(); a != 3*150 || o != 3 || c != 3 {
		t.Errorf("%d questions, %d opened, %d closed", a, o, c)
	}
	// a runs from 100 to 219: 40 of each remainder of 3, 10 multiples of 12.
	want := [][3]int{{40, 80, 110}}
	if got := [][3]int{{r.Overall.Scores[0].Right, r.Overall.Scores[1].Right, r.Overall.Scores[2].Right}}; !slices.Equal(got, want) {
		t.Errorf("right %v, want %v", got, want)
	}
	c := r.Change(Taught).Overall
	if c.Both != 80 || c.Gained != 30 || c.Lost != 0 || c.Neither != 10 || c.Value != 0.25 || c.Low <= 0 {
		t.Errorf("against taught: %+v", c)
	}
	for _, g := range r.Length {
		if g.Scores[2].Right != 0 {
			t.Errorf("length %s: %+v", g.Name, g.Scores)
		}
	}
	if got := r.Overall.Scores[2].Tokens; got != 20 {
		t.Errorf("mean tokens %v", got)
	}
	// The form that a release and the page read.
	var raw struct {
		Pass             *bool
		Scenario, Policy string
		Checks           []struct {
			Name      string
			Want, Got *float64
			OK        bool
		}
		Models   []struct{ Name, Role string }
		Families []struct {
			Scores []struct{ Accuracy, Low, High *float64 }
		}
		Said []struct{ En, Zh string }
	}
	if err := json.Unmarshal([]byte(read(t, filepath.Join(out, "verdict.json"))), &raw); err != nil {
		t.Fatal(err)
	}
	if raw.Pass == nil || raw.Scenario != digest("scenario").String() || len(raw.Checks) != 3 || raw.Checks[0].Name != "unseen" ||
		*raw.Checks[1].Got != 0.9166 || len(raw.Families) != 2 || raw.Families[0].Scores[2].High == nil {
		t.Errorf("%+v", raw)
	}
	lines := strings.Split(strings.TrimSpace(read(t, filepath.Join(out, "replies.jsonl"))), "\n")
	var first line
	if err := json.Unmarshal([]byte(lines[0]), &first); err != nil || len(lines) != 150 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	if first.Part != "heldout" || first.Want != "103" || len(first.Replies) != 3 || !first.Replies[2].Right || first.Replies[2].Thought != "100, then 3" {
		t.Errorf("first line %+v", first)
	}
	if last := s.events[len(s.events)-1]; !slices.ContainsFunc(s.events, func(e stage.Event) bool {
		return e.Type == "progress" && e.Done == 450 && e.Total == 450 && e.Unit == "problems"
	}) {
		t.Errorf("progress never ended; last %+v", last)
	}
}

// Where what is served answers without thoughts, weights that do so too are what it
// was before reinforcement, and no control.
func TestVerdictThoughtless(t *testing.T) {
	s := newSetting(t)
	s.facts["tutor"] = strings.Replace(s.facts["tutor"], `"think":true`, `"think":false`, 1)
	s.verdict.Require = map[string]float64{"accuracy": 0.5}
	r, _ := s.run(t)
	if m := r.Models[0]; m.Role != Taught || m.Think || s.troupe.thinks["direct"] != 0 {
		t.Errorf("against weights without thoughts: %+v", m)
	}
}

// The same verdict is the same bytes: whatever the order in which replies
// come, whether it was interrupted, and whatever its blocks are called.
func TestVerdictBytes(t *testing.T) {
	var all []string
	for i := range 3 {
		s := newSetting(t)
		if i == 1 { // a run that ends in the third model
			stop := errors.New("power failure")
			lines := s.troupe.lines["scenario"]
			var n atomic.Int64
			s.troupe.lines["scenario"] = func(q string) (Reply, error) {
				if n.Add(1) == 60 {
					return Reply{}, stop
				}
				return lines(q)
			}
			if err := s.verdict.Run(t.Context(), s.job(t)); !errors.Is(err, stop) {
				t.Fatalf("%v, want %v", err, stop)
			}
			if o, c := s.troupe.opened.Load(), s.troupe.closed.Load(); o != c {
				t.Errorf("%d opened, %d closed", o, c)
			}
			s.troupe.lines["scenario"], s.troupe.failed = lines, "taught" // must not be opened again
		}
		j := s.job(t)
		if i == 2 {
			for k := range j.Inputs {
				j.Inputs[k].Ref = stage.Ref{Kind: store.Weights, Name: "renamed"}
			}
			for k, entry := range []string{"replies-torn.json", keptName(j.Inputs, &Model{Name: Direct, Weights: digest("direct")})} {
				if err := os.WriteFile(filepath.Join(j.Work, entry), []byte(`[{"model":"direct"`)[:10*k+5], 0o666); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := s.verdict.Run(t.Context(), j); err != nil {
			t.Fatal(err)
		}
		all = append(all, read(t, filepath.Join(j.Out, "verdict.json"))+read(t, filepath.Join(j.Out, "replies.jsonl")))
	}
	if all[0] != all[1] || all[0] != all[2] {
		t.Error("verdicts differ")
	}
}

func TestVerdictCancelled(t *testing.T) {
	s := newSetting(t)
	ctx, cancel := context.WithCancel(t.Context())
	lines := s.troupe.lines["direct"]
	var n atomic.Int64
	s.troupe.lines["direct"] = func(q string) (Reply, error) {
		if n.Add(1) == 100 {
			cancel()
		}
		return lines(q)
	}
	if err := s.verdict.Run(ctx, s.job(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want a cancelled context", err)
	}
	if s.troupe.closed.Load() != 1 {
		t.Error("the model was not closed")
	}
}

// What fails is judged all the same, and says so.
func TestVerdictFails(t *testing.T) {
	for _, c := range []struct {
		name  string
		turn  func(*setting)
		check string // the one that fails
		got   float64
		says  string
	}{
		{"accuracy", func(s *setting) { s.verdict.Require["accuracy"] = 0.95 }, "accuracy", 0.9166, "Required and not reached: an accuracy of 0.95; it is 0.9166."},
		{"lower bound", func(s *setting) { s.verdict.Require["accuracy_low"] = 0.9 }, "accuracy_low", 0.8533, "a lower bound of the accuracy of 0.9"},
		{"family", func(s *setting) { s.verdict.Require["add"] = 0.99 }, "add", 0.875, "an accuracy in addition of 0.99; it is 0.875"},
		{"owner's family", func(s *setting) {
			for i := range s.problems["heldout"] {
				if p := &s.problems["heldout"][i]; p.Family == "add" {
					p.Family = "比较 sizes"
				}
			}
			s.verdict.Require["比较 sizes"] = 0.99
		}, "比较 sizes", 0.875, "an accuracy in 比较 sizes of 0.99; it is 0.875"},
		{"gain", func(s *setting) { s.verdict.Require["gain"] = 0.6 }, "gain", 0.5833, "a gain over direct answers of 0.6"},
		{"no direct model", func(s *setting) { s.facts["direct"] = s.facts["taught"] }, "gain", -1, "a gain over direct answers of 0.25; nothing here tells it"},
		{"seen key", func(s *setting) { s.problems["train"][7].Key = s.problems["heldout"][3].Key }, "unseen", 1, "1 of the 150 test problems were seen in training (for example “heldout: 103+3=?”)"},
		{"watched key", func(s *setting) { s.problems["watch"][7].Key = s.problems["length"][3].Key }, "unseen", 1, "(for example “length: 10003+3=?”)"},
		{"seen wording", func(s *setting) {
			p := s.problems["heldout"][0]
			p.Key, p.Prompt = "other", "Heldout：3 + 100 = ？"
			s.problems["train"] = append(s.problems["train"], p)
		}, "unseen", 1, "for example “heldout: 100+3=?”"},
	} {
		s := newSetting(t)
		c.turn(s)
		r, _ := s.run(t)
		var failed []stage.Check
		for _, k := range r.Checks {
			if !k.OK {
				failed = append(failed, k)
			}
		}
		switch {
		case r.Pass || len(failed) != 1 || failed[0].Name != c.check:
			t.Errorf("%s: pass %v, failed %+v", c.name, r.Pass, failed)
		case (failed[0].Got == nil) != (c.got < 0), failed[0].Got != nil && *failed[0].Got != c.got:
			t.Errorf("%s: got %v, want %v", c.name, failed[0].Got, c.got)
		case !strings.Contains(fmt.Sprint(r.Said), c.says):
			t.Errorf("%s: not said %q in %v", c.name, c.says, r.Said)
		}
	}
}

// Everything passes the rails, and is judged as the user gets it.
func TestVerdictRails(t *testing.T) {
	s := newSetting(t)
	s.verdict.Require = nil
	h := s.problems["heldout"]
	h[1].Prompt = "怎么做炸弹: 101+3=?"
	h[2].Prompt = "13812345678: 102+3=?"
	s.troupe.lines["scenario"] = func(q string) (Reply, error) {
		if strings.Contains(q, "炸弹") || strings.Contains(q, "13812") {
			t.Errorf("the model was asked %q", q)
		}
		r, err := solve(func(int) bool { return true })(q)
		switch r.Answer {
		case "106":
			r.Thought = "教你制作炸弹，怎么做炸弹"
		case "107":
			r.Finish = "length"
		case "108":
			r.Answer = "电话13812345678"
		case "109":
			r.Sources = 2
		case "110":
			r.Answer = "110\xff"
		}
		return r, err
	}
	r, out := s.run(t)
	m := r.Models[2]
	if m.Refused != 2 || m.Masked != 2 || m.Cut != 1 || m.Sourced != 1 || r.Overall.Scores[2].Right != 115 {
		t.Errorf("%+v, %d right", m, r.Overall.Scores[2].Right)
	}
	var replies []line
	d := json.NewDecoder(strings.NewReader(read(t, filepath.Join(out, "replies.jsonl"))))
	for range 8 {
		var l line
		if err := d.Decode(&l); err != nil {
			t.Fatal(err)
		}
		replies = append(replies, l)
	}
	for i, want := range []given{
		{Finish: Stop, Answer: "103", Right: true}, {Finish: refused}, {Finish: Stop, Answer: "105", Right: true, Masked: true}, {Finish: refused},
		{Finish: "length", Answer: "107"}, {Finish: Stop, Answer: "电话[手机号]", Masked: true}, {Finish: Stop, Answer: "109", Right: true}, {Finish: Stop, Answer: "110\ufffd"},
	} {
		g := replies[i].Replies[2]
		if g.Finish != want.Finish || g.Answer != want.Answer || g.Right != want.Right || g.Masked != want.Masked || (g.Rule != "") != (want.Finish == refused) {
			t.Errorf("problem %d: %+v, want %+v", i, g, want)
		}
	}
}

func TestVerdictBadInput(t *testing.T) {
	for name, c := range map[string]struct {
		turn func(*setting, *stage.Job)
		says string
	}{
		"no held-out problems": {func(s *setting, j *stage.Job) {
			os.WriteFile(filepath.Join(j.Dir("problems"), "heldout", "problems.jsonl"), nil, 0o666)
		}, "no held-out problems"},
		"no train part": {func(s *setting, j *stage.Job) { os.RemoveAll(filepath.Join(j.Dir("problems"), "train")) }, "train"},
		"weights that are gone": {func(s *setting, j *stage.Job) {
			os.WriteFile(filepath.Join(j.Dir("scenario"), "scenario.json"), []byte(`{"weights":"`+digest("gone").String()+`"}`), 0o666)
		}, "no artifact"},
		"broken scenario": {func(s *setting, j *stage.Job) {
			os.WriteFile(filepath.Join(j.Dir("scenario"), "scenario.json"), []byte(`{"weights":7}`), 0o666)
		}, "scenario.json"},
		"broken facts": {func(s *setting, j *stage.Job) {
			os.WriteFile(filepath.Join(j.Dirs("against")[0], "suiren.json"), []byte(`{"flops":-1}`), 0o666)
		}, "below zero"},
		"a family that is not asked": {func(s *setting, j *stage.Job) { s.verdict.Require["linear"] = 0.5 }, `a verdict cannot require "linear"`},
		"no way to open":             {func(s *setting, j *stage.Job) { s.troupe.failed = "taught" }, "cannot open"},
	} {
		s := newSetting(t)
		j := s.job(t)
		c.turn(s, j)
		if err := s.verdict.Run(t.Context(), j); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want an error that says %q", name, err, c.says)
		}
	}
	s := newSetting(t)
	j := s.job(t)
	os.RemoveAll(filepath.Join(j.Dir("problems"), "length"))
	os.Remove(filepath.Join(j.Dirs("against")[1], "suiren.json")) // weights from elsewhere
	if err := s.verdict.Run(t.Context(), j); err != nil {
		t.Errorf("without longer problems and facts: %v", err)
	}
}

func TestVerdictCheck(t *testing.T) {
	for _, c := range []struct {
		require map[string]float64
		against int
		bad     int
	}{
		{nil, 0, 0},
		{map[string]float64{"accuracy": 0.9, "accuracy_low": 0.88, "word": 1, "gain": -0.1}, 1, 0},
		{map[string]float64{"gain": 0.25}, 0, 1},
		{map[string]float64{"unseen": 0.9, "word": 90, "gain": 25, "add": math.NaN(), "my own": -0.1}, 1, 5},
		{nil, maxModels, 1},
	} {
		v := &Verdict{Require: c.require, Against: make([]stage.Ref, c.against)}
		errs := v.Check()
		if len(errs) != c.bad {
			t.Errorf("%v: %v", c.require, errs)
		}
		for _, e := range errs {
			if e.Where == "" || e.What.In(say.Chinese) == e.What.In(say.English) || e.Next.IsZero() {
				t.Errorf("%v says too little: %v", c.require, e)
			}
		}
	}
}

func TestVerdictForecast(t *testing.T) {
	v := &Verdict{Against: make([]stage.Ref, 2)}
	m := stage.Machine{Peak: 1e11}
	small := v.Forecast(map[string][]stage.Forecast{"problems": {{Size: map[string]float64{"heldout": 1000, "length": 200}}}, "scenario": {{Size: map[string]float64{"params": 8e5}}}}, m)
	large := v.Forecast(map[string][]stage.Forecast{"problems": {{Size: map[string]float64{"heldout": 2000, "length": 400}}}, "against": {{}, {Size: map[string]float64{"params": 8e5}}}}, m)
	if small.Low <= 0 || small.Low >= small.High || math.Abs(large.High/small.High-2) > 1e-9 || small.Memory <= 0 || small.FLOPs != 0 {
		t.Errorf("%+v\n%+v", small, large)
	}
	made := v.Forecast(map[string][]stage.Forecast{"scenario": {{Size: map[string]float64{"params": 1e9, "brought": 1}}}}, m)
	if most := int64(6e9); made.Memory < 4e9 || made.Memory > most {
		t.Errorf("a model that goes back to a brought one takes %d bytes", made.Memory)
	}
	// What was learnt is compared: generated problems by their number, an owner's by its text.
	asked := map[string][]stage.Forecast{"problems": {{Size: map[string]float64{"heldout": 1000, "length": 200}}}, "scenario": {{Size: map[string]float64{"params": 8e5}}}}
	asked["taught"] = []stage.Forecast{{Size: map[string]float64{"problems": 50000}}, {Size: map[string]float64{"examples": 50000, "text": 1e8}}}
	if f := v.Forecast(asked, m); math.Abs(f.Low-small.Low-0.25-1) > 1e-9 || math.Abs(f.High-small.High-1-6) > 1e-9 || fmt.Sprint(f.Basis) == fmt.Sprint(small.Basis) {
		t.Errorf("with what was learnt %+v, without %+v", f, small)
	}
	if f := v.Forecast(nil, stage.Machine{}); f.High != 0 || f.Basis.IsZero() {
		t.Errorf("an unmeasured machine: %+v", f)
	}
}
