package duplicate

import (
	"math"
	"unicode/utf8"
	"unsafe"

	"github.com/cespare/xxhash/v2"

	"suiren/knowledge/chinese"
	"suiren/stage/data/quality"
)

// The FineWeb setting.
const (
	Shingle = 5  // words
	Bands   = 14 // buckets
	Rows    = 8  // hashes of a band
	hashes  = Bands * Rows
)

// A Signature holds the least hashes of a text's shingles under each permutation,
// band after band.
type Signature [hashes]uint64

// A Signer computes signatures, one after the other; it keeps its memory.
type Signer struct {
	// Shingles are of so many words; 0 is Shingle. For Chinese they may be of
	// characters instead, which depend on no dictionary.
	Characters int
	Memory     *chinese.Memory // of a text that was measured, mostly the same; nil: none

	simple   []byte
	words    []quality.Word
	joined   []byte
	ends     []int32
	shingles []uint64
}

// Shingles returns the hashes of all runs of 5 words of a text in its simplified
// form. Texts with fewer words have none. The slice is valid until the next call.
func (s *Signer) Shingles(text, lang string) []uint64 {
	s.simple = Simplify(s.simple[:0], text)
	simple := unsafe.String(unsafe.SliceData(s.simple), len(s.simple))
	s.joined, s.ends, s.shingles = s.joined[:0], s.ends[:0], s.shingles[:0]
	if s.Characters > 0 {
		return s.characters(simple)
	}
	s.words = quality.WordsAgain(s.words[:0], simple, lang, s.Memory)
	for _, w := range s.words {
		if len(s.joined) > 0 {
			s.joined = append(s.joined, ' ')
		}
		s.joined = append(s.joined, simple[w.Lo:w.Hi]...)
		s.ends = append(s.ends, int32(len(s.joined)))
	}
	lo := 0
	for i := Shingle - 1; i < len(s.ends); i++ {
		s.shingles = append(s.shingles, xxhash.Sum64(s.joined[lo:s.ends[i]]))
		lo = int(s.ends[i-Shingle+1]) + 1
	}
	return s.shingles
}

// characters makes shingles of characters, without the spaces.
func (s *Signer) characters(simple string) []uint64 {
	for i := 0; i < len(simple); {
		_, size := utf8.DecodeRuneInString(simple[i:])
		if simple[i] != ' ' {
			s.joined = append(s.joined, simple[i:i+size]...)
			s.ends = append(s.ends, int32(len(s.joined)))
		}
		i += size
	}
	lo := 0
	for i := s.Characters - 1; i < len(s.ends); i++ {
		s.shingles = append(s.shingles, xxhash.Sum64(s.joined[lo:s.ends[i]]))
		lo = int(s.ends[i-s.Characters+1])
	}
	return s.shingles
}

const mersenne = 1<<61 - 1

// Sign computes the signature of shingles: for each permutation a·x+b, modulo 2⁶⁴
// and then modulo 2⁶¹−1 as datatrove has it, the least value. It is false for
// a text without shingles: such are like no other.
func Sign(sig *Signature, shingles []uint64) bool {
	if len(shingles) == 0 {
		return false
	}
	sign(sig, shingles)
	return true
}

// signGeneric defines sign.
func signGeneric(sig *Signature, shingles []uint64) {
	for p := 0; p < hashes; p += 4 { // four at a time stay in registers
		a0, a1, a2, a3 := multipliers[p], multipliers[p+1], multipliers[p+2], multipliers[p+3]
		b0, b1, b2, b3 := offsets[p], offsets[p+1], offsets[p+2], offsets[p+3]
		m0, m1, m2, m3 := uint64(math.MaxUint64), uint64(math.MaxUint64), uint64(math.MaxUint64), uint64(math.MaxUint64)
		for _, x := range shingles {
			m0 = min(m0, reduce(x*a0+b0))
			m1 = min(m1, reduce(x*a1+b1))
			m2 = min(m2, reduce(x*a2+b2))
			m3 = min(m3, reduce(x*a3+b3))
		}
		sig[p], sig[p+1], sig[p+2], sig[p+3] = m0, m1, m2, m3
	}
}

// reduce is x modulo 2⁶¹−1.
func reduce(x uint64) uint64 {
	x = x&mersenne + x>>61
	if x >= mersenne {
		x -= mersenne
	}
	return x
}

// BandKeys returns a hash of each band. Texts with an equal one are candidates.
func (sig *Signature) BandKeys() (keys [Bands]uint64) {
	for band := range keys {
		h := uint64(band) + 1
		for _, v := range sig[band*Rows : (band+1)*Rows] {
			h = mix(h ^ v)
		}
		keys[band] = h
	}
	return keys
}

// mix is the last step of splitmix64, a permutation of 64 bits.
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// SignOnce computes a signature of the same shape with one pass over the
// shingles: each falls into one of the 112 places by its hash, and the least of a
// place counts; an empty place takes its neighbours' value, mixed with its
// distance. It costs a hundredth of Sign, and is like no other program's.
//
// Shrivastava, Li: Densifying One Permutation Hashing via Rotation, 2014.
func SignOnce(sig *Signature, shingles []uint64) bool {
	if len(shingles) == 0 {
		return false
	}
	for i := range sig {
		sig[i] = math.MaxUint64
	}
	for _, x := range shingles {
		x = mix(x)
		p := (x >> 32) * hashes >> 32
		sig[p] = min(sig[p], x<<32|x>>32)
	}
	full := *sig
	for i := range sig {
		if full[i] != math.MaxUint64 {
			continue
		}
		for d := 1; ; d++ {
			if v := full[(i+d)%hashes]; v != math.MaxUint64 {
				sig[i] = mix(v + uint64(d))
				break
			}
		}
	}
	return true
}

// Jaccard returns how many elements two sets share, and how many are in either:
// their quotient is the Jaccard index. Both are sorted and without repeats.
func Jaccard(a, b []uint64) (both, either int) {
	either = len(a) + len(b)
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case a[0] > b[0]:
			b = b[1:]
		default:
			both++
			a, b = a[1:], b[1:]
		}
	}
	return both, either - both
}
