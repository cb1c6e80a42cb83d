package kernel

import "math"

// packHalves lays 16-bit rows out as Pack lays out floats.
func (m *Matrix) packHalves(lo, hi int, src []byte) {
	K, dst, from := m.K, halves(m.Data)[lo*m.K:], halves(src)
	for j := 0; j < hi-lo; j += NR {
		n := min(NR, hi-lo-j)
		panel := dst[j*K : (j+NR)*K]
		for l := range K {
			row := panel[l*NR : (l+1)*NR]
			for i := range n {
				row[i] = from[(j+i)*K+l]
			}
			clear(row[n:])
		}
	}
}

// mulHalves widens a block of a panel at a time, or multiplies as it widens.
func (m *Matrix) mulHalves(in *Input, n, lo, hi int, dst []float32, ldd int, add bool) {
	if n <= fewHalves() {
		m.mulFewHalves(in, n, lo, hi, dst, ldd, add)
		return
	}
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	K, data := m.K, halves(m.Data)
	for j := lo; j < hi; j += NR {
		cols := min(NR, hi-j)
		for l := 0; l < K; l += KC {
			k := min(KC, K-l)
			from := data[j*K+l*NR:][:k*NR]
			if m.Type == F16 {
				Float32s(s.b[:k*NR], from)
			} else {
				bfloats(s.b[:k*NR], from)
			}
			GemmPacked(n, cols, k, in.f[l:], K, 1, s.b[:], dst[j:], ldd, add || l > 0)
		}
	}
}

// mulFewHalves multiplies a panel with one or two tokens at a time.
func (m *Matrix) mulFewHalves(in *Input, n, lo, hi int, dst []float32, ldd int, add bool) {
	data := halves(m.Data)
	var out [2 * NR]float32
	for j := lo; j < hi; j += NR {
		cols := min(NR, hi-j)
		for t := 0; t < n; t += 2 {
			k := min(2, n-t)
			for i := range k {
				to := out[i*NR : (i+1)*NR]
				for c := range to {
					to[c] = negativeZero // which added gives the first block's bits
				}
				if add {
					copy(to, dst[(t+i)*ldd+j:][:cols])
				}
			}
			m.halvesTile(in, data[j*m.K:], t, k, &out)
			for i := range k {
				copy(dst[(t+i)*ldd+j:][:cols], out[i*NR:])
			}
		}
	}
}

var negativeZero = float32(math.Copysign(0, -1))
