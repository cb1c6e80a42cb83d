// Package detect is what rails of every kind share: detectors that read a text as
// it comes, and say what they found in it and what is settled.
package detect

// A Hit is what a detector found: bytes From to To of the text, counted in the bytes written to the stream.
type Hit struct {
	Detector   string // pii, secret, invisible, instruction, classify, markup, loop, ground
	Kind       string // resident_id, mobile, …; api_key, jwt, …; injection, harm, offence; remote_image, …; repeat; unsupported
	Class      string // of risk: A.4.f, LLM01, LLM02, …
	From, To   int
	Confidence float64 // 0 to 1; 1: a checksum or an exact form
	Value      string  // pii and secret: the value without its disguise, for the vault; never for a log
	Text       string  // markup: what may stand in its place
}

// A Stream reads one text, cut anywhere, even inside a rune; hits do not depend on the cuts. It is for one goroutine.
type Stream interface {
	Write(hits []Hit, piece string) []Hit // appends hits that are now certain, in order of To
	Flush(hits []Hit) []Hit               // end of the text; the stream is then as new
	Settled() int                         // bytes: no hit still to come begins before it (never decreases; bounded behind the end)
}

// A Detector makes streams. It is for many goroutines.
type Detector interface{ New() Stream }
