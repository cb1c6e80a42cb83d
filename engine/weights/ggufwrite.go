package weights

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
)

// maxTensorName is the bytes of a tensor's name that ggml has room for.
const maxTensorName = 63

// WriteGGUF writes a GGUF file of version 3: metadata in the order given, then
// the tensors, of which Name, Type and Shape count; Bytes and At follow from
// them. data is called for each tensor in turn and must write exactly its
// bytes, row after row. Nothing is kept but the part before the weights. What
// was read with OpenGGUF from a file that has no holes comes back as the same
// bytes.
//
// A name or a value that the format has no room for, or too few bytes of a
// tensor, is an error. Arrays that are empty keep the kind of their elements.
func WriteGGUF(w io.Writer, meta []Pair, tensors []GGUFTensor, data func(w io.Writer, t GGUFTensor) error) error {
	align, err := checkMeta(meta)
	if err != nil {
		return err
	}
	tensors, err = layOut(tensors, align)
	if err != nil {
		return err
	}
	b := []byte("GGUF\x03\x00\x00\x00")
	b = binary.LittleEndian.AppendUint64(b, uint64(len(tensors)))
	b = binary.LittleEndian.AppendUint64(b, uint64(len(meta)))
	for _, p := range meta {
		k, _ := kindOf(p.Value)
		b = appendText(b, p.Key)
		b = binary.LittleEndian.AppendUint32(b, uint32(k))
		b = appendValue(b, p.Value)
	}
	for _, t := range tensors {
		b = appendText(b, t.Name)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(t.Shape)))
		for _, d := range slices.Backward(t.Shape) {
			b = binary.LittleEndian.AppendUint64(b, uint64(d))
		}
		b = binary.LittleEndian.AppendUint32(b, uint32(t.Type))
		b = binary.LittleEndian.AppendUint64(b, uint64(t.At))
	}
	if len(b) > maxHeader {
		return fmt.Errorf("the part before the weights has %d bytes; %d are read", len(b), maxHeader)
	}
	b = append(b, make([]byte, padding(int64(len(b)), align))...)
	out := bufio.NewWriterSize(w, 1<<20)
	out.Write(b) // the writer keeps the first error for Flush
	for _, t := range tensors {
		room := &limited{out, t.Bytes}
		if err := data(room, t); err != nil {
			return fmt.Errorf("write tensor %s: %w", t.Name, err)
		}
		if room.left != 0 {
			return fmt.Errorf("write tensor %s: %d of its %d bytes are missing", t.Name, room.left, t.Bytes)
		}
		out.Write(make([]byte, padding(t.Bytes, align)))
	}
	return out.Flush()
}

// padding returns the bytes from n to the next multiple of align.
func padding(n, align int64) int64 { return (align - n%align) % align }

// A limited writer takes the bytes of one tensor and no more.
type limited struct {
	w    io.Writer
	left int64
}

func (l *limited) Write(b []byte) (int, error) {
	if int64(len(b)) > l.left {
		return 0, fmt.Errorf("%d bytes too many", int64(len(b))-l.left)
	}
	n, err := l.w.Write(b)
	l.left -= int64(n)
	return n, err
}

// checkMeta returns the alignment that the metadata asks for.
func checkMeta(meta []Pair) (int64, error) {
	align := int64(alignment)
	seen := map[string]bool{}
	for _, p := range meta {
		if !isName(p.Key) {
			return 0, fmt.Errorf("%q is not a key", p.Key)
		}
		if seen[p.Key] {
			return 0, fmt.Errorf("key %s comes twice", p.Key)
		}
		seen[p.Key] = true
		if !isValue(p.Value, 0) {
			return 0, fmt.Errorf("key %s has a value that GGUF cannot hold", p.Key)
		}
		if p.Key == keyAlignment {
			v, ok := p.Value.(uint32)
			if !ok || v == 0 || v&(v-1) != 0 || v > maxAlign {
				return 0, fmt.Errorf("%s is %v, not a power of two up to %d of kind uint32", p.Key, p.Value, maxAlign)
			}
			align = int64(v)
		}
	}
	return align, nil
}

