package model

import (
	"fmt"
	"math"
	"strings"

	"suiren/engine/tensor"
)

// A Layer holds one block's parameters, or their gradients. Matrices that
// read the same input lie together: qkv is q, k, v and the head gates; gateUp
// is gate and up. Of a frozen model they are empty. Of a block with a state, qkv is
// what the convolution sees, gates, rates and decays; out is (C, R·U).
type Layer struct {
	attnNorm                  []float32 // (C)
	attnNormB                 []float32 // (C) its bias, of a LayerNorm
	qkv                       stored    // (N, C)
	bias                      []float32 // ((H+2G)·D) of qkv, or nil
	qNorm                     []float32 // (D) or nil
	kNorm                     []float32 // (D) or nil
	out                       stored    // (C, H·D)
	attnPost                  []float32 // (C) or nil
	mlpNorm                   []float32 // (C)
	mlpNormB                  []float32 // (C)
	gateUp                    stored    // (2F, C), or (F, C) without a gate; of a mixture, of one expert after the other, the shared one last
	down                      stored    // (C, F)
	mlpPost                   []float32 // (C) or nil
	router                    stored    // (scored, C) of a mixture
	outBias, upBias, downBias []float32 // (C), (F), (C), or nil
	state                     stateVectors
}

// Params holds all parameters of a model, or their gradients, in one arena.
type Params struct {
	Shape
	All    []float32 // every parameter, in the order of Tensors; two of bfloat16 lie in one
	embed  stored    // (V, C)
	head   stored    // (V, C): embed, if the model is tied
	norm   []float32 // (C)
	normB  []float32 // (C) its bias, of a LayerNorm
	places stored    // (Context, C) learnt positions, or none
	layers []Layer
}

// NewParams lays out parameters of a model of our own in arena. With a
// counting arena it only counts.
func NewParams(cfg Config, a *tensor.Arena) *Params { return newParams(Own(cfg), inFloats, a) }

// How the matrices of parameters are laid out.
type matrices int

const (
	inFloats matrices = iota
	inHalves          // bfloat16
	none              // there are only vectors
)

// newParams lays out parameters.
func newParams(s Shape, how matrices, a *tensor.Arena) *Params {
	p := &Params{Shape: s}
	p.All = a.Float32(p.lay(how, nil))
	p.lay(how, p.All)
	return p
}

// lay lays out the parameters in mem, and returns how many floats they take.
// Without mem it only counts.
func (p *Params) lay(how matrices, mem []float32) (used int) {
	s := &p.Shape
	C, F := s.Width, s.Hidden
	take := func(n int) []float32 {
		lo := used
		used += n
		if mem == nil || n == 0 {
			return nil
		}
		return mem[lo:used:used]
	}
	some := func(have bool, n int) []float32 {
		if !have {
			return nil
		}
		return take(n)
	}
	matrix := func(n int) stored {
		if how == none {
			return stored{}
		}
		return newStored(take(storedFloats(n, how == inHalves)), n, how == inHalves)
	}
	qn, kn := s.qkNorms()
	p.layers = make([]Layer, s.Layers)
	p.embed = matrix(s.Vocab * C)
	if s.Learned && how == none {
		p.places = stored{f: take(s.Context * C)}
	} else if s.Learned {
		p.places = matrix(s.Context * C)
	}
	for i := range p.layers {
		p.layers[i] = Layer{
			attnNorm: some(!s.NoNorms, C), qkv: matrix(s.inputsOf(i) * C), bias: some(s.Bias, s.qkv()),
			qNorm: some(s.QKNorm && !s.delta(i), qn), kNorm: some(s.QKNorm && !s.delta(i), kn), out: matrix(C * s.outputsOf(i)), attnPost: some(s.PostNorms, C),
			mlpNorm: some(!s.NoNorms, C), attnNormB: some(s.LayerNorm, C), mlpNormB: some(s.LayerNorm, C),
			outBias: some(s.Biases, C), upBias: some(s.Biases, F), downBias: some(s.Biases, C),
		}
		l, n := &p.layers[i], 1
		if s.delta(i) && how != none {
			l.state = s.Delta.layStates(take)
		}
		if s.Experts > 0 {
			n, l.router = s.Experts, matrix(s.scored()*C)
		}
		l.gateUp, l.down, l.mlpPost = matrix((n*s.ups()+2*s.Shared)*C), matrix(C*(n*F+s.Shared)), some(s.PostNorms, C)
	}
	p.norm, p.normB = take(C), some(s.LayerNorm, C)
	p.head = p.embed
	if !s.Tied {
		p.head = matrix(s.Vocab * C)
	}
	return used
}

