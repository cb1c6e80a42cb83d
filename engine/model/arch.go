package model

import (
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
	postNorms bool
	headGate  bool
	outGate   bool
	delta     bool // some layers have a state
	experts   bool
	rootEmbed bool // embeddings are multiplied by √C
	unitNorms bool // a Hugging Face folder holds the norms less one
	tied      bool // the head is the embeddings unless the file says otherwise
	// slides says which layers slide if the file does not; nil: all, if
	// there is a window.
	slides func(layer int) bool
	theta  [2]float64 // if the file does not say
	part   float64    // of a head that rotates in full layers, if the file does not say; 0: all
}

// every returns the layers of which every nth is full, beginning with the nth.
func every(n int) func(int) bool { return func(l int) bool { return (l+1)%n != 0 } }

// families is the table.
var families = []family{
	{names: []string{"llama"}, theta: [2]float64{1e4, 1e4}},
	{names: []string{"mistral"}, theta: [2]float64{1e4, 1e4}},
	{names: []string{"qwen2"}, theta: [2]float64{1e4, 1e4}},
	{names: []string{"qwen3"}, qkNorm: true, theta: [2]float64{1e6, 1e6}},
	{names: []string{"qwen3moe", "qwen3_moe"}, qkNorm: true, experts: true, theta: [2]float64{1e6, 1e6}},
	{names: []string{"gemma2"}, act: GELUTanh, postNorms: true, rootEmbed: true, unitNorms: true, tied: true,
		slides: every(2), theta: [2]float64{1e4, 1e4}},
	{names: []string{"gemma3", "gemma3_text"}, act: GELUTanh, qkNorm: true, postNorms: true, rootEmbed: true, unitNorms: true, tied: true,
		slides: every(6), theta: [2]float64{1e6, 1e4}},
	{names: []string{"spark2_5"}, act: GELU, headGate: true, tied: true, slides: every(4), theta: [2]float64{5e6, 1e4}, part: 0.25},
	{names: []string{"qwen35", "qwen3_5", "qwen3_5_text"}, qkNorm: true, outGate: true, delta: true, unitNorms: true, theta: [2]float64{1e7, 1e7}, part: 0.25},
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
	s := Shape{Config: c, Arch: f.names[0], Act: f.act, QKNorm: f.qkNorm, PostNorms: f.postNorms, HeadGate: f.headGate, OutGate: f.outGate,
		Embed: 1, Query: attentionScale(c.HeadDim)}
	if f.rootEmbed {
		s.Embed = float32(math.Sqrt(float64(c.Width)))
	}
	for i := range s.Rope {
		s.Rope[i] = Rope{Theta: f.theta[i], Dims: c.HeadDim}
	}
	if f.part > 0 {
		s.Rope[0].Dims = int(f.part * float64(c.HeadDim))
	}
	return s, nil
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
	c.KVHeads = m.whole("attention.head_count_kv", c.Heads)
	if c.Heads > 0 {
		c.HeadDim = m.whole("attention.key_length", c.Width/c.Heads)
	}
	if v := m.whole("attention.value_length", c.HeadDim); v != c.HeadDim {
		return Shape{}, badConfig("keys of %d and values of %d", c.HeadDim, v)
	}
	if m.err != nil {
		return Shape{}, m.err
	}
	if f.delta {
		c.Layers -= m.whole("nextn_predict_layers", 0) // they guess the token after the next, and are not run
	}
	s, err := f.shape(c)
	if err != nil {
		return s, err
	}
	if f.delta {
		m.delta(&s)
	}
	if f.experts {
		s.Experts, s.Chosen, s.Renorm = m.whole("expert_count", 0), m.whole("expert_used_count", 0), true
		s.Hidden = m.whole("expert_feed_forward_length", s.Hidden) // Check looks again
		if s.Experts == 0 {
			return s, badConfig("%s.expert_count is missing", arch)
		}
	}
	s.CapScores, s.CapLogits = float32(m.number("attn_logit_softcapping", 0)), float32(m.number("final_logit_softcapping", 0))
	s.slide(f, m.whole("attention.sliding_window", 0), m.pattern("attention.sliding_window_pattern", s.Layers))
	for i, end := range []string{"", "_swa"} {
		r := &s.Rope[i]
		r.Theta = m.number("rope.freq_base"+end, r.Theta)
		if r.Dims = m.whole("rope.dimension_count"+end, r.Dims); r.Dims < 2 || r.Dims > c.HeadDim {
			return s, badConfig("rotary positions of %d of %d", r.Dims, c.HeadDim)
		}
	}
	if s.Arch != "gemma3" && s.Arch != "spark2_5" && g.Value(arch+".rope.freq_base_swa") == nil {
		s.Rope[1].Theta = s.Rope[0].Theta
	}
	if err := m.scaling(&s); err != nil {
		return s, err
	}
	if t, ok := g.Tensor("rope_freqs.weight"); ok && m.err == nil {
		if s.Rope[0].Yarn != nil {
			return s, badConfig("rotary positions of type yarn with rope_freqs.weight beside are not read")
		}
		if t.Weights() != int64(s.Rope[0].Dims/2) {
			return s, badConfig("tensor rope_freqs.weight has %d factors for %d pairs", t.Weights(), s.Rope[0].Dims/2)
		}
		s.Rope[0].Div = make([]float32, s.Rope[0].Dims/2)
		if err := g.Read("rope_freqs.weight", s.Rope[0].Div); err != nil {
			return s, err
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
		case "none":
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
		n = -1 // Check refuses it
	}
	return int(n)
}

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
