package scenario

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/stage"
	"suiren/store"
)

// lessons writes a few problems as a part of examples.
func lessons(t testing.TB) string {
	t.Helper()
	var b bytes.Buffer
	if err := stage.WriteProblems(&b, []stage.Problem{
		{Family: "word", Lang: "en", Prompt: "Jack has 8 pencils and finds 23 more. How many pencils does Jack have now?"},
		{Family: "add", Lang: "en", Prompt: "What is 7+7?"},
		{Family: "add", Lang: "en", Prompt: "Calculate 9+3."},
		{Family: "add", Lang: "zh", Prompt: "请算一算：12+7"},
		{Family: "word", Lang: "zh", Prompt: "小明有3个苹果，又买了4个，一共有几个？"},
	}); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, problemsFile), b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestScope(t *testing.T) {
	dir := lessons(t)
	s, err := learnScope(filepath.Join(dir, problemsFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.write(dir); err != nil {
		t.Fatal(err)
	}
	if s, err = openScope(dir); err != nil {
		t.Fatal(err)
	}
	for question, want := range map[string]bool{
		"What is 123456 + 9?": true, // of any size and spacing
		"１２＋７":                true, // of full width
		"what is 5+5":         true,
		"小明有30个苹果，又买了14个，一共有几个？": true,
		"":                         false,
		"hello":                    false,
		"What is love?":            false, // no number
		"你好":                       false,
		"How many moons does Jack": false,
		"2024年奥运会在哪里":              false,
		strings.Repeat("a", 1<<20): false, // at once, for it may be anybody's
		"\xff\xfe 3":               false,
	} {
		if got := s.holds(question); got != want {
			t.Errorf("%q: %v", question, got)
		}
	}
	if got := s.decline("hello", nil); !strings.HasSuffix(got, "unlike them:\n\n- What is 7+7?\n- Jack has 8 pencils and finds 23 more. How many pencils does Jack have now?") {
		t.Error(got)
	}
	if got := s.decline("你好", nil); !strings.HasSuffix(got, "\n\n- 请算一算：12+7\n- 小明有3个苹果，又买了4个，一共有几个？") {
		t.Error(got)
	}
}

func FuzzScope(f *testing.F) {
	f.Add([]byte(`{"format":1,"examples":{"en":["1+1"]},"always":["0"],"pairs":["^ 0","0 +"]}`), "1+1")
	f.Fuzz(func(t *testing.T, b []byte, question string) {
		s, err := parseScope(b)
		if err != nil {
			return
		}
		s.holds(question)
		s.decline(question, nil)
	})
}

func TestDeclined(t *testing.T) {
	weights, dir, pages := folder(t), lessons(t), book(t)
	job := &stage.Job{Out: t.TempDir(), Inputs: []stage.Input{
		{Arg: "weights", Digest: store.Digest{1}, Dir: weights}, {Arg: "scope", Digest: store.Digest{2}, Dir: dir},
		{Arg: "knowledge", Digest: store.Digest{3}, Dir: pages}}}
	if err := (&Scenario{Think: 8, Tokens: 4}).Run(context.Background(), job); err != nil {
		t.Fatal(err)
	}
	s, err := (&Opener{Artifact: func(d store.Digest) (string, error) {
		return map[store.Digest]string{{1}: weights, {3}: pages}[d], nil
	}}).Open(job.Out)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r, u, err := ask(t, s, "hello", Options{Think: -1})
	if err != nil || r.Thought != "" || !strings.HasSuffix(r.Answer, "\n\n- What is 7+7?\n- Jack has 8 pencils and finds 23 more. How many pencils does Jack have now?") || u != (Usage{}) || r.Finish != "stop" {
		t.Errorf("%+v %+v %v", r, u, err)
	}
	r, _, err = ask(t, s, "Who bought the old server start?", Options{Think: -1})
	if want := "nearest:\n\n- handbook/en/keys.md, Keys › How do I get a key?"; err != nil || !strings.HasSuffix(r.Answer, want) {
		t.Errorf("%+v %v", r, err)
	}
	if r, _, err = ask(t, s, "What is 3+4?", Options{Think: -1}); err != nil || r.Thought == "" {
		t.Errorf("%+v %v", r, err)
	}
}
