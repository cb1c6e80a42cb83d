package weights

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const oracle = "../../testdata/oracle/gguf/"

func openOracle(t testing.TB, name string) *GGUF {
	t.Helper()
	g, err := OpenGGUF(oracle + name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

// three is an array of v three times.
func three[T any](v T) []T { return []T{v, v, v} }

// oracleMeta is what make.py gives blocks.gguf.
var oracleMeta = []Pair{
	{"general.architecture", "qwen3"},
	{"oracle.u8", uint8(255)}, {"oracle.array.u8", three(uint8(255))},
	{"oracle.i8", int8(-128)}, {"oracle.array.i8", three(int8(-128))},
	{"oracle.u16", uint16(65535)}, {"oracle.array.u16", three(uint16(65535))},
	{"oracle.i16", int16(-32768)}, {"oracle.array.i16", three(int16(-32768))},
	{"oracle.u32", uint32(math.MaxUint32)}, {"oracle.array.u32", three(uint32(math.MaxUint32))},
	{"oracle.i32", int32(math.MinInt32)}, {"oracle.array.i32", three(int32(math.MinInt32))},
	{"oracle.u64", uint64(math.MaxUint64)}, {"oracle.array.u64", three(uint64(math.MaxUint64))},
	{"oracle.i64", int64(math.MinInt64)}, {"oracle.array.i64", three(int64(math.MinInt64))},
	{"oracle.f32", float32(0.1)}, {"oracle.array.f32", three(float32(0.1))},
	{"oracle.f64", 0.1}, {"oracle.array.f64", three(0.1)},
	{"oracle.bool", true}, {"oracle.array.bool", three(true)},
	{"oracle.string", "燧人 drills fire"}, {"oracle.array.string", three("燧人 drills fire")},
	{"oracle.nested", []any{[]int32{1, 2}, []int32{3}, []int32{4, 5, 6}}},
	{"qwen3.context_length", uint32(4096)},
	{"tokenizer.ggml.model", "gpt2"}, {"tokenizer.ggml.pre", "qwen2"},
	{"tokenizer.ggml.tokens", []string{"a", "b", "Ġ"}},
	{"tokenizer.chat_template", "{{ messages }}"},
}

func TestGGUFMeta(t *testing.T) {
	g := openOracle(t, "blocks.gguf")
	if g.Version() != 3 || len(g.Paths()) != 1 {
		t.Errorf("version %d, files %q", g.Version(), g.Paths())
	}
	got := g.Meta()
	for i, want := range oracleMeta {
		if i >= len(got) || !reflect.DeepEqual(got[i], want) {
			t.Fatalf("pair %d of %d is not %v: %v", i, len(got), want, got[min(i, len(got)-1)])
		}
	}
	if len(got) != len(oracleMeta) {
		t.Errorf("%d pairs, want %d", len(got), len(oracleMeta))
	}
	if n, ok := g.Whole("qwen3.context_length"); n != 4096 || !ok || g.Text("tokenizer.ggml.pre") != "qwen2" {
		t.Errorf("a context of %d, %v", n, ok)
	}
	if _, ok := g.Whole("oracle.u64"); ok || g.Value("none") != nil || g.Text("oracle.u8") != "" {
		t.Error("a value is of another kind than it is, or from nowhere")
	}
	cube, ok := g.Tensor("cube")
	if want := (GGUFTensor{"cube", F32, []int{2, 3, 4}, 96, cube.At}); !ok || !reflect.DeepEqual(cube, want) {
		t.Errorf("%+v, want %+v", cube, want)
	}
	dst := make([]float32, 24)
	if err := g.Read("cube", dst); err != nil || dst[23] != 23 {
		t.Errorf("cube is %v, error %v", dst, err)
	}
	for name, n := range map[string]int{"none": 1, "cube": 23} {
		if _, ok := errors.AsType[*FormatError](g.Read(name, make([]float32, n))); !ok {
			t.Errorf("reading %d numbers of %s: no error", n, name)
		}
	}
	if _, ok := g.Tensor("none"); ok || g.Bytes("none") != nil {
		t.Error("a tensor that is not there has bytes")
	}
}

// TestDecode compares every type with the reference, bit for bit. Any NaN
// stands for any other.
func TestDecode(t *testing.T) {
	g, want := openOracle(t, "blocks.gguf"), openOracle(t, "values.gguf")
	seen := map[Type]bool{}
	for _, x := range g.Tensors() {
		seen[x.Type] = true
		got, ref := make([]float32, x.Weights()), make([]float32, x.Weights())
		if err := errors.Join(g.Read(x.Name, got), want.Read(x.Name, ref)); err != nil {
			t.Error(err)
			continue
		}
		wrong := 0
		for i := range got {
			if math.Float32bits(got[i]) != math.Float32bits(ref[i]) && (got[i] == got[i] || ref[i] == ref[i]) {
				if wrong == 0 {
					t.Errorf("%s: weight %d is %v, want %v", x.Name, i, got[i], ref[i])
				}
				wrong++
			}
		}
		if wrong > 0 {
			t.Errorf("%s: %d of %d weights differ", x.Name, wrong, len(got))
		}
	}
	for i := range layouts {
		if typ := Type(i); typ.Decodes() && !seen[typ] {
			t.Errorf("the oracle has no %s", typ)
		}
	}
}

// TestDecodeAnyBits gives every definition the bits that are least like weights.
func TestDecodeAnyBits(t *testing.T) {
	for i, l := range layouts {
		if l.decode == nil {
			continue
		}
		for _, fill := range []byte{0, 0x7f, 0x7c, 0xff} {
			dst := make([]float32, 2*l.weights)
			Decode(dst, bytes.Repeat([]byte{fill}, 2*l.bytes), Type(i))
			Decode(nil, nil, Type(i))
		}
	}
}

func TestDecodePanics(t *testing.T) {
	for _, f := range []func(){
		func() { Decode(make([]float32, 32), make([]byte, 19), Q4_0) },
		func() { Decode(make([]float32, 31), make([]byte, 18), Q4_0) },
		func() { Decode(make([]float32, 256), make([]byte, 50), 19) },
		func() { Decode(nil, nil, 99) },
		func() { Encode(make([]byte, 17), make([]float32, 32), Q4_0) },
		func() { Encode(make([]byte, 17), make([]float32, 32), MXFP4) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		}()
	}
}

// copyGGUF writes what g holds.
func copyGGUF(w io.Writer, g *GGUF) error {
	return WriteGGUF(w, g.Meta(), g.Tensors(), func(w io.Writer, t GGUFTensor) error {
		_, err := w.Write(g.Bytes(t.Name))
		return err
	})
}

// TestGGUFRoundTrip reads the files of another writer and writes them again.
func TestGGUFRoundTrip(t *testing.T) {
	for _, name := range []string{"blocks.gguf", "values.gguf"} {
		want, err := os.ReadFile(oracle + name)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := copyGGUF(&got, openOracle(t, name)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s comes back as %d other bytes, it has %d", name, got.Len(), len(want))
		}
	}
}

// TestGGUFEdges round-trips what the other writer does not make.
func TestGGUFEdges(t *testing.T) {
	meta := []Pair{{"general.alignment", uint32(128)}, {"empty", []float64{}}, {"none", []any{}}, {"bytes", "\xff\x00"},
		{"deep", []any{[]any{[]any{}, []any{[]uint8{1}}}}}, {"texts", []string{"", "b"}}}
	tensors := []GGUFTensor{{Name: "empty", Type: Q4_K, Shape: []int{0, 256}}, {Name: "scalar", Type: F32, Shape: []int{}},
		{Name: "four", Type: BF16, Shape: []int{2, 1, 3, 1}}}
	path := filepath.Join(t.TempDir(), "x.gguf")
	var b bytes.Buffer
	err := WriteGGUF(&b, meta, tensors, func(w io.Writer, t GGUFTensor) error {
		for range t.Bytes { // in pieces
			if _, err := w.Write([]byte{0x40}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	g, err := OpenGGUF(path)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if !reflect.DeepEqual(g.Meta(), meta) {
		t.Errorf("meta %v, want %v", g.Meta(), meta)
	}
	for i, x := range g.Tensors() {
		if x.Name != tensors[i].Name || !slices.Equal(x.Shape, tensors[i].Shape) || x.At%128 != 0 {
			t.Errorf("%+v, want %+v", x, tensors[i])
		}
	}
	scalar := make([]float32, 1)
	if err := g.Read("scalar", scalar); err != nil || scalar[0] != math.Float32frombits(0x40404040) {
		t.Errorf("scalar is %v, error %v", scalar, err)
	}
	var again bytes.Buffer
	if err := copyGGUF(&again, g); err != nil || !bytes.Equal(again.Bytes(), b.Bytes()) {
		t.Errorf("the bytes change, error %v", err)
	}
	if err := errors.Join(g.Close(), g.Close()); err != nil {
		t.Error(err)
	}
}

func TestWriteGGUFRefuses(t *testing.T) {
	name := strings.Repeat("x", maxTensorName+1)
	long := func(w io.Writer, _ GGUFTensor) error { _, err := w.Write(make([]byte, 99)); return err }
	short := func(io.Writer, GGUFTensor) error { return nil }
	for _, c := range []struct {
		meta    []Pair
		tensors []GGUFTensor
		data    func(io.Writer, GGUFTensor) error
	}{
		{meta: []Pair{{"", "a"}}},
		{meta: []Pair{{"a\n", "a"}}},
		{meta: []Pair{{"a", "a"}, {"a", "a"}}},
		{meta: []Pair{{"a", 1}}},
		{meta: []Pair{{"a", nil}}},
		{meta: []Pair{{"a", []any{uint8(1)}}}},
		{meta: []Pair{{"a", []any{[]any{[]any{[]any{[]any{}}}}}}}},
		{meta: []Pair{{"general.alignment", uint32(3)}}},
		{meta: []Pair{{"general.alignment", uint64(32)}}},
		{tensors: []GGUFTensor{{Name: name}}},
		{tensors: []GGUFTensor{{Name: "a"}, {Name: "a"}}, data: short},
		{tensors: []GGUFTensor{{Name: "a", Type: 4}}},
		{tensors: []GGUFTensor{{Name: "a", Type: 99}}},
		{tensors: []GGUFTensor{{Name: "a", Type: Q4_0, Shape: []int{32, 16}}}},
		{tensors: []GGUFTensor{{Name: "a", Shape: []int{-1, -1}}}},
		{tensors: []GGUFTensor{{Name: "a", Shape: []int{1 << 30, 1 << 30, 8}}}},
		{tensors: []GGUFTensor{{Name: "a", Shape: []int{1, 1, 1, 1, 1}}}},
		{tensors: []GGUFTensor{{Name: "a"}}, data: long},
		{tensors: []GGUFTensor{{Name: "a"}}, data: short},
	} {
		if err := WriteGGUF(io.Discard, c.meta, c.tensors, c.data); err == nil {
			t.Errorf("%v %v: no error", c.meta, c.tensors)
		}
	}
}

func TestGGUFSet(t *testing.T) {
	for _, name := range []string{"set-00001-of-00003.gguf", "set-00003-of-00003.gguf"} {
		g := openOracle(t, name)
		if len(g.Paths()) != 3 || len(g.Tensors()) != 5 || g.Text("general.architecture") != "qwen3" {
			t.Fatalf("%s: %q with %d tensors", name, g.Paths(), len(g.Tensors()))
		}
		dst := make([]float32, 6)
		for i, x := range g.Tensors() {
			if err := g.Read(x.Name, dst); err != nil || dst[5] != float32(i) {
				t.Errorf("%s is %v, error %v", x.Name, dst, err)
			}
		}
	}
	set := func(change func(dir string)) error {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(oracle)); err != nil {
			t.Fatal(err)
		}
		change(dir + "/set-0000")
		g, err := OpenGGUF(dir + "/set-00001-of-00003.gguf")
		if err == nil {
			g.Close()
		}
		return err
	}
	replace := func(path, old, new string) {
		b, err := os.ReadFile(path)
		if err != nil || bytes.Count(b, []byte(old)) != 1 {
			t.Fatal(path, old, err)
		}
		if err := os.WriteFile(path, bytes.Replace(b, []byte(old), []byte(new), 1), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		fault  Fault
		change func(dir string)
	}{
		{NoPart, func(p string) { os.Remove(p + "2-of-00003.gguf") }},
		{NotGGUF, func(p string) { os.WriteFile(p+"2-of-00003.gguf", []byte("what else?"), 0o644) }},
		{BadPart, func(p string) { os.Rename(p+"2-of-00003.gguf", p+"1-of-00003.gguf") }},
		{BadPart, func(p string) {
			os.Rename(p+"3-of-00003.gguf", p+"2-of-00003.gguf")
			os.WriteFile(p+"3-of-00003.gguf", nil, 0o644)
		}},
		{Twice, func(p string) { replace(p+"2-of-00003.gguf", "blk.2.weight", "blk.1.weight") }},
		{LostParts, func(p string) {
			replace(p+"1-of-00003.gguf", "split.tensors.count\x05\x00\x00\x00\x05", "split.tensors.count\x05\x00\x00\x00\x06")
		}},
		{WrongKind, func(p string) {
			replace(p+"1-of-00003.gguf", "split.count\x02\x00\x00\x00\x03\x00", "split.count\x03\x00\x00\x00\xff\xff")
		}},
	} {
		if bad, ok := errors.AsType[*GGUFError](set(c.change)); !ok || bad.Fault != c.fault {
			t.Errorf("%q: %v", c.fault, set(c.change))
		}
	}
	if err := set(func(p string) { os.Remove(p + "2-of-00003.gguf") }); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing part: %v", err)
	}
}
