package data

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// Lessons is the operator that makes examples: problems of several families
// in one or two languages, each with a thought and an exact answer. Parts:
//
//	train    what models learn from, easy problems first
//	watch    scored while a model is trained by reinforcement
//	heldout  scored once, by the verdict
//	length   longer than any that is taught
//	report   report.json: what was made, dropped and kept
//
// A problem's part is a function of its canonical key, which survives
// reordering and rephrasing, so no part holds another's problem in other words.
type Lessons struct {
	Languages []string `plan:"languages,optional"` // en, zh; none: both
	Families  []string `plan:"families,optional"`  // none: the families of the tutor
	Count     int      `plan:"count,optional" min:"100" max:"10000000"`
	Heldout   int      `plan:"heldout,optional" min:"100" max:"100000"`
	Checks    int      `plan:"checks,optional" min:"1" max:"8" json:",omitempty"` // most times that a thought is gone through again
	Seed      uint64   `plan:"seed,optional"`
}

// Name, Revision and Out implement stage.Operator.
func (*Lessons) Name() string    { return "lessons" }
func (*Lessons) Revision() int   { return 1 }
func (*Lessons) Out() store.Kind { return store.Examples }

// What is made when the plan does not say.
const (
	defaultCount   = 60_000
	defaultHeldout = 2000
	watchProblems  = 720 // in all families
	lengthPerLevel = 40  // of each family
	problemsFile   = "problems.jsonl"
)

var languages = []string{"en", "zh"}

func (l *Lessons) count() int   { return orDefault(l.Count, defaultCount) }
func (l *Lessons) heldout() int { return orDefault(l.Heldout, defaultHeldout) }

// Settled implements stage.Settler.
func (l *Lessons) Settled() map[string]any {
	var names []string
	for _, f := range l.list() {
		names = append(names, f.name)
	}
	return map[string]any{"languages": l.langs(), "families": names, "count": l.count(), "heldout": l.heldout(), "seed": l.Seed}
}

func orDefault(v, d int) int {
	if v == 0 {
		return d
	}
	return v
}

func (l *Lessons) langs() []string {
	if len(l.Languages) == 0 {
		return languages
	}
	return l.Languages
}

// list returns the families to make.
func (l *Lessons) list() []family {
	var list []family
	for _, f := range families {
		if len(l.Families) == 0 && !f.extra || slices.Contains(l.Families, f.name) {
			list = append(list, f)
		}
	}
	return list
}

// Check implements stage.Checker.
func (l *Lessons) Check() []*say.Error {
	var list []*say.Error
	unknown := func(where, name string, known []string) {
		list = append(list, &say.Error{Where: where, What: say.T("%q is not known here", "这里没有 %q", name),
			Next: say.T("choose among %s", "可选：%s", known)})
	}
	for _, name := range l.Languages {
		if !slices.Contains(languages, name) {
			unknown("languages", name, languages)
		}
	}
	for _, name := range l.Families {
		if !slices.Contains(familyNames(), name) {
			unknown("families", name, familyNames())
		}
	}
	return list
}

// Forecast implements stage.Forecaster.
func (l *Lessons) Forecast(map[string][]stage.Forecast, stage.Machine) stage.Forecast {
	n, heldout := float64(l.count()), float64(l.heldout())
	var names []string
	for _, f := range l.list() {
		names = append(names, f.name)
	}
	aside := heldout + watchProblems // few keys are theirs: each takes many tries
	return stage.Forecast{
		Low: n*8e-6 + aside*60e-6, High: n*40e-6 + aside*360e-6, Memory: 68<<20 + int64(n)*1100,
		Use: stage.UseProblems, Families: names,
		Basis: say.T("8–40 µs a problem, 60–360 of one that is held out, measured", "每题 8–40 微秒，留出的每题 60–360 微秒（实测）"),
		Size: map[string]float64{
			"problems": n, "watched": watchProblems, "heldout": heldout, "length": float64(lengthPerLevel * 2 * len(l.list())),
			"checks": n * float64(l.Checks) / 2,
		},
	}
}