// isValue reports whether v can be a Pair's value, depth arrays down.
func isValue(v any, depth int) bool {
	if _, ok := kindOf(v); !ok || depth > maxDepth {
		return false
	}
	if list, ok := v.([]any); ok {
		for _, e := range list {
			if _, array := elementKind(e); !array || !isValue(e, depth+1) {
				return false
			}
		}
		return depth < maxDepth
	}
	_, array := elementKind(v)
	return !array || depth < maxDepth
}

// layOut returns the tensors with their sizes and places, one after the other.
func layOut(tensors []GGUFTensor, align int64) ([]GGUFTensor, error) {
	tensors = slices.Clone(tensors)
	seen := map[string]bool{}
	var at int64
	for i := range tensors {
		t := &tensors[i]
		if !isName(t.Name) || len(t.Name) > maxTensorName {
			return nil, fmt.Errorf("%q is not the name of a tensor of at most %d bytes", t.Name, maxTensorName)
		}
		if seen[t.Name] {
			return nil, fmt.Errorf("tensor %s comes twice", t.Name)
		}
		seen[t.Name] = true
		block, _ := t.Type.Block()
		if block == 0 {
			return nil, fmt.Errorf("tensor %s has %s, which cannot be written", t.Name, t.Type)
		}
		n, row := int64(1), 1
		for _, d := range t.Shape {
			if row = d; d < 0 || d != 0 && n > math.MaxInt64/int64(d) {
				return nil, fmt.Errorf("tensor %s has the shape %v", t.Name, t.Shape)
			}
			n *= int64(d)
		}
		size, ok := t.Type.Size(n)
		if !ok || row%block != 0 || len(t.Shape) > maxDims || size > math.MaxInt64-at-align {
			return nil, fmt.Errorf("tensor %s of type %s has the shape %v", t.Name, t.Type, t.Shape)
		}
		t.Bytes, t.At = size, at
		at += size + padding(size, align)
	}
	return tensors, nil
}

func appendText(b []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint64(b, uint64(len(s))), s...)
}

// appendValue appends a value without its kind.
func appendValue(b []byte, value any) []byte {
	le := binary.LittleEndian
	switch v := value.(type) {
	case uint8:
		return append(b, v)
	case int8:
		return append(b, uint8(v))
	case uint16:
		return le.AppendUint16(b, v)
	case int16:
		return le.AppendUint16(b, uint16(v))
	case uint32:
		return le.AppendUint32(b, v)
	case int32:
		return le.AppendUint32(b, uint32(v))
	case float32:
		return le.AppendUint32(b, math.Float32bits(v))
	case bool:
		if v {
			return append(b, 1)
		}
		return append(b, 0)
	case string:
		return appendText(b, v)
	case uint64:
		return le.AppendUint64(b, v)
	case int64:
		return le.AppendUint64(b, uint64(v))
	case float64:
		return le.AppendUint64(b, math.Float64bits(v))
	case []uint8:
		return append(appendCount(b, KindUint8, len(v)), v...)
	case []int8:
		return appendList(b, KindInt8, v)
	case []uint16:
		return appendList(b, KindUint16, v)
	case []int16:
		return appendList(b, KindInt16, v)
	case []uint32:
		return appendList(b, KindUint32, v)
	case []int32:
		return appendList(b, KindInt32, v)
	case []float32:
		return appendList(b, KindFloat32, v)
	case []bool:
		return appendList(b, KindBool, v)
	case []string:
		return appendList(b, KindString, v)
	case []any:
		return appendList(b, KindArray, v)
	case []uint64:
		return appendList(b, KindUint64, v)
	case []int64:
		return appendList(b, KindInt64, v)
	case []float64:
		return appendList(b, KindFloat64, v)
	}
	panic("weights: a value that isValue refuses")
}

func appendCount(b []byte, k Kind, n int) []byte {
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint32(b, uint32(k)), uint64(n))
}

func appendList[T any](b []byte, k Kind, list []T) []byte {
	b = appendCount(b, k, len(list))
	for _, v := range list {
		b = appendValue(b, v)
	}
	return b
}
