package train

import (
	"time"

	"suiren/stage"
)

// A meter tells of progress: of every step at first and of two hundred others
// at least, so that a curve is whole however short the run, and else a few
// times a second.
type meter struct {
	job    *stage.Job
	steps  int
	l      *Learner // whose norm and rate are told; may be nil
	last   time.Time
	since  time.Time // of tokens and flops
	tokens int
	flops  float64 // at since
}

const (
	meterFirst = 20
	meterLeast = 200
	meterEvery = 0.5 // seconds
)

func newMeter(job *stage.Job, steps int, flops float64) *meter {
	now := time.Now()
	return &meter{job: job, steps: steps, last: now, since: now, flops: flops}
}

func (m *meter) step(n int, loss float64, tokens int, flops float64) {
	m.tokens += tokens
	now := time.Now()
	told := now.Sub(m.last).Seconds() >= meterEvery
	if !told && n > meterFirst && n%max(m.steps/meterLeast, 1) != 0 && n < m.steps {
		return
	}
	vals := map[string]float64{"step": float64(n), "loss": loss, "flops": flops}
	if m.l != nil {
		vals["norm"], vals["rate"] = m.l.norm, float64(m.l.rate)
	}
	// A speed over a few milliseconds would be noise.
	if d := now.Sub(m.since).Seconds(); d >= meterEvery || n == m.steps && d > 0 {
		vals["tokens_per_s"] = float64(m.tokens) / d
		if m.job.Machine.Peak > 0 {
			vals["share_of_peak"] = (flops - m.flops) / d / m.job.Machine.Peak
		}
		m.since, m.tokens, m.flops = now, 0, flops
	}
	m.job.Emit(stage.Event{Type: "metric", Vals: vals})
	if told || n == m.steps {
		m.job.Emit(stage.Event{Type: "progress", Done: float64(n), Total: float64(m.steps), Unit: "steps"})
		m.last = now
	}
}
