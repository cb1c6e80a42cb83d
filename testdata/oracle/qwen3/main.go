// Qwen3 is Suiren's side of the comparison with the transformers library:
// make.py, beside it, and compat/transformers/check.py are the other.
//
//	go run ./testdata/oracle/qwen3 folder [-depth n] [-seed n] DIR   writes a Hugging Face folder of random weights
//	go run ./testdata/oracle/qwen3 answer DIR OUT                    writes what Suiren makes of DIR: ids and logits
//
// Without -depth the model has an odd shape of three heads to a key head, and
// settings that are no reader's defaults.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"suiren/engine/model"
	"suiren/engine/tensor"
	"suiren/engine/tokenizer"
	"suiren/engine/weights"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "qwen3:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("say folder or answer")
	}
	f := flag.NewFlagSet(args[0], flag.ContinueOnError)
	depth := f.Int("depth", 0, "the dial of a plan; 0 is the smallest odd shape")
	seed := f.Uint64("seed", 1, "of the weights")
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	switch {
	case args[0] == "folder" && f.NArg() == 1:
		return folder(f.Arg(0), *depth, *seed)
	case args[0] == "answer" && f.NArg() == 2:
		return answer(f.Arg(0), f.Arg(1))
	}
	return fmt.Errorf("say folder DIR or answer DIR OUT")
}

// texts train the tokenizer: enough that it has merges in both languages.
func texts(yield func(string) bool) {
	for a := range 40 {
		for b := range 5 {
			for _, s := range []string{
				fmt.Sprintf("小明有%d个苹果，又买了%d个。一共有多少个苹果？", a, b),
				fmt.Sprintf("Tom has %d apples and buys %d more. How many apples does he have?", a, b),
				fmt.Sprintf("%d+%d=%d", a, b, a+b),
			} {
				if !yield(s) {
					return
				}
			}
		}
	}
}

// folder writes a model and its tokenizer to dir.
func folder(dir string, depth int, seed uint64) error {
	vocab := 512
	if depth == 0 {
		vocab = 301
	}
	tok, err := tokenizer.Train(texts, vocab, tokenizer.ChatSpecial)
	if err != nil {
		return err
	}
	c := model.Config{Width: 20, Layers: 2, Heads: 6, KVHeads: 2, HeadDim: 10, Hidden: 37, Context: 128, Theta: 50000, Eps: 1e-5}
	if depth > 0 {
		c = model.Scale(depth, vocab, 256)
	}
	c.Vocab = tok.Vocab()
	if err := c.Check(); err != nil {
		return err
	}
	a, err := tensor.NewArena(c.Params())
	if err != nil {
		return err
	}
	defer a.Close()
	p := model.NewParams(c, a)
	randomise(p, seed)
	chat, err := tokenizer.NewChat(tok)
	if err != nil {
		return err
	}
	h := c.ToFolder()
	h.EOSTokenID = int(chat.End())
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	if err := p.Write(dir, h); err != nil {
		return err
	}
	return tok.Save(dir)
}

// randomise draws every parameter, those too that training begins with at
// zero or one: norms from 0.7 to 1.3, the rest within ±√(3/C).
func randomise(p *model.Params, seed uint64) {
	a := float32(math.Sqrt(3 / float64(p.Config.Width)))
	for i, t := range p.Tensors() {
		for j := range t.Data {
			u := 2*tensor.Uniform(tensor.Rand(seed, uint64(i), uint64(j))) - 1
			if len(t.Shape) == 1 {
				t.Data[j] = 1 + float32(0.3*u)
			} else {
				t.Data[j] = a * u
			}
		}
	}
}

// A talk is what answer makes of one prompt. Text is tokens of a plain text;
// messages are a conversation up to where the model speaks.
type talk struct {
	Text     string              `json:"text,omitempty"`
	Messages []tokenizer.Message `json:"messages,omitempty"`
	Think    bool                `json:"think"`
	IDs      []int32             `json:"ids"`
}

func talks() (list []talk) {
	for _, s := range []string{
		"12+7=19", "小明有3个苹果，又买了4个。", "Tom has 3 apples; he's sure they'll last\u3000two days!\n\n  End.",
		"cafe\u0301 naïve Straße \U0001F44D\U0001F3FD ½ Ⅷ\r\n\t١٢٣",
	} {
		list = append(list, talk{Text: s})
	}
	for _, m := range [][]tokenizer.Message{
		{{Role: "user", Content: "3+4=?"}},
		{{Role: "system", Content: "你是老师。"}, {Role: "user", Content: "小明有3个苹果，又买了4个。\n一共几个？"}},
		{{Role: "user", Content: "\n\nHello, it's 12:30  "}, {Role: "assistant", Content: "Hello!\n"}, {Role: "user", Content: "12-5"}},
		{{Role: "user", Content: ""}},
	} {
		list = append(list, talk{Messages: m, Think: true}, talk{Messages: m})
	}
	return list
}

// answer writes OUT/talks.json, what Suiren's tokenizer makes of each talk,
// and OUT/model.safetensors, the logits of each under its number. (T, V)
func answer(dir, out string) error {
	tok, err := tokenizer.Load(dir)
	if err != nil {
		return err
	}
	chat, err := tokenizer.NewChat(tok)
	if err != nil {
		return err
	}
	p, arena, err := model.Load(dir)
	if err != nil {
		return err
	}
	defer arena.Close()
	list := talks()
	var tensors []weights.Tensor
	for i := range list {
		t := &list[i]
		if t.Messages == nil {
			t.IDs = tok.Encode(nil, t.Text)
		} else {
			t.IDs = chat.Prompt(nil, t.Messages, t.Think)
		}
		if len(t.IDs) > p.Config.Context {
			return fmt.Errorf("talk %d has %d tokens, the model takes %d", i, len(t.IDs), p.Config.Context)
		}
		z, err := logits(p, t.IDs)
		if err != nil {
			return err
		}
		tensors = append(tensors, weights.Tensor{Name: fmt.Sprint(i), Shape: []int{len(t.IDs), p.Config.Vocab}, Data: z})
	}
	if err := os.MkdirAll(out, 0o777); err != nil {
		return err
	}
	b, err := json.MarshalIndent(list, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, "talks.json"), b, 0o666); err != nil {
		return err
	}
	return weights.Write(filepath.Join(out, "model.safetensors"), tensors, nil)
}

// logits decodes ids as serving does, a token at a time.
func logits(p *model.Params, ids []int32) ([]float32, error) {
	d, err := model.NewDecoder(p, 1, len(ids), 1)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	n := (len(ids) + model.PageTokens - 1) / model.PageTokens
	pages, err := model.NewPages(&d.Shape, model.KVFloat32, n, 0)
	if err != nil {
		return nil, err
	}
	defer pages.Close()
	seq := []model.Seq{{Logits: 1}}
	for i := range n {
		seq[0].Full = append(seq[0].Full, int32(i))
	}
	z := make([]float32, len(ids)*p.Config.Vocab)
	at := z
	for one := range slices.Chunk(ids, 1) {
		seq[0].IDs = one
		if err := d.Step(pages, seq, at[:p.Config.Vocab]); err != nil {
			return nil, err
		}
		seq[0].At++
		at = at[p.Config.Vocab:]
	}
	return z, nil
}
