package kernel

import (
	"math"
	"unsafe"
)

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

// ToInt8s sets q[i] = round(x[i]·127/m), ties to even, as signed bytes, and
// returns their scale, m/127; m = max|x|. If an x is not finite, q is zeros and
// the scale NaN; if m is so small that 127/m is not finite, both are zero. The
// lengths must be equal.
func ToInt8s(q []byte, x []float32) (scale float32) {
	if len(q) != len(x) {
		panic("kernel: ToInt8s: lengths differ")
	}
	n := len(x) &^ 31
	var m float32
	var rest [32]float32
	copy(rest[:], x[n:])
	if n > 0 {
		m = maxAbs(x[:n])
	}
	m = max(m, maxAbs(rest[:]))
	scale, inv, ok := int8Scale(m, x)
	if !ok {
		clear(q)
		return scale
	}
	var w [32]int16
	for i := 0; i < n; i += 32 {
		roundBlock((*[32]int8)(unsafe.Pointer(&q[i])), &w, (*[32]float32)(x[i:]), inv)
	}
	if n < len(x) {
		var last [32]int8
		roundBlock(&last, &w, &rest, inv)
		for i := range q[n:] {
			q[n+i] = byte(last[i])
		}
	}
	return scale
}

// int8Scale returns the scale of x and what to multiply it with; it is not ok
// if all integers are zeros. m passed over NaNs, which a sum does not.
func int8Scale(m float32, x []float32) (scale, inv float32, ok bool) {
	if s := dot(x, x); s != s || math.IsInf(float64(m), 0) {
		return float32(math.NaN()), 0, false
	}
	if inv = 127 / m; math.IsInf(float64(inv), 0) {
		return 0, 0, false
	}
	return m / 127, inv, true
}

// toInt8sGeneric defines ToInt8s.
func toInt8sGeneric(q []byte, x []float32) float32 {
	scale, inv, ok := int8Scale(maxAbsGeneric(x), x)
	for i, v := range x {
		q[i] = 0
		if ok {
			q[i] = byte(int8(math.RoundToEven(float64(v * inv))))
		}
	}
	return scale
}
