package jinja

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind int

const (
	tEOF tokenKind = iota
	tData
	tBlockBegin
	tBlockEnd
	tPrintBegin
	tPrintEnd
	tName
	tString
	tInteger
	tFloat
	tOperator
)

type token struct {
	kind tokenKind
	text string
	line int
}

// is reports whether the token is that name or operator.
func (t token) is(text string) bool {
	return t.text == text && (t.kind == tName || t.kind == tOperator)
}

func (t token) String() string {
	switch t.kind {
	case tEOF:
		return "the end of the template"
	case tBlockEnd:
		return "the end of the statement"
	case tPrintEnd:
		return "the end of the print statement"
	case tString:
		return "a string"
	}
	return strconv.Quote(t.text)
}

// The expressions of jinja2/lexer.py.
var (
	reRaw      = regexp.MustCompile(`^\{%[-+]?[\s\v]*raw[\s\v]*(-%\}[\s\v]*|%\})`)
	reEndRaw   = regexp.MustCompile(`\{%([-+]?)[\s\v]*endraw[\s\v]*(\+%\}|-%\}[\s\v]*|%\}\n?)`)
	reFloat    = regexp.MustCompile(`^(?i)(\d+_)*\d+((\.(\d+_)*\d+)?e[+\-]?(\d+_)*\d+|\.(\d+_)*\d+)`)
	reInteger  = regexp.MustCompile(`^(?i)(0b(_?[0-1])+|0o(_?[0-7])+|0x(_?[\da-f])+|[1-9](_?\d)*|0(_?0)*)`)
	reString   = regexp.MustCompile(`^(?s)('([^'\\]*(?:\\.[^'\\]*)*)'|"([^"\\]*(?:\\.[^"\\]*)*)")`)
	reOperator = regexp.MustCompile(`^(//|\*\*|==|!=|>=|<=|[-+/*%~\[\](){}><=.:|,;])`)
)

// A lexer splits a template into tokens.
type lexer struct {
	p      *parser
	source string // lines end in \n
	at     int
	line   int
	start  bool // the last match ended a line
	tokens []token
}

func lex(p *parser, source string) []token {
	source = strings.ReplaceAll(strings.ReplaceAll(source, "\r\n", "\n"), "\r", "\n")
	l := &lexer{p: p, source: strings.TrimSuffix(source, "\n"), line: 1, start: true}
	for l.at < len(l.source) {
		l.data()
	}
	return append(l.tokens, token{tEOF, "", l.line})
}

// take moves on by n bytes.
func (l *lexer) take(n int) {
	s := l.source[l.at : l.at+n]
	l.line += strings.Count(s, "\n")
	l.at += n
	if s != "" {
		l.start = s[len(s)-1] == '\n'
	}
}

func (l *lexer) emit(kind tokenKind, text string) {
	l.tokens = append(l.tokens, token{kind, text, l.line})
}

// text emits template text in front of a tag with that sign.
func (l *lexer) text(s, sign string, print bool) {
	switch {
	case sign == "-":
		s = strings.TrimRightFunc(s, isSpace)
	case sign == "" && !print: // lstrip_blocks
		if i := strings.LastIndexByte(s, '\n') + 1; (i > 0 || l.start) && strings.TrimLeftFunc(s[i:], isSpace) == "" {
			s = s[:i]
		}
	}
	if s != "" {
		l.emit(tData, s)
	}
}

func sign(s string) string {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		return s[:1]
	}
	return ""
}

// data reads text up to the next tag, and the tag.
func (l *lexer) data() {
	rest := l.source[l.at:]
	i := 0
	for ; ; i++ {
		n := strings.IndexByte(rest[i:], '{')
		if n < 0 || i+n+1 >= len(rest) {
			l.emit(tData, rest)
			l.take(len(rest))
			return
		}
		i += n
		if c := rest[i+1]; c == '%' || c == '{' || c == '#' {
			break
		}
	}
	s := sign(rest[i+2:])
	l.text(rest[:i], s, rest[i+1] == '{')
	if m := reRaw.FindString(rest[i:]); m != "" {
		l.take(i + len(m))
		l.raw()
		return
	}
	l.take(i)
	open := l.line
	l.take(2 + len(s))
	switch rest[i+1] {
	case '#':
		l.comment(open)
	case '%':
		l.emit(tBlockBegin, "")
		l.code(tBlockEnd, open)
	default:
		l.emit(tPrintBegin, "")
		l.code(tPrintEnd, open)
	}
}

func (l *lexer) raw() {
	rest := l.source[l.at:]
	m := reEndRaw.FindStringSubmatchIndex(rest)
	if m == nil {
		l.p.line = l.line
		l.p.fail("raw is not closed: there is no endraw")
	}
	l.text(rest[:m[0]], rest[m[2]:m[3]], false)
	l.take(m[1])
}

