package optim

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"suiren/engine/tensor"
	"suiren/engine/weights"
)

// testdata/oracle/optim: PyTorch's AdamW, bitsandbytes' 8-bit AdamW and Lion.
const oracle = "../../testdata/oracle/optim"

type settings struct{ LR, Beta1, Beta2, Eps, Decay float32 }

type answers struct {
	Steps, Grads int
	Clip         float64
	Norms        []float64
	AdamW, Lion  settings
	file         *weights.File
}

func readAnswers(t *testing.T) *answers {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(oracle, "answers.json"))
	if err != nil {
		t.Fatal(err)
	}
	var a answers
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	if a.file, err = weights.OpenFile(filepath.Join(oracle, "answers.safetensors")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.file.Close() })
	return &a
}

func (a *answers) read(t *testing.T, name string) []float32 {
	t.Helper()
	shape, ok := a.file.Shape(name)
	if !ok {
		t.Fatalf("no tensor %s", name)
	}
	n := 1
	for _, d := range shape {
		n *= d
	}
	x := make([]float32, n)
	if err := a.file.Read(name, x); err != nil {
		t.Fatal(err)
	}
	return x
}

// run takes the oracle's steps. A save and a restore of the moments amid them
// change nothing.
func (a *answers) run(t *testing.T, s Settings, workers int) (data [2][]float32, o *Optimizer, norms []float64) {
	t.Helper()
	names := [2]string{"matrix", "vector"}
	var params []Param
	for i, name := range names {
		data[i] = a.read(t, "start."+name)
		p := Param{Data: data[i], Grad: make([]float32, len(data[i])), Rows: len(data[i]), Cols: 1, Rate: 1}
		if i == 0 {
			p.Rows, p.Cols, p.Matrix = 64, len(data[i])/64, true
		}
		params = append(params, p)
	}
	make := func() *Optimizer {
		o, err := New(s, params, tensor.NewTeam(workers))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(o.Close)
		return o
	}
	o = make()
	for step := range a.Steps {
		if step == 5 {
			state, steps := o.State()
			next := make()
			fresh, _ := next.State()
			copy(fresh, state)
			next.SetSteps(steps)
			o = next
		}
		scale := float32(math.Ldexp(1, step/a.Grads-1))
		for i, name := range names {
			for j, g := range a.read(t, "grad"+string(rune('0'+step%a.Grads))+"."+name) {
				params[i].Grad[j] = g * scale
			}
		}
		norms = append(norms, o.Norm())
		o.Step(1)
	}
	return data, o, norms
}

func (a *answers) settings(m Method, s settings) Settings {
	return Settings{Method: m, Adam: s.LR, Beta1: s.Beta1, Beta2: s.Beta2, Eps: s.Eps, Decay: s.Decay}
}

// far is the largest difference of x and want, over the largest of want.
func far(x, want []float32) float64 {
	worst, size := 0.0, 0.0
	for i := range want {
		size = max(size, math.Abs(float64(want[i])))
		worst = max(worst, math.Abs(float64(x[i])-float64(want[i])))
	}
	return worst / size
}

func TestOracleMethods(t *testing.T) {
	a := readAnswers(t)
	adam := a.settings(AdamW, a.AdamW)
	adam.Clip = a.Clip
	eight := a.settings(AdamW8, a.AdamW)
	for _, c := range []struct {
		name  string
		s     Settings
		bound float64 // ten steps, each with two roundings of elements up to four: 5e-6
	}{{"adamw", adam, 5e-6}, {"adamw8", eight, 5e-6}, {"lion", a.settings(Lion, a.Lion), 5e-6}} {
		one, o, norms := a.run(t, c.s, 1)
		for i, name := range []string{"matrix", "vector"} {
			want := a.read(t, c.name+"."+name)
			d := far(one[i], want)
			t.Logf("%s %s: %.2g", c.name, name, d)
			if !(d <= c.bound) {
				t.Errorf("%s %s: off by %.2g", c.name, name, d)
			}
		}
		three, _, _ := a.run(t, c.s, 3)
		if !slices.Equal(one[0], three[0]) || !slices.Equal(one[1], three[1]) {
			t.Errorf("%s: other bits with three workers", c.name)
		}
		switch c.name {
		case "adamw":
			for i, want := range a.Norms {
				if math.Abs(norms[i]-want) > 1e-6*want {
					t.Errorf("step %d: norm %g, PyTorch %g", i, norms[i], want)
				}
			}
			for i, name := range []string{"matrix", "vector"} {
				m, v := a.read(t, "adamw.m."+name), a.read(t, "adamw.v."+name)
				if far(o.moments[i].m, m) > 1e-6 || far(o.moments[i].v, v) > 1e-6 {
					t.Errorf("moments of the %s are off by %.2g, %.2g", name, far(o.moments[i].m, m), far(o.moments[i].v, v))
				}
			}
		case "adamw8":
			a.checkEight(t, o.moments[0].eight)
		}
	}
}

