package model

import (
	"cmp"
	"path/filepath"
	"strconv"
	"strings"

	"suiren/engine/kernel"
	"suiren/engine/tensor"
	"suiren/engine/weights"
)

// An Adapter is a LoRA of a decoder: what it adds to the products of some
// matrices, y += s·B·(A·x). (Hu et al., arXiv 2106.09685.) It is opened from a
// folder as the PEFT library writes it.
type Adapter struct {
	Base    string // digest of the model that it was trained over (File.Digest); "" if it does not say
	layers  [][linears][]lora
	experts [][][linears][]lora // (L, E) of a mixture, if it changes some
	rank    int                 // the largest
	arena   *tensor.Arena
}

// The linears of a block that an adapter may change.
const (
	qkvLinear = iota
	outLinear
	gateUpLinear
	downLinear
	linears
)

// A lora changes rows at and on of a linear. B carries the scale.
type lora struct {
	at, rows, cols, rank int
	a                    []float32 // packed (cols, rank)
	b                    []float32 // packed (rank, rows)
}

// maxRank bounds the rank of an adapter.
const maxRank = 1 << 10

// OpenAdapter reads a PEFT folder for a decoder of shape s: a LoRA without
// biases on matrices of attention and feed-forward layers. What it cannot
// apply it refuses, and what is not whole: a *weights.FormatError of one of its files.
func OpenAdapter(dir string, s *Shape) (*Adapter, error) {
	c, f, n, err := openPEFT(dir, s)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	a, err := tensor.NewArena(n)
	if err != nil {
		return nil, err
	}
	ad, err := layAdapter(f, c, s, a, true)
	if err != nil {
		a.Close()
		return nil, err
	}
	ad.arena, ad.Base = a, cmp.Or(f.Meta()[baseKey], c.Base)
	return ad, nil
}

// openPEFT opens the two files of a PEFT folder for a decoder of shape s and checks every
// name and shape. n is the length of the arena that they are read into.
func openPEFT(dir string, s *Shape) (c *peftConfig, f *weights.File, n int, err error) {
	if c, err = readPEFT(dir, s); err != nil {
		return nil, nil, 0, err
	}
	if f, err = openAdapterFile(dir); err != nil {
		return nil, nil, 0, err
	}
	var count tensor.Arena
	if _, err := layAdapter(f, c, s, &count, false); err != nil {
		f.Close()
		return nil, nil, 0, err
	}
	return c, f, count.Len(), nil
}

func openAdapterFile(dir string) (*weights.File, error) {
	const name = "adapter_model.safetensors"
	if !isFile(filepath.Join(dir, name)) {
		return nil, &weights.FormatError{Path: filepath.Join(dir, name), Why: "is missing"}
	}
	return weights.OpenFile(filepath.Join(dir, name))
}

// Bytes returns the memory that the adapter takes.
func (a *Adapter) Bytes() int64 { return 4 * int64(a.arena.Len()) }

// Close frees the adapter's memory. No step that uses it may be under way.
func (a *Adapter) Close() { a.arena.Close() }

// expertModules is what the modules of experts begin with, before the expert's
// number: as peft called them when each was a linear, and still reads them.
const expertModules = "mlp.experts."

// sharedModules is what those of the expert begin with that every token asks.
const sharedModules = "mlp.shared_expert."

// A place is where a matrix of a Hugging Face folder lies in a block.
type place struct{ linear, at, rows, cols int }

// moduleOf takes the name of a matrix of a folder to its layer and its name
// there.
func moduleOf(name string) (l int, module string, ok bool) {
	_, rest, ok := strings.Cut(name, "layers.")
	if !ok {
		_, rest, ok = strings.Cut("."+name, ".h.") // GPT-2's
	}
	number, module, named := strings.Cut(rest, ".")
	l, err := strconv.Atoi(number)
	return l, module, ok && named && err == nil && l >= 0
}

