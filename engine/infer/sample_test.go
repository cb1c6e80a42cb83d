package infer

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"suiren/engine/tensor"
)

// shares defines how tokens are chosen: the share of each of being chosen, in
// float64, step after step as llama.cpp does it.
func shares(z []float32, r *Request, counts map[int32]int32, allowed func(int) bool) []float64 {
	type cand struct {
		id   int
		z, p float64
	}
	var list []cand
	for id, v := range z {
		x := float64(v) + float64(r.Bias[int32(id)])
		if n := float64(counts[int32(id)]); n > 0 && r.penalises() {
			if rep := float64(r.RepeatPenalty); rep != 0 {
				if x > 0 {
					x /= rep
				} else {
					x *= rep
				}
			}
			x -= n*float64(r.FrequencyPenalty) + float64(r.PresencePenalty)
		}
		if allowed == nil || allowed(id) {
			list = append(list, cand{id: id, z: x})
		}
	}
	byLogit := func(a, b cand) int { return cmp.Or(cmp.Compare(b.z, a.z), cmp.Compare(a.id, b.id)) }
	softmax := func(temp float64) {
		slices.SortFunc(list, byLogit)
		var sum float64
		for i := range list {
			list[i].p = math.Exp((list[i].z - list[0].z) / temp)
			sum += list[i].p
		}
		for i := range list {
			list[i].p /= sum
		}
	}
	cut := func(share float64) {
		var sum float64
		for i := range list {
			if sum += list[i].p; sum >= share {
				list = list[:i+1]
				return
			}
		}
	}
	softmax(1)
	out := make([]float64, len(z))
	if r.Temperature == 0 {
		out[list[0].id] = 1
		return out
	}
	if r.TopK > 0 && r.TopK < len(list) {
		list = list[:r.TopK]
		softmax(1)
	}
	if on(r.Typical) {
		var h float64
		for _, c := range list {
			h -= c.p * math.Log(c.p)
		}
		slices.SortFunc(list, func(a, b cand) int { return cmp.Compare(math.Abs(-math.Log(a.p)-h), math.Abs(-math.Log(b.p)-h)) })
		cut(float64(r.Typical))
		softmax(1)
	}
	if on(r.TopP) {
		cut(float64(r.TopP))
	}
	list = slices.DeleteFunc(list, func(c cand) bool { return c.z < list[0].z+math.Log(float64(r.MinP)) })
	softmax(float64(r.Temperature))
	for _, c := range list {
		out[c.id] = c.p
	}
	return out
}

// Tokens are chosen as often as the definition says, and none that it leaves out.
func TestChoose(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 3))
	const vocab, n = 400, 4000
	z := make([]float32, vocab)
	for i := range z {
		z[i] = float32(rnd.NormFloat64() * 2.5)
	}
	counts := map[int32]int32{}
	for range 60 {
		counts[int32(rnd.IntN(vocab))]++
	}
	odd := func(id int) bool { return id%2 == 1 }
	c := newChooser(vocab)
	for i, r := range []Request{
		{},
		{Temperature: 1},
		{Temperature: 0.7},
		{Temperature: 1.5, TopK: 3},
		{Temperature: 1.5, TopK: 300},
		{Temperature: 1, TopK: 1},
		{Temperature: 0.8, TopP: 0.9},
		{Temperature: 1, TopP: 0.05},
		{Temperature: 1, TopP: 0.999},
		{Temperature: 2, MinP: 0.1},
		{Temperature: 2, MinP: 1},
		{Temperature: 1, Typical: 0.5},
		{Temperature: 0.9, TopK: 50, Typical: 0.9, TopP: 0.9, MinP: 0.02},
		{Temperature: 1, RepeatPenalty: 1.3, FrequencyPenalty: 0.2, PresencePenalty: 0.3},
		{Temperature: 1, RepeatPenalty: 0.7, TopK: 20},
		{Temperature: 1, Bias: map[int32]float32{0: 8, 3: 7, 5: -100}},
		{Bias: map[int32]float32{0: 100}},
	} {
		for _, masked := range []bool{false, true} {
			t.Run(fmt.Sprint(i, masked), func(t *testing.T) {
				allowed := odd
				if !masked {
					allowed = nil
				}
				want := shares(z, &r, counts, allowed)
				got := make([]int, vocab)
				for n := range n {
					r.Seed = uint64(i)
					for id := range vocab {
						setBit(c.mask, int32(id), odd(id))
					}
					id, _, ok := c.choose(z, &r, n, counts, masked)
					if !ok {
						t.Fatal("not numbers")
					}
					got[id]++
				}
				var chi, rest, restGot float64
				cells := 0
				for id, p := range want {
					e := p * n
					if p == 0 && got[id] > 0 {
						t.Fatalf("token %d was chosen %d times and has no share", id, got[id])
					}
					if e < 5 { // few: together
						rest, restGot = rest+e, restGot+float64(got[id])
						continue
					}
					chi += (float64(got[id]) - e) * (float64(got[id]) - e) / e
					cells++
				}
				if rest >= 5 {
					chi += (restGot - rest) * (restGot - rest) / rest
					cells++
				}
				// χ² of f degrees of freedom exceeds this once in 10,000 (Wilson
				// and Hilferty); the seeds are fixed.
				f := float64(max(cells-1, 1))
				if bound := f * math.Pow(1-2/(9*f)+3.72*math.Sqrt(2/(9*f)), 3); chi > bound {
					t.Errorf("χ² = %.1f over %d cells, more than %.1f", chi, cells, bound)
				}
			})
		}
	}
}

