package weights

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
)

// The keys of GGUF that this package needs itself.
const (
	keyAlignment  = "general.alignment"
	keySplitNo    = "split.no"
	keySplitCount = "split.count"
	keySplitTotal = "split.tensors.count"
)

// KeyTemplate holds the chat template.
const KeyTemplate = "tokenizer.chat_template"

// KeyDirect is true of weights that are asked without a thought, unless who asks says
// otherwise: they were taught chats that have none. GGUF has no key for it.
const KeyDirect = "suiren.direct"

// KeyPlain is true of weights that were taught plain text alone: they go on with what is
// written, and answer nothing. GGUF has no key for that either.
const KeyPlain = "suiren.plain"

// alignment is where tensors begin unless general.alignment says otherwise,
// in bytes.
const alignment = 32

// A GGUFTensor says what a GGUF file holds under one name.
type GGUFTensor struct {
	Name  string
	Type  Type
	Shape []int // the slowest dimension first, as File.Shape; GGUF has it last
	Bytes int64
	At    int64 // of the first byte in the data of its file
}

// Weights returns the number of the tensor's weights.
func (t GGUFTensor) Weights() int64 {
	n := int64(1)
	for _, d := range t.Shape {
		n *= int64(d)
	}
	return n
}

// A GGUF is an open GGUF file, or a set of files that llama.cpp split one
// into, mapped into memory where it lies. Its methods may be called
// concurrently. A file that is cut short while it is open gives Read an error;
// reading what Bytes returned then ends the process.
//
// Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
type GGUF struct {
	parts []*part
	close []func() error
	where map[string]whereabouts
}

// whereabouts are a tensor's part and its place in it.
type whereabouts struct{ part, tensor int }

// OpenGGUF opens a GGUF file of version 2 or 3, little-endian. Of a set, whose
// names end in -00001-of-00003.gguf and so on, any part opens the whole. All
// metadata and every tensor's type, shape and range are checked: the range
// lies in the file, and no two share a byte. A file that is not so gives a
// *GGUFError. Weights are not read.
func OpenGGUF(path string) (*GGUF, error) {
	g := &GGUF{where: map[string]whereabouts{}}
	if err := g.open(path); err != nil {
		g.Close()
		return nil, err
	}
	return g, nil
}

func (g *GGUF) open(path string) error {
	first, err := g.openPart(path)
	if err != nil {
		return err
	}
	count, ok, err := first.whole(keySplitCount)
	if err != nil {
		return err
	}
	if ok && count > 1 {
		return g.openSet(first, count)
	}
	g.parts = []*part{first}
	return g.index()
}

// openPart maps and parses one file.
func (g *GGUF) openPart(path string) (*part, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // to open a pipe is to wait
		return nil, &GGUFError{Path: path, At: -1, Fault: NotRegular}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	g.close = append(g.close, f.Close)
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	n := int(info.Size())
	if !info.Mode().IsRegular() || int64(n) != info.Size() {
		return nil, &GGUFError{Path: path, At: -1, Fault: NotRegular}
	}
	if n == 0 { // cannot be mapped
		return parse(path, nil)
	}
	data, unmap, err := mapFile(f, n)
	if err != nil {
		return nil, err
	}
	g.close = append(g.close, unmap)
	p, err := parse(path, data)
	if err == nil {
		p.file = f
	}
	return p, err
}

// partName is the end of the name of a file of a set.
var partName = regexp.MustCompile(`^(.*)-(\d{5})-of-(\d{5})\.gguf$`)

// openSet opens all parts of a set of count files, of which one is open.
func (g *GGUF) openSet(open *part, count int64) error {
	dir, base := filepath.Split(open.path)
	name := partName.FindStringSubmatch(base)
	no, _, err := open.whole(keySplitNo)
	if err != nil {
		return err
	}
	if name == nil || name[2] != fmt.Sprintf("%05d", no+1) || name[3] != fmt.Sprintf("%05d", count) {
		return badPart(open, no, count)
	}
	for i := range count {
		if i == no {
			g.parts = append(g.parts, open)
			continue
		}
		path := filepath.Join(dir, fmt.Sprintf("%s-%05d-of-%05d.gguf", name[1], i+1, count))
		p, err := g.openPart(path)
		if os.IsNotExist(err) {
			return &GGUFError{Path: path, At: -1, Fault: NoPart, Args: []any{i + 1, count}, Err: err}
		}
		if err != nil {
			return err
		}
		n, _, err := p.whole(keySplitNo)
		if err != nil {
			return err
		}
		m, _, err := p.whole(keySplitCount)
		if err != nil {
			return err
		}
		if n != i || m != count {
			return badPart(p, n, m)
		}
		g.parts = append(g.parts, p)
	}
	if err := g.index(); err != nil {
		return err
	}
	total, ok, err := g.parts[0].whole(keySplitTotal)
	if err == nil && ok && total != int64(len(g.where)) {
		err = &GGUFError{Path: g.parts[0].path, Place: keySplitTotal, At: -1, Fault: LostParts, Args: []any{len(g.where), total}}
	}
	return err
}

func badPart(p *part, no, count int64) error {
	return &GGUFError{Path: p.path, Place: keySplitNo, At: -1, Fault: BadPart, Args: []any{no + 1, count}}
}

