package tokenizer

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tryOut uses a tokenizer that came from a hostile file.
func tryOut(t *testing.T, tok *Tokenizer) {
	for _, text := range []string{"Ann has 12 苹果, doesn't she?\n", " \xff\xfe▁<s>", strings.Repeat("ab ", 50)} {
		for _, ids := range [][]int32{tok.Encode(nil, text), tok.EncodeMarked(nil, text, []Span{{1, 3}})} {
			for _, id := range ids {
				if id < 0 || int(id) >= tok.Vocab() {
					t.Fatalf("id %d of %d", id, tok.Vocab())
				}
			}
			tok.Decode(ids)
		}
		tok.EncodePair(nil, text, text)
	}
	for _, id := range append(append(tok.Prefix(), tok.Suffix()...), tok.Ends()...) {
		tok.Bytes(id)
	}
	tok.Specials()
	if pairs, err := tok.GGUF(); err == nil {
		if _, err := fromPairs(pairs); err != nil {
			t.Fatal(err)
		}
	}
}

func FuzzTokenizerJSON(f *testing.F) {
	for _, name := range []string{"llama", "bert"} {
		text, err := os.ReadFile(filepath.Join(familiesOracle, name, "tokenizer.json"))
		if err != nil {
			f.Fatal(err)
		}
		var file map[string]json.RawMessage
		if err := json.Unmarshal(text, &file); err != nil {
			f.Fatal(err)
		}
		delete(file, "model") // the seeds are small, so that what is changed is the steps
		head, _ := json.Marshal(file)
		f.Add(head, []byte(`{"type":"BPE","vocab":{"a":0,"b":1,"ab":2,"<s>":3},"merges":["a b"]}`))
		f.Add(head, []byte(`{"type":"WordPiece","unk_token":"a","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":{"a":0,"##b":1}}`))
	}
	f.Add([]byte(`{"pre_tokenizer":{"type":"Metaspace"},"normalizer":{"type":"Precompiled","precompiled_charsmap":"BAAAAAAAAAA="}}`),
		[]byte(`{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["▁",-1],["a",-2.5]]}`))
	f.Fuzz(func(t *testing.T, head, model []byte) {
		var file map[string]json.RawMessage
		if json.Unmarshal(head, &file) != nil || file == nil || !json.Valid(model) {
			return
		}
		file["model"] = model
		text, err := json.Marshal(file)
		if err != nil {
			return
		}
		tok, err := parse("x", text)
		if err == nil {
			tryOut(t, tok)
		}
	})
}

func FuzzModel(f *testing.F) {
	for _, name := range []string{"spm-bpe", "spm-bytes"} {
		b, err := os.ReadFile(filepath.Join(familiesOracle, name, "tokenizer.model"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b[:400])
		f.Add(append(b[:2000:2000], b[len(b)-200:]...))
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		tok, err := parseModel("x", b, &config{})
		if err == nil {
			tryOut(t, tok)
		}
	})
}

