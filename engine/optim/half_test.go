package optim

import (
	"math"
	"slices"
	"testing"

	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// A number between two of bfloat16 becomes one of them, as often as leaves its
// mean; one that is of bfloat16, or none at all, stays.
func TestByChance(t *testing.T) {
	const n = 1 << 14
	for _, x := range []float32{1 + 0.25/128, -(1 + 0.75/128), 0.3, -7e-5, 1e-40} {
		src, dst, back := slices.Repeat([]float32{x}, n), make([]uint16, n), make([]float32, n)
		byChance(dst, src, 3, 4, 8)
		kernel.BFloats(back, dst)
		lo := math.Float32frombits(math.Float32bits(x) &^ 0xffff)
		hi := math.Float32frombits(math.Float32bits(lo) + 1<<16)
		away := 0
		for _, y := range back {
			if y != lo && y != hi {
				t.Fatalf("%g became %g", x, y)
			}
			if y == hi {
				away++
			}
		}
		p := float64((x - lo) / (hi - lo))
		if d := float64(away) - p*n; math.Abs(d) > 4*math.Sqrt(p*(1-p)*n) {
			t.Errorf("%g: %d of %d away from zero, want %.0f", x, away, n, p*n)
		}
	}
	inf, nan := float32(math.Inf(-1)), float32(math.NaN())
	var dst [6]uint16
	var back [6]float32
	byChance(dst[:], []float32{0.75, -1.5, 0, inf, nan, math.MaxFloat32}, 1, 2, 0)
	kernel.BFloats(back[:], dst[:])
	if back[0] != 0.75 || back[1] != -1.5 || back[2] != 0 || back[3] != inf || back[4] == back[4] || back[5] != back[5] {
		t.Errorf("%v", back)
	}
}

// Every method finds what it looks for with numbers in bfloat16 too, in steps
// that rounding to the nearest would lose, and with the same bits for any number
// of workers.
func TestHalfDescends(t *testing.T) {
	const rows, cols = 96, 192 // more than a span, and of more elements than moments of 8 bits need
	target := make([]float32, rows*cols)
	for i := range target {
		target[i] = 1 + tensor.Uniform(tensor.Rand(1, 2, uint64(i)))
	}
	methods := []Method{AdamW8, AdamW, Lion, Muon}
	if testing.Short() {
		methods = methods[:1]
	}
	for _, m := range methods {
		train := func(workers int) (half []uint16, loss float64) {
			half = make([]uint16, rows*cols)
			data, grad := make([]float32, len(half)), make([]float32, len(half))
			s := m.Default()
			s.Decay, s.Muon, s.Adam = 0, 0.01, 0.002
			o, err := New(s, []Param{{Half: half, Grad: grad, Rows: rows, Cols: cols, Matrix: true, Rate: 1}}, tensor.NewTeam(workers))
			if err != nil {
				t.Fatal(err)
			}
			defer o.Close()
			byChance(half, slices.Repeat([]float32{1.5}, len(half)), 0, 0, 0) // which is of bfloat16
			for range 400 {
				kernel.BFloats(data, half)
				loss = 0
				for i := range data {
					grad[i] = data[i] - target[i]
					loss += float64(grad[i]) * float64(grad[i]) / rows / cols
				}
				o.Step(1)
			}
			return half, loss
		}
		one, loss := train(1)
		if start := 1.0 / 12; loss > start/10 {
			t.Errorf("method %d: loss %.4f, of %.4f at first", m, loss, start)
		}
		if three, _ := train(3); !slices.Equal(one, three) {
			t.Errorf("method %d: other bits on three workers", m)
		}
	}
}
