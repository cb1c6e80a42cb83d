package talk

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/engine/chat"
	"suiren/internal/say"
	"suiren/stage"
)

// bare is a folder with the tokenizer of a model that has no template.
func bare(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../testdata/oracle/qwen3/folder")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, templateFile)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "tokenizer_config.json")
	config, err := object(path)
	if err != nil {
		t.Fatal(err)
	}
	delete(config, "chat_template")
	b, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A base without a template is talked to in a built-in one, which is told once, and a copy
// that says that template is talked to in the same words.
func TestStandIn(t *testing.T) {
	dir := bare(t)
	words, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	w, err := words.Writer()
	if err != nil {
		t.Fatal(err)
	}
	var lost Losses
	for range 2 {
		docs, _, err := w.Docs(&stage.Example{Messages: []stage.Message{{Role: "user", Content: "q"}, {Role: "assistant", Content: "a"}}}, stage.Choice{}, 100)
		if err != nil {
			t.Fatal(err)
		}
		lost.Add("a:1", docs[0].Lost)
	}
	var notes []say.Text
	if err := lost.Tell(&stage.Job{Emit: func(e stage.Event) { notes = append(notes, *e.Text) }}, "base", w); err != nil {
		t.Fatal(err)
	}
	want := "base has no chat template: it is talked to in one that is built in, ChatML"
	if remark := words.Remark("base"); len(notes) != 1 || notes[0].In(say.English) != remark.In(say.English) || remark.In(say.English) != want || !strings.Contains(remark.In(say.Chinese), "内置的 ChatML") {
		t.Errorf("%v, %v", notes, remark)
	}
	before := words.Sum()
	if err := WriteTemplate(dir, words.StandIn()); err != nil {
		t.Fatal(err)
	}
	said, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if said.Template == "" || said.StandIn() != "" || said.Sum() != before || !said.Remark("base").IsZero() {
		t.Errorf("a copy that says it: %q, %v", said.Template, said.Remark("base"))
	}
	if err := WriteTemplate(dir, said.Template+" "); err != nil {
		t.Fatal(err)
	}
	if other, err := Open(dir); err != nil || other.Sum() == before {
		t.Errorf("another template has the same sum: %v", err)
	}
}

// Both templates of our own chat are one to those who ask here; a copy of weights that are
// asked directly says the one that has others ask so, too.
func TestCopied(t *testing.T) {
	words, err := Open("../../testdata/oracle/qwen3/folder")
	if err != nil {
		t.Fatal(err)
	}
	if !words.Own() || words.Copied() != "" {
		t.Fatalf("as it stands: %q", words.Copied())
	}
	direct := *words
	direct.Direct = true
	direct.Template = direct.Copied()
	if direct.Template == "" || !direct.Own() || direct.Sum() != words.Sum() || direct.Copied() != "" {
		t.Errorf("a copy: %q", direct.Template)
	}
	if w, err := direct.Writer(); err != nil || w.Chat == nil || w.Sum != words.Sum() {
		t.Errorf("a copy is not asked in our own chat: %v", err)
	}
	yes, no := true, false
	for _, c := range []struct {
		template string
		think    *bool
		want     string
	}{
		{words.Template, nil, "<think>"}, {words.Template, &yes, "<think>"}, {words.Template, &no, "<think></think>"},
		{direct.Template, nil, "<think></think>"}, {direct.Template, &yes, "<think>"}, {direct.Template, &no, "<think></think>"},
	} {
		tm, err := chat.New("t", c.template, vocabularyOf(words.Tokenizer))
		if err != nil {
			t.Fatal(err)
		}
		p, err := tm.Prompt(chat.Conversation{Messages: []chat.Message{{Role: "user", Content: "q"}}, Open: true, Think: c.think})
		if want := "<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\n" + c.want; err != nil || p.String != want {
			t.Errorf("%q, want %q; %v", p.String, want, err)
		}
	}
}
