package grammar

import (
	"fmt"
	"regexp/syntax"
	"strings"
)

// newPattern compiles the expression of a JSON schema: ECMA 262 without
// look-around and back references, found anywhere in the text.
func newPattern(text string) (*pattern, error) {
	return compilePattern(text, `(?s:.*)(?:`, `)(?s:.*)`)
}

// newAnchored compiles an expression that the whole text matches.
func newAnchored(text string) (*pattern, error) { return compilePattern(text, `(?:`, `)`) }

func compilePattern(text, before, after string) (*pattern, error) {
	if len(text) > maxPattern {
		return nil, beyond("", TooLong, maxPattern)
	}
	plain, err := fromECMA(text)
	if err != nil {
		return nil, err
	}
	if _, err := syntax.Parse(plain, syntax.Perl); err != nil { // ")|(" is whole only between others
		return nil, bad("", Pattern, text)
	}
	re, err := syntax.Parse(before+plain+after, syntax.Perl)
	if err != nil {
		return nil, bad("", Pattern, text)
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return nil, bad("", Pattern, text)
	}
	if len(prog.Inst) > maxInsts {
		return nil, bad("", PatternStates, text)
	}
	for _, i := range prog.Inst {
		if i.Op == syntax.InstEmptyWidth && syntax.EmptyOp(i.Arg)&^(syntax.EmptyBeginText|syntax.EmptyEndText) != 0 {
			return nil, bad("", PatternLines, text)
		}
	}
	return build(text, prog)
}

// fromECMA rewrites what the two languages write in different ways.
func fromECMA(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch c := s[i]; {
		case c == 'u' && i+4 < len(s) && isHex(s[i+1:i+5]):
			b.WriteString(`\x{` + s[i+1:i+5] + `}`)
			i += 4
		case c == '/':
			b.WriteByte('/')
		case c == 'c' || c == 'k':
			return "", bad("", Pattern, s)
		case c == 'Z' || c == 'z' || c == 'A':
			b.WriteString(map[byte]string{'Z': "$", 'z': "$", 'A': "^"}[c])
		default:
			b.WriteByte('\\')
			b.WriteByte(c)
		}
	}
	return b.String(), nil
}

func isHex(s string) bool {
	for i := range len(s) {
		if hexValue(s[i]) < 0 {
			return false
		}
	}
	return true
}

func hexValue(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

const (
	date  = `(?:\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))|(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)`
	octet = `(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`
	ipv4  = octet + `(?:\.` + octet + `){3}`
	h16   = `[0-9a-fA-F]{1,4}`
	ls32  = `(?:` + h16 + `:` + h16 + `|` + ipv4 + `)`
	ipv6  = `(?:(?:` + h16 + `:){6}` + ls32 + `|::(?:` + h16 + `:){5}` + ls32 + `|(?:` + h16 + `)?::(?:` + h16 + `:){4}` + ls32 +
		`|(?:(?:` + h16 + `:){0,1}` + h16 + `)?::(?:` + h16 + `:){3}` + ls32 + `|(?:(?:` + h16 + `:){0,2}` + h16 + `)?::(?:` + h16 + `:){2}` + ls32 +
		`|(?:(?:` + h16 + `:){0,3}` + h16 + `)?::` + h16 + `:` + ls32 + `|(?:(?:` + h16 + `:){0,4}` + h16 + `)?::` + ls32 +
		`|(?:(?:` + h16 + `:){0,5}` + h16 + `)?::` + h16 + `|(?:(?:` + h16 + `:){0,6}` + h16 + `)?::)`
	label    = `[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?`
	pchar    = `(?:[a-zA-Z0-9._~!$&'()*+,;=:@-]|%[0-9a-fA-F]{2})`
	rest     = `(?:/` + pchar + `*)*(?:\?(?:` + pchar + `|[/?])*)?(?:#(?:` + pchar + `|[/?])*)?`
	author   = `//(?:(?:[a-zA-Z0-9._~!$&'()*+,;=:-]|%[0-9a-fA-F]{2})*@)?(?:\[[0-9a-fA-F:.]+\]|(?:[a-zA-Z0-9._~!$&'()*+,;=-]|%[0-9a-fA-F]{2})*)(?::\d*)?`
	uri      = `[a-zA-Z][a-zA-Z0-9+.-]*:(?:` + author + rest + `|/?(?:` + pchar + `+)?` + rest + `)`
	atom     = "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]+"
	pointer  = `(?:/(?:[^/~]|~[01])*)*`
	duration = `P(?:\d+W|(?:\d+Y(?:\d+M(?:\d+D)?)?|\d+M(?:\d+D)?|\d+D)(?:T(?:\d+H(?:\d+M(?:\d+S)?)?|\d+M(?:\d+S)?|\d+S))?|T(?:\d+H(?:\d+M(?:\d+S)?)?|\d+M(?:\d+S)?|\d+S))`
)

// clock is a time of day: a leap second ends the last minute of a day of UTC.
var clock = `(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:[zZ]|[+-](?:[01]\d|2[0-3]):[0-5]\d)|` + leaps() + `)`

// leaps are the leap seconds at the offsets from UTC that are in use.
func leaps() string {
	const day = 24 * 60
	list := []string{`23:59:60(?:\.\d+)?(?:[zZ]|-00:00)`}
	for hours := range 15 {
		for _, minutes := range []int{0, 30, 45} {
			at := 60*hours + minutes
			local := (at - 1 + day) % day
			list = append(list, fmt.Sprintf(`%02d:%02d:60(?:\.\d+)?\+%02d:%02d`, local/60, local%60, hours, minutes))
			if local = day - 1 - at; at > 0 && hours <= 12 {
				list = append(list, fmt.Sprintf(`%02d:%02d:60(?:\.\d+)?-%02d:%02d`, local/60, local%60, hours, minutes))
			}
		}
	}
	return strings.Join(list, "|")
}

// formats are the formats of JSON Schema that a pattern can hold, by RFC 3339
// (dates), 5321 (mail), 1123 (hosts), 4291 (IPv6), 3986 (URIs), 4122, 6901.
var formats = map[string]string{
	"date": `^` + date + `$`, "time": `^` + clock + `$`, "date-time": `^` + date + `[tT]` + clock + `$`, "duration": `^` + duration + `$`,
	"ipv4": `^` + ipv4 + `$`, "ipv6": `^` + ipv6 + `$`, "hostname": `^` + label + `(?:\.` + label + `)*$`,
	"email":         `^(?:` + atom + `(?:\.` + atom + `)*|"(?:[^"\\]|\\.)*")@(?:` + label + `(?:\.` + label + `)*|\[[^\]]+\])$`,
	"uuid":          `^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$`,
	"uri":           `^` + uri + `$`,
	"uri-reference": `^(?:` + uri + `|` + author + rest + `|` + `(?:[a-zA-Z0-9._~!$&'()*+,;=@-]|%[0-9a-fA-F]{2})*` + rest + `)$`,
	"json-pointer":  `^` + pointer + `$`, "relative-json-pointer": `^(?:0|[1-9]\d*)(?:#|` + pointer + `)$`,
}

// standard are the formats of the standard that are not in formats.
var standard = map[string]bool{"idn-email": true, "idn-hostname": true, "iri": true, "iri-reference": true, "uri-template": true, "regex": true}
