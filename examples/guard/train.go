package main

import (
	"fmt"
	"slices"
	"strings"

	"suiren/knowledge/linear"
	"suiren/stage/guard/classify"
	"suiren/stage/guard/detect"
)

var options = linear.Options{Bits: 15, Epochs: 8, Rate: .7}

func train(s *sets) *linear.Model {
	examples := make([]linear.Example, 0, len(s.learn))
	for _, x := range s.learn {
		examples = append(examples, linear.Example{Label: x.label, Among: []int{x.label &^ 1, x.label | 1}, Features: classify.Features(x.text)})
	}
	return linear.Train(classify.Labels, examples, options)
}

// A tally counts what was found of what should be, and of what should not.
type tally struct{ found, bad, wrong, good int }

func (t *tally) add(is, said bool) {
	switch {
	case is:
		t.bad++
		if said {
			t.found++
		}
	default:
		t.good++
		if said {
			t.wrong++
		}
	}
}

func (t *tally) recall() float64 { return float64(t.found) / float64(max(1, t.bad)) }
func (t *tally) alarms() float64 { return float64(t.wrong) / float64(max(1, t.good)) }
func (t *tally) f1() float64 {
	return 2 * float64(t.found) / float64(max(1, 2*t.found+t.wrong+t.bad-t.found))
}
func (t *tally) String() string {
	return fmt.Sprintf("%d of %d found, %d of %d wrongly", t.found, t.bad, t.wrong, t.good)
}

// A measurement is how a model does on what was kept apart.
type measurement struct {
	learned      int
	choose       tally
	xstest, cold tally
	attacks      tally            // good are documents into which nothing was put
	alarms       map[string]tally // of documents: orders in them
	harm         map[string]tally // requests for harm
	offence      map[string]tally
}

func measure(m *linear.Model, s *sets) *measurement {
	r := &measurement{learned: len(s.learn), alarms: map[string]tally{}, harm: map[string]tally{}, offence: map[string]tally{}}
	for _, x := range s.xstest {
		r.xstest.add(x.label == harm, classify.ScoreWith(m, x.text).Harm >= .5)
	}
	for _, x := range s.choose {
		r.choose.add(x.label == harm, classify.ScoreWith(m, x.text).Harm >= .5)
	}
	for _, x := range s.cold {
		r.cold.add(x.label == offence, classify.ScoreWith(m, x.text).Offence >= .5)
	}
	patterns := detect.Instructions()
	flagged := func(doc string) bool {
		found := len(detect.Find(patterns, doc)) > 0
		var cut detect.Sentences
		take := func(t string, _, _ int) { found = found || classify.ScoreWith(m, t).Injection >= .5 }
		cut.Write(doc, take)
		cut.Flush(take)
		return found
	}
	for name, docs := range s.clean {
		var t, h, o tally
		for _, d := range docs {
			t.add(false, flagged(d))
			harm, offence := worst(m, d)
			h.add(false, harm >= .5)
			o.add(false, offence >= .5)
		}
		r.alarms[name], r.harm[name], r.offence[name] = t, h, o
	}
	for _, host := range s.hosts {
		docs := s.clean[host]
		for i, a := range s.attacks {
			for place := range 3 {
				d := docs[(7*i+place)%len(docs)]
				r.attacks.add(true, flagged(put(d, a, place)))
			}
		}
		t := r.alarms[host]
		r.attacks.good += t.good
		r.attacks.wrong += t.wrong
	}
	return r
}

// worst are the highest confidences of a document's sentences.
func worst(m *linear.Model, doc string) (harm, offence float64) {
	var cut detect.Sentences
	take := func(t string, _, _ int) {
		p := classify.ScoreWith(m, t)
		harm, offence = max(harm, p.Harm), max(offence, p.Offence)
	}
	cut.Write(doc, take)
	cut.Flush(take)
	return harm, offence
}

// put puts an attack at the start, in the middle or at the end of a document.
func put(doc, attack string, place int) string {
	parts := strings.Split(doc, "\n")
	at := []int{0, len(parts) / 2, len(parts)}[place]
	return strings.Join(slices.Insert(parts, at, attack), "\n")
}

func (r *measurement) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "learned from %d sentences\n", r.learned)
	fmt.Fprintf(&b, "XSTest, the half that chose the cut: %s\n", &r.choose)
	fmt.Fprintf(&b, "XSTest, the other half: %.1f%% of unsafe prompts found, %.1f%% of safe ones (%s)\n", 100*r.xstest.recall(), 100*r.xstest.alarms(), &r.xstest)
	fmt.Fprintf(&b, "COLD, the other fifth: F1 %.3f (%s)\n", r.cold.f1(), &r.cold)
	fmt.Fprintf(&b, "BIPIA, other attacks in other documents: %.1f%% found, %.1f%% of clean ones (%s)\n", 100*r.attacks.recall(), 100*r.attacks.alarms(), &r.attacks)
	names := make([]string, 0, len(r.alarms))
	for n := range r.alarms {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		t := r.alarms[n]
		fmt.Fprintf(&b, "clean %s: of %d, orders in %d (%.2f%%), harm in %d, offence in %d\n", n, t.good, t.wrong, 100*t.alarms(), r.harm[n].wrong, r.offence[n].wrong)
	}
	return b.String()
}
