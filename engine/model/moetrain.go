package model

import (
	"unsafe"

	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// A mixture of experts in training. Its router stands where other blocks have
// gate and up, and nothing where they have down: among the linears of a block
// gateUpLinear is the router, downLinear is empty. The experts are beside.
//
// A slot is a token that asks an expert. The slots of a row lie by expert, and
// those of an expert in the order of tokens: its gradient is a sum in that
// order, and what a token gets of its experts is added by rank. So nothing
// depends on who runs what.
//
// Here E and K count the shared expert, too (scored, asks): every token asks it.

// expertDense is an expert's matrices, of a trained or of a frozen model.
type expertDense struct{ gateUp, down *dense }

// mixState is what the forward pass of a block of one row leaves behind of its
// mixture.
type mixState struct {
	probs  []float32 // (T, E) of the router; becomes the gradient of its product
	weight []float32 // (T, K) of the experts that a token asks, by rank
	chosen []int32   // (T, K) which those are
	slot   []int32   // (T, K) and their slots
	asked  []int32   // (T·K) by slot: t·K + rank
	from   []int32   // (E+1) the first slot of each expert
	gateUp []float32 // (T·K, 2F) by slot; becomes its own gradient. F: of the widest
}

// mixGrad is what its backward pass leaves behind; the blocks of a row share it.
type mixGrad struct {
	act []float32 // (T·K, F) by slot, an expert's side by side; on the way back of a trained model, times the slot's weight
	out []float32 // (T·K, C) by slot: what the expert says, or the gradient of what it read
	dw  []float32 // (T, K) gradient of the weights

	pairs [linears][]pairState // (T·K, rank) by slot, of the experts' adapters
}

// expertScratch is one worker's memory for experts.
type expertScratch struct {
	rows   []float32        // (T, C) the tokens that ask an expert, side by side
	packed []float32        // what they read, split
	in     [3]*kernel.Input // of frozen gateUp and down, and of the shared expert's down
	dense  denseScratch
	pairs  [2]pairState // of the slots of one expert
}

// matrix returns the one that stands for a linear of a block.
func (x *expertDense) matrix(which int) *dense {
	if which == gateUpLinear {
		return x.gateUp
	}
	return x.down
}

// linears returns those of a block, as a trainer sees them.
func (b *decoderBlock) linears() [linears]*linear {
	list := [linears]*linear{qkvLinear: &b.qkv, outLinear: &b.out, gateUpLinear: &b.gateUp, downLinear: &b.down}
	if b.experts != nil {
		list[gateUpLinear] = &b.router
	}
	return list
}

// upAt is where expert e begins in Layer.gateUp, downAt where in Layer.down.
func (s *Shape) upAt(e int) int   { return e * 2 * s.Hidden * s.Width }
func (s *Shape) downAt(e int) int { return e * s.Width * s.Hidden }

// addExperts lays out the experts of block i, to be trained.
func (w *net) addExperts(i int, half bool, a *tensor.Arena) {
	p, C := &w.layers[i], w.Width
	var list []expertDense
	for e := range w.scored() {
		F, up, down := w.hiddenOf(e), w.upAt(e), w.downAt(e)
		list = append(list, expertDense{
			newDense(2*F, C, p.gateUp.part(up, up+2*F*C), nil, half, a), newDense(C, F, p.down.part(down, down+C*F), nil, half, a),
		})
	}
	w.experts = append(w.experts, list)
}

// addFrozenExperts adds those of a block that are not trained.
func (w *net) addFrozenExperts(b *decoderBlock) {
	var list []expertDense
	for e := range b.experts {
		list = append(list, expertDense{newFrozen(&b.experts[e].gateUp), newFrozen(&b.experts[e].down)})
	}
	w.experts = append(w.experts, list)
}

func layMixState(c *Shape, t int, a *tensor.Arena) mixState {
	slots := t * c.asks()
	return mixState{
		probs: a.Float32(t * c.scored()), weight: a.Float32(slots), chosen: int32s(slots, a), slot: int32s(slots, a),
		asked: int32s(slots, a), from: int32s(c.scored()+1, a), gateUp: a.Float32(slots * apart(2*c.widest())),
	}
}

func (w *net) layMixGrad(t int, a *tensor.Arena) mixGrad {
	slots := t * w.asks()
	g := mixGrad{act: a.Float32(slots * w.widest()), out: a.Float32(slots * w.Width), dw: a.Float32(slots)}
	for which := gateUpLinear; which <= downLinear; which++ {
		var ranks []int
		for e := range w.scored() {
			for _, block := range w.experts {
				ranks = larger(ranks, block[e].matrix(which).loras)
			}
		}
		for _, rank := range ranks {
			g.pairs[which] = append(g.pairs[which], pairState{a.Float32(slots * rank), a.Float32(slots * rank)})
		}
	}
	return g
}

// mostExpertLoras is how many adapters the matrix of expert e has at most in a block.
func (w *net) mostExpertLoras(e, which int) (n int) {
	for _, block := range w.experts {
		n = max(n, len(block[e].matrix(which).loras))
	}
	return n
}

// pairsOf returns the states of the adapters of an expert's matrix d for n slots from
// lo on, of those that begin at first.
func (s *expertScratch) pairsOf(g *mixGrad, which, first, lo, n int, d *dense) []pairState {
	for i, l := range d.loras {
		p := &g.pairs[which][i]
		at := first*(len(p.mid)/len(g.dw)) + (lo-first)*l.rank // room is for the largest rank: experts of others do not meet
		s.pairs[i] = pairState{p.mid[at:][:n*l.rank], p.dmid[at:][:n*l.rank]}
	}
	return s.pairs[:len(d.loras)]
}

// int32s takes whole numbers of an arena, so that they are counted.
func int32s(n int, a *tensor.Arena) []int32 {
	mem := a.Float32(n)
	if mem == nil {
		return nil
	}
	return unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(mem))), n)
}

