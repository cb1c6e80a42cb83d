package model

import (
	"fmt"
	"strings"

	"suiren/engine/kernel"
	"suiren/engine/tensor"
	"suiren/engine/weights"
)

// Training says how a trainer is made.
type Training struct {
	Rows      int          // of a micro-batch
	Length    int          // the most tokens of a row
	Threads   int          // workers
	Recompute bool         // run a block forward again on the way back, and keep only its input: a third more work, less memory, the same bits
	Half      bool         // keep the matrices in bfloat16, without LoRA: they are widened as they are multiplied
	Split     kernel.Split // gradients are products of split numbers: of two within 10⁻⁵, of three as near as of whole ones; 0: of whole ones. The losses are as they are
	LoRA      *LoRA
}

// NewTrainer returns a trainer of a model of our own that takes rows of up to
// length tokens, at most microRows at a time and one for each worker: what more
// rows leave behind is farther away when it is read again, and no quicker made.
// The parameters are zero.
func NewTrainer(c Config, microRows, length, threads int) (*Trainer, error) {
	return Training{Rows: microRows, Length: length, Threads: threads}.New(c)
}

// New is NewTrainer by all that o says.
func (o Training) New(c Config) (*Trainer, error) { return newTrainer(Own(c), o.own(), nil) }

// own bounds the rows of a micro-batch by the workers.
func (o Training) own() Training {
	o.Rows = min(o.Rows, max(o.Threads, 1))
	return o
}

// Floats returns the floats that New's trainer takes, before it is made.
func (o Training) Floats(c Config) int {
	var count tensor.Arena
	layTrainer(Own(c), o.own(), nil, &count)
	return count.Len()
}

// NewTrainer returns a trainer of the model: of all its parameters in
// float32, or, with LoRA, of adapters over the model as it is, in the types of
// its files. The files may be closed after it. What cannot be trained gives an
// error that wraps ErrConfig.
func (f *File) NewTrainer(o Training) (*Trainer, error) {
	s, plan, err := f.trainable(o.LoRA != nil)
	if err != nil {
		return nil, err
	}
	t, err := newTrainer(s, o, plan)
	if err != nil {
		return nil, err
	}
	if err := t.read(plan); err != nil {
		t.Close()
		return nil, err
	}
	t.Repack()
	return t, nil
}

// TrainerBytes returns the memory that NewTrainer takes, without taking it.
func (f *File) TrainerBytes(o Training) (int64, error) {
	s, plan, err := f.trainable(o.LoRA != nil)
	if err != nil {
		return 0, err
	}
	var count tensor.Arena
	if _, err := layTrainer(s, o, plan, &count); err != nil {
		return 0, err
	}
	return 4 * int64(count.Len()), nil
}

// TrainShape returns the shape as a trainer takes it, of all parameters or, frozen, of
// adapters alone.
func (f *File) TrainShape(frozen bool) (Shape, error) {
	s, _, err := f.trainable(frozen)
	return s, err
}

// trainable finds the weights and refuses what the trainer does not know. Biases that
// are frozen are all the same to it.
func (f *File) trainable(frozen bool) (Shape, *decoderNet, error) {
	if f.Encoder != nil {
		return Shape{}, nil, untrained("encoders are not trained")
	}
	s := f.Shape
	plan, err := planNet(&s, f.src)
	if err != nil {
		return s, nil, err
	}
	s.Bias = plan.blocks[0].qkv.bias != nil
	if err := s.trainable(frozen); err != nil {
		return s, nil, err
	}
	if plan.head.bias != nil {
		return s, nil, untrained("the head has biases, which is not trained")
	}
	for l := range plan.blocks {
		b := &plan.blocks[l]
		if l > 0 && !frozen && !s.Biases && (b.qkv.bias != nil) != s.Bias {
			return s, nil, untrained("some layers have biases of queries, keys and values and some have not (layer %d is unlike layer 0), which is not trained", l)
		}
		if b.router.bias != nil || !frozen && !s.Biases && (b.out.bias != nil || b.gateUp.bias != nil || b.down.bias != nil) {
			return s, nil, untrained("layer %d has biases other than those of queries, keys and values, which are not trained", l)
		}
	}
	return s, plan, plan.finite()
}

// Trained returns the names of the families that are trained, as GGUF has them.
func Trained() []string {
	var list []string
	for _, f := range families {
		list = append(list, f.names[0])
	}
	return list
}

