package infer

import (
	"path/filepath"
	"testing"

	"suiren/engine/model"
	"suiren/engine/tensor"
)

// What an engine takes outside the Go heap is what Plan says, to the byte, of
// every family, with little memory and much.
func TestPlanIsTaken(t *testing.T) {
	dirs, _ := filepath.Glob("../../testdata/oracle/arch/*/config.json")
	tried := 0
	for _, path := range dirs {
		f, err := model.Open(filepath.Dir(path))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if f.Encoder != nil {
			continue
		}
		tried++
		for _, o := range []Options{{Slots: 3, Threads: 2, KV: model.KVFloat16}, {Slots: 8, Threads: 1, KV: model.KVInt8, Limit: 100}, {Slots: 2, KV: model.KVFloat32, Memory: 2 << 20}} {
			o.Memory *= int64(max(f.Shape.Layers/16, 1)) // little is more of many layers
			m, err := Plan(f, o)
			if err != nil {
				t.Fatalf("%s, %+v: %v", path, o, err)
			}
			before := tensor.Taken()
			e, err := Open(f, o)
			if err != nil {
				t.Fatal(err)
			}
			took := tensor.Taken() - before
			if heap := m.Choosing + m.Vectors; took != m.Total()-heap || heap <= 0 || heap > m.Total()/4 {
				t.Errorf("%s, %+v: took %d bytes, said %+v", path, o, took, m)
			}
			e.Close()
		}
	}
	if tried < 10 {
		t.Errorf("%d decoders", tried)
	}
}

// What a sampler of a model of our own takes beside its weights is known without them.
func TestSamplerBytes(t *testing.T) {
	for _, c := range []model.Config{
		{Vocab: 300, Width: 32, Layers: 2, Heads: 2, KVHeads: 1, HeadDim: 16, Hidden: 48, Context: 96, Theta: 10000, Eps: 1e-6},
		{Vocab: 520, Width: 64, Layers: 3, Heads: 4, KVHeads: 2, HeadDim: 16, Hidden: 176, Context: 256, Theta: 10000, Eps: 1e-6},
	} {
		a, err := tensor.NewArena(c.Params() + 16*64)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		p := model.NewParams(c, a)
		for _, o := range []Options{{Slots: 3, Threads: 1}, {Slots: 40, Threads: 2}} {
			pages, rest := SamplerBytes(c, o.Slots, c.Context, o.Threads)
			before := tensor.Taken()
			s, err := NewSampler(p, o.Slots, c.Context, o.Threads)
			if err != nil {
				t.Fatal(err)
			}
			took, weights := tensor.Taken()-before, s.b.dec.(*model.Decoder).WeightBytes()
			s.Close()
			heap := int64(o.Threads) * int64(28*c.Vocab+c.Vocab/8) // what chooses
			if got := took - (pages + rest - heap); got != weights {
				t.Errorf("%+v, %d slots: took %d for the weights, which are %d", c, o.Slots, got, weights)
			}
		}
	}
}
