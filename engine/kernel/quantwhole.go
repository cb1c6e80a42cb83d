package kernel

import "encoding/binary"

// Types of which 256 weights are summed up as integers: the scales of their
// parts are whole numbers of one scale, as are the minima, so a sum stays exact
// for 256 weights, and a kernel multiplies by the numbers of floating point
// once, not 8 or 16 times. Their rows give scales and minima, less than zero, as
// whole numbers, super what those are multiples of.

func halfSuper(src []byte, r int) (scale, low float32) { return halfAt(src, r), 0 }

func pairSuper(src []byte, r int) (scale, low float32) { return halfAt(src, r), halfAt(src[16:], r) }

// tileWhole is tileGeneric of these types.
func (m *Matrix) tileWhole(in *Input, w []byte, groups, t, n int, out []float32) {
	f := &forms[m.Type]
	nb := m.K / 256
	x := &in.forms[m.Type.Forms().index()]
	q := integers32.Get().(*[32]int32)
	defer integers32.Put(q)
	var scaled, lows [256]int32 // of a row
	for b := range nb {
		for r := range groups * Group {
			blk := w[(r/Group*nb+b)*f.packed:][:f.packed]
			for j := range 8 {
				scale, low := f.row(blk, r%Group, j, q)
				for l, v := range q {
					scaled[32*j+l], lows[32*j+l] = v*int32(scale[l/16]), int32(low[l/16])
				}
			}
			scale, low := f.super(blk, r%Group)
			for i := range n {
				at := (t+i)*nb + b
				var sum, least int32
				for l, a := range x.q[at*256:][:256] {
					sum += scaled[l] * int32(a)
					least += lows[l] * int32(a)
				}
				o, d := &out[i*groups*Group+r], x.b[at*8].d
				*o = fma(float32(sum), float32(scale*d), *o)
				if m.Type.minimum() {
					*o = fma(float32(least), float32(low*d), *o)
				}
			}
		}
	}
}

// packQ3_K: with every 32 weights 16 scales, of the first 16 weights of each row,
// then of the others, and what putThrees packs.
func packQ3_K(dst []byte, r int, src []byte) {
	copy(dst[2*r:2*r+2], src[108:])
	scales := src[96:108]
	for j := range 8 {
		part := dst[16+112*j:][:112]
		for h := range 2 {
			p := 2*j + h
			part[8*h+r] = scales[p%8]>>(p/8*4)&15 | scales[8+p%4]>>(p/4*2)&3<<4 - 32
		}
		low, high := src[32+j/4*32:][:32], src[:32]
		var q [8]uint32 // fours of weights
		for i := range q {
			a, b := binary.LittleEndian.Uint32(low[4*i:])>>(j%4*2), binary.LittleEndian.Uint32(high[4*i:])>>j
			q[i] = a&0x03030303 | b&0x01010101<<2
		}
		putThrees(part[16:], r, &q)
	}
}

// putThrees packs eight fours of 3 bits into three vectors. In the dword of lane r of
// vector v, the low 3 bits of the bytes are weights 8v to 8v+3, the next 3 weights
// 8v+4 to 8v+7, and the highest 2, of all vectors, weights 24 to 27 and 28 to 31:
// the lowest of those 6 bits in vector 0.
func putThrees(vectors []byte, r int, q *[8]uint32) {
	last := q[6] | q[7]<<3
	for v := range 3 {
		binary.LittleEndian.PutUint32(vectors[32*v+4*r:], q[2*v]|q[2*v+1]<<3|last>>(2*v)&0x03030303<<6)
	}
}

// threeAt returns weight l.
func threeAt(vectors []byte, r, l int) int {
	three := vectors[4*r+l%4:]
	q := three[0]>>6 | three[32]>>6<<2 | three[64]>>6<<4
	if l < 24 {
		q = three[l/8*32]
	}
	return int(q >> (l / 4 % 2 * 3) & 7)
}

func rowQ3_K(src []byte, r, j int, w *[32]int32) (scale, low [2]float32) {
	part := src[16+112*j:][:112]
	for l := range w {
		w[l] = int32(threeAt(part[16:], r, l)) - 4
	}
	for h := range scale {
		scale[h] = float32(int8(part[8*h+r]))
	}
	return scale, low
}

// packQ2_K keeps two scales of 256 weights, and with every 32 of them 16 bytes of
// whole ones, the minima in the high nibbles, of the first 16 weights of each row,
// then of the others; and two vectors: bits 2i and 2i+1 of a byte of lane r are of
// the i-th four weights of a half.
func packQ2_K(dst []byte, r int, src []byte) {
	copy(dst[2*r:2*r+2], src[80:])
	copy(dst[16+2*r:16+2*r+2], src[82:])
	for j := range 8 {
		part := dst[32+80*j:][:80]
		part[r], part[8+r] = src[2*j], src[2*j+1]
		for h := range 2 {
			var q uint32
			for i := range 4 {
				q |= binary.LittleEndian.Uint32(src[16+j/4*32+16*h+4*i:]) >> (j % 4 * 2) & 0x03030303 << (2 * i)
			}
			binary.LittleEndian.PutUint32(part[16+32*h+4*r:], q)
		}
	}
}

func rowQ2_K(src []byte, r, j int, w *[32]int32) (scale, low [2]float32) {
	part := src[32+80*j:][:80]
	for l := range w {
		w[l] = int32(part[16+l/16*32+4*r+l%4] >> (l / 4 % 4 * 2) & 3)
	}
	for h := range scale {
		s := part[8*h+r]
		scale[h], low[h] = float32(s&15), -float32(s>>4)
	}
	return scale, low
}
