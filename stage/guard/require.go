package guard

import (
	"maps"
	"os"
	"path/filepath"
	"slices"

	"suiren/internal/say"
	"suiren/stage"
)

var needs = []string{stage.NeedAccuracy, stage.NeedLow, stage.NeedGain}

// unasked finds the keys of require that no problem of the families tells.
func unasked(require map[string]float64, families []string) (list []*say.Error) {
	for _, key := range slices.Sorted(maps.Keys(require)) {
		if !slices.Contains(needs, key) && !slices.Contains(families, key) {
			list = append(list, &say.Error{Where: "require", What: say.T("a verdict cannot require %q: none of its held-out problems is of that family", "评测不能要求 %q：留出题中没有这一题型", key),
				Next: say.T("it can require %s", "可以要求：%s", slices.Concat(needs, families))})
		}
	}
	return list
}

// familiesIn are the families of problems, inOrder.
func familiesIn(problems []stage.Problem) []string {
	has := map[string]bool{}
	for i := range problems {
		has[problems[i].Family] = true
	}
	return inOrder(has)
}

// inOrder are the families that are keys of a map: the known ones in their order, then others by name.
func inOrder[V any](families map[string]V) (names []string) {
	for _, name := range stage.Families {
		if _, ok := families[name]; ok {
			names = append(names, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(families)) {
		if !slices.Contains(stage.Families, name) {
			names = append(names, name)
		}
	}
	return names
}

// lookedInto is the largest file of problems that a forecast reads, about 30,000 of
// them: it is not to keep a plan waiting.
const lookedInto = 16 << 20

// foretoldFamilies are the families of the problems that f foretells: of those that are
// made the held-out ones', else all that may be held out; nil: they are not known.
func foretoldFamilies(f *stage.Forecast) []string {
	if f.Path == "" {
		return f.Families
	}
	path := filepath.Join(f.Path, "heldout", stage.ProblemsFile)
	if info, err := os.Stat(path); err != nil || info.Size() > lookedInto {
		return nil
	}
	list, err := stage.ReadProblems(path)
	if err != nil { // it is told when they are asked
		return nil
	}
	return familiesIn(list)
}
