package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/engine/model"
	"suiren/internal/say"
)

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
		"dora":   {"adapter_config.json: only plain LoRA is read", "adapter_config.json: 只支持普通 LoRA"},
		"json":   {"adapter_config.json: is not the JSON of an adapter", "不是适配器的 JSON"},
		"half":   {"adapter_model.safetensors: is missing", "缺失"},
		"other":  {"other: this folder is no adapter: it has no adapter_config.json", "缺少 adapter_config.json"},
		"nosuch": {"nosuch: there is no such folder", "目录不存在"},
		"file":   {"file: there is no such folder", "目录不存在"},
	} {
		_, err := model.OpenAdapter(filepath.Join(dir, name), &f.Shape)
		bad, ok := errors.AsType[*say.Error](broughtError(base, err))
		if !ok || !strings.Contains(bad.In(say.English), c.want) || !strings.Contains(bad.In(say.Chinese), c.zh) ||
			bad.Next.In(say.English) != next || bad.Next.In(say.Chinese) != nextZh || strings.Contains(bad.In(say.English), base) {
			t.Errorf("%s: %v", name, bad)
		}
	}
}
