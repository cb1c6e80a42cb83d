package weights

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"unicode/utf8"
)

// maxHeader bounds the JSON header, as the safetensors library does.
const maxHeader = 100 << 20

// sizes are the bytes per element of the types that a file may hold.
var sizes = map[string]int64{
	"BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E4M3FNUZ": 1, "F8_E5M2": 1, "F8_E5M2FNUZ": 1, "F8_E8M0": 1,
	"U16": 2, "I16": 2, "F16": 2, "BF16": 2,
	"U32": 4, "I32": 4, "F32": 4,
	"U64": 8, "I64": 8, "F64": 8, "C64": 8,
}

// An entry is one tensor of the header: its bytes are [from, to) of the data.
type entry struct {
	dtype    string
	shape    []int
	from, to int64
}

// A File is an open safetensors file. Its methods may be called concurrently.
//
// Format: https://github.com/huggingface/safetensors#format
type File struct {
	path    string
	file    *os.File
	start   int64 // of the data in the file
	entries map[string]entry
	meta    map[string]string
}

// Open opens dir/model.safetensors and checks its header: every tensor's
// bytes lie in the file, have the size of its shape and type, and together
// they fill the data with neither overlap nor hole. A file that is not so
// gives a *FormatError.
func Open(dir string) (*File, error) { return OpenFile(filepath.Join(dir, "model.safetensors")) }

// OpenRegular opens a file of a model. A pipe, a device or a socket in its place gives a
// *FormatError before it is opened: to open a pipe is to wait, and a device may not end.
func OpenRegular(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, malformed(path, "", string(NotRegular))
	}
	return os.Open(path)
}

// OpenFile opens one safetensors file, as Open does.
func OpenFile(path string) (*File, error) {
	file, err := OpenRegular(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, err
	}
	h, err := readHeader(path, file, info.Size())
	if err != nil {
		file.Close()
		return nil, err
	}
	return &File{path, file, h.start, h.entries, h.meta}, nil
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

// Path returns where the file lies.
func (f *File) Path() string { return f.path }

// Names returns the names of all tensors, sorted.
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.entries)) }

// Shape returns a tensor's dimensions, the slowest first.
func (f *File) Shape(name string) ([]int, bool) {
	e, ok := f.entries[name]
	return slices.Clone(e.shape), ok
}

// Meta returns the file's own remarks.
func (f *File) Meta() map[string]string { return maps.Clone(f.meta) }

// Read fills dst with a tensor of type F32, BF16 or F16. The length of dst
// must be the number of the tensor's elements.
func (f *File) Read(name string, dst []float32) error {
	e, ok := f.entries[name]
	if !ok {
		return malformed(f.path, name, "no such tensor")
	}
	size := sizes[e.dtype]
	if n := (e.to - e.from) / size; n != int64(len(dst)) {
		return malformed(f.path, name, "has %d elements, wanted %d (shape %v)", n, len(dst), e.shape)
	}
	decode := decoders[e.dtype]
	if decode == nil {
		return malformed(f.path, name, "type %s is not read; F32, BF16 and F16 are", e.dtype)
	}
	return f.read(name, e, decode, dst, 0)
}

// decoders are the types that Read knows.
var decoders = map[string]func(dst []float32, src []byte){"F32": decodeF32, "BF16": decodeBF16, "F16": decodeF16}

// read fills dst with a tensor's numbers from the one numbered from.
func (f *File) read(name string, e entry, decode func([]float32, []byte), dst []float32, from int64) error {
	size := sizes[e.dtype]
	buf := make([]byte, min(int64(len(dst))*size, 1<<20))
	for at := f.start + e.from + from*size; len(dst) > 0; {
		n := min(int64(len(dst)), int64(len(buf))/size)
		part := buf[:n*size]
		if _, err := f.file.ReadAt(part, at); err != nil {
			return fmt.Errorf("read tensor %s of %s: %w", name, f.path, err)
		}
		decode(dst[:n], part)
		dst, at = dst[n:], at+int64(len(part))
	}
	return nil
}

func decodeF32(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
	}
}

func decodeBF16(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
	}
}

func decodeF16(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = half(binary.LittleEndian.Uint16(src[2*i:]))
	}
}

// half converts an IEEE 754 binary16 number; every one is a float32.
func half(h uint16) float32 {
	sign, exp, frac := uint32(h&0x8000)<<16, uint32(h>>10&31), uint32(h&1023)
	switch exp {
	case 0: // zero or subnormal: frac × 2⁻²⁴
		return math.Float32frombits(sign | math.Float32bits(float32(frac)*(1.0/(1<<24))))
	case 31: // infinity or NaN
		return math.Float32frombits(sign | 0xff<<23 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+127-15)<<23 | frac<<13)
}

