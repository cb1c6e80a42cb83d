package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/stage"
)

// How often a step is told of: again in place on a terminal, as a line of its
// own elsewhere.
const (
	redraw = 100 * time.Millisecond
	piped  = 10 * time.Second
)

// A progress renders events: one live line for each running step on a
// terminal, a line every ten seconds elsewhere, or all of them as JSON.
type progress struct {
	a     *app
	now   func() time.Time
	mu    sync.Mutex
	steps map[string]*running
	drawn time.Time
}

// A running step is what its events have told so far.
type running struct {
	began time.Time
	told  time.Time // its last line, off a terminal
	what  say.Text  // what progress is at
	unit  string
	first float64   // Done, and when: the start of the rate
	since time.Time // zero before the first progress
	done  float64
	total float64
	vals  map[string]float64
}

func newProgress(a *app) *progress {
	return &progress{a: a, now: time.Now, steps: map[string]*running{}}
}

// begin says that a step began.
func (p *progress) begin(step string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.steps[step] = &running{began: now, told: now, vals: map[string]float64{}}
	p.drawn = time.Time{}
	p.draw(now)
}

// end says that a step ended, with the line that stays.
func (p *progress) end(step, line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.steps, step)
	p.drawn = time.Time{}
	p.a.screen.Show(nil)
	p.a.screen.Print(line)
	p.draw(p.now())
}

// sampleWidth is the columns of a sample that are shown; TensorBoard has all
// of it.
const sampleWidth = 200

// event takes what a running step tells. Any goroutine may call it.
func (p *progress) event(e stage.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.steps[e.Step]
	if s == nil {
		return
	}
	now := p.now()
	switch e.Type {
	case "note":
		text := e.Say
		if e.Text != nil { // it may name files and fields
			text = e.Text.Told(p.a.lang)
		}
		if text != "" {
			p.a.screen.Print(p.fold("    " + p.a.t("%s: %s", "%s：%s", e.Step, text))...)
		}
		return
	case "sample":
		if text := p.a.say(e); text != "" {
			p.a.screen.Print(p.fold(terminal.Cut("    "+p.a.t("%s: %s", "%s：%s", e.Step, terminal.Printable(strings.ReplaceAll(text, "\n", " "))), sampleWidth))...)
		}
		return
	}
	s.hear(e, now)
	p.draw(now)
}

// hear takes what the step told at a time.
func (s *running) hear(e stage.Event, at time.Time) {
	switch e.Type {
	case "progress":
		if e.Text != nil {
			s.what = *e.Text
		}
		if s.since.IsZero() || e.Unit != s.unit || e.Total != s.total || e.Done < s.done {
			s.first, s.since = e.Done, at // another phase
		}
		s.unit, s.done, s.total = e.Unit, e.Done, e.Total
	case "metric", "count":
		maps.Copy(s.vals, e.Vals)
	}
}

// left returns the seconds that are left of what progress is at, and its rate a
// second; false while that is not known.
func (s *running) left(now time.Time) (left, rate float64, ok bool) {
	spent := now.Sub(s.since).Seconds()
	if s.since.IsZero() || s.done <= s.first || s.total <= s.done || spent < 1 {
		return 0, 0, false
	}
	rate = (s.done - s.first) / spent
	return (s.total - s.done) / rate, rate, true
}

// draw shows the running steps, if it is time.
func (p *progress) draw(now time.Time) {
	names := slices.Sorted(maps.Keys(p.steps))
	if p.a.screen.Live() {
		if now.Sub(p.drawn) < redraw {
			return
		}
		p.drawn = now
		var lines []string
		for _, name := range names {
			lines = append(lines, rows(p.a.runningParts(name, p.steps[name], now, true), p.a.screen.Width()-1)...)
		}
		p.a.screen.Show(lines)
		return
	}
	for _, name := range names {
		if s := p.steps[name]; now.Sub(s.told) >= piped {
			s.told = now
			p.a.screen.Print(strings.Join(p.a.runningParts(name, s, now, false), "  "))
		}
	}
}