// A lessonReport is report.json.
type lessonReport struct {
	Languages  []string                  `json:"languages"`
	Families   []string                  `json:"families"`
	Problems   map[string]int            `json:"problems"` // by part
	Keys       map[string]int            `json:"keys"`     // by part, different ones
	Shared     int                       `json:"shared_keys"`
	Generated  int                       `json:"generated"`       // for the part train
	Exact      int                       `json:"exact_duplicate"` // dropped: the prompt was there
	Near       int                       `json:"near_duplicate"`  // dropped: the same words around the same numbers
	HeldOut    int                       `json:"held_out"`        // dropped: the key belongs to another part
	Alike      int                       `json:"decontaminated"`  // dropped: near a problem of another part, with other numbers' order
	ByFamily   map[string]map[string]int `json:"by_family"`       // by part and family
	Exhausted  int                       `json:"exhausted"`       // tries that found nothing new at their level
	Explained  string                    `json:"explained"`
	ExplainedZ string                    `json:"explained_zh"`
}

// maker makes the parts of one artifact.
type maker struct {
	*Lessons
	families []family
	seen     map[string]map[string]bool // folded prompts by part, so that exact and near duplicates are found
	keys     map[string]map[string]bool // by part
	report   lessonReport
}

// Run implements stage.Operator.
func (l *Lessons) Run(ctx context.Context, job *stage.Job) error {
	m := &maker{Lessons: l, families: l.list(), seen: map[string]map[string]bool{}, keys: map[string]map[string]bool{}}
	m.report = lessonReport{
		Languages: l.langs(), Problems: map[string]int{}, Keys: map[string]int{}, ByFamily: map[string]map[string]int{},
		Explained:  "A problem's part is a function of its canonical key: sorted operands, the equation up to symmetry, the story's formula and quantities. shared_keys counts keys that occur in more than one part.",
		ExplainedZ: "题目归属只由规范键决定：排序后的运算数、对称等价的方程、故事的算式与数量。shared_keys 是出现在多个部分中的键数。",
	}
	for _, f := range m.families {
		m.report.Families = append(m.report.Families, f.name)
	}
	for _, p := range []struct {
		name string
		make func(context.Context, *stage.Job) ([]stage.Problem, error)
	}{
		{heldoutPart, m.heldout(heldoutPart, l.heldout())}, {watchPart, m.heldout(watchPart, watchProblems)},
		{lengthPart, m.longer}, {trainPart, m.train},
	} {
		m.seen[p.name], m.keys[p.name] = map[string]bool{}, map[string]bool{}
		list, err := p.make(ctx, job)
		if err != nil {
			return err
		}
		if err := m.write(job.Out, p.name, list); err != nil {
			return err
		}
	}
	for part, keys := range m.keys {
		m.report.Keys[part] = len(keys)
		for key := range keys {
			for other, theirs := range m.keys {
				if other < part && theirs[key] {
					m.report.Shared++
				}
			}
		}
	}
	if m.report.Shared > 0 {
		panic("data: a key is in two parts") // partOf is a function of the key
	}
	dir := filepath.Join(job.Out, reportPart)
	if err := os.Mkdir(dir, 0o777); err != nil {
		return err
	}
	return stage.WriteJSON(filepath.Join(dir, "report.json"), m.report)
}

// write writes a part's problems and counts them.
func (m *maker) write(out, part string, list []stage.Problem) error {
	dir := filepath.Join(out, part)
	if err := os.Mkdir(dir, 0o777); err != nil {
		return err
	}
	m.report.Problems[part] = len(list)
	m.report.ByFamily[part] = map[string]int{}
	for i := range list {
		m.report.ByFamily[part][list[i].Family]++
	}
	f, err := os.Create(filepath.Join(dir, problemsFile))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := stage.WriteProblems(f, list); err != nil {
		return err
	}
	return f.Close()
}

// try makes one problem for a part; ok is false if it does not belong there or is
// there already.
func (m *maker) try(d *draw, part string, f *family, level int, lang string) (p stage.Problem, ok bool) {
	l := f.make(d, level, lang)
	p = l.problem(f, level, lang)
	counting := part == trainPart
	if counting {
		m.report.Generated++
	}
	if part != lengthPart && partOf(p.Key) != part {
		if counting {
			m.report.HeldOut++
		}
		return p, false
	}
	folded := fold(p.Prompt) // 3+4=? is one problem in every language
	for other, theirs := range m.seen {
		if other != part && theirs[folded] {
			if counting {
				m.report.Alike++
			}
			return p, false
		}
	}
	if m.seen[part][folded] {
		if counting && m.seen[part][p.ID] {
			m.report.Exact++
		} else if counting {
			m.report.Near++
		}
		return p, false
	}
	m.seen[part][folded], m.seen[part][p.ID], m.keys[part][p.Key] = true, true, true
	return p, true
}

