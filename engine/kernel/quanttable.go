package kernel

import (
	"encoding/binary"

	"suiren/engine/codebook"
)

// Types whose nibbles choose a weight from a table, and whose parts of 32 have a
// whole scale: 256 weights are summed up as tileWhole's. They lie alike: after the
// scales of 256 weights, with every 32 of them their nibbles, then 8 whole scales.
//
// IQ3_S and IQ3_XXS, which have fewer bits in their files, choose four weights at a
// time and their signs. A kernel that did the same would take a look-up in memory for
// every four weights of a row; as nibbles, they are multiplied as fast as IQ4_XS.

// A table is what the kernels look weights up in: the low and the high nibbles of a
// weight and 128, a weight and 128, and a weight.
type table struct {
	low, high, raised [16]byte
	plain             [16]int8
}

func tableOf(values *[16]int8) *table {
	t := table{plain: *values}
	for i, v := range values {
		u := byte(v) + 128
		t.low[i], t.high[i], t.raised[i] = u&15, u>>4, u
	}
	return &t
}

var tables = [...]*table{IQ4_XS: tableOf(&codebook.IQ4), IQ3_S: tableOf(&codebook.IQ3S), IQ3_XXS: tableOf(&codebook.IQ3XXS)}

// table returns that of t, or nil.
func (t Type) table() *table {
	if int(t) < len(tables) {
		return tables[t]
	}
	return nil
}

func packIQ4_XS(dst []byte, r int, src []byte) {
	copy(dst[2*r:2*r+2], src)
	high := binary.LittleEndian.Uint16(src[2:])
	for j := range 8 {
		part := dst[16+136*j:][:136]
		part[128+r] = src[4+j/2]>>(j%2*4)&15 | byte(high>>(2*j)&3)<<4 - 32
		packSplit(part, r, src[8+16*j:])
	}
}

func packIQ3_S(dst []byte, r int, src []byte) {
	copy(dst[2*r:2*r+2], src)
	for j := range 8 {
		part := dst[16+136*j:][:136]
		part[128+r] = 1 + 2*(src[106+j/2]>>(j%2*4)&15)
		signs := binary.LittleEndian.Uint32(src[74+4*j:])
		for v := range 4 {
			a := codebook.GridIQ3S(int(src[2+8*j+2*v]) | int(src[66+j]>>(2*v)&1)<<8)
			b := codebook.GridIQ3S(int(src[3+8*j+2*v]) | int(src[66+j]>>(2*v+1)&1)<<8)
			q := codebook.Nibbles(a, signs>>(8*v)) | codebook.Nibbles(b, signs>>(8*v+4))<<4
			binary.LittleEndian.PutUint32(part[32*v+4*r:], q)
		}
	}
}

// packIQ3_XXS keeps 1 + 2s, of which the scale is a quarter: see form.unit.
func packIQ3_XXS(dst []byte, r int, src []byte) {
	copy(dst[2*r:2*r+2], src)
	for j := range 8 {
		part := dst[16+136*j:][:136]
		tail := binary.LittleEndian.Uint32(src[66+4*j:])
		part[128+r] = 1 + 2*byte(tail>>28)
		for v := range 4 {
			signs := codebook.Signs(tail >> (7 * v))
			q := codebook.Nibbles(codebook.GridIQ3XXS(src[2+8*j+2*v]), signs) |
				codebook.Nibbles(codebook.GridIQ3XXS(src[3+8*j+2*v]), signs>>4)<<4
			binary.LittleEndian.PutUint32(part[32*v+4*r:], q)
		}
	}
}

func rowIQ4_XS(src []byte, r, j int, w *[32]int32) (scale, low [2]float32) {
	return rowTable(&codebook.IQ4, src, r, j, w)
}

func rowIQ3_S(src []byte, r, j int, w *[32]int32) (scale, low [2]float32) {
	return rowTable(&codebook.IQ3S, src, r, j, w)
}

func rowIQ3_XXS(src []byte, r, j int, w *[32]int32) (scale, low [2]float32) {
	return rowTable(&codebook.IQ3XXS, src, r, j, w)
}

func rowTable(values *[16]int8, src []byte, r, j int, w *[32]int32) (scale, low [2]float32) {
	part := src[16+136*j:][:136]
	for l := range w {
		w[l] = int32(values[nibbleAt(part, r, l)])
	}
	s := float32(int8(part[128+r]))
	return [2]float32{s, s}, low
}
