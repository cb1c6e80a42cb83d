package model

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// A LoRA says which adapters are trained over a frozen model: for each target
// y += Alpha/Rank·B·(A·x). (Hu et al., arXiv 2106.09685.)
type LoRA struct {
	Targets []string // names of Hugging Face modules or ends of them, as q_proj or layers.1.mlp.up_proj; nil: every matrix of the blocks but those of experts
	Rank    int
	Alpha   float64
	Seed    uint64

	from *adapterForm // of an adapter to go on from: of it are the fields above but Seed, as far as they can say it (ReadLoRA)
}

// A TargetError is an ErrConfig about a target that the model has not.
type TargetError struct {
	Name string
	Has  []string // what could be named
}

func (e *TargetError) Error() string {
	return fmt.Sprintf("%v: no such target: %q; the model has %s", ErrConfig, e.Name, strings.Join(e.Has, ", "))
}

func (e *TargetError) Unwrap() error { return ErrConfig }

// A Pair is the adapter of one matrix, rows at and on of a dense.
type Pair struct {
	name           string // of the Hugging Face module
	at, rows, cols int
	rank           int
	scale          float32
	a, b           []float32 // (rank, cols), (rows, rank)
	da, db         []float32 // their gradients
	packedA        []float32 // (cols, rank)
	packedB        []float32 // (rank, rows), scaled: what a decoder would read
	spare          []float32 // (rows, rank) scale·b while it is packed, db turned while it is added to
}

// pairState is what one row leaves for the gradients of a pair.
type pairState struct {
	mid  []float32 // (T, rank) scale·x·Aᵀ
	dmid []float32 // (T, rank) scale·dy·B
}

// modules lists the matrices of a block, in order, by the ends of their names.
func (s *Shape) modules() []string {
	var list []string
	switch {
	case s.Arch == "gpt2":
		return []string{"attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"}
	case s.fused() && s.fusedUp():
		list = []string{"self_attn.qkv_proj", "self_attn.o_proj"}
	case s.fused():
		list = []string{"self_attn.q_k_v_proj", "self_attn.g_proj", "self_attn.out_proj"}
	default:
		list = []string{"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj"}
	}
	if s.Delta != nil {
		list = append(list, stateModules...)
	}
	if s.fusedUp() {
		return append(list, "mlp.gate_up_proj", "mlp.down_proj")
	}
	mlp := "mlp."
	switch {
	case s.Shared > 0:
		mlp, list = sharedModules, append(list, "mlp.shared_expert_gate")
	case s.Experts > 0:
		mlp = expertModules
	}
	return append(list, mlp+"gate_proj", mlp+"up_proj", mlp+"down_proj")
}

// Check reports what of o cannot be made over a model of shape s; a target that
// it has not is a TargetError.
func (o *LoRA) Check(s *Shape) error {
	_, err := o.chosen(s)
	return err
}

// Params returns the numbers of o's adapters over a model of shape s, and those
// that a decoder has of them: of A the rank is filled up to whole panels.
func (o *LoRA) Params(s *Shape) (trained, packed int) {
	list, _ := o.chosen(s)
	places := s.places()
	for i := range list {
		x := &list[i]
		p := places[x.module]
		trained += x.rank * (p.rows + p.cols)
		packed += x.rank*p.rows + kernel.PackedLen(1, x.rank)*p.cols
	}
	return trained, packed
}

// copies is how many of a module block l has: as many as experts, or one; or none,
// if it is of attention and the block has a state, or the other way round.
func (s *Shape) copies(l int, module string) int {
	switch {
	case strings.HasPrefix(module, expertModules):
		return s.Experts
	case strings.HasPrefix(module, "self_attn.") && s.delta(l), strings.HasPrefix(module, stateModule) && !s.delta(l):
		return 0
	}
	return 1
}

// short is the end of a module's name, by which targets may name it.
func short(module string) string { return module[strings.LastIndexByte(module, '.')+1:] }

// endsIn reports whether end is a module's name or its end, as PEFT takes targets.
func endsIn(name, end string) bool { return name == end || strings.HasSuffix(name, "."+end) }

// A target is a matrix that an adapter changes.
type target struct {
	l, e   int    // its block; its number of copies
	module string // of modules
	name   string // of the Hugging Face module
	rank   int
	scale  float32
}