// layExperts lays out the workers' scratch for experts.
func (t *Trainer) layExperts(s *workScratch, a *tensor.Arena) {
	w, T := &t.net, t.length
	if w.Experts == 0 {
		return
	}
	x := &s.expert
	x.rows = a.Float32(T * w.Width)
	x.dense = s.dense
	if t.Grads != nil {
		t.splitExperts(x, a)
		return
	}
	var want [3]kernel.Forms
	for _, block := range w.experts {
		for e := range block {
			want[0] |= block[e].gateUp.forms()
			want[w.downIn(e)] |= block[e].down.forms()
		}
	}
	cols, floats := [3]int{w.Width, w.Hidden, w.Shared}, 0
	for i, n := range cols {
		floats = max(floats, kernel.IntegerFloats(T, n, want[i]))
	}
	mem := a.Float32(floats) // one product's at a time
	for i, n := range cols {
		if n > 0 {
			x.in[i] = kernel.NewIntegers(T, n, want[i], mem)
		}
	}
	wide := 0
	for _, block := range w.experts {
		for _, e := range block {
			wide = max(wide, e.gateUp.wideFloats(), e.down.wideFloats())
		}
	}
	x.dense.wide = a.Float32(wide)
	t.splitExperts(x, a)
}

// downIn is which of expertScratch.in the down of expert e reads.
func (s *Shape) downIn(e int) int {
	if e == s.Experts {
		return 2
	}
	return 1
}

// slots returns those of expert e, from the slot lo on, as t·K + rank.
func (m *mixState) slots(e int) (asked []int32, lo int) {
	lo = int(m.from[e])
	return m.asked[lo:m.from[e+1]], lo
}

// route turns the router's product into probabilities and finds the experts
// of tokens lo to hi.
func (w *net) route(s *layerState, lo, hi int) {
	E, K, m := w.scored(), w.asks(), &s.mix
	for t := lo; t < hi; t++ {
		scores := m.probs[t*E : (t+1)*E]
		kernel.Scale(scores[:w.Experts], w.Shape.route(scores, m.chosen[t*K:(t+1)*K], m.weight[t*K:(t+1)*K]))
	}
}

