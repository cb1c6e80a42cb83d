package guard

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"

	"suiren/internal/say"
	"suiren/pii"
	"suiren/stage/guard/detect"
	"suiren/stage/guard/leak"
)

// A ruleset is the rails of one policy on one stage, ready to run.
type ruleset struct {
	on      Stage
	pack    string
	hold    string
	lang    say.Lang
	marks   map[string]string
	rules   []compiled
	owners  [][]int32 // of each keyword, its rules; none: a phrase in which keywords are none
	allows  bool      // there are such phrases
	auto    *automaton
	folds   *[1 << 16]uint32
	heard   map[string][]listener // by detector
	sources []origin              // what reads along
}

// compiled is a rule with its condition.
type compiled struct {
	Rule
	observe bool
	when    cel.Program // nil: always
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

// ruleset compiles the rules of one stage; nil if there are none.
func (d *document) ruleset(on Stage) (*ruleset, error) {
	s := &ruleset{on: on, pack: d.Pack, hold: d.Hold, lang: d.Language, marks: d.Marks, folds: folds(), heard: map[string][]listener{}}
	var words [][]rune
	index := map[string]int{}
	add := func(w string, rule int32) error {
		folded, err := foldKeyword(w)
		if err != nil {
			return err
		}
		i, ok := index[string(folded)]
		if !ok {
			if i = len(words); i == maxKeywords {
				return say.Errorf("it holds more than %d keywords", "关键词超过 %d 个", maxKeywords)
			}
			index[string(folded)] = i
			words, s.owners = append(words, folded), append(s.owners, nil)
		}
		if rule >= 0 && (ok && s.owners[i] == nil || slices.Contains(s.owners[i], rule)) { // an allowed phrase stays one
			return nil
		}
		if rule >= 0 {
			s.owners[i] = append(s.owners[i], rule)
		}
		return nil
	}
	for _, w := range d.Allow {
		if err := add(w, -1); err != nil {
			return nil, fmt.Errorf("allow: %w", err)
		}
	}
	s.allows = len(words) > 0
	for i := range d.Rules {
		r := &d.Rules[i]
		mode := d.mode(r)
		if mode == off || len(r.On) > 0 && !slices.Contains(r.On, on) {
			continue
		}
		when, err := condition(r.When)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.ID, err)
		}
		n := int32(len(s.rules))
		s.rules = append(s.rules, compiled{*r, mode == observe, when})
		for _, w := range r.Keywords {
			if err := add(w, n); err != nil {
				return nil, fmt.Errorf("%s: %w", r.ID, err)
			}
		}
		for _, name := range r.Detect {
			name, kind, _ := strings.Cut(name, ":")
			s.heard[name] = append(s.heard[name], listener{n, kind})
		}
	}
	if len(s.rules) == 0 {
		return nil, nil
	}
	s.listen()
	s.auto = build(words)
	return s, nil
}

// listen sets up the detectors that rules hear of.
func (s *ruleset) listen() {
	var kinds, names []string
	for _, name := range slices.Sorted(maps.Keys(s.heard)) {
		if name != "pii" && name != "secret" {
			o := detectors[name]
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
		s.sources = append(s.sources, origin{names, func(*Context) detect.Detector { return d }, s.hold == holdNone})
	}
}

func appendKinds(list []string, kinds []pii.Kind) []string {
	for _, k := range kinds {
		list = append(list, string(k))
	}
	return list
}
