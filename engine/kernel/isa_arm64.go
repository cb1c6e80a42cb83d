package kernel

import "suiren/internal/cpu"

// useNEON is set: every arm64 machine has NEON with fused multiply-add.
var useNEON = true

func init() { cpu.Register("kernel", "NEON", &useNEON) }

// ISA returns the instruction set in use: "AVX-512", "AVX2", "NEON" or "generic".
func ISA() string {
	if useNEON {
		return "NEON"
	}
	return generic
}
