package tokenizer

import "unicode/utf8"

// A wordPiece cuts a word into the longest tokens from its start on, those
// after the first being spelt with ## in the file; a word that cannot be cut
// is unknown. Schuster, Nakajima: Japanese and Korean Voice Search, 2012.
type wordPiece struct {
	start, inner *trie
	unk          int32
	longest      int // runes of a word; longer ones are unknown
}

func (w *wordPiece) encode(dst []int32, word string, _ *scratch) []int32 {
	if len(word) > w.longest && utf8.RuneCountInString(word) > w.longest {
		return append(dst, w.unk)
	}
	begin, t := len(dst), w.start
	for word != "" {
		n, id := t.longest(word)
		if n == 0 {
			return append(dst[:begin], w.unk)
		}
		dst = append(dst, id)
		word, t = word[n:], w.inner
	}
	return dst
}
