package serve

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// An energy reads the processor's own meter (Linux's powercap, RAPL), where the
// program may: what all packages have used since it was opened.
type energy struct {
	zones []zone
	sum   float64 // joules
}

// A zone is a package's counter, which begins again at its range.
type zone struct {
	path        string
	last, until uint64 // microjoules
}

const powercap = "/sys/class/powercap"

// openEnergy returns nil where there is no meter, or it may not be read.
func openEnergy(dir string) *energy {
	list, _ := filepath.Glob(filepath.Join(dir, "intel-rapl:*"))
	var e energy
	for _, path := range list {
		if strings.Count(filepath.Base(path), ":") > 1 { // a part of a package
			continue
		}
		z := zone{path: filepath.Join(path, "energy_uj")}
		var ok1, ok2 bool
		z.last, ok1 = readCounter(z.path)
		z.until, ok2 = readCounter(filepath.Join(path, "max_energy_range_uj"))
		if ok1 && ok2 && z.until > 0 {
			e.zones = append(e.zones, z)
		}
	}
	if len(e.zones) == 0 {
		return nil
	}
	return &e
}

// joules are not to be asked for by two at once.
func (e *energy) joules() float64 {
	if e == nil {
		return 0
	}
	for i := range e.zones {
		z := &e.zones[i]
		now, ok := readCounter(z.path)
		if !ok {
			continue
		}
		d := now - z.last
		if now < z.last { // it began again
			d = now + z.until - z.last
		}
		e.sum += float64(d) / 1e6
		z.last = now
	}
	return e.sum
}

func readCounter(path string) (uint64, bool) {
	b, err := os.ReadFile(path)
	if err != nil || len(b) > 32 {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 63)
	return n, err == nil
}
