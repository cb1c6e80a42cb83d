package tokenizer

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// parsePair reads a vocab.json with the merges.txt beside it: GPT-2's files. Those
// of other tokenizers, which have the same names, do not say how they cut a text.
func parsePair(path string, text []byte, c *config) (*Tokenizer, error) {
	dir := filepath.Dir(path)
	if class, err := c.class(dir); err != nil {
		return nil, err
	} else if !slices.Contains([]string{"GPT2Tokenizer", "gpt2"}, class) {
		return nil, &FormatError{path, "", fault("without a tokenizer.json it is read of GPT2Tokenizer, not of %q", class)}
	}
	merges, err := readFile(filepath.Join(dir, "merges.txt"))
	if err != nil {
		return nil, err
	}
	var vocab vocabJSON
	if err := json.Unmarshal(text, &vocab); err != nil {
		return nil, &FormatError{path, "", err}
	}
	m := modelJSON{Type: "BPE", Vocab: vocab, Merges: mergesJSON{}}
	for i, line := range strings.Split(string(merges), "\n") {
		line = strings.TrimRight(line, "\r")
		if line == "" || i == 0 && strings.HasPrefix(line, "#version") {
			continue
		}
		a, b, ok := strings.Cut(line, " ")
		if !ok {
			return nil, &FormatError{filepath.Join(dir, "merges.txt"), "", fault("the merge %q has no space", line[:min(len(line), 80)])}
		}
		m.Merges = append(m.Merges, mergeJSON{a, b})
	}
	no := false
	level := rawJSON(&stepJSON{Type: "ByteLevel", AddPrefix: &no})
	f := fileJSON{PreTokenizer: level, Decoder: level}
	if f.Model, err = json.Marshal(&m); err != nil {
		return nil, &FormatError{path, "", err}
	}
	for i, n := range c.names() {
		if i < 3 && *n == "" { // begins, ends, is not known: as the program has it
			*n = "<|endoftext|>"
		}
	}
	if f.AddedTokens, err = c.special(vocab); err != nil {
		return nil, &FormatError{path, "added_tokens_decoder", err}
	}
	return f.read(path, c)
}

// class is the tokenizer's, without Fast; of a folder that does not say, the
// type of its model.
func (c *config) class(dir string) (string, error) {
	if c.Class != "" {
		return strings.TrimSuffix(c.Class, "Fast"), nil
	}
	text, err := readFile(filepath.Join(dir, "config.json"))
	if err != nil {
		return "", err
	}
	var model struct {
		Type string `json:"model_type"`
	}
	err = json.Unmarshal(text, &model)
	return model.Type, err
}

// special lists added_tokens_decoder, and what c names of a vocabulary.
func (c *config) special(vocab vocabJSON) ([]addedJSON, error) {
	var list []addedJSON
	for key, a := range c.Added {
		id, err := strconv.ParseInt(key, 10, 32)
		if err != nil || id < 0 {
			return nil, fault("%q is not an id", key)
		}
		a.ID = int32(id)
		list = append(list, a)
	}
	for _, n := range c.names() {
		id, ok := vocab[string(*n)]
		if ok && !slices.ContainsFunc(list, func(a addedJSON) bool { return a.ID == id }) {
			list = append(list, addedJSON{ID: id, Content: string(*n), Special: true})
		}
	}
	return list, nil
}
