package stage

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Questions are one by their keys; of two problems what makes an answer right decides, however
// it is spaced, and of a problem and a conversation the keys alone.
func TestQuestion(t *testing.T) {
	chat, sum, spaced, other := QuestionOf("k", nil), QuestionOf("k", json.RawMessage(`{"answer":"5"}`)), QuestionOf("k", json.RawMessage(`{ "answer": "5" }`)), QuestionOf("k", json.RawMessage(`{"answer":"6"}`))
	for _, c := range []struct {
		a, b Question
		same bool
	}{{chat, chat, true}, {chat, sum, true}, {sum, chat, true}, {sum, spaced, true}, {sum, other, false}, {chat, QuestionOf("l", nil), false}} {
		if c.a.Same(c.b) != c.same {
			t.Errorf("%v and %v: %v", c.a, c.b, !c.same)
		}
	}
}

// The questions of a part are read from its examples, or of lessons from its problems, up to
// so many bytes.
func TestQuestions(t *testing.T) {
	one, two := `{"key":"a","messages":[]}`+"\n", `{"key":"b","verify":{"answer":"1"}}`+"\n"
	a, b := QuestionOf("a", nil), QuestionOf("b", json.RawMessage(`{"answer":"1"}`))
	for _, c := range []struct {
		file, text string
		most       int64
		want       []Question
		whole      bool
	}{
		{ExamplesFile, one + two, 0, []Question{a, b}, true},
		{ExamplesFile, one + two, 1000, []Question{a, b}, true},
		{ExamplesFile, one + two, int64(len(one)) + 5, []Question{a}, false},
		{ProblemsFile, two, 0, []Question{b}, true},
		{ExamplesFile, one + "{\n" + two, 0, []Question{a}, true},
		{"none", one, 0, nil, false},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, c.file), []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		list, whole := Questions(dir, c.most)
		if got := slices.Collect(list); !slices.Equal(got, c.want) || whole != c.whole {
			t.Errorf("%s of %d: %v, %v", c.file, c.most, got, whole)
		}
	}
}
