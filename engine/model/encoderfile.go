package model

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"suiren/engine/weights"
)

// encoderFamilies are the architectures of encoders: general.architecture of
// GGUF, model_type of config.json, and the prefixes that a folder's names may
// have.
var encoderFamilies = []string{"bert", "roberta", "xlm-roberta"}

// IsEncoder reports whether an architecture is that of an encoder.
func IsEncoder(arch string) bool { return slices.Contains(encoderFamilies, arch) }

// encoderFromGGUF returns the shape that a GGUF file's metadata describes.
func encoderFromGGUF(g *weights.GGUF) (*EncoderShape, error) {
	arch := g.Text("general.architecture")
	m := ggufReader{g: g, arch: arch}
	embed, ok := g.Tensor("token_embd.weight")
	position, ok2 := g.Tensor("position_embd.weight")
	if !ok || !ok2 || len(embed.Shape) != 2 || len(position.Shape) != 2 {
		return nil, fmt.Errorf("%w: token_embd.weight or position_embd.weight is missing or not a matrix", ErrConfig)
	}
	s := &EncoderShape{Vocab: embed.Shape[0], Width: m.whole("embedding_length", 0), Layers: m.whole("block_count", 0), Heads: m.whole("attention.head_count", 0),
		Hidden: m.whole("feed_forward_length", 0), Context: position.Shape[0], Eps: float32(m.number("attention.layer_norm_epsilon", 1e-12)), Act: GELU}
	if t, ok := g.Tensor("token_types.weight"); ok && len(t.Shape) > 0 {
		s.Types, _ = matrix(t.Shape)
	}
	switch kind := m.whole("pooling_type", 1); kind {
	case 0, 1:
	case 2, 4:
		s.Pool = PoolFirst
	default:
		return nil, fmt.Errorf("%w: pooling of type %d is not read", ErrConfig, kind)
	}
	if t, ok := g.Tensor("cls.output.weight"); ok && len(t.Shape) > 0 {
		s.Labels, _ = matrix(t.Shape)
	}
	if m.err != nil {
		return nil, m.err
	}
	return s, s.Check()
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

	Labels map[string]any `json:"id2label"`
}

// encoderFromFolder returns the shape that config.json and, if it is there,
// sentence-transformers' 1_Pooling/config.json describe. Without the latter
// the first token stands for the text.
func encoderFromFolder(dir, arch string, folder *folderSource) (*EncoderShape, error) {
	h := hfEncoder{Eps: 1e-12, Act: "gelu"}
	if err := readConfig(filepath.Join(dir, "config.json"), &h); err != nil {
		return nil, err
	}
	s := &EncoderShape{Vocab: h.Vocab, Width: h.Width, Layers: h.Layers, Heads: h.Heads, Hidden: h.Hidden, Context: h.Context,
		Eps: float32(h.Eps), Types: h.Types, Pool: PoolFirst}
	if h.Positions != "" && h.Positions != "absolute" {
		return nil, fmt.Errorf("%w: position_embedding_type %q is not read", ErrConfig, h.Positions)
	}
	act, ok := acts[h.Act]
	if !ok {
		return nil, fmt.Errorf("%w: hidden_act %q is not read", ErrConfig, h.Act)
	}
	s.Act = act
	if arch != "bert" { // positions are counted after the padding's
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
	if w, ok := folder.weight("cls.output.weight"); ok {
		s.Labels = w.rows
		s.LabelNames = labelNames(h.Labels, w.rows)
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
func newEncoderSource(folder *weights.Folder, arch string) *folderSource {
	prefix := ""
	for _, name := range folder.Names() {
		if first, _, _ := strings.Cut(name, "."); slices.Contains(encoderFamilies, strings.ReplaceAll(first, "_", "-")) {
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
	if arch != "bert" {
		s.names["cls"], s.names["cls.output"] = "classifier.dense", "classifier.out_proj"
	}
	return s
}

func readConfig(path string, v any) error {
	text, err := readLimited(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("%s: %w: %w", path, ErrConfig, err)
	}
	return nil
}
