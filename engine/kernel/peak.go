package kernel

import (
	"encoding/binary"
	"math/bits"
)

// PeakFMA runs n iterations of a loop of fused multiply-adds between
// registers, of the instruction set that Gemm uses, and returns how many
// floating-point operations that was: timed, it measures the peak that no
// kernel can pass.
func PeakFMA(n int) (flops float64) { return peakFMA(n) }

// peakFMAGeneric does 8 chains of one fma each per iteration.
func peakFMAGeneric(n int) float64 {
	var s [8]float32
	for range n {
		for i := range s {
			s[i] = fma(s[i], 0.5, 1)
		}
	}
	peakSink = s[0]
	return float64(n) * 8 * 2
}

var peakSink float32

// PeakInt8 runs n iterations of a loop of products of bytes between
// registers, of the instruction that quantised products use, and returns how
// many operations that was: a product and its addition are two.
func PeakInt8(n int) (ops float64) { return peakInt8(n) }

// peakInt8Generic does 8 products per iteration.
func peakInt8Generic(n int) float64 {
	var s [8]int32
	for range n {
		for i := range s {
			s[i] += s[i] * int32(int8(i))
		}
	}
	peakInt8Sink = s
	return float64(n) * 8 * 2
}

var peakInt8Sink [8]int32

// ReadSum returns the sum, modulo 2⁶⁴, of the little-endian 64-bit words of p,
// the last one padded with zeros. It does as little as one can with every
// byte, and reads the halves of p side by side, which is faster than one after
// the other: timed on a slice larger than the caches, it measures the bandwidth
// of memory.
func ReadSum(p []byte) uint64 {
	n := len(p) &^ 255
	sum := readSum(p[:n])
	for p = p[n:]; len(p) >= 8; p = p[8:] {
		sum += binary.LittleEndian.Uint64(p)
	}
	for i, b := range p {
		sum += bits.RotateLeft64(uint64(b), 8*i)
	}
	return sum
}

// readSumGeneric defines ReadSum for whole blocks of 256 bytes.
func readSumGeneric(p []byte) uint64 {
	var sum uint64
	for ; len(p) >= 8; p = p[8:] {
		sum += binary.LittleEndian.Uint64(p)
	}
	return sum
}
