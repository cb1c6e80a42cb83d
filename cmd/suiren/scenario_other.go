package main

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"suiren/engine/model"
	"suiren/engine/weights"
	"suiren/internal/say"
	"suiren/models"
	"suiren/serve/form"
	"suiren/serve/plain"
	"suiren/stage"
	"suiren/stage/scenario"
	"suiren/stage/talk"
	"suiren/stage/train"
)

// An other is a model as a scenario asks it by what serves any model, in its own
// template: all but those of our own that were taught single questions alone.
type other struct {
	*plain.Model
	facts  scenario.Facts
	own    bool          // it is talked to in the chat of our own
	taught *stage.Taught // a model of our own is asked no more; nil: anything
}

// otherModel opens weights that a scenario names. fixed has templates told
// one day, whenever it is: a verdict must not depend on the clock.
func otherModel(path, adapter string, m stage.Machine, fixed bool) (scenario.Model, error) {
	if isAdapter(path) {
		return nil, &say.Error{Where: path, What: say.T("these weights are an adapter, which does not answer without its base", "这份权重是适配器，没有基座无法作答"),
			Next: say.T("name it in adapter and its base in weights, or add it to its base with train = \"merge\"", "请在 adapter 中引用它、在 weights 中写基座，或用 train = \"merge\" 并入基座")}
	}
	own, taught, err := taughtOf(path, adapter)
	if err != nil {
		return nil, err
	}
	path = servable(path)
	o := plain.Options{Name: modelName(path), Threads: m.Threads, Slots: slots, Fewer: true, Memory: m.Memory}
	if adapter != "" {
		if err := ofBase(path, adapter); err != nil {
			return nil, err
		}
		o.Adapters, o.Adapter = map[string]string{ownAdapter: adapter}, ownAdapter
	}
	if fixed {
		o.Now = func() time.Time { return talk.Day } // as it was trained
	}
	p, err := plain.Open(path, o)
	if err == nil && !p.Answers() {
		p.Close()
		err = &say.Error{Where: shown(path), What: say.T("this model makes vectors, not answers", "这个模型产生向量，不生成回答"), Next: say.T("choose a model that writes", "请选用能生成文字的模型")}
	}
	if err != nil {
		return nil, broughtError(path, err)
	}
	file, err := weights.OpenModel(path)
	if err != nil {
		p.Close()
		return nil, err
	}
	defer file.Close()
	f := p.Facts()
	n, _ := p.Context()
	facts := scenario.Facts{Width: f.Width, Layers: f.Layers, Vocabulary: f.Vocabulary, Context: n}
	for _, t := range file.Tensors {
		facts.Parameters += int(t.Weights)
	}
	return &other{p, facts, own, taught}, nil
}

// taughtOf reports whether weights are our own, and what they were taught to be
// asked, with an adapter; nil if they are others, or it is not known.
func taughtOf(path, adapter string) (own bool, taught *stage.Taught, err error) {
	words, err := wordsOf(path)
	if words == nil || !words.Own() {
		return false, nil, err
	}
	taught, err = stage.TaughtOf(cmp.Or(adapter, path))
	return true, taught, err
}

// Can implements form.Answerer.
func (o *other) Can() form.Can {
	can := o.Model.Can()
	if o.taught != nil && !o.taught.Tools {
		can &^= form.Tools | form.Forced
	}
	return can
}

// heard is what of an ask the model was taught to read: at least the last
// question, and what comes after it.
func (o *other) heard(a *form.Ask) *form.Ask {
	last := len(a.Messages) - 1
	for ; last > 0; last-- {
		if m := &a.Messages[last]; m.Role == "user" && strings.TrimSpace(m.Text) != "" {
			break
		}
	}
	if o.taught == nil || last < 0 {
		return a
	}
	h := *a
	h.Messages = nil
	for i, m := range a.Messages {
		switch {
		case m.Instructs() && !o.taught.System, i < last && !m.Instructs() && !o.taught.Turns:
		default:
			h.Messages = append(h.Messages, m)
		}
	}
	return &h
}

// wordsOf are the words of a model; nil where they cannot be read, which is told by what
// opens it. Words that are refused are an error.
func wordsOf(path string) (*talk.Words, error) {
	words, err := talk.Open(path)
	if errors.Is(err, stage.ErrRefused) {
		return nil, err
	}
	return words, nil
}

// ownAdapter is what a scenario's adapter is called inside.
const ownAdapter = "scenario"

