package duplicate

import (
	"fmt"
	"slices"
	"unicode/utf8"
	"unsafe"

	"github.com/cespare/xxhash/v2"

	"suiren/stage/data/quality"
)

// A gram is so many words, as datatrove has it; of Chinese and Japanese, so many
// characters. A held-out text shorter than a gram counts as one if it has at
// least half of it.
const (
	gramWords      = 12
	gramCharacters = 24
)

// maxGrams bounds what is held of evaluation sets: 16 bytes each.
const maxGrams = 32 << 20

// Grams are the runs of words of texts that must not be learnt. Once they are
// all added, it may be used by many goroutines.
type Grams struct {
	sets  map[int]map[uint64]uint32 // by length; of characters below 0
	names []string
	n     int
}

// NewGrams returns an empty set.
func NewGrams() *Grams { return &Grams{sets: map[int]map[uint64]uint32{}} }

// Add adds what a text holds, under a name.
func (g *Grams) Add(text, name string) error {
	g.names = append(g.names, name)
	for _, byCharacter := range []bool{false, true} {
		joined, ends, gap := gramUnits(text, byCharacter)
		length := gramWords
		if byCharacter {
			length = gramCharacters
		}
		if len(ends) < length {
			if len(ends) < length/2 {
				continue
			}
			length = len(ends)
		}
		if byCharacter && !mostlyHan(text) || !byCharacter && mostlyHan(text) {
			continue
		}
		key := length
		if byCharacter {
			key = -length
		}
		if g.sets[key] == nil {
			g.sets[key] = map[uint64]uint32{}
		}
		each(joined, ends, gap, length, func(h uint64) bool {
			if _, ok := g.sets[key][h]; !ok {
				g.sets[key][h] = uint32(len(g.names) - 1)
				g.n++
			}
			return true
		})
	}
	if g.n > maxGrams {
		return fmt.Errorf("duplicate: the held-out texts have more than %d different runs of words", maxGrams)
	}
	return nil
}

// Find returns the name of a text that shares a gram with this one, or "".
func (g *Grams) Find(text string) (name string) {
	for _, byCharacter := range []bool{false, true} {
		if byCharacter && hanCharacters(text) < gramCharacters/2 {
			continue
		}
		var joined []byte
		var ends []int32
		var gap int32
		lengths := make([]int, 0, len(g.sets))
		for key := range g.sets {
			if (key < 0) == byCharacter {
				lengths = append(lengths, key)
			}
		}
		slices.Sort(lengths)
		for _, key := range lengths {
			if joined == nil {
				joined, ends, gap = gramUnits(text, byCharacter)
			}
			set := g.sets[key]
			each(joined, ends, gap, max(key, -key), func(h uint64) bool {
				if i, ok := set[h]; ok {
					name = g.names[i]
					return false
				}
				return true
			})
			if name != "" {
				return name
			}
		}
	}
	return ""
}

// mostlyHan reports whether a text is written in Chinese characters or kana.
func mostlyHan(text string) bool { return 3*hanCharacters(text) > utf8.RuneCountInString(text) }

func hanCharacters(text string) (n int) {
	for _, c := range text {
		if c >= 0x3041 && c <= 0x9fff {
			n++
		}
	}
	return n
}

// gramUnits returns the words or characters of a text in its simplified form, one
// after the other with a gap of so many bytes, and where each ends.
func gramUnits(text string, byCharacter bool) (joined []byte, ends []int32, gap int32) {
	simple := Simplify(nil, text)
	if byCharacter {
		for _, c := range string(simple) {
			if c != ' ' {
				joined = append(joined, string(c)...)
				ends = append(ends, int32(len(joined)))
			}
		}
		return joined, ends, 0
	}
	s := unsafe.String(unsafe.SliceData(simple), len(simple))
	for _, w := range quality.Words(nil, s, "en") {
		if len(joined) > 0 {
			joined = append(joined, ' ')
		}
		joined = append(joined, s[w.Lo:w.Hi]...)
		ends = append(ends, int32(len(joined)))
	}
	return joined, ends, 1
}

// each calls f with the hash of each run of so many units until f is false.
func each(joined []byte, ends []int32, gap int32, length int, f func(uint64) bool) {
	lo := int32(0)
	for i := length - 1; i < len(ends); i++ {
		if !f(xxhash.Sum64(joined[lo:ends[i]])) {
			return
		}
		lo = ends[i-length+1] + gap
	}
}
