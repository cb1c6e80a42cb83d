package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"suiren/knowledge/vector"
)

// Vectors of the bench lie as embeddings do: in few dimensions, spread over
// benchWidth by a random map, with a little noise.
const (
	benchWidth  = 512
	benchHidden = 24
	benchNear   = 10  // of the neighbours that are looked for
	benchWide   = 128 // of those that the graph keeps in view
)

// benchPoints makes vectors, spread evenly or about centres.
func benchPoints(seed uint64, n, centres int) [][]float32 {
	shape, r := rand.New(rand.NewPCG(77, 9)), rand.New(rand.NewPCG(seed, 9))
	m := make([]float32, benchHidden*benchWidth)
	for i := range m {
		m[i] = float32(shape.NormFloat64())
	}
	middle := make([]float64, centres*benchHidden)
	for i := range middle {
		middle[i] = 2 * shape.NormFloat64()
	}
	list := make([][]float32, n)
	for i := range list {
		v := make([]float32, benchWidth)
		for k := range v {
			v[k] = 0.3 * float32(r.NormFloat64())
		}
		for h := range benchHidden {
			a := r.NormFloat64()
			if centres > 0 {
				a += middle[i%centres*benchHidden+h]
			}
			for k := range v {
				v[k] += float32(a) * m[h*benchWidth+k]
			}
		}
		list[i] = v
	}
	return list
}

// A vectorBench is what was measured of n vectors of benchWidth numbers.
type vectorBench struct {
	Recall  float64 `json:"recall_at_10"`
	Graph   float64 `json:"graph_p50_ms"`
	Flat    float64 `json:"flat_p50_ms"`
	Seconds float64 `json:"build_s"`
}

func benchVectors(ctx context.Context, n, centres int) (b vectorBench, err error) {
	s := vector.NewSet(benchWidth)
	for from := 0; from < n; from += 10_000 {
		for _, v := range benchPoints(uint64(5+from), min(10_000, n-from), centres) {
			s.Add(v)
		}
		if err := ctx.Err(); err != nil {
			return b, err
		}
	}
	begin := time.Now()
	g := vector.NewGraph(s, func() bool { return ctx.Err() != nil })
	if g == nil {
		return b, ctx.Err()
	}
	b.Seconds = time.Since(begin).Seconds()
	var graph, flat []float64
	queries := benchPoints(6, 200, centres)
	for _, q := range queries {
		begin := time.Now()
		got := g.Search(q, benchNear, benchWide, nil, 0)
		graph = append(graph, 1000*time.Since(begin).Seconds())
		begin = time.Now()
		want := s.Flat(q, benchNear, nil)
		flat = append(flat, 1000*time.Since(begin).Seconds())
		for _, h := range want {
			if slices.ContainsFunc(got, func(o vector.Hit) bool { return o.At == h.At }) {
				b.Recall += 1 / float64(len(want)*len(queries))
			}
		}
	}
	slices.Sort(graph)
	slices.Sort(flat)
	b.Graph, b.Flat = graph[len(graph)/2], flat[len(flat)/2]
	return b, nil
}

func (a *app) vectorRows(kind string, b vectorBench) [][]string {
	return [][]string{
		{a.t("graph of %s: recall@10", "%s的图：召回@10", kind), fmt.Sprintf("%.3f", b.Recall)},
		{a.t("graph of %s: half within", "%s的图：半数不超过", kind), fmt.Sprintf("%.2f ms", b.Graph)},
		{a.t("all of %s: half within", "逐个比较%s：半数不超过", kind), fmt.Sprintf("%.2f ms", b.Flat)},
		{a.t("graph of %s: made in", "%s的图：构建用时", kind), fmt.Sprintf("%.1f s", b.Seconds)},
	}
}
