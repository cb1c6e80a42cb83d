//go:build unix

package reader

import "golang.org/x/sys/unix"

// limit bounds what this process may have: memory, no core, no children's
// files larger than the cache needs. What the system does not know is left.
func limit(memory int64) {
	for _, l := range []struct {
		what int
		most uint64
	}{{unix.RLIMIT_DATA, uint64(memory)}, {unix.RLIMIT_CORE, 0}, {unix.RLIMIT_FSIZE, 256 << 20}, {unix.RLIMIT_NOFILE, 64}} {
		unix.Setrlimit(l.what, &unix.Rlimit{Cur: l.most, Max: l.most})
	}
}
