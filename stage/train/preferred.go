package train

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
)

// A preferred is what is read of pairs, or of answers with labels.
type preferred struct {
	docs []doc  // of a pair two, the chosen one first
	good []bool // of answers: their labels
	long int    // examples that are longer than the context
	mute int    // thoughts that are left out, for the template has none
	lost talk.Losses

	// The template may leave no difference where the text has one: it drops thoughts, or
	// trims blanks. What is then learnt is rounding, which an optimiser scales up.
	likeness
	called called // of answers
}

// A likeness counts examples of which the template leaves no difference.
type likeness struct {
	same  int    // pairs of equal answers, which are left out; answers that have the other label, too
	first string // the place of the first of those
}

// pairs reads pairs of answers. All that the template refuses are told together.
func (w *writer) pairs(ctx context.Context, path string) (p preferred, err error) {
	err = w.preferences(ctx, path, stage.UsePairs, &p, func(e *stage.Example) error {
		c, fits, err := w.doc(e.From, e.Prompt, e.Chosen, e.Tools)
		if err != nil { // one fault of a pair is enough
			return err
		}
		r, too, err := w.doc(e.From, e.Prompt, e.Rejected, e.Tools)
		if err != nil {
			return err
		}
		p.lost.Add(e.From, c.lost|r.lost)
		switch {
		case !fits || !too:
			p.long++
		case c.is(r):
			p.alike(e.From)
		default:
			if n := len(e.Prompt); n > 0 {
				c.asked = e.Prompt[n-1].Content
			}
			p.docs = append(p.docs, c, r)
		}
		return nil
	})
	return p, err
}

// labels reads answers that were called good or bad. All that the template refuses are
// told together.
func (w *writer) labels(ctx context.Context, path string) (p preferred, err error) {
	err = w.preferences(ctx, path, stage.UseLabels, &p, func(e *stage.Example) error {
		n := len(e.Messages) - 1
		if n < 0 {
			return stage.WrongUse(e.From, stage.UseLabels, e.Use())
		}
		d, fits, err := w.doc(e.From, e.Messages[:n], e.Messages[n:], e.Tools)
		if err != nil {
			return err
		}
		p.lost.Add(e.From, d.lost)
		if !fits {
			p.long++
			return nil
		}
		if n > 0 {
			d.asked = e.Messages[n-1].Content
		}
		if p.called.add(d, saidSum(e), *e.Label) {
			p.alike(e.From)
		}
		p.docs, p.good = append(p.docs, d), append(p.good, *e.Label)
		return nil
	})
	return p, err
}

// A called is which labels answers were given.
type called struct {
	last  map[[32]byte]bool
	tilt  map[[32]byte]int      // how much more often true than false
	words map[[32]byte][32]byte // of an answer that the template wrote
	apart bool                  // it wrote other words alike
}

// add notes a label of an answer and its words, and reports whether it had the other one last.
func (c *called) add(d doc, words [32]byte, label bool) (torn bool) {
	if c.last == nil {
		c.last, c.tilt, c.words = map[[32]byte]bool{}, map[[32]byte]int{}, map[[32]byte][32]byte{}
	}
	key := d.sum()
	if first, ok := c.words[key]; ok && first != words {
		c.apart = true
	}
	c.words[key] = words
	was, ok := c.last[key]
	if c.last[key] = label; label {
		c.tilt[key]++
	} else {
		c.tilt[key]--
	}
	return ok && was != label
}

// even reports whether each answer has both labels, one as often as the other.
func (c *called) even() bool {
	for _, n := range c.tilt {
		if n != 0 {
			return false
		}
	}
	return len(c.tilt) > 0
}

// saidSum tells a labelled answer from others, whatever a template makes of them.
func saidSum(e *stage.Example) [32]byte {
	b, err := json.Marshal(&stage.Example{Tools: e.Tools, Messages: e.Messages})
	if err != nil {
		panic("train: an example that was read is no JSON")
	}
	return sha256.Sum256(b)
}

