package data

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
)

const base = "../../testdata/oracle/arch/qwen2"

// learnt are the texts of the rows that are learnt, one after the other.
func learnt(t *testing.T, dir string, tok *tokenizer.Tokenizer) (list []string) {
	t.Helper()
	rows, err := stage.OpenRows(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows.Len() {
		ids, _, weight := rows.Row(i)
		for at := 0; at < len(ids); at++ {
			from := at
			for at < len(ids) && weight[at] > 0 {
				at++
			}
			if at > from {
				list = append(list, tok.Decode(ids[from:at]))
			}
		}
	}
	return list
}

// Chats become rows in the base's template: every turn of the assistant, or
// those that are chosen, with the thoughts and calls that are asked for.
func TestTokensOfChats(t *testing.T) {
	line := `{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "one"},
		{"role": "user", "content": "b"}, {"role": "assistant", "content": "two", "weight": 0},
		{"role": "user", "content": "c"}, {"role": "assistant", "content": "three"}]}`
	none := 0.0
	chats, err := converse(t, &Conversations{Heldout: &none}, map[string]string{"a.jsonl": strings.ReplaceAll(line, "\n", "")})
	if err != nil {
		t.Fatal(err)
	}
	in := map[string]string{"from": filepath.Join(chats, trainPart), "base": base}
	words, err := talk.Open(base)
	if err != nil {
		t.Fatal(err)
	}
	const end = "<|im_end|>"
	for name, c := range map[string]struct {
		op   Tokens
		want []string
	}{
		"all":  {Tokens{Length: 128}, []string{"one" + end, "three" + end}},
		"last": {Tokens{Length: 128, Turns: "last"}, []string{"three" + end}},
	} {
		dir := runOp(t, &c.op, in)
		if got := learnt(t, dir, words.Tokenizer); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		rows, err := stage.OpenRows(dir)
		if err != nil || rows.Len() != 1 || rows.Info().Documents != 1 || rows.Think() {
			t.Errorf("%s: %+v %v", name, rows.Info(), err)
		}
		if rows.Info().Words != words.Sum() {
			t.Errorf("%s: the rows say that they are in the words %q", name, rows.Info().Words)
		}
		if want := (stage.Choice{LastTurn: c.op.Turns == "last"}); rows.Info().Choice != want {
			t.Errorf("%s: the rows say that they hold %+v", name, rows.Info().Choice)
		}
	}

	// In our own chat each turn is a document: the past is written without thoughts,
	// and what is answered without one learns to end it.
	tok := runOp(t, &Tokenizer{Vocab: 300}, map[string]string{"from": in["from"]})
	own, err := tokenizer.Load(tok)
	if err != nil {
		t.Fatal(err)
	}
	dir := runOp(t, &Tokens{Length: 128}, map[string]string{"from": in["from"], "tokenizer": tok})
	if rows, err := stage.OpenRows(dir); err != nil || rows.Think() {
		t.Errorf("of chats without thoughts it is said that they think: %v", err)
	}
	if got := learnt(t, dir, own); !reflect.DeepEqual(got, []string{"</think>one" + end, "</think>three" + end}) {
		t.Errorf("own: %q", got)
	}

	// Thoughts and calls, in or out.
	template := `{% for m in messages %}<|im_start|>{{ m.role }}
{% if m.reasoning_content is defined %}<think>
{{ m.reasoning_content }}
</think>

{% endif %}{{ m.content }}{% for c in m.tool_calls %}<tool_call>
{"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments | tojson }}}
</tool_call>{% endfor %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}{# {{ tools }} <think> </think> #}`
	brought := t.TempDir()
	for _, file := range []string{"config.json", "tokenizer.json", "tokenizer_config.json"} {
		b, err := os.ReadFile(filepath.Join(base, file))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(brought, file), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(brought, "chat_template.jinja"), []byte(template), 0o666); err != nil {
		t.Fatal(err)
	}
	chats, err = converse(t, &Conversations{Heldout: &none}, map[string]string{"a.jsonl": `{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "I look.", "reasoning_content": "hm", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "look", "arguments": {"x": 1}}}]}, {"role": "tool", "tool_call_id": "1", "content": "seen"}, {"role": "assistant", "content": "done"}]}`})
	if err != nil {
		t.Fatal(err)
	}
	in = map[string]string{"from": filepath.Join(chats, trainPart), "base": brought}
	const thought, answer, call = "<think>\nhm\n</think>\n\n", "I look.", "<tool_call>\n{\"name\": \"look\", \"arguments\": {\"x\": 1}}\n</tool_call>" + end
	for what, want := range map[string][]string{
		"":                       {thought + answer + call, "done" + end},
		"answers calls":          {answer + call, "done" + end},
		"thoughts":               {thought},
		"answers thoughts":       {thought + answer, "done" + end},
		"calls":                  {call},
		"answers thoughts calls": {thought + answer + call, "done" + end},
	} {
		op := Tokens{Length: 256, From: []stage.Ref{{Kind: "examples", Name: "chats"}}}
		if what != "" {
			op.Learn = strings.Fields(what)
		}
		if errs := op.Check(); len(errs) != 1 { // no tokenizer and no base: the test gives it as an input
			t.Error(errs)
		}
		if got := learnt(t, runOp(t, &op, in), words.Tokenizer); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %q, want %q", what, got, want)
		}
	}
	run := func(op Tokens, in map[string]string) error {
		job := &stage.Job{Out: t.TempDir(), Work: t.TempDir(), Emit: func(stage.Event) {}}
		for arg, dir := range in {
			job.Inputs = append(job.Inputs, stage.Input{Arg: arg, Dir: dir})
		}
		return op.Run(t.Context(), job)
	}
	// What the template refuses is told of the first twenty, and counted; the rest is no matter.
	var refused strings.Builder
	for i := range 25 {
		fmt.Fprintf(&refused, `{"messages": [{"role": "user", "content": "q%d"}, {"role": "assistant", "content": "%s"}]}`+"\n", i, []string{"no", "yes"}[i%7/6])
	}
	never, err := converse(t, &Conversations{Heldout: &none}, map[string]string{"a.jsonl": refused.String()})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(brought, "chat_template.jinja"), []byte(`{% for m in messages %}{% if m.content == "no" %}{{ raise_exception("never say no") }}{% endif %}{% endfor %}`+template), 0o666); err != nil {
		t.Fatal(err)
	}
	err = run(Tokens{Length: 128}, map[string]string{"from": filepath.Join(never, trainPart), "base": brought})
	if text := say.Err(say.English, err); err == nil || strings.Count(text, "never say no") != 20 || !strings.HasPrefix(text, "a.jsonl:1: ") || !strings.HasSuffix(text, "\n2 more examples cannot be read") {
		t.Errorf("refused: %v", err)
	}
	// What learn names and no turn has is said, and not that rows are too short.
	plain, err := converse(t, &Conversations{Heldout: &none}, map[string]string{"a.jsonl": `{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "one"}]}` + "\n" +
		`{"messages": [{"role": "user", "content": "b"}, {"role": "assistant", "content": "two", "reasoning_content": "hm"}]}`})
	if err != nil {
		t.Fatal(err)
	}
	in = map[string]string{"from": filepath.Join(plain, trainPart), "base": base}
	for _, learn := range [][]string{{"thoughts"}, {"calls"}} {
		op := Tokens{Length: 128, Learn: learn}
		if learn[0] == "thoughts" {
			op.Direct = true
		}
		if e, ok := errors.AsType[*say.Error](run(op, in)); !ok || e.Where != "learn" || !strings.Contains(e.What.In(say.English), learn[0]) {
			t.Errorf("of %v: %v", learn, e)
		}
	}
	if e, ok := errors.AsType[*say.Error](run(Tokens{Length: 32}, map[string]string{"text": t.TempDir(), "base": base})); ok && e.Where == "length" {
		t.Errorf("of no text: %v", e)
	}
	for _, op := range []Tokens{{Turns: "first"}, {Learn: []string{"prompts"}}, {Learn: []string{}}} {
		op.From = []stage.Ref{{Kind: "examples", Name: "chats"}}
		if errs := op.Check(); len(errs) != 2 {
			t.Errorf("%+v is let through: %v", op, errs)
		}
	}
}

