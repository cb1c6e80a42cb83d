package kernel

import "suiren/internal/cpu"

var (
	useAVX512 = cpu.X86.AVX512
	useAVX2   = cpu.X86.AVX2
)

func init() {
	cpu.Register("kernel", "AVX-512", &useAVX512)
	cpu.Register("kernel", "AVX2", &useAVX2)
}

// ISA returns the instruction set in use: "AVX-512", "AVX2", "NEON" or "generic".
func ISA() string {
	switch {
	case useAVX512:
		return "AVX-512"
	case useAVX2:
		return "AVX2"
	}
	return generic
}

// avx2 reports whether to run AVX2 code where there is none for AVX-512.
func avx2() bool { return useAVX2 || useAVX512 }
