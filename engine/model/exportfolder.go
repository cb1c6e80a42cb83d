package model

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"suiren/engine/tensor"
	"suiren/engine/weights"
)

// classes are the names that transformers has for the families' models.
var classes = map[string]string{
	"llama": "LlamaForCausalLM", "mistral": "MistralForCausalLM", "qwen2": "Qwen2ForCausalLM", "qwen3": "Qwen3ForCausalLM",
	"qwen3moe": "Qwen3MoeForCausalLM", "gemma2": "Gemma2ForCausalLM", "gemma3": "Gemma3ForCausalLM", "spark2_5": "Spark2_5ForCausalLM",
	"phi3": "Phi3ForCausalLM", "glm4": "Glm4ForCausalLM", "hunyuan-dense": "HunYuanDenseV1ForCausalLM", "ernie4_5": "Ernie4_5ForCausalLM",
	"smollm3": "SmolLM3ForCausalLM", "granite": "GraniteForCausalLM", "olmo2": "Olmo2ForCausalLM",
	"seed_oss": "SeedOssForCausalLM", "exaone4": "Exaone4ForCausalLM",
	"gpt2":   "GPT2LMHeadModel",
	"qwen35": "Qwen3_5ForCausalLM", "qwen35moe": "Qwen3_5MoeForCausalLM",
}

// WriteFolder writes a decoder as a Hugging Face folder: config.json and
// model.safetensors in f32, f16 or bf16. The tokenizer's files are the
// caller's business.
func (f *File) WriteFolder(dir string, x Mixture, threads int) error {
	if f.Encoder != nil {
		return badConfig("encoders are written as GGUF only")
	}
	typ := fileTypes[x].typ
	if !slices.Contains(Plain, x) {
		return badConfig("a folder is written as f32, f16 or bf16, not %s", x)
	}
	row, err := familyOf(f.Shape.Arch)
	if err != nil {
		return err
	}
	found, err := f.plan()
	if err != nil {
		return err
	}
	if err := f.writeConfig(filepath.Join(dir, "config.json"), found, typ); err != nil {
		return err
	}
	names, turned := newFolderSource(nil, &f.Shape, row), new(turner)
	of := map[string]*exported{}
	var list []weights.GGUFTensor
	add := func(name string, shape []int, w weight) {
		t := exported{GGUFTensor: weights.GGUFTensor{Name: name, Type: typ, Shape: shape}, src: w}
		of[name] = &t
		list = append(list, t.GGUFTensor)
	}
	for _, w := range found {
		stem, _, stacked := strings.Cut(w.name, "_exps.")
		name := w.name
		if x := f.Shape.Delta; x != nil {
			if strings.HasSuffix(name, ".ssm_a") {
				w = w.logs()
			}
			w = x.ordered(name, w, true)
		}
		switch {
		case strings.Contains(name, "ssm_conv1d"):
			add(names.name(name), []int{w.rows, 1, w.cols}, w)
		case stacked:
			var l int
			fmt.Sscanf(w.name, "blk.%d.", &l)
			proj := stem[strings.LastIndex(stem, "_")+1:] + "_proj"
			one := w.rows / f.Shape.Experts
			for e := range f.Shape.Experts {
				add(fmt.Sprintf("model.layers.%d.mlp.experts.%d.%s.weight", l, e, proj), []int{one, w.cols}, w.part(e*one, (e+1)*one))
			}
		case names.turns(w.name) && w.rows > 1:
			add(names.name(w.name), []int{w.cols, w.rows}, w.transposed(turned))
		case w.rows == 1 && !strings.Contains(name, "ffn_gate_inp"): // routers may have one row
			if row.lessOne(&w) {
				w = w.plus(-1)
			}
			add(names.name(w.name), []int{w.cols}, w)
		default:
			add(names.name(w.name), []int{w.rows, w.cols}, w)
		}
	}
	path := filepath.Join(dir, "model.safetensors")
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer out.Close()
	team := tensor.NewTeam(threads)
	if err := weights.WriteSafetensors(out, path, list, nil, func(w io.Writer, t weights.GGUFTensor) error { return of[t.Name].write(w, team) }); err != nil {
		return err
	}
	if err := out.Sync(); err != nil {
		return err
	}
	return out.Close()
}

