package model

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// edited is the config.json of an oracle with some keys set otherwise.
func edited(t *testing.T, name string, set map[string]any) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(archOracle, name, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	var c map[string]any
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	maps.Copy(c, set)
	if text, err = json.Marshal(c); err != nil {
		t.Fatal(err)
	}
	return text
}

// What the rows of the table add to config.json is looked at before it is believed.
func TestFamilyConfigRefused(t *testing.T) {
	six := []float64{1, 1, 1, 1, 1, 1}
	rope := func(pairs ...any) map[string]any {
		m := map[string]any{"type": "longrope", "short_factor": six, "long_factor": six, "partial_rotary_factor": 0.75}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i].(string)] = pairs[i+1]
		}
		return map[string]any{"rope_scaling": m}
	}
	if _, err := parseHF(edited(t, "phi3", rope())); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		name string
		set  map[string]any
	}{
		{"phi3", rope("short_factor", six[:5])},
		{"phi3", rope("long_factor", six[:5])},
		{"phi3", rope("long_factor", nil)},
		{"phi3", rope("long_factor", []float64{1, 1, 0, 1, 1, 1})},
		{"phi3", rope("short_factor", []float64{1, 1, -1, 1, 1, 1})},
		{"phi3", rope("attention_factor", -1.0)},
		{"phi3", map[string]any{"original_max_position_embeddings": 1e300}},
		{"phi3", map[string]any{"rope_scaling": nil, "partial_rotary_factor": 7.0}},
		{"smollm3", map[string]any{"no_rope_layers": []int{1, 1}}},
		{"smollm3", map[string]any{"no_rope_layers": nil, "no_rope_layer_interval": 0}},
		{"exaone4-sliding", map[string]any{"layer_types": nil, "sliding_window_pattern": "LXG"}},
		{"exaone4-sliding", map[string]any{"layer_types": nil, "sliding_window_pattern": ""}},
		{"exaone4-sliding", map[string]any{"layer_types": nil, "sliding_window_pattern": []int{4}}},
		{"granite", map[string]any{"logits_scaling": 0.0}},
		{"granite", map[string]any{"residual_multiplier": 1e30}},
		{"hunyuan", map[string]any{"rope_scaling": map[string]any{"type": "dynamic", "alpha": -3.0}}},
		{"hunyuan", map[string]any{"rope_scaling": map[string]any{"type": "dynamic", "alpha": 1e200}}},
	} {
		if _, err := parseHF(edited(t, x.name, x.set)); !errors.Is(err, ErrConfig) {
			t.Errorf("%s with %v: %v", x.name, x.set, err)
		}
	}
}

// Where all layers slide, their positions are those of the full ones: of
// Phi-4-mini's layers all do.
func TestSlidingLongRope(t *testing.T) {
	s, err := parseHF(edited(t, "phi3", map[string]any{"sliding_window": 64}))
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(s.Sliding, false) || s.Window != 64 || !reflect.DeepEqual(s.Rope[0], s.Rope[1]) {
		t.Errorf("%d %v: %+v", s.Window, s.Sliding, s.Rope)
	}
}

// The factors are those of the longest sequence that there may be.
func TestLongRopeLimit(t *testing.T) {
	s, err := parseHF(edited(t, "phi3", nil))
	if err != nil {
		t.Fatal(err)
	}
	r := s.Rope[0]
	for limit, want := range map[int][]float32{1: r.Div, r.Long.Original: r.Div, r.Long.Original + 1: r.Long.Div} {
		if got := s.within(limit).Rope[0].Div; !slices.Equal(got, want) {
			t.Errorf("up to %d tokens: %v, not %v", limit, got, want)
		}
	}
}

// GGUF's form of SmolLM3 does not say which layers have no positions.
func TestUnturnedGGUF(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(archOracle+"/smollm3")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), edited(t, "smollm3", map[string]any{"no_rope_layers": []int{0, 1, 1, 1, 1}}), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, ok := errors.AsType[*GGUFError](f.WriteGGUF(io.Discard, AsF32, nil, 1)); !ok {
		t.Error("written as if the fourth layer had no positions")
	}
	back := t.TempDir()
	if err := f.WriteFolder(back, AsF32, 1); err != nil {
		t.Fatal(err)
	}
	b, err := Open(back)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if !slices.Equal(b.Shape.Unturned, f.Shape.Unturned) {
		t.Errorf("written: %v, not %v", b.Shape.Unturned, f.Shape.Unturned)
	}
}

