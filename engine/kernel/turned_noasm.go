//go:build !amd64 && !arm64

package kernel

func (m *Matrix) turnBlock(_ *turnedScratch, w []int16, src []byte, at, j int) {
	m.turnBlockGeneric(w, src, at, j)
}

func (s *turnedScratch) integers(i int, x []float32, _ int, scale []float32) float32 {
	return s.integersGeneric(i, x, scale)
}

func (m *Matrix) mulTurned(s *turnedScratch, n int, w []int16, dx []float32, ldx int) {
	m.mulTurnedGeneric(s, n, w, dx, ldx)
}

func addParts(to, lows []float32) { addPartsGeneric(to, lows) }
