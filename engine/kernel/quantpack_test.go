package kernel

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"suiren/engine/codebook"
)

// Packing, weight by weight.

func slowPackNibble(vectors []byte, r, l int, q byte) {
	p := &vectors[l/8*32+4*r+l%4]
	if l%8 < 4 {
		*p = *p&0xf0 | q&15
	} else {
		*p = *p&15 | q<<4
	}
}

// slowPackSplit packs 16 bytes whose low nibbles are the first 16 weights.
func slowPackSplit(vectors []byte, r int, src []byte) {
	for i, b := range src[:16] {
		slowPackNibble(vectors, r, i, b&15)
		slowPackNibble(vectors, r, i+16, b>>4)
	}
}

func slowPackQ4_0(dst []byte, r int, src []byte) {
	copy(dst[2*r:2*r+2], src)
	slowPackSplit(dst[16:], r, src[2:])
}

func slowPackQ4_1(dst []byte, r int, src []byte) {
	copy(dst[2*r:2*r+2], src)
	copy(dst[16+2*r:16+2*r+2], src[2:])
	slowPackSplit(dst[32:], r, src[4:])
}

// slowPackQ4_K keeps the scales of 256 weights, and with every 32 their own integers.
func slowPackQ4_K(dst []byte, r int, src []byte) {
	copy(dst[2*r:2*r+2], src)
	copy(dst[16+2*r:16+2*r+2], src[2:])
	for j := range 8 {
		part := dst[32+144*j:][:144]
		part[r], part[8+r] = sixBits(src[4:16], j)
		for i, b := range src[16+j/2*32:][:32] {
			slowPackNibble(part[16:], r, i, b>>(j%2*4)&15)
		}
	}
}

// slowPackQ6_K: see q6_amd64.s.
func slowPackQ6_K(dst []byte, r int, src []byte) {
	copy(dst[2*r:2*r+2], src[208:])
	for j := range 8 {
		part := dst[16+208*j:][:208]
		part[r], part[8+r] = src[192+2*j], src[193+2*j]
		low, high := src[j/4*64+j%2*32:][:32], src[128+j/4*32:][:32]
		for l := range 32 {
			q := low[l]>>(j%4/2*4)&15 | high[l]>>(j%4*2)&3<<4
			three := part[16+l/16*96+4*r+l%4:]
			if v := l / 4 % 4; v < 3 {
				three[32*v] = three[32*v]&0xc0 | q
				continue
			}
			for v := range 3 {
				three[32*v] = three[32*v]&63 | q>>(4-2*v)<<6
			}
		}
	}
}

func slowPackQ8_0(dst []byte, r int, src []byte) {
	copy(dst[2*r:2*r+2], src)
	for l, b := range src[2:34] {
		dst[16+l/2*16+2*r+l%2] = b
	}
}

func slowPackQ2_K(dst []byte, r int, src []byte) {
	copy(dst[2*r:2*r+2], src[80:])
	copy(dst[16+2*r:16+2*r+2], src[82:])
	for p := range 16 {
		dst[32+80*(p/2)+8*(p%2)+r] = src[p]
	}
	for i := range 256 {
		q := src[16+i/128*32+i%32] >> (i % 128 / 32 * 2) & 3
		at, shift := &dst[32+80*(i/32)+16+i%32/16*32+4*r+i%4], i%16/4*2
		*at = *at&^(3<<shift) | q<<shift
	}
}

func slowPackQ3_K(dst []byte, r int, src []byte) {
	copy(dst[2*r:2*r+2], src[108:])
	for p := range 16 {
		scale := src[96+p%8] & 15
		if p >= 8 {
			scale = src[96+p%8] >> 4
		}
		scale |= src[104+p%4] >> (p / 4 * 2) & 3 << 4
		dst[16+112*(p/2)+8*(p%2)+r] = scale - 32
	}
	for i := range 256 {
		q := src[32+i/128*32+i%32]>>(i%128/32*2)&3 | src[i%32]>>(i/32)&1<<2
		part := dst[16+112*(i/32)+16:][:96]
		l := i % 32
		at := 4*r + l%4
		if v := l / 8; v < 3 {
			shift := l / 4 % 2 * 3
			part[32*v+at] = part[32*v+at]&^(7<<shift) | q<<shift
			continue
		}
		for b := range 3 { // of the six bits of two weights, pairs go to three vectors
			for k := range 3 {
				if bit := l/4%2*3 + k; bit/2 == b {
					part[32*b+at] = part[32*b+at]&^(1<<(6+bit%2)) | q>>k&1<<(6+bit%2)
				}
			}
		}
	}
}

func slowPackIQ4_XS(dst []byte, r int, src []byte) {
	copy(dst[2*r:2*r+2], src)
	high := int(src[2]) | int(src[3])<<8
	for j := range 8 {
		part := dst[16+136*j:][:136]
		part[128+r] = byte(int(src[4+j/2]>>(j%2*4)&15) + high>>(2*j)&3*16 - 32)
		slowPackSplit(part, r, src[8+16*j:])
	}
}

