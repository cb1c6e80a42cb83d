//go:build ignore

// Train makes model.zst of the pairs of prepare.py, the same bytes each time. It
// takes about ten minutes of one core:
//
//	go run train.go train.tsv
package main

import (
	"bufio"
	"cmp"
	"flag"
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"suiren/engine/kernel"
	"suiren/knowledge"
	"suiren/knowledge/embedding"
)

var (
	width  = flag.Int("width", 128, "numbers of a vector")
	words  = flag.Int("words", 50_000, "most words")
	least  = flag.Int("least", 3, "times that a word must come")
	epochs = flag.Int("epochs", 3, "passes over the pairs")
	rate   = flag.Float64("rate", 0.1, "of Adagrad")
	sharp  = flag.Float64("sharp", 20, "by what cosines are multiplied")
	apart  = flag.Float64("apart", 0.5, "share of pairs whose common words are taken out of one side")
	to     = flag.String("o", "model.zst", "file")
)

const (
	batch   = 1024
	longest = 300 // words of a text
)

type pair struct{ a, b []uint64 }

func main() {
	flag.Parse()
	begin := time.Now()
	pairs, order := read(flag.Arg(0))
	count := map[uint64]int{}
	total := 0
	see := func(list []uint64) {
		for _, h := range list {
			count[h]++
			total++
		}
	}
	for _, s := range order {
		for _, p := range pairs[s] {
			see(p.a)
			see(p.b)
		}
	}
	var vocab []uint64
	for h, n := range count {
		if n >= *least {
			vocab = append(vocab, h)
		}
	}
	slices.SortFunc(vocab, func(a, b uint64) int { return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b)) })
	vocab = vocab[:min(len(vocab), *words)]
	slices.Sort(vocab)
	vocab = slices.CompactFunc(vocab, func(a, b uint64) bool { return a>>32 == b>>32 })
	id := map[uint64]int{}
	r := rand.New(rand.NewPCG(1, 1))
	d := *width
	t := &trainer{e: make([]float32, len(vocab)*d), g2: make([]float32, len(vocab)*d), g: make([]float32, len(vocab)*d), seen: make([]bool, len(vocab)), r: r}
	for i, h := range vocab {
		id[h] = i
		p := float64(count[h]) / float64(total)
		sif := 1e-3 / (1e-3 + p)
		for k := range d {
			t.e[i*d+k] = float32(sif * r.NormFloat64())
		}
	}
	fmt.Println(len(vocab), "words,", total, "in the texts", time.Since(begin))
	for epoch := range *epochs {
		var list []job
		for _, s := range order {
			l := pairs[s]
			r.Shuffle(len(l), func(i, j int) { l[i], l[j] = l[j], l[i] })
			for at := 0; at+64 <= len(l); at += batch {
				list = append(list, job{s, at, min(at+batch, len(l))})
			}
		}
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		loss := map[string][2]float64{}
		for i, j := range list {
			left := 1 - float64(epoch*len(list)+i)/float64(*epochs*len(list))
			l := t.step(pairs[j.source][j.from:j.to], id, *rate*left)
			loss[j.source] = [2]float64{loss[j.source][0] + l, loss[j.source][1] + 1}
		}
		fmt.Print("epoch ", epoch, " ", time.Since(begin).Round(time.Second))
		for _, s := range order {
			fmt.Printf(" %s %.3f", s, loss[s][0]/loss[s][1])
		}
		fmt.Println()
	}
	write(vocab, t.e)
}

type job struct {
	source   string
	from, to int
}

// read reads the pairs by source.
func read(name string) (pairs map[string][]pair, order []string) {
	f, err := os.Open(name)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	pairs = map[string][]pair{}
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	terms := func(s string) (list []uint64) {
		knowledge.Words(s, func(h uint64, chars []uint64) {
			if len(list) < longest {
				list = append(list, h)
				if len(chars) > 0 {
					rest[h] = slices.Clone(chars)
				}
			}
		})
		return list
	}
	for in.Scan() {
		c := strings.Split(in.Text(), "\t")
		if len(c) != 3 {
			log.Fatal(in.Text())
		}
		if pairs[c[0]] == nil {
			order = append(order, c[0])
		}
		if p := (pair{terms(c[1]), terms(c[2])}); len(p.a) > 0 && len(p.b) > 0 {
			pairs[c[0]] = append(pairs[c[0]], p)
		}
	}
	return pairs, order
}

// rest holds the characters of a word, which stand in for it if it is not in the vocabulary.
var rest = map[uint64][]uint64{}

type trainer struct {
	e, g2, g []float32 // (words, width): vectors, sums of squared gradients, gradients
	seen     []bool
	r        *rand.Rand
}

// ids are the rows of a text's words.
func ids(list []uint64, id map[uint64]int, skip map[uint64]bool) (out []int) {
	for _, h := range list {
		if skip[h] {
			continue
		}
		if i, ok := id[h]; ok {
			out = append(out, i)
			continue
		}
		for _, c := range rest[h] {
			if i, ok := id[c]; ok {
				out = append(out, i)
			}
		}
	}
	return out
}

