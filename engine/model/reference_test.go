package model

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// A reference is the model in plain float64, as a textbook has it: one
// document, one token, one head at a time; nothing packed, tiled or saved.
// It has no backward pass: its gradients are differences of its losses.
type reference struct {
	Config
	p map[string][]float64 // parameters by the names of Tensors
}

func newReference(p *Params) *reference {
	m := &reference{p.Config, map[string][]float64{}}
	for _, t := range p.Tensors() {
		for _, v := range t.Data {
			m.p[t.Name] = append(m.p[t.Name], float64(v))
		}
	}
	return m
}

// outputs returns the last hidden state of each token of one document. (T, C)
func (m *reference) outputs(ids []int32) [][]float64 {
	H, D, perKV := m.Heads, m.HeadDim, m.Heads/m.KVHeads
	var x [][]float64 // (T, C)
	for _, id := range ids {
		x = append(x, slices.Clone(m.p["model.embed_tokens.weight"][int(id)*m.Width:][:m.Width]))
	}
	for l := range m.Layers {
		w := func(name string) []float64 { return m.p[fmt.Sprintf("model.layers.%d.%s.weight", l, name)] }
		attnNorm, wq, wk, wv, wo := w("input_layernorm"), w("self_attn.q_proj"), w("self_attn.k_proj"), w("self_attn.v_proj"), w("self_attn.o_proj")
		qNorm, kNorm := w("self_attn.q_norm"), w("self_attn.k_norm")
		mlpNorm, wg, wu, wd := w("post_attention_layernorm"), w("mlp.gate_proj"), w("mlp.up_proj"), w("mlp.down_proj")
		var keys, values [][]float64 // of the tokens so far, (t, G·D)
		for t := range x {
			n := m.norm(x[t], attnNorm)
			q, k, v := times(wq, n), times(wk, n), times(wv, n)
			for h := range slices.Chunk(q, D) {
				copy(h, m.rotate(m.norm(h, qNorm), t))
			}
			for h := range slices.Chunk(k, D) {
				copy(h, m.rotate(m.norm(h, kNorm), t))
			}
			keys, values = append(keys, k), append(values, v)
			y := make([]float64, H*D)
			for h := range H {
				g := h / perKV // the key-value head that h shares
				p := make([]float64, t+1)
				for s := range p {
					p[s] = inner(q[h*D:][:D], keys[s][g*D:][:D]) / math.Sqrt(float64(D))
					if m.Window > 0 && l%4 != 3 && l < m.Layers-1 && t-s >= m.Window {
						p[s] = math.Inf(-1)
					}
				}
				for s, p := range softmax(p) {
					for i := range D {
						y[h*D+i] += p * values[s][g*D+i]
					}
				}
			}
			x[t] = sum(x[t], times(wo, y))

			n = m.norm(x[t], mlpNorm)
			a, u := times(wg, n), times(wu, n)
			for i := range a {
				a[i] = a[i] / (1 + math.Exp(-a[i])) * u[i]
			}
			x[t] = sum(x[t], times(wd, a))
		}
	}
	for t := range x {
		x[t] = m.norm(x[t], m.p["model.norm.weight"])
	}
	return x
}

// logits returns those of every token of one document. (T, V)
func (m *reference) logits(ids []int32) (z [][]float64) {
	for _, h := range m.outputs(ids) {
		z = append(z, times(m.p["model.embed_tokens.weight"], h))
	}
	return z
}

// loss returns Σ weight·loss of rows, each document by itself.
func (m *reference) loss(rows []Row) (weighted float64) {
	for _, r := range rows {
		for d := range len(r.Docs) - 1 {
			lo, hi := r.Docs[d], r.Docs[d+1]
			h := m.outputs(r.IDs[lo:hi])
			for t := lo + 1; t < hi; t++ {
				if r.Weight[t] != 0 {
					z := times(m.p["model.embed_tokens.weight"], h[t-1-lo])
					weighted -= float64(r.Weight[t]) * math.Log(softmax(z)[r.IDs[t]])
				}
			}
		}
	}
	return weighted
}

