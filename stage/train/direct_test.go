package train

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"suiren/engine/tokenizer"
	"suiren/stage"
	"suiren/stage/talk"
)

// rowsOfChats are rows that say they are of conversations, in our own chat.
func rowsOfChats(t *testing.T, tokenizerDir string, problems []stage.Problem) string {
	t.Helper()
	dir := toyRows(t, tokenizerDir, problems)
	w, err := talk.Own(tokenizerDir)
	check(t, err)
	info, err := stage.ReadRowsInfo(dir)
	check(t, err)
	info.Words = w.Sum
	check(t, stage.WriteJSON(filepath.Join(dir, "rows.json"), info))
	return dir
}

// Weights say that they were taught chats of which none has a thought, whatever they
// are made into, and are sampled as they will be asked; those with thoughts say what
// they said before.
func TestDirect(t *testing.T) {
	op, in := toySFT(t)
	op.FLOPs = 1e8
	mute := toyProblems(4)
	for i := range mute {
		mute[i].Think = ""
	}
	run := func(op stage.Operator, in map[string]string) (string, *bench) {
		t.Helper()
		b := newBench(t, in)
		check(t, op.Run(context.Background(), b.Job))
		return b.Out, b
	}
	told := func(b *bench) bool {
		return slices.ContainsFunc(b.notes(), func(s string) bool { return strings.Contains(s, "no answer that is learnt has a thought") })
	}
	says := func(name, dir string, want bool) {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(dir, stage.WeightsFile))
		check(t, err)
		direct, known := talk.Direct(dir)
		words, err := talk.Open(dir)
		if _, adapter := os.Stat(filepath.Join(dir, "adapter_config.json")); adapter != nil && (err != nil || words.Direct != want) {
			t.Errorf("%s: its words are direct: %t, want %t (%v)", name, !want, want, err)
		}
		if direct != want || !known || strings.Contains(string(text), `"direct"`) != want {
			t.Errorf("%s: direct %t, known %t, want %t: %s", name, direct, known, want, text)
		}
	}
	chats := func(thoughts ...bool) string {
		var list []stage.Example
		for _, thinks := range thoughts {
			for _, p := range toyProblems(1) {
				a := answers(p, p.Answer)
				if !thinks {
					a[0].Thought = ""
				}
				list = append(list, stage.Example{From: p.ID, Messages: append(user(p.Prompt), a...)})
			}
		}
		return toyExamples(t, list)
	}
	tok := in["tokenizer"]
	thinks, _ := run(op, map[string]string{"from": rowsOfChats(t, tok, toyProblems(4)), "tokenizer": tok})
	says("sft with thoughts", thinks, false)
	text, _ := run(op, map[string]string{"from": toyRows(t, tok, mute), "tokenizer": tok}) // of what is not known to be chats
	says("sft of texts", text, false)
	direct, b := run(op, map[string]string{"from": rowsOfChats(t, tok, mute), "tokenizer": tok, "watch": chats(true)})
	says("sft without", direct, true)
	if !told(b) {
		t.Errorf("it is not told: %q", b.notes())
	}

	after := func(name string, op stage.Operator, in map[string]string, want bool) string {
		t.Helper()
		dir, b := run(op, in)
		says(name, dir, want)
		if told(b) != want && in["teacher"] != "" {
			t.Errorf("%s: %q", name, b.notes())
		}
		return dir
	}
	after("continued with both", &Continue{}, map[string]string{"base": direct, "examples": chats(false, true)}, false)
	after("continued with texts", &Continue{}, map[string]string{"base": direct, "from": toyRows(t, tok, mute)}, true)
	after("continued without, over one that thinks", &Continue{}, map[string]string{"base": thinks, "examples": chats(false)}, true)
	adapter := after("lora", &LoRA{}, map[string]string{"base": thinks, "examples": chats(false)}, true)
	after("merged", &Merge{}, map[string]string{"base": thinks, "adapter": adapter}, true)
	after("merged over the other", &Merge{}, map[string]string{"base": direct, "adapter": after("lora with thoughts", &LoRA{}, map[string]string{"base": direct, "examples": chats(true)}, false)}, false)
	after("quantised", &Quantise{Type: "bf16"}, map[string]string{"base": direct}, true)
	after("distilled from rows", &Distil{Depth: 1}, map[string]string{"teacher": thinks, "from": rowsOfChats(t, tok, mute)}, true)
	after("distilled from thoughts", &Distil{Depth: 1}, map[string]string{"teacher": thinks, "from": rowsOfChats(t, tok, toyProblems(4))}, false)
	after("preferred", &DPO{}, map[string]string{"base": direct, "pairs": toyExamples(t, toyPairs(1))}, true)

	// It is asked so, unless who asks says otherwise.
	w, err := talk.Own(direct)
	check(t, err)
	yes := true
	for _, c := range []struct {
		think *bool
		end   string
	}{{nil, "</think>"}, {new(bool), "</think>"}, {&yes, "<think>"}} {
		q, err := w.Ask("", []stage.Message{{Role: "user", Content: "a+"}}, nil, c.think)
		check(t, err)
		last := q.IDs[len(q.IDs)-1]
		if id, _ := w.Tokenizer.Special(c.end); id != last {
			t.Errorf("asked with %v it ends with %q, want %s", c.think, w.Tokenizer.Bytes(last), c.end)
		}
	}
	if !tokenizer.IsChat(direct) {
		t.Error("the folder is of our own chat no more")
	}

	// A template that knows no thoughts is not asked for one.
	other, _ := run(&LoRA{}, map[string]string{"base": archFolder("qwen2"), "examples": chats(false)})
	says("of a template without thoughts", other, false)
}
