// Package leak finds personal data and secrets on a stream, also in disguise: wide,
// circled, foreign or Chinese digits, look-alikes, invisible characters, spacing,
// markup inside, encodings, backwards. What it finds under a disguise is what room
// pii finds without one.
//
// It holds back what could still become something: a run of letters and digits, and
// the runs after it as long as they could belong to it.
package leak

import (
	"slices"

	"suiren/pii"
	"suiren/stage/guard/detect"
	"suiren/stage/guard/fold"
)

// Kinds are all that can be found: those of room pii, and its secrets.
var Kinds = func() (list []string) {
	for _, k := range slices.Concat(pii.Kinds, pii.SecretKinds) {
		list = append(list, string(k))
	}
	return list
}()

// Risks: personal data is A.4.f of GB/T 45654, a secret LLM02 of OWASP.
const (
	classPersonal = "A.4.f"
	classSecret   = "LLM02"
)

type detector map[pii.Kind]bool

// New returns a detector of the kinds; without any, of all.
func New(kinds ...string) detect.Detector {
	if len(kinds) == 0 {
		kinds = Kinds
	}
	d := detector{}
	for _, k := range kinds {
		d[pii.Kind(k)] = true
	}
	return d
}

func (d detector) New() detect.Stream {
	return &stream{kinds: d, sights: sights(), special: special(), keys: keys()}
}

// Bounds of what is held back.
const (
	shortHold   = 256     // units, as a rule
	longHold    = 8 << 10 // units, while a secret or an encoded text may go on
	maxGap      = 3       // white space in a row
	maxUnseen   = 64      // invisible runes in a row
	maxDepth    = 2       // encodings inside encodings
	contextLen  = 24      // runes before, which may announce what comes
	longestCase = 40      // runes of a case number
)

// A unit is a rune that may belong to something, and where it stands.
type unit struct {
	from, to int
	v        rune // the sign of ASCII that it stands for; a province as itself
	s        sort
}

// found is a finding among units i to j.
type found struct {
	kind       pii.Kind
	i, j       int
	confidence float64
	value      string
}

type stream struct {
	detect.Found
	detect.Reader
	kinds   detector
	sights  *[1 << 16]uint16
	special *fold.Set // runes that are not just other
	keys    *detect.Prefixes
	context []rune
	depth   int

	units   []unit
	atom    int // the first unit of the last run without white space
	gaps    int // white space in a row at the end
	unseen  int // invisible runes in a row
	digits  int // among units
	at      int // signs @ among units
	dots    int
	spelled int // signs that may be spelled in brackets
	odd     int // signs that are in no plain word: digits, capitals inside, some marks
	longest int // run
	long    bool
	part    bool // units are not the whole: earlier ones were let go
	pending bool // the last run is a word, and only some signs take it along
	tail    int  // where that word begins; units before it may belong together
	turned  int  // place at which text from right to left begins
	pem     int  // a private key begins: how many of its two lines of dashes are to come

	phrases  [2]phrase
	chain    chain
	spelling spelling

	ahead []detect.Char // read and not taken yet: words that may turn out plain
}

// Write implements detect.Stream.
func (s *stream) Write(hits []detect.Hit, piece string) []detect.Hit {
	s.Each(piece, s.read)
	return s.Take(hits)
}

// Flush implements detect.Stream.
func (s *stream) Flush(hits []detect.Hit) []detect.Hit {
	s.End(s.read)
	for i := range s.ahead {
		s.take(s.ahead[i].C, s.ahead[i].From, s.ahead[i].To())
	}
	s.close()
	for i := range s.phrases {
		s.endPhrase(i)
	}
	s.endChain(0)
	s.takeWord()
	s.endSpelling()
	hits = s.Take(hits)
	s.Reset()
	*s = stream{Reader: s.Reader, kinds: s.kinds, sights: s.sights, special: s.special, keys: s.keys, depth: s.depth, units: s.units[:0], context: s.context[:0], ahead: s.ahead[:0]}
	return hits
}

// Settled implements detect.Stream.
func (s *stream) Settled() int {
	at := s.At
	if len(s.units) > 0 {
		at = s.units[0].from
	}
	for i := range s.phrases {
		if p := &s.phrases[i]; p.open {
			at = min(at, p.from)
		}
	}
	if s.chain.open {
		at = min(at, s.chain.from)
	}
	at = s.spelling.settled(at)
	for i := range s.ahead {
		if !isQuote(s.ahead[i].C) {
			return min(at, s.ahead[i].From)
		}
	}
	return at
}

// Read implements detect.CharStream.
func (s *stream) Read(cs []detect.Char) bool {
	s.read(cs)
	return s.Any()
}

func (s *stream) read(cs []detect.Char) {
	s.At = cs[len(cs)-1].To()
	s.spell(cs)
	if len(s.ahead) > 0 {
		s.ahead = append(s.ahead, cs...)
		cs = s.ahead
		s.ahead = s.ahead[:0] // what is kept of it again begins at or behind its beginning
	}
	few := len(cs) <= mostAhead
	for i := 0; i < len(cs); {
		if !s.phrases[caseNumber].open && !s.phrases[address].open && !s.chain.open {
			if cs[i].Word == 0 {
				if n := s.others(cs[i:]); n > 0 {
					i += n
					continue
				}
			} else if s.pending { // as sign would
				s.close()
			}
			n, open := s.words(cs[i:])
			i += n
			if open && few {
				s.ahead = append(s.ahead, cs[i:]...)
				return
			}
			if n > 0 {
				continue
			}
			if n := s.others(cs[i:]); n > 0 {
				i += n
				continue
			}
			if n := int(cs[i].Word); n > 0 && len(s.units)+n < shortHold {
				s.letters(cs[i : i+n])
				i += n
				continue
			}
		}
		s.take(cs[i].C, cs[i].From, cs[i].To())
		i++
	}
}

