package train

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/engine/model"
	"suiren/internal/say"
	"suiren/stage"
)

// An adapter that cannot be merged is found when the plan is made, with its path, in
// both languages, and with what to do; a run says the same.
func TestUnfitAdapter(t *testing.T) {
	base := t.TempDir()
	check(t, os.CopyFS(base, os.DirFS(archFolder("llama3"))))
	trained := newBench(t, map[string]string{"base": base, "from": archRowsOf(t, 261, 2)})
	check(t, (&LoRA{Rank: 2}).Run(context.Background(), trained.Job))
	_, ours := toyBase(t)
	m := stage.Machine{Threads: 1, Memory: 1 << 34}
	edit := func(name, old, with string) func(dir string) {
		return func(dir string) {
			path := filepath.Join(dir, name)
			text, err := os.ReadFile(path)
			check(t, err)
			if !bytes.Contains(text, []byte(old)) {
				t.Fatalf("%s has no %q", name, old)
			}
			check(t, os.WriteFile(path, bytes.Replace(text, []byte(old), []byte(with), 1), 0o600))
		}
	}
	const config, tensors = "adapter_config.json", "adapter_model.safetensors"
	digest := strings.Repeat("0", 64)
	for what, c := range map[string]struct {
		base     string // another one
		change   func(dir string)
		want, zh string
	}{
		"as it was":       {},
		"DoRA":            {"", edit(config, `"bias"`, `"use_dora": true, "bias"`), config + ": use_dora: is set, and only plain LoRA is read", "use_dora：已设置；只支持普通 LoRA"},
		"saved modules":   {"", edit(config, `"bias"`, `"modules_to_save": ["lm_head"], "bias"`), config + ": modules_to_save: is set, and only plain LoRA is read", "modules_to_save：已设置；只支持普通 LoRA"},
		"broken JSON":     {"", func(dir string) { check(t, os.WriteFile(filepath.Join(dir, config), []byte(`{"r": `), 0o600)) }, config + ": is not the JSON of an adapter", "不是适配器的 JSON"},
		"another rank":    {"", edit(config, `"r": 2`, `"r": 8`), "lora_A.weight: has the rank 2", "秩为 2"},
		"cut short":       {"", func(dir string) { check(t, os.Truncate(filepath.Join(dir, tensors), 1000)) }, tensors, "自称有"},
		"no tensors":      {"", func(dir string) { check(t, os.Remove(filepath.Join(dir, tensors))) }, tensors + ": is missing", "缺失"},
		"no settings":     {"", func(dir string) { check(t, os.Remove(filepath.Join(dir, config))) }, "has no " + config, "中没有 " + config},
		"lying sizes":     {"", edit(tensors, `"shape":[2,`, `"shape":[3,`), tensors, "需要"},
		"another base":    {archFolder("qwen2"), nil, "trained over another model (sha256:", "另一个模型上训练"},
		"another shape":   {ours["base"], nil, "trained over another model (sha256:", "另一个模型上训练"},
		"of another base": {"", func(dir string) { rebase(t, filepath.Join(dir, tensors), "sha256:"+digest) }, "trained over another model (sha256:" + digest, "另一个模型上训练"},
		"facts":           {"", func(dir string) { check(t, os.WriteFile(filepath.Join(dir, stage.WeightsFile), []byte(`{`), 0o600)) }, stage.WeightsFile, "无法使用"},
		"other words": {func() string {
			dir := t.TempDir()
			check(t, os.CopyFS(dir, os.DirFS(base)))
			check(t, os.WriteFile(filepath.Join(dir, "chat_template.jinja"), []byte("{{ messages }}!"), 0o600))
			return dir
		}(), nil, "another chat template", "不同"},
	} {
		dir := t.TempDir()
		check(t, os.CopyFS(dir, os.DirFS(trained.Out)))
		if c.change != nil {
			c.change(dir)
		}
		over := base
		if c.base != "" {
			over = c.base
		}
		told := (&Merge{}).Forecast(map[string][]stage.Forecast{"base": {{Path: over}}, "adapter": {{Path: dir}}}, m).Wrong
		if what == "as it was" {
			if len(told) > 0 {
				t.Errorf("%s: %v", what, told)
			}
			continue
		}
		if len(told) != 1 {
			t.Errorf("%s: %v is foretold", what, told)
			continue
		}
		err := (&Merge{}).Run(context.Background(), newBench(t, map[string]string{"base": over, "adapter": dir}).Job)
		run, ok := errors.AsType[*say.Error](err)
		if !ok || run.In(say.English) != told[0].In(say.English) || run.In(say.Chinese) != told[0].In(say.Chinese) {
			t.Errorf("%s: %v, foretold %v", what, err, told[0])
		}
		if e := told[0]; e.Where != "adapter" || e.Next.IsZero() || !strings.Contains(e.In(say.English), c.want) || !strings.Contains(e.In(say.Chinese), c.zh) || e.Next.In(say.English) == e.Next.In(say.Chinese) {
			t.Errorf("%s: %v, want %q; %s", what, e, c.want, e.In(say.Chinese))
		}
	}
	// Of an adapter that is not made yet its base is known, and is compared.
	other := archFolder("qwen2")
	for over, want := range map[string]int{base: 0, archFolder("llama3"): 0, other: 1} {
		ad := (&LoRA{}).Forecast(map[string][]stage.Forecast{"base": {{Path: over}}}, m)
		told := (&Merge{}).Forecast(map[string][]stage.Forecast{"base": {{Path: base}}, "adapter": {{Over: ad.Over}}}, m).Wrong
		if len(told) != want || want > 0 && told[0].Where != "adapter" {
			t.Errorf("over %s: %v", over, told)
		}
	}
	// Of a base that is made here its shape is known before.
	_, in := toySFT(t)
	mine := newBench(t, map[string]string{"base": ours["base"], "from": in["from"]})
	check(t, (&LoRA{Rank: 2}).Run(context.Background(), mine.Job))
	b, err := openBrought(ours["base"])
	check(t, err)
	defer b.Close()
	wide := b.Shape
	wide.Width *= 2
	toMake := func(s model.Shape) stage.Forecast {
		return stage.Forecast{Size: sizeOf(&s), Model: unmade(model.Unmade(s.Config, model.AsF32))}
	}
	for i, c := range []struct {
		base stage.Forecast
		want string
	}{{toMake(b.Shape), ""}, {toMake(wide), "lora_A.weight: has shapes [2 96] and [32 2] for a matrix of [64 96]"}, {stage.Forecast{Size: sizeOf(&wide)}, ""}} {
		told := map[string]stage.Forecast{"base": c.base, "adapter": {Path: mine.Out}}
		for _, op := range []stage.Forecaster{&Merge{}, &LoRA{Adapter: stage.Ref{Kind: stage.Owners, Name: "adapter"}}} {
			wrong := op.Forecast(map[string][]stage.Forecast{"base": {told["base"]}, "adapter": {told["adapter"]}}, m).Wrong
			if c.want == "" && len(wrong) > 0 || c.want != "" && (len(wrong) != 1 || wrong[0].Where != "adapter" || !strings.Contains(wrong[0].In(say.English), c.want)) {
				t.Errorf("%d, %T: %v, want %q", i, op, wrong, c.want)
			}
		}
	}
	// Of an adapter that is not made yet, either, the shape of its base is known.
	for i, c := range []struct{ base, over, want string }{
		{"made", "same", ""}, {"made", "wide", "1 layer of width 64 and 261 tokens, and this one has 1 of width 32 and 261 tokens"}, {"same", "wide", "it will be trained over"}, {"wide", "wide", ""},
	} {
		of := map[string]stage.Forecast{"made": {Path: ours["base"]}, "same": toMake(b.Shape), "wide": toMake(wide)}
		ad := (&LoRA{Rank: 2}).Forecast(map[string][]stage.Forecast{"base": {of[c.over]}}, m)
		wrong := (&Merge{}).Forecast(map[string][]stage.Forecast{"base": {of[c.base]}, "adapter": {ad}}, m).Wrong
		if c.want == "" && len(wrong) > 0 || c.want != "" && (len(wrong) != 1 || !strings.Contains(wrong[0].In(say.English), c.want)) {
			t.Errorf("%d: %v, want %q", i, wrong, c.want)
		}
	}
	// Where one of the two is not made yet, nothing else is known.
	for _, in := range []map[string][]stage.Forecast{{"base": {{Path: base}}, "adapter": {{}}}, {"base": {{}}, "adapter": {{Path: trained.Out}}}} {
		if told := (&Merge{}).Forecast(in, m).Wrong; len(told) > 0 {
			t.Error(told)
		}
	}
}

