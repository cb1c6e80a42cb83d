package model

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"suiren/engine/weights"
)

// gptFolder is changedFolder of the oracle's GPT-2.
func gptFolder(t *testing.T, change func([]weights.Tensor) []weights.Tensor, old, new string) string {
	t.Helper()
	return changedFolder(t, "gpt2", change, old, new)
}

// changedFolder copies a folder of the oracle, its tensors as change makes them and
// old in config.json replaced.
func changedFolder(t *testing.T, name string, change func([]weights.Tensor) []weights.Tensor, old, new string) string {
	t.Helper()
	dir, from := t.TempDir(), filepath.Join(archOracle, name)
	text, err := os.ReadFile(filepath.Join(from, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		t.Fatalf("no %s in config.json", old)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(strings.Replace(string(text), old, new, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := weights.OpenFolder(from)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var list []weights.Tensor
	for _, name := range f.Names() {
		_, shape, _ := f.Tensor(name)
		x := weights.Tensor{Name: name, Shape: shape, Half: make([]uint16, shape[0]*shape[len(shape)-1])}
		if len(shape) == 1 {
			x.Half = x.Half[:shape[0]]
		}
		if err := f.Copy(name, 0, bytesOf(x.Half)); err != nil {
			t.Fatal(err)
		}
		list = append(list, x)
	}
	if change != nil {
		list = change(list)
	}
	if err := weights.Write(filepath.Join(dir, "model.safetensors"), list, nil); err != nil {
		t.Fatal(err)
	}
	return dir
}

var gptIDs = []int32{5, 7, 9, 2, 4, 6, 11, 200, 31, 17, 90, 4, 4, 8}

// Files that begin with h.0 and ln_f, with the masks that older programs saved,
// are the same model.
func TestGPT2Folders(t *testing.T) {
	want := hash(logitsOf(t, archOracle+"/gpt2", gptIDs, 14, 1, KVFloat32))
	bare := func(list []weights.Tensor) []weights.Tensor {
		for i := range list {
			list[i].Name = strings.TrimPrefix(list[i].Name, "transformer.")
		}
		return append(list, weights.Tensor{Name: "h.0.attn.bias", Shape: []int{1, 1, 2, 2}, Data: []float32{1, 0, 1, 1}})
	}
	if got := hash(logitsOf(t, gptFolder(t, bare, "gelu_new", "gelu_new"), gptIDs, 14, 1, KVFloat32)); got != want {
		t.Error("without the prefix: other logits")
	}
}

// Nothing that the decoder does not do is read as if it did.
func TestGPT2Refuses(t *testing.T) {
	for _, c := range []struct{ old, new, why string }{
		{`"scale_attn_weights": true`, `"scale_attn_weights": false`, "scale_attn_weights"},
		{`"scale_attn_by_inverse_layer_idx": false`, `"scale_attn_by_inverse_layer_idx": true`, "scale_attn_by_inverse_layer_idx"},
		{`"add_cross_attention": false`, `"add_cross_attention": true`, "add_cross_attention"},
		{`"gelu_new"`, `"relu"`, `hidden_act "relu"`},
		{`"n_head": 4`, `"n_head": 3`, "3 heads of a width of 64"},
		{`"n_embd": 64`, `"n_embd": -64`, "width is -64"},
		{`"n_inner": null`, `"n_inner": 1099511627776`, "feed-forward width"},
		{`"n_positions": 256`, `"n_positions": 0`, "context is 0"},
		{`"n_positions": 256`, `"n_positions": 512`, "position_embd.weight has shape (256, 64)"},
		{`"n_inner": null`, `"n_inner": 128`, "ffn_up.weight has shape (256, 64)"},
	} {
		f, err := Open(gptFolder(t, nil, c.old, c.new))
		if err == nil {
			_, _, err = f.DecoderBytes(8, 8, 1)
			f.Close()
		}
		if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v, not %s", c.new, err, c.why)
		}
	}
	for _, role := range []string{"attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj", "ln_1", "ln_2"} {
		f, err := Open(gptFolder(t, func(list []weights.Tensor) []weights.Tensor {
			return slices.DeleteFunc(list, func(x weights.Tensor) bool { return x.Name == "transformer.h.1."+role+".bias" })
		}, "gelu_new", "gelu_new"))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := f.DecoderBytes(8, 8, 1); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), "bias is missing") {
			t.Errorf("without the bias of %s: %v", role, err)
		}
		f.Close()
	}
	f := openArch(t, "gpt2")
	if d, err := f.NewDecoder(8, 257, 1); !errors.Is(err, ErrConfig) {
		t.Errorf("257 tokens of 256 positions: %v", err)
		d.Close()
	}
}

// An exact GELU has no place in GGUF; a folder says it, and the width of the
// feed-forward layers.
func TestGPT2Forms(t *testing.T) {
	dir := gptFolder(t, nil, `"gelu_new"`, `"gelu"`)
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, ok := errors.AsType[*GGUFError](f.WriteGGUF(io.Discard, AsF32, nil, 1)); !ok {
		t.Error("a GGUF file is written that answers otherwise")
	}
	want := logitsOf(t, dir, gptIDs, 14, 1, KVFloat32)
	if hash(want) == hash(logitsOf(t, archOracle+"/gpt2", gptIDs, 14, 1, KVFloat32)) {
		t.Error("the exact GELU is not used")
	}
	for _, x := range Plain {
		out := t.TempDir()
		if err := f.WriteFolder(out, x, 2); err != nil {
			t.Fatal(err)
		}
		if got := logitsOf(t, out, gptIDs, 14, 1, KVFloat32); hash(got) != hash(want) {
			t.Errorf("written as %s: NMSE %.2g", x, nmse(got, want))
		}
		text, err := os.ReadFile(filepath.Join(out, "config.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{`"GPT2LMHeadModel"`, `"n_inner": 256`, `"activation_function": "gelu"`, `"n_positions": 256`, `"layer_norm_epsilon": 1e-05`} {
			if !strings.Contains(string(text), part) {
				t.Errorf("no %s in %s", part, text)
			}
		}
	}
	// Blocks of integers are turned as numbers.
	path := exportTo(t, archOracle+"/gpt2", AsQ8_0)
	g, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	folderOf(t, g, AsF32)
}

// A token's operations are two for each number of the matrices it meets, with a
// gate or without, and the head's where it is supervised.
func TestFLOPs(t *testing.T) {
	for _, name := range trained {
		f := openArch(t, name)
		s, err := f.TrainShape(false)
		if err != nil {
			t.Fatal(err)
		}
		if s.Experts > 0 { // of which a token meets some
			continue
		}
		met := 0
		for _, x := range newParams(s, inFloats, realArena(t, s.Params())).tensors() {
			if x.Matrix {
				met += x.Shape[0] * x.Shape[1]
			}
		}
		if s.HeadGate { // not counted: one number of hundreds
			met -= s.Layers * s.Heads * s.Width
		}
		attention := 4 * float64(s.Layers*s.q())
		if x := s.Delta; x != nil { // three of its four layers have states, which are looked at twice and changed once
			attention = 4*float64(s.q()) + 3*2*float64(3*x.Heads*x.KeyDim*x.Dim+x.Conv*x.conv())
		}
		if got, want := s.FLOPs([]int{1}, 1)-attention, 2*float64(met+s.Width*s.Vocab); got != want {
			t.Errorf("%s: %g operations, not %g", name, got, want)
		}
	}
}
