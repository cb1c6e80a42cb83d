package serve

import (
	"context"
	"iter"
	"strings"

	"suiren/serve/form"
)

// A parrot is an Answerer that can everything, with a word a token. It thinks
// unless it may not, calls every tool that it is given, and else repeats the
// last message, or a raw prompt.
type parrot struct{}

func (parrot) Can() form.Can { return ^form.Can(0) }

func (parrot) Answer(ctx context.Context, a *form.Ask) iter.Seq2[form.Event, error] {
	return func(yield func(form.Event, error) bool) {
		u := form.Usage{Cached: 1}
		put := func(kind form.Kind, text string) bool {
			for _, w := range cutWords(text) {
				e := form.Event{Kind: kind, Text: w}
				if kind != form.Prompted {
					u.Completion++
				}
				if kind == form.Thought {
					u.Reasoning++
				}
				if a.Logprobs && kind != form.Thought {
					e.Tokens = []form.Token{token(w, a.TopLogprobs)}
				}
				e.Usage = u
				if !yield(e, nil) {
					return false
				}
				if a.MaxTokens >= 0 && u.Completion >= a.MaxTokens {
					yield(form.Event{Kind: form.Finish, Reason: form.Length, Usage: u}, nil)
					return false
				}
			}
			return true
		}
		if a.Seed == 666 {
			panic("parrot: a bug")
		}
		if a.Receipt != nil {
			defer func() {
				*a.Receipt = form.Receipt{Version: form.ReceiptVersion, ID: a.Receipt.ID, Seed: a.Seed, Prompt: form.Tokens([]int32{1, 2}, true), Answer: form.Tokens([]int32{3}, false)}
			}()
		}
		if a.Prompt != nil {
			text := a.Prompt.Text + spell(a.Prompt.IDs)
			u.Prompt = len(cutWords(text))
			if a.Echo && !echo(a, text, u, yield) {
				return
			}
			if a.MaxTokens == 0 {
				yield(form.Event{Kind: form.Finish, Reason: form.Length, Usage: u}, nil)
				return
			}
			if a.Suffix != nil {
				text = "between " + *a.Suffix
			}
			if put(form.Text, text) {
				yield(form.Event{Kind: form.Finish, Reason: form.Stop, Usage: u}, nil)
			}
			return
		}
		last := a.Messages[len(a.Messages)-1]
		u.Prompt = len(cutWords(last.Text))
		if u.Prompt > 64 {
			yield(form.Event{}, form.TooLong(u.Prompt, 64))
			return
		}
		if a.Think.Mode != "off" && !put(form.Thought, "let me see") {
			return
		}
		if len(a.Tools) > 0 && a.Choice.Mode != "none" && last.Role != "tool" {
			for i, tool := range a.Tools {
				ref := form.CallRef{Index: i, ID: "call_" + tool.Name, Name: tool.Name}
				u.Completion += 3
				if !(yield(form.Event{Kind: form.CallStart, Call: ref, Usage: u}, nil) &&
					yield(form.Event{Kind: form.CallArgs, Call: ref, Text: `{"q":`, Usage: u}, nil) &&
					yield(form.Event{Kind: form.CallArgs, Call: ref, Text: `"茶"}`, Usage: u}, nil) &&
					yield(form.Event{Kind: form.CallEnd, Call: ref, Usage: u}, nil)) {
					return
				}
				if a.OneCall {
					break
				}
			}
			yield(form.Event{Kind: form.Finish, Reason: form.ToolUse, Usage: u}, nil)
			return
		}
		if put(form.Text, last.Text) {
			yield(form.Event{Kind: form.Finish, Reason: form.Stop, Usage: u}, nil)
		}
	}
}

func echo(a *form.Ask, text string, u form.Usage, yield func(form.Event, error) bool) bool {
	e := form.Event{Kind: form.Prompted, Text: text, Usage: u}
	for i, w := range cutWords(text) {
		t := token(w, a.TopLogprobs)
		if i == 0 {
			t.Logprob, t.Top = nil, nil
		}
		if a.Logprobs {
			e.Tokens = append(e.Tokens, t)
		}
	}
	return yield(e, nil)
}

// cutWords cuts a text into words, each with the space before it.
func cutWords(text string) []string {
	var list []string
	for len(text) > 0 {
		n := strings.IndexByte(text[1:], ' ') + 1
		if n == 0 {
			n = len(text)
		}
		list = append(list, text[:n])
		text = text[n:]
	}
	return list
}

func token(w string, top int) form.Token {
	lp := -float64(len(w)) / 8
	t := form.Token{ID: int32(len(w)), Bytes: []byte(w), Logprob: &lp}
	for range top {
		t.Top = append(t.Top, form.Token{ID: t.ID, Bytes: t.Bytes, Logprob: &lp})
	}
	return t
}

// The vocabulary of the parrot's tokens is the letters.
func spell(ids []int32) string {
	var b strings.Builder
	for _, id := range ids {
		b.WriteByte(byte('a' + id%26))
	}
	return b.String()
}

type letters struct{}

func (letters) Tokens(text string, special bool) []int32 {
	var ids []int32
	if special {
		ids = append(ids, 0)
	}
	for _, c := range []byte(text) {
		ids = append(ids, int32(c)-'a')
	}
	return ids
}

func (letters) Piece(id int32) ([]byte, bool) {
	return []byte{byte('a' + id)}, id >= 0 && id < 26
}

func (letters) Spell(ids []int32) string { return spell(ids) }

func (letters) Render(r *form.Request) (string, []int32, error) {
	var b strings.Builder
	for _, m := range r.Messages {
		b.WriteString("<" + m.Role + ">" + m.All())
	}
	return b.String(), letters{}.Tokens(b.String(), true), nil
}

// lengths makes vectors and scores of the lengths of texts.
type lengths struct{}

func (lengths) Width() int   { return 4 }
func (lengths) Longest() int { return 8 }

func (lengths) Embed(ctx context.Context, texts []form.Prompt, cut bool) ([][]float32, []int, error) {
	var out [][]float32
	var n []int
	for _, p := range texts {
		size := len(p.Text) + len(p.IDs)
		if size > 8 && !cut {
			return nil, nil, form.TooLong(size, 8)
		}
		out, n = append(out, []float32{0.6, 0.8, 0, 0}), append(n, min(size, 8))
	}
	return out, n, nil
}

func (lengths) Rerank(ctx context.Context, query string, documents []string) (scores []float64, tokens int, err error) {
	for _, d := range documents {
		scores, tokens = append(scores, 1/float64(1+len(d))), tokens+len(query)+len(d)
	}
	return scores, tokens, nil
}

// everything is a release that can everything.
func everything() *Release {
	return &Release{Name: "parrot", Digest: strings.Repeat("cd", 32), Answerer: parrot{}, Speller: letters{}, Embedder: lengths{}, Reranker: lengths{},
		Adapters: []string{"shop"}, Context: 64, Origin: "model", Facts: form.Facts{Family: "parrot", Parameters: 1_500_000, Format: "gguf", Quantised: "Q8_0", Width: 4, Thinks: true}}
}
