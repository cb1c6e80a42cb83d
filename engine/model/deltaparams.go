package model

import (
	"fmt"
	"strings"

	"suiren/engine/kernel"
	"suiren/engine/tensor"
	"suiren/engine/weights"
)

// stateVectors are the parameters of a block with a state beside its matrices, or
// their gradients. Of a frozen model, and of other blocks, they are nil.
type stateVectors struct {
	conv []float32 // (B, W), as files have it; of a row's gradients (W, B)
	logs []float32 // (R) logarithms of what the softplus is multiplied by, less its sign
	bias []float32 // (R) added before
	norm []float32 // (U)
}

// layStates gives a block's vectors their memory.
func (x *Delta) layStates(take func(n int) []float32) stateVectors {
	return stateVectors{take(x.Conv * x.conv()), take(x.Heads), take(x.Heads), take(x.Dim)}
}

// stateTensors lists the tensors of block i, which has a state, by GGUF's names,
// but for those that all blocks have.
func (p *Params) stateTensors(i int) (list []Tensor) {
	x, l, C := p.Delta, &p.layers[i], p.Width
	name := func(role string) string { return fmt.Sprintf("blk.%d.%s", i, role) }
	at := 0
	for _, m := range []struct {
		role string
		rows int
	}{{"attn_qkv", x.conv()}, {"attn_gate", x.values()}, {"ssm_beta", x.Heads}, {"ssm_alpha", x.Heads}} {
		list = append(list, l.qkv.part(at*C, (at+m.rows)*C).tensor(name(m.role)+".weight", m.rows, C, true))
		at += m.rows
	}
	return append(list,
		Tensor{Name: name("ssm_conv1d.weight"), Shape: []int{x.conv(), x.Conv}, Data: l.state.conv},
		Tensor{Name: name("ssm_a"), Shape: []int{x.Heads}, Data: l.state.logs},
		Tensor{Name: name("ssm_dt.bias"), Shape: []int{x.Heads}, Data: l.state.bias},
		Tensor{Name: name("ssm_norm.weight"), Shape: []int{x.Dim}, Data: l.state.norm},
		l.out.tensor(name("ssm_out.weight"), C, x.values(), true))
}

// layStateBlocks lays out what the rule of each block reads: of a trained model
// made of its parameters, of a frozen one the file's.
func (w *net) layStateBlocks(plan *decoderNet, a *tensor.Arena) {
	x := w.Delta
	if x == nil {
		return
	}
	w.ones, w.zeros = a.Float32(x.conv()), a.Float32(x.conv())
	for i := range w.ones {
		w.ones[i] = 1
	}
	for l := range w.layers {
		switch {
		case !w.delta(l):
			w.states = append(w.states, nil)
		case plan != nil:
			w.states = append(w.states, plan.blocks[l].delta)
		default:
			v := &w.layers[l].state
			b := &deltaBlock{decay: a.Float32(x.Heads), bias: v.bias, norm: v.norm}
			all := a.Float32(x.Conv * x.conv())
			for i := range x.Conv {
				b.conv = append(b.conv, partOf(all, i*x.conv(), (i+1)*x.conv()))
			}
			w.states = append(w.states, b)
		}
	}
}

// partOf is s[lo:hi], or nil of memory that is only counted.
func partOf(s []float32, lo, hi int) []float32 {
	if s == nil {
		return nil
	}
	return s[lo:hi]
}

// makeStates makes of trained parameters what the rule reads.
func (w *net) makeStates() {
	for l, b := range w.states {
		if b != nil {
			v, x := &w.layers[l].state, w.Delta
			decaysOf(b.decay, v.logs)
			kernel.Transpose(b.conv[0][:x.Conv*x.conv()], v.conv, x.conv(), x.Conv)
		}
	}
}

