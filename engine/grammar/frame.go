package grammar

import (
	"encoding/binary"
)

// Where a frame is in its value.
type phase uint8

const (
	atValue  phase = iota // before its first byte
	inString              // a value
	inKey                 // a member's name; the frame's parent is the object
	inNumber
	inLiteral
	objFirst // after {
	objKey   // after a comma
	objColon
	objNext // after a member
	arrFirst
	arrNext
	finished // the whole text
)

// A frame is how far one value has been read. Frames do not change; equal
// ones are the same, so that what follows from one is found out once.
type frame struct {
	id     int32
	parent *frame // the container that the value is in; nil: none
	g      *group
	link   *link // of the child that is read, of a container

	phase  phase
	place  uint8  // in a number
	spaces uint8  // in a row, before
	n      int32  // code points, members or elements, as far as they are counted
	word   int32  // in g.words
	key    int32  // in the parent's g.keys
	text   string // of a number or literal; of a string, the bytes of a character begun
	states string // of patterns, 4 bytes each: g's, then, of a name, the parent's shapes
	own    string // of a container: what parts have made sure of, by node
	seen   string // of an object: which names, a byte each
	others string // of one whose members are counted: the names that no schema knows, quoted
	name   string // begun in such a one
	found  string // of an array: elements that contains holds for, 4 bytes by node
	items  string // of an array that must be unique: its elements, as JSON with NULs between
	raw    string // of it: the element that is read
	loose  bool   // its elements are not kept: see unique.go

	sum  uint64 // of all that makes it what it is; 0: not known yet
	left int32  // see least.go, and 1; 0: not known yet
}

// appendKey writes all that makes a frame what it is.
func (f *frame) appendKey(b []byte) []byte {
	num := func(x int32) { b = binary.LittleEndian.AppendUint32(b, uint32(x)) }
	str := func(s string) {
		num(int32(len(s)))
		b = append(b, s...)
	}
	id := int32(-1)
	if f.parent != nil {
		id = f.parent.id
	}
	num(id)
	num(f.g.id)
	id = -1
	if f.link != nil {
		id = f.link.id
	}
	num(id)
	b = append(b, byte(f.phase), f.place, f.spaces)
	num(f.n)
	num(f.word)
	num(f.key)
	for _, s := range []string{f.text, f.states, f.own, f.seen, f.others, f.name, f.found, f.items, f.raw} {
		str(s)
	}
	if f.loose {
		b = append(b, 1)
	}
	return b
}

// intern returns the one frame that is equal to f.
func (m *machine) intern(f *frame) *frame {
	m.buf = f.appendKey(m.buf[:0])
	if g, ok := m.frames[string(m.buf)]; ok {
		return g
	}
	f.id, f.sum, f.left = m.count, 0, 0
	m.count++
	m.frames[string(m.buf)] = f
	m.size += 2*len(m.buf) + 300
	return f
}

// with returns a copy of f, changed.
func (m *machine) with(f *frame, change func(f *frame)) *frame {
	c := *f
	change(&c)
	return m.intern(&c)
}

// starts returns the states that patterns begin in, packed.
func starts(list []*pattern) string {
	b := make([]byte, 4*len(list))
	for i, p := range list {
		putState(b, i, p.start)
	}
	return string(b)
}

// state reads number i of packed states, and put writes it.
func stateAt(s string, i int) int32 {
	return int32(binary.LittleEndian.Uint32([]byte(s[4*i : 4*i+4])))
}

func putState(b []byte, i int, x int32) { binary.LittleEndian.PutUint32(b[4*i:], uint32(x)) }
