package knowledge

import (
	"suiren/knowledge/chinese"
	"suiren/knowledge/inverted"
)

// Words calls f with every word of a text, as the embedding knows it: its
// hash, and those of its characters if it is Chinese and has several. They stand in for
// a word that the embedding does not know.
func Words(text string, f func(word uint64, chars []uint64)) {
	var chars []uint64
	pieces(text, func(p piece) {
		chars = chars[:0]
		switch p.kind {
		case pair:
			return
		case word:
			chars = characters(chars, text[p.lo:p.hi])
		}
		f(p.hash, chars)
	})
}

// characters appends the hash of each character of a word that has several.
func characters(list []uint64, word string) []uint64 {
	for _, r := range word {
		list = append(list, inverted.Mix(hashRune(hashStart, chinese.Fold(r))))
	}
	if len(list) == 1 {
		list = list[:0]
	}
	return list
}
