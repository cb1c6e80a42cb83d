package model

import (
	"fmt"
	"slices"
	"strings"

	"suiren/engine/kernel"
	"suiren/engine/tensor"
	"suiren/engine/weights"
)

// A decoderNet is a model's weights, packed for multiplying.
type decoderNet struct {
	shape   *Shape
	src     source
	blocks  []decoderBlock
	norm    []float32 // (C)
	normB   []float32 // (C) bias of norm, of a LayerNorm
	places  []float32 // (Context, C) learnt positions, or nil
	head    linear    // (V, C)
	rows    weight    // the embeddings (V, C), read row by row where they lie
	qkvRows int       // the most that a block makes of its first norm: N, and gates
	turns   [2]turns
	vectors []vector
	found   []weight            // all tensors, by GGUF's names
	linears func(func(*linear)) // calls a function for every linear
}

// A vector is what was read whole.
type vector struct {
	dst []float32
	src weight
}

type decoderBlock struct {
	attnNorm, attnPost []float32 // (C); post is nil where a family has none
	mlpNorm, mlpPost   []float32 // (C)
	attnNormB          []float32 // (C) bias of attnNorm, of a LayerNorm
	mlpNormB           []float32 // (C)
	qNorm, kNorm       []float32 // (D) or nil
	qkv, out           linear
	gateUp, down       linear      // of a block without experts
	router             linear      // (E, C)
	experts            []expert    // (E)
	delta              *deltaBlock // of a block with a state
}

type expert struct{ gateUp, down linear }

// A linear is matrices that read the same input; their outputs lie side by side.
type linear struct {
	parts []part
	rows  int
	cols  int
	bias  []float32 // (rows) or nil
}

type part struct {
	m   kernel.Matrix
	src weight
}

// forms are those in which the parts want their input as integers.
func (l *linear) forms() (f kernel.Forms) {
	for i := range l.parts {
		f |= l.parts[i].m.Type.Forms()
	}
	return f
}

// kernelTypes are the types of weights that can be multiplied.
var kernelTypes = map[weights.Type]kernel.Type{
	weights.F32: kernel.F32, weights.F16: kernel.F16, weights.BF16: kernel.BF16, weights.Q8_0: kernel.Q8_0,
	weights.Q4_0: kernel.Q4_0, weights.Q4_1: kernel.Q4_1, weights.Q5_0: kernel.Q5_0, weights.Q5_1: kernel.Q5_1,
	weights.Q4_K: kernel.Q4_K, weights.Q5_K: kernel.Q5_K, weights.Q6_K: kernel.Q6_K,
	weights.IQ4_NL: kernel.IQ4_NL, weights.MXFP4: kernel.MXFP4, weights.Q2_K: kernel.Q2_K, weights.Q3_K: kernel.Q3_K,
	weights.IQ4_XS: kernel.IQ4_XS, weights.IQ3_S: kernel.IQ3_S, weights.IQ3_XXS: kernel.IQ3_XXS,
	weights.IQ2_S: kernel.IQ2_S, weights.IQ2_XS: kernel.IQ2_XS, weights.IQ2_XXS: kernel.IQ2_XXS,
}

// A planner finds the weights of a shape and checks them.
type planner struct {
	s   *Shape
	src source
	net *decoderNet
	err error
}

func (p *planner) fail(name, format string, args ...any) {
	if p.err == nil {
		p.err = badConfig("tensor %s "+format, append([]any{name}, args...)...)
	}
}

// find returns a matrix, checked. A part that may be missing is optional.
func (p *planner) find(name string, rows, cols int, optional bool) (w weight, ok bool) {
	w, ok = p.src.weight(name)
	switch {
	case ok && w.unread != "":
		if p.err == nil {
			p.err = &TypeError{ConfigError{Why: "tensor %s is of type %s, which is not read", Args: []any{w.name, w.unread}}}
		}
	case !ok && !optional:
		p.fail(name, "is missing")
	case ok && (w.rows != rows || w.cols != cols):
		p.fail(name, "has shape (%d, %d); the model's shape asks for (%d, %d)", w.rows, w.cols, rows, cols)
	}
	ok = ok && p.err == nil
	if ok && !slices.ContainsFunc(p.net.found, func(x weight) bool { return x.name == name }) {
		named := w
		named.name = name
		p.net.found = append(p.net.found, named)
	}
	return w, ok
}

