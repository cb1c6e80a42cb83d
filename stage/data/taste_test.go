package data

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
)

// tasted writes files and foretells their examples.
func tasted(t *testing.T, files map[string]string) stage.Forecast {
	t.Helper()
	in := stage.Forecast{Folder: t.TempDir(), Size: map[string]float64{}}
	for name, text := range files {
		path := filepath.Join(in.Folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		in.Files, in.Size["bytes"] = append(in.Files, path), in.Size["bytes"]+float64(len(text))
	}
	return new(Conversations).Forecast(map[string][]stage.Forecast{"files": {in}}, stage.Machine{})
}

// What a run refuses of examples, a plan refuses in the same words, however late in a file
// it stands; what a run leaves out, it does not.
func TestTasteRefuses(t *testing.T) {
	chats := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `{"messages":[{"role":"user","content":"%d? %s"},{"role":"assistant","content":"a"}]}`+"\n", i, strings.Repeat("q", 400))
		}
		return b.String()
	}
	role := `{"messages":[{"role":"usr","content":"a"},{"role":"assistant","content":"b"}]}` + "\n"
	for name, c := range map[string]struct {
		files  map[string]string
		faults int
		want   string
	}{
		"late role":   {map[string]string{"a.jsonl": chats(12000) + role}, 1, `a.jsonl:12001: messages[0].role: there is no role "usr"`}, // 6 MB
		"second file": {map[string]string{"a.jsonl": chats(9), "b.jsonl": chats(3) + role + role}, 2, "b.jsonl:5: "},
		"many":        {map[string]string{"a.jsonl": chats(9) + strings.Repeat(role, 25)}, 21, "5 more examples cannot be read"},
		"another use": {map[string]string{"a.jsonl": chats(9) + `{"prompt":"a","chosen":"b","rejected":"c"}`}, 1, "a.jsonl:10: this example is for pairs, and the one at a.jsonl:1 for chats"},
		"twice":       {map[string]string{"a.jsonl": chats(90) + chats(5)}, 0, ""},
	} {
		_, err := converse(t, new(Conversations), c.files)
		f := tasted(t, c.files)
		if len(f.Wrong) != c.faults || (err != nil) != (c.faults > 0) {
			t.Errorf("%s: %v; a run says %v", name, f.Wrong, err)
			continue
		}
		var en, zh []string
		for _, e := range f.Wrong {
			if en, zh = append(en, e.In(say.English)), append(zh, e.In(say.Chinese)); e.Where != "path" {
				t.Errorf("%s: at %s", name, e.Where)
			}
		}
		for lang, list := range map[say.Lang][]string{say.English: en, say.Chinese: zh} {
			got := strings.Join(list, "\n")
			if want := say.Err(lang, err); strings.ReplaceAll(strings.ReplaceAll(got, "path: ", ""), "：", ": ") != strings.ReplaceAll(want, "：", ": ") {
				t.Errorf("%s: a plan says %s\na run says %s", name, got, want)
			}
		}
		if !strings.Contains(strings.Join(en, "\n"), c.want) {
			t.Errorf("%s: %s", name, en)
		}
	}
}

// A plan reads so much and no more, and hands on the examples of each part as a run sorts them.
func TestTasteEnds(t *testing.T) {
	var b strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&b, `{"messages":[{"role":"user","content":"%d?"},{"role":"assistant","content":"a"}]}`+"\n", i)
	}
	path := filepath.Join(t.TempDir(), "a.jsonl")
	long := strings.Repeat(b.String(), 4) + "no example\n"
	if err := os.WriteFile(path, []byte(long), 0o600); err != nil {
		t.Fatal(err)
	}
	in := []stage.Forecast{{Files: []string{path}}}
	if got := new(Conversations).taste(in, tasteBytes); got.faults.Err() == nil || got.all || got.total != 4000 {
		t.Errorf("all: %d, %v", got.total, got.faults.Err())
	}
	if got := new(Conversations).taste(in, 1<<16); got.faults.Err() != nil || got.all || got.total == 0 || got.total > 2000 {
		t.Errorf("some: %d, %v", got.total, got.faults.Err())
	}
	files := map[string]string{"a.jsonl": b.String()[:200*60]}
	files["a.jsonl"] = files["a.jsonl"][:strings.LastIndexByte(files["a.jsonl"], '\n')+1]
	out, err := converse(t, new(Conversations), files)
	if err != nil {
		t.Fatal(err)
	}
	f := tasted(t, files)
	for part, got := range map[string][]stage.Example{trainPart: f.Sample, watchPart: f.Watched} {
		want := examplesOf(t, out, part)
		if len(got) != len(want) || len(got) == 0 {
			t.Fatalf("%s: %d examples, a run has %d", part, len(got), len(want))
		}
		for i := range got {
			if got[i].From != want[i].From {
				t.Errorf("%s: %s, a run has %s", part, got[i].From, want[i].From)
			}
		}
	}
	if !f.Whole || !f.AllSeen || f.Size["watched"] != float64(len(f.Watched)) {
		t.Errorf("not all are seen: %v", f.Size)
	}
}

