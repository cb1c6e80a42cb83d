package train

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/engine/model"
	"suiren/engine/weights"
	"suiren/internal/say"
	"suiren/stage"
)

// A base that is damaged, or says of itself what cannot be, is refused when the plan is made,
// in both languages and with the cause: what writes it again as what trains it, and not as of
// a form that is not trained.
func TestUnreadBase(t *testing.T) {
	for name, c := range map[string]struct {
		file   string
		mend   func(b []byte) []byte
		en, zh string
	}{
		"cut short":    {"model.safetensors", func(b []byte) []byte { return b[:len(b)-1] }, "are not a range within", "不是"},
		"one layer":    {"config.json", replaced(`"num_hidden_layers": `, `"num_hidden_layers": 1`), " is missing", "缺少张量"},
		"odd width":    {"config.json", replaced(`"intermediate_size": `, `"intermediate_size": 1`), "the model's shape asks for", "形状"},
		"no such form": {"config.json", replaced(`"model_type": "`, `"model_type": "un`), `models of the architecture "unqwen3" are not read; take one of`, "不支持"},
		"no words":     {"tokenizer.json", func([]byte) []byte { return nil }, "tokenizer.json: the vocabulary cannot be used: unexpected end of JSON input", "JSON 没有写完"},
		"few rows": {"tokenizer.json", replaced(`"added_tokens": [`, `"added_tokens": [{"id": 301, "content": "<|more|>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},`),
			"the tokenizer has 302 tokens, and the embeddings have 301 rows", "分词器有 302 个词元，而嵌入只有 301 行"},
		"no config": {"config.json", nil, "has no config.json", "缺少 config.json"},
	} {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS("../../testdata/oracle/qwen3/folder")); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, c.file)
		if c.mend == nil {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		} else {
			was := read(t, path)
			b := c.mend(bytes.Clone(was))
			if bytes.Equal(b, was) {
				t.Fatalf("%s: nothing was changed", name)
			}
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		in := map[string][]stage.Forecast{"base": {{Path: dir, Size: map[string]float64{"bytes": 1000}}}}
		for what, op := range map[string]stage.Forecaster{"quantise": &Quantise{Type: "f16"}, "lora": &LoRA{}} {
			f := op.Forecast(in, stage.Machine{Threads: 1, Peak: 1e11})
			if len(f.Wrong) != 1 {
				t.Errorf("%s, %s: %d faults", name, what, len(f.Wrong))
				continue
			}
			if en, zh := f.Wrong[0].In(say.English), f.Wrong[0].In(say.Chinese); !strings.Contains(en, c.en) || !strings.Contains(zh, c.zh) || f.Wrong[0].Where != "base" || f.Wrong[0].Next.Zh == "" {
				t.Errorf("%s, %s: %s\n%s", name, what, en, zh)
			}
		}
		in = map[string][]stage.Forecast{"teacher": in["base"], "from": {{}}}
		if f := (&Distil{Depth: 2}).Forecast(in, stage.Machine{Threads: 1, Peak: 1e11}); len(f.Wrong) != 1 || f.Wrong[0].Where != "teacher" || !strings.Contains(f.Wrong[0].In(say.English), c.en) {
			t.Errorf("%s, teacher: %v", name, f.Wrong)
		}
	}
}

// A GGUF file without the merges of its words is refused in the plan, too.
func TestUnreadWords(t *testing.T) {
	const whole = "../../testdata/oracle/qwen3/folder"
	dir := t.TempDir()
	job := &stage.Job{Out: dir, Machine: stage.Machine{Threads: 1}, Inputs: []stage.Input{{Arg: "base", Dir: whole}}, Emit: func(stage.Event) {}}
	if err := (&Quantise{Type: "q8_0"}).Run(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, ggufName)
	was := read(t, path)
	b := bytes.Replace(was, []byte("tokenizer.ggml.merges"), []byte("tokenizer.ggml.others"), 1)
	if bytes.Equal(was, b) {
		t.Fatal("nothing was changed")
	}
	path = filepath.Join(t.TempDir(), "m.gguf")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	in := map[string][]stage.Forecast{"base": {{Path: path, Size: map[string]float64{"bytes": 1000}}}}
	for what, op := range map[string]stage.Forecaster{"quantise": &Quantise{Type: "f16"}, "lora": &LoRA{}} {
		f := op.Forecast(in, stage.Machine{Threads: 1, Peak: 1e11})
		if len(f.Wrong) != 1 || !strings.Contains(f.Wrong[0].Error(), "tokenizer.ggml.merges: the vocabulary cannot be used: there are none") {
			t.Errorf("%s: %v", what, f.Wrong)
		}
	}
}

// A base with too few rows is told as that, and not as one that differs from rows of as many tokens.
func TestMisfit(t *testing.T) {
	s := &model.Shape{Config: model.Config{Vocab: 640, Context: 32}}
	if bad := misfit(650, 16, 650, s); bad == nil || !strings.Contains(bad.Error(), "has 650 tokens, and its embeddings have 640 rows") {
		t.Error(bad)
	}
	if bad := misfit(630, 16, 640, s); bad == nil || !strings.Contains(bad.Error(), "630") {
		t.Error(bad)
	}
	if bad := misfit(600, 16, 600, s); bad != nil {
		t.Error(bad)
	}
}

