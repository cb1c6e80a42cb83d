package model

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"suiren/engine/weights"
)

// A folderSource is an open Hugging Face folder.
type folderSource struct {
	f      *weights.Folder
	inner  string            // what all names begin with, of a model that sees as well
	layers string            // what a layer's names begin with
	names  map[string]string // Hugging Face's ends of names by GGUF's
	unit   bool              // norms lack one
	plain  []string          // Shape.Unbiased
	E      int               // experts, in tensors of their own, or all in two
	delta  *Delta            // of layers with a state
	turned bool              // matrices of blocks have their inputs first
	turner turner
}

// decoderNames are the ends of names in a decoder's folder.
var decoderNames = map[string]string{
	"attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
	"attn_gate": "self_attn.g_proj", "attn_output": "self_attn.o_proj",
	"attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm", "ffn_norm": "post_attention_layernorm",
	"ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj", "ffn_gate_inp": "mlp.gate",
	"ffn_gate_inp_shexp": "mlp.shared_expert_gate", "ffn_gate_shexp": "mlp.shared_expert.gate_proj", "ffn_up_shexp": "mlp.shared_expert.up_proj",
	"ffn_down_shexp": "mlp.shared_expert.down_proj",
	"token_embd":     "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head",
}

// name returns the folder's name of a tensor.
func (s *folderSource) name(name string) string {
	if own, ok := s.deltaName(name); ok {
		return own
	}
	dot := strings.LastIndexByte(name, '.')
	stem, kind := name[:dot], name[dot:]
	rest, ok := strings.CutPrefix(stem, "blk.")
	if !ok {
		return s.names[stem] + kind
	}
	l, role, _ := strings.Cut(rest, ".")
	if role, expert, ok := strings.Cut(role, "."); ok {
		return s.layers + l + ".mlp.experts." + expert + "." + strings.TrimPrefix(s.names[role], "mlp.") + kind
	}
	return s.layers + l + "." + s.names[role] + kind
}

func (s *folderSource) weight(name string) (weight, bool) {
	if stem, ok := strings.CutSuffix(name, ".bias"); ok && slices.Contains(s.plain, stem[strings.LastIndexByte(stem, '.')+1:]) {
		return weight{}, false // transformers passes over it, too
	}
	for _, x := range []struct{ gguf, proj string }{{"ffn_gate_exps", "gate_proj"}, {"ffn_up_exps", "up_proj"}, {"ffn_down_exps", "down_proj"}} {
		if strings.Contains(name, x.gguf) {
			return s.experts(name, x.proj)
		}
	}
	w, ok := s.tensor(name, s.name(name))
	if ok && s.delta != nil && w.unread == "" {
		if w = s.delta.ordered(name, w, false); strings.HasSuffix(name, ".ssm_a") {
			w = w.decays()
		}
	}
	if ok && w.unread == "" && s.turns(name) {
		w = w.transposed(&s.turner)
	}
	return w, ok
}

// unbiased lists the matrices that have no biases by what the file says.
func (h *hfConfig) unbiased() (list []string) {
	off := func(b *bool) bool { return b != nil && !*b }
	if off(h.Bias) {
		list = append(list, "attn_q", "attn_k", "attn_v", "attn_qkv")
	}
	if off(cmp.Or(h.OutBias, h.Bias)) {
		list = append(list, "attn_output")
	}
	if off(h.MLPBias) {
		list = append(list, "ffn_gate", "ffn_up", "ffn_down")
	}
	return list
}

// tensor returns the tensor that the folder has under a name.
func (s *folderSource) tensor(name, own string) (weight, bool) {
	own = s.inner + own
	dtype, shape, ok := s.f.Tensor(own)
	if !ok || len(shape) == 0 {
		return weight{}, false
	}
	w := weight{name: own}
	if w.typ, ok = weights.TypeOf(dtype); !ok {
		w.unread = dtype
	}
	w.rows, w.cols = matrix(shape)
	size := int64(w.bytes(1))
	w.read = func(buf []byte, lo, hi int) ([]byte, error) {
		buf = buf[:int64(hi-lo)*size]
		return buf, s.f.Copy(own, int64(lo)*size, buf)
	}
	if s.unit && len(shape) == 1 && lacksOne(name) {
		w = w.plus(1)
	}
	return w, true
}

// lacksOne reports whether a norm of a family with norms less one is such a norm:
// those behind states are not.
func lacksOne(name string) bool {
	return strings.Contains(name, "norm") && !strings.Contains(name, "ssm_norm")
}

// plus returns a vector with a number added to each of its own.
func (w weight) plus(n float32) weight {
	plain, read := w, w.read
	w.typ = weights.F32
	w.read = func(buf []byte, lo, hi int) ([]byte, error) {
		b, err := read(make([]byte, plain.bytes(hi-lo)), lo, hi)
		if err != nil {
			return nil, err
		}
		x := floatsOf(buf[:w.bytes(hi-lo)])
		weights.Decode(x, b, plain.typ)
		for i := range x {
			x[i] += n
		}
		return bytesOf(x), nil
	}
	return w
}

