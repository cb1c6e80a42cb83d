package optim

import (
	"math"

	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// polar holds the coefficients of Polar Express (Amsel et al., arXiv
// 2505.16932): five steps of X ← aX + (bA + cA²)X, A = X·Xᵀ, drive every
// singular value of a matrix of norm ≤ 1 close to one.
var polar = [5][3]float32{
	{8.156555, -22.483293, 15.878770},
	{4.042930, -2.808917, 0.500018},
	{3.891668, -2.772484, 0.506065},
	{3.285754, -2.368129, 0.464490},
	{2.346541, -1.709783, 0.423236},
}

// muonScratch serves matrices of up to (small, large), wide.
type muonScratch struct {
	x, y   []float32 // (small, large)
	a, b   []float32 // (small, small)
	packed []float32 // Xᵀ packed
}

func newMuonScratch(small, large int, a *tensor.Arena) muonScratch {
	return muonScratch{
		a.Float32(small * large), a.Float32(small * large),
		a.Float32(small * small), a.Float32(small * small), a.Float32(kernel.PackedLen(large, small)),
	}
}

// muon is one step of Muon (Jordan et al. 2024) for one matrix: Nesterov
// momentum, made orthogonal, scaled by √max(1, rows/cols); weight decay acts
// only where it has the sign of the update.
func (o *Optimizer) muon(worker, param int, m []float32, lr float32) {
	p, s := &o.params[param], &o.scratch[worker]
	rows, cols := p.Rows, p.Cols
	x, g := s.x[:rows*cols], s.y[:rows*cols]
	kernel.Scale(m, o.Momentum)
	copy(g, p.Grad)
	kernel.Scale(g, 1-o.Momentum)
	kernel.Add(m, m, g)
	copy(x, m)
	kernel.Scale(x, o.Momentum)
	kernel.Add(x, x, g)
	scale := lr
	if rows > cols { // lying, and up again
		scale = lr * float32(math.Sqrt(float64(rows)/float64(cols)))
		kernel.Transpose(g, x, rows, cols)
		g, x = orthogonal(g, x, cols, rows, s)
		kernel.Transpose(x, g, cols, rows)
	} else {
		x, _ = orthogonal(x, g, rows, cols, s)
	}
	for lo := 0; lo < rows*cols; lo += spanLen {
		data := o.open(worker, p, lo, min(lo+spanLen, rows*cols))
		for j, u := range x[lo:][:len(data)] {
			w := data[j]
			decay := unlessNegative(float32(lr*float32(o.Decay*w)), u*w)
			data[j] = w - (float32(scale*u) + decay)
		}
		o.shut(param, lo, data)
	}
}

// unlessNegative returns x, and 0 if y < 0: without a branch, for no processor
// foresees which.
func unlessNegative(x, y float32) float32 {
	const minusZero = 1 << 31
	mask := uint32(int64(minusZero-uint64(math.Float32bits(y))) >> 63) // all ones above −0
	return math.Float32frombits(math.Float32bits(x) &^ mask)
}

// orthogonal brings x (r, c), r ≤ c, close to the nearest matrix with
// orthonormal rows. It returns that, in x or in y of the same length, and the
// other of the two.
func orthogonal(x, y []float32, r, c int, s *muonScratch) (near, other []float32) {
	a, b := s.a[:r*r], s.b[:r*r]
	norm := float32(math.Sqrt(float64(kernel.Dot(x, x))))
	if norm == 0 {
		return x, y
	}
	kernel.Scale(x, 1/(1.01*norm))
	for _, k := range polar {
		kernel.Pack(s.packed, c, r, x, 1, c)
		kernel.GemmPacked(r, r, c, x, c, 1, s.packed, a, r, false)
		kernel.Gemm(r, r, r, a, r, 1, a, r, b, r, false)
		kernel.Scale(b, k[2])
		kernel.Axpy(b, k[1], a)
		kernel.Gemm(r, c, r, b, r, 1, x, c, y, c, false)
		kernel.Axpy(y, k[0], x)
		x, y = y, x
	}
	return x, y
}
