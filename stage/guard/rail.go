package guard

import (
	"slices"
	"unicode/utf8"

	"suiren/internal/say"
)

// A Refusal is the error of a rail that will not let a text pass.
type Refusal struct {
	Class string   // of risk, by GB/T 45654-2025 annex A or OWASP LLM Top 10: A.1.f, LLM01; owner for the plan's own keywords
	Rule  string   // id of the rule in policy.json; for the audit log, not for the reader
	Text  say.Text // for the reader
}

func (r *Refusal) Error() string { return "refused by rule " + r.Rule }

// In returns what the reader is told, in lang.
func (r *Refusal) In(lang say.Lang) string { return r.Text.In(lang) }

// Bounds of what stands between the runes of a keyword. They bound what a
// rail holds back.
const (
	maxSkips     = 8 // skipped runes in a row; more end a match
	maxHits      = 64
	maxInvisible = 8 // invisible runes in a row; the rest is removed from the text
)

// A Rail checks one text that comes in pieces, cut anywhere, even inside a
// rune. It holds back what could still become a keyword or a number to be
// masked; what it has released is final. What it releases in all, and whether
// it refuses, depends on the text and not on the cuts.
//
// It reads rune by rune, so it cannot depend on the cuts: a piece only says
// when the runes come. The zero Rail is not usable: Policy makes rails. A Rail
// is for one goroutine.
type Rail struct {
	*ruleset
	carry   []byte   // the beginning of a rune
	held    []byte   // the text from base on, without what was removed
	base    int      // places in the text are counted in bytes, without what was removed
	hold    int      // what is before may leave
	edits   []edit   // in held
	runes   []rune   // scratch: the rune, folded
	unseen  int      // invisible runes in a row
	refusal *Refusal // the end

	// Keywords.
	node   int32
	trail  [maxKeyword]mark // the last folded runes, a ring; as many as node is deep count
	read   int              // folded runes in all
	skips  int              // skipped runes since the last of them
	inWord bool             // the rune before is part of a word whose script sets words apart
	wait   claim            // keyword found if the word ends here; its word is -1 if there is none
	open   []claim          // keywords found that an allowed phrase may still cover
	hits   []Refusal        // of an observing policy

	numbers numbers
}

// A mark is where a folded rune came from.
type mark struct {
	at    int  // place of its rune
	fresh bool // no word goes on into it
}

// A claim is a keyword that was found.
type claim struct {
	word int32
	from int // number of its first folded rune
	at   int // place of it
}

var noClaim = claim{word: -1}

// An edit puts a text in the place of what is there.
type edit struct {
	from, to int
	text     string
}

func (s *ruleset) rail() *Rail {
	return &Rail{ruleset: s, wait: noClaim}
}

// Write takes the next piece and returns what may leave now. With a *Refusal
// it also returns what may still leave before the refusal; after that nothing
// may.
func (r *Rail) Write(piece string) (string, error) {
	if r.refusal != nil {
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
		if !r.take(c, text[:n]) {
			break
		}
		text = text[n:]
	}
	return r.leave()
}

// Flush ends the text and returns what was held back.
func (r *Rail) Flush() (string, error) {
	if r.refusal != nil {
		return "", r.refusal
	}
	for i := range r.carry { // the beginning of a rune that never ended
		if !r.take(utf8.RuneError, string(r.carry[i:i+1])) {
			return r.leave()
		}
	}
	if !r.endWord() || !r.settleClaims(r.read) {
		return r.leave()
	}
	r.end(false)
	r.hold = r.place()
	out, err := r.leave()
	hits := r.hits
	*r = *r.rail()
	r.hits = hits
	return out, err
}

// place is that of the next rune.
func (r *Rail) place() int { return r.base + len(r.held) }

// take reads one rune, raw in the text, and reports whether it may go on.
func (r *Rail) take(c rune, raw string) bool {
	kind, apart := broken, false
	if c != utf8.RuneError || len(raw) > 1 {
		r.runes, kind, apart = r.folded(r.runes[:0], c)
	}
	if kind == invisible {
		if r.unseen++; r.unseen <= maxInvisible && !isTag(c) {
			r.held = append(r.held, raw...)
		}
		r.settle()
		return true
	}
	r.unseen = 0
	at := r.place()
	r.held = append(r.held, raw...)
	if kind == plain {
		r.skips = 0
		for i, f := range r.runes {
			if i > 0 {
				apart = joined(f)
			}
			if !r.match(f, apart, at) {
				return false
			}
		}
		r.number(at)
		r.settle()
		return true
	}
	if !r.endWord() {
		return false
	}
	r.inWord = false
	if r.skips++; kind == broken || r.skips > maxSkips {
		if r.node = 0; !r.settleClaims(r.read) {
			return false
		}
	}
	if kind == skipped && separates(c) {
		r.separate()
	} else {
		r.end(false)
	}
	r.settle()
	return true
}

