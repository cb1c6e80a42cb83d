package plain

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"suiren/engine/weights"
	"suiren/serve/form"
)

// A config is what a model's files say besides its weights and its
// vocabulary: how it likes to be asked.
type config struct {
	BOS, EOS string  // names of the special tokens
	Ends     []int32 // ids that end an answer
	Template string
	Sampling form.Sampling
}

// maxConfig bounds a file of JSON, or a template.
const maxConfig = 16 << 20

// GGUF returns how a folder's model likes to be asked, its template and its sampling, as
// the metadata of a GGUF file. Greedily is a temperature of 0 there.
func GGUF(dir string) ([]weights.Pair, error) {
	c, err := readConfig(dir)
	if err != nil {
		return nil, err
	}
	var list []weights.Pair
	if c.Template != "" {
		list = append(list, weights.Pair{Key: "tokenizer.chat_template", Value: c.Template})
	}
	for _, s := range c.sampled() {
		if *s.to != nil {
			list = append(list, weights.Pair{Key: samplingKey + s.key, Value: float32(**s.to)})
		}
	}
	if k := c.Sampling.TopK; k != nil && *k == int(int32(*k)) {
		list = append(list, weights.Pair{Key: samplingKey + "top_k", Value: int32(*k)})
	}
	return list, nil
}

const samplingKey = "general.sampling."

// A sampledNumber is one of sampling that GGUF has a key for.
type sampledNumber struct {
	key string
	to  **float64
}

func (c *config) sampled() []sampledNumber {
	return []sampledNumber{{"temp", &c.Sampling.Temperature}, {"top_p", &c.Sampling.TopP}, {"min_p", &c.Sampling.MinP}, {"penalty_repeat", &c.Sampling.Repeat}}
}

// readConfig reads a folder's.
func readConfig(dir string) (*config, error) {
	c := &config{}
	var special struct {
		BOS      json.RawMessage `json:"bos_token"`
		EOS      json.RawMessage `json:"eos_token"`
		Template json.RawMessage `json:"chat_template"`
	}
	if err := readJSON(filepath.Join(dir, "tokenizer_config.json"), &special); err != nil {
		return nil, err
	}
	c.BOS, c.EOS = tokenName(special.BOS), tokenName(special.EOS)
	c.Template = template(special.Template)
	b, err := readFile(filepath.Join(dir, "chat_template.jinja"))
	if err != nil {
		return nil, err
	}
	if b != nil {
		c.Template = string(b)
	}
	var net struct {
		EOS json.RawMessage `json:"eos_token_id"`
	}
	if err := readJSON(filepath.Join(dir, "config.json"), &net); err != nil {
		return nil, err
	}
	var gen struct {
		EOS         json.RawMessage `json:"eos_token_id"`
		Sample      *bool           `json:"do_sample"`
		Temperature *float64        `json:"temperature"`
		TopP        *float64        `json:"top_p"`
		TopK        *int            `json:"top_k"`
		MinP        *float64        `json:"min_p"`
		Typical     *float64        `json:"typical_p"`
		Repeat      *float64        `json:"repetition_penalty"`
	}
	if err := readJSON(filepath.Join(dir, "generation_config.json"), &gen); err != nil {
		return nil, err
	}
	c.Ends = append(ids(net.EOS), ids(gen.EOS)...)
	c.Sampling = form.Sampling{Temperature: gen.Temperature, TopP: gen.TopP, TopK: gen.TopK, MinP: gen.MinP, Typical: gen.Typical, Repeat: gen.Repeat}
	if gen.Sample != nil && !*gen.Sample {
		c.Sampling = form.Sampling{Temperature: new(float64), Repeat: gen.Repeat}
	}
	return c, nil
}

// configOf reads a GGUF file's. What it names special its vocabulary knows.
func configOf(g *weights.GGUF) *config {
	c := &config{Template: g.Text("tokenizer.chat_template")}
	for _, s := range c.sampled() {
		if v, ok := g.Value(samplingKey + s.key).(float32); ok && v >= 0 {
			if f, err := strconv.ParseFloat(strconv.FormatFloat(float64(v), 'g', -1, 32), 64); err == nil { // 0.6, not 0.60000002
				*s.to = &f
			}
		}
	}
	if k, ok := g.Whole(samplingKey + "top_k"); ok && k > 0 && k < 1<<31 {
		n := int(k)
		c.Sampling.TopK = &n
	}
	return c
}

// tokenName reads a token, written as its name or as an object with it.
func tokenName(v json.RawMessage) string {
	var s string
	var o struct {
		Content string `json:"content"`
	}
	if json.Unmarshal(v, &s) != nil && json.Unmarshal(v, &o) == nil {
		s = o.Content
	}
	return s
}

// template reads a template, or a list of named ones, of which the one called
// default counts.
func template(v json.RawMessage) string {
	var s string
	if json.Unmarshal(v, &s) == nil {
		return s
	}
	var list []struct{ Name, Template string }
	if json.Unmarshal(v, &list) != nil {
		return ""
	}
	for _, t := range list {
		if t.Name == "default" {
			return t.Template
		}
	}
	return ""
}

// ids reads an id or a list of them.
func ids(v json.RawMessage) []int32 {
	var one *int32
	if json.Unmarshal(v, &one) == nil && one != nil {
		return []int32{*one}
	}
	var list []int32
	if json.Unmarshal(v, &list) != nil {
		return nil
	}
	return list
}

// readJSON reads a file if it is there.
func readJSON(path string, v any) error {
	b, err := readFile(path)
	if err != nil || b == nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// readFile reads a file; nil if it is not there.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxConfig {
		return nil, fmt.Errorf("%s: longer than %d bytes", path, maxConfig)
	}
	return b, nil
}
