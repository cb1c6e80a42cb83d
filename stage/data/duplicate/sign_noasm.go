//go:build !amd64

package duplicate

// sign computes the signature of shingles, of which there are some.
func sign(sig *Signature, shingles []uint64) { signGeneric(sig, shingles) }
