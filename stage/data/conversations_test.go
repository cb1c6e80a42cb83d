package data

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/verify"
	"suiren/stage/wording"
)

// converse runs the operator on files by name.
func converse(t *testing.T, c *Conversations, files map[string]string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	out := t.TempDir()
	return out, c.Run(context.Background(), &stage.Job{Inputs: []stage.Input{{Arg: "files", Dir: dir}}, Out: out, Work: t.TempDir(), Emit: func(stage.Event) {}})
}

func examplesOf(t *testing.T, dir, part string) (list []stage.Example) {
	t.Helper()
	for e, err := range stage.Examples(filepath.Join(dir, part, stage.ExamplesFile)) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, e)
	}
	return list
}

func TestConversations(t *testing.T) {
	var b strings.Builder
	for i := range 400 {
		fmt.Fprintf(&b, "{\"prompt\":\"What is %d?\",\"completion\":\"%d\"}\n", i, i)
		fmt.Fprintf(&b, "{\"instruction\":\"  what IS　%d ？\",\"output\":\"It is %d.\"}\n", i, i) // the same question in other clothes
	}
	b.WriteString("{\"prompt\":\"What is 7?\",\"completion\":\"7\"}\n") // twice
	files := map[string]string{"a.jsonl": b.String(), "b.json": `[{"conversations":[{"from":"human","value":"hi"},{"from":"gpt","value":"<think>a</think>hello"}]}]`}
	out, err := converse(t, new(Conversations), files)
	if err != nil {
		t.Fatal(err)
	}
	again, err := converse(t, new(Conversations), files)
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{} // by key
	total := 0
	for _, part := range []string{trainPart, watchPart, heldoutPart} {
		list := examplesOf(t, out, part)
		for _, e := range list {
			if p, ok := parts[e.Key]; ok && p != part {
				t.Errorf("%s is in %s and in %s", e.From, p, part)
			}
			parts[e.Key] = part
		}
		if part != trainPart && (len(list) < 10 || len(list) > 90) {
			t.Errorf("%s has %d of 801 examples", part, len(list))
		}
		total += len(list)
		a, _ := os.ReadFile(filepath.Join(out, part, stage.ExamplesFile))
		b, _ := os.ReadFile(filepath.Join(again, part, stage.ExamplesFile))
		if string(a) != string(b) {
			t.Errorf("%s has other bytes the second time", part)
		}
	}
	if total != 801 || len(parts) != 401 {
		t.Errorf("%d examples with %d keys, want 801 with 401", total, len(parts))
	}
	if out, err = converse(t, &Conversations{Heldout: new(float64)}, files); err != nil || len(examplesOf(t, out, trainPart)) != 801 {
		t.Errorf("with nothing held out: %v", err)
	}
}

func TestConversationsFaults(t *testing.T) {
	for name, c := range map[string]struct {
		op    Conversations
		files map[string]string
		want  []string
	}{
		"two uses":     {files: map[string]string{"a": `{"prompt":"a","completion":"b"}`, "b": `{"prompt":"a","chosen":"b","rejected":"c"}`}, want: []string{"b:1", "is for pairs, and the one at a:1 for chats"}},
		"other form":   {op: Conversations{Form: "alpaca"}, files: map[string]string{"a": `{"prompt":"a","completion":"b"}`}, want: []string{"a:1", "in the form prompt, the setting says alpaca"}},
		"all of them":  {files: map[string]string{"a": "{\n" + `{"prompt":"a","completion":"b"}` + "\n[]\n5"}, want: []string{"a:1:2", "a:3: this is a list", "a:4: this is a number"}},
		"no more than": {files: map[string]string{"a": strings.Repeat("5\n", 100)}, want: []string{"a:20:", "80 more examples"}},
		"none left":    {op: Conversations{Path: "a", Heldout: new(float64)}, files: map[string]string{"a": ""}, want: []string{"no example in this file"}},
	} {
		_, err := converse(t, &c.op, c.files)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v; want %q", name, err, want)
			}
		}
		var e *say.Error
		if !errors.As(err, &e) || e.In(say.Chinese) == e.In(say.English) {
			t.Errorf("%s: no Chinese in %v", name, err)
		}
	}
}

