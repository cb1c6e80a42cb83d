package base

import (
	"context"
	"os"
	"strings"
	"testing"

	"suiren/knowledge"
	"suiren/knowledge/reader"
)

func TestMain(m *testing.M) {
	reader.Child() // this binary reads documents for itself
	os.Exit(m.Run())
}

// TestHandbook asks examples/handbook questions that were written before the first search
// for them. They stand as they were; nothing was tuned on them. The first 250 were in view when
// everyday words were written down, the 60 others were not answered before that.
func TestHandbook(t *testing.T) {
	for _, c := range []struct {
		file              string
		questions, others int
		passage, answered float64 // at least
		refused           float64
	}{
		{"questions.tsv", 200, 50, 0.95, 0.85, 0.9},
		{"fresh.tsv", 30, 30, 0.75, 0.55, 0.9},
	} {
		t.Run(c.file, func(t *testing.T) {
			e := ask(t, "../../examples/handbook/"+c.file)
			if e.Questions != c.questions || e.Others != c.others || e.Passage.Mean < c.passage || e.Answered.Mean < c.answered || e.Refused.Mean < c.refused {
				t.Errorf("%+v", e)
			}
		})
	}
}

// ask asks the documents of examples/handbook the questions of a file.
func ask(t *testing.T, questions string) knowledge.Evaluation {
	f, err := os.Open(questions)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	list, err := knowledge.ReadLabelled(f)
	if err != nil {
		t.Fatal(err)
	}
	pool := reader.New(reader.Options{})
	defer pool.Close()
	b := open(t, t.TempDir())
	r, err := b.Add(context.Background(), []string{"../../examples/handbook/docs"}, Files(pool))
	if err != nil || len(r.Aside) > 0 {
		t.Fatal(r.Aside, err)
	}
	ix, err := b.Index()
	if err != nil {
		t.Fatal(err)
	}
	defer ix.Close()
	passages := map[string]bool{}
	for i := range ix.Len() {
		p := ix.Passage(i)
		for _, l := range list {
			if len(l.Files) > 0 && p.File == l.Files[0] && strings.Contains(p.Text, l.Words) {
				passages[l.Question] = true
			}
		}
	}
	for _, l := range list {
		if len(l.Files) > 0 && (l.Words == "" || !passages[l.Question]) {
			t.Errorf("no passage answers %q: %q", l.Question, l.Words)
		}
	}
	e, err := ix.Evaluate(t.Context(), list, knowledge.Access{})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range e.Missed {
		t.Logf("%q finds %v", m.Question, m.Got)
	}
	t.Logf("%d documents, %d passages; %d questions: the right passage in the first three %.3f (%.3f–%.3f), the right document %.3f, first %.3f, answered from it %.3f (%.3f–%.3f); of %d unanswerable %.3f are refused", r.Documents, r.Passages, e.Questions,
		e.Passage.Mean, e.Passage.Low, e.Passage.High, e.Three.Mean, e.First.Mean, e.Answered.Mean, e.Answered.Low, e.Answered.High, e.Others, e.Refused.Mean)
	return e
}
