package plan

import (
	"slices"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// adapters notes where an adapter stands in the place of a model, and a model in
// that of an adapter: what is made of them would fail, after all that was made before.
func (r *reader) adapters(blocks []*Block) {
	makes := make(map[stage.Ref]bool, len(blocks)) // of each whose operator was read
	for _, b := range blocks {
		if b.Op != nil {
			a, ok := b.Op.(stage.Adapted)
			makes[b.Ref] = ok && a.MakesAdapter()
		}
	}
	for _, b := range blocks {
		for _, a := range b.Args {
			for _, ref := range a.Refs {
				is, known := makes[ref]
				wants := a.Form == "adapter"
				if a.Form == "" || ref.Kind != store.Weights || !known || is == wants {
					continue
				}
				switch {
				case wants:
					r.addAt(a.At, say.T("%s: %s makes a model, and no adapter", "%s：%s 生成的是模型，不是适配器", a.Name, ref),
						say.T("name a block of train = \"lora\", or one with rank or adapter", "请引用 train = \"lora\" 的块，或写了 rank 或 adapter 的块"))
				case takesAdapter(b):
					r.addAt(a.At, say.T("%s: %s makes an adapter, and no model by itself", "%s：%s 生成的是适配器，本身不是模型", a.Name, ref),
						say.T("name its base here and the block itself in adapter, or add it to its base with train = \"merge\", and name that block",
							"请在这里写它的基座、在 adapter 中引用这个块；或用 train = \"merge\" 把它并入基座，并引用合并的块"))
				default:
					r.addAt(a.At, say.T("%s: %s makes an adapter, and no model by itself", "%s：%s 生成的是适配器，本身不是模型", a.Name, ref),
						say.T("add it to its base with train = \"merge\", and name that block", "请用 train = \"merge\" 把它并入基座，并引用合并的块"))
				}
			}
		}
	}
}

// takesAdapter reports whether b may name an adapter beside its model, and does not.
func takesAdapter(b *Block) bool {
	return slices.ContainsFunc(fieldsOf(b.Op), func(f field) bool { return f.path == "adapter" }) &&
		!slices.ContainsFunc(b.Args, func(a Arg) bool { return a.Form == "adapter" })
}
