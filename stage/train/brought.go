package train

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"suiren/engine/model"
	"suiren/engine/tokenizer"
	"suiren/engine/weights"
	"suiren/internal/say"
	"suiren/stage"
)

// A brought is a model that was not made by this plan's own sft: a Hugging
// Face folder or a GGUF file, with its tokenizer and its template.
type brought struct {
	*model.File
	path     string
	tok      *tokenizer.Tokenizer
	template string
	ends     []int32 // tokens that end an answer, as the files say
}

// ggufName is the GGUF file of an artifact of weights.
const ggufName = "model.gguf"

// openBrought opens a model: an artifact's folder, or the owner's.
func openBrought(path string) (*brought, error) {
	if _, err := os.Stat(filepath.Join(path, ggufName)); err == nil {
		path = filepath.Join(path, ggufName)
	}
	f, err := model.Open(path)
	if err != nil {
		return nil, err
	}
	b := &brought{File: f, path: path}
	if err := b.words(); err != nil {
		f.Close()
		return nil, err
	}
	return b, nil
}

// words reads the tokenizer, the template and what ends an answer.
func (b *brought) words() (err error) {
	if b.IsGGUF() {
		g, err := weights.OpenGGUF(b.path)
		if err != nil {
			return err
		}
		defer g.Close()
		b.template = g.Text("tokenizer.chat_template")
		b.tok, err = tokenizer.FromGGUF(func(key string) (any, bool) { v := g.Value(key); return v, v != nil })
		if err == nil {
			b.ends = b.tok.Ends()
		}
		return err
	}
	if b.tok, err = tokenizer.Load(b.path); err != nil {
		return err
	}
	var config struct {
		Template json.RawMessage `json:"chat_template"`
	}
	if err := optional(filepath.Join(b.path, "tokenizer_config.json"), &config); err != nil {
		return err
	}
	json.Unmarshal(config.Template, &b.template) // a list of named ones is no template here
	if text, err := os.ReadFile(filepath.Join(b.path, "chat_template.jinja")); err == nil {
		b.template = string(text)
	}
	for _, name := range []string{"config.json", "generation_config.json"} {
		var c struct {
			EOS json.RawMessage `json:"eos_token_id"`
		}
		if err := optional(filepath.Join(b.path, name), &c); err != nil {
			return err
		}
		var one int32
		var list []int32
		if json.Unmarshal(c.EOS, &list) != nil && json.Unmarshal(c.EOS, &one) == nil {
			list = []int32{one}
		}
		for _, id := range list {
			if !slices.Contains(b.ends, id) {
				b.ends = append(b.ends, id)
			}
		}
	}
	slices.Sort(b.ends)
	return nil
}

// optional reads a JSON file that need not be there.
func optional(path string, v any) error {
	if err := readJSON(path, v); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// write writes f, the model with other weights or in another type, to the
// artifact of job: as b is, folder or GGUF, but quantised as GGUF. It is read
// again and compared, and returned open.
func (b *brought) write(job *stage.Job, f *model.File, x model.Mixture) (*brought, error) {
	threads := job.Machine.Threads
	if b.IsGGUF() || x != model.AsF32 && x != model.AsF16 && x != model.AsBF16 {
		if err := b.writeGGUF(filepath.Join(job.Out, ggufName), f, x, threads); err != nil {
			return nil, err
		}
	} else {
		if err := f.WriteFolder(job.Out, x, threads); err != nil {
			return nil, err
		}
		if err := b.copyWords(job.Out); err != nil {
			return nil, err
		}
	}
	out, err := openBrought(job.Out)
	if err != nil {
		return nil, err
	}
	if out.IsGGUF() {
		err = f.Compare(out.File, x)
	} else {
		err = f.CompareFolder(out.File, x)
	}
	if err != nil {
		out.Close()
		return nil, err
	}
	return out, nil
}

func (b *brought) writeGGUF(path string, f *model.File, x model.Mixture, threads int) error {
	var meta []weights.Pair
	if !b.IsGGUF() {
		pairs, err := b.tok.GGUF()
		if err != nil {
			return err
		}
		for _, p := range pairs {
			meta = append(meta, weights.Pair{Key: p.Key, Value: p.Value})
		}
		if b.template != "" {
			meta = append(meta, weights.Pair{Key: "tokenizer.chat_template", Value: b.template})
		}
	}
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	err = f.WriteGGUF(out, x, meta, threads)
	return errors.Join(err, out.Sync(), out.Close())
}

// wordFiles are what a folder has of its tokenizer and template.
var wordFiles = []string{"tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
	"vocab.json", "vocab.txt", "merges.txt", "chat_template.jinja", "generation_config.json", "LICENSE"}

// copyWords copies them, and the numbers of special tokens in config.json.
func (b *brought) copyWords(dir string) error {
	for _, name := range wordFiles {
		in, err := os.Open(filepath.Join(b.path, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		out, err := os.Create(filepath.Join(dir, name))
		if err == nil {
			_, err = io.Copy(out, in)
			err = errors.Join(err, out.Close())
		}
		in.Close()
		if err != nil {
			return err
		}
	}
	var from, to map[string]json.RawMessage
	if err := readJSON(filepath.Join(b.path, "config.json"), &from); err != nil {
		return err
	}
	path := filepath.Join(dir, "config.json")
	if err := readJSON(path, &to); err != nil {
		return err
	}
	for _, key := range []string{"bos_token_id", "eos_token_id", "pad_token_id"} {
		if v, ok := from[key]; ok {
			to[key] = v
		}
	}
	return writeJSON(path, to)
}

// checkType finds fault with the name of a type of weights.
func checkType(name string) []*say.Error {
	if name == "" || slices.Contains(model.Mixtures, model.Mixture(name)) {
		return nil
	}
	return []*say.Error{unknown("type", name, "f32, f16, bf16, q8_0, q6_k, q4_k_m, q4_0")}
}
