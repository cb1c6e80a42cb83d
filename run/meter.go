package run

import (
	"encoding/json"
	"os"
	"time"
)

// A cost is what a step has taken. It is kept beside the step's checkpoints,
// so that a step which was interrupted is not recorded as a quick one: the
// next forecast would believe it.
type cost struct {
	Seconds float64 `json:"seconds"`
	Memory  int64   `json:"memory"` // peak resident bytes
}

const (
	sampleEvery = 50 * time.Millisecond
	keepEvery   = 5 * time.Second
)

// A meter measures the time and the peak memory of a step.
type meter struct {
	path  string
	began time.Time
	cost  cost // before began, but for Memory
	quit  chan struct{}
	done  chan struct{}
}

// startMeter goes on from the cost in the file at path, if there is one. dir
// holds the step's checkpoints.
func startMeter(path, dir string) *meter {
	m := &meter{path: path, began: time.Now(), quit: make(chan struct{}), done: make(chan struct{})}
	if b, err := os.ReadFile(path); err != nil || json.Unmarshal(b, &m.cost) != nil || m.cost.Seconds < 0 || m.cost.Memory < 0 {
		m.cost = cost{}
	} else {
		m.cost.Seconds += after(path, dir).Seconds()
	}
	m.sample()
	m.keep() // from here on a checkpoint that is newer is this run's
	go m.run()
	return m
}

// after is how much later a checkpoint came into dir than the file at path was
// written. A process that was killed kept no cost at its last checkpoint, whose
// work the next run has for nothing: without its time a step that is killed
// often would be recorded as faster than the machine is. A living process keeps
// its cost every keepEvery: what is longer is a clock that was set, or a
// machine that slept.
func after(path, dir string) time.Duration {
	kept, err := os.Stat(path)
	if err != nil {
		return 0
	}
	saved, err := os.Stat(dir) // a checkpoint is renamed into it
	if err != nil {
		return 0
	}
	return min(max(saved.ModTime().Sub(kept.ModTime()), 0), keepEvery)
}

func (m *meter) run() {
	defer close(m.done)
	sample, keep := time.NewTicker(sampleEvery), time.NewTicker(keepEvery)
	defer sample.Stop()
	defer keep.Stop()
	for {
		select {
		case <-sample.C:
			m.sample()
		case <-keep.C:
			m.keep()
		case <-m.quit:
			m.sample()
			m.keep()
			return
		}
	}
}

func (m *meter) sample() { m.cost.Memory = max(m.cost.Memory, resident()) }

func (m *meter) seconds() float64 { return m.cost.Seconds + time.Since(m.began).Seconds() }

// keep writes the cost so far. It is a comfort and not a promise: an error
// costs nothing but that.
func (m *meter) keep() {
	b, err := json.Marshal(cost{m.seconds(), m.cost.Memory})
	if err == nil && os.WriteFile(m.path+".new", b, 0o600) == nil {
		os.Rename(m.path+".new", m.path)
	}
}

// stop returns the seconds and the peak memory, with those of the runs that
// were interrupted.
func (m *meter) stop() (seconds float64, memory int64) {
	close(m.quit)
	<-m.done
	return m.seconds(), m.cost.Memory
}
