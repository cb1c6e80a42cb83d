package model

import (
	"fmt"
	"math"

	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// A Pooling makes one vector of a text's hidden states.
type Pooling uint8

// The poolings.
const (
	PoolMean Pooling = iota
	PoolFirst
)

// An EncoderShape is what an encoder in the manner of BERT needs known: its
// dimensions and the options in which the families differ. Every token sees
// every other of its text, or those of a window.
type EncoderShape struct {
	Arch                                string // GGUF's name of the family
	Vocab, Width, Layers, Heads, Hidden int
	Context                             int // tokens of a text
	Eps                                 float32
	Act                                 Act
	Types                               int // kinds of segments; 0: none
	Offset                              int // position of the first token, of learnt positions
	Pool                                Pooling
	Labels                              int      // of the head that scores pairs; 0: no head
	LabelNames                          []string // (Labels); nil: they have none
	Theta                               float64  // base of the rotary embedding; 0: positions are learnt
	Stretch                             float32  // what rotary positions are divided by; 0: one
	Gated                               bool     // feed-forward layers have a gate
	Before                              bool     // norms come before what they norm, and one at the end (ModernBERT)
	Window                              int      // tokens that a layer of Local sees to either side
	Local                               []bool   // by layer; nil: none
	LocalTheta                          float64  // Theta of those layers
}

// Check reports the first thing that cannot be built.
func (s *EncoderShape) Check() error {
	c := Config{Vocab: s.Vocab, Width: s.Width, Layers: s.Layers, Heads: s.Heads, KVHeads: s.Heads, HeadDim: 2, Hidden: s.Hidden, Context: s.Context, Theta: 2, Eps: s.Eps}
	if err := c.Check(); err != nil {
		return err
	}
	switch {
	case s.Width%s.Heads != 0 || s.Width/s.Heads > 1<<10:
		return badConfig("%d heads of a width of %d", s.Heads, s.Width)
	case s.Theta == 0 && s.Local != nil, s.Theta != 0 && !(s.Theta > 1 && s.Width/s.Heads%2 == 0):
		return badConfig("rotary base %g of heads of %d", s.Theta, s.Width/s.Heads)
	case !(s.Stretch >= 0) || s.Stretch > 1<<20 || s.Theta > 1e15:
		return badConfig("rotary base %g, positions divided by %g", s.Theta, s.Stretch)
	case s.Local != nil && (len(s.Local) != s.Layers || s.Window < 1 || s.Window > s.Context || !(s.LocalTheta > 1)):
		return badConfig("a window of %d, rotary base %g, for %d of %d layers", s.Window, s.LocalTheta, len(s.Local), s.Layers)
	case s.Types < 0 || s.Types > 1<<10 || s.Offset < 0 || s.Offset > 1<<10 || s.Labels < 0 || s.Labels > 1<<10:
		return badConfig("%d segment types, positions from %d, %d labels", s.Types, s.Offset, s.Labels)
	}
	return nil
}

// A Text is what an encoder reads: tokens, of which those from Second on are
// of the second segment. A Second of 0 means that there is one segment.
type Text struct {
	IDs    []int32
	Second int
}

// An Encoder turns texts into vectors, or pairs of texts into scores. The
// bits of a text do not depend on the others that it is read with.
type Encoder struct {
	Shape   EncoderShape
	rows    int
	net     encoderNet
	team    *tensor.Team
	s       encoderState
	workers []encoderWorker
	arena   *tensor.Arena
}

type encoderNet struct {
	plan       decoderNet // the vectors and matrices to load
	words      weight
	positions  []float32 // (Context+Offset, C)
	types      []float32 // (Types, C)
	norm, last layerNorm
	blocks     []encoderBlock
	dense, cls linear // of the head
	headNorm   layerNorm
	ropes      [2]*ropeTable // of layers that see all, and of local ones
}

type encoderBlock struct {
	qkv, out, up, down linear // up: the gate, then up
	attnNorm, mlpNorm  layerNorm
}

type layerNorm struct{ w, b []float32 }

type encoderState struct {
	x, tmp []float32     // (rows, C)
	in     *kernel.Input // (rows, C)
	qkv    []float32     // (rows, 3C)
	y      *kernel.Input // (rows, C)
	up     []float32     // (rows, F), or (rows, 2F)
	act    *kernel.Input // (rows, F)
	head   *kernel.Input // (rows, C)
	labels []float32     // (rows, max(C, Labels))
}

type encoderWorker struct{ k, scores []float32 }

// newEncoder takes and fills an encoder's memory. It reads up to rows tokens
// at a time, and at least a whole text.
func newEncoder(s EncoderShape, src source, rows, threads int) (*Encoder, error) {
	e, err := planEncoder(s, src, rows, threads)
	if err != nil {
		return nil, err
	}
	var count tensor.Arena
	e.lay(&count)
	a, err := tensor.NewArena(count.Len())
	if err != nil {
		return nil, err
	}
	e.arena = a
	e.lay(a)
	if s.Theta > 0 {
		r := Rope{Theta: s.Theta, Dims: s.Width / s.Heads}
		if s.Stretch > 0 {
			r.Div = same(r.Dims/2, float64(s.Stretch))
		}
		e.net.ropes[0].fill(r)
	}
	if s.Local != nil {
		e.net.ropes[1].fill(Rope{Theta: s.LocalTheta, Dims: s.Width / s.Heads})
	}
	if err := e.net.plan.load(e.team); err != nil {
		a.Close()
		return nil, err
	}
	return e, nil
}

// planEncoder finds an encoder's weights.
func planEncoder(s EncoderShape, src source, rows, threads int) (*Encoder, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	e := &Encoder{Shape: s, rows: max(rows, s.Context), team: tensor.NewTeam(threads)}
	return e, e.plan(src)
}

// Close frees the encoder's memory.
func (e *Encoder) Close() { e.arena.Close() }

// plan finds the weights.
func (e *Encoder) plan(src source) error {
	s, n := &e.Shape, &e.net
	C, F := s.Width, s.Hidden
	p := &planner{src: src, net: &n.plan}
	norm := func(name string) layerNorm {
		n := layerNorm{p.vector(name+".weight", C, false), p.vector(name+".bias", C, s.Before)}
		if n.b == nil {
			n.b = make([]float32, C)
		}
		return n
	}
	n.words, _ = p.find("token_embd.weight", s.Vocab, C, false)
	if s.Theta == 0 {
		n.positions = p.table("position_embd.weight", s.Context+s.Offset, C)
	}
	if s.Types > 0 {
		n.types = p.table("token_types.weight", s.Types, C)
	}
	n.norm = norm("token_embd_norm")
	for l := range s.Layers {
		name := func(role string) string { return fmt.Sprintf("blk.%d.%s", l, role) }
		var b encoderBlock
		switch {
		case !s.Before:
			b.attnNorm, b.mlpNorm = norm(name("attn_output_norm")), norm(name("layer_output_norm"))
		case l > 0: // the first reads what the norm of the embeddings gives
			b.attnNorm = norm(name("attn_norm"))
			fallthrough
		default:
			b.mlpNorm = norm(name("ffn_norm"))
		}
		names, rows := []string{name("attn_q"), name("attn_k"), name("attn_v")}, []int{C, C, C}
		if _, ok := src.weight(name("attn_qkv.weight")); ok {
			names, rows = []string{name("attn_qkv")}, []int{3 * C}
		}
		b.qkv = p.linear(C, names, rows)
		b.out = p.linear(C, []string{name("attn_output")}, []int{C})
		switch _, split := src.weight(name("ffn_gate.weight")); {
		case !s.Gated:
			b.up = p.linear(C, []string{name("ffn_up")}, []int{F})
		case split:
			b.up = p.linear(C, []string{name("ffn_gate"), name("ffn_up")}, []int{F, F})
		default:
			b.up = p.linear(C, []string{name("ffn_up")}, []int{2 * F})
		}
		b.down = p.linear(F, []string{name("ffn_down")}, []int{C})
		n.blocks = append(n.blocks, b)
		if p.err != nil {
			return p.err
		}
	}
	if s.Before {
		n.last = norm("output_norm")
	}
	if s.Labels > 0 {
		if _, ok := src.weight("cls.weight"); ok {
			n.dense = p.linear(C, []string{"cls"}, []int{C})
		}
		if s.Before {
			n.headNorm = norm("cls.norm")
		}
		n.cls = p.linear(C, []string{"cls.output"}, []int{s.Labels})
	}
	return p.err
}

// all calls f for every linear.
func (n *encoderNet) all(f func(*linear)) {
	for i := range n.blocks {
		b := &n.blocks[i]
		for _, l := range []*linear{&b.qkv, &b.out, &b.up, &b.down} {
			f(l)
		}
	}
	f(&n.dense)
	f(&n.cls)
}

func (e *Encoder) lay(a *tensor.Arena) {
	s, st, rows := &e.Shape, &e.s, e.rows
	C, F := s.Width, s.Hidden
	e.net.plan.linears = e.net.all
	e.net.plan.lay(a)
	st.x, st.tmp, st.in = a.Float32(rows*C), a.Float32(rows*C), newInput(rows, C, a)
	st.qkv, st.y = a.Float32(rows*3*C), newInput(rows, C, a)
	st.up, st.act = a.Float32(rows*s.ups()), newInput(rows, F, a)
	if s.Theta > 0 {
		e.net.ropes[0] = layRope(s.Context, C/s.Heads, a)
	}
	if s.Local != nil {
		e.net.ropes[1] = layRope(s.Context, C/s.Heads, a)
	}
	if s.Labels > 0 {
		st.head, st.labels = newInput(rows, C, a), a.Float32(rows*max(C, s.Labels))
	}
	e.workers = e.workers[:0]
	for range e.team.Size() {
		e.workers = append(e.workers, encoderWorker{a.Float32(kernel.PackedLen(C/s.Heads, s.Context)), a.Float32(tile * s.Context)})
	}
}

// ups is how many numbers a feed-forward layer has between its matrices.
func (s *EncoderShape) ups() int {
	if s.Gated {
		return 2 * s.Hidden
	}
	return s.Hidden
}

// Width returns the length of what Run gives for a text: the width, or the
// number of labels.
func (e *Encoder) Width() int {
	if e.Shape.Labels > 0 {
		return e.Shape.Labels
	}
	return e.Shape.Width
}

// Run reads texts, of at least one token and at most Context each, and writes
// their vectors, or their labels' scores. out (len(texts), Width).
func (e *Encoder) Run(texts []Text, out []float32) error {
	W := e.Width()
	for lo := 0; lo < len(texts); {
		hi, rows := lo, 0
		for ; hi < len(texts) && rows+len(texts[hi].IDs) <= e.rows; hi++ {
			if n := len(texts[hi].IDs); n == 0 || n > e.Shape.Context {
				panic(fmt.Sprintf("model: Run: a text of %d tokens, where 1 to %d fit", n, e.Shape.Context))
			}
			rows += len(texts[hi].IDs)
		}
		var err error
		e.team.Hold(func() { err = e.run(texts[lo:hi], out[lo*W:hi*W]) })
		if err != nil {
			return err
		}
		lo = hi
	}
	return nil
}

func (e *Encoder) run(texts []Text, out []float32) error {
	s, st := &e.Shape, &e.s
	C, F, U := s.Width, s.Hidden, s.ups()
	n, err := e.embed(texts)
	if err != nil {
		return err
	}
	rows := func(f func(t int)) { e.team.For(n, func(_, t int) { f(t) }) }
	// norm makes in of x; unless keep, x too becomes what is normalised.
	norm := func(w layerNorm, keep bool, want kernel.Forms) {
		rows(func(t int) {
			row := st.x[t*C : (t+1)*C]
			kernel.LayerNorm(st.in.Row(t), row, w.w, w.b, s.Eps)
			if !keep {
				copy(row, st.in.Row(t))
			}
			st.in.Quantise(t, t+1, want)
		})
	}
	norm(e.net.norm, false, e.net.blocks[0].qkv.forms())
	for l := range e.net.blocks {
		b := &e.net.blocks[l]
		mulLinear(e.team, &b.qkv, st.in, n, st.qkv, 3*C, false)
		e.attend(texts, s.Local != nil && s.Local[l], b.out.forms())
		mulLinear(e.team, &b.out, st.y, n, st.x, C, true)
		if s.Before {
			norm(b.mlpNorm, true, b.up.forms())
		} else {
			norm(b.attnNorm, false, b.up.forms())
		}
		mulLinear(e.team, &b.up, st.in, n, st.up, U, false)
		rows(func(t int) {
			up, coarse := st.up[t*U:(t+1)*U], b.down.forms() != 0
			if s.Gated {
				s.Act.gate(st.act.Row(t), up[:F], up[F:], coarse)
			} else {
				s.Act.apply(st.act.Row(t), up, coarse)
			}
			st.act.Quantise(t, t+1, b.down.forms())
		})
		mulLinear(e.team, &b.down, st.act, n, st.x, C, true)
		last := l+1 == s.Layers
		var next kernel.Forms
		if !last {
			next = e.net.blocks[l+1].qkv.forms()
		}
		switch {
		case !s.Before:
			norm(b.mlpNorm, false, next)
		case last:
			norm(e.net.last, false, next)
		default:
			norm(e.net.blocks[l+1].attnNorm, true, next)
		}
	}
	e.pool(texts, out)
	return nil
}

// embed makes x of the texts' tokens and returns how many there are.
func (e *Encoder) embed(texts []Text) (n int, err error) {
	s, st := &e.Shape, &e.s
	C := s.Width
	for _, text := range texts {
		if err := embedRows(&e.net.words, st.x[n*C:], text.IDs); err != nil {
			return 0, err
		}
		for i := range text.IDs {
			row := st.x[(n+i)*C:][:C]
			if e.net.positions != nil {
				kernel.Add(row, row, e.net.positions[(i+s.Offset)*C:][:C])
			}
			if s.Types > 0 {
				kind := 0
				if text.Second > 0 && i >= text.Second && s.Types > 1 {
					kind = 1
				}
				kernel.Add(row, row, e.net.types[kind*C:][:C])
			}
		}
		n += len(text.IDs)
	}
	return n, nil
}

// attend lets every token see all of its text or, locally, a window.
func (e *Encoder) attend(texts []Text, local bool, want kernel.Forms) {
	s, st := &e.Shape, &e.s
	C, H := s.Width, s.Heads
	D := C / H
	scale := attentionScale(D)
	rope := e.net.ropes[0]
	if local {
		rope = e.net.ropes[1]
	}
	at := 0
	for _, text := range texts {
		n := len(text.IDs)
		e.team.For(H, func(w, h int) {
			k := &e.workers[w]
			qkv := st.qkv[at*3*C+h*D:]
			if rope != nil {
				for t := range n {
					cos, sin := rope.at(t)
					kernel.Rotate(qkv[t*3*C:][:D], cos, sin)
					kernel.Rotate(qkv[t*3*C+C:][:D], cos, sin)
				}
			}
			lo, hi := 0, n // the keys that are packed
			for t := 0; t < n; t += tile {
				m := min(tile, n-t)
				if local {
					lo, hi = max(0, t-s.Window), min(n, t+m+s.Window)
				}
				keys := hi - lo
				if local || t == 0 {
					kernel.Pack(k.k, D, keys, qkv[C+lo*3*C:], 1, 3*C)
				}
				kernel.GemmPacked(m, keys, D, qkv[t*3*C:], 3*C, 1, k.k, k.scores, keys, false)
				y := st.y.Floats()[(at+t)*C+h*D:]
				var inv [tile]float32
				for r := range m {
					row := k.scores[r*keys : (r+1)*keys]
					kernel.Scale(row, scale)
					if local {
						hide(row, t+r-s.Window-lo, t+r+s.Window+1-lo)
					}
					_, inv[r] = softmaxRow(row, keys)
				}
				kernel.Gemm(m, D, keys, k.scores, keys, 1, qkv[2*C+lo*3*C:], 3*C, y, C, false)
				for r := range m {
					kernel.Scale(y[r*C:][:D], inv[r])
				}
			}
		})
		at += n
	}
	e.team.For(at, func(_, t int) { st.y.Quantise(t, t+1, want) })
}

// hide makes the scores outside of [lo, hi) those of keys that are not seen.
func hide(row []float32, lo, hi int) {
	unseen := float32(math.Inf(-1))
	for i := range row {
		if i < lo || i >= hi {
			row[i] = unseen
		}
	}
}

// pool makes a vector of every text, or asks the head for its scores.
func (e *Encoder) pool(texts []Text, out []float32) {
	s, st := &e.Shape, &e.s
	C, at := s.Width, 0
	for i, text := range texts {
		n := len(text.IDs)
		dst := out[i*e.Width():]
		if s.Labels > 0 {
			dst = st.head.Row(i)
		}
		dst = dst[:C]
		copy(dst, st.x[at*C:(at+1)*C])
		if s.Pool == PoolMean {
			for t := 1; t < n; t++ {
				kernel.Add(dst, dst, st.x[(at+t)*C:(at+t+1)*C])
			}
			kernel.Scale(dst, 1/float32(n))
		}
		at += n
	}
	if s.Labels == 0 {
		return
	}
	n := len(texts)
	if e.net.dense.rows > 0 {
		st.head.Quantise(0, n, e.net.dense.forms())
		mulLinear(e.team, &e.net.dense, st.head, n, st.labels, C, false)
		for i := range n {
			row, from := st.head.Row(i), st.labels[i*C:(i+1)*C]
			if s.Before {
				GELU.apply(row, from, false)
				kernel.LayerNorm(row, row, e.net.headNorm.w, e.net.headNorm.b, s.Eps)
				continue
			}
			for j, x := range from {
				row[j] = float32(math.Tanh(float64(x)))
			}
		}
	}
	st.head.Quantise(0, n, e.net.cls.forms())
	mulLinear(e.team, &e.net.cls, st.head, n, out, s.Labels, false)
}
