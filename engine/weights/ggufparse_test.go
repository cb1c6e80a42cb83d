package weights

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// raw builds a file from strings as they are and numbers of their own width.
func raw(list ...any) []byte {
	var b []byte
	for _, v := range list {
		if s, ok := v.(string); ok {
			b = append(b, s...)
		} else {
			b, _ = binary.Append(b, binary.LittleEndian, v)
		}
	}
	return b
}

// text is a string as GGUF writes it.
func text(s string) string { return string(raw(uint64(len(s)), s)) }

// headed puts the head of a version 3 file before a body.
func headed(tensors, pairs uint64, body ...any) []byte {
	return slices.Concat(raw("GGUF", uint32(3), tensors, pairs), raw(body...))
}

// tensor is the description of a tensor.
func tensor(name string, typ Type, at uint64, dims ...uint64) string {
	return string(raw(text(name), uint32(len(dims)), dims, uint32(typ), at))
}

// faulty are files with one fault each.
var faulty = []struct {
	name  string
	fault Fault
	place string
	data  []byte
}{
	{"nothing", CutShort, "", nil},
	{"magic cut", CutShort, "", raw("GGU")},
	{"another magic", NotGGUF, "", raw("PK\x03\x04", make([]byte, 40))},
	{"version cut", CutShort, "", raw("GGUF\x03")},
	{"version 1", WrongVersion, "", raw("GGUF", uint32(1), make([]byte, 40))},
	{"version 4", WrongVersion, "", raw("GGUF", uint32(4), make([]byte, 40))},
	{"version 0", WrongVersion, "", raw("GGUF", uint32(0), make([]byte, 40))},
	{"big-endian", BigEndian, "", raw("GGUF", []byte{0, 0, 0, 3}, make([]byte, 40))},
	{"counts cut", CutShort, "", raw("GGUF", uint32(3), uint64(0))},
	{"pairs claimed", TooMany, "", headed(0, 1<<62)},
	{"pairs claimed negative", TooMany, "", headed(0, math.MaxUint64, make([]byte, 100))},
	{"tensors claimed", TooMany, "", headed(1<<40, 0, make([]byte, 100))},
	{"pair cut", CutShort, "a", headed(0, 1, text("a"), uint32(4), "\x00")},
	{"key longer than the file", TooMany, "", headed(0, 1, uint64(math.MaxUint64), make([]byte, 100))},
	{"key empty", BadName, "", headed(0, 1, text(""), make([]byte, 100))},
	{"key not UTF-8", BadName, "", headed(0, 1, text("\xff"), make([]byte, 100))},
	{"key with an escape", BadName, "", headed(0, 1, text("a\x1b[2J"), make([]byte, 100))},
	{"key too long", BadName, "", headed(0, 1, text(strings.Repeat("a", maxName+1)), make([]byte, 100))},
	{"key twice", Twice, "a", headed(0, 2, text("a"), uint32(0), "\x01", text("a"), uint32(0), "\x01", make([]byte, 9))},
	{"unknown kind", UnknownKind, "a", headed(0, 1, text("a"), uint32(13), make([]byte, 9))},
	{"unknown kind of elements", UnknownKind, "a", headed(0, 1, text("a"), uint32(9), uint32(13), make([]byte, 99))},
	{"truth of 2", BadBool, "a", headed(0, 1, text("a"), uint32(7), "\x02")},
	{"text longer than the file", TooMany, "a", headed(0, 1, text("a"), uint32(8), uint64(3), "xx")},
	{"array longer than the file", TooMany, "a", headed(0, 1, text("a"), uint32(9), uint32(10), uint64(2), uint64(2))},
	{"array's size overflows", TooMany, "a", headed(0, 1, text("a"), uint32(9), uint32(10), uint64(1<<61), make([]byte, 99))},
	{"second text cut", TooMany, "a", headed(0, 1, text("a"), uint32(9), uint32(8), uint64(2), text("x"), uint64(9), "y")},
	{"arrays too deep", TooDeep, "a", headed(0, 1, text("a"), uint32(9), bytes.Repeat(raw(uint32(9), uint64(1)), 5), uint32(0), uint64(0))},
	{"alignment 0", BadAlign, keyAlignment, headed(0, 1, text(keyAlignment), uint32(4), uint32(0))},
	{"alignment 24", BadAlign, keyAlignment, headed(0, 1, text(keyAlignment), uint32(4), uint32(24))},
	{"alignment 2^31", BadAlign, keyAlignment, headed(0, 1, text(keyAlignment), uint32(4), uint32(1<<31))},
	{"alignment of text", WrongKind, keyAlignment, headed(0, 1, text(keyAlignment), uint32(8), text("32"))},
	{"tensor cut", CutShort, "a", headed(1, 0, text("a"), uint32(1), make([]byte, 17))},
	{"tensor twice", Twice, "a", headed(2, 0, tensor("a", F32, 0), tensor("a", F32, 0), make([]byte, 99))},
	{"tensor without a name", BadName, "", headed(1, 0, tensor("", F32, 0), make([]byte, 99))},
	{"five dimensions", ManyDims, "a", headed(1, 0, tensor("a", F32, 0, 1, 1, 1, 1, 1), make([]byte, 99))},
	{"2^32-1 dimensions", ManyDims, "a", headed(1, 0, text("a"), uint32(math.MaxUint32), make([]byte, 99))},
	{"dimension negative", BadShape, "a", headed(1, 0, tensor("a", F32, 0, math.MaxUint64), make([]byte, 99))},
	{"weights overflow", BadShape, "a", headed(1, 0, tensor("a", F32, 0, 1<<32, 1<<32), make([]byte, 99))},
	{"bytes overflow", BadShape, "a", headed(1, 0, tensor("a", F32, 0, 1<<31, 1<<31), make([]byte, 99))},
	{"unknown type", UnknownType, "a", headed(1, 0, tensor("a", 43, 0), make([]byte, 99))},
	{"type 2^32-1", UnknownType, "a", headed(1, 0, tensor("a", math.MaxUint32, 0), make([]byte, 99))},
	{"retired type", RetiredType, "a", headed(1, 0, tensor("a", 31, 0, 32), make([]byte, 99))},
	{"row of half a block", CutBlocks, "a", headed(1, 0, tensor("a", Q4_0, 0, 16, 2), make([]byte, 99))},
	{"scalar of a block type", CutBlocks, "a", headed(1, 0, tensor("a", Q4_0, 0), make([]byte, 99))},
	{"place not aligned", NotAligned, "a", headed(1, 0, tensor("a", F32, 4), make([]byte, 99))},
	{"place negative", OutOfRange, "a", headed(1, 0, tensor("a", F32, 1<<63), make([]byte, 99))},
	{"place past the file", OutOfRange, "a", headed(1, 0, tensor("a", F32, 1<<62), make([]byte, 99))},
	{"tensor past the file", OutOfRange, "a", headed(1, 0, tensor("a", F32, 0, 100), make([]byte, 99))},
	{"no data", OutOfRange, "a", headed(1, 0, tensor("a", F32, 0))},
	{"overlap", Overlap, "b", headed(2, 0, tensor("b", F32, 32), tensor("a", F32, 0, 9), make([]byte, 99))},
	{"same place", Overlap, "b", headed(2, 0, tensor("a", F32, 0), tensor("b", F32, 0), make([]byte, 99))},
}

