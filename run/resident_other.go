//go:build !linux

package run

import "runtime"

// resident returns the bytes that the Go runtime has from the system. Arenas
// outside the Go heap are not among them.
func resident() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}
