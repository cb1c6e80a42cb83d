package grammar

import (
	"encoding/binary"
	"fmt"
	"regexp/syntax"
	"slices"
	"unicode"
	"unicode/utf8"
)

// A pattern is a regular expression as an automaton over classes of
// characters. It does not change.
type pattern struct {
	letters *alphabet
	start   int32
	next    []int32 // by state and class; dead: no match can come
	sure    []bool  // any text may follow, and it matches
	ends    []bool  // it matches if the text ends here
	idle    []bool  // every character but those below space leaves the state as it is
	far     []int32 // characters up to a match, at least
	work    int     // of making it
}

const dead = int32(-1)

// Bounds of a pattern.
const (
	maxPattern = 1 << 14 // bytes
	maxInsts   = 1 << 15
	maxTable   = 1 << 20 // states × classes, and sets × segments
	maxWork    = 1 << 25 // instructions looked at while it is made
)

// step returns the state after a character.
func (p *pattern) step(s int32, r rune) int32 {
	if s == dead {
		return dead
	}
	return p.next[int(s)*len(p.letters.some)+int(p.letters.of(r))]
}

// within reports whether a character from low to high may follow.
func (p *pattern) within(s int32, low, high rune) bool {
	if s == dead {
		return false
	}
	row := p.next[int(s)*len(p.letters.some):]
	for _, c := range p.letters.within(low, high) {
		if row[c] != dead {
			return true
		}
	}
	return false
}

// A builder makes a pattern of a program: its states are the sets of
// instructions that a text can lead to.
type builder struct {
	text  string // of the pattern, for errors
	prog  *syntax.Prog
	takes [][]bool // by instruction: the classes of characters that it reads
	sets  [][]uint32
	known map[string]int32
	marks []int // by instruction: the last search that met it
	mark  int
	size  int // of sets
	work  int
}

// build makes the automaton of a program.
func build(text string, prog *syntax.Prog) (*pattern, error) {
	b := &builder{text: text, prog: prog, known: map[string]int32{}, marks: make([]int, len(prog.Inst))}
	p := &pattern{}
	var err error
	if p.letters, err = b.divide(); err != nil {
		return nil, err
	}
	p.start = b.intern(b.closure([]uint32{uint32(prog.Start)}, true))
	for s := 0; s < len(b.sets); s++ {
		for c := range p.letters.some {
			var out []uint32
			for _, pc := range b.sets[s] {
				if takes := b.takes[pc]; takes != nil && takes[c] {
					out = append(out, prog.Inst[pc].Out)
				}
			}
			b.work += len(b.sets[s]) + 1
			p.next = append(p.next, b.intern(b.closure(out, false)))
		}
		if len(p.next) > maxTable || b.size > maxTable || b.work > maxWork {
			return nil, b.tooMuch()
		}
	}
	p.ends = make([]bool, len(b.sets))
	for s, set := range b.sets {
		p.ends[s] = b.atEnd(set)
	}
	p.look()
	p.work = b.work
	return p, nil
}

func (b *builder) tooMuch() error {
	return bad("", PatternStates, b.text)
}

// divide makes the alphabet of the sets of characters that the program reads.
func (b *builder) divide() (*alphabet, error) {
	var sets [][]rune // of pairs
	var cuts []rune
	of := make([]int, len(b.prog.Inst)) // the set of an instruction
	number := map[string]int{}
	shared := map[*rune]int{} // instructions of a repetition share theirs
	for pc := range b.prog.Inst {
		i := &b.prog.Inst[pc]
		of[pc] = -1
		pairs := reads(i)
		if pairs == nil {
			continue
		}
		if n, ok := shared[&pairs[0]]; ok {
			of[pc] = n
			continue
		}
		key := fmt.Sprint(pairs)
		n, ok := number[key]
		if !ok {
			n = len(sets)
			number[key], sets = n, append(sets, pairs)
			for j := 0; j < len(pairs); j += 2 {
				cuts = append(cuts, pairs[j], pairs[j+1]+1)
			}
		}
		of[pc], shared[&pairs[0]] = n, n
		if len(cuts) > maxTable || b.work > maxTable {
			return nil, b.tooMuch()
		}
		b.work += len(pairs)
	}
	if len(sets)*len(cuts) > maxTable {
		return nil, b.tooMuch()
	}
	var labels []func(r rune) int32
	for _, pairs := range sets {
		labels = append(labels, func(r rune) int32 {
			i, found := slices.BinarySearch(pairs, r)
			if found || i%2 == 1 {
				return 1
			}
			return 0
		})
	}
	letters := newAlphabet(cuts, labels...)
	in := make([][]bool, len(sets))
	for n := range sets {
		in[n] = make([]bool, len(letters.some))
		for c, r := range letters.some {
			in[n][c] = labels[n](r) == 1
		}
	}
	b.takes = make([][]bool, len(b.prog.Inst))
	for pc, n := range of {
		if n >= 0 {
			b.takes[pc] = in[n]
		}
	}
	return letters, nil
}

var (
	anyRune      = []rune{0, unicode.MaxRune}
	anyRuneNotNL = []rune{0, '\n' - 1, '\n' + 1, unicode.MaxRune}
)

