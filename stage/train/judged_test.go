package train

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
)

// The time of programs that judge answers is in what is foretold, or it is said
// that it is not: of problems that are there and of those that are foretold.
func TestForetoldPrograms(t *testing.T) {
	m := stage.Machine{Threads: 2, Peak: 1e11}
	with := func(spec string) stage.Forecast {
		list := toyProblems(1)
		for i := range list[:len(list)/2] {
			list[i].Verify = json.RawMessage(spec)
		}
		return stage.Forecast{Path: toyPart(t, list)}
	}
	foretold := func(op stage.Forecaster, problems stage.Forecast) stage.Forecast {
		return op.Forecast(map[string][]stage.Forecast{"base": {{Path: archFolder("qwen2")}}, "teacher": {{Path: archFolder("qwen2")}}, "problems": {problems}, "watch": {{Size: map[string]float64{"watched": 10}}}}, m)
	}
	grpo := &GRPO{Steps: 4, Prompts: 10, Samples: 5}
	plain := foretold(grpo, with(`{"number": 1}`))
	// 250 answers in five times, and 10 watched twice, half of them by a program on each of two processors.
	const answers = (250.0 + 20) / 2
	code := foretold(grpo, with(`{"code": {"call": "f", "cases": [{"want": 1}]}}`))
	if low, high := code.Low-plain.Low, code.High-plain.High; low < 0.99*answers*codeLeast/2 || low > 1.01*answers*codeLeast/2 || high < 0.99*answers*codeMost/2 || high > 1.01*answers*codeMost/2 {
		t.Errorf("%g to %g seconds for %g programs", low, high, answers)
	}
	for _, c := range []struct {
		f        stage.Forecast
		says, no string
	}{
		{plain, "answers of about", "program"}, {code, "running 135 programs", "your own"},
		{foretold(grpo, with(`{"url": "http://127.0.0.1:1/"}`)), "your own program (url) judges 135 answers", "running"},
		{foretold(grpo, stage.Forecast{Use: stage.UseProblems, Size: map[string]float64{"examples": 100, "text": 9000, "code": 0.5}}), "running 135 programs", "your own"},
		{foretold(&Distil{Depth: 1, Count: 12}, with(`{"url": "http://127.0.0.1:1/"}`)), "judges 6 answers", "running"},
	} {
		en, zh := c.f.Basis.In(say.English), c.f.Basis.In(say.Chinese)
		if !strings.Contains(en, c.says) || strings.Contains(en, c.no) || en == zh {
			t.Errorf("no %q, or %q, in %q, %q", c.says, c.no, en, zh)
		}
	}
}

// After the pre-flight it is told how long programs took, and will take.
func TestPreflightPrograms(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct{ Answer string }
		text, _ := io.ReadAll(r.Body)
		if json.Unmarshal(text, &asked) == nil && asked.Answer > "5" {
			io.WriteString(w, `{"reward": 1}`)
			return
		}
		io.WriteString(w, `{"reward": 0}`)
	}))
	defer server.Close()
	_, in := toyBase(t)
	list := toyProblems(1)
	for i := range list {
		list[i].Verify = json.RawMessage(`{"url": "` + server.URL + `"}`)
	}
	in["problems"], in["watch"] = toyPart(t, list), toyPart(t, list[:4])
	b := newBench(t, in)
	check(t, (&GRPO{Steps: 1, Prompts: 8, Samples: 4, Tokens: 12}).Run(context.Background(), b.Job))
	if notes := b.notes(); !slices.ContainsFunc(notes, func(n string) bool {
		return strings.HasPrefix(n, "pre-flight: programs judged ") && strings.Contains(n, "are to come, which takes about ")
	}) {
		t.Errorf("%q", notes)
	}
	for _, e := range b.events {
		if e.Text != nil && strings.Contains(e.Text.In(say.Chinese), "程序评判了") && strings.Count(e.Text.In(say.Chinese), " 秒") != 2 {
			t.Errorf("not in Chinese units: %s", e.Text.In(say.Chinese))
		}
	}
}

