package duplicate

import "suiren/internal/cpu"

var useAVX2 = cpu.X86.AVX2

func init() { cpu.Register("stage/data/duplicate: sign", "AVX2", &useAVX2) }

//go:noescape
func signAVX2(sig, a, b *uint64, shingles *uint64, n int)

// sign computes the signature of shingles, of which there are some.
func sign(sig *Signature, shingles []uint64) {
	if useAVX2 {
		signAVX2(&sig[0], &multipliers[0], &offsets[0], &shingles[0], len(shingles))
		return
	}
	signGeneric(sig, shingles)
}
