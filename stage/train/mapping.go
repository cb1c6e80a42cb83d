package train

import (
	"context"
	"slices"
	"strings"

	"suiren/engine/model"
	"suiren/engine/tokenizer"
	"suiren/stage"
)

// A mapping lets a teacher of another vocabulary judge tokens of a student: of
// a text that both read, those that are the same tokens in both.
type mapping struct {
	student, teacher *tokenizer.Tokenizer
	to               map[int32]int32 // of the teacher's tokens, those that are the student's too
	share            float64         // of the student's tokens that the teacher has
}

// leastMapped is the part of the tokens to be learnt that a teacher must be
// able to judge.
const leastMapped = 0.5

// sameTokens reports whether two vocabularies are one.
func sameTokens(a, b *tokenizer.Tokenizer) bool {
	if a.Vocab() != b.Vocab() || !slices.Equal(a.Specials(), b.Specials()) {
		return false
	}
	for id := range int32(a.Vocab()) {
		if string(a.Bytes(id)) != string(b.Bytes(id)) {
			return false
		}
	}
	for _, text := range sentences { // merges may differ
		if !slices.Equal(a.Encode(nil, text), b.Encode(nil, text)) {
			return false
		}
	}
	return true
}

// newMapping returns the mapping of two vocabularies, by the bytes of tokens,
// and of special ones by their names.
func newMapping(student, teacher *tokenizer.Tokenizer) *mapping {
	m := &mapping{student: student, teacher: teacher, to: map[int32]int32{}}
	kind := func(t *tokenizer.Tokenizer) func(id int32) string {
		special := map[int32]bool{}
		for _, s := range t.Specials() {
			special[s.ID] = true
		}
		return func(id int32) string {
			if special[id] {
				return "special " + string(t.Bytes(id))
			}
			return "text " + string(t.Bytes(id))
		}
	}
	own, theirs := kind(student), kind(teacher)
	ids := map[string]int32{}
	for id := range int32(student.Vocab()) {
		if old, twice := ids[own(id)]; !twice || !writes(student, old) && writes(student, id) {
			ids[own(id)] = id
		}
	}
	seen := map[int32]bool{}
	for id := range int32(teacher.Vocab()) {
		if to, ok := ids[theirs(id)]; ok {
			m.to[id] = to
			seen[to] = true
		}
	}
	m.share = float64(len(seen)) / float64(max(student.Vocab(), 1))
	return m
}

// writes reports whether t writes the bytes of id as id: of <0x41> and A, which
// are the same bytes, it is A. A neighbour may go with it into a longer token,
// so a few are tried.
func writes(t *tokenizer.Tokenizer, id int32) bool {
	text := string(t.Bytes(id))
	for _, beside := range []string{"", "\n", "0", "x", "。"} {
		if slices.Contains(t.Encode(nil, beside+text+beside), id) {
			return true
		}
	}
	return false
}

// translate writes a document in the teacher's tokens. at[k] is which of them
// is token k of the document, and -1 if none is. A space that the teacher
// writes before a text, and the document has not, takes none of its bytes; from
// where it reads another text, nothing is judged.
func (m *mapping) translate(ids []int32) (theirs []int32, at []int) {
	var text strings.Builder
	ends := make([]int, len(ids)) // of tokens in text
	for k, id := range ids {
		text.Write(m.student.Bytes(id))
		ends[k] = text.Len()
		at = append(at, -1)
	}
	whole := text.String()
	theirs = m.teacher.EncodeMarked(nil, whole, nil)
	k, begin, from := 0, 0, 0 // of the student's tokens, where it begins, and where the teacher's does
	for j, id := range theirs {
		bytes, added := string(m.teacher.Bytes(id)), false
		if !strings.HasPrefix(whole[from:], bytes) {
			if bytes, added = strings.CutPrefix(bytes, " "); !added || !strings.HasPrefix(whole[from:], bytes) {
				break
			}
		}
		end := from + len(bytes)
		for k < len(ids) && ends[k] < end {
			begin, k = ends[k], k+1
		}
		if k < len(ids) && begin == from && ends[k] == end {
			if to, ok := m.to[id]; ok && to == ids[k] {
				at[k] = j
			}
		}
		if k < len(ids) && ends[k] == end && end > from {
			begin, k = ends[k], k+1
		}
		from = end
	}
	return theirs, at
}

// longest is the most of the teacher's tokens that a document is of, in look rows evenly among n.
func (m *mapping) longest(ctx context.Context, row func(i int) model.Row, n, look int) (longest int, err error) {
	for i := range look {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		r := row(i * n / look)
		for d := range len(r.Docs) - 1 {
			theirs, _ := m.translate(r.IDs[r.Docs[d]:r.Docs[d+1]])
			longest = max(longest, len(theirs))
		}
	}
	return longest, nil
}

// unlike reports whether a teacher's words are known, and not the student's.
func unlike(student, teacher *footing) bool {
	s, t := student.speech(), teacher.speech()
	return s != nil && t != nil && !sameTokens(s.Tokenizer, t.Tokenizer)
}

// longestRead is the most tokens that a teacher of other words reads of a document of rows: of
// some of those that are at hand, and else about.
func longestRead(rows []stage.Forecast, student, teacher *footing, about int) int {
	m := &mapping{student: student.speech().Tokenizer, teacher: teacher.speech().Tokenizer}
	for _, f := range rows {
		if list, err := stage.OpenRows(f.Path); err == nil && list.Len() > 0 && list.Vocab() == m.student.Vocab() {
			about, _ = m.longest(context.Background(), func(i int) model.Row { return readRow(list, i) }, list.Len(), min(list.Len(), compareRows))
		}
	}
	return min(about, teacher.most())
}
