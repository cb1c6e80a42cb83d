package tokenizer

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// Save writes the tokenizer as Hugging Face keeps it: dir/tokenizer.json,
// tokenizer_config.json and special_tokens_map.json, and, if it has the
// tokens of a chat, chat_template.jinja. The same tokenizer gives the same
// bytes, and Load gives the tokenizer back.
func (t *Tokenizer) Save(dir string) error {
	f := fileJSON{
		Version:       "1.0",
		Normalizer:    t.steps.normalizer,
		PreTokenizer:  t.steps.pre,
		PostProcessor: t.post(),
		Decoder:       t.steps.decoder,
		AddedTokens:   []addedJSON{},
	}
	for _, a := range t.added {
		f.AddedTokens = append(f.AddedTokens, addedJSON{a.id, a.name, a.single, a.left, a.right, a.normalized, a.special})
	}
	var model any
	switch t.kind {
	case unigramLM:
		model = t.unigramJSON()
	case wordPieces:
		model = wordsJSON{"WordPiece", t.unkName(), "##", 100, t.vocabJSON()}
	default:
		model = t.bpeJSON()
	}
	var err error
	if f.Model, err = plainJSON(model, ""); err != nil {
		return err
	}
	if err := writeJSON(filepath.Join(dir, "tokenizer.json"), f); err != nil {
		return err
	}
	return t.saveConfig(dir)
}

func (t *Tokenizer) unkName() string {
	if t.roles.unk < 0 {
		return ""
	}
	return t.form(t.roles.unk)
}

// form returns a token as files write it.
func (t *Tokenizer) form(id int32) string {
	if t.forms != nil {
		return t.forms[id]
	}
	if name, ok := t.names[t.tokens[id]]; ok && name == id || t.typeOf(int(id)) == unusedToken {
		return t.tokens[id]
	}
	return toLevel(t.tokens[id])
}

// vocabJSON returns the vocabulary without the added tokens at its end:
// readers number those that it lacks after it, so that no others may be left out.
func (t *Tokenizer) vocabJSON() vocabJSON {
	n := t.inVocab()
	vocab := make(vocabJSON, n)
	for id := range n {
		vocab[t.form(int32(id))] = int32(id)
	}
	return vocab
}

func (t *Tokenizer) inVocab() int {
	n, least := len(t.tokens), 0
	for _, m := range t.merges { // which name tokens of the vocabulary only
		least = max(least, int(m.left)+1, int(m.right)+1, int(m.id)+1)
	}
	for i := len(t.added) - 1; i >= 0 && n > least && int(t.added[i].id) == n-1; i-- {
		n--
	}
	return n
}

func (t *Tokenizer) bpeJSON() modelJSON {
	m := modelJSON{Type: "BPE", FuseUnk: t.bpe.fuse, ByteFallback: t.bpe.byteFallback, IgnoreMerges: t.bpe.ignoreMerges, Vocab: t.vocabJSON(), Merges: []mergeJSON{}}
	if t.bpe.unk != "" {
		m.Unk = &t.bpe.unk
	}
	for _, x := range t.ordered() {
		m.Merges = append(m.Merges, mergeJSON{t.form(x.left), t.form(x.right)})
	}
	return m
}

func (t *Tokenizer) unigramJSON() unigramJSON {
	m := unigramJSON{Type: "Unigram", ByteFallback: t.bpe.byteFallback}
	if t.roles.unk >= 0 {
		m.UnkID = &t.roles.unk
	}
	for id := range t.inVocab() {
		m.Vocab = append(m.Vocab, pieceJSON{t.forms[id], t.scores[id]})
	}
	return m
}

