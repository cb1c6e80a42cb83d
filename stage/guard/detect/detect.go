// Package detect says what a detector is, and holds those that need no model:
// invisible text, instruction patterns, markup that would fetch from outside,
// runaway repetition, and sentences without support.
//
// A detector reads a text in pieces. What it finds depends on the text and not
// on the pieces.
package detect

import "math"

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
	// now certain. Which there are does not depend on the cuts; their order may, and
	// a rail puts them in that of their places.
	Write(hits []Hit, piece string) []Hit

	// Flush ends the text. The stream is then as new.
	Flush(hits []Hit) []Hit

	// Settled is the place before which no hit begins that is still to come. It
	// never decreases within a text.
	Settled() int
}

// A CharStream can be given characters instead of pieces: a text that many read is cut
// once.
type CharStream interface {
	Stream

	// Read reads characters, one or more, and reports whether there are hits to take.
	Read(cs []Char) bool

	// Take appends the hits that Read found.
	Take(hits []Hit) []Hit
}

// Found keeps what a stream found until it is taken.
type Found struct{ hits []Hit }

// Add keeps a hit.
func (f *Found) Add(h Hit) { f.hits = append(f.hits, h) }

// Any reports whether there are hits to take.
func (f *Found) Any() bool { return len(f.hits) > 0 }

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
		s.list = append(s.list, d.New())
	}
	return s
}

type streams struct{ list []Stream }

func (s *streams) Write(hits []Hit, piece string) []Hit {
	for _, x := range s.list {
		hits = x.Write(hits, piece)
	}
	return hits
}

func (s *streams) Flush(hits []Hit) []Hit {
	for _, x := range s.list {
		hits = x.Flush(hits)
	}
	return hits
}

func (s *streams) Settled() int {
	at := math.MaxInt
	for _, x := range s.list {
		at = min(at, x.Settled())
	}
	return at
}

// Find returns what d finds in a whole text.
func Find(d Detector, text string) []Hit {
	s := d.New()
	return s.Flush(s.Write(nil, text))
}
