package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"suiren/engine/weights"
	"suiren/stage"
	"suiren/stage/talk"
)

const chatML = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"

// endingAt is a base that is talked to in ChatML, whose files say that a text ends
// with the token of that name, and its id.
func endingAt(t *testing.T, eos string) (dir string, id int32) {
	t.Helper()
	dir = withTemplate(t, "qwen2", chatML)
	words, err := talk.Open(dir)
	check(t, err)
	id, ok := words.Tokenizer.Special(eos)
	if !ok {
		t.Fatalf("there is no %s", eos)
	}
	for name, set := range map[string]map[string]any{
		"tokenizer_config.json": {"eos_token": eos}, "config.json": {"eos_token_id": id}, "generation_config.json": {"eos_token_id": []int32{id}, "top_k": 7},
	} {
		path, o := filepath.Join(dir, name), map[string]any{}
		if b, err := os.ReadFile(path); err == nil {
			check(t, json.Unmarshal(b, &o))
		}
		for k, v := range set {
			o[k] = v
		}
		check(t, stage.WriteJSON(path, o))
	}
	return dir, id
}

// generated are the tokens that end an answer by a folder's generation_config.json.
func generated(t *testing.T, dir string) (ids []int32) {
	t.Helper()
	var g struct {
		EOS json.RawMessage `json:"eos_token_id"`
	}
	check(t, readJSON(filepath.Join(dir, "generation_config.json"), &g))
	check(t, json.Unmarshal(g.EOS, &ids))
	return ids
}

// turnOf is the token that ends a turn by a GGUF file.
func turnOf(t *testing.T, path string) int64 {
	t.Helper()
	g, err := weights.OpenGGUF(path)
	check(t, err)
	defer g.Close()
	id, ok := g.Whole("tokenizer.ggml.eot_token_id")
	if !ok {
		return -1
	}
	return id
}

// What was learnt to end an answer ends one by the files that are written, too, after
// what did by the base's: of a folder, a GGUF file, and an adapter once it is merged.
// Where plain text was learnt they say what the base's say.
func TestTurnEnd(t *testing.T) {
	base, eos := endingAt(t, "<|endoftext|>")
	named, end := endingAt(t, "<|im_end|>")
	run := func(op stage.Operator, in map[string]string) *bench {
		t.Helper()
		b := newBench(t, in)
		check(t, op.Run(context.Background(), b.Job))
		return b
	}
	chats := toyExamples(t, []stage.Example{
		{Messages: []stage.Message{{Role: "user", Content: "ab"}, {Role: "assistant", Content: "cd"}}},
		{Messages: []stage.Message{{Role: "user", Content: "cd"}, {Role: "assistant", Content: "ab"}}},
	})
	told := func(b *bench) bool {
		return strings.Contains(fmt.Sprint(b.notes()), `an answer ends with "<|im_end|>"`)
	}

	b := run(&Continue{}, map[string]string{"base": base, "examples": chats})
	if got := generated(t, b.Out); !slices.Equal(got, []int32{eos, end}) || !told(b) {
		t.Errorf("an answer ends at %v, want %d, %d: %q", got, eos, end, b.notes())
	}
	folder := b.Out
	var g map[string]any
	check(t, readJSON(filepath.Join(folder, "generation_config.json"), &g))
	if g["top_k"] != 7.0 {
		t.Errorf("the rest of the file is %v", g)
	}
	b = run(&Continue{}, map[string]string{"base": folder, "examples": chats})
	if got := generated(t, b.Out); !slices.Equal(got, []int32{eos, end}) || told(b) {
		t.Errorf("once more, an answer ends at %v: %q", got, b.notes())
	}
	b = run(&Continue{}, map[string]string{"base": base, "from": archRows(t, 261)})
	if got := generated(t, b.Out); !slices.Equal(got, []int32{eos}) || told(b) {
		t.Errorf("of rows of text, an answer ends at %v: %q", got, b.notes())
	}
	for name, c := range map[string]struct {
		op   stage.Operator
		in   map[string]string
		want int64
	}{
		"learnt":            {&Continue{Type: "q8_0"}, map[string]string{"base": base, "examples": chats}, int64(end)},
		"learnt before":     {&Quantise{Type: "q8_0"}, map[string]string{"base": folder}, int64(end)},
		"text":              {&Continue{Type: "q8_0"}, map[string]string{"base": base, "from": archRows(t, 261)}, -1},
		"never":             {&Quantise{Type: "q8_0"}, map[string]string{"base": base}, -1},
		"EOS ends the turn": {&Quantise{Type: "q8_0"}, map[string]string{"base": named}, -1},
	} {
		b := run(c.op, c.in)
		path := filepath.Join(b.Out, ggufName)
		if got := turnOf(t, path); got != c.want {
			t.Errorf("%s: a turn ends at %d by the file, want %d", name, got, c.want)
		}
		if name != "never" {
			continue
		}
		again := run(&Continue{}, map[string]string{"base": path, "examples": chats})
		if got := turnOf(t, filepath.Join(again.Out, ggufName)); got != int64(end) {
			t.Errorf("from a GGUF file, a turn ends at %d, want %d", got, end)
		}
	}

	// An adapter says what it learnt. Its base may say less of it only if it did then.
	for name, c := range map[string]struct {
		base     string
		op       stage.Operator
		ends     []int32
		newEnds  []int32
		merged   []int32
		elsewhen string // a base that says otherwise what ends a text
		refused  bool
	}{
		"not named": {base, &LoRA{}, nil, []int32{end}, []int32{eos, end}, named, false},
		"named":     {named, &LoRA{}, []int32{end}, nil, []int32{end}, base, true},
	} {
		ad := run(c.op, map[string]string{"base": c.base, "examples": chats}).Out
		f, err := readFacts(ad)
		check(t, err)
		if !slices.Equal(f.Ends, c.ends) || !slices.Equal(f.NewEnds, c.newEnds) {
			t.Errorf("%s: the adapter says %v and %v", name, f.Ends, f.NewEnds)
		}
		b := run(&Merge{}, map[string]string{"base": c.base, "adapter": ad})
		if got := generated(t, b.Out); !slices.Equal(got, c.merged) {
			t.Errorf("%s: merged, an answer ends at %v, want %v", name, got, c.merged)
		}
		if f, err = readFacts(b.Out); err != nil || f.Ends != nil || f.NewEnds != nil {
			t.Errorf("%s: what is merged says %+v (%v)", name, f, err)
		}
		err = (&Merge{}).Run(context.Background(), newBench(t, map[string]string{"base": c.elsewhen, "adapter": ad}).Job)
		if errors.Is(err, stage.ErrRefused) != c.refused || c.refused && !strings.HasPrefix(err.Error(), "adapter: the adapter learnt to end an answer with the token") {
			t.Errorf("%s: over a base with another EOS: %v", name, err)
		}
		foretold := (&Merge{}).Forecast(map[string][]stage.Forecast{"base": {{Path: c.elsewhen}}, "adapter": {{Path: ad}}}, stage.Machine{}).Wrong
		if len(foretold) > 0 != c.refused {
			t.Errorf("%s: the plan says %v", name, foretold)
		}
	}
}

