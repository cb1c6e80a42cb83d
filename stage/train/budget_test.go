package train

import (
	"fmt"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
)

// Each change that is named fits, and the next larger value does not.
func TestSmaller(t *testing.T) {
	in := func(length int) map[string][]stage.Forecast {
		return map[string][]stage.Forecast{"from": {{Size: map[string]float64{"length": float64(length), "rows": 1000, "vocab": 512}}}}
	}
	op := &SFT{Depth: 8, Patience: 3}
	m := stage.Machine{Threads: 2}
	need := op.Forecast(in(512), m)
	if len(need.Smaller) > 0 {
		t.Errorf("of unknown memory: %v", need.Smaller)
	}
	for _, part := range []int64{60, 80, 99} {
		m.Memory = need.Memory * part / 100
		f := op.Forecast(in(512), m)
		if len(f.Smaller) == 0 {
			t.Fatalf("of %d bytes with %d: nothing is smaller", f.Memory, m.Memory)
		}
		for _, text := range f.Smaller {
			way := text.In(say.English)
			least, more, length := *op, *op, 512
			var n int
			switch name, rest, _ := strings.Cut(way, " = "); name {
			case "batch":
				fmt.Sscan(rest, &n)
				least.Batch, more.Batch = n, n+1
			case "depth":
				fmt.Sscan(rest, &n)
				least.Depth, more.Depth = n, n+1
				least.Batch, more.Batch = op.batch(), op.batch()
			case "length":
				fmt.Sscan(rest, &length)
			default:
				least.Patience = 0
			}
			if got := least.Forecast(in(length), m); got.Memory > m.Memory || len(got.Smaller) > 0 {
				t.Errorf("%s takes %d of %d", way, got.Memory, m.Memory)
			}
			if length < 512 {
				length += 32
			}
			if got := more.Forecast(in(length), m); got.Memory <= m.Memory {
				t.Errorf("%s is not the least change", way)
			}
		}
	}
	m.Memory = need.Memory
	if f := op.Forecast(in(512), m); len(f.Smaller) > 0 {
		t.Errorf("of what fits: %v", f.Smaller)
	}
}
