package plan

import (
	"strings"

	"suiren/internal/say"
	"suiren/stage"
)

// needs returns the blocks that b refers to, each once. A pinned release is
// not among them: it is the one that runs, not the one that will be made.
func (b *Block) needs() []stage.Ref {
	var list []stage.Ref
	seen := map[stage.Ref]bool{}
	for _, a := range b.Args {
		for _, ref := range a.Refs {
			if !a.Pin && !seen[ref] {
				seen[ref] = true
				list = append(list, ref)
			}
		}
	}
	return list
}

// order returns blocks so that each comes after those it needs, and else as
// they stand in the file. It notes the cycles.
func (r *reader) order(blocks []*Block) []*Block {
	index := make(map[stage.Ref]int, len(blocks))
	for i, b := range blocks {
		index[b.Ref] = i
	}
	waits := make([]int, len(blocks)) // for how many blocks
	users := make([][]int, len(blocks))
	for i, b := range blocks {
		for _, ref := range b.needs() {
			waits[i]++
			users[index[ref]] = append(users[index[ref]], i)
		}
	}
	var list []*Block
	done := make([]bool, len(blocks))
	for len(list) < len(blocks) {
		next := -1
		for i := range blocks { // the first that can be made; a plan is small
			if !done[i] && waits[i] == 0 {
				next = i
				break
			}
		}
		if next < 0 {
			r.cycles(blocks, index, done)
			return list
		}
		done[next] = true
		list = append(list, blocks[next])
		for _, u := range users[next] {
			waits[u]--
		}
	}
	return list
}

// cycles notes the cycles among the blocks that are not done. Each of those
// needs another of them, so that a walk from one must meet itself.
func (r *reader) cycles(blocks []*Block, index map[stage.Ref]int, done []bool) {
	walk := make([]int, len(blocks)) // in which walk the block was met
	for start := range blocks {
		var path []int
		for at := start; !done[at] && (walk[at] == 0 || walk[at] == start+1); {
			if walk[at] == start+1 { // met twice: a cycle
				for path[0] != at {
					path = path[1:]
				}
				var names []string
				for _, i := range append(path, at) {
					names = append(names, blocks[i].Ref.String())
				}
				r.add(r.found[blocks[at].Ref], say.T("blocks need each other: %s", "块互相依赖：%s", strings.Join(names, " → ")),
					say.T("remove one of these references", "请去掉其中一个引用"))
				break
			}
			walk[at] = start + 1
			path = append(path, at)
			for _, ref := range blocks[at].needs() {
				if i := index[ref]; !done[i] {
					at = i
					break
				}
			}
		}
	}
}
