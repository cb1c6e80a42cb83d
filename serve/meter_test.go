package serve

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"suiren/serve/form"
)

// The parts of the requests add up to what the process used.
func TestMeter(t *testing.T) {
	now := int64(10)
	m := newMeter(func() share { return share{now, 2 * now} })
	now = 11 // nobody is served: nobody's
	a := m.begin()
	now = 13
	b := m.begin()
	now = 18 // 5 for two
	if got := m.end(a); got != (share{2 + 2, 4 + 5}) {
		t.Errorf("a: %v", got)
	}
	now = 19
	if got := m.end(b); got != (share{2 + 1 + 1, 5 + 2}) { // with what did not divide
		t.Errorf("b: %v", got)
	}
	now = 20
	m.divide()
	if m.idle != (share{1 + 1, 4}) {
		t.Errorf("idle: %v", m.idle)
	}
}

// Whatever comes and goes, not a millionth is lost or counted twice.
func TestMeterIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var now share
	m := newMeter(func() share { return now })
	var sum share
	var active []*share
	for range 20_000 {
		now.add(share{r.Int64N(1000), r.Int64N(1e6)})
		if len(active) > 0 && r.IntN(2) == 0 {
			i := r.IntN(len(active))
			sum.add(m.end(active[i]))
			active[i] = active[len(active)-1]
			active = active[:len(active)-1]
		} else if len(active) < 64 {
			active = append(active, m.begin())
		}
	}
	for _, s := range active {
		sum.add(m.end(s))
	}
	sum.add(m.idle)
	sum.add(m.rest)
	if sum != now {
		t.Errorf("the parts come to %v of %v", sum, now)
	}
}

// sysTree writes files below a folder: PATH TEXT.
func sysTree(t *testing.T, files ...string) (dir string, set func(path, text string)) {
	t.Helper()
	dir = t.TempDir()
	set = func(path, text string) {
		path = filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text+"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range files {
		path, text, _ := strings.Cut(f, " ")
		set(path, text)
	}
	return dir, set
}

