package model

import (
	"slices"

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
// A row's forward and backward pass belong to one worker; a weight's gradient
// is split by output rows, each with all tokens in order. So the bits do not
// depend on the number of workers.
type Trainer struct {
	Params *Params
	Grads  *Params

	net     net
	team    *tensor.Team
	length  int
	rows    []rowState
	scratch []workScratch
	logits  []float32 // (group·T, V)
	tied    []float32 // (V, C) the head's part of the embedding's gradient, apart so that micro-batches do not change the order of additions
	group   int       // rows whose logits are alive at a time
	arena   *tensor.Arena
}

// rowState is what one row of a micro-batch leaves between the phases.
type rowState struct {
	in     Row
	pos    []int32 // (T) position in its document
	layers []layerState
	xf     []float32 // (T, C) output of the last block
	nf     []float32 // (T, C) normalised; then the gradient of the embedded tokens
	rf     []float32 // (T)
	h      []float32 // (S, C) rows of nf that are supervised
	dh     []float32 // (S, C)
	at     []int     // (S) where they stand: the target is at[i]+1
	target []int32   // (S)
	soft   []Soft    // (S)
	w      []float32 // (S)
	loss   []float64 // (S)
	norms  []normGrads
	dnorm  []float32 // (C) of the final norm
	all    []float32 // all vector gradients of the row, to be cleared
}

type workScratch struct {
	back backScratch
	attn attnScratch
}

// logitFloats bounds the logits that are alive at a time.
const logitFloats = 1 << 21

// NewTrainer returns a trainer that takes rows of up to length tokens,
// microRows at a time.
func NewTrainer(c Config, microRows, length, threads int) (*Trainer, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	a, err := tensor.NewArena(TrainerFloats(c, microRows, length, threads))
	if err != nil {
		return nil, err
	}
	t := layTrainer(c, microRows, length, threads, a)
	t.arena = a
	t.net.rope = newRope(length, c.HeadDim, c.Theta)
	return t, nil
}

// TrainerFloats returns the floats a trainer takes, before it is made.
func TrainerFloats(c Config, microRows, length, threads int) int {
	var count tensor.Arena
	layTrainer(c, microRows, length, threads, &count)
	return count.Len()
}

func layTrainer(c Config, microRows, length, threads int, a *tensor.Arena) *Trainer {
	t := &Trainer{team: tensor.NewTeam(threads), length: length}
	t.Params = NewParams(c, a)
	t.Grads = NewParams(c, a)
	t.net = net{Params: t.Params, packed: NewPacked(c, a)}
	T, C := length, c.Width
	for range microRows {
		r := rowState{
			pos: make([]int32, T), xf: a.Float32(T * C), nf: a.Float32(T * C), rf: a.Float32(T),
			h: a.Float32(T * C), dh: a.Float32(T * C), w: make([]float32, 0, T),
			at: make([]int, 0, T), target: make([]int32, 0, T), soft: make([]Soft, 0, T), loss: make([]float64, T),
		}
		r.all = a.Float32(c.Layers*2*(C+c.HeadDim) + C)
		rest := r.all
		take := func(n int) []float32 {
			if rest == nil {
				return nil
			}
			s := rest[:n:n]
			rest = rest[n:]
			return s
		}
		for range c.Layers {
			s := forwardState(c, T, a)
			s.dqkv, s.dmid, s.dtop = a.Float32(T*c.qkv()), a.Float32(T*C), a.Float32(T*C)
			r.layers = append(r.layers, s)
			r.norms = append(r.norms, normGrads{take(C), take(c.HeadDim), take(c.HeadDim), take(C)})
		}
		r.dnorm = take(C)
		t.rows = append(t.rows, r)
	}
	for range threads {
		t.scratch = append(t.scratch, workScratch{
			backScratch{dy: a.Float32(T * c.q()), dqk: a.Float32(T * (c.q() + c.kv())), da: a.Float32(T * c.Hidden), dn: a.Float32(T * C)},
			newAttnScratch(c, T, a),
		})
	}
	t.group = min(microRows, max(1, logitFloats/(T*c.Vocab)))
	t.logits = a.Float32(t.group * T * c.Vocab)
	t.tied = a.Float32(c.Vocab * C)
	return t
}

// Close frees the trainer's memory.
func (t *Trainer) Close() { t.arena.Close() }

// Repack makes the forward pass see changed parameters. It must be called
// after every change of Params.
func (t *Trainer) Repack() { t.net.packed.Pack(t.Params, t.team) }

// Team returns the trainer's workers, for its optimiser.
func (t *Trainer) Team() *tensor.Team { return t.team }

// Accumulate adds the gradients of the weighted loss of rows, a whole global
// batch, to Grads and
// returns Σ weight·loss, and Σ loss over supervised tokens with their number.
// The result does not depend on how rows fall into micro-batches.
func (t *Trainer) Accumulate(rows []Row) (weighted, sum float64, supervised int) {
	for micro := range slices.Chunk(rows, len(t.rows)) {
		batch := t.rows[:len(micro)]
		for i := range batch {
			batch[i].load(micro[i])
		}
		t.team.For(len(batch), func(w, i int) { t.forward(&batch[i], &t.scratch[w]) })
		for g := range slices.Chunk(batch, t.group) {
			t.head(g)
		}
		for i := range batch {
			r := &batch[i]
			for j, l := range r.loss[:len(r.at)] {
				weighted += float64(float64(r.w[j]) * l)
				sum += l
			}
			supervised += len(r.at)
		}
		t.team.For(len(batch), func(w, i int) { t.backward(&batch[i], &t.scratch[w]) })
		t.weightGrads(batch)
	}
	kernel.Add(t.Grads.embed, t.Grads.embed, t.tied)
	clear(t.tied)
	return weighted, sum, supervised
}

// load takes a row and finds its supervised tokens.
func (r *rowState) load(in Row) {
	r.in, r.at, r.target, r.soft, r.w = in, r.at[:0], r.target[:0], r.soft[:0], r.w[:0]
	for d := range len(in.Docs) - 1 {
		for i := in.Docs[d]; i < in.Docs[d+1]; i++ {
			r.pos[i] = int32(i - in.Docs[d])
			if w := in.Weight[i]; w != 0 && i > in.Docs[d] {
				r.at, r.target, r.w = append(r.at, i-1), append(r.target, in.IDs[i]), append(r.w, w)
				if in.Soft != nil {
					r.soft = append(r.soft, in.Soft[i])
				}
			}
		}
	}
}

// forward runs a row through all blocks and gathers its supervised outputs.
func (t *Trainer) forward(r *rowState, s *workScratch) {
	w, c, n := &t.net, &t.net.Config, len(r.in.IDs)
	w.embedRows(r.layers[0].x, r.in.IDs)
	for l := range r.layers {
		next := r.xf
		if l+1 < len(r.layers) {
			next = r.layers[l+1].x
		}
		w.project(&r.layers[l], l, n, r.pos)
		w.attend(&r.layers[l], r.in.Docs, &s.attn)
		w.finish(&r.layers[l], l, n, next)
	}
	C := c.Width
	for i := range n {
		r.rf[i] = kernel.RMSNorm(r.nf[i*C:(i+1)*C], r.xf[i*C:(i+1)*C], w.norm, c.Eps)
	}
	for i, at := range r.at {
		copy(r.h[i*C:(i+1)*C], r.nf[at*C:])
	}
}

// headRows calls f with the logits z (hi-lo, V) of supervised tokens lo to hi
// of every row of a group.
func (t *Trainer) headRows(group []rowState, f func(r *rowState, z []float32, lo, hi int)) {
	const block = 64 // supervised tokens per task
	c := &t.net.Config
	C, V := c.Width, c.Vocab
	per := (t.length + block - 1) / block
	t.team.For(len(group)*per, func(_, i int) {
		r := &group[i/per]
		lo := i % per * block
		hi := min(lo+block, len(r.at))
		if lo >= hi {
			return
		}
		z := t.logits[(i/per*t.length+lo)*V:][:(hi-lo)*V]
		kernel.GemmPacked(hi-lo, V, C, r.h[lo*C:], C, 1, t.net.packed.head, z, V, false)
		f(r, z, lo, hi)
	})
}

// head computes the losses of a group of rows, the gradients of their
// outputs, and the head's part of the embedding's gradient.
func (t *Trainer) head(group []rowState) {
	c := &t.net.Config
	C, V := c.Width, c.Vocab
	t.headRows(group, func(r *rowState, z []float32, lo, hi int) {
		if len(r.soft) > 0 {
			divergence(z, r.soft[lo:hi], r.target[lo:hi], r.w[lo:hi], r.loss[lo:hi])
		} else {
			crossEntropy(z, r.target[lo:hi], r.w[lo:hi], r.loss[lo:hi])
		}
		kernel.Gemm(hi-lo, C, V, z, V, 1, t.Params.embed, C, r.dh[lo*C:], C, false)
	})
	const span = 48 // rows of the embedding per task
	t.team.For((V+span-1)/span, func(_, i int) {
		lo, hi := i*span, min(i*span+span, V)
		for j := range group {
			if n := len(group[j].at); n > 0 {
				z := t.logits[j*t.length*V+lo:]
				kernel.Gemm(hi-lo, C, n, z, 1, V, group[j].h, C, t.tied[lo*C:], C, true)
			}
		}
	})
}

// backward takes a row back through all blocks; nf ends as the gradient of
// the embedded tokens.
func (t *Trainer) backward(r *rowState, s *workScratch) {
	w, c, n := &t.net, &t.net.Config, len(r.in.IDs)
	C := c.Width
	clear(r.all)
	clear(s.back.dn[:n*C])
	for i, at := range r.at {
		copy(s.back.dn[at*C:(at+1)*C], r.dh[i*C:])
	}
	dx := r.nf[:n*C] // nf is no longer needed: it becomes the gradient
	clear(dx)
	for i := range n {
		kernel.RMSNormGrad(dx[i*C:(i+1)*C], r.dnorm, r.xf[i*C:(i+1)*C], w.norm, s.back.dn[i*C:(i+1)*C], r.rf[i])
	}
	for l := len(r.layers) - 1; l >= 0; l-- {
		w.blockBack(&r.layers[l], l, n, r.in.Docs, r.pos, dx, &r.norms[l], &s.back, &s.attn)
	}
}

// weightGrads adds the gradients of all parameters from the rows' states.
func (t *Trainer) weightGrads(batch []rowState) {
	const span = 96 // output rows per task
	c := &t.net.Config
	C := c.Width
	outs := [4]int{c.qkv(), C, 2 * c.Hidden, C}
	type task struct{ layer, which, lo, hi int }
	var tasks []task
	for l := range c.Layers {
		for which, n := range outs {
			for lo := 0; lo < n; lo += span {
				tasks = append(tasks, task{l, which, lo, min(lo+span, n)})
			}
		}
	}
	embeds := (c.Vocab + span - 1) / span
	t.team.For(len(tasks)+embeds, func(_, i int) {
		if i < len(tasks) {
			k := tasks[i]
			for j := range batch {
				r := &batch[j]
				weightGrads(c, &t.Grads.layers[k.layer], &r.layers[k.layer], len(r.in.IDs), k.which, k.lo, k.hi)
			}
			return
		}
		lo := int32((i - len(tasks)) * span)
		hi := min(lo+span, int32(c.Vocab))
		for j := range batch {
			for at, id := range batch[j].in.IDs {
				if id >= lo && id < hi {
					g := t.Grads.embed[int(id)*C:][:C]
					kernel.Add(g, g, batch[j].nf[at*C:][:C])
				}
			}
		}
	})
	for j := range batch {
		r := &batch[j]
		for l := range r.norms {
			g, from := &t.Grads.layers[l], &r.norms[l]
			kernel.Add(g.attnNorm, g.attnNorm, from.attn)
			kernel.Add(g.qNorm, g.qNorm, from.q)
			kernel.Add(g.kNorm, g.kNorm, from.k)
			kernel.Add(g.mlpNorm, g.mlpNorm, from.mlp)
		}
		kernel.Add(t.Grads.norm, t.Grads.norm, r.dnorm)
	}
}

// Logits returns the logits of every token of a row, by the training forward
// pass. (T, V)
func (t *Trainer) Logits(row Row) []float32 {
	c, r := &t.net.Config, &t.rows[0]
	r.load(row)
	t.forward(r, &t.scratch[0])
	z := make([]float32, len(row.IDs)*c.Vocab)
	kernel.GemmPacked(len(row.IDs), c.Vocab, c.Width, r.nf, c.Width, 1, t.net.packed.head, z, c.Vocab, false)
	return z
}
