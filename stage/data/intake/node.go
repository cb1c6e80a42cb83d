package intake

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

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
	silent  bool // a system message that says nothing
}

type member struct {
	name string
	*node
}

// get returns the member of a name, or nil: null is as if it were not there.
func (n *node) get(name string) *node {
	if v := n.named(name); v != nil && v.kind != null {
		return v
	}
	return nil
}

// named is get of null, too.
func (n *node) named(name string) *node {
	for _, m := range n.members {
		if m.name == name {
			return m.node
		}
	}
	return nil
}

// below is get of a name in the object of another: input.messages.
func (n *node) below(path string) *node {
	for name := range strings.SplitSeq(path, ".") {
		if n != nil {
			n = n.get(name)
		}
	}
	return n
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

func (e *syntaxError) Error() string { return e.In(say.English) }

// In returns the cause in lang.
func (e *syntaxError) In(lang say.Lang) string { return say.Err(lang, e.err) }

var (
	errMany   error = say.Errorf("more than %d values", "超过 %d 个值", maxValues)
	errDeep   error = say.Errorf("values stand more than %d deep in each other", "值的嵌套超过 %d 层", maxDepth)
	errTwice  error = say.Errorf("a name comes twice in one object", "同一对象中有重复的名称")
	errBehind error = say.Errorf("something stands behind the value", "值之后还有别的内容")
	errHalf   error = say.Errorf("half of a pair of \\u escapes stands alone", "成对的 \\u 转义只有一半")
)

// parse reads src, one JSON value. The error is a *syntaxError.
func parse(src []byte) (*node, error) {
	p := &parser{src: src, d: json.NewDecoder(bytes.NewReader(src))}
	p.d.UseNumber()
	n, err := p.value(0)
	if err == nil {
		if at := n.to + len(src[n.to:]) - len(bytes.TrimLeft(src[n.to:], " \t\r\n")); at < len(src) {
			return nil, &syntaxError{at, errBehind}
		}
	}
	if err != nil {
		if s, ok := errors.AsType[*syntaxError](err); ok { // its place is known
			return nil, s
		}
		at := int(p.d.InputOffset())
		var s, whole *json.SyntaxError
		if errors.As(err, &s) {
			// A Decoder of tokens counts from where it is; what reads all of it at
			// once says which character is at fault, counted from 1.
			if all := new(json.RawMessage); errors.As(json.Unmarshal(src, all), &whole) {
				at, err = max(int(whole.Offset)-1, 0), whole
			}
			if strings.Contains(err.Error(), "unexpected end of JSON input") {
				at, err = len(src), io.ErrUnexpectedEOF
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
		if err := p.whole(n.from); err != nil {
			return nil, err
		}
	case json.Delim:
		n.kind = listKind
		if t == '{' {
			n.kind = object
		}
		names := map[string]bool{}
		for p.d.More() {
			name := ""
			if n.kind == object {
				from := p.next()
				t, err := p.d.Token()
				if err == nil {
					err = p.whole(from)
				}
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

// whole refuses a string, read from from on, with half of a surrogate pair: Go
// would put U+FFFD in its place without a word.
func (p *parser) whole(from int) error {
	to := int(p.d.InputOffset())
	for at := from; at < to; at++ {
		if p.src[at] != '\\' {
			continue
		}
		half := escaped(p.src[at:to])
		switch {
		case !utf16.IsSurrogate(half):
			at++ // what is escaped, which may be a backslash
		case utf16.DecodeRune(half, escaped(p.src[at+6:to])) == utf8.RuneError:
			return &syntaxError{at, errHalf}
		default:
			at += 11
		}
	}
	return nil
}

// escaped is the code of the \u escape that b begins with, or 0.
func escaped(b []byte) rune {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0
	}
	n, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	if err != nil {
		return 0
	}
	return rune(n)
}

// next returns where the next value begins.
func (p *parser) next() int {
	at := int(p.d.InputOffset())
	for at < len(p.src) && bytes.IndexByte([]byte(" \t\r\n,:"), p.src[at]) >= 0 {
		at++
	}
	return at
}
