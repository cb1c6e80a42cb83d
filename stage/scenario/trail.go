package scenario

import (
	"context"
	"slices"

	"suiren/engine/infer"
	"suiren/engine/tokenizer"
	"suiren/stage"
)

// A Trail is how an answer was made: enough to make it again.
type Trail struct {
	Asked  bool          // the model was; else the answer is the scenario's own words
	Made   infer.Request // as the model got it; if it was not asked, its prompt is the question
	Tokens []int32       // of thought and answer, or of those words
	Finish string        // "" if the answer was left

	Principals []string // of whoever asked, if the model was not
}

// Again makes the answer of a trail again and returns its first n tokens. Of
// the request, prompt, thought, seed and sampling count.
func (s *Scenario) Again(ctx context.Context, t *Trail, n int) ([]int32, error) {
	if !t.Asked {
		reading, err := s.Read([]stage.Message{{Role: "user", Content: s.model.Tokenizer.Decode(t.Made.Prompt)}}, t.Principals)
		if reading.Known == nil {
			return nil, err
		}
		ids := s.model.Tokenizer.Encode(nil, spoken(reading.Known))
		return ids[:min(n, len(ids))], nil
	}
	r := s.model.Ask([]tokenizer.Message{{Role: "user"}}, t.Made.Think, t.Made.MaxTokens)
	r.Prompt, r.Open, r.Think = t.Made.Prompt, t.Made.Open, t.Made.Think
	r.Temperature, r.TopP, r.Seed = t.Made.Temperature, t.Made.TopP, t.Made.Seed
	var ids []int32
	for tok, err := range s.engine.Generate(ctx, r) {
		if err != nil {
			return nil, err
		}
		if tok.Finish != infer.Stopped {
			ids = append(ids, tok.ID)
		}
		if len(ids) >= n {
			break
		}
	}
	return ids, nil
}

// Text is what tokens of an answer say that Again made, without those that are not text.
func (s *Scenario) Text(ids []int32) string {
	return s.model.Tokenizer.Decode(slices.DeleteFunc(slices.Clone(ids), func(id int32) bool { return s.special[id] }))
}
