package model

import (
	"fmt"
	"math"
	"strings"

	"suiren/engine/tensor"
)

// A Layer holds one block's parameters, or their gradients. Matrices that
// read the same input lie together: qkv is q, k, v and the head gates; gateUp
// is gate and up. Of a frozen model they are nil.
type Layer struct {
	attnNorm []float32 // (C)
	qkv      []float32 // (N, C)
	bias     []float32 // ((H+2G)·D) of qkv, or nil
	qNorm    []float32 // (D) or nil
	kNorm    []float32 // (D) or nil
	out      []float32 // (C, H·D)
	mlpNorm  []float32 // (C)
	gateUp   []float32 // (2F, C)
	down     []float32 // (C, F)
}

// Params holds all parameters of a model, or their gradients, in one arena.
type Params struct {
	Shape
	All    []float32 // every parameter, in the order of Tensors
	embed  []float32 // (V, C)
	head   []float32 // (V, C): embed, if the model is tied
	norm   []float32 // (C)
	layers []Layer
}

// NewParams lays out parameters of a model of our own in arena. With a
// counting arena it only counts.
func NewParams(cfg Config, a *tensor.Arena) *Params { return newParams(Own(cfg), true, a) }

// newParams lays out parameters; without matrices, only vectors.
func newParams(s Shape, matrices bool, a *tensor.Arena) *Params {
	p := &Params{Shape: s, layers: make([]Layer, s.Layers)}
	C, D, F := s.Width, s.HeadDim, s.Hidden
	n := s.Params()
	matrix := func(n int) int {
		if matrices {
			return n
		}
		return 0
	}
	if !matrices {
		n = C + s.Layers*(2*C+2*D+s.qkv()) // at most
	}
	p.All = a.Float32(n)
	rest, used := p.All, 0
	take := func(n int) []float32 {
		used += n
		if rest == nil || n == 0 {
			return nil
		}
		s := rest[:n:n]
		rest = rest[n:]
		return s
	}
	some := func(have bool, n int) []float32 {
		if !have {
			return nil
		}
		return take(n)
	}
	p.embed = take(matrix(s.Vocab * C))
	for i := range p.layers {
		p.layers[i] = Layer{
			attnNorm: take(C), qkv: take(matrix(s.inputs() * C)), bias: some(s.Bias, s.qkv()),
			qNorm: some(s.QKNorm, D), kNorm: some(s.QKNorm, D), out: take(matrix(C * s.q())),
			mlpNorm: take(C), gateUp: take(matrix(2 * F * C)), down: take(matrix(C * F)),
		}
	}
	p.norm = take(C)
	p.head = p.embed
	if !s.Tied {
		p.head = take(matrix(s.Vocab * C))
	}
	if p.All != nil {
		p.All = p.All[:used]
	}
	return p
}

// A Tensor is a named view of parameters, by the name it has in a checkpoint.
type Tensor struct {
	Name   string
	Shape  []int
	Data   []float32
	Matrix bool // a weight matrix of a block: what Muon trains
}

// Tensors returns every tensor under its Hugging Face name, in the order of
// All. Those of a counting arena have no data.
func (p *Params) Tensors() []Tensor {
	row, err := familyOf(p.Arch)
	if err != nil {
		panic("model: Tensors: " + err.Error())
	}
	names := newFolderSource(nil, &p.Shape, row)
	list := p.tensors()
	for i := range list {
		list[i].Name = names.name(list[i].Name)
	}
	return list
}

// tensors is Tensors by GGUF's names.
func (p *Params) tensors() []Tensor {
	C, D, F, q, kv := p.Width, p.HeadDim, p.Hidden, p.q(), p.kv()
	list := []Tensor{{"token_embd.weight", []int{p.Vocab, C}, p.embed, false}}
	part := func(s []float32, lo, hi int) []float32 {
		if s == nil {
			return nil
		}
		return s[lo:hi]
	}
	for i := range p.layers {
		l := &p.layers[i]
		vector := func(role string, n int, data []float32) {
			list = append(list, Tensor{fmt.Sprintf("blk.%d.%s", i, role), []int{n}, data, false})
		}
		matrix := func(role string, rows, cols int, data []float32) {
			list = append(list, Tensor{fmt.Sprintf("blk.%d.%s.weight", i, role), []int{rows, cols}, data, true})
		}
		vector("attn_norm.weight", C, l.attnNorm)
		if p.fused() {
			matrix("attn_qkv", p.qkv(), C, part(l.qkv, 0, p.qkv()*C))
		} else {
			matrix("attn_q", q, C, part(l.qkv, 0, q*C))
			matrix("attn_k", kv, C, part(l.qkv, q*C, (q+kv)*C))
			matrix("attn_v", kv, C, part(l.qkv, (q+kv)*C, (q+2*kv)*C))
		}
		if p.HeadGate {
			matrix("attn_gate", p.Heads, C, part(l.qkv, p.qkv()*C, p.inputs()*C))
		}
		if p.Bias {
			vector("attn_q.bias", q, part(l.bias, 0, q))
			vector("attn_k.bias", kv, part(l.bias, q, q+kv))
			vector("attn_v.bias", kv, part(l.bias, q+kv, q+2*kv))
		}
		if p.QKNorm {
			vector("attn_q_norm.weight", D, l.qNorm)
			vector("attn_k_norm.weight", D, l.kNorm)
		}
		matrix("attn_output", C, q, l.out)
		vector("ffn_norm.weight", C, l.mlpNorm)
		matrix("ffn_gate", F, C, part(l.gateUp, 0, F*C))
		matrix("ffn_up", F, C, part(l.gateUp, F*C, 2*F*C))
		matrix("ffn_down", C, F, l.down)
	}
	list = append(list, Tensor{"output_norm.weight", []int{C}, p.norm, false})
	if !p.Tied {
		list = append(list, Tensor{"output.weight", []int{p.Vocab, C}, p.head, false})
	}
	return list
}

// fused reports whether a folder of the family has queries, keys and values
// in one tensor.
func (s *Shape) fused() bool { return s.Arch == "spark2_5" }

// Init draws random parameters: norms are one; matrices uniform with standard
// deviation C^-½, and zero where they write to the residual stream, so that
// every block begins as the identity; embeddings with half that deviation, so
// that first logits are small. Uniform numbers need no logarithm and are the
// same on every machine.
func (p *Params) Init(seed uint64) {
	for i, t := range p.tensors() {
		switch {
		case strings.HasSuffix(t.Name, ".bias"), strings.HasSuffix(t.Name, "attn_output.weight"), strings.HasSuffix(t.Name, "ffn_down.weight"):
			clear(t.Data)
		case len(t.Shape) == 1:
			for j := range t.Data {
				t.Data[j] = 1
			}
		default:
			a := float32(math.Sqrt(3 / float64(p.Width))) // a uniform number in ±a has deviation a/√3
			if !t.Matrix {
				a *= 0.5
			}
			for j := range t.Data {
				u := tensor.Uniform(tensor.Rand(seed, uint64(i), uint64(j)))
				t.Data[j] = a * float32(2*u-1)
			}
		}
	}
}
