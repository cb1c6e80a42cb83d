package detect

import (
	"math"
	"slices"
	"sync"
	"unicode/utf8"

	"suiren/stage/guard/fold"
)

// A Char is a rune of a text, and what it is to those who look for something.
type Char struct {
	From   int        // place of its first byte
	C      rune       // as it stands; a byte that is no UTF-8 is utf8.RuneError of Size 1
	F      rune       // what it folds to; of several runes, and of what is not Plain, it is C
	Size   uint8      // bytes
	Kind   fold.Class // by package fold
	Joined bool       // words of its script are set apart
	More   bool       // it folds to several runes: ask fold.Rune
	Small  bool       // of the first of letters of ASCII in a row: those behind it are small ones
	Word   uint8      // of a letter of ASCII: how many of them stand in a row here, itself the first; a cut of the text ends them
	Han    uint8      // the same of Chinese characters that fold to themselves
}

// set sets all fields, those it does not name to nothing. Go makes a Char that is written
// down whole on the stack first, and waits for it there.
func (c *Char) set(from int, r, f rune, size uint8) {
	c.From, c.C, c.F = from, r, f
	c.Size, c.Kind, c.Joined, c.More, c.Small, c.Word, c.Han = size, 0, false, false, false, 0, 0
}

// To is the place of the byte behind it.
func (c *Char) To() int { return c.From + int(c.Size) }

// Row is how many letters, or Chinese characters, stand in a row here; 1 of any other.
func (c *Char) Row() int { return max(int(c.Word|c.Han), 1) } // one of both is 0

// block is how many characters are given to a reader of characters at once: few enough
// to stay near the processor while several read them.
const block = 256

// rooms are for the characters of a piece that is not small: a Reader that has read one has
// no use for that much later.
var rooms = sync.Pool{New: func() any { return new([block]Char) }}

// small is how many bytes are read in a Reader's own room.
const small = 64

// A Reader cuts a text that comes in pieces into characters, whatever the pieces.
type Reader struct {
	At    int // place of the next rune
	carry [utf8.UTFMax]byte
	n     int // bytes of carry: the beginning of a rune
	chars []Char

	folds   *[1 << 16]uint32
	changed *fold.Set
}

// Open is how many bytes of the text belong to a rune that is not whole.
func (r *Reader) Open() int { return r.n }

// Each calls f for the whole runes of the text so far, some at a time.
func (r *Reader) Each(piece string, f func(cs []Char)) {
	r.chars = r.chars[:0]
	if own := r.chars; len(piece) > max(small, cap(own)) {
		room := rooms.Get().(*[block]Char)
		r.chars = room[:0]
		defer func() {
			r.chars = own
			rooms.Put(room)
		}()
	}
	if r.n > 0 { // a rune that was cut
		var buf [2*utf8.UTFMax - 2]byte
		i, n := 0, copy(buf[:], r.carry[:r.n])
		all := n + copy(buf[n:], piece)
		for i < n {
			if !utf8.FullRune(buf[i:all]) { // then piece is all in buf
				r.n = copy(r.carry[:], buf[i:all])
				r.give(f)
				return
			}
			c, size := utf8.DecodeRune(buf[i:all])
			i += size
			r.add(c, size)
		}
		r.n, piece = 0, piece[i-n:]
	}
	if r.folds == nil {
		r.folds, r.changed = fold.Table(), fold.Changed()
	}
	r.chars = slices.Grow(r.chars, min(block-len(r.chars), len(piece)))
	folds := r.folds
	for len(piece) > 0 {
		at, i, cs := r.At, 0, r.chars
		for i < len(piece) && len(cs) < block {
			c, n := rune(piece[i]), 1
			if isLetter[piece[i]] {
				cs, n = word(cs, piece[i:], at+i)
				i += n
				continue
			}
			if c >= utf8.RuneSelf {
				if c >= 0xE4 && c <= 0xE9 {
					if cs, n = r.han(cs, piece[i:], at+i); n > 0 {
						i += n
						continue
					}
				}
				// Three bytes, as Chinese marks have, without a call.
				if i+2 < len(piece) && c > 0xE0 && c < 0xED && piece[i+1]&0xC0 == 0x80 && piece[i+2]&0xC0 == 0x80 {
					c, n = c&0xF<<12|rune(piece[i+1]&0x3F)<<6|rune(piece[i+2]&0x3F), 3
				} else {
					if len(piece)-i < utf8.UTFMax && !utf8.FullRuneInString(piece[i:]) {
						r.n = copy(r.carry[:], piece[i:])
						break
					}
					c, n = utf8.DecodeRuneInString(piece[i:])
				}
			}
			cs = cs[:len(cs)+1]
			last := &cs[len(cs)-1]
			last.set(at+i, c, c, uint8(n))
			if c < 1<<16 && folds[c] != 0 {
				known(last, folds[c])
			} else {
				unknown(last)
			}
			i += n
		}
		r.chars, r.At = cs, at+i
		piece = piece[i:]
		r.give(f)
		if r.n > 0 {
			return
		}
	}
	r.give(f)
}

