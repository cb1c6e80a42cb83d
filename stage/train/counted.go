package train

import (
	"errors"
	"iter"

	"suiren/stage"
	"suiren/stage/talk"
)

// A counted is an example as documents in the words of a base: of a pair both answers, if
// both fit and differ. What is longer than the context is left out, as in a run.
type counted struct {
	from  string
	docs  []doc
	label *bool
	words [32]byte // of an answer with a label
	long  bool     // some of it is left out
	left  int      // … so many answers, of a pair both as one
	of    int      // of so many
	alike bool     // a pair whose answers are written alike
	lost  talk.Lost
}

// eachProblem gives each problem of a file as a document: with its answer, if
// that is known.
func (w *writer) eachProblem(path string, each func(counted) error) error {
	for p, err := range stage.Problems(path) {
		var d doc
		switch {
		case err != nil:
		case p.Answer != "":
			d, _, err = w.doc(p.ID, p.Asking(), []stage.Message{{Role: "assistant", Thought: p.Think, Content: p.Answer}}, p.Tools)
		default:
			var q talk.Question
			q, err = w.Ask(p.ID, p.Asking(), p.Tools, nil)
			d.ids, d.lost = q.IDs, q.Lost
		}
		if err == nil {
			err = each(counted{from: p.ID, docs: []doc{d}, lost: d.lost})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// note notes an example that cannot be written, if that is as in a run: in the words of the
// base. Others cannot be counted then.
func (t *tally) note(b *footing) func(error) error {
	return func(err error) error {
		if b.speech() == nil {
			return err
		}
		return t.faults.Add(err)
	}
}

// said are examples as they are counted over b.
func (b *footing) said(list iter.Seq2[stage.Example, error]) iter.Seq2[stage.Example, error] {
	if !b.direct {
		return list
	}
	return func(yield func(stage.Example, error) bool) {
		for e, err := range list {
			if e.Direct(); !yield(e, err) {
				return
			}
		}
	}
}

// eachOf gives each example as it is counted. One that cannot be
// written is noted, and so are the others, as in a run.
func (w *writer) eachOf(examples iter.Seq2[stage.Example, error], note func(error) error, each func(counted) error) error {
	for e, err := range examples {
		if err != nil {
			return err
		}
		c := counted{from: e.From, label: e.Label}
		one := func(prompt, answer []stage.Message) {
			var d doc
			var fits bool
			d, fits, err = w.doc(e.From, prompt, answer, e.Tools)
			if c.lost |= d.lost; fits {
				c.docs = append(c.docs, d)
			} else {
				c.long = true
			}
		}
		switch last := len(e.Messages) - 1; e.Use() {
		case stage.UsePairs:
			if one(e.Prompt, e.Chosen); err == nil {
				one(e.Prompt, e.Rejected)
			}
			c.of, c.alike = 1, len(c.docs) == 2 && c.docs[0].is(c.docs[1])
			if len(c.docs) == 1 || c.alike {
				c.docs = nil
			}
		case stage.UseLabels:
			c.of, c.words = 1, saidSum(&e)
			one(e.Messages[:max(last, 0)], e.Messages[max(last, 0):])
		default:
			var cut talk.Cut
			docs, long, bad := w.Docs(&e, stage.Choice{}, w.context)
			cut.Add(docs, long)
			c.long, c.left, c.of, err = long > 0, cut.Left, cut.Answers, bad
			for i := range docs {
				c.docs, c.lost = append(c.docs, docOf(&docs[i])), c.lost|docs[i].Lost
			}
		}
		if c.long && c.left == 0 {
			c.left = 1
		}
		switch spent := talk.Spent(err); {
		case err == nil:
			err = each(c)
		case !spent:
			err = note(err)
		default:
			err = errors.Join(err, note(err))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
