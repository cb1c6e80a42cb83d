package plain

import (
	"slices"

	"suiren/engine/chat"
	"suiren/engine/jinja"
	"suiren/engine/tokenizer"
	"suiren/engine/weights"
)

// words are a model's tokens, and which of them are special.
type words struct {
	t        *tokenizer.Tokenizer
	special  map[int32]tokenizer.SpecialToken
	stops    []int32  // end a text, as the files say
	ends     []int32  // end an answer in a conversation: those, and all that are known to
	parts    [3]int32 // stand before, after and between: see middles
	hasParts bool
}

// middles are the special tokens that fill in the middle: before the prefix,
// before the suffix, before what is to be written.
var middles = [][3]string{
	{"<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"},    // Qwen2.5-Coder, CodeGemma
	{"<fim_prefix>", "<fim_suffix>", "<fim_middle>"},          // StarCoder
	{"<fim-prefix>", "<fim-suffix>", "<fim-middle>"},          // SantaCoder
	{"<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>"}, // GLM
	{"<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"},          // DeepSeek-Coder: the last stands at the end
	{"[PREFIX]", "[SUFFIX]", "[MIDDLE]"},
}

func newWords(t *tokenizer.Tokenizer, c *weights.Generation) *words {
	w := &words{t: t, special: map[int32]tokenizer.SpecialToken{}}
	for _, s := range t.Specials() {
		w.special[s.ID] = s
	}
	add := func(list []int32, id int32) []int32 {
		if id >= 0 && int(id) < t.Vocab() && !slices.Contains(list, id) {
			list = append(list, id)
		}
		return list
	}
	if id, ok := t.EOS(); ok {
		w.stops = add(w.stops, id)
	}
	for _, id := range c.Ends {
		w.stops = add(w.stops, id)
	}
	w.ends = slices.Clone(w.stops)
	for _, id := range t.Ends() {
		w.ends = add(w.ends, id)
	}
	if len(w.stops) == 0 || c.Ends == nil { // the files do not say: a GGUF file
		w.stops = slices.Clone(w.ends)
	}
	for _, name := range chat.Ends {
		if id, ok := t.Special(name); ok {
			w.ends = add(w.ends, id)
		}
	}
	for _, m := range middles {
		w.hasParts = true
		for i, name := range m {
			id, ok := t.Special(name)
			w.parts[i], w.hasParts = id, w.hasParts && ok
		}
		if w.hasParts {
			break
		}
	}
	return w
}

// token reports whether a text is a special token.
func (w *words) token(text string) bool {
	_, ok := w.t.Special(text)
	return ok
}

// raw returns the tokens of a raw text, after those that begin every text.
// The names of special tokens in it are those tokens.
func (w *words) raw(text string) []int32 {
	begin := w.t.Prefix()
	ids := w.t.EncodeMarked(nil, text, nil)
	if n := len(begin); n > 0 && len(ids) >= n && slices.Equal(ids[:n], begin) { // the text has them already
		return ids
	}
	return append(begin, ids...)
}

// prompt returns the tokens of a rendered conversation: the template has
// written what begins it.
func (w *words) prompt(text jinja.Text) []int32 {
	user := make([]tokenizer.Span, len(text.User))
	for i, s := range text.User {
		user[i] = tokenizer.Span{From: s.From, To: s.To}
	}
	return w.t.EncodeMarked(nil, text.String, user)
}

// middle returns the prompt that asks for what stands between two texts.
func (w *words) middle(before, after string) []int32 {
	ids := append(w.t.Prefix(), w.parts[0])
	ids = append(w.t.Encode(ids, before), w.parts[1])
	return append(w.t.Encode(ids, after), w.parts[2])
}

// framed returns the tokens of a text for an encoder.
func (w *words) framed(text string) []int32 {
	return append(w.t.Encode(w.t.Prefix(), text), w.t.Suffix()...)
}

// Tokens implements form.Speller.
func (m *Model) Tokens(text string, special bool) []int32 {
	if !special {
		return m.words.t.EncodeMarked(nil, text, nil)
	}
	return m.words.raw(text)
}

// Piece implements form.Speller.
func (m *Model) Piece(id int32) ([]byte, bool) {
	if id < 0 || int(id) >= m.words.t.Vocab() {
		return nil, false
	}
	return m.words.t.Bytes(id), true
}

// Spell implements form.Speller. It leaves out what is no token.
func (m *Model) Spell(ids []int32) string { return m.words.t.Decode(ids) }
