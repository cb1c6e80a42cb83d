// Package tensor holds the memory and the parallel loops of the engine:
// float arenas outside the Go heap, and a team of workers.
package tensor

import "sync/atomic"

// align is the alignment of every slice of an arena, in floats: a cache line.
const align = 16

// An Arena is one block of zeroed memory outside the Go heap, handed out in
// aligned pieces and freed as a whole. A zero Arena only counts: it hands out
// nil and Len says what a real one needs, so that memory is known before it
// is taken.
type Arena struct {
	mem  []float32
	used int
	free func()
}

// taken is the bytes of all arenas.
var taken atomic.Int64

// Taken returns the bytes of the program's arenas that are not closed.
func Taken() int64 { return taken.Load() }

// NewArena returns an arena of n floats.
func NewArena(n int) (*Arena, error) {
	mem, free, err := anonymous(4 * max(n, 1))
	if err != nil {
		return nil, err
	}
	taken.Add(4 * int64(len(mem)))
	return &Arena{mem: mem, free: free}, nil
}

// Float32 returns the next n floats, aligned to 64 bytes. It panics when the
// arena is full.
func (a *Arena) Float32(n int) []float32 {
	lo := a.used
	a.used += (n + align - 1) / align * align
	if a.free == nil {
		return nil
	}
	return a.mem[lo : lo+n : lo+n]
}

// Len returns the floats handed out so far.
func (a *Arena) Len() int { return a.used }

// Close frees the memory. Slices of the arena must not be used after it.
func (a *Arena) Close() {
	if a.mem != nil {
		taken.Add(-4 * int64(len(a.mem)))
		a.free()
		a.mem = nil
	}
}
