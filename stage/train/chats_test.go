package train

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"suiren/stage"
)

// Chats that the base's template refuses are told together: the first twenty, and how many more.
// So are those of pairs and labels.
func TestChatsRefused(t *testing.T) {
	base := t.TempDir()
	check(t, os.CopyFS(base, os.DirFS(archFolder("qwen2"))))
	check(t, os.WriteFile(filepath.Join(base, "chat_template.jinja"), []byte(`{% for m in messages %}{% if m.content == "no" %}{{ raise_exception("never say no") }}{% endif %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`), 0o600))
	b, err := openBrought(base)
	check(t, err)
	defer b.Close()
	for refused, want := range map[int]int{0: 0, 1: 1, 20: 20, 22: 20} {
		list := []stage.Example{{From: "right", Messages: append(user("a"), stage.Message{Role: "assistant", Content: "yes"})}}
		for i := range refused {
			list = append(list, stage.Example{From: fmt.Sprintf("chat %d", i), Messages: append(user("a"), stage.Message{Role: "assistant", Content: "no"})})
		}
		var pairs, labels []stage.Example
		for i, e := range list {
			p, l, good := e, e, i%2 == 0
			p.Messages, p.Prompt = nil, e.Messages[:1]
			p.Chosen, p.Rejected = e.Messages[1:], []stage.Message{{Role: "assistant", Content: "perhaps"}}
			if !good { // whichever of the two is refused, and both
				p.Chosen, p.Rejected = p.Rejected, p.Chosen
			} else if i%4 == 0 {
				p.Rejected = p.Chosen
			}
			l.Label = &good
			pairs, labels = append(pairs, p), append(labels, l)
		}
		dir := toyExamples(t, list)
		for name, run := range map[string]func() error{
			"chats": func() error {
				_, err := b.chats(t.Context(), newBench(t, map[string]string{"examples": dir}).Job, dir)
				return err
			},
			"dpo": func() error {
				return (&DPO{Rank: 1}).Run(t.Context(), newBench(t, map[string]string{"base": base, "pairs": toyExamples(t, pairs)}).Job)
			},
			"kto": func() error {
				return (&KTO{Rank: 1}).Run(t.Context(), newBench(t, map[string]string{"base": base, "labels": toyExamples(t, labels)}).Job)
			},
		} {
			err, text := run(), ""
			if err != nil {
				text = err.Error()
			}
			if n := strings.Count(text, "never say no"); n != want || strings.Contains(text, "2 more examples cannot be read") != (refused == 22) {
				t.Errorf("%s: of %d that are refused: %v", name, refused, err)
			}
		}
	}
}

