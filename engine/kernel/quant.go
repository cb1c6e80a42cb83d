package kernel

import (
	"encoding/binary"
	"sync"
)

// A form is how a type lies in files and how it is packed: blocks of 8 rows.
type form struct {
	weights int // of a block in a file
	bytes   int // of it
	packed  int // of 8 rows of it
	pack    func(dst []byte, r int, src []byte)
	// row returns the weights of block j of 32 in a packed block, as integers
	// less their offset, and scales and minima: of types with super those of its
	// halves, whole numbers, of the others one of each.
	row func(src []byte, r, j int, w *[32]int32) (scale, low [2]float32)
	// super returns what scales and minima are multiplied with: see tileWhole.
	super func(src []byte, r int) (scale, low float32)
	// unit, a power of two, multiplies every product at the end; 0 is 1.
	unit float32
}

var forms = [...]form{
	Q8_0:    {32, 34, 272, packQ8_0, rowQ8_0, nil, 0},
	Q4_0:    {32, 18, 144, packQ4_0, rowQ4_0, nil, 0},
	Q4_1:    {32, 20, 160, packQ4_1, rowQ4_1, nil, 0},
	Q5_0:    {32, 22, 176, packQ5_0, rowQ5_0, nil, 0},
	Q5_1:    {32, 24, 192, packQ5_1, rowQ5_1, nil, 0},
	Q4_K:    {256, 144, 1184, packQ4_K, rowQ4_K, pairSuper, 0},
	Q5_K:    {256, 176, 1440, packQ5_K, rowQ5_K, pairSuper, 0},
	Q6_K:    {256, 210, 1680, packQ6_K, rowQ6_K, halfSuper, 0},
	IQ4_NL:  {32, 18, 144, packQ4_0, rowIQ4_NL, nil, 0},
	MXFP4:   {32, 17, 144, packMXFP4, rowMXFP4, nil, 0},
	Q2_K:    {256, 84, 672, packQ2_K, rowQ2_K, pairSuper, 0},
	Q3_K:    {256, 110, 912, packQ3_K, rowQ3_K, halfSuper, 0},
	IQ4_XS:  {256, 136, 1104, packIQ4_XS, rowIQ4_XS, halfSuper, 0},
	IQ3_S:   {256, 110, 1104, packIQ3_S, rowIQ3_S, halfSuper, 0},
	IQ3_XXS: {256, 98, 1104, packIQ3_XXS, rowIQ3_XXS, halfSuper, 0.25},
	IQ2_S:   {256, 82, 912, packIQ2_S, rowIQ2, halfSuper, 0.125},
	IQ2_XS:  {256, 74, 912, packIQ2_XS, rowIQ2, halfSuper, 0.125},
	IQ2_XXS: {256, 66, 912, packIQ2_XXS, rowIQ2, halfSuper, 0.125},
}

// integers32 has memory for the weights that a form's row writes: it is called by a
// pointer, so to the compiler a local variable would outlive the call.
var integers32 = sync.Pool{New: func() any { return new([32]int32) }}

var noWeights [256]byte

func (m *Matrix) packQuant(lo, hi int, src []byte) {
	f := &forms[m.Type]
	blocks := m.K / f.weights
	for g := lo; g < hi; g += Group {
		dst := m.Data[g*blocks*f.packed/Group:]
		for b := range blocks {
			for r := range Group {
				from := noWeights[:f.bytes] // rows past the end are zeros
				if g+r < hi {
					from = src[((g+r-lo)*blocks+b)*f.bytes:][:f.bytes]
				}
				f.pack(dst[b*f.packed:(b+1)*f.packed], r, from)
			}
		}
	}
}

// A quantTile is the argument of an assembly kernel: fours of groups with a
// token, or two groups with 2 or 4 tokens.
type quantTile struct {
	nb   int         // blocks of 32
	w    *byte       // packed rows
	wide int         // bytes from 8 rows to the others that pass with them
	a    *byte       // activations: int8, or int16 for 8-bit weights
	as   int         // bytes from token to token
	b    *block      // what describes them
	bs   int         // bytes from token to token
	out  *[8]float32 // (tokens, groups, 8), zeros unless there is one token
	n    int         // fours of groups with one token, of VNNI pairs; of NEON, tokens
	outs int         // bytes from a group's out to the others'; of NEON, from token to token
	look *table      // of types that have one
}

const (
	// quantTokens is how many tokens' activations are read again and again while
	// the rows of a piece of the matrix pass by.
	quantTokens = 64
	// oneBytes is how many bytes of rows a token is multiplied with at a time,
	// and oneGroups how many groups of them at most: some tens of microseconds,
	// for assembly cannot be interrupted.
	oneBytes, oneGroups = 1 << 19, 128
)

