package serve

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"time"
	"unicode"

	"suiren/internal/say"
	"suiren/serve/form"
)

// A Review is a text that waits for a person.
type Review struct {
	ID       string // of the answer
	Caller   string
	Time     time.Time // when the request came
	Release  *Release
	Question RailQuestion
	Messages []form.Message // after the input rails: before the text, if that is one of them
	Answer   string         // as much as has left, if the text is not of it
	Call     *form.Call     // that the text is of
}

var stageOf = map[form.Kind]string{form.Thought: onThought, form.Text: onOutput, form.CallArgs: onToolCall}

// rail makes a rail of the release's policy; nil if there is none.
func (x *exchange) rail(stage string) Rail {
	p := x.rec.Release.Policy
	if p == nil {
		return nil
	}
	c := RailContext{Labels: map[string]string{}, Vault: x.vault}
	if scope, ok := x.context().Value(scopeKey{}).(*scope); ok {
		maps.Copy(c.Labels, scope.says)
	}
	c.Labels["caller"], c.Labels["model"] = x.rec.Caller, x.rec.Release.Name
	for _, s := range x.rec.Sources {
		c.Passages = append(c.Passages, s.Heading+"\n"+s.Text)
	}
	if ask := x.s.conf.Review; ask != nil {
		c.Ask = func(q RailQuestion) bool {
			v := Review{ID: x.rec.ID, Caller: x.rec.Caller, Time: x.rec.Time, Release: x.rec.Release, Question: q, Messages: x.rec.Messages}
			if stage != onOutput {
				v.Answer = x.answer.text.String()
			}
			if stage == onToolCall && x.args.start != nil { // its name has passed
				v.Call = &form.Call{Name: x.calls[len(x.calls)-1].Name, Args: x.args.held.String()}
			}
			return ask(x.context(), v)
		}
	}
	return p.Rail(stage, c)
}

func (x *exchange) context() context.Context {
	if x.ctx == nil {
		return context.Background()
	}
	return x.ctx
}

// through passes a whole text through a rail of its own.
func (x *exchange) through(stage, text string) (string, error) {
	r := x.rail(stage)
	if r == nil || text == "" {
		return text, nil
	}
	defer x.noted(stage, r)
	text, err := r.Whole(text)
	if w, ok := errors.AsType[*Retraction](err); ok { // nothing has left: it is a refusal
		err = &w.Refusal
	}
	return text, err
}

// noted keeps what came of the policy's rails on a text.
func (x *exchange) noted(stage string, r Rail) {
	if r == nil {
		return
	}
	for _, n := range r.Notes() {
		n.Stage = stage
		x.rec.Notes = append(x.rec.Notes, n)
	}
}

// checkInput passes every text of the request through the rails, which may mask
// it. A refused result of a tool is withheld from the model; any other refusal
// ends the request.
func (x *exchange) checkInput() error {
	if p, ok := x.rec.Release.Policy.(Vaulter); ok {
		x.vault = p.Vault(x.rec.Caller)
	}
	if x.ask.Prompt != nil {
		return x.checkPrompt()
	}
	x.rec.Messages = make([]form.Message, 0, len(x.ask.Messages))
	defer func() { x.ask.Messages = x.rec.Messages }()
	for i, m := range x.ask.Messages {
		var err error
		if m.Role == "tool" {
			m.Text, err = x.through(onToolResult, m.Text)
			if refusal, ok := errors.AsType[*Refusal](err); ok {
				x.rec.Notes = append(x.rec.Notes, Note{Stage: onToolResult, Rule: refusal.Rule, Class: refusal.Class, Action: "withhold", Count: 1})
				m.Text = say.T("[withheld by the policy: %s]", "[按策略不予提供：%s]", refusal.Text).In(x.lang)
				err = nil
			}
		} else {
			m.Text, err = x.through(onInput, m.Text)
		}
		if refusal, ok := errors.AsType[*Refusal](err); ok && i < len(x.ask.Messages)-1 {
			refusal.Suspend = false // clients send what was said before again and again: it has counted
		}
		if err != nil {
			return err
		}
		if m.Thought, err = x.through(onInput, m.Thought); err != nil {
			return err
		}
		calls := m.Calls
		m.Calls = nil
		for _, c := range calls {
			if c.Name, err = x.through(onInput, c.Name); err != nil {
				return err
			}
			if c.Args, err = x.throughJSON(onInput, c.Args); err != nil {
				return err
			}
			m.Calls = append(m.Calls, c)
		}
		x.rec.Messages = append(x.rec.Messages, m)
	}
	return nil
}

