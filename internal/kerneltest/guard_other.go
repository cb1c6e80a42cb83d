//go:build !unix

package kerneltest

import "testing"

// Float32s returns n floats. Here no protected page follows them.
func Float32s(tb testing.TB, n int) []float32 {
	tb.Helper()
	return make([]float32, n)
}
