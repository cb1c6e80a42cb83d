package models

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"suiren/internal/say"
)

const folder = "../testdata/oracle/arch/qwen3"

var now = time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)

// gguf writes the oracle's GGUF file into a folder.
func gguf(t testing.TB, dir string) string {
	t.Helper()
	f, err := os.Open(folder + "/model.gguf.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "Tiny-Model.gguf")
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLibrary(t *testing.T) {
	l := Open(t.TempDir())
	path := gguf(t, t.TempDir())
	r, err := l.Add(context.Background(), path, "", now)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := os.ReadFile(path)
	if r.Name != "Tiny-Model" || r.Architecture != "qwen3" || fmt.Sprintf("%x", sha256.Sum256(b)) != r.Digest.String() {
		t.Errorf("%+v", r)
	}
	if _, err := l.Add(context.Background(), folder, "tiny-MODEL", now); err == nil {
		t.Error("a name is taken twice")
	}
	if _, err := l.Add(context.Background(), folder, "of/folder", now); err == nil {
		t.Error("a name is a path")
	}
	if _, err := l.Add(context.Background(), folder, "folder", now); err != nil {
		t.Fatal(err)
	}
	if list, err := l.List(); err != nil || len(list) != 2 || list[0].Name != "folder" {
		t.Errorf("%v, %v", list, err)
	}
	if p, r, err := l.Resolve("Tiny-Model"); err != nil || p != path || r == nil {
		t.Errorf("%s, %v", p, err)
	}
	if p, r, err := l.Resolve(path); err != nil || p != path || r != nil {
		t.Errorf("%s, %v", p, err)
	}
	_, _, err = l.Resolve("tiny-modle")
	if !errors.Is(err, ErrUnknown) || !strings.Contains(say.Err(say.English, err), "Tiny-Model?") {
		t.Errorf("%v", err)
	}
	if err := os.WriteFile(path, b[:len(b)-1], 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := l.Resolve("Tiny-Model"); err == nil {
		t.Error("a file that changed is taken for what it was")
	}
	if _, err := l.Remove("Tiny-Model"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error("the owner's file was removed")
	}
}

// tarball writes files into an archive.
func tarball(t testing.TB, path string, files map[string]string, kind byte) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := gzip.NewWriter(f)
	w := tar.NewWriter(z)
	for name, from := range files {
		b, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		h := &tar.Header{Name: name, Mode: 0o644, Size: int64(len(b)), Typeflag: kind}
		if kind != tar.TypeReg {
			h.Size, h.Linkname = 0, "/etc/passwd"
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if kind == tar.TypeReg {
			w.Write(b)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestTar(t *testing.T) {
	home := t.TempDir()
	l := Open(home)
	dir := t.TempDir()
	good := filepath.Join(dir, "good.tar.gz")
	tarball(t, good, map[string]string{"m/config.json": folder + "/config.json", "m/model.safetensors": folder + "/model.safetensors"}, tar.TypeReg)
	r, err := l.Add(context.Background(), good, "", now)
	if err != nil {
		t.Fatal(err)
	}
	if r.Name != "good" || !r.Own || len(r.Files) != 2 {
		t.Errorf("%+v", r)
	}
	if _, err := l.Remove("good"); err != nil || isDir(r.Path) {
		t.Errorf("%v; files left: %t", err, isDir(r.Path))
	}
	for i, bad := range []struct {
		name string
		kind byte
	}{{"../out.json", tar.TypeReg}, {"/abs.json", tar.TypeReg}, {"link", tar.TypeSymlink}, {"hard", tar.TypeLink}, {"dev", tar.TypeChar}} {
		path := filepath.Join(dir, fmt.Sprintf("bad%d.tar.gz", i))
		tarball(t, path, map[string]string{bad.name: folder + "/config.json"}, bad.kind)
		if _, err := l.Add(context.Background(), path, "", now); err == nil {
			t.Errorf("%s was unpacked", bad.name)
		}
	}
	left, _ := filepath.Glob(filepath.Join(home, "models", "files", "*"))
	hidden, _ := filepath.Glob(filepath.Join(home, "models", "files", ".*"))
	if len(left)+len(hidden) > 0 {
		t.Errorf("left behind: %v %v", left, hidden)
	}
}

// layout writes an OCI layout of two raw layers.
func layout(t testing.TB, dir string, break1 func(m map[string]any)) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, "blobs", "sha256"), 0o755); err != nil {
		t.Fatal(err)
	}
	blob := func(b []byte) (string, int) {
		d := fmt.Sprintf("%x", sha256.Sum256(b))
		if err := os.WriteFile(filepath.Join(dir, "blobs", "sha256", d), b, 0o644); err != nil {
			t.Fatal(err)
		}
		return "sha256:" + d, len(b)
	}
	var layers []any
	for _, name := range []string{"config.json", "model.safetensors"} {
		b, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		d, n := blob(b)
		layers = append(layers, map[string]any{"mediaType": "application/vnd.cncf.model.weight.v1.raw", "digest": d, "size": n,
			"annotations": map[string]any{"org.cncf.model.filepath": name}})
	}
	m := map[string]any{"layers": layers}
	if break1 != nil {
		break1(m)
	}
	text, _ := json.Marshal(m)
	d, n := blob(text)
	index, _ := json.Marshal(map[string]any{"manifests": []any{map[string]any{"digest": d, "size": n}}})
	for name, b := range map[string][]byte{"index.json": index, "oci-layout": []byte(`{"imageLayoutVersion":"1.0.0"}`)} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOCI(t *testing.T) {
	l := Open(t.TempDir())
	dir := filepath.Join(t.TempDir(), "good")
	layout(t, dir, nil)
	if _, err := l.Add(context.Background(), dir, "", now); err != nil {
		t.Fatal(err)
	}
	for name, break1 := range map[string]func(layer map[string]any){
		"digest": func(x map[string]any) { x["digest"] = "sha256:" + strings.Repeat("0", 64) },
		"escape": func(x map[string]any) { x["digest"] = "sha256:../../../etc/passwd" },
		"size":   func(x map[string]any) { x["size"] = 3 },
		"name":   func(x map[string]any) { x["annotations"] = map[string]any{"org.cncf.model.filepath": "../x"} },
		"none":   func(x map[string]any) { delete(x, "annotations") },
	} {
		dir := filepath.Join(t.TempDir(), name)
		layout(t, dir, func(m map[string]any) { break1(m["layers"].([]any)[0].(map[string]any)) })
		if _, err := l.Add(context.Background(), dir, "", now); err == nil {
			t.Errorf("%s: was unpacked", name)
		}
	}
}

// Hugging Face's cache is read where it lies.
func TestCache(t *testing.T) {
	l := Open(t.TempDir())
	repo := filepath.Join(t.TempDir(), "models--owner--Some-Model")
	if err := os.MkdirAll(filepath.Join(repo, "snapshots"), 0o755); err != nil {
		t.Fatal(err)
	}
	abs, _ := filepath.Abs(folder)
	if err := os.Symlink(abs, filepath.Join(repo, "snapshots", "abc")); err != nil {
		t.Skip(err)
	}
	r, err := l.Add(context.Background(), repo, "", now)
	if err != nil {
		t.Fatal(err)
	}
	if r.Name != "Some-Model" || filepath.Base(r.Path) != "abc" {
		t.Errorf("%+v", r)
	}
}

// A folder is the one GGUF model in it, of a set its first file; which of more
// is meant the owner says.
func TestFolderOfGGUF(t *testing.T) {
	l, dir := Open(t.TempDir()), t.TempDir()
	path := gguf(t, dir)
	writeFile(t, filepath.Join(dir, "config.json"), []byte("{}")) // some have one beside
	if got, _, err := l.Resolve(dir); err != nil || got != path {
		t.Errorf("%q, %v; want %q", got, err, path)
	}
	if r, err := l.Add(context.Background(), dir, "named", now); err != nil || r.Path != path || r.Format != "gguf" {
		t.Errorf("%+v, %v", r, err)
	}
	first := filepath.Join(dir, "b-00001-of-00002.gguf")
	writeFile(t, filepath.Join(dir, "b-00002-of-00002.gguf"), nil)
	writeFile(t, first, nil)
	_, _, err := l.Resolve(dir)
	if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), first) || strings.Contains(err.Error(), "00002-of") {
		t.Errorf("of two: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if got, _, err := l.Resolve(dir); err != nil || got != first {
		t.Errorf("of a set: %q, %v", got, err)
	}
	writeFile(t, filepath.Join(dir, "model.safetensors"), nil)
	if got, _, err := l.Resolve(dir); err != nil || got != dir {
		t.Errorf("beside other weights: %q, %v", got, err)
	}
}

// writeFile writes a file and the folders above it.
func writeFile(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// What unpacks to far more than its size is refused, and so is its compressed
// twin; zstd is read as gzip is.
func TestCompressed(t *testing.T) {
	home, dir := t.TempDir(), t.TempDir()
	var plain bytes.Buffer
	w := tar.NewWriter(&plain)
	for _, name := range []string{"config.json", "model.safetensors"} {
		b, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(b)), Typeflag: tar.TypeReg})
		w.Write(b)
	}
	w.Close()
	z, _ := zstd.NewWriter(nil)
	writeFile(t, filepath.Join(dir, "good.tar.zst"), z.EncodeAll(plain.Bytes(), nil))
	if _, err := Open(home).Add(context.Background(), filepath.Join(dir, "good.tar.zst"), "", now); err != nil {
		t.Error(err)
	}
	f, err := os.Create(filepath.Join(dir, "bomb.tar.zst"))
	if err != nil {
		t.Fatal(err)
	}
	z.Reset(f)
	w = tar.NewWriter(z)
	zeros := make([]byte, 1<<20)
	w.WriteHeader(&tar.Header{Name: "a.gguf", Mode: 0o644, Size: 90 << 20, Typeflag: tar.TypeReg})
	for range 90 {
		w.Write(zeros)
	}
	if err := errors.Join(w.Close(), z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	_, err = Open(home).Add(context.Background(), f.Name(), "bomb", now)
	if err == nil || !strings.Contains(say.Err(say.English, err), "100 times") {
		t.Errorf("%v", err)
	}
}

// A model that Ollama fetched is read where it lies, if it is what its
// manifest says.
func TestOllama(t *testing.T) {
	store := t.TempDir()
	b, err := os.ReadFile(gguf(t, t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	sum := fmt.Sprintf("%x", sha256.Sum256(b))
	writeFile(t, filepath.Join(store, "blobs", "sha256-"+sum), b)
	layer := func(kind, sum string) string {
		return fmt.Sprintf(`{"mediaType":"application/vnd.ollama.image.%s","digest":"sha256:%s"}`, kind, sum)
	}
	zero := strings.Repeat("0", 64)
	writeFile(t, filepath.Join(store, "blobs", "sha256-"+zero), b)
	l := Open(t.TempDir())
	for i, c := range []struct {
		layers string
		good   bool
	}{
		{layer("license", zero) + "," + layer("model", sum), true},
		{layer("model", zero), false},
		{layer("model", sum) + "," + layer("model", sum), false},
		{layer("model", sum) + "," + layer("adapter", sum), false},
		{layer("model", "../../x"), false},
		{layer("license", sum), false},
	} {
		tag := fmt.Sprintf("%db", i)
		path := filepath.Join(store, "manifests", "registry.example", "library", "tiny", tag)
		writeFile(t, path, []byte(`{"layers":[`+c.layers+`]}`))
		r, err := l.Add(context.Background(), path, "", now)
		if (err == nil) != c.good || err == nil && (r.Name != "tiny-"+tag || filepath.Base(r.Path) != "sha256-"+sum) {
			t.Errorf("%s: %+v, %v", c.layers, r, err)
		}
	}
}

// A copy stays when its source goes.
func TestAddCopy(t *testing.T) {
	l := Open(t.TempDir())
	path := gguf(t, t.TempDir())
	for from, name := range map[string]string{path: "file", folder: "folder"} {
		r, err := l.AddCopy(context.Background(), from, name, now)
		if err != nil {
			t.Fatal(err)
		}
		if from == path {
			os.Remove(path)
		}
		if p, _, err := l.Resolve(name); err != nil || p != r.Path || !strings.HasPrefix(p, l.dir) {
			t.Errorf("%s, %v", p, err)
		}
		if _, err := l.Remove(name); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(r.Path); err == nil {
			t.Errorf("%s: its copy is left", name)
		}
	}
}

// Any index and manifest of a layout is unpacked or refused; nothing lies
// outside.
func FuzzOCI(f *testing.F) {
	seed := filepath.Join(f.TempDir(), "seed")
	layout(f, seed, nil)
	index, err := os.ReadFile(filepath.Join(seed, "index.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(index, `{"mediaType":"x.tar","size":3,"annotations":{"org.cncf.model.filepath":"a/b"}}`, []byte("abc"))
	f.Add([]byte("{}"), `{"mediaType":"application/vnd.cncf.model.weight.v1.raw","size":1,"annotations":{"org.opencontainers.image.title":"../a"}}`, []byte("a"))
	f.Fuzz(func(t *testing.T, index []byte, layer string, blob []byte) {
		dir := t.TempDir()
		at := filepath.Join(dir, "layout")
		put := func(b []byte) string {
			sum := fmt.Sprintf("%x", sha256.Sum256(b))
			writeFile(t, filepath.Join(at, "blobs", "sha256", sum), b)
			return sum
		}
		layer = strings.Replace(layer, "{", `{"digest":"sha256:`+put(blob)+`",`, 1)
		manifest := []byte(`{"layers":[` + layer + `]}`)
		first := fmt.Sprintf(`{"manifests":[{"digest":"sha256:%s","size":%d}]}`, put(manifest), len(manifest))
		writeFile(t, filepath.Join(at, "oci-layout"), nil)
		for i, text := range [][]byte{index, []byte(first)} {
			writeFile(t, filepath.Join(at, "index.json"), text)
			Open(filepath.Join(dir, "home")).Add(context.Background(), at, fmt.Sprint("x", i), now)
		}
		list, _ := os.ReadDir(dir)
		for _, e := range list {
			if e.Name() != "layout" && e.Name() != "home" {
				t.Errorf("%s lies outside", e.Name())
			}
		}
	})
}

// Any bytes as an archive are unpacked or refused; nothing lies outside.
func FuzzTar(f *testing.F) {
	path := filepath.Join(f.TempDir(), "a.tar.gz")
	tarball(f, path, map[string]string{"m/config.json": folder + "/config.json"}, tar.TypeReg)
	in, err := os.Open(path)
	if err != nil {
		f.Fatal(err)
	}
	z, _ := gzip.NewReader(in)
	b, _ := io.ReadAll(z)
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := t.TempDir()
		path := filepath.Join(dir, "x.tar")
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		Open(filepath.Join(dir, "home")).Add(context.Background(), path, "x", now)
		list, _ := os.ReadDir(dir)
		for _, e := range list {
			if e.Name() != "x.tar" && e.Name() != "home" {
				t.Errorf("%s lies outside", e.Name())
			}
		}
	})
}