// A Tensor is a named view of parameters, by the name it has in a checkpoint.
type Tensor struct {
	Name   string
	Shape  []int
	Data   []float32
	Half   []uint16 // instead of Data, of a matrix that is stored in bfloat16
	Matrix bool     // a weight matrix of a block: what Muon trains
}

func (t *Tensor) len() int { return len(t.Data) + len(t.Half) }

// Differs returns the first of the numbers in data that has other bits than the
// tensor's; -1: none.
func (t *Tensor) Differs(data []float32) int {
	row := make([]float32, min(len(data), 1<<12))
	for lo := 0; lo < len(data); lo += len(row) {
		row = row[:min(len(row), len(data)-lo)]
		stored{t.Data, t.Half}.read(row, lo)
		for i, x := range row {
			if math.Float32bits(x) != math.Float32bits(data[lo+i]) {
				return lo + i
			}
		}
	}
	return -1
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
	C, F := p.Width, p.Hidden
	list := []Tensor{p.embed.tensor("token_embd.weight", p.Vocab, C, false)}
	if p.Learned {
		list = append(list, p.places.tensor("position_embd.weight", p.Context, C, false))
	}
	for i := range p.layers {
		l := &p.layers[i]
		vector := func(role string, n int, data []float32) {
			list = append(list, Tensor{Name: fmt.Sprintf("blk.%d.%s", i, role), Shape: []int{n}, Data: data})
		}
		matrix := func(role string, rows, cols int, data stored) {
			list = append(list, data.tensor(fmt.Sprintf("blk.%d.%s.weight", i, role), rows, cols, true))
		}
		if !p.NoNorms {
			vector("attn_norm.weight", C, l.attnNorm)
		}
		if p.delta(i) {
			list = append(list, p.stateTensors(i)...)
		} else {
			p.attentionTensors(l, vector, matrix)
		}
		if p.PostNorms {
			vector("post_attention_norm.weight", C, l.attnPost)
		}
		if !p.NoNorms {
			vector(p.mlpNorm(), C, l.mlpNorm)
		}
		switch {
		case p.Experts > 0:
			// The router tells experts apart as the head tells tokens: no matrix for Muon.
			list = append(list, l.router.part(0, p.Experts*C).tensor(fmt.Sprintf("blk.%d.ffn_gate_inp.weight", i), p.Experts, C, false))
			for e := range p.Experts {
				matrix(fmt.Sprintf("ffn_gate.%d", e), F, C, l.gateUp.part(2*e*F*C, (2*e+1)*F*C))
				matrix(fmt.Sprintf("ffn_up.%d", e), F, C, l.gateUp.part((2*e+1)*F*C, (2*e+2)*F*C))
			}
			for e := range p.Experts {
				matrix(fmt.Sprintf("ffn_down.%d", e), C, F, l.down.part(e*C*F, (e+1)*C*F))
			}
			if S, up, down := p.Shared, p.Experts*2*F*C, p.Experts*C*F; S > 0 {
				list = append(list, l.router.part(p.Experts*C, p.scored()*C).tensor(fmt.Sprintf("blk.%d.ffn_gate_inp_shexp.weight", i), 1, C, false))
				matrix("ffn_gate_shexp", S, C, l.gateUp.part(up, up+S*C))
				matrix("ffn_up_shexp", S, C, l.gateUp.part(up+S*C, up+2*S*C))
				matrix("ffn_down_shexp", C, S, l.down.part(down, down+C*S))
			}
		case p.fusedUp():
			matrix("ffn_up", 2*F, C, l.gateUp.part(0, 2*F*C))
		case p.Ungated:
			matrix("ffn_up", F, C, l.gateUp.part(0, F*C))
		default:
			matrix("ffn_gate", F, C, l.gateUp.part(0, F*C))
			matrix("ffn_up", F, C, l.gateUp.part(F*C, 2*F*C))
		}
		if p.Experts == 0 {
			matrix("ffn_down", C, F, l.down)
		}
		if p.PostNorms {
			vector("post_ffw_norm.weight", C, l.mlpPost)
		}
		if p.LayerNorm {
			vector("attn_norm.bias", C, l.attnNormB)
			vector("ffn_norm.bias", C, l.mlpNormB)
		}
		if p.Biases {
			vector("attn_output.bias", C, l.outBias)
			vector("ffn_up.bias", F, l.upBias)
			vector("ffn_down.bias", C, l.downBias)
		}
	}
	list = append(list, Tensor{Name: "output_norm.weight", Shape: []int{C}, Data: p.norm})
	if p.LayerNorm {
		list = append(list, Tensor{Name: "output_norm.bias", Shape: []int{C}, Data: p.normB})
	}
	if !p.Tied {
		list = append(list, p.head.tensor("output.weight", p.Vocab, C, false))
	}
	return list
}

