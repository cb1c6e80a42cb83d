package data

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/wording"
)

func makeDialogues(t *testing.T, d *Dialogues, grammar string) (string, error) {
	t.Helper()
	job := &stage.Job{Out: t.TempDir(), Emit: func(stage.Event) {}}
	if grammar != "" {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "g.json"), []byte(grammar), 0o600); err != nil {
			t.Fatal(err)
		}
		d.Path = "*.json"
		job.Inputs = []stage.Input{{Arg: "files", Dir: dir}}
	}
	return job.Out, d.Run(context.Background(), job)
}

// Our own forms make what their verifiers call right, in both languages, and
// no key is in two parts; the same seed makes the same bytes.
func TestDialogues(t *testing.T) {
	out, err := makeDialogues(t, &Dialogues{Count: 1500, Seed: 3}, "")
	if err != nil {
		t.Fatal(err)
	}
	part := map[string]string{}
	forms := map[string]int{}
	thoughts, n := 0, 0
	for _, p := range []string{trainPart, watchPart, heldoutPart} {
		for e, err := range stage.Examples(filepath.Join(out, p, stage.ExamplesFile)) {
			if err != nil {
				t.Fatal(err)
			}
			if other, there := part[e.Key]; there && other != p {
				t.Fatalf("%s is in %s and %s", e.Key, other, p)
			}
			part[e.Key] = p
			n++
			form, _, _ := strings.Cut(e.From, "#")
			forms[form]++
			for _, m := range e.Messages {
				if m.Thought != "" {
					thoughts++
				}
				if strings.ContainsAny(m.Content, "{}") && !json.Valid([]byte(m.Content)) {
					t.Errorf("%s: %q", e.From, m.Content)
				}
			}
		}
	}
	if n != 1500 || len(forms) != 16 || thoughts == 0 || len(part) < n/2 {
		t.Errorf("%d dialogues of %d keys, %d thoughts, %v", n, len(part), thoughts, forms)
	}
	again, err := makeDialogues(t, &Dialogues{Count: 1500, Seed: 3}, "")
	if err != nil {
		t.Fatal(err)
	}
	a, err := os.ReadFile(filepath.Join(out, trainPart, stage.ExamplesFile))
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(again, trainPart, stage.ExamplesFile))
	if err != nil {
		t.Fatal(err)
	}
	if string(a) != string(b) {
		t.Error("the same seed made other dialogues")
	}
	out, err = makeDialogues(t, &Dialogues{Count: 300, As: asProblems, Languages: []string{"zh"}}, "")
	if err != nil {
		t.Fatal(err)
	}
	list, err := stage.ReadProblems(filepath.Join(out, trainPart, problemsFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		if p.Verify == nil || p.Lang != "zh" || p.Prompt == "" {
			t.Fatalf("%+v", p)
		}
	}
}

