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
}
