//go:build !amd64

package kernel

func (m *Matrix) unpackBlock(dst []float32, src []byte, j, n int) {
	m.unpackBlockGeneric(dst, src, j, n)
}
