package compute

import (
	"math/bits"
	"os"
	"path/filepath"
	"testing"
	"time"

	"suiren/engine/kernel"
	"suiren/internal/say"
	"suiren/stage"
)

func TestProbe(t *testing.T) {
	m := Probe(1)
	if m.CPU == "" || m.Arch == "" || m.Cores < 1 || m.Threads != 1 || m.Memory < 0 {
		t.Errorf("Probe(1) = %+v", m)
	}
	if m := Probe(0); m.Threads < 1 || m.Threads > m.Cores {
		t.Errorf("Probe(0) uses %d threads of %d cores", m.Threads, m.Cores)
	}
	if m := Probe(1 << 20); m.Threads > m.Cores {
		t.Errorf("a million threads became %d of %d cores", m.Threads, m.Cores)
	}
}

func TestCalibrate(t *testing.T) {
	m := Probe(1)
	Calibrate(&m)
	// Between a multiply-add per microsecond and 2¹⁰ of them per clock of 10 GHz.
	if m.Peak < 1e6 || m.Peak > 2e13 {
		t.Errorf("peak of one thread is %g FLOP/s", m.Peak)
	}
	if b, err := Bandwidth(1); err != nil || b < 1e7 || b > 1e13 {
		t.Errorf("bandwidth is %g byte/s, %v", b, err)
	}
}

func TestTimedRunsAll(t *testing.T) {
	seen := make([]uint64, 3)
	if timed(3, func(i int) { seen[i] = 1 << i }) <= 0 {
		t.Error("took no time")
	}
	if n := bits.OnesCount64(seen[0] | seen[1] | seen[2]); n != 3 {
		t.Errorf("%d of 3 ran", n)
	}
}

func TestDoctor(t *testing.T) {
	now := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	m := stage.Machine{CPU: "X", Arch: "amd64 " + kernel.ISA(), Cores: 2, Threads: 2, Memory: 8 << 30}
	state := filepath.Join(t.TempDir(), "not", "yet")
	for _, c := range Doctor(m, state, now) {
		if c.ID != "cpu" && c.ID != "disk" && c.Status != OK {
			t.Errorf("%s: %s: %v", c.ID, c.Status, c.Found)
		}
		if c.Status != OK && c.Next.IsZero() {
			t.Errorf("%s: no next step", c.ID)
		}
		if c.Found.In(say.Chinese) == "" || c.Name.In(say.Chinese) == c.Name.En {
			t.Errorf("%s: not in Chinese", c.ID)
		}
	}
	if _, err := os.Stat(state); err == nil {
		t.Error("doctor made the state folder")
	}

	// A file where the folder's parent should be: nobody can write below it.
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	m.Memory, m.Arch = 1<<20, "mips generic"
	want := map[string]Status{"cpu": Warn, "memory": Fail, "state": Fail, "clock": Warn}
	for _, c := range Doctor(m, filepath.Join(file, "state"), time.Unix(0, 0)) {
		if w, ok := want[c.ID]; ok && (c.Status != w || c.Next.IsZero()) {
			t.Errorf("%s is %s with next step %q, want %s", c.ID, c.Status, c.Next, w)
		}
	}
}
