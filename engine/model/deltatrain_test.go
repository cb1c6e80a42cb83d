package model

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"suiren/engine/tensor"
	"suiren/engine/weights"
)

// longStates are documents of more than two chunks, of one, of a chunk, and of a
// chunk and one token.
var longStates = []int{150, 1, stateChunk, stateChunk + 1}

// ruled is a net of one block with a state of odd sizes, and the state of a row of
// longStates behind its convolution. Two value heads read each key head.
func ruled(t *testing.T) (w *net, r *rowState, k *stateScratch) {
	t.Helper()
	s := openArch(t, "qwen3_5").Shape
	s.Layers, s.Width = 1, 8
	s.Delta = &Delta{Layers: []bool{true}, KeyHeads: 2, Heads: 4, KeyDim: 11, Dim: 13, Conv: 4}
	lay := func(a *tensor.Arena) {
		w = &net{Params: newParams(s, inFloats, a)}
		w.layStateBlocks(nil, a)
		T := total(longStates)
		r = &rowState{layers: []layerState{forwardState(&s, []int{0}, T, nil, false, nil, 0, a)}, grad: gradState{state: layStateGrad(s.Delta, T, a), dqkv: a.Float32(T * apart(s.inputs()))}}
		scratch := layStateScratch(s.Delta, T, a)
		k = &scratch
	}
	var count tensor.Arena
	lay(&count)
	lay(realArena(t, count.Len()))
	fillParams(w.Params)
	w.makeStates()
	r.in = randomRows(s.Config, 1, longStates)[0]
	for i := range longStates {
		for at := range longStates[i] {
			r.pos = append(r.pos, int32(at))
		}
	}
	rng := rand.New(rand.NewPCG(3, 5))
	for i := range r.layers[0].qkv {
		r.layers[0].qkv[i] = float32(rng.NormFloat64())
	}
	w.convolve(&r.layers[0], 0, 0, len(r.pos), r.pos, k)
	return w, r, k
}

// A plainRule is the rule for one row in float64, as its paper has it: what goes
// into it, and what weighs what it says.
type plainRule struct {
	x           *Delta
	docs        []int
	conv        []float64 // (T, B) queries, keys, values
	logs, rates []float64 // (T, R) of decays; what rates are made of
	dy          []float64 // (T, R·U)
}

// loss is Σ dy·y of value head r.
func (p *plainRule) loss(r int) (sum float64) {
	x := p.x
	K, U, R := x.KeyDim, x.Dim, x.Heads
	for d := range len(p.docs) - 1 {
		S := make([]float64, K*U)
		for t := p.docs[d]; t < p.docs[d+1]; t++ {
			row, key := p.conv[t*x.conv():], r%x.KeyHeads*K
			q, k, v := row[key:][:K], row[x.keys()+key:][:K], row[2*x.keys()+r*U:][:U]
			a, rate := math.Exp(p.logs[t*R+r]), 1/(1+math.Exp(-p.rates[t*R+r]))
			for j := range U {
				known := 0.0
				for i := range K {
					S[i*U+j] *= a
					known += S[i*U+j] * k[i]
				}
				y := 0.0
				for i := range K {
					S[i*U+j] += k[i] * rate * (v[j] - known)
					y += S[i*U+j] * q[i]
				}
				sum += p.dy[t*x.values()+r*U+j] * y
			}
		}
	}
	return sum
}

