package optim

import (
	"math"
	"slices"
	"sync"
	"unsafe"
)

// 8-bit moments (Dettmers et al., arXiv 2110.02861): blocks of elements, each
// scaled by its largest, each element the nearest of 256 values whose steps
// grow with their size. m has signs, v has none. The values and the sizes are
// those of bitsandbytes. v differs from it in one thing: it never becomes
// zero, or m/√v would be as large as eps is small once a gradient is zero.
const (
	blockLen = 256
	smallest = 4096 // elements of a tensor that has them
)

// A codebook is the 256 values in order, the boundary above each (the middle
// between it and the next), and where to begin looking for a number's code:
// first[b] is that of the lowest number whose sign, exponent and seven bits of
// its fraction are b. No such b holds two boundaries.
type codebook struct {
	value, above [256]float32
	first        [1 << 16]byte
}

var (
	signed   = sync.OnceValue(func() *codebook { return newCodebook(true) })
	unsigned = sync.OnceValue(func() *codebook { return newCodebook(false) })
)

// newCodebook makes the dynamic map: in each of seven decades up to 1 twice as
// many values as in the one below, in the middles of equal parts from a tenth
// to the whole of the decade; and 0 and 1.
func newCodebook(signs bool) *codebook {
	var c codebook
	var list []float64
	decade := 1e-6
	n := 2
	if signs {
		n = 1
	}
	for range 7 {
		for j := range n {
			list = append(list, decade*(0.1+0.9*(float64(j)+0.5)/float64(n)))
		}
		n *= 2
		decade *= 10
	}
	list = append(list, 1)
	at := 0
	if signs {
		for i := len(list) - 2; i >= 0; i-- { // there is no -1
			c.value[at] = float32(-list[i])
			at++
		}
	}
	at++ // 0
	for _, x := range list {
		c.value[at] = float32(x)
		at++
	}
	for i := range 255 {
		c.above[i] = (c.value[i] + c.value[i+1]) / 2
	}
	c.above[255] = math.MaxFloat32
	for b := range c.first {
		lowest := math.Float32frombits(uint32(b) << 16)
		if b >= 1<<15 { // among negative numbers it has the largest bits
			lowest = math.Float32frombits(uint32(b)<<16 | 0xffff)
		}
		code, _ := slices.BinarySearch(c.above[:], lowest)
		c.first[b] = byte(min(code, 255))
	}
	return &c
}

// nearest returns the code of the value nearest to x, -1 ≤ x ≤ 1; of two as
// near, the lower.
func (c *codebook) nearest(x float32) byte {
	code, more := c.first[math.Float32bits(x)>>16], byte(0)
	if x > c.above[code] {
		more = 1
	}
	return code + more
}

// store writes x as codes of at least least and returns its scale, the largest
// magnitude.
func (c *codebook) store(code []byte, x []float32, least byte) (scale float32) {
	most := uint32(0) // magnitudes are in the order of their bits
	for _, v := range x {
		most = max(most, math.Float32bits(v)&^(1<<31))
	}
	scale = math.Float32frombits(most)
	inv := float32(0)
	if scale > 0 {
		inv = 1 / scale
	}
	for i, v := range x {
		code[i] = max(c.nearest(float32(v*inv)), least)
	}
	return scale
}

// load reads what store wrote.
func (c *codebook) load(x []float32, code []byte, scale float32) {
	for i, q := range code {
		x[i] = c.value[q] * scale
	}
}

// eight holds the moments of one tensor in 8 bits. Fresh memory is not zero
// moments by its codes, but by its scales.
type eight struct {
	m, v           []byte    // (blocks·256)
	mScale, vScale []float32 // (blocks)
}

// eightFloats returns the floats that the moments of n elements take.
func eightFloats(n int) int {
	blocks := (n + blockLen - 1) / blockLen
	return 2 * blocks * (blockLen/4 + 1)
}

func newEight(mem []float32, n int) *eight {
	if mem == nil {
		return &eight{}
	}
	blocks := (n + blockLen - 1) / blockLen
	codes := unsafe.Slice((*byte)(unsafe.Pointer(&mem[0])), 2*blocks*blockLen)
	scales := mem[2*blocks*blockLen/4:]
	return &eight{codes[:blocks*blockLen], codes[blocks*blockLen:], scales[:blocks], scales[blocks:]}
}

// load reads the moments of the elements [lo, lo+len(m)), which are of one block.
func (e *eight) load(lo int, m, v []float32) {
	b, hi := lo/blockLen, lo+len(m)
	signed().load(m, e.m[lo:hi], e.mScale[b])
	unsigned().load(v, e.v[lo:hi], e.vScale[b])
}

// store writes what load reads.
func (e *eight) store(lo int, m, v []float32) {
	b, hi := lo/blockLen, lo+len(m)
	e.mScale[b] = signed().store(e.m[lo:hi], m, 0)
	e.vScale[b] = unsigned().store(e.v[lo:hi], v, 1)
}
