package guard

import (
	"cmp"
	"slices"
	"strings"

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

	text   detect.Reader
	held   []byte          // the text from base on, without what was removed
	base   int             // places in the text are counted in bytes, without what was removed
	hold   int             // what is before may leave
	out    strings.Builder // of small pieces that leave: many in one allocation
	edits  []edit          // in held
	past   []byte          // the text before base, if a person may be asked
	made   []edit          // all edits, then too
	runes  []rune          // scratch: a rune, folded
	unseen int             // invisible runes in a row

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
	lates   bool          // some are for the end
	after   []detect.Char // that wait for those
	hits    []detect.Hit  // scratch
	gaps    []gap         // what was removed of what is not settled
	gone    int           // bytes of the gaps before
	removed int           // bytes of all gaps
	done    bool          // what comes next is another text

	sentence int  // where the sentence began
	point    bool // the last rune was a full stop

	keywords
}

// A source is a detector that reads along.
type source struct {
	names  []string          // of what it finds
	stream detect.Stream     // nil: it failed
	chars  detect.CharStream // stream, if it can be given characters
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
	r := &reading{ruleset: s, ctx: c, pack: s.pack, counts: make([]int, len(s.rules)), sources: make([]source, len(s.sources))}
	for i, o := range s.sources {
		stream := o.make(&r.ctx).New()
		chars, _ := stream.(detect.CharStream)
		r.sources[i] = source{names: o.names, stream: stream, chars: chars, late: o.late}
		r.lates = r.lates || o.late && chars != nil
	}
	return r
}

// renew makes the reading of a text that has ended one of the next.
func (r *reading) renew() {
	notes, changed := r.notes, r.changed
	*r = *r.ruleset.reading(r.ctx)
	r.notes, r.changed = notes, changed
}

// some is how many bytes are read at once.
const some = 1 << 10

func (r *reading) write(piece string) (string, error) {
	if r.ended {
		return "", r.refusal
	}
	if r.done {
		r.renew()
	}
	alone := len(r.held) == 0 && len(r.edits) == 0
	r.held = slices.Grow(r.held, len(piece))
	for from := 0; from < len(piece); from += some {
		part := piece[from:min(len(piece), from+some)]
		r.held = append(r.held, part...)
		r.text.Each(part, r.take)
	}
	settled := r.settled()
	for i := range r.sources {
		s := &r.sources[i]
		if s.chars == nil {
			r.read(s, piece, false)
		}
		if s.stream != nil && !s.late {
			settled = min(settled, r.placeOf(s.stream.Settled()))
		}
	}
	if r.on.leaves() && r.ruleset.hold == holdNone {
		settled = r.place()
		r.late, r.found = append(r.late, r.found[:min(len(r.found), maxLate-min(maxLate, len(r.late)))]...), r.found[:0]
	}
	if !alone || len(r.held) != len(piece) {
		piece = ""
	}
	return r.leave(settled, piece)
}

// flush ends the text.
func (r *reading) flush() (string, error) {
	if r.ended {
		return "", r.refusal
	}
	if r.done {
		r.renew()
	}
	r.last = true
	r.text.End(r.take) // the beginning of a rune that never ended
	r.catchUp()
	r.endWord()
	r.settleClaims(r.keywords.read)
	for i := range r.sources {
		r.read(&r.sources[i], "", true)
	}
	end := r.place()
	r.decide(end + 1)
	if r.refusal == nil {
		r.found = r.late
		r.decide(end + 1)
	}
	out, err := r.leave(end, "")
	if err == nil && r.withdrawn != nil {
		if r.changed {
			r.withdrawn.From = 0
		}
		err = r.withdrawn
	}
	r.done = r.refusal == nil
	return out, err
}

// take reads characters. Detectors whose hits are for the end get them later, many
// at once.
func (r *reading) take(cs []detect.Char) {
	r.match(cs)
	r.giveAll(cs, false)
	if !r.lates {
		return
	}
	if len(r.after)+len(cs) > lateChars {
		r.catchUp()
		if 2*len(cs) > lateChars {
			r.giveAll(cs, true)
			return
		}
	}
	r.after = append(r.after, cs...)
}

// lateChars is how many characters wait for the detectors whose hits are for the end.
const lateChars = 128