// tries bounds the search for a new problem of one family and level: small
// numbers make few problems.
const tries = 200

// heldout makes n problems: as many of each family, of each level and language.
func (m *maker) heldout(part string, n int) func(context.Context, *stage.Job) ([]stage.Problem, error) {
	return func(context.Context, *stage.Job) ([]stage.Problem, error) {
		var list []stage.Problem
		langs := m.langs()
		for i := range n {
			f := &m.families[i%len(m.families)]
			round := i / len(m.families)
			lang, level := langs[round%len(langs)], 1+round/len(langs)%f.levels
			d := newDraw(m.Seed, part+f.name, i)
			for t := range tries * f.levels {
				p, ok := m.try(d, part, f, 1+(level-1+t/tries)%f.levels, lang)
				if ok {
					list = append(list, p)
					break
				}
			}
		}
		return list, nil
	}
}

// longer makes the problems beyond what is taught.
func (m *maker) longer(context.Context, *stage.Job) ([]stage.Problem, error) {
	var list []stage.Problem
	langs := m.langs()
	for i := range m.families {
		f := &m.families[i]
		for level := f.levels + 1; level <= f.beyond; level++ {
			for j := range lengthPerLevel {
				d := newDraw(m.Seed, lengthPart+f.name, level*lengthPerLevel+j)
				for range tries {
					if p, ok := m.try(d, lengthPart, f, level, langs[j%len(langs)]); ok {
						list = append(list, p)
						break
					}
				}
			}
		}
	}
	return list, nil
}

// train makes the problems to learn from. Those of level l of L begin (l-1)/2L
// of the way on and are spread evenly from there, so the lessons begin easy,
// what is easy is never forgotten, and the last half has all that will be asked.
func (m *maker) train(ctx context.Context, job *stage.Job) ([]stage.Problem, error) {
	n, langs := m.count(), m.langs()
	var weights []int
	for _, f := range m.families {
		weights = append(weights, f.weight)
	}
	type placed struct {
		at float64
		stage.Problem
	}
	list := make([]placed, 0, n)
	for i := range n {
		if i%1000 == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			job.Emit(stage.Event{Type: "progress", Done: float64(i), Total: float64(n), Unit: "problems"})
		}
		d := newDraw(m.Seed, trainPart, i)
		for t := 0; ; t++ {
			f := &m.families[d.weigh(weights)]
			var levels []int
			for level := range f.levels {
				levels = append(levels, level+2)
			}
			level := 1 + d.weigh(levels)
			if p, ok := m.try(d, trainPart, f, level, langs[d.below(len(langs))]); ok {
				if m.Checks > 0 {
					p.Think = checked(p.Think, newDraw(m.Seed, "checks", i).below(m.Checks+1))
				}
				start := float64(level-1) / float64(2*f.levels)
				list = append(list, placed{start + float64((1-start)*float64(d.below(1<<30)))/(1<<30), p}) // not fused
				break
			}
			if t > 5*tries {
				m.report.Exhausted++
				break
			}
		}
	}
	slices.SortStableFunc(list, func(a, b placed) int { return cmp.Compare(a.at, b.at) })
	problems := make([]stage.Problem, len(list))
	for i := range list {
		problems[i] = list[i].Problem
	}
	job.Emit(stage.Event{Type: "progress", Done: float64(n), Total: float64(n), Unit: "problems"})
	job.Emit(stage.Event{Type: "count", Vals: map[string]float64{
		"generated": float64(m.report.Generated), "exact_duplicate": float64(m.report.Exact), "near_duplicate": float64(m.report.Near),
		"held_out": float64(m.report.HeldOut), "decontaminated": float64(m.report.Alike), "kept": float64(len(problems)),
	}})
	return problems, nil
}

// checked is a thought that is gone through again so many times.
func checked(think string, times int) string {
	return think + strings.Repeat("?\n"+think, times)
}