// mulQuant is Mul for the quantised types.
func (m *Matrix) mulQuant(in *Input, n, lo, hi int, dst []float32, ldd int, add bool) {
	switch last := lo + (hi-lo)/tileSide*tileSide; {
	case last == lo:
	case m.inWhole(n):
		m.mulWhole(in, n, lo, last, dst, ldd, add)
		lo = last
	case m.inBytes(n):
		m.mulBytes(in, n, lo, last, dst, ldd, add)
		lo = last
	}
	if lo == hi {
		return
	}
	f := &forms[m.Type]
	size := m.K / f.weights * f.packed
	last := (hi + Group - 1) / Group
	most := 2
	if n == 1 {
		most = min(max(oneBytes/size, 1), oneGroups)
	}
	if n == 1 && !add && (hi-lo)%Group == 0 {
		for g := lo / Group; g < last; g += most {
			groups := min(most, last-g)
			m.mulTile(in, m.Data[g*size:(g+groups)*size], groups, 0, 1, dst[g*Group:][:groups*Group])
		}
		return
	}
	m.mulTiles(in, n, lo, hi, most, dst, ldd, add)
}

// mulTiles multiplies at most so many groups at a time, and copies or adds.
func (m *Matrix) mulTiles(in *Input, n, lo, hi, most int, dst []float32, ldd int, add bool) {
	f := &forms[m.Type]
	size := m.K / f.weights * f.packed
	last := (hi + Group - 1) / Group
	var out [max(oneGroups, 4*2) * Group]float32
	for t0 := 0; t0 < n; t0 += quantTokens {
		for g := lo / Group; g < last; g += most {
			groups := min(most, last-g)
			w := m.Data[g*size : (g+groups)*size]
			for t := t0; t < min(n, t0+quantTokens); {
				k := min(m.Type.most(), n-t)
				if k == 3 {
					k = 2
				}
				m.mulTile(in, w, groups, t, k, out[:k*groups*Group])
				for i := range k {
					to := dst[(t+i)*ldd+g*Group:][:min(groups*Group, hi-g*Group)]
					from := out[i*groups*Group:]
					if add {
						for r := range to {
							to[r] += from[r]
						}
					} else {
						copy(to, from)
					}
				}
				t += k
			}
		}
	}
}

// mulTile is tile, in the type's unit.
func (m *Matrix) mulTile(in *Input, w []byte, groups, t, n int, out []float32) {
	m.tile(in, w, groups, t, n, out)
	if unit := forms[m.Type].unit; unit != 0 {
		for i := range out {
			out[i] *= unit
		}
	}
}

// tileGeneric defines the products of so many groups of 8 rows, w, with
// tokens t to t+n. out (n, groups, 8).
func (m *Matrix) tileGeneric(in *Input, w []byte, groups, t, n int, out []float32) {
	f := &forms[m.Type]
	per := f.weights / 32
	nb := m.K / 32
	x := &in.forms[m.Type.Forms().index()]
	clear(out)
	if f.super != nil {
		m.tileWhole(in, w, groups, t, n, out)
		return
	}
	q := integers32.Get().(*[32]int32)
	defer integers32.Put(q)
	for b := range nb {
		for r := range groups * Group {
			blk := w[(r/Group*nb+b)/per*f.packed:][:f.packed]
			scale, low := f.row(blk, r%Group, b%per, q)
			for i := range n {
				at := (t+i)*nb + b
				a, d := x.q[at*32:][:32], x.b[at].d
				var sum int32
				for l, v := range q {
					sum += v * int32(a[l])
				}
				o := &out[i*groups*Group+r]
				*o = fma(float32(sum), float32(scale[0]*d), *o)
				if m.Type.minimum() {
					*o = fma(low[0], x.b[at].s, *o)
				}
			}
		}
	}
}

// minimum reports whether weights of t have a minimum.
func (t Type) minimum() bool {
	return t == Q4_1 || t == Q5_1 || t == Q4_K || t == Q5_K || t == Q2_K
}

// Nibbles: vector v of a packed block has, in bytes 4r to 4r+3, weights 8v+i
// of row r low and 8v+4+i high.

func nibbleAt(vectors []byte, r, l int) int32 {
	b := vectors[l/8*32+4*r+l%4]
	if l%8 < 4 {
		return int32(b & 15)
	}
	return int32(b >> 4)
}

// packSplit packs 16 bytes whose low nibbles are the first 16 weights.
func packSplit(vectors []byte, r int, src []byte) {
	_, _ = vectors[127], src[15]
	a, b := binary.LittleEndian.Uint64(src), binary.LittleEndian.Uint64(src[8:])
	putNibbles(vectors[4*r:], a)
	putNibbles(vectors[32+4*r:], b)
	putNibbles(vectors[64+4*r:], a>>4)
	putNibbles(vectors[96+4*r:], b>>4)
}

// putNibbles packs 8 weights, the low nibbles of q's bytes.
func putNibbles(dst []byte, q uint64) {
	q &= 0x0f0f0f0f0f0f0f0f
	binary.LittleEndian.PutUint32(dst, uint32(q)|uint32(q>>32)<<4)
}

func halfAt(src []byte, r int) float32 { return float16(binary.LittleEndian.Uint16(src[2*r:])) }

