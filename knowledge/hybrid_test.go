package knowledge

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// translated returns the documents of examples/handbook in a language, and the
// questions of a file to those in another (or the same).
func translated(t testing.TB, questions, docs, asked string) (j judged) {
	t.Helper()
	const dir = "../examples/handbook/"
	entries, err := os.ReadDir(dir + "docs/" + docs)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".docx") {
			continue // is read elsewhere
		}
		b, err := os.ReadFile(filepath.Join(dir, "docs", docs, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		j.docs = append(j.docs, Document{Path: e.Name(), Text: string(b), Markdown: true})
	}
	f, err := os.Open(dir + questions)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	list, err := ReadLabelled(bufio.NewReader(f))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range list {
		if len(l.Files) > 0 && strings.HasPrefix(l.Files[0], "docs/"+asked+"/") && !strings.HasSuffix(l.Files[0], ".docx") {
			j.questions, j.answers = append(j.questions, l.Question), append(j.answers, map[string]bool{filepath.Base(l.Files[0]): true})
		}
	}
	return j
}

// each returns the nDCG@10 of every question.
func (j judged) each(ix *Index, by By) (list []float64) {
	for i, q := range j.questions {
		var ranked, answers []string
		for _, h := range ix.Find(Question{Text: q, K: 30, By: by}) {
			if !slices.Contains(ranked, h.File) {
				ranked = append(ranked, h.File)
			}
		}
		for f := range j.answers[i] {
			answers = append(answers, f)
		}
		list = append(list, NDCG(ranked, answers))
	}
	return list
}

// What cannot come among the best is not looked at: the best ten are the first ten of all.
func TestBehind(t *testing.T) {
	all := cmrc(t).half(false)
	ix := index(t, all.docs)
	if err := ix.SetWeights(Weights{Meaning: 0.8, Near: 0.6}); err != nil { // many come from behind
		t.Fatal(err)
	}
	for i := 0; i < len(all.questions); i += 20 {
		q := all.questions[i]
		want := ix.Find(Question{Text: q, K: ix.Len()})
		got := ix.Find(Question{Text: q, K: 10})
		if len(got) != 10 {
			t.Fatalf("%s: %d hits", q, len(got))
		}
		for k := range got {
			if got[k].ID != want[k].ID || got[k].Score != want[k].Score || got[k].Meaning != want[k].Meaning {
				t.Fatalf("%s: hit %d is %s with %g, want %s with %g", q, k, got[k].ID, got[k].Score, want[k].ID, want[k].Score)
			}
		}
	}
}

// TestHybrid compares words and vectors together with each of them. It holds
// what was measured: on Cranfield and in other words together is better; on
// CMRC, where words find nearly all, a little. Between languages everyday words find most of what meaning does.
func TestHybrid(t *testing.T) {
	for _, c := range []struct {
		name  string
		set   judged
		least float64 // of the gain over words, at the lower end of its interval
		both  float64 // least of both
	}{
		{"CMRC, test half", cmrc(t).half(true), -0.0005, 0.989},
		{"Cranfield, test half", cranfield(t).half(true), 0, 0.54},
		{"handbook, Chinese", translated(t, "questions.tsv", "zh", "zh"), -0.03, 0.71},
		{"handbook, English", translated(t, "questions.tsv", "en", "en"), -0.03, 0.7},
		{"handbook in other words, Chinese", translated(t, "paraphrases.tsv", "zh", "zh"), 0, 0.62},
		{"handbook in other words, English", translated(t, "paraphrases.tsv", "en", "en"), -0.03, 0.52},
		{"English handbook, asked in Chinese", translated(t, "questions.tsv", "en", "zh"), -0.04, 0.57},
		{"Chinese handbook, asked in English", translated(t, "questions.tsv", "zh", "en"), 0, 0.58},
	} {
		ix := index(t, c.set.docs)
		words, meaning, both := c.set.each(ix, ByWords), c.set.each(ix, ByMeaning), c.set.each(ix, ByBoth)
		overWords, overMeaning := paired(both, words), paired(both, meaning)
		t.Logf("%-36s %4d questions, nDCG@10: words %.4f, meaning %.4f, both %.4f: %+.4f (%+.4f to %+.4f) over words, %+.4f (%+.4f to %+.4f) over meaning", c.name, len(words),
			interval(words).Mean, interval(meaning).Mean, interval(both).Mean, overWords.Mean, overWords.Low, overWords.High, overMeaning.Mean, overMeaning.Low, overMeaning.High)
		if overWords.Low < c.least || interval(both).Mean < c.both {
			t.Errorf("%s: %.4f, gain over words %+v", c.name, interval(both).Mean, overWords)
		}
	}
}
