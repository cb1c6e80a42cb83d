package weights

import "fmt"

// A Kind is the number of a kind of metadata value in GGUF.
type Kind uint32

// The kinds, as https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
// numbers them.
const (
	KindUint8 Kind = iota
	KindInt8
	KindUint16
	KindInt16
	KindUint32
	KindInt32
	KindFloat32
	KindBool
	KindString
	KindArray
	KindUint64
	KindInt64
	KindFloat64
)

// kinds are the names of the kinds and the fewest bytes that a value takes.
var kinds = [...]struct {
	name  string
	bytes int
}{
	{"uint8", 1}, {"int8", 1}, {"uint16", 2}, {"int16", 2}, {"uint32", 4}, {"int32", 4}, {"float32", 4},
	{"bool", 1}, {"string", 8}, {"array", 12}, {"uint64", 8}, {"int64", 8}, {"float64", 8},
}

func (k Kind) String() string {
	if int64(k) < int64(len(kinds)) {
		return kinds[k].name
	}
	return fmt.Sprintf("kind %d", uint32(k))
}

// A Pair is one line of a GGUF file's metadata. Value is a uint8, int8,
// uint16, int16, uint32, int32, uint64, int64, float32, float64, bool or
// string, a slice of one of these, or, for an array of arrays, []any, whose
// elements are slices again. A string is any bytes.
type Pair struct {
	Key   string
	Value any
}

// kindOf returns the kind of a Pair's value; false if it cannot be one.
func kindOf(value any) (Kind, bool) {
	switch value.(type) {
	case uint8:
		return KindUint8, true
	case int8:
		return KindInt8, true
	case uint16:
		return KindUint16, true
	case int16:
		return KindInt16, true
	case uint32:
		return KindUint32, true
	case int32:
		return KindInt32, true
	case float32:
		return KindFloat32, true
	case bool:
		return KindBool, true
	case string:
		return KindString, true
	case uint64:
		return KindUint64, true
	case int64:
		return KindInt64, true
	case float64:
		return KindFloat64, true
	}
	_, ok := elementKind(value)
	return KindArray, ok
}

// elementKind returns the kind of the elements of an array.
func elementKind(value any) (Kind, bool) {
	switch value.(type) {
	case []uint8:
		return KindUint8, true
	case []int8:
		return KindInt8, true
	case []uint16:
		return KindUint16, true
	case []int16:
		return KindInt16, true
	case []uint32:
		return KindUint32, true
	case []int32:
		return KindInt32, true
	case []float32:
		return KindFloat32, true
	case []bool:
		return KindBool, true
	case []string:
		return KindString, true
	case []any:
		return KindArray, true
	case []uint64:
		return KindUint64, true
	case []int64:
		return KindInt64, true
	case []float64:
		return KindFloat64, true
	}
	return 0, false
}

// whole returns an integer of any kind, if it is one and an int64 holds it.
func whole(value any) (int64, bool) {
	switch v := value.(type) {
	case uint8:
		return int64(v), true
	case int8:
		return int64(v), true
	case uint16:
		return int64(v), true
	case int16:
		return int64(v), true
	case uint32:
		return int64(v), true
	case int32:
		return int64(v), true
	case uint64:
		return int64(v), v <= 1<<63-1
	case int64:
		return v, true
	}
	return 0, false
}
