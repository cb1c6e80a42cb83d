package infer

import (
	"math"
	"slices"
)

// A voice is where a request stands between two tokens: everything that the
// next one depends on besides the logits.
type voice struct {
	req  *Request
	ids  []int32 // prompt and answer
	n    int     // tokens of the answer
	room int     // most tokens of it

	thinking bool
	said     bool // a token of the answer is not blank
	closed   bool // a thought was closed
	after    int  // tokens of the answer up to its end
	from     int  // tokens of the answer before the thought
	thought  int  // tokens of it
	steered  int  // tokens of the answer that are others than were chosen first, for want of room
	answer   int  // tokens of the shortest answer that the constraint allows; 0: not known yet
	circles  loopFinder
	force    []int32 // tokens that come next whatever the model wants
	why      string  // of force

	counts  map[int32]int32 // of the tokens that the penalties see
	counted int             // tokens of ids that were added to counts
	first   int             // the first of them
}

func newVoice(r *Request, limit int) voice {
	return voice{req: r, ids: slices.Clone(r.Prompt), room: r.room(limit), thinking: r.Open && len(r.ThinkEnd) > 0}
}

// next chooses the next token after logits z, which it leaves as they are.
func (v *voice) next(c *chooser, z []float32) (Token, error) {
	r := v.req
	if v.thinking && len(v.force) == 0 && v.n-v.from >= v.budget() {
		v.force, v.why = r.ThinkEnd, Budget
	}
	var t Token
	var lp scale
	var ok bool
	if len(v.force) > 0 {
		t.ID, t.Forced, v.force = v.force[0], v.why, v.force[1:]
		lp, _, ok = c.measure(z)
	} else {
		masked, err := v.mask(c, len(z))
		if err != nil {
			return t, err
		}
		t.ID, lp, ok = c.choose(z, r, v.n, v.count(), masked)
		for tries := 0; ok && v.bound() && !v.fits(t.ID); tries++ {
			if tries == 0 {
				v.steered++
			}
			v.narrow(c, t.ID, tries)
			t.ID, lp, ok = c.choose(z, r, v.n, v.count(), masked)
		}
		if v.thinking && slices.Contains(r.Stop, t.ID) { // an answer follows all the same
			t.ID, t.Forced, v.force, v.why = r.ThinkEnd[0], Unanswered, r.ThinkEnd[1:], Unanswered
		}
	}
	if !ok {
		return t, ErrNumbers
	}
	t.Logprob = lp.of(z[t.ID])
	t.Top = c.top(z, lp, r.TopLogprobs)
	t.Thought = v.thinking
	return t, v.note(&t)
}

// note makes t the latest token.
func (v *voice) note(t *Token) error {
	r := v.req
	bound := v.bound() && t.Forced == ""
	v.ids = append(v.ids, t.ID)
	v.n++
	answer := v.ids[len(v.ids)-v.n:]
	stop := slices.Contains(r.Stop, t.ID)
	v.said = v.said || !v.thinking && r.Blank != nil && !r.Blank(t.ID)
	switch {
	case stop:
	case v.thinking:
		v.thought++
		switch {
		case ends(answer, r.ThinkEnd):
			v.thinking, v.closed, v.after = false, true, v.n
		case v.circles.add(t.ID) && len(v.force) == 0:
			v.force, v.why = r.ThinkEnd, Loop
		}
	case !v.closed && v.n == len(r.ThinkStart) && ends(answer, r.ThinkStart):
		t.Thought, v.thinking, v.from = true, len(r.ThinkEnd) > 0, v.n
	case bound && !r.Constraint.Accept(t.ID):
		if v.n > 1 || v.closed || len(r.ThinkStart) == 0 || t.ID != r.ThinkStart[0] {
			return ErrStuck
		}
		t.Thought, v.force, v.why = true, r.ThinkStart[1:], Opened
	}
	switch {
	case stop:
		t.Finish = Stopped
	case v.n >= v.room:
		t.Finish = Cut
	}
	return nil
}

// bound reports whether the constraint holds for the next token.
func (v *voice) bound() bool { return v.req.Constraint != nil && !v.thinking }

