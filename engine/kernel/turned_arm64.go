package kernel

// A turnedTile is the argument of the assembly: tokens with 256 rows and 16 columns.
type turnedTile struct {
	a   *int8 // see turnedHalvesNEON and turnedBytesNEON
	w   *int8 // see turnBlock
	d   *float32
	dx  *float32
	ldx int // bytes
	n   int
}

//go:noescape
func mulTurnedNEON(t *turnedTile)

//go:noescape
func mulTurnedSDOT(t *turnedTile)

// turnedHalvesNEON writes both halves of 256 numbers times inv, rounded, 1024 bytes.
//
//go:noescape
func turnedHalvesNEON(a *int8, x *float32, inv float32)

// turnedBytesNEON writes three bytes of each, 48 bytes of every 192.
//
//go:noescape
func turnedBytesNEON(a *int8, x *float32, inv float32)

// largestNEON returns the largest magnitude of 256 numbers.
//
//go:noescape
func largestNEON(x *float32) float32

// addPartsNEON adds n numbers to 32 each.
//
//go:noescape
func addPartsNEON(to, lows *float32, n int)

// turnFourKNEON unpacks a part of Q4_K, turnFiveKNEON of Q5_K, turnSixNEON of Q6_K.
//
//go:noescape
func turnFourKNEON(w *int8, part *byte)

//go:noescape
func turnFiveKNEON(w *int8, part *byte)

//go:noescape
func turnSixNEON(w *int8, part *byte)

// Those for dot products write upper and lower bytes.
//
//go:noescape
func turnFourKSDOT(w *int8, part *byte)

//go:noescape
func turnFiveKSDOT(w *int8, part *byte)

//go:noescape
func turnSixSDOT(w *int8, part *byte)

// turnedMany is how many tokens the assembly takes at a time, whole threes and fours
// of them: some tens of microseconds, for it cannot be interrupted.
const turnedMany = 36

func addParts(to, lows []float32) {
	if !neon() {
		addPartsGeneric(to, lows)
		return
	}
	addPartsNEON(&to[0], &lows[:len(to)/32][0], len(to)/32)
}

// turnBlock is turnBlockGeneric. As dot products read them w is (columns of 4, rows of
// 4, lower and upper bytes, 4, 4 rows).
func (m *Matrix) turnBlock(_ *turnedScratch, w []int16, src []byte, at, j int) {
	if !neon() {
		m.turnBlockGeneric(w, src, at, j)
		return
	}
	to := &asBytes(w)[2*(2*j*16*turnedRows):][:2*(2*16*turnedRows)][2*16*at]
	if useSDOT {
		to = &asBytes(w)[2*(8*j*4*turnedRows):][:2*(8*4*turnedRows)][2*4*at]
	}
	switch t := m.Type; { // part j, whose scales are beside its weights
	case t == Q4_K && useSDOT:
		turnFourKSDOT(to, &src[32+144*j:][:144][0])
	case t == Q4_K:
		turnFourKNEON(to, &src[32+144*j:][:144][0])
	case t == Q5_K && useSDOT:
		turnFiveKSDOT(to, &src[32+176*j:][:176][0])
	case t == Q5_K:
		turnFiveKNEON(to, &src[32+176*j:][:176][0])
	case t == Q6_K && useSDOT:
		turnSixSDOT(to, &src[16+208*j:][:208][0])
	case t == Q6_K:
		turnSixNEON(to, &src[16+208*j:][:208][0])
	case useSDOT:
		m.turnBytes(asBytes(w), src, at, j)
	default:
		m.turnBlockGeneric(w, src, at, j)
	}
}

// turnBytes is turnBlock of types that have no assembly.
func (m *Matrix) turnBytes(w []int8, src []byte, at, j int) {
	q := integers32.Get().(*[32]int32)
	defer integers32.Put(q)
	for r := range Group {
		scale, _ := forms[m.Type].row(src, r, j, q)
		for l, v := range q {
			v *= int32(scale[l/16])
			to := (8*j+l/4)*8*turnedRows + (at+r)/4*32 + l%4*4 + r%4
			w[to], w[to+16] = int8(v), int8((v+128)>>8)
		}
	}
}

// integers is integersGeneric.
func (s *turnedScratch) integers(i int, x []float32, _ int, scale []float32) float32 {
	if !neon() {
		return s.integersGeneric(i, x, scale)
	}
	wide := s.wide[:turnedRows]
	mul(wide[:len(x)], x, scale)
	clear(wide[len(x):])
	m := largestNEON(&wide[0])
	if a := asBytes(s.a); useSDOT {
		turnedBytesNEON(&a[i/4*4*3*turnedRows:][:4*3*turnedRows][i%4*48], &wide[0], turnedInverse(m))
	} else {
		turnedHalvesNEON(&a[i*4*turnedRows:][:4*turnedRows][0], &wide[0], turnedInverse(m))
	}
	return m
}

func (m *Matrix) mulTurned(s *turnedScratch, n int, w []int16, dx []float32, ldx int) {
	if !neon() {
		m.mulTurnedGeneric(s, n, w, dx, ldx)
		return
	}
	token := 4 * turnedRows
	if useSDOT {
		token = 3 * turnedRows
	}
	for c := 0; c < 256; c += 16 {
		b := asBytes(w[c*turnedRows:][:16*turnedRows])
		for i := 0; i < n; i += turnedMany {
			t := turnedTile{&asBytes(s.a)[i*token], &b[0], &s.d[i], &dx[i*ldx+c], 4 * ldx, min(turnedMany, n-i)}
			if useSDOT {
				mulTurnedSDOT(&t)
			} else {
				mulTurnedNEON(&t)
			}
		}
	}
}
