package model

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"
)

// small has odd sizes, two heads to a key head, and head size below a panel.
var small = Config{Vocab: 37, Width: 24, Layers: 2, Heads: 4, KVHeads: 2, HeadDim: 10, Hidden: 29, Context: 64, Theta: 10000, Eps: 1e-6}

// trainerWith returns a trainer with random parameters, norms included.
func trainerWith(t testing.TB, c Config, micro, length, threads int) *Trainer {
	t.Helper()
	tr, err := NewTrainer(c, micro, length, threads)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.Close)
	tr.Params.Init(7)
	rng := rand.New(rand.NewPCG(3, 4))
	for _, x := range tr.Params.Tensors() {
		for i := range x.Data {
			if len(x.Shape) == 1 {
				x.Data[i] = 1 + float32(0.3*float32(rng.NormFloat64())) // not fused: the bits are compared across machines
			} else if x.Data[i] == 0 {
				x.Data[i] = 0.2 * float32(rng.NormFloat64())
			}
		}
	}
	tr.Repack()
	return tr
}

// randomRows packs random documents of the given lengths, a row per list.
func randomRows(c Config, seed uint64, lengths ...[]int) []Row {
	rng := rand.New(rand.NewPCG(seed, 1))
	var rows []Row
	for _, list := range lengths {
		r := Row{Docs: []int{0}}
		for _, n := range list {
			for i := range n {
				r.IDs = append(r.IDs, int32(rng.IntN(c.Vocab)))
				w := float32(0)
				if i > 0 && rng.IntN(4) > 0 {
					w = rng.Float32() - 0.2 // reinforcement has negative weights
				}
				r.Weight = append(r.Weight, w)
			}
			r.Docs = append(r.Docs, len(r.IDs))
		}
		rows = append(rows, r)
	}
	return rows
}

func hash(list ...[]float32) string {
	h := fnv.New128a()
	for _, x := range list {
		h.Write(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), 4*len(x)))
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

func gradients(t testing.TB, c Config, micro, threads int, rows []Row) (*Trainer, float64) {
	tr := trainerWith(t, c, micro, 64, threads)
	loss, _, _ := tr.Accumulate(rows)
	return tr, loss
}

// The bits of loss and gradients depend neither on threads nor on how many
// rows a micro-batch takes.
func TestSameBits(t *testing.T) {
	rows := randomRows(small, 1, []int{30, 34}, []int{64}, []int{5, 1, 40}, []int{33}, []int{2, 2, 2})
	tr, want := gradients(t, small, 5, 1, rows)
	for _, try := range []struct{ micro, threads int }{{5, 2}, {5, 3}, {5, 7}, {1, 1}, {2, 2}, {1, 7}} {
		got, loss := gradients(t, small, try.micro, try.threads, rows)
		if loss != want || hash(got.Grads.All) != hash(tr.Grads.All) {
			t.Errorf("micro-batch %d on %d threads: loss %v, want %v; gradients differ: %t", try.micro, try.threads, loss, want, hash(got.Grads.All) != hash(tr.Grads.All))
		}
	}
}

// Sixteen rows at once are sixteen micro-batches of one row, to the bit, on a
// shape that fills more than one span of every weight.
func TestAccumulation(t *testing.T) {
	var lengths [][]int
	for i := range 16 {
		lengths = append(lengths, []int{1 + i, 20, 43 - i})
	}
	rows := randomRows(uneven, 4, lengths...)
	one, loss := gradients(t, uneven, 16, 2, rows)
	many, sum := gradients(t, uneven, 1, 2, rows)
	if loss != sum || hash(one.Grads.All) != hash(many.Grads.All) {
		t.Errorf("loss %v by 1×16, %v by 16×1; gradients differ: %t", loss, sum, hash(one.Grads.All) != hash(many.Grads.All))
	}
}

// Documents in a row do not see each other: packed losses are those of each
// document alone, to the bit.
func TestPackedIsUnpacked(t *testing.T) {
	packed := randomRows(small, 2, []int{20, 9, 35})
	var alone []Row
	r := packed[0]
	for d := range len(r.Docs) - 1 {
		lo, hi := r.Docs[d], r.Docs[d+1]
		alone = append(alone, Row{IDs: r.IDs[lo:hi], Docs: []int{0, hi - lo}, Weight: r.Weight[lo:hi]})
	}
	a, la := gradients(t, small, 1, 1, packed)
	b, lb := gradients(t, small, 3, 1, alone)
	if la != lb {
		t.Errorf("packed loss %v, alone %v", la, lb)
	}
	// Weight gradients add the same products in other blocks.
	for i, x := range a.Grads.All {
		if y := b.Grads.All[i]; math.Abs(float64(x-y)) > 1e-4*(1+math.Abs(float64(x))) {
			t.Fatalf("gradient %d: packed %g, alone %g", i, x, y)
		}
	}
}

// The whole model's directional derivative, by central differences over the
// same float32 program.
func TestDirectionalDerivative(t *testing.T) {
	rows := randomRows(small, 3, []int{30, 34}, []int{50})
	directional(t, trainerWith(t, small, 2, 64, 2), rows)
}