// isLetter are the letters of ASCII.
var isLetter = func() (t [256]bool) {
	for c := 'a'; c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = true, true
	}
	return t
}()

// word appends the letters of ASCII with which piece begins, as many as block allows,
// and returns how many these are.
func word(cs []Char, piece string, at int) (list []Char, n int) {
	most := min(len(piece), block-len(cs))
	for n < most && isLetter[piece[n]] {
		n++
	}
	list = cs[:len(cs)+n] // Each has made room
	own := list[len(cs):]
	left := n
	all := byte(0x20)
	for i := range own {
		c, b := &own[i], piece[i]
		c.From, c.C, c.F = at+i, rune(b), rune(b|0x20)
		c.Size, c.Kind, c.Joined, c.More = 1, fold.Plain, true, false // side by side: one store
		c.Small, c.Word, c.Han = false, uint8(min(left, math.MaxUint8)), 0
		left--
		if i > 0 {
			all &= b
		}
	}
	own[0].Small = all != 0
	return list, n
}

// han appends the Chinese characters that fold to themselves with which piece begins, as
// many as block allows, and returns how many bytes these are.
func (r *Reader) han(cs []Char, piece string, at int) (list []Char, n int) {
	changed := r.changed
	own := cs[len(cs):min(len(cs)+len(piece)/3, block)]
	k := 0
	for ; k < len(own) && n+2 < len(piece); k++ {
		a, b, c := rune(piece[n]), rune(piece[n+1]), rune(piece[n+2])
		if a&0xF0 != 0xE0 || b&0xC0 != 0x80 || c&0xC0 != 0x80 {
			break
		}
		c = a&0xF<<12 | b&0x3F<<6 | c&0x3F
		if !fold.IsHan(c) || changed.Has(c) {
			break
		}
		own[k].set(at+n, c, c, 3)
		n += 3
	}
	for i := range k {
		own[i].Han = uint8(min(k-i, math.MaxUint8))
	}
	return cs[:len(cs)+k], n
}

// Prefixes are the first three letters of words of ASCII, small or capital: a word of text
// that begins otherwise begins none of them.
type Prefixes [1 << 9]uint64

// Add adds three folded letters.
func (p *Prefixes) Add(a, b, c rune) {
	n := prefix(a, b, c)
	p[n>>6] |= 1 << (n & 63)
}

// Have reports whether one of the words may begin with three letters.
func (p *Prefixes) Have(a, b, c rune) bool {
	n := prefix(a, b, c)
	return p[n>>6]>>(n&63)&1 != 0
}

func prefix(a, b, c rune) uint32 { return uint32(a&31)<<10 | uint32(b&31)<<5 | uint32(c&31) }

// Beginnings are the first letters of words, up to five, by a hash: most words of a text
// begin none of them.
type Beginnings [1 << 9]uint64

