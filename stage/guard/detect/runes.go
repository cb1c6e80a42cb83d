package detect

import "unicode/utf8"

// A Reader cuts a text that comes in pieces into runes, whatever the pieces. A
// byte that is no UTF-8 is utf8.RuneError of one byte.
type Reader struct {
	At    int               // place of the next rune
	carry [utf8.UTFMax]byte // the beginning of a rune
	n     int               // bytes of it
}

// Each calls f for each whole rune of the text so far.
func (r *Reader) Each(piece string, f func(c rune, from, to int)) {
	if r.n > 0 { // a rune that was cut
		var buf [2*utf8.UTFMax - 2]byte
		i, n := 0, copy(buf[:], r.carry[:r.n])
		all := n + copy(buf[n:], piece)
		for i < n {
			if !utf8.FullRune(buf[i:all]) { // then piece is all in buf
				r.n = copy(r.carry[:], buf[i:all])
				return
			}
			c, size := utf8.DecodeRune(buf[i:all])
			i += size
			r.At += size
			f(c, r.At-size, r.At)
		}
		r.n, piece = 0, piece[i-n:]
	}
	at := r.At
	for i := 0; i < len(piece); {
		c, n := rune(piece[i]), 1
		if c >= utf8.RuneSelf {
			// Three bytes, as Chinese characters have, without a call.
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
		r.At = at + n
		f(c, at, at+n)
		at += n
		i += n
	}
}

// End calls f for the bytes of a rune that never ended.
func (r *Reader) End(f func(c rune, from, to int)) {
	for range r.n {
		r.At++
		f(utf8.RuneError, r.At-1, r.At)
	}
	r.n = 0
}
