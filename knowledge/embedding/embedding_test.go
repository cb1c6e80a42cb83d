package embedding

import (
	"encoding/binary"
	"errors"
	"testing"
)

// Terms that all fall into one place are refused, and not looked at for hours.
func TestUnmarshalCrowded(t *testing.T) {
	const n = 1 << 14
	for shift, want := range map[uint]error{0: ErrDamaged, 16: nil} { // crowded, and spread
		terms := make([]uint32, n)
		for i := range terms {
			terms[i] = uint32(i) << shift
		}
		if _, err := Unmarshal(Marshal(1, terms, make([]uint16, n), make([]int8, n))); !errors.Is(err, want) {
			t.Errorf("terms %d bits apart: %v, want %v", shift, err, want)
		}
	}
}

// Any bytes are a model that has a weight for any word, or ErrDamaged.
func FuzzUnmarshal(f *testing.F) {
	f.Add(Marshal(2, []uint32{1, 1 << 31}, []uint16{3, 4}, []int8{1, -128, 3, 4}), uint64(1)<<32)
	f.Add(Marshal(1, nil, nil, nil), uint64(7))
	f.Fuzz(func(t *testing.T, b []byte, term uint64) {
		m, err := Unmarshal(b)
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Fatal(err)
			}
			return
		}
		if n := int(binary.LittleEndian.Uint32(b[len(magic):])); n != len(m.terms) || m.Width() < 1 {
			t.Fatalf("%d of %d terms", len(m.terms), n)
		}
		terms := []uint64{term}
		for i, x := range m.terms {
			if terms = append(terms, uint64(x)<<32); m.row(uint64(x)<<32) != i {
				t.Fatalf("term %d is found elsewhere", i)
			}
		}
		for _, x := range terms {
			if w := m.Weight(x); !(w >= 0 && w <= 1) {
				t.Fatalf("weight %g", w)
			}
		}
	})
}