// The gradients of the rule are the differences of what float64 makes of it, over
// several chunks, and documents do not see each other.
func TestRuleBack(t *testing.T) {
	w, r, k := ruled(t)
	x, s := w.Delta, &r.layers[0]
	T, R := len(r.pos), x.Heads
	p := plainRule{x: x, docs: r.in.Docs}
	for _, v := range s.state.conv {
		p.conv = append(p.conv, float64(v))
	}
	for at := range T {
		in := s.qkv[at*apart(w.inputs())+x.conv()+x.values():]
		for h := range R {
			p.logs, p.rates = append(p.logs, w.states[0].logDecay(h, in[R+h])), append(p.rates, float64(in[h]))
		}
	}
	for h := range R {
		w.learn(s, 0, h, r.in.Docs, k)
	}
	rng := rand.New(rand.NewPCG(4, 6))
	dy := make([]float32, T*x.values())
	for i := range dy {
		dy[i] = float32(rng.NormFloat64())
		p.dy = append(p.dy, float64(dy[i]))
	}
	for h := range x.KeyHeads {
		w.learnBack(s, r.gradOf(0), 0, dy, h, r.in.Docs, k)
	}
	g := &r.grad.state
	relative := gamma(4 * (x.KeyDim + x.Dim + T))
	worst := 0.0
	check := func(what string, at int, list []float64, i int, got float32, typical float64, heads []int) {
		const h = 1e-3
		saved, want := list[i], 0.0
		for _, head := range heads {
			f := func(d float64) float64 { list[i] = saved + d; return p.loss(head) }
			want += (8*(f(h)-f(-h)) - (f(2*h) - f(-2*h))) / (12 * h)
		}
		list[i] = saved
		off := math.Abs(float64(got)-want) / (math.Abs(want) + typical)
		if worst = max(worst, off/relative); !(off <= relative) {
			t.Errorf("token %d: the gradient of %s is %.9g, not %.9g", at, what, got, want)
		}
	}
	mean := func(list []float32) float64 { return rms(list) / math.Sqrt(float64(len(list))) }
	for range 60 {
		at, h := rng.IntN(T), rng.IntN(R)
		key, both := h%x.KeyHeads*x.KeyDim+rng.IntN(x.KeyDim), []int{h % x.KeyHeads, h%x.KeyHeads + x.KeyHeads}
		for what, i := range map[string]int{"a query": key, "a key": x.keys() + key} {
			check(what, at, p.conv, at*x.conv()+i, g.conv[at*x.conv()+i], mean(g.conv), both)
		}
		i := at*x.conv() + 2*x.keys() + h*x.Dim + rng.IntN(x.Dim)
		check("a value", at, p.conv, i, g.conv[i], mean(g.conv), []int{h})
		check("a decay", at, p.logs, at*R+h, g.gates[at*2*R+h], mean(g.gates), []int{h})
		check("a rate", at, p.rates, at*R+h, g.gates[at*2*R+R+h], mean(g.gates), []int{h})
	}
	t.Logf("at worst %.3f of the bound, which is %.2g", worst, relative)
}

// Rows of several chunks have the same bits however they are run, and the gradient is
// the derivative of the loss.
func TestLongStates(t *testing.T) {
	f := openArch(t, "qwen3_5")
	n := total(longStates)
	rows := randomRows(f.Shape.Config, 3, longStates, []int{n})
	for _, lora := range []*LoRA{nil, {Rank: 3, Alpha: 6, Targets: []string{"in_proj_qkv", "in_proj_a", "in_proj_b", "out_proj"}}} {
		if lora == nil && testing.Short() {
			continue
		}
		tr, loss, want := gradientsOf(t, f, Training{Rows: 2, Length: n, Threads: 1, LoRA: lora}, rows)
		for _, o := range []Training{{Rows: 1, Threads: 2}, {Rows: 2, Threads: 3}, {Rows: 2, Threads: 2, Recompute: true}} {
			o.Length, o.LoRA = n, lora
			if _, l, got := gradientsOf(t, f, o, rows); l != loss || got != want {
				t.Errorf("%+v: loss %v, want %v; the gradients differ: %t", o, l, loss, got != want)
			}
		}
		if lora != nil && !testing.Short() {
			directional(t, tr, rows[:1])
		}
	}
}

