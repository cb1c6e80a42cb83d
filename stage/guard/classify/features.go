package classify

import (
	"slices"

	"suiren/stage/guard/detect"
	"suiren/stage/guard/fold"
)

const prime = 0x9E3779B97F4A7C15

func mix(h uint64) uint64 {
	h *= prime
	return h ^ h>>29
}

func tokenOf(r rune) uint64 { return mix(uint64(r)) * prime }

// pairOf is the feature of two tokens in a row.
func pairOf(first, second uint64) uint64 { return (second ^ first>>1) * prime }

var (
	number   = tokenOf('#') // stands for every number
	question = tokenOf('?')
)

// Bounds of what is looked at in a sentence.
const (
	maxKinds = 12 // kinds of words that are paired
	maxOpen  = 6  // phrases that may be under way
)

// A phrase that may go on.
type open struct {
	node uint16
	kind uint8
}

// An extractor makes the features of one sentence while its runes come: tokens, and
// two in a row; kinds of words, and pairs of them in order; and the first two tokens
// with each kind, for they say what is asked. A token is a Chinese character,
// a word of other letters, a number, or a question mark.
type extractor struct {
	words  *lexicon
	hashes []uint64 // the features

	runes  []rune
	word   uint64 // the word so far
	digits bool   // it is a number so far
	n      int    // tokens
	last   uint64
	head   uint64 // of the first two
	open   [maxOpen]open
	opened int
	kinds  [maxKinds]uint64
	seen   uint64 // bits of kinds
	nkinds int
}

func newExtractor(words *lexicon) extractor { return extractor{words: words} }

// read takes a whole text.
func (x *extractor) read(text string) {
	var r detect.Reader
	each := func(cs []detect.Char) {
		for i := range cs {
			x.take(&cs[i])
		}
	}
	r.Each(text, each)
	r.End(each)
}

// characters takes characters of one sentence.
func (x *extractor) characters(cs []detect.Char) {
	for i := 0; i < len(cs); i++ {
		c := &cs[i]
		if n := min(int(c.Word), len(cs)-i); n > 0 && !x.digits {
			h := x.word
			for k := range cs[i : i+n] {
				h = mix(h ^ uint64(cs[i+k].F) + prime)
			}
			x.word = h
			i += n - 1
			continue
		}
		if c.C == ' ' {
			if x.word != 0 {
				x.end()
			}
			continue
		}
		if c.Han == 0 || x.n < 2 {
			x.take(c)
			continue
		}
		if x.word != 0 {
			x.end()
		}
		n := min(int(c.Han), len(cs)-i)
		x.han(cs[i : i+n])
		i += n - 1
	}
}

// han takes Chinese characters in a row, behind the first two tokens.
func (x *extractor) han(run []detect.Char) {
	n := len(x.hashes)
	x.hashes = slices.Grow(x.hashes, 2*len(run))[:n+2*len(run)]
	own, last := x.hashes[n:], x.last
	for i := range run {
		h := tokenOf(run[i].F)
		pair := pairOf(last, h)
		own[2*i], own[2*i+1] = h, pair
		if x.opened > 0 || x.words.matters(h, pair) {
			x.last = last
			x.phrase(h, pair)
		}
		last = h
	}
	x.last = last
	x.n += len(run)
}

func (x *extractor) take(c *detect.Char) {
	switch {
	case c.Joined && c.F > '9' && !c.More && !x.digits: // a letter
		x.word = mix(x.word ^ uint64(c.F) + prime)
	case c.Han > 0:
		if x.word != 0 {
			x.end()
		}
		x.token(tokenOf(c.F))
	case c.More:
		x.runes, _ = fold.Rune(x.runes[:0], c.C)
		for _, r := range x.runes {
			x.plain(r, fold.IsJoined(r))
		}
	case c.Kind == fold.Plain:
		x.plain(c.F, c.Joined)
	case c.Kind == fold.Skipped:
		x.skip(c.C)
	}
}

