package model

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"suiren/engine/weights"
)

// maxConfig bounds config.json in bytes.
const maxConfig = 1 << 20

// A hfConfig is config.json, as transformers writes it for the families of
// the table. A pointer is nil where the file says nothing.
type hfConfig struct {
	ModelType    string  `json:"model_type"`
	Vocab        int     `json:"vocab_size"`
	Width        int     `json:"hidden_size"`
	Layers       int     `json:"num_hidden_layers"`
	Heads        int     `json:"num_attention_heads"`
	KVHeads      int     `json:"num_key_value_heads"`
	HeadDim      int     `json:"head_dim"`
	Hidden       int     `json:"intermediate_size"`
	Context      int     `json:"max_position_embeddings"`
	Eps          float64 `json:"rms_norm_eps"`
	Act          string  `json:"hidden_act"`
	Activation   string  `json:"hidden_activation"`
	Tied         *bool   `json:"tie_word_embeddings"`
	Bias         *bool   `json:"attention_bias"`
	OutBias      *bool   `json:"attention_out_bias"` // of Seed's outputs, where others' are with the rest
	MLPBias      *bool   `json:"mlp_bias"`
	Window       *int    `json:"sliding_window"`
	UseWindow    *bool   `json:"use_sliding_window"`
	WindowLayers *int    `json:"max_window_layers"`

	LayerTypes []string  `json:"layer_types"`
	Pattern    hfPattern `json:"sliding_window_pattern"`

	Theta     *float64        `json:"rope_theta"`
	Local     *float64        `json:"rope_local_base_freq"`
	Scaling   *hfRope         `json:"rope_scaling"`
	Original  float64         `json:"original_max_position_embeddings"`
	Rope      json.RawMessage `json:"rope_parameters"` // one hfRope, or one by layer type
	Part      float64         `json:"partial_rotary_factor"`
	Scalar    float64         `json:"query_pre_attn_scalar"`
	CapScores float64         `json:"attn_logit_softcapping"`
	CapLogits float64         `json:"final_logit_softcapping"`

	EmbedBy    *float64 `json:"embedding_multiplier"`
	ScoresBy   *float64 `json:"attention_multiplier"`
	ResidualBy *float64 `json:"residual_multiplier"`
	LogitsBy   *float64 `json:"logits_scaling"`
	Turned     []int    `json:"no_rope_layers"` // 1: it is, despite the name
	Unturned   *int     `json:"no_rope_layer_interval"`

	Experts    int   `json:"num_experts"`
	LocalExp   int   `json:"num_local_experts"` // its newer name
	Chosen     int   `json:"num_experts_per_tok"`
	ExpertFF   int   `json:"moe_intermediate_size"`
	SharedFF   int   `json:"shared_expert_intermediate_size"`
	Renorm     bool  `json:"norm_topk_prob"`
	SparseStep *int  `json:"decoder_sparse_step"`
	DenseOnly  []int `json:"mlp_only_layers"`

	// Of layers with a state.
	StateConv     int   `json:"linear_conv_kernel_dim"`
	StateKeyDim   int   `json:"linear_key_head_dim"`
	StateDim      int   `json:"linear_value_head_dim"`
	StateKeyHeads int   `json:"linear_num_key_heads"`
	StateHeads    int   `json:"linear_num_value_heads"`
	FullEvery     int   `json:"full_attention_interval"`
	OutputGate    *bool `json:"attn_output_gate"`

	Text json.RawMessage `json:"text_config"` // of models that see as well

	Quantised *struct {
		Method string `json:"quant_method"`
	} `json:"quantization_config"`
}

// A hfPattern says which layers slide: of n layers but the nth, or by a letter each, over and
// over, of which L slides and G is full.
type hfPattern struct {
	n       int
	letters string
}

func (p *hfPattern) UnmarshalJSON(text []byte) error {
	if len(text) == 0 || text[0] != '"' {
		return json.Unmarshal(text, &p.n)
	}
	if err := json.Unmarshal(text, &p.letters); err != nil {
		return err
	}
	if p.letters == "" || strings.Trim(p.letters, "LG") != "" {
		return badConfig("sliding_window_pattern %q is not read", p.letters)
	}
	return nil
}

