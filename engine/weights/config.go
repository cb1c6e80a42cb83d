package weights

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
)

// A Config is config.json: the shape of a Qwen3 model, under the names of
// the transformers library.
type Config struct {
	Architectures         []string `json:"architectures"`
	ModelType             string   `json:"model_type"`
	VocabSize             int      `json:"vocab_size"`
	HiddenSize            int      `json:"hidden_size"`
	NumHiddenLayers       int      `json:"num_hidden_layers"`
	NumAttentionHeads     int      `json:"num_attention_heads"`
	NumKeyValueHeads      int      `json:"num_key_value_heads"`
	HeadDim               int      `json:"head_dim"`
	IntermediateSize      int      `json:"intermediate_size"`
	MaxPositionEmbeddings int      `json:"max_position_embeddings"`
	RopeTheta             float64  `json:"rope_theta"`
	RMSNormEps            float64  `json:"rms_norm_eps"`
	HiddenAct             string   `json:"hidden_act"`
	TieWordEmbeddings     bool     `json:"tie_word_embeddings"`
	TorchDtype            string   `json:"torch_dtype"`
	EOSTokenID            int      `json:"eos_token_id"`
	UseSlidingWindow      bool     `json:"use_sliding_window,omitempty"`
	SlidingWindow         int      `json:"sliding_window,omitempty"` // tokens that a sliding layer sees
	LayerTypes            []string `json:"layer_types,omitempty"`    // sliding_attention or full_attention, of each layer
}

// maxConfig bounds config.json in bytes, maxDim each size in it: both are
// far above any model of this kind.
const (
	maxConfig = 1 << 20
	maxDim    = 1 << 24
)

// ReadConfig reads dir/config.json. A model that is not a Qwen3 decoder with
// rotary positions and SiLU gates, or a size out of range, gives a *FormatError.
func ReadConfig(dir string) (*Config, error) {
	path := filepath.Join(dir, "config.json")
	file, err := OpenRegular(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxConfig+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxConfig {
		return nil, malformed(path, "", "is larger than %d bytes", maxConfig)
	}
	return parseConfig(path, text)
}

func parseConfig(path string, text []byte) (*Config, error) {
	var j struct {
		Config
		EOSTokenID     json.RawMessage `json:"eos_token_id"` // a number, a list or null
		Dtype          string          `json:"dtype"`        // the newer name of torch_dtype
		RopeParameters struct {
			Theta float64 `json:"rope_theta"`
			Type  string  `json:"rope_type"`
		} `json:"rope_parameters"` // the newer place of rope_theta
		RopeScaling   any  `json:"rope_scaling"`
		AttentionBias bool `json:"attention_bias"`
	}
	if err := json.Unmarshal(text, &j); err != nil {
		return nil, malformed(path, "", "%v", err)
	}
	c := &j.Config
	if c.TorchDtype == "" {
		c.TorchDtype = j.Dtype
	}
	if c.RopeTheta == 0 {
		c.RopeTheta = j.RopeParameters.Theta
	}
	if e := bytes.TrimSpace(j.EOSTokenID); len(e) > 0 {
		var list []int
		if e[0] != '[' && string(e) != "null" {
			e = []byte("[" + string(e) + "]")
		}
		if err := json.Unmarshal(e, &list); err != nil {
			return nil, malformed(path, "eos_token_id", "%v", err)
		}
		if len(list) > 0 {
			c.EOSTokenID = list[0]
		}
	}
	switch {
	case c.ModelType != "qwen3":
		return nil, malformed(path, "model_type", "%q is not read; qwen3 is", c.ModelType)
	case c.HiddenAct != "" && c.HiddenAct != "silu":
		return nil, malformed(path, "hidden_act", "%q is not read; silu is", c.HiddenAct)
	case j.RopeScaling != nil || j.RopeParameters.Type != "" && j.RopeParameters.Type != "default":
		return nil, malformed(path, "rope_scaling", "scaled rotary positions are not read")
	case j.AttentionBias:
		return nil, malformed(path, "attention_bias", "biases are not read")
	}
	if err := c.check(path); err != nil {
		return nil, err
	}
	return c, nil
}

// check reports the first field that no model can have.
func (c *Config) check(path string) error {
	for _, f := range []struct {
		name string
		n    int
	}{
		{"vocab_size", c.VocabSize}, {"hidden_size", c.HiddenSize}, {"num_hidden_layers", c.NumHiddenLayers},
		{"num_attention_heads", c.NumAttentionHeads}, {"num_key_value_heads", c.NumKeyValueHeads}, {"head_dim", c.HeadDim},
		{"intermediate_size", c.IntermediateSize}, {"max_position_embeddings", c.MaxPositionEmbeddings},
	} {
		if f.n < 1 || f.n > maxDim {
			return malformed(path, f.name, "%d is missing or out of range 1 to %d", f.n, maxDim)
		}
	}
	switch {
	case c.UseSlidingWindow && (c.SlidingWindow < 1 || c.SlidingWindow > maxDim):
		return malformed(path, "sliding_window", "%d is missing or out of range 1 to %d", c.SlidingWindow, maxDim)
	case c.UseSlidingWindow && len(c.LayerTypes) != c.NumHiddenLayers:
		return malformed(path, "layer_types", "%d layer_types for %d layers", len(c.LayerTypes), c.NumHiddenLayers)
	case c.NumAttentionHeads%c.NumKeyValueHeads != 0:
		return malformed(path, "num_key_value_heads", "%d does not divide the %d heads", c.NumKeyValueHeads, c.NumAttentionHeads)
	case c.HeadDim%2 != 0:
		return malformed(path, "head_dim", "%d is odd; rotary positions turn pairs", c.HeadDim)
	case !(c.RopeTheta > 0 && c.RopeTheta < 1e30):
		return malformed(path, "rope_theta", "%v is missing or out of range", c.RopeTheta)
	case !(c.RMSNormEps > 0 && c.RMSNormEps < 1):
		return malformed(path, "rms_norm_eps", "%v is missing or out of range", c.RMSNormEps)
	case c.EOSTokenID < 0 || c.EOSTokenID >= c.VocabSize:
		return malformed(path, "eos_token_id", "%d is not one of the %d tokens", c.EOSTokenID, c.VocabSize)
	}
	return nil
}

// Write writes dir/config.json and dir/generation_config.json. Empty text
// fields get the values of an F32 Qwen3 model.
func (c Config) Write(dir string) error {
	if len(c.Architectures) == 0 {
		c.Architectures = []string{"Qwen3ForCausalLM"}
	}
	if c.ModelType == "" {
		c.ModelType = "qwen3"
	}
	if c.HiddenAct == "" {
		c.HiddenAct = "silu"
	}
	if c.TorchDtype == "" {
		c.TorchDtype = "float32"
	}
	path := filepath.Join(dir, "config.json")
	if err := c.check(path); err != nil {
		return err
	}
	err := writeJSON(path, struct {
		Config
		AttentionBias bool `json:"attention_bias"`
		UseCache      bool `json:"use_cache"`
	}{c, false, true})
	if err != nil {
		return err
	}
	return writeJSON(filepath.Join(dir, "generation_config.json"), struct {
		EOS    int  `json:"eos_token_id"`
		Sample bool `json:"do_sample"`
	}{c.EOSTokenID, false})
}

func writeJSON(path string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