// Of copies a plan counts one, as a run keeps one, and as many of what it does not read; what it
// hands on of a part comes from all over it.
func TestTasteCopies(t *testing.T) {
	chat := func(i int) string {
		return fmt.Sprintf(`{"messages":[{"role":"user","content":"%d?"},{"role":"assistant","content":"a"}]}`+"\n", i)
	}
	var b strings.Builder
	for i := range 900 { // each three times, of which one stands in another file
		b.WriteString(chat(i) + chat(i/2*2) + chat(i/2*2+1))
	}
	files := map[string]string{"a.jsonl": b.String(), "b.jsonl": strings.Repeat(chat(0)+chat(899), 150)}
	out, err := converse(t, new(Conversations), files)
	if err != nil {
		t.Fatal(err)
	}
	f, want := tasted(t, files), examplesOf(t, out, trainPart)
	if n := f.Size["examples"]; n != float64(len(want)) || f.Whole || !f.AllSeen || len(f.Watched) != len(examplesOf(t, out, watchPart)) {
		t.Errorf("%g examples are foretold, %d are there; all seen: %v, %v", n, len(want), f.Whole, f.AllSeen)
	}
	const en, zh = "left out: about 2100 of 3000 examples, exact copies of others", "略去：3000 条样例中约 2100 条，与其他样例完全相同"
	if f.Derived.In(say.English) != en || f.Derived.In(say.Chinese) != zh {
		t.Errorf("%v", f.Derived)
	}
	at := 0
	for i := range f.Sample {
		if i > 0 && f.Sample[i].From != want[2*i].From {
			t.Fatalf("example %d is %s, of a run every second is %s", i, f.Sample[i].From, want[2*i].From)
		}
		at = i
	}
	if 2*at < len(want)-3 {
		t.Errorf("%d of %d are handed on", at+1, len(want))
	}
	path := filepath.Join(t.TempDir(), "a.jsonl")
	if err := os.WriteFile(path, []byte(files["a.jsonl"]), 0o600); err != nil {
		t.Fatal(err)
	}
	none := 0.0
	got := (&Conversations{Heldout: &none}).taste([]stage.Forecast{{Files: []string{path}}}, 1<<16)
	if n := got.size["examples"] / float64(got.total); got.all || n < 0.3 || n > 0.37 {
		t.Errorf("of what is read %.2f are different", n)
	}
	if f := tasted(t, map[string]string{"a.jsonl": chat(1) + chat(2)}); strings.Contains(f.Derived.In(say.English), "copies") {
		t.Errorf("without copies: %v", f.Derived)
	}
}

// A plan says of rows how many answers they leave out, where it counted them in their words, and
// nothing where there are few.
func TestTokensForetoldLeft(t *testing.T) {
	const base = "../../testdata/oracle/qwen3/folder"
	for _, c := range []struct {
		long   int
		en, zh string
	}{
		{0, "", ""},
		{1, "", ""}, // of 100
		{30, "left out: about 30 of 100 answers, longer than a row of 64 tokens with the conversation before", "略去：100 个回答中约 30 个，连同前文超过一行的 64 个词元"},
	} {
		list := make([]stage.Example, 50)
		for i := range list {
			first, second := "a", "b"
			if i < c.long {
				second = strings.Repeat("one ", 99)
			}
			list[i].Messages = []stage.Message{{Role: "user", Content: "q"}, {Role: "assistant", Content: first}, {Role: "user", Content: "q"}, {Role: "assistant", Content: second}}
		}
		in := map[string][]stage.Forecast{"from": {{Use: stage.UseChats, Sample: list, Size: map[string]float64{"examples": 50}}}}
		if f := (&Tokens{Length: 64}).Forecast(in, stage.Machine{}); !f.Derived.IsZero() {
			t.Errorf("in words that are not known: %v", f.Derived)
		}
		in["base"] = []stage.Forecast{{Path: base}}
		if f := (&Tokens{Length: 64}).Forecast(in, stage.Machine{}); f.Derived.In(say.English) != c.en || f.Derived.In(say.Chinese) != c.zh {
			t.Errorf("%d: %v", c.long, f.Derived)
		}
	}
}

