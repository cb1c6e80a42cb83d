package classify

import (
	"fmt"
	"maps"
	"slices"

	"suiren/knowledge/linear"
	"suiren/stage/guard/detect"
)

// None is the topic of sentences that are of none.
const None = "none"

// Bounds of a bank of sentences.
const (
	LeastSentences = 20 // of each topic
	MostTopics     = linear.MaxLabels - 1
)

// A Sentence is one of the owner's, and its topic.
type Sentence struct{ Text, Topic string }

// A Topic says how well sentences of a topic are told from all others: every fifth was
// kept apart and asked of a model that learned from the rest.
type Topic struct {
	Name   string `json:"name"`
	Learnt int    `json:"sentences"`
	Asked  int    `json:"asked"`
	Found  int    `json:"found"`
	Others int    `json:"others"`
	Wrong  int    `json:"wrong"` // of the others
}

// Topics tells sentences apart by the owner's topics. It may be used by many goroutines.
type Topics struct {
	model *linear.Model
	none  int
}

// Learn learns from a bank of sentences, to the same bytes each time. Errors say what is
// lacking.
func Learn(bank []Sentence) (*Topics, []Topic, error) {
	count := map[string]int{None: 0}
	for _, s := range bank {
		count[s.Topic]++
	}
	names := slices.Sorted(maps.Keys(count))
	if len(names) < 2 || len(names) > MostTopics+1 {
		return nil, nil, fmt.Errorf("%d topics besides %q; 1 to %d can be learnt", len(names)-1, None, MostTopics)
	}
	for _, n := range names {
		if count[n] < LeastSentences {
			return nil, nil, fmt.Errorf("%d sentences of %q are too few to learn from; %d are needed", count[n], n, LeastSentences)
		}
	}
	most := slices.Max(slices.Collect(maps.Values(count)))
	var all, some []linear.Example
	var apart []Sentence
	seen := map[string]int{}
	for _, s := range bank {
		// A sentence is learnt so often that all topics are about equally many: a rare one would
		// hardly ever be said.
		e := slices.Repeat([]linear.Example{{Label: slices.Index(names, s.Topic), Features: Features(s.Text)}}, (most+count[s.Topic]-1)/count[s.Topic])
		all = append(all, e...)
		if seen[s.Topic]++; seen[s.Topic]%5 == 0 {
			apart = append(apart, s)
		} else {
			some = append(some, e...)
		}
	}
	o := linear.Options{Bits: 14, Epochs: 10, Rate: .7}
	tried := newTopics(linear.Train(names, some, o))
	report := make([]Topic, 0, len(names)-1)
	for i, n := range names {
		if n == None {
			continue
		}
		t := Topic{Name: n, Learnt: count[n]}
		for _, s := range apart {
			said, _ := tried.Of(s.Text)
			switch hit := said == names[i]; {
			case s.Topic == n:
				t.Asked++
				if hit {
					t.Found++
				}
			default:
				t.Others++
				if hit {
					t.Wrong++
				}
			}
		}
		report = append(report, t)
	}
	return newTopics(linear.Train(names, all, o)), report, nil
}

func newTopics(m *linear.Model) *Topics {
	return &Topics{m, slices.Index(m.Labels(), None)}
}

// Marshal returns the bytes of what was learnt.
func (t *Topics) Marshal() []byte { return t.model.Marshal() }

// OpenTopics reads what was learnt. It believes nothing in it.
func OpenTopics(b []byte) (*Topics, error) {
	m, err := linear.Unmarshal(b)
	if err != nil {
		return nil, err
	}
	t := newTopics(m)
	if t.none < 0 {
		return nil, fmt.Errorf("none of its topics is %q", None)
	}
	return t, nil
}

// Names are the topics.
func (t *Topics) Names() []string {
	return slices.DeleteFunc(slices.Clone(t.model.Labels()), func(n string) bool { return n == None })
}

// Of returns the topic of a sentence and its probability; None for most.
func (t *Topics) Of(text string) (topic string, p float64) {
	sum := t.model.NewSum()
	sum.AddAll(Features(text))
	return t.of(&sum)
}

// of is the likeliest topic where it is likelier than all others together.
func (t *Topics) of(sum *linear.Sum) (topic string, p float64) {
	i, p := sum.Best(nil)
	if i < 0 || i == t.none || p < .5 {
		return None, 0
	}
	return t.model.Labels()[i], p
}

// New implements detect.Detector: each sentence of a topic is a hit of its kind.
func (t *Topics) New() detect.Stream {
	return &stream{model: t.model, x: newExtractor(words()), judge: func(s *stream, sum *linear.Sum) {
		if topic, p := t.of(sum); topic != None {
			s.Add(detect.Hit{Detector: "topic", Kind: topic, Class: "owner", From: s.boundary.From, To: s.boundary.To, Confidence: p})
		}
	}}
}
