package model

import (
	"cmp"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"suiren/engine/weights"
)

// A token asks the experts of the highest scores, of equal ones those of the
// lowest numbers, scores that are no numbers last; what they count adds up to one.
func TestAsk(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		E := 1 + rng.IntN(12)
		s := Shape{Experts: E, Chosen: 1 + rng.IntN(E), Renorm: true}
		scores := make([]float32, E)
		for i := range scores {
			scores[i] = float32(rng.IntN(6))
			if rng.IntN(20) == 0 {
				scores[i] = float32(math.NaN())
			}
		}
		chosen, weight := make([]int32, s.Chosen), make([]float32, s.Chosen)
		inv := s.ask(scores, chosen, weight)
		want := make([]int32, E)
		for i := range want {
			want[i] = int32(i)
		}
		slices.SortStableFunc(want, func(a, b int32) int { return cmp.Compare(scores[b], scores[a]) })
		if !slices.Equal(chosen, want[:s.Chosen]) {
			t.Fatalf("of %v: %v, want %v", scores, chosen, want[:s.Chosen])
		}
		var sum, all float64
		for _, w := range weight {
			sum += float64(w)
		}
		for _, x := range scores {
			all += float64(x) * float64(inv)
		}
		if !math.IsNaN(all) && (math.Abs(sum-1) > 1e-6 || math.Abs(all-1) > 1e-6) {
			t.Fatalf("of %v: weights %v of %g, probabilities of %g", scores, weight, sum, all)
		}
	}
}

// Slots are all tokens with all their experts, by expert, then by token.
func TestGroup(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		n, E := rng.IntN(20), 1+rng.IntN(9)
		s := Shape{Experts: E, Chosen: 1 + rng.IntN(E)}
		m := layMixState(&s, 20, realArena(t, 4000))
		for i := range n {
			for k, e := range rng.Perm(E)[:s.Chosen] {
				m.chosen[i*s.Chosen+k] = int32(e)
			}
		}
		m.group(n, s.Chosen)
		at := 0
		for e := range E {
			asked, lo := m.slots(e)
			if lo != at || !slices.IsSorted(asked) {
				t.Fatalf("expert %d has %v from %d on, not %d", e, asked, lo, at)
			}
			for i, a := range asked {
				if m.chosen[a] != int32(e) || m.slot[a] != int32(lo+i) {
					t.Fatalf("expert %d: slot %d is of %d", e, lo+i, m.chosen[a])
				}
			}
			at += len(asked)
		}
		if at != n*s.Chosen {
			t.Fatalf("%d slots of %d tokens that ask %d each", at, n, s.Chosen)
		}
	}
}

// Where all tokens ask the same experts, some of which nobody asks, the bits
// do not depend on threads, and those that are not asked learn nothing.
func TestOneExpertIsAsked(t *testing.T) {
	for _, name := range []string{"qwen3_moe", "qwen3_5_moe"} {
		oneExpertIsAsked(t, openArch(t, name))
	}
}

func oneExpertIsAsked(t *testing.T, f *File) {
	rows := randomRows(f.Shape.Config, 3, []int{20, 1, 40}, []int{35}, []int{64})
	var want string
	for i, o := range []Training{{Rows: 3, Threads: 1}, {Rows: 1, Threads: 3}, {Rows: 2, Threads: 2, Recompute: true}} {
		o.Length = 64
		tr := openTrainer(t, f, o)
		for l := range tr.Params.layers {
			clear(tr.Params.layers[l].router.f[:f.Shape.Experts*f.Shape.Width]) // all probabilities are equal: the first experts are asked
		}
		tr.Repack()
		tr.Accumulate(rows)
		_, grads := tr.Trained()
		for _, g := range grads {
			asked := !strings.Contains(g.Name, ".experts.") || strings.Contains(g.Name, ".experts.0.") || strings.Contains(g.Name, ".experts.1.")
			if (rms(g.Data) > 0) != asked {
				t.Errorf("%s has a gradient of %g", g.Name, rms(g.Data))
			}
		}
		got := hash(tr.Grads.All)
		if i == 0 {
			want = got
		} else if got != want {
			t.Errorf("%+v: other gradients", o)
		}
	}
}