// A header is the checked header of a safetensors file.
type header struct {
	start   int64 // of the data in the file
	entries map[string]entry
	meta    map[string]string
}

// readHeader reads and checks the header of a file of size bytes.
func readHeader(path string, r io.ReaderAt, size int64) (*header, error) {
	bad := func(place, format string, args ...any) error {
		return malformed(path, place, format, args...)
	}
	var prefix [8]byte
	if size < 8 {
		return nil, bad("", "%d bytes are too few for a safetensors file", size)
	}
	if _, err := r.ReadAt(prefix[:], 0); err != nil {
		return nil, fmt.Errorf("read the header of %s: %w", path, err)
	}
	n := binary.LittleEndian.Uint64(prefix[:])
	if n > maxHeader {
		return nil, bad("header", "claims %d bytes, more than the limit of %d", n, maxHeader)
	}
	if int64(n) > size-8 {
		return nil, bad("header", "claims %d bytes, the file has %d more", n, size-8)
	}
	if n == 0 {
		return nil, bad("header", "is empty")
	}
	text := make([]byte, n)
	if _, err := r.ReadAt(text, 8); err != nil {
		return nil, fmt.Errorf("read the header of %s: %w", path, err)
	}
	if !utf8.Valid(text) {
		return nil, bad("header", "is not UTF-8")
	}
	h := &header{start: 8 + int64(n), entries: map[string]entry{}}
	dec := json.NewDecoder(bytes.NewReader(text))
	// Token by token, because a map would hide a name that comes twice.
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		return nil, bad("header", "is not a JSON object")
	}
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			return nil, bad("header", "%v", err)
		}
		name := tok.(string)
		if name == "__metadata__" {
			if h.meta != nil {
				return nil, bad(name, "comes twice")
			}
			if err := dec.Decode(&h.meta); err != nil {
				return nil, bad(name, "%v", err)
			}
			continue
		}
		if _, ok := h.entries[name]; ok {
			return nil, bad(name, "comes twice")
		}
		var j struct {
			Dtype   string  `json:"dtype"`
			Shape   []int64 `json:"shape"`
			Offsets []int64 `json:"data_offsets"`
		}
		if err := dec.Decode(&j); err != nil {
			return nil, bad(name, "%v", err)
		}
		e, err := checkEntry(j.Dtype, j.Shape, j.Offsets, size-h.start, func(format string, args ...any) error { return bad(name, format, args...) })
		if err != nil {
			return nil, err
		}
		h.entries[name] = e
	}
	if _, err := dec.Token(); err != nil {
		return nil, bad("header", "%v", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, bad("header", "has more after the JSON object")
	}
	var end int64
	order := slices.SortedFunc(maps.Keys(h.entries), func(a, b string) int {
		x, y := h.entries[a], h.entries[b]
		return cmp.Or(cmp.Compare(x.from, y.from), cmp.Compare(x.to, y.to), cmp.Compare(a, b))
	})
	for _, name := range order {
		e := h.entries[name]
		if e.from != end {
			return nil, bad(name, "begins at byte %d of the data, the tensor before it ends at %d", e.from, end)
		}
		end = e.to
	}
	if end != size-h.start {
		return nil, bad("", "the tensors end at byte %d of the data, which has %d", end, size-h.start)
	}
	return h, nil
}

// checkEntry checks one tensor against the size of the data. bad makes an error.
func checkEntry(dtype string, shape, offsets []int64, data int64, bad func(format string, args ...any) error) (e entry, err error) {
	n, ok := sizes[dtype]
	if !ok {
		return e, bad("unknown type %q", dtype)
	}
	if shape == nil {
		return e, bad("has no shape")
	}
	if len(offsets) != 2 || offsets[0] < 0 || offsets[1] < offsets[0] || offsets[1] > data {
		return e, bad("data_offsets %v are not a range within the %d bytes of data", offsets, data)
	}
	e = entry{dtype, make([]int, len(shape)), offsets[0], offsets[1]}
	for i, d := range shape {
		if d < 0 || d > math.MaxInt {
			return e, bad("dimension %d is impossible", d)
		}
		if d != 0 && n > math.MaxInt64/d {
			return e, bad("shape %v is too large", shape)
		}
		n *= d
		e.shape[i] = int(d)
	}
	if n != e.to-e.from {
		return e, bad("%s of shape %v takes %d bytes, data_offsets %v hold %d", dtype, shape, n, offsets, e.to-e.from)
	}
	return e, nil
}
