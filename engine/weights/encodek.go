package weights

import (
	"encoding/binary"
	"math"
)

// The quantisers of Q4_K and Q6_K. A part's scale is the one of a few that
// leaves the least Σ(x − w)², each fitted to the quants that it gives. They
// are Suiren's own: ggml's weigh the errors and give other bits of the same
// format. Sums are float64 whose products are rounded before they are added,
// so that the bits are the same on every machine.

// tries is how many scales are tried for a part, around the one that just
// reaches its largest weight.
const tries = 21

// encodeQ4_K: for each part, x ≈ s·q − l with q from 0 to 15 and l ≥ 0.
func encodeQ4_K(dst []byte, src []float32) {
	for ; len(src) > 0; dst, src = dst[144:], src[256:] {
		var s, l [8]float64
		for j := range s {
			s[j], l[j] = fitRange(src[32*j:][:32])
		}
		d, sixS := sixBitScales(s)
		m, sixL := sixBitScales(l)
		binary.LittleEndian.PutUint16(dst, toHalf(d))
		binary.LittleEndian.PutUint16(dst[2:], toHalf(m))
		packSixBits(dst[4:16], sixS, sixL)
		clear(dst[16:144])
		for j := range s {
			scale, low := float32(d*float32(sixS[j])), float32(m*float32(sixL[j]))
			for i, x := range src[32*j:][:32] {
				dst[16+j/2*32+i] |= byte(level(float64(x)+float64(low), float64(scale), 0, 15)) << (j % 2 * 4)
			}
		}
	}
}

// encodeQ6_K: for each part, x ≈ s·q with q from −32 to 31.
func encodeQ6_K(dst []byte, src []float32) {
	for ; len(src) > 0; dst, src = dst[210:], src[256:] {
		var s [16]float64
		top := 0.0
		for j := range s {
			if s[j] = fitScale(src[16*j:][:16]); math.Abs(s[j]) > math.Abs(top) {
				top = s[j]
			}
		}
		bits := toHalf(float32(top / -128))
		d := half(bits)
		clear(dst[:192])
		for j := range s {
			sc := level(s[j], float64(d), -128, 127)
			dst[192+j] = byte(int8(sc))
			for i, x := range src[16*j:][:16] {
				q := byte(level(float64(x), float64(float32(d*float32(sc))), -32, 31) + 32)
				w := 16*j + i // see decodeQ6_K
				g, k := w/32, w%32
				dst[g/4*64+g%2*32+k] |= (q & 15) << (g % 4 / 2 * 4)
				dst[128+g/4*32+k] |= q >> 4 << (g % 4 * 2)
			}
		}
		binary.LittleEndian.PutUint16(dst[208:], bits)
	}
}

// level returns the whole number from low to high that is nearest to x/scale;
// the one nearest to 0 if scale is 0.
func level(x, scale float64, low, high int) int {
	if scale == 0 {
		return max(low, 0)
	}
	return int(math.Round(max(float64(low), min(float64(high), x/scale))))
}

// fitScale returns the s of x ≈ s·q.
func fitScale(x []float32) (s float64) {
	x = x[:16]
	m := 0.0
	for _, v := range x {
		if math.Abs(float64(v)) > math.Abs(m) {
			m = float64(v)
		}
	}
	best := -1.0
	for k := range tries {
		inv := -(32 + float64(k-tries/2)/8) / m
		if math.IsInf(inv, 0) || m == 0 {
			return 0
		}
		var xq float64
		var qq int
		for _, v := range x {
			q := max(0, min(63, int(float64(float64(v)*inv)+32.5))) - 32 // rounds down: what is cut off is positive
			xq += float64(float64(v) * float64(q))
			qq += q * q
		}
		if qq == 0 {
			continue
		}
		// Σ(x − s·q)² = Σx² − (Σxq)²/Σq² at the best s, Σxq/Σq².
		if gain := float64(xq*xq) / float64(qq); gain > best {
			best, s = gain, xq/float64(qq)
		}
	}
	return s
}

// fitRange returns the s and l of x ≈ s·q − l.
func fitRange(x []float32) (s, l float64) {
	const n = 32
	x = x[:n]
	low, high := 0.0, math.Inf(-1)
	var sx, xx float64
	for _, v := range x {
		low, high = min(low, float64(v)), max(high, float64(v))
		sx += float64(v)
		xx += float64(float64(v) * float64(v))
	}
	if high <= low { // all are the same, or none is above 0
		return 0, -low
	}
	best := math.Inf(1)
	for k := range tries {
		inv := (15 + float64(k-tries/2)/8) / (high - low)
		if math.IsInf(inv, 0) {
			return 0, -low
		}
		add := 0.5 - float64(low*inv)
		var xq float64
		var sq, qq int
		for _, v := range x {
			q := max(0, min(15, int(float64(float64(v)*inv)+add)))
			xq += float64(float64(v) * float64(q))
			sq += q
			qq += q * q
		}
		// The best s and −l for these quants; without l if it would be
		// negative. Of either, Σ(x − s·q + l)² = Σx² − s·Σxq + l·Σx.
		a, b := 0.0, sx/n
		if det := n*qq - sq*sq; det > 0 {
			a = (float64(n*xq) - float64(float64(sq)*sx)) / float64(det)
			b = (sx - float64(a*float64(sq))) / n
		}
		if b > 0 {
			a, b = xq/float64(qq), 0
		}
		if e := xx - float64(a*xq) - float64(b*sx); e < best {
			best, s, l = e, a, -b
		}
	}
	return s, l
}

// sixBitScales returns the scales as a binary16 number times six bits each.
func sixBitScales(s [8]float64) (d float32, six [8]byte) {
	top := 0.0
	for _, v := range s {
		top = max(top, v)
	}
	d = half(toHalf(float32(top / 63)))
	for j, v := range s {
		six[j] = byte(level(v, float64(d), 0, 63))
	}
	return d, six
}

// packSixBits is the inverse of sixBits.
func packSixBits(b []byte, s, l [8]byte) {
	for j := range 4 {
		b[j] = s[j] | s[j+4]>>4<<6
		b[j+4] = l[j] | l[j+4]>>4<<6
		b[j+8] = s[j+4]&15 | l[j+4]<<4
	}
}