// slides reports whether layer l slides.
func (p *hfPattern) slides(l int) bool {
	if p.letters != "" {
		return p.letters[l%len(p.letters)] == 'L'
	}
	return (l+1)%p.n != 0
}

type hfRope struct {
	Theta    *float64 `json:"rope_theta"`
	Type     string   `json:"rope_type"`
	OldType  string   `json:"type"`
	Factor   float64  `json:"factor"`
	Low      float64  `json:"low_freq_factor"`
	High     float64  `json:"high_freq_factor"`
	Original float64  `json:"original_max_position_embeddings"`
	Part     float64  `json:"partial_rotary_factor"`

	Alpha float64   `json:"alpha"` // of Hunyuan's dynamic
	Short []float64 `json:"short_factor"`
	Long  []float64 `json:"long_factor"`

	// Of yarn, the gain of longrope too.
	Fast     float64 `json:"beta_fast"`
	Slow     float64 `json:"beta_slow"`
	Gain     float64 `json:"attention_factor"`
	Scale    float64 `json:"mscale"`
	ScaleAll float64 `json:"mscale_all_dim"`
	Truncate *bool   `json:"truncate"`
}

// FromFolder returns the shape that dir/config.json describes. The error of
// an architecture that is not in the table is an *ArchError, others wrap
// ErrConfig or are *weights.FormatError.
func FromFolder(dir string) (Shape, error) {
	path := filepath.Join(dir, "config.json")
	text, err := readLimited(path)
	if err != nil {
		return Shape{}, err
	}
	s, err := parseHF(text)
	if err != nil {
		return s, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// readLimited reads a file of at most maxConfig bytes.
func readLimited(path string) ([]byte, error) {
	f, err := weights.OpenRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err == nil && len(text) > maxConfig {
		err = &weights.FormatError{Path: path, Why: "is larger than %d bytes", Args: []any{maxConfig}}
	}
	return text, err
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func parseHF(text []byte) (Shape, error) {
	var h hfConfig
	if err := json.Unmarshal(text, &h); err != nil {
		return Shape{}, badConfig("%v", err)
	}
	f, err := familyOf(h.ModelType)
	if err != nil {
		return Shape{}, err
	}
	sees := h.Text != nil && f.names[0] == "gemma3"
	if sees {
		h.takeDefaults()
	}
	if f.learned {
		if err := h.gpt2(text); err != nil {
			return Shape{}, err
		}
	}
	if h.Text != nil {
		if err := json.Unmarshal(h.Text, &h); err != nil {
			return Shape{}, badConfig("text_config: %v", err)
		}
	}
	if h.Quantised != nil {
		return Shape{}, &TypeError{ConfigError{Why: "weights quantised by %q (quantization_config) are not read", Args: []any{h.Quantised.Method}}}
	}
	c := Config{Vocab: h.Vocab, Width: h.Width, Layers: h.Layers, Heads: h.Heads, KVHeads: h.KVHeads, HeadDim: h.HeadDim,
		Hidden: h.Hidden, Context: h.Context, Eps: float32(h.Eps)}
	if c.KVHeads == 0 {
		c.KVHeads = c.Heads
	}
	if c.HeadDim == 0 && c.Heads > 0 {
		c.HeadDim = c.Width / c.Heads
	}
	if c.Eps == 0 {
		c.Eps = 1e-6
	}
	if f.experts {
		c.Hidden = h.ExpertFF
	}
	s, err := f.shape(c)
	if err != nil {
		return s, err
	}
	if err := h.options(&s, f); err != nil {
		return s, err
	}
	if f.hybrid && h.Window != nil { // of null all layers turn
		s.unturn()
	}
	if f.learned {
		return s, s.Check()
	}
	if err := h.ropes(&s); err != nil {
		return s, err
	}
	s.Theta = s.Rope[0].Theta
	if sees && !f.delta {
		s.Inner = "language_model."
	}
	return s, s.Check()
}

// takeDefaults sets what transformers leaves out of a text_config of Gemma 3.
func (h *hfConfig) takeDefaults() {
	window := 4096
	h.Vocab, h.Width, h.Layers, h.Heads, h.KVHeads, h.HeadDim = 262208, 2304, 26, 8, 4, 256
	h.Hidden, h.Context, h.Window = 9216, 131072, &window
}

// acts are the names of activations.
var acts = map[string]Act{"silu": SiLU, "gelu": GELU, "gelu_pytorch_tanh": GELUTanh, "gelu_new": GELUTanh}

func (h *hfConfig) options(s *Shape, f *family) error {
	name := h.Act
	if h.Activation != "" {
		name = h.Activation
	}
	if name != "" {
		act, ok := acts[name]
		if !ok {
			return badConfig("hidden_act %q is not read", name)
		}
		s.Act = act
	}
	if f.rootEmbed && name == "gelu" { // Gemma's first files said gelu and meant its approximation
		s.Act = GELUTanh
	}
	if h.Scalar > 0 {
		s.Query = float32(1 / math.Sqrt(h.Scalar))
	}
	s.CapScores, s.CapLogits = float32(h.CapScores), float32(h.CapLogits)
	if f.experts {
		s.Experts, s.Chosen, s.Renorm = max(h.Experts, h.LocalExp), h.Chosen, h.Renorm
		if h.SparseStep != nil && *h.SparseStep != 1 || len(h.DenseOnly) > 0 {
			return badConfig("layers with and without experts are not read together")
		}
		if s.Experts == 0 {
			return badConfig("num_experts is missing")
		}
	}
	if f.shared {
		if s.Shared, s.Renorm = h.SharedFF, true; s.Shared == 0 {
			return badConfig("shared_expert_intermediate_size is missing")
		}
	}
	if f.scales {
		or1 := func(x *float64) float64 {
			if x == nil {
				return 1
			}
			return *x
		}
		if err := s.scale(or1(h.EmbedBy), or1(h.ScoresBy), or1(h.ResidualBy), or1(h.LogitsBy)); err != nil {
			return err
		}
	}
	if f.turns != nil {
		if err := h.unturned(s); err != nil {
			return err
		}
	}
	s.Bias = f.bias || f.biases || h.Bias != nil && *h.Bias
	if !f.bias && !f.biases {
		s.Unbiased = h.unbiased()
	}
	s.Tied = f.tied
	if h.Tied != nil {
		s.Tied = *h.Tied
	}
	if f.delta {
		return h.delta(s)
	}
	var sliding []bool
	switch {
	case h.LayerTypes != nil:
		if len(h.LayerTypes) != s.Layers {
			return badConfig("%d layer_types for %d layers", len(h.LayerTypes), s.Layers)
		}
		for _, t := range h.LayerTypes {
			if t != "full_attention" && t != "sliding_attention" {
				return badConfig("layer type %q is not read", t)
			}
			sliding = append(sliding, t == "sliding_attention")
		}
	case h.UseWindow != nil && !*h.UseWindow:
		return nil
	case h.WindowLayers != nil && f.slides == nil:
		for l := range s.Layers {
			sliding = append(sliding, l >= *h.WindowLayers)
		}
	case h.Pattern.n > 0 || h.Pattern.letters != "":
		for l := range s.Layers {
			sliding = append(sliding, h.Pattern.slides(l))
		}
	}
	if h.Window != nil {
		s.slide(f, *h.Window, sliding)
	}
	return nil
}

// unturned reads which layers do not turn queries and keys.
func (h *hfConfig) unturned(s *Shape) error {
	switch {
	case h.Turned != nil:
		if len(h.Turned) != s.Layers {
			return badConfig("%d no_rope_layers for %d layers", len(h.Turned), s.Layers)
		}
		for l, yes := range h.Turned {
			s.Unturned[l] = yes == 0
		}
	case h.Unturned != nil:
		if *h.Unturned < 1 {
			return badConfig("no_rope_layer_interval of %d", *h.Unturned)
		}
		for l := range s.Unturned {
			s.Unturned[l] = (l+1)%*h.Unturned == 0
		}
	}
	return nil
}

// ropes reads the rotary positions of both kinds of layers.
func (h *hfConfig) ropes(s *Shape) error {
	if h.Theta != nil { // Check refuses what is no base
		s.Rope[0].Theta = *h.Theta
		s.Rope[1].Theta = *h.Theta
	}
	if h.Local != nil {
		s.Rope[1].Theta = *h.Local
	} else if s.Arch == "gemma3" {
		s.Rope[1].Theta = 1e4
	}
	if h.Part > 0 {
		s.Rope[0].Dims = int(h.Part * float64(s.HeadDim))
	}
	if s.Arch != "spark2_5" {
		s.Rope[1].Dims = s.Rope[0].Dims
	}
	of := [2]hfRope{}
	if h.Scaling != nil {
		of[0] = *h.Scaling
		if s.Arch != "gemma3" {
			of[1] = *h.Scaling
		}
	}
	if h.Rope != nil && string(h.Rope) != "null" {
		var by struct {
			Full    *hfRope `json:"full_attention"`
			Sliding *hfRope `json:"sliding_attention"`
		}
		var one hfRope
		if err := json.Unmarshal(h.Rope, &by); err != nil {
			return badConfig("rope_parameters: %v", err)
		}
		switch {
		case by.Full != nil || by.Sliding != nil:
			if by.Full != nil {
				of[0] = *by.Full
			}
			if by.Sliding != nil {
				of[1] = *by.Sliding
			}
		default:
			if err := json.Unmarshal(h.Rope, &one); err != nil {
				return badConfig("rope_parameters: %v", err)
			}
			of = [2]hfRope{one, one}
		}
	}
	for i := range of {
		switch {
		case h.Original > 0:
			of[i].Original = h.Original
		case of[i].Original == 0:
			of[i].Original = float64(s.Context)
		}
		if err := of[i].set(&s.Rope[i], s.HeadDim, s.Context); err != nil {
			return err
		}
	}
	s.stretched()
	return nil
}

// kind is the type of scaling.
func (h *hfRope) kind() string {
	if h.Type == "" {
		return h.OldType
	}
	return h.Type
}

func (h *hfRope) set(r *Rope, headDim, context int) error {
	if h.Theta != nil {
		r.Theta = *h.Theta
	}
	if h.Part > 0 && h.Part <= 1 {
		r.Dims = int(h.Part * float64(headDim))
	}
	kind := h.kind()
	if r.Dims < 2 || r.Dims > headDim || !(r.Theta > 1) { // Check says so
		return nil
	}
	switch kind {
	case "", "default":
	case "linear":
		r.Div = same(r.Dims/2, h.Factor)
	case "llama3":
		if !(h.Factor > 0 && h.Low > 0 && h.High > h.Low && h.Original > 0) {
			return badConfig("rope_scaling: factor %g, low_freq_factor %g, high_freq_factor %g, original_max_position_embeddings %g", h.Factor, h.Low, h.High, h.Original)
		}
		r.Div, r.Llama3 = llama3Div(*r, h.Factor, h.Low, h.High, h.Original), [4]float64{h.Factor, h.Low, h.High, h.Original}
	case "yarn":
		if h.Truncate != nil && !*h.Truncate {
			return badConfig("rotary positions of type yarn with truncate false are not read")
		}
		if h.Factor == 0 {
			h.Factor = float64(context) / h.Original
		}
		gain := h.Gain
		if gain == 0 && h.Scale != 0 && h.ScaleAll != 0 {
			gain = yarnGain(h.Factor, h.Scale) / yarnGain(h.Factor, h.ScaleAll)
		}
		return Yarn{Factor: h.Factor, Original: h.Original, Fast: h.Fast, Slow: h.Slow}.stretch(r, gain)
	case "longrope", "su":
		gain := h.Gain
		if gain == 0 {
			factor := h.Factor
			if factor == 0 {
				factor = float64(context) / h.Original
			}
			gain = longGain(factor, h.Original)
		}
		return r.longRope(floats(h.Short), floats(h.Long), int(min(h.Original, 1<<30)), gain)
	case "dynamic": // stretches beyond max_position_embeddings alone, which is the context here
		if h.Alpha != 0 { // Hunyuan's stretches once and for all; GGUF keeps what it makes
			r.Theta = float64(float32(r.Theta * math.Pow(h.Alpha, float64(headDim)/float64(headDim-2))))
		}
	default:
		return badConfig("rotary positions of type %q are not read", kind)
	}
	return nil
}

func floats(list []float64) []float32 {
	var short []float32
	for _, x := range list {
		short = append(short, float32(x))
	}
	return short
}
