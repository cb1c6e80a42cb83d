package stage

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"

	"suiren/internal/say"
)

// A Problem is a question with an exact answer: a line of problems.jsonl.
// Examples, rewards and verdicts all read this one form.
type Problem struct {
	ID     string `json:"id"`
	Key    string `json:"key"`    // canonical: survives reordering and rephrasing
	Family string `json:"family"` // one of Families
	Lang   string `json:"lang"`   // zh or en
	Level  int    `json:"level"`  // difficulty within the family: digits, operations, steps
	Prompt string `json:"prompt"`
	Think  string `json:"think"`  // a correct thought that leads to Answer
	Answer string `json:"answer"` // exact

	// Of the owner's problems. Think and Answer are what the owner gave to learn, or empty.
	Context []Message         `json:"context,omitempty"` // before Prompt
	Tools   []json.RawMessage `json:"tools,omitempty"`   // that the question offers, as in Example
	Verify  json.RawMessage   `json:"verify,omitempty"`  // what makes an answer right: see stage/verify
}

// Families are the families of problem, in the order in which people are
// told of them.
var Families = []string{"add", "sub", "mul", "order", "linear", "word", "countdown", "countdown4", "system", "calendar", "unit"}

// FamilyText is a family's name for people; of one that is not in Families
// it is the name itself.
func FamilyText(family string) say.Text {
	switch family {
	case "add":
		return say.T("addition", "加法")
	case "sub":
		return say.T("subtraction", "减法")
	case "mul":
		return say.T("multiplication", "乘法")
	case "countdown":
		return say.T("countdown", "凑数")
	case "countdown4":
		return say.T("countdown of four numbers", "四数凑数")
	case "system":
		return say.T("linear systems", "二元一次方程组")
	case "calendar":
		return say.T("calendar", "日历")
	case "unit":
		return say.T("units", "单位换算")
	case "order":
		return say.T("order of operations", "四则运算")
	case "linear":
		return say.T("linear equations", "一元一次方程")
	case "word":
		return say.T("word problems", "应用题")
	case "own": // the owner's
		return say.T("own problems", "自有题目")
	}
	return say.T(family, family)
}

// Asking is the conversation that a problem is asked with: what comes before it,
// and it.
func (p *Problem) Asking() []Message {
	return append(p.Context[:len(p.Context):len(p.Context)], Message{Role: "user", Content: p.Prompt})
}

// Correct reports whether a reply, after its thought, gives exactly p's
// answer. Space around it and one final period do not matter. One whose thought has not
// ended gives none.
func (p *Problem) Correct(reply string) bool {
	if _, after, ok := strings.Cut(reply, "</think>"); ok {
		reply = after
	}
	if strings.HasPrefix(strings.TrimSpace(reply), "<think>") {
		return false
	}
	reply = Trimmed(reply)
	return reply != "" && reply == p.Answer
}

// Trimmed is a reply without the space around it and a last full stop.
func Trimmed(reply string) string {
	reply = strings.TrimSpace(reply)
	return strings.TrimSpace(strings.TrimSuffix(strings.TrimSuffix(reply, "."), "。"))
}

// Problems reads a file of JSON Lines, one problem at a time. Errors name file
// and line, and end it.
func Problems(path string) iter.Seq2[Problem, error] {
	return func(yield func(Problem, error) bool) {
		f, err := openPart(path)
		if err != nil {
			yield(Problem{}, err)
			return
		}
		defer f.Close()
		s := bufio.NewScanner(f)
		s.Buffer(nil, maxExampleLine)
		for n := 1; s.Scan(); n++ {
			var p Problem
			if err := json.Unmarshal(s.Bytes(), &p); err != nil {
				yield(Problem{}, fmt.Errorf("%s:%d: %w", path, n, err))
				return
			}
			if !yield(p, nil) {
				return
			}
		}
		if err := s.Err(); err != nil {
			yield(Problem{}, fmt.Errorf("%s: %w", path, err))
		}
	}
}

// ReadProblems reads all of a file as Problems does.
func ReadProblems(path string) ([]Problem, error) {
	var list []Problem
	for p, err := range Problems(path) {
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

// WriteProblems writes problems as JSON Lines.
func WriteProblems(w io.Writer, list []Problem) error {
	b := bufio.NewWriter(w)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	for i := range list {
		if err := e.Encode(&list[i]); err != nil {
			return err
		}
	}
	return b.Flush()
}