// FuzzGGUF makes metadata of texts: tokens a line each, types and scores a byte each.
func FuzzGGUF(f *testing.F) {
	f.Add("llama", "default", "<unk>\n<s>\n</s>\n▁\na\nb\nab\n▁a\n<0x0A>", []byte{2, 3, 3, 1, 1, 1, 1, 1, 6}, []byte{0, 0, 0, 9, 8, 7, 6, 5, 4}, "", []byte{1, 1, 0, 0, 0}, uint32(1))
	f.Add("gpt2", "qwen2", "a\nb\nab\nĠ\nĠa\n<x>", []byte{1, 1, 1, 1, 1, 3}, []byte(nil), "a b\nĠ a", []byte{}, uint32(5))
	f.Add("t5", "default", "<pad>\n</s>\n<unk>\n▁\na", []byte{3, 3, 2, 1, 1}, []byte{0, 0, 0, 3, 2}, "", []byte{8, 0, 0, 0, 1, 1, 0, 0, 97, 0, 0, 0, 98, 0}, uint32(2))
	f.Add("bert", "bert-bge", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n▁a\nb", []byte{3, 3, 3, 3, 1, 1}, []byte(nil), "", []byte{}, uint32(1))
	f.Add("gemma4", "", "<pad>\n<eos>\n▁\na\n▁a\n<0x0A>", []byte{3, 3, 1, 1, 1, 6}, []byte(nil), "▁ a", []byte{}, uint32(1))
	f.Fuzz(func(t *testing.T, model, pre, tokens string, types, scores []byte, merges string, charsMap []byte, id uint32) {
		values := map[string]any{
			keyModel: model, keyPre: pre, keyTokens: strings.Split(tokens, "\n"), keyMerges: strings.Split(merges, "\n"), keyCharsMap: charsMap,
			idKeys[0]: id, idKeys[1]: int32(id >> 1), idKeys[2]: uint64(id >> 2), idKeys[4]: id >> 3, keyCollapse: id&1 == 0, endKeys[0]: id,
		}
		if types != nil {
			list := make([]int32, len(types))
			for i, x := range types {
				list[i] = int32(x)
			}
			values[keyTypes] = list
		}
		if scores != nil {
			list := make([]float32, len(scores))
			for i, x := range scores {
				list[i] = -float32(x)
			}
			values[keyScores] = list
		}
		tok, err := FromGGUF(func(key string) (any, bool) { v, ok := values[key]; return v, ok })
		if err == nil {
			tryOut(t, tok)
		}
	})
}

// FuzzScan holds every scanner to its promise: a piece of at least one byte,
// that ends where a rune does.
func FuzzScan(f *testing.F) {
	f.Add("it's 12345 ABCdef中文 \r\n\t $$++ \u0301é")
	f.Add(" \xff(a|b) \u3000")
	f.Fuzz(func(t *testing.T, text string) {
		for pattern, scan := range patterns {
			for s := text; s != ""; {
				n := scan(s)
				if n < 1 || n > len(s) {
					t.Fatalf("%s: a piece of %q has %d bytes", pattern, s, n)
				}
				s = s[n:]
			}
		}
	})
}

func TestCharsMapRefuses(t *testing.T) {
	for _, b := range [][]byte{{1}, {0, 0, 0, 0, 0, 0, 0, 0}, {255, 255, 255, 255, 0, 0, 0, 0}, {5, 0, 0, 0, 0, 0, 0, 0, 0, 0}} {
		if _, err := newCharsMap(b); err == nil {
			t.Errorf("%v: no error", b)
		}
	}
	b := binary.LittleEndian.AppendUint32(nil, 8)
	b = append(b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f)
	m, err := newCharsMap(b)
	if err != nil {
		t.Fatal(err)
	}
	if got := m.byLongest("abc"); got != "abc" {
		t.Errorf("%q", got)
	}
}

// FuzzFolder reads a vocabulary with what the files beside it say of its tokens.
func FuzzFolder(f *testing.F) {
	small := []byte("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\nthe\n中\n")
	f.Add("vocab.txt", small, []byte(`{"do_lower_case": false, "unk_token": {"content": "[UNK]"}, "added_tokens_decoder": {"9": {"content": "<x>", "special": true, "lstrip": true}}}`), []byte(`{"mask_token": "[MASK]"}`))
	model, err := os.ReadFile(filepath.Join(familiesOracle, "spm-bpe", "tokenizer.model"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add("tokenizer.model", model[:400], []byte(`{"tokenizer_class": "LlamaTokenizerFast", "add_bos_token": true, "add_eos_token": true, "bos_token": "<s>", "added_tokens_decoder": {"3": {"content": "<tool>"}}}`), []byte(`{"eos_token": "</s>"}`))
	f.Add("tokenizer.json", []byte(`{"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]},"added_tokens":[{"id":3,"content":"<s>","special":true}]}`),
		[]byte(`{"tokenizer_class": "GemmaTokenizer", "add_bos_token": true, "bos_token": "<s>", "eos_token": "ab"}`), []byte(`{"pad_token": "b"}`))
	f.Add("vocab.json", []byte(`{"a":0,"b":1,"ab":2,"<|endoftext|>":3}`), []byte(`{"tokenizer_class": "GPT2Tokenizer", "added_tokens_decoder": {"4": {"content": "<x>"}}}`), []byte("a b\n"))
	f.Fuzz(func(t *testing.T, name string, vocabulary, config, special []byte) {
		if name != "vocab.txt" && name != "tokenizer.model" && name != "vocab.json" {
			name = "tokenizer.json"
		}
		dir := t.TempDir()
		beside := "special_tokens_map.json"
		if name == "vocab.json" {
			beside = "merges.txt"
		}
		for name, text := range map[string][]byte{name: vocabulary, "tokenizer_config.json": config, beside: special} {
			if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if tok, err := Load(dir); err == nil {
			tryOut(t, tok)
		}
	})
}
