package intake

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"suiren/internal/say"
)

// Bounds of one example.
const (
	maxValues = 200_000 // JSON values
	maxDepth  = 64
)

// A kind is a kind of JSON value.
type kind byte

const (
	null kind = iota
	boolean
	number
	text
	listKind
	object
)

// A node is a JSON value and where it stands.
type node struct {
	kind    kind
	text    string // of a string; of a number, as it is written
	yes     bool
	items   []*node  // of a list
	members []member // of an object, in order
	from    int      // bytes of the example
	to      int
}

type member struct {
	name string
	*node
}

// get returns the member of a name, or nil.
func (n *node) get(name string) *node {
	for _, m := range n.members {
		if m.name == name {
			return m.node
		}
	}
	return nil
}

// raw returns the JSON of n.
func (n *node) raw(src []byte) json.RawMessage {
	var b bytes.Buffer
	if json.Compact(&b, src[n.from:n.to]) != nil {
		panic("intake: a value that was read is no JSON")
	}
	return b.Bytes()
}

// A syntaxError is a place in an example where JSON ends.
type syntaxError struct {
	at  int
	err error
}

func (e *syntaxError) Error() string { return e.err.Error() }

var (
	errMany   error = say.Errorf("more than %d values", "超过 %d 个值", maxValues)
	errDeep   error = say.Errorf("values stand more than %d deep in each other", "值的嵌套超过 %d 层", maxDepth)
	errTwice  error = say.Errorf("a name comes twice in one object", "同一对象中有重复的名称")
	errBehind error = say.Errorf("something stands behind the value", "值之后还有别的内容")
)

// parse reads src, one JSON value. The error is a *syntaxError.
func parse(src []byte) (*node, error) {
	p := &parser{src: src, d: json.NewDecoder(bytes.NewReader(src))}
	p.d.UseNumber()
	n, err := p.value(0)
	if err == nil {
		if _, end := p.d.Token(); end != io.EOF {
			err = errBehind
		}
	}
	if err != nil {
		at := int(p.d.InputOffset())
		var s *json.SyntaxError
		if errors.As(err, &s) {
			if int(s.Offset) > at { // it counts the character at fault
				at = int(s.Offset) - 1
			}
		} else if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			at, err = len(src), io.ErrUnexpectedEOF
		}
		return nil, &syntaxError{min(at, len(src)), err}
	}
	return n, nil
}

type parser struct {
	src    []byte
	d      *json.Decoder
	values int
}

func (p *parser) value(depth int) (*node, error) {
	if p.values++; p.values > maxValues {
		return nil, errMany
	}
	if depth > maxDepth {
		return nil, errDeep
	}
	n := &node{from: p.next()}
	t, err := p.d.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case bool:
		n.kind, n.yes = boolean, t
	case json.Number:
		n.kind, n.text = number, string(t)
	case string:
		n.kind, n.text = text, t
	case json.Delim:
		n.kind = listKind
		if t == '{' {
			n.kind = object
		}
		names := map[string]bool{}
		for p.d.More() {
			name := ""
			if n.kind == object {
				t, err := p.d.Token()
				if err != nil {
					return nil, err
				}
				if name, _ = t.(string); names[name] {
					return nil, errTwice
				}
				names[name] = true
			}
			v, err := p.value(depth + 1)
			if err != nil {
				return nil, err
			}
			if n.kind == object {
				n.members = append(n.members, member{name, v})
			} else {
				n.items = append(n.items, v)
			}
		}
		if _, err := p.d.Token(); err != nil {
			return nil, err
		}
	}
	n.to = int(p.d.InputOffset())
	return n, nil
}

// next returns where the next value begins.
func (p *parser) next() int {
	at := int(p.d.InputOffset())
	for at < len(p.src) && bytes.IndexByte([]byte(" \t\r\n,:"), p.src[at]) >= 0 {
		at++
	}
	return at
}
