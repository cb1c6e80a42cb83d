package chat

import (
	"encoding/json"
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
	param string  // the argument being read
	open  bool    // … is a string, and was begun
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
	if p.syn.Name == Channels {
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
