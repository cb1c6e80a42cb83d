package duplicate

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cespare/xxhash/v2"
)

const oracle = "../../../testdata/oracle/datatrove"

func readJSON(t *testing.T, name string, v any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(oracle, name))
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func own(t *testing.T) []string {
	b, err := os.ReadFile(filepath.Join(oracle, "own.txt"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(b), "\f")
}

func TestSimplifyIsDatatroves(t *testing.T) {
	var list [][2]string
	readJSON(t, "simplified.json", &list)
	for _, c := range list {
		if got := string(Simplify(nil, c[0])); got != c[1] {
			t.Errorf("%q\n got %q\nwant %q", c[0], got, c[1])
		}
	}
}

// lang is as make.py chooses it.
func lang(text string) string {
	for _, c := range text {
		if c >= 0x4e00 && c <= 0x9fff {
			return "zh"
		}
	}
	return "en"
}

func TestSignaturesAreDatatroves(t *testing.T) {
	var want [][]uint64
	readJSON(t, "signatures.json", &want)
	same := 0
	for i, text := range own(t) {
		var s Signer
		var sig Signature
		Sign(&sig, s.Shingles(text, lang(text)))
		if slices.Equal(sig[:], want[i]) {
			same++
		} else {
			t.Logf("text %d (%s) differs", i, lang(text))
		}
	}
	if same != len(want) {
		t.Errorf("%d of %d signatures are equal", same, len(want))
	}
}

func TestPermutations(t *testing.T) {
	f, err := os.Open(filepath.Join(oracle, "permutations.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	n := 0
	for ; in.Scan(); n++ {
		if got := fmt.Sprint(multipliers[n], offsets[n]); got != in.Text() {
			t.Errorf("%d: %s, want %s", n, got, in.Text())
		}
	}
	if n != hashes {
		t.Error(n)
	}
}

// The definition of a signature, with no tricks.
func TestSign(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	shingles := make([]uint64, 50)
	for i := range shingles {
		shingles[i] = r.Uint64()
	}
	shingles[0], shingles[1] = 0, ^uint64(0)
	var sig Signature
	if !Sign(&sig, shingles) || Sign(&sig, nil) {
		t.Fatal()
	}
	for p := range sig {
		least := ^uint64(0)
		for _, x := range shingles {
			least = min(least, (x*multipliers[p]+offsets[p])%mersenne)
		}
		if sig[p] != least {
			t.Fatalf("%d: %d, want %d", p, sig[p], least)
		}
	}
}

// Sorted with little memory and with much, in any order, it is the same; and
// clusters do not depend on the order of joins.
func TestSorterAndClusters(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	const texts = 3000
	pairs := make([]Pair, 20_000)
	for i := range pairs {
		pairs[i] = Pair{r.Uint64N(15_000), r.Uint64N(texts)}
	}
	var first string
	for _, limit := range []int{1 << 20, 100, 7777} {
		s := &Sorter{Dir: t.TempDir(), Limit: limit}
		r.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
		for _, p := range pairs {
			if err := s.Add(p); err != nil {
				t.Fatal(err)
			}
		}
		c := NewClusters(texts)
		h := xxhash.New()
		last := uint64(0)
		err := s.Each(func(key uint64, values []uint64) error {
			if key <= last && last > 0 || len(values) < 2 || !slices.IsSorted(values) {
				t.Fatal(key, values)
			}
			last = key
			fmt.Fprintln(h, key, values)
			r.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
			for _, v := range values[1:] {
				c.Join(uint32(v), uint32(values[0]))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for i := range uint32(texts) {
			if c.Find(i) > i {
				t.Fatal("not the least")
			}
			binary.Write(h, binary.LittleEndian, c.Find(i))
		}
		got := fmt.Sprint(h.Sum64())
		if first == "" {
			first = got
		}
		if got != first {
			t.Errorf("limit %d gives something else", limit)
		}
		if left, _ := os.ReadDir(s.Dir); len(left) > 0 {
			t.Error("files are left")
		}
	}
}

func FuzzShingles(f *testing.F) {
	f.Add("A b c d e f 1,234.5 “x” 汉字。\xff", "zh")
	f.Fuzz(func(t *testing.T, text, lang string) {
		var s Signer
		s.Shingles(text, lang)
		s.Characters = 3
		n := len(s.Shingles(text, lang))
		var sig Signature
		if Sign(&sig, s.shingles) != (n > 0) || SignOnce(&sig, s.shingles) != (n > 0) {
			t.Fatal(n)
		}
		if len(s.simple) > 8*len(text)+8 {
			t.Errorf("%d bytes became %d", len(text), len(s.simple))
		}
	})
}

func BenchmarkSignature(b *testing.B) {
	texts := map[string]string{}
	if body, err := os.ReadFile(filepath.Join(oracle, "own.txt")); err == nil {
		for _, t := range strings.Split(string(body), "\f") {
			texts[lang(t)] += t + "\n"
		}
	}
	for _, l := range []string{"en", "zh"} {
		for name, sign := range map[string]func(*Signature, []uint64) bool{"fineweb": Sign, "once": SignOnce} {
			b.Run(l+"/"+name, func(b *testing.B) {
				b.SetBytes(int64(len(texts[l])))
				var s Signer
				var sig Signature
				for b.Loop() {
					sign(&sig, s.Shingles(texts[l], l))
				}
			})
		}
	}
}
