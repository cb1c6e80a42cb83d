package model

import (
	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// A Row is one packed row of training: whole documents, one after the other,
// that do not see each other.
type Row struct {
	IDs    []int32   // (T)
	Docs   []int     // bounds of the documents: 0, …, T
	Weight []float32 // (T) of the loss of predicting IDs[t] from the tokens before it; 0 at a document's first
	Soft   []Soft    // (T) what to predict instead of IDs[t] alone; nil: IDs[t]
}

// A Trainer computes losses and gradients. Its memory is one arena, taken
// when it is made; a step allocates nothing of a row's size.
//
// What a row goes through with one matrix belongs to one worker; a weight's
// gradient is split by output rows, each with all tokens in order. So the bits
// do not depend on the number of workers.
type Trainer struct {
	Params *Params // of a frozen model, its vectors
	Grads  *Params // of a frozen model, nil

	pairs     []*Pair   // adapters, in order
	lora      []float32 // all their numbers
	loraGrads []float32

	net       net
	matrices  []*dense
	team      *tensor.Team
	length    int
	recompute bool
	split     kernel.Split // gradients are products of numbers split so; 0: of whole ones
	rows      []rowState
	batch     []rowState // those in use
	scratch   []workScratch
	heads     headState
	tasks     []gradTask // of a block's weights
	splits    []splitTask
	loops     loops
	frozen    frozen
	arena     *tensor.Arena
}

// loops are the bodies of the trainer's parallel loops, made once: a closure
// that is handed to the team is an allocation.
type loops struct {
	forward, back                                      func(worker, i, part int)
	begin, grad, gradBehind, embed, place, pack, split func(worker, i int)

	l, which int // the block, and one of its matrices
}

func (t *Trainer) makeLoops() {
	t.loops = loops{
		forward:    func(w, i, part int) { t.forward(&t.batch[i], part, &t.scratch[w]) },
		begin:      t.beginBack,
		back:       func(w, i, part int) { t.back(&t.batch[i], t.loops.l, downLinear-part, &t.scratch[w]) },
		grad:       func(w, i int) { t.gradTask(t.loops.l, i, &t.scratch[w]) },
		gradBehind: func(w, i int) { t.gradTask(t.loops.l+1, i, &t.scratch[w]) },
		embed:      t.embedTask,
		place:      t.placeTask,
		split:      func(w, i int) { t.splitTask(t.loops.l, i, &t.scratch[w].dense) },
		pack: func(_, i int) {
			if i < len(t.matrices) {
				t.matrices[i].pack()
				return
			}
			t.pairs[i-len(t.matrices)].pack()
		},
	}
	t.frozen.loops(t)
	t.heads.loops(t)
}

// rowState is what one row of a micro-batch leaves between the phases.
type rowState struct {
	in     Row
	pos    []int32 // (T) position in its document
	layers []layerState
	grad   gradState  // of the block whose backward pass was last
	odd    *gradState // of the blocks with odd numbers, where those of two blocks are alive at a time; or nil
	xf     []float32  // (T, C) output of the last block
	nf     []float32  // (T, C) normalised; then the gradient of the embedded tokens
	rf     []float32  // (T)
	lo, hi int        // its supervised tokens among those of the micro-batch
	at     []int      // (S) where they stand: the target is at[i]+1
	norms  []vectorGrads
	dnorm  []float32 // (C) of the final norm
	dnormB []float32 // (C) of its bias
	all    []float32 // all vector gradients of the row, to be cleared

	inputs  [linears]*kernel.Input // of frozen matrices
	stateIn *kernel.Input          // of outLinear behind a state
	attn    *attnGrads             // of a frozen model; else a worker's
}

type workScratch struct {
	da    []float32 // (T, F)
	dn    []float32 // (T, C)
	grads attnGrads
	attn  attnScratch
	dense denseScratch
	state stateScratch

	expert expertScratch
	capped []float32 // (V) logits behind their cap, if they have one
}

// forwardAll runs the rows of a micro-batch through all blocks.
func (t *Trainer) forwardAll(micro []Row) {
	t.batch = t.rows[:len(micro)]
	t.heads.n, t.heads.taught = 0, false
	for i := range t.batch {
		t.load(&t.batch[i], micro[i])
	}
	if t.Grads != nil {
		t.team.Chains(len(t.batch), t.net.Layers*linears, t.loops.forward, 0, nil)
		return
	}
	t.forwardFrozen()
}

// load takes a row and finds its supervised tokens.
func (t *Trainer) load(r *rowState, in Row) {
	h := &t.heads
	r.in, r.at, r.lo = in, r.at[:0], h.n
	for d := range len(in.Docs) - 1 {
		for i := in.Docs[d]; i < in.Docs[d+1]; i++ {
			r.pos[i] = int32(i - in.Docs[d])
			if w := in.Weight[i]; w != 0 && i > in.Docs[d] {
				r.at = append(r.at, i-1)
				h.target[h.n], h.w[h.n], h.soft[h.n] = in.IDs[i], w, Soft{}
				if in.Soft != nil {
					h.soft[h.n], h.taught = in.Soft[i], true
				}
				h.n++
			}
		}
	}
	r.hi = h.n
}

// forward runs a row through one of the matrices of all blocks. Before the
// first it embeds the row, and behind the last it gathers its supervised outputs.
func (t *Trainer) forward(r *rowState, part int, s *workScratch) {
	if part == 0 {
		t.net.embedRows(r.layers[0].x, r.in.IDs)
		t.net.placeRows(r.layers[0].x, r.pos[:len(r.in.IDs)])
	}
	t.part(r, part/linears, part%linears, s)
	if part == t.net.Layers*linears-1 {
		t.outputs(r)
	}
}

// next returns where the output of a row's block l lies. (T, C)
func (r *rowState) next(l int) []float32 {
	if l+1 < len(r.layers) {
		return r.layers[l+1].x
	}
	return r.xf
}

// gradOf returns the gradients of block l.
func (r *rowState) gradOf(l int) *gradState {
	if r.odd != nil && l%2 == 1 {
		return r.odd
	}
	return &r.grad
}

// overlaps reports whether the gradients of two blocks are alive at a time.
func (t *Trainer) overlaps() bool {
	return t.Grads != nil && !t.recompute && t.net.Experts == 0 && t.net.Layers > 1
}

// outputs gathers a row's supervised outputs.
func (t *Trainer) outputs(r *rowState) {
	w, n, C := &t.net, len(r.in.IDs), t.net.Width
	for i := range n {
		r.rf[i] = w.normalise(r.nf[i*C:(i+1)*C], r.xf[i*C:(i+1)*C], w.norm, w.normB)
	}
	for i, at := range r.at {
		copy(t.heads.h[(r.lo+i)*C:][:C], r.nf[at*C:])
	}
}

// block runs block l up to its last product.
func (t *Trainer) block(r *rowState, l int, s *workScratch) {
	t.part(r, l, qkvLinear, s)
	t.part(r, l, outLinear, s)
	t.part(r, l, gateUpLinear, s)
}

// part runs what block l does with one of its matrices.
func (t *Trainer) part(r *rowState, l, which int, s *workScratch) {
	w, n, st, next, m := &t.net, len(r.in.IDs), &r.layers[l], r.next(l), t.net.blocks[l][which]
	if which == downLinear && w.Experts > 0 {
		t.expertsOut(r, l, s)
		return
	}
	w.before(which, st, l, 0, n, next)
	if which == qkvLinear || which == gateUpLinear {
		t.keep(r, l, which)
	}
	x, y, ld, add := w.product(which, st, next)
	m.forward(n, x, st.ld[which], y, ld, add, &s.dense)
	m.adapt(x, y, ld, 0, n, &s.dense)
	w.after(which, st, l, 0, n, r.pos, next)
	switch which {
	case qkvLinear:
		if st.state != nil {
			w.rule(r, l, &s.state)
			return
		}
		for g := range w.KVHeads {
			w.attend(st, l, g, r.in.Docs, &s.attn)
		}
	case gateUpLinear:
		if w.Experts > 0 {
			t.expertsIn(r, l, s)
			return
		}
		t.keep(r, l, downLinear)
	}
}

// keep splits what a matrix read, if gradients are made of split numbers, once
// for all tasks that multiply by it.
func (t *Trainer) keep(r *rowState, l, which int) {
	s := &r.layers[l]
	if s.in[which] == nil { // nor of what a router read
		return
	}
	_, _, x, in := t.net.outer(which, s, r.gradOf(l))
	t.split.Pack(words(s.in[which]), len(r.in.IDs), in, x, s.ld[which])
}

// backwardAll takes the rows of a micro-batch back through all blocks, one
// block at a time, and adds the gradients of all parameters: those of a block
// beside the way back through the one before it, where both have memory.
func (t *Trainer) backwardAll() {
	t.team.For(len(t.batch), t.loops.begin)
	tasks := 0 // that wait
	for l := t.net.Layers - 1; l >= 0; l-- {
		t.loops.l = l
		t.team.For(len(t.splits), t.loops.split)
		switch {
		case t.Grads == nil:
			t.backFrozen(l)
			t.team.For(len(t.tasks), t.loops.grad)
		case t.overlaps():
			t.team.Chains(len(t.batch), linears, t.loops.back, tasks, t.loops.gradBehind)
			tasks = len(t.tasks)
		default:
			t.team.Chains(len(t.batch), linears, t.loops.back, 0, nil)
			t.team.For(len(t.tasks), t.loops.grad)
		}
	}
	t.team.For(tasks, t.loops.grad)
	if t.Grads == nil {
		return
	}
	t.team.For((t.net.Vocab+gradSpan-1)/gradSpan, t.loops.embed)
	if t.net.Learned {
		t.team.For((t.net.Context+gradSpan-1)/gradSpan, t.loops.place)
	}
	for j := range t.batch {
		r := &t.batch[j]
		for l := range r.norms {
			g, from := &t.Grads.layers[l], &r.norms[l]
			for _, x := range [...]struct{ to, from []float32 }{{g.attnNorm, from.attn}, {g.bias, from.bias}, {g.qNorm, from.q}, {g.kNorm, from.k}, {g.mlpNorm, from.mlp}, {g.attnPost, from.attnPost}, {g.mlpPost, from.mlpPost},
				{g.attnNormB, from.attnNormB}, {g.mlpNormB, from.mlpNormB}, {g.outBias, from.out}, {g.upBias, from.up}, {g.downBias, from.down}} {
				kernel.Add(x.to, x.to, x.from)
			}
			t.net.Delta.addStates(&g.state, &from.state, t.scratch[0].state.tmp)
		}
		kernel.Add(t.Grads.norm, t.Grads.norm, r.dnorm)
		kernel.Add(t.Grads.normB, t.Grads.normB, r.dnormB)
	}
}

// beginBack takes the gradient of a row's outputs to that of the last block's.
func (t *Trainer) beginBack(worker, i int) {
	r, s := &t.batch[i], &t.scratch[worker]
	w, n, C := &t.net, len(r.in.IDs), t.net.Width
	clear(r.all)
	dn := s.dn[:n*C]
	clear(dn)
	for i, at := range r.at {
		copy(dn[at*C:(at+1)*C], t.heads.dh[(r.lo+i)*C:])
	}
	dx := r.nf[:n*C] // nf is no longer needed: it becomes the gradient
	clear(dx)
	for i := range n {
		w.normaliseGrad(dx[i*C:(i+1)*C], r.dnorm, r.dnormB, r.xf[i*C:(i+1)*C], w.norm, dn[i*C:(i+1)*C], r.rf[i])
	}
}

// back takes a row back through one of the matrices of block l, from the last
// of them to the first.
func (t *Trainer) back(r *rowState, l, which int, s *workScratch) {
	if which == downLinear && t.again(l) {
		t.block(r, l, s)
		if t.net.PostNorms { // what was not normalised is asked for
			t.part(r, l, downLinear, s)
		}
	}
	n, st, v, g := len(r.in.IDs), &r.layers[l], &r.norms[l], r.gradOf(l)
	if which == downLinear && t.net.Experts > 0 {
		copy(g.dtop, r.nf[:n*t.net.Width])
		t.expertsBack(r, l, s)
		return
	}
	if which == outLinear {
		t.keep(r, l, which)
	}
	t.net.back(which, st, g, l, 0, n, r.nf, v, &s.grads, s, false)
	switch {
	case which == outLinear && st.state != nil:
		t.net.ruleBack(r, l, s.grads.dy, v, &s.state)
	case which == outLinear:
		for h := range t.net.KVHeads {
			t.net.attendBack(st, l, h, r.in.Docs, &s.grads, g.dqkv, &s.attn)
		}
		t.net.turnBack(st, g, l, 0, n, r.pos, v, &s.grads)
	case which == qkvLinear && l == 0 && t.net.Embed != 1:
		kernel.Scale(r.nf[:n*t.net.Width], t.net.Embed)
	}
}

// again reports whether block l has to be run again on the way back: not the
// last, whose state is still there.
func (t *Trainer) again(l int) bool { return t.recompute && l < t.net.Layers-1 }

// A gradTask is a part of the gradient of a block's weights: rows lo to hi of
// one of its matrices, or one of the two matrices of an adapter.
type gradTask struct{ which, lo, hi, pair, expert int } // −1: no adapter, no expert

// gradSpan is the output rows of a task; of split numbers more, which are
// multiplied faster than what they are multiplied by is read.
const (
	gradSpan      = 192
	gradSpanSplit = 256
)

// layTasks lists the tasks of a block.
func (t *Trainer) layTasks() {
	c := &t.net.Shape
	rows := [linears]int{qkvLinear: c.inputs(), outLinear: c.Width, gateUpLinear: c.ups(), downLinear: c.Width}
	if c.Experts > 0 {
		rows[gateUpLinear], rows[downLinear] = c.scored(), 0
		t.layExpertTasks()
	}
	span := gradSpan
	if t.split > 0 {
		span = gradSpanSplit
	}
	for which := downLinear; which >= qkvLinear; which-- { // the longest first, the last in halves, so that the workers end together
		n := rows[which]
		if which == outLinear {
			span /= 2
		}
		if t.Grads != nil {
			for lo := 0; lo < n; lo += span {
				t.tasks = append(t.tasks, gradTask{which, lo, min(lo+span, n), -1, -1})
			}
		}
		for i := range t.net.mostRanks(which) {
			t.tasks = append(t.tasks, gradTask{which, 0, 0, i, -1}, gradTask{which, 1, 0, i, -1})
		}
	}
}

// gradTask adds a part of the gradients of block l's weights, from the states
// of all rows: dW += dYᵀ·X. It owns that part and takes all tokens in order,
// so the bits do not depend on who else runs.
func (t *Trainer) gradTask(l, i int, s *workScratch) {
	k := &t.tasks[i]
	if k.expert >= 0 {
		if k.pair >= 0 {
			t.expertPairGrad(l, k, &s.expert)
		} else {
			t.expertGrad(l, k, &s.expert)
		}
		return
	}
	d := t.net.blocks[l][k.which] // of which another block may have more
	if k.pair >= len(d.loras) || k.pair < 0 && k.lo >= d.rows {
		return
	}
	hi := min(k.hi, d.rows)
	for j := range t.batch {
		r := &t.batch[j]
		n, st := len(r.in.IDs), &r.layers[l]
		dy, out, x, in := t.net.outer(k.which, st, r.gradOf(l))
		if k.pair >= 0 {
			d.loras[k.pair].grad(k.lo, &r.grad.pairs[k.which][k.pair], x, dy, n, out)
			continue
		}
		dw := t.Grads.layers[l].matrix(k.which).f[k.lo*in:]
		if split := st.in[k.which]; split != nil {
			t.split.Gemm(hi-k.lo, in, n, dy[k.lo:], 1, out, words(split), dw, in, true)
		} else {
			kernel.Gemm(hi-k.lo, in, n, dy[k.lo:], 1, out, x, st.ld[k.which], dw, in, true)
		}
	}
}

// embedTask adds the gradient of a span of the embeddings.
func (t *Trainer) embedTask(_, i int) {
	C := t.net.Width
	lo := int32(i * gradSpan)
	hi := min(lo+gradSpan, int32(t.net.Vocab))
	for j := range t.batch {
		for at, id := range t.batch[j].in.IDs {
			if id >= lo && id < hi {
				g := t.Grads.embed.f[int(id)*C:][:C]
				kernel.Add(g, g, t.batch[j].nf[at*C:][:C])
			}
		}
	}
}

// Repack makes the forward pass see changed parameters. It must be called
// after every change of them.
func (t *Trainer) Repack() {
	if t.Grads != nil {
		t.Params.snap()
		t.net.makeStates()
	}
	t.team.For(len(t.matrices)+len(t.pairs), t.loops.pack)
}

// Trained returns what is trained, and the gradients that Accumulate adds to:
// all parameters, or the adapters alone under the names of the peft library.
func (t *Trainer) Trained() (params, grads []Tensor) {
	if t.Grads != nil {
		return t.Params.Tensors(), t.Grads.Tensors()
	}
	for _, p := range t.pairs {
		a, b := peftPrefix+p.name+".lora_A.weight", peftPrefix+p.name+".lora_B.weight"
		params = append(params, Tensor{Name: a, Shape: []int{p.rank, p.cols}, Data: p.a, Matrix: true}, Tensor{Name: b, Shape: []int{p.rows, p.rank}, Data: p.b, Matrix: true})
		grads = append(grads, Tensor{Name: a, Shape: []int{p.rank, p.cols}, Data: p.da, Matrix: true}, Tensor{Name: b, Shape: []int{p.rows, p.rank}, Data: p.db, Matrix: true})
	}
	return params, grads
}

// State returns all numbers that are trained, in the order of Trained.
func (t *Trainer) State() []float32 {
	if t.Grads != nil {
		return t.Params.All
	}
	return t.lora
}

// Team returns the trainer's workers, for its optimiser.
func (t *Trainer) Team() *tensor.Team { return t.team }

// Close frees the trainer's memory.
func (t *Trainer) Close() { t.arena.Close() }

// Logits returns the logits of every token of a row, by the training forward
// pass. (T, V)
func (t *Trainer) Logits(row Row) []float32 {
	n := len(row.IDs)
	z := make([]float32, n*t.net.Vocab)
	t.Read(row)(0, n, z)
	return z
}

// Read reads a row, by the training forward pass, and returns what writes the
// logits of its tokens lo to hi to z. (hi-lo, V) It is good until t reads or
// learns again.
func (t *Trainer) Read(row Row) (logits func(lo, hi int, z []float32)) {
	t.forwardAll([]Row{row})
	return func(lo, hi int, z []float32) {
		C, V := t.net.Width, t.net.Vocab
		defer t.net.capLogits(z[:(hi-lo)*V])
		if t.heads.block == nil {
			kernel.GemmPacked(hi-lo, V, C, t.rows[0].nf[lo*C:], C, 1, t.net.head.packed, z, V, false)
			return
		}
		for ; lo < hi; lo += t.heads.most {
			m := min(t.heads.most, hi-lo)
			t.heads.wideLogits(t, t.rows[0].nf[lo*C:], m)
			copy(z, t.heads.logits[:m*V])
			z = z[m*V:]
		}
	}
}