// Of many candidates the same one is found as by sorting them.
func TestReach(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 5))
	for _, n := range []int{1, 100, manyKeys, 3 * manyKeys, 20000} {
		for _, kind := range []string{"random", "rising", "falling", "equal"} {
			c := newChooser(n)
			for i := range n {
				z := map[string]float32{"random": rnd.Float32(), "rising": float32(i), "falling": float32(-i), "equal": 1}[kind]
				c.keys = append(c.keys, sortKey(z, int32(i)))
				c.weights[i] = 1 + float32(rnd.IntN(3)) // sums are exact
			}
			sorted := slices.Clone(c.keys)
			slices.Sort(sorted)
			for _, share := range []float32{0, 0.3, 0.99, 1} {
				mass := float32(int(share * c.share()))
				for _, equal := range []bool{false, true} {
					want, sum := n-1, float32(0)
					for i, k := range sorted {
						if sum += c.weights[uint32(k)]; sum > mass || equal && sum == mass {
							want = i
							break
						}
					}
					if got := c.reach(mass, equal); got != want || c.keys[got] != sorted[want] {
						t.Errorf("%d %s, mass %g, equal %v: place %d, want %d", n, kind, mass, equal, got, want)
					}
					if before := slices.Sorted(slices.Values(c.keys[:want])); !slices.Equal(before, sorted[:want]) {
						t.Errorf("%d %s, mass %g: others stand before it", n, kind, mass)
					}
				}
			}
		}
	}
}

// The keys order logits as floats do, the first of equals first.
func TestSortKey(t *testing.T) {
	list := []float32{math.MaxFloat32, 1e30, 2, 1, 1e-40, 0, float32(math.Copysign(0, -1)), -1e-40, -1, -2, low, -math.MaxFloat32, float32(math.Inf(-1))}
	for i := range list[1:] {
		a, b := sortKey(list[i], 7), sortKey(list[i+1], 8)
		if a >= b {
			t.Errorf("the key of %g is not less than that of %g", list[i], list[i+1])
		}
	}
	if sortKey(0, 3) > sortKey(float32(math.Copysign(0, -1)), 4) || sortKey(0, 5) < sortKey(float32(math.Copysign(0, -1)), 4) {
		t.Error("the zeros are not equal")
	}
	rnd := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{1, 5, 300, 5000, 20000} {
		z := make([]float32, n)
		for i := range z {
			z[i] = float32(rnd.IntN(n)) - float32(n)/3
		}
		want := make([]uint64, n)
		for i := range z {
			want[i] = sortKey(z[i], int32(i))
		}
		c := chooser{keys: slices.Clone(want)}
		slices.Sort(want)
		c.sort()
		if !slices.Equal(c.keys, want) {
			t.Errorf("%d keys are not in order", n)
		}
		for _, k := range []int{1, 2, 20, 256, 257, 4000} {
			if k <= n && !slices.Equal(c.largest(nil, z, k), want[:k]) {
				t.Errorf("the largest %d of %d are others", k, n)
			}
		}
	}
}