// norm is RMSNorm of x with weights w.
func (m *reference) norm(x, w []float64) []float64 {
	r := 1 / math.Sqrt(inner(x, x)/float64(len(x))+float64(m.Eps))
	y := make([]float64, len(x))
	for i := range x {
		y[i] = x[i] * r * w[i]
	}
	return y
}

// rotate turns the pairs (x[i], x[i+D/2]) by pos·θ^(−2i/D). Frequency and
// angle are float32 numbers by definition, in the transformers library too.
func (m *reference) rotate(x []float64, pos int) []float64 {
	half := len(x) / 2
	y := make([]float64, len(x))
	for i := range half {
		freq := float32(math.Pow(m.Theta, -float64(i)/float64(half)))
		s, c := math.Sincos(float64(float32(pos) * freq))
		y[i], y[i+half] = x[i]*c-x[i+half]*s, x[i+half]*c+x[i]*s
	}
	return y
}

// times returns w·x for w (len(w)/len(x), len(x)).
func times(w, x []float64) []float64 {
	y := make([]float64, len(w)/len(x))
	for i := range y {
		y[i] = inner(w[i*len(x):][:len(x)], x)
	}
	return y
}

func inner(x, y []float64) (s float64) {
	for i := range x {
		s += x[i] * y[i]
	}
	return s
}

func sum(x, y []float64) []float64 {
	z := make([]float64, len(x))
	for i := range x {
		z[i] = x[i] + y[i]
	}
	return z
}

func softmax(x []float64) []float64 {
	y, top, total := make([]float64, len(x)), slices.Max(x), 0.0
	for i := range x {
		y[i] = math.Exp(x[i] - top)
		total += y[i]
	}
	for i := range y {
		y[i] /= total
	}
	return y
}

// gamma bounds the relative error that n roundings to float32 leave, unless
// they conspire: λ√n·u (Higham and Mary, A new approach to probabilistic
// rounding error analysis, SIAM J. Sci. Comput. 41, 2019). It fails with
// probability 2·exp(−λ²/2): for λ = 7, 5e-11.
func gamma(n int) float64 { return 7 * math.Sqrt(float64(n)) * 0x1p-24 }

// roundings returns how many roundings lie between an embedding and a logit:
// the length of every sum on the way, and the elementwise steps between.
func (c *Config) roundings(tokens int) int {
	const elementwise = 24 // of a block: norms, rotation, exp, SiLU, residuals
	block := 4*c.Width + 2*c.HeadDim + 2*tokens + c.q() + c.Hidden + elementwise
	return c.Layers*block + 2*c.Width
}

// uneven has sizes off every tile, span and panel and above one of each where
// that is cheap, three heads to a key head, and more tokens than a tile.
var uneven = Config{Vocab: 101, Width: 27, Layers: 2, Heads: 6, KVHeads: 2, HeadDim: 10, Hidden: 53, Context: 80, Theta: 10000, Eps: 1e-6}

// unevenRows has documents of one token, of two, and of a tile and some.
func unevenRows() []Row { return randomRows(uneven, 11, []int{1, 67, 2, 10}, []int{5, 1, 1, 3}) }

// TestForwardIsReference compares logits and losses with the reference's.
// A hidden state is off by γ of its norm, so a logit by γ·‖h‖·‖w‖ (Cauchy and
// Schwarz); a loss is off by no more than twice the worst logit.
func TestForwardIsReference(t *testing.T) {
	windowed := uneven
	windowed.Layers, windowed.Window = 6, 9
	for _, c := range []Config{uneven, windowed} {
		forwardIsReference(t, c)
	}
}

func forwardIsReference(t *testing.T, c Config) {
	rows := unevenRows()
	tr := trainerWith(t, c, 1, 80, 2)
	m := newReference(tr.Params)
	V, embed := c.Vocab, m.p["model.embed_tokens.weight"]
	worst := 0.0 // of |difference|/bound
	for i, r := range rows {
		got := tr.Logits(r)
		for d := range len(r.Docs) - 1 {
			lo, hi := r.Docs[d], r.Docs[d+1]
			want, h := m.logits(r.IDs[lo:hi]), m.outputs(r.IDs[lo:hi])
			for at := lo; at < hi; at++ {
				for v := range V {
					w := embed[v*c.Width:][:c.Width]
					bound := gamma(c.roundings(hi-lo)) * math.Sqrt(inner(w, w)*inner(h[at-lo], h[at-lo]))
					diff := math.Abs(float64(got[at*V+v]) - want[at-lo][v])
					worst = max(worst, diff/bound)
					if !(diff <= bound) {
						t.Fatalf("row %d token %d logit %d: %g, reference %g, off by %.2g, bound %.2g", i, at, v, got[at*V+v], want[at-lo][v], diff, bound)
					}
				}
			}
		}
	}
	t.Logf("window %d, logits: at worst %.3f of the bound", c.Window, worst)
}

