//go:build unix

package kerneltest

import (
	"os"
	"syscall"
	"testing"
	"unsafe"
)

// Float32s returns n floats that end exactly where a protected page begins,
// so that code that touches one more, even to read it, faults.
func Float32s(tb testing.TB, n int) []float32 {
	tb.Helper()
	page := os.Getpagesize()
	size := (4*n + page - 1) / page * page
	mem, err := syscall.Mmap(-1, 0, size+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { syscall.Munmap(mem) })
	if err := syscall.Mprotect(mem[size:], syscall.PROT_NONE); err != nil {
		tb.Fatal(err)
	}
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&mem[size-4*n])), n)
}
