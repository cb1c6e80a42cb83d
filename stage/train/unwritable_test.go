package train

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
)

// Weights whose type makes a GGUF file are refused over words that no such file can
// describe: when it is forecast, however far the words come, and before a step is run.
func TestUnwritableWords(t *testing.T) {
	base := t.TempDir()
	check(t, os.CopyFS(base, os.DirFS(archFolder("llama3"))))
	path := filepath.Join(base, "tokenizer.json")
	text, err := os.ReadFile(path)
	check(t, err)
	odd := strings.Replace(string(text), `"normalizer": null`, `"normalizer": {"type": "NFKC"}`, 1)
	if odd == string(text) {
		odd = strings.Replace(string(text), `"normalizer":null`, `"normalizer":{"type":"NFKC"}`, 1)
	}
	check(t, os.WriteFile(path, []byte(odd), 0o600))

	m := stage.Machine{Threads: 1, Memory: 1 << 32}
	given := func(f stage.Forecast) map[string][]stage.Forecast {
		return map[string][]stage.Forecast{"base": {f}, "teacher": {f}}
	}
	for name, first := range map[string]stage.Forecaster{"": nil, "lora": &LoRA{}, "continue": &Continue{}, "dpo": &DPO{}, "kto": &KTO{}, "grpo": &GRPO{}, "distil": &Distil{}, "quantise": &Quantise{Type: "bf16"}} {
		from := stage.Forecast{Path: base}
		if first != nil {
			if from = first.Forecast(given(from), m); len(from.Wrong) > 0 {
				t.Errorf("%s: %v", name, from.Wrong)
			}
		}
		for what, c := range map[string]struct {
			op   stage.Forecaster
			want string
		}{
			"quantise": {&Quantise{Type: "q4_k_m"}, "type"}, "merge": {&Merge{Type: "q8_0"}, "type"}, "continue": {&Continue{Type: "q6_k"}, "type"},
			"half": {&Quantise{Type: "f16"}, ""}, "merge plain": {&Merge{}, ""}, "continue plain": {&Continue{}, ""},
		} {
			var got string
			for _, e := range c.op.Forecast(given(from), m).Wrong {
				if got += e.Where; !strings.Contains(e.In(say.English), `its normalizer is "NFKC"`) || !strings.Contains(e.In(say.Chinese), "GGUF 文件无法描述此分词器") {
					t.Error(e)
				}
			}
			if got != c.want {
				t.Errorf("%s after %q: refused %q, want %q", what, name, got, c.want)
			}
		}
	}
	for _, op := range []stage.Operator{&Continue{Type: "q8_0"}, &Quantise{Type: "q8_0"}} {
		b := newBench(t, map[string]string{"base": base, "from": archRows(t, 261)})
		err := op.Run(context.Background(), b.Job)
		if e, ok := errors.AsType[*say.Error](err); !ok || e.Where != "type" {
			t.Errorf("%s: %v", op.Name(), err)
		}
		if len(b.events) > 0 {
			t.Errorf("%s: %d events of a step", op.Name(), len(b.events))
		}
	}
}