// group gives n tokens their slots.
func (m *mixState) group(n, K int) {
	clear(m.from)
	for _, e := range m.chosen[:n*K] {
		m.from[e+1]++
	}
	for e := range len(m.from) - 1 {
		m.from[e+1] += m.from[e]
	}
	for i, e := range m.chosen[:n*K] {
		at := m.from[e]
		m.slot[i], m.asked[at] = at, int32(i)
		m.from[e]++ // until all have theirs
	}
	copy(m.from[1:], m.from)
	m.from[0] = 0
}

// gather copies the tokens of slots from x, side by side. (n, C)
func (s *expertScratch) gather(x []float32, asked []int32, C, K int) {
	for i, a := range asked {
		copy(s.rows[i*C:(i+1)*C], x[int(a)/K*C:])
	}
}

// mul multiplies one of an expert's matrices with n tokens. y (n, ld)
func (d *dense) mul(in *kernel.Input, n int, x, y []float32, ld int, s *denseScratch) {
	if d.pieces == nil {
		d.forward(n, x, d.cols, y, ld, false, s)
		return
	}
	in.Use(x)
	in.Quantise(0, n, d.forms())
	for i := range d.pieces {
		d.pieces[i].mul(in, n, y, ld, false)
	}
}

// expertIn multiplies expert e of block l with tokens that ask it, of the slots from lo
// on.
func (w *net) expertIn(r *rowState, l, e int, asked []int32, lo int, s *expertScratch) {
	st, wide := &r.layers[l], apart(2*w.widest())
	if len(asked) > 0 {
		d, y := w.experts[l][e].gateUp, st.mix.gateUp[lo*wide:]
		s.gather(st.n2, asked, w.Width, w.asks())
		d.mul(s.in[0], len(asked), s.rows, y, wide, &s.dense)
		d.adapt(s.rows, y, wide, 0, len(asked), &s.dense)
	}
}

// expertOut makes what expert e of block l says to them.
func (w *net) expertOut(r *rowState, l, e int, asked []int32, lo int, s *expertScratch) {
	C := w.Width
	if len(asked) == 0 {
		return
	}
	d, x, y := w.experts[l][e].down, w.expertAct(r, l, e, lo, len(asked)), r.grad.mix.out[lo*C:]
	d.mul(s.in[w.downIn(e)], len(asked), x, y, C, &s.dense)
	d.adapt(x, y, C, 0, len(asked), &s.dense)
}

// expertAct makes the activations of n slots of expert e, which begin at lo. (n, F)
func (w *net) expertAct(r *rowState, l, e, lo, n int) []float32 {
	F, wide, coarse := w.hiddenOf(e), apart(2*w.widest()), w.experts[l][e].down.forms() != 0
	act := w.acts(r, l, e, lo, n)
	for i := range n {
		gu := r.layers[l].mix.gateUp[(lo+i)*wide:]
		w.Act.gate(act[i*F:(i+1)*F], gu[:F], gu[F:2*F], coarse)
	}
	return act
}

// acts returns where they lie.
func (s *Shape) acts(r *rowState, l, e, lo, n int) []float32 {
	F, first := s.hiddenOf(e), int(r.layers[l].mix.from[e])
	return r.grad.mix.act[first*s.widest()+(lo-first)*F:][:n*F]
}

// mixed sets next to x1 and what the experts of tokens lo to hi say.
func (w *net) mixed(r *rowState, l, lo, hi int) {
	C, K, st, next := w.Width, w.asks(), &r.layers[l], r.next(l)
	copy(next[lo*C:hi*C], st.x1[lo*C:])
	for i := lo * K; i < hi*K; i++ {
		t := i / K
		kernel.Axpy(next[t*C:(t+1)*C], st.mix.weight[i], r.grad.mix.out[int(st.mix.slot[i])*C:][:C])
	}
}

