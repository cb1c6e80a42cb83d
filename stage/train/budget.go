package train

import (
	"fmt"
	"math"

	"suiren/engine/model"
	"suiren/internal/say"
	"suiren/stage"
)

// smaller lists the least changes that would each make s fit into the memory
// of m, where it needs more: of how gradients are computed, of the length of rows, of
// depth, of width where the plan says it or no depth is small enough, of the optimiser.
// What no value of one setting can do is not in the list; the rows of a step are
// not, for as few of them are taken at a time as there is memory for.
func (s *SFT) smaller(vocab, length int, m stage.Machine) (list []say.Text) {
	fits := func(o SFT, length int) bool {
		c := o.config(vocab, length)
		if len(o.checkHeads()) > 0 || len(o.narrow(length)) > 0 {
			return false
		}
		_, _, ok := o.fit(c, length, m)
		return ok
	}
	if SplitOf(s.Gradients) > 0 {
		o := *s
		if o.Gradients = ""; fits(o, length) {
			list = append(list, inWholeNumbers)
		}
	}
	const unit = 32 // tokens
	for n := (length - 1) / unit * unit; n >= leastContext; n -= unit {
		if fits(*s, n) {
			list = append(list, say.T("length = %d in the tokens block", "tokens 块中 length = %d", n))
			break
		}
	}
	o := *s
	o.Batch = s.batch() // depth must not change it
	for o.Depth = s.Depth - 1; o.Depth > 0; o.Depth-- {
		if fits(o, length) {
			list = append(list, say.T("depth = %d", "depth = %d", o.Depth))
			break
		}
	}
	if s.Width > 0 || o.Depth == 0 {
		o = *s
		for o.Width = narrower(s.config(vocab, length).Width); o.Width > 0; o.Width = narrower(o.Width) {
			if fits(o, length) {
				list = append(list, say.T("width = %d", "width = %d", o.Width))
				break
			}
		}
	}
	if s.Hidden > leastHidden {
		o = *s
		for o.Hidden = (s.Hidden - 1) / leastHidden * leastHidden; o.Hidden > 0; o.Hidden -= leastHidden {
			if fits(o, length) {
				list = append(list, say.T("hidden = %d", "hidden = %d", o.Hidden))
				break
			}
		}
	}
	if s.Optimizer != "adamw8" {
		o = *s
		if o.Optimizer = "adamw8"; fits(o, length) {
			list = append(list, inFewerMoments)
		}
	}
	if !inHalves(s.Storage) {
		o = *s
		if o.Storage = "bf16"; fits(o, length) {
			list = append(list, inHalfMemory)
		}
	}
	if s.Patience > 0 {
		o = *s
		if o.Patience = 0; fits(o, length) {
			list = append(list, say.T("no patience", "不设 patience"))
		}
	}
	return list
}

// leastHidden is the smallest feed-forward width that a plan may say, and the
// steps in which a smaller one is looked for.
const leastHidden = 32

// narrower is the next width below one that can be split into heads; 0 if there
// is none.
func narrower(width int) int {
	if width > 256 {
		return (width - 1) / 64 * 64
	}
	return (width - 1) / 32 * 32
}

// fit finds how a trainer of c from random weights, for rows of length tokens, fits
// into m, and what it takes, or what the least would.
func (s *SFT) fit(c model.Config, length int, m stage.Machine) (tr model.Training, need int64, fits bool) {
	tr = model.Training{Length: length, Threads: m.Threads, Half: inHalves(s.Storage), Split: SplitOf(s.Gradients)}
	tr, fits, _ = fitting(tr, s.batch(), min(max(m.Threads, 1), microRows), func(tr model.Training) (bool, error) {
		need = oursBytes(c, tr, s.Optimizer)
		if s.Patience > 0 {
			need += keptBytes(inHalves(s.Storage)) * int64(c.Params()) // of the best weights
		}
		return m.Memory <= 0 || need <= m.Memory, nil
	})
	return tr, need, fits
}

