package weights

import (
	"fmt"
	"math"
)

// A Type is the number of a GGUF tensor type: how weights are laid out in
// bytes. Weights come in blocks, and a row holds whole blocks.
//
// Source: https://github.com/ggml-org/ggml/blob/master/include/ggml.h (ggml_type)
type Type uint32

// The types that Decode knows.
const (
	F32     Type = 0
	F16     Type = 1
	Q4_0    Type = 2
	Q4_1    Type = 3
	Q5_0    Type = 6
	Q5_1    Type = 7
	Q8_0    Type = 8
	Q2_K    Type = 10
	Q3_K    Type = 11
	Q4_K    Type = 12
	Q5_K    Type = 13
	Q6_K    Type = 14
	IQ3_XXS Type = 18
	IQ4_NL  Type = 20
	IQ3_S   Type = 21
	IQ4_XS  Type = 23
	BF16    Type = 30
	MXFP4   Type = 39
	IQ2_XXS Type = 16
	IQ2_XS  Type = 17
	IQ2_S   Type = 22
)

// A layout is what is known of a type. A retired type has only a name.
type layout struct {
	name    string
	weights int // in a block
	bytes   int // of a block
	decode  func(dst []float32, src []byte)
	encode  func(dst []byte, src []float32)
}

// layouts lists the types by their numbers. Those without decode can be
// carried and counted, not read.
var layouts = [...]layout{
	F32:     {"F32", 1, 4, decodeF32, encodeF32},
	F16:     {"F16", 1, 2, decodeF16, encodeF16},
	Q4_0:    {"Q4_0", 32, 18, decodeQ4_0, encodeQ4_0},
	Q4_1:    {"Q4_1", 32, 20, decodeQ4_1, nil},
	4:       {name: "Q4_2"},
	5:       {name: "Q4_3"},
	Q5_0:    {"Q5_0", 32, 22, decodeQ5_0, encodeQ5_0},
	Q5_1:    {"Q5_1", 32, 24, decodeQ5_1, encodeQ5_1},
	Q8_0:    {"Q8_0", 32, 34, decodeQ8_0, encodeQ8_0},
	9:       {"Q8_1", 32, 36, nil, nil},
	Q2_K:    {"Q2_K", 256, 84, decodeQ2_K, nil},
	Q3_K:    {"Q3_K", 256, 110, decodeQ3_K, encodeQ3_K},
	Q4_K:    {"Q4_K", 256, 144, decodeQ4_K, encodeQ4_K},
	Q5_K:    {"Q5_K", 256, 176, decodeQ5_K, encodeQ5_K},
	Q6_K:    {"Q6_K", 256, 210, decodeQ6_K, encodeQ6_K},
	15:      {"Q8_K", 256, 292, nil, nil},
	IQ2_XXS: {"IQ2_XXS", 256, 66, decodeIQ2_XXS, nil},
	IQ2_XS:  {"IQ2_XS", 256, 74, decodeIQ2_XS, nil},
	IQ3_XXS: {"IQ3_XXS", 256, 98, decodeIQ3_XXS, nil},
	19:      {"IQ1_S", 256, 50, nil, nil},
	IQ4_NL:  {"IQ4_NL", 32, 18, decodeIQ4_NL, nil},
	IQ3_S:   {"IQ3_S", 256, 110, decodeIQ3_S, nil},
	IQ2_S:   {"IQ2_S", 256, 82, decodeIQ2_S, nil},
	IQ4_XS:  {"IQ4_XS", 256, 136, decodeIQ4_XS, nil},
	24:      {"I8", 1, 1, nil, nil},
	25:      {"I16", 1, 2, nil, nil},
	26:      {"I32", 1, 4, nil, nil},
	27:      {"I64", 1, 8, nil, nil},
	28:      {"F64", 1, 8, nil, nil},
	29:      {"IQ1_M", 256, 56, nil, nil},
	BF16:    {"BF16", 1, 2, decodeBF16, encodeBF16},
	31:      {name: "Q4_0_4_4"},
	32:      {name: "Q4_0_4_8"},
	33:      {name: "Q4_0_8_8"},
	34:      {"TQ1_0", 256, 54, nil, nil},
	35:      {"TQ2_0", 256, 66, nil, nil},
	36:      {name: "IQ4_NL_4_4"},
	37:      {name: "IQ4_NL_4_8"},
	38:      {name: "IQ4_NL_8_8"},
	MXFP4:   {"MXFP4", 32, 17, decodeMXFP4, nil},
	40:      {"NVFP4", 64, 36, nil, nil},
	41:      {"Q1_0", 128, 18, nil, nil},
	42:      {"Q2_0", 64, 18, nil, nil},
}

// layout returns what is known of t; the zero layout if nothing is.
func (t Type) layout() layout {
	if int64(t) < int64(len(layouts)) {
		return layouts[t]
	}
	return layout{}
}

// String returns the name that the format gives t.
func (t Type) String() string {
	if l := t.layout(); l.name != "" {
		return l.name
	}
	return fmt.Sprintf("type %d", uint32(t))
}

// Block returns the number of weights of a block and its bytes; 0 and 0 for
// a type that is unknown or retired.
func (t Type) Block() (weights, bytes int) {
	l := t.layout()
	return l.weights, l.bytes
}

// Decodes reports whether Decode knows t.
func (t Type) Decodes() bool { return t.layout().decode != nil }

// Size returns the bytes of n weights of type t. It reports false unless t is
// known, n is a whole number of blocks and the size is an int64.
func (t Type) Size(n int64) (bytes int64, ok bool) {
	l := t.layout()
	if l.weights == 0 || n < 0 || n%int64(l.weights) != 0 {
		return 0, false
	}
	blocks := n / int64(l.weights)
	if blocks > math.MaxInt64/int64(l.bytes) {
		return 0, false
	}
	return blocks * int64(l.bytes), true
}

// Decode dequantises the blocks of src to dst. It panics unless t.Decodes and
// src holds exactly len(dst) weights. Any bits are taken: a scale that is not
// finite gives weights that are not.
//
// The functions below it are the definitions of the formats. Their products
// are rounded before they are added to, so the bits are the same on every
// machine, and those of ggml's reference.
func Decode(dst []float32, src []byte, t Type) {
	l := t.layout()
	if l.decode == nil {
		panic("weights: Decode: no definition of " + t.String())
	}
	if n, ok := t.Size(int64(len(dst))); !ok || n != int64(len(src)) {
		panic("weights: Decode: lengths differ")
	}
	l.decode(dst, src)
}
