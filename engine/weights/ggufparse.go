package weights

import (
	"cmp"
	"encoding/binary"
	"math"
	"os"
	"slices"
	"unicode"
	"unicode/utf8"
)

// Bounds of what is read. No model comes near them.
const (
	maxDepth = 4         // of arrays in arrays
	maxName  = 1<<16 - 1 // bytes of a key or of a tensor's name
	maxAlign = 1 << 20   // bytes
	maxDims  = 4
)

// The fewest bytes that a pair and a tensor take: a name of one byte, a kind
// and a value of one byte; a name, no dimensions, a type and an offset.
const (
	leastPair   = 8 + 1 + 4 + 1
	leastTensor = 8 + 1 + 4 + 4 + 8
)

// A part is one file of a GGUF, checked.
type part struct {
	file    *os.File
	path    string
	version uint32
	meta    []Pair
	tensors []GGUFTensor
	data    []byte // the whole file
	start   int64  // of the weights in data
}

// parse checks the bytes of a whole file. No count, length or offset of it is
// believed before it was compared with what is left of the file, so that the
// memory that parse takes is within a small factor of the part before the
// weights, which is at most maxHeader. An error is a *GGUFError.
func parse(path string, data []byte) (*part, error) {
	c := &cursor{path: path, data: data[:min(len(data), maxHeader)], size: len(data)}
	p := &part{path: path, data: data}
	tensors, pairs := c.head(p)
	p.meta = c.pairs(pairs)
	align := c.alignment(p.meta)
	p.tensors = c.tensors(tensors)
	if c.err != nil {
		return nil, c.err
	}
	p.start = min((int64(c.at)+align-1)/align*align, int64(len(data)))
	if err := place(path, p.tensors, align, int64(len(data))-p.start); err != nil {
		return nil, err
	}
	return p, nil
}

// place checks where the tensors lie in the size bytes of data.
func place(path string, tensors []GGUFTensor, align, size int64) error {
	order := make([]int, 0, len(tensors))
	for i, t := range tensors {
		bad := &GGUFError{Path: path, Place: t.Name, At: -1}
		switch {
		case t.At%align != 0:
			bad.Fault, bad.Args = NotAligned, []any{t.At, align}
			return bad
		case t.At > size || t.Bytes > size-t.At:
			bad.Fault, bad.Args = OutOfRange, []any{t.At, uint64(t.At) + uint64(t.Bytes), size}
			return bad
		}
		if t.Bytes > 0 {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(tensors[i].At, tensors[j].At), cmp.Compare(i, j))
	})
	for i := 1; i < len(order); i++ {
		before, t := tensors[order[i-1]], tensors[order[i]]
		if t.At < before.At+before.Bytes {
			return &GGUFError{Path: path, Place: t.Name, At: -1, Fault: Overlap, Args: []any{before.Name}}
		}
	}
	return nil
}

// A cursor reads the part before the weights. After its first error it reads
// nothing more, and gives zeros.
type cursor struct {
	path  string
	place string // key or tensor that is being read
	data  []byte // what may be read: maxHeader bytes at most
	size  int    // bytes of the file
	at    int
	err   error
}

// fail notes the first error, at the byte from, or nowhere if it is negative.
func (c *cursor) fail(from int, f Fault, args ...any) {
	if c.err == nil {
		c.err = &GGUFError{c.path, c.place, int64(from), f, args, nil}
	}
}

// take returns the next n bytes.
func (c *cursor) take(n int) []byte {
	left := len(c.data) - c.at
	switch {
	case c.err != nil:
		return nil
	case n <= left:
		c.at += n
		return c.data[c.at-n : c.at]
	case len(c.data) < c.size:
		c.fail(c.at, LongHeader, maxHeader)
	default:
		c.fail(c.at, CutShort, n, left)
	}
	return nil
}

