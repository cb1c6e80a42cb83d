package stage

import (
	"os"
	"path/filepath"
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
