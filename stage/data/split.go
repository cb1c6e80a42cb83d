package data

import (
	"context"
	"math"
	"slices"
	"strconv"

	"github.com/cespare/xxhash/v2"

	"suiren/knowledge/document"
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

// A parting tells which texts are held out.
type parting struct {
	share float64
	cut   int // pieces so far, and those of them that are held out
	held  int
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
		heldout[0] = side(list[0].Text, lang, p.share)
		return heldout
	}
	keys := make([]uint64, len(list))
	for i := range list {
		keys[i] = xxhash.Sum64String(list[i].Text)
	}
	p.cut += len(list)
	n := int(math.Round(p.share*float64(p.cut))) - p.held
	if n <= 0 {
		return heldout
	}
	last := slices.Sorted(slices.Values(keys))[min(n, len(keys))-1]
	for i, k := range keys {
		if heldout[i] = k <= last; heldout[i] {
			p.held++
		}
	}
	return heldout
}
