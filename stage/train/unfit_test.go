package train

import (
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
)

// Problems of which only a verifier is known are refused in the plan where answers
// are learnt or watched, made already or not, and not where they are asked.
func TestUnansweredProblems(t *testing.T) {
	teach := toyProblems(1)
	bare := toyProblems(1)
	bare[3].Answer = ""
	for _, c := range []struct {
		f   stage.Forecast
		bad bool
	}{
		{stage.Forecast{Path: toyPart(t, teach)}, false},
		{stage.Forecast{Path: toyPart(t, bare)}, true},
		{stage.Forecast{Use: stage.UseProblems, Size: map[string]float64{"examples": 9, "unanswered": 10}}, true},
		{stage.Forecast{Use: stage.UseProblems, Size: map[string]float64{"examples": 9, "unanswered": 9, "learnt": 7}}, false}, // which part the answered one goes to is not known
		{stage.Forecast{Use: stage.UseProblems}, false},
	} {
		in := map[string][]stage.Forecast{"problems": {c.f}, "watch": {c.f}}
		for _, f := range []stage.Forecast{(&Distil{}).Forecast(in, stage.Machine{}), (&LoRA{}).Forecast(in, stage.Machine{})} {
			bad := ""
			for _, e := range f.Wrong {
				bad += e.Where + ": " + e.What.In(say.English) + "; " + e.Next.In(say.Chinese)
			}
			if c.bad != strings.HasPrefix(bad, "watch: these problems have verifiers") || c.bad != strings.Contains(bad, "completion") {
				t.Errorf("%+v: %q", c.f, bad)
			}
		}
		if list := unfit(in, stage.UseProblems, "problems"); len(list) > 0 {
			t.Errorf("%+v: %v", c.f, list)
		}
	}
}

// A part without an example that is watched is refused in the plan, made already or not.
func TestUnwatched(t *testing.T) {
	for _, c := range []struct {
		f   stage.Forecast
		bad bool
	}{
		{stage.Forecast{Path: toyPart(t, nil)}, true},
		{stage.Forecast{Path: toyPart(t, toyProblems(1))}, false},
		{stage.Forecast{Size: map[string]float64{"watched": 0}}, true},
		{stage.Forecast{}, false},
	} {
		list := unfit(map[string][]stage.Forecast{"watch": {c.f}, "examples": {c.f}}, stage.UseChats, "examples", "watch")
		if c.bad != (len(list) == 1 && list[0].Where == "watch" && strings.HasPrefix(list[0].What.In(say.English), "none of these examples are watched")) {
			t.Errorf("%+v: %v", c.f, list)
		}
	}
}
