package scenario

import (
	"context"
	"slices"
	"strings"
	"testing"

	"suiren/knowledge"
)

// Who may not read a document is not answered from it, nor told that it is there.
func TestReaders(t *testing.T) {
	dir := book(t)
	if err := knowledge.WriteRules(dir, []knowledge.Rule{{Path: "handbook/en", Allow: []string{"mary"}}}); err != nil {
		t.Fatal(err)
	}
	s := open(t, &Scenario{Think: 20}, folder(t), dir, 1, 2)
	const question = "How do I get a key?"
	trail := new(Trail)
	r, _, err := ask(t, s, question, Options{Principals: []string{"mary"}, Trail: trail})
	if err != nil || len(r.Sources) != 1 || r.Sources[0].File != "handbook/en/keys.md" {
		t.Fatalf("mary: %+v %v", r, err)
	}
	src := r.Sources[0]
	if src.ID == "" || src.End <= src.Start || len(src.Quotes) == 0 {
		t.Errorf("no place: %+v", src)
	}
	text := []rune(src.Text)
	for _, q := range src.Quotes {
		if part := string(text[q[0]:q[1]]); !strings.Contains(r.Answer, part) {
			t.Errorf("%q is not in the answer %q", part, r.Answer)
		}
	}
	got, err := s.Again(context.Background(), trail, len(trail.Tokens))
	if err != nil || !slices.Equal(got, trail.Tokens) {
		t.Errorf("mary's answer is not made again: %v", err)
	}
	for _, who := range [][]string{nil, {"john"}, {"mar", "y"}} {
		r, _, err := ask(t, s, question, Options{Principals: who})
		if err != nil || len(r.Sources) != 0 || strings.Contains(r.Answer, "handbook/en") {
			t.Errorf("%v: %+v %v", who, r, err)
		}
	}
	if r, _, err := ask(t, s, "怎么得到密钥", Options{}); err != nil || len(r.Sources) != 1 {
		t.Errorf("what everybody may read: %+v %v", r, err)
	}
}

// A scenario may be surer than the measured threshold.
func TestSure(t *testing.T) {
	const question = "Does the server make a golden key at its first start?"
	for sure, want := range map[float64]int{0: 1, 1: 0} {
		s := open(t, &Scenario{Think: 20, Sure: sure}, folder(t), book(t), 1, 2)
		if r, _, err := ask(t, s, question, Options{}); err != nil || len(r.Sources) != want {
			t.Errorf("sure %v: %d sources, want %d: %+v %v", sure, len(r.Sources), want, r, err)
		}
	}
}

// Two documents that differ in a number are both told.
func TestDiffer(t *testing.T) {
	dir := t.TempDir()
	if err := knowledge.Build(dir, knowledge.All([]knowledge.Document{
		{Path: "old.md", Text: "# Keys\n\nA visitor key of the server is valid for 30 days after it was made.\n"},
		{Path: "new.md", Text: "# Visitor keys\n\nA visitor key of the server is valid for 7 days after it was made.\n"},
	}), knowledge.Options{}); err != nil {
		t.Fatal(err)
	}
	s := open(t, &Scenario{Think: 20}, folder(t), dir, 1, 2)
	r, _, err := ask(t, s, "For how many days is a visitor key of the server valid?", Options{})
	if err != nil || len(r.Sources) != 2 || !strings.Contains(r.Answer, "30 days") || !strings.Contains(r.Answer, "7 days") {
		t.Errorf("%+v %v", r, err)
	}
}
