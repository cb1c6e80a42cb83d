package chat

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// xmlArgs reads arguments that stand in elements of their own.
func (p *Parser) xmlArgs() bool {
	s, n := p.syn, skip(p.buf)
	key, value := strings.TrimSpace(s.Key), strings.TrimSpace(s.Value)
	rest := p.buf[n:]
	if !strings.HasPrefix(rest, key) {
		if !p.final && strings.HasPrefix(key, rest) {
			return false
		}
		return p.xmlEnd()
	}
	afterKey := "</arg_key>"
	if key != "<arg_key>" {
		afterKey = ">"
	}
	rest = rest[len(key):]
	i := strings.Index(rest, afterKey)
	if i < 0 {
		if p.final {
			return p.xmlEnd()
		}
		return false
	}
	name := strings.Trim(rest[:i], blank)
	if s.attrs { // name" string="true
		name, _, _ = strings.Cut(name, `"`)
	}
	rest = rest[i+len(afterKey):]
	if opens := strings.TrimPrefix(value, "</arg_key>"); afterKey == "</arg_key>" {
		_, opens, _ = strings.Cut(value, "<arg_value>")
		opens = "<arg_value>" + opens
		m := skip(rest)
		if !strings.HasPrefix(rest[m:], opens) {
			if strings.HasPrefix(opens, rest[m:]) && !p.final {
				return false
			}
			return p.xmlEnd()
		}
		rest = rest[m+len(opens):]
	}
	p.take(len(p.buf) - len(rest))
	p.call.param, p.state = name, (*Parser).xmlValue
	return true
}

// xmlValue reads an argument up to the end of its element. A string comes out
// while it is written, all else at once.
func (p *Parser) xmlValue() bool {
	c, done := &p.call, strings.TrimSpace(p.syn.Done)
	n := strings.Index(p.buf, done)
	over := n >= 0
	switch {
	case over:
	case p.final:
		n = len(p.buf)
	default:
		n = p.surely(done)
	}
	types := p.tools[c.name][c.param]
	isString := len(types) > 0 && !slices.ContainsFunc(types, func(t string) bool { return t != "string" })
	switch text := strings.TrimSpace(p.buf[:n]); {
	case over && !c.open && (!isString || n < maxNull && text == "null"):
		text := p.take(n)
		if p.syn.strip {
			text = strings.TrimSuffix(strings.TrimPrefix(text, "\n"), "\n")
		}
		p.take(len(done))
		p.argument(p.before(c.param) + string(convert(text, types)))
		p.state = (*Parser).xmlArgs
		return true
	case !over && !p.final && (!isString || !c.open && n < maxNull && strings.HasPrefix("null", text)):
		return false
	}
	text := p.take(n)
	if !c.open {
		p.argument(p.before(c.param) + `"`)
		if c.open = true; p.syn.strip {
			text = strings.TrimPrefix(text, "\n")
		}
	}
	if over && p.syn.strip {
		text = strings.TrimSuffix(text, "\n")
	}
	quoted := jsonString(text)
	p.argument(string(quoted[1 : len(quoted)-1]))
	switch {
	case over:
		p.take(len(done))
		p.argument(`"`)
		c.open, p.state = false, (*Parser).xmlArgs
		return true
	case p.final: // the string stays open, as where a model writes JSON
		p.endCall()
		return true
	}
	return false
}

// maxNull is within how many bytes a string may turn out to be null.
const maxNull = 64

// surely returns how much of the buffer is text of a value that done ends: not
// the beginning of done, a line break before it, or half a character.
func (p *Parser) surely(done string) int {
	n := len(p.buf)
	for k := min(len(done)-1, n); k > 0; k-- {
		if strings.HasSuffix(p.buf, done[:k]) {
			n -= k
			break
		}
	}
	if p.syn.strip && strings.HasSuffix(p.buf[:n], "\n") {
		return n - 1
	}
	for k := 1; k < utf8.UTFMax && k <= n; k++ {
		if c := p.buf[n-k]; utf8.RuneStart(c) {
			if !utf8.FullRuneInString(p.buf[n-k : n]) {
				n -= k
			}
			break
		}
	}
	return n
}

// before is what stands before the value of an argument.
func (p *Parser) before(name string) string {
	sep := ", "
	if p.call.first {
		sep = "{"
	}
	p.call.first = false
	return sep + string(jsonString(name)) + ": "
}

func (p *Parser) xmlEnd() bool {
	if p.call.first {
		p.argument("{}")
	} else {
		p.argument("}")
	}
	p.call.first = true
	p.state = (*Parser).rest
	return true
}

func jsonString(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(s) != nil {
		return []byte(`""`)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// convert reads an argument's text as the JSON type that the tool declares:
// a string as it stands, numbers and booleans in their common spellings, and
// the rest as JSON. What does not fit stays a string.
func convert(text string, types []string) []byte {
	trimmed := strings.TrimSpace(text)
	for _, t := range types {
		switch t {
		case "string":
			if trimmed == "null" {
				return []byte("null")
			}
			return jsonString(text)
		case "integer", "number":
			if _, err := strconv.ParseInt(trimmed, 10, 64); err == nil && json.Valid([]byte(trimmed)) {
				return []byte(trimmed)
			}
			if f, err := strconv.ParseFloat(trimmed, 64); err == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
				return strconv.AppendInt(nil, int64(f), 10)
			}
		case "boolean":
			switch strings.ToLower(trimmed) {
			case "true", "1":
				return []byte("true")
			case "false", "0":
				return []byte("false")
			}
		}
	}
	var b bytes.Buffer
	if json.Compact(&b, []byte(trimmed)) == nil {
		return []byte(trimmed)
	}
	return jsonString(text)
}
