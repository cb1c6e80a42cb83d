package grammar

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// stroll writes up to room tokens, the last of which ends the text, as a model
// without sense would: any that the mask allows, if Fits does too.
func stroll(t *testing.T, g *Grammar, v *Vocab, room int, rng *rand.Rand) (text []byte, ended bool) {
	t.Helper()
	m := g.Start(v)
	bits := make([]uint32, (v.Size()+31)/32)
	for left := room; left > 0; left-- {
		if m.CanEnd() && (left == 1 || rng.IntN(8) == 0) {
			return text, true
		}
		clear(bits)
		m.Mask(bits)
		var may []int32
		for id := range int32(v.Size()) {
			if bits[id/32]>>(id%32)&1 == 1 {
				may = append(may, id)
			}
		}
		id := int32(-1)
		for range 8 {
			if len(may) == 0 {
				break
			}
			if x := may[rng.IntN(len(may))]; m.Fits(x, left-1) {
				id = x
				break
			}
		}
		if id < 0 {
			ids, ok := m.Ending()
			if !ok || len(ids) == 0 {
				return text, ok
			}
			id = ids[0]
		}
		if !m.Accept(id) {
			t.Fatalf("the mask allows %q after %s, Accept does not", v.tokens[id], text)
		}
		text = append(text, v.tokens[id]...)
	}
	return text, false
}

// shortest returns how many tokens an end takes that a grammar's beginning
// leads to.
func shortest(t *testing.T, g *Grammar, v *Vocab) (int, bool) {
	t.Helper()
	ids, ok := g.Start(v).Ending()
	if !ok {
		return 0, false
	}
	m := g.Start(v)
	for i, id := range ids {
		if !m.Accept(id) {
			t.Fatalf("token %d of an ending may not come", i)
		}
	}
	if !m.CanEnd() {
		t.Fatal("after its ending a text may not end")
	}
	return len(ids) + 1, true
}

// Whatever is chosen among what a mask allows, a text that has room for its
// shortest form ends, in room for that and in room for more.
func TestWalksEndInTheirRoom(t *testing.T) {
	v, _ := benchVocab(t, 2000)
	rng := rand.New(rand.NewPCG(1, 2))
	schemas, unknown, walks, open := 0, 0, 0, 0
	for i, c := range benchCases(t) {
		if i%24 != 0 {
			continue
		}
		g, err := Schema(c.Schema)
		if err != nil {
			continue
		}
		schemas++
		n, ok := shortest(t, g, v)
		if !ok {
			unknown++
			continue
		}
		for _, more := range []int{0, 3, 20} {
			walks++
			if text, ended := stroll(t, g, v, n+more, rng); !ended {
				open++
				t.Logf("%s: with room for %d tokens, %d more than are needed, it does not end: %.500s", c.Name, n+more, more, text)
			}
		}
	}
	t.Logf("%d schemas, %d of which no end is found; %d walks, %d do not end", schemas, unknown, walks, open)
	if 20*unknown > schemas || 200*open > walks {
		t.Errorf("too few walks end")
	}
}

// What alternatives ask of a part that is not theirs does not hide an end, and
// what several of them ask for together is asked for once.
func TestEndsThroughAlternatives(t *testing.T) {
	image := `{"type": "object", "properties": {"a1": {"type": "string"}, "a2": {"type": "string"}, "a3": {"type": "string"}, "a4": {"type": "string"}}, "required": ["a1", "a2", "a3", "a4"]}`
	side := func(s string) string {
		return `{"properties": {"config": {"type": "object", "properties": {"align": {"enum": ["` + s + `"]}}, "required": ["align"]}}, "required": ["config"]}`
	}
	for _, c := range []struct{ schema, text string }{
		{`{"type": "object", "anyOf": [{"properties": {"name": {"type": "string"}}, "additionalProperties": false},
			{"properties": {"include": {"type": "string"}}, "required": ["include"]}]}`, `{"other":`},
		{`{"anyOf": [{"type": "object", "properties": {"left": ` + image + `}, "required": ["left"], "additionalProperties": false},
			{"type": "object", "properties": {"right": ` + image + `}, "required": ["right"], "additionalProperties": false}]}`, `{"right": {`},
		{`{"type": "object", "oneOf": [` + side("left") + `, ` + side("center") + `, ` + side("right") + `], "required": ["content"],
			"properties": {"content": {"type": "object", "properties": {"image": ` + image + `}, "required": ["image"]}}}`, `{`},
		{`{"type": "array", "minItems": 2, "items": {"anyOf": [{"type": "object", "additionalProperties": false}, {"type": "array", "minItems": 3}]}}`, `[`},
		{`{"type": "object", "additionalProperties": false, "patternProperties": {"^/": ` + image + `, "^:": {"type": "array", "minItems": 9}}, "minProperties": 1}`, `{"/ab`},
	} {
		g, err := Schema([]byte(c.schema))
		if err != nil {
			t.Fatal(err)
		}
		if at := g.text(g.start, c.text); g.end(at, bytesVocab()).found && 2*g.least(at) < len(g.end(at, bytesVocab()).ids) {
			t.Errorf("%s is said to end in %d bytes, and ends in %d", c.text, g.least(at), len(g.end(at, bytesVocab()).ids))
		}
		if e := g.end(g.text(g.start, c.text), bytesVocab()); !e.found || e.work > 600 {
			t.Errorf("an end of %s is found: %t, in %d steps", c.text, e.found, e.work)
		}
	}
}

// A text without room for its end is not searched again at every token.
func TestLostTextsAreLeftAlone(t *testing.T) {
	var names, parts []string
	for i := range 60 {
		name := fmt.Sprintf("%q", fmt.Sprintf("name-%c%d", 'a'+i%7, i))
		names, parts = append(names, name), append(parts, name+`: {"type": "string"}`)
	}
	g, err := Schema([]byte(`{"type": "object", "properties": {` + strings.Join(parts, ", ") + `}, "required": [` + strings.Join(names, ", ") + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	m := g.Start(bytesVocab())
	text := `{"name-a0": "` + strings.Repeat("x", 100)
	for i := range len(text) {
		if !m.Fits(int32(text[i]), 150-i) {
			t.Fatalf("byte %d does not fit, and nothing does", i)
		}
		m.Accept(int32(text[i]))
	}
	if first := g.end(g.start, m.v).work; m.work > 6*first {
		t.Errorf("%d steps for %d bytes, the first end took %d", m.work, len(text), first)
	}
}

// BenchmarkFits reports the processor time of a look at a token, far from the
// end and near to it, along the valid instances of every schema.
func BenchmarkFits(b *testing.B) {
	v, known := benchVocab(b, 20000)
	cases := benchCases(b)
	for _, room := range []int{100_000, 60} {
		b.Run(fmt.Sprint(room), func(b *testing.B) {
			runtime.LockOSThread() // a benchmark below another has a goroutine of its own
			defer runtime.UnlockOSThread()
			var all []time.Duration
			for b.Loop() {
				all = all[:0]
				for _, c := range cases {
					g, err := Schema(c.Schema)
					if err != nil {
						continue
					}
					for _, x := range c.Tests {
						if x.Valid {
							m := g.Start(v)
							along(m, known, strings.TrimSpace(string(x.Data)), func(id int32) {
								began := threadTime()
								m.Fits(id, room)
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
		})
	}
}
