package verify

import (
	"cmp"
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"
)

// A Judge scores replies to many problems and prepares each verifier once. The
// zero value works. It may be used by many at once.
type Judge struct {
	known    sync.Map
	programs atomic.Int64
	took     atomic.Int64 // nanoseconds

	mu      sync.Mutex
	rewards Rewards
}

// Rewards are what programs of the owner's gave: how many, the lowest and the highest.
type Rewards struct {
	N         int
	Low, High float64
}

// Rewards returns those that All had so far. What scores 0 without being asked about, as
// an answer that is empty, is none of them.
func (j *Judge) Rewards() Rewards {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.rewards
}

// gave counts a reward.
func (j *Judge) gave(s float64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	r := &j.rewards
	if r.N++; r.N == 1 {
		r.Low, r.High = s, s
	}
	r.Low, r.High = min(r.Low, s), max(r.High, s)
}

// Programs returns for how many replies All had a program run, and how long it
// waited for them.
func (j *Judge) Programs() (n int, took time.Duration) {
	return int(j.programs.Load()), time.Duration(j.took.Load())
}

// Passes reports whether an answer of this score is right.
func Passes(score float64) bool { return score >= 0.5 }

// Right reports whether a reply earns at least half of the reward of spec.
func (j *Judge) Right(ctx context.Context, spec json.RawMessage, prompt, reply string) (bool, error) {
	v, err := j.verifier(spec)
	if err != nil {
		return false, err
	}
	s, err := v.Score(ctx, prompt, reply)
	return Passes(s), err
}

func (j *Judge) verifier(spec json.RawMessage) (*Verifier, error) {
	v, ok := j.known.Load(string(spec))
	if !ok {
		fresh, err := Parse(spec)
		if err != nil {
			return nil, err
		}
		v, _ = j.known.LoadOrStore(string(spec), fresh)
	}
	return v.(*Verifier), nil
}

// A Reply is one to judge. One of no spec scores 0.
type Reply struct {
	Spec         json.RawMessage
	Prompt, Text string
}

// All returns the score of each of list, 0 to 1. It waits for up to atOnce programs of the
// owner's at a time, runs programs of answers on all processors, and stops at the
// first error.
func (j *Judge) All(outer context.Context, list []Reply) ([]float64, error) {
	ctx, stop := context.WithCancelCause(outer)
	defer stop(nil)
	scores := make([]float64, len(list))
	judge := func(i int, v *Verifier) {
		s, err := v.Score(ctx, list[i].Prompt, list[i].Text)
		if err != nil {
			stop(err)
		} else if _, asked := answerIn(list[i].Text); v.url && asked {
			j.gave(s)
		}
		scores[i] = s
	}
	var asked sync.WaitGroup
	var began time.Time
	places := map[int]chan struct{}{}
	for i := range list {
		if list[i].Spec == nil {
			continue
		}
		v, err := j.verifier(list[i].Spec)
		if err != nil {
			stop(err)
		}
		if ctx.Err() != nil {
			break
		}
		if v.most == 0 {
			judge(i, v)
			continue
		}
		if places[v.most] == nil {
			places[v.most] = make(chan struct{}, v.most)
		}
		if began.IsZero() {
			began = time.Now()
		}
		j.programs.Add(1)
		place := places[v.most]
		place <- struct{}{}
		asked.Go(func() {
			judge(i, v)
			<-place
		})
	}
	asked.Wait()
	if !began.IsZero() {
		j.took.Add(int64(time.Since(began)))
	}
	return scores, cmp.Or(outer.Err(), context.Cause(ctx))
}
