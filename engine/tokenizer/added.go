package tokenizer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// An added token stands for itself, whatever the model would make of its text.
type added struct {
	id          int32
	name        string
	special     bool // left out by others when they decode for people
	single      bool // not within a word
	left, right bool // takes the white space beside it
	normalized  bool // is found after the text is normalised
}

// maxAdded bounds the name of an added token, and what a Unigram may look for
// at each place of a text: else a file could make that cost any time.
const maxAdded = 1024

// plain tells whether the token is no more than white space: it steers
// nothing, and may be found in what a user wrote.
func (a *added) plain() bool {
	return !a.special && strings.TrimFunc(a.name, func(r rune) bool { return unicode.IsSpace(r) || r == '▁' }) == ""
}

// A finder finds added tokens in text.
type finder struct {
	trie *trie // ids are indices of list
	list []added
}

func newFinder(list []added, text func(a *added) string) (*finder, error) {
	if len(list) == 0 {
		return nil, nil
	}
	names, ids := make([]string, len(list)), make([]int32, len(list))
	for i := range list {
		names[i], ids[i] = text(&list[i]), int32(i)
	}
	t, err := newTrie(names, ids)
	return &finder{t, list}, err
}

// finders makes the finders of t.
func (t *Tokenizer) finders() (err error) {
	var raw, user, normed []added
	for _, a := range t.added {
		if a.normalized && len(t.normal) > 0 {
			normed = append(normed, a)
			continue
		}
		raw = append(raw, a)
		if a.plain() {
			user = append(user, a)
		}
	}
	name := func(a *added) string { return a.name }
	if t.raw, err = newFinder(raw, name); err != nil {
		return err
	}
	if t.rawUser, err = newFinder(user, name); err != nil {
		return err
	}
	t.normed, err = newFinder(normed, func(a *added) string {
		s := a.name
		for _, f := range t.normal {
			s = f(s, true)
		}
		return s
	})
	return err
}

// A found token: its place with the white space that it takes, and where to
// look on.
type found struct {
	id             int32
	from, to, next int
}

// find returns the first token in text from i on, of several the longest.
// What comes before start is taken. Tokens that touch a span of user are
// passed over, unless they are plain.
func (f *finder) find(text string, i, start int, user []Span) (found, bool) {
	for ; i < len(text); i++ {
		if f.trie.first[text[i]] == 0 {
			continue
		}
		for len(user) > 0 && user[0].To <= i {
			user = user[1:]
		}
		best, end := f.at(text, i, user)
		if best == nil {
			continue
		}
		m := found{best.id, i, end, end}
		if best.left {
			m.from = max(start, len(strings.TrimRightFunc(text[:i], unicode.IsSpace)))
		}
		m.from = max(m.from, start)
		if best.right {
			m.to = len(text) - len(strings.TrimLeftFunc(text[end:], unicode.IsSpace))
			m.next = m.to
		}
		return m, true
	}
	return found{}, false
}

// at returns the longest token at i that may be there, and its end.
func (f *finder) at(text string, i int, user []Span) (best *added, end int) {
	node := f.trie.first[text[i]]
	for j := i + 1; node != 0; j++ {
		if k := f.trie.ids[node]; k >= 0 {
			a := &f.list[k]
			touches := len(user) > 0 && user[0].From < j
			if (!touches || a.plain()) && (!a.single || alone(text, i, j)) {
				best, end = a, j
			}
		}
		if j == len(text) {
			break
		}
		node = f.trie.next(node, text[j])
	}
	return best, end
}

// alone tells whether text[i:j] is not within a word.
func alone(text string, i, j int) bool {
	if i > 0 {
		_, n := utf8.DecodeLastRuneInString(text[:i])
		if isWord(text, i-n) {
			return false
		}
	}
	return j == len(text) || !isWord(text, j)
}
