package tokenizer

import "unicode/utf8"

// A unigram takes the most probable of all ways to cut a piece into tokens
// (Viterbi). Kudo: Subword Regularization, 2018.
type unigram struct {
	trie     *trie
	starts   []int32   // nodes of tokens' first runes, where those are of the first plane and not ASCII
	scores   []float64 // by id
	unkScore float64   // of a rune without a token
	unk      int32
	bytes    [256]int32 // tokens of bytes; -1 if there is none
	fallback bool       // unknown runes are written with them
	single   bool       // sums are float32, as in the sentencepiece library
}

// A way is the best one so far to reach a position.
type way struct {
	score float64
	from  int32 // -1 if there is no way yet
	id    int32
}

func (u *unigram) encode(dst []int32, piece string, s *scratch) []int32 {
	n := len(piece)
	if cap(s.best) < n+1 {
		s.best = make([]way, n+1, 2*n+1)
	}
	best := s.best[:n+1]
	for i := range best {
		best[i].from = -1
	}
	best[0] = way{}
	for i := 0; i < n; {
		r, width := utf8.DecodeRuneInString(piece[i:])
		here, one := best[i].score, false
		node, j := u.trie.first[piece[i]], i+1
		if width > 1 && int(r) < len(u.starts) {
			node, j = u.starts[r], i+width
		}
		for ; node != 0; j++ {
			if id := u.trie.ids[node]; id >= 0 {
				u.offer(&best[j], here, u.scores[id], int32(i), id)
				one = one || j == i+width
			}
			if j == n {
				break
			}
			node = u.trie.next(node, piece[j])
		}
		if !one {
			u.offer(&best[i+width], here, u.unkScore, int32(i), u.unk)
		}
		i += width
	}
	start := len(dst)
	for end := int32(n); end > 0; {
		b := best[end]
		if b.id != u.unk {
			dst = append(dst, b.id)
			end = b.from
			continue
		}
		from := b.from // unknown runes that follow one another are one token
		for from > 0 && best[from].id == u.unk {
			from = best[from].from
		}
		dst = u.unknown(dst, piece[from:end])
		end = from
	}
	for i, j := start, len(dst)-1; i < j; i, j = i+1, j-1 {
		dst[i], dst[j] = dst[j], dst[i]
	}
	return dst
}

// offer replaces a way by a better one.
func (u *unigram) offer(b *way, here, score float64, from, id int32) {
	sum := here + score
	if u.single {
		sum = float64(float32(here) + float32(score))
	}
	if b.from < 0 || sum > b.score {
		*b = way{sum, from, id}
	}
}

// unknown appends the tokens of text, backwards.
func (u *unigram) unknown(dst []int32, text string) []int32 {
	if u.fallback {
		start := len(dst)
		for i := len(text) - 1; i >= 0; i-- {
			if u.bytes[text[i]] < 0 {
				dst = dst[:start]
				return append(dst, u.unk)
			}
			dst = append(dst, u.bytes[text[i]])
		}
		return dst
	}
	if u.unk < 0 {
		return dst
	}
	return append(dst, u.unk)
}