// attentionTensors names those of a block's attention.
func (p *Params) attentionTensors(l *Layer, vector func(role string, n int, data []float32), matrix func(role string, rows, cols int, data stored)) {
	C, q, kv := p.Width, p.queries(), p.kv()
	if p.fused() {
		matrix("attn_qkv", p.qkv(), C, l.qkv.part(0, p.qkv()*C))
	} else {
		matrix("attn_q", q, C, l.qkv.part(0, q*C))
		matrix("attn_k", kv, C, l.qkv.part(q*C, (q+kv)*C))
		matrix("attn_v", kv, C, l.qkv.part((q+kv)*C, (q+2*kv)*C))
	}
	if p.HeadGate {
		matrix("attn_gate", p.Heads, C, l.qkv.part(p.qkv()*C, p.inputs()*C))
	}
	if p.Bias && p.fused() {
		vector("attn_qkv.bias", p.qkv(), l.bias)
	} else if p.Bias {
		vector("attn_q.bias", q, partOf(l.bias, 0, q))
		vector("attn_k.bias", kv, partOf(l.bias, q, q+kv))
		vector("attn_v.bias", kv, partOf(l.bias, q+kv, q+2*kv))
	}
	if p.QKNorm {
		qn, kn := p.qkNorms()
		vector("attn_q_norm.weight", qn, l.qNorm)
		vector("attn_k_norm.weight", kn, l.kNorm)
	}
	matrix("attn_output", C, p.q(), l.out)
}

// fused reports whether files of the family have queries, keys and values in
// one tensor, fusedUp whether they have gate and up in one.
func (s *Shape) fused() bool   { f, err := familyOf(s.Arch); return err == nil && f.fusedQKV }
func (s *Shape) fusedUp() bool { f, err := familyOf(s.Arch); return err == nil && f.fusedUp }

// permuted reports whether GGUF holds the pairs of a head's rotation side by
// side, where a folder has them half a head apart.
func (s *Shape) permuted() bool { f, err := familyOf(s.Arch); return err == nil && f.permuted }

// Copy sets p to the numbers of o, which has its shape; in bfloat16 to the nearest. One
// that it cannot hold is an error.
func (p *Params) Copy(o *Params) error {
	from := o.tensors()
	for i, t := range p.tensors() {
		to, n := stored{t.Data, t.Half}, len(t.Data)+len(t.Half)
		row := make([]float32, min(n, 1<<12))
		for lo := 0; lo < n; lo += len(row) {
			row = row[:min(len(row), n-lo)]
			stored{from[i].Data, from[i].Half}.read(row, lo)
			if err := to.write(row, lo); err != nil {
				return fmt.Errorf("%s: %w", t.Name, err)
			}
		}
	}
	return nil
}

// Init draws random parameters: norms are one; matrices uniform with standard
// deviation C^-½, and zero where they write to the residual stream, so that
// every block begins as the identity; embeddings with half that deviation, so
// that first logits are small. Uniform numbers need no logarithm and are the
// same on every machine.
func (p *Params) Init(seed uint64) {
	for i, t := range p.tensors() {
		switch {
		case strings.HasSuffix(t.Name, ".bias"), strings.HasSuffix(t.Name, "attn_output.weight"), strings.HasSuffix(t.Name, "ssm_out.weight"), strings.Contains(t.Name, ".ffn_down"):
			clear(t.Data)
			clear(t.Half)
		case len(t.Shape) == 1:
			for j := range t.Data {
				t.Data[j] = 1
			}
		default:
			a := float32(math.Sqrt(3 / float64(p.Width))) // a uniform number in ±a has deviation a/√3
			if !t.Matrix {
				a *= 0.5
			}
			row, cols := make([]float32, t.Shape[1]), t.Shape[1]
			for lo := 0; lo < t.Shape[0]*cols; lo += cols {
				for j := range row {
					u := tensor.Uniform(tensor.Rand(seed, uint64(i), uint64(lo+j)))
					row[j] = a * float32(2*u-1)
				}
				if err := (stored{t.Data, t.Half}).write(row, lo); err != nil {
					panic("model: Init: " + err.Error()) // they are all small
				}
			}
		}
	}
}