// fitting finds how a trainer that is made as tr says takes a batch of rows where
// fits says what there is room for: as many of them at a time as there are threads,
// or up to most; else blocks are computed again on the way back, with as many rows
// as then fit. Where nothing fits it is the least. None changes a bit of what is
// learnt, so each machine may choose its own.
func fitting(tr model.Training, batch, most int, fits func(model.Training) (bool, error)) (model.Training, bool, error) {
	most = min(batch, most)
	for _, tr.Recompute = range []bool{false, true} {
		least := min(max(tr.Threads, 1), most)
		if tr.Recompute {
			least = 1
		}
		for tr.Rows = most; tr.Rows >= least; tr.Rows-- {
			if ok, err := fits(tr); ok || err != nil {
				return tr, ok, err
			}
		}
	}
	tr.Rows = 1
	return tr, false, nil
}

// rowsAtATime says how a run takes its rows.
func rowsAtATime(rows int, again bool) say.Text {
	if again {
		return say.T("%d rows at a time, and blocks are computed again on the way back", "每次 %d 行，反向时重算各层", rows)
	}
	return say.T("%d rows at a time", "每次 %d 行", rows)
}

// needs says what a run takes, and how it takes its rows.
func needs(bytes int64, tr model.Training) say.Text {
	return say.T("needs %s: %v", "需要 %s：%v", bytesOf(bytes), rowsAtATime(tr.Rows, tr.Recompute))
}

// A base is what a run goes on from, as far as memory is concerned: its files, or
// what is foretold of them.
type base interface {
	// bytes is what a run over it takes that is made as o and tr say.
	bytes(o *own, tr model.Training) (int64, error)
}

// bytes is the memory of the trainer, of what the
// optimiser remembers, of what is kept beside, and of the proof at its end.
func (b *brought) bytes(o *own, tr model.Training) (int64, error) {
	need, err := b.TrainerBytes(tr)
	if err != nil {
		return 0, err
	}
	if o.proof, err = o.proofBytes(b, tr.Threads); err != nil {
		return 0, err
	}
	return need + momentBytes(o.trained(&b.Shape), o.optimizer) + o.best(&b.Shape) + o.beside + o.proof, nil
}

// trained is how many numbers learn in a model of shape s.
func (o *own) trained(s *model.Shape) int64 {
	if o.lora != nil {
		n, _ := o.lora.Params(s)
		return int64(n)
	}
	return int64(s.Params())
}

// rank is that of the adapter; 0: there is none.
func (o *own) rank() int {
	if o.lora == nil {
		return 0
	}
	return o.lora.Rank
}

// best is the memory of the weights that patience keeps.
func (o *own) best(s *model.Shape) int64 {
	if o.patience > 0 {
		return keptBytes(o.half && o.lora == nil) * o.trained(s)
	}
	return 0
}

// proofBytes is the memory of what proves that the weights are served as they
// are: of all of them, those that were written are read again.
func (o *own) proofBytes(b *brought, threads int) (int64, error) {
	bytes, err := proofBytes(b.File, threads)
	if err != nil {
		return 0, err
	}
	if o.lora != nil {
		_, packed := o.lora.Params(&b.Shape)
		return bytes + 4*int64(packed), nil
	}
	return b.as(o.typ, bytes)
}

// as is the memory of a decoder of b that has its weights in type x, where
// one that has them as they are takes so many bytes.
func (b *brought) as(x model.Mixture, bytes int64) (int64, error) {
	other, err := b.File.As(orMixture(x))
	if err != nil {
		return 0, err
	}
	are, err := b.WeightBytes()
	if err != nil {
		return 0, err
	}
	will, err := other.WeightBytes()
	return bytes - are + will, err
}

// room is how much of m's memory a run may take: the process and the examples
// that it keeps are beside it, and a tenth of all is left alone at least.
func (o *own) room(m stage.Machine) int64 {
	return min(m.Memory*9/10, m.Memory-processBytes-o.held)
}

