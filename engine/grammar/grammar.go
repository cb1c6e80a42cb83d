// Package grammar binds what a model writes to a form: a JSON schema, a
// regular expression, one of some strings, calls of tools. It says which
// tokens may come next, by their bytes.
package grammar

import (
	"encoding/binary"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// A Grammar is a compiled form. Several matchers may use it at a time.
type Grammar struct {
	mu     sync.Mutex
	prog   []inst
	states map[string]*state
	size   int // bytes of states, edges and masks, about
	start  *state
	walk   *walk // the last one
	held   bool  // nothing is forgotten
	rest   []int // by place in prog: bytes, about, up to an end
}

type opcode uint8

const (
	opText   opcode = iota // these bytes
	opWords                // one of some strings
	opRegex                // what a pattern matches, whole
	opSchema               // an instance of a schema
	opFree                 // anything, until a trigger, which is part of it; the text may end in it, and special tokens stand in it, unless x
	opUnless               // anything that does not begin with a text
	opSplit                // go on at either of two places
	opJump
	opEnd
)

// An inst is a step of a grammar's program.
type inst struct {
	op     opcode
	text   string
	words  *byteTrie
	regex  *pattern
	schema *machine
	x, y   int
	tag    bool // a text or trigger that is one special token
}

// A thread is a place in the program and in its step.
type thread struct {
	pc   int
	at   int32  // in a text, words, pattern or trigger
	text string // bytes of a character begun, in a pattern
	f    *frame // in a schema
}

// A state is the threads that a text leads to.
type state struct {
	threads []thread
	end     bool         // the text may end here
	few     []edge       // to the states after some bytes
	next    *[256]*state // to those after all, if there are many
	mask    []uint32     // of vocab
	checks  []check      // of mask
	vocab   *Vocab
	loose   *state // whose mask is computed; nil: not known yet
	least   int32  // see least.go, and 1; 0: not known yet
	ending  *ending
}

// An edge is what a byte leads to.
type edge struct {
	b  byte
	to *state
}

// maxFew is how many edges are looked for one by one.
const maxFew = 8

var deadState = &state{}

// maxSize bounds what is remembered of a grammar's texts, in bytes, about;
// frames of schemas have as much again.
const maxSize = 16 << 20

func newGrammar(prog []inst) *Grammar {
	g := &Grammar{prog: prog, states: map[string]*state{}}
	g.start = g.intern(g.enter(nil, 0))
	return g
}

// Schema compiles a JSON schema. What it asserts and cannot be enforced gives
// an *Error.
func Schema(schema []byte) (*Grammar, error) {
	nodes, err := compile(schema)
	if err != nil {
		return nil, err
	}
	m := newMachine(nodes)
	if !m.alive(m.start) {
		return nil, &Error{Code: Impossible}
	}
	return newGrammar([]inst{{op: opSchema, schema: m}, {op: opEnd}}), nil
}

// Regex compiles a regular expression that the whole text matches: that of
// Go's regexp (RE2) without word boundaries and flags for lines.
func Regex(re string) (*Grammar, error) {
	p, err := newAnchored(re)
	if err != nil {
		return nil, located("", err)
	}
	if p.start == dead {
		return nil, &Error{Code: Impossible}
	}
	return newGrammar([]inst{{op: opRegex, regex: p}, {op: opEnd}}), nil
}

// Choice compiles a list of strings, of which the text is one.
func Choice(list []string) (*Grammar, error) {
	if len(list) == 0 || slices.Contains(list, "") || len(list) > maxChoices {
		return nil, &Error{Code: BadChoice, Number: maxChoices}
	}
	return newGrammar([]inst{{op: opWords, words: newByteTrie(list)}, {op: opEnd}}), nil
}

const maxChoices = 1 << 16

// enter adds the thread that begins at pc, and those after it where its step
// may be empty.
func (g *Grammar) enter(list []thread, pc int) []thread {
	switch i := &g.prog[pc]; i.op {
	case opSplit:
		return g.enter(g.enter(list, i.x), i.y)
	case opJump:
		return g.enter(list, i.x)
	case opSchema:
		return g.add(list, thread{pc: pc, f: i.schema.start})
	case opRegex:
		return g.add(list, thread{pc: pc, at: i.regex.start})
	default:
		return g.add(list, thread{pc: pc})
	}
}

// add adds a thread and, if its step may be over, what follows.
func (g *Grammar) add(list []thread, t thread) []thread {
	if slices.Contains(list, t) {
		return list
	}
	list = append(list, t)
	if g.over(t) {
		list = g.enter(list, t.pc+1)
	}
	return list
}

// over reports whether a thread's step may end where it is.
func (g *Grammar) over(t thread) bool {
	switch i := &g.prog[t.pc]; i.op {
	case opText:
		return int(t.at) == len(i.text)
	case opWords:
		return i.words.word[t.at]
	case opRegex:
		return t.text == "" && i.regex.ends[t.at]
	case opSchema:
		if t.f.phase == inNumber && t.f.parent == nil && numEnds(t.f.place) {
			return i.schema.finish(t.f) != nil
		}
		return t.f.phase == finished
	case opFree:
		return int(t.at) == len(i.text)
	}
	return false
}

// step moves a thread by a byte; false if it ends there.
func (g *Grammar) step(t thread, b byte) (thread, bool) {
	switch i := &g.prog[t.pc]; i.op {
	case opText:
		if int(t.at) < len(i.text) && i.text[t.at] == b && !i.tag {
			t.at++
			return t, true
		}
	case opWords:
		if n, ok := i.words.next[t.at][b]; ok {
			t.at = n
			return t, true
		}
	case opRegex:
		text := t.text + string([]byte{b})
		if !utf8.FullRuneInString(text) {
			t.text = text
			low, high := begun(text)
			return t, i.regex.within(t.at, low, high)
		}
		r, n := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && n == 1 {
			return t, false
		}
		t.text, t.at = "", i.regex.step(t.at, r)
		return t, t.at != dead
	case opSchema:
		if t.f.phase == finished {
			return t, false
		}
		t.f = i.schema.step(t.f, b)
		return t, t.f != nil
	case opUnless:
		t.at = i.unless(t.at, b)
		return t, int(t.at) < len(i.text)
	case opFree:
		if int(t.at) == len(i.text) {
			return t, false
		}
		if !i.tag {
			t.at = after(i.text, t.at, b)
		}
		return t, true
	}
	return t, false
}

// unless moves a thread of text that may not begin with another: below 0 it
// does not.
func (i *inst) unless(at int32, b byte) int32 {
	if at >= 0 && i.text[at] == b {
		return at + 1
	}
	return -1
}

// after returns how much of a trigger stands at the end of a text that ended
// in its first n bytes and goes on with b.
func after(trigger string, n int32, b byte) int32 {
	s := trigger[:n] + string([]byte{b})
	for len(s) > 0 && !strings.HasPrefix(trigger, s) {
		s = s[1:]
	}
	return int32(len(s))
}

// intern returns the one state of some threads; nil if there are none.
func (g *Grammar) intern(list []thread) *state {
	if len(list) == 0 {
		return nil
	}
	var key []byte
	for _, t := range list {
		key = binary.LittleEndian.AppendUint32(key, uint32(t.pc))
		key = binary.LittleEndian.AppendUint32(key, uint32(t.at))
		id := int32(-1)
		if t.f != nil {
			id = t.f.id
		}
		key = binary.LittleEndian.AppendUint32(key, uint32(id))
		key = append(append(key, byte(len(t.text))), t.text...)
	}
	if s := g.states[string(key)]; s != nil {
		return s
	}
	if g.size > maxSize && !g.held {
		g.forget()
	}
	s := &state{threads: list}
	g.size += len(key) + 64*len(list) + 200
	for _, t := range list {
		op := g.prog[t.pc].op
		s.end = s.end || op == opEnd || op == opUnless || op == opFree && g.prog[t.pc].x == 0 && int(t.at) < len(g.prog[t.pc].text)
	}
	g.states[string(key)] = s
	return s
}

// Size returns the bytes, about, that g remembers of the texts that it was
// walked along: at most some 32 MiB.
func (g *Grammar) Size() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := g.size
	for i := range g.prog {
		if m := g.prog[i].schema; m != nil {
			n += m.size
		}
	}
	return n
}

