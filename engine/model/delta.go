package model

import (
	"fmt"
	"math"
	"strings"

	"suiren/engine/kernel"
	"suiren/engine/tensor"
	"suiren/engine/weights"
)

// A Delta is the layers of a model that keep a state of one size in place of
// keys and values, and change it with every token by the gated delta rule.
// (Yang, Kautz, Hatamizadeh, arXiv 2412.06464; the layers of Qwen3.5.)
//
// Names: P key heads of size K and R value heads of size U, of which r reads key
// head r mod P; B = 2·P·K + R·U what the convolution sees, W tokens of it.
type Delta struct {
	Layers   []bool // (L) which; of the others all are full
	KeyHeads int    // P; divides R
	Heads    int    // R
	KeyDim   int    // K
	Dim      int    // U
	Conv     int    // W
}

func (x *Delta) keys() int   { return x.KeyHeads * x.KeyDim }
func (x *Delta) values() int { return x.Heads * x.Dim }
func (x *Delta) conv() int   { return 2*x.keys() + x.values() } // B

// inputs is the width of what such a block makes of its first norm: what the
// convolution sees, gates of what is put out, and of each value head a rate and a decay.
func (x *Delta) inputs() int { return x.conv() + x.values() + 2*x.Heads }

// vectors is how many numbers such a block has beside its matrices.
func (x *Delta) vectors() int { return x.Conv*x.conv() + 2*x.Heads + x.Dim }

// floats is the size of a layer's state: (R, K, U), and the W−1 tokens (W−1, B)
// that the convolution sees again.
func (x *Delta) floats() int { return x.values()*x.KeyDim + (x.Conv-1)*x.conv() }

// mlpNorm is the name of the norm before a feed-forward layer.
func (s *Shape) mlpNorm() string {
	if s.Delta != nil || s.Arch == "seed_oss" {
		return "post_attention_norm.weight"
	}
	return "ffn_norm.weight"
}

// delta reports whether layer l has a state.
func (s *Shape) delta(l int) bool { return s.Delta != nil && s.Delta.Layers[l] }

// Reach returns how many tokens back, its own among them, a layer looks that does
// not see all of them; 0: every layer does. What came before may be given up. A
// state is of the token before, so it is 2; it is not taken back, so what is
// appended stays.
func (s *Shape) Reach() int {
	switch {
	case s.Delta != nil:
		return 2
	case s.Sliding != nil:
		return s.Window
	}
	return 0
}

// check reports an impossible size.
func (x *Delta) check(s *Shape) error {
	for _, d := range []struct {
		name     string
		val, max int
	}{
		{"heads", x.Heads, 1 << 10}, {"key heads", x.KeyHeads, 1 << 10}, {"key size", x.KeyDim, 1 << 10}, {"value size", x.Dim, 1 << 10}, {"tokens before that the convolution sees", x.Conv - 1, 15},
	} {
		if d.val < 1 || d.val > d.max {
			return badConfig("layers with a state: %s is %d, not 1 to %d", d.name, d.val, d.max)
		}
	}
	switch {
	case len(x.Layers) != s.Layers:
		return badConfig("%d layer types for %d layers", len(x.Layers), s.Layers)
	case x.Heads%x.KeyHeads != 0:
		return badConfig("%d heads do not share %d key-value heads", x.Heads, x.KeyHeads)
	case s.Sliding != nil || s.PostNorms || s.HeadGate:
		return badConfig("layers with a state beside sliding ones are not read")
	}
	return nil
}

// everyState returns which layers have a state if every nth is full.
func everyState(layers, n int) (list []bool) {
	for l := range layers {
		list = append(list, n < 1 || (l+1)%n != 0)
	}
	return list
}

