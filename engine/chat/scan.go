package chat

import (
	"encoding/json"
	"strings"
)

// A scanner finds the end of one JSON value in text that comes in pieces. It
// checks brackets and strings, not more: whether the value is well-formed is
// for its reader to say.
type scanner struct {
	n        int // bytes seen
	first    byte
	depth    int
	inString bool
	escaped  bool
}

func (s *scanner) isString() bool { return s.first == '"' }

// next returns how many bytes of text belong to the value, and whether it ends
// there. A number or word ends where something else follows.
func (s *scanner) next(text string) (n int, done bool) {
	for i := range len(text) {
		c := text[i]
		if s.n == 0 {
			s.first = c
		}
		if s.inString {
			s.n++
			switch {
			case s.escaped:
				s.escaped = false
			case c == '\\':
				s.escaped = true
			case c == '"':
				s.inString = false
				if s.depth == 0 {
					return i + 1, true
				}
			}
			continue
		}
		switch c {
		case '"':
			s.inString = true
		case '{', '[':
			s.depth++
		case '}', ']', ',', ' ', '\n', '\t', '\r', '<':
			if s.depth == 0 {
				return i, true
			}
			if c == '}' || c == ']' {
				if s.depth--; s.depth == 0 {
					return i + 1, true
				}
			}
		}
		s.n++
	}
	return len(text), false
}

// An objectHead is the beginning of a call that is an object: all members up to
// the arguments and the name.
type objectHead struct {
	name string
	args string // if they came before the name, or there are none
	n    int    // bytes up to the arguments, or if there are args, up to where the rest begins
}

// maxHead bounds how much is held back to see whether a call begins.
const maxHead = 1 << 16

// readHead reads {"name": "…", "arguments": from the beginning of text.
func readHead(text string) (objectHead, verdict) {
	h, v := head(text[:min(len(text), maxHead)])
	if v == unsure && len(text) >= maxHead {
		v = no
	}
	return h, v
}

func head(text string) (h objectHead, v verdict) {
	i := skip(text)
	if i == len(text) {
		return h, unsure
	}
	if text[i] != '{' {
		return h, no
	}
	i++
	for {
		i += skip(text[i:])
		if i == len(text) {
			return h, unsure
		}
		if text[i] == '}' && h.name != "" {
			if h.args == "" {
				h.args = "{}"
			}
			h.n = i
			return h, yes
		}
		key, n, v := readString(text[i:])
		if v != yes {
			return h, v
		}
		i += n
		i += skip(text[i:])
		if i == len(text) {
			return h, unsure
		}
		if text[i] != ':' {
			return h, no
		}
		i++
		i += skip(text[i:])
		if i == len(text) {
			return h, unsure
		}
		switch key {
		case "name", "tool_name", "function":
			name, n, v := readString(text[i:])
			if v != yes {
				return h, v
			}
			if name == "" {
				return h, no
			}
			h.name = name
			i += n
			if h.args != "" {
				h.n = i
				return h, yes
			}
		case "arguments", "parameters", "args":
			if h.name != "" && (text[i] == '{' || text[i] == '"') {
				h.n = i
				return h, yes
			}
			fallthrough
		default:
			n, v := readValue(text[i:])
			if v != yes {
				return h, v
			}
			if key == "arguments" || key == "parameters" || key == "args" {
				var s string
				switch h.args = text[i : i+n]; {
				case h.args == "null":
					h.args = "{}"
				case h.args[0] == '"' && json.Unmarshal([]byte(h.args), &s) == nil:
					h.args = s
				case h.args[0] != '{':
					return h, no
				}
			}
			i += n
		}
		i += skip(text[i:])
		if i == len(text) {
			return h, unsure
		}
		switch text[i] {
		case ',':
			i++
		case '}':
		default:
			return h, no
		}
	}
}

// readRest reads the members behind the arguments and the closing bracket, and
// returns how many bytes that is. What is not that is left.
func readRest(text string) (int, verdict) {
	i := 0
	for {
		i += skip(text[i:])
		switch {
		case i == len(text):
			return 0, unsure
		case text[i] == '}':
			return i + 1, yes
		case text[i] != ',':
			return 0, no
		}
		i++
		i += skip(text[i:])
		_, n, v := readString(text[i:])
		if v != yes {
			return 0, v
		}
		i += n
		i += skip(text[i:])
		if i == len(text) {
			return 0, unsure
		}
		if text[i] != ':' {
			return 0, no
		}
		i++
		i += skip(text[i:])
		n, v = readValue(text[i:])
		if v != yes {
			return 0, v
		}
		i += n
	}
}

// readString reads a JSON string at the beginning of text.
func readString(text string) (s string, n int, v verdict) {
	if text == "" {
		return "", 0, unsure
	}
	if text[0] != '"' {
		return "", 0, no
	}
	n, v = readValue(text)
	if v == yes && json.Unmarshal([]byte(text[:n]), &s) != nil {
		v = no
	}
	return s, n, v
}

// readValue returns the length of the JSON value at the beginning of text.
func readValue(text string) (n int, v verdict) {
	var s scanner
	n, done := s.next(text)
	switch {
	case !done:
		return 0, unsure
	case n == 0 || !json.Valid([]byte(strings.TrimSpace(text[:n]))):
		return 0, no
	}
	return n, yes
}
