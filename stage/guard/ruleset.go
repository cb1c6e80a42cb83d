package guard

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"

	"suiren/internal/say"
	"suiren/pii"
	"suiren/stage/guard/classify"
	"suiren/stage/guard/detect"
	"suiren/stage/guard/leak"
)

// A ruleset is the rails of one policy on one stage, ready to run.
type ruleset struct {
	on    Stage
	pack  string
	hold  string
	lang  say.Lang
	marks map[string]string
	rules []compiled      // of all stages
	kinds detect.Detector // of sentences
	*lexicon
	heard   map[string][]listener // by detector
	asks    bool                  // a rule leaves it to a person
	sources []origin              // what reads along
}

// A lexicon is the keywords of some rules. Stages with the same share it.
type lexicon struct {
	owners [][]int32 // of each keyword, its rules; none: a phrase in which keywords are none
	allows bool      // there are such phrases
	auto   *automaton
}

// compiled is a rule with its condition.
type compiled struct {
	Rule
	mode string
	when cel.Program // nil: always
}

// A listener is a rule that hears of a detector's hits, of one kind or of all.
type listener struct {
	rule int32
	kind string
}

// An origin is a detector that reads along, and the names by which rules hear of
// it.
type origin struct {
	names []string
	make  func(c *Context) detect.Detector
	late  bool // it judges sentences: its hits come when they have ended
}

// detectors is all that a rule can name in detect, by name. That of pii and
// secret is made for the kinds that are asked for.
var detectors = map[string]origin{
	"pii":         {},
	"secret":      {},
	"invisible":   {make: always(detect.Invisible())},
	"instruction": {make: always(detect.Instructions())},
	"markup":      {make: always(detect.Markup())},
	"loop":        {make: always(detect.Loop())},
	"ground":      {make: func(c *Context) detect.Detector { return detect.Ground(c.Passages) }, late: true},
	"classify":    {late: true}, // by the policy's classifiers too
}

// always makes the same detector for every text.
func always(d detect.Detector) func(*Context) detect.Detector {
	return func(*Context) detect.Detector { return d }
}

func detectorNames() []string { return slices.Sorted(maps.Keys(detectors)) }

// maskKinds are the kinds of personal data that mask can name: those of room
// pii, and the three names of older plans.
func maskKinds() []string {
	list := []string{"id", "card"}
	for _, k := range pii.Kinds {
		list = append(list, string(k))
	}
	return list
}

// kindOf is the kind that a name in mask means.
func kindOf(name string) string {
	switch name {
	case "id":
		return "resident_id"
	case "card":
		return "bank_card"
	}
	return name
}

// compile compiles a document's rules.
func (d *document) compile() ([]compiled, error) {
	var list []compiled
	for i := range d.Rules {
		when, err := condition(d.Rules[i].When)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.Rules[i].ID, err)
		}
		list = append(list, compiled{d.Rules[i], d.mode(&d.Rules[i]), when})
	}
	return list, nil
}

// rulesets are those of all stages that have rules.
func (d *document) rulesets() (map[Stage]*ruleset, error) {
	rules, err := d.compile()
	if err != nil {
		return nil, err
	}
	sets, known, kinds := map[Stage]*ruleset{}, map[string]*lexicon{}, classify.With(d.learnt...)
	for _, on := range Stages {
		s := &ruleset{on: on, pack: d.Pack, hold: d.Hold, lang: d.Language, marks: d.Marks, rules: rules, kinds: kinds, heard: map[string][]listener{}}
		var worded []int32 // rules with keywords
		active := false
		for i := range rules {
			r := &rules[i]
			if r.mode == off || len(r.On) > 0 && !slices.Contains(r.On, on) {
				continue
			}
			active = true
			s.asks = s.asks || r.Action == human
			if len(r.Keywords) > 0 {
				worded = append(worded, int32(i))
			}
			for _, name := range r.Detect {
				name, kind, _ := strings.Cut(name, ":")
				s.heard[name] = append(s.heard[name], listener{int32(i), kind})
			}
		}
		if !active {
			continue
		}
		key := fmt.Sprint(worded)
		if known[key] == nil {
			if known[key], err = d.lexicon(rules, worded); err != nil {
				return nil, err
			}
		}
		s.lexicon = known[key]
		s.listen()
		sets[on] = s
	}
	return sets, nil
}

// lexicon builds the keywords of some rules.
func (d *document) lexicon(rules []compiled, some []int32) (*lexicon, error) {
	l := &lexicon{}
	var words [][]rune
	index := map[string]int{}
	add := func(w string) (int, error) {
		folded, err := foldKeyword(w)
		if err != nil {
			return 0, err
		}
		i, ok := index[string(folded)]
		if !ok {
			if i = len(words); i == maxKeywords {
				return 0, say.Errorf("it holds more than %d keywords", "关键词超过 %d 个", maxKeywords)
			}
			index[string(folded)] = i
			words, l.owners = append(words, folded), append(l.owners, nil)
		}
		return i, nil
	}
	for _, w := range d.Allow {
		if _, err := add(w); err != nil {
			return nil, fmt.Errorf("allow: %w", err)
		}
	}
	allowed := len(words)
	for _, n := range some {
		for _, w := range rules[n].Keywords {
			i, err := add(w)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", rules[n].ID, err)
			}
			if i >= allowed && !slices.Contains(l.owners[i], n) { // an allowed phrase stays one
				l.owners[i] = append(l.owners[i], n)
			}
		}
	}
	l.allows, l.auto = allowed > 0, build(words)
	return l, nil
}

// listen sets up the detectors that rules hear of. One detector finds all that leaks.
func (s *ruleset) listen() {
	var kinds, names []string
	for _, name := range slices.Sorted(maps.Keys(s.heard)) {
		if name != "pii" && name != "secret" {
			o := detectors[name]
			if name == "classify" {
				o.make = always(s.kinds)
			}
			o.names, o.late = []string{name}, s.hold == holdNone || o.late && s.hold != holdSentence && s.on.leaves()
			s.sources = append(s.sources, o)
			continue
		}
		names = append(names, name)
		for _, l := range s.heard[name] {
			switch {
			case l.kind != "":
				kinds = append(kinds, l.kind)
			case name == "pii":
				kinds = appendKinds(kinds, pii.Kinds)
			default:
				kinds = appendKinds(kinds, pii.SecretKinds)
			}
		}
	}
	if names != nil {
		d := leak.New(kinds...)
		s.sources = append(s.sources, origin{names: names, make: func(*Context) detect.Detector { return d }, late: s.hold == holdNone})
	}
}

func appendKinds(list []string, kinds []pii.Kind) []string {
	for _, k := range kinds {
		list = append(list, string(k))
	}
	return list
}
