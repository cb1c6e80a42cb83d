package detect

// Bounds of what a repetition is.
const (
	longestPeriod = 1024 // runes
	leastRepeated = 96   // runes that repeat what is one period before them
	leastCopies   = 4    // of a period
	leastSame     = 240  // runes of a period below 4: rules of a table, dots
)

// Loop returns a detector of runaway output: a text that goes on repeating itself.
// Its hit is the rune at which that is certain; what came before has long left. It
// holds nothing back.
func Loop() Detector { return loop{} }

type loop struct{}

func (loop) New() Stream { return &repetition{} }

type repetition struct {
	Found
	Reader
	ring   [2 * longestPeriod]rune
	n      int          // runes read
	hash   uint64       // of the last eight
	seen   [4096]uint16 // of a hash, how many runes were read then, modulo 2¹⁶
	period int
	run    int // runes that repeat
	told   bool
}

func (s *repetition) Write(hits []Hit, piece string) []Hit {
	s.Each(piece, s.read)
	return s.Take(hits)
}

// Read implements CharStream.
func (s *repetition) Read(cs []Char) bool {
	s.read(cs)
	return s.Any()
}

func (s *repetition) read(cs []Char) {
	s.At = cs[len(cs)-1].To()
	n, hash := s.n, s.hash
	for i := range cs {
		c := cs[i].C
		s.ring[uint(n)%uint(len(s.ring))] = c
		hash = hash<<8 ^ uint64(c)*0x9E3779B97F4A7C15>>32 // eight runes shift the first one out
		if s.period > 0 {
			s.repeats(&cs[i], n)
		}
		slot := &s.seen[hash*0x9E3779B97F4A7C15>>52]
		n++
		if n%4 == 0 && s.period == 0 {
			if p := int(uint16(n) - *slot); p > 0 && p <= longestPeriod && n-p > 8 && s.same(n, p) {
				s.period = p
			}
		}
		*slot = uint16(n)
	}
	s.n, s.hash = n, hash
}

// Flush implements Stream.
func (s *repetition) Flush(hits []Hit) []Hit {
	s.End(s.read)
	hits = s.Take(hits)
	*s = repetition{Reader: s.Reader}
	s.Reset()
	return hits
}

// Settled implements Stream.
func (s *repetition) Settled() int { return s.At }

func (s *repetition) at(n int) rune { return s.ring[uint(n)%uint(len(s.ring))] }

// repeats takes rune n into a repetition, or ends that.
func (s *repetition) repeats(c *Char, n int) {
	if s.at(n-s.period) != c.C {
		s.period, s.run, s.told = 0, 0, false
		return
	}
	s.run++
	least := max(leastRepeated, (leastCopies-1)*s.period)
	if s.period < 4 {
		least = leastSame
	}
	if s.run >= least && !s.told {
		s.told = true
		s.Add(Hit{Detector: "loop", Kind: "repeat", Class: "LLM06", From: c.From, To: c.To(), Confidence: 1})
	}
}

// same reports whether the last eight of n runes stand a period before, too.
func (s *repetition) same(n, p int) bool {
	for i := 1; i <= 8; i++ {
		if n-i-p < 0 || s.at(n-i) != s.at(n-i-p) {
			return false
		}
	}
	return true
}
