package optim

import (
	"math"
	"math/rand/v2"
	"testing"

	"suiren/engine/tensor"
)

// Muon's matrix has orthonormal rows, nearly: Polar Express leaves singular
// values within 0.15 of one after five steps from a well-spread start.
func TestOrthogonal(t *testing.T) {
	for _, shape := range [][2]int{{8, 8}, {16, 40}, {33, 35}} {
		r, c := shape[0], shape[1]
		var count tensor.Arena
		newMuonScratch(r, c, &count)
		a, err := tensor.NewArena(count.Len())
		if err != nil {
			t.Fatal(err)
		}
		s := newMuonScratch(r, c, a)
		rng := rand.New(rand.NewPCG(1, uint64(c)))
		x := s.x[:r*c]
		for i := range x {
			x[i] = float32(rng.NormFloat64())
		}
		g := append([]float32(nil), x...)
		y := orthogonal(x, r, c, &s)
		var inner float64
		for i := range y {
			inner += float64(y[i]) * float64(g[i])
		}
		if inner <= 0 {
			t.Errorf("%d×%d: the update does not point along its gradient", r, c)
		}
		// Σ of squared singular values is r when all are one
		var sum float64
		for i := range y {
			sum += float64(y[i]) * float64(y[i])
		}
		if math.Abs(sum/float64(r)-1) > 0.15 {
			t.Errorf("%d×%d: mean squared singular value %.3f", r, c, sum/float64(r))
		}
		a.Close()
	}
}

// Both optimisers find the least squares solution, with the same bits for
// any number of workers.
func TestDescends(t *testing.T) {
	train := func(workers int) ([]float32, float64) {
		const n, k = 12, 20
		rng := rand.New(rand.NewPCG(5, 6))
		target := make([]float32, n*k+n)
		for i := range target {
			target[i] = float32(rng.NormFloat64())
		}
		data, grad := make([]float32, len(target)), make([]float32, len(target))
		o, err := New(Default(), []Param{
			{Data: data[:n*k], Grad: grad[:n*k], Rows: n, Cols: k, Matrix: true, Rate: 1},
			{Data: data[n*k:], Grad: grad[n*k:], Rows: n, Cols: 1, Rate: 4},
		}, tensor.NewTeam(workers))
		if err != nil {
			t.Fatal(err)
		}
		defer o.Close()
		loss := 0.0
		for step := range 600 {
			loss = 0
			for i := range data {
				d := data[i] - target[i]
				loss += float64(d) * float64(d)
				grad[i] = d
			}
			o.Step(Schedule{Warmup: 20, Decay: 0.5, End: 0.01}.At(step, 600))
		}
		if grad[0] != 0 {
			t.Error("Step left the gradients")
		}
		return data, loss
	}
	one, loss := train(1)
	if loss > 0.3 {
		t.Errorf("loss %.3f after 600 steps", loss)
	}
	two, _ := train(3)
	for i := range one {
		if one[i] != two[i] {
			t.Fatalf("parameter %d: %g on one worker, %g on three", i, one[i], two[i])
		}
	}
}

func TestSchedule(t *testing.T) {
	for _, c := range []struct {
		form Form
		at   map[int]float64
	}{
		{WSD, map[int]float64{0: 0.1, 9: 1, 10: 1, 50: 1, 75: 0.525, 99: 0.069}},
		{Linear, map[int]float64{0: 0.1, 9: 1, 10: 1, 55: 0.525, 99: 0.05 + 0.95/90}},
		{Cosine, map[int]float64{0: 0.1, 9: 1, 10: 1, 40: 0.05 + 0.95*0.75, 55: 0.525, 70: 0.05 + 0.95*0.25, 99: 0.05 + 0.95*(1-math.Cos(math.Pi/90))/2}},
	} {
		s := Schedule{Form: c.form, Warmup: 10, Decay: 0.5, End: 0.05}
		for step, want := range c.at {
			if got := float64(s.At(step, 100)); math.Abs(got-want) > 1e-6 {
				t.Errorf("form %d, step %d: %g, want %g", c.form, step, got, want)
			}
		}
		for step := 10; step < 99; step++ {
			if s.At(step+1, 100) > s.At(step, 100) {
				t.Errorf("form %d rises after step %d", c.form, step)
			}
		}
	}
	for x := 0.0; x <= 1; x += 1.0 / 64 {
		if d := cosPi(x) - math.Cos(math.Pi*x); math.Abs(d) > 1e-12 {
			t.Errorf("cos of %g π is off by %g", x, d)
		}
	}
}