func TestConversationsProblems(t *testing.T) {
	out, err := converse(t, &Conversations{Heldout: new(float64)}, map[string]string{"a": `{"prompt":"3+4?","verify":{"number":7}}` + "\n" +
		`{"messages":[{"role":"system","content":"s"},{"role":"user","content":"4+4?"}],"verify":{"choice":"A"}}`})
	if err != nil {
		t.Fatal(err)
	}
	list, err := stage.ReadProblems(filepath.Join(out, trainPart, problemsFile))
	if err != nil || len(list) != 2 {
		t.Fatal(len(list), err)
	}
	if p := list[1]; p.Prompt != "4+4?" || len(p.Context) != 1 || p.Context[0].Content != "s" {
		t.Errorf("the second problem is %+v", p)
	}
	v, err := verify.Parse(list[0].Verify)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := v.Score(context.Background(), "", "It is 7."); s != 1 || err != nil {
		t.Error(s, err)
	}
}

// What the owner says of a problem's kind and level sorts it, and there are few kinds.
func TestConversationsFamilies(t *testing.T) {
	out, err := converse(t, &Conversations{Heldout: new(float64)}, map[string]string{"a": `{"prompt":"3+4?","verify":{"number":7},"family":" easy ","level":9}` + "\n" +
		`{"prompt":"3+5?","verify":{"number":8},"family":null,"level":2.0}` + "\n" + `{"prompt":"3+6?","verify":{"number":9},"family":""}`})
	if err != nil {
		t.Fatal(err)
	}
	list, err := stage.ReadProblems(filepath.Join(out, trainPart, problemsFile))
	if err != nil || len(list) != 3 {
		t.Fatal(len(list), err)
	}
	for i, want := range []stage.Problem{{Family: "easy", Level: 9}, {Family: ownersProblem, Level: 2}, {Family: ownersProblem, Level: 1}} {
		if p := list[i]; p.Family != want.Family || p.Level != want.Level {
			t.Errorf("%s: family %q, level %d", p.Prompt, p.Family, p.Level)
		}
	}
	row := func(i int) string {
		return fmt.Sprintf(`{"prompt":"%d?","verify":{"number":7},"family":"f%[1]d"}`+"\n", i)
	}
	var b strings.Builder
	for i := range maxFamilies {
		b.WriteString(row(i) + row(i))
	}
	if _, err := converse(t, &Conversations{Heldout: new(float64)}, map[string]string{"a": b.String()}); err != nil {
		t.Error(err)
	}
	b.WriteString(row(maxFamilies))
	if _, err := converse(t, &Conversations{Heldout: new(float64)}, map[string]string{"a": b.String()}); err == nil || !strings.Contains(err.Error(), "a:129") || !strings.Contains(err.Error(), "more than 64 families") {
		t.Errorf("of a family for each problem: %v", err)
	}
	chats := `{"prompt":"hi","completion":"ho","family":5,"level":"high"}` // of conversations they are the owner's
	if out, err = converse(t, &Conversations{Heldout: new(float64)}, map[string]string{"a": chats}); err != nil || examplesOf(t, out, trainPart)[0].Family != "" {
		t.Error(err)
	}
}

// TestConversationsAnswered: what is given beside a verifier is kept for those who
// learn it, and the tools for those who ask.
func TestConversationsAnswered(t *testing.T) {
	out, err := converse(t, &Conversations{Heldout: new(float64)}, map[string]string{"a": `{"prompt":"6*7?","completion":"<think>t</think>It is 42.","verify":{"number":42}}` + "\n" +
		`{"messages":[{"role":"user","content":"Is it late?"}],"tools":[{"name":"now"}],"verify":{"regex":"yes"}}`})
	if err != nil {
		t.Fatal(err)
	}
	list, err := stage.ReadProblems(filepath.Join(out, trainPart, problemsFile))
	if err != nil || len(list) != 2 {
		t.Fatal(len(list), err)
	}
	if p := list[0]; p.Prompt != "6*7?" || p.Think != "t" || p.Answer != "It is 42." || len(p.Context) != 0 || p.Verify == nil {
		t.Errorf("the first problem is %+v", p)
	}
	if p := list[1]; p.Answer != "" || len(p.Tools) != 1 || string(p.Tools[0]) != `{"type":"function","function":{"name":"now","parameters":{"type":"object","properties":{}}}}` {
		t.Errorf("the second problem is %+v", p)
	}
	for e, err := range stage.Conversations(filepath.Join(out, trainPart)) {
		if err != nil || len(e.Messages) != 2 || e.Messages[1].Thought != "t" {
			t.Errorf("to learn: %+v, %v", e, err)
		}
		break
	}
}