// checkPrompt does the same for a raw prompt.
func (x *exchange) checkPrompt() error {
	x.rec.Messages = []form.Message{}
	text := x.ask.Prompt.Text
	if ids := x.ask.Prompt.IDs; ids != nil && x.rec.Release.Speller != nil {
		text = x.rec.Release.Speller.Spell(ids)
	}
	clean, err := x.through(onInput, text)
	if err != nil {
		return err
	}
	if x.rec.Release.Policy != nil && (clean != text || x.ask.Prompt.IDs == nil) {
		text, x.ask.Prompt = clean, &form.Prompt{Text: clean}
	}
	x.rec.Messages = []form.Message{{Role: "user", Text: text}}
	return nil
}

// retrieved passes the passages that an answer rests on through the rails:
// refused ones are dropped. An answer that would rest on none is refused.
func (x *exchange) retrieved(list []form.Source) ([]form.Source, error) {
	var kept []form.Source
	var last error
	for _, s := range list {
		text, err := x.through(onRetrieval, s.Text)
		if err == nil {
			s.Heading, err = x.through(onRetrieval, s.Heading)
		}
		refusal, ok := errors.AsType[*Refusal](err)
		switch {
		case ok:
			x.rec.Notes = append(x.rec.Notes, Note{Stage: onRetrieval, Rule: refusal.Rule, Class: refusal.Class, Action: "withhold", Count: 1})
			last = err
			continue
		case err != nil:
			return nil, err
		}
		if text != s.Text {
			s.Text, s.Quotes = text, nil // its places are others
		}
		kept = append(kept, s)
	}
	if len(kept) == 0 {
		return nil, last
	}
	return kept, nil
}

// beginCall begins the call of a tool.
func (x *exchange) beginCall(e form.Event) error {
	if err := errors.Join(x.end(&x.think), x.end(&x.answer)); err != nil {
		return err
	}
	x.args = channel{kind: form.CallArgs}
	var err error
	if e.Call.Name, err = x.through(onToolCall, e.Call.Name); err != nil {
		return err
	}
	x.calls = append(x.calls, form.Call{ID: e.Call.ID, Name: e.Call.Name})
	e.Call.Name = x.restored(e.Call.Name)
	x.reply.Calls = append(x.reply.Calls, form.Call{ID: e.Call.ID, Name: e.Call.Name})
	if x.rec.Release.Policy != nil { // told with its arguments, when they may leave
		x.args.start = &e
		return nil
	}
	x.timePiece()
	return x.emit(e)
}

// endCall ends a call. Under a policy its arguments leave now, checked whole:
// an edit in flight would break their JSON.
func (x *exchange) endCall(e form.Event) error {
	if start := x.args.start; start != nil {
		args, err := x.throughJSON(onToolCall, x.args.held.String())
		if err != nil {
			x.reply.Calls, x.calls = x.reply.Calls[:len(x.reply.Calls)-1], x.calls[:len(x.calls)-1]
			return err
		}
		x.args.text.WriteString(args)
		if args, err = x.restoredJSON(args); err != nil {
			return err
		}
		x.timePiece()
		if err := x.emit(*start); err != nil {
			return err
		}
		if err := x.emit(form.Event{Kind: form.CallArgs, Call: e.Call, Text: args, Usage: e.Usage}); err != nil {
			return err
		}
		x.args.told.WriteString(args)
	} else if _, err := x.pass(&x.args, form.Event{Call: e.Call, Usage: e.Usage}, true); err != nil {
		return err
	}
	x.calls[len(x.calls)-1].Args = x.args.text.String()
	x.reply.Calls[len(x.reply.Calls)-1].Args = x.args.told.String()
	return x.emit(e)
}

// throughJSON passes the strings and the numbers of a JSON text through rails,
// each as its reader will see it, and leaves the rest as it is. A number that is
// changed becomes a string. What is no JSON is a text.
func (x *exchange) throughJSON(stage, text string) (string, error) {
	if x.rec.Release.Policy == nil {
		return text, nil
	}
	return eachJSON(text, func(value string) (string, error) { return x.through(stage, value) })
}

// eachJSON passes the strings and the numbers of a JSON text through f. What is no
// JSON is passed whole.
func eachJSON(text string, f func(string) (string, error)) (string, error) {
	if !json.Valid([]byte(text)) {
		return f(text)
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		n := 1
		if text[i] == '"' {
			for text[i+n] != '"' {
				if text[i+n] == '\\' {
					n++
				}
				n++
			}
			n++
		} else if isNumeral(rune(text[i])) {
			for i+n < len(text) && isNumeral(rune(text[i+n])) {
				n++
			}
		} else {
			b.WriteByte(text[i])
			i++
			continue
		}
		literal := text[i : i+n]
		value := literal
		if literal[0] == '"' {
			json.Unmarshal([]byte(literal), &value) // it is valid
		}
		clean, err := f(value)
		if err != nil {
			return "", err
		}
		if clean != value {
			quoted, err := json.Marshal(clean)
			if err != nil {
				return "", err
			}
			literal = string(quoted)
		}
		b.WriteString(literal)
		i += n
	}
	return b.String(), nil
}

func isNumeral(c rune) bool { return unicode.IsDigit(c) || strings.ContainsRune("+-.eE", c) }
