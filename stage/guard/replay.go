package guard

import (
	"cmp"
	"errors"
	"slices"
	"time"
)

// A Past is a request that was answered, as it was kept.
type Past struct {
	ID, Caller      string
	Time            time.Time
	Asked           []Turn // after the rails of then
	Thought, Answer string
}

// A Turn is a message of a conversation.
type Turn struct{ Role, Text string }

// Verdicts on a request, each stricter than the one before.
const (
	Passed    = "passed"
	Changed   = "changed" // masked or rewritten
	Withdrawn = "withdrawn"
	Asked     = "asked" // a person
	Barred    = "refused"
)

var verdicts = []string{Passed, Changed, Withdrawn, Asked, Barred}

// An Outcome is what a policy makes of a request.
type Outcome struct {
	Verdict string `json:"verdict"`
	Stage   Stage  `json:"stage,omitempty"` // of the text that decided it
	Rule    string `json:"rule,omitempty"`
	Class   string `json:"class,omitempty"`
	Noted   []Note `json:"noted,omitempty"` // what its rails did or observed, the strictest first
}

// A Difference is a request of which two policies make different things.
type Difference struct {
	ID     string    `json:"id"`
	Time   time.Time `json:"time"`
	Caller string    `json:"caller,omitempty"`
	Before Outcome   `json:"before"`
	After  Outcome   `json:"after"`
}

// A Replayed says what another policy would change.
type Replayed struct {
	Requests    int          `json:"requests"`
	Tighter     int          `json:"tighter"` // requests that the second judges more strictly
	Looser      int          `json:"looser"`
	Differences []Difference `json:"differences"`
	Rules       []RuleCount  `json:"rules"` // that decided, or observed, in either
}

// A RuleCount is in how many requests a rule was heard of under each policy.
type RuleCount struct {
	Rule     string `json:"rule"`
	Before   int    `json:"before"`
	After    int    `json:"after"`
	Observed int    `json:"observed,omitempty"` // of After, by a rail that only observes
}

// Judge says what a policy makes of a request. A person who would be asked is
// not.
func (p *Policy) Judge(r *Past) Outcome {
	o := Outcome{Verdict: Passed}
	add := func(on Stage, text string) {
		if text == "" {
			return
		}
		asked := Question{}
		rail := p.Rail(on, Context{Labels: map[string]string{"caller": r.Caller}, Ask: func(q Question) bool { asked = q; return true }})
		head, err := rail.Write(text)
		if err == nil {
			var tail string
			tail, err = rail.Flush()
			head += tail
		}
		one := Outcome{Verdict: Passed, Stage: on}
		if g, ok := errors.AsType[*Refusal](err); ok {
			one.Verdict, one.Rule, one.Class = Barred, g.Rule, g.Class
		} else if w, ok := errors.AsType[*Retraction](err); ok {
			one.Verdict, one.Rule, one.Class = Withdrawn, w.Rule, w.Class
		} else if asked.Rule != "" {
			one.Verdict, one.Rule, one.Class = Asked, asked.Rule, asked.Class
		} else if head != text {
			one.Verdict = Changed
		}
		notes := rail.Notes()
		if one.Verdict == Changed {
			for _, n := range notes {
				if !n.Observed && (n.Action == mask || n.Action == rewrite) {
					one.Rule, one.Class = n.Rule, n.Class
				}
			}
		}
		o.Noted = append(o.Noted, notes...)
		if slices.Index(verdicts, one.Verdict) > slices.Index(verdicts, o.Verdict) {
			one.Noted = o.Noted
			o = one
		}
	}
	for _, m := range r.Asked {
		if m.Role == "tool" {
			add(ToolResult, m.Text)
		} else {
			add(Input, m.Text)
		}
	}
	add(Thought, r.Thought)
	add(Output, r.Answer)
	return o
}

// Replay says what a policy would change of past requests beside another.
func Replay(before, after *Policy, list []Past) *Replayed {
	c := &Replayed{Requests: len(list), Differences: []Difference{}, Rules: []RuleCount{}}
	rules := map[string]*RuleCount{}
	count := func(o *Outcome, f func(*RuleCount, *Note)) {
		seen := map[string]bool{}
		for i := range o.Noted {
			n := &o.Noted[i]
			if !seen[n.Rule] {
				if rules[n.Rule] == nil {
					rules[n.Rule] = &RuleCount{Rule: n.Rule}
				}
				seen[n.Rule] = true
				f(rules[n.Rule], n)
			}
		}
	}
	for i := range list {
		r := &list[i]
		d := Difference{ID: r.ID, Time: r.Time, Caller: r.Caller, Before: before.Judge(r), After: after.Judge(r)}
		count(&d.Before, func(c *RuleCount, _ *Note) { c.Before++ })
		count(&d.After, func(c *RuleCount, n *Note) {
			if c.After++; n.Observed {
				c.Observed++
			}
		})
		switch x := cmp.Compare(slices.Index(verdicts, d.After.Verdict), slices.Index(verdicts, d.Before.Verdict)); {
		case x > 0:
			c.Tighter++
		case x < 0:
			c.Looser++
		case d.Before.Rule == d.After.Rule:
			continue
		}
		c.Differences = append(c.Differences, d)
	}
	for _, r := range rules {
		c.Rules = append(c.Rules, *r)
	}
	slices.SortFunc(c.Rules, func(a, b RuleCount) int { return cmp.Compare(a.Rule, b.Rule) })
	return c
}
