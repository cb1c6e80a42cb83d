package data

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestSplitOfFewTexts: of one large text, or of few, about the share is held out, in whole
// pieces that are both nothing but the text; of many texts none is cut.
func TestSplitOfFewTexts(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	book := func(paragraphs int) string {
		var b strings.Builder
		for range paragraphs {
			b.WriteString(prose(r, 3+r.IntN(3)) + "\n\n")
		}
		return b.String()
	}
	large, small := newDocument("large.txt", book(2000)), newDocument("small.txt", book(40))
	stories := newDocument("stories.txt", strings.ReplaceAll(book(300), "\n\n", "\n<|endoftext|>\n"))
	var many []Document
	for i := range 400 {
		many = append(many, newDocument(fmt.Sprint(i), book(10)+letters(7919*i+r.IntN(1e6))))
	}
	for _, c := range []struct {
		name  string
		docs  []Document
		split float64
		cut   bool
	}{
		{"one", []Document{large}, .1, true}, {"one, a hundredth", []Document{large}, .01, true}, {"one, half", []Document{large}, .5, true},
		{"a small one", []Document{small}, .2, true}, {"both", []Document{small, large}, .05, true}, {"stories", []Document{stories}, .1, true}, {"many", many, .1, false},
	} {
		in := documentsOf(t, c.docs...)
		op := &Corpus{Recipe: "measure", Split: c.split}
		out := must(t, op, in)
		learnt, held := documentsIn(t, filepath.Join(out, "corpus.jsonl")), documentsIn(t, filepath.Join(out, "heldout.jsonl"))
		n := len(learnt) + len(held)
		if c.cut == (n == len(c.docs)) {
			t.Errorf("%s: %d texts of %d documents", c.name, n, len(c.docs))
		}
		if want := c.split * float64(n); c.cut && (len(held) == 0 || math.Abs(float64(len(held))-want) > 1) || len(held) == 0 {
			t.Errorf("%s: %d of %d are held out", c.name, len(held), n)
		}
		var got, want []string
		ids := map[string]bool{}
		for _, d := range append(learnt, held...) {
			got = append(got, strings.Fields(d.Text)...)
			if ids[d.ID] = true; c.cut && !strings.Contains(d.Path, ".txt#") {
				t.Errorf("%s: %s", c.name, d.Path)
			}
		}
		for _, d := range c.docs {
			want = append(want, strings.Fields(strings.ReplaceAll(d.Text, "<|endoftext|>", ""))...)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) || len(ids) != n {
			t.Errorf("%s: %d words, want %d; %d ids of %d", c.name, len(got), len(want), len(ids), n)
		}
		if digestOf(t, out) != digestOf(t, must(t, op, in)) {
			t.Errorf("%s: two runs differ", c.name)
		}
		var rep CorpusReport
		readJSON(t, filepath.Join(out, "report.json"), &rep)
		if rep.Kept != len(c.docs) || rep.Kept+rep.Pieces != n || rep.Heldout != len(held) {
			t.Errorf("%s: %+v", c.name, rep)
		}
		if e, err := FindEntry(out, "large.txt"); err != nil || e != nil && (e.Heldout || e.Pieces == 0 || e.Aside == 0) {
			t.Errorf("%s: %+v %v", c.name, e, err)
		}
	}
}

// TestSplitOfAlike: of texts that all have their frequent words in common about the share is
// held out too, and those with the same words, in whatever order, stay on one side; where
// nothing can be held out, that is said.
func TestSplitOfAlike(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 1))
	pick := func(of, from int) string { return "w" + letters(1000+from+r.IntN(of)) }
	story := func(i int) string {
		name, thing, place, friend := pick(30, 0), pick(40, 100), pick(20, 200), pick(30, 300)
		return fmt.Sprintf("Once upon a time there was a little child called %s. %s had a big %s and liked to play with it at the %s. One day %s came to the %s. They were happy, and %s said thank you.\n", name, name, thing, place, friend, place, name)
	}
	shuffled := func(i int) string { // 30 sets of words, each in many orders
		words := strings.Fields(fmt.Sprintf("the little child went to a big house and was happy there own%s kin%s", letters(i%30), letters(i%30)))
		r.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
		return strings.Join(words, " ") + fmt.Sprint(" ", i, "\n")
	}
	same := func(i int) string { return fmt.Sprint("All texts have these words, and number ", i, "\n") }
	for _, c := range []struct {
		name  string
		text  func(int) string
		n     int
		split float64
		op    Corpus
	}{
		{"stories", story, 300, .05, Corpus{}}, {"many stories", story, 4000, .02, Corpus{}}, {"half", story, 200, .5, Corpus{}}, {"few", story, 9, .05, Corpus{}},
		{"passages", story, 300, .1, Corpus{Repeats: repeatsPassages}}, {"shuffled", shuffled, 600, .1, Corpus{}}, {"same", same, 50, .1, Corpus{}}, {"one", story, 1, .01, Corpus{}},
	} {
		var docs []Document
		for i := range c.n {
			docs = append(docs, newDocument(fmt.Sprint(i, ".txt"), c.text(i)))
		}
		c.op.Recipe, c.op.Split = "measure", c.split
		out, err := makeFrom(t, &c.op, documentsOf(t, docs...))
		if c.name == "same" || c.name == "one" {
			if err == nil || !strings.Contains(err.Error(), "holds nothing out") {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		learnt, held := documentsIn(t, filepath.Join(out, "corpus.jsonl")), documentsIn(t, filepath.Join(out, "heldout.jsonl"))
		share, want := float64(len(held))/float64(c.n), max(c.split, 1/float64(c.n))
		if len(learnt)+len(held) != c.n || share > farOff*want || share*farOff < want {
			t.Errorf("%s: %d are held out and %d are not", c.name, len(held), len(learnt))
		}
		if digestOf(t, out) != digestOf(t, must(t, &c.op, documentsOf(t, docs...))) {
			t.Errorf("%s: two runs differ", c.name)
		}
		if c.name != "shuffled" {
			continue
		}
		side := map[string]bool{}
		for i, d := range append(held, learnt...) {
			words := strings.Fields(d.Text)
			slices.Sort(words)
			key := strings.Join(words[1:], " ")
			if before, ok := side[key]; ok && before != (i < len(held)) {
				t.Errorf("%q is on both sides", key)
			}
			side[key] = i < len(held)
		}
	}
}

// TestPiecesOfPages: the pages of a document that is cut stand where they stood.
func TestPiecesOfPages(t *testing.T) {
	d := Document{Path: "a.pdf", Text: strings.Repeat("A line of words.\n\n", 200), Pages: []int{0, 18 * 50, 18 * 100, 18 * 150}}
	for _, p := range pieces(&d, 1024) {
		var at int
		fmt.Sscanf(p.Path, "a.pdf#%d", &at)
		page := 0
		for _, b := range d.Pages {
			if b <= at {
				page++
			}
		}
		begun := 0
		for _, b := range p.Pages {
			if b == 0 {
				begun++
			}
		}
		if begun != page || p.Pages[len(p.Pages)-1] >= len(p.Text)+1 {
			t.Errorf("%s: %v, page %d", p.Path, p.Pages, page)
		}
	}
}
