package guard

import (
	"strings"
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
	pending []string // runes held back, or what stands for them; of masked numbers only the first is not ""
	base    int      // number, in the text, of pending[0]
	folded  []rune   // scratch
	unseen  int      // invisible runes in a row
	refusal *Refusal // the end

	// Keywords.
	node   int32
	trail  []mark // the folded runes of node's depth
	skips  int    // skipped runes since the last of them
	inWord bool   // the rune before is part of a word whose script sets words apart
	wait   int32  // keyword found if the word ends here, or -1

	numbers numbers
}

// A mark is where a folded rune came from.
type mark struct {
	at    int  // number of its rune in the text
	fresh bool // no word goes on into it
}

func (s *ruleset) rail() *Rail {
	return &Rail{ruleset: s, wait: -1}
}

// Write takes the next piece and returns what may leave now. With a *Refusal
// it also returns what may still leave before the refusal; after that nothing
// may.
func (r *Rail) Write(piece string) (string, error) {
	if r.refusal != nil {
		return "", r.refusal
	}
	var out strings.Builder
	text := piece
	if len(r.carry) > 0 {
		text = string(r.carry) + piece
		r.carry = r.carry[:0]
	}
	for len(text) > 0 {
		if !utf8.FullRuneInString(text) {
			r.carry = append(r.carry, text...)
			break
		}
		c, n := utf8.DecodeRuneInString(text)
		if !r.take(c, text[:n]) {
			return out.String(), r.refusal
		}
		r.release(&out)
		text = text[n:]
	}
	return out.String(), nil
}

// Flush ends the text and returns what was held back.
func (r *Rail) Flush() (string, error) {
	if r.refusal != nil {
		return "", r.refusal
	}
	var out strings.Builder
	for i := range r.carry { // the beginning of a rune that never ended
		if !r.take(utf8.RuneError, string(r.carry[i:i+1])) {
			return out.String(), r.refusal
		}
		r.release(&out)
	}
	if r.wait >= 0 {
		r.refuse(r.wait)
		return out.String(), r.refusal
	}
	r.end(false)
	for _, s := range r.pending {
		out.WriteString(s)
	}
	*r = *r.rail()
	return out.String(), nil
}

// take reads one rune, raw in the text, and reports whether it may go on.
func (r *Rail) take(c rune, raw string) bool {
	kind := broken
	if c != utf8.RuneError || len(raw) > 1 {
		r.folded, kind = fold(r.folded[:0], c)
	}
	if kind == invisible {
		if r.unseen++; r.unseen <= maxInvisible && !isTag(c) {
			r.pending = append(r.pending, raw)
		}
		return true
	}
	r.unseen = 0
	at := r.base + len(r.pending)
	r.pending = append(r.pending, raw)
	if kind == plain {
		r.skips = 0
		for _, f := range r.folded {
			if !r.match(f, at) {
				return false
			}
		}
		r.number(at)
		return true
	}
	if r.wait >= 0 { // the word has ended
		return r.refuse(r.wait)
	}
	r.inWord = false
	if r.skips++; kind == broken || r.skips > maxSkips {
		r.node, r.trail = 0, r.trail[:0]
	}
	if kind == skipped && separates(c) {
		r.separate()
	} else {
		r.end(false)
	}
	return true
}

// match steps the automaton over a folded rune.
func (r *Rail) match(f rune, at int) bool {
	apart := joined(f)
	if r.wait >= 0 {
		if !apart {
			return r.refuse(r.wait)
		}
		r.wait = -1 // only the beginning of a longer word
	}
	r.trail = append(r.trail, mark{at, !(r.inWord && apart)})
	r.inWord = apart
	r.node = r.auto.step(r.node, f)
	nodes := r.auto.nodes
	r.trail = append(r.trail[:0], r.trail[len(r.trail)-int(nodes[r.node].depth):]...)
	n := r.node
	if nodes[n].word < 0 {
		n = nodes[n].also
	}
	for ; n != 0; n = nodes[n].also {
		if !r.trail[len(r.trail)-int(nodes[n].depth)].fresh {
			continue // it begins inside a word
		}
		if !apart {
			return r.refuse(nodes[n].word)
		}
		r.wait = nodes[n].word
		break
	}
	return true
}

// refuse ends the text for a keyword. What is held back never leaves.
func (r *Rail) refuse(word int32) bool {
	rule := r.rules[r.owner[word]]
	r.refusal = &Refusal{Class: rule.Class, Rule: rule.ID, Text: rule.text()}
	r.pending, r.trail, r.numbers = nil, nil, numbers{}
	return false
}

// release moves to out what no keyword and no number can claim any more.
func (r *Rail) release(out *strings.Builder) {
	hold := r.base + len(r.pending)
	if len(r.trail) > 0 {
		hold = min(hold, r.trail[0].at)
	}
	if g := r.numbers.groups; len(g) > 0 {
		hold = min(hold, g[0].from)
	}
	n := hold - r.base
	for _, s := range r.pending[:n] {
		out.WriteString(s)
	}
	r.pending = append(r.pending[:0], r.pending[n:]...)
	r.base = hold
}
