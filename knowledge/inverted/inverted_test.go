package inverted

import (
	"bytes"
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

var params = []Params{
	{K1: 0.9, Weight: [Fields]float64{1, 2, 3}, B: [Fields]float64{0.4, 0.3, 0}},
	{K1: 1.5, Weight: [Fields]float64{1, 1.5, 1}, B: [Fields]float64{0.75, 0, 0.5}},
}

type document struct {
	class   Class
	counts  []Count
	lengths [Fields]uint32
}

func random(seed uint64, n int) (list []document) {
	r := rand.New(rand.NewPCG(seed, 1))
	for range n {
		d := document{class: Class(r.IntN(2))}
		for term := range 40 {
			if r.IntN(1+term) < 3 {
				c := Count{Term: Mix(uint64(term))}
				for f := range Fields {
					if r.IntN(f+1) == 0 {
						c.Times[f] = uint8(1 + r.IntN(4))
						d.lengths[f] += uint32(c.Times[f])
					}
				}
				d.counts = append(d.counts, c)
			}
		}
		list = append(list, d)
	}
	return list
}

func build(t testing.TB, list []document, limit int) []byte {
	t.Helper()
	w := NewWriter(t.TempDir(), params, 1<<20)
	if limit > 0 {
		w.budget = limit
	}
	for _, d := range list {
		if err := w.Add(d.class, d.counts, d.lengths); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := w.Finish(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(t testing.TB, b []byte) *Index {
	t.Helper()
	ix, err := Open(b)
	if err != nil {
		t.Fatal(err)
	}
	return ix
}

// definition is BM25F as the book writes it, over the documents that are allowed.
func definition(list []document, q Query) map[int]float64 {
	var sum, n [2][Fields]float64
	for _, d := range list {
		for f, l := range d.lengths {
			if l > 0 {
				sum[d.class][f] += float64(l)
				n[d.class][f]++
			}
		}
	}
	score := map[int]float64{}
	for _, t := range q.Terms {
		df, all := 0.0, 0.0
		for i, d := range list {
			if q.Allowed != nil && !q.Allowed.Has(i) {
				continue
			}
			all++
			if slices.ContainsFunc(d.counts, func(c Count) bool { return c.Term == t.Hash }) {
				df++
			}
		}
		for i, d := range list {
			if q.Allowed != nil && !q.Allowed.Has(i) {
				continue
			}
			for _, c := range d.counts {
				if c.Term != t.Hash {
					continue
				}
				p, tf := params[d.class], 0.0
				for f, times := range c.Times {
					if times > 0 {
						tf += p.Weight[f] * float64(times) / (1 - p.B[f] + p.B[f]*float64(d.lengths[f])/(sum[d.class][f]/n[d.class][f]))
					}
				}
				s := math.Log(1+(all-df+0.5)/(df+0.5)) * tf / (p.K1 + tf) * float64(t.Share) / 256
				if d.class != q.Class {
					s *= float64(q.Other) / 256
				}
				score[i] += s
			}
		}
	}
	return score
}

func TestSearchIsBM25F(t *testing.T) {
	for seed := range uint64(20) {
		list := random(seed, 300)
		ix := open(t, build(t, list, 0))
		r := rand.New(rand.NewPCG(seed, 2))
		var allowed Set
		if seed%2 == 1 {
			allowed = NewSet(len(list))
			for i := range list {
				if r.IntN(3) == 0 {
					allowed.Add(i)
				}
			}
		}
		q := Query{Class: Class(seed % 3 % 2), Other: 128, Allowed: allowed, K: 300}
		for range 1 + r.IntN(8) {
			q.Terms = append(q.Terms, Term{Hash: Mix(uint64(r.IntN(45))), Share: uint32(64 * (1 + r.IntN(4)))})
		}
		want := definition(list, q)
		hits := ix.Search(q)
		// An impact is rounded to 1/255, a rarity to 1/1024, and both factors round down once.
		bound := float64(len(q.Terms)) * (8.0/510 + 3.0/1024)
		found := map[int]bool{}
		for _, h := range hits {
			found[h.Doc] = true
		}
		for doc, s := range want {
			if !found[doc] && s > bound {
				t.Errorf("seed %d: document %d is not found", seed, doc)
			}
		}
		for i, h := range hits {
			got := float64(h.Score) / 255 / idfScale
			if math.Abs(got-want[h.Doc]) > bound {
				t.Errorf("seed %d: document %d scores %g, want %g", seed, h.Doc, got, want[h.Doc])
			}
			if i > 0 && cmp.Or(cmp.Compare(hits[i-1].Score, h.Score), cmp.Compare(h.Doc, hits[i-1].Doc)) != 1 {
				t.Errorf("seed %d: %v before %v", seed, hits[i-1], h)
			}
		}
		few := q
		few.K = 7
		if got := ix.Search(few); !slices.Equal(got, hits[:min(7, len(hits))]) {
			t.Errorf("seed %d: the best 7 are not the first 7 of all", seed)
		}
		var docs []int
		for _, h := range hits {
			docs = append(docs, h.Doc)
		}
		for i, row := range ix.Impacts(q.Terms, docs) {
			for k, impact := range row {
				has := slices.ContainsFunc(list[docs[i]].counts, func(c Count) bool { return c.Term == q.Terms[k].Hash })
				if has != (impact > 0) {
					t.Errorf("seed %d: document %d, term %d: impact %d", seed, docs[i], k, impact)
				}
			}
		}
	}
}

// The bytes do not depend on how often lists were written to runs.
func TestBudget(t *testing.T) {
	list := random(5, 500)
	want := build(t, list, 0)
	for _, limit := range []int{1, 3000, 20_000, 100_000} {
		if got := build(t, list, limit); !bytes.Equal(got, want) {
			t.Errorf("with runs of %d bytes other bytes are written", limit)
		}
	}
	if ix := open(t, build(t, nil, 0)); len(ix.Search(Query{Terms: []Term{{Hash: 1, Share: 256}}, K: 3})) != 0 {
		t.Error("an empty index finds something")
	}
}

func TestDamaged(t *testing.T) {
	good := build(t, random(3, 6), 0)
	q := Query{K: 5, Other: 256}
	for i := range uint64(40) {
		q.Terms = append(q.Terms, Term{Hash: Mix(i), Share: 256})
	}
	for i := range good {
		if _, err := Open(good[:i]); err == nil {
			t.Errorf("cut to %d bytes it is read", i)
		}
		for _, x := range []byte{1, 0x80, 0xff} {
			bad := bytes.Clone(good)
			bad[i] ^= x
			if ix, err := Open(bad); err == nil {
				ix.Search(q)
				ix.Impacts(q.Terms, []int{0, 3})
			}
		}
	}
	if _, err := Open(append(bytes.Clone(good), 0)); err == nil {
		t.Error("with a byte more it is read")
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(build(f, random(1, 20), 0), uint64(3))
	f.Fuzz(func(t *testing.T, b []byte, term uint64) {
		ix, err := Open(b)
		if err != nil {
			return
		}
		for _, h := range ix.Search(Query{Terms: []Term{{Hash: Mix(term), Share: 256}, {Hash: Mix(0), Share: 9}}, K: 5, Allowed: NewSet(ix.Docs())}) {
			t.Error("a document that is not allowed", h)
		}
		for _, h := range ix.Search(Query{Terms: []Term{{Hash: Mix(term), Share: 256}}, K: 5}) {
			if h.Doc < 0 || h.Doc >= ix.Docs() {
				t.Error(h)
			}
		}
	})
}

func BenchmarkSearch100k(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	w := NewWriter(b.TempDir(), params, 256<<20)
	for range 100_000 {
		var counts []Count
		for _, t := range r.Perm(5000)[:200] {
			t = t * t / 5000 // some often
			counts = append(counts, Count{Term: Mix(uint64(t)), Times: [Fields]uint8{1}})
		}
		slices.SortFunc(counts, func(a, b Count) int { return cmp.Compare(a.Term, b.Term) })
		counts = slices.CompactFunc(counts, func(a, b Count) bool { return a.Term == b.Term })
		if err := w.Add(0, counts, [Fields]uint32{200}); err != nil {
			b.Fatal(err)
		}
	}
	var buf bytes.Buffer
	if err := w.Finish(&buf); err != nil {
		b.Fatal(err)
	}
	ix := open(b, buf.Bytes())
	q := Query{K: 10, Other: 128}
	for i := range 20 {
		q.Terms = append(q.Terms, Term{Hash: Mix(uint64(i * 97)), Share: 256})
	}
	b.ResetTimer()
	for b.Loop() {
		ix.Search(q)
	}
}

// Lists of several blocks: the best few are the first of all, whatever is
// skipped, and the impacts are those in the lists.
func TestBlocks(t *testing.T) {
	const docs = 5000
	list := random(9, docs)
	ix := open(t, build(t, list, 0))
	pruned, further := 0, 0
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 4))
		q := Query{Class: Class(seed % 2), Other: 128, K: docs}
		if seed%3 == 1 {
			q.Allowed = NewSet(docs)
			for i := range docs {
				if r.IntN(4) > 0 {
					q.Allowed.Add(i)
				}
			}
		}
		for range 2 + r.IntN(10) {
			q.Terms = append(q.Terms, Term{Hash: Mix(uint64(r.IntN(42))), Share: uint32(64 * (1 + r.IntN(4)))})
		}
		all := ix.Search(q)
		for _, k := range []int{1, 10, 100} {
			few := q
			few.K = k
			if got := ix.Search(few); !slices.Equal(got, all[:min(k, len(all))]) {
				t.Fatalf("seed %d: the best %d are not the first of all", seed, k)
			}
		}
		for _, k := range []int{1, 10, 100} { // what is less behind than was said is whole
			few := q
			few.K, few.Lead = k, 1+r.IntN(k)
			if few.Lead > len(all) {
				continue
			}
			lead := all[few.Lead-1].Score
			few.Behind = uint32(r.IntN(int(lead)/10 + 1))
			f := ix.Find(few)
			want := slices.DeleteFunc(slices.Clone(all), func(h Hit) bool { return h.Score < max(lead-few.Behind, 1) })
			slices.SortFunc(want, func(a, b Hit) int { return cmp.Compare(a.Doc, b.Doc) })
			if got, ok := f.Above(lead-few.Behind, docs); !ok || !slices.Equal(got, want) {
				t.Fatalf("seed %d: %d score %d and more, want %d", seed, len(got), lead-few.Behind, len(want))
			}
			if _, ok := f.Above(lead-few.Behind, len(want)-1); ok {
				t.Fatalf("seed %d: more than %d are no more", seed, len(want)-1)
			}
			if least := f.q.least(f.Best); least > 1 { // further behind is not told, whether it was left aside or not
				further++
				if _, ok := f.Above(least-1, docs); ok {
					t.Fatalf("seed %d: what is further behind is told", seed)
				}
			}
			f.Close()
		}
		p := ix.sums.Get().(*sums)
		if i := slices.IndexFunc(p.of, func(s uint32) bool { return s != 0 }); i >= 0 {
			t.Fatalf("seed %d: the sum of document %d is left behind", seed, i)
		}
		if len(p.met) < len(all)/2 {
			pruned++
		}
		ix.sums.Put(p)
		var some []int
		for range 50 {
			some = append(some, r.IntN(docs))
		}
		for i, row := range ix.Impacts(q.Terms, some) {
			for k, impact := range row {
				l := ix.list(q.Terms[k].Hash)
				want := byte(0)
				for b, doc, v, ok := next(l.rest, 0, docs); ok; b, doc, v, ok = next(b, doc, docs) {
					if doc == some[i] {
						want = v
					}
				}
				if impact != want {
					t.Fatalf("seed %d: document %d, term %d: impact %d, want %d", seed, some[i], k, impact, want)
				}
			}
		}
		scores := ix.Scores(q, some)
		for i, doc := range some {
			if at := slices.IndexFunc(all, func(h Hit) bool { return h.Doc == doc }); at >= 0 && all[at].Score != scores[i] {
				t.Fatalf("seed %d: document %d scores %d, found with %d", seed, doc, scores[i], all[at].Score)
			}
		}
	}
	if pruned == 0 || further == 0 {
		t.Error("nothing was ever skipped", pruned, further)
	}
}
