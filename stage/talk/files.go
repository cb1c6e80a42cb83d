package talk

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"suiren/engine/weights"
)

// Meta returns what a GGUF file says of how the model of a folder is talked to:
// its tokenizer, all tokens that end an answer, those of learnt among them, its
// template and its sampling.
func (w *Words) Meta(learnt ...int32) ([]weights.Pair, error) {
	ends, turn := slices.Concat(w.Ends, learnt), int32(-1)
	if end := w.TurnEnd(); len(end) > 0 && slices.Contains(ends, end[0]) {
		turn = end[0]
	}
	pairs, err := w.Tokenizer.GGUFTurn(turn, ends...)
	if err != nil {
		return nil, err
	}
	var list []weights.Pair
	for _, p := range pairs {
		list = append(list, weights.Pair{Key: p.Key, Value: p.Value})
	}
	return append(list, w.generation.GGUF()...), nil
}

// MoreEnds returns what a GGUF file of words that were read from one has to say beside
// what that says, for the tokens of learnt to end an answer.
func (w *Words) MoreEnds(learnt ...int32) (list []weights.Pair, err error) {
	for _, id := range learnt {
		pairs, err := w.Tokenizer.MoreEnds(w.endPairs, id)
		if err != nil {
			return nil, err
		}
		for _, p := range pairs {
			list = append(list, weights.Pair{Key: p.Key, Value: p.Value})
		}
	}
	return list, nil
}

const templateFile = "chat_template.jinja"

// folderFiles are what a folder says of how its model is talked to, and under
// what licence, but for config.json.
var folderFiles = []string{"tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
	"vocab.json", "vocab.txt", "merges.txt", templateFile, "generation_config.json", "LICENSE"}

// special are what config.json says of it.
var special = []string{"bos_token_id", "eos_token_id", "pad_token_id"}

// Copy writes to dir, a folder with the weights and the config.json of a model,
// how it is talked to: what the folder or the GGUF file at from says. More files
// of a folder are copied where they are there.
func Copy(from, dir string, more ...string) error {
	from = Path(from)
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return unpack(from, dir)
	}
	for _, name := range slices.Concat(folderFiles, more) {
		if err := copyFile(filepath.Join(from, name), filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	theirs, err := object(filepath.Join(from, "config.json"))
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "config.json")
	ours, err := object(path)
	if err != nil {
		return err
	}
	for _, key := range special {
		if v, ok := theirs[key]; ok {
			ours[key] = v
		}
	}
	text, err := json.MarshalIndent(ours, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o666)
}

// maxConfig bounds config.json in bytes.
const maxConfig = 16 << 20

func object(path string) (o map[string]json.RawMessage, err error) {
	f, err := weights.OpenRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	o = map[string]json.RawMessage{}
	if err := json.NewDecoder(io.LimitReader(f, maxConfig)).Decode(&o); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return o, nil
}

// unpack writes what a GGUF file says as the files that a folder has.
func unpack(path, dir string) error {
	w, err := openGGUF(path)
	if err != nil {
		return err
	}
	if err := w.Tokenizer.Save(dir); err != nil {
		return err
	}
	template := w.Template
	if _, err := os.Stat(filepath.Join(dir, templateFile)); err == nil && template == "" { // of our own chat, which has the same tokens
		template = w.StandIn()
	}
	if template != "" {
		if err := WriteTemplate(dir, template); err != nil {
			return err
		}
	}
	g := *w.generation
	g.Ends = w.Ends
	return g.Write(dir)
}

// WriteTemplate writes to dir, the folder of a model, the template in which it is talked to.
func WriteTemplate(dir, source string) error {
	return os.WriteFile(filepath.Join(dir, templateFile), []byte(source), 0o666)
}

// copyFile copies a file if it is there.
func copyFile(from, to string) error {
	in, err := weights.OpenRegular(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