// experts returns the tensors of a layer's experts as the stack that GGUF has.
func (s *folderSource) experts(name, proj string) (weight, bool) {
	var l int
	if n, _ := fmt.Sscanf(name, "blk.%d.", &l); n != 1 {
		return weight{}, false
	}
	if w, ok := s.fusedExperts(name, fmt.Sprintf("%s%d.mlp.experts.", s.layers, l), proj); ok {
		return w, true
	}
	var list []weight
	for e := range s.E {
		own := fmt.Sprintf("%s%d.mlp.experts.%d.%s.weight", s.layers, l, e, proj)
		w, ok := s.tensor(name, own)
		if w.unread != "" {
			return w, true
		}
		if !ok || e > 0 && (w.rows != list[0].rows || w.cols != list[0].cols || w.typ != list[0].typ) {
			return weight{}, false
		}
		list = append(list, w)
	}
	return stack(name, list), true
}

// fusedExperts returns them of a folder that has them in two tensors, as transformers 5
// has them in memory: gate_up_proj (E, 2F, C) and down_proj (E, C, F).
func (s *folderSource) fusedExperts(name, stem, proj string) (weight, bool) {
	own := stem + proj
	if proj != "down_proj" {
		own = stem + "gate_up_proj"
	}
	_, shape, ok := s.f.Tensor(s.inner + own)
	w, have := s.tensor(name, own)
	switch {
	case !ok || !have || w.unread != "":
		return w, have
	case len(shape) != 3 || shape[0] != s.E:
		return weight{}, false
	case proj == "down_proj":
		return w, true
	}
	return w.half(name, shape, proj == "up_proj")
}

// half returns the upper rows, gates, of each of the matrices of a stack, or the lower
// ones. ok is false if it is no stack of such.
func (w weight) half(name string, shape []int, lower bool) (_ weight, ok bool) {
	if len(shape) != 3 || shape[0] < 1 || shape[0] > maxExperts || shape[1] < 2 || shape[1]%2 != 0 {
		return weight{}, false
	}
	half, from := shape[1]/2, 0
	if lower {
		from = half
	}
	var list []weight
	for e := range shape[0] {
		list = append(list, w.part(2*e*half+from, 2*e*half+from+half))
	}
	return stack(name, list), true
}

// stack returns tensors of one shape and type, one below the other.
func stack(name string, list []weight) weight {
	w := list[0]
	one, size := w.rows, w.bytes(1)
	w.name, w.rows = name, one*len(list)
	w.read = func(buf []byte, lo, hi int) ([]byte, error) {
		buf = buf[:(hi-lo)*size]
		for at := lo; at < hi; {
			e := at / one
			to := min(hi, (e+1)*one)
			part := buf[(at-lo)*size : (to-lo)*size]
			b, err := list[e].read(part, at-e*one, to-e*one)
			if err != nil {
				return nil, err
			}
			copy(part, b)
			at = to
		}
		return buf, nil
	}
	return w
}

// tied reports whether the head of a folder of a shape is its embeddings: where its
// configuration ties the two, and it has no other head or one of the same numbers, as
// transformers takes it. The two are read a few rows at a time.
func (s *folderSource) tied(shape *Shape) (bool, error) {
	head, ok := s.weight("output.weight")
	embed, _ := s.weight("token_embd.weight")
	switch {
	case !ok || !shape.Tied:
		return shape.Tied, nil
	case head.unread != "" || embed.unread != "" || head.rows != embed.rows || head.cols != embed.cols || head.cols != shape.Width:
		return false, nil
	}
	x, y := make([]float32, packRows*head.cols), make([]float32, packRows*head.cols)
	for lo := 0; lo < head.rows; lo += packRows {
		n := min(head.rows-lo, packRows)
		a, b := head.part(lo, lo+n), embed.part(lo, lo+n)
		if err := cmp.Or(a.floats(x[:n*head.cols]), b.floats(y[:n*head.cols])); err != nil {
			return false, err
		}
		if !slices.Equal(x[:n*head.cols], y[:n*head.cols]) {
			return false, nil
		}
	}
	return true, nil
}

// newFolderSource returns the source of a family's folder.
func newFolderSource(folder *weights.Folder, s *Shape, f *family) *folderSource {
	src := &folderSource{f: folder, layers: "model.layers.", unit: f.unitNorms, plain: s.Unbiased, E: s.Experts, delta: s.Delta, names: map[string]string{}}
	maps.Copy(src.names, decoderNames)
	maps.Copy(src.names, f.hf)
	if folder != nil {
		src.inner = s.Inner
	}
	if s.Delta != nil && folder != nil && slices.Contains(folder.Names(), "model.language_model.embed_tokens.weight") { // of a model that sees as well
		src.layers = "model.language_model.layers."
		src.names["token_embd"], src.names["output_norm"] = "model.language_model.embed_tokens", "model.language_model.norm"
	}
	if f.learned {
		src.useGPT2()
	}
	return src
}
