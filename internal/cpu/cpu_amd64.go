package cpu

// X86 holds the features the kernels test for, each only if the operating
// system saves the registers it needs. AVX2 implies FMA; AVX512 implies AVX2
// and means the subsets F, BW, DQ and VL; VNNI implies AVX512 and means its
// products of bytes.
var X86 struct{ AVX2, AVX512, VNNI bool }

func cpuid(leaf, sub uint32) (eax, ebx, ecx, edx uint32)
func xgetbv() (eax, edx uint32)

func init() {
	const (
		fma, osxsave, avx  = 1 << 12, 1 << 27, 1 << 28       // leaf 1, ECX
		avx2               = 1 << 5                          // leaf 7, EBX
		avx512             = 1<<16 | 1<<17 | 1<<30 | 1<<31   // leaf 7, EBX: F, DQ, BW, VL
		vnni               = 1 << 11                         // leaf 7, ECX
		ymmState, zmmState = 1<<1 | 1<<2, 1<<5 | 1<<6 | 1<<7 // XCR0
	)
	max, _, _, _ := cpuid(0, 0)
	if max < 7 {
		return
	}
	_, _, ecx1, _ := cpuid(1, 0)
	if ecx1&(fma|osxsave|avx) != fma|osxsave|avx {
		return
	}
	xcr0, _ := xgetbv()
	if xcr0&ymmState != ymmState {
		return
	}
	_, ebx7, ecx7, _ := cpuid(7, 0)
	X86.AVX2 = ebx7&avx2 != 0
	X86.AVX512 = X86.AVX2 && ebx7&avx512 == avx512 && xcr0&zmmState == zmmState
	X86.VNNI = X86.AVX512 && ecx7&vnni != 0
}
