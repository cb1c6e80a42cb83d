package model

import (
	"fmt"
	"math"

	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// A Layer holds one block's parameters, or their gradients. Matrices that
// read the same input lie together: qkv is q, k and v; gateUp is gate and up.
type Layer struct {
	attnNorm []float32 // (C)
	qkv      []float32 // (N, C)
	qNorm    []float32 // (D)
	kNorm    []float32 // (D)
	out      []float32 // (C, H·D)
	mlpNorm  []float32 // (C)
	gateUp   []float32 // (2F, C)
	down     []float32 // (C, F)
}

// Params holds all parameters of a model, or their gradients, in one arena.
type Params struct {
	Config Config
	All    []float32 // every parameter, in the order of Tensors
	embed  []float32 // (V, C), also the head
	norm   []float32 // (C)
	layers []Layer
}

// NewParams lays out parameters in arena. With a counting arena it only
// counts.
func NewParams(cfg Config, a *tensor.Arena) *Params {
	p := &Params{Config: cfg, layers: make([]Layer, cfg.Layers)}
	p.All = a.Float32(cfg.Params())
	rest := p.All
	take := func(n int) []float32 {
		if rest == nil {
			return nil
		}
		s := rest[:n:n]
		rest = rest[n:]
		return s
	}
	C, D, F := cfg.Width, cfg.HeadDim, cfg.Hidden
	p.embed = take(cfg.Vocab * C)
	for i := range p.layers {
		p.layers[i] = Layer{
			attnNorm: take(C), qkv: take(cfg.qkv() * C), qNorm: take(D), kNorm: take(D), out: take(C * cfg.q()),
			mlpNorm: take(C), gateUp: take(2 * F * C), down: take(C * F),
		}
	}
	p.norm = take(C)
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
	c := p.Config
	C, D, F := c.Width, c.HeadDim, c.Hidden
	list := []Tensor{{"model.embed_tokens.weight", []int{c.Vocab, C}, p.embed, false}}
	part := func(s []float32, lo, hi int) []float32 {
		if s == nil {
			return nil
		}
		return s[lo:hi]
	}
	for i := range p.layers {
		l := &p.layers[i]
		name := func(s string) string { return fmt.Sprintf("model.layers.%d.%s.weight", i, s) }
		q, kv := c.q()*C, c.kv()*C
		list = append(list,
			Tensor{name("input_layernorm"), []int{C}, l.attnNorm, false},
			Tensor{name("self_attn.q_proj"), []int{c.q(), C}, part(l.qkv, 0, q), true},
			Tensor{name("self_attn.k_proj"), []int{c.kv(), C}, part(l.qkv, q, q+kv), true},
			Tensor{name("self_attn.v_proj"), []int{c.kv(), C}, part(l.qkv, q+kv, q+2*kv), true},
			Tensor{name("self_attn.q_norm"), []int{D}, l.qNorm, false},
			Tensor{name("self_attn.k_norm"), []int{D}, l.kNorm, false},
			Tensor{name("self_attn.o_proj"), []int{C, c.q()}, l.out, true},
			Tensor{name("post_attention_layernorm"), []int{C}, l.mlpNorm, false},
			Tensor{name("mlp.gate_proj"), []int{F, C}, part(l.gateUp, 0, F*C), true},
			Tensor{name("mlp.up_proj"), []int{F, C}, part(l.gateUp, F*C, 2*F*C), true},
			Tensor{name("mlp.down_proj"), []int{C, F}, l.down, true})
	}
	return append(list, Tensor{"model.norm.weight", []int{C}, p.norm, false})
}

// Init draws random parameters: norms are one; matrices uniform with standard
// deviation C^-½, and zero where they write to the residual stream, so that
// every block begins as the identity; embeddings with half that deviation, so
// that first logits are small. Uniform numbers need no logarithm and are the
// same on every machine.
func (p *Params) Init(seed uint64) {
	for i, t := range p.Tensors() {
		switch {
		case len(t.Shape) == 1:
			for j := range t.Data {
				t.Data[j] = 1
			}
		case isOutput(t.Name):
			clear(t.Data)
		default:
			a := float32(math.Sqrt(3 / float64(p.Config.Width))) // a uniform number in ±a has deviation a/√3
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

func isOutput(name string) bool {
	const o, down = "o_proj.weight", "down_proj.weight"
	return len(name) > len(down) && (name[len(name)-len(down):] == down || name[len(name)-len(o):] == o)
}

// packedLayer holds one block's matrices packed for the forward pass.
type packedLayer struct{ qkv, out, gateUp, down []float32 }

// Packed holds a model's matrices in the order in which the forward pass
// reads them. It must be packed again whenever the parameters change.
type Packed struct {
	layers []packedLayer
	head   []float32
}

// NewPacked lays out packed matrices in arena.
func NewPacked(c Config, a *tensor.Arena) *Packed {
	w := &Packed{layers: make([]packedLayer, c.Layers)}
	for i := range w.layers {
		w.layers[i] = packedLayer{
			qkv:    a.Float32(kernel.PackedLen(c.Width, c.qkv())),
			out:    a.Float32(kernel.PackedLen(c.q(), c.Width)),
			gateUp: a.Float32(kernel.PackedLen(c.Width, 2*c.Hidden)),
			down:   a.Float32(kernel.PackedLen(c.Hidden, c.Width)),
		}
	}
	w.head = a.Float32(kernel.PackedLen(c.Width, c.Vocab))
	return w
}

// Pack copies p's matrices into w, split among team.
func (w *Packed) Pack(p *Params, team *tensor.Team) {
	c := p.Config
	// pack fills dst with the transpose of weight (n, k).
	pack := func(dst, weight []float32, n, k int) { kernel.Pack(dst, k, n, weight, 1, k) }
	team.For(4*c.Layers+1, func(_, i int) {
		if i == 4*c.Layers {
			pack(w.head, p.embed, c.Vocab, c.Width)
			return
		}
		from, to := &p.layers[i/4], &w.layers[i/4]
		switch i % 4 {
		case 0:
			pack(to.qkv, from.qkv, c.qkv(), c.Width)
		case 1:
			pack(to.out, from.out, c.Width, c.q())
		case 2:
			pack(to.gateUp, from.gateUp, 2*c.Hidden, c.Width)
		case 3:
			pack(to.down, from.down, c.Width, c.Hidden)
		}
	})
}
