package train

import (
	"suiren/engine/model"
	"suiren/engine/optim"
)

// A Learner is a model in training: its parameters and gradients, and the
// optimiser that moves the one by the other.
type Learner struct {
	*model.Trainer
	Optimizer *optim.Optimizer
}

// NewLearner makes a learner whose learning rates are the default ones times
// rate. The parameters are zero and not packed.
func NewLearner(c model.Config, microRows, length, threads int, rate float64, decay bool) (*Learner, error) {
	tr, err := model.NewTrainer(c, microRows, length, threads)
	if err != nil {
		return nil, err
	}
	s := optim.Default()
	s.Muon *= float32(rate)
	s.Adam *= float32(rate)
	if !decay {
		s.Decay = 0
	}
	opt, err := optim.New(s, Trainable(tr), tr.Team())
	if err != nil {
		tr.Close()
		return nil, err
	}
	return &Learner{tr, opt}, nil
}

// Close frees the memory of both.
func (l *Learner) Close() {
	l.Optimizer.Close()
	l.Trainer.Close()
}

// Learn moves the parameters along the gradients that Accumulate left, at
// rate times the learning rates, and packs them.
func (l *Learner) Learn(rate float32) {
	l.Optimizer.Step(rate)
	l.Repack()
}

// Trainable lists a trainer's tensors for its optimiser: the embedding
// learns four times as fast as the vectors.
func Trainable(tr *model.Trainer) []optim.Param {
	var list []optim.Param
	grads := tr.Grads.Tensors()
	for i, t := range tr.Params.Tensors() {
		p := optim.Param{Data: t.Data, Grad: grads[i].Data, Rows: t.Shape[0], Cols: 1, Matrix: t.Matrix, Rate: 1}
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