// vector reads a vector of n numbers.
func (p *planner) vector(name string, n int, optional bool) []float32 {
	w, ok := p.find(name, 1, n, optional)
	if !ok {
		return nil
	}
	v := make([]float32, n)
	p.net.vectors = append(p.net.vectors, vector{v, w})
	return v
}

// table reads a matrix whole, as numbers.
func (p *planner) table(name string, rows, cols int) []float32 {
	w, ok := p.find(name, rows, cols, false)
	if !ok {
		return nil
	}
	v := make([]float32, rows*cols)
	p.net.vectors = append(p.net.vectors, vector{v, w})
	return v
}

// linear stacks the matrices of names, which have rows each.
func (p *planner) linear(cols int, names []string, rows []int) linear {
	l := linear{cols: cols}
	for i, name := range names {
		w, ok := p.find(name+".weight", rows[i], cols, false)
		if !ok {
			return l
		}
		p.push(&l, w)
		if w, ok := p.find(name+".bias", 1, rows[i], true); ok {
			if l.bias == nil {
				l.bias = make([]float32, total(rows))
			}
			p.net.vectors = append(p.net.vectors, vector{l.bias[l.rows-rows[i] : l.rows], w})
		}
	}
	return l
}

func (p *planner) push(l *linear, w weight) {
	t, ok := kernelTypes[w.typ]
	if !ok {
		p.fail(w.name, "is of type %v, which cannot be multiplied", w.typ)
		return
	}
	l.parts = append(l.parts, part{kernel.Matrix{Type: t, Rows: w.rows, K: w.cols}, w})
	l.rows += w.rows
}

func total(list []int) (n int) {
	for _, x := range list {
		n += x
	}
	return n
}

