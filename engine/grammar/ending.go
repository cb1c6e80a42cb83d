package grammar

import (
	"container/heap"
	"encoding/binary"
	"hash/maphash"
	"slices"
	"strings"
)

// A text that is about to run out of room has to come to its end. What the
// schemas of a value say of each other's values cannot be added up, so an end
// is searched: along the bytes that may follow, nearest first, for a bounded
// number of steps. What is found depends on the state alone.

// An ending is what was found of the end of a text.
type ending struct {
	found bool
	text  []piece
	work  int
	vocab *Vocab
	ids   []int32 // the same as tokens of vocab; nil, if not found: they cannot write it
}

// A piece is a text or a special token.
type piece struct {
	text string
	tag  bool
}

// maxSteps bounds the work of one search, and maxSearch that of all for one
// text. A step is an edge, or 64 bytes that it copies.
const (
	maxSteps  = 1 << 12
	maxSearch = 1 << 16
)

// A place is where a search has been.
type place struct {
	s    *state
	from int32 // place before; -1: none
	by   piece
	cost int32 // bytes up to here
	far  int32 // cost and what is ahead
}

// A frontier is the places to go on from, the most hopeful first.
type frontier struct {
	list   []int32
	places *[]place
}

func (f *frontier) Len() int { return len(f.list) }
func (f *frontier) Less(i, j int) bool {
	a, b := f.list[i], f.list[j]
	p, q := &(*f.places)[a], &(*f.places)[b]
	if p.far != q.far {
		return p.far < q.far
	}
	if p.cost != q.cost {
		return p.cost > q.cost
	}
	return a < b
}
func (f *frontier) Swap(i, j int) { f.list[i], f.list[j] = f.list[j], f.list[i] }
func (f *frontier) Push(x any)    { f.list = append(f.list, x.(int32)) }
func (f *frontier) Pop() any {
	x := f.list[len(f.list)-1]
	f.list = f.list[:len(f.list)-1]
	return x
}

// hold keeps what is remembered, so that a search meets no place twice.
func (g *Grammar) hold(on bool) {
	g.held = on
	for i := range g.prog {
		if m := g.prog[i].schema; m != nil {
			m.held = on
		}
	}
}

// end returns what there is to know of the end of a text that led to s.
func (g *Grammar) end(s *state, v *Vocab) *ending {
	if s.ending == nil {
		s.ending = g.search(s)
		for _, p := range s.ending.text {
			g.size += 24 + len(p.text)
		}
		g.size += 80
	}
	if e := s.ending; e.found && e.vocab != v {
		e.ids, e.vocab = v.write(e.text), v
	}
	return s.ending
}

func (g *Grammar) search(s *state) *ending {
	g.hold(true)
	defer g.hold(false)
	e := &ending{}
	places := []place{{s: s, from: -1, far: int32(ahead * g.least(s))}}
	open := frontier{[]int32{0}, &places}
	known := map[uint64]bool{g.sum(s): true}
	for len(open.list) > 0 && e.work < maxSteps {
		at := heap.Pop(&open).(int32)
		p := places[at]
		if p.s.end {
			e.found, e.text = true, way(places, at)
			return e
		}
		for _, by := range g.pieces(p.s) {
			e.work += 1 + p.s.bulk()/64
			to := g.text(p.s, by.text)
			n := int32(len(by.text))
			if by.tag {
				to, n = g.special(p.s, by.text), 1
			}
			if to == nil {
				continue
			}
			sum := g.sum(to)
			if known[sum] {
				continue
			}
			known[sum] = true
			open.places = &places
			places = append(places, place{to, at, by, p.cost + n, p.cost + n + int32(ahead*g.least(to))})
			heap.Push(&open, int32(len(places)-1))
		}
	}
	return e
}

// ahead is how much more what is ahead counts than what has been written: more
// finds an end sooner, less finds a shorter one.
const ahead = 2

// way returns the pieces that lead to a place.
func way(places []place, at int32) (list []piece) {
	for ; places[at].from >= 0; at = places[at].from {
		list = append(list, places[at].by)
	}
	slices.Reverse(list)
	return list
}

// bulk returns the bytes that each step copies, of what arrays keep, and what
// judging many schemas and reading a number are worth.
func (s *state) bulk() (n int) {
	for _, t := range s.threads {
		for f := t.f; f != nil; f = f.parent {
			n += len(f.items) + len(f.raw) + len(f.others)
		}
		if t.f != nil {
			n += len(t.f.g.nodes)
			if t.f.phase == inNumber {
				n += 16 * len(t.f.text)
			}
		}
	}
	return n
}

var seed = maphash.MakeSeed()

