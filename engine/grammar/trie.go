package grammar

import (
	"slices"
	"unicode/utf8"
)

// A tokenTrie is tokens in the order of a walk over their characters.
type tokenTrie struct {
	chars  []rune    // below 0: -1-i stands for pieces[i]
	depth  []uint16  // of the character in its token
	skip   []int32   // where the walk goes on if the character may not come
	from   []int32   // of ids: the first token at or below the node; one more than there are nodes
	under  []charset // of the nodes below
	ids    []int32   // of the tokens, in the order of the walk
	pieces []string  // bytes that are no whole character
}

// newTokenTrie makes the trie of some tokens.
func newTokenTrie(tokens []string, ids []int32) *tokenTrie {
	t := &tokenTrie{}
	number := map[string]rune{}
	spelt := make(map[int32][]rune, len(ids))
	for _, id := range ids {
		spelt[id] = t.spell(tokens[id], number)
	}
	slices.SortFunc(ids, func(a, b int32) int { return slices.Compare(spelt[a], spelt[b]) })
	var open []int32 // nodes of the last token's characters
	closeTo := func(depth int) {
		for len(open) > depth {
			last := open[len(open)-1]
			open = open[:len(open)-1]
			t.skip[last] = int32(len(t.chars))
			if len(open) > 0 {
				t.under[open[len(open)-1]] |= t.under[last] | charOf(t.chars[last])
			}
		}
	}
	var last []rune
	for _, id := range ids {
		s := spelt[id]
		same := 0
		for same < len(s) && same < len(last) && s[same] == last[same] {
			same++
		}
		closeTo(same)
		for i := same; i < len(s); i++ {
			open = append(open, int32(len(t.chars)))
			t.chars, t.depth, t.skip = append(t.chars, s[i]), append(t.depth, uint16(i)), append(t.skip, 0)
			t.from = append(t.from, int32(len(t.ids)))
			t.under = append(t.under, 0)
		}
		t.ids = append(t.ids, id)
		last = s
	}
	closeTo(0)
	t.from = append(t.from, int32(len(t.ids)))
	return t
}

// spell returns the characters of a token.
func (t *tokenTrie) spell(s string, number map[string]rune) (list []rune) {
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r != utf8.RuneError || n > 1 {
			list, s = append(list, r), s[n:]
			continue
		}
		for n = 1; n < len(s); n++ {
			if r, size := utf8.DecodeRuneInString(s[n:]); r != utf8.RuneError || size > 1 {
				break
			}
		}
		piece, ok := number[s[:n]]
		if !ok {
			piece = -1 - rune(len(t.pieces))
			number[s[:n]] = piece
			t.pieces = append(t.pieces, s[:n])
		}
		list, s = append(list, piece), s[n:]
	}
	return list
}

// own returns the tokens that end at a node: what comes before those of the
// node's first child, which is the next one.
func (t *tokenTrie) own(i int32) []int32 {
	return t.ids[t.from[i]:t.from[i+1]]
}

// below returns the tokens that end at a node or below it.
func (t *tokenTrie) below(i int32) []int32 { return t.ids[t.from[i]:t.from[t.skip[i]]] }

// text returns the bytes of a node.
func (t *tokenTrie) text(i int32) string {
	if c := t.chars[i]; c < 0 {
		return t.pieces[-1-c]
	}
	return string(t.chars[i])
}
