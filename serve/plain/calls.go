package plain

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"suiren/engine/chat"
	"suiren/engine/grammar"
	"suiren/internal/say"
	"suiren/serve/form"
)

// bindCalls binds calls of tools, in the format of the model's template: where
// they are forced, at once; where the answer has a format, that or calls; and
// else from where one begins.
func (j *job) bindCalls() error {
	a := j.ask
	f := j.m.template.Facts().Format
	forced := a.Choice.Mode == "required" || a.Choice.Mode == "named"
	t := grammar.Turn{Form: callForm(&f), Many: f.Parallel && !a.OneCall && a.Choice.Mode != "named", Tags: j.m.tags()}
	for _, tool := range a.Tools {
		if a.Choice.Mode != "named" || tool.Name == a.Choice.Name {
			t.Tools = append(t.Tools, grammar.Tool{Name: tool.Name, Parameters: tool.Parameters})
		}
	}
	switch {
	case forced || a.Format.Kind != "":
		if f.Name == chat.Channels {
			j.inChannel(&t)
		}
	default:
		t.Trigger, t.Begins = f.Trigger, strings.HasPrefix(f.Trigger, "{") // in the midst of a text JSON is no call
	}
	key, err := json.Marshal([]any{t, a.Format})
	if err != nil {
		return form.Invalid("tools", "invalid_value", say.T("the parameters of a tool are not JSON", "工具的 parameters 不是 JSON"))
	}
	param := "tools"
	g, err := j.m.grammars.get("calls:"+string(key), func() (*grammar.Grammar, error) {
		if a.Format.Kind != "" {
			answer, err := compile(&a.Format)
			if err != nil {
				param = j.param(form.JSON | form.Pattern)
				return nil, err
			}
			t.Answer = answer
		}
		return t.Compile()
	})
	if bad, ok := errors.AsType[*grammar.Error](err); ok && bad.Code == grammar.BadTrigger { // the format does not tell where calls begin
		return nil
	}
	if err != nil {
		return refused(param, err)
	}
	j.req.Constraint = j.m.start(g)
	return nil
}

// inChannel lets calls, and an answer instead of them, stand in channels, as
// gpt-oss writes them.
func (j *job) inChannel(t *grammar.Turn) {
	t.Form.Begin, t.Form.Middle = "<|channel|>commentary to=functions.", []string{" <|constrain|>json<|message|>"}
	t.Maybe, t.Head = afterThought, finalChannel
}

// What gpt-oss writes between a thought and what follows, and before an answer.
const (
	afterThought = "<|start|>assistant"
	finalChannel = "<|channel|>final<|message|>"
)

func callForm(f *chat.ToolFormat) grammar.CallForm {
	c := grammar.CallForm{Before: f.Before, Begin: f.Begin, Middle: []string{f.Middle}, End: f.End, Between: f.Between, After: f.After}
	if f.Args == chat.XMLArgs {
		c.Key, c.Value, c.Done = f.Key, f.Value, f.Done
	}
	if f.Name == chat.Channels { // <|call|> ends the answer
		c.Middle, c.End = append(c.Middle, " <|constrain|>json<|message|>", " json<|message|>", "<|message|>"), ""
	}
	return c
}

// tags returns the special tokens that the model's format writes: spelt out
// they are none to the parser.
func (m *Model) tags() []string {
	var list []string
	for _, s := range m.words.special {
		if m.tag(s.Text) || strings.HasPrefix(s.Text, "<|") && m.template.Facts().Format.Name == chat.Channels {
			list = append(list, s.Text)
		}
	}
	slices.Sort(list)
	return list
}