// lessOne reports whether a folder of the family holds a vector less one.
func (f *family) lessOne(w *weight) bool {
	return f.unitNorms && w.rows == 1 && lacksOne(w.name)
}

// writeConfig writes config.json in the names of transformers.
func (f *File) writeConfig(path string, found []weight, typ weights.Type) error {
	s := &f.Shape
	tied := !slices.ContainsFunc(found, func(w weight) bool { return w.name == "output.weight" })
	bias := hasEnd(found, ".attn_q.bias")
	kind, class := s.Arch, classes[s.Arch]
	if kind == "llama" && s.Sliding != nil { // GGUF calls both llama
		kind, class = "mistral", classes["mistral"]
	}
	switch kind {
	case "qwen3moe":
		kind = "qwen3_moe"
	case "gemma3":
		kind = "gemma3_text"
	case "qwen35":
		kind = "qwen3_5_text"
	case "qwen35moe":
		kind = "qwen3_5_moe_text"
	case "hunyuan-dense":
		kind = "hunyuan_v1_dense"
	}
	act := map[Act]string{SiLU: "silu", GELU: "gelu", GELUTanh: "gelu_pytorch_tanh"}[s.Act]
	c := map[string]any{
		"architectures": []string{class}, "model_type": kind, "vocab_size": s.Vocab, "hidden_size": s.Width,
		"num_hidden_layers": s.Layers, "num_attention_heads": s.Heads, "num_key_value_heads": s.KVHeads, "head_dim": s.HeadDim,
		"intermediate_size": s.Hidden, "max_position_embeddings": s.Context, "rms_norm_eps": shortest(s.Eps), "hidden_act": act,
		"rope_theta": s.Rope[0].Theta, "tie_word_embeddings": tied,
		"torch_dtype": map[weights.Type]string{weights.F32: "float32", weights.F16: "float16", weights.BF16: "bfloat16"}[typ],
	}
	switch s.Arch {
	case "qwen2":
	case "ernie4_5":
		c["use_bias"] = bias
	case "seed_oss": // it has others than those of queries, keys and values by a key of their own
		c["attention_bias"], c["attention_out_bias"] = bias, hasEnd(found, ".attn_output.bias")
	default:
		c["attention_bias"] = bias
	}
	if !s.Biases && hasEnd(found, ".ffn_down.bias") {
		c["mlp_bias"] = true
	}
	s.familyConfig(c)
	if s.Learned {
		s.gpt2Config(c)
	} else if err := s.ropeConfig(c); err != nil {
		return err
	}
	if s.Experts > 0 {
		c["num_experts"], c["num_experts_per_tok"], c["moe_intermediate_size"] = s.Experts, s.Chosen, s.Hidden
		c["norm_topk_prob"], c["decoder_sparse_step"], c["mlp_only_layers"] = s.Renorm, 1, []int{}
	}
	if s.Shared > 0 {
		c["shared_expert_intermediate_size"] = s.Shared
	}
	if s.Delta != nil {
		s.deltaConfig(c)
	}
	if s.PostNorms && s.Embed != 1 {
		c["hidden_activation"], c["query_pre_attn_scalar"] = act, math.Round(1/float64(s.Query)/float64(s.Query)) // transformers wants a whole number
		c["attn_logit_softcapping"], c["final_logit_softcapping"] = capOf(s.CapScores), capOf(s.CapLogits)
	}
	if s.Sliding != nil {
		c["sliding_window"] = s.Window
		if kind != "mistral" {
			c["layer_types"], c["use_sliding_window"] = s.layerTypes(), true
		}
	}
	if s.HeadGate {
		c["gate_attn_act_mode"], c["headwise_attn_output_gate"] = "sigmoid", true
	}
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

// hasEnd reports whether a tensor's name ends so.
func hasEnd(list []weight, end string) bool {
	return slices.ContainsFunc(list, func(w weight) bool { return strings.HasSuffix(w.name, end) })
}

// layerTypes are transformers' names of what the layers see; nil: none slides.
func (s *Shape) layerTypes() (types []string) {
	for _, slides := range s.Sliding {
		types = append(types, map[bool]string{true: "sliding_attention", false: "full_attention"}[slides])
	}
	return types
}

// capOf is a cap as config.json has it: null if there is none, else with a
// point, since transformers refuses a whole number.
func capOf(x float32) any {
	if x == 0 {
		return nil
	}
	text := shortest(x)
	if !strings.ContainsAny(text.String(), ".e") {
		text += ".0"
	}
	return text
}

// shortest is x as the shortest decimal that is x as a float32.
func shortest(x float32) json.Number { return json.Number(fmt.Sprintf("%g", x)) }

func shortests(list []float32) (numbers []json.Number) {
	for _, x := range list {
		numbers = append(numbers, shortest(x))
	}
	return numbers
}

// ropeConfig writes the rotary positions.
func (s *Shape) ropeConfig(c map[string]any) error {
	div := s.Rope[0].Div
	switch {
	case s.Arch == "spark2_5":
		one := func(r Rope) map[string]any {
			return map[string]any{"rope_type": "default", "rope_theta": r.Theta, "partial_rotary_factor": float64(r.Dims) / float64(s.HeadDim)}
		}
		c["rope_parameters"] = map[string]any{"full_attention": one(s.Rope[0]), "sliding_attention": one(s.Rope[1])}
	case s.Arch == "gemma3":
		c["rope_local_base_freq"] = s.Rope[1].Theta
		fallthrough
	default:
		if div == nil {
			return nil
		}
		if r := s.Rope[0]; r.Long != nil {
			c["rope_scaling"] = map[string]any{"type": "longrope", "rope_type": "longrope", "short_factor": shortests(r.Div), "long_factor": shortests(r.Long.Div),
				"attention_factor": shortest(r.Gain)}
			c["original_max_position_embeddings"] = r.Long.Original
			return nil
		}
		if r := s.Rope[0]; r.Yarn != nil {
			c["rope_scaling"] = map[string]any{"rope_type": "yarn", "factor": r.Yarn.Factor, "original_max_position_embeddings": int(r.Yarn.Original),
				"beta_fast": r.Yarn.Fast, "beta_slow": r.Yarn.Slow, "attention_factor": shortest(r.Gain)}
			return nil
		}
		if constant(div) {
			c["rope_scaling"] = map[string]any{"rope_type": "linear", "factor": shortest(div[0])}
			return nil
		}
		if x := s.Rope[0].Llama3; x[0] > 0 {
			c["rope_scaling"] = map[string]any{"rope_type": "llama3", "factor": x[0], "low_freq_factor": x[1], "high_freq_factor": x[2], "original_max_position_embeddings": x[3]}
			return nil
		}
		// GGUF keeps the factors, transformers what they were made of.
		for _, r := range llama3Ropes {
			r["original_max_position_embeddings"] = 8192.0
			if sameFactors(div, llama3Div(Rope{Theta: s.Rope[0].Theta, Dims: s.Rope[0].Dims}, r["factor"].(float64), 1, 4, 8192)) {
				c["rope_scaling"] = r
				return nil
			}
		}
		return badConfig("transformers has no name for the rotary factors of rope_freqs.weight")
	}
	return nil
}

// llama3Ropes are the scalings with which Llama 3.1 to 3.3 and EXAONE 4 came.
var llama3Ropes = []map[string]any{
	{"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0},
	{"rope_type": "llama3", "factor": 16.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0},
	{"rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0},
}

func sameFactors(a, b []float32) bool {
	for i := range a {
		if d := a[i]/b[i] - 1; d > 1e-5 || d < -1e-5 {
			return false
		}
	}
	return true
}
