package guard

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"suiren/stage/guard/detect"
)

// Bounds of what stands between the runes of a keyword, and of a sentence. They
// bound what a rail holds back.
const (
	maxSkips     = 8 // skipped runes in a row; more end a match
	maxInvisible = 8 // invisible runes in a row; the rest is removed from the text
	maxSentence  = 4096
	maxLate      = 10_000 // hits that wait for the end of the text
)

// A reading is the way of one text through the rules of one policy.
type reading struct {
	*ruleset
	ctx  Context
	pack string

	carry  []byte // the beginning of a rune
	held   []byte // the text from base on, without what was removed
	base   int    // places in the text are counted in bytes, without what was removed
	hold   int    // what is before may leave
	edits  []edit // in held
	runes  []rune // scratch: the rune, folded
	unseen int    // invisible runes in a row

	// What was found and what comes of it.
	found     []annotation
	late      []annotation // of text that has left
	counts    []int        // of each rule
	asked     map[string]bool
	notes     []Note
	refusal   *Refusal // the end
	wall      int      // its place
	strength  int      // of its action
	failed    bool     // a detector did
	last      bool     // the text has ended
	ended     bool     // nothing more is read
	withdrawn *Retraction
	changed   bool

	sources []source
	hits    []detect.Hit // scratch
	raw     int          // bytes read, with what was removed
	gaps    []gap        // what was removed of what is not settled
	gone    int          // bytes of the gaps before

	sentence int  // where the sentence began
	point    bool // the last rune was a full stop

	keywords
}

// A source is a detector that reads along.
type source struct {
	names  []string      // of what it finds
	stream detect.Stream // nil: it failed
	late   bool
}

// A gap is a run of bytes that were removed.
type gap struct{ raw, n int }

// An annotation is what was found: bytes from to to.
type annotation struct {
	from, to int
	owners   []int32 // rules of a keyword; nil: those that hear of the hit
	hit      detect.Hit
}

func (a annotation) compare(b annotation) int {
	return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to), slices.Compare(a.owners, b.owners),
		cmp.Compare(a.hit.Detector, b.hit.Detector), cmp.Compare(a.hit.Kind, b.hit.Kind))
}

// class is that of the rule, unless the owner left it open and the detector knows.
func (a *annotation) class(rule *compiled) string {
	if rule.Class == "owner" && a.hit.Class != "" {
		return a.hit.Class
	}
	return rule.Class
}

// An edit puts a text in the place of what is there.
type edit struct {
	from, to int
	text     string
}

func (s *ruleset) reading(c Context) *reading {
	r := &reading{ruleset: s, ctx: c, pack: s.pack, counts: make([]int, len(s.rules)), asked: map[string]bool{}}
	for _, o := range s.sources {
		r.sources = append(r.sources, source{o.names, o.make(&r.ctx).New(), o.late})
	}
	return r
}

func (r *reading) write(piece string) (string, error) {
	if r.ended {
		return "", r.refusal
	}
	text := piece
	if len(r.carry) > 0 {
		text = string(r.carry) + piece
		r.carry = r.carry[:0]
	}
	for len(text) > 0 {
		c, n := rune(text[0]), 1
		if c >= utf8.RuneSelf {
			if len(text) < utf8.UTFMax && !utf8.FullRuneInString(text) {
				r.carry = append(r.carry, text...)
				break
			}
			c, n = utf8.DecodeRuneInString(text)
		}
		r.take(c, text[:n])
		text = text[n:]
	}
	settled := r.settled()
	for i := range r.sources {
		s := &r.sources[i]
		r.read(s, func(h []detect.Hit) []detect.Hit { return s.stream.Write(h, piece) })
		if s.stream != nil && !s.late {
			settled = min(settled, r.placeOf(s.stream.Settled()))
		}
	}
	if r.on.leaves() && r.ruleset.hold == holdNone {
		settled = r.place()
		r.late, r.found = append(r.late, r.found[:min(len(r.found), maxLate-min(maxLate, len(r.late)))]...), r.found[:0]
	}
	return r.leave(settled)
}

// flush ends the text.
func (r *reading) flush() (string, error) {
	if r.ended {
		return "", r.refusal
	}
	r.last = true
	for i := range r.carry { // the beginning of a rune that never ended
		r.take(utf8.RuneError, string(r.carry[i:i+1]))
	}
	r.endWord()
	r.settleClaims(r.keywords.read)
	for i := range r.sources {
		s := &r.sources[i]
		r.read(s, func(h []detect.Hit) []detect.Hit { return s.stream.Flush(h) })
	}
	end := r.place()
	r.decide(end + 1)
	if r.refusal == nil {
		r.found = r.late
		r.decide(end + 1)
	}
	out, err := r.leave(end)
	if err == nil && r.withdrawn != nil {
		if r.changed {
			r.withdrawn.From = 0
		}
		err = r.withdrawn
	}
	notes, changed := r.notes, r.changed
	if r.refusal == nil {
		*r = *r.ruleset.reading(r.ctx)
		r.notes, r.changed = notes, changed
	}
	return out, err
}