// Params and FLOPs count what is there, and what a token takes.
func TestMixtureCounts(t *testing.T) {
	for _, name := range trained {
		f := openArch(t, name)
		tr := openTrainer(t, f, Training{Rows: 1, Length: 8, Threads: 1})
		n := 0
		params, _ := tr.Trained()
		for _, p := range params {
			n += len(p.Data)
		}
		if got := tr.Params.Shape.Params(); got != n {
			t.Errorf("%s: %d parameters, counted as %d", name, n, got)
		}
	}
	s := openArch(t, "qwen3_moe").Shape
	dense, tokens := s.Config.FLOPs([]int{3, 4}, 2), 7*s.Layers
	want := dense + float64(2*tokens*(s.Experts*s.Width+3*s.Width*s.Hidden)) // a router, and one expert more
	if got := s.FLOPs([]int{3, 4}, 2); s.Chosen != 2 || got != want {
		t.Errorf("%g FLOPs, want %g", got, want)
	}
	with := openArch(t, "qwen3_5_moe").Shape
	without := with
	without.Shared = 0
	tokens = 7 * with.Layers
	if got, want := with.FLOPs([]int{3, 4}, 2)-without.FLOPs([]int{3, 4}, 2), float64(2*tokens*(3*with.Width*with.Shared+with.Width)); got != want {
		t.Errorf("a shared expert takes %g FLOPs, want %g", got, want)
	}
}

// Adapters of a mixture are of its attention and, each by its number, of its
// experts: what else there may be is refused by name.
func TestMixtureAdapters(t *testing.T) {
	s := openArch(t, "qwen3_moe").Shape
	var bad *TargetError
	if err := (&LoRA{Rank: 1, Alpha: 1, Targets: []string{"q_proj", "gate"}}).Check(&s); !errors.As(err, &bad) || bad.Name != "gate" || !slices.Contains(bad.Has, "up_proj") {
		t.Errorf("an adapter of the router: %v", err)
	}
	for module, ok := range map[string]bool{
		"self_attn.o_proj": true, "mlp.experts.0.down_proj": true, "mlp.experts.4.down_proj": true, "mlp.experts.5.down_proj": false, "mlp.experts.-1.down_proj": false,
		"mlp.experts.01.down_proj": false, "mlp.experts..down_proj": false, "mlp.experts.down_proj": false, "mlp.down_proj": false, "mlp.gate": false, "mlp.experts.base_layer": false,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "adapter_config.json"), []byte(`{"peft_type": "LORA", "r": 1, "lora_alpha": 1}`), 0o666); err != nil {
			t.Fatal(err)
		}
		stem := "base_model.model.model.layers.0." + module
		cols := s.q()
		if strings.HasPrefix(module, "mlp") {
			cols = s.Hidden
		}
		if err := weights.Write(filepath.Join(dir, "adapter_model.safetensors"), []weights.Tensor{
			{Name: stem + ".lora_A.weight", Shape: []int{1, cols}, Data: make([]float32, cols)}, {Name: stem + ".lora_B.weight", Shape: []int{s.Width, 1}, Data: make([]float32, s.Width)},
		}, nil); err != nil {
			t.Fatal(err)
		}
		ad, err := OpenAdapter(dir, &s)
		var wrong *weights.FormatError
		if ok != (err == nil) || !ok && !errors.As(err, &wrong) {
			t.Errorf("%s: %v", module, err)
		}
		if err == nil {
			ad.Close()
		}
	}
}

// What a worker needs for an expert is enough where experts are wider than the
// model, in every type.
func TestWideExperts(t *testing.T) {
	wideExperts(t, 0)
	wideExperts(t, 48) // the shared one narrower than the others
	wideExperts(t, 320)
}

