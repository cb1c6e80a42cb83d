package leak

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"suiren/pii"
)

// A view is some of the units as a text, after the text that stands before them.
type view struct {
	text string
	head int     // bytes of what stands before
	at   []int32 // of each byte after that: its unit
}

// look makes a view of the units that idx lists; nil: all.
func (s *stream) view(idx []int32, context bool) view {
	b := make([]byte, 0, 64+len(s.units))
	if context {
		for _, c := range s.context[max(0, len(s.context)-contextLen):] {
			b = utf8.AppendRune(b, c)
		}
	}
	v := view{head: len(b), at: make([]int32, 0, len(s.units))}
	add := func(k int32) {
		b = utf8.AppendRune(b, s.units[k].v)
		for len(v.at) < len(b)-v.head {
			v.at = append(v.at, k)
		}
	}
	if idx == nil {
		for k := range s.units {
			add(int32(k))
		}
	}
	for _, k := range idx {
		add(k)
	}
	v.text = string(b)
	return v
}

// search appends what room pii finds in a view.
func (v *view) search(list []found, secrets bool) []found {
	hits := pii.Find(nil, v.text)
	if secrets {
		hits = append(hits, pii.Secrets(nil, v.text)...)
	}
	for _, f := range hits {
		if f.Hi <= v.head {
			continue
		}
		value := v.text[f.Lo:f.Hi]
		if weak(f.Kind, value) && !said(v.text[max(0, f.Lo-36):f.Lo]) {
			continue
		}
		i, j := v.at[max(f.Lo, v.head)-v.head], v.at[f.Hi-v.head-1]
		if i > j {
			i, j = j, i
		}
		list = append(list, found{f.Kind, int(i), int(j) + 1, 1, value})
	}
	return list
}

// weak reports whether other things are written as this value: old resident IDs, which
// have no check digit, and versions.
func weak(kind pii.Kind, value string) bool {
	switch kind {
	case pii.ResidentID:
		return digitsIn(value) == 15
	case pii.IP:
		return digitsIn(value) == 4
	}
	return false
}

func digitsIn(s string) (n int) {
	for _, c := range s {
		if c >= '0' && c <= '9' {
			n++
		}
	}
	return n
}

