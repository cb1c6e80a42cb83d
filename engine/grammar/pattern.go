package grammar

import (
	"encoding/binary"
	"errors"
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"
)

// A pattern is a regular expression as a lazy automaton over code points.
type pattern struct {
	text  string
	prog  *syntax.Prog
	live  []bool           // instructions from which a match can come, after the first character
	known map[string]int32 // states by their sets
	sets  [][]uint32       // of instructions, sorted
	sure  []bool           // any text may follow, and it matches
	ends  []bool           // it matches if the text ends here
	next  map[uint64]int32
}

// Bounds of a pattern, and of what is remembered of it.
const (
	maxPattern = 1 << 14
	maxInsts   = 1 << 15
	maxMemo    = 1 << 18
)

const dead = int32(-1)

// newPattern compiles the expression of a JSON schema: ECMA 262 without
// look-around and back references, found anywhere in the text.
func newPattern(text string) (*pattern, error) {
	return compilePattern(text, `(?s:.*)(?:`, `)(?s:.*)`)
}

// newAnchored compiles an expression that the whole text matches.
func newAnchored(text string) (*pattern, error) { return compilePattern(text, `(?:`, `)`) }

func compilePattern(text, before, after string) (*pattern, error) {
	if len(text) > maxPattern {
		return nil, fmt.Errorf("the pattern has more than %d bytes", maxPattern)
	}
	plain, err := fromECMA(text)
	if err != nil {
		return nil, err
	}
	re, err := syntax.Parse(before+plain+after, syntax.Perl)
	if err != nil {
		var e *syntax.Error
		if errors.As(err, &e) {
			return nil, fmt.Errorf("the pattern %q is not enforced: %s", text, e.Code)
		}
		return nil, err
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return nil, err
	}
	if len(prog.Inst) > maxInsts {
		return nil, fmt.Errorf("the pattern %q repeats too much", text)
	}
	for _, i := range prog.Inst {
		if i.Op == syntax.InstEmptyWidth && syntax.EmptyOp(i.Arg)&^(syntax.EmptyBeginText|syntax.EmptyEndText) != 0 {
			return nil, fmt.Errorf("the pattern %q is not enforced: it looks at words or lines", text)
		}
	}
	p := &pattern{text: text, prog: prog, known: map[string]int32{}, next: map[uint64]int32{}}
	p.findLive()
	p.intern(p.closure([]uint32{uint32(prog.Start)}, true))
	return p, nil
}

// findLive notes the instructions that lead to a match: the beginning does not
// come again, and nothing is read after the end.
func (p *pattern) findLive() {
	n := len(p.prog.Inst)
	ends := make([]bool, n) // a match comes without another character
	p.live = make([]bool, n)
	for changed := true; changed; {
		changed = false
		for pc := n - 1; pc >= 0; pc-- {
			end, live := false, false
			switch i := &p.prog.Inst[pc]; i.Op {
			case syntax.InstMatch:
				end, live = true, true
			case syntax.InstAlt, syntax.InstAltMatch:
				end, live = ends[i.Out] || ends[i.Arg], p.live[i.Out] || p.live[i.Arg]
			case syntax.InstCapture, syntax.InstNop:
				end, live = ends[i.Out], p.live[i.Out]
			case syntax.InstEmptyWidth:
				if syntax.EmptyOp(i.Arg)&syntax.EmptyBeginText == 0 {
					end, live = ends[i.Out], ends[i.Out]
				}
			case syntax.InstFail:
			default:
				live = p.live[i.Out]
			}
			if end != ends[pc] || live != p.live[pc] {
				ends[pc], p.live[pc], changed = end, live, true
			}
		}
	}
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
			return "", fmt.Errorf("the pattern %q is not enforced: \\%c", s, c)
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

// closure follows what consumes nothing. What must stand at the end stays in
// the set.
func (p *pattern) closure(from []uint32, begin bool) []uint32 {
	seen := map[uint32]bool{}
	var set []uint32
	stack := slices.Clone(from)
	for len(stack) > 0 {
		pc := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[pc] {
			continue
		}
		seen[pc] = true
		switch i := &p.prog.Inst[pc]; i.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			stack = append(stack, i.Out, i.Arg)
		case syntax.InstCapture, syntax.InstNop:
			stack = append(stack, i.Out)
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(i.Arg)&syntax.EmptyEndText != 0 {
				set = append(set, pc)
			} else if begin {
				stack = append(stack, i.Out)
			}
		case syntax.InstFail:
		default:
			if p.live[pc] {
				set = append(set, pc)
			}
		}
	}
	slices.Sort(set)
	return set
}

