package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// maxFile bounds a tokenizer's file; Gemma 3's tokenizer.json has 33 MB.
const maxFile = 128 << 20

// The parts of tokenizer.json that decide how text is encoded. Source:
// https://github.com/huggingface/tokenizers, tokenizers/src.
type (
	fileJSON struct {
		Version       string          `json:"version"`
		Truncation    any             `json:"truncation"`
		Padding       any             `json:"padding"`
		AddedTokens   []addedJSON     `json:"added_tokens"`
		Normalizer    json.RawMessage `json:"normalizer"`
		PreTokenizer  json.RawMessage `json:"pre_tokenizer"`
		PostProcessor json.RawMessage `json:"post_processor"`
		Decoder       json.RawMessage `json:"decoder"`
		Model         json.RawMessage `json:"model"`
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
	// stepJSON is a normalizer, pre-tokenizer or decoder.
	stepJSON struct {
		Type          string       `json:"type"`
		Normalizers   []stepJSON   `json:"normalizers,omitempty"`
		PreTokenizers []stepJSON   `json:"pretokenizers,omitempty"`
		Decoders      []stepJSON   `json:"decoders,omitempty"`
		Pattern       *patternJSON `json:"pattern,omitempty"`
		Behavior      string       `json:"behavior,omitempty"`
		Invert        *bool        `json:"invert,omitempty"`
		Individual    *bool        `json:"individual_digits,omitempty"`
		AddPrefix     *bool        `json:"add_prefix_space,omitempty"`
		TrimOffsets   *bool        `json:"trim_offsets,omitempty"`
		UseRegex      *bool        `json:"use_regex,omitempty"`
		Replacement   string       `json:"replacement,omitempty"`
		Scheme        string       `json:"prepend_scheme,omitempty"`
		Split         *bool        `json:"split,omitempty"`
		Prepend       string       `json:"prepend,omitempty"`
		Content       *string      `json:"content,omitempty"`
		StripLeft     *bool        `json:"strip_left,omitempty"`
		StripRight    *bool        `json:"strip_right,omitempty"`
		Clean         *bool        `json:"clean_text,omitempty"`
		Chinese       *bool        `json:"handle_chinese_chars,omitempty"`
		Accents       *bool        `json:"strip_accents,omitempty"`
		Lower         *bool        `json:"lowercase,omitempty"`
		CharsMap      []byte       `json:"precompiled_charsmap,omitempty"`
		Prefix        string       `json:"prefix,omitempty"`
		Cleanup       *bool        `json:"cleanup,omitempty"`
		Start         *int         `json:"start,omitempty"`
		Stop          *int         `json:"stop,omitempty"`
	}
	patternJSON struct {
		String *string `json:"String,omitempty"`
		Regex  *string `json:"Regex,omitempty"`
	}
	modelJSON struct {
		Type         string     `json:"type"`
		Dropout      any        `json:"dropout"`
		Unk          *string    `json:"unk_token"`
		Prefix       string     `json:"continuing_subword_prefix"`
		Suffix       string     `json:"end_of_word_suffix"`
		FuseUnk      bool       `json:"fuse_unk"`
		ByteFallback bool       `json:"byte_fallback"`
		IgnoreMerges bool       `json:"ignore_merges"`
		Vocab        vocabJSON  `json:"vocab"`
		Merges       mergesJSON `json:"merges"`
	}
	unigramJSON struct {
		Type         string      `json:"type"`
		UnkID        *int32      `json:"unk_id"`
		Vocab        []pieceJSON `json:"vocab"`
		ByteFallback bool        `json:"byte_fallback"`
	}
	wordsJSON struct {
		Type   string    `json:"type"`
		Unk    string    `json:"unk_token"`
		Prefix string    `json:"continuing_subword_prefix"`
		Most   int       `json:"max_input_chars_per_word"`
		Vocab  vocabJSON `json:"vocab"`
	}
	vocabJSON  map[string]int32
	mergeJSON  [2]string
	mergesJSON []mergeJSON
	pieceJSON  struct {
		text  string
		score float64
	}
)

// Load reads the tokenizer of a folder: tokenizer.json, or else
// tokenizer.model, or else vocab.txt, or else GPT-2's vocab.json with
// merges.txt; and what tokenizer_config.json and special_tokens_map.json say
// of it. What this package cannot do as the file's own program does it gives a
// *FormatError that names it.
func Load(dir string) (*Tokenizer, error) {
	for _, f := range []struct {
		name  string
		parse func(path string, text []byte, c *config) (*Tokenizer, error)
	}{{"tokenizer.json", parseJSON}, {"tokenizer.model", parseModel}, {"vocab.txt", parseVocab}, {"vocab.json", parsePair}} {
		path := filepath.Join(dir, f.name)
		text, err := readFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		c, err := loadConfig(dir)
		if err != nil {
			return nil, err
		}
		return f.parse(path, text, c)
	}
	return nil, &fs.PathError{Op: "open", Path: filepath.Join(dir, "tokenizer.json"), Err: fs.ErrNotExist}
}

func readFile(path string) ([]byte, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // to open a pipe is to wait
		return nil, &FormatError{path, "", fault("is not a regular file")}
	}
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
		return nil, &FormatError{path, "", fault("is larger than %d bytes", maxFile)}
	}
	return text, nil
}

