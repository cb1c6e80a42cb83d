package main

import (
	"encoding/json"
	"testing"
	"time"

	"suiren/serve"
	"suiren/serve/form"
	"suiren/stage/operate/ledger"
)

// Past requests are asked again with the tools that they offered, as templates read them.
func TestPastTools(t *testing.T) {
	d := bookDir(t.TempDir())
	l, err := d.openLedger()
	if err != nil {
		t.Fatal(err)
	}
	offered := []form.Tool{{Name: "now", Description: "the time", Parameters: json.RawMessage(`{"type":"object"}`)}, {Name: "bare"}}
	for id, tools := range map[string][]form.Tool{"with": offered, "without": nil} {
		content, err := contentOf(&serve.Record{Messages: []form.Message{{Role: "user", Text: id}}, Tools: tools, Answer: "yes"})
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Settle(&ledger.Trace{ID: id, Time: time.Now(), Account: ledger.Account{Key: "k"}, Supply: ledger.Supply{Release: "r", Model: "m"},
			Operation: "chat", Reason: "stop", Amounts: ledger.Amounts{Requests: 1, Prompt: 3, Answer: 4}, Content: content}); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	list, err := d.pastProblems("m", 9)
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	want := map[string]string{
		"with":    `[{"type":"function","function":{"name":"now","description":"the time","parameters":{"type":"object"}}},{"type":"function","function":{"name":"bare","parameters":{"type":"object","properties":{}}}}]`,
		"without": `null`,
	}
	for _, p := range list {
		if got, err := json.Marshal(p.Tools); err != nil || string(got) != want[p.Prompt] {
			t.Errorf("%s is asked with %s, %v", p.Prompt, got, err)
		}
	}
}
