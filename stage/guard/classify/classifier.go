package classify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"suiren/knowledge/linear"
)

// A Classifier tells sentences of some kinds from all others. It may be used by many
// goroutines.
type Classifier struct {
	Report
	model *linear.Model // its labels are the kinds, and None
}

// A Report says what a classifier learnt from, and how well it does.
type Report struct {
	Format    int    `json:"format"` // 1
	Sentences int    `json:"sentences"`
	Twice     int    `json:"twice"` // left out: they were there already
	Kinds     []Kind `json:"kinds"`
}

// A Kind says how well sentences of a kind are told from all others: every fifth was
// kept apart, and asked of a classifier that learnt from the rest.
type Kind struct {
	Name      string  `json:"name"`
	Threshold float64 `json:"threshold"` // the probability from which a sentence counts
	Sentences int     `json:"sentences"`
	Asked     int     `json:"asked"`
	Found     int     `json:"found"`
	Others    int     `json:"others"`
	Wrong     int     `json:"wrong"` // of the others
}

// F1 is the harmonic mean of precision and recall; 0 where nothing was asked.
func (k *Kind) F1() float64 { return f1(k.Found, k.Asked, k.Wrong) }

func f1(found, asked, wrong int) float64 {
	return 2 * float64(found) / float64(max(1, asked+found+wrong))
}

// Marshal returns the bytes of a classifier: a line of JSON, its report, and its model
// as knowledge/linear writes it.
func (c *Classifier) Marshal() []byte {
	b, err := json.Marshal(c.Report)
	if err != nil {
		panic(err) // it holds nothing that could fail
	}
	return append(append(b, '\n'), c.model.Marshal()...)
}

// Open reads what Marshal wrote. It believes nothing in it.
func Open(b []byte) (*Classifier, error) {
	line, rest, _ := bytes.Cut(b[:min(len(b), 1<<16)], []byte("\n"))
	rest = b[min(len(b), len(line)+1):]
	var c Classifier
	if err := json.Unmarshal(line, &c.Report); err != nil {
		return nil, fmt.Errorf("not a classifier: %w", err)
	}
	if c.Format != 1 {
		return nil, fmt.Errorf("a classifier of format %d", c.Format)
	}
	var err error
	if c.model, err = linear.Unmarshal(rest); err != nil {
		return nil, err
	}
	return &c, c.check()
}

// OpenTopics reads a model of topics as policies held them before there were
// classifiers. The likeliest topic counted, from one half on.
func OpenTopics(b []byte) (*Classifier, error) {
	m, err := linear.Unmarshal(b)
	if err != nil {
		return nil, err
	}
	c := &Classifier{Report{Format: 1}, m}
	for _, l := range m.Labels() {
		if l != None {
			c.Kinds = append(c.Kinds, Kind{Name: l, Threshold: .5})
		}
	}
	return c, c.check()
}

// check compares the report with the model.
func (c *Classifier) check() error {
	labels := c.model.Labels()
	if len(c.Kinds)+1 != len(labels) || !slices.Contains(labels, None) {
		return fmt.Errorf("a classifier of %d kinds with %d labels", len(c.Kinds), len(labels))
	}
	for i, k := range c.Kinds {
		if k.Name == None || !slices.Contains(labels, k.Name) || slices.ContainsFunc(c.Kinds[:i], func(o Kind) bool { return o.Name == k.Name }) || !(k.Threshold > 0 && k.Threshold < 1) {
			return fmt.Errorf("a kind %q with the threshold %v", k.Name, k.Threshold)
		}
	}
	return nil
}

func (c *Classifier) knows(kind string) bool {
	return slices.ContainsFunc(c.Kinds, func(k Kind) bool { return k.Name == kind })
}

// questions are what its model is asked, where its labels begin at one of a table.
func (c *Classifier) questions(first int) (list []inquiry) {
	labels := c.model.Labels()
	var among []int
	for i := range labels {
		among = append(among, first+i)
	}
	for _, k := range c.Kinds {
		class := risks[k.Name]
		if class == "" {
			class = "owner"
		}
		list = append(list, inquiry{k.Name, class, first + slices.Index(labels, k.Name), among, k.Threshold, math.Log(k.Threshold / (1 - k.Threshold))})
	}
	return list
}