func (s *Shape) places() map[string]place {
	q, kv := s.q(), s.kv()
	if s.Arch == "gpt2" {
		return map[string]place{
			"attn.c_attn": {qkvLinear, 0, s.qkv(), s.Width}, "attn.c_proj": {outLinear, 0, s.Width, q},
			"mlp.c_fc": {gateUpLinear, 0, s.Hidden, s.Width}, "mlp.c_proj": {downLinear, 0, s.Width, s.Hidden},
		}
	}
	list := map[string]place{
		"self_attn.q_proj":     {qkvLinear, 0, s.queries(), s.Width},
		"self_attn.k_proj":     {qkvLinear, s.queries(), kv, s.Width},
		"self_attn.v_proj":     {qkvLinear, s.queries() + kv, kv, s.Width},
		"self_attn.q_k_v_proj": {qkvLinear, 0, s.qkv(), s.Width},
		"self_attn.o_proj":     {outLinear, 0, s.Width, q},
		"self_attn.out_proj":   {outLinear, 0, s.Width, q},
	}
	mlp, F := "mlp.", s.Hidden
	switch {
	case s.Shared > 0: // the others are one tensor, in files and to PEFT
		mlp, F = sharedModules, s.Shared
		list["mlp.shared_expert_gate"] = place{gateUpLinear, s.Experts, 1, s.Width} // of the router
	case s.Experts > 0:
		mlp = expertModules
	}
	list[mlp+"gate_proj"] = place{gateUpLinear, 0, F, s.Width}
	list[mlp+"up_proj"] = place{gateUpLinear, F, F, s.Width}
	list[mlp+"down_proj"] = place{downLinear, 0, s.Width, F}
	if f, err := familyOf(s.Arch); err == nil && f.fusedUp {
		list["mlp.gate_up_proj"] = place{gateUpLinear, 0, 2 * s.Hidden, s.Width}
		if f.fusedQKV {
			list["self_attn.qkv_proj"] = list["self_attn.q_k_v_proj"]
		}
	}
	if x := s.Delta; x != nil {
		x.places(list, s.Width)
	}
	if s.HeadGate {
		list["self_attn.g_proj"] = place{qkvLinear, s.qkv(), s.Heads, s.Width}
	}
	return list
}

// layAdapter finds, checks and, if read, reads the pairs of matrices.
func layAdapter(f *weights.File, c *peftConfig, s *Shape, arena *tensor.Arena, read bool) (*Adapter, error) {
	ad := &Adapter{layers: make([][linears][]lora, s.Layers)}
	places := s.places()
	found, prefix := map[site][]foundPair{}, ""
	for _, name := range f.Names() {
		bad := func(why string, args ...any) error {
			return &weights.FormatError{Path: f.Path(), Place: name, Why: why, Args: args}
		}
		if strings.Contains(name, "embed_tokens.") || strings.Contains(name, "lora_embedding_") || strings.Contains(name, "lm_head.") {
			return nil, bad("is of the head or the embeddings: adapters of lm_head and of embeddings are not read")
		}
		stem, isA := strings.CutSuffix(name, ".lora_A.weight")
		if !isA {
			if stem, ok := strings.CutSuffix(name, ".lora_B.weight"); ok {
				if _, ok := f.Shape(stem + ".lora_A.weight"); ok {
					continue
				}
			}
			return nil, bad("belongs to no pair of lora_A and lora_B")
		}
		l, e, module, ok := s.module(stem)
		p, known := places[module]
		if !ok || !known || s.copies(l, module) == 0 || strings.Contains(stem, "vision_tower.") {
			return nil, bad("is of no matrix that this model has")
		}
		shapeA, _ := f.Shape(name)
		shapeB, okB := f.Shape(stem + ".lora_B.weight")
		if !okB || len(shapeA) != 2 || len(shapeB) != 2 || shapeA[1] != p.cols || shapeB[0] != p.rows || shapeA[0] != shapeB[1] || shapeA[0] < 1 || shapeA[0] > maxRank {
			return nil, bad("has shapes %v and %v for a matrix of %v", shapeA, shapeB, []int{p.rows, p.cols})
		}
		if want := c.rank(stem); shapeA[0] != want {
			return nil, bad("has the rank %d, and r of adapter_config.json is %d", shapeA[0], want)
		}
		at := site{l, e, p.linear}
		for _, f := range found[at] {
			if f.meets(p) {
				return nil, bad("is of a matrix that another tensor changes, too: %s", f.tensor)
			}
		}
		found[at] = append(found[at], foundPair{p, name})
		prefix = blocksOf(stem)
		r := lora{at: p.at, rows: p.rows, cols: p.cols, rank: shapeA[0]}
		r.a, r.b = arena.Float32(kernel.PackedLen(r.cols, r.rank)), arena.Float32(kernel.PackedLen(r.rank, r.rows))
		if read {
			x := make([]float32, max(r.cols, r.rows)*r.rank)
			a, b := x[:r.cols*r.rank], x[:r.rows*r.rank]
			if err := f.Read(name, a); err != nil {
				return nil, err
			}
			if err := s.orderAdapter(name, a, r.rank, false); err != nil {
				return nil, err
			}
			if !allFinite(a) {
				return nil, bad(NotFinite)
			}
			kernel.Pack(r.a, r.cols, r.rank, a, 1, r.cols)
			if err := f.Read(stem+".lora_B.weight", b); err != nil {
				return nil, err
			}
			if err := s.orderAdapter(stem+".lora_B.weight", b, r.rank, false); err != nil {
				return nil, err
			}
			kernel.Scale(b, float32(c.scale(stem, r.rank)))
			if !allFinite(b) { // once they are scaled
				name = stem + ".lora_B.weight"
				return nil, bad(NotFinite)
			}
			kernel.Pack(r.b, r.rank, r.rows, b, 1, r.rank)
		}
		ad.add(s, l, e, p.linear, r)
	}
	switch lost := c.lacks(s, prefix, found); {
	case len(found) == 0:
		return nil, &weights.FormatError{Path: f.Path(), Why: "has no pairs of lora_A and lora_B"}
	case lost != "":
		return nil, &weights.FormatError{Path: f.Path(), Place: lost, Why: "has no lora_A and lora_B, and target_modules of adapter_config.json name it"}
	}
	return ad, nil
}

