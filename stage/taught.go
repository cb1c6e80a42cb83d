package stage

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// WeightsFile is what the maker of weights knows and their readers need, in
// their folder.
const WeightsFile = "suiren.json"

// maxWeightsFile bounds it in bytes.
const maxWeightsFile = 1 << 24

// A Taught is behind what answers were learnt by weights that were trained here
// from random ones, beyond single questions. What such a model was never shown it
// does not understand, so it is asked no more than this.
type Taught struct {
	System bool `json:"system,omitempty"` // instructions before a conversation
	Turns  bool `json:"turns,omitempty"`  // questions and answers before the last question
	Tools  bool `json:"tools,omitempty"`  // of the caller's, and their results
}

// Add notes an answer that is learnt behind messages, with tools.
func (t *Taught) Add(before []Message, tools []json.RawMessage) {
	t.Tools = t.Tools || len(tools) > 0
	asked := false // a question before the one at hand
	for _, m := range before {
		switch m.Role {
		case "system", "developer":
			t.System = true
		case "user":
			t.Turns, asked = t.Turns || asked, true
		}
	}
}

// Or adds what another was taught.
func (t *Taught) Or(o Taught) {
	t.System, t.Turns, t.Tools = t.System || o.System, t.Turns || o.Turns, t.Tools || o.Tools
}

// TaughtOf returns what the weights in dir were taught; nil if they do not say
// how they were made, as those from elsewhere.
func TaughtOf(dir string) (*Taught, error) {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() { // a GGUF file
		return nil, nil
	}
	path := filepath.Join(dir, WeightsFile)
	b, err := ReadFile(path, maxWeightsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var f struct{ Taught Taught }
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &f.Taught, nil
}