// read lets a detector read, and keeps what it found. A detector that panics is
// asked no more.
func (r *reading) read(s *source, f func([]detect.Hit) []detect.Hit) {
	if s.stream == nil {
		return
	}
	defer func() {
		if recover() != nil {
			s.stream = nil
			for _, name := range s.names {
				r.fail(name)
			}
		}
	}()
	r.hits = f(r.hits[:0])
	for _, h := range r.hits {
		a := annotation{from: r.placeOf(h.From), to: r.placeOf(h.To), hit: h}
		a.to = min(a.to, r.place())
		switch {
		case !s.late:
			a.from = max(a.from, r.base) // what a detector says of text that has left comes too late
			r.found = append(r.found, a)
		case len(r.late) < maxLate:
			r.late = append(r.late, a)
		}
	}
}

// place is that of the next rune.
func (r *reading) place() int { return r.base + len(r.held) }

// placeOf is the place of a byte of the text as it came.
func (r *reading) placeOf(raw int) int {
	at := raw - r.gone
	for _, g := range r.gaps {
		if g.raw >= raw {
			break
		}
		at -= min(g.n, raw-g.raw)
	}
	return at
}

// remove notes bytes that are left out of the text.
func (r *reading) remove(n int) {
	r.changed = true
	if k := len(r.gaps); k > 0 && r.gaps[k-1].raw+r.gaps[k-1].n == r.raw {
		r.gaps[k-1].n += n
	} else {
		r.gaps = append(r.gaps, gap{r.raw, n})
	}
}

// prune forgets the gaps that no hit can ask for.
func (r *reading) prune() {
	least := r.raw
	for i := range r.sources {
		if s := &r.sources[i]; s.stream != nil {
			least = min(least, s.stream.Settled())
		}
	}
	n := 0
	for n < len(r.gaps) && r.gaps[n].raw+r.gaps[n].n <= least {
		r.gone += r.gaps[n].n
		n++
	}
	r.gaps = slices.Delete(r.gaps, 0, n)
}

// take reads one rune, raw in the text.
func (r *reading) take(c rune, raw string) {
	kind, apart := broken, false
	if c != utf8.RuneError || len(raw) > 1 {
		r.runes, kind, apart = r.folded(r.runes[:0], c)
	}
	if kind == invisible {
		if r.unseen++; r.unseen <= maxInvisible && !isTag(c) {
			r.held = append(r.held, raw...)
		} else {
			r.remove(len(raw))
		}
		r.raw += len(raw)
		return
	}
	r.unseen = 0
	at := r.place()
	r.held = append(r.held, raw...)
	r.raw += len(raw)
	r.ends(c)
	if kind == plain {
		r.skips = 0
		for i, f := range r.runes {
			if i > 0 {
				apart = joined(f)
			}
			r.match(f, apart, at)
		}
		return
	}
	r.endWord()
	r.inWord = false
	if r.skips++; kind == broken || r.skips > maxSkips {
		r.node = 0
		r.settleClaims(r.keywords.read)
	}
}

// ends notes where a sentence has ended with c.
func (r *reading) ends(c rune) {
	switch c {
	case '。', '！', '？', '!', '?', '；', ';', '…', '\n':
		r.sentence = r.place()
	case ' ', '\t':
		if r.point {
			r.sentence = r.place()
		}
	}
	if r.place()-r.sentence >= maxSentence {
		r.sentence = r.place()
	}
	r.point = c == '.'
}

// settled is the place before which no keyword and no sentence is open.
func (r *reading) settled() int {
	at := min(r.place(), r.waiting())
	if r.ruleset.hold == holdSentence && r.on.leaves() {
		at = min(at, r.sentence)
	}
	return at
}

// replace puts a text in the place of an annotation; what an earlier one has
// replaced stays so.
func (r *reading) replace(a *annotation, text string) {
	from := max(a.from, r.base)
	if n := len(r.edits); n > 0 {
		from = max(from, r.edits[n-1].to)
	}
	if r.changed = true; from < a.to {
		r.edits = append(r.edits, edit{from, a.to, text})
	}
}

// leave decides on what is settled and takes it out.
func (r *reading) leave(settled int) (string, error) {
	r.decide(settled)
	r.hold = max(settled, r.base)
	if r.refusal != nil {
		r.hold = max(r.wall, r.base)
		r.ended = r.last || r.failed || r.on.leaves()
	}
	n := r.hold - r.base
	var out string
	if len(r.edits) == 0 {
		out = string(r.held[:n])
	} else {
		out = r.edited()
	}
	r.held = append(r.held[:0], r.held[n:]...)
	r.base = r.hold
	if len(r.gaps) > 0 {
		r.prune()
	}
	if r.ended {
		r.held, r.edits, r.found, r.late = nil, nil, nil, nil
		return out, r.refusal
	}
	return out, nil
}

// edited is what may leave, with its edits made.
func (r *reading) edited() string {
	var out []byte
	at := r.base
	for len(r.edits) > 0 && r.edits[0].from < r.hold {
		e := &r.edits[0]
		out = append(append(out, r.held[at-r.base:e.from-r.base]...), e.text...)
		if e.to > r.hold { // something else may begin inside it
			*e = edit{from: r.hold, to: e.to}
			return string(out)
		}
		at = e.to
		r.edits = append(r.edits[:0], r.edits[1:]...)
	}
	return string(append(out, r.held[at-r.base:r.hold-r.base]...))
}
