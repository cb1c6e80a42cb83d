package kernel

// Kernels with AVX-512 and VNNI take 16 rows: with 2 or 4 tokens, or pairs of
// groups with one.

//go:noescape
func q40x4VNNI(t *quantTile)

//go:noescape
func q40x2VNNI(t *quantTile)

//go:noescape
func q40x1VNNI(t *quantTile)

//go:noescape
func q4Kx4VNNI(t *quantTile)

//go:noescape
func q4Kx2VNNI(t *quantTile)

//go:noescape
func q4Kx1VNNI(t *quantTile)

//go:noescape
func q6Kx4VNNI(t *quantTile)

//go:noescape
func q6Kx2VNNI(t *quantTile)

//go:noescape
func q6Kx1VNNI(t *quantTile)

//go:noescape
func q80x4VNNI(t *quantTile)

//go:noescape
func q80x2VNNI(t *quantTile)

//go:noescape
func q80x1VNNI(t *quantTile)

//go:noescape
func iq2x4VNNI(t *quantTile)

//go:noescape
func iq2x2VNNI(t *quantTile)

//go:noescape
func iq2x1VNNI(t *quantTile)

//go:noescape
func q2Kx4VNNI(t *quantTile)

//go:noescape
func q2Kx2VNNI(t *quantTile)

//go:noescape
func q2Kx1VNNI(t *quantTile)

//go:noescape
func q3Kx4VNNI(t *quantTile)

//go:noescape
func q3Kx2VNNI(t *quantTile)

//go:noescape
func q3Kx1VNNI(t *quantTile)

//go:noescape
func lookx4VNNI(t *quantTile)

//go:noescape
func lookx2VNNI(t *quantTile)

//go:noescape
func lookx1VNNI(t *quantTile)

// vnni reports whether there are such kernels for t.
func (t Type) vnni() bool {
	switch t {
	case Q4_0, Q4_K, Q6_K, Q8_0, Q2_K, Q3_K, IQ4_XS, IQ3_S, IQ3_XXS, IQ2_S, IQ2_XS, IQ2_XXS:
		return true
	}
	return false
}

func (t Type) tileVNNI(q *quantTile, n int) {
	switch t {
	case Q4_0:
		switch n {
		case 4:
			q40x4VNNI(q)
		case 2:
			q40x2VNNI(q)
		default:
			q40x1VNNI(q)
		}
	case Q4_K:
		switch n {
		case 4:
			q4Kx4VNNI(q)
		case 2:
			q4Kx2VNNI(q)
		default:
			q4Kx1VNNI(q)
		}
	case Q6_K:
		switch n {
		case 4:
			q6Kx4VNNI(q)
		case 2:
			q6Kx2VNNI(q)
		default:
			q6Kx1VNNI(q)
		}
	case Q8_0:
		switch n {
		case 4:
			q80x4VNNI(q)
		case 2:
			q80x2VNNI(q)
		default:
			q80x1VNNI(q)
		}
	case IQ2_S, IQ2_XS, IQ2_XXS:
		switch n {
		case 4:
			iq2x4VNNI(q)
		case 2:
			iq2x2VNNI(q)
		default:
			iq2x1VNNI(q)
		}
	case Q2_K:
		switch n {
		case 4:
			q2Kx4VNNI(q)
		case 2:
			q2Kx2VNNI(q)
		default:
			q2Kx1VNNI(q)
		}
	case Q3_K:
		switch n {
		case 4:
			q3Kx4VNNI(q)
		case 2:
			q3Kx2VNNI(q)
		default:
			q3Kx1VNNI(q)
		}
	case IQ4_XS, IQ3_S, IQ3_XXS:
		switch n {
		case 4:
			lookx4VNNI(q)
		case 2:
			lookx2VNNI(q)
		default:
			lookx1VNNI(q)
		}
	}
}
