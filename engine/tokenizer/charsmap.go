package tokenizer

import (
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A charsMap replaces runs of runes by others, as the precompiled_charsmap of
// SentencePiece says: a double array of the runs (darts-clone), whose leaves
// point into a list of texts that end with 0. Source:
// https://github.com/google/sentencepiece/blob/master/src/normalizer.cc and
// https://github.com/s-yata/darts-clone
type charsMap struct {
	units []uint32
	texts string
	ascii [256]bool // bytes that begin a run
}

// newCharsMap reads a map; nil if b is empty, as it is where nothing is replaced.
func newCharsMap(b []byte) (*charsMap, error) {
	if len(b) == 0 {
		return nil, nil
	}
	if len(b) < 8 {
		return nil, fault("is of %d bytes, too short", len(b))
	}
	size := int64(binary.LittleEndian.Uint32(b))
	if size%4 != 0 || size < 4 || size > int64(len(b)-4) {
		return nil, fault("says that its array has %d of %d bytes", size, len(b))
	}
	m := &charsMap{units: make([]uint32, size/4), texts: string(b[4+size:])}
	for i := range m.units {
		m.units[i] = binary.LittleEndian.Uint32(b[4+4*i:])
	}
	for c := range m.ascii {
		n := m.step(m.offset(0), byte(c))
		m.ascii[c] = c != 0 && n != 0
	}
	return m, nil
}

// offset returns where the children of the unit at i are, relative to it.
func (m *charsMap) offset(i uint32) uint32 {
	u := m.units[i]
	return u >> 10 << (u & (1 << 9) >> 6)
}

// step returns the unit for c among the children at base, 0 if there is none.
func (m *charsMap) step(base uint32, c byte) uint32 {
	i := base ^ uint32(c)
	if i >= uint32(len(m.units)) || m.units[i]&(1<<31|0xff) != uint32(c) {
		return 0
	}
	return i
}

// find returns the length of a run at the start of s, the longest or the
// shortest, and what replaces it; 0 if there is none.
func (m *charsMap) find(s string, shortest bool) (n int, text string) {
	if s == "" || !m.ascii[s[0]] {
		return 0, ""
	}
	base := m.offset(0)
	for i := 0; i < len(s) && s[i] != 0; i++ {
		u := m.step(base, s[i])
		if u == 0 {
			break
		}
		base = u ^ m.offset(u)
		if m.units[u]&(1<<8) == 0 || base >= uint32(len(m.units)) {
			continue
		}
		at := m.units[base] &^ (1 << 31)
		if at >= uint32(len(m.texts)) {
			continue
		}
		end := strings.IndexByte(m.texts[at:], 0)
		if end < 0 || end > maxReplacement {
			continue
		}
		n, text = i+1, m.texts[at:at+uint32(end)]
		if shortest {
			break
		}
	}
	return n, text
}

// maxReplacement bounds what one run can become, so that no file makes a
// short text long without end; U+FDFA becomes 33 bytes.
const maxReplacement = 256

// byLongest replaces the longest runs, as the sentencepiece library does.
func (m *charsMap) byLongest(s string) string {
	if m == nil {
		return s
	}
	var out strings.Builder
	out.Grow(len(s))
	for i := 0; i < len(s); {
		if n, text := m.find(s[i:], false); n > 0 {
			out.WriteString(text)
			i += n
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			out.WriteString("\uFFFD")
		} else {
			out.WriteString(s[i : i+n])
		}
		i += n
	}
	return out.String()
}

// byGrapheme replaces as the tokenizers library does: a grapheme of less than
// six bytes by what its shortest run becomes; else rune by rune. Source:
// https://github.com/huggingface/spm_precompiled/blob/master/src/lib.rs
func (m *charsMap) byGrapheme(s string) string {
	var out strings.Builder
	out.Grow(len(s))
	for i := 0; i < len(s); {
		end := graphemeEnd(s, i)
		if end-i < 6 {
			if n, text := m.find(s[i:end], true); n > 0 {
				out.WriteString(text)
				i = end
				continue
			}
		}
		for i < end {
			_, n := utf8.DecodeRuneInString(s[i:end])
			if k, text := m.find(s[i:i+n], true); k > 0 {
				out.WriteString(text)
			} else {
				out.WriteString(s[i : i+n])
			}
			i += n
		}
	}
	return out.String()
}

// graphemeEnd returns the end of the grapheme cluster at i, as far as it
// matters for clusters of less than six bytes: a rune with what extends it.
// Source: Unicode Standard Annex 29.
func graphemeEnd(s string, i int) int {
	r, n := utf8.DecodeRuneInString(s[i:])
	i += n
	if r == '\r' && i < len(s) && s[i] == '\n' {
		return i + 1
	}
	if r < ' ' || r == 0x7f || unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp) || unicode.Is(unicode.Cf, r) && !unicode.In(r, extends, prepends) {
		return i
	}
	for i < len(s) {
		if s[i] < utf8.RuneSelf && !unicode.Is(prepends, r) {
			return i
		}
		next, n := utf8.DecodeRuneInString(s[i:])
		control := unicode.In(next, unicode.Cc, unicode.Zl, unicode.Zp) || unicode.Is(unicode.Cf, next) && !unicode.In(next, extends, prepends)
		joined := unicode.In(next, unicode.M, extends) && !unicode.Is(spacedMarks, next) || unicode.Is(prepends, r)
		if control || !joined {
			return i
		}
		r, i = next, i+n
	}
	return i
}

// Graphemes that are not as the general category says.
var (
	extends = &unicode.RangeTable{
		R16: []unicode.Range16{{0x0E33, 0x0EB3, 0x80}, {0x200C, 0x200D, 1}, {0xFF9E, 0xFF9F, 1}},
		R32: []unicode.Range32{{0x1F3FB, 0x1F3FF, 1}, {0xE0020, 0xE007F, 1}},
	}
	prepends = &unicode.RangeTable{
		R16: []unicode.Range16{{0x0600, 0x0605, 1}, {0x06DD, 0x070F, 0x32}, {0x0890, 0x0891, 1}, {0x08E2, 0x08E2, 1}, {0x0D4E, 0x0D4E, 1}},
		R32: []unicode.Range32{{0x110BD, 0x110CD, 0x10}, {0x111C2, 0x111C3, 1}, {0x1193F, 0x11941, 2}, {0x11A3A, 0x11A3A, 1}, {0x11A84, 0x11A89, 1}, {0x11D46, 0x11D46, 1}},
	}
	spacedMarks = &unicode.RangeTable{
		R16: []unicode.Range16{{0x102B, 0x102C, 1}, {0x1038, 0x1038, 1}, {0x1062, 0x1064, 1}, {0x1067, 0x106D, 1}, {0x1083, 0x1083, 1}, {0x1087, 0x108C, 1}, {0x108F, 0x108F, 1}, {0x109A, 0x109C, 1}, {0x1A61, 0x1A61, 1}, {0x1A63, 0x1A64, 1}, {0xAA7B, 0xAA7D, 2}},
		R32: []unicode.Range32{{0x11720, 0x11721, 1}},
	}
)
