package serve

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// An energy reads the processor's own counters, where the program may: what all
// its packages have used, whichever program used it, since it was opened.
type energy struct {
	kind     string // rapl, hwmon
	counters []counter
	sum      int64 // microjoules
}

// A counter is a package's, which begins again after the last that it can show.
type counter struct {
	path       string
	last, most uint64 // microjoules
}

// maxCounters bounds the packages that are read.
const maxCounters = 64

// openEnergy looks below /sys/class for what the kernel documents in
// Documentation/power/powercap and hwmon: the packages of powercap's RAPL or, where
// there is none, the sockets of a hardware monitor. It returns nil where there is no
// counter, or it may not be read.
func openEnergy(sys string) *energy {
	e := &energy{kind: "rapl", counters: raplCounters(filepath.Join(sys, "powercap"))}
	if len(e.counters) == 0 {
		e = &energy{kind: "hwmon", counters: hwmonCounters(filepath.Join(sys, "hwmon"))}
	}
	if len(e.counters) == 0 {
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
	return e.sum
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
