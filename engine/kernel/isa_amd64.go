package kernel

import "suiren/internal/cpu"

var (
	useVNNI   = cpu.X86.VNNI
	useAVX512 = cpu.X86.AVX512
	useAVX2   = cpu.X86.AVX2
)

func init() {
	cpu.Register("kernel", "AVX-512 VNNI", &useVNNI)
	cpu.Register("kernel", "AVX-512", &useAVX512)
	cpu.Register("kernel", "AVX2", &useAVX2)
}

// ISA returns the instruction set in use: "AVX-512 VNNI", "AVX-512", "AVX2",
// "NEON" or "generic".
func ISA() string {
	switch {
	case useVNNI:
		return "AVX-512 VNNI"
	case useAVX512:
		return "AVX-512"
	case useAVX2:
		return "AVX2"
	}
	return generic
}

// avx512 reports whether to run AVX-512 code where there is none for VNNI, avx2
// whether to run AVX2 code where there is none for AVX-512.
func avx512() bool { return useAVX512 || useVNNI }
func avx2() bool   { return useAVX2 || avx512() }
