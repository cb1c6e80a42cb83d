package model

import (
	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// A Cache holds the keys and values of one sequence, in the layout in which
// attention reads them: keys packed and transposed, values by row.
type Cache struct {
	Len    int // tokens held
	limit  int
	config *Config
	k      []float32 // (L, G) panels of (D, limit)
	v      []float32 // (L, G, limit, D)
}

// CacheFloats returns the floats of a cache of limit tokens.
func CacheFloats(c *Config, limit int) int {
	return c.Layers * c.KVHeads * (kernel.PackedLen(c.HeadDim, limit) + limit*c.HeadDim)
}

// NewCache returns an empty cache of limit tokens in arena.
func NewCache(c *Config, limit int, a *tensor.Arena) *Cache {
	n := c.Layers * c.KVHeads
	return &Cache{limit: limit, config: c, k: a.Float32(n * kernel.PackedLen(c.HeadDim, limit)), v: a.Float32(n * limit * c.HeadDim)}
}

// Limit returns the number of tokens the cache can hold.
func (c *Cache) Limit() int { return c.limit }

// CopyFrom makes c hold what from holds: a prompt read once serves many samples.
func (c *Cache) CopyFrom(from *Cache) {
	c.Len = from.Len
	D := c.config.HeadDim
	pk, panels := kernel.PackedLen(D, c.limit), kernel.PackedLen(D, from.Len)
	fk := kernel.PackedLen(D, from.limit)
	for i := range c.config.Layers * c.config.KVHeads {
		copy(c.k[i*pk:(i+1)*pk], from.k[i*fk:][:panels])
		copy(c.v[i*c.limit*D:], from.v[i*from.limit*D:][:from.Len*D])
	}
}

// head returns the keys and values of key-value head g of block l.
func (c *Cache) head(l, g int) (k, v []float32) {
	i, D := l*c.config.KVHeads+g, c.config.HeadDim
	n := kernel.PackedLen(D, c.limit)
	return c.k[i*n : (i+1)*n], c.v[i*c.limit*D : (i+1)*c.limit*D]
}

// A Seq is a sequence's part of a decoding step: the tokens that follow those
// its cache holds. It must fit the cache.
type Seq struct {
	Cache *Cache
	IDs   []int32
}

// A Decoder runs a model forward with caches. The logits of a token have the
// same bits as in training, whatever else is in the batch and however the
// prompt was cut: every row of every product is a chain of its own.
type Decoder struct {
	Config  Config
	net     net
	team    *tensor.Team
	scratch []decodeScratch
	arena   *tensor.Arena
}

type decodeScratch struct {
	rows int
	pos  []int32
	s    layerState
	next []float32 // (rows, C)
	p    []float32 // (tile, limit)
	h    []float32 // (rows, C)
}

// NewDecoder returns a decoder of p's parameters that takes up to rows tokens
// per worker at a time and sequences of up to limit tokens. Changed
// parameters are seen after Repack.
func NewDecoder(p *Params, rows, limit, threads int) (*Decoder, error) {
	var count tensor.Arena
	layDecoder(p, rows, limit, threads, &count)
	a, err := tensor.NewArena(count.Len())
	if err != nil {
		return nil, err
	}
	d := layDecoder(p, rows, limit, threads, a)
	d.arena = a
	d.net.rope = newRope(limit, p.Config.HeadDim, p.Config.Theta)
	d.Repack()
	return d, nil
}

func layDecoder(p *Params, rows, limit, threads int, a *tensor.Arena) *Decoder {
	c := p.Config
	d := &Decoder{Config: c, team: tensor.NewTeam(threads)}
	d.net = net{Params: p, packed: NewPacked(c, a)}
	for range d.team.Size() {
		d.scratch = append(d.scratch, decodeScratch{
			rows: rows, pos: make([]int32, rows), s: forwardState(c, rows, a), next: a.Float32(rows * c.Width),
			p: a.Float32(tile * limit), h: a.Float32(rows * c.Width),
		})
	}
	return d
}

// Repack makes the decoder see changed parameters.
func (d *Decoder) Repack() { d.net.packed.Pack(d.net.Params, d.team) }

// Workers returns the number of workers a step is split among.
func (d *Decoder) Workers() int { return d.team.Size() }

// Close frees the decoder's memory, not the parameters.
func (d *Decoder) Close() { d.arena.Close() }

// Step appends every sequence's tokens to its cache and writes the logits
// after its last one. logits (len(seqs), V).
func (d *Decoder) Step(seqs []Seq, logits []float32) {
	total := 0
	for i := range seqs {
		total += len(seqs[i].IDs)
	}
	share := max(1, (total+d.team.Size()-1)/d.team.Size())
	var cuts []int // sequences, cut where a worker has its share or its memory is full
	for i, rows := 0, 0; i < len(seqs); i++ {
		n := len(seqs[i].IDs)
		if i == 0 || rows+n > min(share, d.scratch[0].rows) && rows > 0 {
			cuts, rows = append(cuts, i), 0
		}
		rows += n
	}
	cuts = append(cuts, len(seqs))
	d.team.For(len(cuts)-1, func(w, i int) {
		lo, hi := cuts[i], cuts[i+1]
		d.run(&d.scratch[w], seqs[lo:hi], logits[lo*d.Config.Vocab:hi*d.Config.Vocab])
	})
}

// run is Step on one worker. A sequence longer than its memory is cut.
func (d *Decoder) run(s *decodeScratch, seqs []Seq, logits []float32) {
	for len(seqs) == 1 && len(seqs[0].IDs) > s.rows {
		d.forward(s, []Seq{{seqs[0].Cache, seqs[0].IDs[:s.rows]}}, nil)
		seqs = []Seq{{seqs[0].Cache, seqs[0].IDs[s.rows:]}}
	}
	d.forward(s, seqs, logits)
}

func (d *Decoder) forward(s *decodeScratch, seqs []Seq, logits []float32) {
	w, c := &d.net, &d.Config
	C, n := c.Width, 0
	for _, q := range seqs {
		w.embedRows(s.s.x[n*C:], q.IDs)
		for i := range q.IDs {
			s.pos[n+i] = int32(q.Cache.Len + i)
		}
		n += len(q.IDs)
	}
	for l := range w.layers {
		w.project(&s.s, l, n, s.pos)
		row := 0
		for _, q := range seqs {
			d.attend(s, q, l, row)
			row += len(q.IDs)
		}
		w.finish(&s.s, l, n, s.next)
		s.s.x, s.next = s.next, s.s.x
	}
	row := 0
	for i, q := range seqs {
		q.Cache.Len += len(q.IDs)
		row += len(q.IDs)
		if logits != nil {
			kernel.RMSNorm(s.h[i*C:(i+1)*C], s.s.x[(row-1)*C:row*C], w.norm, c.Eps)
		}
	}
	if logits != nil {
		kernel.GemmPacked(len(seqs), c.Vocab, C, s.h, C, 1, w.packed.head, logits, c.Vocab, false)
	}
}

// attend appends the keys and values of q's tokens, rows row and on of s, to
// its cache and lets them look back.
func (d *Decoder) attend(s *decodeScratch, q Seq, l, row int) {
	c := &d.Config
	D, N, Q := c.HeadDim, c.qkv(), c.q()
	stride, group, n, had := Q+c.kv(), c.Heads/c.KVHeads, len(q.IDs), q.Cache.Len
	for g := range c.KVHeads {
		kT, v := q.Cache.head(l, g)
		for t := range n {
			at := had + t
			panel := kT[at/kernel.NR*D*kernel.NR+at%kernel.NR:]
			for i, x := range s.s.qk[(row+t)*stride+Q+g*D:][:D] {
				panel[i*kernel.NR] = x
			}
			copy(v[at*D:(at+1)*D], s.s.qkv[(row+t)*N+Q+c.kv()+g*D:])
		}
		if n == 1 { // all heads of the group at once
			at := row*stride + g*group*D
			d.look(s, s.s.qk[at:], D, s.s.y[row*Q+g*group*D:], D, group, had+1, 0, kT, v)
			continue
		}
		for h := g * group; h < (g+1)*group; h++ {
			for t0 := 0; t0 < n; t0 += tile {
				m := min(tile, n-t0)
				at := row + t0
				d.look(s, s.s.qk[at*stride+h*D:], stride, s.s.y[at*Q+h*D:], Q, m, had+t0+1, 1, kT, v)
			}
		}
	}
}

// look attends m queries, ldq apart, of which query r sees live+r·more keys.
func (d *Decoder) look(s *decodeScratch, q []float32, ldq int, y []float32, ldy, m, live, more int, kT, v []float32) {
	D := d.Config.HeadDim
	keys := live + (m-1)*more
	kernel.GemmPacked(m, keys, D, q, ldq, 1, kT, s.p, keys, false)
	var inv [tile]float32
	for r := range m {
		_, inv[r] = softmaxRow(s.p[r*keys:(r+1)*keys], live+r*more)
	}
	kernel.Gemm(m, D, keys, s.p, keys, 1, v, D, y, ldy, false)
	for r := range m {
		kernel.Scale(y[r*ldy:][:D], inv[r])
	}
}