// trainable reports the first option of a shape that the trainer does not know.
func (s *Shape) trainable(frozen bool) error {
	what := ""
	switch {
	case s.PostNorms && s.scaled():
		what = "norms and factors after layers"
	case !frozen && s.Bias && !s.Biases && (s.HeadGate || s.fused()):
		what = "biases beside head gates"
	default:
		return s.Check()
	}
	return untrained("%s (%s) is not trained; models of the forms of %s are", what, s.Arch, strings.Join(Trained(), ", "))
}

func newTrainer(s Shape, o Training, plan *decoderNet) (*Trainer, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	if o.Rows < 1 || o.Length < 1 || o.Length > 1<<20 || o.Rows > 1<<16 {
		return nil, badConfig("%d rows of %d tokens", o.Rows, o.Length)
	}
	if s.Learned && o.Length > s.Context {
		return nil, badConfig("sequences of %d tokens, where %d positions are learnt", o.Length, s.Context)
	}
	var count tensor.Arena
	if _, err := layTrainer(s, o, plan, &count); err != nil {
		return nil, err
	}
	a, err := tensor.NewArena(count.Len())
	if err != nil {
		return nil, err
	}
	t, err := layTrainer(s, o, plan, a)
	if err != nil {
		a.Close()
		return nil, err
	}
	t.arena = a
	for i := range t.net.ropes {
		if s.Rope[i].Dims > 0 {
			t.net.ropes[i] = newRope(o.Length, s.within(o.Length).Rope[i])
		}
	}
	if o.LoRA != nil {
		for i, p := range t.pairs {
			p.init(o.LoRA.Seed, i)
		}
	}
	return t, nil
}

// layTrainer lays out a trainer. plan has the frozen matrices, if there are any.
func layTrainer(s Shape, o Training, plan *decoderNet, a *tensor.Arena) (*Trainer, error) {
	t := &Trainer{team: tensor.NewTeam(o.Threads), length: o.Length, recompute: o.Recompute, split: o.Split}
	frozen := o.LoRA != nil
	how := inFloats
	switch {
	case frozen:
		how = none
	case o.Half:
		how = inHalves
	}
	t.Params = newParams(s, how, a)
	if !frozen {
		t.Grads = newParams(s, inFloats, a)
	}
	t.net = net{Params: t.Params}
	if frozen {
		t.net.layStateBlocks(plan, a)
	} else {
		t.net.layStateBlocks(nil, a)
	}
	if err := t.layNet(o.LoRA, plan, o.Half, a); err != nil {
		return nil, err
	}
	for range o.Rows {
		t.rows = append(t.rows, t.layRow(a))
	}
	T := o.Length
	t.matrices = t.net.all()
	dense := layScratch(t.team.Size(), &t.net, T, o.Half && !frozen, o.Split, a)
	for i := range t.team.Size() {
		w := workScratch{da: a.Float32(T * s.widest()), dn: a.Float32(T * s.Width), attn: newAttnScratch(&t.net.Shape, T, a), dense: dense[i],
			state: layStateScratch(s.Delta, T, a)}
		if !frozen {
			w.grads = newAttnGrads(&t.net.Shape, T, a)
		}
		t.layExperts(&w, a)
		if s.CapLogits > 0 {
			w.capped = a.Float32(s.Vocab)
		}
		t.scratch = append(t.scratch, w)
	}
	if o.Split > 0 && !frozen {
		t.laySplit(a)
		for i := range t.scratch {
			if o.Half {
				t.scratch[i].dense.panel = a.Float32(kernel.NR * t.net.panelRows())
			}
		}
	}
	t.heads = t.layHead(o.Rows*T, o.Half, a)
	t.layTasks()
	t.makeLoops()
	return t, nil
}

