package knowledge

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"suiren/knowledge/inverted"
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

// What cannot come among the best is not looked at: the best few are the first of all, also of what
// a reader may read.
func TestBehind(t *testing.T) {
	all := cmrc(t).half(false)
	ix := index(t, all.docs)
	if err := ix.SetWeights(Weights{Meaning: 0.8, Near: 0.6}); err != nil { // many come from behind
		t.Fatal(err)
	}
	some := Access{set: inverted.NewSet(ix.Len())}
	for i := 0; i < ix.Len(); i += 2 {
		some.set.Add(i)
	}
	for i := 0; i < len(all.questions); i += 20 {
		q := Question{Text: all.questions[i], K: ix.Len()}
		for _, q.Access = range []Access{{}, some} {
			sameFirst(t, ix, q, 1, 3, 10)
		}
	}
}

// sameFirst asks for the best few of what q finds.
func sameFirst(t *testing.T, ix *Index, q Question, ks ...int) {
	t.Helper()
	want := ix.Find(q)
	for _, q.K = range ks {
		got := ix.Find(q)
		if len(got) != q.K {
			t.Fatalf("%s: %d hits, want %d", q.Text, len(got), q.K)
		}
		for k := range got {
			if got[k].ID != want[k].ID || got[k].Score != want[k].Score || got[k].Meaning != want[k].Meaning {
				t.Fatalf("%s: of %d, hit %d is %s with %g, want %s with %g", q.Text, q.K, k, got[k].ID, got[k].Score, want[k].ID, want[k].Score)
			}
		}
	}
}

// rough embeds what speaks of fire: numbers that are rounded up, so that the cosine of two such is 1.014.
type rough struct{}

func (rough) Name() string { return "rough" }
func (rough) Width() int   { return 304 }

func (rough) Embed(_ context.Context, texts []string) ([][]float32, error) {
	list := make([][]float32, len(texts))
	for i, text := range texts {
		list[i] = make([]float32, rough{}.Width())
		if strings.Contains(text, "kiln") || strings.Contains(text, "flame") {
			list[i][0] = 127
			for k := range list[i][1:] {
				list[i][1+k] = 0.5
			}
		}
	}
	return list, nil
}

// A cosine that is rounded to more than 1 brings nothing among the best that would not be looked at.
func TestBehindRounded(t *testing.T) {
	var docs []Document
	for i := range 150 {
		docs = append(docs, Document{Path: fmt.Sprintf("%d.txt", i), Text: fmt.Sprintf("A potter in house %d.", i)},
			Document{Path: fmt.Sprintf("other%d.txt", i), Text: fmt.Sprintf("Nobody in house %d.", i)})
	}
	docs = append(docs, Document{Path: "behind.txt", Text: "A potter has a garden, a wheel, a shelf, two windows, a door, and behind all of them a large flame."})
	dir := t.TempDir()
	if err := Build(dir, All(docs), Options{Embedder: rough{}}); err != nil {
		t.Fatal(err)
	}
	ix, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer ix.Close()
	ix.Use(rough{})
	q := Question{Text: "potter kiln", K: ix.Len()}
	words := func() []Hit { q := q; q.By = ByWords; return ix.Find(q) }()
	first, last := words[0].Score, words[len(words)-1]
	if last.File != "behind.txt" {
		t.Fatalf("%s is last by words", last.File)
	}
	// A cosine of 1 does not make up for what it is behind, one of 1.014 would.
	if err := ix.SetWeights(Weights{Meaning: (first - last.Score) / (1 - first) / 1.007}); err != nil {
		t.Fatal(err)
	}
	if h := ix.Find(Question{Text: q.Text, K: 1, By: ByMeaning}); h[0].File != last.File || h[0].Meaning < 1.01 {
		t.Fatalf("%s has a cosine of %g", h[0].File, h[0].Meaning)
	}
	sameFirst(t, ix, q, 10)
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