// delta reads the layers with a state from a GGUF file.
func (m *ggufReader) delta(s *Shape) {
	x := &Delta{KeyHeads: m.whole("ssm.group_count", 0), Heads: m.whole("ssm.time_step_rank", 0),
		KeyDim: m.whole("ssm.state_size", 0), Conv: m.whole("ssm.conv_kernel", 0)}
	inner := m.whole("ssm.inner_size", 0)
	if x.Heads > 0 && inner%x.Heads == 0 {
		x.Dim = inner / x.Heads
	}
	if x.Layers = m.pattern("attention.recurrent_layers", s.Layers); x.Layers == nil {
		x.Layers = everyState(s.Layers, m.whole("full_attention_interval", 4))
	}
	s.Delta = x
}

// delta reads them from config.json.
func (h *hfConfig) delta(s *Shape) error {
	x := &Delta{KeyHeads: h.StateKeyHeads, Heads: h.StateHeads, KeyDim: h.StateKeyDim, Dim: h.StateDim, Conv: h.StateConv}
	every := h.FullEvery
	if every == 0 {
		every = 4
	}
	x.Layers = everyState(s.Layers, every)
	if h.LayerTypes != nil {
		x.Layers = nil
		for _, t := range h.LayerTypes {
			if t != "full_attention" && t != "linear_attention" {
				return badConfig("layer type %q is not read", t)
			}
			x.Layers = append(x.Layers, t == "linear_attention")
		}
	}
	if h.OutputGate != nil && !*h.OutputGate {
		return badConfig("attn_output_gate false is not read")
	}
	if s.Act != SiLU { // the convolution has it too
		return badConfig("hidden_act %q is not read", s.Act.String())
	}
	s.Delta = x
	return nil
}

// metadata writes the keys of GGUF.
func (x *Delta) metadata(put func(key string, v any)) {
	put("*.ssm.conv_kernel", uint32(x.Conv))
	put("*.ssm.state_size", uint32(x.KeyDim))
	put("*.ssm.group_count", uint32(x.KeyHeads))
	put("*.ssm.time_step_rank", uint32(x.Heads))
	put("*.ssm.inner_size", uint32(x.values()))
	put("*.attention.recurrent_layers", x.Layers)
	put("*.full_attention_interval", uint32(4))
	put("*.rope.dimension_sections", []int32{11, 11, 10, 0}) // of time, height and width, which are one for text
}

// deltaConfig writes what config.json has, behind ropeConfig.
func (s *Shape) deltaConfig(c map[string]any) {
	x := s.Delta
	c["linear_conv_kernel_dim"], c["linear_key_head_dim"], c["linear_value_head_dim"] = x.Conv, x.KeyDim, x.Dim
	c["linear_num_key_heads"], c["linear_num_value_heads"] = x.KeyHeads, x.Heads
	var types []string
	for _, state := range x.Layers {
		types = append(types, map[bool]string{true: "linear_attention", false: "full_attention"}[state])
	}
	c["layer_types"], c["attn_output_gate"] = types, true
	rope, ok := c["rope_scaling"].(map[string]any)
	if !ok {
		rope = map[string]any{"rope_type": "default"}
	}
	rope["rope_theta"], rope["partial_rotary_factor"] = c["rope_theta"], float64(s.Rope[0].Dims)/float64(s.HeadDim)
	c["rope_parameters"] = rope
	delete(c, "rope_theta")
	delete(c, "rope_scaling")
}

// A deltaBlock is what such a block has beside its linears, which are the block's
// own: (B + R·U + 2R, C) and (C, R·U).
type deltaBlock struct {
	conv  [][]float32 // (W, B), the oldest token's first
	decay []float32   // (R) what the softplus is multiplied by
	bias  []float32   // (R) added before
	norm  []float32   // (U)
}