// slowPackTable packs the place of weight i in a table and the scales of 32.
func slowPackTable(dst []byte, r int, src []byte, scale func(j int) byte, place func(i int) byte) {
	copy(dst[2*r:2*r+2], src)
	for j := range 8 {
		part := dst[16+136*j:][:136]
		part[128+r] = scale(j)
		for l := range 32 {
			slowPackNibble(part, r, l, place(32*j+l))
		}
	}
}

func slowPackIQ3_S(dst []byte, r int, src []byte) {
	slowPackTable(dst, r, src, func(j int) byte { return 1 + src[106+j/2]>>(j%2*4)&15*2 }, func(i int) byte {
		q := int(src[2+i/4]) | int(src[66+i/32]>>(i/4%8)&1)<<8
		step := byte(codebook.GridIQ3S(q) >> (i % 4 * 8))
		if src[74+i/8]>>(i%8)&1 == 1 {
			return 7 - step
		}
		return 8 + step
	})
}

func slowPackIQ3_XXS(dst []byte, r int, src []byte) {
	slowPackTable(dst, r, src, func(j int) byte { return 1 + src[66+4*j+3]>>4*2 }, func(i int) byte {
		step := byte(codebook.GridIQ3XXS(src[2+i/4]) >> (i % 4 * 8))
		tail := binary.LittleEndian.Uint32(src[66+i/32*4:])
		seven, minus := tail>>(i/8%4*7)&127, uint32(0)
		if i%8 < 7 {
			minus = seven >> (i % 8) & 1
		} else { // the eighth makes them even
			for b := range 7 {
				minus ^= seven >> b & 1
			}
		}
		if minus == 1 {
			return 7 - step
		}
		return 8 + step
	})
}

// Packing by words gives the bytes of packing weight by weight.
func TestPackQuant(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for typ, slow := range map[Type]func(dst []byte, r int, src []byte){
		Q4_0: slowPackQ4_0, Q4_1: slowPackQ4_1, Q8_0: slowPackQ8_0, Q4_K: slowPackQ4_K, Q6_K: slowPackQ6_K,
		Q2_K: slowPackQ2_K, Q3_K: slowPackQ3_K, IQ4_XS: slowPackIQ4_XS,
		IQ3_S: slowPackIQ3_S, IQ3_XXS: slowPackIQ3_XXS,
	} {
		f := &forms[typ]
		const blocks = 3
		for _, rows := range []int{8, 21, 40} {
			src := make([]byte, rows*blocks*f.bytes)
			for i := range src {
				src[i] = byte(rng.Uint32())
			}
			m := Matrix{Type: typ, Rows: rows, K: blocks * f.weights, Data: make([]byte, PackedBytes(typ, rows, blocks*f.weights))}
			want := make([]byte, len(m.Data))
			for i := range want {
				want[i], m.Data[i] = byte(i), byte(^i)
			}
			for r := range (rows + Group - 1) / Group * Group {
				for b := range blocks {
					block := make([]byte, f.bytes)
					if r < rows {
						copy(block, src[(r*blocks+b)*f.bytes:])
					}
					slow(want[(r/Group*blocks+b)*f.packed:][:f.packed], r%Group, block)
				}
			}
			m.Pack(0, rows, src)
			if !bytes.Equal(m.Data, want) {
				t.Errorf("type %d, %d rows: packed bytes differ", typ, rows)
			}
		}
	}
}

// BenchmarkPack reports millions of weights a second, in cache, of the
// fastest call.
func BenchmarkPack(b *testing.B) {
	names := map[Type]string{Q8_0: "Q8_0", Q4_0: "Q4_0", Q4_1: "Q4_1", Q5_0: "Q5_0", Q5_1: "Q5_1", Q4_K: "Q4_K", Q5_K: "Q5_K", Q6_K: "Q6_K", IQ4_NL: "IQ4_NL", MXFP4: "MXFP4", Q2_K: "Q2_K", Q3_K: "Q3_K", IQ4_XS: "IQ4_XS", IQ3_S: "IQ3_S", IQ3_XXS: "IQ3_XXS",
		IQ2_S: "IQ2_S", IQ2_XS: "IQ2_XS", IQ2_XXS: "IQ2_XXS"}
	for typ := Q8_0; int(typ) < len(forms); typ++ {
		const rows, k = 64, 2048
		f := &forms[typ]
		src := make([]byte, rows*k/f.weights*f.bytes)
		m := Matrix{Type: typ, Rows: rows, K: k, Data: make([]byte, PackedBytes(typ, rows, k))}
		b.Run(names[typ], func(b *testing.B) {
			best := time.Hour
			for b.Loop() {
				start := time.Now()
				m.Pack(0, rows, src)
				best = min(best, time.Since(start))
			}
			b.ReportMetric(rows*k/best.Seconds()/1e6, "Mweights/s")
		})
	}
}
