package serve

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An energy reads the processor's own counters, where the program may: what all
// its packages have used, whichever program used it, since it was opened.
type energy struct {
	kind     string // rapl, hwmon, power
	counters []counter
	sensors  []sensor
	clock    func() time.Time
	at       time.Time // when the sensors were read
	sum      int64     // microjoules
}

// A sensor says what a processor draws now, in microwatts.
type sensor struct {
	path string
	last uint64
	ok   bool // last was read
}

// A counter is a package's, which begins again after the last that it can show.
type counter struct {
	path       string
	last, most uint64 // microjoules
}

// maxCounters bounds the packages that are read; mostDrawn what one can draw, in
// microwatts: a sensor that says more is wrong.
const (
	maxCounters = 64
	mostDrawn   = 5000 * 1e6
)

// sampleEvery is how often sensors of power are read while answers are written, and
// not only when a request comes or goes.
const sampleEvery = 100 * time.Millisecond

// openEnergy looks below /sys/class for what the kernel documents in
// Documentation/power/powercap and hwmon: the packages of powercap's RAPL or, where
// there is none, the sockets of a hardware monitor, or what its sensors say that a
// processor draws. It returns nil where there is none, or it may not be read.
func openEnergy(sys string) *energy {
	e := &energy{kind: "rapl", counters: raplCounters(filepath.Join(sys, "powercap"))}
	if len(e.counters) == 0 {
		e = &energy{kind: "hwmon", counters: hwmonCounters(filepath.Join(sys, "hwmon"))}
	}
	if len(e.counters) == 0 {
		e = &energy{kind: "power", sensors: powerSensors(filepath.Join(sys, "hwmon")), clock: time.Now, at: time.Now()}
	}
	if len(e.counters)+len(e.sensors) == 0 {
		return nil
	}
	return e
}

// raplCounters are those of the packages. A part of a package (intel-rapl:0:1) is in
// it, and psys, the whole board, has the packages in it.
func raplCounters(dir string) (list []counter) {
	zones, _ := filepath.Glob(filepath.Join(dir, "intel-rapl:*"))
	for _, zone := range zones {
		name, ok := readWord(filepath.Join(zone, "name"))
		if strings.Count(filepath.Base(zone), ":") > 1 || !ok || !strings.HasPrefix(name, "package") {
			continue
		}
		most, ok := readCounter(filepath.Join(zone, "max_energy_range_uj"))
		if ok && most > 0 {
			list = begin(list, filepath.Join(zone, "energy_uj"), most)
		}
	}
	return list
}

// hwmonCounters are those of the sockets: energyN_input in microjoules whose
// energyN_label is Esocket and a number (amd_energy). The driver keeps 64 bits.
func hwmonCounters(dir string) (list []counter) {
	inputs, _ := filepath.Glob(filepath.Join(dir, "hwmon*", "energy*_input"))
	for _, path := range inputs {
		if label, ok := readWord(strings.TrimSuffix(path, "_input") + "_label"); ok && strings.HasPrefix(label, "Esocket") {
			list = begin(list, path, 1<<63-1)
		}
	}
	return list
}

// powerSensors are powerN_input whose label, or where there is none whose driver, names
// a processor: "CPU power" of xgene-hwmon, fam15h_power, cpu_power. What the whole
// board draws, or an accelerator, is not the processor's.
func powerSensors(dir string) (list []sensor) {
	inputs, _ := filepath.Glob(filepath.Join(dir, "hwmon*", "power*_input"))
	for _, path := range inputs {
		name, ok := readWord(strings.TrimSuffix(path, "_input") + "_label")
		if !ok {
			name, _ = readWord(filepath.Join(filepath.Dir(path), "name"))
		}
		name = strings.ToLower(name)
		if !strings.Contains(name, "gpu") && slices.ContainsFunc([]string{"cpu", "package", "socket", "processor", "fam15h_power"}, func(s string) bool { return strings.Contains(name, s) }) {
			if last, ok := readCounter(path); ok && last <= mostDrawn && len(list) < maxCounters {
				list = append(list, sensor{path, last, true})
			}
		}
	}
	return list
}

// begin adds a counter, if it can be read.
func begin(list []counter, path string, most uint64) []counter {
	last, ok := readCounter(path)
	if !ok || len(list) == maxCounters {
		return list
	}
	return append(list, counter{path, last, most})
}

// used is in microjoules. It is not to be asked for by two at once.
func (e *energy) used() int64 {
	if e == nil {
		return 0
	}
	for i := range e.counters {
		c := &e.counters[i]
		now, ok := readCounter(c.path)
		if !ok {
			continue
		}
		d := now - c.last
		if now < c.last { // it began again
			d = now + max(c.most, c.last) - c.last
		}
		e.sum += int64(min(d, 1<<40)) // 300 Wh: what is more is no counter
		c.last = now
	}
	if len(e.sensors) > 0 {
		e.integrate()
	}
	return e.sum
}

// integrate adds what was drawn since the sensors were read: the mean of then and now
// over the time between. Of a sensor that could not be read then or now it is nothing.
func (e *energy) integrate() {
	now := e.clock()
	seconds := max(now.Sub(e.at).Seconds(), 0)
	e.at = now
	for i := range e.sensors {
		s := &e.sensors[i]
		drawn, ok := readCounter(s.path)
		if ok = ok && drawn <= mostDrawn; ok && s.ok {
			e.sum += int64(float64(s.last+drawn) / 2 * seconds)
		}
		s.last, s.ok = drawn, ok
	}
}

func readCounter(path string) (uint64, bool) {
	text, ok := readWord(path)
	n, err := strconv.ParseUint(text, 10, 63)
	return n, ok && err == nil
}

// readWord reads a small file, without the line's end.
func readWord(path string) (string, bool) {
	b, err := os.ReadFile(path)
	return strings.TrimSpace(string(b)), err == nil && len(b) <= 64
}
