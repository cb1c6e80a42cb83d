package data

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"suiren/internal/say"
	"suiren/knowledge"
	"suiren/stage"
	"suiren/store"
)

// A script is a teacher that says what a test wants.
type script struct {
	mu    sync.Mutex
	calls int
	after int  // calls, after which it is interrupted; 0: never
	quick bool // it has no thoughts
	write func(prompt string, o Writing) (string, error)
}

var errInterrupted = errors.New("interrupted")

func (s *script) Teacher(*stage.Job, stage.Input) (Teacher, error) { return s, nil }
func (s *script) Close() error                                     { return nil }
func (s *script) Thinks() bool                                     { return !s.quick }
func (s *script) Write(_ context.Context, asked []stage.Message, o Writing) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls++; s.after > 0 && s.calls > s.after {
		return "", errInterrupted
	}
	return s.write(asked[len(asked)-1].Content, o)
}

var (
	lamp = newDocument("guide/lamp.md", "# Lamps\n\nThe green lamp burns for 40 hours on one charge. Its battery is made in Harbin.\n")
	boat = newDocument("guide/boat.md", "# Boats\n\nA ferry crosses the river every 20 minutes. The last one leaves at 23:10.\n")
	tea  = newDocument("guide/tea.md", "# 茶\n\n龙井茶要用八十度的水冲泡。第一泡的时间为三十秒。\n")
)

var teacherInput = stage.Input{Arg: "teacher", Digest: store.Digest{7}}

func writtenIn(t testing.TB, dir string) (list []Try) {
	t.Helper()
	if err := readWritten(dir, func(w *Try) error { list = append(list, *w); return nil }); err != nil {
		t.Fatal(err)
	}
	return list
}

func examplesIn(t testing.TB, dir, part string) (list []stage.Example) {
	t.Helper()
	for e, err := range stage.Examples(filepath.Join(dir, part, stage.ExamplesFile)) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, e)
	}
	return list
}

// asks answers by what stands in a prompt.
func asks(pairs ...string) *script {
	return &script{write: func(prompt string, _ Writing) (string, error) {
		for i := 0; i < len(pairs); i += 2 {
			all := true
			for _, part := range strings.Split(pairs[i], "&") {
				all = all && strings.Contains(prompt, part)
			}
			if all {
				return pairs[i+1], nil
			}
		}
		return "", nil
	}}
}

func zero() *float64 { return new(float64) }

