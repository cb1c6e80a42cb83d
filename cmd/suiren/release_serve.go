package main

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"time"

	"suiren/engine/infer"
	"suiren/internal/say"
	"suiren/knowledge"
	"suiren/serve"
	"suiren/serve/form"
	"suiren/stage"
	"suiren/stage/guard"
	"suiren/stage/operate"
	"suiren/stage/operate/origin"
	"suiren/stage/scenario"
	"suiren/store"
)

// A served release holds open what the server answers from.
type served struct {
	release  *serve.Release
	scenario *scenario.Scenario
}

func (r *served) close() { r.scenario.Close() }

// serveRelease opens a release that a block of a name made.
func (w *workspace) serveRelease(block string, digest store.Digest, machine stage.Machine) (*served, error) {
	dir, err := w.st.Dir(digest)
	if err != nil {
		return nil, err
	}
	m, err := operate.OpenRelease(dir)
	if err != nil {
		return nil, err
	}
	parts := []store.Digest{m.Scenario, m.Weights, m.Policy, m.Verdict}
	if !m.Knowledge.IsZero() {
		parts = append(parts, m.Knowledge)
	}
	if _, err := origin.Verify(w.st, digest, "", parts...); err != nil {
		if !w.a.unsigned || !errors.Is(err, origin.ErrUnproved) {
			return nil, err
		}
		w.a.screen.Note(say.T("served without proof of its origin, as you said: %v", "按您的要求，在来源未证实的情况下提供服务：%v", err))
	}
	policyDir, err := w.st.Dir(m.Policy)
	if err != nil {
		return nil, err
	}
	policy, err := guard.Open(policyDir)
	if err != nil {
		return nil, err
	}
	w.a.sayExpired(policy)
	scenarioDir, err := w.st.Dir(m.Scenario)
	if err != nil {
		return nil, err
	}
	examples, err := w.examples(m)
	if err != nil {
		return nil, err
	}
	made, err := w.st.MadeBy(digest)
	if err != nil {
		return nil, err
	}
	var began time.Time
	if len(made) > 0 {
		began = made[0].Began
	}
	s, err := w.openScenario(scenarioDir, machine, slots)
	if err != nil {
		return nil, err
	}
	f := s.Facts()
	name := m.Name
	if name == "" {
		name = block
	}
	return &served{scenario: s, release: &serve.Release{
		Name: name, Digest: digest.String(), Made: began, Answerer: answerer{s, name, digest.String()}, Origin: "release", Policy: rails{policy, policy.Title()},
		Limits: serve.Limits{Tokens: m.Limits[operate.LimitTokens], AtOnce: m.Limits[operate.LimitAtOnce], Minute: m.Limits[operate.LimitMinute]},
		Document: func(readers []string, _, file string) (any, error) {
			list, err := s.Document(file, readers, mostPassages)
			return append([]knowledge.Passage{}, list...), err
		},
		Context: f.Context, Examples: examples, Label: policy.Labelled(),
		About: map[string]any{"parameters": f.Parameters, "layers": f.Layers, "width": f.Width, "vocabulary": f.Vocabulary, "think": f.Think, "passages": f.Passages},
	}}, nil
}

// openScenario opens a scenario to give some answers at a time.
func (w *workspace) openScenario(dir string, machine stage.Machine, slots int) (*scenario.Scenario, error) {
	return w.openAt(dir, machine, slots, false)
}

// openScenarioFixed opens it so that templates are told the day that a verdict
// tells them.
func (w *workspace) openScenarioFixed(dir string, machine stage.Machine, slots int) (*scenario.Scenario, error) {
	return w.openAt(dir, machine, slots, true)
}

