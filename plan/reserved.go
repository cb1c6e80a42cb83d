package plan

import (
	"suiren/internal/say"
	"suiren/stage"
)

// reserved notes where examples are to be learnt none of which may be.
func (r *reader) reserved(blocks []*Block) {
	all := map[stage.Ref]bool{}
	for _, b := range blocks {
		if a, ok := b.Op.(stage.Reserver); ok && a.Reserves() {
			all[b.Ref] = true
		}
	}
	for _, b := range blocks {
		for _, a := range b.Args {
			for _, ref := range a.Refs {
				if all[ref] && a.partOf(ref) == trainPart {
					r.addAt(a.At, say.T("%s: nothing of %s is to be learnt, all of it is held out or watched", "%s：%s 中没有可供学习的样例，全部被留出或用于观察", a.Name, ref),
						say.T("lower its heldout, or name other examples", "请减小它的 heldout，或引用其他样例"))
				}
			}
		}
	}
}
