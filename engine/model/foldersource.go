package model

import (
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
	tied   bool              // the folder may hold a head that is not to be used
	unit   bool              // norms lack one
	E      int               // experts, in tensors of their own
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
	"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head",
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
	if s.tied && name == "output.weight" {
		return weight{}, false
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

// newFolderSource returns the source of a family's folder.
func newFolderSource(folder *weights.Folder, s *Shape, f *family) *folderSource {
	src := &folderSource{f: folder, layers: "model.layers.", tied: s.Tied, unit: f.unitNorms, E: s.Experts, delta: s.Delta, names: map[string]string{}}
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
