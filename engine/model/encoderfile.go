package model

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"suiren/engine/weights"
)

// encoderFamilies are the architectures of encoders: general.architecture of
// GGUF, model_type of config.json, and the prefixes that a folder's names may
// have.
var encoderFamilies = []string{"bert", "roberta", "xlm-roberta", modernBERT, "modernbert", "gte", newGTE}

// newGTE is what Alibaba's own files call GTE of version 1.5 and the
// multilingual one.
const newGTE = "new"

const modernBERT = "modern-bert"

// isEncoder reports whether an architecture is that of an encoder.
func isEncoder(arch string) bool { return slices.Contains(encoderFamilies, arch) }

// encoderFromGGUF returns the shape that a GGUF file's metadata describes.
func encoderFromGGUF(g *weights.GGUF) (*EncoderShape, error) {
	arch := g.Text("general.architecture")
	m := ggufReader{g: g, arch: arch}
	embed, ok := g.Tensor("token_embd.weight")
	if !ok || len(embed.Shape) != 2 {
		return nil, badConfig("token_embd.weight is missing or not a matrix")
	}
	s := &EncoderShape{Arch: "bert", Vocab: embed.Shape[0], Width: m.whole("embedding_length", 0), Layers: m.whole("block_count", 0), Heads: m.whole("attention.head_count", 0),
		Hidden: m.whole("feed_forward_length", 0), Eps: float32(m.number("attention.layer_norm_epsilon", 1e-12)), Act: GELU}
	if arch == modernBERT {
		if err := s.modernFromGGUF(g, &m); err != nil {
			return nil, err
		}
	} else {
		position, ok := g.Tensor("position_embd.weight")
		if !ok || len(position.Shape) != 2 {
			return nil, badConfig("position_embd.weight is missing or not a matrix")
		}
		s.Context = position.Shape[0]
	}
	if t, ok := g.Tensor("token_types.weight"); ok && len(t.Shape) > 0 {
		s.Types, _ = matrix(t.Shape)
	}
	switch kind := m.whole("pooling_type", 1); kind {
	case 0, 1:
	case 2, 4:
		s.Pool = PoolFirst
	default:
		return nil, cmp.Or(m.err, badConfig("pooling of type %d is not read", kind))
	}
	if t, ok := g.Tensor("cls.output.weight"); ok && len(t.Shape) > 0 {
		s.Labels, _ = matrix(t.Shape)
		s.Pool = PoolFirst
		if s.Before && m.whole("classifier.pooling_type", 1) == 1 {
			s.Pool = PoolMean
		}
	}
	if m.err != nil {
		return nil, m.err
	}
	return s, s.Check()
}

// modernFromGGUF reads what ModernBERT has beside BERT. As in llama.cpp, a head
// reads the mean unless the file says otherwise, and every third layer sees all,
// from the first.
func (s *EncoderShape) modernFromGGUF(g *weights.GGUF, m *ggufReader) error {
	s.Arch, s.Gated, s.Before = modernBERT, true, true
	s.Context = m.whole("context_length", 0)
	s.Theta, s.LocalTheta = m.number("rope.freq_base", 1e4), m.number("rope.freq_base_swa", 1e4)
	if act := g.Text("modern-bert.hidden_activation"); act != "" {
		var ok bool
		if s.Act, ok = acts[act]; !ok {
			return badConfig("activation %q is not read", act)
		}
	}
	if s.Layers < 0 || s.Layers > 1<<10 {
		return nil // Check says so
	}
	if w := m.whole(windowKey, 0); w != 0 {
		s.Window = w / 2
		if list, ok := g.Value("modern-bert.attention.sliding_window_pattern").([]bool); ok && len(list) >= s.Layers {
			s.Local = slices.Clone(list[:s.Layers])
			return nil
		}
		s.Local = everyFrom0(s.Layers, m.whole("attention.sliding_window_pattern", 3))
	}
	return nil
}

// everyFrom0 says that layers 0, n, 2n… see all and the others a window.
func everyFrom0(layers, n int) []bool {
	list := make([]bool, layers)
	for l := range list {
		list[l] = n < 1 || l%n != 0
	}
	return list
}

// A hfEncoder is config.json of an encoder.
type hfEncoder struct {
	Architectures []string `json:"architectures"`
	Vocab         int      `json:"vocab_size"`
	Width         int      `json:"hidden_size"`
	Layers        int      `json:"num_hidden_layers"`
	Heads         int      `json:"num_attention_heads"`
	Hidden        int      `json:"intermediate_size"`
	Context       int      `json:"max_position_embeddings"`
	Eps           float64  `json:"layer_norm_eps"`
	Act           string   `json:"hidden_act"`
	Types         int      `json:"type_vocab_size"`
	Pad           int      `json:"pad_token_id"`
	Positions     string   `json:"position_embedding_type"`

	// Of those with rotary positions.
	Theta    *float64        `json:"rope_theta"`
	Scaling  json.RawMessage `json:"rope_scaling"`
	Rope     json.RawMessage `json:"rope_parameters"`
	GateAct  string          `json:"hidden_activation"`
	NormEps  float64         `json:"norm_eps"`
	Window   int             `json:"local_attention"`
	Kinds    []string        `json:"layer_types"`
	Every    int             `json:"global_attn_every_n_layers"`
	Global   *float64        `json:"global_rope_theta"`
	Local    *float64        `json:"local_rope_theta"`
	HeadPool string          `json:"classifier_pooling"`
	HeadAct  string          `json:"classifier_activation"`

	// Of newGTE.
	NormType string `json:"layer_norm_type"`
	Packed   *bool  `json:"pack_qkv"`
	LogN     bool   `json:"logn_attention_scale"`

	Labels map[string]any `json:"id2label"`
}

