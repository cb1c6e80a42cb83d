package model

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"suiren/engine/weights"
)

// A family is a row of the table of architectures: what its block does that
// a Llama's does not.
type family struct {
	names     []string // general.architecture of GGUF, and model_type of config.json
	act       Act
	qkNorm    bool
	lateQK    bool
	wideQK    bool
	postNorms bool
	noNorms   bool
	headGate  bool
	outGate   bool
	delta     bool // some layers have a state
	pairs     bool // positions turn neighbours
	hybrid    bool // where some layers slide, they alone turn queries and keys
	scales    bool // the file says factors of embeddings, scores, what layers add, and logits
	experts   bool
	shared    bool // one more expert is asked by every token, and the weights of the others always sum to one
	rootEmbed bool // embeddings are multiplied by √C
	unitNorms bool // a Hugging Face folder holds the norms less one
	layerNorm bool // Shape.LayerNorm, and so on
	ungated   bool
	learned   bool
	biases    bool
	bias      bool // queries, keys and values have biases, whatever the file says
	tied      bool // the head is the embeddings unless the file says otherwise
	fusedQKV  bool // files hold queries, keys and values in one matrix,
	fusedUp   bool // … gate and up in one
	permuted  bool // GGUF holds the pairs of a head's rotation side by side, a folder half a head apart
	// hf are the ends of names in a folder that are not decoderNames'.
	hf map[string]string
	// slides says which layers slide if the file does not; nil: all, if
	// there is a window.
	slides func(layer int) bool
	theta  [2]float64 // if the file does not say
	part   float64    // of a head that rotates in full layers, if the file does not say; 0: all
	// turns says which layers turn queries and keys if the file does not; nil: all.
	turns func(layer int) bool
}

// every returns the layers of which every nth is full, beginning with the nth.
func every(n int) func(int) bool { return func(l int) bool { return (l+1)%n != 0 } }

// gemmaNames and others are ends of names of a family's folder.
var (
	gemmaNames = map[string]string{"post_attention_norm": "post_attention_layernorm", "ffn_norm": "pre_feedforward_layernorm",
		"post_ffw_norm": "post_feedforward_layernorm"}
	sparkNames   = map[string]string{"token_embd": "model.embedding", "attn_qkv": "self_attn.q_k_v_proj", "attn_output": "self_attn.out_proj"}
	phiNames     = map[string]string{"attn_qkv": "self_attn.qkv_proj", "ffn_up": "mlp.gate_up_proj"}
	glmNames     = map[string]string{"post_attention_norm": "post_self_attn_layernorm", "post_ffw_norm": "post_mlp_layernorm", "ffn_up": "mlp.gate_up_proj"}
	seedNames    = map[string]string{"post_attention_norm": "post_attention_layernorm"}
	hunyuanNames = map[string]string{"attn_q_norm": "self_attn.query_layernorm", "attn_k_norm": "self_attn.key_layernorm"}
)

