package data

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// parse reads a line of documents.jsonl. Lines as this program writes them, which are
// most of what a corpus reads, go by a reader of strings alone that is several times as
// fast as encoding/json; all others go by that.
func (d *Document) parse(line []byte) error {
	if *d = (Document{}); d.plain(string(line)) {
		return nil
	}
	*d = Document{}
	return json.Unmarshal(line, d)
}

// plain reads a line that is an object of strings, each key once and as it is
// written, without spaces and without \u; it is false for any other.
func (d *Document) plain(s string) bool {
	if !utf8.ValidString(s) || !strings.HasPrefix(s, "{") {
		return false
	}
	s = s[1:]
	for {
		key, rest, ok := plainString(s)
		if !ok || !strings.HasPrefix(rest, ":") {
			return false
		}
		value, rest, ok := plainString(rest[1:])
		to := d.field(key)
		if !ok || to == nil || *to != "" || rest == "" {
			return false
		}
		*to = value
		if s = rest[1:]; rest[0] != ',' {
			return rest == "}"
		}
	}
}

// field is where a string of a document is, by its key; nil if it has no such.
func (d *Document) field(key string) *string {
	switch key {
	case "id":
		return &d.ID
	case "path":
		return &d.Path
	case "lang":
		return &d.Lang
	case "title":
		return &d.Title
	case "text":
		return &d.Text
	case "format":
		return &d.Format
	case "author":
		return &d.Author
	case "date":
		return &d.Date
	}
	return nil
}

// escapes are the characters that stand behind \, and what they mean; of \u nothing.
var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// plainString reads the string in quotes that s begins with.
func plainString(s string) (value, rest string, ok bool) {
	if s == "" || s[0] != '"' {
		return "", "", false
	}
	var b []byte // nil until something is escaped
	from := 1    // what stands before is in b
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' && b == nil:
			return s[1:i], s[i+1:], true
		case c == '"':
			return string(append(b, s[from:i]...)), s[i+1:], true
		case c < ' ':
			return "", "", false
		case c == '\\':
			if i+1 == len(s) || escapes[s[i+1]] == 0 {
				return "", "", false
			}
			if b == nil {
				b = make([]byte, 0, len(s))
			}
			b = append(append(b, s[from:i]...), escapes[s[i+1]])
			i++
			from = i + 1
		}
	}
	return "", "", false
}
