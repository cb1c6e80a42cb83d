package detect

import "unicode/utf8"

// A Reader cuts a text that comes in pieces into runes, whatever the pieces. A
// byte that is no UTF-8 is utf8.RuneError of one byte.
type Reader struct {
	At    int    // place of the next rune
	carry []byte // the beginning of a rune
}

// Each calls f for each whole rune of the text so far.
func (r *Reader) Each(piece string, f func(c rune, from, to int)) {
	if len(r.carry) > 0 {
		piece = string(r.carry) + piece
		r.carry = r.carry[:0]
	}
	at := r.At
	for i := 0; i < len(piece); {
		c, n := rune(piece[i]), 1
		if c >= utf8.RuneSelf {
			if len(piece)-i < utf8.UTFMax && !utf8.FullRuneInString(piece[i:]) {
				r.carry = append(r.carry, piece[i:]...)
				break
			}
			c, n = utf8.DecodeRuneInString(piece[i:])
		}
		r.At = at + n
		f(c, at, at+n)
		at += n
		i += n
	}
}

// End calls f for the bytes of a rune that never ended.
func (r *Reader) End(f func(c rune, from, to int)) {
	for range r.carry {
		r.At++
		f(utf8.RuneError, r.At-1, r.At)
	}
	r.carry = r.carry[:0]
}
