package plain

import (
	"encoding/json"
	"slices"

	"suiren/engine/chat"
	"suiren/engine/grammar"
	"suiren/engine/infer"
	"suiren/engine/tokenizer"
	"suiren/serve/form"
)

// calls binds an answer to calls of tools, in the format of the model's
// template: what stands around a call as the tokens of that text, its
// arguments by the tool's schema. It is an infer.Constraint.
type calls struct {
	ways []way // that what is written now may be the beginning of
	at   int   // tokens of them that were written
	args infer.Constraint
	then []way // after the arguments
	done bool  // the answer may end here
}

// A way is a text that may come next, and what follows it.
type way struct {
	ids  []int32
	args func() infer.Constraint // nil: the answer is whole
}

// forceCalls binds the answer to one call or more.
func (j *job) forceCalls() error {
	a, m := j.ask, j.m
	f := m.template.Facts().Format
	var opens, again []way
	var tools []form.Tool
	for _, t := range a.Tools {
		if a.Choice.Mode == "required" || t.Name == a.Choice.Name {
			tools = append(tools, t)
		}
	}
	for _, t := range tools {
		schema := t.Parameters
		if len(schema) == 0 || string(schema) == "null" {
			schema = json.RawMessage(`{"type": "object"}`)
		}
		g, err := m.grammars.get("tool:"+string(schema), func() (*grammar.Grammar, error) { return grammar.Schema(schema) })
		if err != nil {
			return j.refused(err)
		}
		args := func() infer.Constraint { return m.start(g) }
		opens = append(opens, way{m.literal(f.Before+f.Begin, t.Name, f.Middle), args})
		again = append(again, way{m.literal(f.End+f.Between+f.Begin, t.Name, f.Middle), args})
	}
	then := []way{{ids: m.literal(f.End+f.After, "", "")}}
	if f.Parallel && !a.OneCall && a.Choice.Mode == "required" {
		then = append(then, again...)
	}
	j.req.Constraint = &calls{ways: opens, then: then}
	return nil
}

// bindable reports whether calls can be bound in a format.
func bindable(f *chat.ToolFormat) bool {
	return f.Args == chat.JSONArgs && f.Begin != "" && f.Middle != ""
}

// literal returns the tokens of a text around a name, which is nobody's
// special token.
func (m *Model) literal(before, name, after string) []int32 {
	from := len(before)
	return m.words.t.EncodeMarked(nil, before+name+after, []tokenizer.Span{{From: from, To: from + len(name)}})
}

// Mask implements infer.Constraint.
func (c *calls) Mask(bits []uint32) {
	if c.args != nil && !c.args.CanEnd() {
		c.args.Mask(bits)
		return
	}
	ways, at := c.ways, c.at
	if c.args != nil { // whole arguments end: white space after them would never
		ways, at = c.then, 0
	}
	for _, w := range ways {
		if at < len(w.ids) {
			bits[w.ids[at]/32] |= 1 << (w.ids[at] % 32)
		}
	}
}

// Accept implements infer.Constraint.
func (c *calls) Accept(id int32) bool {
	switch {
	case c.args != nil && !c.args.CanEnd():
		return c.args.Accept(id)
	case c.args != nil:
		c.args, c.ways, c.at = nil, c.then, 0
	}
	left := slices.DeleteFunc(slices.Clone(c.ways), func(w way) bool { return c.at >= len(w.ids) || w.ids[c.at] != id })
	if len(left) == 0 {
		return false
	}
	c.ways, c.done = left, false
	c.at++
	for _, w := range left {
		switch {
		case c.at < len(w.ids):
		case w.args == nil:
			c.done = true // or another call follows
		default:
			c.args = w.args()
		}
	}
	return true
}

// CanEnd implements infer.Constraint.
func (c *calls) CanEnd() bool { return c.done }