// planNet finds all weights of a shape.
func planNet(s *Shape, src source) (*decoderNet, error) {
	c := s.Config
	C, F := c.Width, c.Hidden
	net := &decoderNet{shape: s, src: src}
	net.linears = net.all
	p := &planner{s: s, src: src, net: net}
	net.rows, _ = p.find("token_embd.weight", c.Vocab, C, false)
	net.norm = p.vector("output_norm.weight", C, false)
	if s.LayerNorm {
		net.normB = p.vector("output_norm.bias", C, false)
	}
	if s.Learned {
		net.places = p.table("position_embd.weight", c.Context, C)
	}
	head := "output"
	if s.Tied {
		head = "token_embd"
	} else if _, ok := src.weight("output.weight"); !ok { // of a folder: without it a GGUF file is tied
		p.fail("lm_head.weight", "is missing, and tie_word_embeddings is not true")
	}
	net.head = p.linear(C, []string{head}, []int{c.Vocab})
	for l := range c.Layers {
		name := func(role string) string { return fmt.Sprintf("blk.%d.%s", l, role) }
		var b decoderBlock
		if !s.NoNorms {
			b.attnNorm = p.vector(name("attn_norm.weight"), C, false)
			b.mlpNorm = p.vector(name(s.mlpNorm()), C, false)
		}
		if s.LayerNorm {
			b.attnNormB, b.mlpNormB = p.vector(name("attn_norm.bias"), C, false), p.vector(name("ffn_norm.bias"), C, false)
		}
		if s.QKNorm && !s.delta(l) {
			q, k := s.qkNorms()
			b.qNorm = p.vector(name("attn_q_norm.weight"), q, false)
			b.kNorm = p.vector(name("attn_k_norm.weight"), k, false)
		}
		if s.PostNorms {
			b.attnPost = p.vector(name("post_attention_norm.weight"), C, false)
			b.mlpPost = p.vector(name("post_ffw_norm.weight"), C, false)
		}
		names, rows := []string{name("attn_q"), name("attn_k"), name("attn_v")}, []int{c.q(), c.kv(), c.kv()}
		if _, ok := src.weight(name("attn_qkv.weight")); ok {
			names, rows = []string{name("attn_qkv")}, []int{c.qkv()}
		}
		if s.HeadGate {
			names, rows = append(names, name("attn_gate")), append(rows, c.Heads)
		}
		switch {
		case s.delta(l):
			p.deltaWeights(&b, name)
		case s.OutGate:
			b.qkv = p.gatedInputs(C, name)
		default:
			b.qkv = p.linear(C, names, rows)
		}
		net.qkvRows = max(net.qkvRows, b.qkv.rows)
		if !s.delta(l) {
			b.out = p.linear(c.q(), []string{name("attn_output")}, []int{C})
		}
		if s.Experts > 0 {
			p.experts(&b, name)
		} else if s.Ungated {
			b.gateUp = p.linear(C, []string{name("ffn_up")}, []int{F})
			b.down = p.linear(F, []string{name("ffn_down")}, []int{C})
		} else {
			names, rows := []string{name("ffn_gate"), name("ffn_up")}, []int{F, F}
			if _, ok := src.weight(name("ffn_gate.weight")); !ok && s.fusedUp() {
				names, rows = []string{name("ffn_up")}, []int{2 * F} // gate above up
			}
			b.gateUp = p.linear(C, names, rows)
			b.down = p.linear(F, []string{name("ffn_down")}, []int{C})
		}
		p.biased(l, name)
		net.blocks = append(net.blocks, b)
		if p.err != nil {
			return nil, p.err
		}
	}
	for i, r := range s.Rope {
		net.turns[i] = newTurns(r)
	}
	for _, role := range []string{"attn_norm.weight", "attn_q.weight", "attn_qkv.weight", "ffn_down.weight"} { // a model that is cut would answer, and wrongly
		name := fmt.Sprintf("blk.%d.%s", c.Layers, role)
		if _, ok := src.weight(name); ok {
			return nil, badConfig("tensor %s is of a layer that the model's shape, of %d layers, has not", name, c.Layers)
		}
	}
	return net, p.err
}

// all calls f for every linear.
func (n *decoderNet) all(f func(*linear)) {
	f(&n.head)
	for i := range n.blocks {
		b := &n.blocks[i]
		for _, l := range []*linear{&b.qkv, &b.out, &b.gateUp, &b.down, &b.router} {
			f(l)
		}
		for e := range b.experts {
			f(&b.experts[e].gateUp)
			f(&b.experts[e].down)
		}
	}
}

// vectorFloats returns the floats of what is read whole, which lies on the Go
// heap.
func (n *decoderNet) vectorFloats() (sum int) {
	for _, v := range n.vectors {
		sum += len(v.dst)
	}
	return sum
}

// lay gives the matrices their memory.
func (n *decoderNet) lay(a *tensor.Arena) *decoderNet {
	n.linears(func(l *linear) {
		for i := range l.parts {
			m := &l.parts[i].m
			m.Data = bytesOf(a.Float32((kernel.PackedBytes(m.Type, m.Rows, m.K) + 3) / 4))
		}
	})
	return n
}

// packRows is how many rows are read and packed at a time.
const packRows = 64

