package weights

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestNotFinite looks past the end of the first piece of a tensor.
func TestNotFinite(t *testing.T) {
	const n = scanned + 4*32
	x := make([]float32, n)
	x[0], x[scanned], x[n-1] = float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))
	dir := t.TempDir()
	if err := Write(filepath.Join(dir, "model.safetensors"), []Tensor{{Name: "a", Shape: []int{0}, Data: nil}, {Name: "x", Shape: []int{n}, Data: x}}, nil); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "x.gguf")
	var b bytes.Buffer
	infos := []GGUFTensor{{Name: "a", Type: F32, Shape: []int{0}}, {Name: "x", Type: Q8_0, Shape: []int{n}}, {Name: "z", Type: 19, Shape: []int{256}}}
	err := WriteGGUF(&b, nil, infos, func(w io.Writer, t GGUFTensor) error {
		blocks := make([]byte, t.Bytes)
		if t.Name == "x" {
			copy(blocks, []byte{0, 0x7c}) // infinity times 0: 32 NaN
			copy(blocks[t.Bytes-34:], []byte{0, 0xfe})
		}
		_, err := w.Write(blocks)
		return err
	})
	if err := errors.Join(err, os.WriteFile(path, b.Bytes(), 0o644)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][]int64{dir: {0, 3}, path: {0, 64, -1}} {
		m, err := OpenModel(path)
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for i := range m.Tensors {
			bad, read, err := m.NotFinite(t.Context(), i)
			if err != nil {
				t.Fatal(err)
			}
			if !read {
				bad = -1
			}
			got = append(got, bad)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d, want %d", m.Format, got, want)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestModelRefuses(t *testing.T) {
	const index, config = "model.safetensors.index.json", "config.json"
	for name, files := range map[string]map[string]string{
		"index is no JSON":       {index: "{"},
		"index is empty":         {index: "{}"},
		"a file elsewhere":       {index: `{"weight_map":{"x":"../a.safetensors"}}`},
		"a file of another kind": {index: `{"weight_map":{"x":"a.bin"}}`},
		"tensor not there":       {index: `{"weight_map":{"x":"a.safetensors","y":"a.safetensors"}}`},
		"tensor twice":           {index: `{"weight_map":{"x":"a.safetensors","y":"b.safetensors"}}`},
		"config is no JSON":      {index: `{"weight_map":{"x":"a.safetensors"}}`, config: "["},
	} {
		dir := t.TempDir()
		for _, name := range []string{"a.safetensors", "b.safetensors"} {
			if err := Write(filepath.Join(dir, name), []Tensor{{Name: "x", Shape: []int{1}, Data: make([]float32, 1)}}, nil); err != nil {
				t.Fatal(err)
			}
		}
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		_, err := OpenModel(dir)
		if _, ok := errors.AsType[*FormatError](err); !ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := OpenModel(t.TempDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an empty folder: %v", err)
	}
}

// A file that is cut short while it is open gives an error, not a crash.
// .ci/arm64.sh leaves it out: qemu-user does not say where a fault was, and Go
// takes it for a nil pointer.
func TestCutShortWhileOpen(t *testing.T) {
	b, err := os.ReadFile("../../testdata/oracle/gguf/values.gguf")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "values.gguf")
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	m, err := OpenModel(path)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := os.Truncate(path, 4096); err != nil {
		t.Skip(err) // a system that keeps mapped files whole
	}
	_, _, err = m.NotFinite(context.Background(), len(m.Tensors)-1)
	if bad := new(FormatError); !errors.As(err, &bad) || bad.Path != path {
		t.Error(err)
	}
}
