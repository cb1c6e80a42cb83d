package guard

import (
	"slices"
	"unicode/utf8"

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

// match reads characters, and keeps of the text what is not removed.
func (r *reading) match(cs []detect.Char) {
	k := &r.keywords
	whole := r.whole()
	for i := 0; i < len(cs); i++ {
		c := &cs[i]
		if c.Han > 0 && !whole && k.node <= r.auto.first && len(k.wait)+len(k.open) == 0 {
			if n := r.han(cs[i : i+int(c.Han)]); n > 0 {
				i += n - 1
				continue
			}
		}
		if n := int(c.Word); n > 0 && k.node == 0 && len(k.wait)+len(k.open) == 0 && (k.inWord || !r.auto.begins(cs[i:])) {
			k.skips, k.inWord, r.unseen = 0, true, 0
			e := i + n
			if e < len(cs) && cs[e].C == ' ' { // which mostly follows
				k.inWord = false
				e++
			}
			for j := i; whole && j < e; j++ {
				r.ends(cs[j].C, cs[j].To()-r.removed)
			}
			i = e - 1
			continue
		}
		at := c.From - r.removed
		if c.Kind == invisible {
			if r.unseen++; r.unseen > maxInvisible || isTag(c.C) {
				r.remove(c, at)
			}
			continue
		}
		r.unseen = 0
		to := at + int(c.Size)
		if whole {
			r.ends(c.C, to)
		}
		switch {
		case c.Joined && k.inWord && k.node == 0 && len(k.wait) == 0 && !c.More: // nothing begins inside a word
			k.skips = 0
		case c.More:
			k.skips = 0
			r.runes, _ = fold(r.runes[:0], c.C)
			for _, f := range r.runes {
				r.step(f, joined(f), at, to)
			}
		case c.Kind == plain:
			k.skips = 0
			r.step(c.F, c.Joined, at, to)
		default:
			r.endWord()
			k.inWord = false
			if k.skips++; c.C == utf8.RuneError && c.Size == 1 || k.skips > maxSkips {
				k.node = 0
				r.settleClaims(k.read)
			}
		}
	}
}

// han reads Chinese characters in a row as long as no keyword has more than begun, as step
// would, and returns how many these are.
func (r *reading) han(run []detect.Char) (n int) {
	k, a := &r.keywords, r.auto
	if k.node != 0 && a.mayFollow(a.letters[k.node], run[0].F) {
		return 0
	}
	for n = 1; n < len(run) && !a.mayFollow(run[n-1].F, run[n].F); n++ {
	}
	last := &run[n-1]
	k.read += n
	k.trail[uint(k.read-1)%maxKeyword] = spot{last.From - r.removed, true} // what is one rune deep needs no other
	k.node, k.skips, k.inWord, r.unseen = a.root[last.F], 0, false, 0
	return n
}

// step steps the automaton over a folded rune of a character at places at to to; apart
// says that its script sets words apart.
func (r *reading) step(f rune, apart bool, at, to int) {
	k := &r.keywords
	begins := !(k.inWord && apart)
	if !apart {
		r.endWord()
	} else if len(k.wait) > 0 {
		k.wait = k.wait[:0] // only the beginning of a longer word
	}
	k.inWord = apart
	if k.node == 0 && !begins {
		return // nothing begins inside a word
	}
	k.trail[uint(k.read)%maxKeyword] = spot{at, begins}
	k.read++
	k.node = r.auto.step(k.node, f)
	for apart && k.node != 0 && !r.first(k.node).fresh { // it begins inside a word: only what begins later can become something
		k.node = r.auto.nodes[k.node].fail
	}
	if k.node > r.auto.first { // else it is one rune, and no keyword is
		if n := &r.auto.nodes[k.node]; n.word >= 0 || n.also != 0 {
			r.matched(apart, to)
		}
	}
	if len(k.open) > 0 {
		r.settleClaims(k.read - int(r.auto.nodes[k.node].depth))
	}
}

// matched claims the keywords that end with the last rune, which is before place to.
func (r *reading) matched(apart bool, to int) {
	k, nodes := &r.keywords, r.auto.nodes
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
		c := claim{nodes[n].word, from, first.at, to}
		switch {
		case apart:
			k.wait = append(k.wait, c)
		case r.allows:
			k.open = append(k.open, c)
		default:
			r.claim(c)
		}
	}
	if r.allows && allowed < k.read {
		covered := func(c claim) bool { return c.from >= allowed }
		k.open, k.wait = slices.DeleteFunc(k.open, covered), slices.DeleteFunc(k.wait, covered)
	}
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
