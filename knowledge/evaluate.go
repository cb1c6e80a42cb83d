package knowledge

import (
	"bufio"
	"cmp"
	"context"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"suiren/internal/say"
)

// A Labelled question names the documents that answer it; none: the
// documents cannot answer it, and it should be refused.
type Labelled struct {
	Question string
	Files    []string
	Words    string // which the passage that answers holds; "": any passage of a document does
}

// maxLabelled bounds the questions of a file.
const maxLabelled = 100_000

// ReadLabelled reads lines of documents, parted by spaces, a tab and a
// question, and maybe a tab and words of the passage that answers. A line without documents (it begins with the tab) is a question
// that should be refused. # begins a comment.
func ReadLabelled(r io.Reader) (list []Labelled, err error) {
	in := bufio.NewScanner(r)
	in.Buffer(nil, 1<<16)
	for n := 1; in.Scan(); n++ {
		line := in.Text()
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		files, q, ok := strings.Cut(line, "\t")
		q, words, _ := strings.Cut(q, "\t")
		if q = strings.TrimSpace(q); !ok || q == "" || len(list) >= maxLabelled {
			return nil, say.Errorf("line %d: want documents, a tab, a question", "第 %d 行：应为文档、制表符、问题", n)
		}
		list = append(list, Labelled{q, strings.Fields(files), strings.TrimSpace(words)})
	}
	return list, in.Err()
}

// A Score is a share with its 95% interval by bootstrap.
type Score struct {
	Mean float64 `json:"mean"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// An Evaluation says how well an index answers labelled questions.
type Evaluation struct {
	Questions int     `json:"questions"` // that have an answer
	First     Score   `json:"recall_at_1"`
	Three     Score   `json:"recall_at_3"` // the answering document is among the first three
	Ten       Score   `json:"recall_at_10"`
	Worded    int     `json:"with_words"`   // of those with words of the passage that answers
	Passage   Score   `json:"passage_at_3"` // of these: a passage that holds them is among the first three
	NDCG      Score   `json:"ndcg_at_10"`
	MRR       Score   `json:"mrr_at_10"`
	Answered  Score   `json:"answered"` // not refused, and from an answering document
	Others    int     `json:"unanswerable"`
	Refused   Score   `json:"refused"` // of those that the documents cannot answer
	Missed    []Wrong `json:"missed"`  // not among the first three, or not refused
}

// A Wrong is a question and what was found instead.
type Wrong struct {
	Question string   `json:"question"`
	Want     []string `json:"want"`
	Got      []string `json:"got"`
}

// Evaluate asks the index every question. The end of ctx stops it.
func (ix *Index) Evaluate(ctx context.Context, list []Labelled, access Access) (e Evaluation, err error) {
	var at [6][]float64
	var refused, passage []float64
	for _, l := range list {
		if err := ctx.Err(); err != nil {
			return e, err
		}
		a := ix.Answer(Question{Text: l.Question, K: 30, Access: access})
		var files []string
		for _, h := range a.Hits {
			if !slices.Contains(files, h.File) {
				files = append(files, h.File)
			}
		}
		files = files[:min(len(files), 10)]
		if len(l.Files) == 0 {
			e.Others++
			refused = append(refused, number(a.Refused))
			if !a.Refused {
				e.Missed = append(e.Missed, Wrong{l.Question, nil, files[:1]})
			}
			continue
		}
		e.Questions++
		rank := slices.IndexFunc(files, func(f string) bool { return slices.Contains(l.Files, f) })
		in := func(k int) float64 { return number(rank >= 0 && rank < k) }
		mrr := 0.0
		if rank >= 0 {
			mrr = 1 / float64(rank+1)
		}
		if l.Words != "" {
			e.Worded++
			passage = append(passage, number(slices.ContainsFunc(a.Hits[:min(len(a.Hits), 3)], func(h Hit) bool {
				return slices.Contains(l.Files, h.File) && strings.Contains(h.Text, l.Words)
			})))
		}
		for i, v := range []float64{in(1), in(3), in(10), NDCG(files, l.Files), mrr, number(!a.Refused && rank == 0)} {
			at[i] = append(at[i], v)
		}
		if rank < 0 || rank >= 3 {
			e.Missed = append(e.Missed, Wrong{l.Question, l.Files, files[:min(len(files), 3)]})
		}
	}
	for i, s := range []*Score{&e.First, &e.Three, &e.Ten, &e.NDCG, &e.MRR, &e.Answered} {
		*s = interval(at[i])
	}
	e.Refused, e.Passage = interval(refused), interval(passage)
	return e, nil
}

func number(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// NDCG is the nDCG@10 of a ranking, where an answer is one or none.
func NDCG(ranked, answers []string) float64 {
	gain, ideal := 0.0, 0.0
	for i := range min(len(answers), 10) {
		ideal += 1 / math.Log2(float64(i+2))
	}
	for i, f := range ranked[:min(len(ranked), 10)] {
		if slices.Contains(answers, f) {
			gain += 1 / math.Log2(float64(i+2))
		}
	}
	if ideal == 0 {
		return 0
	}
	return gain / ideal
}

// interval is the mean and the middle 95% of the means of 1,000 samples.
func interval(list []float64) Score {
	if len(list) == 0 {
		return Score{}
	}
	mean := func(next func(i int) float64) float64 {
		sum := 0.0
		for i := range list {
			sum += next(i)
		}
		return sum / float64(len(list))
	}
	r := rand.New(rand.NewPCG(1, 1)) // the same interval each time
	var means []float64
	for range 1000 {
		means = append(means, mean(func(int) float64 { return list[r.IntN(len(list))] }))
	}
	slices.SortFunc(means, cmp.Compare[float64])
	return Score{mean(func(i int) float64 { return list[i] }), means[25], means[974]}
}

// Questions makes an evaluation set of an index's own passages, without a
// model: of a passage the sentence with the rarest words. The document is the
// answer. It finds what is broken (a document
// that cannot be found by its own words) and says little about how people ask.
func (ix *Index) Questions(n int, access Access) (list []Labelled) {
	r := rand.New(rand.NewPCG(2, uint64(ix.Len())))
	for _, at := range r.Perm(ix.Len()) {
		if len(list) >= n {
			break
		}
		if !access.May(at) {
			continue
		}
		p := ix.Passage(at)
		best, most := "", 0.0
		for _, s := range Sentences(p.Text) {
			if size(s) < 16 || size(s) > 200 {
				continue
			}
			rare := 0.0
			for _, t := range slices.Sorted(maps.Keys(terms(s))) { // sums depend on the order
				rare += ix.terms.Weight(t, access.set)
			}
			if rare /= math.Sqrt(float64(size(s))); rare > most {
				best, most = s, rare
			}
		}
		if best != "" {
			list = append(list, Labelled{Question: best, Files: []string{p.File}})
		}
	}
	return list
}
