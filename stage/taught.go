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

// told is what a weights file says to those who ask the weights.
type told struct {
	Method string
	Steps  int // of all that it was trained here
	Taught Taught
	Direct bool // chats were learnt, and none of them has a thought
	Plain  bool // of a copy: nothing was learnt but plain text; of what was made here the store knows it
}

// TaughtOf returns what the weights in dir were taught; nil if they do not say
// how they were made, as those from elsewhere.
func TaughtOf(dir string) (*Taught, error) {
	f, err := toldIn(dir)
	if f == nil || (f.Direct || f.Plain) && *f == (told{Direct: f.Direct, Plain: f.Plain}) { // a copy of what said no more itself
		return nil, err
	}
	return &f.Taught, nil
}

// DirectOf reports whether the weights in dir were taught chats of which none has a
// thought: they are asked without one, unless who asks says otherwise. known is false
// if they do not say how they were made.
func DirectOf(dir string) (direct, known bool, err error) {
	f, err := toldIn(dir)
	if f == nil {
		return false, false, err
	}
	return f.Direct, true, nil
}

// PlainOf reports whether the weights file in dir says that they were taught plain text alone.
func PlainOf(dir string) (plain, known bool, err error) {
	f, err := toldIn(dir)
	if f == nil {
		return false, false, err
	}
	return f.Plain, true, nil
}

// TrainedOf reports whether the weights in dir say that they were trained here.
func TrainedOf(dir string) (trained, known bool, err error) {
	f, err := toldIn(dir)
	if f == nil {
		return false, false, err
	}
	return f.Steps > 0, true, nil
}

// toldIn reads the weights file in dir; nil if there is none.
func toldIn(dir string) (*told, error) {
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
	f := new(told)
	if err := json.Unmarshal(b, f); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}
