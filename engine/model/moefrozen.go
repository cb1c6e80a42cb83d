package model

// frozenExperts are the loops of a mixture that is not trained: a worker takes
// an expert with the tokens of all rows, so that it is unpacked once.
type frozenExperts struct{ group, expertsIn, expertsOut, mixed, top, expertsBack func(worker, i int) }

func (f *frozenExperts) experts(t *Trainer) {
	w, p := &t.net, &t.loops
	f.group = func(_, i int) { t.batch[i].layers[p.l].mix.group(len(t.batch[i].in.IDs), w.asks()) }
	f.expertsIn = func(worker, i int) {
		e := w.scored() - 1 - i // the shared one, which all ask, before the others
		for i := range t.batch {
			w.expertIn(&t.batch[i], p.l, e, &t.scratch[worker].expert)
		}
	}
	f.expertsOut = func(worker, i int) {
		e := w.scored() - 1 - i
		for i := range t.batch {
			w.expertOut(&t.batch[i], p.l, e, &t.scratch[worker].expert)
		}
	}
	f.mixed = func(_, i int) {
		s := &t.frozen.stretches[i]
		w.mixed(s.r, p.l, s.lo, s.hi)
	}
	f.top = func(_, i int) {
		s := &t.frozen.stretches[i]
		copy(s.r.grad.dtop[s.lo*w.Width:s.hi*w.Width], s.r.nf[s.lo*w.Width:])
	}
	f.expertsBack = func(worker, i int) {
		e := w.scored() - 1 - i
		s, asked := &t.scratch[worker], 0
		for i := range t.batch {
			list, _ := t.batch[i].layers[p.l].mix.slots(e)
			asked += len(list)
		}
		if asked == 0 {
			return
		}
		x := &w.experts[p.l][e]
		x.down.unpackAll(&s.expert.dense)
		for i := range t.batch {
			w.downBack(&t.batch[i], p.l, e, s)
		}
		x.gateUp.unpackAll(&s.expert.dense)
		for i := range t.batch {
			w.upBack(&t.batch[i], p.l, e, s)
		}
	}
}

// expertsInFrozen is expertsIn of all rows, expertsOutFrozen expertsOut.
func (t *Trainer) expertsInFrozen(l int) {
	t.loops.l = l
	t.team.For(len(t.batch), t.frozen.group)
	t.team.For(t.net.scored(), t.frozen.expertsIn)
}

func (t *Trainer) expertsOutFrozen(l int) {
	t.loops.l = l
	t.team.For(t.net.scored(), t.frozen.expertsOut)
	t.team.For(len(t.frozen.stretches), t.frozen.mixed)
}

// expertsBackFrozen takes the micro-batch back through the block's experts.
func (t *Trainer) expertsBackFrozen() {
	t.team.For(len(t.frozen.stretches), t.frozen.top)
	t.team.For(t.net.scored(), t.frozen.expertsBack)
}