// saveConfig writes what the transformers library reads besides tokenizer.json.
func (t *Tokenizer) saveConfig(dir string) error {
	type token struct {
		Content    string `json:"content"`
		LStrip     bool   `json:"lstrip"`
		Normalized bool   `json:"normalized"`
		RStrip     bool   `json:"rstrip"`
		SingleWord bool   `json:"single_word"`
		Special    bool   `json:"special"`
	}
	config := struct {
		AddPrefix bool             `json:"add_prefix_space"`
		Added     map[string]token `json:"added_tokens_decoder"`
		BOS       *string          `json:"bos_token"`
		Template  string           `json:"chat_template,omitempty"`
		CleanUp   bool             `json:"clean_up_tokenization_spaces"`
		CLS       string           `json:"cls_token,omitempty"`
		EOS       string           `json:"eos_token,omitempty"`
		Errors    string           `json:"errors"`
		Mask      string           `json:"mask_token,omitempty"`
		Pad       string           `json:"pad_token,omitempty"`
		SEP       string           `json:"sep_token,omitempty"`
		Split     bool             `json:"split_special_tokens"`
		Class     string           `json:"tokenizer_class"`
		UNK       string           `json:"unk_token,omitempty"`
	}{Added: map[string]token{}, Errors: "replace", Class: "PreTrainedTokenizerFast"}
	special := struct {
		Additional []string `json:"additional_special_tokens"`
		EOS        string   `json:"eos_token,omitempty"`
		Pad        string   `json:"pad_token,omitempty"`
	}{Additional: []string{}}
	for _, a := range t.added {
		config.Added[strconv.Itoa(int(a.id))] = token{a.name, a.left, a.normalized, a.right, a.single, a.special}
	}
	config.EOS, config.Pad = t.name(t.roles.eos), t.name(t.roles.pad)
	config.UNK, config.SEP, config.CLS, config.Mask = t.name(t.roles.unk), t.name(t.roles.sep), t.name(t.roles.cls), t.name(t.roles.mask)
	if bos := t.name(t.roles.bos); bos != "" {
		config.BOS = &bos
	}
	special.EOS, special.Pad = config.EOS, config.Pad
	if c, err := NewChat(t); err == nil {
		config.Template, config.EOS, config.Pad = c.Template(false), turnEnd, endOfText
		special.Additional, special.EOS, special.Pad = []string{turnStart, turnEnd}, turnEnd, endOfText
		if err := os.WriteFile(filepath.Join(dir, "chat_template.jinja"), []byte(c.Template(false)), 0o644); err != nil {
			return err
		}
	}
	if err := writeJSON(filepath.Join(dir, "special_tokens_map.json"), special); err != nil {
		return err
	}
	return writeJSON(filepath.Join(dir, "tokenizer_config.json"), config)
}

func writeJSON(path string, v any) error {
	text, err := plainJSON(v, "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}

// plainJSON is json.Marshal without HTML escapes: <|im_end|> is to be legible.
func plainJSON(v any, indent string) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	err := enc.Encode(v)
	return b.Bytes(), err
}

// MarshalJSON writes the vocabulary in the order of its ids.
func (v vocabJSON) MarshalJSON() ([]byte, error) {
	tokens := slices.SortedFunc(maps.Keys(v), func(a, b string) int { return int(v[a]) - int(v[b]) })
	b := []byte("{")
	for i, s := range tokens {
		if i > 0 {
			b = append(b, ',')
		}
		key, err := plainJSON(s, "")
		if err != nil {
			return nil, err
		}
		b = fmt.Appendf(b, "%s:%d", bytes.TrimSpace(key), v[s])
	}
	return append(b, '}'), nil
}

// MarshalJSON writes "a b", which all versions of the tokenizers library read.
func (m mergeJSON) MarshalJSON() ([]byte, error) { return plainJSON(m[0]+" "+m[1], "") }

// MarshalJSON writes ["piece", -1.5].
func (p pieceJSON) MarshalJSON() ([]byte, error) { return plainJSON([2]any{p.text, p.score}, "") }

func (t *Tokenizer) name(id int32) string {
	if id < 0 {
		return ""
	}
	return t.form(id)
}

// ordered returns the merges by rank, for a vocabulary of scores too.
func (t *Tokenizer) ordered() []merge {
	b, ok := t.model.(*bpe)
	if t.scores == nil || !ok {
		return t.merges
	}
	var slots []pairSlot
	for _, s := range b.pairs.slots {
		left, right := int32((s.key-1)>>32), int32(uint32(s.key-1))
		if s.key != 0 && left < b.size && right < b.size {
			slots = append(slots, s)
		}
	}
	slices.SortFunc(slots, func(x, y pairSlot) int {
		return cmp.Or(cmp.Compare(x.rank, y.rank), cmp.Compare(x.key, y.key))
	})
	list := make([]merge, len(slots))
	for i, s := range slots {
		list[i] = merge{int32((s.key - 1) >> 32), int32(uint32(s.key - 1)), s.id}
	}
	return list
}
