// Package detect says what a detector is, and holds those that need no model:
// invisible text, instruction patterns, markup that would fetch from outside,
// runaway repetition, and sentences without support.
//
// A detector reads a text in pieces. What it finds depends on the text and not
// on the pieces.
package detect

import (
	"math"

	"suiren/stage/guard/fold"
)

// A Hit is what a detector found: bytes From to To of the text, counted in the
// bytes that were written to the stream.
type Hit struct {
	Detector   string  // pii, secret, invisible, instruction, classify, markup, loop, ground
	Kind       string  // of what it finds: resident_id, api_key, injection, remote_image, …
	Class      string  // of risk, by GB/T 45654 annex A or OWASP LLM Top 10: A.4.f, LLM01, …
	From, To   int     // bytes
	Confidence float64 // 0 to 1; 1 is a checksum or an exact form
	Value      string  // pii and secret: what stands there under its disguise. Not for logs.
	Text       string  // markup: what may stand in its place
}

// A Detector makes streams. It may be used by many goroutines.
type Detector interface{ New() Stream }

// A Stream reads one text. It is for one goroutine.
type Stream interface {
	// Write reads the next piece, cut anywhere, and appends the hits that are
	// now certain.
	Write(hits []Hit, piece string) []Hit

	// Flush ends the text. The stream is then as new.
	Flush(hits []Hit) []Hit

	// Settled is the place before which no hit begins that is still to come. It
	// never decreases within a text.
	Settled() int
}

// A RuneStream can be given runes instead of pieces: All reads a text once for many.
type RuneStream interface {
	Stream

	// Rune reads the rune of bytes from to to.
	Rune(c rune, from, to int)

	// Take appends the hits that Rune found.
	Take(hits []Hit) []Hit
}

// A quiet stream has nothing to do with Chinese characters for now: they need not be
// given to it.
type quieter interface{ quiet() bool }

// Found keeps what a stream found until it is taken.
type Found struct{ hits []Hit }

// Add keeps a hit.
func (f *Found) Add(h Hit) { f.hits = append(f.hits, h) }

// Take appends the hits to a list, and keeps them no longer.
func (f *Found) Take(hits []Hit) []Hit {
	if len(f.hits) > 0 {
		hits = append(hits, f.hits...)
		f.hits = f.hits[:0]
	}
	return hits
}

// All returns a detector that runs each of the given ones.
func All(list ...Detector) Detector { return all(list) }

type all []Detector

func (a all) New() Stream {
	s := &streams{}
	for _, d := range a {
		x := d.New()
		if r, ok := x.(RuneStream); ok {
			q, _ := x.(quieter)
			s.runes, s.quiet = append(s.runes, r), append(s.quiet, q)
		} else {
			s.others = append(s.others, x)
		}
	}
	s.count()
	return s
}

type streams struct {
	Reader
	runes  []RuneStream
	quiet  []quieter    // of each, or nil
	busy   []RuneStream // those that Chinese characters are given to
	others []Stream

	waiting bool // some of busy may become quiet
}

func (s *streams) Write(hits []Hit, piece string) []Hit {
	s.Each(piece, s.rune)
	return s.take(hits, func(hits []Hit, x Stream) []Hit { return x.Write(hits, piece) })
}

func (s *streams) rune(c rune, from, to int) {
	if fold.IsHan(c) {
		for _, x := range s.busy {
			x.Rune(c, from, to)
		}
		if s.waiting {
			s.count()
		}
		return
	}
	for _, x := range s.runes {
		x.Rune(c, from, to)
	}
	s.count()
}

// count keeps those busy that are not quiet now.
func (s *streams) count() {
	s.busy, s.waiting = s.busy[:0], false
	for i, x := range s.runes {
		if q := s.quiet[i]; q == nil {
			s.busy = append(s.busy, x)
		} else if !q.quiet() {
			s.busy, s.waiting = append(s.busy, x), true
		}
	}
}

// take gathers hits; f gives those of streams that read for themselves.
func (s *streams) take(hits []Hit, f func([]Hit, Stream) []Hit) []Hit {
	for _, x := range s.runes {
		hits = x.Take(hits)
	}
	for _, x := range s.others {
		hits = f(hits, x)
	}
	return hits
}

func (s *streams) Flush(hits []Hit) []Hit {
	s.End(s.rune)
	s.Reader = Reader{}
	for _, x := range s.runes {
		hits = x.Flush(x.Take(hits))
	}
	s.count()
	for _, x := range s.others {
		hits = x.Flush(hits)
	}
	return hits
}

func (s *streams) Settled() int {
	if len(s.runes)+len(s.others) == 0 {
		return s.At
	}
	at := math.MaxInt
	for _, x := range s.others {
		at = min(at, x.Settled())
	}
	if len(s.runes) > 0 {
		at = min(at, s.At)
	}
	for i, x := range s.runes {
		if q := s.quiet[i]; q == nil || !q.quiet() {
			at = min(at, x.Settled())
		}
	}
	return at
}

// Find returns what d finds in a whole text.
func Find(d Detector, text string) []Hit {
	s := d.New()
	return s.Flush(s.Write(nil, text))
}