// step brings the texts of each pair nearer to each other than to the others, and returns the loss.
func (t *trainer) step(list []pair, id map[uint64]int, rate float64) float64 {
	d := *width
	var rows [2][][]int
	for _, p := range list {
		skip := map[uint64]bool{}
		if t.r.Float64() < *apart {
			for _, h := range p.a {
				skip[h] = true
			}
		}
		a, b := ids(p.a, id, nil), ids(p.b, id, skip)
		if len(b) == 0 {
			b = ids(p.b, id, nil)
		}
		if len(a) == 0 || len(b) == 0 {
			continue
		}
		rows[0], rows[1] = append(rows[0], a), append(rows[1], b)
	}
	n := len(rows[0])
	if n < 2 {
		return 0
	}
	var v [2][]float32 // (n, width), of length one
	var norm [2][]float64
	for s := range 2 {
		v[s], norm[s] = make([]float32, n*d), make([]float64, n)
		for i, l := range rows[s] {
			x := v[s][i*d : (i+1)*d]
			for _, w := range l {
				e := t.e[w*d : (w+1)*d]
				for k := range x {
					x[k] += e[k]
				}
			}
			sum := 1e-12
			for _, a := range x {
				sum += float64(float64(a) * float64(a))
			}
			norm[s][i] = math.Sqrt(sum)
			f := float32(1 / norm[s][i])
			for k := range x {
				x[k] *= f
			}
		}
	}
	scores := make([]float32, n*n)
	vt := make([]float32, d*n)
	for i := range n {
		for k := range d {
			vt[k*n+i] = v[1][i*d+k]
		}
	}
	kernel.Gemm(n, n, d, v[0], d, 1, vt, n, scores, n, false)
	// g is the gradient of the mean of both cross-entropies by the scores.
	g := make([]float32, n*n)
	loss := 0.0
	soft := func(at func(j int) int, i int) {
		most := float32(math.Inf(-1))
		for j := range n {
			most = max(most, scores[at(j)])
		}
		sum := 0.0
		for j := range n {
			sum += math.Exp(*sharp * float64(scores[at(j)]-most))
		}
		for j := range n {
			p := math.Exp(*sharp*float64(scores[at(j)]-most)) / sum
			if j == i {
				loss -= math.Log(max(p, 1e-30)) / float64(2*n)
				p--
			}
			g[at(j)] += float32(p * *sharp / 2)
		}
	}
	for i := range n {
		soft(func(j int) int { return i*n + j }, i)
		soft(func(j int) int { return j*n + i }, i)
	}
	var dv [2][]float32
	for s := range 2 {
		dv[s] = make([]float32, n*d)
	}
	kernel.Gemm(n, d, n, g, n, 1, v[1], d, dv[0], d, false)
	kernel.Gemm(n, d, n, g, 1, n, v[0], d, dv[1], d, false)
	var touched []int
	for s := range 2 {
		for i, l := range rows[s] {
			x, dx := v[s][i*d:(i+1)*d], dv[s][i*d:(i+1)*d]
			along := float32(0)
			for k := range x {
				along += float32(x[k] * dx[k])
			}
			f := float32(1 / norm[s][i])
			for k := range x {
				dx[k] = float32(dx[k]-float32(along*x[k])) * f
			}
			for _, w := range l {
				if !t.seen[w] {
					t.seen[w] = true
					touched = append(touched, w)
				}
				sum := t.g[w*d : (w+1)*d]
				for k := range sum {
					sum[k] += dx[k]
				}
			}
		}
	}
	for _, w := range touched {
		e, q, g := t.e[w*d:(w+1)*d], t.g2[w*d:(w+1)*d], t.g[w*d:(w+1)*d]
		t.seen[w] = false
		for k, x := range g {
			q[k] += float32(x * x)
			e[k] -= float32(rate * float64(x) / (math.Sqrt(float64(q[k])) + 1e-6))
			g[k] = 0
		}
	}
	return loss
}

// write rounds the vectors to int8, each with its scale.
func write(vocab []uint64, e []float32) {
	d := *width
	most := 0.0
	for _, x := range e {
		most = max(most, math.Abs(float64(x)))
	}
	terms, scales, rows := make([]uint32, len(vocab)), make([]uint16, len(vocab)), make([]int8, len(e))
	for i, h := range vocab {
		terms[i] = uint32(h >> 32)
		row := 0.0
		for _, x := range e[i*d : (i+1)*d] {
			row = max(row, math.Abs(float64(x)))
		}
		scales[i] = uint16(max(1, math.Ceil(row/most*65535)))
		step := float64(scales[i]) / 65535 * most / 127
		for k, x := range e[i*d : (i+1)*d] {
			rows[i*d+k] = int8(math.Round(float64(x) / step))
		}
	}
	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		log.Fatal(err)
	}
	out := w.EncodeAll(embedding.Marshal(d, terms, scales, rows), nil)
	fmt.Println(len(out), "bytes")
	if err := os.WriteFile(*to, out, 0o666); err != nil {
		log.Fatal(err)
	}
}
