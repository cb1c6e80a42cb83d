package grammar

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

const maskBench = "../../../shared/data/jsonschema/maskbench_a.jsonl"

type benchCase struct {
	Name   string
	Schema json.RawMessage
	Tests  []struct {
		Valid bool
		Data  json.RawMessage
	}
}

func benchCases(t testing.TB) []benchCase {
	t.Helper()
	f, err := os.Open(maskBench)
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("the schemas of MaskBench are not here: ", maskBench)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var list []benchCase
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<26)
	for s.Scan() {
		var c benchCase
		if err := json.Unmarshal(s.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		list = append(list, c)
	}
	return list
}

// words are the tokens of a test by their texts.
type words map[string]int32

// benchVocab is a vocabulary of all bytes, what JSON is made of, and pieces of
// the schemas.
func benchVocab(t testing.TB, size int) (*Vocab, words) {
	t.Helper()
	known := words{}
	var list []string
	add := func(s string) {
		if _, ok := known[s]; !ok && len(list) < size {
			known[s] = int32(len(list))
			list = append(list, s)
		}
	}
	for b := range 256 {
		add(string([]byte{byte(b)}))
	}
	for _, s := range []string{`{"`, `":`, `": `, `","`, `", "`, `"}`, `"]`, `},`, `], `, `[{"`, `": "`, `true`, `false`, `null`, `00`, `0.`, "\n  "} {
		add(s)
	}
	cases := benchCases(t)
	for n := 2; n < 12 && len(list) < size; n++ {
		for _, c := range cases {
			text := string(c.Schema)
			for i := 0; i+n <= len(text); i += n + 1 {
				add(text[i : i+n])
			}
		}
	}
	return NewVocab(len(list), func(id int32) []byte { return []byte(list[id]) }, nil), known
}

// accepts feeds a text in the longest tokens there are.
func accepts(m *Matcher, known words, text string, each func()) bool {
	for len(text) > 0 {
		n := min(len(text), 12)
		for ; n > 1; n-- {
			if _, ok := known[text[:n]]; ok {
				break
			}
		}
		if each != nil {
			each()
		}
		if !m.Accept(known[text[:n]]) {
			return false
		}
		text = text[n:]
	}
	return m.CanEnd()
}

// Of MaskBench's schemas at least 97 in 100 compile; of those, every valid
// instance is accepted and no invalid one.
func TestMaskBench(t *testing.T) {
	v, known := benchVocab(t, 20000)
	cases := benchCases(t)
	compiled, valid, invalid := 0, 0, 0
	var slow time.Duration
	for _, c := range cases {
		began := time.Now()
		g, err := Schema(c.Schema)
		slow = max(slow, time.Since(began))
		if err != nil {
			t.Logf("%s: %v", c.Name, err)
			continue
		}
		compiled++
		for i, x := range c.Tests {
			text := strings.TrimSpace(string(x.Data))
			if accepts(g.Start(v), known, text, nil) != x.Valid {
				t.Errorf("%s: instance %d is valid: %t; %.300s", c.Name, i, x.Valid, text)
			}
			if x.Valid {
				valid++
			} else {
				invalid++
			}
		}
	}
	t.Logf("%d of %d schemas compile (%.1f%%), %d valid and %d invalid instances, slowest compile %v", compiled, len(cases), 100*float64(compiled)/float64(len(cases)), valid, invalid, slow)
	if 100*compiled < 97*len(cases) {
		t.Errorf("%d of %d schemas compile", compiled, len(cases))
	}
}

// BenchmarkMask reports the time of a mask before each token of the valid
// instances, with a vocabulary of 128,000.
func BenchmarkMask(b *testing.B) {
	v, known := benchVocab(b, 128000)
	cases := benchCases(b)
	var all []time.Duration
	for b.Loop() {
		all = all[:0]
		for _, c := range cases {
			g, err := Schema(c.Schema)
			if err != nil {
				continue
			}
			bits := make([]uint32, (v.Size()+31)/32)
			for _, x := range c.Tests {
				if x.Valid {
					m := g.Start(v)
					accepts(m, known, strings.TrimSpace(string(x.Data)), func() {
						clear(bits)
						began := time.Now()
						m.Mask(bits)
						all = append(all, time.Since(began))
					})
				}
			}
		}
	}
	slices.Sort(all)
	b.ReportMetric(float64(all[len(all)/2].Nanoseconds())/1e3, "p50-µs")
	b.ReportMetric(float64(all[len(all)*99/100].Nanoseconds())/1e3, "p99-µs")
	b.ReportMetric(float64(all[len(all)-1].Microseconds()), "max-µs")
	b.ReportMetric(float64(len(all)), "masks")
}
