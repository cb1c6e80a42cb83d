package knowledge

import (
	"suiren/knowledge/embedding"
	"suiren/knowledge/inverted"
)

// A tally counts the terms of a passage. reset makes it empty and ready.
type tally struct {
	counts []inverted.Count
	said   []said // of each

	rows  []int    // of each in the embedding, while they are added
	slots []uint64 // by hash: the turn, and below it the place in counts
	turn  uint32
}

// A said is how often a term stands as a word in text and headings.
type said struct {
	text  string // "": it is only a pair of characters
	kind  kind
	times int
}

func (t *tally) reset() {
	t.counts, t.said = t.counts[:0], t.said[:0]
	if t.turn++; t.slots == nil || t.turn == 0 {
		t.slots, t.turn = make([]uint64, max(1<<12, len(t.slots))), 1
	}
}

// slot returns where a term is, or would be.
func (t *tally) slot(hash uint64) *uint64 {
	for i := hash; ; i++ {
		s := &t.slots[i&uint64(len(t.slots)-1)]
		if uint32(*s>>32) != t.turn || t.counts[uint32(*s)].Term == hash {
			return s
		}
	}
}

// at returns the place of a term, a new one if need be. Hashes have their bits spread.
func (t *tally) at(hash uint64) int {
	s := t.slot(hash)
	if uint32(*s>>32) == t.turn {
		return int(uint32(*s))
	}
	n := len(t.counts)
	*s = uint64(t.turn)<<32 | uint64(n)
	t.counts, t.said = append(t.counts, inverted.Count{Term: hash}), append(t.said, said{})
	if 2*n > len(t.slots) {
		t.slots = make([]uint64, 4*len(t.slots))
		for i, c := range t.counts {
			*t.slot(c.Term) = uint64(t.turn)<<32 | uint64(i)
		}
	}
	return n
}

// each adds the words of text and headings to a sum.
func (t *tally) each(sum *embedding.Sum) {
	var chars []uint64
	for i := range t.said {
		if t.said[i].times > 0 {
			sum.Expect(t.counts[i].Term)
		}
	}
	t.rows = t.rows[:0]
	for i := range t.said {
		row := -1
		if t.said[i].times > 0 {
			row = sum.Row(t.counts[i].Term)
		}
		t.rows = append(t.rows, row)
	}
	for i := range t.said {
		s := &t.said[i]
		if t.rows[i] >= 0 {
			sum.AddRow(t.rows[i], s.times)
			continue
		}
		if s.times == 0 || s.kind == latin {
			continue
		}
		chars = characters(chars[:0], s.text)
		for _, c := range chars {
			sum.Add(c, s.times)
		}
	}
}
