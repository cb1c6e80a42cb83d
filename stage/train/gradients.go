package train

import (
	"slices"

	"suiren/engine/kernel"
	"suiren/engine/model"
	"suiren/internal/say"
	"suiren/stage"
)

// Gradients are the ways to compute gradients as a plan names them, the first of
// them what a plan has that names none.
var Gradients = []string{"f32", "bf16x3", "bf16x6"}

// SplitOf returns of what numbers the products of gradients are, as a plan
// names them.
func SplitOf(gradients string) kernel.Split {
	switch gradients {
	case "bf16x3":
		return 2
	case "bf16x6":
		return 3
	}
	return 0
}

// checkGradients finds fault with how gradients are to be computed.
func checkGradients(name string) []*say.Error {
	if name == "" || slices.Contains(Gradients, name) {
		return nil
	}
	return []*say.Error{unknown("gradients", name, Gradients)}
}

// What a product of split numbers takes beside one of float32: with tile units in
// the blocks, and without (docs/numerics.md).
const (
	tilesToil   = 0.55
	noTilesToil = 8
	turnedToil  = 0.4 // of integers, with tile units: through frozen matrices of the K types
)

// back is what products of gradients of the blocks and of the head take beside
// those of float32. With tile units the head gains nothing: its gradients, one for
// each token and word, are multiplied with few columns, and splitting them takes
// as long as that saves.
func (k *way) back() (blocks, head float64) {
	switch {
	case k.turns && k.tiles:
		return turnedToil, turnedToil
	case k.split == 0 || k.turns:
		return 1, 1
	case k.tiles:
		return tilesToil, 1
	}
	return noTilesToil, noTilesToil
}

// gain is what it would take less to learn from w with gradients of split numbers.
func (k *way) gain(w *workload, s *model.Shape) float64 {
	other := *k
	other.split = 2
	return w.toil(s, k) - w.toil(s, &other)
}

// A run is long enough to be told of another way from so many seconds on, if that
// saves so much of them.
const (
	longRun  = 600
	fewParts = 0.05
)

// remark tells with what is derived that blocks are computed again on m for want of
// memory, that split numbers would save time of a long
// run there, or that they take more than others; gain is that of k.
func (k *way) remark(f *stage.Forecast, gain float64, m stage.Machine) {
	if k.again && f.Memory <= m.Memory {
		f.Derived = say.T("%v; to fit this machine's memory %v", "%v；受本机内存所限，%v", f.Derived, rowsAtATime(k.micro, k.again))
	}
	switch {
	case k.split > 0 && !k.tiles && !k.turns:
		f.Derived = say.T(`%v; gradients = "bf16x3" is slower here than "f32", without tile units`, `%v；本机没有矩阵单元，gradients = "bf16x3" 比 "f32" 慢`, f.Derived)
	case k.tiles && f.High >= longRun:
		if saved := mostTime * gain / m.Peak / f.High; saved >= fewParts {
			f.Derived = say.T(`%v; gradients = "bf16x3" would take about %.0f%% less time here`, `%v；在本机用 gradients = "bf16x3" 约可少用 %.0f%% 的时间`, f.Derived, 100*saved)
		}
	}
}
