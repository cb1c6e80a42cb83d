package guard

import (
	"math"

	"suiren/stage"
)

// The products below are rounded before they are added, float64(x*y), so that
// a machine with fused multiply-adds writes the same verdict.

// A table counts the same problems by whether each of two models was right.
type table struct{ both, first, second, neither int }

func (t table) n() int { return t.both + t.first + t.second + t.neither }

// difference returns by how much the first model's accuracy is above the
// second's, with its 95% interval: method 10 of R. G. Newcombe, "Improved
// confidence intervals for the difference between binomial proportions based
// on paired data", Statistics in Medicine 17:2635–2650, 1998. It joins the
// Wilson limits of both by the correlation of the pairs, so it does not break
// down when the models differ on few problems or none.
func (t table) difference() (value, low, high float64) {
	n := t.n()
	if n == 0 {
		return 0, -1, 1
	}
	right1, right2 := t.both+t.first, t.both+t.second
	p1, p2 := float64(right1)/float64(n), float64(right2)/float64(n)
	low1, high1 := stage.Wilson(right1, n)
	low2, high2 := stage.Wilson(right2, n)
	phi := t.correlation()
	value = float64(t.first-t.second) / float64(n)
	low = value - side(p1-low1, high2-p2, phi)
	high = value + side(high1-p1, p2-low2, phi)
	return value, low, high
}

// side is the third side of a triangle with sides x and y and the cosine phi
// between them.
func side(x, y, phi float64) float64 {
	return math.Sqrt(max(0, float64(x*x)-float64(2*phi*float64(x*y))+float64(y*y)))
}

// correlation is Newcombe's estimate: corrected towards 0, and never up from
// a negative one.
func (t table) correlation() float64 {
	b, f, s, n := float64(t.both), float64(t.first), float64(t.second), float64(t.neither)
	square := float64((b+f)*(s+n)) * float64((b+s)*(f+n))
	if square == 0 {
		return 0
	}
	cross := float64(b*n) - float64(f*s)
	if cross > 0 {
		cross = max(0, cross-float64(t.n())/2)
	}
	return cross / math.Sqrt(square)
}
