package tokenizer

import (
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A config is what the files beside a tokenizer say of it. Source:
// https://github.com/huggingface/transformers, tokenization_utils_base.py.
type config struct {
	BOS     nameJSON             `json:"bos_token"`
	EOS     nameJSON             `json:"eos_token"`
	UNK     nameJSON             `json:"unk_token"`
	PAD     nameJSON             `json:"pad_token"`
	SEP     nameJSON             `json:"sep_token"`
	CLS     nameJSON             `json:"cls_token"`
	MASK    nameJSON             `json:"mask_token"`
	AddBOS  *bool                `json:"add_bos_token"`
	AddEOS  *bool                `json:"add_eos_token"`
	Class   string               `json:"tokenizer_class"`
	Added   map[string]addedJSON `json:"added_tokens_decoder"`
	Lower   *bool                `json:"do_lower_case"`
	Chinese *bool                `json:"tokenize_chinese_chars"`
	Accents *bool                `json:"strip_accents"`
}

// A nameJSON is a token's name: a string, or an object with its content.
type nameJSON string

// UnmarshalJSON reads both forms; null leaves the name empty.
func (n *nameJSON) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '{' {
		var o struct {
			Content string `json:"content"`
		}
		err := json.Unmarshal(text, &o)
		*n = nameJSON(o.Content)
		return err
	}
	var s string
	err := json.Unmarshal(text, &s)
	*n = nameJSON(s)
	return err
}

// loadConfig reads the files that there are.
func loadConfig(dir string) (*config, error) {
	c := &config{}
	for _, name := range []string{"special_tokens_map.json", "tokenizer_config.json"} { // the second is heard first
		path := filepath.Join(dir, name)
		text, err := readFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		before := *c
		if err := json.Unmarshal(text, c); err != nil {
			return nil, &FormatError{path, "", err}
		}
		for i, n := range before.names() {
			if *c.names()[i] == "" {
				*c.names()[i] = *n
			}
		}
	}
	return c, nil
}

func (c *config) names() [7]*nameJSON {
	return [7]*nameJSON{&c.BOS, &c.EOS, &c.UNK, &c.PAD, &c.SEP, &c.CLS, &c.MASK}
}

func (r *roles) ids() [7]*int32 {
	return [7]*int32{&r.bos, &r.eos, &r.unk, &r.pad, &r.sep, &r.cls, &r.mask}
}

// apply gives t the roles that c names, where its own file did not.
func (c *config) apply(t *Tokenizer) {
	ids := t.roles.ids()
	for i, n := range c.names() {
		if id, ok := t.lookup(string(*n)); ok && *n != "" {
			*ids[i] = id
		}
	}
	// Of these classes the template follows the flags, whatever the file's is.
	class := strings.TrimSuffix(c.Class, "Fast")
	if slices.Contains([]string{"LlamaTokenizer", "CodeLlamaTokenizer", "GemmaTokenizer", "CohereTokenizer"}, class) {
		prefix, suffix := t.Prefix(), t.Suffix()
		if bos := t.roles.bos; c.AddBOS != nil && *c.AddBOS && bos >= 0 && !slices.Contains(prefix, bos) {
			prefix = append(prefix, bos)
		}
		if eos := t.roles.eos; c.AddEOS != nil && *c.AddEOS && eos >= 0 && !slices.Contains(suffix, eos) {
			suffix = append(suffix, eos)
		}
		if len(prefix) != len(t.Prefix()) || len(suffix) != len(t.Suffix()) {
			t.defaultTemplate(prefix, suffix)
		}
	}
	t.findEnds()
}

// lookup returns the id of a token as files write it.
func (t *Tokenizer) lookup(name string) (int32, bool) {
	if id, ok := t.names[name]; ok {
		return id, true
	}
	i := slices.Index(t.forms, name)
	return int32(i), i >= 0
}

// turnEnds are the names of tokens that end a turn, of the families of chats.
var turnEnds = []string{"<|eot_id|>", "<|eom_id|>", "<|im_end|>", "<|endoftext|>", "<|end_of_text|>", "<end_of_turn>", "<turn|>", "<｜end▁of▁sentence｜>", "<|return|>"}

// findEnds collects the tokens that end a generation.
func (t *Tokenizer) findEnds() {
	ends := &t.roles.ends
	add := func(id int32) {
		if id >= 0 && !slices.Contains(*ends, id) {
			*ends = append(*ends, id)
		}
	}
	add(t.roles.eos)
	for i := range t.added {
		if t.added[i].special && slices.Contains(turnEnds, t.added[i].name) {
			add(t.added[i].id)
		}
	}
}

// fewTokens reads added_tokens_decoder: the tokens that a tokenizer.model or
// a vocab.txt does not have, or has without their flags.
func (c *config) fewTokens(t *Tokenizer, forms []string) ([]string, error) {
	list := make([]added, 0, len(c.Added))
	for key, a := range c.Added {
		id, err := strconv.ParseInt(key, 10, 32)
		if err != nil || id < 0 {
			return nil, fault("%q is not an id", key)
		}
		list = append(list, added{int32(id), a.Content, a.Special, a.SingleWord, a.LStrip, a.RStrip, a.Normalized})
	}
	slices.SortFunc(list, func(a, b added) int { return int(a.id) - int(b.id) })
	place := make(map[int32]int, len(t.added))
	for i := range t.added {
		place[t.added[i].id] = i
	}
	for i, a := range list {
		switch {
		case i > 0 && a.id == list[i-1].id:
			return nil, fault("the token %d comes twice", a.id)
		case int(a.id) == len(forms):
			forms = append(forms, a.name)
		case int(a.id) > len(forms):
			return nil, fault("the token %d, %q, leaves a hole after the %d before it", a.id, a.name, len(forms))
		case forms[a.id] != a.name:
			return nil, fault("the token %d is %q here, and %q in the vocabulary", a.id, a.name, forms[a.id])
		}
		if i, ok := place[a.id]; ok {
			t.added[i] = a
		} else {
			t.added = append(t.added, a)
		}
	}
	slices.SortFunc(t.added, func(a, b added) int { return int(a.id) - int(b.id) })
	return forms, nil
}
