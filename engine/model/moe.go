package model

import (
	"cmp"

	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// A mixture of E experts may have one more that every token asks, beside the K that
// it chooses: the shared one, of a width of its own, is expert E and of rank K. What
// it counts is the sigmoid of its score, which is the router's last.

// scored is how many scores the router makes of a token, asks how many experts the
// token asks.
func (s *Shape) scored() int { return s.Experts + min(s.Shared, 1) }
func (s *Shape) asks() int   { return s.Chosen + min(s.Shared, 1) }

// hiddenOf is the width of expert e, widest that of the widest.
func (s *Shape) hiddenOf(e int) int {
	if e == s.Experts {
		return s.Shared
	}
	return s.Hidden
}

func (s *Shape) widest() int { return max(s.Hidden, s.Shared) }

// mixture is what a step of a mixture of experts needs.
type mixture struct {
	scores  []float32 // (rows, scored)
	asked   [][]asked // (E) who asks an expert
	chosen  []int32   // (asks) the experts that a token asks
	weight  []float32 // (rows, asks) of them, by rank
	out     []float32 // (rows, K, C) what those say that are chosen
	workers []mixWorker

	// Of the shared expert, whose products the workers split.
	gu   []float32     // (rows, 2·Shared)
	act  *kernel.Input // (rows, Shared)
	said []float32     // (rows, C)
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
		scores: a.Float32(rows * s.scored()), asked: make([][]asked, s.Experts),
		chosen: make([]int32, s.asks()), weight: a.Float32(rows * s.asks()), out: a.Float32(rows * s.Chosen * C),
	}
	if s.Shared > 0 {
		m.gu, m.act, m.said = a.Float32(rows*2*s.Shared), newInput(rows, s.Shared, a), a.Float32(rows*C)
	}
	for range threads {
		m.workers = append(m.workers, mixWorker{
			in: newInput(rows, C, a), gu: a.Float32(rows * 2 * F), act: newInput(rows, F, a), out: a.Float32(rows * C),
		})
	}
	return m
}

// experts finds a block's router and experts: (E, F, C) and (E, C, F) in one
// tensor each; the shared one, and what scores it, are apart.
func (p *planner) experts(b *decoderBlock, name func(string) string) {
	C, F, E := p.s.Width, p.s.Hidden, p.s.Experts
	routers, rows := []string{name("ffn_gate_inp")}, []int{E}
	if p.s.Shared > 0 {
		routers, rows = append(routers, name("ffn_gate_inp_shexp")), append(rows, 1)
	}
	b.router = p.linear(C, routers, rows)
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
	if S := p.s.Shared; S > 0 {
		b.experts = append(b.experts, expert{
			p.linear(C, []string{name("ffn_gate_shexp"), name("ffn_up_shexp")}, []int{S, S}), p.linear(S, []string{name("ffn_down_shexp")}, []int{C}),
		})
	}
}

// mix adds what the chosen experts say of n tokens to the residual stream.
// Every token's experts are added by rank, so the bits do not depend on who
// else asks them.
func (d *Decoder) mix(seqs []Seq, l, n int) {
	b := &d.net.blocks[l]
	c, s, m := &d.Shape, &d.s, d.s.moe
	E, K, C, F, N, A := c.Experts, c.Chosen, c.Width, c.Hidden, c.scored(), c.asks()
	d.mul(&b.router, s.n, n, m.scores, N, false)
	d.adapt(seqs, l, gateUpLinear, s.n, m.scores, N)
	for e := range m.asked {
		m.asked[e] = m.asked[e][:0]
	}
	for t := range n {
		c.route(m.scores[t*N:(t+1)*N], m.chosen, m.weight[t*A:(t+1)*A])
		for k, e := range m.chosen[:K] {
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
	if c.Shared > 0 {
		d.share(seqs, l, n)
	}
	d.rowsOf(n, func(t int) {
		for k := range K {
			kernel.Axpy(s.x[t*C:(t+1)*C], m.weight[t*A+k], m.out[(t*K+k)*C:][:C])
		}
		if c.Shared > 0 {
			kernel.Axpy(s.x[t*C:(t+1)*C], m.weight[t*A+K], m.said[t*C:(t+1)*C])
		}
	})
}

// share makes what the shared expert of block l says to n tokens.
func (d *Decoder) share(seqs []Seq, l, n int) {
	c, s, m, F := &d.Shape, &d.s, d.s.moe, d.Shape.Shared
	x := &d.net.blocks[l].experts[c.Experts]
	pairs := func(which int) func(*Adapter) []lora {
		return func(a *Adapter) []lora {
			if a.experts == nil {
				return nil
			}
			return a.experts[l][c.Experts][which]
		}
	}
	d.mul(&x.gateUp, s.n, n, m.gu, 2*F, false)
	d.adaptBy(seqs, pairs(gateUpLinear), s.n, m.gu, 2*F)
	d.activate(n, F, x.down.forms(), m.act, func(y []float32, t, lo, hi int, coarse bool) {
		gu := m.gu[t*2*F : (t+1)*2*F]
		c.Act.gate(y, gu[lo:hi], gu[F+lo:F+hi], coarse)
	})
	d.mul(&x.down, m.act, n, m.said, c.Width, false)
	d.adaptBy(seqs, pairs(downLinear), m.act, m.said, c.Width)
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

// route finds the experts that a token asks, and what each of them counts: those it
// chooses, of which ask says more, then the shared one. It makes of scores (scored)
// what each stands for: exp(score − max), and inv makes those probabilities; the last
// is the shared one's weight.
func (s *Shape) route(scores []float32, chosen []int32, weight []float32) (inv float32) {
	E, K := s.Experts, s.Chosen
	inv = s.ask(scores[:E], chosen[:K], weight[:K])
	if s.Shared > 0 {
		scores[E] = sigmoid(scores[E])
		chosen[K], weight[K] = int32(E), scores[E]
	}
	return inv
}

// ask finds the experts that a token chooses and what each of them counts, by rank: the
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

// expertMetadata writes the keys of GGUF.
func (s *Shape) expertMetadata(put func(key string, v any)) {
	if s.Experts == 0 {
		return
	}
	put("*.expert_count", uint32(s.Experts))
	put("*.expert_used_count", uint32(s.Chosen))
	put("*.expert_feed_forward_length", uint32(s.Hidden))
	if s.Shared > 0 {
		put("*.expert_shared_feed_forward_length", uint32(s.Shared))
	}
}

// maxExperts bounds the experts of a mixture.
const maxExperts = 1 << 12

// checkExperts reports an impossible mixture.
func (s *Shape) checkExperts() error {
	if s.Experts < 0 || s.Experts > maxExperts || s.Chosen < 0 || s.Chosen > s.Experts || s.Experts > 0 && s.Chosen == 0 {
		return badConfig("%d of %d experts", s.Chosen, s.Experts)
	}
	if s.Shared < 0 || s.Shared > maxHidden || s.Shared > 0 && s.Experts == 0 {
		return badConfig("a shared expert of width %d beside %d experts", s.Shared, s.Experts)
	}
	return nil
}