// checkEight compares the moments code by code. An element as near to two
// values as rounding can tell may have the other.
func (a *answers) checkEight(t *testing.T, e *eight) {
	for i, c := range []*codebook{signed(), unsigned()} {
		if d := far(c.value[:], a.read(t, []string{"adamw8.qmap1", "adamw8.qmap2"}[i])); d > 1e-7 {
			t.Errorf("codebook %d is off by %.2g", i, d)
		}
		codes, scales := [][]byte{e.m, e.v}[i], [][]float32{e.mScale, e.vScale}[i]
		if d := far(scales, a.read(t, []string{"adamw8.absmax1", "adamw8.absmax2"}[i])); d > 1e-6 {
			t.Errorf("scales %d are off by %.2g", i, d)
		}
		other := 0
		want := a.read(t, []string{"adamw8.state1", "adamw8.state2"}[i])
		for j, w := range want {
			if d := int(codes[j]) - int(w); d != 0 {
				other++
				if d > 1 || d < -1 {
					t.Errorf("moment %d of element %d has code %d, bitsandbytes %g", i, j, codes[j], w)
				}
			}
		}
		t.Logf("moment %d: %d of %d codes are neighbours", i, other, len(want))
		if other > len(want)/1000 {
			t.Errorf("moment %d: %d of %d codes differ", i, other, len(want))
		}
	}
}

// nearest is what it says, for every value between codes too.
func TestNearest(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range []*codebook{signed(), unsigned()} {
		if !slices.IsSorted(c.value[:]) || c.value[255] != 1 || !slices.Contains(c.value[:], 0) {
			t.Error("the codebook is not in order")
		}
		for i, v := range c.value {
			if got := c.nearest(v); int(got) != i {
				t.Errorf("%g has code %d, not %d", v, got, i)
			}
		}
		for range 10000 {
			x := float32((2*rng.Float64() - 1) * math.Pow(10, -8*rng.Float64()))
			got, best := c.nearest(x), 0
			for i, v := range c.value {
				if math.Abs(float64(v-x)) < math.Abs(float64(c.value[best]-x)) {
					best = i
				}
			}
			if a, b := math.Abs(float64(c.value[got]-x)), math.Abs(float64(c.value[best]-x)); a > b*(1+1e-5) {
				t.Fatalf("%g has code %d (%g), nearest is %d (%g)", x, got, c.value[got], best, c.value[best])
			}
		}
	}
}

// Every method finds the least squares solution, and one with 8-bit moments
// takes the memory it says.
func TestMethodsDescend(t *testing.T) {
	const n, k = 64, 80
	for _, m := range []Method{Muon, AdamW, AdamW8, Lion} {
		rng := rand.New(rand.NewPCG(7, 8))
		target := make([]float32, n*k)
		data, grad := make([]float32, n*k), make([]float32, n*k)
		for i := range target {
			target[i] = float32(rng.NormFloat64())
		}
		s := m.Default()
		s.Adam, s.Muon = max(s.Adam, 0.02), 0.1
		s.Decay = 0
		params := []Param{{Data: data, Grad: grad, Rows: n, Cols: k, Matrix: true, Rate: 1}}
		o, err := New(s, params, tensor.NewTeam(2))
		if err != nil {
			t.Fatal(err)
		}
		defer o.Close()
		first, loss := 0.0, 0.0
		for step := range 600 {
			loss = 0
			for i := range data {
				grad[i] = data[i] - target[i]
				loss += float64(grad[i]) * float64(grad[i])
			}
			if step == 0 {
				first = loss
			}
			o.Step(Schedule{Form: Cosine, End: 0.01}.At(step, 600))
		}
		t.Logf("method %d: %.3g to %.3g", m, first, loss)
		if loss > 0.02*first {
			t.Errorf("method %d: loss %.3g to %.3g", m, first, loss)
		}
		if want := map[Method]int{Muon: n * k, AdamW: 2 * n * k, AdamW8: n*k/2 + 2*n*k/blockLen, Lion: n * k}[m]; len(o.state) != want {
			t.Errorf("method %d: %d floats of moments, want %d", m, len(o.state), want)
		}
	}
}

// A step of one worker allocates nothing.
func TestStepAllocates(t *testing.T) {
	for _, m := range []Method{Muon, AdamW, AdamW8, Lion} {
		s := m.Default()
		s.Clip = 1
		x := make([]float32, 2*8192)
		o, err := New(s, []Param{{Data: x[:8192], Grad: x[8192:], Rows: 64, Cols: 128, Matrix: true, Rate: 1}}, tensor.NewTeam(1))
		if err != nil {
			t.Fatal(err)
		}
		defer o.Close()
		if n := testing.AllocsPerRun(5, func() { o.Step(1) }); n > 0 {
			t.Errorf("method %d allocates %g times a step", m, n)
		}
	}
}

func BenchmarkStep(b *testing.B) {
	for _, c := range []struct {
		name string
		m    Method
	}{{"adamw", AdamW}, {"adamw8", AdamW8}, {"lion", Lion}} {
		b.Run(c.name, func(b *testing.B) {
			const n = 1 << 20
			data, grad := make([]float32, n), make([]float32, n)
			o, err := New(c.m.Default(), []Param{{Data: data, Grad: grad, Rows: 1024, Cols: n / 1024, Matrix: true, Rate: 1}}, tensor.NewTeam(1))
			if err != nil {
				b.Fatal(err)
			}
			defer o.Close()
			rng := rand.New(rand.NewPCG(1, 2))
			fresh := make([]float32, n)
			for i := range fresh {
				fresh[i] = float32(rng.NormFloat64() * math.Exp(rng.NormFloat64()))
			}
			b.SetBytes(n)
			for b.Loop() {
				copy(grad, fresh)
				o.Step(1)
			}
		})
	}
}