// peak is the memory of a run whose o.need is known: with a decoder for what is
// watched, if there is room for it, which is gone before the proof.
func (o *own) peak(b *brought, length int, m stage.Machine) (need int64, speaks bool, err error) {
	speaker, err := o.speakerBytes(b, length, m.Threads)
	if need = o.need - o.proof + speaker; m.Memory > 0 && need > o.room(m) {
		return o.need, false, err
	}
	return max(need, o.need), true, err
}

// fit finds how a run over b, which may be nil of a student of our own, fits into its
// room on m. o.need is then what it takes, or what the least would.
func (o *own) fit(b base, length int, m stage.Machine) (model.Training, bool, error) {
	most := max(m.Threads, 1)
	if o.lora != nil {
		most = max(4, most) // a frozen matrix is unpacked once for all of them
	}
	tr := model.Training{Length: length, Threads: m.Threads, Half: o.half, Split: o.split, LoRA: o.lora}
	if o.isWhole() {
		tr.Length = o.whole.Context
	}
	return fitting(tr, o.batch, most, func(tr model.Training) (ok bool, err error) {
		if o.isWhole() {
			o.need = o.wholeBytes(tr)
		} else {
			o.need, err = b.bytes(o, tr)
		}
		return m.Memory <= 0 || o.need <= o.room(m), err
	})
}

// isWhole reports whether all weights of a student learn that is a model of our own.
func (o *own) isWhole() bool { return o.whole != nil && o.lora == nil }

// wholeBytes is the memory of such a run: there is no proof at its end.
func (o *own) wholeBytes(tr model.Training) int64 {
	shape := model.Own(*o.whole)
	return oursBytes(shape.Config, tr, o.optimizer) - processBytes + o.best(&shape) + o.beside
}

// smaller lists the least changes that would each make a run over b fit, where
// it does not: of how gradients are computed, of the rows' length, of the optimiser, of the storage, and an adapter
// instead of all weights; if none does alone, of an adapter that learns from shorter rows.
func (o *own) smaller(b base, length int, m stage.Machine) (list []say.Text) {
	try := func(length int, change func(*own)) bool {
		p := *o
		change(&p)
		_, fits, err := p.fit(b, length, m)
		return fits && err == nil
	}
	longest := func(change func(*own)) int { // rows that fit then; 0: none
		const unit = 32 // tokens
		low, high := 0, (length+unit-1)/unit
		for low+1 < high { // in units: low fits, high does not
			if mid := (low + high) / 2; try(mid*unit, change) {
				low = mid
			} else {
				high = mid
			}
		}
		if n := low * unit; o.rows() || n >= promptTokens { // the proof reads as many
			return n
		}
		return 0
	}
	if o.split > 0 && try(length, func(p *own) { p.split = 0 }) {
		list = append(list, inWholeNumbers)
	}
	if n := longest(func(*own) {}); n > 0 {
		list = append(list, o.shorter(n))
	}
	if o.lora != nil {
		return list
	}
	if o.canShrink() && try(length, func(p *own) { p.optimizer = "adamw8" }) {
		list = append(list, inFewerMoments)
	}
	if o.canHalve() && try(length, (*own).halve) {
		list = append(list, inHalfMemory)
	}
	if b == nil { // random weights, which no adapter is learnt over
		return list
	}
	if try(length, (*own).slim) {
		list = append(list, o.adapter())
	}
	if n := longest((*own).slim); n > 0 && len(list) == 0 {
		list = append(list, say.T("%v and %v", "%v 加 %v", o.adapter(), o.shorter(n)))
	}
	return list
}

// slimRank is the rank of the adapter that is named to those who lack memory.
const slimRank = 16

// slim makes o learn by an adapter.
func (o *own) slim() {
	o.lora, o.beside = &model.LoRA{Rank: slimRank, Alpha: 2 * slimRank}, o.slimBeside
}

