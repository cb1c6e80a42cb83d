package tokenizer

import (
	"container/heap"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Train learns byte-level BPE from texts: it joins the most frequent pair of
// adjacent tokens within the pieces, again and again, until there are vocab
// tokens or no pair occurs twice. Of pairs equally frequent it takes the one
// whose tokens are smaller as byte strings, left before right; so the result
// depends on the texts as a multiset only. Ids are the 256 bytes, the joined
// tokens in the order learnt, then special.
//
// Sennrich, Haddow, Birch: Neural Machine Translation of Rare Words with
// Subword Units, 2016.
func Train(texts iter.Seq[string], vocab int, special []string) (*Tokenizer, error) {
	if least := 256 + len(special); vocab < least {
		return nil, fmt.Errorf("a vocabulary of %d is too small: 256 bytes and %d special tokens need %d", vocab, len(special), least)
	}
	counts, scan := map[string]int64{}, patterns[patternQwen2]
	for text := range texts {
		text = norm.NFC.String(text)
		for len(text) > 0 {
			n := scan(text)
			if c, ok := counts[text[:n]]; ok {
				counts[text[:n]] = c + 1
			} else {
				counts[strings.Clone(text[:n])] = 1 // text may be large
			}
			text = text[n:]
		}
	}
	t := &Tokenizer{roles: noRoles, steps: families[0].steps()}
	ids := map[string]int32{}
	for b := range 256 {
		s := string([]byte{byte(b)})
		t.tokens = append(t.tokens, s)
		ids[s] = int32(b)
	}
	l, learnt := newLearner(counts, t), map[uint64]bool{}
	for len(t.tokens)+len(special) < vocab {
		left, right, ok := l.best()
		if !ok {
			break
		}
		joined := t.tokens[left] + t.tokens[right]
		id, ok := ids[joined] // there already if other tokens join to the same bytes
		if !ok {
			id = int32(len(t.tokens))
			t.tokens = append(t.tokens, joined)
			ids[joined] = id
		}
		m := merge{left, right, id}
		if p := pair(left, right); !learnt[p] { // it comes again if left or right were joined another way since
			learnt[p] = true
			t.merges = append(t.merges, m)
		}
		l.join(m)
	}
	for _, name := range special {
		t.added = append(t.added, added{id: int32(len(t.tokens)), name: name, special: name != thinkStart && name != thinkEnd})
		t.tokens = append(t.tokens, name)
	}
	if err := t.readSteps(); err != nil {
		return nil, err
	}
	t.defaultTemplate(nil, nil)
	return t.finish()
}

// A learner keeps the counts of all pairs while words are rewritten.
type learner struct {
	t     *Tokenizer
	words [][]int32 // ids of each distinct piece
	count []int64   // of each word
	pairs map[uint64]*pairStat
	queue []claim // a heap; claims may be too high, never too low
	grown []uint64
}

type pairStat struct {
	count int64
	words []int32 // that hold the pair, or held it
	fresh bool    // in grown
}

// A claim says that a pair occurs count times.
type claim struct {
	pair  uint64
	count int64
}

func newLearner(counts map[string]int64, t *Tokenizer) *learner {
	l := &learner{t: t, pairs: map[uint64]*pairStat{}}
	for _, piece := range slices.Sorted(maps.Keys(counts)) {
		word := make([]int32, len(piece))
		for i := range word {
			word[i] = int32(piece[i])
		}
		w := int32(len(l.words))
		l.words, l.count = append(l.words, word), append(l.count, counts[piece])
		for i := range len(word) - 1 {
			l.add(word[i], word[i+1], w, +1)
		}
	}
	l.enqueue()
	return l
}

// add counts a pair in word w once more (sign +1) or less (-1).
func (l *learner) add(left, right, w int32, sign int64) {
	p := pair(left, right)
	s := l.pairs[p]
	if s == nil {
		s = &pairStat{}
		l.pairs[p] = s
	}
	s.count += sign * l.count[w]
	if sign < 0 {
		return
	}
	if n := len(s.words); n == 0 || s.words[n-1] != w {
		s.words = append(s.words, w)
	}
	if !s.fresh {
		s.fresh = true
		l.grown = append(l.grown, p)
	}
}

// enqueue claims the present counts of the pairs that grew.
func (l *learner) enqueue() {
	for _, p := range l.grown {
		s := l.pairs[p]
		s.fresh = false
		if s.count > 1 {
			heap.Push(l, claim{p, s.count})
		}
	}
	l.grown = l.grown[:0]
}

// best returns the pair to join next, false if none occurs twice.
func (l *learner) best() (left, right int32, ok bool) {
	for len(l.queue) > 0 {
		c := heap.Pop(l).(claim)
		s := l.pairs[c.pair]
		if s == nil || s.count < 2 {
			continue
		}
		if s.count != c.count { // it shrank since, or was claimed again
			if s.count < c.count {
				heap.Push(l, claim{c.pair, s.count})
			}
			continue
		}
		return int32(c.pair >> 32), int32(uint32(c.pair)), true
	}
	return 0, 0, false
}

// join rewrites all words that hold the pair of m and counts their new pairs.
func (l *learner) join(m merge) {
	p := pair(m.left, m.right)
	for _, w := range l.pairs[p].words {
		word := l.words[w]
		out := word[:0]
		for i := 0; i < len(word); i++ {
			if word[i] != m.left || i+1 == len(word) || word[i+1] != m.right {
				out = append(out, word[i])
				continue
			}
			if n := len(out); n > 0 {
				l.add(out[n-1], m.left, w, -1)
				l.add(out[n-1], m.id, w, +1)
			}
			i++
			if i+1 < len(word) {
				l.add(m.right, word[i+1], w, -1)
				l.add(m.id, word[i+1], w, +1)
			}
			out = append(out, m.id)
		}
		l.words[w] = out
	}
	delete(l.pairs, p)
	l.enqueue()
}

// Len, Less, Swap, Push and Pop make the queue a heap.
func (l *learner) Len() int      { return len(l.queue) }
func (l *learner) Swap(i, j int) { l.queue[i], l.queue[j] = l.queue[j], l.queue[i] }
func (l *learner) Push(x any)    { l.queue = append(l.queue, x.(claim)) }
func (l *learner) Pop() any {
	n := len(l.queue) - 1
	c := l.queue[n]
	l.queue = l.queue[:n]
	return c
}
func (l *learner) Less(i, j int) bool {
	a, b := l.queue[i], l.queue[j]
	if a.count != b.count {
		return a.count > b.count
	}
	if c := strings.Compare(l.t.tokens[a.pair>>32], l.t.tokens[b.pair>>32]); c != 0 {
		return c < 0
	}
	return l.t.tokens[uint32(a.pair)] < l.t.tokens[uint32(b.pair)]
}
