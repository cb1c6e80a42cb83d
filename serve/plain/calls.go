package plain

import (
	"encoding/json"

	"suiren/engine/chat"
	"suiren/engine/grammar"
	"suiren/internal/say"
	"suiren/serve/form"
)

// forceCalls binds the answer to one call or more, in the format of the
// model's template.
func (j *job) forceCalls() error {
	a := j.ask
	f := j.m.template.Facts().Format
	var tools []grammar.Tool
	for _, t := range a.Tools {
		if a.Choice.Mode == "required" || t.Name == a.Choice.Name {
			tools = append(tools, grammar.Tool{Name: t.Name, Parameters: t.Parameters})
		}
	}
	many := f.Parallel && !a.OneCall && a.Choice.Mode == "required"
	key, err := json.Marshal([]any{tools, many})
	if err != nil {
		return form.Invalid("tools", "invalid_value", say.T("the parameters of a tool are not JSON", "工具的 parameters 不是 JSON"))
	}
	g, err := j.m.grammars.get("calls:"+string(key), func() (*grammar.Grammar, error) {
		return grammar.Calls(callForm(&f), tools, "", many)
	})
	if err != nil {
		return j.refused(err)
	}
	j.req.Constraint = tagged{j.m.start(g), j.m}
	return nil
}

func callForm(f *chat.ToolFormat) grammar.CallForm {
	c := grammar.CallForm{Before: f.Before, Begin: f.Begin, Middle: f.Middle, End: f.End, Between: f.Between, After: f.After}
	if f.Args == chat.XMLArgs {
		c.Key, c.Value, c.Done = f.Key, f.Value, f.Done
	}
	return c
}

// bindable reports whether calls can be bound in a format: those of gpt-oss
// stand in channels, whose heads a format does not tell.
func bindable(f *chat.ToolFormat) bool { return f.Begin != "" && f.Name != "gpt-oss" }

// tagged is a matcher of calls that writes a tag as its one token, where the
// vocabulary has it: spelt out it would be no tag to the parser.
type tagged struct {
	*grammar.Matcher
	m *Model
}

// Mask implements infer.Constraint.
func (c tagged) Mask(bits []uint32) {
	c.Matcher.Mask(bits)
	var tag int32
	n := 0
	for id, s := range c.m.words.special {
		switch {
		case bits[id/32]>>(id%32)&1 == 0:
		case c.m.tag(s.Text):
			tag = id
			n++
		default: // no text of a call, whatever a tool is called
			bits[id/32] &^= 1 << (id % 32)
		}
	}
	if n == 1 { // and the beginnings of its spelling; of free text there are more
		clear(bits)
		bits[tag/32] |= 1 << (tag % 32)
	}
}
