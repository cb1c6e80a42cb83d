package tokenizer

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxFile bounds tokenizer.json; Qwen3's has 11 MB.
const maxFile = 128 << 20

// A FormatError says that a tokenizer.json is not well-formed, or needs
// something that this package does not do.
type FormatError struct {
	Path  string // file
	Place string // field; may be empty
	Why   string
}

func (e *FormatError) Error() string {
	if e.Place == "" {
		return fmt.Sprintf("%s: %s", e.Path, e.Why)
	}
	return fmt.Sprintf("%s: %s: %s", e.Path, e.Place, e.Why)
}

// The parts of tokenizer.json that decide how text is encoded. Source:
// https://github.com/huggingface/tokenizers, tokenizers/src.
type (
	fileJSON struct {
		Version       string      `json:"version"`
		Truncation    any         `json:"truncation"`
		Padding       any         `json:"padding"`
		AddedTokens   []addedJSON `json:"added_tokens"`
		Normalizer    *stepJSON   `json:"normalizer"`
		PreTokenizer  *stepJSON   `json:"pre_tokenizer"`
		PostProcessor *stepJSON   `json:"post_processor"`
		Decoder       *stepJSON   `json:"decoder"`
		Model         modelJSON   `json:"model"`
	}
	addedJSON struct {
		ID         int32  `json:"id"`
		Content    string `json:"content"`
		SingleWord bool   `json:"single_word"`
		LStrip     bool   `json:"lstrip"`
		RStrip     bool   `json:"rstrip"`
		Normalized bool   `json:"normalized"`
		Special    bool   `json:"special"`
	}
	// stepJSON is a normalizer, pre-tokenizer, post-processor or decoder.
	stepJSON struct {
		Type          string       `json:"type"`
		PreTokenizers []stepJSON   `json:"pretokenizers,omitempty"`
		Pattern       *patternJSON `json:"pattern,omitempty"`
		Behavior      string       `json:"behavior,omitempty"`
		Invert        *bool        `json:"invert,omitempty"`
		AddPrefix     *bool        `json:"add_prefix_space,omitempty"`
		TrimOffsets   *bool        `json:"trim_offsets,omitempty"`
		UseRegex      *bool        `json:"use_regex,omitempty"`
	}
	patternJSON struct {
		Regex string `json:"Regex"`
	}
	modelJSON struct {
		Type         string      `json:"type"`
		Dropout      any         `json:"dropout"`
		Unk          any         `json:"unk_token"`
		Prefix       string      `json:"continuing_subword_prefix"`
		Suffix       string      `json:"end_of_word_suffix"`
		FuseUnk      bool        `json:"fuse_unk"`
		ByteFallback bool        `json:"byte_fallback"`
		IgnoreMerges bool        `json:"ignore_merges"`
		Vocab        vocabJSON   `json:"vocab"`
		Merges       []mergeJSON `json:"merges"`
	}
	vocabJSON map[string]int32
	mergeJSON [2]string
)

// UnmarshalJSON reads "a b" or ["a", "b"].
func (m *mergeJSON) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '"' {
		var s string
		if err := json.Unmarshal(text, &s); err != nil {
			return err
		}
		left, right, ok := strings.Cut(s, " ")
		if !ok {
			return fmt.Errorf("the merge %q has no space", s)
		}
		*m = mergeJSON{left, right}
		return nil
	}
	var list []string
	if err := json.Unmarshal(text, &list); err != nil {
		return err
	}
	if len(list) != 2 {
		return fmt.Errorf("the merge %q does not have two tokens", list)
	}
	*m = mergeJSON(list)
	return nil
}

// Load reads dir/tokenizer.json: a byte-level BPE with Qwen2's split pattern,
// with or without NFC. Anything else gives a *FormatError that names it.
func Load(dir string) (*Tokenizer, error) {
	path := filepath.Join(dir, "tokenizer.json")
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxFile {
		return nil, &FormatError{path, "", fmt.Sprintf("is larger than %d bytes", maxFile)}
	}
	return parse(path, text)
}

func parse(path string, text []byte) (*Tokenizer, error) {
	var f fileJSON
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, &FormatError{path, "", err.Error()}
	}
	if place, why := f.unlike(); why != "" {
		return nil, &FormatError{path, place, why}
	}
	t, place, err := f.tokenizer()
	if err == nil {
		t, err = build(t)
	}
	if err != nil {
		return nil, &FormatError{path, place, err.Error()}
	}
	return t, nil
}

