package plan

import (
	"slices"

	"suiren/internal/say"
	"suiren/stage"
)

// Choose returns f with the blocks named in only alone, and what they need; all
// others are left as they stand. Of no names it is all of f. The blocks named in anew
// are made again although they stand as they would be made. Its error wraps ErrInvalid.
func (f *File) Choose(only, anew []string) (*File, error) {
	g := *f
	g.Blocks, g.Only, g.Anew = slices.Clone(f.Blocks), only, anew
	if len(only) > 0 {
		wanted := map[stage.Ref]bool{}
		for _, name := range only {
			b, err := f.named(name)
			if err != nil {
				return nil, err
			}
			wanted[b.Ref] = true
		}
		for _, b := range slices.Backward(f.Blocks) { // each comes after those it needs
			if wanted[b.Ref] {
				for _, ref := range b.needs() {
					wanted[ref] = true
				}
			}
		}
		g.Blocks = slices.DeleteFunc(g.Blocks, func(b *Block) bool { return !wanted[b.Ref] })
	}
	for _, name := range anew {
		b, err := g.named(name)
		if err != nil {
			return nil, err
		}
		again := *b
		again.anew = true
		g.Blocks[slices.Index(g.Blocks, b)] = &again
	}
	return &g, nil
}

// named returns the block of f with a name, "weights.base".
func (f *File) named(name string) (*Block, error) {
	var names []string
	for _, b := range f.Blocks {
		if b.Ref.String() == name {
			return b, nil
		}
		names = append(names, b.Ref.String())
	}
	return nil, &say.Error{Where: clip(name), What: say.T("there is no such block here", "这里没有这个块"), Next: suggest(name, names), Err: ErrInvalid}
}
