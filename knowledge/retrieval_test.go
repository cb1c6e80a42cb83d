package knowledge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// shared is where the test data lies: beside the repository.
const shared = "../../shared/data/"

// A judged set is documents and questions with the documents that answer them.
type judged struct {
	docs      []Document
	questions []string
	answers   []map[string]bool // paths
}

func cmrc(t testing.TB) (j judged) {
	t.Helper()
	for _, name := range []string{"dev", "trial"} {
		b, err := os.ReadFile(shared + "cmrc2018/" + name + ".json")
		if err != nil {
			t.Skip("no CMRC 2018 beside the repository: ", err)
		}
		var f struct {
			Data []struct {
				Paragraphs []struct {
					ID, Context string
					QAs         []struct{ Question string }
				}
			}
		}
		if err := json.Unmarshal(b, &f); err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Data {
			for _, p := range d.Paragraphs {
				j.docs = append(j.docs, Document{Path: p.ID, Text: p.Context})
				for _, q := range p.QAs {
					j.questions, j.answers = append(j.questions, q.Question), append(j.answers, map[string]bool{p.ID: true})
				}
			}
		}
	}
	return j
}

func cranfield(t testing.TB) (j judged) {
	t.Helper()
	read := func(name string) string {
		b, err := os.ReadFile(shared + "cranfield/" + name)
		if err != nil {
			t.Skip("no Cranfield beside the repository: ", err)
		}
		return string(b)
	}
	for i, d := range strings.Split(read("cran.all.1400"), ".I ")[1:] {
		_, title, _ := strings.Cut(d, ".T\n")
		title, rest, _ := strings.Cut(title, ".A\n")
		_, text, _ := strings.Cut(rest, ".W\n")
		if rest, ok := strings.CutPrefix(strings.TrimSpace(text), strings.TrimSpace(title)); ok {
			text = rest // the abstracts begin with their titles
		}
		j.docs = append(j.docs, Document{Path: strconv.Itoa(i + 1), Title: oneLine(title), Text: strings.TrimSpace(text)})
	}
	for _, q := range strings.Split(read("cran.qry"), ".I ")[1:] {
		_, text, _ := strings.Cut(q, ".W\n")
		j.questions, j.answers = append(j.questions, oneLine(text)), append(j.answers, map[string]bool{})
	}
	for l := range strings.Lines(read("corrected_cranqrel")) {
		f := strings.Fields(l)
		q, err := strconv.Atoi(f[0])
		if err != nil || q < 1 || q > len(j.answers) {
			t.Fatal(l)
		}
		j.answers[q-1][f[2]] = true
	}
	return j
}

// half returns every second question: those of the test half, or of the half that settings are chosen on.
func (j judged) half(test bool) (h judged) {
	h.docs = j.docs
	for i := range j.questions {
		if i%2 == 1 == test {
			h.questions, h.answers = append(h.questions, j.questions[i]), append(h.answers, j.answers[i])
		}
	}
	return h
}

func (j judged) measure(ix *Index) (ndcg, recall float64) {
	for i, q := range j.questions {
		var ranked []string
		for _, h := range ix.Search(q, 30) {
			if !slices.Contains(ranked, h.File) { // a document by its best passage
				ranked = append(ranked, h.File)
			}
		}
		answers := slices.Collect(maps.Keys(j.answers[i]))
		ndcg += NDCG(ranked, answers)
		for _, f := range ranked[:min(len(ranked), 10)] {
			if j.answers[i][f] {
				recall += 1 / float64(len(answers))
			}
		}
	}
	n := float64(len(j.questions))
	return ndcg / n, recall / n
}

// TestRetrieval holds the order to what it was measured to be. Settings were chosen on the first halves.
func TestRetrieval(t *testing.T) {
	for _, c := range []struct {
		name         string
		set          judged
		ndcg, recall float64
	}{{"cmrc", cmrc(t), 0.983, 0.995}, {"cranfield", cranfield(t), 0.52, 0}} {
		ix := index(t, c.set.docs)
		for i, part := range []judged{c.set.half(false), c.set.half(true), c.set} {
			ndcg, recall := part.measure(ix)
			what := []string{"first half", "test half", "all"}[i]
			t.Logf("%s, %s: %d documents, %d passages, %d questions: nDCG@10 %.4f, recall@10 %.4f", c.name, what, len(part.docs), ix.Len(), len(part.questions), ndcg, recall)
			if i == 2 && (ndcg < c.ndcg || recall < c.recall) {
				t.Errorf("%s: nDCG@10 %.4f, recall@10 %.4f", c.name, ndcg, recall)
			}
		}
	}
}

// index builds and opens the index of documents.
func index(t testing.TB, docs []Document) *Index {
	t.Helper()
	ix, err := Open(write(t, docs))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ix.Close() })
	return ix
}

func write(t testing.TB, docs []Document) string {
	t.Helper()
	dir := t.TempDir()
	if err := Build(dir, All(docs), Options{}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func BenchmarkBuild(b *testing.B) {
	docs := cmrc(b).docs
	n := 0
	for _, d := range docs {
		n += len(d.Text)
	}
	b.SetBytes(int64(n))
	for b.Loop() {
		if err := Build(b.TempDir(), All(docs), Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// large is an index of 100,000 passages: sentences of CMRC, shuffled.
func large(b *testing.B) *Index {
	var sentences []string
	j := cmrc(b)
	for _, d := range j.docs {
		sentences = append(sentences, Sentences(d.Text)...)
	}
	var docs []Document
	var text bytes.Buffer
	seed := uint64(1)
	for i := range 100_000 {
		text.Reset()
		for text.Len() < 900 {
			seed = seed*6364136223846793005 + 1442695040888963407
			text.WriteString(sentences[(seed>>33)%uint64(len(sentences))])
		}
		docs = append(docs, Document{Path: fmt.Sprint(i), Text: clip(text.String(), 300)})
	}
	return index(b, docs)
}

func BenchmarkSearch100k(b *testing.B) {
	ix := large(b)
	questions := cmrc(b).questions
	i := 0
	for b.Loop() {
		ix.Search(questions[i%len(questions)], 10)
		i++
	}
}

func BenchmarkSearchWords100k(b *testing.B) {
	ix := large(b)
	questions := cmrc(b).questions
	i := 0
	for b.Loop() {
		ix.Find(Question{Text: questions[i%len(questions)], K: 10, By: ByWords})
		i++
	}
}
