package model

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A matrix in which there is no number is refused whatever its size; of one number in a large
// one nothing is known, and of a small one each is looked at.
func TestFinite(t *testing.T) {
	const width, vocab = 64, 1024 // embeddings of 256 KiB
	nan := float32(math.NaN())
	for name, c := range map[string]struct {
		spoil func(p *Params)
		want  string // the tensor
	}{
		"sound":     {func(*Params) {}, ""},
		"one of it": {func(p *Params) { p.layers[0].gateUp.f[5] = nan }, "blk.0.ffn_gate.weight"},
		"all of it": {func(p *Params) {
			for i := range p.embed.f {
				p.embed.f[i] = nan
			}
		}, "token_embd.weight"},
		"one of many": {func(p *Params) { p.embed.f[5] = nan }, ""},
	} {
		tr := trainerWith(t, Config{Vocab: vocab, Width: width, Layers: 1, Heads: 2, KVHeads: 1, HeadDim: 32, Hidden: 96, Context: 16, Theta: 1e4, Eps: 1e-6}, 1, 8, 1)
		c.spoil(tr.Params)
		var out bytes.Buffer
		if err := tr.Params.File().WriteGGUF(&out, AsF32, nil, 1); err != nil {
			t.Fatal(name, err)
		}
		path := filepath.Join(t.TempDir(), "m.gguf")
		if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := Open(path)
		if err != nil {
			t.Fatal(name, err)
		}
		err = f.Finite()
		f.Close()
		if (c.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want+" holds what is no finite number") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
