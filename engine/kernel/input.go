package kernel

import (
	"math"
	"math/bits"
	"unsafe"
)

// An Input is rows of activations (n, k) and, for the quantised types, their
// integers, in two forms: with a scale for every 32, and with one for every
// 256, which the K types take. They are those of llama.cpp (its Q8_0, Q8_1
// and Q8_K), so that a file gives what it gives there.
type Input struct {
	n, k  int
	f     []float32 // (n, k)
	forms [2]integers
}

// integers are activations in one form, with what the products of every 32 of
// them need, whatever the scale's block.
type integers struct {
	q []int8  // (n, k)
	w []int16 // (n, k) the same, wide, if the scale's block is 32: for Q8_0
	b []block // (n, k/32)

	super []super // (n, k/256) if the scale's block is 256
}

// A super describes 256 integers.
type super struct {
	d    float32  // scale
	sums [8]int16 // of every 32
}

// A block describes 32 integers. Of pairs, the low 16 bits are about the
// integers whose place is 0 or 1 modulo 4, the high ones about the others.
type block struct {
	d    float32 // scale
	s    float32 // d·Σq, if the scale's block is 32
	off  int32   // 8·Σq
	low  pair    // −16·Σq
	half [2]pair // −32·Σq of either half
}

type pair [2]int16

// A Forms is a set of the forms in which an Input's integers are wanted.
type Forms uint8

// The forms.
const (
	By32 Forms = 1 << iota
	By256
)

// Forms returns the form in which products with t take the activations.
func (t Type) Forms() Forms {
	switch {
	case !t.Quantised():
		return 0
	case forms[t].weights == 256:
		return By256
	}
	return By32
}

// index returns the place of a single form.
func (f Forms) index() int { return int(f >> 1) }

// InputFloats returns the floats of memory that an Input takes.
func InputFloats(n, k int) int {
	return n*k + IntegerFloats(n, k, wholeForms(k))
}

// wholeForms returns the forms whose blocks rows of k are whole.
func wholeForms(k int) (all Forms) {
	for _, form := range []Forms{By32, By256} {
		if Whole(k, form) {
			all |= form
		}
	}
	return all
}

const (
	blockFloats = int(unsafe.Sizeof(block{}) / 4)
	superFloats = int(unsafe.Sizeof(super{}) / 4)
)

// NewInput lays an Input out in mem, of InputFloats or, with nil, of nothing.
func NewInput(n, k int, mem []float32) *Input {
	if mem == nil {
		return &Input{n: n, k: k}
	}
	in := NewIntegers(n, k, wholeForms(k), mem[n*k:])
	in.f = mem[: n*k : n*k]
	return in
}

// IntegerFloats returns the floats of memory that NewIntegers takes.
func IntegerFloats(n, k int, want Forms) int {
	size := bits.OnesCount8(uint8(want)) * (n*k/4 + n*k/32*blockFloats)
	if want&By32 != 0 {
		size += n * k / 2
	}
	if want&By256 != 0 {
		size += n * k / 256 * superFloats
	}
	return size
}

// NewIntegers lays out an Input of the wanted forms alone, in mem, of
// IntegerFloats or, with nil, of nothing. Its floats are elsewhere: see Use.
func NewIntegers(n, k int, want Forms, mem []float32) *Input {
	in := &Input{n: n, k: k}
	if mem == nil {
		return in
	}
	take := func(n int) []float32 {
		part := mem[:n:n]
		mem = mem[n:]
		return part
	}
	for i, form := range []Forms{By32, By256} {
		if want&form == 0 {
			continue
		}
		x := &in.forms[i]
		x.q = unsafe.Slice((*int8)(unsafe.Pointer(unsafe.SliceData(take(n*k/4)))), n*k)
		x.b = unsafe.Slice((*block)(unsafe.Pointer(unsafe.SliceData(take(n*k/32*blockFloats)))), n*k/32)
		if form == By32 {
			x.w = unsafe.Slice((*int16)(unsafe.Pointer(unsafe.SliceData(take(n*k/2)))), n*k)
		} else {
			x.super = unsafe.Slice((*super)(unsafe.Pointer(unsafe.SliceData(take(n*k/256*superFloats)))), n*k/256)
		}
	}
	return in
}

