package main

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/knowledge"
)

// benchKnowledgeCommand measures indexing and search on made-up Chinese and
// English text, in which words come as often as in real ones (Zipf).
func (a *app) benchKnowledgeCommand() *cobra.Command {
	n := 100_000
	c := &cobra.Command{
		Use: "knowledge", Short: a.t("Measure indexing and search of knowledge bases", "测量知识库的索引与检索"), Args: a.args(0, 0),
		RunE: func(*cobra.Command, []string) error {
			if n < 1000 || n > 10_000_000 {
				return usage("--passages", say.T("%d is not from 1000 to 10000000", "%d 不在 1000 到 10000000 之间", n), say.Text{})
			}
			return a.benchKnowledge(n)
		},
	}
	c.Flags().IntVar(&n, "passages", n, a.t("passages in the index", "索引中的段落数"))
	return c
}

// A scribe writes made-up text.
type scribe struct {
	r     *rand.Rand
	words []string
	sums  []float64 // of 1/rank
}

func newScribe() *scribe {
	s := &scribe{r: rand.New(rand.NewPCG(1, 1))}
	sum := 0.0
	for rank := range 60_000 {
		var w strings.Builder
		if rank%3 == 0 {
			for range 3 + s.r.IntN(7) {
				w.WriteByte(byte('a' + s.r.IntN(26)))
			}
			w.WriteByte(' ')
		} else {
			for range 1 + s.r.IntN(3) {
				w.WriteRune(rune(0x4e00 + s.r.IntN(6000)))
			}
		}
		sum += 1 / float64(rank+10)
		s.words, s.sums = append(s.words, w.String()), append(s.sums, sum)
	}
	return s
}

// text writes n words, in sentences.
func (s *scribe) text(n int) string {
	var b strings.Builder
	for i := range n {
		at, _ := slices.BinarySearch(s.sums, s.r.Float64()*s.sums[len(s.sums)-1])
		b.WriteString(s.words[min(at, len(s.words)-1)])
		if i%12 == 11 {
			b.WriteString("。")
		}
	}
	return b.String()
}

func (a *app) benchKnowledge(n int) error {
	dir, err := os.MkdirTemp("", "suiren-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s := newScribe()
	bytes, writing := 0, time.Duration(0)
	var docs iter.Seq2[knowledge.Document, error] = func(yield func(knowledge.Document, error) bool) {
		for i := range n {
			begin := time.Now()
			d := knowledge.Document{Path: fmt.Sprintf("%d.txt", i), Text: s.text(150)}
			bytes += len(d.Text)
			writing += time.Since(begin)
			if !yield(d, nil) {
				return
			}
		}
	}
	begin := time.Now()
	if err := knowledge.Build(dir, docs, knowledge.Options{}); err != nil {
		return err
	}
	rate := float64(bytes) / 1e6 / (time.Since(begin) - writing).Seconds()
	ix, err := knowledge.Open(dir)
	if err != nil {
		return err
	}
	defer ix.Close()
	var took []float64
	for range 2000 {
		question := s.text(6)
		begin := time.Now()
		ix.Search(question, 10)
		took = append(took, 1000*time.Since(begin).Seconds())
	}
	slices.Sort(took)
	p50, p99 := took[len(took)/2], took[int(math.Ceil(0.99*float64(len(took))))-1]
	if a.format == formatJSONL {
		a.line(map[string]any{"type": "bench_knowledge", "passages": ix.Len(), "bytes": bytes, "index_mb_s": rate, "search_p50_ms": p50, "search_p99_ms": p99})
		return nil
	}
	a.print(table("lr", [][]string{
		{a.t("passages", "段落"), count(float64(ix.Len()))}, {a.t("text", "文本"), size(int64(bytes))},
		{a.t("indexing, one thread", "索引，单线程"), fmt.Sprintf("%.1f MB/s", rate)},
		{a.t("search, half within", "检索，半数不超过"), fmt.Sprintf("%.2f ms", p50)}, {a.t("search, 99 of 100 within", "检索，百分之九十九不超过"), fmt.Sprintf("%.2f ms", p99)},
	}))
	return nil
}
