package model

import (
	"math"

	"suiren/engine/kernel"
)

// A deltaView is the states of a layer: those of a sequence lie in the pages that
// it has for layers which do not see all tokens. A page's state is the one after
// the last of its tokens, so that whoever holds it goes on from there.
type deltaView struct {
	x      *Delta
	p      *Pages
	q      *Seq
	l      int
	conv   int       // floats before the tokens of the convolution
	before []float32 // the state after At tokens; nil: there are none
}

func (d *Decoder) deltaView(p *Pages, q *Seq, l int) deltaView {
	v := deltaView{x: d.Shape.Delta, p: p, q: q, l: l, conv: d.Shape.Delta.values() * d.Shape.Delta.KeyDim}
	if q.At > 0 {
		v.before = p.state(l, q.Window[(q.At-1)/PageTokens])
	}
	return v
}

// stretches calls f for the tokens lo to hi of the step, in order, with the state
// before them and the one that has to hold what is after them, which may be the
// same. States that nobody holds are passed by.
func (v *deltaView) stretches(f func(lo, hi int, from, to []float32)) {
	n, from := len(v.q.IDs), v.before
	for lo := 0; lo < n; {
		page := (v.q.At + lo) / PageTokens
		for v.q.Window[page] < 0 {
			page++
		}
		hi := min(n, (page+1)*PageTokens-v.q.At)
		to := v.p.state(v.l, v.q.Window[page])
		f(lo, hi, from, to)
		lo, from = hi, to
	}
}

// column returns what the convolution sees of the step's token t, which may be one
// of those before it.
func (d *Decoder) column(v *deltaView, t int) []float32 {
	B := v.x.conv()
	switch {
	case t >= 0:
		return d.s.qkv[(v.q.row+t)*d.net.qkvRows:][:B]
	case v.before == nil:
		return d.s.delta.zeros
	}
	return v.before[v.conv+(v.x.Conv-1+t)*B:][:B]
}

// deltaRule takes the first product of block l to what goes into its second: s.values.
// Every token of a sequence changes its state in its turn, in one order of
// operations, so the bits depend neither on the cut nor on what else is in the step.
func (d *Decoder) deltaRule(p *Pages, seqs []Seq, l, n int) {
	s, b, x := &d.s, &d.net.blocks[l], d.Shape.Delta
	k := s.delta
	d.team.Spans(n, func(w, lo, hi int) {
		tmp := k.tmp[w*x.conv():][:x.conv()]
		for t := lo; t < hi; t++ {
			q := &seqs[k.seq[t]]
			v := d.deltaView(p, q, l)
			d.convolve(&v, b.delta, t-q.row, tmp)
		}
	})
	d.team.For(len(k.jobs), func(w, i int) {
		j := k.jobs[i]
		v := d.deltaView(p, &seqs[j.seq], l)
		v.stretches(func(lo, hi int, from, to []float32) { d.learn(&v, b.delta, j.r, lo, hi, from, to, k.said[w*2*x.Dim:]) })
		if j.r == 0 { // one of them keeps the tokens for the convolution
			v.stretches(func(lo, hi int, from, to []float32) { d.keep(&v, lo, hi, from, to) })
		}
	})
	want := b.out.forms()
	d.rowsOf(n, func(t int) { s.values.Quantise(t, t+1, want) })
}

// convolve makes queries, keys, values and gates of the step's token t.
func (d *Decoder) convolve(v *deltaView, b *deltaBlock, t int, tmp []float32) {
	s, x := &d.s, v.x
	row := v.q.row + t
	y := s.delta.conv[row*x.conv():][:x.conv()]
	b.convolve(y, tmp, func(i int) []float32 { return d.column(v, t-x.Conv+1+i) })
	x.heads(y, s.delta.ones)
	x.open(b, s.delta.gates[row*2*x.Heads:], s.qkv[row*d.net.qkvRows+x.conv()+x.values():])
}

// convolve sets y to what the convolution makes of the tokens that column returns,
// the oldest first. (B)
func (b *deltaBlock) convolve(y, tmp []float32, column func(i int) []float32) {
	kernel.Mul(y, column(0), b.conv[0])
	for i := 1; i < len(b.conv); i++ {
		kernel.Mul(tmp, column(i), b.conv[i])
		kernel.Add(y, y, tmp)
	}
}

// heads takes what the convolution makes of a token to queries, scaled, and keys,
// both of length one, and values. y, ones (B)
func (x *Delta) heads(y, ones []float32) {
	kernel.SwiGLU(y, y, ones)
	for h := range 2 * x.KeyHeads {
		head := y[h*x.KeyDim:][:x.KeyDim]
		f := unit(head)
		if h < x.KeyHeads {
			f *= x.scale()
		}
		kernel.Scale(head, f)
	}
}