// The answers that an owner gives say little of how much a base writes: it may write on to
// the limit. Of lessons that our own base was taught it is known.
func TestForetoldAnswers(t *testing.T) {
	m := stage.Machine{Threads: 2, Peak: 1e11}
	lessons, owners := toyProblems(1), toyProblems(1)
	for i := range owners {
		owners[i].Verify, owners[i].Think, owners[i].Answer = json.RawMessage(`{"number": 1}`), "", "1"
	}
	ours := toMake(SFT{Depth: 4, Width: 128, Hidden: 384, Heads: 4, KVHeads: 2}, 512, 512)
	foretold := func(base, problems stage.Forecast) stage.Forecast {
		return (&GRPO{Steps: 4, Prompts: 10, Samples: 5}).Forecast(map[string][]stage.Forecast{"base": {base}, "problems": {problems}, "watch": {{Size: map[string]float64{"watched": 10}}}}, m)
	}
	for _, c := range []struct {
		base, problems stage.Forecast
		says           string
		spread         bool // from the shortest to the longest
	}{
		{stage.Forecast{Path: archFolder("qwen2")}, stage.Forecast{Path: toyPart(t, owners)}, " to 192 tokens", true},
		{stage.Forecast{Path: archFolder("qwen2")}, stage.Forecast{Path: toyPart(t, lessons)}, " to 192 tokens", true},
		{ours, stage.Forecast{Use: stage.UseProblems, Size: map[string]float64{"examples": 100, "text": 9000, "learnt": 200}}, " to 192 tokens", true},
		{ours, stage.Forecast{Use: stage.UseProblems, Size: map[string]float64{"problems": 100}}, " tokens", false},
	} {
		f := foretold(c.base, c.problems)
		en, zh := f.Basis.In(say.English), f.Basis.In(say.Chinese)
		if !strings.HasSuffix(en, c.says) || strings.HasSuffix(en, " to 192 tokens") != c.spread || en == zh || c.spread != (f.High > 1.5*mostTime/leastTime*f.Low) {
			t.Errorf("%g to %g seconds: %s, %s", f.Low, f.High, en, zh)
		}
	}
}

// Where it is known that there is nothing to learn again, a weight of it is refused in the
// plan; where there may be, it is not.
func TestForetoldReplay(t *testing.T) {
	bare, mixed := toyProblems(1), toyProblems(1)
	for i := range bare {
		bare[i].Verify, bare[i].Think, bare[i].Answer = json.RawMessage(`{"number": 1}`), "", ""
		mixed[i].Verify = bare[i].Verify
	}
	copy(mixed, bare[:len(bare)-1])
	two, none := 2.0, 0.0
	for _, c := range []struct {
		weight   *float64
		problems stage.Forecast
		replay   bool
		refused  bool
	}{
		{&two, stage.Forecast{Path: toyPart(t, bare)}, false, true}, {&two, stage.Forecast{Path: toyPart(t, bare)}, true, false}, {nil, stage.Forecast{Path: toyPart(t, bare)}, false, false},
		{&none, stage.Forecast{Path: toyPart(t, bare)}, false, false}, {&two, stage.Forecast{Path: toyPart(t, mixed)}, false, false}, {&two, stage.Forecast{Path: toyPart(t, toyProblems(1))}, false, false},
		{&two, stage.Forecast{Use: stage.UseProblems, Size: map[string]float64{"examples": 9, "text": 90, "unanswered": 9}}, false, true}, {&two, stage.Forecast{}, false, false},
		{&two, stage.Forecast{Use: stage.UseProblems, Size: map[string]float64{"examples": 9, "text": 90, "unanswered": 8, "learnt": 2}}, false, false},
	} {
		in := map[string][]stage.Forecast{"base": {{Path: archFolder("qwen2")}}, "problems": {c.problems}}
		if c.replay {
			in["replay"] = []stage.Forecast{{Path: toyPart(t, toyProblems(1))}}
		}
		f := (&GRPO{Weight: c.weight}).Forecast(in, stage.Machine{Threads: 1})
		if refused := slices.ContainsFunc(f.Wrong, func(e *say.Error) bool { return e.Where == "replay_weight" && e.In(say.English) != e.In(say.Chinese) }); refused != c.refused {
			t.Errorf("%+v: %v", c, f.Wrong)
		}
	}
}
