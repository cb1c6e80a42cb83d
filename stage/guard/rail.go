package guard

import (
	"errors"
	"slices"

	"suiren/internal/say"
	"suiren/stage/guard/leak"
)

// A Refusal is the error of a rail that will not let a text pass.
type Refusal struct {
	Class   string   // of risk, by GB/T 45654-2025 annex A or OWASP LLM Top 10: A.1.f, LLM01; owner for the plan's own keywords
	Rule    string   // id of the rule in policy.json; for the audit log, not for the reader
	Text    say.Text // for the reader
	Suspend bool     // it counts against the caller
	Failed  bool     // the rail could not judge
}

func (r *Refusal) Error() string { return "refused by rule " + r.Rule }

// In returns what the reader is told, in lang.
func (r *Refusal) In(lang say.Lang) string { return r.Text.In(lang) }

// A Retraction is the error of Flush when a text that has left is withdrawn: a
// judgement that only the whole text allows.
type Retraction struct {
	Refusal
	From int // byte of the text that has left, from which on it is withdrawn; 0 if something before was changed
}

func (r *Retraction) Error() string { return "withdrawn by rule " + r.Rule }

// A Note is what came of a rule in a text.
type Note struct {
	Rule     string `json:"rule"`
	Class    string `json:"class"`
	Action   string `json:"action"`
	Observed bool   `json:"observed,omitempty"` // nothing was done: the policy or the rail only observes
	Failed   bool   `json:"failed,omitempty"`   // it could not be judged, and nothing was done
	Count    int    `json:"count"`
}

// A Question is what a person decides.
type Question struct {
	Rule, Class string
	Stage       Stage
	Before      string   // what was found, as the caller will have it
	Found       string   // that the rule heard of
	After       string   // it, as far as it is written
	Refusal     say.Text // what the reader is told if it may not pass
}

// A Context is what is known of a text beside itself. A zero one will do.
type Context struct {
	Labels   map[string]string   // of the caller and the request, for conditions
	Passages []string            // that an answer rests on, for ground
	Vault    *leak.Vault         // of stand-ins, for all texts of a request; nil: they are masked
	Ask      func(Question) bool // whether a person lets it pass; nil: nobody is there, and nothing passes
	Trace    func(Step)          // sees what is decided
}

// A Step is a decision of a rail, for those who look into it.
type Step struct {
	Pack     string `json:"pack"`
	Rule     string `json:"rule"`
	Class    string `json:"class"`
	Detector string `json:"detector"` // keyword, pii, …
	Kind     string `json:"kind,omitempty"`
	From     int    `json:"from"` // bytes of the text
	To       int    `json:"to"`
	Holds    bool   `json:"holds"` // the condition
	Action   string `json:"action"`
	Observed bool   `json:"observed,omitempty"`
	Error    string `json:"error,omitempty"`
}

// A Rail checks one text that comes in pieces, cut anywhere, even inside a
// rune. It holds back what could still be masked or refused; what it has released
// is final. What it releases in all, and whether it refuses, depends on the text
// and not on the cuts: hits are decided in the order of their places, each when
// nothing can come any more that begins before it.
//
// The rails of a policy's bases read first; each reads what the one before
// released, so a policy can only tighten its bases. A Rail is for one goroutine.
type Rail struct{ list []*reading }

// Rail returns a rail for a text.
func (p *Policy) Rail(on Stage, c Context) *Rail {
	r := &Rail{}
	for _, s := range p.sets[on] {
		r.list = append(r.list, s.reading(c))
	}
	return r
}

// Write takes the next piece and returns what may leave now. With a *Refusal
// it also returns what may still leave before the refusal; after that nothing
// may.
func (r *Rail) Write(piece string) (string, error) {
	for i, one := range r.list {
		var err error
		if piece, err = one.write(piece); err != nil {
			return r.rest(i+1, piece, err)
		}
	}
	return piece, nil
}

// Whole takes a text that is there as a whole, as Write and Flush do, so that a person
// who is asked sees all of it.
func (r *Rail) Whole(text string) (string, error) { return r.rest(0, text, nil) }

// Flush ends the text and returns what was held back. Its error may be a
// *Retraction, beside all that was held back. The rail is then as new, but for its
// notes.
func (r *Rail) Flush() (string, error) {
	return r.rest(0, "", nil)
}

