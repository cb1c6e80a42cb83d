package model

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/engine/weights"
)

// An adapter that is not plain LoRA, or not whole, is refused by the file and the
// place where it is wrong; what changes nothing of it is not.
func TestAdapterRefused(t *testing.T) {
	f := openArch(t, "llama3")
	lora := LoRA{Rank: 2, Alpha: 4, Targets: []string{"q_proj", "v_proj", "down_proj"}}
	tr := openTrainer(t, f, Training{Rows: 1, Length: 8, Threads: 1, LoRA: &lora})
	shake(tr)
	home := t.TempDir()
	if err := tr.WriteAdapter(home, "", lora); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(home, "adapter_config.json"))
	if err != nil {
		t.Fatal(err)
	}
	params, _ := tr.Trained()
	const q0, down1 = "model.layers.0.self_attn.q_proj", "model.layers.1.mlp.down_proj"
	const peft = "base_model.model."
	// with opens the adapter after its configuration and its tensors were changed.
	with := func(config map[string]any, change func(list map[string]*weights.Tensor)) error {
		dir := t.TempDir()
		c := map[string]any{}
		if err := json.Unmarshal(text, &c); err != nil {
			t.Fatal(err)
		}
		for name, v := range config {
			c[name] = v
		}
		out, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		list := map[string]*weights.Tensor{}
		for _, p := range params {
			list[p.Name] = &weights.Tensor{Name: p.Name, Shape: p.Shape, Data: append([]float32(nil), p.Data...)}
		}
		if change != nil {
			change(list)
		}
		var all []weights.Tensor
		for name, p := range list {
			p.Name = name
			all = append(all, *p)
		}
		if err := errors.Join(os.WriteFile(filepath.Join(dir, "adapter_config.json"), out, 0o600), weights.Write(filepath.Join(dir, "adapter_model.safetensors"), all, nil)); err != nil {
			t.Fatal(err)
		}
		ad, err := OpenAdapter(dir, &f.Shape)
		if err == nil {
			ad.Close()
		} else if bad, ok := errors.AsType[*weights.FormatError](err); !ok || filepath.Dir(bad.Path) != dir {
			t.Errorf("%v does not name a file of the adapter", err)
		}
		return err
	}
	without := func(stems ...string) func(map[string]*weights.Tensor) {
		return func(list map[string]*weights.Tensor) {
			for name := range list {
				for _, stem := range stems {
					if strings.Contains(name, stem) {
						delete(list, name)
					}
				}
			}
		}
	}
	only := func(part string) func(map[string]*weights.Tensor) {
		return func(list map[string]*weights.Tensor) {
			for name := range list {
				if !strings.Contains(name, part) {
					delete(list, name)
				}
			}
		}
	}
	set := func(name string, v float32) func(map[string]*weights.Tensor) {
		return func(list map[string]*weights.Tensor) { list[name].Data[1] = v }
	}
	type config = map[string]any
	for what, c := range map[string]struct {
		config config
		change func(map[string]*weights.Tensor)
		want   string // "": it is read
	}{
		"as it was":        {},
		"another rank":     {config{"r": 4}, nil, "lora_A.weight: has the rank 2, and r of adapter_config.json is 4"},
		"no rank":          {config{"r": nil}, nil, "has the rank 2"},
		"no tensors":       {nil, func(list map[string]*weights.Tensor) { clear(list) }, "has no pairs of lora_A and lora_B"},
		"a pair is gone":   {nil, without(down1), down1 + ": has no lora_A and lora_B"},
		"a target is gone": {nil, without("v_proj"), "model.layers.0.self_attn.v_proj: has no lora_A"},
		"a half is gone":   {nil, without(q0 + ".lora_A"), "belongs to no pair"},
		"of the head": {nil, func(list map[string]*weights.Tensor) {
			for _, part := range []string{".lora_A.weight", ".lora_B.weight"} {
				list[peft+"lm_head"+part] = list[peft+q0+part]
			}
		}, "lm_head.lora_A.weight: is of the head or the embeddings: adapters of lm_head and of embeddings are not read"},
		"of the embeddings": {nil, func(list map[string]*weights.Tensor) {
			list[peft+"model.embed_tokens.lora_embedding_A"] = list[peft+q0+".lora_A.weight"]
		}, "adapters of lm_head and of embeddings are not read"},
		"saved embeddings": {nil, func(list map[string]*weights.Tensor) {
			list[peft+"model.embed_tokens.base_layer.weight"] = list[peft+q0+".lora_A.weight"]
		}, "adapters of lm_head and of embeddings are not read"},
		"excluded":               {config{"exclude_modules": []string{"down_proj"}}, without("down_proj"), ""},
		"excluded by a pattern":  {config{"exclude_modules": `.*\.1\.mlp\..*`}, without(down1), ""},
		"another is excluded":    {config{"exclude_modules": []string{"q_proj"}}, without("v_proj"), "v_proj: has no lora_A"},
		"one layer":              {config{"layers_to_transform": []int{0}}, only("layers.0."), ""},
		"one layer, as a number": {config{"layers_to_transform": 0}, only("layers.0."), ""},
		"another layer":          {config{"layers_to_transform": []int{1}}, only("layers.0."), "model.layers.1.self_attn.q_proj: has no lora_A"},
		"all layers":             {config{"layers_to_transform": nil}, only("layers.0."), "model.layers.1.self_attn.q_proj: has no lora_A"},
		"whole names":            {config{"target_modules": []string{q0, down1}}, func(list map[string]*weights.Tensor) { without("layers.0.mlp", "layers.1.self", "v_proj")(list) }, ""},
		"whole names, one gone":  {config{"target_modules": []string{q0, down1}}, only("q_proj"), down1 + ": has no lora_A"},
		"a pattern":              {config{"target_modules": `model\.layers\.\d+\.self_attn\.(q|v)_proj`}, without("down_proj"), ""},
		"a pattern, a pair gone": {config{"target_modules": `.*\.(q|v)_proj`}, without(q0), q0 + ": has no lora_A"},
		"a pattern of Python's":  {config{"target_modules": `(?=.*q_proj).*`}, without("v_proj", "down_proj"), ""},
		"a target of no model":   {config{"target_modules": []string{"q_proj", "v_proj", "down_proj", "out_proj", "experts"}}, nil, ""},
		"targets are no names":   {config{"target_modules": 7}, nil, "is not the JSON of an adapter"},
		"a rank by name":         {config{"r": 7, "rank_pattern": config{"q_proj": 2, "layers.0.self_attn.v_proj": 2, `.*1\.self_attn\.v_proj`: 2, "^model.layers.[01].mlp.down_proj": 2}}, nil, ""},
		"a rank of no module":    {config{"rank_pattern": config{"k_proj": 7, "_proj": 7, "self_attn": 7}}, nil, ""},
		"another rank by name":   {config{"rank_pattern": config{"down_proj": 3}}, nil, "down_proj.lora_A.weight: has the rank 2, and r of adapter_config.json is 3"},
		"a rank that is none":    {config{"rank_pattern": config{"q_proj": 2.5}}, nil, `rank_pattern: "q_proj" is a pattern, or has a value, that is not read`},
		"a rank that is a text":  {config{"rank_pattern": config{"q_proj": "2"}}, nil, "is not the JSON of an adapter"},
		"an alpha that is none":  {config{"alpha_pattern": config{"q_proj": 0}}, nil, `alpha_pattern: "q_proj" is a pattern`},
		"an alpha of Python's":   {config{"alpha_pattern": config{"(?=q)q_proj": 4}}, nil, `alpha_pattern: "(?=q)q_proj" is a pattern`},
		"an alpha by counting":   {config{"alpha_pattern": config{".{2}_proj": 4}}, nil, `alpha_pattern: ".{2}_proj" is a pattern`},
		"many alphas":            {config{"alpha_pattern": config{strings.Repeat("x", maxPatterns+1): 4}}, nil, "alpha_pattern"},
		"dora":                   {config{"use_dora": true}, nil, "use_dora: is set, and only plain LoRA is read"},
		"saved modules":          {config{"modules_to_save": []string{"lm_head"}}, nil, "modules_to_save: is set"},
		"replicated layers":      {config{"layer_replication": [][]int{{0, 1}}}, nil, "layer_replication: is set"},
		"megatron":               {config{"megatron_config": config{"x": 1}}, nil, "megatron_config: is set"},
		"turned":                 {config{"fan_in_fan_out": true}, nil, "fan_in_fan_out: is set"},
		"nothing of that":        {config{"use_dora": false, "modules_to_save": nil, "layer_replication": nil, "megatron_config": nil, "rank_pattern": config{}, "alpha_pattern": nil}, nil, ""},
		"init true":              {config{"init_lora_weights": true}, nil, ""},
		"init false":             {config{"init_lora_weights": false}, nil, ""},
		"init gaussian":          {config{"init_lora_weights": "gaussian"}, nil, ""},
		"init eva":               {config{"init_lora_weights": "eva"}, nil, ""},
		"init orthogonal":        {config{"init_lora_weights": "orthogonal"}, nil, ""},
		"init mica":              {config{"init_lora_weights": "MiCA"}, nil, ""},
		"init pissa":             {config{"init_lora_weights": "pissa"}, nil, `init_lora_weights: "pissa" took a part of the base away`},
		"init pissa_niter_4":     {config{"init_lora_weights": "pissa_niter_4"}, nil, "init_lora_weights"},
		"init OLoRA":             {config{"init_lora_weights": "OLoRA"}, nil, "init_lora_weights"},
		"init corda":             {config{"init_lora_weights": "corda"}, nil, "init_lora_weights"},
		"init loftq":             {config{"init_lora_weights": "loftq"}, nil, "init_lora_weights"},
		"init lora_ga":           {config{"init_lora_weights": "lora_ga"}, nil, "init_lora_weights"},
		"alora":                  {config{"alora_invocation_tokens": []int{1, 2}}, nil, "alora_invocation_tokens: is set"},
		"tokens":                 {config{"trainable_token_indices": []int{1}}, nil, "trainable_token_indices: is set"},
		"tokens of a module":     {config{"trainable_token_indices": config{"embed_tokens": []int{1}}}, nil, "trainable_token_indices: is set"},
		"arrow":                  {config{"arrow_config": config{"top_k": 3}}, nil, "arrow_config: is set"},
		"bdlora":                 {config{"use_bdlora": config{"nblocks": 2}}, nil, "use_bdlora: is set"},
		"kasa":                   {config{"kasa_config": config{"x": 1}}, nil, "kasa_config: is set"},
		"nothing of it":          {config{"alora_invocation_tokens": nil, "trainable_token_indices": nil, "arrow_config": nil, "use_bdlora": nil, "lora_bias": false, "use_qalora": false, "velora_config": nil}, nil, ""},
		"not a number":           {nil, set(peft+q0+".lora_A.weight", float32(math.NaN())), q0 + ".lora_A.weight: has numbers that are not finite"},
		"infinite":               {nil, set(peft+q0+".lora_B.weight", float32(math.Inf(-1))), q0 + ".lora_B.weight: has numbers that are not finite"},
		"infinite once scaled":   {config{"lora_alpha": 1e38}, set(peft+q0+".lora_B.weight", 1e3), q0 + ".lora_B.weight: has numbers that are not finite"},
		"a matrix under two names": {nil, func(list map[string]*weights.Tensor) {
			for _, part := range []string{".lora_A.weight", ".lora_B.weight"} {
				twin := *list[peft+q0+part]
				list[q0+part] = &twin
			}
		}, "is of a matrix that another tensor changes, too: " + peft + q0 + ".lora_A.weight"},
	} {
		err := with(c.config, c.change)
		if (c.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", what, err, c.want)
		}
	}
	for name, text := range map[string]string{"cut": `{"peft_type": "LORA", `, "a list": "[]", "empty": ""} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "adapter_config.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := OpenAdapter(dir, &f.Shape)
		if bad, ok := errors.AsType[*weights.FormatError](err); !ok || bad.Path != filepath.Join(dir, "adapter_config.json") {
			t.Errorf("a configuration that is %s: %v", name, err)
		}
	}
}

