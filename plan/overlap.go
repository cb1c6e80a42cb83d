package plan

import (
	"context"
	"iter"
	"slices"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// overlapBytes are read of a made part when a plan is made: within half a second.
const overlapBytes = 64 << 20

// An overlap is what of the questions that a block watches it learns, too, from other blocks:
// within one the parts keep them apart, by their keys, and between two nothing does.
type overlap struct {
	watch  stage.Ref
	learnt []stage.Ref // in which some were found
	n, of  int         // of the watched questions
	whole  bool        // nothing was left unread
}

// questionsOf gives those of a part of a block, and whether they are all.
type questionsOf func(ref stage.Ref, part string) (list iter.Seq[stage.Question], whole bool)

// overlapOf compares what weights watch with the examples that they learn from, themselves
// or in rows; nil if there is nothing to compare. made are the blocks that b needs.
func overlapOf(ctx context.Context, b *Block, made map[stage.Ref]*Block, questions questionsOf) *overlap {
	if b.Kind != store.Weights {
		return nil
	}
	o := &overlap{whole: true}
	var learns []stage.Ref
	for _, a := range b.Args {
		for _, ref := range a.Refs {
			switch {
			case a.partOf(ref) == stage.WatchPart:
				o.watch = ref
			case ref.Kind != store.Weights && teaches(b.Op, a.Name): // what a base learnt is of its own run
				for _, s := range sources(b, a.Name, made) {
					if s.ref.Kind == store.Examples && !slices.Contains(learns, s.ref) {
						learns = append(learns, s.ref)
					}
				}
			}
		}
	}
	learns = slices.DeleteFunc(learns, func(ref stage.Ref) bool { return ref == o.watch })
	if o.watch.IsZero() || len(learns) == 0 {
		return nil
	}
	watched := map[uint64][]stage.Question{} // by key
	list, whole := questions(o.watch, stage.WatchPart)
	for q := range list {
		if !slices.Contains(watched[q.Key], q) {
			watched[q.Key] = append(watched[q.Key], q)
			o.of++
		}
	}
	o.whole = whole
	found := map[stage.Question]bool{}
	for _, ref := range learns {
		list, whole := questions(ref, trainPart)
		o.whole = o.whole && whole
		here := false
		for q := range list {
			if ctx.Err() != nil {
				return nil
			}
			for _, w := range watched[q.Key] {
				if w.Same(q) {
					found[w], here = true, true
				}
			}
		}
		if here {
			o.learnt = append(o.learnt, ref)
		}
	}
	o.n = len(found)
	return o
}

// trainPart is the part of examples that is learnt.
const trainPart = "train"

// text says so; nothing if nothing that is watched is learnt.
func (o *overlap) text() say.Text {
	if o == nil || o.n == 0 {
		return say.Text{}
	}
	var names []string
	for _, ref := range o.learnt {
		names = append(names, ref.String())
	}
	text := say.T("%d of the %d watched questions of %s are learnt, too, in %s: what is told of them is not told of unseen text; take them out of one of the files, or name in watch the block itself that is learnt",
		"%[3]s 的 %[2]d 个观察问题中有 %[1]d 个也在 %[4]s 中被学习：由此得出的数字并非来自未见过的文本；请从其中一方的文件里去掉这些问题，或让 watch 直接引用所学的块", o.n, o.of, o.watch, names)
	if !o.whole {
		text = say.T("as far as the plan reads them, %v", "就计划读到的部分，%v", text)
	}
	return text
}

// events tell it in a run, and keep it in its curve.
func (o *overlap) events() []stage.Event {
	text := o.text()
	if text.IsZero() {
		return nil
	}
	return []stage.Event{{Type: "note", Text: &text}, {Type: "count", Vals: map[string]float64{"watch_learnt": float64(o.n), "watch_questions": float64(o.of)}}}
}

// blocks are those of steps.
func blocks(steps map[stage.Ref]*Step) map[stage.Ref]*Block {
	made := make(map[stage.Ref]*Block, len(steps))
	for ref, s := range steps {
		made[ref] = s.block
	}
	return made
}

// overlap is that of s, as far as it is known before the run.
func (k *maker) overlap(s *Step) *overlap {
	return overlapOf(context.Background(), s.block, blocks(k.steps), func(ref stage.Ref, part string) (iter.Seq[stage.Question], bool) {
		of := k.steps[ref]
		if !of.Output.IsZero() {
			if _, dir, err := k.st.Part(of.Output, part); err == nil {
				return stage.Questions(dir, overlapBytes)
			}
		}
		asked := of.Forecast.Asked
		switch {
		case asked == nil:
			return slices.Values([]stage.Question(nil)), false
		case part == stage.WatchPart:
			return slices.Values(asked.Watched), asked.Whole
		}
		return slices.Values(asked.Learnt), asked.Whole
	})
}

// overlap is that of s, whose inputs are made.
func (a *applier) overlap(ctx context.Context, s *Step) *overlap {
	return overlapOf(ctx, s.block, blocks(a.steps), func(ref stage.Ref, part string) (iter.Seq[stage.Question], bool) {
		_, dir, err := a.st.Part(a.steps[ref].Output, part)
		if err != nil {
			return slices.Values([]stage.Question(nil)), false
		}
		return stage.Questions(dir, 0)
	})
}