func packQ4_0(dst []byte, r int, src []byte) {
	copy(dst[2*r:2*r+2], src)
	packSplit(dst[16:], r, src[2:])
}

func rowQ4_0(src []byte, r, _ int, w *[32]int32) (scale, low [2]float32) {
	for l := range w {
		w[l] = nibbleAt(src[16:], r, l) - 8
	}
	scale[0] = halfAt(src, r)
	return scale, low
}

func packQ4_1(dst []byte, r int, src []byte) {
	copy(dst[2*r:2*r+2], src)
	copy(dst[16+2*r:16+2*r+2], src[2:])
	packSplit(dst[32:], r, src[4:])
}

func rowQ4_1(src []byte, r, _ int, w *[32]int32) (scale, low [2]float32) {
	for l := range w {
		w[l] = nibbleAt(src[32:], r, l)
	}
	scale[0] = halfAt(src, r)
	low[0] = halfAt(src[16:], r)
	return scale, low
}

// sixBits unpacks scale and minimum of part j of Q4_K and Q5_K.
func sixBits(b []byte, j int) (scale, low byte) {
	if j < 4 {
		return b[j] & 63, b[j+4] & 63
	}
	return b[j+4]&15 | b[j-4]>>6<<4, b[j+4]>>4 | b[j]>>6<<4
}

// packQ4_K keeps the scales of 256 weights, and with every 32 their own integers.
func packQ4_K(dst []byte, r int, src []byte) {
	copy(dst[2*r:2*r+2], src)
	copy(dst[16+2*r:16+2*r+2], src[2:])
	for j := range 8 {
		part := dst[32+144*j:][:144]
		part[r], part[8+r] = sixBits(src[4:16], j)
		packFour(part[16:], r, src[16+j/2*32:], j%2*4)
	}
}

// packFour packs the 4 bits from bit at on of 32 bytes.
func packFour(vectors []byte, r int, src []byte, at int) {
	_ = src[31]
	for v := range 4 {
		putNibbles(vectors[32*v+4*r:], binary.LittleEndian.Uint64(src[8*v:])>>at)
	}
}

func rowQ4_K(src []byte, r, j int, w *[32]int32) (scale, low [2]float32) {
	part := src[32+144*j:][:144]
	for l := range w {
		w[l] = nibbleAt(part[16:], r, l)
	}
	return wholes(part, r)
}

// wholes returns scale and minimum of row r, whose bytes a part begins with.
func wholes(part []byte, r int) (scale, low [2]float32) {
	s, l := float32(part[r]), -float32(part[8+r])
	return [2]float32{s, s}, [2]float32{l, l}
}

// packQ6_K: see q6_amd64.s.
func packQ6_K(dst []byte, r int, src []byte) {
	copy(dst[2*r:2*r+2], src[208:])
	for j := range 8 {
		part := dst[16+208*j:][:208]
		part[r], part[8+r] = src[192+2*j], src[193+2*j]
		low, high := src[j/4*64+j%2*32:][:32], src[128+j/4*32:][:32]
		for h := range 2 {
			var q [4]uint32 // fours of weights
			for i := range q {
				q[i] = binary.LittleEndian.Uint32(low[16*h+4*i:])>>(j%4/2*4)&0x0f0f0f0f |
					binary.LittleEndian.Uint32(high[16*h+4*i:])>>(j%4*2)&0x03030303<<4
			}
			for i := range 3 {
				binary.LittleEndian.PutUint32(part[16+96*h+32*i+4*r:], q[i]|q[3]>>(4-2*i)&0x03030303<<6)
			}
		}
	}
}

func rowQ6_K(src []byte, r, j int, w *[32]int32) (scale, low [2]float32) {
	part := src[16+208*j:][:208]
	for l := range w {
		three := part[16+l/16*96+4*r+l%4:]
		switch v := l / 4 % 4; v {
		case 3:
			w[l] = int32(three[0]>>6<<4 | three[32]>>6<<2 | three[64]>>6)
		default:
			w[l] = int32(three[32*v] & 63)
		}
		w[l] -= 32
	}
	for h := range scale {
		scale[h] = float32(int8(part[8*h+r]))
	}
	return scale, low
}

// Pairs: vector p of a packed block has weights 2p and 2p+1 of row r in bytes
// 2r and 2r+1.

func packQ8_0(dst []byte, r int, src []byte) {
	copy(dst[2*r:2*r+2], src)
	pairs := dst[16+2*r:][:242]
	for v := range 4 {
		q := binary.LittleEndian.Uint64(src[2+8*v:])
		for i := range 4 {
			binary.LittleEndian.PutUint16(pairs[64*v+16*i:], uint16(q>>(16*i)))
		}
	}
}

func rowQ8_0(src []byte, r, _ int, w *[32]int32) (scale, low [2]float32) {
	for l := range w {
		w[l] = int32(int8(src[16+l/2*16+2*r+l%2]))
	}
	scale[0] = halfAt(src, r)
	return scale, low
}
