package guard

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// A speaker answers questions by rule.
type speaker struct {
	say    func(question string) (Reply, error)
	asked  *atomic.Int64
	closed *atomic.Int64
}

func (s speaker) Reply(ctx context.Context, question string) (Reply, error) {
	s.asked.Add(1)
	if err := ctx.Err(); err != nil {
		return Reply{}, err
	}
	for range rand.IntN(4) { // come back in any order
		runtime.Gosched()
	}
	return s.say(question)
}

func (s speaker) Close() error { s.closed.Add(1); return nil }

// A troupe opens speakers by the base of the directory.
type troupe struct {
	lines                  map[string]func(string) (Reply, error)
	asked, opened, closed  atomic.Int64
	thinks                 map[string]int
	scenario, like, failed string
}

func (o *troupe) open(dir string) (Answerer, error) {
	if filepath.Base(dir) == o.failed {
		return nil, errors.New("cannot open")
	}
	o.opened.Add(1)
	return speaker{o.lines[filepath.Base(dir)], &o.asked, &o.closed}, nil
}

func (o *troupe) Scenario(_ *stage.Job, dir string) (Answerer, error) {
	o.scenario = filepath.Base(dir)
	return o.open(dir)
}

func (o *troupe) Weights(_ *stage.Job, dir, like string, think int) (Answerer, error) {
	o.like = filepath.Base(like)
	o.thinks[filepath.Base(dir)] = think
	return o.open(dir)
}

// A setting is a job with everything that a verdict reads.
type setting struct {
	dir      string
	problems map[string][]stage.Problem
	facts    map[string]string // suiren.json by weights
	troupe   *troupe
	verdict  Verdict
	events   []stage.Event
}

// sums makes n problems a+b with a of the given length.
func sums(part string, n, digits int) []stage.Problem {
	lo := int(math.Pow10(digits - 1))
	var list []stage.Problem
	for i := range n {
		a, b := lo+i, 3
		family, lang := "add", "zh"
		if i%3 == 0 {
			family, lang = "word", "en"
		}
		list = append(list, stage.Problem{
			ID: fmt.Sprintf("%s-%d", part, i), Key: fmt.Sprintf("%s %d+%d", part, a, b), Family: family, Lang: lang, Level: digits,
			Prompt: fmt.Sprintf("%s: %d+%d=?", part, a, b), Think: "…", Answer: fmt.Sprint(a + b),
		})
	}
	return list
}

// solve answers the problems of sums, rightly where ok says so.
func solve(ok func(a int) bool) func(string) (Reply, error) {
	return func(question string) (Reply, error) {
		var a, b int
		if _, err := fmt.Sscanf(question[strings.Index(question, ": ")+2:], "%d+%d=?", &a, &b); err != nil {
			return Reply{}, err
		}
		r := Reply{Thought: fmt.Sprintf("%d, then %d", a, b), Answer: fmt.Sprint(a + b), Tokens: 20, Finish: Stop}
		if !ok(a) {
			r.Answer = fmt.Sprint(a - b)
		}
		return r, nil
	}
}

func newSetting(t *testing.T) *setting {
	s := &setting{dir: t.TempDir(), problems: map[string][]stage.Problem{
		"train": sums("train", 50, 3), "watch": sums("watch", 10, 3), "heldout": sums("heldout", 120, 3), "length": sums("length", 30, 5),
	}, facts: map[string]string{
		"direct": `{"method":"sft","think":false,"steps":90,"flops":2.1e13,"loss":0.5}`,
		"taught": `{"method":"sft","think":true,"steps":80,"flops":2.1e13,"loss":0.2}`,
		"tutor":  `{"method":"grpo","think":true,"steps":110,"flops":2.3e13,"loss":0,"rl":{"pass_at_1":0.7,"informative":0.4,"started":true,"steps":30,"watched":[{"step":0,"overall":0.8},{"step":30,"overall":0.95}],"sample_flops":1e12}}`,
	}}
	s.troupe = &troupe{thinks: map[string]int{}, lines: map[string]func(string) (Reply, error){
		"scenario": solve(func(a int) bool { return a < 1000 && a%12 != 0 }),
		"taught":   solve(func(a int) bool { return a < 1000 && a%3 != 0 }),
		"direct":   solve(func(a int) bool { return a%3 == 1 }),
	}}
	s.verdict = Verdict{Against: make([]stage.Ref, 2), Require: map[string]float64{"accuracy": 0.9, "gain": 0.25}, Open: s.troupe}
	return s
}

