package model

// frozenExperts are the loops of a mixture that is not trained: a worker takes
// an expert with the tokens of all rows, so that it is unpacked once; of the shared
// one, which all tokens ask, a stretch of them.
type frozenExperts struct {
	group, expertsIn, expertsOut, mixed, top, expertsBack, sharedBack func(worker, i int)
}

func (f *frozenExperts) experts(t *Trainer) {
	w, p := &t.net, &t.loops
	f.group = func(_, i int) { t.batch[i].layers[p.l].mix.group(len(t.batch[i].in.IDs), w.asks()) }
	each := func(do func(r *rowState, l, e int, asked []int32, lo int, s *expertScratch)) func(worker, i int) {
		return func(worker, i int) {
			x := &t.scratch[worker].expert
			if i < t.sharedTasks() {
				r, asked, lo := t.sharedSlots(i)
				do(r, p.l, w.Experts, asked, lo, x)
				return
			}
			e := i - t.sharedTasks()
			for j := range t.batch {
				asked, lo := t.batch[j].layers[p.l].mix.slots(e)
				do(&t.batch[j], p.l, e, asked, lo, x)
			}
		}
	}
	f.expertsIn, f.expertsOut = each(w.expertIn), each(w.expertOut)
	f.mixed = func(_, i int) {
		s := &t.frozen.stretches[i]
		w.mixed(s.r, p.l, s.lo, s.hi)
	}
	f.top = func(_, i int) {
		s := &t.frozen.stretches[i]
		copy(s.r.grad.dtop[s.lo*w.Width:s.hi*w.Width], s.r.nf[s.lo*w.Width:])
	}
	f.expertsBack = func(worker, e int) {
		s, n := &t.scratch[worker], 0
		for i := range t.batch {
			list, _ := t.batch[i].layers[p.l].mix.slots(e)
			n += len(list)
		}
		if n == 0 {
			return
		}
		x := &w.experts[p.l][e]
		x.down.unpackAll(&s.expert.dense)
		for i := range t.batch {
			asked, lo := t.batch[i].layers[p.l].mix.slots(e)
			w.downBack(&t.batch[i], p.l, e, asked, lo, s, &s.expert.dense)
		}
		x.gateUp.unpackAll(&s.expert.dense)
		for i := range t.batch {
			asked, lo := t.batch[i].layers[p.l].mix.slots(e)
			w.upBack(&t.batch[i], p.l, e, asked, lo, s, &s.expert.dense)
		}
	}
	f.sharedBack = func(worker, i int) {
		s := &t.scratch[worker]
		r, asked, lo := t.sharedSlots(i)
		if p.which == downLinear {
			w.downBack(r, p.l, w.Experts, asked, lo, s, &s.dense)
		} else {
			w.upBack(r, p.l, w.Experts, asked, lo, s, &s.dense)
		}
	}
}

// sharedTasks is how many tasks the shared expert has: as many as stretches, or none.
func (t *Trainer) sharedTasks() int {
	if t.net.Shared == 0 {
		return 0
	}
	return len(t.frozen.stretches)
}

// sharedSlots returns the slots of stretch i, which lie as its tokens do.
func (t *Trainer) sharedSlots(i int) (r *rowState, asked []int32, lo int) {
	s := &t.frozen.stretches[i]
	asked, lo = s.r.layers[t.loops.l].mix.slots(t.net.Experts)
	return s.r, asked[s.lo:s.hi], lo + s.lo
}

// expertsInFrozen is expertsIn of all rows, expertsOutFrozen expertsOut.
func (t *Trainer) expertsInFrozen(l int) {
	t.loops.l = l
	t.team.For(len(t.batch), t.frozen.group)
	t.team.For(t.sharedTasks()+t.net.Experts, t.frozen.expertsIn)
}

func (t *Trainer) expertsOutFrozen(l int) {
	t.loops.l = l
	t.team.For(t.sharedTasks()+t.net.Experts, t.frozen.expertsOut)
	t.team.For(len(t.frozen.stretches), t.frozen.mixed)
}

// expertsBackFrozen takes the micro-batch back through the block's experts.
func (t *Trainer) expertsBackFrozen() {
	f, p := &t.frozen, &t.loops
	t.team.For(len(f.stretches), f.top)
	if t.net.Shared > 0 {
		for p.which = downLinear; p.which >= gateUpLinear; p.which-- {
			t.unpackFrozen(t.net.experts[p.l][t.net.Experts].matrix(p.which))
			t.team.For(len(f.stretches), f.sharedBack)
		}
		p.which = downLinear
	}
	t.team.For(t.net.Experts, f.expertsBack)
}
