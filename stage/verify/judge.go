package verify

import (
	"context"
	"encoding/json"
	"sync"
)

// A Judge scores replies to many problems and prepares each verifier once. The
// zero value works. It may be used by many at once.
type Judge struct{ known sync.Map }

// Right reports whether a reply earns at least half of the reward of spec.
func (j *Judge) Right(ctx context.Context, spec json.RawMessage, prompt, reply string) (bool, error) {
	v, ok := j.known.Load(string(spec))
	if !ok {
		fresh, err := Parse(spec)
		if err != nil {
			return false, err
		}
		v, _ = j.known.LoadOrStore(string(spec), fresh)
	}
	s, err := v.(*Verifier).Score(ctx, prompt, reply)
	return s >= 0.5, err
}
