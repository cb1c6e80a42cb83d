package infer

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"

	"suiren/engine/grammar"
)

const bytesEnd = 256 // the stop token of a vocabulary of bytes

func bytesVocab() *grammar.Vocab {
	return grammar.NewVocab(bytesEnd+3, func(id int32) []byte {
		if id < bytesEnd {
			return []byte{byte(id)}
		}
		return []byte("<|end|>")
	}, func(id int32) bool { return id >= bytesEnd })
}

// unsteered is a matcher that does not care for room.
type unsteered struct{ *grammar.Matcher }

func (unsteered) Fits(int32, int) bool { return true }

// babble answers r after random logits.
func babble(t *testing.T, r Request, limit int) ([]int32, string) {
	t.Helper()
	v, c := newVoice(&r, limit), newChooser(bytesEnd+3)
	z := make([]float32, bytesEnd+3)
	for {
		rng := rand.New(rand.NewPCG(r.Seed, uint64(v.n)))
		for i := range z {
			z[i] = 4 * rng.Float32()
		}
		tok, err := v.next(c, z)
		if err != nil {
			t.Fatalf("after %q: %v", text(v.ids[1:]), err)
		}
		if tok.Finish != "" {
			if v.steered > 0 && min(r.MaxTokens, limit) > 10_000 {
				t.Errorf("%d tokens were steered far from the limit", v.steered)
			}
			return v.ids[1:], tok.Finish
		}
	}
}

func text(ids []int32) string {
	var b []byte
	for _, id := range ids {
		if id < bytesEnd {
			b = append(b, byte(id))
		}
	}
	return string(b)
}

// A bound answer ends in its room if its shortest form does, with a thought
// before it or without; far from its limit it is what it would be anyway.
func TestEndsInItsRoom(t *testing.T) {
	g, err := grammar.Schema([]byte(`{"type": "object", "properties": {"name": {"type": "string"}, "tags": {"type": "array", "items": {"enum": ["red", "green"]}, "minItems": 2},
		"size": {"type": "number", "maximum": 10}, "more": {"$ref": "#"}}, "required": ["name", "tags"], "additionalProperties": false}`))
	if err != nil {
		t.Fatal(err)
	}
	vocab := bytesVocab()
	shortest, ok := g.Start(vocab).Ending()
	if want := `{"name":"","tags":["red","red"]}`; !ok || len(shortest) != len(want) {
		t.Fatalf("the shortest answer is %q, %t; want %q", text(shortest), ok, want)
	}
	cut := 0
	for seed := range uint64(200) {
		r := Request{Prompt: []int32{0}, Stop: []int32{bytesEnd}, Seed: seed, Temperature: float32(seed % 3), TopK: int(seed % 2 * 40)}
		think := 0
		if seed%4 == 3 {
			r.Open, r.ThinkEnd = true, []int32{bytesEnd + 1}
			think = 1 + int(seed%9)
		}
		r.MaxTokens = len(shortest) + 1 + int(seed%60) + think
		limit := r.MaxTokens + 1
		if seed%5 == 0 { // the context is what is short
			r.MaxTokens = 1 << 20
		}
		r.Constraint = g.Start(vocab)
		ids, finish := babble(t, r, limit)
		if at := slices.Index(ids, bytesEnd+1); at >= 0 {
			ids = ids[at+1:]
		}
		if finish != Stopped || !json.Valid([]byte(text(ids))) {
			t.Errorf("seed %d: %s after %q", seed, finish, text(ids))
		}
		r.Constraint = unsteered{g.Start(vocab)}
		if _, finish := babble(t, r, limit); finish == Cut {
			cut++
		}
	}
	if cut < 100 {
		t.Errorf("without care %d of 200 answers are cut: the test shows little", cut)
	}
	for seed := range uint64(20) {
		r := Request{Prompt: []int32{0}, Stop: []int32{bytesEnd}, Seed: seed, Temperature: 1, MaxTokens: 100_000, Constraint: g.Start(vocab)}
		a, _ := babble(t, r, 200_000)
		r.Constraint = unsteered{g.Start(vocab)}
		if b, _ := babble(t, r, 200_000); !slices.Equal(a, b) {
			t.Errorf("seed %d: with much room\n%q became\n%q", seed, text(b), text(a))
		}
	}
}

// Where there is no room for the shortest form, the answer is cut.
func TestCutWhereNothingFits(t *testing.T) {
	g, err := grammar.Schema([]byte(`{"type": "object", "required": ["name"]}`))
	if err != nil {
		t.Fatal(err)
	}
	vocab := bytesVocab()
	for room := 1; room < 11; room++ {
		r := Request{Prompt: []int32{0}, Stop: []int32{bytesEnd}, Temperature: 1, MaxTokens: room, Constraint: g.Start(vocab)}
		if ids, finish := babble(t, r, 1000); finish != Cut || len(ids) != room {
			t.Errorf("room for %d tokens: %s after %q", room, finish, text(ids))
		}
	}
}
