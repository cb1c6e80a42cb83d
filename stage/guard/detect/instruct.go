package detect

import (
	_ "embed"
	"strings"
	"unicode/utf8"

	"suiren/stage/guard/fold"
)

// instructions.txt holds patterns, a line each: slots between " / ", and in a slot words
// between commas. A word of each slot stands in the text in this order, with at most
// patternGap words (Chinese: characters) between.
//
//go:embed instructions.txt
var instructionsText string

// Instructions returns a detector of texts that give orders to the model: to leave
// its rules, to change its role, to tell its prompt, to send things away, or that
// pretend to be its frame (<|im_start|>, [INST], "system:").
func Instructions() Detector { return newPatterns(instructionsText) }

const (
	patternGap = 6
	maxSlots   = 4
	maxActive  = 16 // words that may be under way at one place
)

type patterns struct {
	kinds []string
	slots []int // of each pattern, how many
	nodes []patternNode
	edges []patternEdge // by hash; a power of two, at most half of it in use
	roots fold.Set      // runes with which a word begins
	first fold.Set      // and one of a first slot: the others do not matter before that
	latin [2]Beginnings // the same of words of ASCII: of any slot, of a first one
	pairs [2]pairSet    // of words of Chinese characters: their first two
	lone  fold.Set      // words of one
}

// A pairSet holds the first two runes of words, by a hash.
type pairSet [1 << 8]uint64

func (p *pairSet) add(a, b rune) {
	h := pairHash(a, b)
	p[h>>6] |= 1 << (h & 63)
}

func (p *pairSet) has(a, b rune) bool {
	h := pairHash(a, b)
	return p[h>>6]>>(h&63)&1 != 0
}

func pairHash(a, b rune) uint64 { return (uint64(a)<<21 ^ uint64(b)) * 0x9E3779B97F4A7C15 >> (64 - 14) }

type patternNode struct{ words []patternWord } // that end here

type patternEdge struct {
	from, to int32 // to is 0 in an empty one
	r        rune
}

const patternBits = 13

// edge returns the edge from a node by r, or the empty one that it would take.
func (p *patterns) edge(from int32, r rune) *patternEdge {
	for i := (uint64(from)<<21 ^ uint64(r)) * 0x9E3779B97F4A7C15 >> (64 - patternBits); ; i++ {
		if e := &p.edges[i&(1<<patternBits-1)]; e.to == 0 || e.from == from && e.r == r {
			return e
		}
	}
}

type patternWord struct{ pattern, slot int }

func newPatterns(text string) *patterns {
	p := &patterns{nodes: make([]patternNode, 1), edges: make([]patternEdge, 1<<patternBits)}
	kind := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "["); ok {
			kind = strings.TrimSuffix(name, "]")
			continue
		}
		if line == "" || line[0] == '#' {
			continue
		}
		slots := strings.Split(line, " / ")
		n := len(p.kinds)
		p.kinds = append(p.kinds, kind)
		p.slots = append(p.slots, len(slots))
		for k, slot := range slots {
			for w := range strings.SplitSeq(slot, ",") {
				p.add(strings.TrimSpace(w), patternWord{n, k})
			}
		}
	}
	return p
}

func (p *patterns) add(word string, w patternWord) {
	at := int32(0)
	var all []rune
	for _, c := range word {
		var folded []rune
		var kind fold.Class
		if folded, kind = fold.Rune(folded, c); kind != fold.Plain {
			folded = []rune{' '}
			if c != ' ' {
				folded[0] = c
			}
		}
		all = append(all, folded...)
		for _, r := range folded {
			if at == 0 && r < 1<<16 {
				p.roots.Add(r)
				if w.slot == 0 {
					p.first.Add(r)
				}
			}
			e := p.edge(at, r)
			if e.to == 0 {
				*e = patternEdge{at, int32(len(p.nodes)), r}
				if p.nodes = append(p.nodes, patternNode{}); 2*len(p.nodes) > len(p.edges) {
					panic("detect: instructions.txt has outgrown its table")
				}
			}
			at = e.to
		}
	}
	for only := range p.latin {
		if only == 1 && w.slot > 0 {
			continue
		}
		p.latin[only].Add(all)
		if len(all) > 1 {
			p.pairs[only].add(all[0], all[1])
		}
	}
	if len(all) == 1 && all[0] < 1<<16 {
		p.lone.Add(all[0])
	}
	p.nodes[at].words = append(p.nodes[at].words, w)
}

func (p *patterns) New() Stream {
	return &instruct{patterns: p, states: make([][maxSlots]progress, len(p.kinds))}
}

// A progress is a pattern of which the words up to a slot were found.
type progress struct {
	from  int // place of the first word
	count int // words read when the last one ended, and one more
}

type active struct {
	node int32
	from int
}

type instruct struct {
	Found
	*patterns
	Reader
	states [][maxSlots]progress
	active []active
	inWord bool // the rune before belongs to a word whose script sets words apart
	ended  []active
	count  int // words, and characters, read
	open   int // count up to which a pattern may go on
	from   int // place of the first of those
	to     int
	runes  []rune
}

func (s *instruct) Write(hits []Hit, piece string) []Hit {
	s.Each(piece, s.read)
	return s.Take(hits)
}

func (s *instruct) Flush(hits []Hit) []Hit {
	s.End(s.read)
	s.wordEnd()
	hits = s.Take(hits)
	s.Reset()
	*s = instruct{patterns: s.patterns, Reader: s.Reader, states: s.states, active: s.active[:0], ended: s.ended[:0]}
	clear(s.states)
	return hits
}