// rest ends the text for the readings from i on, which get a last piece. Of
// refusals the last reading's counts, which comes first in the text.
func (r *Rail) rest(i int, piece string, err error) (string, error) {
	withdrawn, _ := errors.AsType[*Retraction](err)
	for _, one := range r.list[i:] {
		head, err2 := one.write(piece)
		if err2 == nil {
			var tail string
			tail, err2 = one.flush()
			head += tail
		}
		piece = head
		if w, ok := errors.AsType[*Retraction](err2); ok {
			if withdrawn == nil {
				withdrawn = w
			}
			err2 = nil
		} else if withdrawn != nil && one.changed {
			withdrawn.From = 0
		}
		if err2 != nil {
			err = err2
		}
	}
	if err == nil && withdrawn != nil {
		err = withdrawn
	}
	return piece, err
}

// Changed reports whether what was released is not what was written.
func (r *Rail) Changed() bool {
	return slices.ContainsFunc(r.list, func(one *reading) bool { return one.changed })
}

// Notes returns what came of the rules, one for each that heard of something.
func (r *Rail) Notes() []Note {
	var list []Note
	for _, one := range r.list {
		list = append(list, one.notes...)
	}
	return list
}

// observes reports whether a rule only notes what it would do.
func (c *compiled) observes() bool { return c.mode == observe }

// acts reports whether a rule changes or ends texts: what then fails is closed.
func (c *compiled) acts() bool { return !c.observes() && c.Action != note && c.Action != pass }

// decide decides on what begins before a place, in order.
func (r *reading) decide(before int) {
	if len(r.found) == 0 {
		return
	}
	slices.SortStableFunc(r.found, annotation.compare)
	n := 0
	// Of refusals of a text that leaves, the first counts, and the strictest of
	// those in one place; of any other text the strictest.
	for n < len(r.found) && r.found[n].from < before && (r.refusal == nil || !r.on.leaves() || r.found[n].from == r.wall) {
		r.judge(&r.found[n])
		n++
	}
	r.found = append(r.found[:0], r.found[n:]...)
}

// judge asks the rules that hear of an annotation, and does what the strictest
// says.
func (r *reading) judge(a *annotation) {
	var strictest *compiled
	strength := -1
	each := func(i int32) bool {
		rule := &r.rules[i]
		r.counts[i]++
		holds, err := r.holds(rule, i, a)
		if r.ctx.Trace != nil {
			s := Step{Pack: r.pack, Rule: rule.ID, Class: rule.Class, Detector: a.hit.Detector, Kind: a.hit.Kind, From: a.from, To: a.to, Holds: holds, Action: rule.Action, Observed: rule.observes()}
			if err != nil {
				s.Error = err.Error()
			}
			r.ctx.Trace(s)
		}
		if err != nil && !rule.acts() { // open, with a record
			r.record(rule, true)
			return true
		}
		if !holds {
			return true
		}
		if rule.Action == pass {
			return false
		}
		if rule.Action == standIn && r.stands(a) {
			return true
		}
		if rule.observes() || rule.Action == note {
			r.record(rule, false)
			return true
		}
		if n := slices.Index(actions, rule.Action); n > strength {
			strictest, strength = rule, n
		}
		return true
	}
	for _, i := range a.owners {
		if !each(i) {
			return
		}
	}
	if a.owners == nil {
		for _, l := range r.heard[a.hit.Detector] {
			if (l.kind == "" || l.kind == a.hit.Kind) && !each(l.rule) {
				return
			}
		}
	}
	if strictest != nil {
		r.act(strictest, a)
	}
}

// holds evaluates a rule's condition. A condition that fails holds: the rail
// is closed.
func (r *reading) holds(rule *compiled, i int32, a *annotation) (bool, error) {
	if rule.when == nil {
		return true, nil
	}
	labels := r.ctx.Labels
	if labels == nil {
		labels = map[string]string{}
	}
	v, _, err := rule.when.Eval(map[string]any{"stage": string(r.on), "detector": a.hit.Detector, "kind": a.hit.Kind, "class": a.class(rule),
		"confidence": a.hit.Confidence, "text": r.spanned(a), "count": int64(r.counts[i]), "labels": labels})
	if err != nil {
		return true, err
	}
	b, ok := v.Value().(bool)
	return b || !ok, nil
}

