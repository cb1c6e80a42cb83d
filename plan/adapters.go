package plan

import (
	"bytes"
	"encoding/json"
	"slices"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// adapters notes where an adapter stands in the place of a model, and a model in
// that of an adapter: what is made of them would fail, after all that was made before.
func (r *reader) adapters(blocks []*Block) {
	makes := make(map[stage.Ref]bool, len(blocks)) // of each whose operator was read
	read := make(map[stage.Ref]*Block, len(blocks))
	for _, b := range blocks {
		if b.Op != nil {
			a, ok := b.Op.(stage.Adapted)
			makes[b.Ref] = ok && a.MakesAdapter()
			read[b.Ref] = b
		}
	}
	for _, b := range blocks {
		for _, a := range b.Args {
			for _, ref := range a.Refs {
				is, known := makes[ref]
				wants := a.Form == "adapter"
				if is && wants {
					r.otherBase(b, a, read[ref], read)
				}
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

// otherBase notes where b adds the adapter that block ad makes, named in a, to another
// model than it is trained over, as far as that is known before they are made. What is
// written of a model in another form, and a model of the owner's, may be the same one:
// of these their digests tell.
func (r *reader) otherBase(b *Block, a Arg, ad *Block, read map[stage.Ref]*Block) {
	have, want := modelOf(b), modelOf(ad)
	if have == nil || want == nil || len(have.Refs) != 1 || len(want.Refs) != 1 {
		return
	}
	x, y := learner(have.Refs[0], read), learner(want.Refs[0], read)
	if x == nil || y == nil || x == y || alike(x, y) {
		return
	}
	r.addAt(a.At, say.T("%s: %s is trained over %s, and %s is %s", "%s：%s 在 %s 上训练，而 %s 是 %s", a.Name, ad.Ref, want.Refs[0], have.Name, have.Refs[0]),
		say.T("name %s in %s, or train an adapter over %s", "请在 %[2]s 中引用 %[1]s，或在 %[3]s 上另训适配器", want.Refs[0], have.Name, have.Refs[0]))
}

// modelOf is the argument with the model that b begins from; nil: it has none.
func modelOf(b *Block) *Arg {
	i := slices.IndexFunc(b.Args, func(a Arg) bool { return a.Form == "model" && teaches(b.Op, a.Name) })
	if i < 0 {
		return nil
	}
	return &b.Args[i]
}

// learner is the block that gave the model of ref its numbers, behind those that learnt
// nothing else and write it in another form; nil: it is not known, or makes an adapter.
func learner(ref stage.Ref, read map[stage.Ref]*Block) *Block {
	for range read { // a circle is told elsewhere
		b := read[ref]
		if b == nil {
			return nil
		}
		if ad, ok := b.Op.(stage.Adapted); ok && ad.MakesAdapter() {
			return nil
		}
		from := modelOf(b)
		if from == nil || slices.ContainsFunc(b.Args, func(a Arg) bool { return a.Name != from.Name && teaches(b.Op, a.Name) }) {
			return b
		}
		if len(from.Refs) != 1 {
			return nil
		}
		ref = from.Refs[0]
	}
	return nil
}

// alike reports whether two blocks make the same: they differ in their names.
func alike(x, y *Block) bool {
	a, err := json.Marshal(x.Op)
	b, err2 := json.Marshal(y.Op)
	return err == nil && err2 == nil && x.Op.Name() == y.Op.Name() && bytes.Equal(a, b) &&
		slices.EqualFunc(x.Args, y.Args, func(a, b Arg) bool {
			return a.Name == b.Name && a.Path == b.Path && slices.Equal(a.Refs, b.Refs)
		})
}
