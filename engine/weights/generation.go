package weights

import (
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// A Generation is what a model's files say of how it is asked: its template,
// the tokens around and after its text, and how it is sampled. What they do not
// say is empty or nil.
type Generation struct {
	BOS, EOS string  // names of the special tokens; of a GGUF file its vocabulary knows them
	Ends     []int32 // ids that end an answer, not compared with a vocabulary; of a GGUF file its vocabulary knows them
	Template string

	Temperature, TopP, MinP, Typical, Repeat *float64 // a Temperature of 0: greedily
	TopK                                     *int
}

// maxTemplate bounds the source of a template in bytes.
const maxTemplate = 16 << 20

// ReadGeneration reads a folder's: tokenizer_config.json, chat_template.jinja,
// config.json and generation_config.json, each if it is there. Of a list of
// templates the one called default counts, as transformers has it.
func ReadGeneration(dir string) (*Generation, error) {
	g := &Generation{}
	var special struct {
		BOS      json.RawMessage `json:"bos_token"`
		EOS      json.RawMessage `json:"eos_token"`
		Template json.RawMessage `json:"chat_template"`
	}
	if _, err := readJSON(filepath.Join(dir, "tokenizer_config.json"), &special); err != nil {
		return nil, err
	}
	g.BOS, g.EOS = tokenName(special.BOS), tokenName(special.EOS)
	known := false
	g.Template, known = template(special.Template)
	text, err := readSome(filepath.Join(dir, "chat_template.jinja"), maxTemplate)
	if err != nil {
		return nil, err
	}
	switch {
	case text != nil:
		g.Template = string(text)
	case !known:
		return nil, malformed(filepath.Join(dir, "tokenizer_config.json"), "chat_template", "%s is neither a text nor a list of named templates", jsonKind(special.Template))
	}
	var net struct {
		EOS   json.RawMessage `json:"eos_token_id"`
		Vocab int             `json:"vocab_size"`
	}
	if _, err := readJSON(filepath.Join(dir, "config.json"), &net); err != nil {
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
	if _, err := readJSON(filepath.Join(dir, "generation_config.json"), &gen); err != nil {
		return nil, err
	}
	for _, f := range []struct {
		name string
		ids  []int32
	}{{"config.json", tokenIDs(net.EOS)}, {"generation_config.json", tokenIDs(gen.EOS)}} {
		for _, id := range f.ids {
			if net.Vocab > 0 && int(id) >= net.Vocab {
				return nil, malformed(filepath.Join(dir, f.name), "eos_token_id", "%d is not one of the %d tokens", id, net.Vocab)
			}
		}
		g.Ends = append(g.Ends, f.ids...)
	}
	if g.Repeat = gen.Repeat; gen.Sample != nil && !*gen.Sample {
		g.Temperature = new(float64)
		return g, nil
	}
	g.Temperature, g.TopP, g.TopK, g.MinP, g.Typical = gen.Temperature, gen.TopP, gen.TopK, gen.MinP, gen.Typical
	return g, nil
}

// Write writes it as dir/generation_config.json, with the tokens that end an
// answer. The template has a file of its own.
func (g *Generation) Write(dir string) error {
	c := map[string]any{}
	if len(g.Ends) > 0 {
		c["eos_token_id"] = g.Ends
	}
	greedy := g.Temperature != nil && *g.Temperature == 0
	for name, v := range map[string]*float64{"temperature": g.Temperature, "top_p": g.TopP, "min_p": g.MinP, "typical_p": g.Typical, "repetition_penalty": g.Repeat} {
		if v != nil && (!greedy || v == g.Repeat) { // transformers warns of numbers of sampling beside do_sample false
			c[name] = *v
		}
	}
	if g.TopK != nil && !greedy {
		c["top_k"] = *g.TopK
	}
	if g.Temperature != nil || g.TopP != nil || g.MinP != nil || g.Typical != nil || g.TopK != nil {
		c["do_sample"] = !greedy
	}
	return writeJSON(filepath.Join(dir, "generation_config.json"), c)
}

// AddEnds adds ids to the tokens that end an answer in the folder dir, which has a
// config.json, as transformers reads them: generation_config.json, and config.json
// where that says none. Those that are there already stay where they are.
func AddEnds(dir string, ids []int32) error {
	const key = "eos_token_id"
	said, config := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	path := filepath.Join(dir, "generation_config.json")
	if _, err := readJSON(path, &said); err != nil {
		return err
	}
	ends := tokenIDs(said[key])
	if said == nil { // the file says null
		said = map[string]json.RawMessage{}
	}
	if len(ends) == 0 {
		if _, err := readJSON(filepath.Join(dir, "config.json"), &config); err != nil {
			return err
		}
		ends = tokenIDs(config[key])
	}
	missing := slices.DeleteFunc(slices.Clone(ids), func(id int32) bool { return slices.Contains(ends, id) })
	if len(missing) == 0 {
		return nil
	}
	list, err := json.Marshal(append(ends, missing...))
	if err != nil {
		return err
	}
	said[key] = list
	return writeJSON(path, said)
}

// The keys of sampling. GGUF has none for Typical, so that other programs pass over it.
const (
	keyTopK    = "general.sampling.top_k"
	keyTypical = "suiren.sampling.typical_p"
)

// A sampled is a number of sampling and its key.
type sampled struct {
	key string
	to  **float64
}

// sampled are those there are, but top_k, which is whole.
func (g *Generation) sampled() []sampled {
	return []sampled{{"general.sampling.temp", &g.Temperature}, {"general.sampling.top_p", &g.TopP}, {"general.sampling.min_p", &g.MinP},
		{"general.sampling.penalty_repeat", &g.Repeat}, {keyTypical, &g.Typical}}
}

// GGUF returns the template and the sampling as the metadata of a GGUF file.
func (g *Generation) GGUF() (list []Pair) {
	if g.Template != "" {
		list = append(list, Pair{Key: KeyTemplate, Value: g.Template})
	}
	for _, s := range g.sampled() {
		if v := *s.to; v != nil && finite(float32(*v)) {
			list = append(list, Pair{Key: s.key, Value: float32(*v)})
		}
	}
	if k := g.TopK; k != nil && *k >= 0 && *k <= math.MaxInt32 {
		list = append(list, Pair{Key: keyTopK, Value: int32(*k)})
	}
	return list
}

// Generation returns what the file says. What it names special its vocabulary
// knows.
func (g *GGUF) Generation() *Generation {
	c := &Generation{Template: g.Text(KeyTemplate)}
	for _, s := range c.sampled() {
		if v, ok := g.Value(s.key).(float32); ok && v >= 0 && finite(v) {
			if f, err := strconv.ParseFloat(strconv.FormatFloat(float64(v), 'g', -1, 32), 64); err == nil { // 0.6, not 0.60000002
				*s.to = &f
			}
		}
	}
	if k, ok := g.Whole(keyTopK); ok && k > 0 && k <= math.MaxInt32 {
		n := int(k)
		c.TopK = &n
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

// template reads a template, or a list of named ones.
func template(v json.RawMessage) (text string, known bool) {
	if len(v) == 0 || json.Unmarshal(v, &text) == nil { // null among them
		return text, true
	}
	var list []struct{ Name, Template string }
	if json.Unmarshal(v, &list) != nil {
		return "", false
	}
	for _, t := range list {
		if t.Name == "default" {
			return t.Template, true
		}
	}
	return "", true
}

// jsonKind names the kind of a JSON value.
func jsonKind(v json.RawMessage) string {
	switch v[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case 't', 'f':
		return "a truth value"
	}
	return "a number"
}

// tokenIDs reads an id or a list of them.
func tokenIDs(v json.RawMessage) []int32 {
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

// readSome reads a file of at most so many bytes; nil if it is not there.
func readSome(path string, most int64) ([]byte, error) {
	f, err := OpenRegular(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(text)) > most {
		return nil, malformed(path, "", "is larger than %d bytes", most)
	}
	return text, nil
}