// Of plain text every token is learnt once, with the one that ends it, however
// the texts are cut into rows.
func TestTokensOfText(t *testing.T) {
	corpus := t.TempDir()
	long := strings.Repeat("月亮很圆，灯火很暖。The moon is round. ", 40)
	want := []string{"<|im_end|> is no token here\n", long, "short"}
	w, err := createDocuments(filepath.Join(corpus, "corpus.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range want {
		d := newDocument(string(rune('a'+i)), text)
		if err := w.write(&d); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	own := runOp(t, &Tokenizer{Vocab: 300}, map[string]string{"text": corpus})
	for arg, dir := range map[string]string{"tokenizer": own, "base": base} {
		words, err := tokenizer.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		end, ok := words.Special("<|endoftext|>")
		if !ok {
			t.Fatal("there is no end of a text")
		}
		rows, err := stage.OpenRows(runOp(t, &Tokens{Length: 64}, map[string]string{"text": corpus, arg: dir}))
		if err != nil {
			t.Fatal(err)
		}
		if rows.Think() || rows.Len() < 4 || rows.Info().Dropped > 0 || rows.Info().Words != "" {
			t.Errorf("%s: %+v", arg, rows.Info())
		}
		// Of each text all but its first token, which nothing stands before.
		learnt := map[int32]int{}
		for i := range rows.Len() {
			ids, _, weight := rows.Row(i)
			for at, id := range ids {
				learnt[id] += int(weight[at])
			}
		}
		for _, text := range want {
			for _, id := range words.Encode(nil, text)[1:] {
				learnt[id]--
			}
			learnt[end]--
		}
		for id, n := range learnt {
			if n != 0 {
				t.Errorf("%s: the token %d, %q, is learnt %+d times too often", arg, id, words.Bytes(id), n)
			}
		}
	}
	text := Tokens{Length: 64, Tokenizer: stage.Ref{Kind: "tokenizer", Name: "t"}, Text: []stage.Ref{{Kind: "corpus", Name: "c"}}, Direct: true, Turns: "all", Learn: []string{"answers"}}
	if errs := text.Check(); len(errs) != 3 || errs[0].Where != "direct" || errs[1].Where != "turns" || errs[2].Where != "learn" || !strings.Contains(errs[2].What.In(say.English), "without effect") {
		t.Error("what is without effect on text:", errs)
	}
	text.From = []stage.Ref{{Kind: "examples", Name: "e"}}
	if errs := text.Check(); len(errs) > 0 {
		t.Error("conversations beside text:", errs)
	}
	if errs := (&Tokens{Length: 64, Tokenizer: stage.Ref{Kind: "tokenizer", Name: "t"}}).Check(); len(errs) != 1 {
		t.Error("rows of nothing are taken", errs)
	}
	if errs := (&Tokenizer{Vocab: 300}).Check(); len(errs) != 1 {
		t.Error("a tokenizer of nothing is taken", errs)
	}
}

// What is chosen stands in rows.json, which a plan that chooses nothing makes as
// before; a turn that is read only is not learnt because another is not there.
func TestTokensChoice(t *testing.T) {
	none := 0.0
	chats, err := converse(t, &Conversations{Heldout: &none}, map[string]string{"a.jsonl": `{"messages": [{"role": "user", "content": "l?"}, {"role": "assistant", "content": "first"}, {"role": "user", "content": "l2?"}, {"role": "assistant", "content": "second", "weight": 0}]}` + "\n" +
		`{"prompt": "a", "completion": "one"}`})
	if err != nil {
		t.Fatal(err)
	}
	in := map[string]string{"from": filepath.Join(chats, trainPart), "base": base}
	words, err := talk.Open(base)
	if err != nil {
		t.Fatal(err)
	}
	const end = "<|im_end|>"
	for _, c := range []struct {
		op   Tokens
		said string // of rows.json
		want []string
	}{
		{Tokens{}, "", []string{"first" + end, "one" + end}},
		{Tokens{Turns: "all", Learn: []string{"calls", "thoughts", "answers"}}, "", []string{"first" + end, "one" + end}},
		{Tokens{Turns: "last"}, `"last_turn": true`, []string{"one" + end}},
		{Tokens{Learn: []string{"answers"}}, `"no_thoughts": true,` + "\n    " + `"no_calls": true`, []string{"first" + end, "one" + end}},
	} {
		c.op.Length = 128
		dir := runOp(t, &c.op, in)
		text, err := os.ReadFile(filepath.Join(dir, "rows.json"))
		if err != nil || strings.Contains(string(text), "choice") != (c.said != "") || !strings.Contains(string(text), `"drawn": true`) || !strings.Contains(string(text), c.said) {
			t.Errorf("%+v: %s %v", c.op, text, err)
		}
		if got := learnt(t, dir, words.Tokenizer); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%+v: %q, want %q", c.op, got, c.want)
		}
	}
}

// What is left out is told, once and in both languages, of answers that are too
// long, though earlier ones of their conversation are learnt, and of examples that are there twice; where nothing is, nothing is said.
func TestLeftOut(t *testing.T) {
	notes := func(op stage.Operator, in map[string]string) (dir string, list []say.Text) {
		t.Helper()
		job := &stage.Job{Out: t.TempDir(), Work: t.TempDir(), Emit: func(e stage.Event) {
			if e.Type == "note" {
				list = append(list, *e.Text)
			}
		}}
		for arg, dir := range in {
			job.Inputs = append(job.Inputs, stage.Input{Arg: arg, Dir: dir})
		}
		if err := op.Run(t.Context(), job); err != nil {
			t.Fatal(err)
		}
		return job.Out, list
	}
	is := func(list []say.Text, en, zh string) bool {
		return en == "" && len(list) == 0 || len(list) == 1 && list[0].In(say.English) == "left out: "+en && list[0].In(say.Chinese) == "略去："+zh
	}
	none := 0.0
	short, long := `{"prompt": "a", "completion": "one"}`, `{"prompt": "b", "completion": "`+strings.Repeat("one ", 99)+`"}`
	turns := `{"messages": [` + strings.Repeat(`{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, `, 3) + `{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}`
	for _, c := range []struct {
		lines          []string
		en, zh         string // of the examples
		rowsEn, rowsZh string
		shown          string // of the rows, once they are there
	}{
		{[]string{short}, "", "", "", "", ""},
		{[]string{short, long, short, short}, "2 of 4 examples, exact copies of others", "4 条样例中的 2 条，与其他样例完全相同",
			"1 of 2 answers, longer than a row of 64 tokens with the conversation before; of 1 of 2 conversations no answer is learnt", "2 个回答中的 1 个，连同前文超过一行的 64 个词元；2 段对话中有 1 段一个回答也学不到",
			"1 answer, longer than a row of 64 tokens with the conversation before"},
		{[]string{turns}, "", "", "2 of 4 answers, longer than a row of 64 tokens with the conversation before", "4 个回答中的 2 个，连同前文超过一行的 64 个词元", "2 answers, longer than a row of 64 tokens with the conversation before"},
	} {
		files := t.TempDir()
		if err := os.WriteFile(filepath.Join(files, "a.jsonl"), []byte(strings.Join(c.lines, "\n")), 0o666); err != nil {
			t.Fatal(err)
		}
		examples, said := notes(&Conversations{Heldout: &none}, map[string]string{"files": files})
		if !is(said, c.en, c.zh) {
			t.Errorf("of examples: %v", said)
		}
		if left, err := LeftOf(examples); err != nil || left.In(say.English) != c.en {
			t.Errorf("left out of examples: %v %v", left, err)
		}
		rows, said := notes(&Tokens{Length: 64}, map[string]string{"from": filepath.Join(examples, trainPart), "base": "../../testdata/oracle/qwen3/folder"})
		if !is(said, c.rowsEn, c.rowsZh) {
			t.Errorf("of rows: %v", said)
		}
		info, err := stage.ReadRowsInfo(rows)
		if left := info.Left(); err != nil || left.In(say.English) != c.shown {
			t.Errorf("left out of rows: %v %v", left, err)
		}
	}
}

// Where the split of a corpus holds all of its texts out, that is why there is none to learn.
func TestTokensAllHeldOut(t *testing.T) {
	told := false
	for i := range 20 {
		docs := documentsOf(t, newDocument("a.txt", strings.Repeat("The river and the moon, number of them "+strings.Repeat("x", i), 8)))
		whole := must(t, &Corpus{Recipe: "measure"}, docs)
		split, err := makeFrom(t, &Corpus{Recipe: "measure", Split: 0.5}, docs)
		if err != nil { // it holds nothing out
			continue
		}
		own := must(t, &Tokenizer{Vocab: 262}, stage.Input{Arg: "text", Dir: whole})
		held := len(documentsIn(t, filepath.Join(split, "corpus.jsonl"))) == 0
		_, err = makeFrom(t, &Tokens{Length: 32}, stage.Input{Arg: "text", Dir: split}, stage.Input{Arg: "tokenizer", Dir: own})
		if held != (err != nil) || held && !strings.Contains(err.Error(), "held out by its split") {
			t.Errorf("held out %v: %v", held, err)
		}
		told = told || held
	}
	if !told {
		t.Error("none is held out")
	}
}
