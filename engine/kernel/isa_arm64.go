package kernel

import "suiren/internal/cpu"

// Every arm64 machine has NEON with fused multiply-add; useSDOT is set if it
// has dot products of bytes too.
var (
	useSDOT = cpu.ARM64.DotProd
	useNEON = true
)

func init() {
	cpu.Register("kernel", "NEON+SDOT", &useSDOT)
	cpu.Register("kernel", "NEON", &useNEON)
}

// ISA returns the instruction set in use: "AVX-512", "AVX2", "NEON" or "generic".
func ISA() string {
	if neon() {
		return "NEON"
	}
	return generic
}

// neon reports whether to run NEON code where there is none for SDOT.
func neon() bool { return useNEON || useSDOT }
