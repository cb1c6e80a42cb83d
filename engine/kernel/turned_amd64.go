package kernel

// A turnedTile is the argument of the assembly: sixteens of tokens with 256 rows
// and columns.
type turnedTile struct {
	a       *int8 // lowest bytes of (turnedTokens, turnedRows), then the middle and the highest ones
	w       *int8 // see turnSixteen
	d       *float32
	dx      *float32
	ldx     int // bytes
	sixteen int
	ring    *[8 * tileSide * tileSide]int32 // the second half zeros
	left    [2]int                          // columns and sixteens under way
}

//go:noescape
func mulTurnedAMX(t *turnedTile)

// turnedBytesAVX512 writes three bytes of 256 numbers times their scales, where
// turnedTile has them, and returns the largest magnitude. It asks for the numbers that begin
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

// aheadTokens is how many tokens further gradients are asked for.
const aheadTokens = 4

//go:noescape
func turnQ4K(w *int8, src *byte, wide int)

//go:noescape
func turnQ5K(w *int8, src *byte, wide int)

//go:noescape
func turnQ6K(w *int8, src *byte, wide int)

//go:noescape
func turnQ3K(w *int8, src *byte, wide int)

//go:noescape
func turnIQ2(w *int8, src *byte, wide int)

//go:noescape
func turnLook(w *int8, src *byte, wide int, look *[16]int8)

// turnSixteen unpacks 256 columns of 16 rows, the at-th and on of w's, as tile units
// read them: w is (columns of 16, rows of 64, upper and lower bytes, fours of rows, 16,
// 4). Of the fours of 64 rows, the first, fifth, ninth and thirteenth come first, for
// so gradients are packed. The second eight rows are wide bytes after the first.
func (m *Matrix) turnSixteen(w []int16, src []byte, wide, at int) {
	to := &asBytes(w)[at/64*2048+at%64/16*64]
	switch m.Type {
	case Q4_K:
		turnQ4K(to, &src[0], wide)
	case Q5_K:
		turnQ5K(to, &src[0], wide)
	case Q6_K:
		turnQ6K(to, &src[0], wide)
	case Q3_K:
		turnQ3K(to, &src[0], wide)
	case IQ2_S, IQ2_XS, IQ2_XXS:
		turnIQ2(to, &src[0], wide)
	default:
		turnLook(to, &src[0], wide, &m.Type.table().plain)
	}
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
	return most
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
	done, rest := n/tileSide*tileSide, n%tileSide
	if done > 0 {
		s.mulSixteens(0, done/tileSide, w, dx, ldx)
	}
	if rest == 0 {
		return
	}
	for i := range rest {
		copy(s.edge[i*256:][:256], dx[(done+i)*ldx:])
	}
	clear(s.d[n : done+tileSide])
	s.mulSixteens(done, 1, w, s.edge, 256)
	for i := range rest {
		copy(dx[(done+i)*ldx:][:256], s.edge[i*256:])
	}
}

// mulSixteens adds the products of n sixteens of tokens, from token i on, by tile units.
func (s *turnedScratch) mulSixteens(i, n int, w []int16, dx []float32, ldx int) {
	clear(s.ring[4*tileSide*tileSide:])
	t := turnedTile{a: &asBytes(s.a)[i*turnedRows], w: &asBytes(w)[0], d: &s.d[i], dx: &dx[0], ldx: 4 * ldx, sixteen: n,
		ring: (*[8 * tileSide * tileSide]int32)(s.ring)}
	mulTurnedAMX(&t)
}
