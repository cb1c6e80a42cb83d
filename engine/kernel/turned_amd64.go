package kernel

import "unsafe"

// A turnedTile is the argument of the assembly: sixteens of tokens with 256 rows
// and columns.
type turnedTile struct {
	a       *int8 // lowest bytes of (turnedTokens, turnedRows), then the middle and the highest ones
	w       *int8 // see turnBlock
	d       *float32
	dx      *float32
	ldx     int // bytes
	sixteen int
	ring    *[8 * tileSide * tileSide]int32 // the second half zeros
	left    [2]int
}

//go:noescape
func mulTurnedAMX(t *turnedTile)

// turnBytesAVX512 writes both bytes of 32 columns of 8 rows, numbers that are whole.
//
//go:noescape
func turnBytesAVX512(w *int8, src *float32)

// turnedBytesAVX512 writes three bytes of 256 numbers times their scales, planeBytes
// apart, and returns the largest magnitude. It asks for the numbers that begin
// ahead bytes later.
//
//go:noescape
func turnedBytesAVX512(a *int8, x, scale *float32, ahead int) float32

// addPartsAVX2 adds n numbers to 32 each.
//
//go:noescape
func addPartsAVX2(to, lows *float32, n int)

func addParts(to, lows []float32) {
	if !avx2() {
		addPartsGeneric(to, lows)
		return
	}
	addPartsAVX2(&to[0], &lows[:len(to)/32][0], len(to)/32)
}

// aheadTokens is how many tokens further turnedBytesAVX512 asks for.
const aheadTokens = 4

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
		var q [32]int32
		for r := range Group {
			scale, _ := forms[m.Type].row(src, r, j, &q)
			for l, v := range q {
				dst[r*NR+l] = scale[l/16] * float32(v)
			}
		}
	}
}

// turnBlock is turnBlockGeneric. As tile units read them w is (columns of 16, rows of 64,
// upper and lower bytes, fours of rows, 16, 4); of the fours of 64 rows, the first,
// fifth, ninth and thirteenth come first, for so gradients are packed.
func (m *Matrix) turnBlock(s *turnedScratch, w []int16, src []byte, at, j int) {
	if !avx2() {
		m.turnBlockGeneric(w, src, at, j)
		return
	}
	wide := (*[Group * NR]float32)(s.wide)
	m.whole(wide, src, j)
	if !byteTiles() {
		turnPairsAVX2(&w[2*j*16*turnedRows+at*16], &wide[0])
		return
	}
	four := at % 64 / 4
	turnBytesAVX512(&asBytes(w)[2*j*2*turnedRows*tileSide+at/64*2048+(four%4*4+four/4)*64], &wide[0])
}

func asBytes[T int16 | int32](w []T) []int8 {
	return unsafe.Slice((*int8)(unsafe.Pointer(unsafe.SliceData(w))), len(w)*int(unsafe.Sizeof(w[0])))
}

// integers is integersGeneric. The next token's are ld numbers further.
func (s *turnedScratch) integers(i int, x []float32, ld int, scale []float32) float32 {
	if !avx2() {
		return s.integersGeneric(i, x, scale)
	}
	if n := len(x); n < turnedRows {
		clear(s.wide)
		copy(s.wide, x)
		copy(s.wide[turnedRows:], scale)
		x, scale = s.wide[:turnedRows], s.wide[turnedRows:]
	}
	ahead, most := 4*aheadTokens*ld, float32(0)
	switch {
	case byteTiles():
		most = turnedBytesAVX512(&asBytes(s.a)[i*turnedRows], &x[0], &scale[0], ahead)
	case avx512():
		most = turnedHalvesAVX512(s.halves(i), &x[0], &scale[0], ahead)
	default:
		most = turnedHalvesAVX2(s.halves(i), &x[0], &scale[0], &s.wide[0], ahead)
	}
	return most / turnedMost
}

func (m *Matrix) mulTurned(s *turnedScratch, n int, w []int16, dx []float32, ldx int) {
	switch {
	case !avx2():
		m.mulTurnedGeneric(s, n, w, dx, ldx)
		return
	case !byteTiles():
		s.mulPairs(n, w, dx, ldx)
		return
	}
	t := turnedTile{w: &asBytes(w)[0], ring: (*[8 * tileSide * tileSide]int32)(s.ring)}
	a := asBytes(s.a)
	if whole := n / tileSide; whole > 0 {
		clear(s.ring[4*tileSide*tileSide:])
		t.a, t.d, t.dx, t.ldx, t.sixteen = &a[0], &s.d[0], &dx[0], 4*ldx, whole
		mulTurnedAMX(&t)
	}
	done, rest := n/tileSide*tileSide, n%tileSide
	if rest == 0 {
		return
	}
	for i := range rest {
		copy(s.edge[i*256:][:256], dx[(done+i)*ldx:])
	}
	clear(s.d[n : done+tileSide])
	clear(s.ring[4*tileSide*tileSide:])
	t.a, t.d, t.dx, t.ldx, t.sixteen = &a[done*turnedRows], &s.d[done], &s.edge[0], 4*256, 1
	mulTurnedAMX(&t)
	for i := range rest {
		copy(dx[(done+i)*ldx:][:256], s.edge[i*256:])
	}
}
