// Package vector finds the vectors nearest to one, by the cosine of their
// angle: all of them one after the other, or along a graph (HNSW: Malkov,
// Yashunin: Efficient and robust approximate nearest neighbor search using
// Hierarchical Navigable Small World graphs, 2018).
//
// Numbers are kept as int8 with a scale for each vector. Sums are whole, so the
// graph and the order of the hits are the same on every machine.
package vector

import (
	"cmp"
	"math"
	"slices"
)

// A Set is vectors of one width, each of length one.
type Set struct {
	width  int
	data   []int8    // (n, width)
	scales []float32 // of each vector
}

// NewSet returns an empty set for vectors of width numbers.
func NewSet(width int) *Set { return &Set{width: width} }

// Len returns the number of vectors.
func (s *Set) Len() int { return len(s.scales) }

// Width returns the numbers of a vector.
func (s *Set) Width() int { return s.width }

// Add adds a vector, brought to length one. One of zeros, or that holds what
// is no number, is near to nothing.
func (s *Set) Add(v []float32) {
	data, scale := quantise(v, s.width)
	s.data, s.scales = append(s.data, data...), append(s.scales, scale)
}

// Put replaces vector i.
func (s *Set) Put(i int, v []float32) {
	data, scale := quantise(v, s.width)
	copy(s.at(i), data)
	s.scales[i] = scale
}

// Take adds vector i of another set of the same width, as it is there.
func (s *Set) Take(from *Set, i int) {
	s.data, s.scales = append(s.data, from.at(i)[:s.width]...), append(s.scales, from.scales[i])
}

// Mix adds vector i, of length one, times weight to v.
func (s *Set) Mix(v []float32, i int, weight float32) {
	f := s.scales[i] * weight
	for k, x := range s.at(i) {
		v[k] += float32(f * float32(x))
	}
}

// Near returns the cosines of a vector and some of the set.
func (s *Set) Near(v []float32, list []int) []float32 {
	q, scale := quantise(v, s.width)
	near := make([]float32, len(list))
	for k, i := range list {
		near[k] = s.near(i, q, scale)
	}
	return near
}

// quantise rounds a vector to int8. It panics on another width.
func quantise(v []float32, width int) ([]int8, float32) {
	if len(v) != width {
		panic("vector: another width")
	}
	sum, most := 0.0, 0.0
	for _, x := range v {
		sum += float64(float64(x) * float64(x))
		most = max(most, math.Abs(float64(x)))
	}
	data := make([]int8, width)
	if !(sum > 0) || math.IsInf(sum, 0) {
		return data, 0
	}
	for i, x := range v {
		data[i] = int8(math.Round(float64(x) / most * 127))
	}
	return data, float32(most / 127 / math.Sqrt(sum))
}

func (s *Set) at(i int) []int8 { return s.data[i*s.width : (i+1)*s.width] }

// near is the cosine of vector i and a query.
func (s *Set) near(i int, q []int8, scale float32) float32 {
	return float32(float32(dot(s.at(i), q))*s.scales[i]) * scale
}

// Between is the cosine of two vectors.
func (s *Set) Between(i, j int) float32 { return s.near(i, s.at(j), s.scales[j]) }

// Among returns the cosines of some vectors of the set with each other, (n, n).
func (s *Set) Among(list []int) []float32 {
	rows := make([]int8, 0, len(list)*s.width)
	for _, i := range list {
		rows = append(rows, s.at(i)...)
	}
	near, sums := make([]float32, len(list)*len(list)), make([]int32, len(list))
	for k, i := range list {
		q := s.at(i)
		dots(sums, rows, q, widened(q))
		for j, sum := range sums {
			near[k*len(list)+j] = float32(float32(sum)*s.scales[i]) * s.scales[list[j]]
		}
	}
	return near
}

// A Hit is a vector and how near it is: 1 is the same direction.
type Hit struct {
	At   int
	Near float32
}

// order sorts hits: the nearest first, of equal ones the earlier.
func order(a, b Hit) int {
	switch { // a cosine is always a number
	case a.Near > b.Near:
		return -1
	case a.Near < b.Near:
		return 1
	}
	return cmp.Compare(a.At, b.At)
}

// Nearest returns the k nearest hits in their order. What is left of the list is in none.
func Nearest(list []Hit, k int) []Hit {
	k = min(k, len(list))
	for i := range list {
		h := list[i]
		at := min(i, k)
		for at > 0 && order(h, list[at-1]) < 0 {
			at--
		}
		if at == k {
			continue
		}
		copy(list[at+1:min(i+1, k)], list[at:])
		list[at] = h
	}
	return list[:k]
}

// flatBlock is how many vectors Flat looks at together.
const flatBlock = 256

// Flat finds the k nearest of all vectors that allowed says yes to; nil allows
// all. Cost: a pass over all of them.
func (s *Set) Flat(v []float32, k int, allowed func(int) bool) []Hit {
	if k <= 0 {
		return nil
	}
	q, scale := quantise(v, s.width)
	wide := widened(q)
	var sums [flatBlock]int32
	hits := make([]Hit, 0, min(k, s.Len())+1)
	least := float32(math.Inf(-1))
	for from := 0; from < s.Len(); from += flatBlock {
		scales := s.scales[from:min(from+flatBlock, s.Len())]
		dots(sums[:len(scales)], s.data[from*s.width:], q, wide)
		for i, f := range scales {
			near := float32(float32(sums[i])*f) * scale
			if near <= least || allowed != nil && !allowed(from+i) {
				continue
			}
			h := Hit{from + i, near}
			at, _ := slices.BinarySearchFunc(hits, h, order)
			hits = slices.Insert(hits, at, h)
			if hits = hits[:min(len(hits), k)]; len(hits) == k {
				least = hits[k-1].Near
			}
		}
	}
	return hits
}