// An adapter is refused over a base whose files name other tokens that end an answer than
// when it was trained: one more cuts answers short. One of an earlier version does not say
// at which they ended.
func TestOtherEnds(t *testing.T) {
	base, end := endingAt(t, "<|im_end|>")
	chats := toyExamples(t, []stage.Example{
		{Messages: []stage.Message{{Role: "user", Content: "ab"}, {Role: "assistant", Content: "cd"}}},
		{Messages: []stage.Message{{Role: "user", Content: "cd"}, {Role: "assistant", Content: "ab"}}},
	})
	b := newBench(t, map[string]string{"base": base, "examples": chats})
	check(t, (&LoRA{}).Run(context.Background(), b.Job))
	old := t.TempDir()
	check(t, os.CopyFS(old, os.DirFS(b.Out)))
	f, err := readFacts(old)
	check(t, err)
	f.AllEnds = nil
	check(t, stage.WriteJSON(filepath.Join(old, stage.WeightsFile), f))

	block := newBench(t, map[string]string{"base": base})
	check(t, (&Quantise{Type: "q8_0"}).Run(context.Background(), block.Job))
	for name, c := range map[string]struct {
		base    string
		refused bool
	}{
		"as it was":      {base, false},
		"one more":       {renamed(t, base, []int32{end, 40}), true},
		"another":        {renamed(t, base, 40), true},
		"twice":          {renamed(t, base, []int32{end, end}), false},
		"as a GGUF file": {block.Out, false},
	} {
		words, err := talk.Open(c.base)
		check(t, err)
		err = TaughtIn(words, b.Out)
		if errors.Is(err, stage.ErrRefused) != c.refused || c.refused && !strings.Contains(err.Error(), "ended at") {
			t.Errorf("%s: %v", name, err)
		}
		if err := TaughtIn(words, old); err != nil {
			t.Errorf("%s: the adapter of an earlier version: %v", name, err)
		}
	}
	one := renamed(t, base, []int32{end, 40})
	err = (&Merge{}).Run(context.Background(), newBench(t, map[string]string{"base": one, "adapter": b.Out}).Job)
	if !errors.Is(err, stage.ErrRefused) {
		t.Errorf("merged: %v", err)
	}
	if bad := UnfitAdapter(stage.Forecast{Path: one}, stage.Forecast{Path: b.Out}); bad == nil || bad.Where != "adapter" {
		t.Errorf("the plan says %v", bad)
	}
}

// renamed copies the folder of a base whose generation_config.json names other ends.
func renamed(t *testing.T, base string, ends any) string {
	t.Helper()
	dir := t.TempDir()
	check(t, os.CopyFS(dir, os.DirFS(base)))
	check(t, stage.WriteJSON(filepath.Join(dir, "generation_config.json"), map[string]any{"eos_token_id": ends}))
	return dir
}
