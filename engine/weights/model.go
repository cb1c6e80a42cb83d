package weights

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
)

// A TensorInfo says what a model's files hold under one name.
type TensorInfo struct {
	Name    string
	Type    string // as its format calls it
	Shape   []int  // the slowest dimension first
	Weights int64
	Bytes   int64
}

// A Model is the files of a model, opened to be looked at. What the files do
// not say is empty or 0.
type Model struct {
	Format       string   // gguf or safetensors
	Version      int      // of GGUF
	Architecture string   // general.architecture, model_type
	Context      int64    // positions
	Tokenizer    string   // tokenizer.ggml.model and pre, the kind of tokenizer.json
	Template     bool     // a chat template is there
	Paths        []string // of the files that hold weights
	Tensors      []TensorInfo

	scan  func(i int, do func([]float32) error) (read bool, err error)
	close []func() error
}

// scanned is how many weights Scan gives at a time: a multiple of all blocks.
const scanned = 1 << 16

// OpenModel opens a GGUF file, or a set of them, as OpenGGUF does, or a folder
// in the Hugging Face form with one safetensors file or several and their
// index. It reads all about the weights and checks it, but not the weights.
// Any architecture will do. Errors are a *GGUFError, a *FormatError or the
// system's.
func OpenModel(path string) (*Model, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	m := &Model{}
	if info.IsDir() {
		err = m.openFolder(path)
	} else {
		err = m.openGGUF(path)
	}
	if err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// Close closes the files.
func (m *Model) Close() error {
	var list []error
	for _, f := range m.close {
		list = append(list, f())
	}
	m.close = nil
	return errors.Join(list...)
}

// NotFinite reads tensor i and counts its weights that are infinite or not
// numbers. It reports false if the tensor's type is one that is not read.
func (m *Model) NotFinite(ctx context.Context, i int) (n int64, read bool, err error) {
	read, err = m.scan(i, func(part []float32) error {
		for _, x := range part {
			if !finite(x) {
				n++
			}
		}
		return context.Cause(ctx)
	})
	return n, read, err
}

func (m *Model) openGGUF(path string) error {
	g, err := OpenGGUF(path)
	if err != nil {
		return err
	}
	m.close = append(m.close, g.Close)
	m.Format, m.Version, m.Paths = "gguf", g.Version(), g.Paths()
	m.Architecture = g.Text("general.architecture")
	m.Context, _ = g.Whole(m.Architecture + ".context_length")
	m.Tokenizer = g.Text("tokenizer.ggml.model")
	if pre := g.Text("tokenizer.ggml.pre"); pre != "" {
		m.Tokenizer += ", " + pre
	}
	m.Template = g.Text(KeyTemplate) != ""
	tensors := g.Tensors()
	for _, t := range tensors {
		m.Tensors = append(m.Tensors, TensorInfo{t.Name, t.Type.String(), t.Shape, t.Weights(), t.Bytes})
	}
	m.scan = func(i int, do func([]float32) error) (bool, error) {
		t := tensors[i]
		if !t.Type.Decodes() {
			return false, nil
		}
		src := g.Bytes(t.Name)
		dst := make([]float32, min(t.Weights(), scanned))
		for left := t.Weights(); left > 0; {
			dst = dst[:min(left, int64(len(dst)))]
			n, _ := t.Type.Size(int64(len(dst)))
			err := mapped(g.path(t.Name), t.Name, func() { Decode(dst, src[:n], t.Type) })
			if err == nil {
				err = do(dst)
			}
			if err != nil {
				return true, err
			}
			src, left = src[n:], left-int64(len(dst))
		}
		return true, nil
	}
	return nil
}

func (m *Model) openFolder(dir string) error {
	m.Format = "safetensors"
	folder, err := OpenFolder(dir)
	if err != nil {
		return err
	}
	m.close = append(m.close, folder.Close)
	var files []*File // of each tensor
	for _, f := range folder.files {
		m.Paths = append(m.Paths, f.path)
		for _, tensor := range f.Names() {
			e := f.entries[tensor]
			m.Tensors = append(m.Tensors, TensorInfo{tensor, e.dtype, e.shape, (e.to - e.from) / sizes[e.dtype], e.to - e.from})
			files = append(files, f)
		}
	}
	m.scan = func(i int, do func([]float32) error) (bool, error) {
		t := m.Tensors[i]
		decode := decoders[t.Type]
		if decode == nil {
			return false, nil
		}
		f, dst := files[i], make([]float32, min(t.Weights, scanned))
		for at := int64(0); at < t.Weights; at += int64(len(dst)) {
			dst = dst[:min(t.Weights-at, int64(len(dst)))]
			if err := f.read(t.Name, f.entries[t.Name], decode, dst, at); err != nil {
				return true, err
			}
			if err := do(dst); err != nil {
				return true, err
			}
		}
		return true, nil
	}
	return m.describe(dir)
}

// shards returns the safetensors files of a folder, and the tensors that the
// index says they hold.
func shards(dir string) (map[string][]string, error) {
	const single = "model.safetensors"
	path := filepath.Join(dir, single+".index.json")
	var index struct {
		Map map[string]string `json:"weight_map"`
	}
	if ok, err := readJSON(path, &index); err != nil || !ok {
		return map[string][]string{single: nil}, err
	}
	names := map[string][]string{}
	for tensor, name := range index.Map {
		if name != filepath.Base(name) || filepath.Ext(name) != ".safetensors" {
			return nil, malformed(path, tensor, "is in %q, which is not a safetensors file of this folder", name)
		}
		names[name] = append(names[name], tensor)
	}
	if len(names) == 0 {
		return nil, malformed(path, "weight_map", "names no file")
	}
	for _, list := range names {
		slices.Sort(list)
	}
	return names, nil
}

// describe reads what the other files of the folder say of the model.
func (m *Model) describe(dir string) error {
	var config struct {
		Type    string `json:"model_type"`
		Context int64  `json:"max_position_embeddings"`
		Learnt  int64  `json:"n_positions"` // of GPT-2
		Text    struct {
			Context int64 `json:"max_position_embeddings"`
		} `json:"text_config"` // of models that see as well
	}
	if _, err := readJSON(filepath.Join(dir, "config.json"), &config); err != nil {
		return err
	}
	m.Architecture, m.Context = config.Type, max(config.Context, config.Learnt, config.Text.Context)
	var tokenizer struct {
		Model struct {
			Type string `json:"type"`
		} `json:"model"`
	}
	if _, err := readJSON(filepath.Join(dir, "tokenizer.json"), &tokenizer); err != nil {
		return err
	}
	m.Tokenizer = tokenizer.Model.Type
	if m.Tokenizer == "" && isFile(filepath.Join(dir, "tokenizer.model")) {
		m.Tokenizer = "SentencePiece"
	}
	if m.Tokenizer == "" && isFile(filepath.Join(dir, "merges.txt")) {
		m.Tokenizer = "BPE"
	}
	var special struct {
		Template any `json:"chat_template"`
	}
	if _, err := readJSON(filepath.Join(dir, "tokenizer_config.json"), &special); err != nil {
		return err
	}
	m.Template = special.Template != nil || isFile(filepath.Join(dir, "chat_template.jinja"))
	return nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// readJSON reads a file of at most maxHeader bytes, if it is there.
func readJSON(path string, v any) (ok bool, err error) {
	text, err := readSome(path, maxHeader)
	if err != nil || text == nil {
		return false, err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return false, malformed(path, "", "%v", err)
	}
	return true, nil
}