func (w *workspace) openAt(dir string, machine stage.Machine, slots int, fixed bool) (*scenario.Scenario, error) {
	open := scenario.Opener{Artifact: w.st.Model, Threads: machine.Threads, Slots: slots,
		Model:   func(path, adapter string) (scenario.Model, error) { return otherModel(path, adapter, machine, fixed) },
		Encoder: func(path, name string) (*knowledge.Encoder, error) { return openEncoder(path, name, machine) }}
	return open.Open(dir)
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

// An answerer makes a scenario's answers the server's. It can what every
// answerer can, and gives receipts.
type answerer struct {
	*scenario.Scenario
	name, digest string // of the release
}

var kinds = map[scenario.Kind]form.Kind{
	scenario.Sources: form.Sources, scenario.Thought: form.Thought, scenario.Answer: form.Text, scenario.Finish: form.Finish,
}

// Can implements form.Answerer.
func (s answerer) Can() form.Can {
	if o, ok := s.Other().(*other); ok {
		return o.Can() & otherCan
	}
	return form.Receipts
}

// Answer implements form.Answerer.
func (s answerer) Answer(ctx context.Context, a *form.Ask) iter.Seq2[form.Event, error] {
	if o, ok := s.Other().(*other); ok {
		return s.pass(ctx, o, a)
	}
	return func(yield func(form.Event, error) bool) {
		opt := asked(a)
		if a.Receipt != nil {
			opt.Trail = new(scenario.Trail)
			defer func() { s.receipt(a.Receipt, opt.Trail) }()
		}
		for d, err := range s.Scenario.Answer(ctx, messages(a), opt) {
			if !yield(event(d), public(err)) {
				return
			}
		}
	}
}

// receipt writes down how an answer was made, if one was begun.
func (s answerer) receipt(r *form.Receipt, t *scenario.Trail) {
	m := &t.Made
	if m.Prompt == nil {
		return
	}
	temperature, topP := float64(m.Temperature), float64(m.TopP)
	*r = form.Receipt{Version: form.ReceiptVersion, ID: r.ID, Program: r.Program, Model: form.ReceiptModel{Name: s.name, Digest: "sha256:" + s.digest},
		Prompt: form.Tokens(m.Prompt, true), Answer: form.Tokens(t.Tokens, false), Finish: t.Finish, Seed: m.Seed,
		Sampling: form.Sampling{Temperature: &temperature, TopP: &topP}, MaxTokens: m.MaxTokens, Think: form.Think{Budget: m.Think}, Chat: t.Asked, Open: m.Open, Readers: t.Principals}
}

// Replay makes the answer of a receipt again and reports whether it is the
// same, token by token.
func (s answerer) Replay(ctx context.Context, r *form.Receipt) (text string, same bool, err error) {
	if o, ok := s.Other().(*other); ok {
		return o.Model.Replay(ctx, r)
	}
	if err := r.Check(); err != nil {
		return "", false, err
	}
	t := scenario.Trail{Asked: r.Chat, Made: infer.Request{Prompt: r.Prompt.IDs, MaxTokens: r.MaxTokens, Open: r.Open, Think: r.Think.Budget, Seed: r.Seed}, Principals: r.Readers}
	if p := r.Sampling.Temperature; p != nil {
		t.Made.Temperature = float32(*p)
	}
	if p := r.Sampling.TopP; p != nil {
		t.Made.TopP = float32(*p)
	}
	ids, err := s.Again(ctx, &t, r.Answer.Tokens)
	return s.Text(ids), form.TokensDigest(ids) == r.Answer.Digest, err
}

// replayer opens what gave the answers of a release, which need not stand any
// more.
func (w *workspace) replayer(digest store.Digest, machine stage.Machine) (answerer, error) {
	dir, err := w.st.Dir(digest)
	if err != nil {
		return answerer{}, err
	}
	m, err := operate.OpenRelease(dir)
	if err != nil {
		return answerer{}, err
	}
	if dir, err = w.st.Dir(m.Scenario); err != nil {
		return answerer{}, err
	}
	s, err := w.openScenario(dir, machine, 1)
	return answerer{Scenario: s}, err
}

// messages are the conversation of an ask.
func messages(a *form.Ask) (list []stage.Message) {
	for _, m := range a.Messages {
		list = append(list, stage.Message{Role: m.Role, Content: m.Text})
	}
	return list
}

// event is what a client is told of d.
func event(d scenario.Delta) form.Event {
	e := form.Event{Kind: kinds[d.Kind], Text: d.Text, Reason: d.Reason,
		Usage: form.Usage{Prompt: d.Usage.Prompt, Completion: d.Usage.Completion, Reasoning: d.Usage.Reasoning}}
	for _, src := range d.Sources {
		e.Sources = append(e.Sources, form.Source(src))
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
