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
		y, _ := orthogonal(x, s.y[:r*c], r, c, &s)
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

// muonStep is one step of Muon on w (rows, cols) as it is defined, in float64:
// Nesterov momentum, five steps of Polar Express over singular values of at
// most one, √(rows/cols) for tall matrices, and a decay that acts where it has
// the sign of the update.
func muonStep(w, g, m []float64, rows, cols int, mu, lr, decay float64) {
	x := make([][]float64, rows)
	norm := 0.0
	for i := range x {
		for j := range cols {
			k := i*cols + j
			m[k] = mu*m[k] + (1-mu)*g[k]
			x[i] = append(x[i], mu*m[k]+(1-mu)*g[k])
			norm += x[i][j] * x[i][j]
		}
	}
	product := func(a, b [][]float64) [][]float64 {
		c := make([][]float64, len(a))
		for i := range a {
			c[i] = make([]float64, len(b[0]))
			for k, v := range a[i] {
				for j := range c[i] {
					c[i][j] += v * b[k][j]
				}
			}
		}
		return c
	}
	for i := range x {
		for j := range x[i] {
			x[i][j] /= 1.01 * math.Sqrt(norm)
		}
	}
	// arXiv 2505.16932, as its authors give them.
	for _, k := range [5][3]float64{
		{8.156554524902461, -22.48329292557795, 15.878769915207462}, {4.042929935166739, -2.808917465908714, 0.5000178451051316},
		{3.8916678022926607, -2.772484153217685, 0.5060648178503393}, {3.285753657755655, -2.3681294933425376, 0.46449024233003106},
		{2.3465413258596377, -1.7097828382687081, 0.42323551169305323},
	} {
		turned := make([][]float64, cols)
		for j := range turned {
			for i := range x {
				turned[j] = append(turned[j], x[i][j])
			}
		}
		once := product(product(x, turned), x) // of either side: X·Xᵀ·X
		twice := product(product(x, turned), once)
		for i := range x {
			for j := range x[i] {
				x[i][j] = k[0]*x[i][j] + k[1]*once[i][j] + k[2]*twice[i][j]
			}
		}
	}
	for i := range x {
		for j, u := range x[i] {
			d, k := lr*math.Sqrt(max(1, float64(rows)/float64(cols)))*u, i*cols+j
			if u*w[k] >= 0 {
				d += lr * decay * w[k]
			}
			w[k] -= d
		}
	}
}

// Muon takes the steps of its definition, of wide matrices and of tall ones,
// at the rate of the matrix and of the schedule.
func TestMuonDefinition(t *testing.T) {
	const steps = 3
	for _, shape := range [][2]int{{6, 6}, {5, 19}, {21, 4}} {
		rows, cols := shape[0], shape[1]
		rng := rand.New(rand.NewPCG(3, uint64(cols)))
		n := rows * cols
		data, grad := make([]float32, n), make([]float32, n)
		w, g, m := make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range data {
			data[i] = float32(rng.NormFloat64())
			w[i] = float64(data[i])
		}
		s := Settings{Method: Muon, Muon: 0.1, Momentum: 0.9, Decay: 0.3}
		o, err := New(s, []Param{{Data: data, Grad: grad, Rows: rows, Cols: cols, Matrix: true, Rate: 0.5}}, tensor.NewTeam(2))
		if err != nil {
			t.Fatal(err)
		}
		defer o.Close()
		for range steps {
			for i := range grad {
				grad[i] = float32(rng.NormFloat64())
				g[i] = float64(grad[i])
			}
			o.Step(0.7)
			muonStep(w, g, m, rows, cols, float64(s.Momentum), 0.7*0.5*float64(s.Muon), float64(s.Decay))
		}
		for i := range w {
			// The least singular values grow a thousandfold, and their roundings with them.
			if d := math.Abs(float64(data[i]) - w[i]); !(d <= steps*1000*0x1p-24) {
				t.Fatalf("%d×%d: element %d is %g, by definition %g", rows, cols, i, data[i], w[i])
			}
		}
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