// chosen returns what the targets name, block after block.
func (o *LoRA) chosen(s *Shape) ([]target, error) {
	if o.from != nil {
		return o.from.of(s)
	}
	all := s.modules()
	if o.Rank < 1 || o.Rank > maxRank || !(o.Alpha > 0) || o.Alpha > 1e6 {
		return nil, badConfig("an adapter of rank %d and alpha %g; the rank is from 1 to %d", o.Rank, o.Alpha, maxRank)
	}
	var list []target
	named := make([]bool, len(o.Targets))
	for l := range s.Layers {
		for _, m := range all {
			if len(o.Targets) == 0 && strings.HasPrefix(m, expertModules) {
				continue
			}
			for e := range s.copies(l, m) {
				name, wanted := s.blockNames()+strconv.Itoa(l)+"."+m, len(o.Targets) == 0
				if own, ok := strings.CutPrefix(m, expertModules); ok {
					name = fmt.Sprintf("%s%d.%s%d.%s", s.blockNames(), l, expertModules, e, own)
				}
				for i, end := range o.Targets {
					if endsIn(name, end) {
						wanted, named[i] = true, true
					}
				}
				if wanted {
					list = append(list, target{l, e, m, name, o.Rank, float32(o.Alpha / float64(o.Rank))})
				}
			}
		}
	}
	if i := slices.Index(named, false); i >= 0 {
		return nil, &TargetError{o.Targets[i], shorts(all)}
	}
	return list, nil
}

// shorts are the short names of modules, each once.
func shorts(modules []string) (list []string) {
	for _, m := range modules {
		if !slices.Contains(list, short(m)) {
			list = append(list, short(m))
		}
	}
	return list
}

// named returns the targets in the order of the matrices that they name, or all if
// there are none.
func (o *LoRA) named(s *Shape) (targets []string, err error) {
	list, err := o.chosen(s)
	if err != nil {
		return nil, err
	}
	ends := o.Targets
	if len(ends) == 0 {
		ends = shorts(s.modules())
	}
	for _, m := range s.modules() {
		for _, x := range list {
			for _, end := range ends {
				if x.module == m && endsIn(x.name, end) && !slices.Contains(targets, end) {
					targets = append(targets, end)
				}
			}
		}
	}
	return targets, nil
}

// layPairs lays out the adapters of all blocks. The trained numbers come
// first, in one piece.
func (o *LoRA) layPairs(w *net, a *tensor.Arena) (pairs []*Pair, all, grads []float32, err error) {
	s := &w.Shape
	list, err := o.chosen(s)
	if err != nil {
		return nil, nil, nil, err
	}
	places, n := s.places(), 0
	for _, x := range list {
		p, d := places[x.module], w.blocks[x.l][places[x.module].linear]
		switch {
		case strings.HasPrefix(x.module, expertModules):
			d = w.experts[x.l][x.e].matrix(p.linear)
		case strings.HasPrefix(x.module, sharedModules):
			d = w.experts[x.l][s.Experts].matrix(p.linear)
		}
		pair := &Pair{name: x.name, at: p.at, rows: p.rows, cols: p.cols, rank: x.rank, scale: x.scale}
		d.loras = append(d.loras, pair)
		pairs = append(pairs, pair)
		n += x.rank * (p.rows + p.cols)
	}
	all, grads = a.Float32(n), a.Float32(n)
	at := 0
	for _, p := range pairs {
		if all != nil {
			p.a, p.b = all[at:at+p.rank*p.cols], all[at+p.rank*p.cols:at+p.rank*(p.cols+p.rows)]
			p.da, p.db = grads[at:at+p.rank*p.cols], grads[at+p.rank*p.cols:at+p.rank*(p.cols+p.rows)]
		}
		at += p.rank * (p.rows + p.cols)
		p.packedA, p.packedB = a.Float32(kernel.PackedLen(p.cols, p.rank)), a.Float32(kernel.PackedLen(p.rank, p.rows))
		p.spare = a.Float32(p.rows * p.rank)
	}
	return pairs, all, grads, nil
}

// init draws A uniformly, as the peft library does: within ±1/√cols; B is zero.
func (p *Pair) init(seed uint64, index int) {
	a := float32(1 / math.Sqrt(float64(p.cols)))
	for j := range p.a {
		u := tensor.Uniform(tensor.Rand(seed^0x6c6f7261, uint64(index), uint64(j)))
		p.a[j] = a * float32(2*u-1)
	}
	clear(p.b)
}

// pack makes the forward pass see changed parameters.
func (p *Pair) pack() {
	kernel.Pack(p.packedA, p.cols, p.rank, p.a, 1, p.cols)
	copy(p.spare, p.b)
	kernel.Scale(p.spare, p.scale)
	kernel.Pack(p.packedB, p.rank, p.rows, p.spare, 1, p.rank)
}

// grad adds one row's part of the gradients: of A if which is 0, else of B.
// x (n, cols), dy (n, ld). B's is made turned, so that dy, which is wide, is
// read along its rows.
func (p *Pair) grad(which int, s *pairState, x, dy []float32, n, ld int) {
	if which == 0 {
		kernel.Gemm(p.rank, p.cols, n, s.dmid, 1, p.rank, x, p.cols, p.da, p.cols, true)
		return
	}
	turned := p.spare
	kernel.Transpose(turned, p.db, p.rows, p.rank)
	kernel.Gemm(p.rank, p.rows, n, s.mid, 1, p.rank, dy[p.at:], ld, turned, p.rows, true)
	kernel.Transpose(p.db, turned, p.rank, p.rows)
}
