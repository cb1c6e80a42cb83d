package jinja

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A spec says how a value is written: what stands behind the colon in
// "{:08.3f}", or between % and the letter in "%-5d".
type spec struct {
	fill  rune
	align byte // < > ^ =, or 0
	sign  byte // + or space, or 0
	alt   bool
	group byte // , or _ between thousands, or 0
	width int
	prec  int // -1 without
	kind  byte
	zero  bool // fill and align come from a 0 in front of the width
	old   bool // of the operator %
}

// maxWidth bounds width and precision.
const maxWidth = 10_000

// digits reads a number at the beginning of s.
func (r *render) digits(s string) (n int, rest string) {
	for s != "" && '0' <= s[0] && s[0] <= '9' {
		if n = n*10 + int(s[0]-'0'); n > maxWidth {
			r.limit("a width or precision of more than %d", maxWidth)
		}
		s = s[1:]
	}
	return n, s
}

// spec reads a format specification of str.format.
func (r *render) spec(s string) spec {
	f := spec{fill: ' ', prec: -1}
	if c, n := utf8.DecodeRuneInString(s); n > 0 && n < len(s) && strings.IndexByte("<>=^", s[n]) >= 0 {
		f.fill, f.align, s = c, s[n], s[n+1:]
	} else if s != "" && strings.IndexByte("<>=^", s[0]) >= 0 {
		f.align, s = s[0], s[1:]
	}
	if s != "" && strings.IndexByte("+- ", s[0]) >= 0 {
		f.sign, s = s[0], s[1:]
	}
	if strings.HasPrefix(s, "#") {
		f.alt, s = true, s[1:]
	}
	if strings.HasPrefix(s, "0") && f.align == 0 {
		f.fill, f.align, f.zero = '0', '=', true
	}
	f.width, s = r.digits(s)
	if s != "" && (s[0] == ',' || s[0] == '_') {
		f.group, s = s[0], s[1:]
	}
	if strings.HasPrefix(s, ".") {
		f.prec, s = r.digits(s[1:])
	}
	if len(s) > 1 {
		r.fail("Invalid format specifier")
	}
	if s != "" {
		f.kind = s[0]
	}
	return f
}

// formatted writes v by a specification.
func (r *render) formatted(v Value, f spec) Str {
	if s, ok := v.(Str); ok {
		if f.kind != 0 && f.kind != 's' || f.sign != 0 || f.group != 0 || f.align == '=' && !f.zero {
			r.fail("the format is not one of a string")
		}
		if f.zero {
			f.align = '<'
		}
		if f.prec >= 0 && f.prec < s.length() {
			s = s.cut(0, s.offset(f.prec))
		}
		if f.align == 0 {
			f.align = '<'
		}
		return r.pad(s, f.width, f.fill, f.align)
	}
	i, x, ok := number(v)
	if !ok {
		r.fail("unsupported format string passed to %s.__format__", typeName(v))
	}
	minus, body := r.digitsOf(i, x, f)
	sign := ""
	switch {
	case minus:
		sign = "-"
	case f.sign == '+' || f.sign == ' ':
		sign = string(f.sign)
	}
	if f.align == '=' {
		return Join(Str{text: sign}, r.pad(Str{text: body}, f.width-len(sign), f.fill, '>'))
	}
	if f.align == 0 {
		f.align = '>'
	}
	return r.pad(Str{text: sign + body}, f.width, f.fill, f.align)
}

