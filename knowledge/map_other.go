//go:build !unix

package knowledge

import "os"

// mapFile reads a file of n bytes where there is no mmap.
func mapFile(f *os.File, n int) ([]byte, func() error, error) {
	b := make([]byte, n)
	_, err := f.ReadAt(b, 0)
	return b, func() error { return nil }, err
}
