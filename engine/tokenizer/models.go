package tokenizer

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The files of tokenizers have tables; this file makes models of them.

// hidden tells which tokens no text may become: all added ones but white space.
func (t *Tokenizer) hidden() []bool {
	hidden := make([]bool, len(t.tokens))
	for i := range t.added {
		hidden[t.added[i].id] = !t.added[i].plain()
	}
	return hidden
}

func (t *Tokenizer) typeOf(id int) tokenType {
	if t.types == nil {
		return normalToken
	}
	return t.types[id]
}

// newBPE returns the parts of a bpe that all have.
func (t *Tokenizer) newBPE() *bpe {
	b := &bpe{level: t.kind == levelBPE, size: int32(len(t.tokens)), unk: t.roles.unk, fuse: t.bpe.fuse}
	if b.level {
		b.unk = -1
	}
	for i := range b.bytes {
		b.bytes[i] = -1
	}
	return b
}

func (t *Tokenizer) addMerges(b *bpe) error {
	b.pairs = newPairTable(len(t.merges))
	hidden := t.hidden()
	for rank, m := range t.merges {
		if hidden[m.id] || hidden[m.left] || hidden[m.right] {
			continue
		}
		if !b.pairs.add(m.left, m.right, uint32(rank), m.id) {
			return fault("the merge of %q and %q comes twice", t.tokens[m.left], t.tokens[m.right])
		}
	}
	return nil
}

// buildLevel makes a byte-level BPE. A byte without a token is left out of a
// text, as the tokenizers library does: Falcon has no control characters.
func (t *Tokenizer) buildLevel() error {
	b := t.newBPE()
	hidden := t.hidden()
	if t.bpe.ignoreMerges {
		b.whole = make(map[string]int32, len(t.tokens))
	}
	for id, s := range t.tokens {
		if s == "" {
			return fault("no token has the id %d", id)
		}
		if hidden[id] || t.typeOf(id) == unusedToken {
			continue
		}
		if b.whole != nil {
			b.whole[s] = int32(id)
		}
		if _, plain := t.names[s]; len(s) == 1 && (!plain || t.names[s] != int32(id)) {
			b.bytes[s[0]] = int32(id)
		}
	}
	t.model = b
	return t.addMerges(b)
}

// byteForm returns the byte that a token such as <0x0A> is, if it is one.
func byteForm(s string) (byte, bool) {
	if len(s) != 6 || s[:3] != "<0x" || s[5] != '>' {
		return 0, false
	}
	v, err := strconv.ParseUint(s[3:5], 16, 8)
	return byte(v), err == nil
}

func (t *Tokenizer) addBytes(table *[256]int32) {
	for id, s := range t.forms {
		if c, ok := byteForm(s); ok && (t.types == nil || t.types[id] == byteToken) {
			table[c] = int32(id)
		}
	}
}

func (t *Tokenizer) buildRunes() error {
	b := t.newBPE()
	b.runes = map[rune]int32{}
	if t.bpe.byteFallback {
		t.addBytes(&b.bytes)
	}
	hidden := t.hidden()
	index := make(map[string]int32, len(t.forms))
	for id, s := range t.forms {
		typ := t.typeOf(id)
		if hidden[id] || typ == controlToken || typ == unknownToken || typ == byteToken || s == "" {
			continue
		}
		index[s] = int32(id)
		if r, n := utf8.DecodeRuneInString(s); n == len(s) && (r != utf8.RuneError || n > 1) {
			b.runes[r] = int32(id)
		}
	}
	if t.bpe.ignoreMerges {
		b.whole = index
	}
	t.model = b
	if _, ok := index[lowLine]; ok && len(t.pre) < 2 && b.whole == nil { // so that pieces are short, and come again
		if len(t.pre) == 0 {
			t.pre = []preStep{{}}
		}
		if t.pre[0].scan == nil {
			t.pre[0].scan = atLowLines(t.beforeLowLine())
		}
	}
	if t.scores == nil {
		return t.addMerges(b)
	}
	t.scoreMerges(b, index)
	return nil
}