// sum tells d from others.
func (d doc) sum() [32]byte {
	b := make([]byte, 0, 4*len(d.ids))
	for _, id := range d.ids {
		b = binary.LittleEndian.AppendUint32(b, uint32(id))
	}
	return sha256.Sum256(b)
}

// preferences reads examples of one use, each by one, and counts their thoughts in p. What
// one finds fault with is told together.
func (w *writer) preferences(ctx context.Context, path string, use stage.Use, p *preferred, one func(*stage.Example) error) error {
	knows, _ := w.Thinks()
	var faults stage.Faults
	for e, err := range stage.Until(ctx, stage.Examples(path)) {
		if err != nil {
			return err
		}
		if e.Use() != use {
			return stage.WrongUse(e.From, use, e.Use())
		}
		if err := one(&e); talk.Spent(err) {
			return errors.Join(faults.Err(), err)
		} else if err != nil {
			if err = faults.Add(err); err != nil {
				return err
			}
			continue
		}
		if !knows {
			p.mute += thoughts(e.Messages, e.Prompt, e.Chosen, e.Rejected)
		}
	}
	return faults.Err()
}

// alike counts an example of which the template leaves no difference.
func (l *likeness) alike(from string) {
	if l.same++; l.same == 1 {
		l.first = from
	}
}

// tell notes what the template makes of the examples of an argument.
func (p *preferred) tell(job *stage.Job, arg string) {
	if arg != "watch" {
		tellMute(job, p.mute)
	}
	switch {
	case p.same == 0:
	case p.good != nil:
		note(job, say.T("%s: answers that the base's template writes as one with the other label: %d; the first is at %s", "%s：有 %d 个回答，基座的模板写出来与另一种标签的回答相同；第一个在 %s", nameOf(job, arg), p.same, p.first))
	default:
		note(job, say.T("%s: left out, for the base's template writes their two answers alike: %d pairs; the first is at %s", "%s：略去 %d 对，基座的模板把它们的两个回答写得一样；第一对在 %s", nameOf(job, arg), p.same, p.first))
	}
}

// nothing is the error where nothing can be learnt of the examples of an argument.
func (p *preferred) nothing(job *stage.Job, arg string, context int) error {
	if p.same == 0 {
		return nothing(job, arg, p.long, context)
	}
	var c *called
	if p.good != nil {
		c = &p.called
	}
	return p.noDifference(arg, nameOf(job, arg), c)
}

// noDifference is the error where the template leaves none between pairs, or labelled answers
// if c is given, of an argument that is called name; or where the labels themselves leave none.
func (l *likeness) noDifference(arg, name string, c *called) *say.Error {
	what := say.T("no pair of %s is left to learn from: the base's template writes the two answers of %d alike; the first is at %s", "%s 中没有可学的偏好对：基座的模板把 %d 对的两个回答写得一样；第一对在 %s", name, l.same, l.first)
	next := say.T("let them differ in more than thoughts and outer blanks, or take a base whose template writes these", "请让它们的差别不只在思考和首尾空白，或换用模板会写出这些的基座")
	switch {
	case c == nil:
	case c.apart:
		what = say.T("as the base's template writes them, all answers of %s are labelled true as often as false (%d), so that nothing can be learnt of them; the first is at %s", "按基座的模板写出来，%s 的每个回答标为 true 与 false 的次数都一样多（%d 个），什么也学不到；第一个在 %s", name, l.same, l.first)
	default:
		what = say.T("all answers of %s are labelled true as often as false (%d), so that nothing can be learnt of them; the first is at %s", "%s 的每个回答标为 true 与 false 的次数都一样多（%d 个），什么也学不到；第一个在 %s", name, l.same, l.first)
		next = say.T("keep one of the two labels of an answer", "请为每个回答只保留一种标签")
	}
	return &say.Error{Where: arg, What: what, Next: next, Err: stage.ErrRefused}
}
