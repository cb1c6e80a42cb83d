package tokenizer

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// gptFiles writes a folder of files of GPT-2's: the bytes as tokens, and the
// merges that are given.
func gptFiles(t *testing.T, files map[string]string, merges ...string) string {
	t.Helper()
	dir, vocab := t.TempDir(), map[string]int{}
	for b := range 256 {
		vocab[string(byteRunes()[b])] = b
	}
	for _, m := range merges {
		vocab[strings.Replace(m, " ", "", 1)] = len(vocab)
	}
	vocab["<|endoftext|>"] = len(vocab)
	text, err := json.Marshal(vocab)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{"vocab.json": string(text), "merges.txt": "#version: 0.2\n" + strings.Join(merges, "\n") + "\n"}
	maps.Copy(all, files)
	for name, text := range all {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// byteRunes are the letters that stand for bytes (level.jsonl.gz says the same).
func byteRunes() (list [256]rune) {
	n := 256
	for b := range 256 {
		if b >= 33 && b < 127 || b >= 161 && b < 173 || b >= 174 {
			list[b] = rune(b)
		} else {
			list[b] = rune(n)
			n++
		}
	}
	return list
}

// vocab.json with merges.txt is what a tokenizer.json of the same says, whatever
// line ends it has, and whether the tokenizer's class or the model's type says that
// it is GPT-2's; its tokens are those that the files name, or <|endoftext|>.
func TestMergesFile(t *testing.T) {
	merges := []string{"h e", "Ġ t", "# a", "l l", "he ll"}
	vocab := map[string]any{}
	text, err := os.ReadFile(filepath.Join(gptFiles(t, nil, merges...), "vocab.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &vocab); err != nil {
		t.Fatal(err)
	}
	level := map[string]any{"type": "ByteLevel", "add_prefix_space": false}
	whole, err := json.Marshal(map[string]any{"pre_tokenizer": level, "decoder": level,
		"added_tokens": []any{map[string]any{"id": len(vocab) - 1, "content": "<|endoftext|>", "special": true}},
		"model":        map[string]any{"type": "BPE", "vocab": vocab, "merges": merges}})
	if err != nil {
		t.Fatal(err)
	}
	want, err := parseJSON("tokenizer.json", whole, &config{EOS: "<|endoftext|>"})
	if err != nil {
		t.Fatal(err)
	}
	for name, files := range map[string]map[string]string{
		"class":   {"tokenizer_config.json": `{"tokenizer_class": "GPT2TokenizerFast", "eos_token": {"content": "<|endoftext|>"}}`},
		"type":    {"tokenizer_config.json": `{"model_max_length": 1024}`, "config.json": `{"model_type": "gpt2"}`},
		"lines":   {"config.json": `{"model_type": "gpt2"}`, "merges.txt": "#version: 0.2\r\n" + strings.Join(merges, "\r\n")},
		"decoder": {"tokenizer_config.json": `{"tokenizer_class": "GPT2Tokenizer", "added_tokens_decoder": {"261": {"content": "<|endoftext|>", "special": true}}}`},
	} {
		tok, err := Load(gptFiles(t, files, merges...))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, text := range []string{"", "hello  the #a\n", "it's 12 we'll\t", "héé 中文 \U0001f600", "a<|endoftext|>b", " hell"} {
			if got, want := tok.Encode(nil, text), want.Encode(nil, text); !slices.Equal(got, want) {
				t.Errorf("%s: %q is %v, not %v", name, text, got, want)
			}
		}
		if id, ok := tok.EOS(); !ok || int(id) != len(vocab)-1 || tok.Vocab() != len(vocab) {
			t.Errorf("%s: %d tokens, of which %d ends a text", name, tok.Vocab(), id)
		}
	}
	for why, files := range map[string]map[string]string{
		`not of "CLIPTokenizer"`: {"tokenizer_config.json": `{"tokenizer_class": "CLIPTokenizer"}`},
		`not of "qwen2"`:         {"config.json": `{"model_type": "qwen2"}`},
		"has no space":           {"config.json": `{"model_type": "gpt2"}`, "merges.txt": "he\n"},
		"not in the vocabulary":  {"config.json": `{"model_type": "gpt2"}`, "merges.txt": "q u\n"},
	} {
		_, err := Load(gptFiles(t, files, merges...))
		if _, ok := errors.AsType[*FormatError](err); !ok || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", why, err)
		}
	}
	dir := gptFiles(t, map[string]string{"config.json": `{"model_type": "gpt2"}`}, merges...)
	if err := os.Remove(filepath.Join(dir, "merges.txt")); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "merges.txt") {
		t.Errorf("without merges.txt: %v", err)
	}
}