func (s *instruct) Settled() int {
	at := s.At
	for _, a := range s.active {
		at = min(at, a.from)
	}
	for _, a := range s.ended {
		at = min(at, a.from)
	}
	if s.count <= s.open {
		at = min(at, s.from)
	}
	return at
}

// Read implements CharStream.
func (s *instruct) Read(cs []Char) bool {
	s.read(cs)
	return s.Any()
}

func (s *instruct) read(cs []Char) {
	s.At = cs[len(cs)-1].To()
	for i := 0; i < len(cs); i++ {
		c := &cs[i]
		idle := len(s.active)+len(s.ended) == 0
		switch {
		case c.Word > 0:
			n := int(c.Word)
			if idle && (s.inWord || s.noWord(cs[i:])) { // it is none of ours
				if !s.inWord {
					s.count++
				}
				i += n - 1
				s.inWord = true
				if i+1 < len(cs) && cs[i+1].C == ' ' { // which mostly follows, and begins nothing
					s.inWord = false
					i++
				}
				s.to = cs[i].To()
				continue
			}
		case c.Kind == fold.Skipped && c.C < utf8.RuneSelf && idle && !s.begins(c.C):
			s.inWord, s.to = false, c.To()
			continue
		case c.Han > 0:
			if idle && !s.inWord {
				if n := s.han(cs[i : i+int(c.Han)]); n > 0 {
					i += n - 1
					continue
				}
			}
		case c.More:
			s.runes, _ = fold.Rune(s.runes[:0], c.C)
			for _, f := range s.runes {
				s.step(f, fold.IsJoined(f), c.From, c.To())
			}
			continue
		case c.Joined && s.inWord && idle: // a word that is none of ours goes on
			s.to = c.To()
			continue
		case c.Kind == fold.Invisible:
			continue
		}
		r := c.F
		if c.Kind == fold.Skipped && (r == '\t' || r == '\n' || r == '\r' || r == '\u3000') {
			r = ' '
		}
		s.step(r, c.Joined, c.From, c.To())
	}
}

// han reads Chinese characters in a row up to one with which a word that counts may begin,
// and returns how many these are.
func (s *instruct) han(run []Char) (n int) {
	for n < len(run) {
		from, most, roots, pairs := n, len(run), &s.first, &s.pairs[1]
		if left := s.open - s.count; left >= 0 { // words of any slot count so far
			most, roots, pairs = min(most, n+left+1), &s.roots, &s.pairs[0]
		}
		for n < most {
			if c := run[n].F; roots.Has(c) && (n+1 == len(run) || pairs.has(c, run[n+1].F) || s.lone.Has(c)) {
				break
			}
			n++
		}
		s.count += n - from
		if n < most {
			break
		}
	}
	if n > 0 {
		s.to = run[n-1].To()
	}
	return n
}

// noWord reports whether the word of ASCII with which cs begins begins none of ours.
func (s *instruct) noWord(cs []Char) bool {
	// The word that begins here is one more.
	latin := &s.latin[0]
	if s.count >= s.open {
		latin = &s.latin[1]
	}
	return !latin.Has(cs)
}

// begins reports whether a word that counts now may begin with r.
func (s *instruct) begins(r rune) bool {
	if s.count > s.open {
		return s.first.Has(r)
	}
	return s.roots.Has(r)
}

// step takes a folded rune.
func (s *instruct) step(r rune, joined bool, from, to int) {
	if s.inWord && !joined {
		s.wordEnd()
	}
	begins := !joined || !s.inWord
	if begins && (r > 127 || joined) {
		s.count++
	}
	kept := s.active[:0]
	for _, a := range s.active {
		n := s.edge(a.node, r).to
		if n == 0 {
			continue
		}
		a.node = n
		kept = append(kept, a)
	}
	s.active = kept
	if begins && r < 1<<16 && s.begins(r) && len(s.active) < maxActive {
		s.active = append(s.active, active{s.edge(0, r).to, from})
	}
	for _, a := range s.active {
		if len(s.nodes[a.node].words) > 0 {
			if joined {
				s.ended = append(s.ended, a)
			} else {
				s.found(a, to)
			}
		}
	}
	s.inWord, s.to = joined, to
	if joined && len(s.ended) > 0 {
		kept := s.ended[:0]
		for _, a := range s.ended { // a word goes on: it was none
			for _, b := range s.active {
				if a == b {
					kept = append(kept, a)
				}
			}
		}
		s.ended = kept
	}
}

// wordEnd finds the words that waited for the end of the last one.
func (s *instruct) wordEnd() {
	for _, a := range s.ended {
		s.found(a, s.to)
	}
	s.ended, s.inWord = s.ended[:0], false
}

// found takes a word that ends at to.
func (s *instruct) found(a active, to int) {
	for _, w := range s.nodes[a.node].words {
		st := &s.states[w.pattern]
		start := a.from
		if w.slot > 0 {
			before := st[w.slot-1]
			if before.count == 0 || s.count+1-before.count > patternGap+1 || before.from > a.from {
				continue
			}
			start = before.from
		}
		if w.slot == s.slots[w.pattern]-1 {
			s.Add(Hit{Detector: "instruction", Kind: s.kinds[w.pattern], Class: "LLM01", From: start, To: to, Confidence: .9})
			*st = [maxSlots]progress{}
			continue
		}
		st[w.slot] = progress{start, s.count + 1}
		if s.count > s.open || start < s.from {
			s.from = start
		}
		s.open = s.count + patternGap + maxWordRunes
	}
}

// maxWordRunes bounds a word of a pattern.
const maxWordRunes = 24
