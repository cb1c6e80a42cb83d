package data

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"

	"suiren/internal/say"
	"suiren/stage"
)

// An admission says which examples a block takes, and notes what is wrong with the others.
// A plan asks it as a run does, so that both refuse the same in the same words.
type admission struct {
	use      stage.Use
	first    string // where the first example stands
	field    string // what of it makes a pair of a conversation
	total    int
	families map[string]bool
	faults   stage.Faults
	seen     map[[16]byte]bool // what was admitted
}

// read takes an example of the owner's, or err in its place: then it is noted, and the next
// may be read. Its error ends the reading.
func (a *admission) read(e *stage.Example, err error) (taken bool, end error) {
	if err != nil {
		return false, a.faults.Add(err)
	}
	end = a.admit(e)
	return end == nil, end
}

// admit refuses an example that does not go with those before it.
func (a *admission) admit(e *stage.Example) error {
	use := e.Use()
	if a.first == "" {
		a.first, a.field, a.use, a.families = e.From, e.Field, use, map[string]bool{}
	}
	if use != a.use {
		next := say.T("make a block for each", "请分成不同的块")
		if field := cmp.Or(e.Field, a.field); field != "" {
			next = say.T("make a block for each, or delete %s, which makes a pair of a conversation", "请分成不同的块，或删去 %s（它使对话成为偏好对）", field)
		}
		return &say.Error{Where: e.From, What: say.T("this example is for %s, and the one at %s for %s", "这条样例用于 %s，而 %s 处的样例用于 %s", string(use), a.first, string(a.use)),
			Next: next}
	}
	if a.total++; a.total > maxExamples {
		return &say.Error{Where: e.From, What: say.T("there are more than %d examples", "样例超过 %d 条", maxExamples), Next: say.T("make several blocks of them", "请分成几个块")}
	}
	if a.families[e.Family] = true; len(a.families) > maxFamilies {
		return &say.Error{Where: e.From, What: say.T("there are more than %d families of problems", "题目的 family 超过 %d 种", maxFamilies),
			Next: say.T("give family the name of a kind that many problems are of, or leave it out", "请在 family 中写多道题共有的种类，或省略此项")}
	}
	return nil
}

// twice reports whether an example was there before, wherever it stands, and notes it.
func (a *admission) twice(e *stage.Example) (bool, error) {
	at := *e
	at.From, at.Field = "", ""
	text, err := json.Marshal(&at)
	if err != nil {
		return false, err
	}
	h := sha256.Sum256(text)
	sum := [16]byte(h[:16])
	if a.seen[sum] {
		return true, nil
	}
	if a.seen == nil {
		a.seen = map[[16]byte]bool{}
	}
	a.seen[sum] = true
	return false, nil
}
