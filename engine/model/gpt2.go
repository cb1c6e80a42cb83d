package model

import (
	"encoding/binary"
	"encoding/json"
	"maps"
	"strings"
	"sync"

	"suiren/engine/weights"
)

// A gptConfig is what config.json of a GPT-2 calls by names of its own.
type gptConfig struct {
	Context    int     `json:"n_positions"`
	Width      int     `json:"n_embd"`
	Layers     int     `json:"n_layer"`
	Heads      int     `json:"n_head"`
	Inner      *int    `json:"n_inner"` // null: four times the width
	Act        string  `json:"activation_function"`
	Eps        float64 `json:"layer_norm_epsilon"`
	Scaled     *bool   `json:"scale_attn_weights"`
	ByLayer    bool    `json:"scale_attn_by_inverse_layer_idx"`
	CrossReads bool    `json:"add_cross_attention"`
}

// gpt2 takes what GPT-2 has other names for.
func (h *hfConfig) gpt2(text []byte) error {
	g := gptConfig{Act: "gelu_new", Eps: 1e-5}
	if err := json.Unmarshal(text, &g); err != nil {
		return badConfig("%v", err)
	}
	switch {
	case g.ByLayer || g.Scaled != nil && !*g.Scaled:
		return badConfig("scores that are scaled otherwise than by the size of a head (scale_attn_weights, scale_attn_by_inverse_layer_idx) are not read")
	case g.CrossReads:
		return badConfig("attention to another model's states (add_cross_attention) is not read")
	}
	if g.Act == "silu" {
		return badConfig("hidden_act %q is not read", g.Act)
	}
	if g.Heads > 0 && g.Width%g.Heads != 0 {
		return badConfig("%d heads of a width of %d", g.Heads, g.Width)
	}
	*h = hfConfig{ModelType: h.ModelType, Vocab: h.Vocab, Tied: h.Tied, Quantised: h.Quantised, Context: g.Context, Width: g.Width,
		Layers: g.Layers, Heads: g.Heads, Hidden: 4 * max(0, min(g.Width, 1<<20)), Eps: g.Eps, Act: g.Act} // Check refuses such a width
	if g.Inner != nil {
		h.Hidden = *g.Inner
	}
	return nil
}

// gptNames are the ends of names in a GPT-2's blocks.
var gptNames = map[string]string{
	"attn_norm": "ln_1", "attn_qkv": "attn.c_attn", "attn_output": "attn.c_proj", "ffn_norm": "ln_2", "ffn_up": "mlp.c_fc", "ffn_down": "mlp.c_proj",
}

// useGPT2 makes s a source of GPT-2's names. Files of the model without its
// head, as the first ones are, lack the name of it before the others.
func (s *folderSource) useGPT2() {
	model := "transformer."
	if s.f != nil {
		if _, _, ok := s.f.Tensor("wte.weight"); ok {
			model = ""
		}
	}
	s.turned, s.layers, s.names = true, model+"h.", maps.Clone(gptNames)
	s.names["token_embd"], s.names["position_embd"], s.names["output_norm"], s.names["output"] = model+"wte", model+"wpe", model+"ln_f", "lm_head"
}

// turns reports whether the folder has the matrix of that name with its inputs
// first (transformers' Conv1D).
func (s *folderSource) turns(name string) bool {
	return s.turned && strings.HasPrefix(name, "blk.") && strings.HasSuffix(name, ".weight") && !strings.Contains(name, "norm")
}

// A turner holds the matrix that was transposed last: its rows are asked for
// one after the other, and each is spread over the whole file.
type turner struct {
	mu   sync.Mutex
	name string
	data []byte
}

// transposed returns the weight with rows and columns exchanged; blocks of
// integers become float32.
func (w weight) transposed(held *turner) weight {
	from := w
	size := from.bytes(1) / max(1, from.cols) // of an element
	if n, _ := from.typ.Block(); n != 1 {
		w.typ, size = weights.F32, 4
	}
	w.rows, w.cols = from.cols, from.rows
	w.read = func(buf []byte, lo, hi int) ([]byte, error) {
		held.mu.Lock()
		defer held.mu.Unlock()
		if held.name != w.name || held.data == nil {
			data, err := from.turn(size)
			if err != nil {
				return nil, err
			}
			held.name, held.data = w.name, data
		}
		n := w.bytes(1)
		buf = buf[:(hi-lo)*n]
		copy(buf, held.data[lo*n:])
		return buf, nil
	}
	return w
}

// turn reads a matrix and returns it transposed, in elements of size bytes.
func (w *weight) turn(size int) ([]byte, error) {
	const band = 16 // rows that are turned together: what is written is near
	out := make([]byte, w.rows*w.cols*size)
	raw, x := make([]byte, w.bytes(band)), make([]float32, band*w.cols)
	for lo := 0; lo < w.rows; lo += band {
		n := min(band, w.rows-lo)
		b, err := w.read(raw, lo, lo+n)
		if err != nil {
			return nil, err
		}
		if k, _ := w.typ.Block(); k != 1 {
			weights.Decode(x[:n*w.cols], b, w.typ)
			b = bytesOf(x)
		}
		for c := range w.cols {
			to := out[(c*w.rows+lo)*size:]
			for r := range n {
				at := (r*w.cols + c) * size
				if size == 2 {
					to[2*r], to[2*r+1] = b[at], b[at+1]
				} else {
					binary.LittleEndian.PutUint32(to[4*r:], binary.LittleEndian.Uint32(b[at:]))
				}
			}
		}
	}
	return out, nil
}

// gpt2Config is config.json of a GPT-2, in its names.
func (s *Shape) gpt2Config(c map[string]any) {
	for own, from := range map[string]string{"n_positions": "max_position_embeddings", "n_embd": "hidden_size", "n_layer": "num_hidden_layers",
		"n_head": "num_attention_heads", "n_inner": "intermediate_size", "layer_norm_epsilon": "rms_norm_eps", "activation_function": "hidden_act"} {
		c[own] = c[from]
		delete(c, from)
	}
	for _, name := range []string{"num_key_value_heads", "head_dim", "rope_theta", "attention_bias"} {
		delete(c, name)
	}
	c["n_ctx"] = s.Context // what older readers and llama.cpp's converter ask for
	if s.Act == GELUTanh {
		c["activation_function"] = "gelu_new"
	}
}

// blockNames is what the names of a block's matrices begin with in a folder.
func (s *Shape) blockNames() string {
	if s.Arch == "gpt2" {
		return "transformer.h."
	}
	return "model." + s.Inner + "layers."
}
