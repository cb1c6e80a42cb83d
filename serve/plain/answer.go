package plain

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"time"

	"suiren/engine/chat"
	"suiren/engine/infer"
	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/serve/form"
)

// Can implements form.Answerer.
func (m *Model) Can() form.Can {
	can := form.Tools | form.JSON | form.Pattern | form.Sampled | form.Logprobs | form.Raw | form.Echo | form.Receipts | form.Endless | form.Prefilled | form.Shortened
	if m.template.Facts().Format.Begin != "" {
		can |= form.Forced
	}
	if m.words.hasParts {
		can |= form.Middle
	}
	if len(m.adapters) > 0 {
		can |= form.Adapters
	}
	return can
}

// Answer implements form.Answerer.
func (m *Model) Answer(ctx context.Context, a *form.Ask) iter.Seq2[form.Event, error] {
	return func(yield func(form.Event, error) bool) {
		j, err := m.job(a)
		if err != nil {
			yield(form.Event{}, err)
			return
		}
		w := &writer{j: j, yield: yield, stream: tokenizer.NewStream(m.words.t)}
		w.usage.Prompt = len(j.req.Prompt)
		if a.Prompt != nil { // the answer goes on from it: a space that begins it is no beginning
			w.stream.Write(j.req.Prompt[len(j.req.Prompt)-1])
		}
		if a.Receipt != nil {
			defer w.receipt(a.Receipt)
		}
		if len(j.sources) > 0 && !yield(form.Event{Kind: form.Sources, Sources: j.sources}, nil) {
			return
		}
		for t, err := range m.engine.Generate(ctx, j.req) {
			if errors.Is(err, infer.ErrStuck) {
				err = j.stuck()
			}
			if err != nil {
				yield(form.Event{Usage: w.usage}, public(err))
				return
			}
			if !w.token(&t) {
				return
			}
		}
	}
}

// public makes the engine's errors that a client can do something about ones
// for the client.
func public(err error) error {
	if e, ok := errors.AsType[*infer.LengthError](err); ok {
		return form.TooLong(e.Prompt, e.Most)
	}
	if e, ok := errors.AsType[*infer.BusyError](err); ok {
		busy := form.Busy()
		busy.After = int(max(1, e.Retry.Round(time.Second)/time.Second))
		return busy
	}
	switch {
	case errors.Is(err, infer.ErrRequest):
		return form.Invalid("", "invalid_value", say.T("%v", "%v", err))
	case errors.Is(err, infer.ErrClosed):
		return &form.Error{Status: http.StatusServiceUnavailable, Type: "server_error", Code: "stopping", Text: say.T("the server is stopping", "服务器正在停止")}
	case errors.Is(err, infer.ErrNumbers):
		return &form.Error{Status: http.StatusInternalServerError, Type: "server_error", Code: "not_numbers", Text: say.T("the model's logits are not numbers: its weights are damaged; copy the model again, or take another", "模型的 logits 不是有限的数：权重已损坏；请重新复制该模型，或改用其他模型")}
	}
	return err
}

// A writer makes events of tokens.
type writer struct {
	j       *job
	yield   func(form.Event, error) bool
	stream  *tokenizer.Stream
	usage   form.Usage
	ids     []int32      // generated
	tokens  []form.Token // of the answer, that no event has told yet
	called  bool
	finish  string
	prompt  form.Event // of an echo
	pending bool       // prompt was not told yet
}

// token takes the next token; it is false when there is nobody to tell.
func (w *writer) token(t *infer.Token) bool {
	if t.Prompt {
		w.echo(t)
	} else if !w.tellPrompt() {
		return false
	}
	stopped := t.Finish == infer.Stopped
	if !t.Prompt && t.ID >= 0 {
		if !stopped {
			w.usage.Completion++
			if t.Thought {
				w.usage.Reasoning++
			}
			w.ids = append(w.ids, t.ID)
		}
		if !stopped && !w.text(t) {
			return false
		}
		if stopped && w.j.parser == nil && w.j.ask.Logprobs { // as OpenAI and vLLM tell it; lm-eval counts on it
			tok := w.logprob(t)
			tok.Bytes = nil
			w.tokens = append(w.tokens, tok)
		}
	}
	if t.Finish == "" {
		return true
	}
	w.finish = t.Finish
	if t.Usage != nil {
		w.usage.Cached, w.usage.Steered = t.Usage.Cached, t.Usage.Steered
	}
	return w.tellPrompt() && w.end()
}

// echo gathers the prompt.
func (w *writer) echo(t *infer.Token) {
	w.prompt.Kind, w.pending = form.Prompted, true
	if w.j.ask.Logprobs {
		tok := w.logprob(t)
		if len(w.prompt.Tokens) == 0 {
			tok.Logprob, tok.Top = nil, nil
		}
		w.prompt.Tokens = append(w.prompt.Tokens, tok)
	}
}

