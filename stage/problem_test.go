package stage

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// What a reply says in its thought is no answer, and one that has not ended leaves none.
func TestCorrect(t *testing.T) {
	p := Problem{Answer: "4"}
	for reply, want := range map[string]bool{
		"4": true, " 4.\n": true, "<think>2+2</think>4": true, "2+2=</think> 4。": true, "5": false, "": false,
		"<think>4": false, "<think>\nso 2+2=4": false, "<think>2</think><think>4": false, "4</think>5": false,
	} {
		if got := p.Correct(reply); got != want {
			t.Errorf("%q: %v", reply, got)
		}
	}
	p.Answer = "<think>4"
	if p.Correct("<think>4") {
		t.Error("a thought is an answer")
	}
}

// A problem may be as long as an example from which it is made.
func TestLongProblem(t *testing.T) {
	path := filepath.Join(t.TempDir(), ProblemsFile)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	want := Problem{ID: "a", Prompt: strings.Repeat("长", 6<<20)} // 18 MiB: intake reads lines of 16
	if err := WriteProblems(f, []Problem{want, {ID: "b"}}); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	list, err := ReadProblems(path)
	if err != nil || len(list) != 2 || list[0].Prompt != want.Prompt || list[1].ID != "b" {
		t.Fatalf("%d problems: %v", len(list), err)
	}
}

// Problems of the owner's are learnt as their examples say: where they stand, and what of
// them is read alone; one without an answer is named by its place, made already or not.
func TestConversationsOfProblems(t *testing.T) {
	dir, none := t.TempDir(), 0
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write(ProblemsFile, `{"id":"p","prompt":"b","answer":"7","think":"t"}`+"\n"+`{"id":"q","prompt":"c","answer":""}`)
	list := func() (all []Example, end error) {
		for e, err := range Conversations(dir) {
			if err != nil {
				return all, err
			}
			all = append(all, e)
		}
		return all, nil
	}
	answer := Message{Role: "assistant", Content: "7", Thought: "t"}
	want := []Example{{From: "p", Messages: []Message{{Role: "user", Content: "b"}, answer}}}
	if got, err := list(); !reflect.DeepEqual(got, want) || err == nil || !strings.HasPrefix(err.Error(), `q: the problem "c" has a verifier and no answer`) {
		t.Errorf("%+v, %v", got, err)
	}
	write(ExamplesFile, `{"from":"a.jsonl:3","messages":[{"role":"user","content":"a"},{"role":"assistant","content":"8","weight":0},{"role":"user","content":"b"},{"role":"assistant","content":"7","reasoning_content":"t"}],"verify":{"number":7}}
{"from":"a.jsonl:5","messages":[{"role":"user","content":"c"}],"verify":{"number":7}}`)
	want = []Example{{From: "a.jsonl:3", Messages: []Message{{Role: "user", Content: "a"}, {Role: "assistant", Content: "8", Weight: &none}, {Role: "user", Content: "b"}, answer}, Verify: json.RawMessage(`{"number":7}`)}}
	if got, err := list(); !reflect.DeepEqual(got, want) || err == nil || !strings.HasPrefix(err.Error(), `a.jsonl:5: the problem "c" has a verifier and no answer`) {
		t.Errorf("%+v, %v", got, err)
	}
	if bad := Unlearnable("from", &Forecast{Path: dir}); bad == nil || !strings.HasPrefix(bad.Error(), `from: a.jsonl:5: the problem "c"`) {
		t.Errorf("%v", bad)
	}
}
