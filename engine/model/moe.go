package model

import (
	"cmp"

	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// mixture is what a step of a mixture of experts needs.
type mixture struct {
	scores  []float32 // (rows, E)
	asked   [][]asked // (E) who asks an expert
	chosen  []int32   // (K) the experts that a token asks
	weight  []float32 // (rows, K) of them, by rank
	out     []float32 // (rows, K, C) what they say
	workers []mixWorker
}

// asked is a token that asks an expert, as the one of a rank.
type asked struct{ row, rank int }

type mixWorker struct {
	in  *kernel.Input // (rows, C)
	gu  []float32     // (rows, 2F)
	act *kernel.Input // (rows, F)
	out []float32     // (rows, C)
}

func layMixture(s *Shape, rows, threads int, a *tensor.Arena) *mixture {
	C, F := s.Width, s.Hidden
	m := &mixture{
		scores: a.Float32(rows * s.Experts), asked: make([][]asked, s.Experts),
		chosen: make([]int32, s.Chosen), weight: a.Float32(rows * s.Chosen), out: a.Float32(rows * s.Chosen * C),
	}
	for range threads {
		m.workers = append(m.workers, mixWorker{
			in: newInput(rows, C, a), gu: a.Float32(rows * 2 * F), act: newInput(rows, F, a), out: a.Float32(rows * C),
		})
	}
	return m
}

// experts finds a block's router and experts: (E, F, C) and (E, C, F) in one
// tensor each.
func (p *planner) experts(b *decoderBlock, name func(string) string) {
	C, F, E := p.s.Width, p.s.Hidden, p.s.Experts
	b.router = p.linear(C, []string{name("ffn_gate_inp")}, []int{E})
	gate, _ := p.find(name("ffn_gate_exps.weight"), E*F, C, false)
	up, _ := p.find(name("ffn_up_exps.weight"), E*F, C, false)
	down, ok := p.find(name("ffn_down_exps.weight"), E*C, F, false)
	if p.err != nil || !ok {
		return
	}
	for e := range E {
		x := expert{linear{cols: C}, linear{cols: F}}
		p.push(&x.gateUp, gate.part(e*F, (e+1)*F))
		p.push(&x.gateUp, up.part(e*F, (e+1)*F))
		p.push(&x.down, down.part(e*C, (e+1)*C))
		b.experts = append(b.experts, x)
	}
}

// mix adds what the chosen experts say of n tokens to the residual stream.
// Every token's experts are added by rank, so the bits do not depend on who
// else asks them.
func (d *Decoder) mix(seqs []Seq, l, n int) {
	b := &d.net.blocks[l]
	c, s, m := &d.Shape, &d.s, d.s.moe
	E, K, C, F := c.Experts, c.Chosen, c.Width, c.Hidden
	d.mul(&b.router, s.n, n, m.scores, E, false)
	for e := range m.asked {
		m.asked[e] = m.asked[e][:0]
	}
	for t := range n {
		c.ask(m.scores[t*E:(t+1)*E], m.chosen, m.weight[t*K:(t+1)*K])
		for k, e := range m.chosen {
			m.asked[e] = append(m.asked[e], asked{t, k})
		}
	}
	d.team.For(E, func(w, e int) {
		list, x, k := m.asked[e], &b.experts[e], &m.workers[w]
		if len(list) == 0 {
			return
		}
		for i, a := range list {
			copy(k.in.Row(i), s.n.Row(a.row))
		}
		k.in.Quantise(0, len(list), x.gateUp.forms())
		for i := range x.gateUp.parts {
			x.gateUp.parts[i].m.Mul(k.in, len(list), 0, F, k.gu[i*F:], 2*F, false)
		}
		d.adaptExpert(seqs, l, e, gateUpLinear, w, k.in, k.gu, 2*F)
		for i := range list {
			c.Act.gate(k.act.Row(i), k.gu[2*i*F:][:F], k.gu[(2*i+1)*F:][:F], x.down.forms() != 0)
		}
		k.act.Quantise(0, len(list), x.down.forms())
		x.down.parts[0].m.Mul(k.act, len(list), 0, C, k.out, C, false)
		d.adaptExpert(seqs, l, e, downLinear, w, k.act, k.out, C)
		for i, a := range list {
			copy(m.out[(a.row*K+a.rank)*C:][:C], k.out[i*C:(i+1)*C])
		}
	})
	d.rowsOf(n, func(t int) {
		for k := range K {
			kernel.Axpy(s.x[t*C:(t+1)*C], m.weight[t*K+k], m.out[(t*K+k)*C:][:C])
		}
	})
}

// adaptExpert adds what the sequences' adapters say of a linear of expert e of
// block l, of the tokens that ask it. dst (n, ld).
func (d *Decoder) adaptExpert(seqs []Seq, l, e, which, worker int, in *kernel.Input, dst []float32, ld int) {
	if d.rank == 0 {
		return
	}
	list, mid, lo := d.s.moe.asked[e], d.mid[worker*d.rows*d.rank:], 0
	for i := range seqs {
		q, hi := &seqs[i], lo
		for hi < len(list) && list[hi].row < q.row+len(q.IDs) {
			hi++
		}
		if n := hi - lo; n > 0 && q.Adapter != nil && q.Adapter.experts != nil {
			for _, p := range q.Adapter.experts[l][e][which] {
				kernel.GemmPacked(n, p.rank, p.cols, in.Floats()[lo*p.cols:], p.cols, 1, p.a, mid, p.rank, false)
				kernel.GemmPacked(n, p.rows, p.rank, mid, p.rank, 1, p.b, dst[lo*ld+p.at:], ld, true)
			}
		}
		lo = hi
	}
}

// ask finds the experts that a token asks and what each of them counts, by rank: the
// highest score first; of equal ones, the expert of the lower number. It turns scores
// into exp(score − max), and returns what makes probabilities of them.
func (s *Shape) ask(scores []float32, chosen []int32, weight []float32) (inv float32) {
	_, inv = softmaxRow(scores, len(scores))
	n := 0
	for e, x := range scores {
		if n == len(chosen) {
			if cmp.Compare(x, scores[chosen[n-1]]) <= 0 {
				continue
			}
			n--
		}
		i := n
		for ; i > 0 && cmp.Compare(x, scores[chosen[i-1]]) > 0; i-- {
			chosen[i] = chosen[i-1]
		}
		chosen[i] = int32(e)
		n++
	}
	var sum float32
	for k, e := range chosen {
		weight[k] = float32(scores[e] * inv) // not fused with the sum: the same bits on every machine
		sum += weight[k]
	}
	if s.Renorm {
		kernel.Scale(weight, 1/sum)
	}
	return inv
}

// checkExperts reports an impossible mixture.
func (s *Shape) checkExperts() error {
	if s.Experts < 0 || s.Experts > 1<<12 || s.Chosen < 0 || s.Chosen > s.Experts || s.Experts > 0 && s.Chosen == 0 {
		return badConfig("%d of %d experts", s.Chosen, s.Experts)
	}
	return nil
}