// rows puts parts side by side on lines of at most n columns. No line is
// broken by the terminal, so that they can be drawn again in place.
func rows(parts []string, n int) (lines []string) {
	line := ""
	for _, part := range parts {
		switch {
		case line == "":
			line = part
		case terminal.Columns(line)+2+terminal.Columns(part) <= n:
			line += "  " + part
		default:
			lines, line = append(lines, terminal.Cut(line, n)), "      "+part
		}
	}
	return append(lines, terminal.Cut(line, n))
}

// fold breaks a message at the width of a terminal.
func (p *progress) fold(text string) []string {
	if !p.a.screen.Live() {
		return []string{text}
	}
	return terminal.Fold(text, p.a.screen.Width()-1, "      ")
}

// say returns the words of an event in the reader's language.
func (a *app) say(e stage.Event) string {
	if e.Text != nil {
		return e.Text.In(a.lang)
	}
	return e.Say
}

// runningParts describe a running step: a bar, how far, how long yet, how fast.
func (a *app) runningParts(name string, s *running, now time.Time, bar bool) []string {
	parts := []string{"  > " + terminal.Pad(name, 20)}
	if s.total > 0 {
		part := min(s.done/s.total, 1)
		if bar {
			const cells = 12
			full := int(part * cells)
			parts = append(parts, strings.Repeat("█", full)+strings.Repeat("░", cells-full))
		}
		parts = append(parts, fmt.Sprintf("%3.0f%%", 100*part), count(s.done)+"/"+count(s.total)+" "+a.unit(s.unit))
	} else if s.done > 0 {
		parts = append(parts, count(s.done)+" "+a.unit(s.unit))
	}
	if left, rate, ok := s.left(now); ok {
		parts = append(parts, a.t("%s left", "还需 %s", a.seconds(left)))
		if _, ok := s.vals["tokens_per_s"]; !ok {
			parts = append(parts, rateText(rate)+a.t(" %s/s", " %s/秒", a.unit(s.unit)))
		}
	} else if s.total == 0 || s.since.IsZero() {
		parts = append(parts, a.seconds(now.Sub(s.began).Seconds()))
	}
	if !s.what.IsZero() {
		parts = append(parts, s.what.In(a.lang))
	}
	for _, m := range []struct {
		key  string
		name say.Text
		show func(float64) string
	}{
		{"loss", say.T("loss", "损失"), func(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }},
		{"watch_loss", say.T("held out", "留出集"), func(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }},
		{"bits_per_byte", say.T("bits/byte", "比特/字节"), func(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }},
		{"watch_right", say.T("right way round", "方向正确"), func(v float64) string { return fmt.Sprintf("%.0f%%", 100*v) }},
		{"heldout", say.T("watched problems right", "观察题正确率"), func(v float64) string { return fmt.Sprintf("%.1f%%", 100*v) }},
		{"norm", say.T("norm", "梯度范数"), func(v float64) string { return strconv.FormatFloat(v, 'g', 3, 64) }},
		{"rate", say.T("rate", "学习率"), func(v float64) string { return fmt.Sprintf("%.0f%%", 100*v) }}, // part of the full one
		{"reward", say.T("reward", "奖励"), func(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }},
		{"tokens_per_s", say.T("tokens/s", "词元/秒"), count},
		{"share_of_peak", say.T("of peak", "峰值占比"), func(v float64) string { return fmt.Sprintf("%.0f%%", 100*v) }},
		{"memory", say.T("memory", "内存"), func(v float64) string { return size(int64(v)) }},
	} {
		if v, ok := s.vals[m.key]; ok {
			parts = append(parts, m.name.In(a.lang)+" "+m.show(v))
		}
	}
	return parts
}

// rateText writes a rate with as many digits as it deserves.
func rateText(r float64) string {
	if r < 10 {
		return strconv.FormatFloat(r, 'f', 1, 64)
	}
	return count(r)
}
