package train

import (
	"suiren/engine/model"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
)

// goOn has a run over b train the adapter that job has, if it has one, from its numbers on:
// the base with it is what the run begins from, and what it is measured against. An adapter
// that does not fit b is refused, as merge does.
func (o *own) goOn(job *stage.Job, b *brought) error {
	dir := job.Dir("adapter")
	if dir == "" {
		return nil
	}
	if bad := b.unfit(dir); bad != nil {
		return bad
	}
	lora, err := model.ReadLoRA(dir, &b.Shape)
	if err != nil {
		return adapterError(err)
	}
	o.lora, o.first = lora, dir
	if direct, known := talk.Direct(dir); known { // as it is asked where it is served
		b.words.Direct = direct
	}
	return nil
}

// foretellAdapter finds out what adapter a run over b goes on from, as far as that is known,
// and finds fault with it.
func (o *own) foretellAdapter(in map[string][]stage.Forecast, b *footing) (list []*say.Error) {
	for _, ad := range in["adapter"] {
		for _, base := range in["base"] {
			if bad := UnfitAdapter(base, ad); bad != nil {
				list = append(list, bad)
			}
		}
		if to, ok := ad.Adapter.(*adapterToBe); ok && ad.Path == "" && to.lora != nil {
			o.lora, o.formed = to.lora, true
		}
		if ad.Path == "" || !b.known() {
			continue
		}
		if lora, err := model.ReadLoRA(ad.Path, &b.shape); err == nil { // else it is told
			o.lora, o.formed = lora, true
		}
	}
	return list
}

// foretellForm notes in f what adapter a run over b makes, if it makes one, for those that go
// on from it or add it to a model.
func (o *own) foretellForm(f *stage.Forecast, b *footing) {
	if o.lora == nil {
		return
	}
	f.Over = b.file
	to := &adapterToBe{over: b.unmade}
	if o.from.IsZero() || o.formed {
		to.lora = o.lora
	}
	if to.lora != nil || to.over != nil {
		f.Adapter = to
	}
}

// An adapterToBe is what is known of an adapter before it is made.
type adapterToBe struct {
	lora *model.LoRA // its form; nil: not known
	over *model.File // what its base will be; nil: that is there, or not known
}
