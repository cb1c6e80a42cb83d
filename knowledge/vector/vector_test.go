package vector

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"suiren/internal/cpu"
)

func TestDot(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for n := range 300 {
		x, y := make([]int8, n), make([]int8, n)
		for i := range x {
			x[i], y[i] = int8(r.IntN(255)-127), int8(r.IntN(255)-127)
			if n%7 == 0 {
				x[i], y[i] = -127, 127
			}
		}
		want := dotGeneric(x, y)
		if got := dot(x, y); got != want {
			t.Fatalf("%d numbers: %d, want %d", n, got, want)
		}
		for _, impl := range cpu.Impls("knowledge/vector: dot") {
			old := *impl.Use
			*impl.Use = false
			if got := dot(x, y); got != want {
				t.Fatalf("%d numbers without %s: %d, want %d", n, impl.Name, got, want)
			}
			*impl.Use = old
		}
	}
}

func TestDots(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, width := range []int{1, 15, 16, 33, 48, 128} {
		for n := range 11 {
			rows, q := make([]int8, n*width), make([]int8, width)
			for i := range rows {
				rows[i] = int8(r.IntN(255) - 127)
			}
			for i := range q {
				q[i] = int8(r.IntN(255) - 127)
			}
			got, want := make([]int32, n), make([]int32, n)
			for i := range want {
				want[i] = dotGeneric(rows[i*width:(i+1)*width], q)
			}
			if dots(got, rows, q, widened(q)); !slices.Equal(got, want) {
				t.Fatalf("%d rows of %d: %v, want %v", n, width, got, want)
			}
		}
	}
}

// points returns vectors in hidden dimensions, spread over width by a random
// map, with a little noise: as embeddings lie. With clusters they lie about centres.
func points(seed uint64, n, width, hidden int, clusters int) [][]float32 {
	r := rand.New(rand.NewPCG(seed, 9))
	m := make([]float32, hidden*width)
	shape := rand.New(rand.NewPCG(77, 9)) // the same for all seeds
	for i := range m {
		m[i] = float32(shape.NormFloat64())
	}
	centres := make([][]float64, clusters)
	for c := range centres {
		for range hidden {
			centres[c] = append(centres[c], 2*shape.NormFloat64())
		}
	}
	list := make([][]float32, n)
	for i := range list {
		v := make([]float32, width)
		for h := range hidden {
			a := r.NormFloat64()
			if clusters > 0 {
				a += centres[i%clusters][h]
			}
			for k := range v {
				v[k] += float32(a) * m[h*width+k]
			}
		}
		for k := range v {
			v[k] += 0.3 * float32(r.NormFloat64())
		}
		list[i] = v
	}
	return list
}

func fill(list [][]float32) *Set {
	s := NewSet(len(list[0]))
	for _, v := range list {
		s.Add(v)
	}
	return s
}

func recall(got, want []Hit) float64 {
	n := 0
	for _, h := range got {
		if slices.ContainsFunc(want, func(w Hit) bool { return w.At == h.At }) {
			n++
		}
	}
	return float64(n) / float64(len(want))
}

func TestFlatIsCosine(t *testing.T) {
	list := points(1, 200, 37, 8, 0)
	s := fill(list)
	cosine := func(a, b []float32) float64 {
		var ab, aa, bb float64
		for i := range a {
			ab += float64(a[i]) * float64(b[i])
			aa += float64(a[i]) * float64(a[i])
			bb += float64(b[i]) * float64(b[i])
		}
		return ab / math.Sqrt(aa*bb)
	}
	for _, q := range points(2, 20, 37, 8, 0) {
		for _, h := range s.Flat(q, 200, nil) {
			// Each number is off by half a step of 1/127 of the largest.
			if want := cosine(q, list[h.At]); math.Abs(float64(h.Near)-want) > 0.03 {
				t.Errorf("%g, want %g", h.Near, want)
			}
		}
		even := s.Flat(q, 9, func(i int) bool { return i%2 == 0 })
		if len(even) != 9 || slices.ContainsFunc(even, func(h Hit) bool { return h.At%2 != 0 }) || !slices.IsSortedFunc(even, order) {
			t.Error(even)
		}
	}
	s.Add(make([]float32, 37))
	s.Add(slices.Repeat([]float32{float32(math.NaN())}, 37))
	for _, h := range s.Flat(list[0], 300, nil) {
		if h.At >= 200 && h.Near != 0 {
			t.Error(h)
		}
	}
}

