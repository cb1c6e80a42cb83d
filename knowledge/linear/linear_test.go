package linear

import (
	"bytes"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func features(text string) (list []uint64) {
	for w := range strings.FieldsSeq(text) {
		h := fnv.New64a()
		h.Write([]byte(w))
		list = append(list, mix(h.Sum64()))
	}
	return list
}

func TestTrain(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	words := [][]string{strings.Fields("good fine clear plain true"), strings.Fields("spam click buy now free"), strings.Fields("uno dos tres y que")}
	text := func(label int) string {
		var s []string
		for range 12 {
			list := words[label]
			if r.IntN(3) == 0 {
				list = words[r.IntN(3)]
			}
			s = append(s, list[r.IntN(len(list))])
		}
		return strings.Join(s, " ")
	}
	var examples []Example
	for i := range 600 {
		examples = append(examples, Example{Label: i % 3, Features: features(text(i % 3))})
	}
	labels := []string{"good", "bad", "es"}
	m := Train(labels, examples, Options{Bits: 10})
	if again := Train(labels, examples, Options{Bits: 10}); !bytes.Equal(again.Marshal(), m.Marshal()) {
		t.Error("two trainings differ")
	}
	back, err := Unmarshal(m.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	right := 0
	for i := range 300 {
		s := back.NewSum()
		for _, f := range features(text(i % 3)) {
			s.Add(f)
		}
		if k, p := s.Best(nil); k == i%3 && p > .34 && p <= 1 {
			right++
		}
		if k, _ := s.Best([]int{1}); k != 1 {
			t.Fatal(k)
		}
	}
	if right < 280 {
		t.Errorf("%d of 300 right", right)
	}
	s := back.NewSum()
	if k, _ := s.Best(nil); k != -1 {
		t.Error(k)
	}
}

// Sums that fill their 16 bits.
func TestLongText(t *testing.T) {
	m := quantise([]string{"a", "b"}, 1, []float64{1, -1, 1, -1})
	s := m.NewSum()
	for range 100_003 {
		s.Add(1 << 63)
	}
	if k, p := s.Best(nil); k != 0 || p != 1 {
		t.Error(k, p)
	}
	if p, q := s.Share(0, []int{0, 1}), s.Share(1, []int{0, 1}); p != 1 || q > 1e-9 {
		t.Error(p, q)
	}
	if s.total[0] != 255*100_003 || s.total[1] != 100_003 {
		t.Error(s.total[:2])
	}
}

func TestExp(t *testing.T) {
	for x := 0.0; x > -699; x -= .37 {
		if got, want := exp(x), math.Exp(x); math.Abs(got-want) > 1e-7*want {
			t.Errorf("%v: %v, want %v", x, got, want)
		}
	}
	if exp(math.Inf(-1)) != 0 || exp(0) != 1 {
		t.Error()
	}
}

func FuzzUnmarshal(f *testing.F) {
	f.Add(Train([]string{"a", "b"}, []Example{{Label: 0, Features: []uint64{1}}, {Label: 1, Features: []uint64{1 << 63}}}, Options{Bits: 2}).Marshal())
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Unmarshal(b)
		if err != nil {
			return
		}
		if _, err := Unmarshal(m.Marshal()); err != nil {
			t.Error(err)
		}
		s := m.NewSum()
		s.Add(1 << 63)
		s.Best(nil)
	})
}

// AddAll is Add of each, however many come at a time.
func TestAddAll(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for _, n := range []int{2, 17, 24, 25} {
		labels, list := make([]string, n), []Example{}
		for i := range labels {
			labels[i] = string(rune('a' + i))
			list = append(list, Example{Label: i, Features: []uint64{r.Uint64(), r.Uint64()}})
		}
		m := Train(labels, list, Options{Bits: 6})
		one, all := m.NewSum(), m.NewSum()
		for range 9 {
			some := make([]uint64, r.IntN(700))
			for i := range some {
				some[i] = r.Uint64()
				one.Add(some[i])
			}
			all.AddAll(some)
			one.Add(1)
			all.Add(1)
		}
		if one != all {
			t.Errorf("%d labels: other sums", n)
		}
	}
}

// Joined models say what each says alone.
func TestJoin(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	var parts []*Model
	for n := range 3 {
		labels, list := []string{"a", "b", "c", "d"}[:2+n], []Example{}
		for range 40 {
			list = append(list, Example{Label: r.IntN(len(labels)), Features: []uint64{r.Uint64(), r.Uint64(), r.Uint64()}})
		}
		parts = append(parts, Train(labels, list, Options{Bits: 6}))
	}
	joined := Join(parts...)
	some := make([]uint64, 300)
	for i := range some {
		some[i] = r.Uint64()
	}
	all := joined.NewSum()
	all.AddAll(some)
	at := 0
	for _, p := range parts {
		one := p.NewSum()
		one.AddAll(some)
		var here, there []int
		for i := range p.Labels() {
			here, there = append(here, i), append(there, at+i)
		}
		for i := range here {
			if a, b := one.Share(i, here), all.Share(at+i, there); a != b || a <= 0 || a >= 1 {
				t.Errorf("label %d: %v alone, %v joined", i, a, b)
			} else if odds := math.Log(a / (1 - a)); all.Below(at+i, there, odds-1e-5) || len(here) == 2 && !all.Below(at+i, there, odds+1e-5) || !all.Below(at+i, there, odds+2) {
				t.Errorf("label %d of %d: odds %v", i, len(here), odds)
			}
		}
		at += len(here)
	}
	defer func() {
		if recover() == nil {
			t.Error("a joined model is written")
		}
	}()
	joined.Marshal()
}