func TestEnergyOfRAPL(t *testing.T) {
	sys, set := sysTree(t,
		"powercap/intel-rapl/enabled 1",
		"powercap/intel-rapl:0/name package-0", "powercap/intel-rapl:0/energy_uj 1000", "powercap/intel-rapl:0/max_energy_range_uj 262143328850",
		"powercap/intel-rapl:0:0/name core", "powercap/intel-rapl:0:0/energy_uj 500", "powercap/intel-rapl:0:0/max_energy_range_uj 262143328850",
		"powercap/intel-rapl:1/name package-1", "powercap/intel-rapl:1/energy_uj 262143328000", "powercap/intel-rapl:1/max_energy_range_uj 262143328850",
		"powercap/intel-rapl:2/name psys", "powercap/intel-rapl:2/energy_uj 7", "powercap/intel-rapl:2/max_energy_range_uj 262143328850",
		"hwmon/hwmon0/energy1_input 5", "hwmon/hwmon0/energy1_label Esocket0")
	clock, kind := machineClock(sys)
	if kind != "rapl" {
		t.Fatalf("read by %q", kind)
	}
	for _, c := range []struct{ zero, one, psys, want string }{
		{"1000", "262143328000", "99", "0"},
		{"5001000", "262143328850", "999", "5000850"}, // 5 J and the last of the range
		{"5001000", "150", "9999", "5001000"},         // it began again
		{"nonsense", "160", "0", "5001010"},           // one cannot be read for a while
		{"5002000", "", "0", "5002010"},
		{"5002000", strings.Repeat("9", 100), "0", "5002010"},
	} {
		set("powercap/intel-rapl:0/energy_uj", c.zero)
		set("powercap/intel-rapl:0:0/energy_uj", c.zero)
		set("powercap/intel-rapl:1/energy_uj", c.one)
		set("powercap/intel-rapl:2/energy_uj", c.psys)
		if got := fmt.Sprint(clock().microjoules); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestEnergyOfHwmon(t *testing.T) {
	sys, set := sysTree(t,
		"hwmon/hwmon0/temp1_input 40000",
		"hwmon/hwmon3/energy1_input 9", "hwmon/hwmon3/energy1_label Ecore000",
		"hwmon/hwmon3/energy17_input 100", "hwmon/hwmon3/energy17_label Esocket0",
		"hwmon/hwmon3/energy18_input 200", "hwmon/hwmon3/energy18_label Esocket1",
		"powercap/intel-rapl:0/name package-0") // without a counter
	clock, kind := machineClock(sys)
	if kind != "hwmon" {
		t.Fatalf("read by %q", kind)
	}
	set("hwmon/hwmon3/energy1_input", "1000000")
	set("hwmon/hwmon3/energy17_input", "1100")
	set("hwmon/hwmon3/energy18_input", "2200")
	if got := clock().microjoules; got != 3000 {
		t.Errorf("%d", got)
	}
}

// Where there are sensors of power alone, energy is what they say over time.
func TestEnergyOfPower(t *testing.T) {
	sys, set := sysTree(t,
		"hwmon/hwmon0/name amdgpu", "hwmon/hwmon0/power1_input 90000000",
		"hwmon/hwmon1/name power_meter", "hwmon/hwmon1/power1_input 300000000",
		"hwmon/hwmon2/name apm_xgene", "hwmon/hwmon2/power1_input 10000000", "hwmon/hwmon2/power1_label CPU power", "hwmon/hwmon2/power2_input 7000000", "hwmon/hwmon2/power2_label IO power",
		"hwmon/hwmon3/name fam15h_power", "hwmon/hwmon3/power1_input 2000000",
		"hwmon/hwmon4/name odd", "hwmon/hwmon4/power1_label GPU and CPU", "hwmon/hwmon4/power1_input 1")
	e := openEnergy(sys)
	if e == nil || e.kind != "power" || len(e.sensors) != 2 {
		t.Fatalf("%+v", e)
	}
	now := e.at
	e.clock = func() time.Time { return now }
	for i, c := range []struct {
		after    time.Duration
		one, two string
		want     int64
	}{
		{2 * time.Second, "20000000", "2000000", 34_000_000}, // 15 W and 2 W for 2 s
		{time.Second, "nonsense", "2000000", 36_000_000},
		{time.Second, "20000000", "2000000", 38_000_000},      // of the first it is not known what it drew
		{time.Second, "20000000", "999999999999", 58_000_000}, // nor of the second
		{-time.Hour, "20000000", "2000000", 58_000_000},       // a clock that was set back
		{500 * time.Millisecond, "20000000", "2000000", 69_000_000},
	} {
		now = now.Add(c.after)
		set("hwmon/hwmon2/power1_input", c.one)
		set("hwmon/hwmon3/power1_input", c.two)
		if got := e.used(); got != c.want {
			t.Errorf("%d: %d, want %d", i, got, c.want)
		}
	}
}

// A peak between two requests is seen while an answer is written, not more often than
// it has to be.
func TestSample(t *testing.T) {
	drawn, read := int64(0), 0
	m := newMeter(func() share { read++; return share{0, drawn} })
	s := m.begin()
	now := time.Unix(100, 0)
	for i := range 10 {
		drawn += 10
		m.sample(now.Add(time.Duration(i) * sampleEvery / 2))
	}
	if read != 2+5 || s.microjoules != 90 {
		t.Errorf("read %d times, %+v", read, *s)
	}
	if got := m.end(s); got.microjoules != 100 {
		t.Errorf("%+v", got)
	}
}

func TestNoEnergyCounter(t *testing.T) {
	sys, _ := sysTree(t, "hwmon/hwmon0/energy1_input 9", "hwmon/hwmon0/power1_input 9", "powercap/intel-rapl:0/name package-0", "powercap/intel-rapl:0/energy_uj x", "powercap/intel-rapl:0/max_energy_range_uj 5")
	if clock, kind := machineClock(sys); kind != "" || clock().microjoules != 0 {
		t.Errorf("read by %q", kind)
	}
	if _, kind := machineClock(filepath.Join(sys, "none")); kind != "" {
		t.Errorf("read by %q", kind)
	}
}

// What a request's record says is what the counter has counted meanwhile.
func TestRecordOfEnergy(t *testing.T) {
	sys, set := sysTree(t, "powercap/intel-rapl:0/name package-0", "powercap/intel-rapl:0/energy_uj 1000000", "powercap/intel-rapl:0/max_energy_range_uj 262143328850")
	b := start(t, parrot{}, nil)
	clock, kind := machineClock(sys)
	b.s.meter, b.s.metered = newMeter(clock), kind
	for i, counter := range []string{"1000000", "4500000", "4500001"} {
		used := parrotUses{func() { set("powercap/intel-rapl:0/energy_uj", counter) }}
		b.s.Open(&Release{Name: "tutor", Digest: strings.Repeat("ab", 32), Answerer: used})
		if code, body := b.send(t, "POST", "/v1/chat/completions", `{"messages":[{"role":"user","content":"one"}]}`); code != 200 {
			t.Fatal(code, body)
		}
		<-b.kept
		if r, want := b.records[i], []float64{0, 3.5, 0.000001}[i]; r.Joules != want || r.Metered != "rapl" {
			t.Errorf("%v joules by %q, want %v", r.Joules, r.Metered, want)
		}
	}
}

// parrotUses is a parrot that does something when it is asked.
type parrotUses struct{ do func() }

func (p parrotUses) Can() form.Can { return parrot{}.Can() }
func (p parrotUses) Answer(ctx context.Context, a *form.Ask) iter.Seq2[form.Event, error] {
	p.do()
	return parrot{}.Answer(ctx, a)
}