// families is the table.
var families = []family{
	{names: []string{"llama"}, permuted: true, theta: [2]float64{1e4, 1e4}},
	{names: []string{"mistral"}, permuted: true, theta: [2]float64{1e4, 1e4}},
	{names: []string{"qwen2"}, bias: true, theta: [2]float64{1e4, 1e4}},
	{names: []string{"qwen3"}, qkNorm: true, theta: [2]float64{1e4, 1e4}},
	{names: []string{"qwen3moe", "qwen3_moe"}, qkNorm: true, experts: true, theta: [2]float64{1e4, 1e4}},
	{names: []string{"gemma2"}, act: GELUTanh, postNorms: true, rootEmbed: true, unitNorms: true, tied: true, hf: gemmaNames,
		slides: every(2), theta: [2]float64{1e4, 1e4}},
	{names: []string{"gemma3", "gemma3_text"}, act: GELUTanh, qkNorm: true, postNorms: true, rootEmbed: true, unitNorms: true, tied: true, hf: gemmaNames,
		slides: every(6), theta: [2]float64{1e6, 1e4}},
	{names: []string{"gpt2"}, act: GELUTanh, layerNorm: true, ungated: true, learned: true, biases: true, tied: true, fusedQKV: true, theta: [2]float64{1e4, 1e4}},
	{names: []string{"spark2_5"}, act: GELU, headGate: true, tied: true, fusedQKV: true, hf: sparkNames, slides: every(4), theta: [2]float64{5e6, 1e4}, part: 0.25},
	{names: []string{"phi3"}, fusedQKV: true, fusedUp: true, hf: phiNames, theta: [2]float64{1e4, 1e4}},
	{names: []string{"glm4"}, postNorms: true, pairs: true, fusedUp: true, hf: glmNames, theta: [2]float64{1e4, 1e4}, part: 0.5},
	{names: []string{"hunyuan-dense", "hunyuan_v1_dense"}, qkNorm: true, lateQK: true, hf: hunyuanNames, theta: [2]float64{1e4, 1e4}},
	{names: []string{"ernie4_5"}, pairs: true, tied: true, theta: [2]float64{5e5, 5e5}},
	{names: []string{"smollm3"}, permuted: true, tied: true, turns: every(4), theta: [2]float64{2e6, 2e6}},
	{names: []string{"granite"}, permuted: true, scales: true, theta: [2]float64{1e4, 1e4}},
	{names: []string{"olmo2"}, qkNorm: true, wideQK: true, postNorms: true, noNorms: true, hf: gemmaNames, theta: [2]float64{1e4, 1e4}},
	{names: []string{"seed_oss"}, hf: seedNames, theta: [2]float64{1e4, 1e4}},
	{names: []string{"exaone4"}, qkNorm: true, postNorms: true, noNorms: true, hybrid: true, hf: gemmaNames, slides: every(4), theta: [2]float64{1e4, 1e4}},
	{names: []string{"qwen35", "qwen3_5", "qwen3_5_text"}, qkNorm: true, outGate: true, delta: true, unitNorms: true, hf: deltaNames, theta: [2]float64{1e4, 1e4}, part: 0.25},
	{names: []string{"qwen35moe", "qwen3_5_moe", "qwen3_5_moe_text"}, qkNorm: true, outGate: true, delta: true, experts: true, shared: true, unitNorms: true, hf: deltaNames, theta: [2]float64{1e4, 1e4}, part: 0.25},
}

// Architectures returns the names of the families, as GGUF has them.
func Architectures() []string {
	var list []string
	for _, f := range families {
		list = append(list, f.names[0])
	}
	return append(list, encoderFamilies...)
}

// familyOf returns the row of an architecture.
func familyOf(name string) (*family, error) {
	for i := range families {
		if slices.Contains(families[i].names, name) {
			return &families[i], nil
		}
	}
	return nil, &ArchError{Name: name}
}

// An ArchError says that an architecture is not in the table.
type ArchError struct{ Name string }

func (e *ArchError) Error() string {
	return fmt.Sprintf("the architecture %q is not read; %s are", e.Name, strings.Join(Architectures(), ", "))
}

// shape returns what the family fixes for a model of c, which is checked.
func (f *family) shape(c Config) (Shape, error) {
	c.Theta = f.theta[0]
	if err := c.Check(); err != nil {
		return Shape{}, err
	}
	s := Shape{Config: c, Arch: f.names[0], Act: f.act, QKNorm: f.qkNorm, LateQK: f.lateQK, WideQK: f.wideQK, PostNorms: f.postNorms, NoNorms: f.noNorms,
		HeadGate: f.headGate, OutGate: f.outGate, LayerNorm: f.layerNorm, Ungated: f.ungated, Learned: f.learned, Bias: f.biases, Biases: f.biases,
		Embed: 1, Query: attentionScale(c.HeadDim)}
	if f.turns != nil {
		for l := range c.Layers {
			s.Unturned = append(s.Unturned, !f.turns(l))
		}
	}
	if f.rootEmbed {
		s.Embed = float32(math.Sqrt(float64(c.Width)))
	}
	for i := range s.Rope {
		if !f.learned {
			s.Rope[i] = Rope{Theta: f.theta[i], Dims: c.HeadDim, Pairs: f.pairs}
		}
	}
	if f.part > 0 {
		s.Rope[0].Dims = int(f.part * float64(c.HeadDim))
	}
	return s, nil
}

