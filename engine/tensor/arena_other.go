//go:build !unix

package tensor

// anonymous uses the Go heap where there is no mmap.
func anonymous(n int) ([]float32, func(), error) {
	return make([]float32, n/4), func() {}, nil
}
