package plain

import (
	"slices"
	"strings"

	"suiren/engine/jinja"
	"suiren/engine/tokenizer"
)

// words are a model's tokens, and which of them are special.
type words struct {
	t        *tokenizer.Tokenizer
	special  map[int32]string
	names    []string // of the special tokens, the longest first
	bos      []int32  // what begins every text
	bosName  string
	eosName  string
	ends     []int32 // end an answer
	parts    [3]int32
	hasParts bool // parts are the tokens that stand before, after and between
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

// enders end an answer wherever a vocabulary has them.
var enders = []string{"<|im_end|>", "<|eot_id|>", "<|end_of_text|>", "<|endoftext|>", "<end_of_turn>", "<|eom_id|>", "<|end|>", "<|end_of_turn|>",
	"</s>", "<｜end▁of▁sentence｜>", "<|endofturn|>", "<turn|>", "<eos>", "<|return|>"}

func newWords(t *tokenizer.Tokenizer, c *config) *words {
	w := &words{t: t, special: map[int32]string{}, bosName: c.BOS, eosName: c.EOS}
	for id := range int32(t.Vocab()) {
		name := string(t.Bytes(id))
		if known, ok := t.Special(name); ok && known == id {
			w.special[id] = name
			w.names = append(w.names, name)
		}
	}
	slices.SortFunc(w.names, func(a, b string) int { return len(b) - len(a) })
	if id, ok := t.Special(c.BOS); ok && c.AddBOS {
		w.bos = []int32{id}
	}
	w.ends = slices.Clone(c.Ends)
	for _, name := range append([]string{c.EOS}, enders...) {
		if id, ok := t.Special(name); ok && !slices.Contains(w.ends, id) {
			w.ends = append(w.ends, id)
		}
	}
	w.ends = slices.DeleteFunc(w.ends, func(id int32) bool { return id < 0 || int(id) >= t.Vocab() })
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

// encode appends the tokens of a text. The name of a special token is that
// token, but not where any of it is a user's.
func (w *words) encode(dst []int32, text string, user []jinja.Span) []int32 {
	from, at := 0, 0
	for at < len(text) {
		name := w.nameAt(text[at:])
		if name == "" {
			at++
			continue
		}
		end := at + len(name)
		if slices.ContainsFunc(user, func(s jinja.Span) bool { return s.From < end && at < s.To }) {
			at++
			continue
		}
		dst = w.t.Encode(dst, text[from:at])
		id, _ := w.t.Special(name)
		dst = append(dst, id)
		from, at = end, end
	}
	return w.t.Encode(dst, text[from:])
}

// nameAt returns the longest name of a special token that text begins with.
func (w *words) nameAt(text string) string {
	for _, name := range w.names {
		if strings.HasPrefix(text, name) {
			return name
		}
	}
	return ""
}

// raw returns the tokens of a raw text, after those that begin every text.
func (w *words) raw(text string) []int32 {
	ids := w.encode(slices.Clone(w.bos), text, nil)
	if n := len(w.bos); n > 0 && len(ids) > n && ids[n] == w.bos[0] { // the text has them already
		ids = ids[n:]
	}
	return ids
}

// prompt returns the tokens of a rendered conversation: the template has
// written what begins it.
func (w *words) prompt(text jinja.Text) []int32 { return w.encode(nil, text.String, text.User) }

// middle returns the prompt that asks for what stands between two texts.
func (w *words) middle(before, after string) []int32 {
	plain := func(dst []int32, text string) []int32 { return w.t.Encode(dst, text) }
	ids := append(slices.Clone(w.bos), w.parts[0])
	ids = append(plain(ids, before), w.parts[1])
	return append(plain(ids, after), w.parts[2])
}

// frames are the special tokens around the texts that an encoder reads.
var frames = [][2]string{{"[CLS]", "[SEP]"}, {"<s>", "</s>"}}

func (w *words) frame() (begin, end int32, ok bool) {
	for _, f := range frames {
		begin, ok := w.t.Special(f[0])
		end, ok2 := w.t.Special(f[1])
		if ok && ok2 {
			return begin, end, true
		}
	}
	return 0, 0, false
}

// framed returns the tokens of a text for an encoder.
func (w *words) framed(text string) []int32 {
	begin, end, ok := w.frame()
	if !ok {
		return w.t.Encode(nil, text)
	}
	return append(w.t.Encode([]int32{begin}, text), end)
}

// pair returns the tokens of two texts for an encoder, and where the second
// begins.
func (w *words) pair(a, b string) (ids []int32, second int) {
	ids = w.framed(a)
	second = len(ids)
	begin, end, ok := w.frame()
	if ok && string(w.t.Bytes(begin)) == "<s>" { // RoBERTa's pairs: <s> a </s></s> b </s>
		ids = append(ids, end)
	}
	ids = w.t.Encode(ids, b)
	if ok {
		ids = append(ids, end)
	}
	return ids, second
}

// Tokens implements form.Speller.
func (m *Model) Tokens(text string, special bool) []int32 {
	if !special {
		return m.words.t.Encode(nil, text)
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
func (m *Model) Spell(ids []int32) string {
	known := slices.DeleteFunc(slices.Clone(ids), func(id int32) bool { return id < 0 || int(id) >= m.words.t.Vocab() })
	return m.words.t.Decode(known)
}