// sum tells states apart by what they are, not by when they were met.
func (g *Grammar) sum(s *state) uint64 {
	var b []byte
	for _, t := range s.threads {
		b = binary.LittleEndian.AppendUint32(b, uint32(t.pc))
		b = binary.LittleEndian.AppendUint32(b, uint32(t.at))
		b = binary.LittleEndian.AppendUint64(b, t.f.total())
		b = append(append(b, byte(len(t.text))), t.text...)
	}
	return maphash.Bytes(seed, b)
}

func (f *frame) total() uint64 {
	if f == nil {
		return 1
	}
	if f.sum == 0 {
		b := f.appendKey(nil)[4:] // without the parent's number
		f.sum = maphash.Bytes(seed, binary.LittleEndian.AppendUint64(b, f.parent.total())) | 1
	}
	return f.sum
}

// least returns the bytes, about, up to the end of a text that led to s.
func (g *Grammar) least(s *state) int {
	if s.least > 0 {
		return int(s.least) - 1
	}
	if g.rest == nil {
		g.measure()
	}
	least := farther
	for _, t := range s.threads {
		i := &g.prog[t.pc]
		n := 0
		switch i.op {
		case opText:
			n = i.size() - int(t.at)
		case opFree:
			if n = i.size() - int(t.at); i.x == 0 {
				n = 0
			}
		case opWords:
			n = int(i.words.left[t.at])
		case opRegex:
			n = int(i.regex.far[t.at])
		case opSchema:
			n = i.schema.remains(t.f)
		}
		if i.op != opFree || i.x != 0 {
			if i.op != opUnless && i.op != opEnd {
				n += g.rest[t.pc+1]
			}
		}
		least = min(least, n)
	}
	s.least = int32(least) + 1
	return least
}

// size returns what a text costs: a special token is one.
func (i *inst) size() int {
	if i.tag {
		return 1
	}
	return len(i.text)
}

// measure finds what is ahead of each place of the program.
func (g *Grammar) measure() {
	g.rest = make([]int, len(g.prog))
	for pc := range g.rest {
		g.rest[pc] = farther
	}
	for changed := true; changed; {
		changed = false
		for pc := len(g.prog) - 1; pc >= 0; pc-- {
			n := 0
			switch i := &g.prog[pc]; i.op {
			case opSplit:
				n = min(g.rest[i.x], g.rest[i.y])
			case opJump:
				n = g.rest[i.x]
			case opText:
				n = i.size() + g.rest[pc+1]
			case opFree:
				if i.x != 0 {
					n = i.size() + g.rest[pc+1]
				}
			case opWords:
				n = int(i.words.left[0]) + g.rest[pc+1]
			case opRegex:
				n = int(i.regex.far[i.regex.start]) + g.rest[pc+1]
			case opSchema:
				n = i.schema.remains(i.schema.start) + g.rest[pc+1]
			}
			if n < g.rest[pc] {
				g.rest[pc], changed = n, true
			}
		}
	}
}

// write returns tokens for a text, the longest first; nil if there are none.
func (v *Vocab) write(list []piece) []int32 {
	v.order.Do(func() {
		for id, s := range v.tokens {
			if _, special := v.special[int32(id)]; s != "" && !special {
				v.byText = append(v.byText, int32(id))
			}
		}
		slices.SortStableFunc(v.byText, func(a, b int32) int { return strings.Compare(v.tokens[a], v.tokens[b]) })
	})
	ids := []int32{}
	for len(list) > 0 {
		if list[0].tag {
			id := v.tag(list[0].text)
			if id < 0 {
				return nil
			}
			ids, list = append(ids, id), list[1:]
			continue
		}
		var text strings.Builder
		for len(list) > 0 && !list[0].tag {
			text.WriteString(list[0].text)
			list = list[1:]
		}
		for s := text.String(); s != ""; {
			id := v.longestOf(s)
			if id < 0 {
				return nil
			}
			ids, s = append(ids, id), s[len(v.tokens[id]):]
		}
	}
	return ids
}

// tag returns the special token of a text; -1: none.
func (v *Vocab) tag(text string) int32 {
	least := int32(-1)
	for id, s := range v.special {
		if s == text && (least < 0 || id < least) {
			least = id
		}
	}
	return least
}

// longestOf returns the longest token that a text begins with; -1: none.
func (v *Vocab) longestOf(s string) int32 {
	best, list := int32(-1), v.byText
	for n := 1; n <= len(s) && len(list) > 0; n++ {
		from, _ := slices.BinarySearchFunc(list, s[:n], func(id int32, s string) int { return strings.Compare(v.tokens[id], s) })
		list = list[from:]
		to, _ := slices.BinarySearchFunc(list, s[:n], func(id int32, s string) int {
			if strings.HasPrefix(v.tokens[id], s) {
				return -1
			}
			return strings.Compare(v.tokens[id], s)
		})
		if list = list[:to]; len(list) > 0 && len(v.tokens[list[0]]) == n {
			best = list[0]
		}
	}
	return best
}