// first returns the mark of the first rune of node n, a suffix of what was read.
func (r *Rail) first(n int32) mark {
	return r.trail[(r.read-int(r.auto.nodes[n].depth))%maxKeyword]
}

// match steps the automaton over a folded rune; apart says that its script sets
// words apart.
func (r *Rail) match(f rune, apart bool, at int) bool {
	if !apart {
		if !r.endWord() {
			return false
		}
	} else {
		r.wait = noClaim // only the beginning of a longer word
	}
	r.trail[r.read%maxKeyword] = mark{at, !(r.inWord && apart)}
	r.read++
	r.inWord = apart
	r.node = r.auto.step(r.node, f)
	nodes := r.auto.nodes
	n := r.node
	if nodes[n].word < 0 {
		n = nodes[n].also
	}
	found, allowed := false, r.read // where the longest allowed phrase begins
	for ; n != 0; n = nodes[n].also {
		first := r.first(n)
		if !first.fresh {
			continue // it begins inside a word
		}
		from := r.read - int(nodes[n].depth)
		switch {
		case r.owner[nodes[n].word] == allow:
			allowed = min(allowed, from)
		case !found:
			found = true
			c := claim{nodes[n].word, from, first.at}
			if apart {
				r.wait = c
			} else if r.allows {
				r.open = append(r.open, c)
			} else if !r.refuse(c) {
				return false
			}
		}
	}
	if !r.allows {
		return true
	}
	r.open = slices.DeleteFunc(r.open, func(c claim) bool { return c.from >= allowed })
	if r.wait.word >= 0 && r.wait.from >= allowed {
		r.wait = noClaim
	}
	return r.settleClaims(r.read - int(nodes[r.node].depth))
}

// endWord settles a keyword that waited for the end of its word.
func (r *Rail) endWord() bool {
	c := r.wait
	if c.word < 0 {
		return true
	}
	r.wait = noClaim
	if !r.allows {
		return r.refuse(c)
	}
	r.open = append(r.open, c)
	return true
}

// settleClaims refuses for a keyword that begins before the folded rune from,
// where the longest phrase begins that may still come.
func (r *Rail) settleClaims(from int) bool {
	for _, c := range r.open {
		if c.from < from && !r.refuse(c) {
			return false
		}
	}
	r.open = slices.DeleteFunc(r.open, func(c claim) bool { return c.from < from })
	return true
}

// refuse ends the text for a keyword; what is held back never leaves. It reports
// whether the text goes on, as it does where the policy only observes.
func (r *Rail) refuse(c claim) bool {
	rule := r.rules[r.owner[c.word]]
	hit := Refusal{Class: rule.Class, Rule: rule.ID, Text: rule.text()}
	if !r.observe {
		r.refusal = &hit
		return false
	}
	if len(r.hits) < maxHits && !slices.ContainsFunc(r.hits, func(h Refusal) bool { return h.Rule == hit.Rule }) {
		r.hits = append(r.hits, hit)
	}
	return true
}

// Hits returns for which rules a policy that only observes would have refused,
// each once.
func (r *Rail) Hits() []Refusal { return r.hits }

// settle notes what no keyword and no number can claim any more.
func (r *Rail) settle() {
	r.hold = r.place()
	if r.node != 0 {
		r.hold = min(r.hold, r.first(r.node).at)
	}
	for _, c := range r.open {
		r.hold = min(r.hold, c.at)
	}
	if g := r.numbers.groups; len(g) > 0 {
		r.hold = min(r.hold, g[0].from)
	}
}

// leave takes out what may leave.
func (r *Rail) leave() (string, error) {
	n := r.hold - r.base
	var out string
	if len(r.edits) == 0 {
		out = string(r.held[:n])
	} else {
		out = r.edited()
	}
	r.held = append(r.held[:0], r.held[n:]...)
	r.base = r.hold
	if r.refusal != nil {
		r.held, r.edits, r.numbers = nil, nil, numbers{}
		return out, r.refusal
	}
	return out, nil
}

// edited is what may leave, with its edits made.
func (r *Rail) edited() string {
	var out []byte
	at := r.base
	for len(r.edits) > 0 && r.edits[0].from < r.hold {
		e := &r.edits[0]
		out = append(append(out, r.held[at-r.base:e.from-r.base]...), e.text...)
		if e.to > r.hold { // a keyword may begin inside a number
			*e = edit{from: r.hold, to: e.to}
			return string(out)
		}
		at = e.to
		r.edits = append(r.edits[:0], r.edits[1:]...)
	}
	return string(append(out, r.held[at-r.base:r.hold-r.base]...))
}
