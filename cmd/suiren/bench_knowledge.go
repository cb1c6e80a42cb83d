package main

import (
	"context"
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
	"suiren/internal/terminal"
	"suiren/knowledge"
	"suiren/serve"
)

// benchKnowledgeCommand measures indexing and search on made-up Chinese and
// English text, in which words come as often as in real ones (Zipf).
func (a *app) benchKnowledgeCommand() *cobra.Command {
	n, vectors := 100_000, 100_000
	c := &cobra.Command{
		Use: "knowledge", Short: a.t("Measure indexing and search of knowledge bases", "测量知识库的索引与检索"), Args: a.args(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			if n < 1000 || n > 10_000_000 {
				return usage("--passages", say.T("%d is not from 1000 to 10000000", "%d 不在 1000 到 10000000 之间", n), say.Text{})
			}
			if vectors != 0 && (vectors < 1000 || vectors > 10_000_000) {
				return usage("--vectors", say.T("%d is not 0, or from 1000 to 10000000", "%d 不是 0，也不在 1000 到 10000000 之间", vectors), say.Text{})
			}
			return a.benchKnowledge(c.Context(), n, vectors)
		},
	}
	c.Flags().IntVar(&n, "passages", n, a.t("passages in the index", "索引中的段落数"))
	c.Flags().IntVar(&vectors, "vectors", vectors, a.t("vectors of 512 numbers that are searched along a graph; 0: none", "沿图检索的 512 维向量数；0 为不测"))
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

func (a *app) benchKnowledge(ctx context.Context, n, vectors int) error {
	dir, err := os.MkdirTemp("", "suiren-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s := newScribe()
	bytes, writing := 0, 0.0
	clock, begun := serve.CPUSeconds, time.Now()
	if clock() == 0 { // this system does not say
		clock = func() float64 { return time.Since(begun).Seconds() }
	}
	var docs iter.Seq2[knowledge.Document, error] = func(yield func(knowledge.Document, error) bool) {
		for i := range n {
			begin := clock()
			d := knowledge.Document{Path: fmt.Sprintf("%d.txt", i), Text: s.text(150)}
			bytes += len(d.Text)
			writing += clock() - begin
			if !yield(d, ctx.Err()) {
				return
			}
		}
	}
	begin := clock()
	if err := knowledge.Build(dir, docs, knowledge.Options{}); err != nil {
		return err
	}
	rate := float64(bytes) / 1e6 / (clock() - begin - writing)
	ix, err := knowledge.Open(dir)
	if err != nil {
		return err
	}
	defer ix.Close()
	var questions []string
	for range 2000 {
		questions = append(questions, s.text(6))
	}
	times := func(by knowledge.By) (p50, p99 float64, err error) {
		var took []float64
		for _, q := range questions {
			if err := ctx.Err(); err != nil {
				return 0, 0, err
			}
			begin := time.Now()
			ix.Find(knowledge.Question{Text: q, K: 10, By: by})
			took = append(took, 1000*time.Since(begin).Seconds())
		}
		slices.Sort(took)
		return took[len(took)/2], took[int(math.Ceil(0.99*float64(len(took))))-1], nil
	}
	words50, words99, err := times(knowledge.ByWords)
	if err != nil {
		return err
	}
	p50, p99, err := times(knowledge.ByBoth)
	if err != nil {
		return err
	}
	line := map[string]any{"type": "bench_knowledge", "passages": ix.Len(), "bytes": bytes, "index_mb_s": rate, "words_p50_ms": words50, "words_p99_ms": words99, "search_p50_ms": p50, "search_p99_ms": p99}
	rows := [][]string{
		{a.t("passages", "段落"), count(float64(ix.Len()))}, {a.t("text", "文本"), size(int64(bytes))},
		{a.t("indexing, a second of processor time", "索引，每秒处理器时间"), fmt.Sprintf("%.1f MB", rate)},
		{a.t("search by words, half within", "按词检索，半数不超过"), fmt.Sprintf("%.2f ms", words50)}, {a.t("search by words, 99 of 100 within", "按词检索，百分之九十九不超过"), fmt.Sprintf("%.2f ms", words99)},
		{a.t("search by both, half within", "两者并用，半数不超过"), fmt.Sprintf("%.2f ms", p50)}, {a.t("search by both, 99 of 100 within", "两者并用，百分之九十九不超过"), fmt.Sprintf("%.2f ms", p99)},
	}
	if vectors > 0 {
		spread, err := benchVectors(ctx, vectors, 0)
		if err != nil {
			return err
		}
		clusters, err := benchVectors(ctx, vectors, 500)
		if err != nil {
			return err
		}
		line["vectors"], line["spread"], line["clusters"] = vectors, spread, clusters
		rows = append(rows, a.vectorRows(a.t("spread vectors", "散布向量"), spread)...)
		rows = append(rows, a.vectorRows(a.t("clustered vectors", "聚簇向量"), clusters)...)
	}
	if a.format == formatJSONL {
		a.line(line)
		return nil
	}
	a.print(terminal.Table("lr", rows))
	return nil
}