// maxSpan bounds the text of an annotation that a condition sees.
const maxSpan = 256

// spanned is the text of an annotation.
func (r *reading) spanned(a *annotation) string {
	from, to := max(a.from, r.base), min(a.to, r.place(), a.from+maxSpan)
	if from >= to {
		return ""
	}
	return string(r.held[from-r.base : to-r.base])
}

// act does what a rule says about an annotation.
func (r *reading) act(rule *compiled, a *annotation) {
	what := Refusal{Class: a.class(rule), Rule: rule.ID, Text: rule.text(), Suspend: rule.Action == suspend}
	switch rule.Action {
	case mask:
		r.replace(a, r.mark(a))
	case standIn:
		r.replace(a, r.standIn(a))
	case rewrite:
		r.replace(a, rule.text().In(r.lang))
	case retract:
		if r.withdrawn == nil {
			r.withdrawn = &Retraction{Refusal: what, From: a.from}
		}
	case human:
		if r.asked[rule.ID] {
			return
		}
		if r.ctx.Ask != nil && r.ctx.Ask(r.question(a, &what)) {
			if r.asked == nil {
				r.asked = map[string]bool{}
			}
			r.asked[rule.ID] = true // once for a text
			break
		}
		fallthrough
	default:
		if r.refusal == nil {
			r.wall = a.from
		}
		if n := slices.Index(actions, rule.Action); r.refusal == nil || n > r.strength {
			r.refusal, r.strength = &what, n
		}
	}
	r.record(rule, false)
}

// question is what a person is asked about an annotation.
func (r *reading) question(a *annotation, what *Refusal) Question {
	text := append(slices.Clip(r.past), r.held...)
	from := min(a.from, len(text))
	to := max(from, min(a.to, len(text)))
	var before []byte
	at := 0
	for _, e := range r.made {
		if e.from >= at && e.to <= from {
			before = append(append(before, text[at:e.from]...), e.text...)
			at = e.to
		}
	}
	before = append(before, text[at:from]...)
	return Question{what.Rule, what.Class, r.on, string(before), string(text[from:to]), string(text[to:]), what.Text}
}

// standIn is what stands in the place of what becomes itself again for the caller. A
// value that only an answer holds does not.
func (r *reading) standIn(a *annotation) string {
	switch v := r.ctx.Vault; {
	case v == nil:
	case !r.on.leaves():
		return v.StandIn(a.hit)
	default:
		if s, ok := v.Lookup(a.hit); ok {
			return s
		}
	}
	return r.mark(a)
}

// stands reports whether an annotation is a stand-in.
func (r *reading) stands(a *annotation) bool {
	return r.ctx.Vault != nil && (r.ctx.Vault.Known(a.hit.Value) || r.ctx.Vault.Known(r.spanned(a)))
}

// mark is what stands in the place of what is masked.
func (r *reading) mark(a *annotation) string {
	if a.hit.Text != "" {
		return a.hit.Text
	}
	if t, ok := r.marks[a.hit.Kind]; ok {
		return t
	}
	return "[…]"
}

// record notes what came of a rule.
func (r *reading) record(rule *compiled, failed bool) {
	n := Note{Rule: rule.ID, Class: rule.Class, Action: rule.Action, Observed: rule.observes(), Failed: failed, Count: 1}
	for i := range r.notes {
		old := &r.notes[i]
		if old.Rule == n.Rule && old.Failed == failed {
			old.Count++
			return
		}
	}
	r.notes = append(r.notes, n)
}

// fail ends a detector that cannot go on: closed for rules that would change or
// end the text, open with a record for the others.
func (r *reading) fail(name string) {
	for _, l := range r.heard[name] {
		rule := &r.rules[l.rule]
		if !rule.acts() {
			r.record(rule, true)
		} else if !r.failed {
			r.refusal = &Refusal{Class: rule.Class, Rule: rule.ID, Failed: true,
				Text: say.T("This could not be checked, and what is not checked does not leave.", "内容无法完成安全检查，因此不予放行。")}
			r.wall, r.strength, r.failed = r.base, len(actions), true
		}
	}
}