// intern returns the state of a set.
func (p *pattern) intern(set []uint32) int32 {
	if len(set) == 0 {
		return dead
	}
	key := make([]byte, 0, 4*len(set))
	for _, pc := range set {
		key = binary.LittleEndian.AppendUint32(key, pc)
	}
	if s, ok := p.known[string(key)]; ok {
		return s
	}
	s := int32(len(p.sets))
	p.known[string(key)] = s
	p.sets = append(p.sets, set)
	p.sure = append(p.sure, p.isSure(set))
	p.ends = append(p.ends, p.atEnd(set))
	return s
}

// atEnd reports whether a set matches when nothing follows.
func (p *pattern) atEnd(set []uint32) bool {
	seen := map[uint32]bool{}
	stack := slices.Clone(set)
	for len(stack) > 0 {
		pc := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[pc] {
			continue
		}
		seen[pc] = true
		switch i := &p.prog.Inst[pc]; i.Op {
		case syntax.InstMatch:
			return true
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(i.Arg)&syntax.EmptyBeginText == 0 {
				stack = append(stack, i.Out)
			}
		case syntax.InstAlt, syntax.InstAltMatch:
			stack = append(stack, i.Out, i.Arg)
		case syntax.InstCapture, syntax.InstNop:
			stack = append(stack, i.Out)
		}
	}
	return false
}

// isSure reports whether a set has a loop over anything that matches.
func (p *pattern) isSure(set []uint32) bool {
	for _, pc := range set {
		i := &p.prog.Inst[pc]
		if i.Op != syntax.InstRuneAny {
			continue
		}
		after := p.closure([]uint32{i.Out}, false)
		if slices.Contains(after, pc) && slices.ContainsFunc(after, func(pc uint32) bool { return p.prog.Inst[pc].Op == syntax.InstMatch }) {
			return true
		}
	}
	return false
}

// step returns the state after a code point.
func (p *pattern) step(s int32, r rune) int32 {
	if s == dead || p.sure[s] {
		return s
	}
	key := uint64(uint32(s))<<32 | uint64(uint32(r))
	if t, ok := p.next[key]; ok {
		return t
	}
	var out []uint32
	for _, pc := range p.sets[s] {
		switch i := &p.prog.Inst[pc]; i.Op {
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			if i.MatchRune(r) {
				out = append(out, i.Out)
			}
		}
	}
	t := p.intern(p.closure(out, false))
	if len(p.next) >= maxMemo {
		clear(p.next)
	}
	p.next[key] = t
	return t
}

// idle reports whether every character but a line break leaves a state as it
// is.
func (p *pattern) idle(s int32) bool {
	if p.sure[s] {
		return true
	}
	for _, pc := range p.sets[s] {
		if op := p.prog.Inst[pc].Op; op == syntax.InstRune || op == syntax.InstRune1 {
			return false
		}
	}
	return p.step(s, 'a') == s
}

// within reports whether a character from low to high may follow.
func (p *pattern) within(s int32, low, high rune) bool {
	if s == dead || p.sure[s] {
		return s != dead
	}
	for _, pc := range p.sets[s] {
		i := &p.prog.Inst[pc]
		if i.Op == syntax.InstRuneAny || i.Op == syntax.InstRuneAnyNotNL {
			return true
		}
		if i.Op != syntax.InstRune && i.Op != syntax.InstRune1 {
			continue
		}
		if len(i.Rune) == 1 { // it may stand for both cases
			for r := max(low, 0); r <= min(high, low+1<<16); r++ {
				if i.MatchRune(r) {
					return true
				}
			}
		}
		for j := 0; j+1 < len(i.Rune); j += 2 {
			if i.Rune[j] <= high && i.Rune[j+1] >= low {
				return true
			}
		}
	}
	return false
}

const (
	date  = `(?:\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))|(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)`
	clock = `(?:(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:[zZ]|[+-](?:[01]\d|2[0-3]):[0-5]\d))`
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
