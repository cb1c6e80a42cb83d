package weights

import (
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var sample = []Tensor{
	{Name: "model.norm.weight", Shape: []int{3}, Data: []float32{1, -2.5, float32(math.Inf(1))}},
	{Name: "model.embed_tokens.weight", Shape: []int{2, 3}, Data: []float32{0, 1, 2, 3, 4, 5}},
	{Name: "empty", Shape: []int{0, 4}, Data: nil},
	{Name: "scalar", Shape: []int{}, Data: []float32{7}},
}

func TestRoundTrip(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "model.safetensors")
	if err := Write(path, sample, map[string]string{"b": "2", "a": "1"}); err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if want := []string{"empty", "model.embed_tokens.weight", "model.norm.weight", "scalar"}; !slices.Equal(f.Names(), want) {
		t.Errorf("names %q, want %q", f.Names(), want)
	}
	if m := f.Meta(); m["a"] != "1" || m["b"] != "2" || m["format"] != "pt" {
		t.Errorf("meta %v", m)
	}
	for _, s := range sample {
		shape, ok := f.Shape(s.Name)
		got := make([]float32, len(s.Data))
		if err := f.Read(s.Name, got); err != nil {
			t.Error(err)
		}
		if !ok || !slices.Equal(shape, s.Shape) || !slices.Equal(got, s.Data) {
			t.Errorf("%s: %v %v, want %v %v", s.Name, shape, got, s.Shape, s.Data)
		}
	}
	for name, n := range map[string]int{"scalar": 2, "none": 1} {
		if _, ok := errors.AsType[*FormatError](f.Read(name, make([]float32, n))); !ok {
			t.Errorf("reading %d numbers of %s: no error", n, name)
		}
	}
	if _, ok := f.Shape("none"); ok {
		t.Error("a tensor that is not there has a shape")
	}
	slices.Reverse(sample)
	defer slices.Reverse(sample)
	if err := Write(path, sample, map[string]string{"a": "1", "b": "2"}); err != nil {
		t.Fatal(err)
	}
	if again, _ := os.ReadFile(path); string(again) != string(first) {
		t.Error("the bytes depend on the order of the tensors")
	}
}

// TestLarge crosses the blocks in which tensors are read.
func TestLarge(t *testing.T) {
	dir := t.TempDir()
	data := make([]float32, 700_001)
	for i := range data {
		data[i] = float32(i) * 0.5
	}
	if err := Write(filepath.Join(dir, "model.safetensors"), []Tensor{{Name: "x", Shape: []int{len(data)}, Data: data}}, nil); err != nil {
		t.Fatal(err)
	}
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got := make([]float32, len(data))
	if err := f.Read("x", got); err != nil || !slices.Equal(got, data) {
		t.Errorf("a large tensor comes back changed, error %v", err)
	}
}

func TestWriteRefuses(t *testing.T) {
	for _, c := range [][]Tensor{
		{{Name: "x", Shape: []int{2}, Data: make([]float32, 3)}},
		{{Name: "x", Shape: []int{-1, -3}, Data: make([]float32, 3)}},
		{{Name: "x", Shape: nil, Data: make([]float32, 1)}, {Name: "x", Shape: nil, Data: make([]float32, 1)}},
		{{Name: "", Shape: nil, Data: make([]float32, 1)}},
		{{Name: "__metadata__", Shape: nil, Data: make([]float32, 1)}},
	} {
		if err := Write(filepath.Join(t.TempDir(), "x"), c, nil); err == nil {
			t.Errorf("%v: no error", c)
		}
	}
}

// file makes a safetensors file of a header and data.
func file(header string, data []byte) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), data...)
}

func open(t testing.TB, content []byte) (*File, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "model.safetensors"), content, 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := Open(dir)
	if err == nil {
		t.Cleanup(func() { f.Close() })
	}
	return f, err
}

func TestHalves(t *testing.T) {
	data := []byte{
		0x80, 0x3f, 0x20, 0xc0, 0x80, 0x7f, // BF16: 1, -2.5, +Inf
		0x00, 0x3c, 0x00, 0xc1, 0x01, 0x00, 0xff, 0x7b, 0x00, 0xfc, 0x00, 0x04, // F16: 1, -2.5, 2⁻²⁴, 65504, -Inf, 2⁻¹⁴
		9, 0, 0, 0,
	}
	f, err := open(t, file(`{"b":{"dtype":"BF16","shape":[3],"data_offsets":[0,6]},"h":{"dtype":"F16","shape":[2,3],"data_offsets":[6,18]},
		"i":{"dtype":"I32","shape":[1],"data_offsets":[18,22]}}`, data))
	if err != nil {
		t.Fatal(err)
	}
	inf := float32(math.Inf(1))
	for name, want := range map[string][]float32{"b": {1, -2.5, inf}, "h": {1, -2.5, 1.0 / (1 << 24), 65504, -inf, 1.0 / (1 << 14)}} {
		got := make([]float32, len(want))
		if err := f.Read(name, got); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v, error %v", name, got, want, err)
		}
	}
	if err := f.Read("i", make([]float32, 1)); err == nil || !strings.Contains(err.Error(), "I32") {
		t.Errorf("integers read as numbers: %v", err)
	}
	if v := half(0x7e00); v == v {
		t.Errorf("NaN becomes %v", v)
	}
	if v := half(0x8000); v != 0 || !math.Signbit(float64(v)) {
		t.Errorf("-0 becomes %v", v)
	}
}

