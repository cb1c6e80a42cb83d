package data

import (
	"hash/fnv"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"suiren/stage/data/duplicate"
)

// nearDuplicate is the Jaccard index from which on a document of a corpus for
// search is left out. It is higher than the .7 to .8 with which training text is
// thinned out: a document lost is knowledge lost, and a passage found twice costs
// little. In hundredths, so that it is compared exactly.
//
// And the two must hold the same numbers: a new edition of a rule often differs
// from the old one in a date or an amount alone, and is not the same rule.
const nearDuplicate = 90

// MinHash with 14 bands of 8, as FineWeb has it: two documents of Jaccard
// index s share a band with probability 1 − (1 − s⁸)¹⁴, which is .9996 at .9.
// What shares a band is compared exactly.
//
// Broder: On the resemblance and containment of documents, 1997.
const (
	shingle = 5
	bands   = 14
	rows    = 8
)

// A nearIndex finds near duplicates among the documents added. It holds 8
// bytes for each different shingle of each document.
type nearIndex struct {
	paths   []string
	sets    [][]uint64 // sorted
	buckets map[uint64][]int32
	mix     [bands * rows][2]uint64
}

func newNearIndex() *nearIndex {
	x := &nearIndex{buckets: map[uint64][]int32{}}
	state := uint64(5)
	next := func() uint64 { // splitmix64
		state += 0x9e3779b97f4a7c15
		z := state
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		return z ^ z>>31
	}
	for i := range x.mix {
		x.mix[i] = [2]uint64{next(), next() | 1}
	}
	return x
}

// add remembers a document unless an earlier one is nearly equal: then it
// returns that one's path and the Jaccard index.
func (x *nearIndex) add(path, text string) (like string, jaccard float64, found bool) {
	set, numbers := shingles(text)
	var keys [bands]uint64
	for band := range keys {
		h := fnv.New64a()
		hashNumber(h, uint64(band))
		hashNumber(h, numbers)
		for row := range rows {
			m := x.mix[band*rows+row]
			least := uint64(math.MaxUint64)
			for _, s := range set {
				least = min(least, (s^m[0])*m[1])
			}
			hashNumber(h, least)
		}
		keys[band] = h.Sum64()
	}
	var seen []int32
	for _, k := range keys {
		for _, i := range x.buckets[k] {
			if !slices.Contains(seen, i) {
				seen = append(seen, i)
			}
		}
	}
	slices.Sort(seen)
	for _, i := range seen {
		both, either := duplicate.Jaccard(set, x.sets[i])
		if 100*both >= nearDuplicate*either {
			return x.paths[i], math.Round(100*float64(both)/float64(either)) / 100, true
		}
	}
	at := int32(len(x.paths))
	x.paths, x.sets = append(x.paths, path), append(x.sets, set)
	for _, k := range keys {
		x.buckets[k] = append(x.buckets[k], at)
	}
	return "", 0, false
}

func hashNumber(h interface{ Write([]byte) (int, error) }, v uint64) {
	var b [8]byte
	for i := range b {
		b[i] = byte(v >> (8 * i))
	}
	h.Write(b[:])
}

// shingles returns the hashes of all runs of 5 words, sorted and different,
// or of the whole text if it has fewer; and a hash of its numbers in order.
func shingles(text string) (set []uint64, numbers uint64) {
	text = strings.ToLower(norm.NFKC.String(text))
	var words []string
	digits := fnv.New64a()
	start := -1
	end := func(i int) {
		if start >= 0 {
			w := text[start:i]
			words = append(words, w)
			if r, _ := utf8.DecodeRuneInString(w); unicode.IsDigit(r) {
				digits.Write([]byte(w + " "))
			}
			start = -1
		}
	}
	before := rune(0)
	for i, r := range text {
		word := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r)
		alone := unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
		if !word || alone || unicode.IsDigit(r) != unicode.IsDigit(before) {
			end(i)
		}
		if word && start < 0 {
			start = i
		}
		if alone {
			end(i + len(string(r)))
		}
		before = r
	}
	end(len(text))
	for i := 0; i == 0 || i+shingle <= len(words); i++ {
		h := fnv.New64a()
		for _, w := range words[i:min(i+shingle, len(words))] {
			h.Write([]byte(w + " "))
		}
		set = append(set, h.Sum64())
	}
	slices.Sort(set)
	return slices.Compact(set), digits.Sum64()
}