// Where experts are one tensor PEFT passes over their names, so that their pairs may
// be missing together, and not alone.
func TestExpertsWhole(t *testing.T) {
	f := openArch(t, "qwen3_moe")
	lora := LoRA{Rank: 1, Alpha: 1, Targets: []string{"q_proj", "down_proj"}}
	tr := openTrainer(t, f, Training{Rows: 1, Length: 8, Threads: 1, LoRA: &lora})
	params, _ := tr.Trained()
	for lost, want := range map[string]string{"": "", expertModules: "", "layers.1." + expertModules + "2.": "model.layers.1." + expertModules + "2.down_proj: has no lora_A"} {
		dir := t.TempDir()
		if err := tr.WriteAdapter(dir, "", lora); err != nil {
			t.Fatal(err)
		}
		var list []weights.Tensor
		for _, p := range params {
			if lost == "" || !strings.Contains(p.Name, lost) {
				list = append(list, weights.Tensor{Name: p.Name, Shape: p.Shape, Data: p.Data})
			}
		}
		if err := weights.Write(filepath.Join(dir, "adapter_model.safetensors"), list, nil); err != nil {
			t.Fatal(err)
		}
		ad, err := OpenAdapter(dir, &f.Shape)
		if err == nil {
			ad.Close()
		}
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("without %q: %v, want %q", lost, err, want)
		}
	}
}
