package data

import (
	"cmp"
	"errors"
	"slices"

	"github.com/cespare/xxhash/v2"

	"suiren/stage"
)

// A Sample is a document for a person to judge: Label is to become good or bad.
type Sample struct {
	ID      string `json:"id"`
	Path    string `json:"path"`
	Verdict string `json:"verdict"` // kept, or the reason of leaving it out
	Text    string `json:"text"`
	Label   string `json:"label"`
}

// Review draws up to n documents of each verdict from the corpus in dir, and their
// texts from the folders it was made from. Which are drawn depends on their ids
// alone.
func Review(dir string, inputs []string, n int) ([]Sample, error) {
	type drawn struct {
		hash uint64
		s    Sample
	}
	strata := map[string][]drawn{}
	err := ReadJournal(dir, func(e *Entry) error {
		if e.Reason == reasonEmpty {
			return nil
		}
		v := verdict(e)
		d := drawn{xxhash.Sum64String("review\x00" + e.ID), Sample{ID: e.ID, Path: e.Path, Verdict: v}}
		list := strata[v]
		i, _ := slices.BinarySearchFunc(list, d, func(a, b drawn) int { return cmp.Compare(a.hash, b.hash) })
		if i < n {
			list = slices.Insert(list, i, d)
			strata[v] = list[:min(n, len(list))]
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var list []Sample
	place := map[string][]int{}
	for _, v := range slices.Sorted(func(yield func(string) bool) {
		for v := range strata {
			if !yield(v) {
				return
			}
		}
	}) {
		for _, d := range strata[v] {
			place[d.s.ID] = append(place[d.s.ID], len(list))
			list = append(list, d.s)
		}
	}
	for _, in := range inputs {
		err := readLines(documentsFile(in), func(d Document) error {
			for _, i := range place[d.ID] {
				list[i].Text = clean(d.Text)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// A Share is how many of the samples of a verdict are good, with the interval in
// which the share of all such documents lies with 95 % probability (Wilson 1927).
type Share struct {
	Verdict   string  `json:"verdict"`
	Good      int     `json:"good"`
	Labelled  int     `json:"labelled"`
	Low, High float64 // of the share
}

// Shares counts the labels of a reviewed file of samples, by verdict.
func Shares(file string) ([]Share, error) {
	m := map[string]*Share{}
	err := ownLines(file, file, func(_ int, s *Sample) error {
		if s.Label != "good" && s.Label != "bad" {
			return nil
		}
		if m[s.Verdict] == nil {
			m[s.Verdict] = &Share{Verdict: s.Verdict}
		}
		m[s.Verdict].Labelled++
		if s.Label == "good" {
			m[s.Verdict].Good++
		}
		return nil
	})
	var list []Share
	for _, s := range m {
		s.Low, s.High = stage.Wilson(s.Good, s.Labelled)
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b Share) int { return cmp.Compare(a.Verdict, b.Verdict) })
	return list, err
}

// An Agreement is how far two people gave the same labels to the samples that both
// labelled, and by how much that is more than chance.
//
// Cohen: A coefficient of agreement for nominal scales, 1960.
type Agreement struct {
	Both  int      `json:"both"`
	Alike int      `json:"alike"`
	Kappa *float64 `json:"kappa,omitempty"` // 1 is always, 0 as by chance; nil where both gave one label alone
	Other []string `json:"other,omitempty"` // paths of the samples with two labels
}

// Agree compares two labelled files of samples, by their ids.
func Agree(a, b string) (*Agreement, error) {
	first := map[string]string{}
	labelled := func(file string, f func(Sample)) error {
		return ownLines(file, file, func(_ int, s *Sample) error {
			if s.Label == "good" || s.Label == "bad" {
				f(*s)
			}
			return nil
		})
	}
	if err := labelled(a, func(s Sample) { first[s.ID] = s.Label }); err != nil {
		return nil, err
	}
	g := &Agreement{}
	var good [2]int // of those that both labelled
	err := labelled(b, func(s Sample) {
		old, ok := first[s.ID]
		if !ok {
			return
		}
		delete(first, s.ID) // a line that stands twice counts once
		g.Both++
		for i, l := range []string{old, s.Label} {
			if l == "good" {
				good[i]++
			}
		}
		if old == s.Label {
			g.Alike++
		} else {
			g.Other = append(g.Other, s.Path)
		}
	})
	if n := float64(g.Both); n > 0 {
		x, y := float64(good[0])/n, float64(good[1])/n
		if chance := x*y + (1-x)*(1-y); chance < 1 {
			k := (float64(g.Alike)/n - chance) / (1 - chance)
			g.Kappa = &k
		}
	}
	return g, err
}

// TextOf returns the text of a document from one of the folders that a corpus
// was made of; "" if it is in none of them.
func TextOf(inputs []string, id string) (text string, err error) {
	for _, in := range inputs {
		err := readLines(documentsFile(in), func(d Document) error {
			if d.ID != id {
				return nil
			}
			text = d.Text
			return errFound
		})
		if errors.Is(err, errFound) {
			return text, nil
		}
		if err != nil {
			return "", err
		}
	}
	return "", nil
}
