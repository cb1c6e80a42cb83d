package kernel

import (
	"unsafe"

	"suiren/internal/cpu"
)

var useAVXVNNI = cpu.X86.AVXVNNI

func init() { cpu.Register("pairs", "AVX-VNNI", &useAVXVNNI) }

// A turnedPairs is the argument of the assembly without tile units: tokens with 256
// rows and 32 columns, or 16.
type turnedPairs struct {
	a      *int16 // (tokens, 2, turnedRows), q = 4096·a[0] + a[1]
	w      *int16 // (columns of 16, pairs of rows, 16, 2)
	d      *float32
	dx     *float32
	ldx    int // bytes
	tokens int
}

// turnedPairsVNNI multiplies 32 columns, turnedPairsAVX512 does where there is no VNNI.
//
//go:noescape
func turnedPairsVNNI(t *turnedPairs)

//go:noescape
func turnedPairsAVX512(t *turnedPairs)

// turnedPairsAVX2 multiplies 16 columns.
//
//go:noescape
func turnedPairsAVX2(t *turnedPairs)

// turnedPairsAVXVNNI is turnedPairsAVX2, for processors that have VNNI without AVX-512.
//
//go:noescape
func turnedPairsAVXVNNI(t *turnedPairs)

// turnPairsAVX2 writes 32 columns of 8 rows, numbers that are whole.
//
//go:noescape
func turnPairsAVX2(w *int16, src *float32)

// turnedHalvesAVX2 writes both halves of 256 numbers times their scales, and returns
// the largest magnitude. It keeps products in wide, which may be x, and asks for the
// numbers that begin ahead bytes later.
//
//go:noescape
func turnedHalvesAVX2(a *int16, x, scale, wide *float32, ahead int) float32

// turnedHalvesAVX512 is turnedHalvesAVX2, and keeps products in registers.
//
//go:noescape
func turnedHalvesAVX512(a *int16, x, scale *float32, ahead int) float32

// onesAndZeros is what unpacking reads scales of floating point from if numbers
// are to stay whole: eight scales, 1, and minima, 0.
var onesAndZeros = func() (b [32]byte) {
	for i := range 8 {
		b[2*i+1] = 0x3c
	}
	return b
}()

// whole writes 32 columns of 8 rows, weights times the scales of their part.
func (m *Matrix) whole(dst *[Group * NR]float32, src []byte, j int) {
	switch m.Type {
	case Q4_K:
		unpackFourKAVX2(&dst[0], &src[32+144*j:][:144][0], &onesAndZeros[0], Group)
	case Q5_K:
		unpackFiveKAVX2(&dst[0], &src[32+176*j:][:176][0], &onesAndZeros[0], Group)
	case Q6_K:
		unpackSixAVX2(&dst[0], &src[16+208*j:][:208][0], &onesAndZeros[0], Group)
	default:
		q := integers32.Get().(*[32]int32)
		defer integers32.Put(q)
		for r := range Group {
			scale, _ := forms[m.Type].row(src, r, j, q)
			for l, v := range q {
				dst[r*NR+l] = scale[l/16] * float32(v)
			}
		}
	}
}

// turnBlock is turnBlockGeneric, of pairs of rows: w is (columns of 16, pairs of rows, 16, 2).
func (m *Matrix) turnBlock(s *turnedScratch, w []int16, src []byte, at, j int) {
	if !avx2() {
		m.turnBlockGeneric(w, src, at, j)
		return
	}
	wide := (*[Group * NR]float32)(s.wide)
	m.whole(wide, src, j)
	turnPairsAVX2(&w[2*j*16*turnedRows+at*16], &wide[0])
}

// mulPairs adds the products of n tokens with 256 rows and columns: so few of
// them at once that a call of the assembly, which nothing can interrupt, ends after
// 25 µs (Sapphire Rapids).
func (s *turnedScratch) mulPairs(n int, w []int16, dx []float32, ldx int) {
	t := turnedPairs{a: s.halves(0), d: &s.d[0], ldx: 4 * ldx, tokens: n}
	columns := 16
	if avx512() {
		columns = 32
	}
	for c := 0; c < 256; c += columns {
		t.w, t.dx = &w[c*turnedRows:][:columns*turnedRows][0], &dx[c]
		switch {
		case useVNNI:
			turnedPairsVNNI(&t)
		case useAVX512:
			turnedPairsAVX512(&t)
		case useAVXVNNI:
			turnedPairsAVXVNNI(&t)
		default:
			turnedPairsAVX2(&t)
		}
	}
}

// halves returns where those of token i are.
func (s *turnedScratch) halves(i int) *int16 {
	return (*int16)(unsafe.Pointer(&s.a[i*turnedRows:][:turnedRows][0]))
}