// What a folder holds of decays, their logarithms, is what is trained and written:
// to the bit, folder to folder; of a GGUF file, which has the decays, as it is
// written.
func TestDecays(t *testing.T) {
	f := openArch(t, "qwen3_5")
	tr := openTrainer(t, f, Training{Rows: 1, Length: 64, Threads: 2})
	rng := rand.New(rand.NewPCG(1, 2))
	for _, x := range tr.Params.tensors() {
		if x.Name[len(x.Name)-5:] == "ssm_a" {
			for i := range x.Data {
				x.Data[i] = float32(8*rng.Float64() - 4) // where logarithms are coarser than what they are of
			}
		}
	}
	tr.Repack()
	row := randomRows(f.Shape.Config, 3, []int{64})[0]
	want := tr.Logits(row)
	back := folderOf(t, tr.Params.File(), AsF32)
	if got := served(t, back, nil, row); hash(got) != hash(want) {
		t.Errorf("written and read again, the logits are others: NMSE %.2g", nmse(got, want))
	}
	again := openTrainer(t, back, Training{Rows: 1, Length: 64, Threads: 2})
	if !slices.Equal(again.Params.All, tr.Params.All) {
		t.Error("written and read again, the parameters are others")
	}
	file := openWritten(t, tr.Params, "decays")
	if got := served(t, file, nil, row); hash(got) != hash(want) {
		t.Errorf("of a GGUF file, the logits are others: NMSE %.2g", nmse(got, want))
	}
	folderOf(t, file, AsF32)
}

// An adapter of a matrix that a block of its kind has not is refused by name, and so
// is a target that no block has.
func TestStateAdapters(t *testing.T) {
	s := openArch(t, "qwen3_5").Shape
	for name, ok := range map[string]bool{
		"0.linear_attn.in_proj_a": true, "3.self_attn.k_proj": true, "3.mlp.up_proj": true,
		"3.linear_attn.in_proj_a": false, "0.self_attn.k_proj": false, "0.linear_attn.conv1d": false, "0.linear_attn.A_log": false, "4.linear_attn.in_proj_a": false,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "adapter_config.json"), []byte(`{"peft_type": "LORA", "r": 1, "lora_alpha": 1}`), 0o600); err != nil {
			t.Fatal(err)
		}
		rows := map[string]int{"in_proj_a": s.Delta.Heads, "k_proj": s.kv()}[short(name)]
		if rows == 0 {
			rows = s.Hidden
		}
		stem := "base_model.model.model.layers." + name
		if err := weights.Write(filepath.Join(dir, "adapter_model.safetensors"), []weights.Tensor{
			{Name: stem + ".lora_A.weight", Shape: []int{1, s.Width}, Data: make([]float32, s.Width)}, {Name: stem + ".lora_B.weight", Shape: []int{rows, 1}, Data: make([]float32, rows)},
		}, nil); err != nil {
			t.Fatal(err)
		}
		ad, err := OpenAdapter(dir, &s)
		if _, wrong := errors.AsType[*weights.FormatError](err); ok != (err == nil) || !ok && !wrong {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			ad.Close()
		}
	}
	for _, target := range []string{"conv1d", "A_log", "g_proj"} {
		bad, ok := errors.AsType[*TargetError]((&LoRA{Rank: 1, Alpha: 1, Targets: []string{"q_proj", target}}).Check(&s))
		if !ok || bad.Name != target || !slices.Contains(bad.Has, "in_proj_qkv") || !slices.Contains(bad.Has, "out_proj") {
			t.Errorf("%s: %v", target, bad)
		}
	}
	tr := openTrainer(t, openArch(t, "qwen3_5"), Training{Rows: 1, Length: 8, Threads: 1, LoRA: &LoRA{Rank: 2, Alpha: 2}})
	if trained, _ := (&LoRA{Rank: 2, Alpha: 2}).Params(&s); trained != len(tr.lora) {
		t.Errorf("%d numbers of adapters, counted as %d", len(tr.lora), trained)
	}
}
