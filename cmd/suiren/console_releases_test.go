package main

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"suiren/serve"
	"suiren/stage/guard"
)

// What two releases were asked may be what people asked: who may read releases sees
// how they compare, and the questions only who may read traces. An erasure takes
// them.
func TestComparedQuestionsAreTraces(t *testing.T) {
	h := &house{compared: &comparison{Comparison: &guard.Comparison{First: "one", Rows: []guard.Row{{ID: "1", Prompt: "private-question"}}}}}
	ask := func(query string, may bool) (string, error) {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		v, err := h.comparedPage(t.Context(), serve.Query{Values: values, May: func(a serve.Action) bool { return may && a == serve.ReadTraces }})
		b, _ := json.Marshal(v)
		return string(b), err
	}
	if got, err := ask("", false); err != nil || !strings.Contains(got, `"one"`) || strings.Contains(got, "private-question") {
		t.Errorf("the sums: %s, %v", got, err)
	}
	if got, err := ask("from=0", false); err == nil {
		t.Errorf("without the right to traces: %s", got)
	}
	if got, err := ask("from=0", true); err != nil || !strings.Contains(got, "private-question") {
		t.Errorf("with it: %s, %v", got, err)
	}
	h.srv = serve.New(serve.Config{})
	h.forget("somebody")
	if got, err := ask("from=0", true); err != nil || strings.Contains(got, "private-question") {
		t.Errorf("after an erasure: %s, %v", got, err)
	}
}
