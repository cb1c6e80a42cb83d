package guard

import (
	"maps"
	"math"
	"slices"

	"suiren/stage"
)

// judge turns replies into the report.
func (x *exam) judge(require map[string]float64) {
	r := x.report
	var held, longer []int
	for i := range x.problems {
		if i < x.heldout {
			held = append(held, i)
		} else {
			longer = append(longer, i)
		}
	}
	r.Overall = x.group("overall", held)
	names, byFamily := x.split(held)
	for _, name := range names {
		r.Families = append(r.Families, x.group(name, byFamily[name]))
	}
	long, byLong := x.split(longer)
	for _, name := range long {
		r.Length = append(r.Length, x.group(name, byLong[name]))
	}
	tutor := len(r.Models) - 1
	for i, m := range r.Models[:tutor] {
		if m.Role == "" {
			continue
		}
		c := Change{Over: m.Role, Overall: x.paired("overall", tutor, i, held)}
		for _, name := range names {
			c.Families = append(c.Families, x.paired(name, tutor, i, byFamily[name]))
		}
		r.Changes = append(r.Changes, c)
	}
	for i := range r.Models {
		x.count(&r.Models[i], x.replies[i])
	}
	r.Checks = checks(r, require)
	r.Pass = !slices.ContainsFunc(r.Checks, func(c stage.Check) bool { return !c.OK })
	r.Said = sentences(r, x.rl)
}

// split sorts problems by family, and names these inOrder.
func (x *exam) split(list []int) (names []string, by map[string][]int) {
	by = map[string][]int{}
	for _, i := range list {
		f := x.problems[i].Family
		by[f] = append(by[f], i)
	}
	return inOrder(by), by
}

// group scores every model on some of the problems.
func (x *exam) group(name string, list []int) Group {
	g := Group{Name: name, Problems: len(list)}
	for _, replies := range x.replies {
		var s Score
		tokens := 0
		for _, i := range list {
			tokens += replies[i].Tokens
			if replies[i].Right {
				s.Right++
			}
		}
		low, high := stage.Wilson(s.Right, len(list))
		n := float64(max(len(list), 1))
		s.Accuracy, s.Low, s.High, s.Tokens = round(float64(s.Right)/n), round(low), round(high), round(float64(tokens)/n)
		g.Scores = append(g.Scores, s)
	}
	return g
}

// paired compares two models on some of the problems.
func (x *exam) paired(name string, first, second int, list []int) Paired {
	return x.pairedBy(name, first, second, list, func(g *given) bool { return g.Right })
}

// pairedBy compares them by what holds of a reply.
func (x *exam) pairedBy(name string, first, second int, list []int, holds func(*given) bool) Paired {
	var t table
	for _, i := range list {
		switch a, b := holds(&x.replies[first][i]), holds(&x.replies[second][i]); {
		case a && b:
			t.both++
		case a:
			t.first++
		case b:
			t.second++
		default:
			t.neither++
		}
	}
	value, low, high := t.difference()
	return Paired{name, t.both, t.first, t.second, t.neither, round(value), round(low), round(high)}
}

// count counts what became of a model's replies.
func (x *exam) count(m *Model, replies []given) {
	for _, g := range replies {
		switch {
		case g.Finish == refused:
			m.Refused++
		case g.Finish != Stop:
			m.Cut++
		}
		if g.Masked {
			m.Masked++
		}
		if g.Sources > 0 {
			m.Sourced++
		}
	}
}

// checks measures what is required, and that nothing asked was seen before.
func checks(r *Report, require map[string]float64) []stage.Check {
	seen := float64(r.Unseen.Seen)
	list := []stage.Check{{Name: stage.NeedUnseen, Want: 0, Got: &seen, OK: seen == 0}}
	for _, key := range slices.Sorted(maps.Keys(require)) {
		c := stage.Check{Name: key, Want: require[key]}
		if got, ok := measure(r, key); ok {
			c.OK = got >= c.Want
			// Cut, not rounded: what fell short is never shown as what was wanted.
			got = math.Floor(float64(got*1e4)+1e-6) / 1e4
			c.Got = &got
		}
		list = append(list, c)
	}
	return list
}

// measure returns what a key of require asks for; false if it cannot be told.
func measure(r *Report, key string) (float64, bool) {
	tutor := len(r.Models) - 1
	share := func(g *Group) float64 { return float64(g.Scores[tutor].Right) / float64(g.Problems) }
	switch key {
	case stage.NeedAccuracy:
		return share(&r.Overall), true
	case stage.NeedLow:
		return r.Overall.Scores[tutor].Low, true
	case stage.NeedGain:
		if c := r.Change(Direct); c != nil {
			return c.Overall.Value, true
		}
		return 0, false
	}
	for i := range r.Families {
		if r.Families[i].Name == key {
			return share(&r.Families[i]), true
		}
	}
	return 0, false
}