func (l *lexer) comment(open int) {
	rest := l.source[l.at:]
	i := strings.Index(rest, "#}")
	if i < 0 {
		l.p.line = open
		l.p.fail("the comment is not closed: there is no #}")
	}
	end := i + 2
	switch {
	case i > 0 && rest[i-1] == '-':
		end += spaces(rest[end:])
	case i > 0 && rest[i-1] == '+':
	case strings.HasPrefix(rest[end:], "\n"): // trim_blocks
		end++
	}
	l.take(end)
}

// spaces returns how many bytes of white space s begins with.
func spaces(s string) int { return len(s) - len(strings.TrimLeftFunc(s, isSpace)) }

// code reads the tokens of a tag and its end.
func (l *lexer) code(end tokenKind, open int) {
	var brackets []byte
	for {
		rest := l.source[l.at:]
		l.p.line = l.line
		if rest == "" {
			l.p.line = open
			l.p.fail("the tag that begins here is not closed")
		}
		if len(brackets) == 0 {
			if n := closes(rest, end); n > 0 {
				l.emit(end, "")
				l.take(n)
				return
			}
		}
		c, size := utf8.DecodeRuneInString(rest)
		m := ""
		switch {
		case isSpace(c):
			l.take(spaces(rest))
			continue
		case '0' <= c && c <= '9':
			kind := tFloat
			if l.at == 0 || l.source[l.at-1] != '.' {
				m = reFloat.FindString(rest)
			}
			if m == "" {
				kind, m = tInteger, reInteger.FindString(rest)
			}
			l.emit(kind, strings.ReplaceAll(m, "_", ""))
		case c == '_' || unicode.IsLetter(c):
			n := strings.IndexFunc(rest, func(c rune) bool {
				return c != '_' && !unicode.IsLetter(c) && !unicode.IsNumber(c) && !unicode.IsMark(c)
			})
			if n < 0 {
				n = len(rest)
			}
			if m = rest[:n]; n > 1000 {
				l.p.fail("a name of %d bytes", n)
			}
			l.emit(tName, m)
		case c == '"' || c == '\'':
			if m = reString.FindString(rest); m == "" {
				l.p.fail("the string that begins here is not closed")
			}
			l.emit(tString, l.unescape(m[1:len(m)-1]))
		default:
			if m = reOperator.FindString(rest); m == "" {
				l.p.fail("unexpected character %q", rest[:size])
			}
			switch m {
			case "(", "[", "{":
				brackets = append(brackets, m[0])
			case ")", "]", "}":
				n := len(brackets) - 1
				if n < 0 {
					l.p.fail("unexpected %q", m)
				}
				if want := map[byte]string{'(': ")", '[': "]", '{': "}"}[brackets[n]]; want != m {
					l.p.fail("unexpected %q, expected %q", m, want)
				}
				brackets = brackets[:n]
			}
			l.emit(tOperator, m)
		}
		l.take(len(m))
	}
}

// closes returns how many bytes at the beginning of s end a tag.
func closes(s string, end tokenKind) int {
	mark := "%}"
	if end == tPrintEnd {
		mark = "}}"
	}
	switch {
	case strings.HasPrefix(s, "-"+mark):
		return 3 + spaces(s[3:])
	case end == tBlockEnd && strings.HasPrefix(s, "+"+mark):
		return 3
	case end == tBlockEnd && strings.HasPrefix(s, mark+"\n"): // trim_blocks
		return 3
	case strings.HasPrefix(s, mark):
		return 2
	}
	return 0
}

// unescape reads Python's escapes in a string literal.
func (l *lexer) unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		digits, base := 0, 16
		switch c := s[i]; c {
		case '\n':
			continue
		case '\\', '\'', '"':
			b.WriteByte(c)
			continue
		case 'a', 'b', 'f', 'n', 'r', 't', 'v':
			b.WriteByte("\a\b\f\n\r\t\v"[strings.IndexByte("abfnrtv", c)])
			continue
		case 'x':
			digits = 2
		case 'u':
			digits = 4
		case 'U':
			digits = 8
		case '0', '1', '2', '3', '4', '5', '6', '7':
			base = 8
			for digits < 3 && i+digits < len(s) && '0' <= s[i+digits] && s[i+digits] <= '7' {
				digits++
			}
			i--
		default:
			b.WriteString(`\` + string(c))
			continue
		}
		end := min(i+1+digits, len(s))
		n, err := strconv.ParseUint(s[i+1:end], base, 32)
		if err != nil || end-i-1 != digits || n > unicode.MaxRune {
			l.p.fail("a string has an escape that is cut short or names no character")
		}
		b.WriteRune(rune(n))
		i = end - 1
	}
	return b.String()
}
