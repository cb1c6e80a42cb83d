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
