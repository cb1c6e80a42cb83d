package serve

import (
	"context"
	"iter"
	"strings"
	"testing"

	"suiren/serve/form"
)

// A reader notes which base it is asked with.
type reader struct {
	parrot
	base string
	can  form.Can
}

func (r *reader) Can() form.Can { return r.can }

func (r *reader) Answer(ctx context.Context, a *form.Ask) iter.Seq2[form.Event, error] {
	r.base = a.Knowledge
	return r.parrot.Answer(ctx, a)
}

// A release is asked with its base, with another, or with none, on every surface.
func TestNoKnowledge(t *testing.T) {
	m := &reader{can: parrot{}.Can()}
	b := start(t, m, func(_ *Config, r *Release) { r.Knowledge = "house" })
	for path, body := range map[string]string{
		"/v1/chat/completions": `{"model": "tutor", "messages": [{"role": "user", "content": "hi"}] %}`,
		"/v1/responses":        `{"model": "tutor", "input": "hi" %}`,
		"/v1/messages":         `{"model": "tutor", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}] %}`,
		"/api/chat":            `{"model": "tutor", "stream": false, "messages": [{"role": "user", "content": "hi"}] %}`,
		"/api/generate":        `{"model": "tutor", "stream": false, "prompt": "hi", "options": {"seed": 1 %}}`,
	} {
		for sent, want := range map[string]string{"": "house", `, "knowledge": "pottery"`: "pottery", `, "knowledge": false`: "", `, "knowledge": ""`: "house"} {
			m.base = "nothing"
			if code, text := b.send(t, "POST", path, strings.Replace(body, "%", sent, 1)); code != 200 || m.base != want {
				t.Errorf("%s with %q: %d, asked with %q, want %q: %s", path, sent, code, m.base, want, text)
			}
		}
		if code, _ := b.send(t, "POST", path, strings.Replace(body, "%", `, "knowledge": true`, 1)); code != 400 {
			t.Errorf("%s with true: %d", path, code)
		}
	}
	// What takes no base from a request takes none away either: a plan's release answers as its scenario says.
	m.can &^= form.Bases
	if code, text := b.send(t, "POST", "/v1/chat/completions", `{"model": "tutor", "messages": [{"role": "user", "content": "hi"}], "knowledge": false}`); code != 400 || !strings.Contains(text, "unsupported_parameter") {
		t.Errorf("%d: %s", code, text)
	}
}
