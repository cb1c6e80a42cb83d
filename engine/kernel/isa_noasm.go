//go:build !amd64

package kernel

// ISA returns the instruction set in use: "AVX-512", "AVX2", "NEON" or "generic".
func ISA() string { return generic }

func gemmTile(t *tile) { panic("kernel: no assembly on this platform") }
