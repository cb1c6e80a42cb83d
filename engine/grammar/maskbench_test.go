package grammar

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"regexp"
	"runtime"
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

// pieces are what a byte-level tokenizer joins: a space and letters, up to
// three digits, a space and signs with the line breaks after them, blanks.
var pieces = regexp.MustCompile(` ?\pL+|\pN{1,3}| ?[^\s\pL\pN]+[\r\n]*|\s+`)

// benchVocab is a vocabulary of all bytes and the commonest pieces of texts,
// English, Chinese, YAML and JSON, and the beginnings of pieces.
func benchVocab(t testing.TB, size int) (*Vocab, words) {
	t.Helper()
	count := map[string]int{}
	names := []string{"formats/glaive_toolcall_en_demo.json", "formats/alpaca_zh_demo.json", "formats/alpaca_en_demo.json", "formats/dpo_en_demo.json", "formats/dpo_zh_demo.json",
		"openai-openapi/openapi.yaml", "cmrc2018/dev.json", "tinyshakespeare/input.txt", "jsonschema/maskbench_a.jsonl"}
	if size < 100_000 {
		names = names[:2]
	}
	for _, name := range names {
		text, err := os.ReadFile("../../../shared/data/" + name)
		if errors.Is(err, os.ErrNotExist) {
			t.Skip("no texts to make a vocabulary of: ", err)
		}
		for _, p := range pieces.FindAllString(string(text), -1) {
			for n := 2; n <= len(p) && n <= 16; n++ {
				count[p[:n]]++
			}
		}
	}
	all := slices.SortedFunc(maps.Keys(count), func(a, b string) int { return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b)) })
	known := words{}
	var list []string
	for b := range 256 {
		list = append(list, string([]byte{byte(b)}))
	}
	list = append(list, all[:min(len(all), size-len(list))]...)
	for i, s := range list {
		known[s] = int32(i)
	}
	return NewVocab(len(list), func(id int32) []byte { return []byte(list[id]) }, nil), known
}

// along feeds a text in the longest tokens there are.
func along(m *Matcher, known words, text string, each func(id int32)) bool {
	for len(text) > 0 {
		n := min(len(text), 16)
		for ; n > 1; n-- {
			if _, ok := known[text[:n]]; ok {
				break
			}
		}
		if each(known[text[:n]]); !m.Accept(known[text[:n]]) {
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
			if along(g.Start(v), known, text, func(int32) {}) != x.Valid {
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

// BenchmarkMask reports the processor time of a mask before each token of the valid
// instances of every schema, with a vocabulary of 128,000.
func BenchmarkMask(b *testing.B) {
	v, known := benchVocab(b, 128000)
	cases := benchCases(b)
	var all []time.Duration
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
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
					along(m, known, strings.TrimSpace(string(x.Data)), func(int32) {
						clear(bits)
						began := threadTime()
						m.Mask(bits)
						all = append(all, threadTime()-began)
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
	b.ReportMetric(float64(v.Size()), "tokens")
}
