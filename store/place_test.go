package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A model of the owner's is found by its digest as long as it is that one.
func TestPlace(t *testing.T) {
	s, dir := open(t, t.TempDir()), t.TempDir()
	write(t, dir, "config.json", "{}", "weights", "1")
	files, err := ModelFiles(t.Context(), dir)
	check(t, err)
	d := FilesDigest(files)
	if _, err := s.Model(d); !errors.Is(err, ErrNotFound) {
		t.Errorf("before: %v", err)
	}
	check(t, s.SetPlace(d, dir))
	if got, err := s.Model(d); got != dir || err != nil {
		t.Errorf("%s %v", got, err)
	}
	if _, err := s.Dir(d); !errors.Is(err, ErrNotFound) {
		t.Errorf("it became an artifact: %v", err)
	}
	write(t, dir, "chat_template.jinja", "x")
	if _, err := s.Model(d); !errors.Is(err, ErrMoved) || !strings.Contains(err.Error(), "the model here is no longer the one that was used") {
		t.Errorf("another template: %v", err)
	}
	check(t, os.RemoveAll(dir))
	if _, err := s.Model(d); !errors.Is(err, ErrMoved) || !strings.Contains(err.Error(), "nothing is here any more") {
		t.Errorf("gone: %v", err)
	}
	check(t, os.WriteFile(s.place(d), []byte(`{"path":"here"}`), 0o600))
	if _, err := s.Model(d); !errors.Is(err, ErrNotFound) {
		t.Errorf("a damaged note: %v", err)
	}
	a := put(t, s, "x", "y")
	if got, err := s.Model(a); err != nil || filepath.Base(got) != a.String() {
		t.Errorf("%s %v", got, err)
	}
}

// The shards of a model belong to it, and no other file of the folder does.
func TestModelFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a[1]-00001-of-00002.gguf", "a[1]-00002-of-00002.gguf", "a1-00001-of-00002.gguf", "other.gguf"} {
		write(t, dir, name, name)
	}
	files, err := ModelFiles(t.Context(), filepath.Join(dir, "a[1]-00001-of-00002.gguf"))
	if err != nil || len(files) != 2 || files[1].Path != "a[1]-00002-of-00002.gguf" {
		t.Errorf("%v %v", files, err)
	}
	if files, err = ModelFiles(t.Context(), filepath.Join(dir, "other.gguf")); err != nil || len(files) != 1 {
		t.Errorf("%v %v", files, err)
	}
	// A folder beside the files is no part of the model; a device among them is refused, as
	// whoever opens it might wait, or read for ever.
	check(t, os.Mkdir(filepath.Join(dir, "more"), 0o700))
	if files, err = ModelFiles(t.Context(), dir); err != nil || len(files) != 4 {
		t.Errorf("%v %v", files, err)
	}
	check(t, os.Symlink(os.DevNull, filepath.Join(dir, "config.json")))
	if files, err = ModelFiles(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "config.json is no plain file") {
		t.Errorf("%v %v", files, err)
	}
}

// Of a folder counts what is read of it or copied from it; what else comes to lie
// there makes it no other model.
func TestModelFolder(t *testing.T) {
	dir := t.TempDir()
	digest := func() Digest {
		t.Helper()
		files, err := ModelFiles(t.Context(), dir)
		check(t, err)
		return FilesDigest(files)
	}
	seen := map[Digest]string{}
	for _, name := range []string{"config.json", "model-00001-of-00002.safetensors", "model.safetensors.index.json", "tokenizer.json", "tokenizer_config.json", "tokenizer.model",
		"special_tokens_map.json", "added_tokens.json", "vocab.json", "vocab.txt", "merges.txt", "chat_template.jinja", "generation_config.json",
		"suiren.json", "model.gguf", "LICENSE"} {
		write(t, dir, name, name)
		d := digest()
		if before, ok := seen[d]; ok {
			t.Errorf("with %s it is the same as with %s", name, before)
		}
		seen[d] = name
	}
	before := digest()
	if got := before.Short(); got != "231c7207900d" {
		t.Errorf("a folder of these files was another model before: %s", got)
	}
	for _, name := range []string{".DS_Store", "._model.safetensors", ".gitattributes", "README.md", "optimizer.pt", "pytorch_model.bin", "training_args.bin", "trainer_state.json", "model.safetensors.bak", "adapter_config.json", "adapter_model.safetensors"} {
		write(t, dir, name, name)
		if digest() != before {
			t.Errorf("with %s it is another model", name)
		}
	}
}