func isLetter(c rune) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func (s *stream) take(c rune, from, to int) {
	var kind sort
	v := c
	if c < 1<<16 {
		e := s.sights[c]
		kind = sort(e >> 8)
		if kind == sign || kind == numeral {
			v = rune(e & 0xff)
		}
	} else {
		var b byte
		if kind, b = look(c); kind == sign || kind == numeral {
			v = rune(b)
		}
	}
	if kind == unseen {
		if s.unseen++; s.unseen > maxUnseen {
			s.close()
		}
		if c == 0x202E || s.turned == from && from > 0 {
			s.turned = to
		}
		return
	}
	s.unseen = 0
	s.link(kind, v, from, to)
	if s.phrases[0].open || s.phrases[1].open || v == '(' || v == '[' || c == '〔' || c == '址' || c == '住' {
		s.phrase(c, v, from, to)
	}
	switch kind {
	case other:
		if len(s.units) > 0 {
			s.close()
		}
		s.remember(c)
	case gap:
		s.space(c, from, to)
	default:
		s.sign(kind, v, from, to)
	}
}

func (s *stream) space(c rune, from, to int) {
	if len(s.units) == 0 {
		s.remember(' ')
		return
	}
	if s.gaps > 0 {
		if s.gaps++; s.gaps > maxGap && !s.indents() {
			s.close()
		}
		return
	}
	s.pending = !s.joins()
	if s.tail = len(s.units); s.pending {
		s.tail = s.atom
	}
	v := ' '
	if c == '\n' {
		v = c
	}
	s.units = append(s.units, unit{from, to, v, gap})
	s.atom, s.gaps = len(s.units), 1
}

func (s *stream) sign(kind sort, v rune, from, to int) {
	if v == '=' && s.reckons() {
		s.close()
	}
	if s.pending && !isOneOf(v, "@[({<._+-") && !(isOneOf(v, quotes+"&") && s.seam(len(s.units))) {
		s.close()
	}
	s.tail = len(s.units) + 1
	if len(s.units) == 0 && kind == sign && !isAlnum(v) && !isOneOf(v, "-%&\\([+<") {
		s.remember(v)
		return
	}
	s.pending, s.gaps = false, 0
	s.units = append(s.units, unit{from, to, v, kind})
	s.count(v)
	s.longest = max(s.longest, len(s.units)-s.atom)
	limit := shortHold
	if s.long || s.longest > shortHold/4 {
		limit = longHold
	}
	if len(s.units) >= limit {
		s.overflow()
	}
}

// close looks at the units and lets them go.
func (s *stream) close() {
	if len(s.units) > 0 {
		for _, f := range s.analyse() {
			s.tell(f)
		}
		s.forget(len(s.units))
	}
	s.part = false
}

// overflow lets the first half of too many units go, with what was found in it.
func (s *stream) overflow() {
	cut := len(s.units) / 2
	list := s.analyse()
	if n := len(s.units); n < longHold && slices.ContainsFunc(list, func(f found) bool { return f.kind == pii.PrivateKey && f.j == n }) {
		s.long = true
		return
	}
	for _, f := range list {
		if f.i < cut {
			cut = max(cut, f.j)
		}
	}
	for _, f := range list {
		if f.i < cut {
			s.tell(f)
		}
	}
	s.forget(cut)
	s.part = len(s.units) > 0
}

// forget lets the first n units go.
func (s *stream) forget(n int) {
	for _, u := range s.units[max(0, n-contextLen):n] {
		s.remember(u.v)
	}
	s.units = append(s.units[:0], s.units[n:]...)
	s.atom = max(0, s.atom-n)
	s.digits, s.at, s.dots, s.spelled, s.odd, s.longest, s.long, s.pending, s.tail, s.pem = 0, 0, 0, 0, 0, 0, false, false, len(s.units), 0
	if len(s.units) == 0 {
		s.gaps, s.atom = 0, 0
		return
	}
	run := 0
	left := s.units
	for i, u := range left {
		s.units = left[:i+1]
		if run++; u.s == gap {
			run = 0
		}
		s.longest = max(s.longest, run)
		s.count(u.v)
	}
}

func (s *stream) tell(f found) {
	if !s.kinds[f.kind] {
		return
	}
	s.hit(f.kind, s.units[f.i].from, s.units[f.j-1].to, f.confidence, f.value)
}

func (s *stream) hit(kind pii.Kind, from, to int, confidence float64, value string) {
	h := detect.Hit{Detector: "pii", Kind: string(kind), Class: classPersonal, From: from, To: to, Confidence: confidence, Value: value}
	if slices.Contains(pii.SecretKinds, kind) {
		h.Detector, h.Class = "secret", classSecret
	}
	s.Add(h)
}

func isAlnum(v rune) bool { return v >= '0' && v <= '9' || v|0x20 >= 'a' && v|0x20 <= 'z' }

func isOneOf(v rune, set string) bool {
	for i := range len(set) {
		if rune(set[i]) == v {
			return true
		}
	}
	return false
}

// mixed reports whether letters of both cases, or digits, are in b as they are in
// encoded text and not in words.
func mixed(b []byte) bool {
	upper, lower := 0, 0
	for i, c := range b {
		switch {
		case c >= '0' && c <= '9':
			return true
		case c >= 'A' && c <= 'Z' && i > 0:
			upper++
		case c >= 'a' && c <= 'z':
			lower++
		}
	}
	return upper > 0 && lower > 0
}