// rebase has an adapter say that it was trained over another model.
func rebase(t *testing.T, path, digest string) {
	t.Helper()
	file, err := os.ReadFile(path)
	check(t, err)
	n := 8 + int(file[0]) + int(file[1])<<8 + int(file[2])<<16
	var head map[string]any
	check(t, json.Unmarshal(file[8:n], &head))
	head["__metadata__"].(map[string]any)["suiren_base"] = digest
	text, err := json.Marshal(head)
	check(t, err)
	for len(text)%8 > 0 {
		text = append(text, ' ')
	}
	var out bytes.Buffer
	out.Write([]byte{byte(len(text)), byte(len(text) >> 8), byte(len(text) >> 16), 0, 0, 0, 0, 0})
	out.Write(text)
	out.Write(file[n:])
	check(t, os.WriteFile(path, out.Bytes(), 0o600))
}

// Over a base whose biases are not trained adapters are, and nothing else.
func TestFrozenBiases(t *testing.T) {
	base := archFolder("llama-bias")
	m := stage.Machine{Threads: 1, Memory: 1 << 32}
	for what, c := range map[string]struct {
		op   stage.Forecaster
		fits bool
	}{
		"lora": {&LoRA{}, true}, "dpo, rank": {&DPO{Rank: 2}, true}, "kto, rank": {&KTO{Rank: 2}, true}, "grpo, rank": {&GRPO{Rank: 2}, true},
		"continue": {&Continue{}, false}, "dpo": {&DPO{}, false}, "kto": {&KTO{}, false}, "grpo": {&GRPO{}, false},
	} {
		told := c.op.Forecast(map[string][]stage.Forecast{"base": {{Path: base}}}, m).Wrong
		if c.fits != (len(told) == 0) || !c.fits && (told[0].Where != "base" || !strings.Contains(told[0].In(say.English), "train an adapter over it") || !strings.Contains(told[0].In(say.Chinese), "训练适配器")) {
			t.Errorf("%s: %v", what, told)
		}
	}
	for op, fits := range map[stage.Operator]bool{&LoRA{Rank: 2, Batch: 4}: true, &Continue{}: false} {
		b := newBench(t, map[string]string{"base": base, "from": archRows(t, 261)})
		err := op.Run(t.Context(), b.Job)
		if _, told := errors.AsType[*say.Error](err); fits != (err == nil) || !fits && !told {
			t.Errorf("%s: %v", op.Name(), err)
		}
	}
}
