package duplicate

import (
	"cmp"
	"math"
	"slices"
	"unsafe"

	"github.com/cespare/xxhash/v2"

	"suiren/stage/data/quality"
)

// keyWords is of how many words the key of a text is made.
const keyWords = 3

// WordSet returns the hashes of the words of a text in its simplified form, each once,
// sorted. The slice is valid until the next call.
func (s *Signer) WordSet(text, lang string) []uint64 {
	s.simple = Simplify(s.simple[:0], text)
	simple := unsafe.String(unsafe.SliceData(s.simple), len(s.simple))
	s.words, s.shingles = quality.Words(s.words[:0], simple, lang), s.shingles[:0]
	for _, w := range s.words {
		s.shingles = append(s.shingles, xxhash.Sum64String(simple[w.Lo:w.Hi]))
	}
	slices.Sort(s.shingles)
	s.shingles = slices.Compact(s.shingles)
	return s.shingles
}

// LeastWords returns a key of a set of words: the least of them in each of three orders,
// mixed. Two texts that share s of their words have the same one with probability s³,
// texts without words always. By one order alone texts of one kind come in a few large
// groups, since a word that most of them have is the least of all of these.
func LeastWords(words []uint64) uint64 {
	var least [keyWords]uint64
	for i := range least {
		least[i] = math.MaxUint64
	}
	for _, h := range words {
		for i := range least {
			least[i] = min(least[i], mix(h+uint64(i)))
		}
	}
	return mixed(least[:])
}

// RarestWords returns a key of a set of words of which texts tells in how many texts each
// is: the three that are in the fewest, mixed, but for those of one text alone. It parts
// texts whose least words are the same since all have these.
func RarestWords(words []uint64, texts func(word uint64) uint32) uint64 {
	var rare []uint64
	for _, w := range words {
		if texts(w) > 1 {
			rare = append(rare, w)
		}
	}
	if len(rare) == 0 {
		return LeastWords(words)
	}
	slices.SortFunc(rare, func(a, b uint64) int { return cmp.Or(cmp.Compare(texts(a), texts(b)), cmp.Compare(a, b)) })
	return mixed(rare[:min(len(rare), keyWords)])
}

func mixed(words []uint64) uint64 {
	key := uint64(0)
	for _, w := range words {
		key = mix(key ^ w)
	}
	return key
}
