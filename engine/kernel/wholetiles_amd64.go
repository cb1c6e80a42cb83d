package kernel

// mulFourAMX multiplies Q4_K and Q5_K, mulSixAMX Q6_K.
//
//go:noescape
func mulFourAMX(t *wholeTile)

//go:noescape
func mulSixAMX(t *wholeTile)

//go:noescape
func wholeQ4K(w *int8, scale *float32, src *byte, wide, nb, panels int)

//go:noescape
func wholeQ5K(w *int8, scale *float32, src *byte, wide, nb, panels int)

//go:noescape
func wholeQ6K(w *int8, scale *float32, src *byte, wide, nb, panels int)

// unpackWhole unpacks 16 rows, from row lo on, as tiles read them: of every 64
// steps fours, of each a four of each row, of the first bytes and then of the
// others; and what stands beside them. So many panels lie in each 256 steps.
func (m *Matrix) unpackWhole(w []int8, scale []float32, lo, panels int) {
	f := map[Type]func(w *int8, scale *float32, src *byte, wide, nb, panels int){Q4_K: wholeQ4K, Q5_K: wholeQ5K, Q6_K: wholeQ6K}[m.Type]
	size := m.K / forms[m.Type].weights * forms[m.Type].packed
	f(&w[0], &scale[0], &m.Data[lo/Group*size], size, m.K/256, panels)
}
