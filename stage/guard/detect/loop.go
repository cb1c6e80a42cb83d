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
	n      int         // runes read
	hash   uint64      // of the last eight
	seen   [4096]int32 // of a hash, how many runes were read then, modulo 2³²
	period int
	run    int // runes that repeat
	told   bool
}

func (s *repetition) Write(hits []Hit, piece string) []Hit {
	s.Each(piece, s.Read)
	return s.Take(hits)
}

// Read implements CharStream.
func (s *repetition) Read(cs []Char) {
	s.At = cs[len(cs)-1].To()
	for i := range cs {
		s.take(cs[i].C, cs[i].From, cs[i].To())
	}
}

func (s *repetition) Flush(hits []Hit) []Hit {
	s.End(s.Read)
	hits = s.Take(hits)
	*s = repetition{Reader: s.Reader}
	s.Reset()
	return hits
}

func (s *repetition) Settled() int { return s.At }

func (s *repetition) at(n int) rune { return s.ring[uint(n)%uint(len(s.ring))] }

func (s *repetition) take(c rune, from, to int) {
	s.ring[uint(s.n)%uint(len(s.ring))] = c
	s.hash = s.hash<<8 ^ uint64(c)*0x9E3779B97F4A7C15>>32 // eight runes shift the first one out
	if s.period > 0 && s.at(s.n-s.period) == c {
		s.run++
		least := max(leastRepeated, (leastCopies-1)*s.period)
		if s.period < 4 {
			least = leastSame
		}
		if s.run >= least && !s.told {
			s.told = true
			s.Add(Hit{Detector: "loop", Kind: "repeat", Class: "LLM06", From: from, To: to, Confidence: 1})
		}
	} else {
		s.period, s.run, s.told = 0, 0, false
	}
	slot := &s.seen[s.hash*0x9E3779B97F4A7C15>>52]
	s.n++
	if s.period == 0 && s.n%4 == 0 {
		if p := int(int32(s.n) - *slot); p > 0 && p <= longestPeriod && s.n-p > 8 && s.same(p) {
			s.period = p
		}
	}
	*slot = int32(s.n)
}

// same reports whether the last eight runes stand a period before, too.
func (s *repetition) same(p int) bool {
	for i := 1; i <= 8; i++ {
		if s.n-i-p < 0 || s.at(s.n-i) != s.at(s.n-i-p) {
			return false
		}
	}
	return true
}
