// Package classify tells of what kind a sentence is: whether it asks for harm, gives
// orders to the model that reads it, or offends, and what an owner's sentences teach. A
// classifier is linear over hashed words and kinds of words; those that are built in are
// made by the plan in examples/guard, in the same way.
//
// It knows words and who stands beside whom, not what is meant: a policy logs what it
// finds, or asks a person, where a keyword would refuse.
package classify

import (
	_ "embed"
	"slices"
	"sync"

	"github.com/klauspost/compress/zstd"

	"suiren/knowledge/linear"
	"suiren/stage/guard/detect"
)

// Kinds that are built in.
const (
	Harm      = "harm"
	Injection = "injection"
	Offence   = "offence"
)

// Kinds are those that are built in.
var Kinds = []string{Harm, Injection, Offence}

// risks are the classes of risk of the kinds that are built in; what is only the
// owner's has the class owner.
var risks = map[string]string{Harm: "A.1.h", Injection: "LLM01", Offence: "A.2"}

// The classifiers that are built in, as the plan in examples/guard makes them, packed.
var (
	//go:embed harm.zst
	harm []byte
	//go:embed injection.zst
	injection []byte
	//go:embed offence.zst
	offence []byte
)

// BuiltIn are the classifiers that are built in, as Marshal writes them, in the order
// of Kinds.
func BuiltIn() [][]byte {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		panic(err)
	}
	defer d.Close()
	var list [][]byte
	for _, packed := range [][]byte{harm, injection, offence} {
		b, err := d.DecodeAll(packed, nil)
		if err != nil {
			panic("classify: what is embedded: " + err.Error())
		}
		list = append(list, b)
	}
	return list
}

// builtIn reads all that is built in, side by side in one table.
var builtIn = sync.OnceValue(func() table {
	var t table
	var parts []*linear.Model
	labels := 0
	for _, b := range BuiltIn() {
		c, err := Open(b)
		if err != nil {
			panic("classify: what is embedded: " + err.Error())
		}
		t.questions = append(t.questions, c.questions(labels)...)
		parts, labels = append(parts, c.model), labels+len(c.model.Labels())
	}
	t.model = linear.Join(parts...)
	return t
})

// A table is a model and what it is asked of each sentence.
type table struct {
	model     *linear.Model
	questions []inquiry
}

// An inquiry is whether a sentence is of a kind.
type inquiry struct {
	kind, class string
	label       int     // of the kind
	among       []int   // all labels that it was told from, and its own
	least       float64 // the probability from which a sentence counts
	odds        float64 // the logarithm of its odds
}

// confidence is .5 where the probability of a kind is the least that counts.
func (q *inquiry) confidence(sum *linear.Sum) float64 {
	p := sum.Share(q.label, q.among)
	is, not := float64(p*(1-q.least)), float64(q.least*(1-p))
	return is / (is + not)
}

type detector []table

// New returns a detector of sentences by what is built in, of some kinds; none given:
// of all. Each sentence has a hit for each kind whose confidence is one half or more.
//
// To a user every request is an order: injection is for documents and the results
// of tools.
func New(kinds ...string) detect.Detector {
	if len(kinds) == 0 {
		kinds = Kinds
	}
	return detector{builtIn().keep(func(kind string) bool { return slices.Contains(kinds, kind) })}
}

// With returns a detector by what is built in and by classifiers of the owner's. A kind
// that one of these has is theirs alone.
func With(own ...*Classifier) detect.Detector {
	d := detector{builtIn().keep(func(kind string) bool {
		return !slices.ContainsFunc(own, func(c *Classifier) bool { return c.knows(kind) })
	})}
	for _, c := range own {
		d = append(d, table{c.model, c.questions(0)})
	}
	return d
}

// keep is a table that is asked some of its questions.
func (t table) keep(some func(kind string) bool) table {
	return table{t.model, slices.DeleteFunc(slices.Clone(t.questions), func(q inquiry) bool { return !some(q.kind) })}
}

// Score returns the confidences that one sentence is of the kinds that are built in,
// .5 where it begins to count.
func Score(text string) map[string]float64 {
	x := newExtractor(words())
	x.read(text)
	scores := map[string]float64{}
	t := builtIn()
	for _, kind := range Kinds {
		scores[kind] = 0
	}
	if x.finish() {
		sum := t.model.NewSum()
		sum.AddAll(x.hashes)
		for i := range t.questions {
			scores[t.questions[i].kind] = t.questions[i].confidence(&sum)
		}
	}
	return scores
}

func (d detector) New() detect.Stream { return &stream{tables: d, x: newExtractor(words())} }

// judge finds the kinds of a sentence.
func (s *stream) judge() {
	for _, t := range s.tables {
		if len(t.questions) == 0 {
			continue
		}
		sum := t.model.NewSum()
		sum.AddAll(s.x.hashes)
		for i := range t.questions {
			q := &t.questions[i]
			if sum.Below(q.label, q.among, q.odds) {
				continue
			}
			if c := q.confidence(&sum); c >= .5 {
				s.Add(detect.Hit{Detector: "classify", Kind: q.kind, Class: q.class, From: s.boundary.From, To: s.boundary.To, Confidence: c})
			}
		}
	}
}

type stream struct {
	detect.Found
	detect.Reader
	boundary detect.Boundary
	tables   detector
	x        extractor
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
		s.judge()
	}
	s.x.next()
	s.boundary.Next()
}