func parseJSON(path string, text []byte, c *config) (*Tokenizer, error) {
	var f fileJSON
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, &FormatError{path, "", err}
	}
	return f.read(path, c)
}

func (f *fileJSON) read(path string, c *config) (*Tokenizer, error) {
	t, place, err := f.tokenizer()
	if err == nil {
		place = "model"
		t, err = t.finish()
	}
	if err == nil {
		place, err = t.readPost(f.PostProcessor)
	}
	if err != nil {
		return nil, &FormatError{path, place, err}
	}
	c.apply(t)
	return t, nil
}

// step reads a normalizer, pre-tokenizer or decoder of a bounded number of steps.
func step(raw json.RawMessage) (*stepJSON, error) {
	var s *stepJSON
	if len(raw) == 0 {
		return nil, nil
	}
	many := fault("has more than %d steps", maxSteps)
	if bytes.Count(raw, []byte{'{'}) > 16*maxSteps { // of a pattern, too: else a few bytes became hundreds in memory
		return nil, many
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, err
	}
	if s.count(maxSteps+1) > maxSteps {
		return nil, many
	}
	return s, nil
}

// maxSteps bounds the steps of a kind, sequences among them; the most known are
// seven. Each costs time with every text, and nested ones with one another.
const maxSteps = 64

// count counts the steps of s, itself among them, up to most.
func (s *stepJSON) count(most int) int {
	if s == nil {
		return 0
	}
	n := 1
	for _, list := range [][]stepJSON{s.Normalizers, s.PreTokenizers, s.Decoders} {
		for i := range list {
			if n >= most {
				return n
			}
			n += list[i].count(most - n)
		}
	}
	return n
}

// tokenizer returns the tables of f, or what is wrong where.
func (f *fileJSON) tokenizer() (t *Tokenizer, place string, err error) {
	t = &Tokenizer{roles: noRoles, steps: steps{f.Normalizer, f.PreTokenizer, f.PostProcessor, f.Decoder}}
	normalizer, err := step(f.Normalizer)
	if err != nil {
		return nil, "normalizer", err
	}
	if t.normal, place, err = normalSteps(normalizer, "normalizer"); err != nil {
		return nil, place, err
	}
	pre, err := step(f.PreTokenizer)
	if err != nil {
		return nil, "pre_tokenizer", err
	}
	if pre != nil && pre.Type == "Split" && pre.Pattern != nil && pre.Pattern.String != nil && *pre.Pattern.String == " " && normalizer.noSpaces() {
		pre = nil // Gemma's: it finds nothing
	}
	var level bool
	if t.pre, level, place, err = preSteps(pre, "pre_tokenizer"); err != nil {
		return nil, place, err
	}
	decoder, err := step(f.Decoder)
	if err != nil {
		return nil, "decoder", err
	}
	t.dropSpace = decoder.drops()
	var head struct {
		Type  string          `json:"type"`
		Vocab json.RawMessage `json:"vocab"`
	}
	if err := json.Unmarshal(f.Model, &head); err != nil {
		return nil, "model", err
	}
	if head.Type == "" { // older files do not say
		head.Type = "BPE"
		if len(head.Vocab) > 0 && head.Vocab[0] == '[' {
			head.Type = "Unigram"
		}
	}
	if level && head.Type != "BPE" {
		return nil, "pre_tokenizer", fault("ByteLevel is read for BPE only")
	}
	switch head.Type {
	case "BPE":
		place, err = f.readBPE(t, level)
	case "Unigram":
		place, err = f.readUnigram(t)
	case "WordPiece":
		place, err = f.readWords(t)
	default:
		return nil, "model.type", fault("%q is not read; BPE, Unigram and WordPiece are", head.Type)
	}
	return t, place, err
}