// deltaWeights finds the weights of block l, which has a state.
func (p *planner) deltaWeights(b *decoderBlock, name func(string) string) {
	x := p.s.Delta
	b.qkv = p.linear(p.s.Width, []string{name("attn_qkv"), name("attn_gate"), name("ssm_beta"), name("ssm_alpha")},
		[]int{x.conv(), x.values(), x.Heads, x.Heads})
	b.out = p.linear(x.values(), []string{name("ssm_out")}, []int{p.s.Width})
	d := &deltaBlock{decay: p.vector(name("ssm_a"), x.Heads, false), bias: p.vector(name("ssm_dt.bias"), x.Heads, false), norm: p.vector(name("ssm_norm.weight"), x.Dim, false)}
	if w, ok := p.find(name("ssm_conv1d.weight"), x.conv(), x.Conv, false); ok {
		all := make([]float32, x.Conv*x.conv())
		p.net.vectors = append(p.net.vectors, vector{all, w.changed(x.Conv, x.conv(), func(dst, all []float32) { kernel.Transpose(dst, all, x.conv(), x.Conv) })})
		for i := range x.Conv {
			d.conv = append(d.conv, all[i*x.conv():(i+1)*x.conv()])
		}
	}
	b.delta = d
}

// gatedInputs stacks queries, each with its gate behind it, keys and values.
func (p *planner) gatedInputs(C int, name func(string) string) linear {
	c := p.s
	l := p.linear(C, []string{name("attn_q"), name("attn_k"), name("attn_v")}, []int{c.queries(), c.kv(), c.kv()})
	for _, part := range []string{"attn_q", "attn_k", "attn_v"} {
		if _, ok := p.src.weight(name(part) + ".bias"); ok {
			p.fail(name(part)+".bias", "is not read")
		}
	}
	return l
}

// picked returns rows of a weight, n of them, each the one that of says.
func (w weight) picked(n int, of func(row int) int) weight {
	read, size := w.read, w.bytes(1)
	w.rows = n
	w.read = func(buf []byte, lo, hi int) ([]byte, error) {
		for r := lo; r < hi; r++ {
			at := of(r)
			b, err := read(buf[(r-lo)*size:(r-lo+1)*size], at, at+1)
			if err != nil {
				return nil, err
			}
			copy(buf[(r-lo)*size:], b)
		}
		return buf[:(hi-lo)*size], nil
	}
	return w
}

// changed returns a weight in float32 with its rows lo to hi made of by f, which
// gets all of its numbers. It is for what is small.
func (w weight) changed(rows, cols int, f func(dst, all []float32)) weight {
	plain := w
	w.typ, w.rows, w.cols = weights.F32, rows, cols
	w.read = func(buf []byte, lo, hi int) ([]byte, error) {
		all, made := make([]float32, plain.rows*plain.cols), make([]float32, rows*cols)
		if err := plain.floats(all); err != nil {
			return nil, err
		}
		f(made, all)
		return append(buf[:0], bytesOf(made[lo*cols:hi*cols])...), nil
	}
	return w
}

// decays turns the logarithm of a folder into what the softplus is multiplied by;
// logs turns it back, or returns what it was made of.
func (w weight) decays() weight {
	made := w.changed(w.rows, w.cols, decaysOf)
	made.log = &w
	return made
}

func decaysOf(dst, logs []float32) {
	for i, v := range logs {
		dst[i] = float32(-math.Exp(float64(v)))
	}
}

func (w weight) logs() weight {
	if w.log != nil {
		log := *w.log
		log.name = w.name
		return log
	}
	return w.changed(w.rows, w.cols, func(dst, all []float32) {
		for i, v := range all {
			dst[i] = float32(math.Log(-float64(v)))
		}
	})
}

// ordered returns a tensor of a folder, where the value heads of one key head stand
// side by side, with its value heads in the order that they have here and in GGUF;
// or, back, the other way round.
func (x *Delta) ordered(name string, w weight, back bool) weight {
	each := x.Heads / max(x.KeyHeads, 1)
	if each < 2 || w.unread != "" {
		return w
	}
	size, from := 1, 0
	switch {
	case strings.Contains(name, ".attn_qkv.") || strings.Contains(name, ".ssm_conv1d."):
		size, from = x.Dim, 2*x.keys()
	case strings.Contains(name, ".attn_gate.") || strings.Contains(name, ".ssm_out."):
		size = x.Dim
	case strings.Contains(name, ".ssm_beta.") || strings.Contains(name, ".ssm_alpha.") || strings.Contains(name, ".ssm_a") || strings.Contains(name, ".ssm_dt."):
	default:
		return w
	}
	head := func(h int) int { return h%x.KeyHeads*each + h/x.KeyHeads }
	if back {
		head = func(h int) int { return h%each*x.KeyHeads + h/each }
	}
	if w.rows > 1 && !strings.Contains(name, ".ssm_out.") {
		return w.picked(w.rows, func(r int) int {
			if r < from {
				return r
			}
			return from + head((r-from)/size)*size + (r-from)%size
		})
	}
	return w.shuffled(size, head)
}

