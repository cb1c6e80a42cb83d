package embedding

import "math"

// A Sum is that of a text's words.
type Sum struct {
	m    *Model
	part []int32 // of the last words, while it cannot overflow
	most int64   // the largest that part may hold
	all  []int64
	read uint64 // keeps what Expect reads
}

// NewSum returns an empty sum.
func (m *Model) NewSum() *Sum {
	return &Sum{m: m, part: make([]int32, m.width), all: make([]int64, m.width)}
}

// Reset empties the sum.
func (s *Sum) Reset() {
	clear(s.part)
	clear(s.all)
	s.most = 0
}

// maxTimes bounds how often a word counts: as often no text holds one.
const maxTimes = 1 << 24

// Add adds a word that comes some times, and reports whether the model knows it.
// term is a hash whose bits are spread.
func (s *Sum) Add(term uint64, times int) bool {
	i := s.m.row(term)
	if i < 0 {
		return false
	}
	s.AddRow(i, times)
	return true
}

// Row returns where the vector of a word is, and reads its beginning; −1 if the
// model does not know the word.
func (s *Sum) Row(term uint64) int {
	i := s.m.row(term)
	if i >= 0 {
		s.read += uint64(s.m.rows[i*s.m.width]) + uint64(s.m.scales[i])
	}
	return i
}

// AddRow is Add of a word that Row found.
func (s *Sum) AddRow(i, times int) {
	row := s.m.rows[i*s.m.width : (i+1)*s.m.width]
	weight := int64(s.m.scales[i]) * int64(min(times, maxTimes))
	if 127*weight > math.MaxInt32 {
		for k, v := range row {
			s.all[k] += weight * int64(v)
		}
		return
	}
	if s.most += 127 * weight; s.most > math.MaxInt32 {
		s.flush()
		s.most = 127 * weight
	}
	add(s.part, row, int32(weight))
}

// Expect says that words will be looked up soon: reading their places together takes
// less time than one after the other, and so does Row before AddRow.
func (s *Sum) Expect(term uint64) { s.read += s.m.slots[uint32(term>>32)>>s.m.shift] }

func (s *Sum) flush() {
	for k, v := range s.part {
		s.all[k] += int64(v)
	}
	clear(s.part)
	s.most = 0
}

// addGeneric defines add: sum[k] += weight·row[k].
func addGeneric(sum []int32, row []int8, weight int32) {
	row = row[:len(sum)]
	for k, v := range row {
		sum[k] += weight * int32(v)
	}
}

// Vector returns the sum as numbers of which the largest is at most one.
func (s *Sum) Vector() []float32 {
	s.flush()
	most := int64(1)
	for _, v := range s.all {
		most = max(most, v, -v)
	}
	out := make([]float32, len(s.all))
	for k, v := range s.all {
		out[k] = float32(float64(v) / float64(most))
	}
	return out
}
