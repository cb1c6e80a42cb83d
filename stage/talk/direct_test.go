package talk

import (
	"os"
	"path/filepath"
	"testing"

	"suiren/engine/model"
	"suiren/stage"
)

// What is said of a folder is said of its copies, as a folder and as a GGUF file.
func TestDirectCopies(t *testing.T) {
	folder := filepath.Join("..", "..", "testdata", "oracle", "qwen3", "folder")
	copied := func(files ...string) string {
		dir := t.TempDir()
		check(t, os.CopyFS(dir, os.DirFS(folder)))
		for _, text := range files {
			check(t, os.WriteFile(filepath.Join(dir, stage.WeightsFile), []byte(text), 0o666))
		}
		return dir
	}
	for _, c := range []struct {
		dir           string
		direct, known bool
	}{
		{copied(), false, false},
		{copied(`{"method":"sft","think":true}`), false, true},
		{copied(`{"method":"sft","think":false}`), false, true}, // of texts, or made before it was written down
		{copied(`{"method":"lora","think":false,"direct":true}`), true, true},
		{copied(`nothing`), false, false}, // what opens it says so
		{filepath.Join(t.TempDir(), "gone"), false, false},
	} {
		if direct, known := Direct(c.dir); direct != c.direct || known != c.known {
			t.Errorf("%s: direct %t, known %t", c.dir, direct, known)
		}
	}

	dir := copied(`{"method":"sft","direct":true,"taught":{"turns":true}}`)
	f, err := model.Open(dir)
	check(t, err)
	defer f.Close()
	gguf := filepath.Join(t.TempDir(), "any.gguf")
	write := func(f *model.File, meta bool) {
		w, err := Open(dir)
		check(t, err)
		list, err := w.Meta()
		check(t, err)
		out, err := os.Create(gguf)
		check(t, err)
		check(t, f.WriteGGUF(out, model.AsF32, append(list, AskedMeta(meta, false)...), 1))
		check(t, out.Close())
	}
	write(f, true)
	if w, err := Open(gguf); err != nil || !w.Direct {
		t.Errorf("a GGUF file of it is not direct (%v)", err)
	}
	for _, from := range []string{dir, gguf} {
		to := t.TempDir()
		check(t, CopyAsked(from, to, false))
		if direct, known := Direct(to); !direct || !known {
			t.Errorf("a folder from %s: direct %t, known %t", from, direct, known)
		}
		taught, err := stage.TaughtOf(to)
		if check(t, err); (taught != nil) != (from == dir) {
			t.Errorf("a folder from %s was taught %+v", from, taught)
		}
	}
	to := t.TempDir()
	check(t, CopyAsked(copied(`{"method":"sft"}`), to, false))
	if list, err := os.ReadDir(to); err != nil || len(list) > 0 {
		t.Errorf("of another there is written %v (%v)", list, err)
	}

	// A file that is written anew says it only if whoever writes it does.
	again, err := model.Open(gguf)
	check(t, err)
	defer again.Close()
	gguf = filepath.Join(t.TempDir(), "again.gguf")
	write(again, false)
	if direct, known := Direct(gguf); direct || known {
		t.Errorf("written anew: direct %t, known %t", direct, known)
	}
}

// A copy says that it was taught plain text alone, in a file and in a folder, and no more.
func TestPlain(t *testing.T) {
	f, err := model.Open("../../testdata/oracle/arch/qwen2")
	check(t, err)
	defer f.Close()
	w, err := Open("../../testdata/oracle/arch/qwen2")
	check(t, err)
	list, err := w.Meta()
	check(t, err)
	gguf, dir := filepath.Join(t.TempDir(), "model.gguf"), t.TempDir()
	out, err := os.Create(gguf)
	check(t, err)
	check(t, f.WriteGGUF(out, model.AsF32, append(list, AskedMeta(false, true)...), 1))
	check(t, out.Close())
	check(t, CopyAsked(gguf, dir, true))
	if taught, err := stage.TaughtOf(dir); taught != nil || err != nil {
		t.Errorf("taught: %+v, %v", taught, err)
	}
	for _, path := range []string{gguf, dir} {
		if direct, _ := Direct(path); direct || !Plain(path) {
			t.Errorf("%s: direct %t, plain %t", path, direct, Plain(path))
		}
	}
	if Plain("../../testdata/oracle/arch/qwen2") || Plain(filepath.Join(dir, "none")) {
		t.Error("another is plain")
	}
	g, err := model.Open(gguf)
	check(t, err)
	defer g.Close()
	out, err = os.Create(gguf + "2")
	check(t, err)
	check(t, g.WriteGGUF(out, model.AsF32, nil, 1))
	check(t, out.Close())
	check(t, os.Rename(gguf+"2", filepath.Join(dir, "again.gguf")))
	if Plain(filepath.Join(dir, "again.gguf")) {
		t.Error("a file that is written anew says it, though who writes it does not")
	}
}