// rotary reads what the families with rotary positions have beside BERT.
func (h *hfEncoder) rotary(s *EncoderShape, arch string) error {
	s.Theta, s.Gated = 160000, true
	var err error
	set := func(theta, x *float64) {
		if x == nil {
			return
		}
		if *theta = *x; !(*x > 1) { // 0 stands for positions that are learnt
			err = badTheta(*x)
		}
	}
	if arch == newGTE {
		s.Theta = 1e4
	}
	set(&s.Theta, h.Theta)
	if string(h.Scaling) != "" && string(h.Scaling) != "null" {
		if err := h.stretch(s); err != nil {
			return err
		}
	}
	var by struct {
		hfRope
		Full    hfRope `json:"full_attention"`
		Sliding hfRope `json:"sliding_attention"`
	}
	if len(h.Rope) > 0 {
		if err := json.Unmarshal(h.Rope, &by); err != nil {
			return badConfig("rope_parameters: %v", err)
		}
	}
	for _, r := range []hfRope{by.hfRope, by.Full, by.Sliding} {
		if r.Type != "" && r.Type != "default" {
			return badConfig("rotary positions of type %q of an encoder are not read", r.Type)
		}
	}
	set(&s.Theta, by.Theta)
	if err != nil || arch != "modernbert" {
		return err
	}
	s.Arch, s.Before, s.LocalTheta, s.Types = modernBERT, true, 1e4, 0
	set(&s.Theta, h.Global)
	set(&s.Theta, by.Full.Theta)
	set(&s.LocalTheta, h.Local)
	set(&s.LocalTheta, by.Sliding.Theta)
	if err != nil {
		return err
	}
	s.Eps = 1e-5
	if h.NormEps > 0 {
		s.Eps = float32(h.NormEps)
	}
	s.Window = 64
	if h.Window != 0 {
		s.Window = h.Window / 2
	}
	if s.Layers < 0 || s.Layers > 1<<10 {
		return nil // Check says so
	}
	switch {
	case h.Kinds != nil:
		for _, kind := range h.Kinds {
			s.Local = append(s.Local, kind == "sliding_attention")
		}
	case h.Every > 0:
		s.Local = everyFrom0(s.Layers, h.Every)
	default:
		s.Local = everyFrom0(s.Layers, 3)
	}
	s.Window = min(s.Window, s.Context)
	if h.HeadAct != "" && h.HeadAct != "gelu" {
		return badConfig("classifier_activation %q is not read", h.HeadAct)
	}
	return nil
}

// stretch reads rope_scaling of newGTE: NTK-RoPE-fixed of
// https://kexue.fm/archives/9706, as vLLM has it too.
func (h *hfEncoder) stretch(s *EncoderShape) error {
	var r struct {
		hfRope
		Mixed *float64 `json:"mixed_b"`
	}
	if err := json.Unmarshal(h.Scaling, &r); err != nil {
		return badConfig("rope_parameters: %v", err)
	}
	if kind := r.kind(); kind != "ntk" || r.Mixed != nil || s.Heads < 1 || s.Width < 2*s.Heads {
		return badConfig("rotary positions of type %q of an encoder are not read", kind)
	}
	s.Theta *= r.Factor
	s.Stretch = float32(math.Pow(r.Factor, 2/float64(s.Width/s.Heads)))
	return nil
}

