package guard

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"suiren/stage"
	"suiren/store"
)

// A speaker answers questions by rule.
type speaker struct {
	say    func(question string) (Reply, error)
	asked  *atomic.Int64
	closed *atomic.Int64
}

func (s speaker) Reply(ctx context.Context, asked []stage.Message, _ []json.RawMessage) (Reply, error) {
	s.asked.Add(1)
	if err := ctx.Err(); err != nil {
		return Reply{}, err
	}
	for range rand.IntN(4) { // come back in any order
		runtime.Gosched()
	}
	return s.say(asked[len(asked)-1].Content)
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
	behind   map[string][]string // what the scenario's weights learnt from: parts by argument
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
	s := &setting{dir: t.TempDir(), behind: map[string][]string{"taught": {"examples/train"}, "watched": {"examples/watch"}}, problems: map[string][]stage.Problem{
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
	for _, arg := range []string{"taught", "watched"} {
		for _, part := range s.behind[arg] {
			add(arg, part)
		}
	}
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