func wideExperts(t *testing.T, shared int) {
	s := openArch(t, map[bool]string{true: "qwen3_5_moe", false: "qwen3_moe"}[shared > 0]).Shape
	s.Width, s.Hidden, s.Shared, s.Tied = 32, 160, shared, true
	p := newParams(s, inFloats, realArena(t, s.Params()))
	fillParams(p)
	rows := randomRows(s.Config, 3, []int{20, 1, 40}, []int{35})
	for _, o := range []Training{{}, {Half: true}, {LoRA: &LoRA{Rank: 2, Alpha: 4}}, {LoRA: &LoRA{Rank: 2, Alpha: 4, Targets: []string{"gate_proj", "down_proj"}}}, {Split: 2}, {Split: 3, LoRA: &LoRA{Rank: 2, Alpha: 4}}} {
		var want string
		for threads := range 3 {
			o.Rows, o.Length, o.Threads = 1+threads%2, 64, 1+threads
			_, _, got := gradientsOf(t, p.File(), o, rows)
			if threads == 0 {
				want = got
			} else if got != want {
				t.Errorf("%+v: other gradients", o)
			}
		}
	}
}

// Sequences of one step that ask the same experts, each with an adapter of its
// own or none, have the bits that they have alone.
func TestMixtureSequences(t *testing.T) {
	for _, name := range []string{"qwen3_moe", "qwen3_5_moe"} {
		mixtureSequences(t, openArch(t, name))
	}
}

func mixtureSequences(t *testing.T, f *File) {
	var adapters []*Adapter
	for rank := 1; rank <= 3; rank++ {
		tr := openTrainer(t, f, Training{Rows: 1, Length: 32, Threads: 1, LoRA: &LoRA{Rank: rank, Alpha: 3, Targets: adapted(f)}})
		shake(tr)
		adapters = append(adapters, tr.Adapter())
	}
	rows := randomRows(f.Shape.Config, 5, []int{20}, []int{1}, []int{31}, []int{17})
	seqs := func() (list []Seq) {
		for i, ad := range []*Adapter{adapters[0], nil, adapters[2], adapters[1]} {
			list = append(list, Seq{IDs: rows[i].IDs, Full: []int32{int32(i)}, Window: []int32{int32(i)}, Logits: len(rows[i].IDs), Adapter: ad})
		}
		return list
	}
	run := func(seqs []Seq, threads int) []float32 {
		d, err := f.NewDecoder(80, 32, threads)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		p, err := NewPages(&f.Shape, KVFloat32, 4, 4)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		n := 0
		for _, s := range seqs {
			n += len(s.IDs)
		}
		z := make([]float32, n*f.Shape.Vocab)
		if err := d.Step(p, seqs, z); err != nil {
			t.Fatal(err)
		}
		return z
	}
	var alone []float32
	for _, s := range seqs() {
		z := run([]Seq{s}, 1)
		alone = append(alone, z...)
		if s.Adapter != nil {
			s.Adapter = nil
			if hash(run([]Seq{s}, 1)) == hash(z) {
				t.Error("an adapter does nothing")
			}
		}
	}
	for threads := 1; threads <= 3; threads++ {
		if hash(run(seqs(), threads)) != hash(alone) {
			t.Errorf("together, on %d threads: other logits", threads)
		}
	}
}

// A GGUF file cannot say that the chosen experts' shares are left as they are:
// none is written of a model for which they are.
func TestMixtureGGUF(t *testing.T) {
	f := openArch(t, "qwen3_moe")
	if err := f.WriteGGUF(io.Discard, AsF32, nil, 1); err != nil {
		t.Fatal(err)
	}
	f.Shape.Renorm = false
	if _, ok := errors.AsType[*GGUFError](f.WriteGGUF(io.Discard, AsF32, nil, 1)); !ok {
		t.Error("written as GGUF")
	}
}