// Where none of the answers that were counted has room, and not all were counted, a plan says so and
// foretells no rows of them.
func TestTokensForetoldNoRoom(t *testing.T) {
	list := make([]stage.Example, 20)
	for i := range list {
		list[i].Messages = []stage.Message{{Role: "user", Content: "q"}, {Role: "assistant", Content: strings.Repeat("one ", 99)}}
	}
	in := map[string][]stage.Forecast{"from": {{Use: stage.UseChats, Sample: list, Size: map[string]float64{"examples": 500, "text": 2e5}}}, "base": {{Path: "../../testdata/oracle/qwen3/folder"}}}
	f := (&Tokens{Length: 64}).Forecast(in, stage.Machine{})
	if len(f.Wrong) > 0 || f.Size["rows"] != 0 || !strings.Contains(f.Derived.In(say.English), "left out: about all of 500 answers, longer than a row of 64 tokens") || !strings.Contains(f.Derived.In(say.Chinese), "500 个回答几乎全部") {
		t.Errorf("%v, %v, %v", f.Size, f.Derived, f.Wrong)
	}
}

// Rows that no example fits into, and examples that a base's template refuses, are refused
// when the plan is made, in the words of a run.
func TestTokensForetoldRefusal(t *testing.T) {
	base := t.TempDir()
	if err := os.CopyFS(base, os.DirFS("../../testdata/oracle/qwen3/folder")); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i := range 40 {
		fmt.Fprintf(&b, `{"messages":[{"role":"user","content":"%d? %s"},{"role":"assistant","content":"a"}]}`+"\n", i, strings.Repeat("q", 90))
	}
	files := map[string]string{"a.jsonl": b.String()}
	out, err := converse(t, new(Conversations), files)
	if err != nil {
		t.Fatal(err)
	}
	examples, train := tasted(t, files), filepath.Join(out, trainPart)
	op := &Tokens{Length: 40}
	check := func(what string, faults int) {
		t.Helper()
		want := op.Run(t.Context(), &stage.Job{Out: t.TempDir(), Emit: func(stage.Event) {}, Inputs: []stage.Input{{Arg: "from", Dir: train}, {Arg: "base", Dir: base}}})
		for name, f := range map[string]stage.Forecast{"made": {Path: train, Size: examples.Size}, "to be made": examples} {
			wrong := op.Forecast(map[string][]stage.Forecast{"from": {f}, "base": {{Path: base}}}, stage.Machine{}).Wrong
			if len(wrong) != faults || (want != nil) != (faults > 0) {
				t.Errorf("%s, %s: %v; a run says %v", what, name, wrong, want)
			}
			for _, e := range wrong {
				if said := strings.TrimPrefix(e.Error(), e.Where+": "); !strings.Contains(want.Error(), said) {
					t.Errorf("%s, %s: %s; a run says %v", what, name, e, want)
				}
			}
		}
	}
	check("short rows", 1)
	op.Length = 512
	check("rows", 0)
	op.Learn = []string{"calls"}
	check("calls of which there are none", 1)
	op.Learn = nil
	if err := os.WriteFile(filepath.Join(base, "chat_template.jinja"), []byte(`{% for m in messages %}{% if m.content[0] == "3" %}{{ raise_exception("no threes") }}{% endif %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`), 0o600); err != nil {
		t.Fatal(err)
	}
	threes := 0
	for _, e := range examplesOf(t, out, trainPart) {
		if strings.HasPrefix(e.Messages[0].Content, "3") {
			threes++
		}
	}
	check("a template that refuses some", threes)
}

// What a plan says is asked in a part, a run writes there, of each use: the keys are one.
func TestTasteAsked(t *testing.T) {
	for use, line := range map[stage.Use]string{
		stage.UseChats:    `{"messages":[{"role":"user","content":"Is %d odd?"},{"role":"assistant","content":"a"}]}`,
		stage.UsePairs:    `{"prompt":"Is %d odd?","chosen":"a","rejected":"b"}`,
		stage.UseLabels:   `{"prompt":"Is %d odd?","completion":"a","label":true}`,
		stage.UseProblems: `{"prompt":"Is %d odd?","verify":{"number": 1}}`,
	} {
		var b strings.Builder
		for i := range 200 {
			fmt.Fprintf(&b, line+"\n", i/2) // each twice
		}
		files := map[string]string{"a.jsonl": b.String()}
		out, err := converse(t, new(Conversations), files)
		if err != nil {
			t.Fatal(err)
		}
		f := tasted(t, files)
		if f.Use != use || f.Asked == nil || !f.Asked.Whole {
			t.Fatalf("%s: %s, %v", use, f.Use, f.Asked)
		}
		for part, got := range map[string][]stage.Question{trainPart: f.Asked.Learnt, watchPart: f.Asked.Watched} {
			list, _ := stage.Questions(filepath.Join(out, part), 0)
			want, have := map[stage.Question]bool{}, map[stage.Question]bool{}
			for q := range list {
				want[q] = true
			}
			for _, q := range got {
				have[q] = true
			}
			if len(want) < 2 || !maps.Equal(have, want) {
				t.Errorf("%s, %s: %d questions, a run has %d", use, part, len(have), len(want))
			}
		}
	}
}
