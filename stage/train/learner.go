package train

import (
	"cmp"
	"fmt"

	"suiren/engine/model"
	"suiren/engine/optim"
	"suiren/internal/say"
)

// A Learner is a model in training: its parameters and gradients, and the
// optimiser that moves the one by the other.
type Learner struct {
	*model.Trainer
	Optimizer *optim.Optimizer

	length int     // of a row of documents; 0: the context
	norm   float64 // of the gradients that Learn last moved along
	rate   float32 // factor of the learning rates, then
}

// newLearner makes a learner with settings s.
func newLearner(c model.Config, o model.Training, s optim.Settings) (*Learner, error) {
	tr, err := o.New(c)
	if err != nil {
		return nil, err
	}
	opt, err := optim.New(s, Trainable(tr), tr.Team())
	if err != nil {
		tr.Close()
		return nil, err
	}
	return &Learner{Trainer: tr, Optimizer: opt}, nil
}

// methods are the optimisers by their names in a plan.
var methods = map[string]optim.Method{"": optim.Muon, "muon": optim.Muon, "adamw": optim.AdamW, "adamw8": optim.AdamW8, "lion": optim.Lion}

// methodNames are those, the default first.
var methodNames = []string{"muon", "adamw", "adamw8", "lion"}

// recipe returns the default settings of an optimiser at a factor of its
// learning rates, without decay: what goes on from a base stays near it.
func recipe(optimizer string, rate float64) optim.Settings {
	s := methods[optimizer].Default()
	s.Muon *= float32(rate)
	s.Adam *= float32(rate)
	s.Decay = 0
	return s
}

// recipe is how all weights of a model of our own learn as o says; ours is the
// default of the rate.
func (o *own) recipe(ours float64) optim.Settings {
	s := recipe(o.optimizer, orDefault(o.rate, ours))
	s.Decay = decayOf(o.decay, s.Decay)
	return s
}

// decayOf is the weight decay that a plan names, or unless.
func decayOf(named *float64, unless float32) float32 {
	if named != nil {
		return float32(*named)
	}
	return unless
}

// shapeOf says what shape depth has made.
func shapeOf(c *model.Config) say.Text {
	text := say.T("%d layers of width %d, %d heads of %d (%d of keys and values), feed-forward width %d: %d parameters", "%d 层，宽 %d，%d 个头、每头 %d（键值头 %d 个），前馈宽 %d：%d 个参数",
		c.Layers, c.Width, c.Heads, c.HeadDim, c.KVHeads, c.Hidden, c.Params())
	if own := model.Own(*c); own.Sliding != nil {
		n := 0
		for _, slides := range own.Sliding {
			if slides {
				n++
			}
		}
		text = say.T("%v; a window of %d tokens in %d of the layers", "%v；滑动窗口 %d 个词元，用于其中 %d 层", text, c.Window, n)
	}
	return text
}

// describe says at what rates an optimiser works, and how they fall.
func describe(s optim.Settings, schedule string) say.Text {
	text := say.T("AdamW at %.2g", "AdamW %.2g", s.Adam)
	switch s.Method {
	case optim.Muon:
		text = say.T("Muon at %.2g, AdamW at %.2g", "Muon %.2g，AdamW %.2g", s.Muon, s.Adam)
	case optim.AdamW8:
		text = say.T("AdamW of 8 bits at %.2g", "8 位 AdamW %.2g", s.Adam)
	case optim.Lion:
		text = say.T("Lion at %.2g", "Lion %.2g", s.Adam)
	}
	return say.T("%v, %s", "%v，%s", text, schedule)
}