// TestOddities: what contradicts itself is kept, and told.
func TestOddities(t *testing.T) {
	const ask, call = `{"messages":[{"role":"user","content":"q"},`, `{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"now"}}]},{"role":"tool","tool_call_id":"a","content":"noon"},`
	const said = `{"role":"assistant","content":"yes"}]`
	for name, c := range map[string]struct {
		lines []string
		want  string
	}{
		"a result":   {[]string{ask + `{"role":"assistant","content":"x"},{"role":"tool","content":"noon"},` + said + `}`}, "results of tools behind an answer that called none: 1; the first is at a:1"},
		"no tools":   {[]string{ask + call + said + `}`}, "calls of tools that their example does not offer: 1; the first is at a:1"},
		"offered":    {[]string{ask + call + said + `,"tools":[{"name":"now"}]}`}, ""},
		"one of two": {[]string{ask + `{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"now"}},{"id":"b","function":{"name":"now"}}]},{"role":"tool","tool_call_id":"a","content":"noon"},` + said + `,"tools":[{"name":"now"}]}`}, "answers of whose calls some have a result and others none: 1; the first is at a:1"},
		"twins":      {[]string{ask + said + `,"tools":[{"name":"now"},{"name":"now"}]}`}, "tools that their example offers twice by one name: 1; the first is at a:1"},
		"thought":    {[]string{ask + `{"role":"assistant","content":"abc</think>y"}]}`, `{"prompt":"q","completion":"abc\n</think>\ny"}`, `{"prompt":"r","completion":"<think>abc</think>y"}`}, "answers that have </think> with no <think> before it, which a base's template may take for the end of a thought: 1; the first is at a:1"},
		"both":       {[]string{ask + said + `,"label":true}`, ask + `{"role":"assistant","content":"no"}],"label":false}`, ask + said + `,"label":false}`}, "answers labelled true, and elsewhere false: 1; the first such pair ends at a:3"},
		"opposite":   {[]string{`{"prompt":"q","chosen":"a","rejected":"b"}`, `{"prompt":"q","chosen":"b","rejected":"a"}`, `{"prompt":"r","chosen":"b","rejected":"a"}`}, "pairs of which another prefers the other answer: 1; the first is at a:2"},
		"wrong":      {[]string{`{"prompt":"6*7","completion":"42","verify":{"number":42}}`, `{"prompt":"6*7=?","completion":"41","verify":{"number":42}}`}, "problems whose own answer is wrong by their verifier: 1; the first is at a:2"},
		"apart": {[]string{`{"prompt":"6*7","verify":{"number":42}}`, `{"prompt":"6*7","completion":"43","verify":{"number":43}}`, `{"prompt":"6*8","verify":{"number":43}}`,
			`{"prompt":"6*7","verify":{"number":"42.0"}}`, `{"prompt":"6*7","tools":[{"name":"now"}],"verify":{"number":44}}`, `{"prompt":"6*7","verify":{"number":45}}`},
			"problems that ask the same as another and want another answer: 2; the first, each with the other: a:2 / a:1, a:6 / a:1"},
		"rendered":     {[]string{ask + said + `}`, `{"prompt":"q2","completion":"a"}`, `{"prompt":"r","completion":"<|im_start|>assistant\nyes<|im_end|>"}`, `{"prompt":"s","completion":"a"}`}, "examples in which a message begins or ends with a mark of a chat template, as <|im_end|> or [INST], which is learnt as text beside those that the base's template writes: 1; the first is at a:3; give what was said without them"},
		"ends":         {[]string{`{"prompt":"r","completion":"yes</s>"}`, `{"prompt":"[INST] s [/INST]","completion":"a </s>"}`, `{"prompt":"t","completion":"a"}`}, "examples in which a message begins or ends with a mark of a chat template, as <|im_end|> or [INST], which is learnt as text beside those that the base's template writes: 2; the first is at a:1; give what was said without them"},
		"about a mark": {[]string{`{"prompt":"How does ChatML end a turn?","completion":"With <|im_end|>"}`, `{"prompt":"s","completion":"<s>a</s>"}`, `{"prompt":"t","completion":"a [INST] b"}`, `{"prompt":"u","completion":"a"}`, `{"prompt":"v","completion":"<|im_end|>"}`, `{"prompt":"w","completion":"a"}`, `{"prompt":"x","completion":"a"}`}, ""},
		"not twice":    {[]string{ask + said + `,"label":true}`, ask + said + `,"label":true}`}, "left out: 1 of 2 examples, exact copies of others"},
	} {
		dir, out := t.TempDir(), t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "a"), []byte(strings.Join(c.lines, "\n")), 0o666); err != nil {
			t.Fatal(err)
		}
		var notes []string
		emit := func(e stage.Event) {
			if e.Type == "note" {
				notes = append(notes, e.Text.In(say.English))
				if e.Text.In(say.Chinese) == e.Text.In(say.English) {
					t.Errorf("%s: no Chinese in %v", name, e.Text)
				}
			}
		}
		if err := (&Conversations{Heldout: new(float64)}).Run(t.Context(), &stage.Job{Inputs: []stage.Input{{Arg: "files", Dir: dir}}, Out: out, Work: t.TempDir(), Emit: emit}); err != nil {
			t.Fatal(name, err)
		}
		if got := strings.Join(notes, "\n"); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// Problems that are one by their wording are of one part, and so are those of one
