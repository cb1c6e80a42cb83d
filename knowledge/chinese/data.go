// Package chinese knows the words of Chinese, how its characters are read, and
// which traditional ones stand for which simplified ones.
package chinese

import (
	_ "embed"
	"encoding/binary"
	"math"
	"strings"
	"sync"
	"unicode"

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
	for c := range t.plain {
		t.plain[c] = uint16(fold(t, rune(c)))
	}
	for _, table := range []*unicode.RangeTable{unicode.L, unicode.Nd, unicode.Mn} {
		for _, r := range table.R16 {
			for c := rune(r.Lo); c <= rune(r.Hi); c += rune(r.Stride) {
				t.classes[c] = latin
			}
		}
	}
	for c := range t.classes {
		switch {
		case c < len(classes):
			t.classes[c] = classes[c]
		case IsHan(rune(c)):
			t.classes[c] = han
		}
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
// table: a slot holds the node that an edge leaves (20 bits), its character (16)
// and the node it leads to (20). Characters beyond the first plane are in no word.
type tables struct {
	edges     []uint64
	some      [1 << someBits / 64]uint64 // a bit for each edge by its hash: most that are asked for are not there, and this is a sixteenth of edges
	first     [1 << 16]int32             // the nodes that the edges of the root lead to
	costs     []int32                    // of each node: −log of how often its word comes, in parts of 65536; 0: it is no word
	unknown   int32                      // cost of a character that is no word
	folds     map[rune]rune
	plain     [1 << 16]uint16 // fold of the first plane
	classes   [1 << 16]class
	sounds    map[rune]uint16
	syllables []string
}

const (
	edgeBits = 20
	someBits = 22
	root     = 0
	none     = 0 // no edge leads to the root
)

// words builds the trie of n words in order.
func (t *tables) words(n int, shared, lengths, bytes, counts *reader) {
	t.edges = make([]uint64, 1<<edgeBits)
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
	for c := range t.first {
		t.first[c] = t.step(root, uint16(c))
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
}

func slot(from int32, c rune) uint64 {
	return (uint64(from)<<16 | uint64(uint16(c))) * 0x9e3779b97f4a7c15
}

// add returns the node that an edge leads to, a new one if need be.
func (t *tables) add(from int32, c rune) int32 {
	if c >= 1<<16 {
		panic("chinese: a word beyond the first plane")
	}
	some := slot(from, c) >> (64 - someBits)
	t.some[some/64] |= 1 << (some % 64)
	for i := slot(from, c) >> (64 - edgeBits); ; i = (i + 1) & (1<<edgeBits - 1) {
		e := t.edges[i]
		if e == 0 {
			to := int32(len(t.costs))
			t.costs = append(t.costs, 0)
			t.edges[i] = uint64(from)<<36 | uint64(c)<<20 | uint64(to)
			return to
		}
		if e>>20 == uint64(from)<<16|uint64(c) {
			return int32(e & (1<<20 - 1))
		}
	}
}

// step returns the node that an edge leads to, or none.
func (t *tables) step(from int32, c uint16) int32 {
	key := uint64(from)<<16 | uint64(c)
	h := key * 0x9e3779b97f4a7c15
	if t.some[h>>(64-someBits+6)]>>(h>>(64-someBits)%64)&1 == 0 {
		return none
	}
	for i := h >> (64 - edgeBits); ; i = (i + 1) & (1<<edgeBits - 1) {
		e := t.edges[i]
		if e>>20 == key && e != 0 {
			return int32(e & (1<<20 - 1))
		}
		if e == 0 {
			return none
		}
	}
}