func TestOpenRefuses(t *testing.T) {
	four := make([]byte, 4)
	for name, content := range map[string][]byte{
		"no bytes":             nil,
		"seven bytes":          make([]byte, 7),
		"header past the end":  binary.LittleEndian.AppendUint64(nil, 50),
		"header too long":      binary.LittleEndian.AppendUint64(nil, math.MaxUint64),
		"header empty":         file("", nil),
		"no JSON":              file(`hello`, nil),
		"no object":            file(`[]`, nil),
		"header cut":           file(`{"x":{"dtype":"F32"`, nil),
		"more after":           file(`{}{}`, nil),
		"not UTF-8":            file("{\"\xff\":{}}", nil),
		"data but no tensor":   file(`{}`, four),
		"unknown type":         file(`{"x":{"dtype":"F4","shape":[1],"data_offsets":[0,4]}}`, four),
		"no shape":             file(`{"x":{"dtype":"F32","data_offsets":[0,4]}}`, four),
		"no offsets":           file(`{"x":{"dtype":"F32","shape":[1]}}`, four),
		"three offsets":        file(`{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}`, four),
		"offsets backwards":    file(`{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, four),
		"offsets negative":     file(`{"x":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}`, four),
		"past the data":        file(`{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, four),
		"size and shape":       file(`{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, four),
		"dimension negative":   file(`{"x":{"dtype":"F32","shape":[-1,-1],"data_offsets":[0,4]}}`, four),
		"shape overflows":      file(`{"x":{"dtype":"F32","shape":[4611686018427387905,4],"data_offsets":[0,4]}}`, four),
		"fraction":             file(`{"x":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}`, four),
		"twice":                file(`{"x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, four),
		"overlap":              file(`{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"y":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, four),
		"hole at the start":    file(`{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, make([]byte, 8)),
		"hole in the middle":   file(`{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"y":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}`, make([]byte, 12)),
		"hole at the end":      file(`{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, make([]byte, 8)),
		"meta is no text":      file(`{"__metadata__":{"a":1}}`, nil),
		"meta twice":           file(`{"__metadata__":{"a":"1"},"__metadata__":{"a":"1"}}`, nil),
		"offsets are too long": file(`{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551616]}}`, four),
	} {
		_, err := open(t, content)
		if bad, ok := errors.AsType[*FormatError](err); !ok || bad.Path == "" || bad.Why == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open(t.TempDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func FuzzHeader(f *testing.F) {
	path := filepath.Join(f.TempDir(), "model.safetensors")
	if err := Write(path, sample, nil); err != nil {
		f.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(content[8:]), uint64(binary.LittleEndian.Uint64(content)))
	f.Add(`{"x":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}..`, uint64(54))
	f.Add("", uint64(0))
	f.Fuzz(func(t *testing.T, rest string, n uint64) {
		content := append(binary.LittleEndian.AppendUint64(nil, n), rest...)
		h, err := readHeader("x", strings.NewReader(string(content)), int64(len(content)))
		if err != nil {
			if _, ok := errors.AsType[*FormatError](err); !ok {
				t.Fatalf("not a FormatError: %v", err)
			}
			return
		}
		var sum int64
		for name, e := range h.entries {
			n := sizes[e.dtype]
			for _, d := range e.shape {
				n *= int64(d)
			}
			if n != e.to-e.from || e.from < 0 || h.start+e.to > int64(len(content)) {
				t.Fatalf("%s: %+v is accepted", name, e)
			}
			sum += n
		}
		if h.start+sum != int64(len(content)) {
			t.Fatalf("%d bytes of tensors after byte %d of %d", sum, h.start, len(content))
		}
	})
}

func BenchmarkRead(b *testing.B) {
	dir := b.TempDir()
	data := make([]float32, 4<<20)
	if err := Write(filepath.Join(dir, "model.safetensors"), []Tensor{{Name: "x", Shape: []int{len(data)}, Data: data}}, nil); err != nil {
		b.Fatal(err)
	}
	f, err := Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	b.SetBytes(int64(4 * len(data)))
	for b.Loop() {
		if err := f.Read("x", data); err != nil {
			b.Fatal(err)
		}
	}
}
