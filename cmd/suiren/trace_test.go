package main

import (
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage/operate/ledger"
)

// What a user and a model wrote cannot command the terminal of who reads it.
func TestTraceIsPrintable(t *testing.T) {
	var b strings.Builder
	a := &app{lang: say.English, stdout: &b}
	a.showTrace(&ledger.Trace{Content: &ledger.Content{Messages: []ledger.Message{{Role: "user", Text: "\x1b]0;mine\x07hello"}}, Answer: "\x1b[2Jgood \u009b1mday"}})
	if got := b.String(); strings.ContainsAny(got, "\x1b\x07\u009b") || !strings.Contains(got, "hello\n") || !strings.Contains(got, "day\n") {
		t.Errorf("%q", got)
	}
}