func TestQuestions(t *testing.T) {
	good := []string{
		"Question:&green lamp", "The green lamp burns for 40 hours on one charge.",
		"one question&green lamp", "How many hours does the green lamp burn on one charge?",
		"Question:&ferry", "The last ferry leaves at 23:10.",
		"one question&ferry", "“When does the last ferry leave?”",
		"问题：&龙井茶", "龙井茶要用八十度的水冲泡。",
		"能回答的问题&龙井茶", "龙井茶要用多少度的水冲泡？",
	}
	op := &Written{Kind: WrittenQuestions, Heldout: zero(), First: 1, Open: asks(good...)}
	out := must(t, op, documentsOf(t, lamp, boat, tea), teacherInput)
	list := examplesIn(t, out, trainPart)
	if len(list) != 3 {
		t.Fatalf("%d examples: %+v", len(list), writtenIn(t, out))
	}
	if m := list[1].Messages; m[0].Content != "When does the last ferry leave?" || m[1].Content != "The last ferry leaves at 23:10." || m[1].Role != "assistant" {
		t.Errorf("%+v", m)
	}
	for _, w := range writtenIn(t, out) {
		if !w.Kept || w.Rank != 1 || w.Teacher != (store.Digest{7}).String() || w.Document == "" || w.Passage == "" || w.End <= w.Start || len(w.Asked) != 2 ||
			w.Asked[0].Seed == w.Asked[1].Seed || !strings.Contains(w.Asked[0].Prompt, w.Document) {
			t.Errorf("%+v", w)
		}
		for _, id := range []string{w.ID, w.Passage, w.Document, w.Key} {
			if found, err := FindWritten(out, id); err != nil || len(found) != 1 || found[0].ID != w.ID {
				t.Errorf("%s: %+v %v", id, found, err)
			}
		}
	}
	for why, c := range map[string][]string{
		leftUnsupported: {"Question:&green lamp", "The green lamp burns for 90 hours on one charge.", "one question&green lamp", "How many hours does the green lamp burn?"},
		leftLost:        {"one question&green lamp", "When does the last ferry leave the river?"},
		leftPointing:    {"one question&green lamp", "What does the passage say about the green lamp?"},
		leftLanguage:    {"one question&green lamp", "绿色的灯能亮多久？"},
		leftNothing:     {"one question&green lamp", "How long does the green lamp burn?\nWhere is its battery made?"},
	} {
		op.Open = asks(append(c, good[4:]...)...)
		out := must(t, op, documentsOf(t, lamp, boat, tea), teacherInput)
		if got := writtenIn(t, out)[0]; got.Kept || got.Reason != why {
			t.Errorf("want %s: %+v", why, got)
		}
		var r writtenReport
		readJSON(t, filepath.Join(out, reportPart, "report.json"), &r)
		if r.Reasons[why] != 1 || r.Kept != 2 || r.Tries != 3 || r.Of != 3 {
			t.Errorf("%s: %+v", why, r)
		}
	}
	long := asks(good...)
	long.write = func(prompt string, o Writing) (string, error) {
		if strings.Contains(prompt, "green lamp") {
			return "", ErrTooLong
		}
		return asks(good...).write(prompt, o)
	}
	op.Open = long
	if got := writtenIn(t, must(t, op, documentsOf(t, lamp, boat), teacherInput))[0]; got.Reason != leftLong {
		t.Errorf("%+v", got)
	}
	if _, err := makeFrom(t, op, documentsOf(t, lamp), teacherInput); err == nil || !strings.Contains(err.Error(), "take a teacher with a longer context") {
		t.Errorf("a context that is too short for all: %v", err)
	}
	op.Open, op.Each = asks(good...), 2 // the same question twice
	if list := writtenIn(t, must(t, op, documentsOf(t, lamp, boat), teacherInput)); len(list) != 4 || list[1].Reason != leftTwice || list[2].Kept != true {
		t.Errorf("%+v", list)
	}
}

