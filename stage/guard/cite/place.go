package cite

import (
	"slices"
	"strings"
	"unicode/utf8"

	"suiren/stage/guard/detect"
)

// A place is a sentence of a passage.
type place struct {
	from, to int // characters of its text
}

// mostQuotes bounds the sentences of a passage that are shown for one of the answer.
const mostQuotes = 3

// quotes returns the sentences of a passage that hold what a claim says, in
// their order: that with the most of it, and those that bring what is missing.
func (w *Writer) quotes(passage int, c *detect.Claim) [][2]int {
	text := w.passages[passage].Text
	places, ok := w.places[passage]
	if !ok {
		places = sentences(text)
		w.places[passage] = places
	}
	texts := make([]string, len(places))
	runes := []rune(text)
	for i, p := range places {
		texts[i] = string(runes[p.from:p.to])
	}
	of := &Writer{passages: make([]Passage, len(places)), grounds: detect.NewGrounds(texts)}
	all := of.readable()
	var list []int
	for len(list) < mostQuotes {
		i := of.best(c, all, list)
		if i < 0 {
			break
		}
		list = append(list, i)
	}
	slices.Sort(list)
	var out [][2]int
	for _, i := range list {
		out = append(out, [2]int{places[i].from, places[i].to})
	}
	return out
}

// sentences returns where the sentences of a text stand, without space around them.
func sentences(text string) (list []place) {
	var s detect.Sentences
	f := func(_ string, from, to int) {
		part := text[from:to]
		whole := strings.TrimSpace(part)
		if whole == "" {
			return
		}
		from += strings.Index(part, whole)
		at := utf8.RuneCountInString(text[:from])
		list = append(list, place{at, at + utf8.RuneCountInString(whole)})
	}
	s.Write(text, f)
	s.Flush(f)
	return list
}
