package infer

import (
	"context"

	"suiren/engine/model"
)

// A Result is what a request got.
type Result struct {
	IDs    []int32 // without the stop token
	Finish string
	End    int32 // the stop token, if Finish is Stopped
}

// A Sampler answers many requests at once, for training and evaluation.
type Sampler struct {
	b      *batch
	repack func() error
}

// NewSampler returns a sampler of p's parameters with the given number of
// places and tokens in each.
func NewSampler(p *model.Params, slots, limit, threads int) (*Sampler, error) {
	b, dec, err := trained(p, slots, limit, threads, answerRows+slots, answerRows)
	if err != nil {
		return nil, err
	}
	return &Sampler{b, dec.Repack}, nil
}

// OpenSampler returns a sampler of a model's file, which must stay open. Of
// parameters that are being trained (File.With) the keys and values should be
// float32, as those of training are.
func OpenSampler(f *model.File, o Options) (*Sampler, error) {
	b, dec, err := openBatch(f, o, answerRows, answerRows)
	if err != nil {
		return nil, err
	}
	return &Sampler{b, dec.Repack}, nil
}

// Limit returns the tokens that prompt and answer may have together.
func (s *Sampler) Limit() int { return s.b.limit }

// trained returns a batch of a model of our own training, in float32.
func trained(p *model.Params, slots, limit, threads, rows, chunk int) (*batch, *model.Decoder, error) {
	o := Options{Slots: slots, Threads: threads}.filled(p.Config.Context)
	o.Limit = limit
	dec, err := model.NewDecoder(p, rows, limit, o.Threads)
	if err != nil {
		return nil, nil, err
	}
	z := o.size(&dec.Shape, rows, chunk)
	m, err := o.plan(&dec.Shape, &z)
	if err != nil {
		dec.Close()
		return nil, nil, err
	}
	b, err := layBatch(dec, model.KVFloat32, z, m)
	return b, dec, err
}

// SamplerBytes returns the bytes of a sampler of a model of our own: of keys and values,
// and of all else but the weights.
func SamplerBytes(c model.Config, slots, limit, threads int) (pages, rest int64) {
	s, o := model.Own(c), Options{Slots: slots, Limit: limit, Threads: max(threads, 1)}
	z := o.size(&s, answerRows+slots, answerRows)
	m, _ := o.plan(&s, &z) // no bound that could be too low
	return m.Pages, m.Rest() + model.ScratchBytes(c, z.rows, limit, z.workers)
}

// Repack makes changed parameters count.
func (s *Sampler) Repack() error {
	s.b.tree.reset() // what was read with the old ones
	return s.repack()
}

// Forget makes changed adapters count: what was read with them is read again.
func (s *Sampler) Forget() error {
	s.b.tree.reset()
	return nil
}

// Close frees the sampler's memory.
func (s *Sampler) Close() { s.b.close() }

// Run answers all requests; results stand in their order. done, if not nil,
// is called after each.
func (s *Sampler) Run(ctx context.Context, reqs []Request, done func()) ([]Result, error) {
	b := s.b
	for i := range reqs {
		if err := reqs[i].check(b.tokens, b.limit, b.memory); err != nil {
			return nil, err
		}
	}
	results := make([]Result, len(reqs))
	list := make([]*sequence, len(reqs))
	var failed error
	for i := range reqs {
		out := &results[i]
		list[i] = newSequence(&reqs[i], b.limit, func(t Token, err error) {
			switch {
			case err != nil:
				failed = err
				return
			case t.Finish != Stopped && !t.Prompt:
				out.IDs = append(out.IDs, t.ID)
			}
			if t.Finish != "" {
				out.Finish, out.End = t.Finish, t.ID
				if done != nil {
					done()
				}
			}
		})
		b.add(list[i])
	}
	for {
		err := ctx.Err()
		if err == nil {
			err = failed
		}
		if err != nil {
			for _, q := range list {
				b.drop(q)
			}
			return nil, err
		}
		if b.admit(); !b.step() {
			return results, nil
		}
	}
}