// takeStates copies the vectors of a block that has a state.
func (p *Params) takeStates(l int, plan *decoderNet) error {
	from, to := plan.blocks[l].delta, &p.layers[l].state
	if from == nil || to.conv == nil {
		return nil
	}
	copy(to.bias, from.bias)
	copy(to.norm, from.norm)
	x := p.Delta
	kernel.Transpose(to.conv, from.conv[0][:x.Conv*x.conv()], x.Conv, x.conv())
	for _, w := range plan.found {
		if w.name == fmt.Sprintf("blk.%d.ssm_a", l) {
			w = w.logs()
			return w.floats(to.logs)
		}
	}
	return nil
}

// addStates adds a row's gradients of a block's vectors.
func (x *Delta) addStates(to, from *stateVectors, tmp []float32) {
	if from.conv == nil {
		return
	}
	kernel.Add(to.logs, to.logs, from.logs)
	kernel.Add(to.bias, to.bias, from.bias)
	kernel.Add(to.norm, to.norm, from.norm)
	tmp = tmp[:len(to.conv)]
	kernel.Transpose(tmp, from.conv, x.Conv, x.conv())
	kernel.Add(to.conv, to.conv, tmp)
}

// stateModule is what the modules of a block with a state begin with.
const stateModule = "linear_attn."

// stateModules are those of its matrices, in the order of linears.
var stateModules = []string{stateModule + "in_proj_qkv", stateModule + "in_proj_z", stateModule + "in_proj_b", stateModule + "in_proj_a", stateModule + "out_proj"}

// places adds where they lie.
func (x *Delta) places(list map[string]place, C int) {
	at := 0
	for i, rows := range []int{x.conv(), x.values(), x.Heads, x.Heads} {
		list[stateModules[i]] = place{qkvLinear, at, rows, C}
		at += rows
	}
	list[stateModules[4]] = place{outLinear, 0, C, x.values()}
}

// orderAdapter puts one of an adapter's matrices, called as in a folder, of rank
// rows or columns, into the order of the heads here; or, back, into the folder's.
func (s *Shape) orderAdapter(name string, data []float32, rank int, back bool) error {
	if s.Delta == nil {
		return nil
	}
	stem, isA := strings.CutSuffix(name, ".lora_A.weight")
	if !isA {
		stem = strings.TrimSuffix(name, ".lora_B.weight")
	}
	gguf, ok := ggufName(stem)
	if !ok || isA != strings.HasSuffix(stem, ".out_proj") { // of others the columns are channels
		return nil
	}
	rows := len(data) / rank
	if isA {
		rows = rank
	}
	plain := floatsWeight(gguf, data, rows, len(data)/rows)
	w, out := s.Delta.ordered(gguf, plain, back), make([]float32, len(data))
	if err := w.floats(out); err != nil {
		return err
	}
	copy(data, out)
	return nil
}

// floatsWeight is numbers in memory as a weight.
func floatsWeight(name string, data []float32, rows, cols int) weight {
	return weight{name: name, typ: weights.F32, rows: rows, cols: cols, read: func(_ []byte, lo, hi int) ([]byte, error) {
		return bytesOf(data[lo*cols : hi*cols]), nil
	}}
}

// StateFLOPs is the part of FLOPs that is the products of states and convolutions.
func (s *Shape) StateFLOPs(docs []int) float64 {
	x := s.Delta
	if x == nil {
		return 0
	}
	return 2 * float64(total(docs)) * float64(s.layersOf()[1]*(3*x.values()*x.KeyDim+x.Conv*x.conv()))
}

// gatedFLOPs is what Config.FLOPs lacks of documents that pass layers with a state,
// and others whose outputs have gates.
func (s *Shape) gatedFLOPs(docs []int) (n float64) {
	var tokens, pairs float64
	for _, d := range docs {
		tokens += float64(d)
		pairs += float64(d) * float64(d+1) / 2
	}
	C := s.Width
	for l := range s.Layers {
		n += tokens * float64(C*(s.inputsOf(l)+s.outputsOf(l)-s.qkv()-s.q()))
		if s.delta(l) {
			n -= 2 * pairs * float64(s.q())
		}
	}
	return 2*n + s.StateFLOPs(docs)
}