// Use makes f the rows of in, as many as are there. (n, k)
func (in *Input) Use(f []float32) { in.f = f }

// Row returns the floats of row t, Floats those of all rows.
func (in *Input) Row(t int) []float32 { return in.f[t*in.k : (t+1)*in.k] }
func (in *Input) Floats() []float32   { return in.f }

// Whole reports whether n elements are whole blocks of the forms.
func Whole(n int, want Forms) bool {
	return (want&By32 == 0 || n%32 == 0) && (want&By256 == 0 || n%256 == 0)
}

// Quantise makes the integers of rows lo to hi in the forms that are wanted:
// q = round(x·127/m), ties to even, m = max|x| of a block; its scale is m/127,
// of a block of 32 rounded to 16 bits.
func (in *Input) Quantise(lo, hi int, want Forms) { in.quantise(lo*in.k, hi*in.k, want) }

// QuantisePart is Quantise of elements lo to hi of row t, whole blocks.
func (in *Input) QuantisePart(t, lo, hi int, want Forms) {
	if !Whole(lo, want) || !Whole(hi, want) || hi > in.k {
		panic("kernel: QuantisePart: not whole blocks")
	}
	in.quantise(t*in.k+lo, t*in.k+hi, want)
}

// quantise makes the integers of elements lo to hi of all rows.
func (in *Input) quantise(lo, hi int, want Forms) {
	if want&By32 != 0 {
		for b := lo / 32; b < hi/32; b += 32 {
			in.quantise32(b, min(b+32, hi/32))
		}
	}
	if want&By256 != 0 {
		x := &in.forms[1]
		var wide [32]int16 // which nobody reads
		for b := lo / 256; b < hi/256; b++ {
			inv := inverse(maxAbs(in.f[b*256 : b*256+256]))
			var d float32
			if inv > 0 {
				d = 1 / inv
			}
			x.super[b].d = d
			for i := range x.super[b].sums {
				j := 8*b + i
				sum := x.round(in.f, j, inv, &wide)
				x.b[j].d, x.super[b].sums[i] = d, int16(sum)
			}
		}
	}
}

// quantise32 makes the integers of blocks lo to hi, at most 32.
func (in *Input) quantise32(lo, hi int) {
	x := &in.forms[0]
	var f [64]float32 // scales and sums
	for i := range hi - lo {
		m := maxAbs(in.f[(lo+i)*32:][:32])
		f[2*i] = m / 127
		f[2*i+1] = f[2*i] * float32(x.round(in.f, lo+i, inverse(m), (*[32]int16)(x.w[(lo+i)*32:])))
	}
	var h [64]uint16
	float16s(h[:], f[:])
	float32s(f[:], h[:])
	for i := range hi - lo {
		x.b[lo+i].d, x.b[lo+i].s = f[2*i], f[2*i+1]
	}
}

func inverse(m float32) float32 {
	if m > 0 {
		return 127 / m
	}
	return 0
}

// maxAbsGeneric passes over NaNs.
func maxAbsGeneric(x []float32) (m float32) {
	for _, v := range x {
		if v < 0 {
			v = -v
		}
		if v > m {
			m = v
		}
	}
	return m
}

// round makes the integers of block b of f, wide too, and returns their sum.
func (x *integers) round(f []float32, b int, inv float32, wide *[32]int16) (sum int32) {
	sums := roundBlock((*[32]int8)(x.q[b*32:]), wide, (*[32]float32)(f[b*32:]), inv)
	to := &x.b[b]
	for h, s := range sums {
		to.half[h] = pair{int16(-32 * s[0]), int16(-32 * s[1])}
		sum += s[0] + s[1]
	}
	to.low = pair{int16(-16 * (sums[0][0] + sums[1][0])), int16(-16 * (sums[0][1] + sums[1][1]))}
	to.off = 8 * sum
	return sum
}

// roundBlockGeneric rounds 32 numbers and sums the pairs of their halves.
func roundBlockGeneric(q *[32]int8, w *[32]int16, x *[32]float32, inv float32) (sums [2][2]int32) {
	for i, v := range x {
		n := int32(math.RoundToEven(float64(v * inv)))
		q[i], w[i] = int8(n), int16(n)
		sums[i/16][i%4/2] += n
	}
	return sums
}
