// Package detect says what a detector is, and holds those that need no model:
// invisible text, instruction patterns, markup that would fetch from outside,
// runaway repetition, and sentences without support.
//
// A detector reads a text in pieces. What it finds depends on the text and not
// on the pieces.
package detect

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

// All returns a detector that runs each of the given ones.
func All(list ...Detector) Detector { return all(list) }

type all []Detector

func (a all) New() Stream {
	s := make(streams, len(a))
	for i, d := range a {
		s[i] = d.New()
	}
	return s
}

type streams []Stream

func (s streams) Write(hits []Hit, piece string) []Hit {
	for _, x := range s {
		hits = x.Write(hits, piece)
	}
	return hits
}

func (s streams) Flush(hits []Hit) []Hit {
	for _, x := range s {
		hits = x.Flush(hits)
	}
	return hits
}

func (s streams) Settled() int {
	if len(s) == 0 {
		return 0
	}
	at := s[0].Settled()
	for _, x := range s[1:] {
		at = min(at, x.Settled())
	}
	return at
}

// Find returns what d finds in a whole text.
func Find(d Detector, text string) []Hit {
	s := d.New()
	return s.Flush(s.Write(nil, text))
}