// canShrink reports whether the plan may name an optimiser that remembers less.
func (o *own) canShrink() bool { return o.optimizer != "adamw8" && o.method != (*GRPO)(nil).Name() }

// inWholeNumbers is how a plan asks for gradients that are no products of split numbers.
var inWholeNumbers = say.T(`gradients = "f32"`, `gradients = "f32"`)

// inFewerMoments is how a plan asks for the optimiser that remembers least.
var inFewerMoments = say.T(`optimizer = "adamw8"`, `optimizer = "adamw8"`)

// inHalfMemory is how a plan asks for weights in bfloat16.
var inHalfMemory = say.T(`storage = "bf16"`, `storage = "bf16"`)

// canHalve reports whether the plan may keep the weights in bfloat16.
func (o *own) canHalve() bool { return !o.half && o.lora == nil }

// halve keeps the weights in bfloat16, which they are then written in, unless the
// plan says otherwise.
func (o *own) halve() {
	o.half = true
	if o.typ == "" {
		o.typ = model.AsBF16
	}
}

// rows reports whether the run learns from rows: what is named as examples is
// put into rows of 512 tokens and more.
func (o *own) rows() bool {
	return o.method == (*Continue)(nil).Name() || o.method == (*SFT)(nil).Name() || o.method == (*LoRA)(nil).Name()
}

// shorter is how a plan asks for documents, or rows, of at most n tokens.
func (o *own) shorter(n int) say.Text {
	switch {
	case o.rows():
		return say.T("from = a tokens block with length = %d", "from 改为 length = %d 的 tokens 块", n)
	case o.method == (*GRPO)(nil).Name():
		return say.T("problems that have %d tokens with their answers (tokens)", "题目连同回答（tokens）不超过 %d 个词元", n)
	case o.method == (*Distil)(nil).Name():
		return say.T("rows (length of their tokens block), or answers with their problems, of at most %d tokens", "数据行（其 tokens 块的 length）或题目连同回答不超过 %d 个词元", n)
	}
	return say.T("conversations of at most %d tokens", "每段对话不超过 %d 个词元", n)
}

// adapter is how a plan asks for an adapter instead of all weights.
func (o *own) adapter() say.Text {
	if o.rows() {
		return say.T(`train = "lora"`, `train = "lora"`)
	}
	return say.T("rank = 16", "rank = 16")
}

// tooLarge is the error of a run that does not fit, with what would.
func (o *own) tooLarge(b base, length int, m stage.Machine) error {
	next, other := say.T("take a base of fewer parameters or of a quantised type, or a machine with more memory", "请换用更小或量化过的基座，或内存更大的机器"), say.T("a smaller or a quantised base", "更小、量化过的基座")
	if o.whole != nil { // what is trained here is not quantised
		next, other = say.T("take a model of fewer parameters, or a machine with more memory", "请换用更小的模型，或内存更大的机器"), say.T("a smaller model", "更小的模型")
	}
	if list := o.smaller(b, length, m); len(list) > 0 {
		en, zh := "", ""
		for i, t := range list {
			if i > 0 {
				en, zh = en+" or ", zh+" 或 "
			}
			en, zh = en+t.In(say.English), zh+t.In(say.Chinese)
		}
		next = say.T("it fits with %[1]s; or take %[3]v", "改为以下任一项即可放下：%[2]s；或换用%[3]v", en, zh, other)
	}
	return &say.Error{What: say.T("training needs %s, and of this machine's free memory %s is for it: what the process takes, a tenth at least, is left alone", "训练需要 %s 内存，本机空闲内存中可用于训练的为 %s：留给进程的部分（至少一成）除外", bytesOf(o.need), bytesOf(max(o.room(m), 0))), Next: next, Err: stage.ErrNoFit}
}

// bytesOf writes an amount of memory.
func bytesOf(n int64) string {
	if n < 1<<30 {
		return fmt.Sprintf("%.0f MiB", math.Ceil(float64(n)/(1<<20)))
	}
	return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
}
