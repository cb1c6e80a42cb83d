package train

import (
	"path/filepath"

	"suiren/engine/model"
	"suiren/engine/tokenizer"
	"suiren/stage"
)

// A student is a base that learns from answers: a model of our own, or one of
// any family with its own template, whole or by an adapter.
type student struct {
	l     *Learner
	w     *writer
	facts facts
	job   *stage.Job

	brought *brought // nil: a model of our own
	own     own
}

// broughtRate is the factor of the learning rates of whole models of others in
// DPO and KTO: of AdamW it makes 5e-6. An adapter learns ten times as fast.
const broughtRate = 0.00125

// mostTokens bounds the answers that a brought model learns from, with their
// prompts: memory goes with the longest.
const mostTokens = 4096

// openStudent opens the base and finds the form of its conversations. rate 0
// is the default.
func openStudent(job *stage.Job, optimizer string, rate float64, rank int, seed uint64) (*student, error) {
	base := job.Dir("base")
	s := &student{job: job}
	var err error
	if s.facts, err = readFacts(base); err != nil {
		s.facts = facts{} // the owner's
	}
	if rank == 0 && tokenizer.IsChat(base) {
		if s.l, err = openBase(job, recipe(optimizer, orDefault(rate, preferenceRate))); err != nil {
			return nil, err
		}
		if s.w, err = newWriter(base, s.l.Params.Config.Context); err != nil {
			s.l.Close()
			return nil, err
		}
		return s, nil
	}
	if s.brought, err = openBrought(base); err != nil {
		return nil, err
	}
	b := s.brought
	s.own = own{batch: 4, optimizer: optimizer, rate: orDefault(rate, broughtRate), seed: seed}
	if rank > 0 {
		s.own.rate = orDefault(rate, 10*broughtRate)
		s.own.lora = &model.LoRA{Rank: rank, Alpha: 2 * float64(rank), Seed: seed}
	}
	if s.w, err = s.brought.writer(); err != nil {
		b.Close()
		return nil, err
	}
	return s, nil
}

// ready makes the learner of a brought model, which takes the memory that docs
// need.
func (s *student) ready(docs []doc) (err error) {
	if s.brought == nil {
		return nil
	}
	longest := min(promptTokens, s.brought.Shape.Context) // what the gate reads
	for _, d := range docs {
		longest = max(longest, len(d.ids))
	}
	if s.l, err = s.own.learner(s.job, s.brought, longest); err == nil {
		s.l.length = longest
	}
	return err
}

// write writes the trained weights.
func (s *student) write(f facts) (err error) {
	if s.brought == nil {
		return writeFolder(s.job, s.job.Dir("base"), s.l.Params, f)
	}
	f.Loss = rounded(f.Loss)
	if f.Parity, err = s.own.write(s.job, s.brought, s.l, nil); err != nil {
		return err
	}
	return writeJSON(filepath.Join(s.job.Out, "suiren.json"), f)
}

// Close frees the memory.
func (s *student) Close() {
	if s.l != nil {
		s.l.Close()
	}
	if s.brought != nil {
		s.brought.Close()
	}
}
