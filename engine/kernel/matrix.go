package kernel

import (
	"fmt"
	"unsafe"
)

// A Type is how the weights of a Matrix lie in a model's file; the names are
// GGUF's.
type Type uint8

// The types that Matrix multiplies.
const (
	F32 Type = iota
	F16
	BF16
	Q8_0
	Q4_0
	Q4_1
	Q5_0
	Q5_1
	Q4_K
	Q5_K
	Q6_K
	IQ4_NL
	MXFP4
	Q2_K
	Q3_K
	IQ4_XS
	IQ3_S
	IQ3_XXS
	IQ2_S
	IQ2_XS
	IQ2_XXS
)

// Quantised reports whether products with t take the activations as integers.
func (t Type) Quantised() bool { return t > BF16 }

// Group is the number of rows that are packed together, of the quantised
// types. Of the others it is NR.
const Group = 8

// A Matrix is a weight matrix (Rows, K), packed for Mul. Data may be any
// memory of PackedBytes, aligned to 4 bytes.
type Matrix struct {
	Type    Type
	Rows, K int
	Data    []byte
}

// PackedBytes returns the bytes of a packed matrix. K of a quantised one is a
// multiple of the weights of its file's blocks.
func PackedBytes(t Type, rows, k int) int {
	switch {
	case t == F32:
		return 4 * PackedLen(k, rows)
	case !t.Quantised():
		return 2 * PackedLen(k, rows)
	}
	f := &forms[t]
	return (rows + Group - 1) / Group * (k / f.weights) * f.packed
}

// Pack packs rows lo to hi, given as they lie in a file: row after row, each
// in blocks of the type, little-endian. lo is a multiple of NR, as is hi
// unless it is Rows.
func (m *Matrix) Pack(lo, hi int, src []byte) {
	if lo < 0 || hi < lo || hi > m.Rows || lo%NR != 0 || hi%NR != 0 && hi != m.Rows {
		panic(fmt.Sprintf("kernel: Pack: rows %d to %d of %d", lo, hi, m.Rows))
	}
	switch {
	case m.Type == F32:
		Pack(floats(m.Data)[lo*m.K:], m.K, hi-lo, floats(src), 1, m.K)
	case !m.Type.Quantised():
		m.packHalves(lo, hi, src)
	default:
		m.packQuant(lo, hi, src)
	}
}

// Mul multiplies rows lo to hi with the first n rows of in:
//
//	dst[t·ldd+r] = Σ m[r,k]·x[t,k]   or, with add, +=
//
// lo is a multiple of NR. in is quantised in the type's form. The bits of an
// element depend on its row and its token alone.
//
// Of F32, F16 and BF16, they are those of GemmPacked. Of the quantised types,
// a block of 32 weights contributes fma(Σqa, scale·d, sum), the sum of products
// of integers being exact, d the scale of the activations; where weights have a
// minimum, fma(minimum, d·Σa, sum) follows. Of the K types, IQ4_XS and those of
// IQ3 and IQ2, a block of 256 weights contributes fma(Σsqa, scale·d, sum), the s
// being the whole numbers that its parts multiply the scale with, and where they
// have minima then fma(−Σla, minimum·d, sum), with those of the minima; of
// IQ3_XXS a quarter of the sum is the product, of IQ2 an eighth.
//
// Cost: 2·n·(hi−lo)·K FLOPs.
func (m *Matrix) Mul(in *Input, n, lo, hi int, dst []float32, ldd int, add bool) {
	if in.k != m.K || n > in.n || lo < 0 || hi < lo || hi > m.Rows || lo%NR != 0 {
		panic(fmt.Sprintf("kernel: Mul: rows %d to %d of (%d, %d) with %d of (%d, %d)", lo, hi, m.Rows, m.K, n, in.n, in.k))
	}
	if n == 0 || lo == hi {
		return
	}
	if len(dst) < (n-1)*ldd+hi {
		panic("kernel: Mul: dst is too short")
	}
	switch {
	case m.Type == F32:
		GemmPacked(n, hi-lo, m.K, in.f, m.K, 1, floats(m.Data)[lo*m.K:], dst[lo:], ldd, add)
	case !m.Type.Quantised():
		m.mulHalves(in, n, lo, hi, dst, ldd, add)
	default:
		m.mulQuant(in, n, lo, hi, dst, ldd, add)
	}
}

func floats(b []byte) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
}

func halves(b []byte) []uint16 {
	return unsafe.Slice((*uint16)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/2)
}
