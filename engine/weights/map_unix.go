//go:build unix

package weights

import (
	"os"
	"syscall"
)

// mapFile maps the first n bytes of a file, n > 0, to be read only. The
// function that it returns gives the memory back.
func mapFile(f *os.File, n int) ([]byte, func() error, error) {
	b, err := syscall.Mmap(int(f.Fd()), 0, n, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, nil, &os.PathError{Op: "mmap", Path: f.Name(), Err: err}
	}
	return b, func() error { return syscall.Munmap(b) }, nil
}
