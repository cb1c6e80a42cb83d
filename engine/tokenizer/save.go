package tokenizer

import (
	"bytes"
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
	no, yes := false, true
	level := func(regex *bool) *stepJSON {
		return &stepJSON{Type: "ByteLevel", AddPrefix: &no, TrimOffsets: &no, UseRegex: regex}
	}
	f := fileJSON{
		Version: "1.0",
		PreTokenizer: &stepJSON{Type: "Sequence", PreTokenizers: []stepJSON{
			{Type: "Split", Pattern: &patternJSON{splitPattern}, Behavior: "Isolated", Invert: &no},
			*level(&no),
		}},
		PostProcessor: level(&no),
		Decoder:       level(&yes),
		Model:         modelJSON{Type: "BPE", Vocab: vocabJSON{}, Merges: []mergeJSON{}},
	}
	if t.nfc {
		f.Normalizer = &stepJSON{Type: "NFC"}
	}
	// Readers number the added tokens that the vocabulary lacks after it, so
	// only those at the end may be left out of it.
	inVocab := len(t.tokens)
	for i := len(t.added) - 1; i >= 0 && int(t.added[i].id) == inVocab-1; i-- {
		inVocab--
	}
	isAdded := map[int32]bool{}
	f.AddedTokens = []addedJSON{}
	for _, a := range t.added {
		isAdded[a.id] = true
		f.AddedTokens = append(f.AddedTokens, addedJSON{ID: a.id, Content: a.name, Special: a.special})
	}
	for id, s := range t.tokens[:inVocab] {
		if isAdded[int32(id)] {
			f.Model.Vocab[s] = int32(id)
		} else {
			f.Model.Vocab[toLevel(s)] = int32(id)
		}
	}
	for _, m := range t.merges {
		f.Model.Merges = append(f.Model.Merges, mergeJSON{toLevel(t.tokens[m.left]), toLevel(t.tokens[m.right])})
	}
	if err := writeJSON(filepath.Join(dir, "tokenizer.json"), f); err != nil {
		return err
	}
	return t.saveConfig(dir)
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
		EOS       string           `json:"eos_token,omitempty"`
		Errors    string           `json:"errors"`
		Pad       string           `json:"pad_token,omitempty"`
		Split     bool             `json:"split_special_tokens"`
		Class     string           `json:"tokenizer_class"`
	}{Added: map[string]token{}, Errors: "replace", Class: "PreTrainedTokenizerFast"}
	special := struct {
		Additional []string `json:"additional_special_tokens"`
		EOS        string   `json:"eos_token,omitempty"`
		Pad        string   `json:"pad_token,omitempty"`
	}{Additional: []string{}}
	for _, a := range t.added {
		config.Added[strconv.Itoa(int(a.id))] = token{Content: a.name, Special: a.special}
	}
	if c, err := NewChat(t); err == nil {
		config.Template, config.EOS, config.Pad = c.Template(), turnEnd, endOfText
		special.Additional, special.EOS, special.Pad = []string{turnStart, turnEnd}, turnEnd, endOfText
		if err := os.WriteFile(filepath.Join(dir, "chat_template.jinja"), []byte(c.Template()), 0o644); err != nil {
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
