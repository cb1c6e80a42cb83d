package kernel

// fours multiply Q4_K and Q5_K, sixes what has no minima, with so many tokens.
//
//go:noescape
func fours32AMX(t *wholeTile)

//go:noescape
func fours16AMX(t *wholeTile)

//go:noescape
func sixes32AMX(t *wholeTile)

//go:noescape
func sixes16AMX(t *wholeTile)

//go:noescape
func wholeQ4K(w *int8, scale *float32, src *byte, wide, nb, panels int)

//go:noescape
func wholeQ5K(w *int8, scale *float32, src *byte, wide, nb, panels int)

//go:noescape
func wholeQ6K(w *int8, scale *float32, src *byte, wide, nb, panels int)

//go:noescape
func wholeQ3K(w *int8, scale *float32, src *byte, wide, nb, panels int)

//go:noescape
func wholeIQ2(w *int8, scale *float32, src *byte, wide, nb, panels int)

//go:noescape
func wholeLook(w *int8, scale *float32, src *byte, wide, nb, panels int, look *[16]int8)

// unpackWhole unpacks nb blocks of 256 steps, from block b on, of 16 rows, from
// row lo on, as tiles read them: of every 64 steps fours, of each a four of each
// row, of the first bytes and then of the others; and what stands beside them. So
// many panels lie in each 256 steps.
func (m *Matrix) unpackWhole(w []int8, scale []float32, lo, b, nb, panels int) {
	packed := forms[m.Type].packed
	size := m.K / 256 * packed
	src := &m.Data[lo/Group*size+b*packed]
	switch m.Type {
	case Q4_K:
		wholeQ4K(&w[0], &scale[0], src, size, nb, panels)
	case Q5_K:
		wholeQ5K(&w[0], &scale[0], src, size, nb, panels)
	case Q6_K:
		wholeQ6K(&w[0], &scale[0], src, size, nb, panels)
	case Q3_K:
		wholeQ3K(&w[0], &scale[0], src, size, nb, panels)
	case IQ2_S, IQ2_XS, IQ2_XXS:
		wholeIQ2(&w[0], &scale[0], src, size, nb, panels)
	default:
		wholeLook(&w[0], &scale[0], src, size, nb, panels, &m.Type.table().plain)
	}
}