// job lays the inputs out. Work is kept between jobs.
func (s *setting) job(t *testing.T) *stage.Job {
	t.Helper()
	in := filepath.Join(s.dir, "in")
	put := func(path, text string) {
		t.Helper()
		path = filepath.Join(in, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for part, list := range s.problems {
		var b bytes.Buffer
		if err := stage.WriteProblems(&b, list); err != nil {
			t.Fatal(err)
		}
		put("examples/"+part+"/problems.jsonl", b.String())
	}
	for name, text := range s.facts {
		if text != "" {
			put(name+"/suiren.json", text)
		}
	}
	put("scenario/scenario.json", fmt.Sprintf(`{"format":1,"weights":"%s","think":192}`, digest("tutor")))
	put("policy/x", "")
	if err := (&Policy{Pack: "minors-zh"}).Run(t.Context(), &stage.Job{Out: filepath.Join(in, "policy")}); err != nil {
		t.Fatal(err)
	}
	j := &stage.Job{Out: t.TempDir(), Work: filepath.Join(s.dir, "work"), Emit: func(e stage.Event) { s.events = append(s.events, e) },
		Open: func(d store.Digest) (string, error) {
			if d != digest("tutor") {
				return "", fmt.Errorf("no artifact %s", d.Short())
			}
			return filepath.Join(in, "tutor"), nil
		}}
	if err := os.MkdirAll(j.Work, 0o777); err != nil {
		t.Fatal(err)
	}
	add := func(arg, name string) {
		j.Inputs = append(j.Inputs, stage.Input{Arg: arg, Dir: filepath.Join(in, name), Digest: digest(name)})
	}
	add("scenario", "scenario")
	add("policy", "policy")
	add("problems", "examples")
	add("against", "direct")
	add("against", "taught")
	return j
}

func digest(name string) (d store.Digest) { copy(d[:], name); return d }

// run makes the verdict and reads it back.
func (s *setting) run(t *testing.T) (*Report, string) {
	t.Helper()
	j := s.job(t)
	if err := s.verdict.Run(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	r, err := ReadReport(j.Out)
	if err != nil {
		t.Fatal(err)
	}
	return r, j.Out
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

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
		{"family that nobody asked", func(s *setting) { s.verdict.Require["linear"] = 0.5 }, "linear", -1, "Required and not measured: an accuracy in linear equations"},
		{"gain", func(s *setting) { s.verdict.Require["gain"] = 0.6 }, "gain", 0.5833, "a gain over direct answers of 0.6"},
		{"no direct model", func(s *setting) { s.facts["direct"] = s.facts["taught"] }, "gain", -1, "a gain over direct answers of 0.25; nothing here tells it"},
		{"seen key", func(s *setting) { s.problems["train"][7].Key = s.problems["heldout"][3].Key }, "unseen", 1, "1 of the 150 test problems were seen in training (for example heldout-3)"},
		{"watched key", func(s *setting) { s.problems["watch"][7].Key = s.problems["length"][3].Key }, "unseen", 1, "(for example length-3)"},
		{"seen wording", func(s *setting) {
			p := s.problems["heldout"][0]
			p.Key, p.Prompt = "other", "Heldout：3 + 100 = ？"
			s.problems["train"] = append(s.problems["train"], p)
		}, "unseen", 1, "for example heldout-0"},
	} {
		s := newSetting(t)
		c.turn(s)
		r, _ := s.run(t)
		var failed []Check
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
		"no way to open": {func(s *setting, j *stage.Job) { s.troupe.failed = "taught" }, "cannot open"},
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
		{map[string]float64{"acuracy": 0.9, "word": 90, "gain": 25, "add": math.NaN(), "sub": -0.1}, 1, 5},
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
	if f := v.Forecast(nil, stage.Machine{}); f.High != 0 || f.Basis.IsZero() {
		t.Errorf("an unmeasured machine: %+v", f)
	}
}

func TestWording(t *testing.T) {
	p := func(prompt, answer string) string { return wording(&stage.Problem{Prompt: prompt, Answer: answer}) }
	for _, c := range []struct {
		a, b, x, y string // prompts, answers
		same       bool
	}{
		{"37+85=?", "85 + 37 = ？", "122", "122", true},
		{"３７＋８５=?", "37+85=", "122", "122", true},
		{"What is 37+85?", "what is 085+37", "122", "122", true},
		{"用 [10 13 11] 凑 14", "用 [11 10 13] 凑 14", "x", "x", true}, // the leak of the prototype
		{"蘋果12個", "苹果12个", "1", "1", true},
		{"37+85=?", "37-85=?", "122", "122", false},
		{"8-3+5", "5-3+8", "10", "10", true}, // 3 still goes
		{"9-2-3", "9-3-2", "4", "4", true},
		{"85-37", "37-85", "48", "-48", false},
		{"3x+5=20", "5x+3=20", "5", "17/5", false},
		{"12 3", "1 23", "1", "1", false},
		{"a 1", "b 1", "1", "1", false},
		{"2×3", "2÷3", "6", "6", false},
		{"(2+3)×4", "2+3×4", "20", "14", false},
	} {
		if got := p(c.a, c.x) == p(c.b, c.y); got != c.same {
			t.Errorf("%q and %q: same %v", c.a, c.b, got)
		}
	}
}

// Every sentence is whole in both languages.
func TestSaid(t *testing.T) {
	han := regexp.MustCompile(`\p{Han}`)
	for name, c := range map[string]struct {
		turn func(*setting)
		says []string
	}{
		"as it should be": {func(s *setting) {}, []string{
			"None of the 120 held-out and 30 longer problems is among the 50 taught and 10 watched ones",
			"answers 91.7% (85.3% to 95.4%) of 120 held-out problems correctly, with 20 tokens a reply",
			"the same 2.1e13 FLOPs answers 33.3%", "thinking is worth +58.3 points", "at least the 25 points",
			"kept 30 steps, over which the score on the watched problems went from 80.0% to 95.0%",
			"No family is below SFT", "hardest after SFT", "its interval lies above that of SFT",
			"does not carry to longer problems: addition 0.0% (0.0% to 16.1%) against", "every question and every answer pass",
		}},
		"not started": {func(s *setting) {
			s.facts["tutor"] = `{"think":true,"rl":{"pass_at_1":0.99,"informative":0.04,"watched":[{"overall":0.9}]}}`
			s.troupe.lines["scenario"] = s.troupe.lines["taught"]
		}, []string{"not started: 99.0% of the sampled answers were right and 4.0% of the groups", "no gain was measured", "the change since is +0.0 points"}},
		"rolled back": {func(s *setting) {
			s.facts["tutor"] = `{"think":true,"rl":{"started":true,"steps":5,"rolled_back":"step 15: word","watched":[{"step":0,"overall":0.9},{"step":5,"overall":0.91},{"step":15,"overall":0.7}]}}`
			s.troupe.lines["scenario"] = solve(func(a int) bool { return a%3 == 1 })
		}, []string{"rolled back: at step 15 the score on the watched problems had fallen in word problems", "kept 5 steps", "from 90.0% to 91.0%", "Fell below SFT", "less than the 25 points"}},
		"rolled back for good": {func(s *setting) {
			s.facts["tutor"] = `{"think":true,"rl":{"started":true,"steps":0,"rolled_back":"step 5: overall","watched":[{"step":0,"overall":0.9}]}}`
		}, []string{"at step 5 the score on the watched problems had fallen.", "none was kept"}},
		"odd words": {func(s *setting) {
			s.facts["tutor"] = `{"think":true,"rl":{"started":true,"steps":7,"rolled_back":"%d who knows"}}`
			s.problems["heldout"][5].Family = "100%s"
			s.problems["length"] = nil
		}, []string{"rolled back: %d who knows", "kept 7 steps.", "nothing is known about length"}},
		"within the noise": {func(s *setting) {
			s.troupe.lines["taught"] = solve(func(a int) bool { return a != 100 && a != 101 })
			s.troupe.lines["scenario"] = solve(func(a int) bool { return a != 101 && a != 102 && a != 104 })
		}, []string{"No family fell measurably below SFT; within the noise lower: addition", "On longer problems no fall was measured"}},
		"overlap": {func(s *setting) {
			s.troupe.lines["taught"] = solve(func(a int) bool { return a%12 != 0 })
			s.troupe.lines["scenario"] = solve(func(a int) bool { return a%24 != 0 })
		}, []string{"the two intervals still overlap"}},
		"no comparison": {func(s *setting) {
			s.facts["direct"] = `{"think":true,"method":"elsewhere"}`
			s.facts["taught"] = s.facts["direct"]
		}, []string{"a gain over direct answers"}},
		"other FLOPs": {func(s *setting) { s.facts["direct"] = `{"flops":1e12}` }, []string{"trained for 1e12 FLOPs"}},
	} {
		s := newSetting(t)
		c.turn(s)
		r, _ := s.run(t)
		all := ""
		for _, said := range r.Said {
			all += said.En + "\n"
			if strings.Contains(said.En+said.Zh, "%!") || han.MatchString(said.En) || !han.MatchString(said.Zh) || !strings.HasSuffix(said.En, ".") || !strings.HasSuffix(said.Zh, "。") {
				t.Errorf("%s: %q, %q", name, said.En, said.Zh)
			}
		}
		for _, want := range c.says {
			if !strings.Contains(all, want) {
				t.Errorf("%s: not said %q in\n%s", name, want, all)
			}
		}
	}
}
