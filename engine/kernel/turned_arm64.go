package kernel

import "unsafe"

// A turnedTile is the argument of the assembly: tokens with 256 rows and 16 columns.
type turnedTile struct {
	a   *int16 // (n, turnedRows) upper and lower halves, by eights: see turnedHalvesNEON
	w   *int16 // (turnedRows, 16)
	d   *float32
	dx  *float32
	ldx int // bytes
	n   int
}

//go:noescape
func mulTurnedNEON(t *turnedTile)

// turnedHalvesNEON writes both halves of 256 numbers times inv, rounded.
//
//go:noescape
func turnedHalvesNEON(a *int16, x *float32, inv float32)

// addPartsNEON adds n numbers to 32 each.
//
//go:noescape
func addPartsNEON(to, lows *float32, n int)

// turnFourKNEON unpacks a part of Q4_K, turnFiveKNEON of Q5_K, turnSixNEON of Q6_K.
//
//go:noescape
func turnFourKNEON(w *int16, part *byte)

//go:noescape
func turnFiveKNEON(w *int16, part *byte)

//go:noescape
func turnSixNEON(w *int16, part *byte)

// turnedMany is how many tokens the assembly takes at a time, threes of them:
// some tens of microseconds, for it cannot be interrupted.
const turnedMany = 30

func addParts(to, lows []float32) {
	if !neon() {
		addPartsGeneric(to, lows)
		return
	}
	addPartsNEON(&to[0], &lows[:len(to)/32][0], len(to)/32)
}

// turnBlock is turnBlockGeneric.
func (m *Matrix) turnBlock(w []int16, src []byte, at, j int) {
	if !neon() {
		m.turnBlockGeneric(w, src, at, j)
		return
	}
	to := &w[2*j*16*turnedRows:][:2*16*turnedRows][at*16]
	switch m.Type { // part j, whose scales are beside its weights
	case Q4_K:
		turnFourKNEON(to, &src[32+144*j:][:144][0])
	case Q5_K:
		turnFiveKNEON(to, &src[32+176*j:][:176][0])
	case Q6_K:
		turnSixNEON(to, &src[16+208*j:][:208][0])
	default:
		m.turnBlockGeneric(w, src, at, j)
	}
}

// turnedHalves are the integers of all tokens in halves of 12 bits, that fill as much.
func (s *turnedScratch) turnedHalves() []int16 {
	return unsafe.Slice((*int16)(unsafe.Pointer(unsafe.SliceData(s.a))), 2*len(s.a))
}

// integers is integersGeneric.
func (s *turnedScratch) integers(i int, x []float32, _ int, scale []float32) float32 {
	if !neon() {
		return s.integersGeneric(i, x, scale)
	}
	wide := s.wide[:turnedRows]
	mul(wide[:len(x)], x, scale)
	clear(wide[len(x):])
	m := maxAbs(wide)
	turnedHalvesNEON(&s.turnedHalves()[2*i*turnedRows:][:2*turnedRows][0], &wide[0], turnedInverse(m))
	return m / turnedMost
}

func (m *Matrix) mulTurned(s *turnedScratch, n int, w []int16, dx []float32, ldx int) {
	if !neon() {
		m.mulTurnedGeneric(s, n, w, dx, ldx)
		return
	}
	a := s.turnedHalves()
	for c := 0; c < 256; c += 16 {
		for i := 0; i < n; i += turnedMany {
			t := turnedTile{&a[2*i*turnedRows], &w[c*turnedRows:][:16*turnedRows][0], &s.d[i], &dx[i*ldx+c], 4 * ldx, min(turnedMany, n-i)}
			mulTurnedNEON(&t)
		}
	}
}