// digitsOf writes the absolute value of a number.
func (r *render) digitsOf(i *big.Int, x float64, f spec) (minus bool, body string) {
	prec := f.prec
	if i != nil {
		minus = i.Sign() < 0
		if f.prec >= 0 && strings.IndexByte("\x00dnxXobc", f.kind) >= 0 && !f.old {
			r.fail("Precision not allowed in integer format specifier")
		}
		base := map[byte]int{0: 10, 'd': 10, 'n': 10, 'x': 16, 'X': 16, 'o': 8, 'b': 2}[f.kind]
		if base > 0 {
			body = new(big.Int).Abs(i).Text(base)
			if f.kind == 'X' {
				body = strings.ToUpper(body)
			}
			body = thousands(body, f.group)
			if f.alt && base != 10 {
				body = "0" + string(f.kind) + body
			}
			return minus, body
		}
		if f.kind == 'c' {
			if !i.IsInt64() || i.Int64() < 0 || i.Int64() > utf8.MaxRune {
				r.fail("%%c arg not in range")
			}
			return false, string(rune(i.Int64()))
		}
		x, _ = new(big.Float).SetInt(i).Float64()
	}
	minus = math.Signbit(x)
	x = math.Abs(x)
	if prec < 0 {
		prec = 6
	}
	switch f.kind {
	case 0:
		if f.prec < 0 {
			body = floatText(x)
			break
		}
		body = general(x, prec)
	case 'f', 'F':
		body = strconv.FormatFloat(x, 'f', prec, 64)
	case 'e', 'E':
		body = strconv.FormatFloat(x, f.kind, prec, 64)
	case 'g', 'G':
		body = general(x, prec)
	case '%':
		body = strconv.FormatFloat(x*100, 'f', prec, 64) + "%"
	default:
		r.fail("Unknown format code '%c'", f.kind)
	}
	body = strings.TrimPrefix(strings.ToLower(body), "+")
	if f.kind == 'E' || f.kind == 'F' || f.kind == 'G' {
		body = strings.ToUpper(body)
	}
	whole, rest, _ := strings.Cut(body, ".")
	return minus, thousands(whole, f.group) + body[len(whole):len(whole)+len(body)-len(whole)-len(rest)] + rest
}

// general is C's %g.
func general(x float64, prec int) string {
	prec = max(prec, 1)
	s := strconv.FormatFloat(x, 'e', prec-1, 64)
	mantissa, e, ok := strings.Cut(s, "e")
	if !ok {
		return s
	}
	n, _ := strconv.Atoi(e)
	if n < -4 || n >= prec {
		if strings.Contains(mantissa, ".") {
			mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
		}
		return mantissa + "e" + e
	}
	s = strconv.FormatFloat(x, 'f', prec-1-n, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func thousands(digits string, group byte) string {
	if group == 0 {
		return digits
	}
	var b strings.Builder
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(group)
		}
		b.WriteByte(digits[i])
	}
	return b.String()
}

// format is str.format, without members of members and nested fields.
func (r *render) format(s Str, a args) Str {
	var b builder
	auto := 0
	for at := 0; at < len(s.text); {
		i := strings.IndexAny(s.text[at:], "{}")
		if i < 0 {
			b.put(s.cut(at, len(s.text)))
			break
		}
		b.put(s.cut(at, at+i))
		at += i
		if at+1 < len(s.text) && s.text[at+1] == s.text[at] {
			b.put(s.cut(at, at+1))
			at += 2
			continue
		}
		n := strings.IndexByte(s.text[at:], '}')
		if s.text[at] == '}' || n < 0 {
			r.fail("Single '%c' encountered in format string", s.text[at])
		}
		field, how, _ := strings.Cut(s.text[at+1:at+n], ":")
		at += n + 1
		field, conversion, _ := strings.Cut(field, "!")
		var v Value
		if n, err := strconv.Atoi(field); field == "" || err == nil {
			if field == "" {
				n = auto
				auto++
			}
			if n < 0 || n >= len(a.args) {
				r.fail("Replacement index %d out of range for positional args tuple", n)
			}
			v = a.args[n]
		} else {
			v = r.keyword(a, field)
		}
		switch conversion {
		case "r":
			v = r.repr(v)
		case "s":
			v = r.show(v)
		}
		if how == "" {
			b.put(r.paid(r.show(v)))
			continue
		}
		b.put(r.paid(r.formatted(v, r.spec(how))))
	}
	return b.str()
}

// keyword finds a.b.c[d] of a format's field among the keyword arguments.
func (r *render) keyword(a args, field string) Value {
	name := field
	if i := strings.IndexAny(field, ".["); i >= 0 {
		name = field[:i]
	}
	for i, k := range a.names {
		if k != name {
			continue
		}
		v, rest := a.values[i], field[len(name):]
		for rest != "" {
			key := ""
			if rest[0] == '.' {
				key, rest = rest[1:], ""
				if i := strings.IndexAny(key, ".["); i >= 0 {
					key, rest = key[:i], key[i:]
				}
				v = r.attr(v, key)
				continue
			}
			key, more, ok := strings.Cut(rest[1:], "]")
			if !ok || rest[0] != '[' {
				r.fail("expected '}' before end of string")
			}
			rest = more
			if n, err := strconv.ParseInt(key, 10, 64); err == nil {
				v = r.item(v, n)
			} else {
				v = r.item(v, Str{text: key})
			}
		}
		return v
	}
	r.fail("format has no argument %s", name)
	return nil
}