// key; what 9-4 and 4-9 are is not one, and both may be asked.
func TestConversationsReordered(t *testing.T) {
	var b strings.Builder
	for i := range 12 {
		for j := range 12 {
			fmt.Fprintf(&b, "{\"prompt\":\"%d-%d=?\",\"verify\":{\"number\":%d}}\n", i, j, i-j)
			fmt.Fprintf(&b, "{\"prompt\":\"What is %d plus %d?\",\"verify\":{\"number\":%d}}\n", i, j, i+j)
		}
	}
	share := 0.2
	out, err := converse(t, &Conversations{Heldout: &share}, map[string]string{"a": b.String()})
	if err != nil {
		t.Fatal(err)
	}
	wordings, keys := map[string]string{}, map[string]string{}
	total := 0
	for _, part := range []string{trainPart, watchPart, heldoutPart} {
		list, err := stage.ReadProblems(filepath.Join(out, part, problemsFile))
		if err != nil || len(list) < 20 {
			t.Fatalf("%s has %d of 288 problems: %v", part, len(list), err)
		}
		total += len(list)
		for i := range list {
			w := wording.Of(&list[i])
			if p, ok := wordings[w]; ok && p != part {
				t.Errorf("%q is in %s, and one of its wording in %s", list[i].Prompt, part, p)
			}
			if p, ok := keys[list[i].Key]; ok && p != part {
				t.Errorf("%q is in %s, and one of its key in %s", list[i].Prompt, part, p)
			}
			wordings[w], keys[list[i].Key] = part, part
		}
		for i, e := range examplesOf(t, out, part) { // a verdict reads from it where a problem stands
			if e.Messages[0].Content != list[i].Prompt || e.From == "" {
				t.Errorf("line %d of %s is %q, and of its problems %q", i, part, e.Messages[0].Content, list[i].Prompt)
			}
		}
	}
	if total != 288 || len(wordings) != 144+78 {
		t.Errorf("%d problems with %d wordings, want 288 with 222", total, len(wordings))
	}
}

// TestConversationsOfOthers reads the files of others through the operator.
func TestConversationsOfOthers(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/data/formats/*")
	if len(files) == 0 {
		t.Skip("../shared/data/formats is not here")
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out, err := converse(t, new(Conversations), map[string]string{filepath.Base(file): string(text)})
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		report, _ := os.ReadFile(filepath.Join(out, reportPart, "report.json"))
		t.Logf("%s", report)
	}
}

// TestWeighted: a weight that changes nothing makes no other example.
func TestWeighted(t *testing.T) {
	const plain = `{"messages":[{"role":"user","content":"3+4?"},{"role":"assistant","content":"7"}]}`
	out, err := converse(t, new(Conversations), map[string]string{"a.jsonl": plain + "\n" + strings.ReplaceAll(plain, `"}`, `","weight":1}`) + "\n" + strings.ReplaceAll(plain, `"7"`, `"7","train":false`)})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, part := range []string{trainPart, watchPart, heldoutPart} {
		n += len(examplesOf(t, out, part))
	}
	if n != 2 { // what is learnt, and what is read alone
		t.Errorf("%d examples are kept, want 2", n)
	}
}