func TestGraph(t *testing.T) {
	for _, clusters := range []int{0, 20} {
		list := points(3, 3000, 64, 16, clusters)
		s := fill(list)
		g := NewGraph(s, nil)
		sum, filtered := 0.0, 0.0
		queries := points(4, 50, 64, 16, clusters)
		for _, q := range queries {
			sum += recall(g.Search(q, 10, 64, nil, 0), s.Flat(q, 10, nil))
			third := func(i int) bool { return i%3 == 0 }
			got := g.Search(q, 10, 64, third, 1000)
			if slices.ContainsFunc(got, func(h Hit) bool { return !third(h.At) }) {
				t.Fatal("a vector that is not allowed")
			}
			filtered += recall(got, s.Flat(q, 10, third))
			few := func(i int) bool { return i%500 == 1 }
			if got := g.Search(q, 10, 64, few, 6); !slices.Equal(got, s.Flat(q, 10, few)) || len(got) != 6 {
				t.Error("where few are allowed all of them are looked at", got)
			}
		}
		t.Logf("%d clusters: recall@10 %.3f, of a third %.3f", clusters, sum/50, filtered/50)
		if sum < 0.95*50 || filtered < 0.95*50 {
			t.Errorf("recall@10 is %.3f, of a third %.3f", sum/50, filtered/50)
		}

		// The same bytes again, which read back to what was written.
		var one, two bytes.Buffer
		if err := Write(&one, s, g); err != nil {
			t.Fatal(err)
		}
		s2, g2, err := Read(one.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if err := Write(&two, s2, g2); err != nil || !bytes.Equal(one.Bytes(), two.Bytes()) {
			t.Error("what is read is written as other bytes", err)
		}
		if got, want := g2.Search(queries[0], 10, 64, nil, 0), g.Search(queries[0], 10, 64, nil, 0); !slices.Equal(got, want) {
			t.Error(got, want)
		}
		two.Reset()
		if err := Write(&two, s, NewGraph(s, nil)); err != nil || !bytes.Equal(one.Bytes(), two.Bytes()) {
			t.Error("another graph of the same vectors")
		}
	}
	if NewGraph(fill(points(1, 10, 8, 4, 0)), func() bool { return true }) != nil {
		t.Error("it did not stop")
	}
	for n := range 4 {
		s := NewSet(3)
		for i := range n {
			s.Add([]float32{1, float32(i), 0})
		}
		if got := NewGraph(s, nil).Search([]float32{1, 0, 0}, 10, 10, nil, 0); len(got) != n {
			t.Errorf("of %d vectors %v", n, got)
		}
	}
}

func TestDamaged(t *testing.T) {
	s := fill(points(1, 40, 5, 3, 0))
	var b bytes.Buffer
	if err := Write(&b, s, NewGraph(s, nil)); err != nil {
		t.Fatal(err)
	}
	good := b.Bytes()
	for i := range good {
		if _, _, err := Read(good[:i]); err == nil {
			t.Errorf("cut to %d bytes it is read", i)
		}
		for _, x := range []byte{1, 0x80} {
			bad := bytes.Clone(good)
			bad[i] ^= x
			if s, g, err := Read(bad); err == nil && g != nil && s.Width() == 5 {
				g.Search(make([]float32, 5), 3, 10, nil, 0)
				g.Search([]float32{1, 2, 3, 4, 5}, 3, 10, nil, 0)
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	s := fill(points(1, 20, 3, 3, 0))
	var b bytes.Buffer
	Write(&b, s, NewGraph(s, nil))
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, g, err := Read(b); err == nil {
			v := make([]float32, s.Width())
			v[0] = 1
			s.Flat(v, 3, nil)
			if g != nil {
				g.Search(v, 3, 8, nil, 0)
			}
		}
	})
}

// BenchmarkGraph is 100,000 vectors of 512 numbers: time and recall@10 of a search.
func BenchmarkGraph(b *testing.B) {
	for _, shape := range []struct {
		name     string
		clusters int
	}{{"spread", 0}, {"clusters", 500}} {
		b.Run(shape.name, func(b *testing.B) {
			s := fill(points(5, 100_000, 512, 24, shape.clusters))
			g := NewGraph(s, nil)
			queries := points(6, 100, 512, 24, shape.clusters)
			sum := 0.0
			for _, q := range queries {
				sum += recall(g.Search(q, 10, 128, nil, 0), s.Flat(q, 10, nil))
			}
			b.ResetTimer()
			for i := 0; b.Loop(); i++ {
				g.Search(queries[i%len(queries)], 10, 128, nil, 0)
			}
			b.ReportMetric(sum/float64(len(queries)), "recall@10")
		})
	}
}

func BenchmarkFlat(b *testing.B) {
	s := fill(points(5, 20_000, 512, 8, 0))
	q := points(6, 1, 512, 8, 0)[0]
	for b.Loop() {
		s.Flat(q, 10, nil)
	}
}

func TestNearest(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for n := range 40 {
		var list []Hit
		for i := range n {
			list = append(list, Hit{i, float32(r.IntN(12))})
		}
		r.Shuffle(n, func(i, j int) { list[i], list[j] = list[j], list[i] })
		want := slices.SortedFunc(slices.Values(list), order)
		k := r.IntN(12)
		if got := Nearest(list, k); !slices.Equal(got, want[:min(k, n)]) {
			t.Errorf("%d of %d: %v, want %v", k, n, got, want[:min(k, n)])
		}
	}
}

func TestAmong(t *testing.T) {
	s := fill(points(11, 30, 48, 8, 0))
	list := []int{3, 29, 0, 7, 7, 12, 20}
	for k, near := range s.Among(list) {
		if want := s.Between(list[k/len(list)], list[k%len(list)]); near != want {
			t.Errorf("%d: %g, want %g", k, near, want)
		}
	}
}
