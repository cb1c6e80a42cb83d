package guard

import (
	_ "embed"
	"encoding/json"
	"slices"
)

// A Trial says whether a policy does what its own rules say: it finds the
// words that it lists, in a sentence and in both directions, and lets ordinary
// sentences pass.
type Trial struct {
	Words    int      `json:"words"`  // that were tried, over both directions
	Caught   int      `json:"caught"` // or part of an allowed phrase
	Ordinary int      `json:"ordinary"`
	Refused  int      `json:"refused"`            // of the ordinary
	Examples []string `json:"examples,omitempty"` // rules of words that were missed, ordinary sentences that were refused
}

// OK reports whether all words were caught and no ordinary sentence refused.
func (t *Trial) OK() bool { return t.Caught == t.Words && t.Refused == 0 && t.Ordinary > 0 }

// maxTried bounds the words of a direction that are tried; of more, they are
// spread over all.
const maxTried = 5000

//go:embed ordinary.json
var ordinaryJSON []byte

// TryPolicy tries the policy in a directory.
func TryPolicy(dir string) (*Trial, error) {
	p, err := Open(dir)
	if err != nil {
		return nil, err
	}
	t := &Trial{}
	note := func(what string) {
		if len(t.Examples) < maxDiffers {
			t.Examples = append(t.Examples, what)
		}
	}
	// heard reports whether a rail does anything about a text, and whether it
	// refuses it, or would if it did not only observe.
	heard := func(on Stage, text string) (any, refuses bool) {
		r := p.Rail(on, Context{})
		_, rule := filter(r, text)
		any, refuses = rule != "" || r.Changed(), rule != ""
		for _, n := range r.Notes() {
			any = true
			refuses = refuses || n.Observed && slices.Index(actions, n.Action) >= slices.Index(actions, retract)
		}
		return any, refuses
	}
	directions := []Stage{Input, Output}
	for _, on := range directions {
		type word struct{ rule, text string }
		var words []word
		var allow []string
		for _, d := range p.bases {
			allow = append(allow, d.Allow...)
			for _, r := range d.Rules {
				if len(r.On) == 0 || slices.Contains(r.On, on) {
					for _, w := range r.Keywords {
						words = append(words, word{r.ID, w})
					}
				}
			}
		}
		for i := 0; i < len(words); i += 1 + len(words)/maxTried {
			t.Words++
			w := words[i]
			if any, _ := heard(on, "请问 "+w.text+" 。Please tell me."); any || allowed(w.text, allow) {
				t.Caught++
			} else {
				note(string(on) + " " + w.rule)
			}
		}
	}
	var ordinary []string
	if err := json.Unmarshal(ordinaryJSON, &ordinary); err != nil {
		return nil, err
	}
	for _, text := range ordinary {
		t.Ordinary++
		if slices.ContainsFunc(directions, func(on Stage) bool { _, refuses := heard(on, text); return refuses }) {
			t.Refused++
			note(text)
		}
	}
	return t, nil
}

// allowed reports whether a word is found in no text because a phrase of the
// same letters is allowed.
func allowed(word string, phrases []string) bool {
	folded, err := foldKeyword(word)
	if err != nil {
		return true
	}
	for _, p := range phrases {
		if f, err := foldKeyword(p); err == nil && string(f) == string(folded) {
			return true
		}
	}
	return false
}
