package kernel

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"unsafe"

	"suiren/internal/kerneltest"
)

func TestReadSum(t *testing.T) {
	kerneltest.Each(t, "kernel", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(9, 10))
		for _, n := range []int{0, 1, 7, 8, 9, 255, 256, 257, 511, 512, 769, 4095, 4096} {
			mem := kerneltest.Float32s(t, (n+3)/4) // n bytes that end at the protected page
			p := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(mem))), 4*len(mem))[4*len(mem)-n:]
			for i := range p {
				p[i] = byte(rng.Uint32())
			}
			var want uint64
			words := append(append([]byte(nil), p...), make([]byte, 7)...)
			for ; len(words) >= 8; words = words[8:] {
				want += binary.LittleEndian.Uint64(words)
			}
			if got := ReadSum(p); got != want {
				t.Fatalf("of %d bytes: %#x, want %#x", n, got, want)
			}
		}
	})
}

// The count is what a measured time is divided by: it must grow with the loop.
func TestPeaks(t *testing.T) {
	kerneltest.Each(t, "kernel", func(t *testing.T) {
		one := PeakFMA(1)
		if one <= 0 || PeakFMA(100) != 100*one || PeakFMA(0) != 0 {
			t.Errorf("1 iteration counts %g, 100 count %g, none %g", one, PeakFMA(100), PeakFMA(0))
		}
		one = PeakInt8(1)
		if one <= 0 || PeakInt8(100) != 100*one || PeakInt8(0) != 0 {
			t.Errorf("of bytes, 1 iteration counts %g, 100 count %g, none %g", one, PeakInt8(100), PeakInt8(0))
		}
	})
}