// reads returns the characters that an instruction reads, as ascending pairs
// of first and last; nil: it reads none.
func reads(i *syntax.Inst) []rune {
	switch i.Op {
	case syntax.InstRuneAny:
		return anyRune
	case syntax.InstRuneAnyNotNL:
		return anyRuneNotNL
	case syntax.InstRune, syntax.InstRune1:
	default:
		return nil
	}
	if len(i.Rune) != 1 {
		if len(i.Rune) == 0 {
			return nil
		}
		return i.Rune
	}
	list := []rune{i.Rune[0]}
	if syntax.Flags(i.Arg)&syntax.FoldCase != 0 {
		for r := unicode.SimpleFold(i.Rune[0]); r != i.Rune[0]; r = unicode.SimpleFold(r) {
			list = append(list, r)
		}
	}
	slices.Sort(list)
	var pairs []rune
	for _, r := range list {
		pairs = append(pairs, r, r)
	}
	return pairs
}

// closure follows what reads nothing. What must stand at the end stays in the
// set, which is sorted.
func (b *builder) closure(from []uint32, begin bool) []uint32 {
	b.mark++
	var set []uint32
	for stack := from; len(stack) > 0; {
		pc := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if b.marks[pc] == b.mark {
			continue
		}
		b.marks[pc] = b.mark
		b.work++
		switch i := &b.prog.Inst[pc]; i.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			stack = append(stack, i.Out, i.Arg)
		case syntax.InstCapture, syntax.InstNop:
			stack = append(stack, i.Out)
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(i.Arg)&syntax.EmptyEndText != 0 {
				set = append(set, pc)
			} else if begin {
				stack = append(stack, i.Out)
			}
		case syntax.InstFail:
		default:
			set = append(set, pc)
		}
	}
	slices.Sort(set)
	return set
}

// intern returns the state of a set.
func (b *builder) intern(set []uint32) int32 {
	if len(set) == 0 {
		return dead
	}
	key := make([]byte, 0, 4*len(set))
	for _, pc := range set {
		key = binary.LittleEndian.AppendUint32(key, pc)
	}
	s, ok := b.known[string(key)]
	if !ok {
		s = int32(len(b.sets))
		b.known[string(key)] = s
		b.sets = append(b.sets, set)
		b.size += len(set)
	}
	return s
}

// atEnd reports whether a set matches when nothing follows.
func (b *builder) atEnd(set []uint32) bool {
	b.mark++
	for stack := slices.Clone(set); len(stack) > 0; {
		pc := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if b.marks[pc] == b.mark {
			continue
		}
		b.marks[pc] = b.mark
		switch i := &b.prog.Inst[pc]; i.Op {
		case syntax.InstMatch:
			return true
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(i.Arg)&syntax.EmptyBeginText == 0 {
				stack = append(stack, i.Out)
			}
		case syntax.InstAlt, syntax.InstAltMatch:
			stack = append(stack, i.Out, i.Arg)
		case syntax.InstCapture, syntax.InstNop:
			stack = append(stack, i.Out)
		}
	}
	return false
}

// look finds out which states lead to no match, which to nothing else, and
// which to themselves.
func (p *pattern) look() {
	n, classes := len(p.ends), len(p.letters.some)
	before := make([][]int32, n) // states that a character leads from
	loses := make([]bool, n)     // a text that does not match may follow
	var hopes, lost []int32
	for s := range int32(n) {
		if p.ends[s] {
			hopes = append(hopes, s)
		} else {
			loses[s] = true
			lost = append(lost, s)
		}
		last := dead
		for _, t := range p.next[int(s)*classes : (int(s)+1)*classes] {
			switch {
			case t == dead && !loses[s]:
				loses[s] = true
				lost = append(lost, s)
			case t != dead && t != last:
				before[t] = append(before[t], s)
				last = t
			}
		}
	}
	p.far = make([]int32, n)
	for list := slices.Clone(hopes); len(list) > 0; list = list[1:] {
		s := list[0]
		for _, t := range before[s] {
			if p.far[t] == 0 && !p.ends[t] {
				p.far[t] = p.far[s] + 1
				list = append(list, t)
			}
		}
	}
	reach := func(from []int32, seen []bool) {
		for len(from) > 0 {
			s := from[len(from)-1]
			from = from[:len(from)-1]
			for _, t := range before[s] {
				if !seen[t] {
					seen[t] = true
					from = append(from, t)
				}
			}
		}
	}
	reach(lost, loses)
	live := slices.Clone(p.ends)
	reach(hopes, live)
	p.sure, p.idle = make([]bool, n), make([]bool, n)
	shown := make([]bool, classes) // a character of the class is not below space
	for i, c := range p.letters.class {
		shown[c] = shown[c] || i+1 == len(p.letters.from) || p.letters.from[i+1] > ' '
	}
	for s := range int32(n) {
		p.sure[s] = !loses[s]
		p.idle[s] = true
		row := p.next[int(s)*classes : (int(s)+1)*classes]
		for c, t := range row {
			if t != dead && !live[t] {
				row[c] = dead
			}
			p.idle[s] = p.idle[s] && (row[c] == s || !shown[c])
		}
	}
	if p.start != dead && !live[p.start] {
		p.start = dead
	}
}

// clip shortens what an error repeats.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	n := most
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
