package data

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/knowledge"
	"suiren/stage"
)

// handbook makes the knowledge of examples/tutor, by the operators of its plan.
func handbook(t testing.TB) *knowledge.Index {
	t.Helper()
	docs := must(t, &Documents{Path: "handbook/**"}, stage.Input{Arg: "files", Dir: "../../examples/tutor/handbook"})
	corpus := must(t, &Corpus{Recipe: "rag"}, stage.Input{Arg: "from", Dir: docs})
	op := &Knowledge{}
	out := must(t, op, stage.Input{Arg: "from", Dir: corpus})
	if digestOf(t, out) != digestOf(t, must(t, op, stage.Input{Arg: "from", Dir: corpus})) {
		t.Error("two runs differ")
	}
	ix, err := knowledge.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ix.Close() })
	return ix
}

func TestKnowledge(t *testing.T) {
	ix := handbook(t)
	for question, want := range map[string]string{"How do I verify the audit log?": "en/audit.md", "怎么核验审计日志？": "zh/audit.md"} {
		hits := ix.Search(question, 3)
		if len(hits) == 0 || hits[0].File != want || !ix.Confident(knowledge.Question{Text: question}, &hits[0]) {
			t.Errorf("%s: %+v", question, hits)
		}
	}
	empty := must(t, &Knowledge{}, stage.Input{Arg: "from", Dir: must(t, &Corpus{Recipe: "rag"}, documentsOf(t))})
	ix, err := knowledge.Open(empty)
	if err != nil || ix.Len() != 0 || len(ix.Search("anything", 3)) != 0 {
		t.Errorf("an empty corpus: %v %v", ix, err)
	}
}

// No problem of any family, taught or longer, is taken for a question about
// the handbook: it would be answered with a quotation.
func TestNoLessonIsAboutTheHandbook(t *testing.T) {
	ix := handbook(t)
	n := 0
	for _, f := range families {
		for _, lang := range languages {
			for level := 1; level <= f.beyond; level++ {
				for i := range 150 {
					p := f.make(newDraw(uint64(level), "knowledge "+f.name+lang, i), level, lang)
					for _, q := range []string{p.prompt, strings.TrimRight(p.prompt, "。.？?")} {
						n++
						if hits := ix.Search(q, 3); len(hits) > 0 && ix.Confident(knowledge.Question{Text: q}, &hits[0]) {
							t.Errorf("%s is taken for a question about %s, %s (coverage %.2f)", q, hits[0].File, hits[0].Heading, hits[0].Coverage)
						}
					}
				}
			}
		}
	}
	t.Logf("%d problems", n)
}

func TestKnowledgeBeside(t *testing.T) {
	corpus := must(t, &Corpus{Recipe: "rag"}, documentsOf(t,
		newDocument("hr/pay.md", "# Pay\n\nSalaries are paid on the 25th of each month.\n"),
		newDocument("it/box.md", "# Boxes\n\nEach computer is replaced after five years.\n")))
	words := t.TempDir()
	if err := os.WriteFile(filepath.Join(words, "words.txt"), []byte("computer, abacus\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	op := &Knowledge{Synonyms: "words.txt", Readers: map[string][]string{"hr": {"mary"}, "hr/pay.md/x": {}}}
	if list := op.Check(); len(list) != 0 {
		t.Fatal(list)
	}
	ix, err := knowledge.Open(must(t, op, stage.Input{Arg: "from", Dir: corpus}, stage.Input{Arg: "files", Dir: words}))
	if err != nil {
		t.Fatal(err)
	}
	defer ix.Close()
	if hits := ix.Search("When is an abacus replaced?", 1); len(hits) == 0 || hits[0].File != "it/box.md" {
		t.Errorf("synonyms: %+v", hits)
	}
	gate := ix.Gate(ix.Rules())
	for who, want := range map[string]bool{"mary": true, "john": false, "": false} {
		a := ix.Answer(knowledge.Question{Text: "When are salaries paid?", Access: gate.Access(who)})
		if a.Refused == want {
			t.Errorf("%q: refused %v", who, a.Refused)
		}
	}
	if (&Knowledge{Readers: map[string][]string{"hr/*": nil}}).Check() == nil {
		t.Error("a pattern is taken for a path")
	}
	if err := os.WriteFile(filepath.Join(words, "words.txt"), []byte("alone\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := makeFrom(t, op, stage.Input{Arg: "from", Dir: corpus}, stage.Input{Arg: "files", Dir: words}); err == nil || !strings.Contains(err.Error(), "words.txt") {
		t.Errorf("a phrase alone: %v", err)
	}
}
