package stage

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"suiren/internal/say"
)

// ExamplesFile is the file of a part of examples that holds conversations,
// one Example a line.
const ExamplesFile = "examples.jsonl"

// ProblemsFile is the file of a part of examples that holds problems.
const ProblemsFile = "problems.jsonl"

// WatchPart is the part of examples that is watched while others are learnt.
const WatchPart = "watch"

// A Message is one turn of a conversation, in the form of OpenAI's API.
type Message struct {
	Role    string `json:"role"` // system, developer, user, assistant, tool
	Content string `json:"content"`
	Thought string `json:"reasoning_content,omitempty"`
	Calls   []Call `json:"tool_calls,omitempty"`
	CallID  string `json:"tool_call_id,omitempty"` // the call that a tool answers
	Name    string `json:"name,omitempty"`         // of the tool that answers
	Weight  *int   `json:"weight,omitempty"`       // of the assistant: 0 is read and not learnt
}

// A Call is a call of a tool.
type Call struct {
	ID       string   `json:"id"`
	Type     string   `json:"type"` // function
	Function Function `json:"function"`
}

// A Function is what a Call calls. Arguments is a JSON object, as text.
type Function struct {
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

// An Example is a conversation to learn from, a line of examples.jsonl. By its
// Use it is one of
//
//	chats    Messages, the assistant's last
//	labels   Messages, and Label: whether the last answer is a good one
//	pairs    Prompt, and two answers to it, Chosen and Rejected
//	problems Messages, the user's last or an answer of the assistant to it, which
//	         may be learnt, and Verify: what makes an answer right
type Example struct {
	From     string            `json:"from"` // file:line of the owner's
	Key      string            `json:"key"`  // canonical: of the first user message
	Tools    []json.RawMessage `json:"tools,omitempty"`
	Messages []Message         `json:"messages,omitempty"`
	Label    *bool             `json:"label,omitempty"`
	Prompt   []Message         `json:"prompt,omitempty"`
	Chosen   []Message         `json:"chosen,omitempty"`
	Rejected []Message         `json:"rejected,omitempty"`
	Verify   json.RawMessage   `json:"verify,omitempty"`
	Field    string            `json:"field,omitempty"`  // of a pair that is a conversation but for one field of the owner's: that
	Family   string            `json:"family,omitempty"` // of a problem: its kind, for reinforcement and verdicts; "": none is given
	Level    int               `json:"level,omitempty"`  // of a problem, 1 to 100: how hard; 0: none is given
}

// Use tells what e is for.
func (e *Example) Use() Use {
	switch {
	case e.Chosen != nil:
		return UsePairs
	case e.Label != nil:
		return UseLabels
	case e.Verify != nil:
		return UseProblems
	}
	return UseChats
}

// maxExampleLine bounds a line of examples.jsonl.
const maxExampleLine = 64 << 20

// Examples reads examples.jsonl, one example at a time. An error names file
// and line, and ends it.
func Examples(path string) iter.Seq2[Example, error] {
	return func(yield func(Example, error) bool) {
		f, err := openPart(path)
		if err != nil {
			yield(Example{}, err)
			return
		}
		defer f.Close()
		s := bufio.NewScanner(f)
		s.Buffer(nil, maxExampleLine)
		n := 1
		for ; s.Scan(); n++ {
			var e Example
			if err := json.Unmarshal(s.Bytes(), &e); err != nil {
				yield(e, damagedLine(path, n, err))
				return
			}
			if !yield(e, nil) {
				return
			}
		}
		if err := s.Err(); err != nil {
			yield(Example{}, damagedLine(path, n, err))
		}
	}
}

// openPart opens a file of a part of examples. Where the part holds the other
// kind it says so.
func openPart(path string) (*os.File, error) {
	f, err := os.Open(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	dir, name := filepath.Split(path)
	have := func(name string) bool { _, err := os.Stat(dir + name); return err == nil }
	wrong := func(what say.Text) error {
		return &say.Error{Where: path, What: what, Err: err, Next: say.T("name other examples in the plan", "请在计划中引用另外的样例")}
	}
	switch {
	case name == ExamplesFile && have(ProblemsFile):
		return nil, wrong(say.T("these examples are problems; pairs or labelled answers are wanted", "这些样例是题目，而这里需要偏好对或带标签的回答"))
	case name == ProblemsFile && have(ExamplesFile):
		return nil, wrong(say.T("these examples are conversations; problems with an answer or a verifier are wanted", "这些样例是对话，而这里需要带答案或验证器的题目"))
	}
	return nil, err
}

// Direct leaves out the thoughts of e.
func (e *Example) Direct() {
	e.Messages = slices.Clone(e.Messages)
	for i := range e.Messages {
		e.Messages[i].Thought = ""
	}
}

// Conversations reads the part dir of examples as conversations to learn:
// chats, or problems with their answers.
func Conversations(dir string) iter.Seq2[Example, error] {
	return func(yield func(Example, error) bool) {
		problems, path := filepath.Join(dir, ProblemsFile), filepath.Join(dir, ExamplesFile)
		have := func(path string) bool { _, err := os.Stat(path); return err == nil }
		if have(problems) && !have(path) { // lessons
			for p, err := range Problems(problems) {
				e := Example{From: p.ID, Tools: p.Tools, Messages: p.Asking()}
				if p.Answer != "" {
					e.Messages = append(e.Messages, Message{Role: "assistant", Thought: p.Think, Content: p.Answer})
				} else if err == nil {
					err = Unanswered(&e)
				}
				if !yield(e, err) || err != nil {
					return
				}
			}
			return
		}
		for e, err := range Examples(path) {
			switch use := e.Use(); {
			case err != nil:
			case use == UseProblems && !e.Answered():
				err = Unanswered(&e)
			case use != UseChats && use != UseProblems || len(e.Messages) == 0:
				err = e.NoChat()
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// Answered reports whether the last message of e is the assistant's.
func (e *Example) Answered() bool {
	last := len(e.Messages) - 1
	return last >= 0 && e.Messages[last].Role == "assistant"
}

// errUnanswered is behind the error of a problem without an answer.
var errUnanswered = errors.New("stage: a problem without an answer")

// Unanswered is the error of a problem that is to be learnt and has no answer.
func Unanswered(e *Example) *say.Error {
	question := ""
	if last := len(e.Messages) - 1; last >= 0 {
		question = e.Messages[last].Content
	}
	return &say.Error{Where: e.From, Err: errUnanswered, What: say.T("the problem %.60q has a verifier and no answer to learn", "题目 %.60q 只有验证器，没有可学的答案", question), Next: answerNext}
}

// Until gives what list does, and an interrupt as soon as it is heard: what is done with
// one example may take long.
func Until[T any](ctx context.Context, list iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for v, err := range list {
			select {
			case <-ctx.Done():
				yield(v, ctx.Err())
				return
			default:
			}
			if !yield(v, err) {
				return
			}
		}
	}
}

// Faults are what is wrong with examples, each by itself: the first few, and how many more
// there are, so that nobody has to mend them one by one.
type Faults struct {
	list []error
	more int
}

// mostFaults are told of one step.
const mostFaults = 20

// Add notes an error that names its example, and returns any other.
func (f *Faults) Add(err error) error {
	if _, ok := errors.AsType[*say.Error](err); !ok {
		return err
	}
	if len(f.list) == mostFaults {
		f.more++
	} else {
		f.list = append(f.list, err)
	}
	return nil
}

// Err joins what was noted; nil if nothing was.
func (f *Faults) Err() error {
	if f.more == 0 {
		return errors.Join(f.list...)
	}
	return errors.Join(append(slices.Clone(f.list), say.Errorf("%d more examples cannot be read", "另有 %d 条样例无法读取", f.more))...)
}

func damagedLine(path string, n int, err error) error {
	return rowsError(fmt.Sprintf("%s:%d", path, n), say.T("this is not an example: %v", "这不是一条样例：%v", err), err)
}

// An ExampleWriter writes examples as JSON Lines.
type ExampleWriter struct {
	f io.WriteCloser
	b *bufio.Writer
	e *json.Encoder
}

// CreateExamples starts a file of examples.
func CreateExamples(path string) (*ExampleWriter, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	w := &ExampleWriter{f: f, b: bufio.NewWriterSize(f, 1<<16)}
	w.e = json.NewEncoder(w.b)
	w.e.SetEscapeHTML(false)
	return w, nil
}

// Write writes one example.
func (w *ExampleWriter) Write(e *Example) error { return w.e.Encode(e) }

// Close writes what is left.
func (w *ExampleWriter) Close() error { return errors.Join(w.b.Flush(), w.f.Close()) }