// noSpaces tells whether a normalizer leaves no spaces.
func (s *stepJSON) noSpaces() bool {
	list := s.flat()
	if len(list) == 0 {
		return false
	}
	last := list[len(list)-1]
	return last.Type == "Replace" && last.Pattern != nil && last.Pattern.String != nil && *last.Pattern.String == " " &&
		last.Content != nil && *last.Content == lowLine
}

// drops tells whether a decoder drops one space at the start of a text.
func (s *stepJSON) drops() bool {
	if s == nil {
		return false
	}
	switch s.Type {
	case "Sequence":
		return slices.ContainsFunc(s.Decoders, func(d stepJSON) bool { return d.drops() })
	case "Strip":
		return s.Start != nil && *s.Start > 0 && s.Content != nil && *s.Content == " "
	case "Metaspace":
		return s.Scheme != "never" && (s.Scheme != "" || s.AddPrefix == nil || *s.AddPrefix)
	}
	return s.Type == "WordPiece"
}

// addTokens enters the added tokens, whose ids must agree with the vocabulary.
func (f *fileJSON) addTokens(t *Tokenizer, vocab vocabJSON) error {
	for _, a := range f.AddedTokens {
		if id, ok := vocab[a.Content]; ok && id != a.ID {
			return fault("%q has the id %d, and %d in the vocabulary", a.Content, a.ID, id)
		}
		t.added = append(t.added, added{a.ID, a.Content, a.Special, a.SingleWord, a.LStrip, a.RStrip, a.Normalized})
	}
	slices.SortFunc(t.added, func(a, b added) int { return int(a.id) - int(b.id) })
	for i := 1; i < len(t.added); i++ {
		if t.added[i].id == t.added[i-1].id {
			return fault("the id %d comes twice", t.added[i].id)
		}
	}
	return nil
}

// byID orders a vocabulary with the added tokens. Every id must have a token.
func (t *Tokenizer) byID(vocab vocabJSON) ([]string, error) {
	n := len(vocab)
	for _, a := range t.added {
		if _, ok := vocab[a.name]; !ok {
			n++
		}
	}
	forms, have := make([]string, n), make([]bool, n)
	put := func(s string, id int32) error {
		if id < 0 || int(id) >= n {
			return fault("there are %d ids, so that %d is not one of 0 to %d", n, id, n-1)
		}
		if have[id] {
			return fault("the id %d comes twice", id)
		}
		forms[id], have[id] = s, true
		return nil
	}
	for _, a := range t.added {
		if _, ok := vocab[a.name]; !ok {
			if err := put(a.name, a.id); err != nil {
				return nil, err
			}
		}
	}
	for s, id := range vocab {
		if err := put(s, id); err != nil {
			return nil, err
		}
	}
	return forms, nil
}