// unit is one over the length of a query or a key.
func unit(head []float32) float32 {
	return float32(1 / math.Sqrt(float64(kernel.Dot(head, head))+1e-6))
}

// scale is what queries are multiplied by.
func (x *Delta) scale() float32 { return float32(1 / math.Sqrt(float64(x.KeyDim))) }

// open sets gates, the decays and the rates of a token's value heads, (2R), by what
// the block made of it: rates, then decays.
func (x *Delta) open(b *deltaBlock, gates, in []float32) {
	for r := range x.Heads {
		gates[r] = float32(math.Exp(b.logDecay(r, in[x.Heads+r])))
		gates[x.Heads+r] = sigmoid(in[r])
	}
}

// logDecay is the logarithm of a decay of value head r; one that leaves nothing of a
// state is kept finite, so that two of them can be told apart.
func (b *deltaBlock) logDecay(r int, in float32) float64 {
	return max(float64(b.decay[r])*softplus(float64(in)+float64(b.bias[r])), -1e6)
}

// softplus is log(1 + eˣ).
func softplus(x float64) float64 {
	if x > 20 {
		return x
	}
	return math.Log1p(math.Exp(x))
}

// learn takes value head r through tokens lo to hi. With S the state, (K, U), a
// token's decay a, its rate β, and q, k and v:
//
//	S ← a·S    S ← S + k·uᵀ with u = β·(v − Sᵀ·k)    y = Sᵀ·q
//
// and y is normalised and gated. S is read once for both products, before it
// changes: y = a·Sᵀ·q + (q·k)·u. said (2, U).
func (d *Decoder) learn(v *deltaView, b *deltaBlock, r, lo, hi int, from, to, said []float32) {
	s, x := &d.s, v.x
	K, U, at := x.KeyDim, x.Dim, r*x.Dim*x.KeyDim
	S := to[at : at+U*K]
	if from == nil {
		clear(S)
	} else {
		copy(S, from[at:]) // to itself, where the page is the same
	}
	for t := lo; t < hi; t++ {
		row := v.q.row + t
		gates := s.delta.gates[row*2*x.Heads:]
		x.step(S, s.delta.conv[row*x.conv():], r, gates[r], gates[x.Heads+r], said)
		y := s.values.Row(row)[r*U : (r+1)*U]
		kernel.RMSNorm(y, said[:U], b.norm, d.Shape.Eps)
		kernel.SwiGLU(y, s.qkv[row*d.net.qkvRows+x.conv()+r*U:][:U], y)
	}
}

// step takes the state of value head r through the token whose queries, keys and
// values are c: in place of its value stands u afterwards, and y in said. (2, U)
func (x *Delta) step(S, c []float32, r int, decay, rate float32, said []float32) {
	K, U, key := x.KeyDim, x.Dim, r%x.KeyHeads*x.KeyDim
	k, u := c[x.keys()+key:][:K], c[2*x.keys()+r*U:][:U]
	kernel.Gemm(2, U, K, c[key:], x.keys(), 1, S, U, said, U, false)
	y, known := said[:U], said[U:2*U]
	kernel.Axpy(u, -decay, known)
	kernel.Scale(u, rate)
	kernel.Scale(y, decay)
	kernel.Axpy(y, kernel.Dot(c[key:key+K], k), u)
	x.change(S, k, u, decay)
}

// change sets S to decay·S + k·uᵀ.
func (x *Delta) change(S, k, u []float32, decay float32) {
	U := len(u)
	for i, k := range k {
		m := S[i*U : (i+1)*U]
		kernel.Scale(m, decay)
		kernel.Axpy(m, k, u)
	}
}

// keep writes the last tokens up to hi for the convolution.
func (d *Decoder) keep(v *deltaView, lo, hi int, from, to []float32) {
	B, W := v.x.conv(), v.x.Conv
	for i := range W - 1 {
		dst := to[v.conv+i*B:][:B]
		switch t := hi - (W - 1) + i; {
		case t >= lo:
			copy(dst, d.s.qkv[(v.q.row+t)*d.net.qkvRows:][:B])
		case from == nil:
			clear(dst)
		default: // i only grows, so that the same page is read before it is written
			copy(dst, from[v.conv+(W-1+t-lo)*B:][:B])
		}
	}
}

// gateAll scales all that the heads of group g give to row t by the gates of each.
func (d *Decoder) gateAll(t, g int) {
	c, s := &d.Shape, &d.s
	D, group := c.HeadDim, c.Heads/c.KVHeads
	for h := g * group; h < (g+1)*group; h++ {
		gateOutput(s.y.Row(t)[h*D:(h+1)*D], s.qkv[t*d.net.qkvRows+c.headAt(h)+D:])
	}
}

// gateOutput multiplies what a head puts out by its gates.
func gateOutput(y, gate []float32) {
	for i := range y {
		y[i] *= sigmoid(gate[i])
	}
}