func (c *cursor) u8() uint8 {
	if b := c.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (c *cursor) u16() uint16 {
	if b := c.take(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (c *cursor) u32() uint32 {
	if b := c.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (c *cursor) u64() uint64 {
	if b := c.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (c *cursor) boolean() bool {
	v := c.u8()
	if v > 1 {
		c.fail(c.at-1, BadBool, v)
	}
	return v == 1
}

// count reads how many items follow, of at least least bytes each.
func (c *cursor) count(least int) int {
	from, n := c.at, c.u64()
	return c.fits(from, n, least)
}

// fits returns n if so many items may follow; from is where n stands.
func (c *cursor) fits(from int, n uint64, least int) int {
	left := len(c.data) - c.at
	switch {
	case c.err != nil:
		return 0
	case n <= uint64(left/least):
		return int(n)
	case len(c.data) < c.size && n <= uint64((c.size-c.at)/least):
		c.fail(from, LongHeader, maxHeader)
	default:
		c.fail(from, TooMany, n, c.size-c.at)
	}
	return 0
}

func (c *cursor) text() string { return string(c.take(c.count(1))) }

// name reads a key or the name of a tensor, which errors and screens show.
func (c *cursor) name() string {
	c.place = ""
	from, s := c.at, c.text()
	if c.err == nil && !isName(s) {
		c.fail(from, BadName, maxName)
	}
	c.place = s
	return s
}

// isName reports whether s can be a key or the name of a tensor.
func isName(s string) bool {
	if s == "" || len(s) > maxName || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// head reads magic, version and the two counts.
func (c *cursor) head(p *part) (tensors, pairs int) {
	if magic := c.take(4); c.err == nil && string(magic) != "GGUF" {
		c.fail(-1, NotGGUF, string(magic)) // a copy: the mapping ends before the error does
	}
	p.version = c.u32()
	switch v := p.version; {
	case c.err != nil:
	case v&0xffff == 0 && v != 0:
		c.fail(-1, BigEndian)
	case v != 2 && v != 3: // version 1 has counts of 32 bits
		c.fail(-1, WrongVersion, v)
	}
	n := c.u64()
	pairs = c.count(leastPair)
	return c.fits(8, n, leastTensor), pairs
}

func (c *cursor) pairs(n int) []Pair {
	var list []Pair // grows with what is read, not with what is claimed
	seen := map[string]bool{}
	for range n {
		from, key := c.at, c.name()
		if seen[key] {
			c.fail(from, Twice)
		}
		seen[key] = true
		kind := Kind(c.u32())
		list = append(list, Pair{key, c.value(kind, 0)})
		if c.err != nil {
			return nil
		}
	}
	c.place = ""
	return list
}

// value reads a value of a kind, which stood in the four bytes before it, or
// before the count of its array.
func (c *cursor) value(k Kind, depth int) any {
	switch k {
	case KindUint8:
		return c.u8()
	case KindInt8:
		return int8(c.u8())
	case KindUint16:
		return c.u16()
	case KindInt16:
		return int16(c.u16())
	case KindUint32:
		return c.u32()
	case KindInt32:
		return int32(c.u32())
	case KindFloat32:
		return math.Float32frombits(c.u32())
	case KindBool:
		return c.boolean()
	case KindString:
		return c.text()
	case KindArray:
		return c.array(depth + 1)
	case KindUint64:
		return c.u64()
	case KindInt64:
		return int64(c.u64())
	case KindFloat64:
		return math.Float64frombits(c.u64())
	}
	c.fail(c.at-4, UnknownKind, uint32(k))
	return nil
}

func (c *cursor) array(depth int) any {
	from := c.at
	if depth > maxDepth {
		c.fail(from, TooDeep, maxDepth)
		return nil
	}
	k := Kind(c.u32())
	if int64(k) >= int64(len(kinds)) {
		c.fail(from, UnknownKind, uint32(k))
		return nil
	}
	n := c.count(kinds[k].bytes)
	switch k {
	case KindUint8:
		return list(c, n, c.u8)
	case KindInt8:
		return list(c, n, func() int8 { return int8(c.u8()) })
	case KindUint16:
		return list(c, n, c.u16)
	case KindInt16:
		return list(c, n, func() int16 { return int16(c.u16()) })
	case KindUint32:
		return list(c, n, c.u32)
	case KindInt32:
		return list(c, n, func() int32 { return int32(c.u32()) })
	case KindFloat32:
		return list(c, n, func() float32 { return math.Float32frombits(c.u32()) })
	case KindBool:
		return list(c, n, c.boolean)
	case KindString:
		return list(c, n, c.text)
	case KindUint64:
		return list(c, n, c.u64)
	case KindInt64:
		return list(c, n, func() int64 { return int64(c.u64()) })
	case KindFloat64:
		return list(c, n, func() float64 { return math.Float64frombits(c.u64()) })
	}
	return list(c, n, func() any { return c.array(depth + 1) })
}

// list reads n elements of an array.
func list[T any](c *cursor, n int, read func() T) []T {
	s := make([]T, n)
	for i := range s {
		if s[i] = read(); c.err != nil {
			break
		}
	}
	return s
}

// alignment returns what general.alignment says, or what the format does.
func (c *cursor) alignment(meta []Pair) int64 {
	i := slices.IndexFunc(meta, func(p Pair) bool { return p.Key == keyAlignment })
	if i < 0 {
		return alignment
	}
	c.place = keyAlignment
	v, ok := meta[i].Value.(uint32)
	if !ok {
		k, _ := kindOf(meta[i].Value)
		c.fail(-1, WrongKind, k, KindUint32)
		return alignment
	}
	if v == 0 || v&(v-1) != 0 || v > maxAlign {
		c.fail(-1, BadAlign, v, maxAlign)
		return alignment
	}
	return int64(v)
}

func (c *cursor) tensors(n int) []GGUFTensor {
	var tensors []GGUFTensor
	seen := map[string]bool{}
	for range n {
		from, name := c.at, c.name()
		if seen[name] {
			c.fail(from, Twice)
		}
		seen[name] = true
		tensors = append(tensors, c.tensor(name))
		if c.err != nil {
			return nil
		}
	}
	c.place = ""
	return tensors
}

// tensor reads what follows a tensor's name.
func (c *cursor) tensor(name string) GGUFTensor {
	from := c.at
	dims := c.u32()
	if dims > maxDims {
		c.fail(from, ManyDims, dims, maxDims)
		return GGUFTensor{}
	}
	t := GGUFTensor{Name: name, Shape: make([]int, dims)}
	sizes := make([]uint64, dims) // as in the file: the row length first
	row, weights := int64(1), int64(1)
	fits := true
	for i := range sizes {
		d := c.u64()
		sizes[i] = d
		if d > math.MaxInt || d != 0 && uint64(weights) > math.MaxInt64/d {
			fits = false
			continue
		}
		weights *= int64(d)
		t.Shape[len(t.Shape)-1-i] = int(d)
		if i == 0 {
			row = int64(d)
		}
	}
	if !fits {
		c.fail(from, BadShape, sizes)
	}
	from = c.at
	t.Type = Type(c.u32())
	block, _ := t.Type.Block()
	switch {
	case c.err != nil:
		return t
	case block == 0 && t.Type.layout().name != "":
		c.fail(from, RetiredType, t.Type)
		return t
	case block == 0:
		c.fail(from, UnknownType, uint32(t.Type))
		return t
	case row%int64(block) != 0:
		c.fail(from, CutBlocks, row, block, t.Type)
		return t
	}
	var ok bool
	if t.Bytes, ok = t.Type.Size(weights); !ok {
		c.fail(from, BadShape, sizes)
	}
	from = c.at
	at := c.u64()
	if at > math.MaxInt64 {
		c.fail(from, OutOfRange, at, at, c.size)
	}
	t.At = int64(at)
	return t
}