func TestGGUFRefuses(t *testing.T) {
	for _, c := range faulty {
		_, err := parse("x", c.data)
		bad, ok := errors.AsType[*GGUFError](err)
		if !ok || bad.Fault != c.fault || bad.Place != c.place || bad.Path != "x" {
			t.Errorf("%s: %v, want %q at %q", c.name, err, c.fault, c.place)
			continue
		}
		if s := err.Error(); strings.Contains(s, "%!") {
			t.Errorf("%s: %s", c.name, s)
		}
		path := filepath.Join(t.TempDir(), "x.gguf")
		if err := os.WriteFile(path, c.data, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err = OpenGGUF(path)
		if bad, ok := errors.AsType[*GGUFError](err); !ok || bad.Fault != c.fault || bad.Error() == "" { // the words outlive the mapping
			t.Errorf("%s, in a file: %v", c.name, err)
		}
	}
	if _, err := OpenGGUF(filepath.Join(t.TempDir(), "none.gguf")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if bad, ok := errors.AsType[*GGUFError](func() error { _, err := OpenGGUF(t.TempDir()); return err }()); !ok || bad.Fault != NotRegular {
		t.Errorf("a folder: %v", bad)
	}
}

// TestGGUFAccepts reads what is unusual but allowed.
func TestGGUFAccepts(t *testing.T) {
	for name, data := range map[string][]byte{
		"empty":          headed(0, 0),
		"version 2":      append([]byte("GGUF\x02"), headed(0, 0)[5:]...),
		"four deep":      headed(0, 1, text("a"), uint32(9), bytes.Repeat(raw(uint32(9), uint64(1)), 3), uint32(0), uint64(0)),
		"alignment 1":    headed(1, 1, text(keyAlignment), uint32(4), uint32(1), tensor("a", F32, 3), make([]byte, 7)),
		"empty tensors":  headed(2, 0, tensor("a", F32, 0, 0), tensor("b", F32, 0, 0, 7)),
		"hole, reversed": headed(2, 0, tensor("a", F32, 64), tensor("b", F32, 0), make([]byte, 99)),
		"more after":     headed(1, 0, tensor("a", F32, 0), make([]byte, 999)),
	} {
		if _, err := parse("x", data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestGGUFHeaderTooLong meets the bound on the part before the weights.
func TestGGUFHeaderTooLong(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.gguf") // a hole takes no room
	if err := os.WriteFile(path, headed(0, 1, text("a"), uint32(8), uint64(maxHeader)), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, maxHeader+100); err != nil {
		t.Fatal(err)
	}
	_, err := OpenGGUF(path)
	if bad, ok := errors.AsType[*GGUFError](err); !ok || bad.Fault != LongHeader {
		t.Error(err)
	}
}

func FuzzGGUF(f *testing.F) {
	for _, name := range []string{"blocks.gguf", "set-00001-of-00003.gguf"} {
		b, err := os.ReadFile(oracle + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, c := range faulty {
		if len(c.data) < 4096 {
			f.Add(c.data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := parse("x", data)
		if err != nil {
			if _, ok := errors.AsType[*GGUFError](err); !ok {
				t.Fatalf("not a GGUFError: %v", err)
			}
			return
		}
		g := &GGUF{parts: []*part{p}, where: map[string]whereabouts{}}
		if err := g.index(); err != nil {
			t.Fatal(err)
		}
		used := make([]bool, int64(len(data))-p.start)
		for _, x := range g.Tensors() {
			b := g.Bytes(x.Name)
			if n, ok := x.Type.Size(x.Weights()); !ok || n != int64(len(b)) {
				t.Fatalf("%+v has %d bytes", x, len(b))
			}
			for i := range b {
				if used[x.At+int64(i)] {
					t.Fatalf("%+v shares byte %d", x, i)
				}
				used[x.At+int64(i)] = true
			}
			if x.Type.Decodes() {
				if err := g.Read(x.Name, make([]float32, x.Weights())); err != nil {
					t.Fatal(err)
				}
			}
		}
		// Written again, it reads as the same.
		var b bytes.Buffer
		if err := copyGGUF(&b, g); err != nil {
			if slices.ContainsFunc(g.Tensors(), func(x GGUFTensor) bool { return len(x.Name) > maxTensorName }) {
				return
			}
			t.Fatal(err)
		}
		q, err := parse("x", b.Bytes())
		if err != nil || len(q.meta) != len(p.meta) || len(q.tensors) != len(p.tensors) {
			t.Fatalf("%d pairs and %d tensors come back as %v, error %v", len(p.meta), len(p.tensors), q, err)
		}
	})
}