// shuffled returns a weight, of a type without blocks, with its columns in another order: those of
// group i, of size, are those of group of(i).
func (w weight) shuffled(size int, of func(group int) int) weight {
	read, row := w.read, w.bytes(1)
	one, _ := w.typ.Size(int64(size))
	w.read = func(buf []byte, lo, hi int) ([]byte, error) {
		b, err := read(make([]byte, w.bytes(hi-lo)), lo, hi)
		if err != nil {
			return nil, err
		}
		for at := 0; at < len(b); at += row {
			for i := range row / int(one) {
				copy(buf[at+i*int(one):], b[at+of(i)*int(one):][:one])
			}
		}
		return buf[:len(b)], nil
	}
	return w
}

// deltaNames are the ends of a folder's names, beside decoderNames; where a block has
// a state, attn_qkv and attn_gate are its own.
var deltaNames = map[string]string{
	"post_attention_norm": "post_attention_layernorm", "attn_qkv": "linear_attn.in_proj_qkv", "attn_gate": "linear_attn.in_proj_z",
	"ssm_beta": "linear_attn.in_proj_b", "ssm_alpha": "linear_attn.in_proj_a", "ssm_out": "linear_attn.out_proj",
	"ssm_norm": "linear_attn.norm", "ssm_conv1d": "linear_attn.conv1d",
}

// deltaName returns the folder's name of a tensor that is called otherwise than by
// its end.
func (s *folderSource) deltaName(name string) (own string, ok bool) {
	var l int
	if n, _ := fmt.Sscanf(name, "blk.%d.", &l); n != 1 {
		return "", false
	}
	switch {
	case strings.HasSuffix(name, ".ssm_a"):
		return fmt.Sprintf("%s%d.linear_attn.A_log", s.layers, l), true
	case strings.HasSuffix(name, ".ssm_dt.bias"):
		return fmt.Sprintf("%s%d.linear_attn.dt_bias", s.layers, l), true
	}
	return "", false
}

// deltaState is what a step of such layers needs.
type deltaState struct {
	conv  []float32 // (rows, B) what the convolution makes
	gates []float32 // (rows, 2R) the decay of the state, and what is learnt of a token
	zeros []float32 // (B) a token before the first
	ones  []float32 // (B)
	tmp   []float32 // (workers, B)
	said  []float32 // (workers, 2, U)
	seq   []int32   // (rows) the sequence of a row
	jobs  []deltaJob
}

// A deltaJob is value head r of a sequence.
type deltaJob struct{ seq, r int }

func layDelta(x *Delta, rows, workers int, a *tensor.Arena) *deltaState {
	k := &deltaState{
		conv: a.Float32(rows * x.conv()), gates: a.Float32(rows * 2 * x.Heads), zeros: a.Float32(x.conv()),
		ones: a.Float32(x.conv()), tmp: a.Float32(workers * x.conv()), said: a.Float32(workers * 2 * x.Dim), seq: make([]int32, rows),
	}
	for i := range k.ones {
		k.ones[i] = 1
	}
	return k
}

// begin lists the work of sequence i.
func (k *deltaState) begin(i int, q *Seq, x *Delta) {
	for t := range q.IDs {
		k.seq[q.row+t] = int32(i)
	}
	for r := range x.Heads {
		k.jobs = append(k.jobs, deltaJob{i, r})
	}
}
