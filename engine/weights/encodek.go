package weights

import (
	"encoding/binary"
	"math"
)

// The quantisers of the K types. A part's scale is the one of a few that
// leaves the least Σ(x − w)², each fitted to the quants that it gives. They
// are Suiren's own: ggml's weigh the errors and give other bits of the same
// format. Sums are float64 whose products are rounded before they are added,
// so that the bits are the same on every machine.

// tries is how many scales are tried for a part, around the one that just
// reaches its largest weight.
const tries = 21

// encodeQ3_K: for each part, x ≈ s·q with q from −4 to 3.
func encodeQ3_K(dst []byte, src []float32) {
	for ; len(src) > 0; dst, src = dst[110:], src[256:] {
		bits, scales, quants := fitScales(src[:256], 4, 32)
		clear(dst[:108])
		for p, s := range scales { // see signedSixBits
			dst[96+p%8] |= byte(s+32) & 15 << (p / 8 * 4)
			dst[104+p%4] |= byte(s+32) >> 4 << (p / 4 * 2)
		}
		for w, q := range quants {
			dst[32+w/128*32+w%32] |= q & 3 << (w / 32 % 4 * 2)
			dst[w%32] |= q >> 2 << (w / 32)
		}
		binary.LittleEndian.PutUint16(dst[108:], bits)
	}
}

// encodeQ4_K: for each part, x ≈ s·q − l with q from 0 to 15 and l ≥ 0.
func encodeQ4_K(dst []byte, src []float32) {
	for ; len(src) > 0; dst, src = dst[144:], src[256:] {
		quants := fitRanges(dst[:16], src[:256], 15)
		clear(dst[16:144])
		for w, q := range quants {
			dst[16+w/64*32+w%32] |= q << (w / 32 % 2 * 4)
		}
	}
}

// encodeQ5_K: as Q4_K, with q up to 31.
func encodeQ5_K(dst []byte, src []float32) {
	for ; len(src) > 0; dst, src = dst[176:], src[256:] {
		quants := fitRanges(dst[:16], src[:256], 31)
		clear(dst[16:176])
		for w, q := range quants {
			dst[48+w/64*32+w%32] |= q & 15 << (w / 32 % 2 * 4)
			dst[16+w%32] |= q >> 4 << (w / 32)
		}
	}
}

// encodeQ6_K: for each part, x ≈ s·q with q from −32 to 31.
func encodeQ6_K(dst []byte, src []float32) {
	for ; len(src) > 0; dst, src = dst[210:], src[256:] {
		bits, scales, quants := fitScales(src[:256], 32, 128)
		clear(dst[:192])
		for p, s := range scales {
			dst[192+p] = byte(int8(s))
		}
		for w, q := range quants { // see decodeQ6_K
			g, k := w/32, w%32
			dst[g/4*64+g%2*32+k] |= q & 15 << (g % 4 / 2 * 4)
			dst[128+g/4*32+k] |= q >> 4 << (g % 4 * 2)
		}
		binary.LittleEndian.PutUint16(dst[208:], bits)
	}
}

// fitRanges finds x ≈ s·q − l with q from 0 to top and l ≥ 0 for the 8 parts of
// a block. head is what Q4_K and Q5_K begin with: the scales and minima.
func fitRanges(head []byte, src []float32, top int) (quants [256]byte) {
	var s, l [8]float64
	for j := range s {
		s[j], l[j] = fitRange(src[32*j:][:32], top)
	}
	d, sixS := sixBitScales(s)
	m, sixL := sixBitScales(l)
	binary.LittleEndian.PutUint16(head, toHalf(d))
	binary.LittleEndian.PutUint16(head[2:], toHalf(m))
	packSixBits(head[4:16], sixS, sixL)
	for w, x := range src {
		scale, low := float32(d*float32(sixS[w/32])), float32(m*float32(sixL[w/32]))
		quants[w] = byte(level(float64(x)+float64(low), float64(scale), 0, top))
	}
	return quants
}

// fitScales finds x ≈ d·s·q with q from −n to n−1 for the 16 parts of a block.
// d has the bits of a binary16 number, s is from −most to most−1, and quants
// are q + n.
func fitScales(src []float32, n, most int) (bits uint16, scales [16]int, quants [256]byte) {
	var s [16]float64
	top := 0.0
	for p := range s {
		if s[p] = fitScale(src[16*p:][:16], n); math.Abs(s[p]) > math.Abs(top) {
			top = s[p]
		}
	}
	bits = toHalf(float32(top / float64(-most)))
	d := half(bits)
	for p := range s {
		scales[p] = level(s[p], float64(d), -most, most-1)
	}
	for w, x := range src {
		quants[w] = byte(level(float64(x), float64(float32(d*float32(scales[w/16]))), -n, n-1) + n)
	}
	return bits, scales, quants
}

// level returns the whole number from low to high that is nearest to x/scale;
// the one nearest to 0 if scale is 0.
func level(x, scale float64, low, high int) int {
	if scale == 0 {
		return max(low, 0)
	}
	return int(math.Round(max(float64(low), min(float64(high), x/scale))))
}

// fitScale returns the s of x ≈ s·q with q from −n to n−1.
func fitScale(x []float32, n int) (s float64) {
	x = x[:16]
	m := 0.0
	for _, v := range x {
		if math.Abs(float64(v)) > math.Abs(m) {
			m = float64(v)
		}
	}
	best, up := -1.0, float64(n)+0.5
	for k := range tries {
		inv := -(float64(n) + float64(k-tries/2)/8) / m
		if math.IsInf(inv, 0) || m == 0 {
			return 0
		}
		var xq float64
		var qq int
		for _, v := range x {
			q := max(0, min(2*n-1, int(float64(float64(v)*inv)+up))) - n // rounds down: what is cut off is positive
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

// fitRange returns the s and l of x ≈ s·q − l with q from 0 to top.
func fitRange(x []float32, top int) (s, l float64) {
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
		inv := (float64(top) + float64(k-tries/2)/8) / (high - low)
		if math.IsInf(inv, 0) {
			return 0, -low
		}
		add := 0.5 - float64(low*inv)
		var xq float64
		var sq, qq int
		for _, v := range x {
			q := max(0, min(top, int(float64(float64(v)*inv)+add)))
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