// layNet lays out the matrices and the adapters.
func (t *Trainer) layNet(lora *LoRA, plan *decoderNet, half bool, a *tensor.Arena) (err error) {
	w, s := &t.net, &t.net.Shape
	if lora == nil {
		for i := range w.layers {
			p := &w.layers[i]
			block := [linears]*dense{
				qkvLinear: newDense(s.inputsOf(i), s.Width, p.qkv, p.bias, half, a),
				outLinear: newDense(s.Width, s.outputsOf(i), p.out, p.outBias, half, a),
			}
			if s.Experts > 0 {
				block[gateUpLinear], block[downLinear] = newDense(s.scored(), s.Width, p.router, nil, half, a), &dense{}
				w.addExperts(i, half, a)
			} else {
				block[gateUpLinear] = newDense(s.ups(), s.Width, p.gateUp, p.upBias, half, a)
				block[downLinear] = newDense(s.Width, s.Hidden, p.down, p.downBias, half, a)
			}
			w.blocks = append(w.blocks, block)
		}
		w.head = newDense(s.Vocab, s.Width, w.Params.head, nil, half, a)
		return nil
	}
	for i := range w.layers {
		var block [linears]*dense
		for which, l := range plan.blocks[i].linears() {
			block[which] = newFrozen(l)
		}
		w.blocks = append(w.blocks, block)
		if s.Experts > 0 {
			w.addFrozenExperts(&plan.blocks[i])
		}
	}
	w.head, w.tokens = newFrozen(&plan.head), &plan.head
	if !s.Tied {
		w.tokens = &linear{parts: []part{{kernel.Matrix{Type: kernelTypes[plan.rows.typ], Rows: s.Vocab, K: s.Width}, plan.rows}}, rows: s.Vocab, cols: s.Width}
		plan.linears = func(f func(*linear)) {
			plan.all(f)
			f(w.tokens)
		}
	}
	plan.lay(a)
	t.pairs, t.lora, t.loraGrads, err = lora.layPairs(w, a)
	return err
}

// layRow lays out the state of a row.
func (t *Trainer) layRow(a *tensor.Arena) rowState {
	c, T := &t.net.Shape, t.length
	C := c.Width
	r := rowState{pos: make([]int32, T), at: make([]int, 0, T), xf: a.Float32(T * C), nf: a.Float32(T * C), rf: a.Float32(T)}
	qn, kn := c.qkNorms()
	vectors := c.Layers*(2*C+qn+kn) + C
	if c.Delta != nil {
		vectors += c.Layers * c.Delta.vectors()
	}
	if c.Bias {
		vectors += c.Layers * c.qkv()
	}
	if c.PostNorms {
		vectors += c.Layers * 2 * C
	}
	if c.LayerNorm {
		vectors += (c.Layers*2 + 1) * C
	}
	if c.Biases {
		vectors += c.Layers * (2*C + c.Hidden)
	}
	if t.Grads == nil {
		vectors = 0
	}
	r.all = a.Float32(vectors)
	rest := r.all
	take := func(n int) []float32 {
		if rest == nil || vectors == 0 {
			return nil
		}
		s := rest[:n:n]
		rest = rest[n:]
		return s
	}
	spread := t.Grads != nil && t.split == 0
	var near *layerState
	var odd []float32 // what outLinear read, of the blocks with odd numbers
	if t.Grads != nil && t.split > 0 {
		near = &layerState{n1: a.Float32(T * C)}
		near.n2, near.in[outLinear] = near.n1, a.Float32(t.split.Len(T, c.outputs()))
		if c.Experts == 0 {
			near.act = a.Float32(T * c.Hidden)
		}
		if t.overlaps() {
			odd = a.Float32(t.split.Len(T, c.outputs()))
		}
	}
	every := make([]int, c.Layers)
	for l := range every {
		every[l] = l
	}
	var shared layerState
	if t.recompute {
		shared = forwardState(c, every, T, nil, spread, near, t.split, a)
	}
	for l := range c.Layers {
		x, s := a.Float32(T*C), shared
		if !t.recompute {
			s = forwardState(c, every[l:l+1], T, x, spread, near, t.split, a)
		}
		if l%2 == 1 && odd != nil {
			s.in[outLinear] = odd
		}
		if s.x = x; !c.delta(l) {
			s.state = nil
		}
		s.ld[outLinear] = step(s.outputs(c), spread)
		r.layers = append(r.layers, s)
		var g vectorGrads
		if !c.NoNorms {
			g.attn, g.mlp = take(C), take(C)
		}
		if c.delta(l) {
			if t.Grads != nil {
				g.state = c.Delta.layStates(take)
			}
		} else if c.QKNorm {
			g.q, g.k = take(qn), take(kn)
		}
		if c.Bias {
			g.bias = take(c.qkv())
		}
		if c.PostNorms {
			g.attnPost, g.mlpPost = take(C), take(C)
		}
		if c.LayerNorm {
			g.attnNormB, g.mlpNormB = take(C), take(C)
		}
		if c.Biases {
			g.out, g.up, g.down = take(C), take(c.Hidden), take(C)
		}
		r.norms = append(r.norms, g)
	}
	r.dnorm = take(C)
	if c.LayerNorm {
		r.dnormB = take(C)
	}
	lay := func() gradState {
		return gradState{dqkv: a.Float32(T * apart(c.inputs())), dmid: a.Float32(T * C), dtop: a.Float32(T * C), state: layStateGrad(c.Delta, T, a)}
	}
	if r.grad = lay(); t.overlaps() {
		second := lay()
		r.odd = &second
	}
	if c.Experts > 0 {
		r.grad.mix = t.net.layMixGrad(T, a)
	}
	for which := range linears {
		for _, rank := range t.net.mostRanks(which) {
			r.grad.pairs[which] = append(r.grad.pairs[which], pairState{a.Float32(T * rank), a.Float32(T * rank)})
		}
	}
	if t.Grads == nil {
		t.layFrozen(&r, a)
	}
	return r
}

