package chat

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// A call is the one being read.
type call struct {
	name  string
	scan  scanner // of JSON arguments
	end   []part  // behind the arguments
	inner bool    // the arguments stand in an object that has to be closed
	list  bool    // … in a list
	wrap  string  // the tag that closes the calls
	first bool    // no argument was written yet: XML
	text  []byte  // arguments that come as a string of JSON
}

// A verdict says whether what stands in the buffer is a call.
type verdict int

const (
	no verdict = iota
	unsure
	yes
)

// tryCall reads the beginning of a call at buf[i:], where tag stands.
func (p *Parser) tryCall(i int, tag string) bool {
	s := p.syn
	at := i
	if tag != "" && tag == s.opens {
		at += len(tag)
	}
	n := at + skip(p.buf[at:])
	bad := i + max(len(tag), 1)
	if n == len(p.buf) {
		return p.wait(bad)
	}
	c := call{end: s.end, wrap: s.closes, first: true}
	v := no
	if s.object && (p.buf[n] == '[' || p.buf[n] == '{') {
		if p.buf[n] == '[' {
			c.list = true
			n++
		}
		var head objectHead
		n += skip(p.buf[n:])
		head, v = readHead(p.buf[n:])
		if v == yes && s.bare && p.tools[head.name] == nil {
			v = no // any JSON might be an answer
		}
		if v == yes {
			p.take(n)
			p.begin(c, head)
			return true
		}
	} else if s.begin != nil {
		var m int
		m, c.name, v = p.match(n, s.begin)
		switch {
		case v == yes && s.start && c.name != "all" && len(p.tools) == 0:
			v = no
		case v == yes && s.start && c.name == "all": // functionary: to everybody
			p.take(m)
			p.fresh, p.begun = true, false
			return true
		case v == yes && s.Args == JSONArgs && (m+skip(p.buf[m:]) >= len(p.buf)):
			v = unsure
		case v == yes && s.Args == JSONArgs && p.buf[m+skip(p.buf[m:])] != '{':
			v = no
		case v == yes:
			p.take(m)
			p.start(c.name)
			c.name = p.call.name
			p.call = c
			p.state = (*Parser).args
			if s.Args == XMLArgs {
				p.state = (*Parser).xmlArgs
			}
			return true
		}
	}
	if v == unsure {
		return p.wait(bad)
	}
	return p.notACall(bad)
}

// wait waits for more text; if none comes, the first n bytes are content.
func (p *Parser) wait(n int) bool {
	if !p.final {
		return false
	}
	return p.notACall(min(n, len(p.buf)))
}

// start begins a call.
func (p *Parser) start(name string) {
	name = strings.TrimPrefix(name, "functions.")
	if i := strings.LastIndexByte(name, ':'); i > 0 { // Kimi counts its calls
		if _, err := strconv.Atoi(name[i+1:]); err == nil {
			name = name[:i]
		}
	}
	p.space, p.fresh = "", false
	p.call = call{name: name, first: true}
	p.emit(Event{Kind: ToolCallStart, Index: p.index, ID: p.id(p.index), Name: name})
}

// begin begins a call that is an object, the head of which stands in the buffer.
func (p *Parser) begin(c call, head objectHead) {
	p.start(head.name)
	c.name, c.inner = p.call.name, true
	p.call = c
	switch {
	case head.args != "": // they came before the name, or not at all
		p.take(head.n)
		p.argument(head.args)
		p.state = (*Parser).rest
	default:
		p.take(head.n)
		p.state = (*Parser).args
	}
}

// argument emits a piece of the arguments.
func (p *Parser) argument(text string) {
	if text != "" {
		p.emit(Event{Kind: ToolArgs, Index: p.index, Text: text})
	}
}

// args reads arguments that are JSON.
func (p *Parser) args() bool {
	c := &p.call
	if c.scan.n == 0 && p.buf != "" {
		p.take(skip(p.buf))
	}
	n, done := c.scan.next(p.buf)
	text := p.take(n)
	if c.scan.isString() { // the object is written as a string
		c.text = append(c.text, text...)
		if done || p.final {
			var s string
			if json.Unmarshal(c.text, &s) != nil {
				s = string(c.text)
			}
			p.argument(s)
		}
	} else {
		p.argument(text)
	}
	switch {
	case done:
		p.state = (*Parser).rest
		return true
	case p.final:
		p.endCall()
		return true
	}
	return false
}

func (p *Parser) endCall() {
	p.emit(Event{Kind: ToolCallEnd, Index: p.index})
	p.index++
	p.state = (*Parser).between
}