// scale sets the factors of embeddings, scores, what layers add, and what logits
// are divided by. A factor of scores of 0 is the usual one.
func (s *Shape) scale(embed, scores, residual, logits float64) error {
	if !(logits > 0) {
		return badConfig("logits divided by %g", logits)
	}
	if scores != 0 {
		s.Query = float32(scores)
	}
	s.Embed, s.Residual, s.Logits = float32(embed), float32(residual), float32(1/logits)
	return nil
}

// unturn leaves positions to the layers that slide.
func (s *Shape) unturn() {
	s.Unturned = nil
	for l := range s.Layers {
		s.Unturned = append(s.Unturned, !s.sliding(l))
	}
}

// slide sets which layers slide within a window of n keys; nil: as the family's.
func (s *Shape) slide(f *family, n int, sliding []bool) {
	if n <= 0 {
		return
	}
	if sliding == nil {
		for l := range s.Layers {
			sliding = append(sliding, f.slides == nil || f.slides(l))
		}
	}
	if slices.Contains(sliding, true) {
		s.Window, s.Sliding = n, sliding
	}
}

// FromGGUF returns the shape that a GGUF file's metadata describes.
func FromGGUF(g *weights.GGUF) (Shape, error) {
	arch := g.Text("general.architecture")
	f, err := familyOf(arch)
	if err != nil {
		return Shape{}, err
	}
	m := ggufReader{g: g, arch: arch}
	embed, ok := g.Tensor("token_embd.weight")
	if !ok || len(embed.Shape) != 2 {
		return Shape{}, badConfig("tensor token_embd.weight is missing or not a matrix")
	}
	c := Config{Vocab: embed.Shape[0], Width: m.whole("embedding_length", 0), Layers: m.whole("block_count", 0), Heads: m.whole("attention.head_count", 0),
		Hidden: m.whole("feed_forward_length", 0), Context: m.whole("context_length", 0), Eps: float32(m.number("attention.layer_norm_rms_epsilon", 1e-6))}
	if f.layerNorm {
		c.Eps = float32(m.number("attention.layer_norm_epsilon", 1e-5))
	}
	if f.experts {
		c.Hidden = m.whole("expert_feed_forward_length", c.Hidden)
	}
	c.KVHeads = m.whole("attention.head_count_kv", c.Heads)
	if c.Heads > 0 {
		c.HeadDim = m.whole("attention.key_length", c.Width/c.Heads)
	}
	if v := m.whole("attention.value_length", c.HeadDim); v != c.HeadDim && m.err == nil {
		return Shape{}, badConfig("keys of %d and values of %d", c.HeadDim, v)
	}
	if m.err != nil {
		return Shape{}, m.err
	}
	if f.delta {
		c.Layers -= m.whole("nextn_predict_layers", 0) // they guess the token after the next, and are not run
	}
	s, err := f.shape(c)
	if err = cmp.Or(m.err, err); err != nil {
		return s, err
	}
	_, head := g.Tensor("output.weight")
	s.Tied = !head
	if f.delta {
		m.delta(&s)
	}
	if f.experts {
		s.Experts, s.Chosen, s.Renorm = m.whole("expert_count", 0), m.whole("expert_used_count", 0), true
		if s.Experts == 0 {
			return s, badConfig("%s.expert_count is missing", arch)
		}
	}
	if f.shared {
		if s.Shared = m.whole("expert_shared_feed_forward_length", 0); s.Shared == 0 {
			return s, badConfig("%s.expert_shared_feed_forward_length is missing", arch)
		}
	}
	if f.scales {
		if err := s.scale(m.number("embedding_scale", 1), m.number("attention.scale", 0), m.number("residual_scale", 1), m.number("logit_scale", 1)); err != nil {
			return s, err
		}
	}
	s.CapScores, s.CapLogits = float32(m.number("attn_logit_softcapping", 0)), float32(m.number("final_logit_softcapping", 0))
	window := 0
	if s.Arch == "exaone4" && s.Layers == 64 { // 32B, by which llama.cpp knows it
		window = 4096
	}
	s.slide(f, m.whole(windowKey, window), m.pattern("attention.sliding_window_pattern", s.Layers))
	if f.hybrid && s.Sliding != nil {
		s.unturn()
	}
	if f.learned {
		return s, cmp.Or(m.err, s.Check())
	}
	for i, end := range []string{"", "_swa"} {
		r := &s.Rope[i]
		if i == 1 && s.Arch != "spark2_5" {
			r.Dims = s.Rope[0].Dims
		}
		r.Theta = m.number("rope.freq_base"+end, r.Theta)
		if r.Dims = m.whole("rope.dimension_count"+end, r.Dims); r.Dims < 2 || r.Dims > c.HeadDim {
			return s, cmp.Or(m.err, badConfig("rotary positions of %d of %d", r.Dims, c.HeadDim))
		}
	}
	if s.Arch != "gemma3" && s.Arch != "spark2_5" && g.Value(arch+".rope.freq_base_swa") == nil {
		s.Rope[1].Theta = s.Rope[0].Theta
	}
	if err := m.scaling(&s); err != nil {
		return s, cmp.Or(m.err, err)
	}
	for i := range s.Rope {
		if err := m.long(&s.Rope[i], s.Context); err != nil {
			return s, cmp.Or(m.err, err)
		}
	}
	if t, ok := g.Tensor("rope_freqs.weight"); ok && m.err == nil {
		if s.Rope[0].Yarn != nil || s.Rope[0].Long != nil {
			return s, badConfig("rope_freqs.weight beside other rotary factors is not read")
		}
		if t.Weights() != int64(s.Rope[0].Dims/2) {
			return s, badConfig("tensor rope_freqs.weight has %d factors for %d pairs", t.Weights(), s.Rope[0].Dims/2)
		}
		s.Rope[0].Div = make([]float32, s.Rope[0].Dims/2)
		if err := g.Read("rope_freqs.weight", s.Rope[0].Div); err != nil {
			return s, err
		}
		if f.hybrid {
			s.Rope[1].Div = s.Rope[0].Div
		}
	}
	s.Theta = s.Rope[0].Theta
	if s.Arch == "gemma2" && s.Layers == 46 || s.Arch == "gemma3" && s.Layers == 62 { // the 27B models alone scale by width and heads
		s.Query = attentionScale(s.Width / s.Heads)
	}
	if m.err != nil {
		return s, m.err
	}
	return s, s.Check()
}

