// Package inverted is an inverted index scored by BM25F (Robertson, Zaragoza:
// The Probabilistic Relevance Framework, 2009). It knows terms as 64-bit
// hashes and documents as numbers; what they stand for is its caller's.
//
// What a term is worth in a document does not depend on the question, so it is
// computed when the index is made and stored in a byte. A search adds up
// integers: it gives the same order on every machine.
package inverted

import (
	"math"
)

// Fields is how many fields a document has.
const Fields = 3

// A Class of documents, such as those of one language, has its own parameters
// and mean lengths.
type Class uint8

// Params are those of BM25F for the documents of a class. A field weighs
// Weight and is brought to its mean length by B, 0 (not at all) to 1.
type Params struct {
	K1     float64
	Weight [Fields]float64
	B      [Fields]float64
}

// A Count says how often a term stands in each field of a document.
type Count struct {
	Term  uint64
	Times [Fields]uint8
}

// Hash is the number of a term.
func Hash(term string) uint64 {
	h := uint64(14695981039346656037) // FNV-1a
	for i := range len(term) {
		h = (h ^ uint64(term[i])) * 1099511628211
	}
	return Mix(h)
}

// Mix spreads the bits of h, so that numbers of terms that are made by
// counting may be told apart by their first bits (the finaliser of MurmurHash3).
func Mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// A scale computes what terms are worth in the documents of a class.
type scale struct {
	*Params
	mean  [Fields]float64
	norms [Fields][1 << 11]float64 // by the length of a field
}

func newScale(p *Params, mean [Fields]float64) *scale {
	s := &scale{Params: p, mean: mean}
	for f := range s.norms {
		for n := range s.norms[f] {
			s.norms[f][n] = s.norm(f, uint32(n))
		}
	}
	return s
}

// norm is what a count in a field of a length is divided by.
func (s *scale) norm(field int, length uint32) float64 {
	norm := 1 - s.B[field]
	if s.mean[field] > 0 {
		norm += float64(s.B[field] * float64(length) / s.mean[field])
	}
	return norm
}

// impact is what a term is worth in a document: tf/(k1+tf), of 255.
func (s *scale) impact(times [Fields]uint8, lengths *[Fields]uint32) uint8 {
	tf := 0.0
	for f, n := range times {
		if n == 0 {
			continue
		}
		l := lengths[f]
		norm := 0.0
		if int(l) < len(s.norms[f]) {
			norm = s.norms[f][l]
		} else {
			norm = s.norm(f, l)
		}
		tf += float64(s.Weight[f] * float64(n) / norm)
	}
	return uint8(max(1, 255*tf/(s.K1+tf)+0.5))
}

// idfScale is the steps in which a weight of 1 is counted, and maxIDF the
// largest weight: with them a question of 1,000 terms adds up in 32 bits.
const (
	idfScale = 1024
	maxIDF   = 16 * idfScale
)

// idf is log(1 + (n−df+½)/(df+½)) in steps of 1/idfScale.
func idf(n, df int) uint32 {
	v := math.Log1p((float64(n-df) + 0.5) / (float64(df) + 0.5))
	return uint32(min(math.Round(idfScale*v), maxIDF))
}