// downBack takes the gradient of what expert e of block l said, of the slots from lo
// on, to that of its first product, in its place, and to that of its weights. It leaves
// the activations times the weights, which the gradient of its second matrix needs. A
// frozen matrix is unpacked in ds.
func (w *net) downBack(r *rowState, l, e int, asked []int32, lo int, s *workScratch, ds *denseScratch) {
	st, x, C, F, wide := &r.layers[l], &s.expert, w.Width, w.hiddenOf(e), apart(2*w.widest())
	if len(asked) == 0 {
		return
	}
	x.gather(r.nf, asked, C, w.asks())
	acts, d := w.expertAct(r, l, e, lo, len(asked)), w.experts[l][e].down
	pairs := x.pairsOf(&r.grad.mix, downLinear, int(st.mix.from[e]), lo, len(asked), d)
	d.back(x.rows, C, 0, len(asked), acts, s.da, ds, pairs)
	for i, a := range asked {
		act, da, gu := acts[i*F:(i+1)*F], s.da[i*F:(i+1)*F], st.mix.gateUp[(lo+i)*wide:]
		r.grad.mix.dw[a] = kernel.Dot(act, da)
		kernel.Scale(act, st.mix.weight[a])
		kernel.Scale(da, st.mix.weight[a])
		for _, p := range pairs {
			rank := len(p.mid) / len(asked)
			kernel.Scale(p.mid[i*rank:(i+1)*rank], st.mix.weight[a])
		}
		w.Act.gateGrad(gu[:F], gu[F:2*F], da)
	}
}

// upBack takes that further, to the gradient of what the expert read.
func (w *net) upBack(r *rowState, l, e int, asked []int32, lo int, s *workScratch, ds *denseScratch) {
	m, x, wide := &r.layers[l].mix, &s.expert, apart(2*w.widest())
	if len(asked) > 0 {
		d := w.experts[l][e].gateUp
		pairs := x.pairsOf(&r.grad.mix, gateUpLinear, int(m.from[e]), lo, len(asked), d)
		if len(pairs) > 0 {
			x.gather(r.layers[l].n2, asked, w.Width, w.asks())
		}
		d.back(m.gateUp[lo*wide:], wide, 0, len(asked), x.rows, r.grad.mix.out[lo*w.Width:], ds, pairs)
	}
}

// routeBack takes the gradient of the experts' weights to that of the router's
// product, for tokens lo to hi. Which experts are asked has no gradient.
func (w *net) routeBack(s *layerState, g *gradState, lo, hi int) {
	E, K, N, A, m := w.Experts, w.Chosen, w.scored(), w.asks(), &s.mix
	for t := lo; t < hi; t++ {
		p, dw := m.probs[t*N:][:E], g.mix.dw[t*A:][:K]
		chosen, weight := m.chosen[t*A:][:K], m.weight[t*A:][:K]
		if w.Shared > 0 {
			x := m.weight[t*A+K] // of a sigmoid
			m.probs[t*N+E] = g.mix.dw[t*A+K] * float32(x*(1-x))
		}
		var sum, inner float32
		for k, e := range chosen {
			sum += p[e]
			inner += float32(dw[k] * weight[k])
		}
		if !w.Renorm {
			sum, inner = 1, 0
		}
		var all float32
		for k, e := range chosen {
			dw[k] = float32((dw[k] - inner) / sum * p[e]) // not fused with what it is added to
			all += dw[k]
		}
		kernel.Scale(p, -all)
		for k, e := range chosen {
			p[e] += dw[k]
		}
	}
}

// readBack adds to dn, the gradient of what the router of tokens lo to hi
// read, that of what their experts read. (hi-lo, C)
func (w *net) readBack(s *layerState, g *gradState, lo, hi int, dn []float32) {
	C, K := w.Width, w.asks()
	for i := lo * K; i < hi*K; i++ {
		row := dn[(i/K-lo)*C:][:C]
		kernel.Add(row, row, g.mix.out[int(s.mix.slot[i])*C:][:C])
	}
}

// expertsIn runs the router's choice and the first half of block l's experts,
// on one row.
func (t *Trainer) expertsIn(r *rowState, l int, s *workScratch) {
	r.layers[l].mix.group(len(r.in.IDs), t.net.asks())
	for e := range t.net.experts[l] {
		asked, lo := r.layers[l].mix.slots(e)
		t.net.expertIn(r, l, e, asked, lo, &s.expert)
	}
}