const (
	longestBeginning = 5
	allOfIt          = 1 << 30 // marks what is all letters of the beginning of a word
)

// Add adds a folded word by the letters of ASCII with which it begins. A text may be cut
// behind any of them.
func (b *Beginnings) Add(word []rune) {
	h, n := uint32(0), 0
	for n < min(len(word), longestBeginning) && low(word[n]) {
		h = h<<5 | uint32(word[n]&31)
		n++
		b.set(h)
	}
	if n < longestBeginning {
		b.set(h | allOfIt)
	}
}

// Has reports whether one of the words may begin with the word of ASCII with which cs
// begins, and a sign behind that.
func (b *Beginnings) Has(cs []Char) bool {
	h, n := uint32(0), int(cs[0].Word)
	if n > 2 && !b.has(three(cs)) {
		return false
	}
	for i := range min(n, longestBeginning) {
		h = h<<5 | uint32(cs[i].F&31)
	}
	if n < len(cs) && n < longestBeginning && cs[n].Kind == fold.Skipped {
		h |= allOfIt
	}
	return b.has(h)
}

// HasAcross is Has for words that are found with spaces inside them, too.
func (b *Beginnings) HasAcross(cs []Char) bool {
	if cs[0].Word > 2 && !b.has(three(cs)) {
		return false
	}
	h, n := uint32(0), 0
	for i := 0; ; i++ {
		for e := i + int(cs[i].Word); i < e; i++ {
			h = h<<5 | uint32(cs[i].F&31)
			if n++; n == longestBeginning {
				return b.has(h)
			}
		}
		if b.has(h|allOfIt) || i+1 >= len(cs) || cs[i].C != ' ' || cs[i+1].Word == 0 {
			return b.has(h)
		}
	}
}

// three are the first three letters: most words are ruled out by them, without a loop.
func three(cs []Char) uint32 { return prefix(cs[0].F, cs[1].F, cs[2].F) }

func (b *Beginnings) has(h uint32) bool {
	n := beginning(h)
	return b[n>>6]>>(n&63)&1 != 0
}

func (b *Beginnings) set(h uint32) {
	n := beginning(h)
	b[n>>6] |= 1 << (n & 63)
}

func beginning(h uint32) uint32 { return h * 0x9E3779B1 >> (32 - 15) }

func low(c rune) bool { return c >= 'a' && c <= 'z' }

// End calls f for the bytes of a rune that never ended.
func (r *Reader) End(f func(cs []Char)) {
	for range r.n {
		r.add(utf8.RuneError, 1)
	}
	r.n = 0
	r.give(f)
}

// Reset begins a text.
func (r *Reader) Reset() { r.At, r.n, r.chars = 0, 0, r.chars[:0] }

func (r *Reader) give(f func(cs []Char)) {
	if len(r.chars) > 0 {
		f(r.chars)
		r.chars = r.chars[:0]
	}
}

func (r *Reader) add(c rune, size int) {
	x := Char{From: r.At, C: c, F: c, Size: uint8(size)}
	if folds := fold.Table(); c < 1<<16 && folds[c] != 0 {
		known(&x, folds[c])
	} else {
		unknown(&x)
	}
	if fold.IsHan(c) && x.F == c {
		x.Han = 1
	}
	r.chars = append(r.chars, x)
	r.At += size
}

// known tells what a rune is by its entry in fold.Table.
func known(c *Char, e uint32) {
	if c.Kind = fold.Class(e >> 16 & 0xff); c.Kind == fold.Plain {
		c.F = rune(e & 0xffff)
	}
	c.Joined = e&fold.Joined != 0
}

// unknown tells what a rune is that is not in the table.
func unknown(c *Char) {
	var list [8]rune
	folded, kind := fold.Rune(list[:0], c.C)
	c.Kind = kind
	if len(folded) > 0 {
		c.Joined = fold.IsJoined(folded[0])
		if c.More = len(folded) > 1; !c.More {
			c.F = folded[0]
		}
	}
}