func replaced(old, new string) func([]byte) []byte {
	return func(b []byte) []byte { return bytes.Replace(b, []byte(old), []byte(new), 1) }
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A loss that is no number before anything was learnt is no fault of the rate.
func TestDiverged(t *testing.T) {
	for step, want := range map[int]string{0: "before the first step", 3: "lower rate"} {
		if err := diverged(math.NaN(), step); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("step %d: %v", step, err)
		}
	}
	if err := diverged(1, 0); err != nil {
		t.Error(err)
	}
}

// Weights that are no numbers are not written in another type, and what a type cannot
// hold is a fault of the type.
func TestQuantiseOutOfRange(t *testing.T) {
	for _, c := range []struct {
		typ       string
		x         float64
		arg, want string
		zh        string
	}{
		{"bf16", math.NaN(), "base", "holds what is no finite number", "有并非有限的数"},
		{"f16", 654399.1, "type", "tensor model.norm.weight has the weight 654399.1, which F16 cannot hold; write it as bf16, or as f32", "model.norm.weight 中有权重 654399.1，F16 无法容纳；请写成 bf16 或 f32"},
	} {
		dir := t.TempDir()
		check(t, os.CopyFS(dir, os.DirFS("../../testdata/oracle/qwen3/folder")))
		path := filepath.Join(dir, "model.safetensors")
		b := read(t, path)
		copy(b[len(b)-4:], binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(c.x))))
		check(t, os.WriteFile(path, b, 0o600))
		job := &stage.Job{Out: t.TempDir(), Machine: stage.Machine{Threads: 1}, Inputs: []stage.Input{{Arg: "base", Dir: dir}}}
		err := (&Quantise{Type: c.typ}).Run(t.Context(), job)
		bad, ok := errors.AsType[*say.Error](err)
		if !ok || bad.Where != c.arg || !strings.Contains(bad.In(say.English), c.want) || !strings.Contains(bad.In(say.Chinese), c.zh) {
			t.Errorf("%s of %g: %v", c.typ, c.x, err)
		}
	}
}

// An adapter that was trained to infinity is told of the base, in both languages, without the path of a run.
func TestLearntNothing(t *testing.T) {
	err := learntNothing(&weights.FormatError{Path: "/run/temp-1/adapter_model.safetensors", Place: "q_proj.lora_A.weight", Why: model.NotFinite})
	bad, ok := errors.AsType[*say.Error](err)
	if !ok || bad.Where != "base" {
		t.Fatal(err)
	}
	for _, text := range []string{bad.In(say.English), bad.In(say.Chinese)} {
		if strings.Contains(text, "temp-1") || !strings.Contains(text, "q_proj.lora_A.weight") || !strings.Contains(text, "rate") {
			t.Error(text)
		}
	}
}

// A link that leads back to itself in place of a file of a base is told in the plan, and where it is.
func TestLinkLoop(t *testing.T) {
	for _, name := range []string{"model.safetensors", "config.json", "tokenizer.json"} {
		dir := t.TempDir()
		check(t, os.CopyFS(dir, os.DirFS("../../testdata/oracle/qwen3/folder")))
		check(t, os.Remove(filepath.Join(dir, name)))
		if err := os.Symlink(name, filepath.Join(dir, name)); err != nil {
			t.Skip(err)
		}
		in := map[string][]stage.Forecast{"base": {{Path: dir, Size: map[string]float64{"bytes": 1000}}}}
		for what, op := range map[string]stage.Forecaster{"quantise": &Quantise{Type: "f16"}, "lora": &LoRA{}} {
			f := op.Forecast(in, stage.Machine{Threads: 1, Peak: 1e11})
			if len(f.Wrong) != 1 || f.Wrong[0].Where != "base" || !strings.Contains(f.Wrong[0].In(say.English), name) || f.Wrong[0].Next.Zh == "" {
				t.Errorf("%s, %s: %v", name, what, f.Wrong)
			}
		}
	}
}

// Norms and matrices that hold no numbers, as a diverged training writes them, are refused in
// the plan and by a run in one sentence.
func TestNotFinite(t *testing.T) {
	for name, c := range map[string]struct {
		place func(n int) int
		want  string
	}{
		"norm":   {func(n int) int { return n - 4 }, "tensor model.norm.weight holds what is no finite number"},
		"matrix": {func(n int) int { return n - 4*21 }, ".weight holds what is no finite number"},
	} {
		dir := t.TempDir()
		check(t, os.CopyFS(dir, os.DirFS("../../testdata/oracle/qwen3/folder")))
		path := filepath.Join(dir, "model.safetensors")
		b := read(t, path)
		copy(b[c.place(len(b)):], binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(math.Inf(1)))))
		check(t, os.WriteFile(path, b, 0o600))
		chats := toyExamples(t, []stage.Example{{From: "a", Messages: append(user("a"), stage.Message{Role: "assistant", Content: "b"})}})
		in := map[string][]stage.Forecast{"base": {{Path: dir}}, "examples": {{Path: chats}}}
		wrong := (&LoRA{}).Forecast(in, stage.Machine{Threads: 1}).Wrong
		run := (&LoRA{}).Run(t.Context(), newBench(t, map[string]string{"base": dir, "examples": chats}).Job)
		if len(wrong) != 1 || run == nil || wrong[0].Error() != run.Error() || !strings.Contains(wrong[0].Error(), c.want) || !strings.Contains(wrong[0].In(say.Chinese), "并非有限的数") {
			t.Errorf("%s: %v; a run says %v", name, wrong, run)
		}
	}
}
