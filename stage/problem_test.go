package stage

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

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