// TestLossIsReference compares the loss of each row.
func TestLossIsReference(t *testing.T) {
	tr := trainerWith(t, uneven, 1, 80, 2)
	m := newReference(tr.Params)
	for i, r := range unevenRows() {
		got, _, _ := tr.Accumulate([]Row{r})
		want, bound := m.loss([]Row{r}), 0.0
		for d := range len(r.Docs) - 1 {
			lo, hi := r.Docs[d], r.Docs[d+1]
			h := m.outputs(r.IDs[lo:hi])
			for at := lo + 1; at < hi; at++ {
				bound += math.Abs(float64(r.Weight[at])) * 2 * gamma(uneven.roundings(hi-lo)+uneven.Vocab) * m.longest() * math.Sqrt(inner(h[at-1-lo], h[at-1-lo]))
			}
		}
		t.Logf("row %d: loss %.9g, reference %.9g, bound %.2g", i, got, want, bound)
		if !(math.Abs(got-want) <= bound) {
			t.Errorf("row %d: loss %.9g, reference %.9g, bound %.2g", i, got, want, bound)
		}
	}
}

// longest returns the largest norm of an embedding.
func (m *reference) longest() (r float64) {
	for w := range slices.Chunk(m.p["model.embed_tokens.weight"], m.Width) {
		r = max(r, math.Sqrt(inner(w, w)))
	}
	return r
}

// TestGradientsAreReference compares elements of the gradient of every tensor
// of every layer with differences of the reference's loss. A gradient is a
// sum over all paths forward and back through all tokens, so its relative
// error is γ of twice the way, the tokens and the vocabulary; what cancels in
// it is of the size of its neighbours, the root mean square of the tensor.
func TestGradientsAreReference(t *testing.T) {
	rows := unevenRows()
	tr := trainerWith(t, uneven, 2, 80, 2)
	tr.Accumulate(rows)
	tokens := 0
	for _, r := range rows {
		tokens += len(r.IDs)
	}
	relative := gamma(2*uneven.roundings(67) + tokens + uneven.Vocab)
	params, grads := tr.Params, tr.Grads.Tensors()
	t.Run("tensors", func(t *testing.T) {
		for i, g := range grads {
			t.Run(g.Name, func(t *testing.T) {
				t.Parallel()
				m := newReference(params)
				rng := rand.New(rand.NewPCG(uint64(i), 8))
				typical := rms(g.Data) / math.Sqrt(float64(len(g.Data)))
				worst := 0.0
				for range 4 {
					j := rng.IntN(len(g.Data))
					want := m.derivative(rows, m.p[g.Name], j)
					diff, bound := math.Abs(float64(g.Data[j])-want), relative*(math.Abs(want)+typical)
					worst = max(worst, diff/bound)
					if !(diff <= bound) {
						t.Errorf("%s[%d]: gradient %.9g, reference %.9g, off by %.2g, bound %.2g", g.Name, j, g.Data[j], want, diff, bound)
					}
				}
				t.Logf("at worst %.3f of the bound", worst)
			})
		}
	})
}

// derivative returns ∂loss/∂x[i] by the five-point difference, whose error is
// h⁴/30 of the fifth derivative and the loss's own rounding over h. Half and
// twice this h move it by less than 2e-8 here, mostly 1e-10: far below float32.
func (m *reference) derivative(rows []Row, x []float64, i int) float64 {
	const h = 1e-3
	saved := x[i]
	at := func(d float64) float64 { x[i] = saved + d; return m.loss(rows) }
	d := (8*(at(h)-at(-h)) - (at(2*h) - at(-2*h))) / (12 * h)
	x[i] = saved
	return d
}