// percent is Python's s % v.
func (r *render) percent(s Str, v Value) Str {
	values := []Value{v}
	l, isTupleValue := v.(*List)
	if isTupleValue = isTupleValue && l.kind == isTuple; isTupleValue {
		values = l.items
	}
	m, isMap := v.(*Map)
	used := 0
	next := func() Value {
		if used >= len(values) {
			r.fail("not enough arguments for format string")
		}
		used++
		return values[used-1]
	}
	var b builder
	for at := 0; at < len(s.text); {
		i := strings.IndexByte(s.text[at:], '%')
		if i < 0 {
			b.put(s.cut(at, len(s.text)))
			break
		}
		b.put(s.cut(at, at+i))
		rest := s.text[at+i+1:]
		f := spec{fill: ' ', prec: -1, align: '>', old: true}
		var x Value
		keyed := strings.HasPrefix(rest, "(")
		if keyed {
			name, more, ok := strings.Cut(rest[1:], ")")
			if !ok || !isMap {
				r.fail("format requires a mapping")
			}
			if x, ok = m.get(Str{text: name}); !ok {
				r.fail("there is no key '%s' for the format", name)
			}
			rest, used = more, 1
		}
		left := false
		for ; rest != "" && strings.IndexByte("-+ #0", rest[0]) >= 0; rest = rest[1:] {
			switch rest[0] {
			case '-':
				left = true
			case '+', ' ':
				f.sign = rest[0]
			case '#':
				f.alt = true
			case '0':
				f.fill, f.align = '0', '='
			}
		}
		if left {
			f.fill, f.align = ' ', '<'
		}
		if strings.HasPrefix(rest, "*") {
			f.width, rest = min(max(r.intOr(next(), 0), 0), maxWidth), rest[1:]
		} else {
			f.width, rest = r.digits(rest)
		}
		if strings.HasPrefix(rest, ".") {
			f.prec, rest = r.digits(rest[1:])
		}
		if rest == "" {
			r.fail("incomplete format")
		}
		f.kind = rest[0]
		at = len(s.text) - len(rest) + 1
		if f.kind == '%' {
			b.WriteByte('%')
			continue
		}
		if !keyed {
			x = next()
		}
		b.put(r.paid(r.percentOne(x, f)))
	}
	if used < len(values) && !(isSubscriptable(v) && !isTupleValue) {
		r.fail("not all arguments converted during string formatting")
	}
	return b.str()
}

// isSubscriptable reports whether Python takes v for a mapping where a format
// has nothing to name: it has members in brackets, and is no string.
func isSubscriptable(v Value) bool {
	switch v := v.(type) {
	case *Map, undefined:
		return true
	case *List:
		return v.kind <= isTuple || v.name == "range"
	}
	return false
}

func (r *render) percentOne(x Value, f spec) Str {
	i, fl, isNumber := number(x)
	switch f.kind {
	case 's', 'r', 'a':
		if f.kind == 's' {
			x = r.show(x)
		} else {
			x = r.repr(x)
		}
		f.kind, f.sign = 's', 0
		if f.align == '=' {
			f.fill, f.align = ' ', '>'
		}
		return r.formatted(x, f)
	case 'c':
		if s, ok := x.(Str); ok && s.length() == 1 {
			return s
		}
	case 'd', 'i', 'u':
		f.kind = 'd'
		if isNumber && i == nil {
			if math.IsInf(fl, 0) || math.IsNaN(fl) {
				r.fail("cannot convert float %s to integer", floatText(fl))
			}
			z, _ := big.NewFloat(fl).Int(nil)
			x = normal(z)
		}
	case 'x', 'X', 'o':
		isNumber = isNumber && i != nil
	case 'e', 'E', 'f', 'F', 'g', 'G':
	default:
		r.fail("unsupported format character '%c'", f.kind)
	}
	if !isNumber {
		r.fail("%%%c format: a number is required, not %s", f.kind, typeName(x))
	}
	return r.formatted(x, f)
}