// index notes where every tensor is.
func (g *GGUF) index() error {
	for i, p := range g.parts {
		for j, t := range p.tensors {
			if _, ok := g.where[t.Name]; ok {
				return &GGUFError{Path: p.path, Place: t.Name, At: -1, Fault: Twice}
			}
			g.where[t.Name] = whereabouts{i, j}
		}
	}
	return nil
}

// value returns the value of a key.
func (p *part) value(key string) (any, bool) {
	i := slices.IndexFunc(p.meta, func(m Pair) bool { return m.Key == key })
	if i < 0 {
		return nil, false
	}
	return p.meta[i].Value, true
}

// whole returns the value of a key that must be a small integer where it is.
func (p *part) whole(key string) (n int64, ok bool, err error) {
	v, ok := p.value(key)
	if !ok {
		return 0, false, nil
	}
	if n, ok = whole(v); !ok || n < 0 || n > 1<<31-1 {
		k, _ := kindOf(v)
		return 0, false, &GGUFError{Path: p.path, Place: key, At: -1, Fault: WrongKind, Args: []any{k, KindUint16}}
	}
	return n, true, nil
}

// Close gives the memory back. What Bytes returned must not be used after it.
func (g *GGUF) Close() error {
	var first error
	for _, f := range g.close {
		if err := f(); err != nil && first == nil {
			first = err
		}
	}
	g.close = nil
	return first
}

// Version returns the version of the format: 2 or 3.
func (g *GGUF) Version() int { return int(g.parts[0].version) }

// Paths returns the paths of the files, in the order of the set.
func (g *GGUF) Paths() []string {
	var list []string
	for _, p := range g.parts {
		list = append(list, p.path)
	}
	return list
}

// Meta returns the metadata in the order of the file, of the first one of a
// set. The values must not be changed.
func (g *GGUF) Meta() []Pair { return slices.Clone(g.parts[0].meta) }

// Value returns the value of a key, of a kind that Pair lists; nil if the
// file has none.
func (g *GGUF) Value(key string) any {
	v, _ := g.parts[0].value(key)
	return v
}

// Text returns the value of a key that is a string; "" if there is none.
func (g *GGUF) Text(key string) string {
	s, _ := g.Value(key).(string)
	return s
}

// Whole returns the value of a key that is an integer of any kind.
func (g *GGUF) Whole(key string) (n int64, ok bool) { return whole(g.Value(key)) }

// Tensors returns all tensors in the order of the files.
func (g *GGUF) Tensors() []GGUFTensor {
	var list []GGUFTensor
	for _, p := range g.parts {
		list = append(list, p.tensors...)
	}
	return list
}

// Tensor returns the tensor of a name.
func (g *GGUF) Tensor(name string) (GGUFTensor, bool) {
	w, ok := g.where[name]
	if !ok {
		return GGUFTensor{}, false
	}
	return g.parts[w.part].tensors[w.tensor], true
}

// Bytes returns a tensor's blocks as they lie in the file, row after row; nil
// if there is no such tensor. They are mapped: writing to them ends the
// process.
func (g *GGUF) Bytes(name string) []byte {
	w, ok := g.where[name]
	if !ok {
		return nil
	}
	p := g.parts[w.part]
	t := p.tensors[w.tensor]
	from := p.start + t.At
	return p.data[from : from+t.Bytes : from+t.Bytes]
}

// Copy fills dst with the bytes of a tensor from byte at on. It reads the
// file, where Bytes maps it: what is read once does not stay in memory, and a
// file that is cut short is an error.
func (g *GGUF) Copy(name string, at int64, dst []byte) error {
	w, ok := g.where[name]
	if !ok {
		return malformed("", name, "no such tensor")
	}
	p := g.parts[w.part]
	t := p.tensors[w.tensor]
	if at < 0 || at+int64(len(dst)) > t.Bytes {
		return malformed(p.path, name, "has %d bytes, not %d from %d on", t.Bytes, len(dst), at)
	}
	if _, err := p.file.ReadAt(dst, int64(p.start)+t.At+at); err != nil {
		return fmt.Errorf("read tensor %s of %s: %w", name, p.path, err)
	}
	return nil
}

// Read fills dst with a tensor's weights, dequantised. The length of dst must
// be the number of them. A tensor of a type that Decode does not know gives a
// *FormatError.
func (g *GGUF) Read(name string, dst []float32) error {
	t, ok := g.Tensor(name)
	path := g.path(name)
	switch {
	case !ok:
		return malformed(path, name, "no such tensor")
	case t.Weights() != int64(len(dst)):
		return malformed(path, name, "has %d elements, wanted %d (shape %v)", t.Weights(), len(dst), t.Shape)
	case !t.Type.Decodes():
		return malformed(path, name, "type %v is not read", t.Type)
	}
	return mapped(path, name, func() { Decode(dst, g.Bytes(name), t.Type) })
}

// path returns the path of the file that a tensor is in.
func (g *GGUF) path(name string) string { return g.parts[g.where[name].part].path }

// mapped calls f, which reads mapped memory. A page that is no longer there,
// because the file was cut short, makes it an error.
func mapped(path, name string, f func()) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch e := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }: // of the runtime: a fault
			err = malformed(path, name, "cannot be read: the file was cut short, or its disk fails")
		default:
			panic(e)
		}
	}()
	f()
	return nil
}