// catchUp lets those read what waits for them.
func (r *reading) catchUp() {
	if len(r.after) > 0 {
		r.giveAll(r.after, true)
		r.after = r.after[:0]
	}
}

func (r *reading) giveAll(cs []detect.Char, late bool) {
	for i := 0; i < len(r.sources); {
		i = r.give(i, cs, late)
	}
}

// give lets the detectors from i on read characters, until one panics, which is asked
// no more. It returns the one behind.
func (r *reading) give(i int, cs []detect.Char, late bool) (next int) {
	defer func() {
		if recover() != nil {
			r.lose(&r.sources[next-1])
		}
	}()
	for next = i; next < len(r.sources); {
		s := &r.sources[next]
		next++
		if s.chars != nil && s.late == late && s.chars.Read(cs) {
			r.hits = s.chars.Take(r.hits[:0])
			r.find(s)
		}
	}
	return next
}

// read lets a detector read a piece, or the end.
func (r *reading) read(s *source, piece string, last bool) {
	if s.stream == nil {
		return
	}
	defer func() {
		if recover() != nil {
			r.lose(s)
		}
	}()
	if last {
		r.hits = s.stream.Flush(r.hits[:0])
	} else {
		r.hits = s.stream.Write(r.hits[:0], piece)
	}
	r.find(s)
}

// lose asks a detector no more.
func (r *reading) lose(s *source) {
	s.stream, s.chars = nil, nil
	for _, name := range s.names {
		r.fail(name)
	}
}

// find keeps what a detector found.
func (r *reading) find(s *source) {
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
func (r *reading) place() int { return r.text.At - r.removed }

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

// remove leaves a rune out of the text that is at a place of it.
func (r *reading) remove(c *detect.Char, at int) {
	r.changed = true
	n := int(c.Size)
	r.held = slices.Delete(r.held, at-r.base, at-r.base+n)
	r.removed += n
	if k := len(r.gaps); k > 0 && r.gaps[k-1].raw+r.gaps[k-1].n == c.From {
		r.gaps[k-1].n += n
	} else {
		r.gaps = append(r.gaps, gap{c.From, n})
	}
}

// prune forgets the gaps that no hit can ask for.
func (r *reading) prune() {
	least := r.text.At
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

// ends notes that a sentence has ended with c, in which case it does, behind which is
// place to.
func (r *reading) ends(c rune, to int) {
	switch c {
	case '。', '！', '？', '!', '?', '；', ';', '…', '\n':
		r.sentence = to
	case ' ', '\t':
		if r.point {
			r.sentence = to
		}
	}
	if to-r.sentence >= maxSentence {
		r.sentence = to
	}
	r.point = c == '.'
}

// whole reports whether sentences leave as a whole.
func (r *reading) whole() bool { return r.ruleset.hold == holdSentence && r.on.leaves() }

// settled is the place before which no keyword and no sentence is open.
func (r *reading) settled() int {
	at := min(r.place(), r.waiting())
	if r.whole() {
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
		if r.asking() {
			r.made = append(r.made, edit{from, a.to, text})
		}
	}
}

// asking reports whether there is somebody who may be asked.
func (r *reading) asking() bool { return r.asks && r.ctx.Ask != nil }

// outChunk is the bytes of an allocation for small pieces.
const outChunk = 512

// leave decides on what is settled and takes it out. piece is all that is held, or "".
func (r *reading) leave(settled int, piece string) (string, error) {
	r.decide(settled)
	r.hold = max(settled, r.base)
	if r.refusal != nil {
		r.hold = max(r.wall, r.base)
		r.ended = r.last || r.failed || r.on.leaves()
	}
	n := r.hold - r.base
	var out string
	switch {
	case n == 0 && len(r.edits) == 0:
	case len(r.edits) > 0:
		out = r.edited()
	case piece != "":
		out = piece[:n]
	case n > outChunk/4:
		out = string(r.held[:n])
	default:
		if r.out.Len()+n > r.out.Cap() {
			r.out = strings.Builder{}
			r.out.Grow(outChunk)
		}
		from := r.out.Len()
		r.out.Write(r.held[:n])
		out = r.out.String()[from:]
	}
	if r.asking() {
		r.past = append(r.past, r.held[:n]...)
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
