package tokenizer

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The large tables of a tokenizer.json are read by hand: half a million
// merges take seconds by reflection. What comes here is well-formed JSON
// already, as encoding/json has looked through it.

// A jsonReader reads well-formed JSON from left to right.
type jsonReader struct{ rest []byte }

// next returns the byte that the next value, or sign, begins with.
func (r *jsonReader) next() byte {
	r.rest = bytes.TrimLeft(r.rest, " \t\r\n")
	if len(r.rest) == 0 {
		return 0
	}
	return r.rest[0]
}

// take passes over c, false if something else is next.
func (r *jsonReader) take(c byte) bool {
	if r.next() != c {
		return false
	}
	r.rest = r.rest[1:]
	return true
}

// text reads a string.
func (r *jsonReader) text() (string, error) {
	if r.next() != '"' {
		return "", fault("%.20q is not a string", r.rest)
	}
	for i := 1; i < len(r.rest); i++ {
		switch r.rest[i] {
		case '\\':
			i++
		case '"':
			raw := r.rest[:i+1]
			r.rest = r.rest[i+1:]
			if bytes.IndexByte(raw, '\\') < 0 && utf8.Valid(raw) {
				return string(raw[1:i]), nil
			}
			var s string
			err := json.Unmarshal(raw, &s)
			return s, err
		}
	}
	return "", fault("a string does not end")
}

// UnmarshalJSON reads {"token": id}.
func (v *vocabJSON) UnmarshalJSON(text []byte) error {
	r := jsonReader{text}
	if !r.take('{') {
		return fault("the vocabulary is not an object")
	}
	*v = make(vocabJSON, bytes.Count(text, []byte{':'}))
	for !r.take('}') {
		s, err := r.text()
		if err != nil {
			return err
		}
		r.take(':')
		r.next()
		n := 0
		for n < len(r.rest) && strings.IndexByte(",} \t\r\n", r.rest[n]) < 0 {
			n++
		}
		id, err := strconv.ParseInt(string(r.rest[:n]), 10, 32)
		if err != nil {
			return fault("the id %.20q of %q is not a whole number", r.rest[:n], s)
		}
		r.rest = r.rest[n:]
		r.take(',')
		(*v)[s] = int32(id)
	}
	return nil
}

// UnmarshalJSON reads merges of the form "a b" or ["a", "b"].
func (m *mergesJSON) UnmarshalJSON(text []byte) error {
	r := jsonReader{text}
	if !r.take('[') {
		return fault("the merges are not a list")
	}
	*m = mergesJSON{}
	for !r.take(']') {
		var pair mergeJSON
		var err error
		if r.take('[') {
			if pair[0], err = r.text(); err != nil {
				return err
			}
			r.take(',')
			if pair[1], err = r.text(); err != nil {
				return err
			}
			if !r.take(']') {
				return fault("the merge of %q and %q does not have two tokens", pair[0], pair[1])
			}
		} else {
			s, err := r.text()
			if err != nil {
				return err
			}
			var ok bool
			if pair[0], pair[1], ok = cutMerge(s); !ok {
				return fault("the merge %q has no space", s)
			}
		}
		r.take(',')
		*m = append(*m, pair)
	}
	return nil
}

// cutMerge cuts "a b".
func cutMerge(s string) (left, right string, ok bool) {
	if s == "" {
		return "", "", false
	}
	i := strings.IndexByte(s[1:], ' ')
	if i < 0 {
		return "", "", false
	}
	return s[:i+1], s[i+2:], true
}

// UnmarshalJSON reads ["piece", -1.5].
func (p *pieceJSON) UnmarshalJSON(text []byte) error {
	return json.Unmarshal(text, &[2]any{&p.text, &p.score})
}