func (x *extractor) skip(c rune) {
	if c == '\'' || c == '’' {
		return
	}
	x.end()
	if c == '?' || c == '？' {
		x.token(question)
	}
}

func (x *extractor) plain(r rune, joined bool) {
	switch {
	case !joined:
		x.end()
		x.token(tokenOf(r))
		return
	case r >= '0' && r <= '9':
		x.digits = x.digits || x.word == 0
	case x.digits:
		x.end()
	}
	x.word = mix(x.word ^ uint64(r) + prime)
}

// end ends a word.
func (x *extractor) end() {
	if x.word == 0 {
		return
	}
	h := x.word * prime
	if x.digits {
		h = number
	}
	x.word, x.digits = 0, false
	x.token(h)
}

func (x *extractor) token(h uint64) {
	pair := pairOf(x.last, h)
	if x.n == 0 {
		x.hashes = append(x.hashes, prime, h) // the bias
	} else {
		x.hashes = append(x.hashes, h, pair)
	}
	if x.n < 2 {
		x.head = mix(x.head ^ h)
	}
	if x.opened > 0 || x.words.matters(h, pair) {
		x.phrase(h, pair)
	}
	x.last = h
	x.n++
}

// phrase takes a token, the second of a pair, into the phrases that are under way, and
// begins some. A phrase that one token does not make is begun by its second: most that
// might begin do not go on.
func (x *extractor) phrase(h, pair uint64) {
	kept := 0
	for _, o := range x.open[:x.opened] {
		if to := x.words.next(o.node, h); to != 0 {
			if k := x.words.kinds[to]; k != 0 {
				o.kind = k
			}
			o.node = to
			x.open[kept] = o
			kept++
		} else if o.kind != 0 {
			x.kind(o.kind)
		}
	}
	x.opened = kept
	if x.n > 0 && x.words.pairs.has(pair) && !x.words.alone.has(x.last) {
		if from := x.words.next(0, x.last); from != 0 {
			x.begin(from, h)
		}
	}
	if x.words.alone.has(h) {
		x.begin(0, h)
	}
}

// begin begins a phrase with a token behind a node.
func (x *extractor) begin(from uint16, h uint64) {
	if to := x.words.next(from, h); to != 0 && x.opened < maxOpen {
		x.open[x.opened] = open{to, x.words.kinds[to]}
		x.opened++
	}
}

// kind notes a kind of word: the longest phrase from its first token on.
func (x *extractor) kind(k uint8) {
	if x.seen>>k&1 != 0 || x.nkinds == maxKinds {
		return
	}
	x.seen |= 1 << k
	x.kinds[x.nkinds] = tokenOf(rune(k) + 1<<24)
	x.nkinds++
}

// finish ends the sentence; it reports whether there was any token.
func (x *extractor) finish() bool {
	x.end()
	for _, o := range x.open[:x.opened] {
		if o.kind != 0 {
			x.kind(o.kind)
		}
	}
	if x.n == 0 {
		return false
	}
	for i, k := range x.kinds[:x.nkinds] {
		x.hashes = append(x.hashes, k, (k^x.head>>1)*prime)
		for _, l := range x.kinds[i+1 : x.nkinds] {
			x.hashes = append(x.hashes, (l^k>>1)*prime)
		}
	}
	if x.nkinds == 0 {
		x.hashes = append(x.hashes, prime+1<<32)
	}
	return true
}

// next begins a sentence.
func (x *extractor) next() {
	x.hashes = x.hashes[:0]
	x.word, x.digits, x.n, x.last, x.head, x.opened, x.seen, x.nkinds = 0, false, 0, 0, 0, 0, 0, 0
}

// tokensOf are the tokens of a phrase.
func tokensOf(phrase string) (list []uint64) {
	x := newExtractor(noWords) // two features for each token
	x.read(phrase)
	x.end()
	for i := range x.n {
		list = append(list, x.hashes[max(1, 2*i)])
	}
	return list
}

// Features returns the hash of each feature of a sentence.
func Features(text string) []uint64 {
	x := newExtractor(words())
	x.read(text)
	x.finish()
	return x.hashes
}
