package train

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
)

// What is said of a shape is made smaller too: width and hidden where the plan
// says them, width also where the least depth is too large; and an optimiser that
// remembers less is named where it is enough.
func TestSmallerShape(t *testing.T) {
	in := map[string][]stage.Forecast{"from": {{Size: map[string]float64{"length": 128, "rows": 1000, "vocab": 512}}}}
	ways := func(op SFT, m stage.Machine) (list []string) {
		t.Helper()
		f := op.Forecast(in, m)
		if f.Memory <= m.Memory {
			t.Fatalf("it fits: %d of %d", f.Memory, m.Memory)
		}
		for _, way := range f.Smaller {
			list = append(list, way.In(say.English))
		}
		return list
	}
	takes := func(op SFT) int64 { return op.Forecast(in, stage.Machine{Threads: 2, Memory: 1}).Memory } // at least
	for _, c := range []struct {
		op, fits SFT // fits takes as much as the machine has
		more     int64
		want     string
	}{
		{SFT{Depth: 4, Width: 512, Batch: 1}, SFT{Depth: 4, Width: 384, Batch: 1}, 0, "width = 384"},
		{SFT{Depth: 4, Width: 256, Batch: 1}, SFT{Depth: 4, Width: 224, Batch: 1}, 0, "width = 224"},
		{SFT{Depth: 2, Width: 128, Hidden: 4096, Batch: 1}, SFT{Depth: 2, Width: 128, Hidden: 1024, Batch: 1}, 0, "hidden = 1024"},
		{SFT{Depth: 2, Width: 128, Hidden: 4096, Batch: 1}, SFT{Depth: 2, Width: 128, Hidden: 1024, Batch: 1}, -1, "hidden = 992"},
		{SFT{Depth: 28, Batch: 1, Optimizer: "adamw"}, SFT{Depth: 28, Batch: 1, Optimizer: "adamw8"}, 0, `optimizer = "adamw8"`},
		{SFT{Depth: 28, Batch: 1}, SFT{Depth: 28, Batch: 1, Optimizer: "adamw8"}, 0, `optimizer = "adamw8"`},
	} {
		m := stage.Machine{Threads: 2, Memory: takes(c.fits) + c.more}
		if got := ways(c.op, m); !slices.Contains(got, c.want) {
			t.Errorf("%+v: %q, want %s", c.op, got, c.want)
		}
		m.Memory = takes(c.fits) - 1
		if got := ways(c.op, m); c.more == 0 && slices.Contains(got, c.want) {
			t.Errorf("%+v: %s is named and does not fit: %q", c.op, c.want, got)
		}
	}
	deep := SFT{Depth: 64, Width: 8192, Batch: 1}
	m := stage.Machine{Threads: 2, Memory: 8 << 30}
	got := ways(deep, m)
	i := slices.IndexFunc(got, func(way string) bool { return strings.HasPrefix(way, "width = ") })
	if i < 0 {
		t.Fatalf("of a width that is too large: %q", got)
	}
	fmt.Sscanf(got[i], "width = %d", &deep.Width)
	wider := deep
	if wider.Width += 64; takes(deep) > m.Memory || takes(wider) <= m.Memory {
		t.Errorf("%s is not the least change: it takes %d, the next %d of %d", got[i], takes(deep), takes(wider), m.Memory)
	}
	for _, way := range ways(SFT{Depth: 28, Batch: 1, Optimizer: "adamw8"}, stage.Machine{Threads: 2, Memory: takes(SFT{Depth: 20, Batch: 1})}) {
		if strings.HasPrefix(way, "width") || strings.HasPrefix(way, "hidden") || strings.HasPrefix(way, "optimizer") {
			t.Errorf("named, though depth is the one dial of the plan: %s", way)
		}
	}
}
