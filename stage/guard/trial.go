package guard

import (
	_ "embed"
	"encoding/json"
	"os"
	"path/filepath"

	"suiren/internal/say"
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
	path := filepath.Join(dir, policyFile)
	b, err := os.ReadFile(path) // Open bounded it
	if err != nil {
		return nil, err
	}
	var doc struct {
		Rules []struct {
			ID       string   `json:"id"`
			On       []string `json:"on"`
			Keywords []string `json:"keywords"`
		} `json:"rules"`
		Allow []string `json:"allow"`
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		return nil, &say.Error{Where: path, Err: err, What: say.T("cannot be read: %v", "无法读取：%v", err)}
	}
	t := &Trial{}
	note := func(what string) {
		if len(t.Examples) < maxDiffers {
			t.Examples = append(t.Examples, what)
		}
	}
	hit := func(r *Rail, text string) bool {
		_, rule := filter(r, text)
		return rule != "" || len(r.Hits()) > 0
	}
	for _, on := range []string{"input", "output"} {
		type word struct{ rule, text string }
		var words []word
		for _, r := range doc.Rules {
			for _, o := range r.On {
				if o == on {
					for _, w := range r.Keywords {
						words = append(words, word{r.ID, w})
					}
				}
			}
		}
		rail := p.Input
		if on == "output" {
			rail = p.Output
		}
		for i := 0; i < len(words); i += 1 + len(words)/maxTried {
			t.Words++
			if w := words[i]; hit(rail(), "请问 "+w.text+" 。Please tell me.") || allowed(w.text, doc.Allow) {
				t.Caught++
			} else {
				note(on + " " + w.rule)
			}
		}
	}
	var ordinary []string
	if err := json.Unmarshal(ordinaryJSON, &ordinary); err != nil {
		return nil, err
	}
	for _, text := range ordinary {
		t.Ordinary++
		if hit(p.Input(), text) || hit(p.Output(), text) {
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
