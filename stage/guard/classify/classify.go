// Package classify tells three things of a sentence: whether it asks for harm,
// whether it gives orders to the model that reads it, and whether it offends. The
// model is linear over hashed words and kinds of words, and is made by
// examples/guard.
//
// It knows words and who stands beside whom, not what is meant: a policy logs what it
// finds, or asks a person, where a keyword would refuse.
package classify

import (
	_ "embed"
	"math"
	"slices"
	"sync"

	"github.com/klauspost/compress/zstd"

	"suiren/knowledge/linear"
	"suiren/stage/guard/detect"
)

// Kinds are what a sentence may be.
const (
	Harm      = "harm"
	Injection = "injection"
	Offence   = "offence"
)

// Labels of the model: for each question, no and yes.
var Labels = []string{"safe", Harm, "clean", Injection, "polite", Offence}

// questions are the kinds, their risk, and where among Labels they stand.
var questions = []struct {
	kind, class string
	yes, no     int
	cut         float64 // the margin from which a sentence counts: it has confidence .5
}{
	{Harm, "A.1.h", 1, 0, .7},
	{Injection, "LLM01", 3, 2, .4},
	{Offence, "A.2", 5, 4, 1.1},
}

//go:embed model.zst
var packed []byte

var model = sync.OnceValue(func() *linear.Model {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		panic(err)
	}
	defer d.Close()
	raw, err := d.DecodeAll(packed, nil)
	if err != nil {
		panic("classify: model.zst: " + err.Error()) // it is embedded
	}
	m, err := linear.Unmarshal(raw)
	if err != nil {
		panic(err)
	}
	return m
})

// Scores are the confidences of a text, .5 where it begins to count.
type Scores struct{ Harm, Injection, Offence float64 }

// ScoreWith reads one sentence with a model of these labels.
func ScoreWith(m *linear.Model, text string) Scores {
	x := newExtractor(words())
	x.read(text)
	return x.scores(m)
}

// scores ends the sentence.
func (x *extractor) scores(m *linear.Model) Scores {
	var p [3]float64
	if x.finish() {
		sum := m.NewSum()
		sum.AddAll(x.hashes)
		for i, q := range questions {
			p[i] = 1 / (1 + math.Exp(q.cut-sum.Margin(q.yes, q.no)))
		}
	}
	return Scores{p[0], p[1], p[2]}
}

// Kinds are all kinds.
var Kinds = []string{Harm, Injection, Offence}

type detector []string

// New returns a detector of sentences of some kinds; none given: of all. Each
// sentence has a hit for each kind whose confidence is one half or more.
//
// To a user every request is an order: injection is for documents and the results
// of tools.
func New(kinds ...string) detect.Detector {
	if len(kinds) == 0 {
		kinds = Kinds
	}
	return detector(kinds)
}

func (d detector) New() detect.Stream {
	return &stream{model: model(), x: newExtractor(words()), judge: d.judge}
}

// judge finds the kinds of a sentence.
func (d detector) judge(s *stream, sum *linear.Sum) {
	for i := range questions {
		q := &questions[i]
		if m := sum.Margin(q.yes, q.no) - q.cut; m >= 0 && slices.Contains(d, q.kind) {
			s.Add(detect.Hit{Detector: "classify", Kind: q.kind, Class: q.class, From: s.boundary.From, To: s.boundary.To, Confidence: 1 / (1 + math.Exp(-m))})
		}
	}
}

type stream struct {
	detect.Found
	detect.Reader
	boundary detect.Boundary
	model    *linear.Model
	x        extractor
	sum      linear.Sum                 // of a sentence
	judge    func(*stream, *linear.Sum) // adds the hits of a sentence
}

func (s *stream) Write(hits []detect.Hit, piece string) []detect.Hit {
	s.Each(piece, s.read)
	return s.Take(hits)
}

// Read implements detect.CharStream.
func (s *stream) Read(cs []detect.Char) bool {
	s.read(cs)
	return s.Any()
}

func (s *stream) read(cs []detect.Char) {
	s.At = cs[len(cs)-1].To()
	for len(cs) > 0 {
		if n := s.boundary.Run(cs); n > 0 {
			s.x.characters(cs[:n])
			cs = cs[n:]
			continue
		}
		c := &cs[0]
		if s.boundary.Before(c.C) {
			s.cut()
		}
		s.x.take(c)
		if s.boundary.Take(c.C, c.From, c.To()) {
			s.cut()
		}
		cs = cs[1:]
	}
}

func (s *stream) Flush(hits []detect.Hit) []detect.Hit {
	s.End(s.read)
	s.cut()
	s.Reset()
	return s.Take(hits)
}

func (s *stream) Settled() int {
	if s.boundary.N == 0 {
		return s.At
	}
	return s.boundary.From
}

// cut ends a sentence.
func (s *stream) cut() {
	if s.x.finish() {
		s.sum = s.model.NewSum()
		s.sum.AddAll(s.x.hashes)
		s.judge(s, &s.sum)
	}
	s.x.next()
	s.boundary.Next()
}
