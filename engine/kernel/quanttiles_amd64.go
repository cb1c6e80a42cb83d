package kernel

import "suiren/internal/cpu"

var useByteTiles = cpu.X86.AMXInt8

func init() { cpu.Register("bytes", "AMX", &useByteTiles) }

// byteTiles reports whether tile units multiply bytes.
func byteTiles() bool { return useByteTiles && useVNNI }

// byteTileSizes configures tiles 0 and 1 for 16 tokens and 32 steps, 2 and 3 for
// the same steps of 16 rows, 4 and 5 for their sums.
var byteTileSizes = func() (c tileConfig) {
	c.palette = 1
	for i := range 6 {
		c.bytes[i], c.rows[i] = 64, 16
		switch i / 2 {
		case 0:
			c.bytes[i] = 32
		case 1:
			c.rows[i] = 8
		}
	}
	return c
}()

// mulBytesAMX multiplies blocks that have a scale, mulLowAMX those that have a
// minimum too.
//
//go:noescape
func mulBytesAMX(t *byteTile)

//go:noescape
func mulLowAMX(t *byteTile)

//go:noescape
func bytesQ40(w *int8, scale *float32, src *byte, wide, nb int)

//go:noescape
func bytesQ41(w *int8, scale *float32, src *byte, wide, nb int)

//go:noescape
func bytesQ50(w *int8, scale *float32, src *byte, wide, nb int)

//go:noescape
func bytesQ51(w *int8, scale *float32, src *byte, wide, nb int)

//go:noescape
func bytesQ80(w *int8, scale *float32, src *byte, wide, nb int)

//go:noescape
func bytesIQ4NL(w *int8, scale *float32, src *byte, wide, nb int)

//go:noescape
func bytesMXFP4(w *int8, scale *float32, src *byte, wide, nb int)

// bytesOf unpacks 16 rows of nb blocks from src on, the second eight wide bytes
// after the first.
var bytesOf = [...]func(w *int8, scale *float32, src *byte, wide, nb int){
	Q4_0: bytesQ40, Q4_1: bytesQ41, Q5_0: bytesQ50, Q5_1: bytesQ51, Q8_0: bytesQ80, IQ4_NL: bytesIQ4NL, MXFP4: bytesMXFP4,
}

// unpackBytes is unpackBytesGeneric.
func (m *Matrix) unpackBytes(w []int8, scale []float32, lo int) {
	size := m.K / forms[m.Type].weights * forms[m.Type].packed
	bytesOf[m.Type](&w[0], &scale[0], &m.Data[lo/Group*size], size, m.K/32)
}
