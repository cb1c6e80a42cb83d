package train

import (
	"time"

	"suiren/stage"
)

// A meter tells of progress a few times a second.
type meter struct {
	job    *stage.Job
	steps  int
	last   time.Time
	tokens int
	flops  float64 // at last
}

func newMeter(job *stage.Job, steps int, flops float64) *meter {
	return &meter{job: job, steps: steps, last: time.Now(), flops: flops}
}

func (m *meter) step(n int, loss float64, tokens int, flops float64) {
	m.tokens += tokens
	now := time.Now()
	d := now.Sub(m.last).Seconds()
	if d < 0.5 && n < m.steps {
		return
	}
	vals := map[string]float64{"step": float64(n), "loss": loss, "tokens_per_s": float64(m.tokens) / d, "flops": flops}
	if m.job.Machine.Peak > 0 {
		vals["share_of_peak"] = (flops - m.flops) / d / m.job.Machine.Peak
	}
	m.job.Emit(stage.Event{Type: "metric", Vals: vals})
	m.job.Emit(stage.Event{Type: "progress", Done: float64(n), Total: float64(m.steps), Unit: "steps"})
	m.last, m.tokens, m.flops = now, 0, flops
}