// expertsOut runs the other half.
func (t *Trainer) expertsOut(r *rowState, l int, s *workScratch) {
	for e := range t.net.experts[l] {
		asked, lo := r.layers[l].mix.slots(e)
		t.net.expertOut(r, l, e, asked, lo, &s.expert)
	}
	t.net.mixed(r, l, 0, len(r.in.IDs))
}

// expertsBack takes a row back through block l's experts.
func (t *Trainer) expertsBack(r *rowState, l int, s *workScratch) {
	for e := range t.net.experts[l] {
		asked, lo := r.layers[l].mix.slots(e)
		t.net.downBack(r, l, e, asked, lo, s, &s.expert.dense)
		t.net.upBack(r, l, e, asked, lo, s, &s.expert.dense)
	}
}

// expertSpan is the output rows of a task of an expert's gradient.
const expertSpan = 4 * gradSpan

// layExpertTasks lists the tasks of a block's experts.
func (t *Trainer) layExpertTasks() {
	for e := range t.net.scored() {
		for which := downLinear; which >= gateUpLinear; which-- {
			for i := range t.net.mostExpertLoras(e, which) {
				t.tasks = append(t.tasks, gradTask{which, 0, 0, i, e}, gradTask{which, 1, 0, i, e})
			}
		}
		if t.Grads == nil {
			continue
		}
		for lo := 0; lo < t.net.Width; lo += expertSpan {
			t.tasks = append(t.tasks, gradTask{downLinear, lo, min(lo+expertSpan, t.net.Width), -1, e})
		}
		rows := 2 * t.net.hiddenOf(e)
		for lo := 0; lo < rows; lo += expertSpan {
			t.tasks = append(t.tasks, gradTask{gateUpLinear, lo, min(lo+expertSpan, rows), -1, e})
		}
	}
}

// expertGrad adds a part of the gradients of an expert of block l: of a row the
// tokens that ask it, in order.
func (t *Trainer) expertGrad(l int, k *gradTask, s *expertScratch) {
	c, g := &t.net.Shape, &t.Grads.layers[l]
	C, F, K, wide := c.Width, c.hiddenOf(k.expert), c.asks(), apart(2*c.widest())
	for j := range t.batch {
		r := &t.batch[j]
		st := &r.layers[l]
		asked, lo := st.mix.slots(k.expert)
		n := len(asked)
		switch {
		case n == 0:
		case k.which == gateUpLinear:
			s.gather(st.n2, asked, C, K)
			dw := g.gateUp.f[c.upAt(k.expert)+k.lo*C:]
			t.addOuterOf(dw, k.hi-k.lo, C, n, st.mix.gateUp[lo*wide+k.lo:], wide, s.rows, s.packed)
		default:
			s.gather(r.grad.dtop, asked, C, K)
			dw := g.down.f[c.downAt(k.expert)+k.lo*F:]
			t.addOuterOf(dw, k.hi-k.lo, F, n, s.rows[k.lo:], C, c.acts(r, l, k.expert, lo, n), s.packed)
		}
	}
}

// expertPairGrad adds the gradients of one of the matrices of an adapter of an
// expert of block l.
func (t *Trainer) expertPairGrad(l int, k *gradTask, s *expertScratch) {
	c := &t.net.Shape
	C, K, wide := c.Width, c.asks(), apart(2*c.widest())
	d := t.net.experts[l][k.expert].matrix(k.which)
	if k.pair >= len(d.loras) { // another block's has more
		return
	}
	pair := d.loras[k.pair]
	for j := range t.batch {
		r := &t.batch[j]
		st, g := &r.layers[l], &r.grad.mix
		asked, lo := st.mix.slots(k.expert)
		n := len(asked)
		if n == 0 {
			continue
		}
		state := &s.pairsOf(g, k.which, lo, lo, n, d)[k.pair]
		switch {
		case k.which == downLinear:
			s.gather(r.grad.dtop, asked, C, K)
			pair.grad(k.lo, state, c.acts(r, l, k.expert, lo, n), s.rows, n, C)
		default:
			s.gather(st.n2, asked, C, K)
			pair.grad(k.lo, state, s.rows, st.mix.gateUp[lo*wide:], n, wide)
		}
	}
}
