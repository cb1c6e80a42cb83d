//go:build !amd64

package kernel

func byteTiles() bool { return false }

func mulBytesAMX(*byteTile) { panic("kernel: no tile units on this platform") }
func mulLowAMX(*byteTile)   { panic("kernel: no tile units on this platform") }
func fours32AMX(*wholeTile) { panic("kernel: no tile units on this platform") }
func fours16AMX(*wholeTile) { panic("kernel: no tile units on this platform") }
func sixes32AMX(*wholeTile) { panic("kernel: no tile units on this platform") }
func sixes16AMX(*wholeTile) { panic("kernel: no tile units on this platform") }

func (m *Matrix) unpackWhole([]int8, []float32, int, int, int, int) {
	panic("kernel: no tile units on this platform")
}

func (m *Matrix) unpackBytes(w []int8, scale []float32, lo int) {
	m.unpackBytesGeneric(w, scale, lo)
}

func (m *Matrix) turnSixteen([]int16, []byte, int, int) {
	panic("kernel: no tile units on this platform")
}