// Of EXAONE 4 the layers that slide have positions, and all have where none does; a folder
// says it again, and so does GGUF where llama.cpp's form of it can.
func TestHybrid(t *testing.T) {
	none, most := []bool{false, false, false, false}, []bool{true, true, true, false}
	for _, c := range []struct {
		name, from      string
		set             map[string]any
		slides, without []bool
		gguf            bool
	}{
		{"layer types", "exaone4-sliding", nil, most, []bool{false, false, false, true}, false},
		{"letters", "exaone4-sliding", map[string]any{"layer_types": nil, "sliding_window_pattern": "LG"}, []bool{true, false, true, false}, []bool{false, true, false, true}, false},
		{"a number", "exaone4-sliding", map[string]any{"layer_types": nil, "sliding_window_pattern": 3}, []bool{true, true, false, true}, []bool{false, false, true, false}, false},
		{"neither", "exaone4-sliding", map[string]any{"layer_types": nil, "sliding_window_pattern": nil}, most, []bool{false, false, false, true}, false},
		{"no window", "exaone4-sliding", map[string]any{"layer_types": nil, "sliding_window_pattern": nil, "sliding_window": nil}, none, none, true},
		{"none slides", "exaone4-sliding", map[string]any{"layer_types": []string{"full_attention", "full_attention", "full_attention", "full_attention"}}, none, []bool{true, true, true, true}, false},
		{"no window of 64", "exaone4-hybrid", map[string]any{"layer_types": nil, "sliding_window_pattern": nil, "sliding_window": nil}, none, none, false},
		{"64", "exaone4-hybrid", nil, most, []bool{false, false, false, true}, true},
	} {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(filepath.Join(archOracle, c.from))); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "config.json"), edited(t, c.from, c.set), 0o644); err != nil {
			t.Fatal(err)
		}
		f, err := Open(dir)
		if err != nil {
			t.Fatal(c.name, err)
		}
		defer f.Close()
		back := t.TempDir()
		if err := f.WriteFolder(back, AsBF16, 1); err != nil {
			t.Fatal(err)
		}
		b, err := Open(back)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		for at, s := range []*Shape{&f.Shape, &b.Shape} {
			for l := range 4 {
				if s.sliding(l) != c.slides[l] || s.turned(l) == c.without[l] {
					t.Errorf("%s, written %v: layer %d slides: %v, has positions: %v", c.name, at > 0, l, s.sliding(l), s.turned(l))
				}
			}
		}
		if err := f.WriteGGUF(io.Discard, AsF32, nil, 1); (err == nil) != c.gguf {
			t.Errorf("%s as GGUF: %v", c.name, err)
		}
	}
}

// What was trained on rows longer than the original context is compared as such,
// though the prompts are short.
func TestLongRopeTrained(t *testing.T) {
	f := openArch(t, "phi3")
	ids := []int32{5, 7, 9, 2, 4, 6, 11, 200, 31, 17, 90, 4, 4, 8}
	logits := func(f *File) string {
		d, err := f.NewDecoder(32, 32, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		p, err := NewPages(&f.Shape, KVFloat32, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		out := make([]float32, len(ids)*f.Shape.Vocab)
		if err := d.Step(p, []Seq{{IDs: ids, Full: []int32{0}, Window: []int32{0}, Logits: len(ids)}}, out); err != nil {
			t.Fatal(err)
		}
		return hash(out)
	}
	for _, length := range []int{f.Shape.Rope[0].Long.Original, f.Shape.Rope[0].Long.Original + 1} {
		tr := openTrainer(t, f, Training{Rows: 1, Length: length, Threads: 1})
		want := hash(tr.Logits(Row{IDs: ids, Docs: []int{0, len(ids)}, Weight: make([]float32, len(ids))}))
		if got := logits(f.Within(tr.Length())); got != want {
			t.Errorf("rows of %d: other logits than the decoder's", length)
		}
		if long := length > f.Shape.Rope[0].Long.Original; (logits(f) == want) == long {
			t.Errorf("rows of %d: the factors are not those of %d tokens", length, length)
		}
	}
}

// Biases of a folder count unless its config says that there are none: transformers
// passes over those.
func TestUnbiased(t *testing.T) {
	const attention, out, mlp = ".attn_q.bias .attn_k.bias .attn_v.bias", ".attn_output.bias", ".ffn_gate.bias .ffn_up.bias .ffn_down.bias"
	type flags = map[string]any
	for _, c := range []struct {
		arch string
		set  flags
		want string
	}{
		{"llama-bias", nil, attention + " " + out + " " + mlp},
		{"llama-bias", flags{"attention_bias": nil, "mlp_bias": nil}, attention + " " + out + " " + mlp}, // not said
		{"llama-bias", flags{"attention_bias": false}, mlp},
		{"llama-bias", flags{"mlp_bias": false}, attention + " " + out},
		{"llama-bias", flags{"attention_bias": false, "mlp_bias": false}, ""},
		{"llama-bias", flags{"attention_out_bias": false}, attention + " " + mlp},
		{"qwen2", flags{"attention_bias": false}, attention}, // which has them always
		{"gpt2", flags{"attention_bias": false, "mlp_bias": false}, ".attn_qkv.bias .attn_output.bias .ffn_up.bias .ffn_down.bias"},
	} {
		dir := t.TempDir()
		text, err := os.ReadFile(filepath.Join(archOracle, c.arch, "model.safetensors"))
		if err := errors.Join(err, os.WriteFile(filepath.Join(dir, "config.json"), edited(t, c.arch, c.set), 0o600), os.WriteFile(filepath.Join(dir, "model.safetensors"), text, 0o600)); err != nil {
			t.Fatal(err)
		}
		f, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		found, err := f.plan()
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]bool{}
		for _, w := range found {
			if role := strings.TrimPrefix(w.name, "blk.0"); strings.HasSuffix(role, ".bias") && role != w.name && !strings.Contains(role, "norm") {
				got[role] = true
			}
		}
		want := map[string]bool{}
		for _, role := range strings.Fields(c.want) {
			want[role] = true
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s with %v: %v, want %v", c.arch, c.set, got, want)
		}
	}
}