// scaling reads how the context is stretched. Gemma 3's and Spark's sliding
// layers need not be.
func (m *ggufReader) scaling(s *Shape) error {
	factor := m.number("rope.scaling.factor", m.number("rope.scale_linear", 0))
	for i := range s.Rope {
		r := &s.Rope[i]
		if i == 1 && (s.Arch == "gemma3" || s.Arch == "spark2_5") {
			break
		}
		switch kind := m.g.Text(m.arch + ".rope.scaling.type"); kind {
		case "none", "longrope":
		case "", "linear":
			if factor != 0 && factor != 1 {
				r.Div = same(r.Dims/2, factor)
			}
		case "yarn":
			y := Yarn{Factor: factor, Original: float64(m.whole("rope.scaling.original_context_length", s.Context)),
				Fast: m.number("rope.scaling.yarn_beta_fast", 32), Slow: m.number("rope.scaling.yarn_beta_slow", 1)}
			// The first is llama.cpp's, beside the paper's; the second its converter's, in place of the paper's.
			gain := yarnGain(factor, 1) * m.number("rope.scaling.attn_factor", 1)
			if m.g.Value(m.arch+".rope.scaling.attn_factor") == nil {
				gain = m.number("rope.scaling.yarn_attn_factor", gain)
			}
			if e := m.number("rope.scaling.yarn_ext_factor", 1); e != 1 && !(e < 0) {
				return badConfig("%s.rope.scaling.yarn_ext_factor of %g is not read", m.arch, e)
			}
			if err := y.stretch(r, gain); err != nil {
				return err
			}
		default:
			return badConfig("rotary positions of type %q are not read", kind)
		}
	}
	s.stretched()
	return nil
}

