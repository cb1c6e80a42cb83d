package unread

import (
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
		err := Error("", "x", &weights.GGUFError{Path: "m.gguf", Place: "key\x1b", At: 7, Fault: f, Args: []any{1, 2, 3}[:strings.Count(string(f), "%")]})
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
		{config, "\x02\x00\x00\x00\x00\x00\x00\x00{}", "this model cannot be used here: 3 heads do not share 2 key-value heads; choose", "这里不能使用此模型：3 个注意力头不能均分 2 个键值头；"},
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
		said, ok := Error("", dir, err).(*say.Error)
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
		said, ok := Error("", dir, err).(*say.Error)
		if !ok {
			t.Errorf("%s: %v", c.en, err)
			continue
		}
		if en, zh := said.In(say.English), said.In(say.Chinese); !strings.Contains(en, c.en) || !strings.Contains(zh, c.zh) {
			t.Errorf("got %s\nand %s\nwant %s\nand %s", en, zh, c.en, c.zh)
		}
	}
}

// What is wrong with the folder of an adapter is told of that folder, in both
// languages, and not as of a model that is damaged.
func TestAdapterErrors(t *testing.T) {
	const base = "../../testdata/oracle/arch/llama3"
	f, err := model.Open(base)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	dir := t.TempDir()
	for name, text := range map[string]string{"dora/adapter_config.json": `{"peft_type": "LORA", "use_dora": true}`, "json/adapter_config.json": `{"r": `,
		"half/adapter_config.json": `{"peft_type": "LORA", "r": 2, "lora_alpha": 2}`, "other/notes.txt": "", "file": ""} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	const next, nextZh = "give a folder of plain LoRA over this model, whole, as the PEFT library saves it", "请给出 PEFT 库保存的目录：在这个模型上的普通 LoRA，且完整无缺"
	for name, c := range map[string]struct{ want, zh string }{
		"dora":   {"adapter_config.json: use_dora: is set, and only plain LoRA is read", "adapter_config.json: use_dora: 已设置；只支持普通 LoRA"},
		"json":   {"adapter_config.json: is not the JSON of an adapter", "不是适配器的 JSON"},
		"half":   {"adapter_model.safetensors: is missing", "缺失"},
		"other":  {"other: this folder is no adapter: it has no adapter_config.json", "缺少 adapter_config.json"},
		"nosuch": {"nosuch: there is no such folder", "目录不存在"},
		"file":   {"file: there is no such folder", "目录不存在"},
	} {
		_, err := model.OpenAdapter(filepath.Join(dir, name), &f.Shape)
		bad, ok := errors.AsType[*say.Error](Error("", base, err))
		if !ok || !strings.Contains(bad.In(say.English), c.want) || !strings.Contains(bad.In(say.Chinese), c.zh) ||
			bad.Next.In(say.English) != next || bad.Next.In(say.Chinese) != nextZh || strings.Contains(bad.In(say.English), base) {
			t.Errorf("%s: %v", name, bad)
		}
	}
}

// What a command tells of a file, a plan tells of the argument that names the model: the same
// cause, the same place and the same next step.
func TestPlanTellsAsMuch(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "m.gguf"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, gone := os.Open(filepath.Join(dir, "config.json"))
	_, nowhere := os.Open(filepath.Join(dir, "none", "config.json"))
	config := &model.ConfigError{Why: "tensor %s is missing", Args: []any{"x"}}
	for _, c := range []struct {
		path string
		err  error
	}{
		{dir, &weights.GGUFError{Path: "m.gguf", Place: "key\x1b", At: 7, Fault: weights.CutShort}},
		{dir, &weights.GGUFError{Path: "m.gguf", At: -1, Fault: weights.NotGGUF}},
		{dir, &weights.FormatError{Path: "config.json", Place: "head_dim", Why: "is missing"}},
		{dir, &weights.FormatError{Path: "adapter_config.json", Place: "r", Why: "is missing"}},
		{dir, &tokenizer.FormatError{Path: "tokenizer.json", Place: "model", Why: &tokenizer.Fault{Format: "is not there"}}},
		{dir, &tokenizer.Fault{Format: "is not there"}},
		{dir, config},
		{dir, &model.TypeError{ConfigError: *config}},
		{dir, &model.GGUFError{ConfigError: *config}},
		{dir, &model.RoundError{ConfigError: *config}},
		{dir, &model.ArchError{Name: "m\x1b"}},
		{dir, gone},
		{filepath.Join(dir, "none"), nowhere},
		{dir, &os.PathError{Op: "open", Path: filepath.Join(dir, "config.json"), Err: os.ErrPermission}},
	} {
		file, ok := errors.AsType[*say.Error](Error("", c.path, c.err))
		arg, ok2 := errors.AsType[*say.Error](Error("base", c.path, c.err))
		if !ok || !ok2 {
			t.Errorf("%v: not told", c.err)
			continue
		}
		for lang, colon := range map[say.Lang]string{say.English: ": ", say.Chinese: "："} {
			if want := file.Where + colon + file.What.In(lang); arg.What.In(lang) != want || arg.Where != "base" || strings.Contains(want, "\x1b") {
				t.Errorf("a plan says %q of %q, a command %q", arg.What.In(lang), arg.Where, want)
			}
			if n := arg.Next.In(lang); n == "" || n != file.Next.In(lang) || strings.Contains(n, "%!") {
				t.Errorf("%v: next %q and %q", c.err, n, file.Next.In(lang))
			}
		}
		if !errors.Is(arg, c.err) {
			t.Errorf("%v is not in what is told", c.err)
		}
	}
	other := errors.New("other")
	if err := Error("base", dir, other); err != other {
		t.Error(err)
	}
	if err := Error("", dir, nil); err != nil {
		t.Error(err)
	}
}
