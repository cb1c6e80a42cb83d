package cpu

// X86 holds the features the kernels test for, each only if the operating
// system saves the registers it needs. AVX2 implies FMA; AVX512 implies AVX2
// and means the subsets F, BW, DQ and VL; VNNI implies AVX512 and means its
// products of bytes; AVXVNNI implies AVX2 only, and means the instructions of VNNI on
// its registers. AMX implies AVX512, and means tiles and their products of
// bfloat16, and conversions to it, AMXInt8 tiles and their products of bytes; the
// system has been asked for them.
var X86 struct{ AVX2, AVX512, VNNI, AVXVNNI, AMX, AMXInt8 bool }

func cpuid(leaf, sub uint32) (eax, ebx, ecx, edx uint32)
func xgetbv() (eax, edx uint32)

func init() {
	const (
		fma, osxsave, avx  = 1 << 12, 1 << 27, 1 << 28       // leaf 1, ECX
		avx2               = 1 << 5                          // leaf 7, EBX
		avx512             = 1<<16 | 1<<17 | 1<<30 | 1<<31   // leaf 7, EBX: F, DQ, BW, VL
		vnni               = 1 << 11                         // leaf 7, ECX
		amx                = 1<<22 | 1<<24                   // leaf 7, EDX: BF16, TILE
		amxInt8            = 1<<24 | 1<<25                   // leaf 7, EDX: TILE, INT8
		avxVNNI            = 1 << 4                          // leaf 7.1, EAX
		avx512BF16         = 1 << 5                          // leaf 7.1, EAX
		ymmState, zmmState = 1<<1 | 1<<2, 1<<5 | 1<<6 | 1<<7 // XCR0
		tileState          = 1<<17 | 1<<18
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
	_, ebx7, ecx7, edx7 := cpuid(7, 0)
	X86.AVX2 = ebx7&avx2 != 0
	X86.AVX512 = X86.AVX2 && ebx7&avx512 == avx512 && xcr0&zmmState == zmmState
	X86.VNNI = X86.AVX512 && ecx7&vnni != 0
	eax71, _, _, _ := cpuid(7, 1)
	X86.AVXVNNI = X86.AVX2 && eax71&avxVNNI != 0
	tiles := X86.AVX512 && xcr0&tileState == tileState && askForTiles()
	X86.AMX = tiles && eax71&avx512BF16 != 0 && edx7&amx == amx
	X86.AMXInt8 = tiles && edx7&amxInt8 == amxInt8
}
