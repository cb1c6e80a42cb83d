package model

import "suiren/engine/weights"

// familyConfig writes what only some families' config.json say.
func (s *Shape) familyConfig(c map[string]any) {
	f, err := familyOf(s.Arch)
	if err != nil {
		return
	}
	c["pad_token_id"] = nil // where a class has a number of its own, the vocabulary need not
	if r := s.Rope[0]; r.Dims != s.HeadDim && s.Arch != "spark2_5" {
		c["partial_rotary_factor"] = float64(r.Dims) / float64(s.HeadDim)
	}
	if f.scales {
		c["embedding_multiplier"], c["attention_multiplier"] = shortest(s.Embed), shortest(s.Query)
		c["residual_multiplier"], c["logits_scaling"] = shortest(s.Residual), shortest(1/s.Logits)
	}
	if f.turns != nil {
		var turned []int
		for l := range s.Layers {
			turned = append(turned, map[bool]int{true: 1}[s.turned(l)])
		}
		c["no_rope_layers"] = turned
	}
	if f.hybrid && s.Sliding == nil { // a window would be supposed, and with it layers without positions
		full := make([]string, s.Layers)
		for l := range full {
			full[l] = "full_attention"
		}
		c["layer_types"], c["sliding_window"], c["sliding_window_pattern"] = full, nil, nil
		if s.Unturned != nil {
			c["sliding_window"] = s.Context
		}
	}
}

// familyMetadata writes what only some families' GGUF files say.
func (s *Shape) familyMetadata(put func(key string, v any)) {
	if f, err := familyOf(s.Arch); err == nil && f.scales {
		put("*.embedding_scale", s.Embed)
		put("*.attention.scale", s.Query)
		put("*.residual_scale", s.Residual)
		put("*.logit_scale", 1/s.Logits)
	}
	if s.Arch == "phi3" && s.Sliding == nil { // llama.cpp guesses a window where a file has none
		put("*.attention.sliding_window", uint32(0))
	}
}

// turnsAs reports whether the layers of s that have positions are the family's.
func (s *Shape) turnsAs(f *family) bool {
	if f.hybrid {
		for l := range s.Layers {
			if s.turned(l) != (s.Sliding == nil || s.Sliding[l]) {
				return false
			}
		}
		return true
	}
	for l := range s.Unturned {
		if f.turns == nil || s.turned(l) != f.turns(l) {
			return false
		}
	}
	return true
}

// factors are the tensors that GGUF has of rotary factors.
func (r *Rope) factors() (list []exported) {
	add := func(name string, d []float32) {
		v := weight{name: name, typ: weights.F32, rows: 1, cols: len(d),
			read: func([]byte, int, int) ([]byte, error) { return bytesOf(d), nil }}
		list = append(list, exported{GGUFTensor: weights.GGUFTensor{Name: v.name, Type: weights.F32, Shape: []int{len(d)}}, src: v})
	}
	switch {
	case r.Div == nil || r.Yarn != nil:
	case r.Long != nil:
		add("rope_factors_long.weight", r.Long.Div)
		add("rope_factors_short.weight", r.Div)
	case !constant(r.Div):
		add("rope_freqs.weight", r.Div)
	}
	return list
}
