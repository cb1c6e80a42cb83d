package kernel

// Int8s sets dst[i] = scales[i mod NR]·q[i], q being signed bytes. The lengths
// must be equal.
func Int8s(dst []float32, q []byte, scales *[NR]float32) {
	if len(dst) != len(q) {
		panic("kernel: Int8s: lengths differ")
	}
	int8s(dst, q, scales)
}

func int8sGeneric(dst []float32, q []byte, scales *[NR]float32) {
	for i, b := range q {
		dst[i] = scales[i%NR] * float32(int8(b))
	}
}