// mask fills c.mask, if some tokens are not allowed.
func (v *voice) mask(c *chooser, vocab int) (bool, error) {
	r := v.req
	// The end may not be all that follows a thought.
	silent := v.closed && v.n == v.after || r.Blank != nil && !v.thinking && !v.said
	early := (v.n < r.MinTokens || silent && !v.bound()) && len(r.Stop) > 0
	if !v.bound() && !early {
		return false, nil
	}
	end := !early
	if v.bound() {
		clear(c.mask)
		r.Constraint.Mask(c.mask)
		end = end && r.Constraint.CanEnd()
		if v.n == 0 && !v.closed && len(r.ThinkStart) > 0 {
			setBit(c.mask, r.ThinkStart[0], true)
		}
	} else {
		for i := range c.mask {
			c.mask[i] = math.MaxUint32
		}
	}
	for _, id := range r.Stop {
		if id >= 0 && int(id) < vocab {
			setBit(c.mask, id, end)
		}
	}
	if n := vocab % 32; n > 0 {
		c.mask[len(c.mask)-1] &= 1<<n - 1
	}
	for _, m := range c.mask {
		if m != 0 {
			return true, nil
		}
	}
	return true, ErrStuck
}

// budget returns the tokens after which the thought is closed. The shortest
// answer that the constraint allows must fit behind it, if it can.
func (v *voice) budget() int {
	r := v.req
	if r.Constraint != nil && v.answer == 0 {
		list, _ := r.Constraint.Ending()
		v.answer = len(list) + 1
	}
	return r.budget(v.room, v.from, v.answer)
}

// fits reports whether a bound answer can come to its end after a token, if it
// can without it.
func (v *voice) fits(id int32) bool {
	r := v.req
	return v.n < r.MinTokens || slices.Contains(r.Stop, id) || r.Constraint.Fits(id, v.room-v.n-1)
}

// maxTries is how many tokens that do not fit are passed by, before the one
// that ends the answer soonest is taken.
const maxTries = 8

// narrow takes a token that does not fit out of c.mask; after some tries, all
// but those that end the answer.
func (v *voice) narrow(c *chooser, id int32, tries int) {
	setBit(c.mask, id, false)
	if tries < maxTries {
		return
	}
	list, _ := v.req.Constraint.Ending()
	if len(list) == 0 {
		list = v.req.Stop
	} else {
		list = list[:1]
	}
	clear(c.mask)
	for _, id := range list {
		if int(id) < 32*len(c.mask) {
			setBit(c.mask, id, true)
		}
	}
}

func setBit(bits []uint32, id int32, on bool) {
	if on {
		bits[id/32] |= 1 << (id % 32)
	} else {
		bits[id/32] &^= 1 << (id % 32)
	}
}

// count returns how often each token is among the last that the penalties
// see; nil if there are no penalties.
func (v *voice) count() map[int32]int32 {
	if !v.req.penalises() {
		return nil
	}
	last := v.req.PenaltyLast
	switch last {
	case 0:
		last = 64
	case -1:
		last = math.MaxInt
	}
	if v.counts == nil {
		v.counts = map[int32]int32{}
		v.first = max(0, len(v.ids)-last)
		v.counted = v.first
	}
	for ; v.counted < len(v.ids); v.counted++ {
		v.counts[v.ids[v.counted]]++
		if v.counted-v.first >= last {
			id := v.ids[v.first]
			if v.counts[id]--; v.counts[id] == 0 {
				delete(v.counts, id)
			}
			v.first++
		}
	}
	return v.counts
}

// top returns the n likeliest tokens.
func (c *chooser) top(z []float32, lp scale, n int) []Logprob {
	if n == 0 {
		return nil
	}
	list := make([]Logprob, 0, n)
	for _, k := range c.largest(make([]uint64, 0, n), z, min(n, len(z))) {
		list = append(list, Logprob{int32(uint32(k)), lp.of(z[uint32(k)])})
	}
	return list
}

// ends reports whether list ends with tail, which is not empty.
func ends(list, tail []int32) bool {
	return len(tail) > 0 && len(list) >= len(tail) && slices.Equal(list[len(list)-len(tail):], tail)
}
