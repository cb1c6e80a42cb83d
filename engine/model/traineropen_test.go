package model

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"testing"

	"suiren/engine/tensor"
)

// trained are the folders of testdata/oracle/arch whose models are trained.
var trained = []string{"qwen3", "llama", "llama3", "qwen2", "mistral", "spark2_5", "gemma2", "gemma3", "gpt2",
	"phi3", "phi3-long", "glm4", "hunyuan", "ernie4_5", "smollm3", "granite", "olmo2", "seed_oss", "exaone4", "exaone4-sliding", "qwen3_moe", "qwen3_5", "qwen3_5_moe"}

// adaptedOnly are those over which adapters alone are trained: with biases that are.
var adaptedOnly = []string{"llama-bias"}

// Biases other than those of queries, keys and values are frozen, not trained.
func TestFrozenBiases(t *testing.T) {
	for _, name := range adaptedOnly {
		f := openArch(t, name)
		if _, err := f.NewTrainer(Training{Rows: 1, Length: 8, Threads: 1}); err == nil {
			t.Errorf("%s: all of it is trained", name)
		} else if _, ok := errors.AsType[*UntrainedError](err); !ok {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := f.TrainShape(true); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := f.TrainShape(false); err == nil {
			t.Errorf("%s: the shape is trained", name)
		}
	}
}

// Trained names the families of whose models a trainer is made, and no others.
func TestTrained(t *testing.T) {
	for _, f := range families {
		name := map[string]string{"qwen3moe": "qwen3_moe", "hunyuan-dense": "hunyuan", "qwen35": "qwen3_5", "qwen35moe": "qwen3_5_moe"}[f.names[0]]
		if name == "" {
			name = f.names[0]
		}
		_, err := openArch(t, name).TrainShape(false)
		if named := slices.Contains(Trained(), f.names[0]); named != (err == nil) {
			t.Errorf("%s is named: %t; trained: %v", name, named, err)
		}
	}
}

func openArch(t testing.TB, name string) *File {
	t.Helper()
	f, err := Open(filepath.Join("../../testdata/oracle/arch", name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func openTrainer(t testing.TB, f *File, o Training) *Trainer {
	t.Helper()
	tr, err := f.NewTrainer(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.Close)
	return tr
}

// The training forward pass of every family gives the logits of its decoder,
// to the bit, past the window; frozen matrices give those of trained ones.
func TestTrainerIsDecoder(t *testing.T) {
	for _, name := range slices.Concat(trained, adaptedOnly, []string{"qwen2-yarn", "llama-yarn"}) {
		f := openArch(t, name)
		c := f.Shape.Config
		rng := rand.New(rand.NewPCG(1, 2))
		row := Row{Docs: []int{0, 250}, Weight: make([]float32, 250)}
		for range 250 {
			row.IDs = append(row.IDs, int32(rng.IntN(c.Vocab)))
		}
		d, err := f.NewDecoder(256, 256, 2)
		if err != nil {
			t.Fatal(err)
		}
		p, err := NewPages(&f.Shape, KVFloat32, 8, 8)
		if err != nil {
			t.Fatal(err)
		}
		pages := []int32{0, 1, 2, 3, 4, 5, 6, 7}
		want := make([]float32, 250*c.Vocab)
		if err := d.Step(p, []Seq{{IDs: row.IDs, Full: pages, Window: pages, Logits: 250}}, want); err != nil {
			t.Fatal(err)
		}
		d.Close()
		p.Close()
		for _, lora := range []*LoRA{{Rank: 3, Alpha: 6}, nil} {
			if lora == nil && slices.Contains(adaptedOnly, name) {
				continue
			}
			tr := openTrainer(t, f, Training{Rows: 1, Length: 250, Threads: 2, LoRA: lora})
			if got := tr.Logits(row); hash(got) != hash(want) {
				t.Errorf("%s, adapter %v: NMSE %.2g, not the same bits", name, lora != nil, nmse(got, want))
			}
		}
	}
}

// gradientsOf returns the loss and the gradients of rows. Adapters are given
// random B first, which begins as zero.
func gradientsOf(t testing.TB, f *File, o Training, rows []Row) (tr *Trainer, loss float64, grads string) {
	tr = openTrainer(t, f, o)
	if o.LoRA != nil {
		shake(tr)
	}
	loss, _, _ = tr.Accumulate(rows)
	_, list := tr.Trained()
	var data [][]float32
	for _, g := range list {
		data = append(data, g.Data)
	}
	return tr, loss, hash(data...)
}

func shake(tr *Trainer) {
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range tr.State() {
		tr.State()[i] += 0.1 * float32(rng.NormFloat64())
	}
	tr.Repack()
}

// Of every family, trained whole and by adapters: the gradient is the
// derivative of the loss, and its bits depend neither on threads nor on
// micro-batches nor on what is computed again.
func TestFamilies(t *testing.T) {
	families := trained
	if testing.Short() {
		families = []string{"spark2_5", "qwen3_moe"} // they have all options but biases; states: TestRuleBack, TestLongStates
	}
	for _, name := range families {
		loras := []*LoRA{nil, {Rank: 3, Alpha: 6}, {Rank: 2, Alpha: 1, Targets: []string{"down_proj"}}}
		switch name {
		case "gpt2":
			loras[2].Targets = []string{"c_proj"} // two of each block
		case "qwen3_moe": // which has adapters of experts if they are named
			loras = append(loras, &LoRA{Rank: 2, Alpha: 3, Targets: everyLinear})
			if testing.Short() {
				loras = loras[3:]
			}
		}
		for _, lora := range loras {
			t.Run(fmt.Sprint(name, lora), func(t *testing.T) {
				f := openArch(t, name)
				rows := randomRows(f.Shape.Config, 3, []int{20, 1, 40}, []int{35}, []int{64})
				tr, loss, want := gradientsOf(t, f, Training{Rows: 3, Length: 64, Threads: 1, LoRA: lora}, rows)
				for _, o := range []Training{{Rows: 1, Threads: 2}, {Rows: 2, Threads: 3}, {Rows: 3, Threads: 2, Recompute: true}, {Rows: 1, Threads: 1, Recompute: true}} {
					o.Length, o.LoRA = 64, lora
					if _, l, got := gradientsOf(t, f, o, rows); l != loss || got != want {
						t.Errorf("%+v: loss %v, want %v; the gradients differ: %t", o, l, loss, got != want)
					}
				}
				if f.Shape.Experts > 0 { // the loss jumps where other experts are asked: all are
					f.Shape.Chosen, f.Shape.Renorm = f.Shape.Experts, false
					tr, _, _ = gradientsOf(t, f, Training{Rows: 3, Length: 64, Threads: 1, LoRA: lora}, rows)
				}
				directional(t, tr, rows[:1])
			})
		}
	}
}

// everyLinear are targets of every matrix that an adapter may have.
var everyLinear = []string{"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}

// A step allocates nothing of a row's size, whatever is trained.
func TestStepAllocates(t *testing.T) {
	names := []string{"qwen3", "gemma2", "gpt2", "hunyuan", "granite", "qwen3_moe", "qwen3_5", "qwen3_5_moe"}
	if testing.Short() {
		names = names[:1]
	}
	for _, name := range names {
		f := openArch(t, name)
		rows := randomRows(f.Shape.Config, 3, []int{20, 1, 40}, []int{35})
		for _, o := range []Training{{}, {Recompute: true}, {Half: true}, {Split: 2}, {Split: 3}, {LoRA: &LoRA{Rank: 3, Alpha: 6}}, {LoRA: &LoRA{Rank: 3, Alpha: 6, Targets: adapted(f)}}, {Split: 3, LoRA: &LoRA{Rank: 3, Alpha: 6, Targets: adapted(f)}}} {
			o.Rows, o.Length, o.Threads = 2, 64, 1
			tr := openTrainer(t, f, o)
			tr.Accumulate(rows)
			if n := allocated(func() { tr.Accumulate(rows); tr.Repack() }); n > 0 {
				t.Errorf("%s, %+v: %v allocations a step", name, o, n)
			}
		}
	}
}

// allocated counts the allocations of f. No collection falls into it: what empties the
// pools that kernels take their scratch from is none of f's.
func allocated(f func()) float64 {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	return testing.AllocsPerRun(3, f)
}

// Adapters over frozen weights are adapters over the numbers that those stand
// for: to the bit, of halves; of quantised weights, forward with the decoder's
// bits, and back with gradients that differ by what its integers round.
func TestFrozenTypes(t *testing.T) {
	names, types := []string{"qwen3", "llama", "spark2_5", "gemma2", "gpt2", "qwen3_moe", "qwen3_5", "qwen3_5_moe"}, []Mixture{AsQ8_0, AsQ4_0, AsQ4_K_M, AsF16, AsBF16, AsQ6_K, AsQ5_K_M, AsQ3_K_M}
	if testing.Short() {
		names, types = names[:1], types[:3]
	}
	for _, name := range names {
		for _, x := range types {
			f := openArch(t, name)
			if f.Shape.Delta != nil && (x == AsQ5_K_M || x == AsQ3_K_M) {
				continue // that blowing up differs more by the weights drawn than by the type
			}
			if slices.Contains([]Mixture{AsQ3_K_M, AsQ4_K_M, AsQ5_K_M, AsQ6_K}, x) || f.Shape.Delta != nil { // blocks of 256; the oracle's small states blow up what is rounded
				s := blocked(f.Shape)
				p := newParams(s, inFloats, realArena(t, s.Params()))
				fillParams(p)
				f = p.File()
			}
			path := filepath.Join(t.TempDir(), "model.gguf")
			out, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.WriteGGUF(out, x, nil, 2); err != nil {
				t.Fatal(err)
			}
			out.Close()
			written, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Compare(written, x); err != nil {
				t.Error(err)
			}
			written.Close()
			frozenType(t, name+" as "+string(x), path, x == AsF16 || x == AsBF16)
		}
	}
}

// Types that are read and not written are frozen as the others are.
func TestFrozenRead(t *testing.T) {
	paths, _ := filepath.Glob(archOracle + "/qwen3-[li]*/*.gguf.gz")
	if len(paths) < 8 {
		t.Fatal("no oracle")
	}
	if testing.Short() {
		paths = paths[:1]
	}
	for _, path := range paths {
		frozenType(t, filepath.Base(path), unzip(t, path), false)
	}
}

// frozenType trains an adapter over a file and over its numbers.
func frozenType(t *testing.T, name, path string, exactly bool) {
	t.Helper()
	quantised, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer quantised.Close()
	folder := t.TempDir()
	if err := quantised.WriteFolder(folder, AsF32, 2); err != nil {
		t.Fatal(err)
	}
	plain, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	rows := randomRows(quantised.Shape.Config, 3, []int{20, 1, 40}, []int{35})
	o := Training{Rows: 2, Length: 64, Threads: 2, LoRA: &LoRA{Rank: 3, Alpha: 6, Targets: adapted(quantised)}}
	tr, l1, g1 := gradientsOf(t, quantised, o, rows)
	exact, l2, g2 := gradientsOf(t, plain, o, rows)
	if exactly {
		if l1 != l2 || g1 != g2 {
			t.Errorf("%s: loss %v, dequantised %v; the gradients differ: %t", name, l1, l2, g1 != g2)
		}
	} else {
		d := far(tr.loraGrads, exact.loraGrads)
		t.Logf("%s: loss %v, dequantised %v; the gradients are off by %.2g", name, l1, l2, d)
		if !(d < 0.25) { // a wrong one is off by about 1
			t.Errorf("%s: the gradients are off by %.2g", name, d)
		}
	}
	if quantised.Turns() {
		floats := openTrainer(t, quantised, o)
		shake(floats)
		straight(floats)
		floats.Accumulate(rows)
		if d := far(tr.loraGrads, floats.loraGrads); d == 0 || d > 1e-5 {
			t.Errorf("%s: the gradients by integers are off those by float32 by %.2g", name, d)
		}
	}
	dir := t.TempDir()
	if err := tr.WriteAdapter(dir, "", *o.LoRA); err != nil {
		t.Fatal(err)
	}
	ad, err := OpenAdapter(dir, &quantised.Shape)
	if err != nil {
		t.Fatal(err)
	}
	long := randomRows(quantised.Shape.Config, 4, []int{64})[0]
	if got, want := tr.Logits(long), served(t, quantised, ad, long); hash(got) != hash(want) {
		t.Errorf("%s: trained and served logits differ, NMSE %.2g", name, nmse(got, want))
	}
	ad.Close()
	alone := o
	alone.Threads = 1
	step := openTrainer(t, quantised, alone)
	step.Accumulate(rows)
	if n := allocated(func() { step.Accumulate(rows); step.Repack() }); n > 0 {
		t.Errorf("%s: %v allocations a step", name, n)
	}
	a, _ := quantised.TrainerBytes(o)
	b, _ := plain.TrainerBytes(o)
	if a >= b {
		t.Errorf("%s takes %d bytes, dequantised %d", name, a, b)
	}
}

// straight makes the way back of a frozen model go through float32.
func straight(tr *Trainer) {
	wide := 0
	turn := func(d *dense) {
		d.turns = false
		wide = max(wide, d.wideFloats())
	}
	for l := range tr.net.blocks {
		for _, d := range tr.net.blocks[l] {
			turn(d)
		}
		if tr.net.Experts > 0 {
			for _, x := range tr.net.experts[l] {
				turn(x.gateUp)
				turn(x.down)
			}
		}
	}
	turn(tr.net.head)
	tr.heads.block = make([]float32, wide)
	shared := make([]float32, wide)
	for i := range tr.scratch {
		tr.scratch[i].dense.wide, tr.scratch[i].expert.dense.wide = shared, make([]float32, wide)
	}
}

// blocked is a shape whose rows are whole blocks of 256.
func blocked(s Shape) Shape {
	s.Width, s.Hidden, s.HeadDim = 256, 256, 256/s.Heads
	for i := range s.Rope {
		if !s.Learned {
			s.Rope[i].Dims = s.HeadDim
		}
	}
	s.Tied = true
	return s
}

func realArena(t testing.TB, n int) *tensor.Arena {
	a, err := tensor.NewArena(n)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a
}

func fillParams(p *Params) {
	rng := rand.New(rand.NewPCG(7, 8))
	p.Init(1)
	for i := range p.All {
		p.All[i] += 0.02 * float32(rng.NormFloat64())
	}
}

// What does not fit the memory for logits goes through the head in pieces: a
// row with more supervised tokens than those has the gradients of the loss.
func TestLongRow(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	c := Config{Vocab: 9001, Width: 8, Layers: 1, Heads: 1, KVHeads: 1, HeadDim: 8, Hidden: 9, Context: 700, Theta: 10000, Eps: 1e-6}
	rows := randomRows(c, 3, []int{690}, []int{100, 30}, []int{700})
	var want string
	var loss float64
	for i, micro := range []int{1, 2, 3} {
		tr := trainerWith(t, c, micro, 700, 2)
		if tr.heads.most >= 690 {
			t.Fatal("the logits of a row fit")
		}
		l, _, n := tr.Accumulate(rows)
		if i == 0 {
			loss, want = l, hash(tr.Grads.All)
		}
		if l != loss || hash(tr.Grads.All) != want || n < 700 {
			t.Errorf("%d rows at a time: loss %v of %d tokens, was %v", micro, l, n, loss)
		}
	}
	directional(t, trainerWith(t, c, 1, 700, 2), rows[:1])
}
