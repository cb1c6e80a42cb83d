package model

import "suiren/engine/kernel"

// attend does one job of block l's attention.
func (d *Decoder) attend(w *decodeWorker, p *Pages, seqs []Seq, l int, j attendJob) {
	c, s := &d.Shape, &d.s
	D, N, Q, group := c.HeadDim, d.net.qkvRows, c.q(), c.Heads/c.KVHeads
	q := &seqs[j.seq]
	pages := q.Full
	if c.class(l) == 1 {
		pages = q.Window
	}
	v := view{w: w, p: p, pages: pages, l: l, g: j.g}
	row, pos := j.row+j.t, q.At+j.t
	if j.m == 1 { // all heads of the group read the keys once
		h := j.g * group
		d.look(&v, s.qkv[row*N+c.headAt(h):], c.queryStep(), s.y.Floats()[row*Q+h*D:], D, group, pos, 0)
		d.gate(row, j.g)
		return
	}
	for h := j.g * group; h < (j.g+1)*group; h++ {
		for t := 0; t < j.m; {
			m := min(j.m-t, max(1, len(w.scores)/(pos+j.m+PageTokens)))
			d.look(&v, s.qkv[(row+t)*N+c.headAt(h):], N, s.y.Floats()[(row+t)*Q+h*D:], Q, m, pos+t, 1)
			t += m
		}
	}
	for t := range j.m {
		d.gate(row+t, j.g)
	}
}

// gate scales what the heads of group g give to row t, where they have gates.
func (d *Decoder) gate(t, g int) {
	c, s := &d.Shape, &d.s
	switch {
	case c.OutGate:
		d.gateAll(t, g)
		return
	case !c.HeadGate:
		return
	}
	D, group := c.HeadDim, c.Heads/c.KVHeads
	y, gate := s.y.Row(t), s.qkv[t*d.net.qkvRows+c.qkv():]
	for h := g * group; h < (g+1)*group; h++ {
		kernel.Scale(y[h*D:(h+1)*D], sigmoid(gate[h]))
	}
}

// A view is the keys and values of one head of one sequence.
type view struct {
	w     *decodeWorker
	p     *Pages
	pages []int32
	l, g  int
}

// look attends m queries, ldq apart; query r stands at position pos+r·more.
//
// Every row of scores begins at the first key that its query sees, and
// products with values begin at multiples of KC, so the bits depend neither
// on m nor on where the pages are.
func (d *Decoder) look(v *view, q []float32, ldq int, y []float32, ldy, m, pos, more int) {
	c, w := &d.Shape, v.w
	D := c.HeadDim
	first := func(r int) int { // key that query r sees
		if c.sliding(v.l) {
			return max(0, pos+r*more+1-c.Window)
		}
		return 0
	}
	lo, hi := first(0)&^(PageTokens-1), pos+(m-1)*more+1
	width := (hi - lo + PageTokens - 1) &^ (PageTokens - 1)
	for at := lo; at < hi; at += PageTokens {
		k := v.p.keys(v.l, v.g, v.pages[at/PageTokens], w.k)
		kernel.GemmPacked(m, PageTokens, D, q, ldq, 1, k, w.scores[at-lo:], width, false)
	}
	var inv [tile]float32
	for r := range m {
		row := w.scores[r*width : (r+1)*width]
		from, to := first(r)-lo, pos+r*more+1-lo
		if c.CapScores > 0 {
			kernel.SoftCap(row[from:to], c.CapScores)
		}
		clear(row[:from])
		_, inv[r] = softmaxRow(row[from:], to-from)
	}
	for from := lo; from < hi; {
		to := min(hi, (from/kernel.KC+1)*kernel.KC)
		for at := from; at < to; at += PageTokens {
			v.p.values(v.l, v.g, v.pages[at/PageTokens], w.v[(at-from)*D:])
		}
		kernel.Gemm(m, D, to-from, w.scores[from-lo:], width, 1, w.v, D, y, ldy, from > lo)
		from = to
	}
	for r := range m {
		kernel.Scale(y[r*ldy:][:D], inv[r])
	}
}