// No document is on both sides, and what is held out can be asked of an index.
func TestQuestionsSplit(t *testing.T) {
	var docs []Document
	for i := range 60 {
		name := string(rune('a'+i%26)) + string(rune('a'+i/26))
		docs = append(docs, newDocument("d/"+name+".md", "# Engine "+name+"x\n\nThe engine "+name+"x was built by the firm "+name+"y in the town "+name+"z.\n\n## Owner of "+name+"x\n\n"+strings.Repeat("The engine "+name+"x belongs to the house "+name+"w and is kept there. ", 12)+"\n"))
	}
	teacher := &script{write: func(prompt string, o Writing) (string, error) {
		at := strings.Index(prompt, "engine ")
		name := prompt[at+7 : at+10]
		if strings.Contains(prompt, "Question:") {
			return "The engine " + name + " ", nil
		}
		if strings.Contains(prompt, "belongs") {
			return "To which house does the engine " + name + " belong?", nil
		}
		return "Which firm built the engine " + name + "?", nil
	}}
	share := .3
	out := must(t, &Written{Kind: WrittenQuestions, Heldout: &share, First: 5, Open: teacher}, documentsOf(t, docs...), teacherInput)
	part := map[string]string{}
	for _, w := range writtenIn(t, out) {
		if !w.Kept {
			t.Fatalf("%+v", w)
		}
		if old := part[w.Document]; old != "" && old != w.Part {
			t.Errorf("%s is in %s and in %s", w.Document, old, w.Part)
		}
		part[w.Document] = w.Part
	}
	held := examplesIn(t, out, heldoutPart)
	b, err := os.ReadFile(filepath.Join(out, heldoutPart, "questions.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	labelled, err := knowledge.ReadLabelled(bytes.NewReader(b))
	if err != nil || len(labelled) != len(held) || len(held) < 10 || part[labelled[0].Files[0]] != heldoutPart || labelled[0].Question != held[0].Messages[0].Content {
		t.Errorf("%d held out, %d labelled: %v", len(held), len(labelled), err)
	}
}

func TestRewrites(t *testing.T) {
	op := &Written{Kind: WrittenRewrites, Heldout: zero(), First: 1}
	of := strings.TrimPrefix(lamp.Text, "# Lamps\n\n")
	for wrote, want := range map[string]string{
		"On a single charge, 40 hours of light come from the green lamp, whose battery Harbin produces.": "",
		strings.TrimSpace(of): leftCopied,
		"On a single charge, 50 hours of light come from the green lamp, whose battery Harbin produces.": leftNumbers,
		"The lamp burns for 40 hours.": leftLength,
		"绿色的灯充一次电可以亮四十小时，它的电池是在哈尔滨制造的，40。":                                                                leftLanguage,
		"After 40 crossings of the river a ferry rests, and the ferry crosses the river every time anew.": leftLost,
		"": leftNothing,
	} {
		// The boat is rewritten well each time: one example is left.
		op.Open = asks("other words&green lamp", wrote, "other words&ferry", "Each 20 minutes there is a boat, a ferry, over the river; at 23:10 the final ferry goes.")
		out, err := makeFrom(t, op, documentsOf(t, lamp, boat), teacherInput)
		if err != nil {
			t.Fatal(err)
		}
		if list := writtenIn(t, out); list[0].Reason != want || !list[1].Kept {
			t.Errorf("%q: want %q: %+v", wrote, want, list)
		}
		if want == "" {
			if e := examplesIn(t, out, trainPart)[0]; e.Messages[1].Content != wrote || !strings.HasSuffix(e.Messages[0].Content, strings.TrimSpace(of)) {
				t.Errorf("%+v", e)
			}
		}
	}
}

func TestPairs(t *testing.T) {
	n := 0
	teacher := &script{}
	teacher.write = func(prompt string, o Writing) (string, error) {
		n++
		switch {
		case !strings.Contains(prompt, "Question:"):
			return "How many hours does the green lamp burn on one charge?", nil
		case n%2 == 0:
			return "It is blue and costs a fortune every morning.", nil
		}
		return "The green lamp burns for 40 hours on one charge.", nil
	}
	op := &Written{Kind: WrittenPairs, Heldout: zero(), Each: 3, Open: teacher}
	out := must(t, op, documentsOf(t, lamp), teacherInput)
	list := examplesIn(t, out, trainPart)
	if len(list) != 1 || list[0].Use() != stage.UsePairs || !strings.Contains(list[0].Chosen[0].Content, "40 hours") || !strings.Contains(list[0].Rejected[0].Content, "blue") ||
		list[0].Prompt[0].Content != "How many hours does the green lamp burn on one charge?" {
		t.Errorf("%+v", list)
	}
	if w := writtenIn(t, out)[0]; !slices.Equal(w.Scores, []float64{0, 1, 0}) {
		t.Errorf("%+v", w)
	}
	// By the verifier of a problem.
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, problemsFile))
	if err != nil {
		t.Fatal(err)
	}
	problems := []stage.Problem{
		{ID: "a", Key: "a", Lang: "en", Prompt: "3+4=?", Answer: "7", Tools: []json.RawMessage{json.RawMessage(`{"type":"function","function":{"name":"add"}}`)}},
		{ID: "b", Key: "b", Lang: "en", Prompt: "How many legs have two dogs?", Verify: []byte(`{"number": 8}`)},
		{ID: "c", Key: "c", Lang: "en", Prompt: "5+5=?", Answer: "10"},
	}
	if err := errors.Join(stage.WriteProblems(f, problems), f.Close()); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	op = &Written{Kind: WrittenPairs, Heldout: zero(), Open: &script{write: func(prompt string, o Writing) (string, error) {
		seen[prompt]++
		if offered := len(o.Tools) == 1; offered != (prompt == "3+4=?") {
			t.Errorf("%s is asked with %s", prompt, o.Tools)
		}
		return map[string][]string{"3+4=?": {"8", "7"}, "How many legs have two dogs?": {"They have 8.", "Six."}, "5+5=?": {"10", "10"}}[prompt][seen[prompt]-1], nil
	}}}
	out = must(t, op, stage.Input{Arg: "problems", Dir: dir}, teacherInput)
	list = examplesIn(t, out, trainPart)
	if len(list) != 2 || list[0].Chosen[0].Content != "7" || list[0].Rejected[0].Content != "8" || list[1].Chosen[0].Content != "They have 8." ||
		len(list[0].Tools) != 1 || len(list[1].Tools) != 0 {
		t.Errorf("%+v", list)
	}
	if w := writtenIn(t, out); w[2].Reason != leftTie || w[2].Problem != "c" {
		t.Errorf("%+v", w[2])
	}
}

