package main

import (
	"strings"
	"testing"
	"time"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/stage"
)

// told renders events that come a second apart, and returns what was written.
func told(tty bool, lang say.Lang, events ...stage.Event) string {
	var b strings.Builder
	a := &app{lang: lang, stderr: &b, screen: terminal.NewScreen(&b, tty)}
	now := time.Unix(0, 0)
	p := newProgress(a)
	p.now = func() time.Time { now = now.Add(time.Second); return now }
	p.begin("weights.x")
	for _, e := range events {
		e.Step = "weights.x"
		p.event(e)
	}
	p.end("weights.x", "done")
	return b.String()
}

func TestProgressOnTerminal(t *testing.T) {
	events := []stage.Event{
		{Type: "metric", Vals: map[string]float64{"loss": 1.2345, "tokens_per_s": 41234, "share_of_peak": 0.61}},
		{Type: "progress", Done: 100, Total: 400, Unit: "steps"},
		{Type: "progress", Done: 200, Total: 400, Unit: "steps"},
	}
	got := told(true, say.English, events...)
	for _, want := range []string{
		"██████░░░░░░   50%  200/400 steps  2.0 s left  loss 1.234", "tokens/s 41,234", "of peak 61%",
		"\x1b[1A\x1b[Jdone\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	if got := told(true, say.Chinese, events...); !strings.Contains(got, "200/400 步") || !strings.Contains(got, "还需 2.0 秒") {
		t.Errorf("not in Chinese: %q", got)
	}
}

// A resumed step does not count what it found done as its own speed.
func TestProgressResumed(t *testing.T) {
	got := told(true, say.English,
		stage.Event{Type: "progress", Done: 900, Total: 1000, Unit: "problems"},
		stage.Event{Type: "progress", Done: 910, Total: 1000, Unit: "problems"})
	if !strings.Contains(got, "9.0 s left  10 problems/s") {
		t.Errorf("got %q", got)
	}
}

func TestProgressOffTerminal(t *testing.T) {
	var events []stage.Event
	for i := range 25 {
		events = append(events, stage.Event{Type: "progress", Done: float64(i), Total: 25, Unit: "steps"})
	}
	text := say.T("resumed", "已恢复")
	events = append(events, stage.Event{Type: "note", Text: &text})
	got := told(false, say.English, events...)
	if n := strings.Count(got, "steps/s"); n != 2 {
		t.Errorf("%d lines in 26 seconds, want 2: %q", n, got)
	}
	if strings.Contains(got, "\x1b") || !strings.Contains(got, "weights.x: resumed\n") {
		t.Errorf("got %q", got)
	}
}
