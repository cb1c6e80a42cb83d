package model

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"suiren/engine/kernel"
	"suiren/engine/weights"
)

// trainOracle holds what PyTorch and peft say of training. (testdata/oracle/train/make.py)
const trainOracle = "../../testdata/oracle/train"

// far returns the distance of two lists over the length of the second.
func far(got, want []float32) float64 {
	var d, n float64
	for i := range want {
		d += float64(got[i]-want[i]) * float64(got[i]-want[i])
		n += float64(want[i]) * float64(want[i])
	}
	return math.Sqrt(d / n)
}

// adapted are the targets of the oracle's adapters: every matrix of the blocks.
func adapted(f *File) []string {
	if f.Shape.Experts > 0 && f.Shape.Shared == 0 { // which are not meant if none are named
		return everyLinear
	}
	return nil
}

// Of every family, trained whole and by adapters: logits, loss, every
// gradient, and the adapter merged, within 1e-4. What PyTorch itself loses in
// float32 is about 1e-6. (Ten steps of AdamW: engine/optim.)
func TestTrainOracle(t *testing.T) {
	for _, name := range slices.Concat(trained, adaptedOnly) {
		text, err := os.ReadFile(filepath.Join(trainOracle, name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var want struct {
			Row    Row
			Losses map[string][]float64
		}
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		answers, err := weights.OpenFile(filepath.Join(trainOracle, name+".safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		defer answers.Close()
		read := func(name string) []float32 {
			shape, ok := answers.Shape(name)
			if !ok {
				t.Fatalf("no answer %s", name)
			}
			n := 1
			for _, d := range shape {
				n *= d
			}
			x := make([]float32, n)
			if err := answers.Read(name, x); err != nil {
				t.Fatal(err)
			}
			return x
		}
		f := openArch(t, name)
		adapter := filepath.Join(trainOracle, "adapter-"+name)
		for _, how := range []struct {
			kind  string
			lora  *LoRA
			split kernel.Split
		}{{"full", nil, 0}, {"lora", &LoRA{Rank: 3, Alpha: 6, Targets: adapted(f)}, 0}, {"full", nil, 2}, {"lora", &LoRA{Rank: 3, Alpha: 6, Targets: adapted(f)}, 2}, {"full", nil, 3}, {"lora", &LoRA{Rank: 3, Alpha: 6, Targets: adapted(f)}, 3}} {
			kind, lora := how.kind, how.lora
			if lora == nil && slices.Contains(adaptedOnly, name) {
				continue
			}
			worst, n := 0.0, 0
			check := func(what string, got, want []float32) {
				d := far(got, want)
				worst = max(worst, d)
				if !(d <= 1e-4) {
					t.Errorf("%s, %s: %s is off by %.2g", name, kind, what, d)
				}
			}
			tr := openTrainer(t, f, Training{Rows: 1, Length: 71, Threads: 2, LoRA: lora, Split: how.split})
			logits := "logits"
			if lora != nil {
				logits = "lora.logits"
				if err := tr.ReadAdapter(adapter); err != nil {
					t.Fatal(err)
				}
			}
			check(logits, tr.Logits(want.Row), read(logits))
			loss, _, _ := tr.Accumulate([]Row{want.Row})
			if w := want.Losses[kind][0]; math.Abs(loss-w) > 1e-5*w {
				t.Errorf("%s, %s: loss %v, PyTorch %v", name, kind, loss, w)
			}
			_, grads := tr.Trained()
			for i, g := range grads {
				g.Data = asInFolder(t, tr, i, g)
				part := read(kind + ".grad." + g.Name)
				var some []float32
				for i := 0; i < len(g.Data); i += max(1, (len(g.Data)+511)/512) {
					some = append(some, g.Data[i])
				}
				check("the gradient of "+g.Name, some, part)
				check("the length of the gradient of "+g.Name, []float32{float32(rms(g.Data))}, read(kind+".norm."+g.Name))
				n++
			}
			for _, a := range answers.Names() {
				if strings.HasPrefix(a, kind+".grad.") {
					n--
				}
			}
			if n != 0 {
				t.Errorf("%s, %s: %d gradients more than PyTorch has", name, kind, n)
			}
			t.Logf("%s, %s, split in %d: at worst off by %.1e", name, kind, how.split, worst)
		}
		merged, err := f.Merge(adapter)
		if err != nil {
			t.Fatal(err)
		}
		o := Training{Rows: 1, Length: 71, Threads: 2}
		if slices.Contains(adaptedOnly, name) {
			o.LoRA = &LoRA{Rank: 1, Alpha: 1} // of zeros
		}
		tr := openTrainer(t, merged, o)
		if d := far(tr.Logits(want.Row), read("lora.merged")); !(d <= 1e-4) {
			t.Errorf("%s: merged, the logits are off by %.2g", name, d)
		}
	}
}

// asInFolder is gradient i of those that are trained with the order of heads that a
// folder has.
func asInFolder(t *testing.T, tr *Trainer, i int, g Tensor) []float32 {
	t.Helper()
	x := tr.net.Delta
	if x == nil {
		return g.Data
	}
	data := slices.Clone(g.Data)
	if tr.Grads == nil {
		if err := tr.net.orderAdapter(g.Name, data, tr.pairs[0].rank, true); err != nil {
			t.Fatal(err)
		}
		return data
	}
	rows, cols := matrix(g.Shape)
	name := tr.Grads.tensors()[i].Name
	w := x.ordered(name, floatsWeight(name, g.Data, rows, cols), true)
	if err := w.floats(data); err != nil {
		t.Fatal(err)
	}
	return data
}

// An adapter that is written is read back, merged only into its base, and
// then says what it said before, within the bound of Merge.
func TestAdapterRoundTrip(t *testing.T) {
	for _, name := range trained {
		f := openArch(t, name)
		lora := LoRA{Rank: 2, Alpha: 3, Targets: adapted(f)}
		tr := openTrainer(t, f, Training{Rows: 1, Length: 64, Threads: 2, LoRA: &lora})
		shake(tr)
		row := randomRows(f.Shape.Config, 3, []int{64})[0]
		want := tr.Logits(row)
		base, err := f.Digest()
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := tr.WriteAdapter(dir, base, lora); err != nil {
			t.Fatal(err)
		}
		ad, err := OpenAdapter(dir, &f.Shape)
		if err != nil {
			t.Fatal(err)
		}
		if ad.Base != base {
			t.Errorf("%s: the adapter is of %q, not %q", name, ad.Base, base)
		}
		// Served unmerged, over float32: the trainer's bits.
		if got := served(t, f, ad, row); hash(got) != hash(want) {
			t.Errorf("%s: the adapter is served with NMSE %.2g", name, nmse(got, want))
		}
		ad.Close()
		merged, err := f.Merge(dir)
		if err != nil {
			t.Fatal(err)
		}
		out := t.TempDir()
		if err := merged.WriteFolder(out, AsF32, 2); err != nil {
			t.Fatal(err)
		}
		back, err := Open(out)
		if err != nil {
			t.Fatal(err)
		}
		if got := served(t, back, nil, row); !(nmse(got, want) < 1e-10) {
			t.Errorf("%s: merged, NMSE %.2g", name, nmse(got, want))
		}
		var wrong *BaseError
		if _, err := back.Merge(dir); !errors.As(err, &wrong) {
			t.Errorf("%s: merging into another base: %v", name, err)
		}
		back.Close()
	}
}

// served returns the logits of all of a row by a decoder.
func served(t *testing.T, f *File, ad *Adapter, row Row) []float32 {
	t.Helper()
	n := len(row.IDs)
	d, err := f.NewDecoder(n, n, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var pages []int32
	for i := range n/PageTokens + 1 {
		pages = append(pages, int32(i))
	}
	p, err := NewPages(&f.Shape, KVFloat32, len(pages), len(pages))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	z := make([]float32, n*f.Shape.Vocab)
	if err := d.Step(p, []Seq{{IDs: row.IDs, Full: pages, Window: pages, Logits: n, Adapter: ad}}, z); err != nil {
		t.Fatal(err)
	}
	return z
}