// Logits that are not numbers are an error, not an answer.
func TestNotNumbers(t *testing.T) {
	c := newChooser(3)
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, z := range [][]float32{{nan, nan, nan}, {0, nan, 1}, {nan, 0, 1}, {0, 1, nan}, {0, inf, 1}, {-inf, -inf, -inf}} {
		for _, r := range []Request{{}, {Temperature: 1}, {Temperature: 1, TopP: 0.9}, {Temperature: 1, TopK: 2}} {
			if id, _, ok := c.choose(z, &r, 0, nil, false); ok {
				t.Errorf("of %v came token %d", z, id)
			}
		}
	}
	if _, _, ok := c.choose([]float32{0, -inf, 1}, &Request{Temperature: 1}, 0, nil, false); !ok {
		t.Error("a token that cannot come makes all the others none")
	}
}

func FuzzChoose(f *testing.F) {
	f.Add(uint64(1), float32(1), float32(0.9), float32(0.1), float32(0.5), 5, float32(1.2), false)
	f.Fuzz(func(t *testing.T, seed uint64, temp, topP, minP, typical float32, topK int, repeat float32, masked bool) {
		r := Request{Prompt: []int32{1}, MaxTokens: 1, Temperature: temp, TopP: topP, MinP: minP, Typical: typical, TopK: topK, RepeatPenalty: repeat, Seed: seed}
		if r.check(64, 10, false) != nil {
			return
		}
		c := newChooser(64)
		z := make([]float32, 64)
		for i := range z {
			z[i] = float32(math.Ldexp(float64(tensor.Uniform(tensor.Rand(seed, 0, uint64(i)))), int(seed%40)))
			setBit(c.mask, int32(i), i%7 == 0)
		}
		id, _, ok := c.choose(z, &r, 3, map[int32]int32{0: 1, 9: 2}, masked)
		if !ok || id < 0 || id > 63 || masked && id%7 != 0 {
			t.Fatalf("token %d, %v", id, ok)
		}
	})
}

func BenchmarkChoose(b *testing.B) {
	const vocab = 151936
	rnd := rand.New(rand.NewPCG(3, 3))
	peaked, flat := make([]float32, vocab), make([]float32, vocab)
	for i := range peaked {
		flat[i] = float32(rnd.NormFloat64())
		peaked[i] = float32(rnd.NormFloat64() * 3) // a handful of likely tokens, as after real text
		if i%30000 == 77 {
			peaked[i] += 20
		}
	}
	for _, bc := range []struct {
		name string
		r    Request
	}{
		{"greedy", Request{}},
		{"temperature", Request{Temperature: 1}},
		{"top_p", Request{Temperature: 0.7, TopP: 0.9}},
		{"top_k,top_p", Request{Temperature: 0.7, TopK: 40, TopP: 0.9}},
		{"min_p", Request{Temperature: 0.7, MinP: 0.05}},
		{"typical", Request{Temperature: 0.7, Typical: 0.9}},
		{"penalties", Request{RepeatPenalty: 1.1}},
	} {
		for name, z := range map[string][]float32{"peaked": peaked, "flat": flat} {
			b.Run(bc.name+"/"+name, func(b *testing.B) {
				c := newChooser(vocab)
				counts := map[int32]int32{}
				for i := range int32(50) {
					counts[i*31] = 1
				}
				n := 0
				for b.Loop() {
					c.choose(z, &bc.r, n, counts, false)
					n++
				}
			})
		}
	}
	b.Run("20 logprobs", func(b *testing.B) {
		c := newChooser(vocab)
		for b.Loop() {
			c.top(peaked, scale{}, 20)
		}
	})
}
