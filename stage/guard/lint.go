package guard

import (
	_ "embed"
	"slices"
	"strings"
	"time"

	"suiren/internal/say"
)

//go:embed requirements.json
var requirementsJSON []byte

// requirements is requirements.json: what a regulation asks of a library of
// keywords, with who has confirmed it against the regulation's text.
type requirements struct {
	Source       string `json:"source"`
	ConfirmedBy  string `json:"confirmed_by"`
	ConfirmedOn  string `json:"confirmed_on"`
	Requirements []struct {
		ID    string `json:"id"`
		Class string `json:"class"` // and those below it; "": all
		Least int    `json:"least"`
		En    string `json:"en"`
		Zh    string `json:"zh"`
	} `json:"requirements"`
}

// A Lint is what is to be said of lists of keywords.
type Lint struct {
	Words    int       `json:"words"`
	Allowed  int       `json:"allowed"` // phrases in which keywords are none
	Findings []Finding `json:"findings"`
	Counts   []Count   `json:"counts"`
	Source   string    `json:"source"`    // of the counts that are asked for
	Agreed   string    `json:"confirmed"` // who confirmed them against its text, and when; "": nobody
}

// A Finding is about one word.
type Finding struct {
	Kind  string `json:"kind"`  // duplicate, covered, expired, unowned
	Where string `json:"where"` // file and line
	Word  string `json:"word"`
	Other string `json:"other,omitempty"` // place of the word that makes this one needless
}

// A Count is a requirement and what there is.
type Count struct {
	ID    string   `json:"id"`
	Name  say.Text `json:"-"`
	Have  int      `json:"have"`
	Least int      `json:"least"`
}

// LintWords judges lists of keywords, as of a day: which words are there twice
// (as rails compare them), never found because a shorter one is, past their
// review, or nobody's; and the counts that the regulation asks for.
func LintWords(words []Word, today time.Time) (*Lint, error) {
	var need requirements
	if err := strict(requirementsJSON, &need); err != nil {
		return nil, err
	}
	l := &Lint{Findings: []Finding{}, Source: need.Source}
	if need.ConfirmedBy != "" {
		l.Agreed = need.ConfirmedBy + " " + need.ConfirmedOn
	}
	byClass := map[string]int{}
	first := map[string]int{} // folded word to its index
	var folded [][]rune
	for i, w := range words {
		f, err := foldKeyword(w.Text)
		if err != nil {
			return nil, err
		}
		folded = append(folded, f)
		find := func(kind, other string) { l.Findings = append(l.Findings, Finding{kind, w.Where, w.Text, other}) }
		if !w.Review.IsZero() && past(w.Review.Format(time.DateOnly), today) {
			find("expired", "")
		}
		if w.Owner == "" {
			find("unowned", "")
		}
		if w.Class == allowClass {
			l.Allowed++
			continue
		}
		if j, ok := first[string(f)]; ok {
			find("duplicate", words[j].Where)
			continue
		}
		first[string(f)] = i
		l.Words++
		byClass[w.Class]++
	}
	l.covered(words, folded, first)
	for _, r := range need.Requirements {
		c := Count{ID: r.ID, Name: say.Text{En: r.En, Zh: r.Zh}, Least: r.Least}
		for class, n := range byClass {
			if r.Class == "" || class == r.Class || strings.HasPrefix(class, r.Class+".") {
				c.Have += n
			}
		}
		l.Counts = append(l.Counts, c)
	}
	return l, nil
}

// covered finds the words inside which another one is found first.
func (l *Lint) covered(words []Word, folded [][]rune, first map[string]int) {
	var list [][]rune
	var index []int
	for i := range words {
		if j, ok := first[string(folded[i])]; ok && j == i {
			list, index = append(list, folded[i]), append(index, i)
		}
	}
	a := build(list)
	for k, f := range list {
		at := int32(0)
		for i, r := range f {
			at = a.step(at, r)
			n := a.nodes[at].also
			if i < len(f)-1 && a.nodes[at].word >= 0 {
				n = at
			}
			// Where words are written apart, one is not found inside another.
			if n == 0 || slices.ContainsFunc(list[a.nodes[n].word], joined) {
				continue
			}
			l.Findings = append(l.Findings, Finding{"covered", words[index[k]].Where, words[index[k]].Text, words[index[a.nodes[n].word]].Where})
			break
		}
	}
}