// paced says of a run how it works, too: over which share of its steps the rate
// rises, and how weights decay.
// usual is the factor of the rates where the plan says none.
func paced(s optim.Settings, schedule string, warm, usual float64) say.Text {
	text := say.T("%v, no warm-up", "%v，不预热", describe(s, schedule))
	if warm > 0 {
		text = say.T("%v, warm-up over %s%% of the steps", "%v，预热占步数的 %s%%", describe(s, schedule), percent(warm))
	}
	if s.Decay > 0 {
		text = say.T("%v, weight decay %.2g", "%v，权重衰减 %.2g", text, s.Decay)
	}
	return say.T("%v%v", "%v%v", text, unusual(float64(s.Adam/s.Method.Default().Adam), usual))
}

// unusual says of a rate that is many times the usual one, or less, that it is a factor:
// who is used to learning rates writes one of those.
func unusual(rate, usual float64) say.Text {
	const many = 20
	switch {
	case usual <= 0:
		return say.Text{}
	case rate >= many*usual:
		return say.T("; that is %.0f times the usual rate: rate is a factor, %.3g by default", "；这是常用学习率的 %.0f 倍：rate 是倍数，默认为 %.3g", rate/usual, usual)
	case rate <= 0 || rate*many > usual:
		return say.Text{}
	}
	return say.T("; that is the usual rate divided by %.0f: rate is a factor, %.3g by default", "；这是常用学习率的 1/%.0f：rate 是倍数，默认为 %.3g", usual/rate, usual)
}

// percent is a share in percent: of a small one two digits, else none behind the point.
func percent(share float64) string {
	if share >= 0.1 {
		return fmt.Sprintf("%.0f", 100*share)
	}
	return fmt.Sprintf("%.2g", 100*share)
}

// checkMethod finds fault with an optimiser's name.
func checkMethod(name string) []*say.Error {
	if _, ok := methods[name]; ok {
		return nil
	}
	return []*say.Error{unknown("optimizer", name, methodNames)}
}

// inHalves reports whether a storage that a plan names is of bfloat16.
func inHalves(storage string) bool { return storage == "bf16" }

// checkStorage finds fault with the name of a storage.
func checkStorage(name string) []*say.Error {
	if name == "" || name == "f32" || inHalves(name) {
		return nil
	}
	return []*say.Error{unknown("storage", name, []string{"f32", "bf16"})}
}

// checkStored finds fault with the storage of weights that only an adapter moves.
func checkStored(storage string, adapted bool) []*say.Error {
	if storage != "" && adapted {
		return []*say.Error{withoutEffect("storage", say.T("an adapter is trained, and the base stays as it is", "训练的是适配器，基座保持原样"), say.T("leave one of the two out", "请去掉其中之一"))}
	}
	return checkStorage(storage)
}

// written is the type that weights are written in: that of their storage, unless
// the plan names one.
func written(typ, storage string) model.Mixture { return model.Mixture(cmp.Or(typ, storage)) }

// unknown is the error about a word that an argument does not take.
func unknown(where, word string, known []string) *say.Error {
	return &say.Error{Where: where, What: say.T("%s cannot be %q", "%s 不能是 %q", where, word), Next: say.T("choose among %s", "可选：%s", known)}
}

// Close frees the memory of both.
func (l *Learner) Close() {
	l.Optimizer.Close()
	l.Trainer.Close()
}

// Learn moves the parameters along the gradients that Accumulate left, at
// rate times the learning rates, and packs them.
func (l *Learner) Learn(rate float32) {
	l.norm, l.rate = l.Optimizer.Norm(), rate
	l.Optimizer.Step(rate)
	l.Repack()
}

// Trainable lists a trainer's tensors for its optimiser: the embedding
// learns four times as fast as the vectors.
func Trainable(tr *model.Trainer) []optim.Param {
	var list []optim.Param
	grads := tr.Grads.Tensors()
	for i, t := range tr.Params.Tensors() {
		p := optim.Param{Data: t.Data, Half: t.Half, Grad: grads[i].Data, Rows: t.Shape[0], Cols: 1, Matrix: t.Matrix, Rate: 1}
		if len(t.Shape) == 2 {
			p.Cols = t.Shape[1]
			if !t.Matrix {
				p.Rate = 4
			}
		}
		list = append(list, p)
	}
	return list
}
