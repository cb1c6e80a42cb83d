package model

import (
	"fmt"

	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// A Seq is a sequence's part of a decoding step: the tokens that follow those
// its pages hold.
type Seq struct {
	IDs    []int32
	At     int     // tokens held
	Full   []int32 // page of tokens 32i to 32i+31 in the full-attention layers; up to At+len(IDs)
	Window []int32 // the same of the layers that slide or have a state; what lies wholly before At+1−Reach may be −1, and of those with a state all after At but the last
	Logits int     // logits are wanted after each of the last so many tokens

	Adapter *Adapter // nil: the model as it is

	row int // of the step
}

// A Decoder runs a model forward. What a token gets has the same bits as in
// training, whatever else is in the step, however the prompt was cut and
// whichever pages hold it: every row of every product is a chain of its own.
type Decoder struct {
	Shape   Shape
	limit   int
	rows    int
	net     *decoderNet
	team    *tensor.Team
	workers []decodeWorker
	s       decodeState
	arena   *tensor.Arena
	jobs    []attendJob
	several bool      // some sequence has several tokens: all are turned before any attends
	rank    int       // the largest of the adapters of a step
	mid     []float32 // (rows, rank)
}

// decodeState is what a step of up to rows tokens needs, shared by the workers.
type decodeState struct {
	x    []float32     // (rows, C) the residual stream
	tmp  []float32     // (rows, C) what a block adds, where it is normalised first
	n    *kernel.Input // (rows, C) normalised
	qkv  []float32     // (rows, N) projections; queries and keys are turned in place; then the head gates
	y    *kernel.Input // (rows, H·D) attention's output
	gu   []float32     // (rows, 2F), or (rows, F) without gates
	act  *kernel.Input // (rows, F)
	h    *kernel.Input // (rows, C) the last hidden states of which logits are wanted
	cos  [2][]float32  // (rows, Dims/2) of full and of sliding layers
	sin  [2][]float32
	pos  []int32    // (rows)
	page [2][]int32 // (rows) the page of the token
	moe  *mixture

	delta  *deltaState
	values *kernel.Input // (rows, R·U) what layers with a state put out
}

// decodeWorker is one worker's memory.
type decodeWorker struct {
	scores []float32 // queries × keys
	k      []float32 // (D, 32)
	v      []float32 // (KC, D)
}

// An attendJob is part of a sequence's attention: m queries of key-value head
// g, from row row on; or, of a single token, all heads of the group.
type attendJob struct{ seq, g, row, t, m int }

// most queries that attend at a time, unless the context is so long that
// their scores are more than scoreFloats.
const scoreFloats = tile * 4096

// NewDecoder returns a decoder of p's parameters that takes steps of up to
// rows tokens and sequences of up to limit. Changed parameters are seen after
// Repack.
func NewDecoder(p *Params, rows, limit, threads int) (*Decoder, error) {
	return newDecoder(p.Shape, newTrainedSource(p, false), rows, limit, threads)
}

// newDecoder lays out, takes and fills the memory of a decoder.
func newDecoder(s Shape, src source, rows, limit, threads int) (*Decoder, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	if s.Learned && limit > s.Context {
		return nil, badConfig("sequences of %d tokens, where %d positions are learnt", limit, s.Context)
	}
	s = s.within(limit)
	plan, err := planNet(&s, src)
	if err != nil {
		return nil, err
	}
	var count tensor.Arena
	layDecoder(s, plan, rows, limit, threads, &count)
	a, err := tensor.NewArena(count.Len())
	if err != nil {
		return nil, err
	}
	d := layDecoder(s, plan, rows, limit, threads, a)
	d.arena = a
	if err := d.net.load(d.team); err != nil {
		a.Close()
		return nil, err
	}
	return d, nil
}

func layDecoder(s Shape, plan *decoderNet, rows, limit, threads int, a *tensor.Arena) *Decoder {
	d := &Decoder{Shape: s, limit: limit, rows: rows, team: tensor.NewTeam(threads)}
	d.net = plan.lay(a)
	d.layScratch(a)
	return d
}

// layScratch lays out what a step writes.
func (d *Decoder) layScratch(a *tensor.Arena) {
	s, c, rows, limit := d.Shape, d.Shape.Config, d.rows, d.limit
	input := func(k int) *kernel.Input { return newInput(rows, k, a) }
	st := &d.s
	st.x, st.n = a.Float32(rows*c.Width), input(c.Width)
	if s.PostNorms || s.scaled() {
		st.tmp = a.Float32(rows * c.Width)
	}
	st.qkv = a.Float32(rows * d.net.qkvRows)
	st.y, st.h = input(c.q()), input(c.Width)
	if x := s.Delta; x != nil {
		st.delta, st.values = layDelta(x, rows, d.team.Size(), a), input(x.values())
	}
	if s.Experts > 0 {
		st.moe = layMixture(&s, rows, d.team.Size(), a)
	} else {
		st.gu, st.act = a.Float32(rows*s.ups()), input(c.Hidden)
	}
	st.pos = make([]int32, rows)
	for i := range s.Rope {
		if n := s.Rope[i].Dims / 2; n > 0 {
			st.cos[i], st.sin[i] = a.Float32(rows*n), a.Float32(rows*n)
		}
		st.page[i] = make([]int32, rows)
	}
	scores := max(scoreFloats, c.Heads/c.KVHeads*(limit+PageTokens))
	for range d.team.Size() {
		d.workers = append(d.workers, decodeWorker{
			scores: a.Float32(scores), k: a.Float32(PageTokens * c.HeadDim), v: a.Float32(kernel.KC * c.HeadDim),
		})
	}
}

// ScratchBytes returns what a decoder of a model of our own takes beside its weights,
// which need not be there.
func ScratchBytes(c Config, rows, limit, threads int) int64 {
	var count tensor.Arena
	d := &Decoder{Shape: Own(c), limit: limit, rows: rows, team: tensor.NewTeam(threads), net: &decoderNet{qkvRows: c.qkv()}}
	d.layScratch(&count)
	return 4 * int64(count.Len())
}

// Repack makes the decoder see changed parameters.
func (d *Decoder) Repack() error { return d.net.load(d.team) }

// Rows returns the most tokens of a step, Limit those of a sequence.
func (d *Decoder) Rows() int  { return d.rows }
func (d *Decoder) Limit() int { return d.limit }

// WeightBytes returns the bytes of the packed matrices: what a token reads,
// but for experts that it does not ask.
func (d *Decoder) WeightBytes() (n int64) {
	d.net.all(func(l *linear) {
		for i := range l.parts {
			n += int64(len(l.parts[i].m.Data))
		}
	})
	return n
}

// Close frees the decoder's memory.
func (d *Decoder) Close() { d.arena.Close() }

// Step appends every sequence's tokens to its pages and writes the logits
// that are wanted, sequence by sequence. logits (ΣLogits, V). It panics if
// the tokens are more than Rows, or a sequence is longer than Limit. The
// error is one of reading embeddings from the model's files.
func (d *Decoder) Step(p *Pages, seqs []Seq, logits []float32) (err error) {
	d.team.Hold(func() { err = d.step(p, seqs, logits) })
	return err
}

func (d *Decoder) step(p *Pages, seqs []Seq, logits []float32) error {
	n, err := d.begin(seqs)
	if err != nil {
		return err
	}
	for l := range d.net.blocks {
		d.block(p, seqs, l, n)
	}
	d.head(seqs, logits)
	return nil
}

// begin embeds the tokens and lists the work of a step.
func (d *Decoder) begin(seqs []Seq) (n int, err error) {
	s, C := &d.s, d.Shape.Width
	d.jobs, d.several = d.jobs[:0], false
	if s.delta != nil {
		s.delta.jobs = s.delta.jobs[:0]
	}
	d.adapters(seqs)
	for i := range seqs {
		q := &seqs[i]
		if n+len(q.IDs) > d.rows || q.At+len(q.IDs) > d.limit || q.Logits > len(q.IDs) {
			panic(fmt.Sprintf("model: Step: %d tokens after %d do not fit %d rows and a limit of %d", n+len(q.IDs), q.At, d.rows, d.limit))
		}
		for t := range q.IDs {
			pos := q.At + t
			s.pos[n+t] = int32(pos)
			s.page[0][n+t] = q.Full[pos/PageTokens]
			if d.Shape.Sliding != nil {
				s.page[1][n+t] = q.Window[pos/PageTokens]
			}
		}
		if err := embedRows(&d.net.rows, s.x[n*C:], q.IDs); err != nil {
			return 0, err
		}
		for g := range d.Shape.KVHeads {
			for t := 0; t < len(q.IDs); t += tile {
				d.jobs = append(d.jobs, attendJob{i, g, n, t, min(tile, len(q.IDs)-t)})
			}
		}
		q.row = n
		if d.Shape.Delta != nil {
			s.delta.begin(i, q, d.Shape.Delta)
		}
		n += len(q.IDs)
		d.several = d.several || len(q.IDs) > 1
	}
	if f := d.Shape.Embed; f != 1 {
		kernel.Scale(s.x[:n*C], f)
	}
	if d.net.places != nil {
		stored{f: d.net.places}.addRows(s.x, s.pos[:n], C)
	}
	for i := range s.cos {
		d.net.turns[i].angles(s.cos[i], s.sin[i], s.pos[:n])
	}
	return n, nil
}

// block runs block l on n tokens.
func (d *Decoder) block(p *Pages, seqs []Seq, l, n int) {
	s, b, c := &d.s, &d.net.blocks[l], &d.Shape
	d.normed(s.n, s.x, b.attnNorm, b.attnNormB, n, b.qkv.forms())
	d.mul(&b.qkv, s.n, n, s.qkv, d.net.qkvRows, false)
	d.adapt(seqs, l, qkvLinear, s.n, s.qkv, d.net.qkvRows)
	if c.delta(l) {
		d.deltaRule(p, seqs, l, n)
		d.add(seqs, l, outLinear, s.values, n)
	} else {
		d.attention(p, seqs, l, n)
	}
	if c.Experts > 0 {
		want := b.router.forms()
		if c.Shared > 0 {
			want |= b.experts[c.Experts].gateUp.forms()
		}
		d.normed(s.n, s.x, b.mlpNorm, b.mlpNormB, n, want)
		d.mix(seqs, l, n)
		return
	}
	d.normed(s.n, s.x, b.mlpNorm, b.mlpNormB, n, b.gateUp.forms())
	up := c.ups()
	d.mul(&b.gateUp, s.n, n, s.gu, up, false)
	d.adapt(seqs, l, gateUpLinear, s.n, s.gu, up)
	d.activate(n, c.Hidden, b.down.forms(), s.act, func(y []float32, t, lo, hi int, coarse bool) {
		c.activate(y, s.gu[t*up:(t+1)*up], lo, hi, coarse)
	})
	d.add(seqs, l, downLinear, s.act, n)
}

// activate fills in with n rows of F activations, in pieces that f makes.
func (d *Decoder) activate(n, F int, want kernel.Forms, in *kernel.Input, f func(y []float32, t, lo, hi int, coarse bool)) {
	const piece = 1024 // columns: whole blocks of integers
	each := (F + piece - 1) / piece
	d.team.Spans(n*each, func(_, from, to int) {
		for i := from; i < to; i++ {
			t := i / each
			lo := i % each * piece
			hi := min(lo+piece, F)
			f(in.Row(t)[lo:hi], t, lo, hi, want != 0)
			in.QuantisePart(t, lo, hi, want)
		}
	})
}

// attention adds what the keys and values of block l say to n tokens.
func (d *Decoder) attention(p *Pages, seqs []Seq, l, n int) {
	s, b, c := &d.s, &d.net.blocks[l], &d.Shape
	if c.WideQK {
		d.rowsOf(n, func(t int) {
			q, k := s.qkv[t*d.net.qkvRows:][:c.q()], s.qkv[t*d.net.qkvRows+c.q():][:c.kv()]
			kernel.RMSNorm(q, q, b.qNorm, c.Eps)
			kernel.RMSNorm(k, k, b.kNorm, c.Eps)
		})
	}
	if d.several {
		d.rowsOf(n, func(t int) {
			for g := range c.KVHeads {
				d.turn(p, l, t, g)
			}
		})
	}
	group, want := c.Heads/c.KVHeads*c.HeadDim, b.out.forms()
	parts := kernel.Whole(group, want)
	d.team.For(len(d.jobs), func(w, i int) {
		if j := d.jobs[i]; !d.several {
			d.turn(p, l, j.row, j.g)
		}
		d.attend(&d.workers[w], p, seqs, l, d.jobs[i])
		if parts {
			j := &d.jobs[i]
			for t := j.row + j.t; t < j.row+j.t+j.m; t++ {
				s.y.QuantisePart(t, j.g*group, (j.g+1)*group, want)
			}
		}
	})
	if !parts {
		d.rowsOf(n, func(t int) { s.y.Quantise(t, t+1, want) })
	}
	d.add(seqs, l, outLinear, s.y, n)
}

// add adds a product of block l to the residual stream, normalised and scaled
// first if the family does that.
func (d *Decoder) add(seqs []Seq, l, which int, in *kernel.Input, n int) {
	s, b, C := &d.s, &d.net.blocks[l], d.Shape.Width
	m, post := &b.out, b.attnPost
	if which == downLinear {
		m, post = &b.down, b.mlpPost
	}
	if post == nil && !d.Shape.scaled() {
		d.mul(m, in, n, s.x, C, true)
		d.adapt(seqs, l, which, in, s.x, C)
		return
	}
	d.mul(m, in, n, s.tmp, C, false)
	d.adapt(seqs, l, which, in, s.tmp, C)
	d.rowsOf(n, func(t int) {
		row := s.tmp[t*C : (t+1)*C]
		if post != nil {
			kernel.RMSNorm(row, row, post, d.Shape.Eps)
		}
		if d.Shape.scaled() {
			kernel.Scale(row, d.Shape.Residual)
		}
		kernel.Add(s.x[t*C:(t+1)*C], s.x[t*C:(t+1)*C], row)
	})
}

// normed fills in with n rows of x, normalised where there is a norm.
func (d *Decoder) normed(in *kernel.Input, x, w, b []float32, n int, want kernel.Forms) {
	C := d.Shape.Width
	d.rowsOf(n, func(t int) {
		d.Shape.normalise(in.Row(t), x[t*C:(t+1)*C], w, b)
		in.Quantise(t, t+1, want)
	})
}

// rowsOf calls f for every row, in pieces that are worth a worker's while.
func (d *Decoder) rowsOf(n int, f func(t int)) {
	const piece = 4
	d.team.For((n+piece-1)/piece, func(_, i int) {
		for t := i * piece; t < min(n, (i+1)*piece); t++ {
			f(t)
		}
	})
}

// turn normalises, rotates and scales the queries of row t that look at key
// g, and puts that key and its value into the row's page.
func (d *Decoder) turn(p *Pages, l, t, g int) {
	s, b, c := &d.s, &d.net.blocks[l], &d.Shape
	D, i, group := c.HeadDim, c.class(l), c.Heads/c.KVHeads
	qkv := s.qkv[t*d.net.qkvRows:]
	half := c.Rope[i].Dims / 2
	cos, sin := s.cos[i][t*half:(t+1)*half], s.sin[i][t*half:(t+1)*half]
	turn := func(x, norm []float32) {
		if norm != nil && !c.LateQK && !c.WideQK {
			kernel.RMSNorm(x, x, norm, c.Eps)
		}
		if c.turned(l) {
			c.Rope[i].turn(x, cos, sin)
		}
		if norm != nil && c.LateQK {
			kernel.RMSNorm(x, x, norm, c.Eps)
		}
	}
	for h := g * group; h < (g+1)*group; h++ {
		q := qkv[c.headAt(h):][:D]
		turn(q, b.qNorm)
		kernel.Scale(q, c.Query)
	}
	k, v := qkv[c.headAt(c.Heads+g):][:D], qkv[c.queries()+c.kv()+g*D:][:D]
	turn(k, b.kNorm)
	p.put(l, g, s.page[i][t], int(s.pos[t])%PageTokens, k, v)
}

// head writes logits.
func (d *Decoder) head(seqs []Seq, logits []float32) {
	s, C, V := &d.s, d.Shape.Width, d.Shape.Vocab
	m, row := 0, 0
	for i := range seqs {
		row += len(seqs[i].IDs)
		for t := row - seqs[i].Logits; t < row; t++ {
			d.Shape.normalise(s.h.Row(m), s.x[t*C:(t+1)*C], d.net.norm, d.net.normB)
			m++
		}
	}
	if m == 0 {
		return
	}
	s.h.Quantise(0, m, d.net.head.forms())
	d.mul(&d.net.head, s.h, m, logits, V, false)
	if d.Shape.CapLogits > 0 || d.Shape.Logits != 0 {
		d.team.For(m, func(_, i int) { d.Shape.capLogits(logits[i*V : (i+1)*V]) })
	}
}

func newInput(rows, k int, a *tensor.Arena) *kernel.Input {
	return kernel.NewInput(rows, k, a.Float32(kernel.InputFloats(rows, k)))
}