func (w *writer) tellPrompt() bool {
	if !w.pending {
		return true
	}
	w.pending, w.prompt.Usage, w.prompt.Text = false, w.usage, w.j.m.Spell(w.j.req.Prompt)
	return w.yield(w.prompt, nil)
}

// logprob is a token as a client is told of it.
func (w *writer) logprob(t *infer.Token) form.Token {
	lp := float64(t.Logprob)
	out := form.Token{ID: t.ID, Bytes: w.j.m.words.t.Bytes(t.ID), Logprob: &lp}
	for _, o := range t.Top {
		lp := float64(o.Logprob)
		b, _ := w.j.m.Piece(o.ID)
		out.Top = append(out.Top, form.Token{ID: o.ID, Bytes: b, Logprob: &lp})
	}
	return out
}

// text passes on what a token says.
func (w *writer) text(t *infer.Token) bool {
	s, special := w.j.m.words.special[t.ID]
	special = special && (s.Control || w.j.parser != nil && w.j.m.tag(s.Text)) // a raw answer's tags are its text
	if w.j.ask.Logprobs && !t.Thought && (!special || w.j.parser == nil) {
		tok := w.logprob(t)
		if special {
			tok.Bytes = nil
		}
		w.tokens = append(w.tokens, tok)
	}
	switch {
	case w.j.parser == nil && special: // no text, as for transformers and vLLM: a character may go on after it
		return w.raw("")
	case w.j.parser == nil:
		return w.raw(w.stream.Write(t.ID))
	case special:
		return w.parsed(w.j.parser.Feed(w.stream.Flush(), false)) && w.parsed(w.j.parser.Feed(s.Text, true))
	}
	return w.parsed(w.j.parser.Feed(w.stream.Write(t.ID), false))
}

func (w *writer) raw(text string) bool {
	if text == "" && len(w.tokens) == 0 {
		return true
	}
	e := form.Event{Kind: form.Text, Text: text, Tokens: w.tokens, Usage: w.usage}
	w.tokens = nil
	return w.yield(e, nil)
}

// tag reports whether a special token is one of the tags around thoughts and
// calls. Those that are not, and do not steer the model, are text.
func (m *Model) tag(name string) bool { return m.template != nil && m.template.Tag(name) }

var kinds = map[chat.EventKind]form.Kind{
	chat.Thought: form.Thought, chat.Content: form.Text, chat.ToolCallStart: form.CallStart, chat.ToolArgs: form.CallArgs, chat.ToolCallEnd: form.CallEnd,
}

func (w *writer) parsed(events []chat.Event) bool {
	for _, e := range events {
		out := form.Event{Kind: kinds[e.Kind], Text: e.Text, Call: form.CallRef{Index: e.Index, ID: e.ID, Name: e.Name}, Usage: w.usage}
		switch e.Kind {
		case chat.Content:
			out.Tokens, w.tokens = w.tokens, nil
		case chat.ToolCallStart:
			w.called, w.tokens = true, nil
		}
		if !w.yield(out, nil) {
			return false
		}
		if e.Kind == chat.ToolCallEnd && w.j.ask.OneCall && w.finish == "" { // another would follow
			w.finish = form.ToolUse
			w.yield(form.Event{Kind: form.Finish, Reason: w.finish, Usage: w.usage}, nil)
			return false
		}
	}
	return true
}

// end tells what was held back, and why the answer ended.
func (w *writer) end() bool {
	if w.j.parser == nil {
		if !w.raw(w.stream.Flush()) {
			return false
		}
	} else if !w.parsed(w.j.parser.Feed(w.stream.Flush(), false)) || !w.parsed(w.j.parser.Close()) {
		return false
	}
	if w.called && w.finish == infer.Stopped {
		w.finish = form.ToolUse
	}
	return w.yield(form.Event{Kind: form.Finish, Reason: w.finish, Usage: w.usage}, nil)
}

// receipt writes down how the answer was made.
func (w *writer) receipt(r *form.Receipt) {
	a, j := w.j.ask, w.j
	*r = form.Receipt{
		Version: form.ReceiptVersion, ID: r.ID, Program: r.Program, Model: form.ReceiptModel{Name: j.m.opt.Name, Digest: "sha256:" + j.m.opt.Digest, KV: j.m.opt.KV},
		Prompt: form.Tokens(j.req.Prompt, true), Answer: form.Tokens(w.ids, false), Finish: w.finish, Seed: a.Seed,
		Sampling: j.after, MaxTokens: j.req.MaxTokens, MinTokens: a.MinTokens, IgnoreEnd: a.IgnoreEnd, Stop: a.Stop, Think: j.m.think(a.Request),
		Format: a.Format, Tools: a.Tools, Choice: a.Choice, OneCall: a.OneCall, Adapter: j.adapter(), Chat: a.Prompt == nil, Open: j.req.Open, Passages: passages(j.sources),
	}
	if r.Adapter != "" {
		r.AdapterDigest = j.m.adapters[r.Adapter].digest
	}
}