// read fills parameters, or frozen matrices, from a model's files.
func (t *Trainer) read(plan *decoderNet) error {
	if t.Grads == nil {
		if err := plan.load(t.team); err != nil {
			return err
		}
		return t.takeVectors(plan)
	}
	for _, v := range plan.vectors {
		if err := v.src.floats(v.dst); err != nil {
			return err
		}
	}
	if err := t.takeVectors(plan); err != nil {
		return err
	}
	type job struct {
		src weight
		to  stored
	}
	jobs := []job{{plan.rows, t.Params.embed}}
	if !t.Params.Tied {
		jobs = append(jobs, job{plan.head.parts[0].src, t.Params.head})
	}
	for i := range plan.blocks {
		b, to := &plan.blocks[i], &t.Params.layers[i]
		put := func(l *linear, to stored, lo int) {
			for _, p := range l.parts {
				n := p.src.rows * p.src.cols
				jobs = append(jobs, job{p.src, to.part(lo, lo+n)})
				lo += n
			}
		}
		for which, l := range b.linears() {
			put(l, to.matrix(which), 0)
		}
		for e := range b.experts {
			x := &b.experts[e]
			put(&x.gateUp, to.gateUp, e*t.net.ups()*t.net.Width)
			put(&x.down, to.down, e*t.net.Width*t.net.Hidden)
		}
	}
	errs := make([]error, len(jobs))
	t.team.For(len(jobs), func(_, i int) { errs[i] = jobs[i].src.floatsByRow(jobs[i].to) })
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// takeVectors copies what was read of the vectors.
func (t *Trainer) takeVectors(plan *decoderNet) error {
	copy(t.Params.norm, plan.norm)
	copy(t.Params.normB, plan.normB)
	if t.Params.Learned {
		if err := t.Params.places.write(plan.places, 0); err != nil {
			return fmt.Errorf("position_embd.weight: %w", err)
		}
	}
	for i := range plan.blocks {
		from, to := &plan.blocks[i], &t.Params.layers[i]
		copy(to.attnNorm, from.attnNorm)
		copy(to.mlpNorm, from.mlpNorm)
		copy(to.attnPost, from.attnPost)
		copy(to.mlpPost, from.mlpPost)
		copy(to.qNorm, from.qNorm)
		copy(to.kNorm, from.kNorm)
		if err := t.Params.takeStates(i, plan); err != nil {
			return err
		}
		copy(to.bias, from.qkv.bias)
		copy(to.attnNormB, from.attnNormB)
		copy(to.mlpNormB, from.mlpNormB)
		if to.outBias != nil {
			copy(to.outBias, from.out.bias)
			copy(to.upBias, from.gateUp.bias)
			copy(to.downBias, from.down.bias)
		}
	}
	return nil
}

// floatsByRow is floats, a few rows in memory at a time.
func (w *weight) floatsByRow(dst stored) error {
	buf := make([]byte, w.bytes(min(w.rows, exportRows)))
	rows := make([]float32, min(w.rows, exportRows)*w.cols)
	for lo := 0; lo < w.rows; lo += exportRows {
		hi := min(w.rows, lo+exportRows)
		b, err := w.read(buf[:w.bytes(hi-lo)], lo, hi)
		if err != nil {
			return err
		}
		weights.Decode(rows[:(hi-lo)*w.cols], b, w.typ)
		if err := dst.write(rows[:(hi-lo)*w.cols], lo*w.cols); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
	}
	return nil
}