func (f *fileJSON) readBPE(t *Tokenizer, level bool) (place string, err error) {
	var m modelJSON
	if err := json.Unmarshal(f.Model, &m); err != nil {
		return "model", err
	}
	switch {
	case m.Dropout != nil && m.Dropout != 0.0:
		return "model.dropout", fault("is not read; null is")
	case m.Prefix != "" || m.Suffix != "":
		return "model", fault("continuing_subword_prefix and end_of_word_suffix are not read")
	case level && m.ByteFallback:
		return "model.byte_fallback", fault("true is not read with ByteLevel")
	}
	if m.Merges == nil { // an empty list says that there are none; a file cut down to its vocabulary says nothing
		return "model.merges", fault("is missing")
	}
	t.bpe = bpeOptions{fuse: m.FuseUnk, byteFallback: m.ByteFallback, ignoreMerges: m.IgnoreMerges}
	if m.Unk != nil {
		t.bpe.unk = *m.Unk
	}
	if err := f.addTokens(t, m.Vocab); err != nil {
		return "added_tokens", err
	}
	forms, err := t.byID(m.Vocab)
	if err != nil {
		return "model.vocab", err
	}
	if id, ok := m.Vocab[t.bpe.unk]; ok && t.bpe.unk != "" {
		t.roles.unk = id
	}
	if level {
		t.tokens = t.unlevel(forms)
	} else {
		t.kind = runeBPE
		t.setForms(forms)
	}
	for i, p := range m.Merges {
		l, ok1 := m.Vocab[p[0]]
		r, ok2 := m.Vocab[p[1]]
		id, ok3 := m.Vocab[p[0]+p[1]]
		if !ok1 || !ok2 || !ok3 {
			return fmt.Sprintf("model.merges[%d]", i), fault("%q, %q or the two joined are not in the vocabulary", p[0], p[1])
		}
		t.merges = append(t.merges, merge{l, r, id})
	}
	return "model", nil
}

// unlevel returns the bytes of tokens in byte-level form. Added tokens are not
// in it; nor are a few that no text can become, as in Command R.
func (t *Tokenizer) unlevel(forms []string) []string {
	tokens := make([]string, len(forms))
	for _, a := range t.added {
		tokens[a.id] = a.name
	}
	for id, s := range forms {
		if tokens[id] != "" {
			continue
		}
		b, ok := fromLevel(s)
		if !ok {
			if t.types == nil {
				t.types = slices.Repeat([]tokenType{normalToken}, len(forms))
			}
			b, t.types[id] = s, unusedToken
		}
		tokens[id] = b
	}
	return tokens
}

func (f *fileJSON) readUnigram(t *Tokenizer) (place string, err error) {
	t.kind = unigramLM
	var m unigramJSON
	if err := json.Unmarshal(f.Model, &m); err != nil {
		return "model", err
	}
	t.bpe.byteFallback = m.ByteFallback
	vocab := make(vocabJSON, len(m.Vocab))
	forms := make([]string, 0, len(m.Vocab))
	for i, p := range m.Vocab {
		if _, ok := vocab[p.text]; !ok {
			vocab[p.text] = int32(i)
		}
		forms, t.scores = append(forms, p.text), append(t.scores, p.score)
	}
	if err := f.addTokens(t, vocab); err != nil {
		return "added_tokens", err
	}
	for _, a := range t.added {
		if int(a.id) == len(forms) {
			forms, t.scores = append(forms, a.name), append(t.scores, 0)
		} else if int(a.id) > len(forms) || a.id < 0 || forms[a.id] != a.name {
			return "added_tokens", fault("the id %d of %q is not its place in the vocabulary", a.id, a.name)
		}
	}
	if m.UnkID != nil {
		if *m.UnkID < 0 || int(*m.UnkID) >= len(m.Vocab) {
			return "model.unk_id", fault("%d is not one of %d tokens", *m.UnkID, len(m.Vocab))
		}
		t.roles.unk = *m.UnkID
	}
	t.setForms(forms)
	return "model", nil
}

func (f *fileJSON) readWords(t *Tokenizer) (place string, err error) {
	t.kind = wordPieces
	var m wordsJSON
	if err := json.Unmarshal(f.Model, &m); err != nil {
		return "model", err
	}
	if m.Prefix != "##" || m.Most != 100 && m.Most != 0 {
		return "model", fault("WordPiece is read with the prefix ## and max_input_chars_per_word 100 only")
	}
	if err := f.addTokens(t, m.Vocab); err != nil {
		return "added_tokens", err
	}
	forms, err := t.byID(m.Vocab)
	if err != nil {
		return "model.vocab", err
	}
	if id, ok := m.Vocab[m.Unk]; ok {
		t.roles.unk = id
	}
	t.setForms(forms)
	return "model", nil
}