// encoderFromFolder returns the shape that config.json and, if it is there,
// sentence-transformers' 1_Pooling/config.json describe. Without the latter
// the first token stands for the text.
func encoderFromFolder(dir, arch string, folder source) (*EncoderShape, error) {
	h := hfEncoder{Eps: 1e-12, Act: "gelu"}
	if err := readConfig(filepath.Join(dir, "config.json"), &h); err != nil {
		return nil, err
	}
	s := &EncoderShape{Arch: "bert", Vocab: h.Vocab, Width: h.Width, Layers: h.Layers, Heads: h.Heads, Hidden: h.Hidden, Context: h.Context,
		Eps: float32(h.Eps), Types: h.Types, Pool: PoolFirst}
	usual := "absolute"
	if arch == newGTE {
		usual = "rope"
	}
	if h.Positions != "" && h.Positions != usual {
		return nil, badConfig("position_embedding_type %q is not read", h.Positions)
	}
	if h.NormType != "" && h.NormType != "layer_norm" || h.Packed != nil && !*h.Packed || h.LogN {
		return nil, badConfig("layer_norm_type, pack_qkv or logn_attention_scale is set otherwise than in GTE's models, which is not read")
	}
	if h.GateAct != "" {
		h.Act = h.GateAct
	}
	act, ok := acts[h.Act]
	if !ok {
		return nil, badConfig("hidden_act %q is not read", h.Act)
	}
	s.Act = act
	switch arch {
	case "bert":
	case "gte", newGTE, "modernbert":
		if arch != "modernbert" {
			s.Arch = "gte"
		}
		if err := h.rotary(s, arch); err != nil {
			return nil, err
		}
	default: // positions are counted after the padding's
		s.Offset = h.Pad + 1
		s.Context -= s.Offset
	}
	var pool struct {
		Mean bool `json:"pooling_mode_mean_tokens"`
	}
	path := filepath.Join(dir, "1_Pooling", "config.json")
	if isFile(path) {
		if err := readConfig(path, &pool); err != nil {
			return nil, err
		}
	}
	if pool.Mean {
		s.Pool = PoolMean
	}
	// A head of tokens, such as that of the multilingual GTE, scores no pairs.
	scores := h.Architectures == nil || slices.ContainsFunc(h.Architectures, func(a string) bool { return strings.HasSuffix(a, "ForSequenceClassification") })
	if w, ok := folder.weight("cls.output.weight"); ok && scores {
		s.Labels, s.Pool = w.rows, PoolFirst
		s.LabelNames = labelNames(h.Labels, w.rows)
		if s.Before && h.HeadPool == "mean" {
			s.Pool = PoolMean
		}
	}
	return s, s.Check()
}

// labelNames returns the names of n labels in their order, or nil unless all
// have one.
func labelNames(of map[string]any, n int) []string {
	if len(of) != n {
		return nil
	}
	list := make([]string, n)
	for i := range list {
		name, ok := of[strconv.Itoa(i)].(string)
		if !ok {
			return nil
		}
		list[i] = name
	}
	return list
}

// newEncoderSource names the tensors of an encoder's folder.
func newEncoderSource(folder *weights.Folder, arch string) source {
	prefix := ""
	for _, name := range folder.Names() {
		first, _, _ := strings.Cut(name, ".")
		if slices.Contains(encoderFamilies, strings.ReplaceAll(first, "_", "-")) || first == "model" {
			prefix = first + "."
			break
		}
	}
	s := &folderSource{f: folder, layers: prefix + "encoder.layer.", names: map[string]string{
		"token_embd": prefix + "embeddings.word_embeddings", "position_embd": prefix + "embeddings.position_embeddings",
		"token_types": prefix + "embeddings.token_type_embeddings", "token_embd_norm": prefix + "embeddings.LayerNorm",
		"attn_q": "attention.self.query", "attn_k": "attention.self.key", "attn_v": "attention.self.value",
		"attn_output": "attention.output.dense", "attn_output_norm": "attention.output.LayerNorm",
		"ffn_up": "intermediate.dense", "ffn_down": "output.dense", "layer_output_norm": "output.LayerNorm",
		"cls": prefix + "pooler.dense", "cls.output": "classifier",
	}}
	put := func(pairs ...string) {
		for i := 0; i < len(pairs); i += 2 {
			s.names[pairs[i]] = pairs[i+1]
		}
	}
	switch arch {
	case "bert":
	case "modernbert":
		s.layers = prefix + "layers."
		put("token_embd", prefix+"embeddings.tok_embeddings", "token_embd_norm", prefix+"embeddings.norm", "output_norm", prefix+"final_norm",
			"attn_norm", "attn_norm", "attn_qkv", "attn.Wqkv", "attn_output", "attn.Wo", "ffn_norm", "mlp_norm", "ffn_up", "mlp.Wi", "ffn_down", "mlp.Wo",
			"cls", "head.dense", "cls.norm", "head.norm")
	case "gte", newGTE:
		put("attn_qkv", "attention.qkv_proj", "attn_output", "attention.o_proj", "attn_output_norm", "attn_ln",
			"ffn_up", "mlp.up_gate_proj", "ffn_down", "mlp.down_proj", "layer_output_norm", "mlp_ln")
		return gteSource{s}
	default:
		put("cls", "classifier.dense", "cls.output", "classifier.out_proj")
	}
	return s
}

// A gteSource takes apart the matrix in which GTE keeps up and gate.
type gteSource struct{ *folderSource }

func (s gteSource) weight(name string) (weight, bool) {
	gate := strings.Contains(name, "ffn_gate.")
	if !gate && !strings.Contains(name, "ffn_up.") {
		return s.folderSource.weight(name)
	}
	w, ok := s.folderSource.weight(strings.Replace(name, "ffn_gate.", "ffn_up.", 1))
	if !ok || w.rows%2 != 0 {
		return weight{}, false
	}
	w.name += " (up)"
	if half := w.rows / 2; gate {
		w = w.part(half, w.rows)
		w.name = strings.Replace(w.name, "(up)", "(gate)", 1)
	} else {
		w = w.part(0, half)
	}
	return w, true
}

func readConfig(path string, v any) error {
	text, err := readLimited(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("%s: %w", path, badConfig("%v", err))
	}
	return nil
}
