// Package codebook holds what the IQ types of GGUF choose their weights from:
// tables of numbers, and grids, which are lists of four numbers at a time.
package codebook

import "math/bits"

// IQ4 are the numbers of IQ4_NL and IQ4_XS.
var IQ4 = [16]int8{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}

// IQ3S and IQ3XXS are those of IQ3_S and IQ3_XXS: the second eight are the steps
// that a grid has, the first are the same with a minus, from the largest on.
var (
	IQ3S   = [16]int8{-15, -13, -11, -9, -7, -5, -3, -1, 1, 3, 5, 7, 9, 11, 13, 15}
	IQ3XXS = [16]int8{-62, -52, -44, -36, -28, -20, -12, -4, 4, 12, 20, 28, 36, 44, 52, 62}
)

// IQ2 are the numbers of the IQ2 types; the first and the last are not chosen.
var IQ2 = [8]int8{0, -43, -25, -8, 8, 25, 43, 0}

// GridIQ2XXS returns four steps of 0 to 2, in the order of bytes: the first or the
// second half of entry i. So do GridIQ2XS and GridIQ2S.
func GridIQ2XXS(i uint8, half int) uint32 { return digits(iq2xxs, 2*int(i)+half&1) }

func GridIQ2XS(i, half int) uint32 { return digits(iq2xs, 2*(i&511)+half&1) } // i is 9 bits

func GridIQ2S(i, half int) uint32 { return digits(iq2s, 2*(i&1023)+half&1) } // i is 10 bits

// GridIQ3S returns four steps of 0 to 7, in the order of bytes, GridIQ3XXS too.
func GridIQ3S(i int) uint32 { return digits(iq3s, i&511) } // i is 9 bits

func GridIQ3XXS(i uint8) uint32 { return digits(iq3xxs, int(i)) }

func digits(grid string, i int) uint32 {
	s := grid[4*i : 4*i+4]
	return (uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24) & 0x07070707
}

// Nibbles makes four steps places in a table of 16, the low 4 bits of signs
// telling which weights are negative.
func Nibbles(steps, signs uint32) uint32 {
	minus := signs & 15 * 0x00204081 & 0x01010101
	return (steps | 0x08080808) ^ minus*15
}

// Threes is Nibbles for IQ2: places in a table of 8.
func Threes(steps, signs uint32) uint32 {
	minus := signs & 15 * 0x00204081 & 0x01010101
	return (steps | 0x04040404) ^ minus*7
}

// Signs returns the eight signs that seven bits stand for: an even number of them
// are negative.
func Signs(seven uint32) uint32 {
	seven &= 127
	return seven | uint32(bits.OnesCount32(seven)&1)<<7
}
