package kernel

// An adamW holds the coefficients of a step, in the order the assembly reads.
type adamW struct {
	beta1, rest1, beta2, rest2, inv1, inv2, eps, decay, lr float32
}

// AdamW takes one optimizer step on parameters p with gradients g and moments
// m and v (Loshchilov and Hutter, arXiv 1711.05101):
//
//	m = β1·m + (1-β1)·g
//	v = β2·v + (1-β2)·g²
//	p -= lr·((m/c1)/(√(v/c2)+eps) + decay·p)
//
// c1 = 1-β1ᵗ and c2 = 1-β2ᵗ correct the bias of step t. The lengths must be
// equal and the slices apart. g is left as it is.
//
// Cost: 28 bytes moved per parameter.
func AdamW(p, g, m, v []float32, lr, beta1, beta2, eps, decay, c1, c2 float32) {
	if len(g) != len(p) || len(m) != len(p) || len(v) != len(p) {
		panic("kernel: AdamW: lengths differ")
	}
	adamWStep(p, g, m, v, &adamW{beta1, 1 - beta1, beta2, 1 - beta2, 1 / c1, 1 / c2, eps, decay, lr})
}

// adamWStepGeneric defines AdamW.
func adamWStepGeneric(p, g, m, v []float32, a *adamW) {
	for i := range p {
		m[i] = fma(a.beta1, m[i], float32(a.rest1*g[i]))
		v[i] = fma(a.beta2, v[i], float32(a.rest2*g[i]*g[i]))
		u := m[i] * a.inv1 / (sqrt(v[i]*a.inv2) + a.eps)
		p[i] = fma(-a.lr, fma(a.decay, p[i], u), p[i])
	}
}