// scoreMerges makes merges of a vocabulary with scores: two symbols join if
// the two together are a token, that of the highest score first.
func (t *Tokenizer) scoreMerges(b *bpe, index map[string]int32) {
	order := slices.Clone(t.scores)
	slices.SortFunc(order, func(x, y float64) int { return cmp.Compare(y, x) })
	order = slices.Compact(order)
	rank := make(map[float64]uint32, len(order))
	for i, score := range order {
		rank[score] = uint32(i)
	}
	symbol := func(s string) (int32, bool) {
		if id, ok := index[s]; ok {
			return id, true
		}
		r, n := utf8.DecodeRuneInString(s)
		if n != len(s) || r == utf8.RuneError {
			return 0, false
		}
		id := b.size + r // stands for a rune that has no token
		b.runes[r] = id
		return id, true
	}
	type joined struct {
		merge
		rank uint32
	}
	var all []joined
	for id, s := range t.forms {
		if index[s] != int32(id) || s == "" {
			continue
		}
		if len(s) > maxForm {
			continue
		}
		r, n := utf8.DecodeRuneInString(s)
		for ; n < len(s) && r != utf8.RuneError; n += utf8.RuneLen(r) {
			if left, ok := symbol(s[:n]); ok {
				if right, ok := symbol(s[n:]); ok {
					all = append(all, joined{merge{left, right, int32(id)}, rank[t.scores[id]]})
				}
			}
			r, _ = utf8.DecodeRuneInString(s[n:])
		}
	}
	b.pairs = newPairTable(len(all))
	for _, m := range all {
		b.pairs.add(m.left, m.right, m.rank, m.id)
		if t.typeOf(int(m.id)) == unusedToken {
			if b.unused == nil {
				b.unused = map[int32][2]int32{}
			}
			b.unused[m.id] = [2]int32{m.left, m.right}
		}
	}
}

// maxForm bounds a token that merges can make, as its cost grows with the
// square of its length; the longest of Gemma is 93 bytes.
const maxForm = 256

func (t *Tokenizer) buildUnigram() error {
	u := &unigram{scores: t.scores, unk: t.roles.unk, fallback: t.bpe.byteFallback, single: t.single32}
	if u.unk < 0 {
		return fault("a Unigram needs an unknown token")
	}
	for i := range u.bytes {
		u.bytes[i] = -1
	}
	if u.fallback {
		t.addBytes(&u.bytes)
	}
	hidden := t.hidden()
	var list []string
	var ids []int32
	least := 0.0
	for id, s := range t.forms {
		switch typ := t.typeOf(id); {
		case len(s) > maxAdded || hidden[id] || int32(id) == u.unk || typ == controlToken || typ == unknownToken || typ == unusedToken || typ == byteToken:
			continue
		}
		list, ids = append(list, s), append(ids, int32(id))
		least = min(least, t.scores[id])
	}
	u.unkScore = least - 10
	var err error
	if u.trie, err = newTrie(list, ids); err != nil {
		return err
	}
	u.starts = make([]int32, 1<<16)
	for _, s := range list {
		if r, n := utf8.DecodeRuneInString(s); int(r) < len(u.starts) && n > 1 {
			node := u.trie.first[s[0]]
			for i := 1; i < n; i++ {
				node = u.trie.next(node, s[i])
			}
			u.starts[r] = node
		}
	}
	t.model = u
	return nil
}

func (t *Tokenizer) buildWords() error {
	if t.roles.unk < 0 {
		return fault("WordPiece needs an unknown token")
	}
	hidden := t.hidden()
	var lists [2][]string
	var ids [2][]int32
	for id, s := range t.forms {
		if hidden[id] {
			continue
		}
		rest, inner := strings.CutPrefix(s, "##")
		i := 0
		if inner && rest != "" {
			i, s = 1, rest
		}
		lists[i], ids[i] = append(lists[i], s), append(ids[i], int32(id))
	}
	start, err := newTrie(lists[0], ids[0])
	if err != nil {
		return err
	}
	inner, err := newTrie(lists[1], ids[1])
	t.model = &wordPiece{start, inner, t.roles.unk, 100}
	return err
}

// setForms fills forms, and tokens with what they stand for, for all kinds
// but byte-level BPE. Added tokens stand for their names.
func (t *Tokenizer) setForms(forms []string) {
	t.forms, t.tokens = forms, make([]string, len(forms))
	for id, s := range forms {
		switch {
		case t.kind == wordPieces:
			if rest, ok := strings.CutPrefix(s, "##"); ok {
				t.tokens[id] = rest
			} else {
				t.tokens[id] = " " + s
			}
		case t.bpe.byteFallback && (t.types == nil || t.types[id] == byteToken):
			if c, ok := byteForm(s); ok {
				t.tokens[id] = string([]byte{c})
				continue
			}
			fallthrough
		default:
			t.tokens[id] = strings.ReplaceAll(s, lowLine, " ")
		}
	}
	for _, a := range t.added {
		switch {
		case t.kind == wordPieces:
			t.tokens[a.id] = " " + a.name
		case a.plain():
			t.tokens[a.id] = strings.ReplaceAll(a.name, lowLine, " ")
		default:
			t.tokens[a.id] = a.name
		}
	}
}
