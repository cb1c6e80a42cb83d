package plain

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/serve/form"
)

// plainTags makes the tags of a folder's vocabulary tokens that are no
// control tokens, as Qwen's files have them.
func plainTags(t *testing.T, dir string, tags ...string) {
	t.Helper()
	path := filepath.Join(dir, "tokenizer.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]any
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	for _, a := range file["added_tokens"].([]any) {
		token := a.(map[string]any)
		for _, tag := range tags {
			if token["content"] == tag {
				token["special"] = false
			}
		}
	}
	if text, err = json.Marshal(file); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// Tags of thoughts and calls are the text of a raw completion; in a
// conversation they mark what they stand around; control tokens are text
// nowhere.
func TestTagsOfRawCompletions(t *testing.T) {
	dir := randomModel(t, chatTemplate)
	tags := []string{"<think>", "</think>", "<tool_call>", "</tool_call>"}
	plainTags(t, dir, tags...)
	m, err := Open(dir, Options{Threads: 1, Slots: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	say := func(token string, raw bool) said {
		id, ok := m.words.t.Special(token)
		if !ok {
			t.Fatalf("no token %s", token)
		}
		a := hello(func(r *form.Request) {
			r.MaxTokens, r.IgnoreEnd = 2, true
			r.Sampling.Bias = map[int32]float64{id: 100}
			r.Logprobs = raw
		})
		if raw {
			a.Prompt = &form.Prompt{Text: "the quick brown"}
		}
		return must(t, m, a)
	}
	for _, tag := range tags {
		got := say(tag, true)
		if got.text != tag+tag || len(got.tokens) != 2 || string(got.tokens[0].Bytes) != tag {
			t.Errorf("raw %s: %q of %v", tag, got.text, got.tokens)
		}
		if got := say(tag, false); strings.Contains(got.text+got.thought, tag) {
			t.Errorf("%s in a conversation: %+v", tag, got)
		}
	}
	if got := say("<|fim_prefix|>", true); got.text != "" {
		t.Errorf("a control token is told as %q", got.text)
	}
}
