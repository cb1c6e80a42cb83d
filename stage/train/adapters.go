package train

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"suiren/engine/model"
	"suiren/engine/weights"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
)

// adapterOf is the adapter that a plan asks for: of rank 0 there is none. That of one that
// is gone on from is only known where it lies: until then it stands for it.
func adapterOf(from stage.Ref, rank int, alpha float64, targets []string, seed uint64) *model.LoRA {
	switch {
	case !from.IsZero():
		return &model.LoRA{Rank: slimRank, Alpha: 2 * slimRank}
	case rank == 0:
		return nil
	}
	return &model.LoRA{Targets: targets, Rank: rank, Alpha: orDefault(alpha, 2*float64(rank)), Seed: seed}
}

// checkAdapter finds fault with what a plan says of an adapter: of one that is gone on from
// nothing can be said; of rank 0 there is none.
func checkAdapter(from stage.Ref, rank int, alpha float64, targets []string) (list []*say.Error) {
	if !from.IsZero() {
		said := map[string]bool{"rank": rank > 0, "alpha": alpha > 0, "targets": targets != nil}
		for _, where := range sortedKeys(said) {
			if said[where] {
				list = append(list, withoutEffect(where, say.T("the adapter that is trained on has its own", "接着训练的适配器有它自己的设置"), say.T("leave it out, or leave adapter out for a new one", "请省略此项；要训练新的适配器则省略 adapter")))
			}
		}
		return list
	}
	if where := firstOf(map[string]bool{"alpha": alpha > 0, "targets": targets != nil}); where != "" && rank == 0 {
		return []*say.Error{withoutEffect(where, say.T("it is said of an adapter, and without rank all weights are trained", "它针对适配器，而不写 rank 时训练全部权重"), say.T("write rank = 16 for an adapter, or leave it out", "要训练适配器请写 rank = 16，否则请省略此项"))}
	}
	if targets != nil && len(targets) == 0 {
		return []*say.Error{{Where: "targets", What: say.T("adapters of no matrix learn nothing", "没有矩阵的适配器什么也学不到"), Next: say.T("leave it out for every matrix of the blocks, or name some", "省略即为各层的所有矩阵，也可写出几个")}}
	}
	return nil
}

// settled adds what is known of an adapter to settings.
func (o own) settled(m map[string]any) map[string]any {
	if o.lora != nil { // of all weights the optimiser is the base's
		if o.from.IsZero() {
			m["alpha"] = o.lora.Alpha
		}
		if o.method != (*GRPO)(nil).Name() {
			m["optimizer"] = "adamw"
		}
	}
	return m
}

// aside says that an adapter lies beside the model in the folder at path, and is not used;
// nothing if none does.
func aside(path string) say.Text {
	if _, err := os.Stat(filepath.Join(path, "adapter_config.json")); path == "" || err != nil {
		return say.Text{}
	}
	return say.T(`the folder of the base holds an adapter, too (adapter_config.json), and that is not used: to go on from it, or to add it (train = "merge"), name the folder in adapter`, `基座的目录里还有一个适配器（adapter_config.json），它不会被使用：要接着训练它，或用 train = "merge" 加上它，请在 adapter 中写明该目录`)
}

// tellAside notes of a run over a base that an adapter lies beside it, unless it goes on
// from one.
func tellAside(job *stage.Job) {
	if text := aside(job.Dir("base")); !text.IsZero() && job.Dir("adapter") == "" {
		note(job, text)
	}
}

// adapters adds to what is derived which adapter is trained over b, if one is, and that
// another lies beside it.
func (o *own) adapters(b *footing, derived say.Text) say.Text {
	if text := aside(b.file); !text.IsZero() && o.from.IsZero() {
		derived = say.T("%v; %v", "%v；%v", derived, text)
	}
	if o.lora == nil || !b.known() || !o.from.IsZero() && !o.formed {
		return derived
	}
	if !o.from.IsZero() {
		least, most := o.lora.Ranks()
		ranks := say.T("rank %d", "秩 %d", most)
		if least < most {
			ranks = say.T("ranks %d to %d", "秩 %d 到 %d", least, most)
		}
		return say.T("goes on from an adapter of %v: %d parameters; %v", "接着训练适配器（%v）：%d 个参数；%v", ranks, o.trained(&b.shape), derived)
	}
	return say.T("adapters of rank %d and alpha %g: %d parameters; %v", "适配器秩 %d、alpha %g：%d 个参数；%v", o.lora.Rank, o.lora.Alpha, o.trained(&b.shape), derived)
}

// wrongTargets finds fault with the targets of an adapter over b, as far as b is known.
func (o *own) wrongTargets(b *footing) *say.Error {
	if o.lora == nil || !b.known() {
		return nil
	}
	return wrongTarget(o.lora.Check(&b.shape))
}

// wrongTarget is the error about a target that the model has not; nil: err is another one.
func wrongTarget(err error) *say.Error {
	bad, ok := errors.AsType[*model.TargetError](err)
	if !ok {
		return nil
	}
	return &say.Error{Where: "targets", What: say.T("the model has no matrices called %q", "模型没有名为 %q 的矩阵", bad.Name),
		Next: say.T("choose among %s, or leave targets out", "可选 %s；也可省略 targets", bad.Has), Err: err}
}

// UnfitAdapter finds fault with an adapter for the model base, as far as both are known:
// one that lies at its Path, or will be trained over the model at Over. Merged or as a
// scenario's, it would be refused.
func UnfitAdapter(base, ad stage.Forecast) *say.Error {
	if base.Path == "" {
		return cmp.Or(unfitShape(base, ad.Path), otherShape(base, ad))
	}
	return cmp.Or(unfitAdapter(base.Path, ad.Path), otherBase(base.Path, ad.Over), otherShape(base, ad))
}

