package model

import (
	"path/filepath"
	"testing"

	"suiren/engine/tensor"
)

// What every family takes is what was said of it before, to the byte: outside
// the Go heap, and of vectors on it.
func TestBytes(t *testing.T) {
	dirs, _ := filepath.Glob(archOracle + "/*/config.json")
	if len(dirs) < 10 {
		t.Fatalf("%d models", len(dirs))
	}
	for _, path := range dirs {
		dir := filepath.Dir(path)
		f := openArch(t, filepath.Base(dir))
		files := []*File{f}
		if !noGGUF(dir) {
			g, err := Open(exportTo(t, dir, AsQ8_0))
			if err != nil {
				t.Fatal(err)
			}
			defer g.Close()
			files = append(files, g)
		}
		for _, f := range files {
			before := tensor.Taken()
			var off, heap int64
			var vectors int
			var close func()
			if f.Encoder != nil {
				e, err := f.NewEncoder(300, 2)
				if err != nil {
					t.Fatal(err)
				}
				if off, heap, err = f.EncoderBytes(300, 2); err != nil {
					t.Fatal(err)
				}
				vectors, close = e.net.plan.vectorFloats(), e.Close
			} else {
				limit := 5000
				if f.Shape.Learned {
					limit = f.Shape.Context
				}
				d, err := f.NewDecoder(70, limit, 2)
				if err != nil {
					t.Fatal(err)
				}
				if off, heap, err = f.DecoderBytes(70, limit, 2); err != nil {
					t.Fatal(err)
				}
				vectors, close = d.net.vectorFloats(), d.Close
			}
			if took := tensor.Taken() - before; took != off || heap != 4*int64(vectors) || vectors == 0 {
				t.Errorf("%s, GGUF %t: took %d bytes and %d vectors, said %d and %d", dir, f.IsGGUF(), took, vectors, off, heap)
			}
			close()
			if tensor.Taken() != before {
				t.Errorf("%s: %d bytes are not freed", dir, tensor.Taken()-before)
			}
		}
	}
}
