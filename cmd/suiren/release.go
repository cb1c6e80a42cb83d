package main

import (
	"cmp"
	"context"
	"errors"
	"iter"

	"suiren/internal/say"
	"suiren/serve"
	"suiren/serve/form"
	"suiren/stage"
	"suiren/stage/guard"
	"suiren/stage/operate"
	"suiren/stage/scenario"
	"suiren/store"
)

// A served release holds open what the server answers from.
type served struct {
	release  *serve.Release
	scenario *scenario.Scenario
}

func (r *served) close() { r.scenario.Close() }

// serveRelease opens a standing release.
func (w *workspace) serveRelease(b store.Block, machine stage.Machine) (*served, error) {
	dir, err := w.st.Dir(b.Output)
	if err != nil {
		return nil, err
	}
	m, err := operate.OpenRelease(dir)
	if err != nil {
		return nil, err
	}
	policyDir, err := w.st.Dir(m.Policy)
	if err != nil {
		return nil, err
	}
	policy, err := guard.Open(policyDir)
	if err != nil {
		return nil, err
	}
	scenarioDir, err := w.st.Dir(m.Scenario)
	if err != nil {
		return nil, err
	}
	examples, err := w.examples(m)
	if err != nil {
		return nil, err
	}
	rec, _, err := w.st.Made(b.Key)
	if err != nil {
		return nil, err
	}
	open := scenario.Opener{Artifact: w.st.Model, Threads: machine.Threads, Slots: slots,
		Model: func(path string) (scenario.Model, error) { return otherModel(path, machine, false) }}
	s, err := open.Open(scenarioDir)
	if err != nil {
		return nil, err
	}
	f := s.Facts()
	name := m.Name
	if name == "" {
		name = b.Name
	}
	return &served{scenario: s, release: &serve.Release{
		Name: name, Digest: b.Output.String(), Made: rec.Began, Answerer: answerer{s}, Origin: "release", Policy: rails{policy},
		Context: f.Context, Examples: examples, Label: true,
		About: map[string]any{"parameters": f.Parameters, "layers": f.Layers, "width": f.Width, "vocabulary": f.Vocabulary, "think": f.Think, "passages": f.Passages},
	}}, nil
}

// maxExamples is how many questions a page begins with, exampleLevel the
// hardest of them.
const (
	maxExamples  = 6
	exampleLevel = 3
)

// examples are questions to begin with: of each family one that the released
// model answered right before its verdict, in each language.
func (w *workspace) examples(m *operate.Manifest) ([]say.Text, error) {
	dir, err := w.st.Dir(m.Verdict)
	if err != nil {
		return nil, err
	}
	samples, err := guard.Samples(dir)
	if err != nil {
		return nil, err
	}
	best := map[string]guard.Sample{} // by family and language: the hardest that is not long
	for _, s := range samples {
		at := s.Family + s.Lang
		if old, ok := best[at]; !ok || s.Level > old.Level && s.Level <= exampleLevel {
			best[at] = s
		}
	}
	var list []say.Text
	for _, family := range stage.Families {
		en, zh := best[family+string(say.English)].Prompt, best[family+string(say.Chinese)].Prompt
		if en+zh != "" && len(list) < maxExamples {
			list = append(list, say.Text{En: cmp.Or(en, zh), Zh: cmp.Or(zh, en)})
		}
	}
	return list, nil
}

// An answerer makes a scenario's answers the server's.
type answerer struct{ *scenario.Scenario }

var kinds = map[scenario.Kind]form.Kind{
	scenario.Sources: form.Sources, scenario.Thought: form.Thought, scenario.Answer: form.Text, scenario.Finish: form.Finish,
}

// Can implements form.Answerer.
func (s answerer) Can() form.Can {
	if o, ok := s.Other().(*other); ok {
		return o.Can() & otherCan
	}
	return 0
}

// Answer implements form.Answerer.
func (s answerer) Answer(ctx context.Context, a *form.Ask) iter.Seq2[form.Event, error] {
	if o, ok := s.Other().(*other); ok {
		return s.pass(ctx, o, a)
	}
	return func(yield func(form.Event, error) bool) {
		for d, err := range s.Scenario.Answer(ctx, messages(a), asked(a)) {
			if !yield(event(d), public(err)) {
				return
			}
		}
	}
}

// messages are the conversation of an ask.
func messages(a *form.Ask) (list []scenario.Message) {
	for _, m := range a.Messages {
		list = append(list, scenario.Message{Role: m.Role, Text: m.Text})
	}
	return list
}

// event is what a client is told of d.
func event(d scenario.Delta) form.Event {
	e := form.Event{Kind: kinds[d.Kind], Text: d.Text, Reason: d.Reason,
		Usage: form.Usage{Prompt: d.Usage.Prompt, Completion: d.Usage.Completion, Reasoning: d.Usage.Reasoning}}
	for _, src := range d.Sources {
		e.Sources = append(e.Sources, form.Source{File: src.File, Heading: src.Heading, Text: src.Text, Score: src.Score})
	}
	return e
}

// public makes an error of a scenario that a client can do something about
// one for the client.
func public(err error) error {
	own, ok := errors.AsType[*say.Error](err)
	switch {
	case !ok:
		return err
	case errors.Is(err, scenario.ErrTooLong):
		e := form.Invalid("messages", "context_length_exceeded", own.What)
		e.Next = own.Next
		return e
	case errors.Is(err, scenario.ErrNoQuestion):
		return form.Invalid("messages", "invalid_value", own.What)
	}
	return err
}
