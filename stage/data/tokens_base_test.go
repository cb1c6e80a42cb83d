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
)

// A base whose words cannot be read is refused when the plan is made, with the file that is at
// fault and what to do; a base that is yet to be made is not.
func TestTokensBaseUnread(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../testdata/oracle/qwen3/folder")); err != nil {
		t.Fatal(err)
	}
	forecast := func(path string) []*say.Error {
		in := map[string][]stage.Forecast{"from": {{}}, "base": {{Path: path}}}
		return (&Tokens{Length: 64}).Forecast(in, stage.Machine{}).Wrong
	}
	if wrong := append(forecast(dir), forecast("")...); wrong != nil {
		t.Fatal(wrong)
	}
	path := filepath.Join(dir, "tokenizer.json")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		text   []byte
		en, zh string
	}{
		"cut short": {b[:len(b)/2], "tokenizer.json: the vocabulary cannot be used: ", "tokenizer.json：无法使用该词表："},
		"no words":  {[]byte(`{"model": {"type": "Pairs"}}`), `"Pairs" is not read`, `不支持 "Pairs"`},
	} {
		if err := os.WriteFile(path, c.text, 0o600); err != nil {
			t.Fatal(err)
		}
		wrong := forecast(dir)
		if len(wrong) != 1 || wrong[0].Where != "base" || !strings.Contains(wrong[0].In(say.English), c.en) || !strings.Contains(wrong[0].In(say.Chinese), c.zh) || wrong[0].Next.In(say.Chinese) == "" {
			t.Errorf("%s: %v", what, wrong)
		}
		job := &stage.Job{Out: t.TempDir(), Inputs: []stage.Input{{Arg: "base", Dir: dir}}}
		if err := (&Tokens{Length: 64}).Run(t.Context(), job); err == nil || len(wrong) == 1 && err.Error() != wrong[0].Error() {
			t.Errorf("%s: apply says %v", what, err)
		}
	}
}

// A template that does not end is asked once, and an interrupt is heard at any example.
func TestTokensSpent(t *testing.T) {
	base, from := t.TempDir(), t.TempDir()
	if err := os.CopyFS(base, os.DirFS("../../testdata/oracle/qwen3/folder")); err != nil {
		t.Fatal(err)
	}
	const endless = `{% for m in messages %}{% if m.content == "no" %}{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}{% endif %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`
	if err := os.WriteFile(filepath.Join(base, "chat_template.jinja"), []byte(endless), 0o600); err != nil {
		t.Fatal(err)
	}
	w, err := stage.CreateExamples(filepath.Join(from, stage.ExamplesFile))
	if err != nil {
		t.Fatal(err)
	}
	for range 30 {
		if err := w.Write(&stage.Example{From: "chats.jsonl:1", Messages: []stage.Message{{Role: "user", Content: "a"}, {Role: "assistant", Content: "no"}}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	run := func(ctx context.Context) error {
		return (&Tokens{Length: 64}).Run(ctx, &stage.Job{Out: t.TempDir(), Inputs: []stage.Input{{Arg: "base", Dir: base}, {Arg: "from", Dir: from}}, Emit: func(stage.Event) {}})
	}
	if err := run(t.Context()); err == nil || strings.Count(err.Error(), "more steps than it may") != 1 {
		t.Errorf("of a template that does not end: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// Rows of examples of which the base's template drops all answers are not made.
func TestTokensLost(t *testing.T) {
	base, from := t.TempDir(), t.TempDir()
	if err := os.CopyFS(base, os.DirFS("../../testdata/oracle/qwen3/folder")); err != nil {
		t.Fatal(err)
	}
	const marks = `{% for m in messages %}<|im_start|>{{ m.role }}
{% if m.role == "user" %}{{ m.content }}{% endif %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`
	if err := os.WriteFile(filepath.Join(base, "chat_template.jinja"), []byte(marks), 0o600); err != nil {
		t.Fatal(err)
	}
	w, err := stage.CreateExamples(filepath.Join(from, stage.ExamplesFile))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if err := w.Write(&stage.Example{From: fmt.Sprintf("chats.jsonl:%d", i+1), Messages: []stage.Message{{Role: "user", Content: "a"}, {Role: "assistant", Content: "no"}}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	err = (&Tokens{Length: 64}).Run(t.Context(), &stage.Job{Out: t.TempDir(), Inputs: []stage.Input{{Arg: "base", Dir: base}, {Arg: "from", Dir: from}}, Emit: func(stage.Event) {}})
	if err == nil || !strings.Contains(err.Error(), "drops the answers of all 3 examples") || !strings.Contains(err.Error(), "chats.jsonl:1") {
		t.Error(err)
	}
}
