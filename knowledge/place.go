package knowledge

import (
	"cmp"
	"math"
	"slices"
	"unicode"
	"unicode/utf8"

	"suiren/knowledge/chinese"
	"suiren/knowledge/inverted"
)

// Chosen on the first halves of the sets in TestHybrid.
const (
	placed   = 5   // the best passages, of which it is looked at where the question's words stand
	byPlace  = 0.1 // what to be early and to be together count each, beside shares of a score
	lateness = 10  // words after which a place counts half
	breadth  = 30  // words of a sentence that make it count √½
)

// place puts the best passages in order by where the question's words stand in them, too:
// a passage that begins with them is about them (Troy, Zhang: Enhancing relevance scoring
// with chronological term rank, 2007), and one that has them in one short sentence answers
// rather than one that has them here and there (Tao, Zhai: An exploration of proximity
// measures in information retrieval, 2007).
func (ix *Index) place(q *query, list []candidate, allowed inverted.Set) {
	list = list[:min(len(list), placed)]
	s := newSights(ix, q, allowed)
	if len(list) < 2 || s.all == 0 {
		return
	}
	for i := range list {
		p := ix.read(&list[i])
		first, together := s.look(p.Heading, p.Text)
		list[i].score += float64(byPlace * (first + together))
	}
	slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
}

// sights finds a question's terms in passages without taking their words apart: words of
// letters, and pairs of other characters, which words of Chinese are made of.
type sights struct {
	terms map[uint64]int
	some  [16]uint64 // a bit for each term's hash: most of a text is none
	rare  []float64  // of each term
	all   float64    // their sum

	at                int     // words before
	seen, here        []bool  // terms of the passage, and of the sentence
	early, sum, close float64 // of the passage, the sentence, and the best sentence
	from              int     // words before the sentence
}

func newSights(ix *Index, q *query, allowed inverted.Set) *sights {
	s := &sights{terms: make(map[uint64]int, len(q.terms)), rare: make([]float64, len(q.terms)), seen: make([]bool, len(q.terms)), here: make([]bool, len(q.terms))}
	for t := range q.terms {
		h := q.terms[t].Hash
		s.terms[h] = t
		s.some[h>>60] |= 1 << (h >> 54 & 63)
		s.rare[t] = ix.rarity(q, t, allowed)
		s.all += s.rare[t]
	}
	return s
}

// look returns how early the terms stand in a passage, and how many of them together in a sentence:
// 0 to 1 each.
func (s *sights) look(heading, text string) (first, together float64) {
	clear(s.seen)
	s.at, s.early, s.close = 0, 0, 0
	s.read(heading)
	s.end()
	s.close = 0 // a heading is no sentence
	s.read(text)
	s.end()
	return s.early / s.all, s.close / s.all
}

func (s *sights) read(text string) {
	last, end := rune(0), -1  // the character before
	from, letters := 0, false // what is of other scripts, and whether it has words
	others := func(to int) {
		if letters {
			latinWords(text[from:to], from, func(p piece) {
				s.meet(p.hash)
				s.at++
			})
		}
		letters = false
	}
	for i, r := range text {
		switch {
		case r < utf8.RuneSelf && (r|0x20 >= 'a' && r|0x20 <= 'z' || r >= '0' && r <= '9'):
			letters = true
		case r == '。', r == '！', r == '？', r == '!', r == '?', r == '\n', r == '.' && (i+1 == len(text) || text[i+1] <= ' '):
			others(i)
			s.end()
			from = i + utf8.RuneLen(r)
		case isCJK(r):
			others(i)
			c := chinese.Fold(r)
			if end == i {
				s.meet(inverted.Mix(hashRune(hashRune(hashStart, last), c)))
			}
			s.at++
			last, end = c, i+utf8.RuneLen(r)
			from = end
		case r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			letters = true
		}
	}
	others(len(text))
}

// meet notes a term that stands here.
func (s *sights) meet(hash uint64) {
	if s.some[hash>>60]>>(hash>>54&63)&1 == 0 {
		return
	}
	t, ok := s.terms[hash]
	if !ok {
		return
	}
	if !s.seen[t] {
		s.seen[t] = true
		s.early += s.rare[t] / (1 + float64(s.at)/lateness)
	}
	if !s.here[t] {
		s.here[t] = true
		s.sum += s.rare[t]
	}
}

// end ends a sentence.
func (s *sights) end() {
	if s.sum > 0 {
		s.close = max(s.close, s.sum/math.Sqrt(1+float64(s.at-s.from)/breadth))
		clear(s.here)
		s.sum = 0
	}
	s.from = s.at
}
