package data

import (
	"context"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/cespare/xxhash/v2"

	"suiren/internal/say"
	"suiren/knowledge/document"
	"suiren/stage"
	"suiren/stage/data/duplicate"
)

// A text is at most so large a part of a corpus with a split, and so many bytes at least: a
// larger one is cut into pieces, or all that its words could decide is whether the model
// learns it or never reads it.
const (
	partOfCorpus = 200
	leastPiece   = 1 << 10
)

// longest is how long a text of a corpus with a split may be.
func (c *curator) longest(ctx context.Context) (int, error) {
	all := 0
	err := c.again(ctx, func(_ uint32, d *Document) error {
		if d != nil {
			all += len(d.Text)
		}
		return nil
	})
	return max(all/partOfCorpus, leastPiece), err
}

// pieces cuts a document that is longer than most bytes where document.Piece does. A piece
// is named by the byte at which it begins.
func pieces(d *Document, most int) (list []Document) {
	if len(d.Text) <= most {
		return []Document{*d}
	}
	text := []byte(d.Text)
	for at := 0; at < len(text); {
		n, gap := document.Piece(text[at:], most)
		if piece := clean(string(text[at : at+n])); piece != "" {
			p := *d
			p.Path = d.Path + "#" + strconv.Itoa(at)
			p.ID, p.Text, p.Pages = digits(piece)+":"+p.Path, piece, nil
			for _, page := range d.Pages { // it may begin in any, and none of them behind it
				if page < at+n {
					p.Pages = append(p.Pages, max(page-at, 0))
				}
			}
			list = append(list, p)
		}
		at += n + gap
	}
	return list
}

// A parting tells which texts are held out: of whole ones their words decide, each of them
// once, so that a text whose lines, sentences or words stand in another order, or with
// other numbers, falls on the same side.
type parting struct {
	share  float64
	signer duplicate.Signer
	keys   []uint64 // of the whole texts
	held   int      // of these
	cut    int      // pieces, and those of them that are held out
	aside  int

	chosen map[uint64]bool // keys that are held out; nil: a share of all that there could be
	rarest bool            // keys are of the rarest words
	texts  []uint32        // in how many texts a word is, by its hash
}

// wordCounts is how many words are counted apart.
const wordCounts = 1 << 22

func newParting(share float64) *parting {
	return &parting{share: share, texts: make([]uint32, wordCounts)}
}

func (p *parting) textsWith(word uint64) uint32 { return p.texts[word%wordCounts] }

// whole tells whether a text that was not cut is held out.
func (p *parting) whole(text, lang string) bool {
	words := p.signer.WordSet(text, lang)
	var key uint64
	if p.rarest {
		key = duplicate.RarestWords(words, p.textsWith)
	} else {
		key = duplicate.LeastWords(words)
	}
	heldout := p.chosen[key]
	if p.chosen == nil {
		heldout = float64(key>>11)/(1<<53) < p.share
		for _, w := range words {
			if !p.rarest {
				p.texts[w%wordCounts]++
			}
		}
	}
	p.keys = append(p.keys, key)
	if heldout {
		p.held++
	}
	return heldout
}

// of tells which of the pieces of a document are held out. Of one that is whole its words
// decide. Of all pieces their share is: of a document those whose text has the least
// hashes, so that equal ones fall together. Their words would not part them: the most
// frequent are in all.
func (p *parting) of(list []Document, lang string) []bool {
	heldout := make([]bool, len(list))
	switch {
	case p.share == 0 || len(list) == 0:
		return heldout
	case len(list) == 1:
		heldout[0] = p.whole(list[0].Text, lang)
		return heldout
	}
	keys := make([]uint64, len(list))
	for i := range list {
		keys[i] = xxhash.Sum64String(list[i].Text)
	}
	p.cut += len(list)
	n := int(math.Round(p.share*float64(p.cut))) - p.aside
	if n <= 0 {
		return heldout
	}
	last := slices.Sorted(slices.Values(keys))[min(n, len(keys))-1]
	for i, k := range keys {
		if heldout[i] = k <= last; heldout[i] {
			p.aside++
		}
	}
	return heldout
}

// farOff is how many times more or less than the share is no longer the share.
const farOff = 1.5

// far reports whether it is far from the share if so many whole texts are held out.
func (p *parting) far(held int) bool {
	n, want := float64(p.aside+held), p.share*float64(p.cut+len(p.keys))
	return n > farOff*want || n*farOff < want
}

// choose returns the keys to hold out so that it is about the share of all texts: one after
// the other, each if there is room for all texts that have it, or else the one that the
// fewest have; and how many texts have them.
func (p *parting) choose() (chosen map[uint64]bool, held int) {
	group := map[uint64]int{}
	for _, k := range p.keys {
		group[k]++
	}
	chosen = map[uint64]bool{}
	want := int(math.Round(p.share*float64(p.cut+len(p.keys)))) - p.aside
	least, size := uint64(0), len(p.keys)
	for _, k := range slices.Sorted(maps.Keys(group)) {
		n := group[k]
		if held+n <= want {
			chosen[k] = true
			held += n
		}
		if n < size {
			least, size = k, n
		}
	}
	if held+p.aside == 0 && size < len(p.keys) {
		chosen[least], held = true, size
	}
	return chosen, held
}

// again returns the parting with which the texts are parted once more, or nil if this one
// stands. By their least words texts of which all have some frequent ones come in large
// groups: then other groups are held out, or their rarest words decide.
func (p *parting) again() *parting {
	if p.share == 0 || len(p.keys) < 2 || p.chosen != nil || !p.rarest && !p.far(p.held) {
		return nil
	}
	next := &parting{share: p.share, rarest: p.rarest, texts: p.texts}
	var held int
	if next.chosen, held = p.choose(); !p.rarest && p.far(held) {
		next.rarest, next.chosen = true, nil
	}
	return next
}

// tell says how texts were parted where that is not as it is written, or that nothing is
// held out.
func (p *parting) tell(job *stage.Job, most int) error {
	note := func(text say.Text) { job.Emit(stage.Event{Type: "note", Text: &text}) }
	n, held := p.cut+len(p.keys), p.aside+p.held
	if p.share == 0 || n == 0 {
		return nil
	}
	if held == 0 {
		return &say.Error{Where: "split", What: say.T("split = %g holds nothing out of %d texts: they are too few, or all have the same words", "split = %g 未能从 %d 篇文本中留出任何一篇：文本太少，或用词全都相同", p.share, n),
			Next: say.T("give more or longer texts, raise split, or leave it out", "请提供更多或更长的文本、调大 split，或不设 split")}
	}
	if p.cut > 0 {
		note(say.T("documents longer than %d bytes were cut into %d pieces, so that split holds out its share of them: %d", "超过 %d 字节的文档切成了 %d 段，使 split 能按比例留出：%d 段", most, p.cut, p.aside))
	}
	if p.rarest {
		note(say.T("the texts have most of their words in common: split goes by their rarest words, and texts that differ in these fall on both sides", "各篇文本的用词大多相同：split 改按最少见的词划分，这些词不同的文本会分到两边"))
	}
	if p.far(p.held) {
		note(say.T("split = %g holds out %d of %d texts: they are few, or many have the same words", "split = %g 留出了 %d 篇，共 %d 篇文本：文本较少，或许多文本用词相同", p.share, held, n))
	}
	return nil
}