// otherShape finds fault with an adapter that will be trained over a model yet to be made for
// a model of another shape.
func otherShape(base, ad stage.Forecast) *say.Error {
	to, ok := ad.Adapter.(*adapterToBe)
	if !ok || to.over == nil || ad.Path != "" {
		return nil
	}
	b := footingOf([]stage.Forecast{base})
	is, over := &b.shape, &to.over.Shape
	if !b.known() || is.Width == over.Width && is.Layers == over.Layers && is.Vocab == over.Vocab {
		return nil
	}
	return &say.Error{Where: "adapter", What: say.T("it will be trained over a model of %d layers of width %d and %d tokens, and this one has %d of width %d and %d tokens", "它将在 %d 层、宽 %d、词表 %d 的模型上训练，而这里的模型为 %d 层、宽 %d、词表 %d", over.Layers, over.Width, over.Vocab, is.Layers, is.Width, is.Vocab),
		Next: NextBase}
}

// unfitShape finds fault with the adapter in the folder dir for a model that is not made
// yet, if it is known what its matrices will be.
func unfitShape(base stage.Forecast, dir string) *say.Error {
	b := footingOf([]stage.Forecast{base})
	if dir == "" || b.unmade == nil {
		return nil
	}
	ad, err := model.OpenAdapter(dir, &b.shape)
	if err != nil {
		return adapterError(err)
	}
	ad.Close()
	return nil
}

// unfitAdapter finds fault with the adapter in the folder dir for the model at base,
// where both are at hand: what cannot be read, or was trained over another model or
// in other words. It reads the whole model if the adapter says which it is of.
func unfitAdapter(base, dir string) *say.Error {
	if base == "" || dir == "" {
		return nil
	}
	base = talk.Path(base)
	file, err := model.Open(base)
	if err != nil {
		return nil // it is told of the base
	}
	defer file.Close()
	words, err := talk.Open(base)
	if err != nil {
		words = nil // it is told of the base
	}
	return (&brought{File: file, words: words, path: base}).unfit(dir)
}

// unfit finds fault with the adapter in the folder dir for b.
func (b *brought) unfit(dir string) *say.Error {
	ad, err := b.OpenAdapter(dir)
	if err != nil {
		return adapterError(err)
	}
	defer ad.Close()
	if b.words == nil {
		return nil
	}
	if err := TaughtIn(b.words, dir); err != nil {
		return adapterError(err)
	}
	return nil
}

// NextBase is what to do about an adapter of another base.
var NextBase = say.T("name the model that it was trained over (of QLoRA the quantised weights themselves, not those that they were made of), or train an adapter over this one",
	"请指定训练它时所用的模型（QLoRA 即量化后的权重本身，而非量化之前的），或在这个模型上另训适配器")

// adapterError says in both languages what is wrong with an adapter, and what to do.
func adapterError(err error) *say.Error {
	if bad, ok := errors.AsType[*say.Error](err); ok {
		at := *bad
		at.Where = "adapter"
		return &at
	}
	if bad, ok := errors.AsType[*model.BaseError](err); ok {
		return &say.Error{Where: "adapter", What: say.T("the adapter was trained over another model (%s; this one is %s)", "适配器是在另一个模型上训练的（%s；这里是 %s）", bad.Want, bad.Have),
			Next: NextBase, Err: err}
	}
	next := say.T("name a folder of plain LoRA over this base, whole, as the PEFT library saves it", "请指定 PEFT 库保存的目录：在此基座上的普通 LoRA，且完整无缺")
	if bad, ok := errors.AsType[*weights.FormatError](err); ok {
		at := bad.Path
		if bad.Place != "" {
			at += ": " + bad.Place
		}
		return &say.Error{Where: "adapter", What: say.T("%s: %s", "%s：%s", at, say.Engine(bad.Why, bad.Args)), Next: next, Err: err}
	}
	if bad, ok := errors.AsType[*model.ConfigError](err); ok {
		return &say.Error{Where: "adapter", What: say.Engine(bad.Why, bad.Args), Next: next, Err: err}
	}
	if bad, ok := errors.AsType[*fs.PathError](err); ok && errors.Is(err, fs.ErrNotExist) {
		return &say.Error{Where: "adapter", What: say.T("the folder %s has no %s", "目录 %s 中没有 %s", filepath.Dir(bad.Path), filepath.Base(bad.Path)), Next: next, Err: err}
	}
	return &say.Error{Where: "adapter", What: say.T("it cannot be used: %v", "无法使用：%v", err), Next: next, Err: err}
}

// otherBase finds fault with an adapter that will be trained over another model, at
// over, than the one it is added to, as far as both are at hand.
func otherBase(base, over string) *say.Error {
	if base == "" || over == "" {
		return nil
	}
	base, over = talk.Path(base), talk.Path(over)
	a, err := os.Stat(base)
	b, err2 := os.Stat(over)
	if err != nil || err2 != nil || os.SameFile(a, b) {
		return nil
	}
	var digests [2]string
	for i, path := range []string{base, over} {
		file, err := model.Open(path)
		if err != nil {
			return nil // it is told of the model
		}
		digests[i], err = file.Digest()
		file.Close()
		if err != nil {
			return nil
		}
	}
	if digests[0] == digests[1] {
		return nil
	}
	return adapterError(&model.BaseError{Want: digests[1], Have: digests[0]})
}
