package guard

import (
	"slices"

	"suiren/stage/guard/detect"
)

// keywords follows the automaton through a text.
type keywords struct {
	node   int32
	trail  [maxKeyword]spot // the last folded runes, a ring; as many as node is deep count
	read   int              // folded runes in all
	skips  int              // skipped runes since the last of them
	inWord bool             // the rune before is part of a word whose script sets words apart
	wait   []claim          // keywords found if the word ends here
	open   []claim          // keywords found that an allowed phrase may still cover
}

// A spot is where a folded rune came from.
type spot struct {
	at    int  // place of its rune
	fresh bool // no word goes on into it
}

// A claim is a keyword that was found.
type claim struct {
	word   int32
	from   int // number of its first folded rune
	at, to int // places
}

// waiting is the place before which no keyword is open.
func (r *reading) waiting() int {
	at := r.place()
	if r.node != 0 {
		at = r.first(r.node).at
	}
	for _, c := range r.open {
		at = min(at, c.at)
	}
	for _, c := range r.wait {
		at = min(at, c.at)
	}
	return at
}

// first returns the mark of the first rune of node n, a suffix of what was read.
func (r *reading) first(n int32) spot {
	return r.trail[(r.keywords.read-int(r.auto.nodes[n].depth))%maxKeyword]
}

// match steps the automaton over a folded rune; apart says that its script sets
// words apart.
func (r *reading) match(f rune, apart bool, at int) {
	if !apart {
		r.endWord()
	} else if len(r.wait) > 0 {
		r.wait = r.wait[:0] // only the beginning of a longer word
	}
	k := &r.keywords
	k.trail[k.read%maxKeyword] = spot{at, !(k.inWord && apart)}
	k.read++
	k.inWord = apart
	k.node = r.auto.step(k.node, f)
	nodes := r.auto.nodes
	n := k.node
	if nodes[n].word < 0 {
		n = nodes[n].also
	}
	allowed := k.read // where the longest allowed phrase begins
	var found []int32 // rules of the longest keyword
	for ; n != 0; n = nodes[n].also {
		first := r.first(n)
		if !first.fresh {
			continue // it begins inside a word
		}
		from, owners := k.read-int(nodes[n].depth), r.owners[nodes[n].word]
		if owners == nil {
			allowed = min(allowed, from)
			continue
		}
		if slices.Equal(owners, found) {
			continue // a longer one has been found for the same
		}
		found = owners
		c := claim{nodes[n].word, from, first.at, r.place()}
		switch {
		case apart:
			k.wait = append(k.wait, c)
		case r.allows:
			k.open = append(k.open, c)
		default:
			r.claim(c)
		}
	}
	if !r.allows {
		return
	}
	covered := func(c claim) bool { return c.from >= allowed }
	k.open, k.wait = slices.DeleteFunc(k.open, covered), slices.DeleteFunc(k.wait, covered)
	r.settleClaims(k.read - int(nodes[k.node].depth))
}

// endWord settles keywords that waited for the end of their word.
func (r *reading) endWord() {
	if len(r.wait) == 0 {
		return
	}
	for _, c := range r.wait {
		if r.allows {
			r.open = append(r.open, c)
		} else {
			r.claim(c)
		}
	}
	r.wait = r.wait[:0]
}

// settleClaims keeps the keywords that begin before the folded rune from,
// where the longest phrase begins that may still come.
func (r *reading) settleClaims(from int) {
	if len(r.open) == 0 {
		return
	}
	for _, c := range r.open {
		if c.from < from {
			r.claim(c)
		}
	}
	r.open = slices.DeleteFunc(r.open, func(c claim) bool { return c.from < from })
}

// claim notes a keyword that was found.
func (r *reading) claim(c claim) {
	r.found = append(r.found, annotation{from: c.at, to: c.to, owners: r.owners[c.word], hit: detect.Hit{Detector: "keyword", Confidence: 1}})
}
