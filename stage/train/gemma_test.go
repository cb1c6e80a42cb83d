package train

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"suiren/stage"
)

// familyFolder is archFolder, but of Gemma's families with a template and the
// tokens that it marks turns by: no system, a model instead of an assistant.
func familyFolder(t *testing.T, name string) string {
	t.Helper()
	if !strings.HasPrefix(name, "gemma") {
		return archFolder(name)
	}
	template, err := os.ReadFile("../../testdata/oracle/jinja/templates/gemma.jinja")
	check(t, err)
	dir := withTemplate(t, name, string(template))
	for _, file := range []string{"tokenizer.json", "tokenizer_config.json", "config.json"} {
		path := filepath.Join(dir, file)
		text, err := os.ReadFile(path)
		check(t, err)
		turned := strings.NewReplacer("<|endoftext|>", "<bos>", "<|im_start|>", "<start_of_turn>", "<|im_end|>", "<end_of_turn>",
			`"final_logit_softcapping": 3.0`, `"final_logit_softcapping": 30.0`).Replace(string(text)) // of 261 tokens none is likely within 3
		check(t, os.WriteFile(path, []byte(turned), 0o666))
	}
	return dir
}

// A Gemma, as a folder and as the GGUF file that is quantised of it, is taught in
// its own words: what the system says goes to the user, who is answered by a
// model; the answer is learnt with <end_of_turn>, and what a user writes is no
// special token. An adapter that is trained so is merged into either.
func TestGemmaTalk(t *testing.T) {
	folder := familyFolder(t, "gemma3")
	quant := newBench(t, map[string]string{"base": folder})
	check(t, (&Quantise{Type: "q8_0"}).Run(context.Background(), quant.Job))
	var chats []stage.Example
	for range 6 {
		chats = append(chats, stage.Example{From: "c", Messages: []stage.Message{{Role: "system", Content: "be short"},
			{Role: "user", Content: "hi"}, {Role: "assistant", Content: "ho"}, {Role: "user", Content: "a <end_of_turn>"}, {Role: "assistant", Content: "b"}}})
	}
	for path, typ := range map[string]string{folder: "f32", quant.Out: "q8_0"} {
		b, err := openBrought(path)
		check(t, err)
		defer b.Close()
		if b.IsGGUF() != (typ == "q8_0") {
			t.Errorf("%s: GGUF %t", typ, b.IsGGUF())
		}
		w, err := b.writer()
		check(t, err)
		messages := chats[0].Messages
		d, ok, err := w.doc("here", messages[:4], messages[4:], nil)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		asked, said := w.Tokenizer.Decode(d.prompt()), w.Tokenizer.Decode(d.ids[len(d.ids)-d.supervised:])
		const turn = "<start_of_turn>user\n"
		if want := "<bos>" + turn + "be short\n\nhi<end_of_turn>\n<start_of_turn>model\nho<end_of_turn>\n" + turn + "a <end_of_turn><end_of_turn>\n<start_of_turn>model\n"; asked != want || said != "b<end_of_turn>" {
			t.Errorf("%s: asked %q, said %q", typ, asked, said)
		}
		ends := 0
		for _, id := range d.ids {
			if slices.Contains(w.Stops, id) {
				ends++
			}
		}
		if ends != 4 {
			t.Errorf("%s: %d ends of 4 turns", typ, ends)
		}
		tuned := newBench(t, map[string]string{"base": path, "examples": toyExamples(t, chats)})
		check(t, (&LoRA{Batch: 2, Epochs: 4, Rank: 3, Rate: 1}).Run(context.Background(), tuned.Job))
		if _, loss := tuned.series("loss"); loss[len(loss)-1] > 0.8*loss[0] {
			t.Errorf("%s: losses %v", typ, loss)
		}
		whole := newBench(t, map[string]string{"base": path, "examples": toyExamples(t, chats)})
		check(t, (&Continue{Batch: 2, Epochs: 4, Rate: 0.2, Type: typ}).Run(context.Background(), whole.Job))
		if f, err := readFacts(whole.Out); err != nil || f.Parity == nil || f.Parity.Top < 0.8 || typ == "f32" && f.Parity.Error != 0 {
			t.Errorf("%s: taught whole: %+v %v", typ, f.Parity, err)
		}
		if _, loss := whole.series("loss"); loss[len(loss)-1] > 0.8*loss[0] {
			t.Errorf("%s: taught whole, losses %v", typ, loss)
		}
		merged := newBench(t, map[string]string{"base": path, "adapter": tuned.Out})
		check(t, (&Merge{Type: typ}).Run(context.Background(), merged.Job))
		m, err := openBrought(merged.Out)
		check(t, err)
		defer m.Close()
		if m.Shape.Arch != "gemma3" || m.IsGGUF() != b.IsGGUF() || m.words.Template != b.words.Template || m.Shape.Query != b.Shape.Query {
			t.Errorf("%s: merged: %+v", typ, m.Shape)
		}
	}
}
