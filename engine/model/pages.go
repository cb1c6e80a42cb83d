package model

import (
	"fmt"
	"math"
	"unsafe"

	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// PageTokens is the number of tokens whose keys and values a page holds: the
// width of a packed panel.
const PageTokens = kernel.NR

// A KVType is how keys and values are kept.
type KVType uint8

// The types. Int8 keeps a scale for every token's key and value of a head.
const (
	KVFloat32 KVType = iota
	KVFloat16
	KVInt8
)

func (t KVType) String() string { return [...]string{"f32", "f16", "int8"}[t] }

// Pages is the memory of keys and values, cut into pages that sequences hold
// by number. Full-attention and sliding-window layers have pages of their
// own, for a sequence keeps all of the first and a window of the second.
// Whose page is whose is the caller's business.
type Pages struct {
	kv    KVType
	shape *Shape
	class [2]pageClass
	arena *tensor.Arena
}

type pageClass struct {
	layer  []int // (L) place among the layers of the class
	layers int
	pages  int
	mem    []byte
}

// headBytes is what one key-value head takes in a page: keys as a packed
// panel (D, 32), values by row (32, D), and the scales of both.
func (t KVType) headBytes(headDim int) int {
	n := 2 * PageTokens * headDim
	switch t {
	case KVFloat16:
		return 2 * n
	case KVInt8:
		return n + 2*4*PageTokens
	}
	return 4 * n
}

// PageBytes returns the bytes of a page of the full layers and of one of those
// that slide or have a state.
func PageBytes(s *Shape, kv KVType) (full, window int) {
	n, one := s.layersOf(), s.KVHeads*kv.headBytes(s.HeadDim)
	if s.Delta != nil {
		return n[0] * one, n[1] * 4 * s.Delta.floats()
	}
	return n[0] * one, n[1] * one
}

// NewPages takes the memory of so many pages, outside the Go heap.
func NewPages(s *Shape, kv KVType, full, window int) (*Pages, error) {
	p := &Pages{kv: kv, shape: s}
	size := [2]int{}
	size[0], size[1] = PageBytes(s, kv)
	count := [2]int{full, window}
	total := 0
	for i := range p.class {
		if size[i] > 0 && count[i] > (math.MaxInt-total)/size[i] {
			return nil, fmt.Errorf("model: %d pages of %d bytes are more than memory can hold", count[i], size[i])
		}
		total += size[i] * count[i]
	}
	a, err := tensor.NewArena(total / 4)
	if err != nil {
		return nil, err
	}
	p.arena = a
	mem := bytesOf(a.Float32(total / 4))
	n := s.layersOf()
	for i := range p.class {
		p.class[i] = pageClass{layer: make([]int, s.Layers), layers: n[i], pages: count[i], mem: mem[:size[i]*count[i]]}
		mem = mem[size[i]*count[i]:]
	}
	var seen [2]int
	for l := range s.Layers {
		c := s.class(l)
		p.class[c].layer[l] = seen[c]
		seen[c]++
	}
	return p, nil
}

// Close frees the memory.
func (p *Pages) Close() { p.arena.Close() }

// Len returns the number of pages of the full and of the sliding layers.
func (p *Pages) Len() (full, window int) { return p.class[0].pages, p.class[1].pages }

// state returns the state of layer l in a page: a float32 has to stay one, since
// what is rounded off would come back with every token.
func (p *Pages) state(l int, page int32) []float32 {
	c, n := &p.class[1], 4*p.shape.Delta.floats()
	at := (int(page)*c.layers + c.layer[l]) * n
	return floatsOf(c.mem[at : at+n])
}

// head returns the memory of key-value head g of layer l in a page.
func (p *Pages) head(l, g int, page int32) []byte {
	c := &p.class[p.shape.class(l)]
	n := p.kv.headBytes(p.shape.HeadDim)
	at := ((int(page)*c.layers+c.layer[l])*p.shape.KVHeads + g) * n
	return c.mem[at : at+n]
}

// put writes the key and the value of a token into its page.
func (p *Pages) put(l, g int, page int32, token int, k, v []float32) {
	D := p.shape.HeadDim
	mem := p.head(l, g, page)
	switch p.kv {
	case KVFloat32:
		f := floatsOf(mem)
		panel, row := f[token:PageTokens*D], f[PageTokens*D+token*D:][:D]
		for i, x := range k {
			panel[i*PageTokens] = x
		}
		copy(row, v)
	case KVFloat16:
		h := halvesOf(mem)
		panel, row := h[token:PageTokens*D], h[PageTokens*D+token*D:][:D]
		kernel.Float16s(row, k) // first here, for the panel's are far apart
		for i, x := range row {
			panel[i*PageTokens] = x
		}
		kernel.Float16s(row, v)
	case KVInt8:
		scales := floatsOf(mem[2*PageTokens*D:])
		panel, row := mem[token:PageTokens*D], mem[PageTokens*D+token*D:][:D]
		scales[token] = kernel.ToInt8s(row, k) // first here, as above
		for i, x := range row {
			panel[i*PageTokens] = x
		}
		scales[PageTokens+token] = kernel.ToInt8s(row, v)
	}
}

// keys returns a page's panel of keys (D, 32), in buf if it is not there as floats.
func (p *Pages) keys(l, g int, page int32, buf []float32) []float32 {
	n := PageTokens * p.shape.HeadDim
	mem := p.head(l, g, page)
	switch p.kv {
	case KVFloat16:
		kernel.Float32s(buf[:n], halvesOf(mem[:2*n]))
	case KVInt8:
		kernel.Int8s(buf[:n], mem[:n], (*[PageTokens]float32)(floatsOf(mem[2*n:])))
	default:
		return floatsOf(mem[:4*n])
	}
	return buf[:n]
}

// values writes the values (32, D) of a page to dst.
func (p *Pages) values(l, g int, page int32, dst []float32) {
	D := p.shape.HeadDim
	n := PageTokens * D
	mem := p.head(l, g, page)
	switch p.kv {
	case KVFloat32:
		copy(dst[:n], floatsOf(mem[4*n:]))
	case KVFloat16:
		kernel.Float32s(dst[:n], halvesOf(mem[2*n:]))
	case KVInt8:
		scales := floatsOf(mem[2*n:])[PageTokens:]
		var same [PageTokens]float32
		for t, s := range scales {
			for i := range same {
				same[i] = s
			}
			kernel.Int8s(dst[t*D:(t+1)*D], mem[n+t*D:][:D], &same)
		}
	}
}

func floatsOf(b []byte) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
}

func halvesOf(b []byte) []uint16 {
	return unsafe.Slice((*uint16)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/2)
}

func bytesOf[T float32 | uint16](x []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), len(x)*int(unsafe.Sizeof(x[0])))
}

// Clear makes a page of a class hold nothing: zeros.
func (p *Pages) Clear(class int, page int32) {
	c := &p.class[class]
	if c.pages == 0 {
		return
	}
	n := len(c.mem) / c.pages
	clear(c.mem[int(page)*n : (int(page)+1)*n])
}

// Zero reports whether a page of a class holds nothing but zeros.
func (p *Pages) Zero(class int, page int32) bool {
	c := &p.class[class]
	n := len(c.mem) / max(c.pages, 1)
	for _, b := range c.mem[int(page)*n : (int(page)+1)*n] {
		if b != 0 {
			return false
		}
	}
	return true
}

// Copy makes page dst of the full layers (class 0) or of the sliding ones (1)
// hold what src holds.
func (p *Pages) Copy(class int, dst, src int32) {
	c := &p.class[class]
	if c.pages == 0 {
		return
	}
	n := len(c.mem) / c.pages
	copy(c.mem[int(dst)*n:(int(dst)+1)*n], c.mem[int(src)*n:(int(src)+1)*n])
}
