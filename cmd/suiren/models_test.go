package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"suiren/engine/model"
	"suiren/engine/tokenizer"
	"suiren/engine/weights"
	"suiren/internal/say"
	"suiren/store"
)

// Every fault of a GGUF file is said in both languages, with the same verbs,
// and has a next step.
func TestFaultTexts(t *testing.T) {
	verb := regexp.MustCompile(`%[a-z]`)
	for _, f := range weights.Faults {
		text := say.Engine(string(f), nil)
		if text.Zh == "" || faultNext[f].Zh == "" {
			t.Errorf("%q is not translated", f)
		}
		if en, zh := verb.FindAllString(string(f), -1), verb.FindAllString(text.Zh, -1); !slices.Equal(en, zh) {
			t.Errorf("%q has the verbs %q, %q has %q", f, en, text.Zh, zh)
		}
		err := modelError("x", &weights.GGUFError{Path: "m.gguf", Place: "key\x1b", At: 7, Fault: f, Args: []any{1, 2, 3}[:strings.Count(string(f), "%")]})
		said, ok := err.(*say.Error)
		if !ok {
			t.Fatal(err)
		}
		if en := said.In(say.English); !strings.HasPrefix(en, `m.gguf: key\x1b: byte 7: `) {
			t.Error(en)
		}
		if zh := said.In(say.Chinese); !strings.HasPrefix(zh, `m.gguf: key\x1b: 第 7 字节：`) {
			t.Error(zh)
		}
	}
	if len(faultNext) != len(weights.Faults) {
		t.Errorf("%d next steps for %d faults", len(faultNext), len(weights.Faults))
	}
}

// What is wrong with a folder is said in both languages.
func TestFolderFaults(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const config = `{"model_type": "qwen2", "vocab_size": 64, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 1,
		"num_attention_heads": 3, "num_key_value_heads": 2, "max_position_embeddings": 64, "head_dim": 16}`
	for _, c := range []struct{ config, weights, en, zh string }{
		{config, "short", "model.safetensors: the file is not as its format requires: 5 bytes are too few for a safetensors file; the file is cut short", "model.safetensors: 文件不符合格式要求：5 字节不足以构成 safetensors 文件；"},
		{config, "\x02\x00\x00\x00\x00\x00\x00\x00{}", "this model cannot be run here: 3 heads do not share 2 key-value heads; choose", "这里不能运行此模型：3 个注意力头不能均分 2 个键值头；"},
		{strings.Replace(config, `"head_dim": 16`, `"head_dim": -3`, 1), "\x02\x00\x00\x00\x00\x00\x00\x00{}", "head size is -3, not 1 to 1024", "头的大小是 -3，应在 1 到 1024 之间"},
		{strings.Replace(config, `"num_key_value_heads": 2`, `"num_key_value_heads": 1`, 1), "\x02\x00\x00\x00\x00\x00\x00\x00{}", "tensor token_embd.weight is missing", "缺少张量 token_embd.weight"},
		{strings.Replace(config, `"num_key_value_heads": 2`, `"num_key_value_heads": 1`, 1), "\x52\x00\x00\x00\x00\x00\x00\x00" + `{"model.embed_tokens.weight":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}` + "12345678",
			"tensor model.embed_tokens.weight is of type F8_E4M3, which is not read; take the model in BF16, F16", "张量 model.embed_tokens.weight 的类型 F8_E4M3 不受支持；请改用 BF16"},
	} {
		write("config.json", c.config)
		write("model.safetensors", c.weights)
		f, err := model.Open(dir)
		if err == nil {
			_, _, err = f.DecoderBytes(1, 1, 1)
			f.Close()
		}
		said, ok := modelError(dir, err).(*say.Error)
		if !ok {
			t.Errorf("%s: %v", c.en, err)
			continue
		}
		if en, zh := said.In(say.English), said.In(say.Chinese); !strings.Contains(en, c.en) || !strings.Contains(zh, c.zh) {
			t.Errorf("got %s\nand %s\nwant %s\nand %s", en, zh, c.en, c.zh)
		}
	}
}

// What is wrong with a vocabulary is said in both languages, an error within
// an error too.
func TestVocabularyFaults(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ text, en, zh string }{
		{`{"model": {"type": "Pairs"}}`, `tokenizer.json: model.type: the vocabulary cannot be used: "Pairs" is not read; BPE, Unigram and WordPiece are; choose`, `无法使用该词表：不支持 "Pairs"；支持 BPE、Unigram 和 WordPiece；`},
		{`{"model": {"type": "BPE", "vocab": [], "merges": []}}`, "the vocabulary is not an object", "词表不是对象"},
		{`{"post_processor": {"type": "TemplateProcessing", "single": [{}], "pair": [{}]}, "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []},
			"pre_tokenizer": null}`, "single: a part is neither a token nor a text", "single：有一部分既不是词元也不是文本"},
	} {
		if err := os.WriteFile(filepath.Join(dir, "tokenizer.json"), []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := tokenizer.Load(dir)
		said, ok := modelError(dir, err).(*say.Error)
		if !ok {
			t.Errorf("%s: %v", c.en, err)
			continue
		}
		if en, zh := said.In(say.English), said.In(say.Chinese); !strings.Contains(en, c.en) || !strings.Contains(zh, c.zh) {
			t.Errorf("got %s\nand %s\nwant %s\nand %s", en, zh, c.en, c.zh)
		}
	}
}

// A model's digest is that of the artifact that it would be.
func TestModelDigest(t *testing.T) {
	dir := repository + "/testdata/oracle/qwen3/folder"
	m, err := weights.OpenModel(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	files, err := sumFiles(t.Context(), m, dir)
	if err != nil {
		t.Fatal(err)
	}
	if want, err := store.DirDigest(dir); err != nil || store.FilesDigest(files) != want {
		t.Errorf("digest %v, want %v, error %v", store.FilesDigest(files), want, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sumFiles(ctx, m, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("it goes on after the interrupt: %v", err)
	}
	if _, _, err := m.NotFinite(ctx, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("it goes on after the interrupt: %v", err)
	}
}