// load reads all vectors and packs all matrices, split among team.
func (n *decoderNet) load(team *tensor.Team) error {
	for _, v := range n.vectors {
		if err := v.src.floats(v.dst); err != nil {
			return err
		}
	}
	type job struct {
		p      *part
		lo, hi int
	}
	var jobs []job
	n.linears(func(l *linear) {
		for i := range l.parts {
			p := &l.parts[i]
			for lo := 0; lo < p.m.Rows; lo += packRows {
				jobs = append(jobs, job{p, lo, min(lo+packRows, p.m.Rows)})
			}
		}
	})
	bufs, errs := make([][]byte, team.Size()), make([]error, team.Size())
	team.For(len(jobs), func(w, i int) {
		j := jobs[i]
		need := j.p.src.bytes(j.hi - j.lo)
		if cap(bufs[w]) < need {
			bufs[w] = make([]byte, need)
		}
		b, err := j.p.src.read(bufs[w][:need], j.lo, j.hi)
		if err != nil {
			errs[w] = err
			return
		}
		j.p.m.Pack(j.lo, j.hi, b)
	})
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// embedRows copies the rows of ids into x. (T, C)
func embedRows(w *weight, x []float32, ids []int32) error {
	C := w.cols
	buf := make([]byte, w.bytes(1))
	for t, id := range ids {
		b, err := w.read(buf, int(id), int(id)+1)
		if err != nil {
			return err
		}
		weights.Decode(x[t*C:(t+1)*C], b, w.typ)
	}
	return nil
}

func (d *Decoder) mul(l *linear, in *kernel.Input, n int, dst []float32, ld int, add bool) {
	mulLinear(d.team, l, in, n, dst, ld, add)
}

// mulRows is the most rows that are multiplied with many tokens at a time: their
// sums stay in the second-level cache.
const mulRows = 512

// mulLinear sets dst, or adds to it, the product of l with n rows of in, split
// among team. dst (n, ld).
func mulLinear(team *tensor.Team, l *linear, in *kernel.Input, n int, dst []float32, ld int, add bool) {
	const piece = kernel.NR
	most := mulRows
	if n == 1 {
		most = l.rows
	}
	pieces := 0
	for i := range l.parts {
		pieces += (l.parts[i].m.Rows + piece - 1) / piece
	}
	team.Spans(pieces, func(_, from, to int) {
		at := 0 // row at which the part begins
		for p := range l.parts {
			m := &l.parts[p].m
			k := (m.Rows + piece - 1) / piece
			last := min(to*piece, m.Rows)
			for lo := max(from, 0) * piece; lo < last; lo += most {
				hi := min(lo+most, last)
				m.Mul(in, n, lo, hi, dst[at:], ld, add)
				if l.bias != nil {
					for t := range n {
						row := dst[t*ld+at+lo : t*ld+at+hi]
						kernel.Add(row, row, l.bias[at+lo:at+hi])
					}
				}
			}
			from, to, at = from-k, to-k, at+m.Rows
		}
	})
}

// A trainedSource is the parameters of a model being trained here.
type trainedSource struct {
	tensors map[string]Tensor
}

// newTrainedSource returns the source of p: for a decoder, which multiplies
// by queries, keys and values in one; or for a file, which has them apart.
func newTrainedSource(p *Params, apart bool) *trainedSource {
	s := &trainedSource{map[string]Tensor{}}
	for _, t := range p.tensors() {
		s.tensors[t.Name] = t
	}
	if !apart && !p.OutGate {
		for l := range p.layers {
			x := &p.layers[l]
			name := fmt.Sprintf("blk.%d.attn_qkv", l)
			s.tensors[name+".weight"] = x.qkv.part(0, p.qkv()*p.Width).tensor(name, p.qkv(), p.Width, true)
			if x.bias != nil {
				s.tensors[name+".bias"] = Tensor{Shape: []int{p.qkv()}, Data: x.bias}
			}
		}
	}
	return s
}

func (s *trainedSource) weight(name string) (weight, bool) {
	t, ok := s.tensors[name]
	if stem, isStack := strings.CutSuffix(name, "_exps.weight"); isStack {
		var list []weight
		for {
			w, ok := s.weight(fmt.Sprintf("%s.%d.weight", stem, len(list)))
			if !ok {
				break
			}
			list = append(list, w)
		}
		if len(list) > 0 {
			return stack(name, list), true
		}
	}
	if !ok {
		return weight{}, false
	}
	rows, cols := matrix(t.Shape)
	if t.Half != nil {
		return weight{name: name, typ: weights.BF16, rows: rows, cols: cols, read: func(_ []byte, lo, hi int) ([]byte, error) {
			return bytesOf(t.Half[lo*cols : hi*cols]), nil
		}}, true
	}
	w := floatsWeight(name, t.Data, rows, cols)
	if strings.HasSuffix(name, ".ssm_a") { // what is trained is its logarithm
		w = w.decays()
	}
	return w, true
}