// An interrupted writing goes on where it was, to the same bytes.
func TestWrittenResumes(t *testing.T) {
	var docs []Document
	for i := range 150 {
		name := string(rune('a'+i%26)) + string(rune('a'+i/26)) + "q"
		docs = append(docs, newDocument("d/"+name+".md", "# Engine "+name+"\n\nThe engine "+name+" was built by the firm "+name+"y.\n"))
	}
	write := func(prompt string, o Writing) (string, error) {
		at := strings.Index(prompt, "engine ")
		if strings.Contains(prompt, "Question:") {
			return "The engine " + prompt[at+7:at+10], nil
		}
		if o.Seed%3 == 0 {
			return "nonsense", nil
		}
		return "Which firm built the engine " + prompt[at+7:at+10] + "?", nil
	}
	in := documentsOf(t, docs...)
	op := &Written{Kind: WrittenQuestions, Open: &script{write: write}}
	want := digestOf(t, must(t, op, in, teacherInput))
	work := t.TempDir()
	total, broke := 0, 0
	for {
		s := &script{write: write, after: 170}
		op.Open = s
		job := &stage.Job{Inputs: []stage.Input{in, teacherInput}, Out: t.TempDir(), Work: work, Emit: func(stage.Event) {}}
		err := op.Run(context.Background(), job)
		total += s.calls
		if err == nil {
			if got := digestOf(t, job.Out); got != want {
				t.Errorf("%v, want %v", got, want)
			}
			break
		}
		if broke++; !errors.Is(err, errInterrupted) || broke > 10 {
			t.Fatal(err)
		}
	}
	if broke == 0 || total > 500 {
		t.Errorf("interrupted %d times, %d calls", broke, total)
	}
	op.Open, op.Seed = &script{write: write}, 1
	if digestOf(t, must(t, op, in, teacherInput)) == want {
		t.Error("another seed writes the same")
	}
}

// A teacher that passes no check is an error that says which.
func TestWrittenNothing(t *testing.T) {
	op := &Written{Kind: WrittenQuestions, Open: asks()}
	_, err := makeFrom(t, op, documentsOf(t, lamp, boat), teacherInput)
	e, ok := errors.AsType[*say.Error](err)
	if !ok || e.Where != "teacher" || !strings.Contains(err.Error(), leftNothing) || e.In(say.Chinese) == e.In(say.English) {
		t.Errorf("%v", err)
	}
	for _, bad := range []*Written{
		{Kind: WrittenQuestions}, {Kind: WrittenQuestions, Problems: stage.Ref{Name: "x"}}, {Kind: WrittenPairs, From: stage.Ref{Name: "x"}, Problems: stage.Ref{Name: "x"}},
		{Kind: WrittenPairs, From: stage.Ref{Name: "x"}, Each: 1},
	} {
		if len(bad.Check()) == 0 {
			t.Errorf("%+v is taken", bad)
		}
	}
}