// unlike names the first part of f that this package does not do, and why.
func (f *fileJSON) unlike() (place, why string) {
	is := func(b *bool, want bool) bool { return b != nil && *b == want }
	kind := func(s *stepJSON) string {
		if s == nil {
			return "null"
		}
		return s.Type
	}
	if k := kind(f.Normalizer); k != "null" && k != "NFC" {
		return "normalizer", fmt.Sprintf("%q is not read; NFC and null are", k)
	}
	p := f.PreTokenizer
	if k := kind(p); k != "Sequence" {
		return "pre_tokenizer", fmt.Sprintf("%q is not read; a Sequence of Split (with Qwen2's pattern) and ByteLevel is", k)
	}
	if len(p.PreTokenizers) != 2 || p.PreTokenizers[0].Type != "Split" || p.PreTokenizers[1].Type != "ByteLevel" {
		return "pre_tokenizer", "the Sequence is not Split, then ByteLevel; no other is read"
	}
	split, level := p.PreTokenizers[0], p.PreTokenizers[1]
	if split.Pattern == nil || split.Pattern.Regex != splitPattern {
		return "pre_tokenizer.pretokenizers[0].pattern", "is not Qwen2's; no other is read: " + splitPattern
	}
	if split.Behavior != "Isolated" || split.Invert != nil && *split.Invert {
		return "pre_tokenizer.pretokenizers[0].behavior", "is not Isolated without invert; no other is read"
	}
	if !is(level.AddPrefix, false) || !is(level.UseRegex, false) {
		return "pre_tokenizer.pretokenizers[1]", "add_prefix_space and use_regex must both be false"
	}
	if k := kind(f.PostProcessor); k != "null" && k != "ByteLevel" {
		return "post_processor", fmt.Sprintf("%q is not read; ByteLevel and null are", k)
	}
	if k := kind(f.Decoder); k != "ByteLevel" {
		return "decoder", fmt.Sprintf("%q is not read; ByteLevel is", k)
	}
	switch m := &f.Model; {
	case m.Type != "BPE" && m.Type != "":
		return "model.type", fmt.Sprintf("%q is not read; BPE is", m.Type)
	case m.Dropout != nil && m.Dropout != 0.0:
		return "model.dropout", "is not read; null is"
	case m.Prefix != "" || m.Suffix != "":
		return "model", "continuing_subword_prefix and end_of_word_suffix are not read"
	case m.ByteFallback:
		return "model.byte_fallback", "true is not read"
	case m.IgnoreMerges:
		return "model.ignore_merges", "true is not read"
	}
	return "", ""
}

// tokenizer returns the tables of f, not yet built, or what is wrong where.
func (f *fileJSON) tokenizer() (t *Tokenizer, place string, err error) {
	named := map[string]bool{}
	ids := map[int32]bool{}
	for _, a := range f.AddedTokens {
		named[a.Content] = true
		if id, ok := f.Model.Vocab[a.Content]; ok && id != a.ID {
			return nil, "added_tokens", fmt.Errorf("%q has the id %d, and %d in the vocabulary", a.Content, a.ID, id)
		}
		ids[a.ID] = true
	}
	for _, id := range f.Model.Vocab {
		ids[id] = true
	}
	t = &Tokenizer{nfc: f.Normalizer != nil, tokens: make([]string, len(ids))}
	for id := range ids {
		if id < 0 || int(id) >= len(ids) {
			return nil, "model.vocab", fmt.Errorf("there are %d ids, so that %d is not one of 0 to %d", len(ids), id, len(ids)-1)
		}
	}
	byBytes := make(map[string]int32, len(f.Model.Vocab))
	for s, id := range f.Model.Vocab {
		if named[s] {
			continue
		}
		b, ok := fromLevel(s)
		if !ok {
			return nil, "model.vocab", fmt.Errorf("the token %q is not in byte-level form", s)
		}
		if t.tokens[id] != "" {
			return nil, "model.vocab", fmt.Errorf("the id %d comes twice", id)
		}
		t.tokens[id], byBytes[b] = b, id
	}
	for _, a := range f.AddedTokens {
		if t.tokens[a.ID] != "" {
			return nil, "added_tokens", fmt.Errorf("the id %d comes twice", a.ID)
		}
		t.tokens[a.ID] = a.Content
		t.added = append(t.added, added{a.ID, a.Content, a.Special})
	}
	slices.SortFunc(t.added, func(a, b added) int { return int(a.id) - int(b.id) })
	for i, m := range f.Model.Merges {
		place := fmt.Sprintf("model.merges[%d]", i)
		left, ok1 := fromLevel(m[0])
		right, ok2 := fromLevel(m[1])
		l, ok3 := byBytes[left]
		r, ok4 := byBytes[right]
		id, ok5 := byBytes[left+right]
		if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 {
			return nil, place, fmt.Errorf("%q, %q or the two joined are not in the vocabulary", m[0], m[1])
		}
		t.merges = append(t.merges, merge{l, r, id})
	}
	return t, "model", nil
}

// levels are the runes that stand for the bytes: printable ones for
// themselves, the others for U+0100 and on. Source: GPT-2's encoder.py,
// bytes_to_unicode.
var levels = func() (table [256]rune) {
	next := rune(256)
	for b := range rune(256) {
		if b >= '!' && b <= '~' || b >= '¡' && b <= '¬' || b >= '®' && b <= 'ÿ' {
			table[b] = b
		} else {
			table[b] = next
			next++
		}
	}
	return table
}()

var unlevels = func() map[rune]byte {
	m := make(map[rune]byte, 256)
	for b, r := range levels {
		m[r] = byte(b)
	}
	return m
}()

// toLevel returns bytes as the runes of the byte-level form.
func toLevel(s string) string {
	var out []byte
	for i := range len(s) {
		out = utf8.AppendRune(out, levels[s[i]])
	}
	return string(out)
}

// fromLevel is the inverse of toLevel, false if s is not of that form.
func fromLevel(s string) (string, bool) {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		b, ok := unlevels[r]
		if !ok {
			return "", false
		}
		out = append(out, b)
	}
	return string(out), len(out) > 0
}