// forget lets go of all states but the first. Those that matchers hold find
// out again what follows them.
func (g *Grammar) forget() {
	for key, s := range g.states {
		s.few, s.next, s.mask, s.checks, s.loose, s.ending = nil, nil, nil, nil, nil, nil
		if s != g.start {
			delete(g.states, key)
		}
	}
	g.size = 0
}

// after returns the state after a byte; nil if it may not come.
func (g *Grammar) after(s *state, b byte) *state {
	to := s.known(b)
	if to == nil {
		var list []thread
		for _, t := range s.threads {
			if u, ok := g.step(t, b); ok {
				list = g.add(list, u)
			}
		}
		if to = g.intern(list); to == nil {
			to = deadState
		}
		g.learn(s, b, to)
	}
	if to == deadState {
		return nil
	}
	return to
}

// known returns the state after a byte, if it was found out before.
func (s *state) known(b byte) *state {
	if s.next != nil {
		return s.next[b]
	}
	for i := range s.few {
		if s.few[i].b == b {
			return s.few[i].to
		}
	}
	return nil
}

// learn notes what a byte leads to.
func (g *Grammar) learn(s *state, b byte, to *state) {
	switch {
	case s.next != nil:
		s.next[b] = to
	case len(s.few) < maxFew:
		s.few = append(s.few, edge{b, to})
	default:
		g.size += 256 * 8
		s.next = new([256]*state)
		for _, e := range s.few {
			s.next[e.b] = e.to
		}
		s.next[b] = to
	}
}

// special returns the state after a special token's text: a tag, or any in
// free text.
func (g *Grammar) special(s *state, text string) *state {
	var list []thread
	for _, t := range s.threads {
		switch i := &g.prog[t.pc]; {
		case i.op == opUnless:
			t.at = -1
			list = g.add(list, t)
		case i.op != opText && i.op != opFree || int(t.at) == len(i.text):
		case i.tag && i.text == text:
			t.at = int32(len(text))
			list = g.add(list, t)
		case i.op == opFree && i.x == 0:
			if t.at = 0; !i.tag {
				for j := range len(text) {
					if int(t.at) < len(i.text) {
						t.at = after(i.text, t.at, text[j])
					}
				}
			}
			list = g.add(list, t)
		}
	}
	return g.intern(list)
}

// A byteTrie is strings by bytes.
type byteTrie struct {
	next []map[byte]int32
	word []bool
	left []int32 // bytes up to the nearest end of one
}

func newByteTrie(words []string) *byteTrie {
	t := &byteTrie{[]map[byte]int32{{}}, []bool{false}, []int32{farther}}
	for _, w := range words {
		n := int32(0)
		for i := range len(w) {
			t.left[n] = min(t.left[n], int32(len(w)-i))
			m, ok := t.next[n][w[i]]
			if !ok {
				m = int32(len(t.next))
				t.next, t.word, t.left = append(t.next, map[byte]int32{}), append(t.word, false), append(t.left, farther)
				t.next[n][w[i]] = m
			}
			n = m
		}
		t.word[n], t.left[n] = true, 0
	}
	return t
}