// rest reads what stands behind the arguments: the rest of the object, or what
// the format has there.
func (p *Parser) rest() bool {
	n := 0
	if p.call.inner {
		var v verdict
		if n, v = readRest(p.buf); v == unsure && !p.final {
			return false
		}
	} else {
		for _, part := range p.call.end {
			m := n + skip(p.buf[n:])
			if !p.final && m+len(part.text) > len(p.buf) && strings.HasPrefix(part.text, p.buf[m:]) && !p.at(m, part.text) {
				return false
			}
			if p.at(m, part.text) {
				n = m + len(part.text)
			}
		}
	}
	p.take(n)
	p.endCall()
	return true
}

// between reads what stands between two calls, or behind the last.
func (p *Parser) between() bool {
	if p.syn.Name == channels {
		p.state = (*Parser).afterChannel
		return true
	}
	n := skip(p.buf)
	rest := p.buf[n:]
	if rest == "" && !p.final {
		return false
	}
	c := p.call
	if c.wrap != "" && !p.final && !p.at(n, c.wrap) && strings.HasPrefix(c.wrap, rest) {
		return false
	}
	switch {
	case c.list && strings.HasPrefix(rest, ","), c.inner && !c.list && strings.HasPrefix(rest, ";"):
		m := n + 1 + skip(rest[1:])
		if m == len(p.buf) && !p.final {
			return false
		}
		if head, v := readHead(p.buf[m:]); v == yes {
			p.take(m)
			p.begin(call{end: c.end, wrap: c.wrap, list: c.list}, head)
			return true
		} else if v == unsure && !p.final {
			return false
		}
	case c.list && strings.HasPrefix(rest, "]"):
		p.take(n + 1)
		p.call.list, p.call.inner = false, false
		return true
	case c.wrap != "" && p.at(n, c.wrap):
		p.take(n + len(c.wrap))
		p.call = call{}
		p.fresh, p.state = true, (*Parser).content
		return true
	case c.inner && !c.list && c.wrap != "" && strings.HasPrefix(rest, "{"): // one a line
		if head, v := readHead(rest); v == yes {
			p.take(n)
			p.begin(call{end: c.end, wrap: c.wrap}, head)
			return true
		} else if v == unsure && !p.final {
			return false
		}
	}
	p.fresh, p.state = true, (*Parser).content
	return true
}

func (p *Parser) afterChannel() bool {
	p.fresh, p.space, p.state = true, "", (*Parser).header
	return true
}

// skip returns how many bytes of white space s begins with.
func skip(s string) int { return len(s) - len(strings.TrimLeft(s, blank)) }

// match reads parts at buf[i:], with white space between them, and returns
// where they end and the name among them.
func (p *Parser) match(i int, parts []part) (end int, name string, v verdict) {
	for _, part := range parts {
		i += skip(p.buf[i:])
		rest := p.buf[i:]
		switch {
		case part.name:
			n := 0
			for n < len(rest) && isName(rest[n]) {
				n++
			}
			if n == len(rest) && !p.final {
				return 0, "", unsure
			}
			if n == 0 {
				return 0, "", no
			}
			name, i = rest[:n], i+n
		case p.at(i, part.text):
			i += len(part.text)
		case len(rest) < len(part.text) && strings.HasPrefix(part.text, rest):
			return 0, "", unsure
		case part.text == "[ARGS]" && strings.HasPrefix(rest, "[CALL_ID]"): // Mistral Small 3.2
			j := strings.Index(rest, part.text)
			if j < 0 {
				return 0, "", unsure
			}
			i += j + len(part.text)
		case part.text == "[ARGS]" && strings.HasPrefix("[CALL_ID]", rest):
			return 0, "", unsure
		default:
			return 0, "", no
		}
	}
	return i, name, yes
}

func isName(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-' || c == '.' || c == ':' || c == '/'
}

// xmlArgs reads arguments that stand in elements of their own.
func (p *Parser) xmlArgs() bool {
	s, n := p.syn, skip(p.buf)
	key, value, done := strings.TrimSpace(s.Key), strings.TrimSpace(s.Value), strings.TrimSpace(s.Done)
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
	if i = strings.Index(rest, done); i < 0 {
		if p.final { // an open string, as a model leaves it that writes JSON
			p.take(len(p.buf) - len(rest))
			open := jsonString(strings.TrimPrefix(p.take(len(rest)), "\n"))
			p.argument(p.before(name) + string(open[:len(open)-1]))
			p.endCall()
			return true
		}
		return false
	}
	text := rest[:i]
	if s.strip {
		text = strings.TrimSuffix(strings.TrimPrefix(text, "\n"), "\n")
	}
	p.take(len(p.buf) - len(rest) + i + len(done))
	p.member(name, text)
	return true
}

// member writes one argument.
func (p *Parser) member(name, text string) {
	p.argument(p.before(name) + string(convert(text, p.tools[p.call.name][name])))
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