// directional compares every trained tensor's gradient with differences of
// the loss along one direction, so that no tensor hides behind another.
func directional(t *testing.T, tr *Trainer, rows []Row) {
	t.Helper()
	params, grads := tr.Trained()
	for _, g := range grads {
		clear(g.Data)
	}
	tr.Accumulate(rows)
	var all [][]float32
	for _, g := range grads {
		all = append(all, slices.Clone(g.Data))
	}
	for i, x := range params {
		rng := rand.New(rand.NewPCG(9, uint64(i)))
		dir, grad := make([]float32, len(x.Data)), all[i]
		var want, norm float64
		for i := range dir {
			dir[i] = float32(rng.NormFloat64())
			want += float64(dir[i]) * float64(grad[i])
			norm += float64(dir[i]) * float64(dir[i])
		}
		saved := slices.Clone(x.Data)
		off := math.Inf(1)
		steps := []float64{0.02}
		if tr.net.Delta != nil { // keys of length one: what is nearly zero turns quickly, and asks for small steps, which others do not show
			steps = append(steps, 0.004, 0.001)
		}
		for _, step := range steps {
			eps := step / math.Sqrt(norm)
			at := func(e float64) float64 {
				for i := range x.Data {
					x.Data[i] = saved[i] + float32(e)*dir[i]
				}
				tr.Repack()
				loss, _, _ := tr.Accumulate(rows)
				return loss
			}
			// Richardson: the error of order eps² cancels
			d1 := (at(eps) - at(-eps)) / (2 * eps)
			d2 := (at(2*eps) - at(-2*eps)) / (4 * eps)
			if got := (4*d1 - d2) / 3; math.Abs(got-want) < math.Abs(off) {
				off = got - want
			}
		}
		copy(x.Data, saved)
		if math.Abs(off) > 5e-3*(math.Abs(want)+0.05*math.Sqrt(norm)*rms(grad)) {
			t.Errorf("%s: derivative %.6g, gradient says %.6g", x.Name, want+off, want)
		}
	}
}

func rms(x []float32) float64 {
	var s float64
	for _, v := range x {
		s += float64(v) * float64(v)
	}
	return math.Sqrt(s)
}

// Decoding with a cache gives the logits of the training forward pass, to the
// bit, for any cut of the prompt, any batch and any number of threads.
func TestCacheIsForward(t *testing.T) {
	rows := randomRows(small, 5, []int{60}, []int{41}, []int{64})
	tr := trainerWith(t, small, 3, 64, 2)
	var want [][]float32
	for i := range rows {
		rows[i].Weight = make([]float32, len(rows[i].IDs))
		want = append(want, tr.Logits(rows[i]))
	}
	shape := Own(small)
	for _, try := range []struct{ cut, threads int }{{1, 1}, {7, 2}, {64, 3}, {33, 1}} {
		d, err := NewDecoder(tr.Params, 3*64, 64, try.threads)
		if err != nil {
			t.Fatal(err)
		}
		p, err := NewPages(&shape, KVFloat32, 7, 0)
		if err != nil {
			t.Fatal(err)
		}
		tables := [][]int32{{5, 1}, {0, 6}, {3, 2}} // any pages will do
		for at := 0; at < 64; at += try.cut {
			var seqs []Seq
			var who []int
			for i, r := range rows {
				if at < len(r.IDs) {
					ids := r.IDs[at:min(at+try.cut, len(r.IDs))]
					seqs = append(seqs, Seq{IDs: ids, At: at, Full: tables[i], Logits: 1})
					who = append(who, i)
				}
			}
			got := make([]float32, len(seqs)*small.Vocab)
			if err := d.Step(p, seqs, got); err != nil {
				t.Fatal(err)
			}
			for j, i := range who {
				last := seqs[j].At + len(seqs[j].IDs) - 1
				w := want[i][last*small.Vocab : (last+1)*small.Vocab]
				if g := got[j*small.Vocab : (j+1)*small.Vocab]; hash(g) != hash(w) {
					t.Fatalf("cut %d, %d threads: row %d token %d: logits %v, training forward %v", try.cut, try.threads, i, last, g[:3], w[:3])
				}
			}
		}
		d.Close()
		p.Close()
	}
}

func TestCheckRefuses(t *testing.T) {
	for _, break1 := range []func(*Config){
		func(c *Config) { c.Vocab = 0 }, func(c *Config) { c.Width = -1 }, func(c *Config) { c.Layers = 1 << 40 },
		func(c *Config) { c.KVHeads = 3 }, func(c *Config) { c.HeadDim = 7 }, func(c *Config) { c.Theta = math.NaN() },
		func(c *Config) { c.Eps = -1 }, func(c *Config) { c.Hidden = 1 << 30 },
	} {
		c := small
		break1(&c)
		if c.Check() == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
	if err := small.Check(); err != nil {
		t.Error(err)
	}
}
