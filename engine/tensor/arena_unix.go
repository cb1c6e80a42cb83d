//go:build unix

package tensor

import (
	"fmt"
	"syscall"
	"unsafe"
)

// anonymous maps n bytes of zeroed memory.
func anonymous(n int) ([]float32, func(), error) {
	b, err := syscall.Mmap(-1, 0, n, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return nil, nil, fmt.Errorf("tensor: mapping %d bytes: %w", n, err)
	}
	largePages(b)
	return unsafe.Slice((*float32)(unsafe.Pointer(&b[0])), n/4), func() { syscall.Munmap(b) }, nil
}