// A grammar of few draws leaves a part empty: what is told is of the dialogues that were made
// and of the grammar, and not of draws that came again.
func TestDialoguesOfFewDraws(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "g.json"), []byte(`{"phrases": {"hi": {"en": ["Hi", "Hello", "Hey"]}}, "dialogues": [{"name": "a", "draw": [["x", "1..4"]],
		"turns": {"en": [{"role": "user", "content": "{hi}, {x} teas?"}, {"role": "assistant", "content": "{x}"}]}}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(heldout float64) (said []string, counts map[string]float64, err error) {
		err = (&Dialogues{Path: "*.json", Count: 12, Heldout: &heldout}).Run(t.Context(), &stage.Job{Out: t.TempDir(), Inputs: []stage.Input{{Arg: "files", Dir: dir}}, Emit: func(e stage.Event) {
			if e.Type == "count" {
				counts = e.Vals
			} else if e.Type == "note" {
				said = append(said, e.Text.In(say.English), e.Text.In(say.Chinese))
			}
		}})
		return said, counts, err
	}
	said, counts, err := run(0.01)
	if err != nil || counts["examples"] != 12 || len(said) != 2 ||
		said[0] != "nothing is held out or watched: the number of different draws among the 12 dialogues is 4, and all of one draw are of one part; raise heldout, or widen what is drawn, or raise count" ||
		said[1] != "没有任何样例被留出或观察：12 段对话的抽取结果共有 4 种，同一结果的对话归入同一部分；请调大 heldout，或扩大抽取范围，或增大 count" {
		t.Errorf("%q, %v, %v", said, counts, err)
	}
}

// Two draws that say the same in the same words, or with the numbers in another
// order, are problems of one part.
func TestDialogueProblemsWorded(t *testing.T) {
	out, err := makeDialogues(t, &Dialogues{Count: 150, As: asProblems, Heldout: new(0.3)}, `{"dialogues": [{"name": "a", "draw": [["x", "1..20"], ["y", "1..20"]],
		"turns": {"en": [{"role": "user", "content": "What is {x} plus {y}?"}, {"role": "assistant", "content": "{x + y}"}]}, "verify": {"number": "{x + y}"}}]}`)
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	n := 0
	for _, p := range []string{trainPart, watchPart, heldoutPart} {
		list, err := stage.ReadProblems(filepath.Join(out, p, problemsFile))
		if err != nil {
			t.Fatal(err)
		}
		for i := range list {
			w := wording.Of(&list[i])
			if other, ok := parts[w]; ok && other != p {
				t.Errorf("%q is in %s, and one of its wording in %s", list[i].Prompt, p, other)
			}
			parts[w] = p
			n++
		}
	}
	var r conversationsReport
	if err := json.Unmarshal(read(t, filepath.Join(out, reportPart, "report.json")), &r); err != nil {
		t.Fatal(err)
	}
	if n != 150 || r.Reworded == 0 {
		t.Errorf("%d problems, %d left out", n, r.Reworded)
	}
}

// A search that finds nothing new ends soon after, with all that there is: 39 of one form,
// and of two forms those of the one that is drawn rarely too.
func TestDialoguesSpent(t *testing.T) {
	turns := func(list string) string {
		return `"draw": [["n", "` + list + `"]], "turns": {"en": [{"role": "user", "content": "{n}?"}, {"role": "assistant", "content": "{n}."}]}`
	}
	for _, x := range []struct {
		grammar string
		found   string
		draws   int // at most, and far fewer than for each of those that were asked for
	}{
		{`{"dialogues": [{"name": "a", ` + turns("1..39") + `}]}`, ": 39 were found", 20_000},
		{`{"dialogues": [{"name": "a", "weight": 50, ` + turns("1..5") + `}, {"name": "b", ` + turns("101..105") + `}]}`, ": 10 were found", 20_000},
	} {
		dir, drawn := t.TempDir(), 0
		if err := os.WriteFile(filepath.Join(dir, "g.json"), []byte(x.grammar), 0o600); err != nil {
			t.Fatal(err)
		}
		units := map[string]bool{}
		job := &stage.Job{Out: t.TempDir(), Inputs: []stage.Input{{Arg: "files", Dir: dir}}, Emit: func(e stage.Event) {
			units[e.Unit] = true
			drawn += 1000 // it is told at each thousandth
		}}
		err := (&Dialogues{Path: "*.json"}).Run(context.Background(), job)
		if err == nil || !strings.Contains(err.Error(), x.found) || drawn > x.draws {
			t.Errorf("%v after %d draws", err, drawn)
		}
		if len(units) != 1 || !units["dialogues"] {
			t.Errorf("progress in %v", units)
		}
	}
}

// Tools are called with what was drawn, numbers as numbers, and answered.
func TestDialogueTools(t *testing.T) {
	out, err := makeDialogues(t, &Dialogues{Count: 20}, `{"lists": {"cities": ["Oslo", "Lima"]}, "dialogues": [{"name": "w", "draw": [["c", "cities"], ["d", "1..20"]],
		"turns": {"en": [{"role": "user", "content": "How warm is {c} in {d} days?"},
			{"role": "assistant", "tool_calls": [{"name": "weather", "arguments": {"city": "{c}", "days": "{d}"}}]},
			{"role": "tool", "content": "{d + 1}"}, {"role": "assistant", "content": "{d + 1} degrees."}]}, "verify": {"number": "{d + 1}"}}]}`)
	if err != nil {
		t.Fatal(err)
	}
	for e, err := range stage.Examples(filepath.Join(out, trainPart, stage.ExamplesFile)) {
		if err != nil {
			t.Fatal(err)
		}
		var args struct {
			City string
			Days int
		}
		call := e.Messages[1].Calls[0]
		if err := json.Unmarshal([]byte(call.Function.Arguments), &args); err != nil || args.City == "" || args.Days == 0 || e.Messages[2].CallID != call.ID {
			t.Fatalf("%v: %+v", err, e)
		}
	}
}

// A form that contradicts itself, or cannot be read, is an error that says where.
func TestGrammarFaults(t *testing.T) {
	form := func(draw, text, verify string) string {
		return `{"lists": {"l": ["a", 2, 0.5, {"x": 1}]}, "phrases": {"p": {"en": ["{q} there", "well"]}, "q": {"en": ["oh"]}, "loop": {"en": ["{loop}"]}},
			"dialogues": [{"name": "f", "draw": [` + draw + `], "turns": {"en": [{"role": "user", "content": "how many, {p}?"}, {"role": "assistant", "content": "` + text + `"}]}, "verify": ` + verify + `}]}`
	}
	if _, err := makeDialogues(t, &Dialogues{Count: 9}, form(`["n", "1..99"], ["m", "n * 2"]`, "{m} {{it is}}, {p}", `{"number": "{m}"}`)); err != nil {
		t.Error(err)
	}
	for _, x := range []struct{ grammar, want string }{
		{form(`["n", "1..99"]`, "{n + 1}", `{"number": "{n}"}`), "wrong"},
		{form(`["n", "1..99"]`, "{m}", `null`), "turns.en[1]"},
		{form(`["n", "1..99"]`, "{n", `null`), "brace"},
		{form(`["n", "9..1"]`, "{n}", `null`), "range"},
		{form(`["n", "nobody"]`, "{n}", `null`), "n"},
		{form(`["n", "1..99"]`, "{loop}", `null`), "deep"},
		{form(`["n", "1..99"]`, "{n}", `{"url": "http://127.0.0.1/"}`), "address"},
		{form(`["n", "1..3"]`, "{n}", `null`), "different"},
		{form(`["n", "1..99"], ["m", "n / 0"]`, "{m}", `null`), "m"},
		{`{"dialogues": []}`, "none"},
		{`{"dialogue": []}`, "dialogue"},
		{`[`, "g.json:1:2: "},
	} {
		_, err := makeDialogues(t, &Dialogues{Count: 50}, x.grammar)
		if err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%q: %v", x.want, err)
		}
	}
}

// TestGrammarPlace: what is no JSON is told with line and column.
func TestGrammarPlace(t *testing.T) {
	for text, want := range map[string]string{
		"{\n \"lists\": {},,\n}":      "g:2:14: ",
		"{\"dialogues\": [":           "g:1:16: ",
		"{\n\"dialogues\": 5}":        "g:2:14: ",
		"\xef\xbb\xbf{\"lists\": [[}": "g:1:13: ",
		"{\"lists\": {}}\n{}":         "g:2:1: something stands behind",
		"{\"list\": {}}":              `g: there is no field "list"`,
	} {
		_, err := readGrammar("g", []byte(text), languages)
		if err == nil || !strings.HasPrefix(err.Error(), want) || say.Err(say.Chinese, err) == err.Error() {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func FuzzGrammar(f *testing.F) {
	f.Add(string(ownGrammar))
	f.Add(`{"dialogues": [{"name": "f", "draw": [["n", "1..9"]], "turns": {"en": [{"role": "user", "content": "{n}"}, {"role": "assistant", "content": "{n}"}]}}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		g, err := readGrammar("g", []byte(text), languages)
		if err != nil {
			return
		}
		for i := range g.Dialogues {
			for lang := range g.Dialogues[i].Turns {
				g.Dialogues[i].make(newDraw(1, "fuzz", i), lang)
			}
		}
	})
}
