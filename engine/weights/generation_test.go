package weights

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// folderOf writes files into a folder.
func folderOf(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestReadGeneration(t *testing.T) {
	files := map[string]string{
		"tokenizer_config.json":  `{"bos_token": {"content": "<s>"}, "eos_token": "</s>", "chat_template": [{"name": "tool_use", "template": "t"}, {"name": "default", "template": "d"}]}`,
		"config.json":            `{"eos_token_id": 5}`,
		"generation_config.json": `{"eos_token_id": [5, 7], "temperature": 0.6, "top_k": 20, "do_sample": true}`,
	}
	g, err := ReadGeneration(folderOf(t, files))
	if err != nil || g.BOS != "<s>" || g.EOS != "</s>" || g.Template != "d" || !reflect.DeepEqual(g.Ends, []int32{5, 5, 7}) || *g.Temperature != 0.6 || *g.TopK != 20 {
		t.Errorf("%v: %+v", err, g)
	}
	files["chat_template.jinja"] = "j"
	if g, err := ReadGeneration(folderOf(t, files)); err != nil || g.Template != "j" {
		t.Errorf("beside a file of its own: %v: %+v", err, g)
	}
	files["config.json"] = `{"eos_token_id": 5, "vocab_size": 7}`
	var bad *FormatError
	if _, err := ReadGeneration(folderOf(t, files)); !errors.As(err, &bad) || filepath.Base(bad.Path) != "generation_config.json" || bad.Place != "eos_token_id" {
		t.Errorf("an end that is no token: %v", err)
	}
	files["generation_config.json"] = `{`
	if _, err := ReadGeneration(folderOf(t, files)); err == nil {
		t.Error("broken JSON was read")
	}
	files["generation_config.json"], files["chat_template.jinja"] = `{}`, string(make([]byte, maxTemplate+1))
	if _, err := ReadGeneration(folderOf(t, files)); err == nil {
		t.Error("a template without end was read")
	}
}

// A template that is no text is told, unless the one that counts has a file of its own.
func TestTemplateKind(t *testing.T) {
	for value, want := range map[string]string{`null`: "", `"x"`: "", `[]`: "", `[{"name": "default", "template": "d"}]`: "", `[{"name": "other", "template": "d"}]`: "",
		`7`: "a number", `{"default": "d"}`: "an object", `true`: "a truth value", `["x"]`: "a list"} {
		files := map[string]string{"tokenizer_config.json": `{"chat_template": ` + value + `}`}
		_, err := ReadGeneration(folderOf(t, files))
		bad, ok := errors.AsType[*FormatError](err)
		if ok != (want != "") || ok && (bad.Place != "chat_template" || bad.Args[0] != want) {
			t.Errorf("%s: %v", value, err)
		}
		files["chat_template.jinja"] = "j"
		if g, err := ReadGeneration(folderOf(t, files)); err != nil || g.Template != "j" {
			t.Errorf("%s beside a file: %v", value, err)
		}
	}
}

// How a folder's model is sampled is the same as GGUF, and as a folder again:
// greedily, too.
func TestGenerationForms(t *testing.T) {
	for _, text := range []string{`{"do_sample": false, "temperature": 0.6}`, `{"do_sample": false, "repetition_penalty": 1.05}`,
		`{"do_sample": true, "temperature": 0.6, "top_k": 20, "top_p": 0.95, "min_p": 0.1, "repetition_penalty": 1.1}`, `{"do_sample": true, "typical_p": 0.95}`, `{"eos_token_id": [3, 4]}`, `{}`} {
		dir := folderOf(t, map[string]string{"generation_config.json": text, "chat_template.jinja": "{{ messages }}"})
		want, err := ReadGeneration(dir)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "x.gguf")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		err = WriteGGUF(f, append(want.GGUF(), Pair{Key: "general.architecture", Value: "llama"}), nil, nil)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		g, err := OpenGGUF(path)
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		got := g.Generation()
		got.Ends = want.Ends // which the vocabulary of a GGUF file knows
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: as GGUF %+v, as a folder %+v", text, got, want)
		}
		back := folderOf(t, map[string]string{"chat_template.jinja": got.Template})
		if err := got.Write(back); err != nil {
			t.Fatal(err)
		}
		if again, err := ReadGeneration(back); err != nil || !reflect.DeepEqual(again, want) {
			t.Errorf("%s: as a folder again %+v, was %+v: %v", text, again, want, err)
		}
	}
}

// Whatever a folder's files say of sampling is written again as a folder, and as GGUF.
func FuzzGeneration(f *testing.F) {
	f.Add([]byte(`{"bos_token": {"content": "<s>"}, "chat_template": [{"name": "default", "template": "d"}]}`), []byte(`{"eos_token_id": 5}`),
		[]byte(`{"eos_token_id": [5, 7], "temperature": 0.6, "top_k": 20, "do_sample": true, "top_p": 1e300, "min_p": -1, "typical_p": 0.5}`))
	f.Add([]byte(`{"chat_template": "t", "eos_token": "</s>"}`), []byte(`{}`), []byte(`{"do_sample": false, "repetition_penalty": 1.1}`))
	f.Fuzz(func(t *testing.T, special, net, gen []byte) {
		dir := t.TempDir()
		for name, text := range map[string][]byte{"tokenizer_config.json": special, "config.json": net, "generation_config.json": gen} {
			if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		g, err := ReadGeneration(dir)
		if err != nil {
			return
		}
		path := filepath.Join(dir, "x.gguf")
		file, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(WriteGGUF(file, g.GGUF(), nil, nil), file.Close()); err != nil {
			t.Fatal(err)
		}
		again, err := OpenGGUF(path)
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		for _, g := range []*Generation{g, again.Generation()} {
			if err := g.Write(dir); err != nil {
				t.Fatal(err)
			}
			if _, err := ReadGeneration(dir); err != nil {
				t.Fatal(err)
			}
		}
	})
}
