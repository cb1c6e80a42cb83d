package train

import (
	"slices"

	"suiren/engine/kernel"
	"suiren/engine/model"
	"suiren/internal/say"
	"suiren/stage"
)

// products are the ways to compute products of gradients, as a plan names them; the
// first is that of a plan that names none.
var products = []product{{"f32", 0, 1, 1}, {"bf16x3", 2, 0.55, 8}, {"bf16x6", 3, 0.8, 15}}

// A product is one of them.
type product struct {
	name  string
	split kernel.Split // of what numbers it is

	// What it takes beside one of float32: with tile units in the blocks, and
	// without (docs/numerics.md).
	tiles, without float64
}

const turnedToil = 0.4 // of integers, with tile units: through frozen matrices of the K types

// Gradients returns the names of the ways to compute gradients.
func Gradients() (names []string) {
	for _, p := range products {
		names = append(names, p.name)
	}
	return names
}

// SplitOf returns of what numbers the products of gradients are, as a plan
// names them.
func SplitOf(gradients string) kernel.Split {
	for _, p := range products {
		if p.name == gradients {
			return p.split
		}
	}
	return 0
}

// checkGradients finds fault with how gradients are to be computed.
func checkGradients(name string) []*say.Error {
	if name == "" || slices.Contains(Gradients(), name) {
		return nil
	}
	return []*say.Error{unknown("gradients", name, Gradients())}
}

// back is what products of gradients of the blocks and of the head take beside
// those of float32. With tile units the head gains nothing: its gradients, one for
// each token and word, are multiplied with few columns, and splitting them takes
// as long as that saves.
func (k *way) back() (blocks, head float64) {
	if k.turns && k.tiles {
		return turnedToil, turnedToil
	}
	p := k.product()
	switch {
	case k.turns:
		return 1, 1
	case k.tiles:
		return p.tiles, 1
	}
	return p.without, p.without
}

// product is how gradients are computed.
func (k *way) product() product {
	return products[slices.IndexFunc(products, func(p product) bool { return p.split == k.split })]
}

// otherwise sets in k, the way of o over b, how it would go with gradients computed
// otherwise; false: it would not fit.
func (o *own) otherwise(k *way, gradients string, b *footing, length int, m stage.Machine) bool {
	p, f := *o, stage.Forecast{}
	p.split = SplitOf(gradients)
	k.split = p.split
	p.foretellMemory(&f, b, k, length, m)
	return m.Memory <= 0 || f.Memory <= m.Memory
}

// otherwise is the same of a model of shape c from random weights, and returns the
// memory that it takes.
func (s *SFT) otherwise(k *way, gradients string, c model.Config, m stage.Machine) (need int64, fits bool) {
	o := *s
	o.Gradients = gradients
	tr, need, fits := o.fit(c, c.Context, m)
	k.split, k.again, k.micro = SplitOf(gradients), tr.Recompute, min(k.batch, microRows)
	if k.again {
		k.micro = min(k.batch, tr.Rows)
	}
	return need, fits
}

// A run is long enough to be told of another way from so many seconds on, if that
// saves so much of them.
const (
	longRun  = 600
	fewParts = 5 // of a hundred
)

// remark tells with what is derived that blocks are computed again on m for want of
// memory, what split numbers would save of a long run there, or that they take more
// than others. toil is what learning takes in a way; other sets how it would go with
// gradients computed otherwise, and reports whether it fits.
func (k *way) remark(f *stage.Forecast, m stage.Machine, toil func(*way) float64, other func(k *way, gradients string) bool) {
	if k.again && f.Memory <= m.Memory {
		f.Derived = say.T("%v; to fit this machine's memory %v", "%v；受本机内存所限，%v", f.Derived, rowsAtATime(k.micro, k.again))
	}
	if k.split > 0 && !k.tiles && !k.turns {
		f.Derived = say.T(`%v; gradients = "%s" is slower here than "f32", without tile units`, `%v；本机没有矩阵单元，gradients = "%s" 比 "f32" 慢`, f.Derived, k.product().name)
	}
	if k.split > 0 || !k.tiles || f.High < longRun {
		return
	}
	saved := func(gradients string) float64 {
		o := *k
		if !other(&o, gradients) {
			return 0
		}
		return 100 * mostTime * (toil(k) - toil(&o)) / m.Peak / f.High
	}
	switch three, six := saved("bf16x3"), saved("bf16x6"); {
	case six >= fewParts:
		f.Derived = say.T(`%v; gradients = "bf16x6", as exact as "f32", would take about %.0f%% less time here, and "bf16x3" %.0f%%`,
			`%v；在本机用 gradients = "bf16x6"（与 "f32" 同样精确）约可少用 %.0f%% 的时间，用 "bf16x3" 约少用 %.0f%%`, f.Derived, six, three)
	case three >= fewParts:
		f.Derived = say.T(`%v; gradients = "bf16x3" would take about %.0f%% less time here`, `%v；在本机用 gradients = "bf16x3" 约可少用 %.0f%% 的时间`, f.Derived, three)
	}
}