// ofBase refuses an adapter that says it was trained over another model, or in
// other words, than those of the model at path.
func ofBase(path, adapter string) error {
	f, err := model.Open(path)
	if err != nil {
		return broughtError(path, err)
	}
	defer f.Close()
	ad, err := f.OpenAdapter(adapter)
	if bad, ok := errors.AsType[*model.BaseError](err); ok {
		return &say.Error{Where: shown(adapter), What: say.T("the adapter was trained over another model (%s) than %s (%s)", "适配器是在另一个模型（%s）上训练的，而不是 %s（%s）", bad.Want, shown(path), bad.Have), Next: train.NextBase, Err: err}
	}
	if err != nil {
		return broughtError(adapter, err)
	}
	ad.Close()
	words, err := wordsOf(path)
	if words != nil { // without words of its own it was served, too
		err = train.TaughtIn(words, adapter)
	}
	return err
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// isAdapter reports whether a folder holds an adapter, and no model beside it.
func isAdapter(dir string) bool {
	return isFile(filepath.Join(dir, "adapter_config.json")) &&
		!isFile(filepath.Join(dir, "model.safetensors")) && !isFile(filepath.Join(dir, "model.safetensors.index.json")) && len(models.GGUFs(dir)) == 0
}

// Thinks implements scenario.Model.
func (o *other) Thinks() bool { return o.Model.Facts().Thinks }

// Facts implements scenario.Model.
func (o *other) Facts() scenario.Facts { return o.facts }

// Answer implements scenario.Model.
func (o *other) Answer(ctx context.Context, conversation []stage.Message, opt scenario.Options) iter.Seq2[scenario.Delta, error] {
	r := &form.Request{MaxTokens: form.NoLimit, Sampling: form.Sampling{TopP: opt.TopP}}
	a := &form.Ask{Request: r, Seed: opt.Seed}
	for _, m := range conversation {
		out := form.Message{Role: m.Role, Text: m.Content, Thought: m.Thought, Name: m.Name, CallID: m.CallID}
		for _, c := range m.Calls {
			out.Calls = append(out.Calls, form.Call{ID: c.ID, Name: c.Function.Name, Args: c.Function.Arguments})
		}
		a.Messages = append(a.Messages, out)
	}
	if len(opt.Tools) > 0 && (o.taught == nil || o.taught.Tools) {
		r.Offer = &form.Offer{Tools: opt.Tools, Words: o.own} // as stage/talk reads what reinforcement samples
	}
	bind(a, opt)
	a = o.heard(a)
	read := opt.Reading
	if read == nil {
		read = new(scenario.Reading)
	}
	return func(yield func(scenario.Delta, error) bool) {
		for e, err := range reading(ctx, o.Model, a, read) {
			d := scenario.Delta{Text: e.Text, Reason: e.Reason, Usage: scenario.Usage{Prompt: e.Usage.Prompt, Completion: e.Usage.Completion, Reasoning: e.Usage.Reasoning}}
			switch e.Kind {
			case form.Sources:
				d.Kind = scenario.Sources
				for _, src := range e.Sources {
					d.Sources = append(d.Sources, scenario.Source(src))
				}
			case form.Thought:
				d.Kind = scenario.Thought
			case form.Text:
				d.Kind = scenario.Answer
			case form.CallStart:
				d.Kind, d.Text = scenario.Called, e.Call.Name
			case form.Finish:
				if d.Kind = scenario.Finish; e.Reason == form.ToolUse { // nobody runs it: the answer has ended
					d.Reason = form.Stop
				}
			default:
				continue
			}
			if !yield(d, private(err)) {
				return
			}
		}
	}
}

// bind has an ask keep to what a scenario allows.
func bind(a *form.Ask, o scenario.Options) {
	a.Think.Mode, a.Think.Budget = "on", o.Think
	if o.Think == 0 {
		a.Think = form.Think{Mode: "off"}
	}
	if o.MaxTokens > 0 {
		a.MaxTokens = o.MaxTokens
	}
	a.Sampling.Temperature = o.Temperature
}

// private makes an error that was made for a client the scenario's.
func private(err error) error {
	e, ok := errors.AsType[*form.Error](err)
	switch {
	case !ok:
		return err
	case e.Code == "context_length_exceeded":
		return &say.Error{What: e.Text, Next: e.Next, Err: scenario.ErrTooLong}
	}
	return &say.Error{What: e.Text, Next: e.Next, Err: err}
}

// asked is what options a client's ask leaves to the scenario, and limits.
func asked(a *form.Ask) scenario.Options {
	o := scenario.Options{MaxTokens: max(0, a.MaxTokens), Think: -1, Temperature: a.Sampling.Temperature, TopP: a.Sampling.TopP, Seed: a.Seed, Principals: a.Readers, Caller: a.Caller, Tenant: a.Tenant}
	switch {
	case a.Think.Mode == "off":
		o.Think = 0
	case a.Think.Budget > 0:
		o.Think = a.Think.Budget
	}
	return o
}

// pass answers what the documents do not say word for word, and what is inside of the
// scope, with all that the model can: tools, formats, the whole conversation.
func (s answerer) pass(ctx context.Context, o *other, a *form.Ask) iter.Seq2[form.Event, error] {
	return func(yield func(form.Event, error) bool) {
		read, err := s.Read(messages(a), a.Readers)
		if err != nil {
			yield(form.Event{}, public(err))
			return
		}
		r, bound := *a.Request, *o.heard(a)
		bound.Request = &r
		bind(&bound, s.Bound(asked(a)))
		defer func() {
			if a.Receipt != nil && a.Receipt.Version != "" { // the release answered, not only its weights
				a.Receipt.Model.Name, a.Receipt.Model.Digest = s.name, "sha256:"+s.digest
			}
		}()
		for e, err := range reading(ctx, o.Model, &bound, &read) {
			if !yield(e, err) {
				return
			}
		}
	}
}

// otherCan is what a released model that is asked conversations may be asked:
// not what would pass its scope by.
const otherCan = form.Tools | form.Forced | form.JSON | form.Pattern | form.Sampled | form.Logprobs | form.Prefilled | form.Receipts | form.Shortened