// said reports whether a text announces a number of a person or a machine.
func said(text string) bool {
	text = strings.ToLower(text)
	for _, w := range []string{"身份", "证号", "id", "ip", "地址", "服务器", "主机", "server", "host", "address"} {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// analyse finds what is among the units, under every disguise. The list is in order;
// nothing in it lies within another.
func (s *stream) analyse() []found {
	if !s.worth() {
		return nil
	}
	plain := s.view(nil, true)
	list := plain.search(nil, true)
	clear := len(list)
	if s.digits >= 11 {
		list = s.numbers(list)
	}
	for end := s.end(); ; end = len(s.units) { // a word at the end may belong to it, or not
		if idx := s.without(end); len(idx) < end {
			v := s.view(idx, true)
			for _, f := range v.search(nil, true) {
				list = s.joined(list, f, clear)
			}
		}
		if end == len(s.units) {
			break
		}
	}
	if s.spelled > 0 {
		list = s.spoken(list)
	}
	list = s.added(s.spread(s.interleaved(list)))
	if s.depth < maxDepth {
		list = s.encoded(list)
	}
	if len(list) == 0 {
		list = s.backwards(list)
	}
	slices.SortFunc(list, func(a, b found) int { return cmp.Or(a.i-b.i, b.j-a.j) })
	kept := list[:0]
	for _, f := range list {
		if len(kept) == 0 || f.j > kept[len(kept)-1].j {
			kept = append(kept, f)
		}
	}
	return kept
}

// worth reports whether the units may hold something at all. Most of them do not, and
// looking at all views of them is dear.
func (s *stream) worth() bool {
	if s.digits >= leastAlone || s.at > 0 && s.dots > 0 || s.spelled > 1 || s.long || s.pem > 0 {
		return true
	}
	if s.digits >= 5 && (s.odd > s.digits || s.dots > 2 || s.at > 0 || s.spelled > 0 || s.few()) {
		return true
	}
	if s.asked() && len(s.units) > 5 {
		return true
	}
	if len(s.units) < 5 || s.odd == 0 && len(s.units) <= 2*mostSingles {
		return false
	}
	singles, run := 0, 0
	odd := false // the run is not a plain word
	pieces := false
	for k := range s.units {
		u := &s.units[k]
		if u.s == gap || u.s == sign && !isAlnum(u.v) {
			if run == 1 {
				singles++
			}
			run = 0
			if u.s == gap {
				odd = false
				continue
			}
		} else {
			run++
		}
		switch {
		case u.v == '=' || u.v == ':' || u.v == '%' || u.v == '&' || u.v == '\\' || u.s == place || u.v >= '0' && u.v <= '9':
			odd = true
		case u.v >= 'A' && u.v <= 'Z' && run > 1:
			odd = true
		}
		pieces = pieces || odd && run >= fewestGroup || isOneOf(u.v, quotes)
		if odd && run >= 5 && (s.longest >= 12 || s.announced()) || u.s == place && len(s.units) > 6 {
			return true
		}
	}
	return singles > mostSingles || pieces && s.inPieces()
}

// asked reports whether what comes is said to be a password or key: 密码：
func (s *stream) asked() bool {
	c := s.context
	return len(c) > 1 && isOneOf(c[len(c)-1], ":=") && strings.ContainsRune("码令钥", c[len(c)-2])
}

// leastAlone is how many digits may be a number of something by themselves: a telephone's.
const leastAlone = 10

// few reports whether fewer digits may be something: behind a word that says so, or behind
// the sign of a country.
func (s *stream) few() bool {
	text := make([]byte, 0, contextLen+shortHold)
	for _, c := range s.context[max(0, len(s.context)-contextLen):] {
		text = utf8.AppendRune(text, c)
	}
	for i := range s.units {
		if s.units[i].v == '+' {
			return true
		}
		text = utf8.AppendRune(text, s.units[i].v)
	}
	return pii.Announces(string(text))
}

// mostSingles is how many runs of one sign mean nothing.
const mostSingles = 8

// announced reports whether the words before announce what has no form of its own.
func (s *stream) announced() bool {
	last := rune(0)
	for _, c := range s.context[max(0, len(s.context)-10):] {
		switch c {
		case '码', '令', '钥', '信', '照', '号', '证', ':', '=', 'Q':
			return true
		case 'd': // id, password, passwd
			if isOneOf(last, "iIrRwW") {
				return true
			}
		}
		last = c
	}
	return slices.ContainsFunc(s.units, func(u unit) bool { return u.v == '=' || u.v == ':' })
}

// end is the number of units that may belong together: a word at the end does not.
func (s *stream) end() int { return min(s.tail, len(s.units)) }

// without lists the units before end that are neither white space, nor marks of emphasis, nor
// tags of HTML.
func (s *stream) without(end int) []int32 {
	idx := make([]int32, 0, len(s.units))
	for k := 0; k < end; k++ {
		u := &s.units[k]
		switch {
		case u.s == gap, isOneOf(u.v, "*`~|"):
			continue
		case u.v == '\\' && k+1 < len(s.units) && s.units[k+1].v == '\n':
			continue
		case u.v == '_' && k+1 < len(s.units) && s.units[k+1].v == '_':
			k++
			continue
		case u.v == '<':
			if last := s.tag(k); last > 0 {
				k = last
				continue
			}
		}
		idx = append(idx, int32(k))
	}
	return idx
}

// tag returns the > of a tag or comment that begins at unit k, or 0.
func (s *stream) tag(k int) int {
	if k+1 >= len(s.units) || !isAlnum(s.units[k+1].v) && !isOneOf(s.units[k+1].v, "/!") {
		return 0
	}
	for e := k + 1; e < len(s.units) && e-k < 32; e++ {
		if s.units[e].v == '>' {
			return e
		}
	}
	return 0
}

// joined takes a finding of the view without white space. It must really have been
// cut; and it may not take words along that only stand beside it.
func (s *stream) joined(list []found, f found, clear int) []found {
	cut, lines, spaces, start := 0, 0, 0, f.i
	for k := f.i; k < f.j; k++ {
		switch u := &s.units[k]; {
		case u.v == '<' && s.tag(k) > 0:
			k = s.tag(k)
		case u.v == '\n':
			lines++
		case u.s == gap:
			spaces++
		case !isOneOf(u.v, "*`~|_"):
			continue
		}
		cut++
	}
	// What only has marks inside, or one new line, was one word.
	once := spaces == 0 && lines <= 1
	secret := slices.Contains(pii.SecretKinds, f.kind)
	switch {
	case cut == 0:
		return list
	case f.kind == pii.PrivateKey:
		return append(list, f)
	case pii.NumberKind(f.value) != "", f.kind == pii.Phone, f.kind == pii.Mobile, f.kind == pii.Account:
		return list // numbers tells them by their groups
	case !secret && !once:
		return list
	}
	if !secret {
		return append(list, f)
	}
	// The end of a secret: the first run behind its beginning that does not look like
	// a part of it, if what is before is long enough.
	least := start
	for _, x := range list[:clear] {
		if x.i == f.i {
			least = x.j
		}
	}
	end := f.j
	for k := f.i; k < f.j; k++ {
		if s.units[k].s != gap {
			continue
		}
		e := k + 1
		for e < f.j && s.units[e].s != gap {
			e++
		}
		if run := s.units[k+1 : e]; !partOfKey(run) && (least > f.i && k >= least || k-f.i >= 16 && s.units[k].v != '\n') {
			end = k
			break
		}
	}
	f.j = end
	return append(list, f)
}

// partOfKey reports whether a run looks like a piece of a key and not like a word.
func partOfKey(run []unit) bool {
	digits, upper, lower := 0, 0, 0
	for i, u := range run {
		switch {
		case u.v >= '0' && u.v <= '9':
			digits++
		case u.v >= 'A' && u.v <= 'Z' && i > 0:
			upper++
		case u.v >= 'a' && u.v <= 'z':
			lower++
		}
	}
	return len(run) > 2 && (digits > 0 && upper+lower > 0 || upper > 0 && lower > 0)
}

// interleaved finds what has the same sign, or white space, after every one of its own.
func (s *stream) interleaved(list []found) []found {
	same := func(a, b unit) bool {
		return a.s == gap && b.s == gap || a.s == sign && a.v == b.v && !isAlnum(a.v)
	}
	stretch := func(k int) int { // its last sign from k on
		if k >= len(s.units) || s.units[k].s != gap && (s.units[k].s != sign || isAlnum(s.units[k].v)) {
			return k
		}
		e := k
		for e+2 < len(s.units) && same(s.units[k], s.units[e+2]) && (s.units[e+1].s != gap || s.units[k].s != gap) {
			e += 2
		}
		return e
	}
	for k := 1; k+2 < len(s.units); k++ {
		e := stretch(k)
		if e-k < 2 {
			continue
		}
		for d := 1; d <= 4; d++ { // dashes between dashes: the longest counts
			if next := stretch(k + d); next-k-d > e-k {
				k, e = k+d, next
			}
		}
		if e-k < 8 {
			continue
		}
		idx := []int32{int32(k - 1)}
		for i := k + 1; i <= e+1 && i < s.end(); i += 2 {
			if i+1 < len(s.units) && i > e && isAlnum(s.units[i].v) && isAlnum(s.units[i+1].v) {
				break // the beginning of a word behind it
			}
			idx = append(idx, int32(i))
		}
		v := s.view(idx, true)
		list = v.search(list, true)
		k = e + 1
	}
	return list
}

// backwards finds what is written from right to left. Numbers need a word that says so.
func (s *stream) backwards(list []found) []found {
	said := s.turned > 0 && slices.ContainsFunc(s.units, func(u unit) bool { return u.from == s.turned })
	if s.digits < 15 && s.at == 0 && !said && !s.keyBackwards() {
		return list
	}
	idx := make([]int32, len(s.units))
	for k := range idx {
		idx[k] = int32(len(idx) - 1 - k)
	}
	v := s.view(idx, false)
	near := strings.ToLower(string(s.context[max(0, len(s.context)-contextLen):]))
	for _, w := range []string{"倒", "反", "revers", "backw"} {
		said = said || strings.Contains(near, w)
	}
	for _, f := range v.search(nil, true) {
		domain := f.value[strings.LastIndexByte(f.value, '.')+1:]
		switch f.kind {
		case pii.Email:
			if !slices.Contains([]string{"com", "cn", "net", "org", "edu", "gov", "io", "de", "uk", "fr", "jp"}, domain) {
				continue
			}
		case pii.ResidentID, pii.APIKey, pii.PrivateKey, pii.Token, pii.Connection:
		default:
			if !said {
				continue
			}
		}
		f.confidence = .9
		list = append(list, f)
	}
	return list
}

// keyBackwards reports whether a run ends as a secret would begin.
func (s *stream) keyBackwards() bool {
	var buf [10]byte
	for k := range s.units {
		if s.units[k].s == gap || k+1 < len(s.units) && isAlnum(s.units[k+1].v) {
			continue
		}
		word := buf[:0]
		for i := k; i >= 0 && len(word) < len(buf) && s.units[i].s != gap; i-- {
			word = append(word, byte(s.units[i].v))
		}
		if len(word) == len(buf) && pii.KeyMayBegin(string(word)) {
			return true
		}
	}
	return false
}