// Beside the weights that are read others count as little as an adapter; an adapter in the
// folder of a model is found by a digest of its own.
func TestBesideModel(t *testing.T) {
	for name, parts := range map[string][]string{
		"one file": {"config.json", "{}", "model.safetensors", "1"},
		"shards":   {"config.json", "{}", "model-1-of-2.safetensors", "1", "model-2-of-2.safetensors", "2", "model.safetensors.index.json", `{"weight_map": {"a": "model-1-of-2.safetensors", "b": "model-2-of-2.safetensors", "c": "model-1-of-2.safetensors"}}`},
	} {
		s, dir := open(t, t.TempDir()), t.TempDir()
		write(t, dir, parts...)
		sum := func(of func(context.Context, string) ([]File, error)) Digest {
			t.Helper()
			files, err := of(t.Context(), dir)
			check(t, err)
			return FilesDigest(files)
		}
		model := sum(ModelFiles)
		if model != sum(AdapterFiles) {
			t.Errorf("%s: its own files do not all count", name)
		}
		write(t, dir, "adapter_config.json", "{}", "adapter_model.safetensors", "2", "consolidated.safetensors", "3", "consolidated.safetensors.index.json", "{}")
		adapter := sum(AdapterFiles)
		if sum(ModelFiles) != model || adapter == model {
			t.Errorf("%s: what lies beside it makes it another model", name)
		}
		for _, d := range []Digest{model, adapter} {
			check(t, s.SetPlace(d, dir))
			if got, err := s.Model(d); got != dir || err != nil {
				t.Errorf("%s: %s %v", name, got, err)
			}
		}
		write(t, dir, parts[2], "other")
		if d := sum(ModelFiles); d == model {
			t.Errorf("%s: other weights are the same model", name)
		}
	}
	dir := t.TempDir() // which files are read is not known
	write(t, dir, "config.json", "{}", "model.safetensors.index.json", "no index", "a.safetensors", "1")
	before, err := ModelFiles(t.Context(), dir)
	if check(t, err); len(before) != 3 {
		t.Errorf("%v", before)
	}
}

// What tells of nothing that is left goes: curves with their artifact, unless
// a checkpoint waits; logs of runs once they are old, too; places of models
// that nothing stands on.
func TestPrune(t *testing.T) {
	s := open(t, t.TempDir())
	kept, gone, waits := put(t, s, "a", "1"), put(t, s, "b", "2"), Digest{7}
	model, other := Digest{8}, Digest{9}
	check(t, s.Record(Record{Key: Digest{1}, Kind: Weights, Name: "kept", Output: kept, Began: time.Now(), Run: "run-kept", Inputs: []Used{{Arg: "base", Digest: model, From: model}}}))
	check(t, s.Record(Record{Key: Digest{2}, Kind: Weights, Name: "gone", Output: gone, Began: time.Now(), Run: "run-gone"}))
	check(t, s.SetBlock(Block{Kind: Weights, Name: "kept", Key: Digest{1}, Output: kept}))
	_, err := s.Work(waits)
	check(t, err)
	check(t, s.SetPlace(model, t.TempDir()))
	check(t, s.SetPlace(other, t.TempDir()))
	curve := func(block string, key Digest) string { return "curves/" + block + "/" + key.Short() + "/curve.csv" }
	write(t, s.Path(), curve("weights.kept", Digest{1}), "x", curve("weights.gone", Digest{2}), "x", curve("weights.waits", waits), "x",
		"runs/run-kept.jsonl", "x", "runs/run-gone.jsonl", "x", "runs/run-new.jsonl", "x")
	old := time.Now().Add(-keepRuns - time.Hour)
	for _, name := range []string{"run-kept", "run-gone"} {
		check(t, os.Chtimes(filepath.Join(s.Path(), "runs", name+".jsonl"), old, old))
	}
	there := func(path string) bool {
		_, err := os.Stat(filepath.Join(s.Path(), path))
		return err == nil
	}
	_, would, err := s.GC(t.Context(), true)
	check(t, err)
	if !there(curve("weights.gone", Digest{2})) {
		t.Fatal("a dry run removed something")
	}
	_, bytes, err := s.GC(t.Context(), false)
	check(t, err)
	if would != bytes || bytes == 0 {
		t.Errorf("%d bytes would go, %d went", would, bytes)
	}
	for path, want := range map[string]bool{
		curve("weights.kept", Digest{1}): true, curve("weights.gone", Digest{2}): false, "curves/weights.gone": false, curve("weights.waits", waits): true,
		"runs/run-kept.jsonl": true, "runs/run-gone.jsonl": false, "runs/run-new.jsonl": true,
		"places/" + model.String() + ".json": true, "places/" + other.String() + ".json": false,
	} {
		if there(path) != want {
			t.Errorf("%s is there: %t", path, !want)
		}
	}
}
