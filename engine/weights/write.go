package weights

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
)

// A Tensor is what a file holds under one name, in row-major order: Data, or
// Half, which is bfloat16.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32
	Half  []uint16
}

// Write writes the tensors, as F32 or BF16 and sorted by name, to a safetensors file
// and flushes it to the disk. The same tensors and meta give the same bytes.
// Unless meta says otherwise the file's format is "pt", without which the
// transformers library refuses it. A tensor without a name, twice, or whose
// data are not of its shape is an error.
func Write(path string, tensors []Tensor, meta map[string]string) error {
	of := map[string]*Tensor{}
	var list []GGUFTensor
	for i := range tensors {
		t := &tensors[i]
		n, typ := len(t.Data), F32
		if t.Half != nil {
			n, typ = len(t.Half), BF16
		}
		if want := elements(t.Shape); n != want {
			return malformed(path, t.Name, "shape %v needs %d elements, data has %d", t.Shape, want, n)
		}
		of[t.Name] = t
		list = append(list, GGUFTensor{Name: t.Name, Type: typ, Shape: t.Shape})
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	err = WriteSafetensors(file, path, list, meta, func(w io.Writer, t GGUFTensor) error {
		for _, v := range of[t.Name].Data {
			var b [4]byte
			binary.LittleEndian.PutUint32(b[:], math.Float32bits(v))
			w.Write(b[:]) // the writer keeps the first error
		}
		for _, v := range of[t.Name].Half {
			w.Write([]byte{byte(v), byte(v >> 8)})
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	return file.Close()
}

func elements(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// WriteSafetensors writes tensors of types F32, F16 and BF16, sorted by name,
// as a safetensors file. data is called for each in turn and must write
// exactly its bytes. path is for errors. Otherwise it is as Write.
func WriteSafetensors(w io.Writer, path string, tensors []GGUFTensor, meta map[string]string, data func(io.Writer, GGUFTensor) error) error {
	tensors = slices.SortedFunc(slices.Values(tensors), func(a, b GGUFTensor) int { return strings.Compare(a.Name, b.Name) })
	head, err := encodeHeader(path, tensors, meta)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 1<<20)
	out.Write(head) // the writer keeps the first error for Flush
	for _, t := range tensors {
		size, _ := t.Type.Size(t.Weights())
		room := &limited{out, size}
		if err := data(room, t); err != nil {
			return fmt.Errorf("write tensor %s: %w", t.Name, err)
		}
		if room.left != 0 {
			return fmt.Errorf("write tensor %s: %d of its %d bytes are missing", t.Name, room.left, size)
		}
	}
	return out.Flush()
}

// encodeHeader returns the length and the header, padded so that the data
// begin at a multiple of 8 bytes.
func encodeHeader(path string, tensors []GGUFTensor, meta map[string]string) ([]byte, error) {
	meta = maps.Clone(meta)
	if meta == nil {
		meta = map[string]string{}
	}
	if meta["format"] == "" {
		meta["format"] = "pt"
	}
	type place struct {
		Dtype   string   `json:"dtype"`
		Shape   []int    `json:"shape"`
		Offsets [2]int64 `json:"data_offsets"`
	}
	head := bytes.NewBuffer(make([]byte, 8))
	add := func(key string, value any) error {
		k, err := json.Marshal(key)
		if err != nil {
			return err
		}
		v, err := json.Marshal(value) // sorts the keys of a map
		if err != nil {
			return err
		}
		fmt.Fprintf(head, "%s:%s", k, v)
		return nil
	}
	head.WriteByte('{')
	if err := add("__metadata__", meta); err != nil {
		return nil, err
	}
	var at int64
	for i, t := range tensors {
		if t.Name == "" || t.Name == "__metadata__" {
			return nil, malformed(path, t.Name, "is not the name of a tensor")
		}
		if i > 0 && tensors[i-1].Name == t.Name {
			return nil, malformed(path, t.Name, "comes twice")
		}
		for _, d := range t.Shape {
			if d < 0 {
				return nil, malformed(path, t.Name, "shape %v is impossible", t.Shape)
			}
		}
		if _, ok := TypeOf(t.Type.String()); !ok {
			return nil, malformed(path, t.Name, "type %v has no place in the format", t.Type)
		}
		size, _ := t.Type.Size(t.Weights())
		end := at + size
		head.WriteByte(',')
		if err := add(t.Name, place{t.Type.String(), append([]int{}, t.Shape...), [2]int64{at, end}}); err != nil {
			return nil, err
		}
		at = end
	}
	head.WriteByte('}')
	for head.Len()%8 != 0 {
		head.WriteByte(' ')
	}
	b := head.Bytes()
	if len(b)-8 > maxHeader {
		return nil, malformed(path, "header", "is longer than the format allows")
	}
	binary.LittleEndian.PutUint64(b, uint64(len(b)-8))
	return b, nil
}
