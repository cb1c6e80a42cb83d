package tokenizer

import "math/bits"

// A pairTable finds the merge of two tokens: open addressing, as half of the
// time of encoding is spent here.
type pairTable struct {
	slots []pairSlot
	shift uint
	n     int
}

type pairSlot struct {
	key  uint64 // pair + 1, 0 where the slot is free
	rank uint32 // merges are made in this order
	id   int32  // of the two joined
}

func pair(left, right int32) uint64 { return uint64(uint32(left))<<32 | uint64(uint32(right)) }

func newPairTable(n int) pairTable {
	log := bits.Len(uint(n) | 7) // at most half full
	return pairTable{slots: make([]pairSlot, 2<<log), shift: uint(63 - log)}
}

// add enters a merge, false if the pair has one. It is called at most n times.
func (p *pairTable) add(left, right int32, rank uint32, id int32) bool {
	key := pair(left, right) + 1
	i := key * 0x9e3779b97f4a7c15 >> p.shift
	for p.slots[i].key != 0 {
		if p.slots[i].key == key {
			return false
		}
		i = (i + 1) & uint64(len(p.slots)-1)
	}
	p.slots[i] = pairSlot{key, rank, id}
	p.n++
	return true
}

// find returns the rank and the result of a merge, noRank if there is none.
func (p *pairTable) find(left, right int32) (rank uint32, id int32) {
	key := pair(left, right) + 1
	i := key * 0x9e3779b97f4a7c15 >> p.shift
	for {
		s := &p.slots[i]
		if s.key == key {
			return s.rank, s.id
		}
		if s.key == 0 {
			return noRank, 0
		}
		i = (i + 1) & uint64(len(p.slots)-1)
	}
}

const noRank = ^uint32(0)