// Chats are learnt in the base's template: each answer by itself, with the
// token that ends it, and nothing else.
func TestChats(t *testing.T) {
	var list []stage.Example
	for _, p := range toyProblems(1) {
		list = append(list, stage.Example{From: p.ID, Messages: []stage.Message{
			{Role: "system", Content: "be short"}, {Role: "user", Content: p.Prompt}, {Role: "assistant", Content: "yes"},
			{Role: "user", Content: "really?"}, {Role: "assistant", Content: "yes!"},
		}})
	}
	list = append(list, stage.Example{From: "long", Messages: append(user(strings.Repeat("very long ", 400)), stage.Message{Role: "assistant", Content: "no"})})
	dir := toyExamples(t, list)
	in := map[string]string{"base": archFolder("qwen2"), "examples": dir}
	job := newBench(t, in).Job
	b, err := openBrought(in["base"])
	check(t, err)
	defer b.Close()
	l, err := b.chats(t.Context(), job, dir)
	check(t, err)
	answers := map[string]int{}
	for i := range l.n {
		r := l.row(i)
		if len(r.IDs) > l.length || l.length > b.Shape.Context {
			t.Fatalf("%d tokens in rows of %d", len(r.IDs), l.length)
		}
		for d := range len(r.Docs) - 1 {
			var said []int32
			for j := r.Docs[d]; j < r.Docs[d+1]; j++ {
				if r.Weight[j] > 0 {
					said = append(said, r.IDs[j])
				} else if len(said) > 0 {
					t.Errorf("%q is not learnt to end", b.words.Tokenizer.Decode(said))
				}
				if len(said) > 0 && slices.Contains(b.words.Ends, said[len(said)-1]) {
					answers[b.words.Tokenizer.Decode(said[:len(said)-1])]++
					said = nil
				}
			}
			if len(said) > 0 {
				t.Errorf("%q does not end", b.words.Tokenizer.Decode(said))
			}
		}
	}
	if n := len(toyProblems(1)); len(answers) != 2 || answers["yes"] != n || answers["yes!"] != n {
		t.Errorf("learns %v", answers)
	}
	for name, op := range map[string]stage.Operator{
		"lora":     &LoRA{Epochs: 12, Batch: 2, Rank: 4, Rate: 4},
		"continue": &Continue{Epochs: 12, Batch: 2, Rate: 1},
	} {
		run := newBench(t, in)
		check(t, op.Run(context.Background(), run.Job))
		f, err := readFacts(run.Out)
		check(t, err)
		if f.Method != name || f.Parity == nil || f.Parity.Top != 1 || f.Loss > 1.2 {
			t.Errorf("%s: %+v %+v", name, f, f.Parity)
		}
	}
	for _, op := range []stage.Checker{&LoRA{}, &LoRA{Examples: stage.Ref{Kind: "examples", Name: "b"}, Targets: []string{}}, &Continue{From: stage.Ref{Kind: "tokens", Name: "a"}, Examples: stage.Ref{Kind: "examples", Name: "b"}}} {
		if len(op.Check()) != 1 {
			t.Errorf("%+v is let through", op)
		}
	}
}

// A template that does not end is asked once, and an interrupt is heard between examples.
func TestChatsSpent(t *testing.T) {
	base := t.TempDir()
	check(t, os.CopyFS(base, os.DirFS(archFolder("qwen2"))))
	check(t, os.WriteFile(filepath.Join(base, "chat_template.jinja"), []byte(`{% for m in messages %}{% if m.content == "no" %}{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}{% endif %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`), 0o600))
	b, err := openBrought(base)
	check(t, err)
	defer b.Close()
	var list []stage.Example
	for i := range 30 {
		list = append(list, stage.Example{From: fmt.Sprintf("chat %d", i), Messages: append(user("a"), stage.Message{Role: "assistant", Content: "no"})})
	}
	dir := toyExamples(t, list)
	in := map[string]string{"examples": dir}
	_, err = b.chats(t.Context(), newBench(t, in).Job, dir)
	if err == nil || strings.Count(err.Error(), "more steps than it may") != 1 || !strings.Contains(err.Error(), "mend the chat template") {
		t.Errorf("of a template that does not end: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := b.chats(ctx, newBench(t, in).Job, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// Problems with answers are learnt as chats are; where others are wanted, what
// is there is named.
func TestChatsOfProblems(t *testing.T) {
	dir := toyPart(t, toyProblems(1))
	in := map[string]string{"base": archFolder("qwen2"), "examples": dir}
	b, err := openBrought(in["base"])
	check(t, err)
	defer b.Close()
	w, err := b.writer()
	check(t, err)
	docs, said, err := w.chats(t.Context(), dir, false)
	check(t, err)
	if n := len(toyProblems(1)); said.cut.Answers != n || len(docs) != n || said.supervised == 0 {
		t.Errorf("%d problems: %+v", n, said)
	}
	if _, err := w.pairs(t.Context(), filepath.Join(dir, stage.ExamplesFile)); err == nil || !strings.Contains(err.Error(), "these examples are problems") {
		t.Errorf("pairs of problems: %v", err)
	}
	if _, err := stage.ReadProblems(filepath.Join(toyExamples(t, []stage.Example{{Messages: user("Hi")}}), stage.ProblemsFile)); err == nil || !strings.Contains(err.Error(), "these examples are conversations") {
		t.Errorf("problems of chats: %v", err)
	}
}
