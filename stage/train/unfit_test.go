package train

import (
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
)

// Problems of which only a verifier is known are refused in the plan where answers
// are learnt or watched, made already or not, and not where they are asked.
func TestUnansweredProblems(t *testing.T) {
	teach := toyProblems(1)
	bare := toyProblems(1)
	bare[3].Answer = ""
	for _, c := range []struct {
		f   stage.Forecast
		bad string
	}{
		{stage.Forecast{Path: toyPart(t, teach)}, ""},
		{stage.Forecast{Path: toyPart(t, bare)}, "watch: " + bare[3].ID + ": the problem"},
		{stage.Forecast{Use: stage.UseProblems, Size: map[string]float64{"examples": 9, "unanswered": 10}}, "watch: these problems have verifiers"},
		{stage.Forecast{Use: stage.UseProblems, Size: map[string]float64{"examples": 9, "unanswered": 9, "learnt": 7}}, ""}, // those are of another part
		{stage.Forecast{Use: stage.UseProblems, Size: map[string]float64{"examples": 9, "unanswered": 1, "learnt": 7}, Bare: stage.Unanswered(&stage.Example{From: "a.jsonl:7"})}, "watch: a.jsonl:7: the problem"},
		{stage.Forecast{Use: stage.UseProblems}, ""},
	} {
		in := map[string][]stage.Forecast{"problems": {c.f}, "watch": {c.f}}
		for _, f := range []stage.Forecast{(&Distil{}).Forecast(in, stage.Machine{}), (&LoRA{}).Forecast(in, stage.Machine{})} {
			bad := ""
			for _, e := range f.Wrong {
				bad += e.Where + ": " + e.What.In(say.English) + "; " + e.Next.In(say.Chinese)
			}
			if (c.bad == "") != (bad == "") || !strings.HasPrefix(bad, c.bad) || (c.bad != "") != strings.Contains(bad, "completion") {
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

// Rows of conversations in another template than the base's are refused, in the plan
// before they are made and after, and where they are used. Rows of plain text, and
// those that do not say in which words they are, fit any base with their tokenizer.
func TestOtherTemplate(t *testing.T) {
	const written = "{% for m in messages %}<s>{{ m.role }}: {{ m.content }}</s>{% endfor %}{% if add_generation_prompt %}<s>assistant: {% endif %}"
	wrote := withTemplate(t, "qwen2", written)
	base := withTemplate(t, "qwen2", strings.ReplaceAll(written, "assistant", "helper"))
	words, err := talk.Open(wrote)
	check(t, err)
	rows := func(sum string) string {
		dir := t.TempDir()
		w, err := stage.NewRowWriter(dir, words.Tokenizer.Vocab(), 48, false)
		check(t, err)
		w.Words(sum)
		check(t, w.Add([]stage.RowDoc{{IDs: words.Tokenizer.Encode(nil, "ab ab ab"), Supervised: 1}}))
		_, err = w.Close()
		check(t, err)
		return dir
	}
	const want = "from: the rows were written in another chat template"
	said := rows(words.Sum())
	for name, c := range map[string]struct {
		base string
		f    stage.Forecast
		bad  bool
	}{
		"made":               {base, stage.Forecast{Path: said}, true},
		"made, of this base": {wrote, stage.Forecast{Path: said}, false},
		"of old":             {base, stage.Forecast{Path: rows("")}, false},
		"to be made":         {base, stage.Forecast{WordsPath: wrote}, true},
		"to be made of this": {base, stage.Forecast{WordsPath: base}, false},
		"to be made of text": {base, stage.Forecast{}, false},
	} {
		for _, op := range []stage.Operator{&Continue{}, &LoRA{}, &SFT{}, &Distil{}} {
			f := op.(stage.Forecaster).Forecast(map[string][]stage.Forecast{"base": {{Path: c.base}}, "from": {c.f}}, stage.Machine{})
			if got := len(f.Wrong) == 1 && strings.HasPrefix(f.Wrong[0].In(say.English), want); got != c.bad || !c.bad && len(f.Wrong) > 0 {
				t.Errorf("%s, %s: %v", op.Name(), name, f.Wrong)
			}
		}
		if c.f.Path == "" {
			continue
		}
		for _, op := range []stage.Operator{&LoRA{}, &Distil{Rank: 4}} {
			err := op.Run(t.Context(), newBench(t, map[string]string{"base": c.base, "from": c.f.Path, "teacher": c.base}).Job)
			if got := err != nil && strings.HasPrefix(err.Error(), want); got != c.bad || !c.bad && err != nil {
				t.Errorf("%s, %s: %v", op.Name(), name, err)
			}
		}
	}
}