// What became of the tries is told, the commonest reason first.
func TestWrittenSaid(t *testing.T) {
	r := writtenReport{Tries: 171, Kept: 1, Reasons: map[string]int{leftTie: 160, leftNothing: 10}, Examples: map[string]int{trainPart: 1}}
	for lang, want := range map[say.Lang]string{
		say.English: "of 171 tries 1 is kept, 1 of them to learn from; left out: no difference between the answers 160, nothing, or more than belongs there 10",
		say.Chinese: "写了 171 次，留下 1 条，其中 1 条供学习；去掉：各回答没有好坏之分 160，没有写出，或写了不该有的 10",
	} {
		if got := r.said().In(lang); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// As much is foretold as there are passages, or problems: the owner's, too.
func TestWrittenForecast(t *testing.T) {
	for name, c := range map[string]struct {
		op   Written
		arg  string
		size map[string]float64
		want float64 // made, of all parts
		use  stage.Use
	}{
		"own problems": {Written{Kind: WrittenPairs, Each: 4}, "problems", map[string]float64{"examples": 180}, 180, stage.UsePairs},
		"lessons":      {Written{Kind: WrittenPairs, Count: 50}, "problems", map[string]float64{"problems": 3000}, 50, stage.UsePairs},
		"passages":     {Written{Kind: WrittenQuestions, Each: 2}, "from", map[string]float64{"text": 40 * passageBytes}, 80, stage.UseChats},
		"nothing":      {Written{Kind: WrittenRewrites}, "from", nil, 1000, stage.UseChats},
	} {
		f := c.op.Forecast(map[string][]stage.Forecast{c.arg: {{Size: c.size}}}, stage.Machine{Peak: 1e11})
		if got := f.Size["examples"] + f.Size["watched"] + f.Size["heldout"]; math.Abs(got-c.want) > 1e-6 || f.Use != c.use || f.Size["watched"] == 0 || f.Low <= 0 {
			t.Errorf("%s: %g made for %q, want %g for %q: %+v", name, got, f.Use, c.want, c.use, f.Size)
		}
	}
}

// Pairs of problems are as long as the problems, and two answers of at most so many tokens.
func TestWrittenForecastText(t *testing.T) {
	op := Written{Kind: WrittenPairs, Tokens: 16}
	problems := stage.Forecast{Size: map[string]float64{"examples": 100, "text": 3000, "learnt": 1000, "longest": 50}}
	made := t.TempDir()
	err := os.WriteFile(filepath.Join(made, stage.ProblemsFile), []byte(strings.Repeat(`{"id":"a","prompt":"`+strings.Repeat("q", 20)+`"}`+"\n", 100)), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []stage.Forecast{problems, {Path: made, Size: problems.Size}} {
		f := op.Forecast(map[string][]stage.Forecast{"problems": {p}, "teacher": {{Size: map[string]float64{"vocab": 512}}}}, stage.Machine{})
		n := f.Size["examples"]
		if most := 16 * 1.73; f.Size["learnt"] != n*2*most || f.Size["text"] != n*20+f.Size["learnt"] || f.Size["longest"] < 20+most || f.Size["longest"] > 50+most {
			t.Errorf("%v", f.Size)
		}
	}
	chats := t.TempDir()
	if err := os.WriteFile(filepath.Join(chats, stage.ExamplesFile), []byte(`{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, p := range []stage.Forecast{{Use: stage.UseChats}, {Path: chats}} {
		if list := op.Forecast(map[string][]stage.Forecast{"problems": {p}}, stage.Machine{}).Wrong; len(list) != 1 || list[0].Where != "problems" || !strings.Contains(list[0].Error(), "it is a conversation to learn") {
			t.Errorf("of conversations: %v", list)
		}
	}
	op.Open = asks()
	err = op.Run(t.Context(), &stage.Job{Out: t.TempDir(), Inputs: []stage.Input{{Arg: "problems", Dir: chats}}})
	if err == nil || !strings.HasPrefix(err.Error(), "problems: ") {
		t.Errorf("a run over conversations: %v", err)
	}
	op.Tokens = 0
	if f := op.Forecast(map[string][]stage.Forecast{"problems": {problems}}, stage.Machine{}); f.Size["learnt"] != f.Size["examples"]*2*writtenBytes {
		t.Errorf("of long answers: %v", f.Size)
	}
}

// Thoughts of a teacher that has none are refused, before it is opened if that is known.
func TestWrittenMute(t *testing.T) {
	quick := asks()
	quick.quick = true
	op := &Written{Kind: WrittenQuestions, Think: 8, Open: quick}
	_, err := makeFrom(t, op, documentsOf(t, lamp, boat), teacherInput)
	if e, ok := errors.AsType[*say.Error](err); !ok || e.Where != "think" || quick.calls > 0 {
		t.Errorf("%v after %d calls", err, quick.calls)
	}
	for _, mute := range []float64{0, 1} {
		for _, think := range []int{0, 8} {
			op.Think = think
			f := op.Forecast(map[string][]stage.Forecast{"teacher": {{Size: map[string]float64{"mute": mute}, Path: t.TempDir()}}}, stage.Machine{})
			if want := mute > 0 && think > 0; (len(f.Wrong) == 1) != want {
				t.Errorf("mute %g, think %d: %v", mute, think, f.Wrong)
			}
		}
	}
}
