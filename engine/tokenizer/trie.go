package tokenizer

import (
	"math/bits"
)

// A trie finds the strings that a text begins with. Its edges are in one hash
// table, with the node and the byte as the key.
type trie struct {
	first [256]int32 // nodes below the root, 0 where there is none
	slots []trieSlot
	shift uint
	ids   []int32 // by node; -1 where no string ends
}

type trieSlot struct {
	key  uint32 // node<<8 | byte, 0 where the slot is free: nothing leads from node 0
	node int32
}

// maxTrie bounds the bytes of all strings, so that a key holds any node.
const maxTrie = 1 << 24

// newTrie makes a trie of strings and their ids. Strings that are empty are left out.
func newTrie(list []string, ids []int32) (*trie, error) {
	n := 0
	for _, s := range list {
		n += len(s)
	}
	if n >= maxTrie {
		return nil, fault("the tokens have %d bytes together; up to %d are read", n, maxTrie)
	}
	log := bits.Len(uint(n) | 7)
	t := &trie{slots: make([]trieSlot, 2<<log), shift: uint(63 - log), ids: []int32{-1}}
	for i, s := range list {
		if s == "" {
			continue
		}
		node := t.first[s[0]]
		if node == 0 {
			node = t.grow()
			t.first[s[0]] = node
		}
		for j := 1; j < len(s); j++ {
			slot := t.slot(node, s[j])
			if slot.key == 0 {
				*slot = trieSlot{uint32(node)<<8 | uint32(s[j]), t.grow()}
			}
			node = slot.node
		}
		t.ids[node] = ids[i]
	}
	return t, nil
}

func (t *trie) grow() int32 {
	t.ids = append(t.ids, -1)
	return int32(len(t.ids) - 1)
}

func (t *trie) slot(node int32, c byte) *trieSlot {
	key := uint32(node)<<8 | uint32(c)
	i := uint64(key) * 0x9e3779b97f4a7c15 >> t.shift
	for t.slots[i].key != 0 && t.slots[i].key != key {
		i = (i + 1) & uint64(len(t.slots)-1)
	}
	return &t.slots[i]
}

// next returns the node below node for c, 0 if there is none.
func (t *trie) next(node int32, c byte) int32 { return t.slot(node, c).node }

// longest returns the longest string that s begins with, and its id; 0 if none.
func (t *trie) longest(s string) (n int, id int32) {
	id = -1
	if s == "" {
		return 0, -1
	}
	node := t.first[s[0]]
	for i := 1; node != 0; i++ {
		if v := t.ids[node]; v >= 0 {
			n, id = i, v
		}
		if i == len(s) {
			break
		}
		node = t.next(node, s[i])
	}
	return n, id
}
