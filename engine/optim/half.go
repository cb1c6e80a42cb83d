package optim

import (
	"math"

	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// open returns the numbers [lo, hi) of p, at most spanLen, to be changed and
// then given to shut.
func (o *Optimizer) open(worker int, p *Param, lo, hi int) []float32 {
	if p.Half == nil {
		return p.Data[lo:hi]
	}
	data := o.wide[worker][:hi-lo]
	kernel.BFloats(data, p.Half[lo:hi])
	return data
}

// shut stores the numbers of a parameter from lo on.
func (o *Optimizer) shut(param, lo int, data []float32) {
	if half := o.params[param].Half; half != nil {
		byChance(half[lo:lo+len(data)], data, uint64(o.steps), uint64(param), lo)
	}
}

// byChance rounds numbers to bfloat16, up or down with the chances that leave
// their mean as it is (Gupta et al., arXiv 1502.02551): most steps are smaller
// than half of what separates two bfloat16 numbers, and would be lost by
// rounding to the nearest. The chances follow from step, parameter and place,
// so they are the same for any number of workers. lo is a multiple of 4.
func byChance(dst []uint16, x []float32, step, param uint64, lo int) {
	r := uint64(0)
	for i, v := range x {
		if i%4 == 0 {
			r = tensor.Rand(step, param, uint64((lo+i)/4))
		}
		u := math.Float32bits(v)
		if u&0x7f800000 != 0x7f800000 { // a number
			u += uint32(r & 0xffff)
		}
		r >>= 16
		dst[i] = uint16(u >> 16)
	}
}
