// Package chinese knows the words of Chinese, how its characters are read, and
// which traditional ones stand for which simplified ones.
package chinese

import (
	_ "embed"
	"encoding/binary"
	"math"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
)

//go:embed data.zst
var packed []byte

// data is what make.py wrote, read once when it is first needed.
var data = sync.OnceValue(read)

func read() *tables {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		panic(err)
	}
	defer d.Close()
	raw, err := d.DecodeAll(packed, nil)
	if err != nil {
		panic("chinese: data.zst: " + err.Error()) // it is embedded
	}
	r := reader(raw)
	words, folds, readings := r.next(), r.next(), r.next()
	t := &tables{folds: map[rune]rune{}, sounds: map[rune]uint16{}}
	t.words(words, r.column(), r.column(), r.column(), r.column())
	from, to := r.column(), r.column()
	for at := rune(0); folds > 0; folds-- {
		at += rune(from.next())
		t.folds[at] = rune(to.next())
	}
	chars, sounds := r.column(), r.column()
	for at := rune(0); readings > 0; readings-- {
		at += rune(chars.next())
		t.sounds[at] = uint16(sounds.next())
	}
	t.syllables = strings.Split(string(*r.column()), "\n")
	for c := range t.chars {
		t.chars[c].plain = uint16(fold(t, rune(c)))
		t.chars[c].class = classify(rune(c))
	}
	return t
}

type reader []byte

func (r *reader) next() int {
	n, size := binary.Uvarint(*r)
	*r = (*r)[size:]
	return int(n)
}

func (r *reader) column() *reader {
	n := r.next()
	c := (*r)[:n]
	*r = (*r)[n:]
	return &c
}

// tables are the dictionaries. The words are a trie whose edges are in one hash
// table: a slot holds the node that an edge leaves (20 bits), its character (16),
// the node it leads to (20), and in its lowest bit whether edges leave that. Those
// from the root are kept with their character. Characters beyond the first plane are
// in no word.
type tables struct {
	chars     [1 << 16]char
	edges     []edge
	costs     []int32 // of each node: −log of how often its word comes, in parts of 65536; 0: it is no word
	unknown   int32   // cost of a character that is no word
	folds     map[rune]rune
	sounds    map[rune]uint16
	syllables []string
}

// A char is all that is known of a character of the first plane, in one place of memory.
type char struct {
	first edge  // of the words that begin with it
	cost  int32 // of the word that it is
	plain uint16
	class class
}

const (
	edgeBits = 20
	root     = 0
)

// An edge is a slot of the tables; 0: there is none, for none leads to the root.
type edge uint64

func (e edge) key() uint64   { return uint64(e >> 21) }
func (e edge) to() int32     { return int32(e >> 1 & (1<<20 - 1)) }
func (e edge) further() bool { return e&1 != 0 }

// words builds the trie of n words in order.
func (t *tables) words(n int, shared, lengths, bytes, counts *reader) {
	t.edges = make([]edge, 1<<edgeBits)
	list := make([]struct {
		node  int32
		count int
	}, n)
	t.costs = make([]int32, 1, 1<<19)
	var path []int32 // node after each character of the word
	total := 0
	for i := range list {
		path = path[:shared.next()]
		size := lengths.next()
		for _, c := range string((*bytes)[:size]) {
			from := int32(root)
			if len(path) > 0 {
				from = path[len(path)-1]
			}
			path = append(path, t.add(from, c))
		}
		*bytes = (*bytes)[size:]
		list[i].node, list[i].count = path[len(path)-1], counts.next()
		total += list[i].count
	}
	cost := func(count int) int32 { // rounded, so that it is the same on every machine
		return max(1, int32(math.Round(math.Log(float64(total)/float64(count))*65536)))
	}
	for _, w := range list {
		if w.count > 0 {
			t.costs[w.node] = cost(w.count)
		}
	}
	t.unknown = cost(1)
	inner := make([]bool, len(t.costs))
	for _, e := range t.edges {
		inner[e.key()>>16] = true
	}
	for i, e := range t.edges {
		if e == 0 {
			continue
		}
		if inner[e.to()] {
			e |= 1
		}
		if t.edges[i] = e; e.key()>>16 == root {
			c := &t.chars[uint16(e.key())]
			c.first, c.cost = e, t.costs[e.to()]
		}
	}
}

func slot(key uint64) uint64 { return key * 0x9e3779b97f4a7c15 >> (64 - edgeBits) }

// find returns the slot of an edge, or the empty one where it would be.
func (t *tables) find(from int32, c uint16) *edge {
	key := uint64(from)<<16 | uint64(c)
	for i := slot(key); ; i = (i + 1) & (1<<edgeBits - 1) {
		if e := &t.edges[i]; e.key() == key || *e == 0 {
			return e
		}
	}
}

// add returns the node that an edge leads to, a new one if need be.
func (t *tables) add(from int32, c rune) int32 {
	if c >= 1<<16 {
		panic("chinese: a word beyond the first plane")
	}
	e := t.find(from, uint16(c))
	if *e == 0 {
		*e = edge(uint64(from)<<37 | uint64(c)<<21 | uint64(len(t.costs))<<1)
		t.costs = append(t.costs, 0)
	}
	return e.to()
}