// long reads the factors of LongRoPE, if a file has them.
func (m *ggufReader) long(r *Rope, context int) error {
	var factors [2][]float32
	for i, name := range []string{"rope_factors_short.weight", "rope_factors_long.weight"} {
		t, ok := m.g.Tensor(name)
		if !ok || m.err != nil {
			return nil
		}
		if r.Yarn != nil || t.Weights() != int64(r.Dims/2) {
			return badConfig("tensor %s has %d factors for %d pairs", name, t.Weights(), r.Dims/2)
		}
		factors[i] = make([]float32, r.Dims/2)
		if err := m.g.Read(name, factors[i]); err != nil {
			return err
		}
	}
	return r.longRope(factors[0], factors[1], m.whole("rope.scaling.original_context_length", context), m.number("rope.scaling.attn_factor", 1))
}

func same(n int, x float64) []float32 {
	list := make([]float32, n)
	for i := range list {
		list[i] = float32(x)
	}
	return list
}

// A ggufReader reads the numbers of an architecture's metadata.
type ggufReader struct {
	g    *weights.GGUF
	arch string
	err  error
}

func (m *ggufReader) whole(key string, otherwise int) int {
	n, ok := m.g.Whole(m.arch + "." + key)
	if !ok {
		if v := m.g.Value(m.arch + "." + key); v != nil && m.err == nil {
			m.err = badConfig("%s.%s is not one whole number", m.arch, key)
		}
		return otherwise
	}
	if n < 0 || n > 1<<30 {
		if key != windowKey && m.err == nil { // of which it says that there is none
			m.err = badConfig("%s.%s is %d, not 0 to %d", m.arch, key, n, 1<<30)
		}
		n = -1
	}
	return int(n)
}

// windowKey is the key of how much a sliding layer sees.
const windowKey = "attention.sliding_window"

func (m *ggufReader) number(key string, otherwise float64) float64 {
	switch v := m.g.Value(m.arch + "." + key).(type) {
	case float32:
		return float64(v)
	case float64:
		return v
	case nil:
		return otherwise
	}
	if n, ok := m.g.Whole(m.arch + "." + key); ok {
		return float64(n)
	}
	return math.NaN()
}

// pattern reads which layers slide: a flag for each, or n, of which every nth
// layer is full.
func (m *ggufReader) pattern(key string, layers int) []bool {
	var list []bool
	switch v := m.g.Value(m.arch + "." + key).(type) {
	case []bool:
		list = slices.Clone(v)
	case []uint32:
		for _, x := range v {
			list = append(list, x != 0)
		}
	case []int32:
		for _, x := range v {
			list = append(list, x != 0)
		}
	case nil:
		return nil
	default:
		n := m.whole(key, 0)
		for l := range layers {
			list = append(list, n > 0 && (l+1)%n != 0)
		}
	}
	if len(list) > layers {
		list = list[:layers]
	}
	return list
}