// blocksOf returns what stands before the number of a block in the name of a module
// that moduleOf takes, as the model alone has it.
func blocksOf(name string) string {
	name = strings.TrimPrefix(name, peftPrefix)
	if before, _, ok := strings.Cut(name, "layers."); ok {
		return before + "layers."
	}
	before, _, _ := strings.Cut("."+name, ".h.")
	return strings.TrimPrefix(before+".h.", ".")
}

// NotFinite is why an adapter is not read, of its *weights.FormatError.
const NotFinite = "has numbers that are not finite"

func allFinite(x []float32) bool {
	for _, v := range x {
		if v-v != 0 { // of infinities and NaN it is NaN
			return false
		}
	}
	return true
}

// add adds a pair of block l, or of its expert e.
func (a *Adapter) add(s *Shape, l, e, which int, r lora) {
	a.rank = max(a.rank, r.rank)
	if e < 0 {
		a.layers[l][which] = append(a.layers[l][which], r)
		return
	}
	if a.experts == nil {
		a.experts = make([][][linears][]lora, s.Layers)
		for i := range a.experts {
			a.experts[i] = make([][linears][]lora, s.scored())
		}
	}
	a.experts[l][e][which] = append(a.experts[l][e][which], r)
}

// module returns what a name of a Hugging Face module says: the block, the
// expert (−1: none; Experts: the shared one) and the module of places. ok: the block
// and the expert are there.
func (s *Shape) module(name string) (l, e int, module string, ok bool) {
	l, module, ok = moduleOf(name)
	if !ok || l >= s.Layers {
		return 0, 0, "", false
	}
	own, isExpert := strings.CutPrefix(module, expertModules)
	switch {
	case strings.HasPrefix(module, sharedModules):
		return l, s.Experts, module, s.Shared > 0
	case !isExpert:
		return l, -1, module, true
	}
	number, own, _ := strings.Cut(own, ".")
	e, err := strconv.Atoi(number)
	return l, e, expertModules + own, err == nil && e >= 0 && e < s.Experts && strconv.Itoa(e) == number
}

// adapt adds what the sequences' adapters say of a linear of block l. dst (n, ld).
func (d *Decoder) adapt(seqs []Seq, l, which int, in *kernel.Input, dst []float32, ld int) {
	d.adaptBy(seqs, func(a *Adapter) []lora { return a.layers[l][which] }, in, dst, ld)
}

// adaptBy adds what those pairs say that of returns of a sequence's adapter. dst (n, ld).
func (d *Decoder) adaptBy(seqs []Seq, of func(*Adapter) []lora, in *kernel.Input, dst []float32, ld int) {
	if d.rank == 0 {
		return
	}
	d.team.For(len(seqs), func(_, i int) {
		q := &seqs[i]
		if q.Adapter == nil {
			return
		}
		n := len(q.IDs)
		for _, p := range of(q.Adapter) {
			mid := d.mid[q.row*d.rank:]
			kernel.GemmPacked(n, p.rank, p.cols, in.Floats()[q.row*p.cols:], p.cols, 1, p.a, mid, p.rank, false)
			kernel.GemmPacked(n, p.rows, p.rank, mid, p.rank, 1, p.b, dst[q.row*ld+p.at:], ld, true)
		}
	})
}

// adapters takes the memory between A and B, if any sequence has an adapter.
func (d *Decoder) adapters(seqs []Seq) {
	d.rank = 0
	for i := range seqs {
		if a := seqs[i].Adapter; a != nil {
			d.rank = max(d.rank, a.rank)
		}
	}
	need := d.rows * d.rank
	if d.Shape.Experts > 0 { // they run side by side
		need *= d.team.Size()
	}
	if len(d.mid) < need {
		d.mid = make([]float32, need)
	}
}

// Adapter returns the adapters as a decoder of the frozen model takes them:
// those of the last Repack. It is the trainer's, and is not closed; nil if all
// parameters are trained.
func (t *Trainer) Adapter() *Adapter {
	if t.Grads != nil {
		return nil
	}
	s := &t.net.Shape
	ad, places := &Adapter{layers: make([][linears][]lora, s.Layers)}, s.places()
	for _, p := range t.pairs {
		l, e, module, ok := s.module(p.name)
		if !ok {
			panic("model: a pair is called " + p.name)
		}
		ad.add(s, l, e, places[module].linear, lora{at: p.at, rows: p.rows, cols: p.cols, rank: p.rank, a: p.packedA, b: p.packedB})
	}
	return ad
}
