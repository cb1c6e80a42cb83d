package schema

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"suiren/engine/grammar"
	"suiren/engine/tokenizer"
)

var (
	data  = flag.String("data", "", "folder of schemas and texts")
	every = flag.Int("every", 5, "take every Nth schema")
	walks = flag.Int("walks", 3, "walks of each schema")
)

// vocabulary trains a byte-level BPE on JSON, English and Chinese.
func vocabulary(t *testing.T) (*grammar.Vocab, *tokenizer.Tokenizer) {
	var texts []string
	for _, name := range []string{"jsonschema/maskbench_a.jsonl", "cmrc2018/dev.json", "tinyshakespeare/input.txt", "formats/glaive_toolcall_en_demo.json"} {
		b, err := os.ReadFile(filepath.Join(*data, name))
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(b[:min(len(b), 1<<20)]))
	}
	tok, err := tokenizer.Train(func(yield func(string) bool) {
		for _, s := range texts {
			if !yield(s) {
				return
			}
		}
	}, 16000, []string{"<|im_end|>"})
	if err != nil {
		t.Fatal(err)
	}
	end, _ := tok.Special("<|im_end|>")
	return grammar.NewVocab(tok.Vocab(), tok.Bytes, func(id int32) bool { return id == end }), tok
}

// stuck counts walks that led to where nothing may follow: of a string several
// patterns and a length are asked for, each possible and not all together. The
// grammar does not look that far.
var stuck int

// walk writes up to room random tokens along masks, as an engine that has no
// more room does; "" if the text does not come to its end.
func walk(t *testing.T, name string, g *grammar.Grammar, v *grammar.Vocab, tok *tokenizer.Tokenizer, room int, rng *rand.Rand) string {
	const tries = 8 // as in engine/infer
	m := g.Start(v)
	bits := make([]uint32, (v.Size()+31)/32)
	var text []byte
	for left := room; left > 0; left-- {
		if m.CanEnd() && (left == 1 || rng.IntN(8) == 0) {
			return string(text)
		}
		clear(bits)
		m.Mask(bits)
		var may []int32
		for id := range int32(v.Size()) {
			if bits[id/32]>>(id%32)&1 == 1 {
				may = append(may, id)
			}
		}
		if len(may) == 0 {
			if m.CanEnd() {
				return string(text)
			}
			t.Logf("%s: nothing may follow %.300s", name, text)
			stuck++
			return ""
		}
		id := may[rng.IntN(len(may))]
		for n := 0; n < tries && !m.Fits(id, left-1); n++ {
			id = may[rng.IntN(len(may))]
		}
		if !m.Fits(id, left-1) {
			ids, ok := m.Ending()
			if !ok {
				t.Fatalf("%s: no end fits, and none is known, after %.300s", name, text)
			}
			if len(ids) == 0 {
				return string(text)
			}
			id = ids[0]
		}
		if !m.Accept(id) {
			t.Errorf("%s: the mask allows %q after %.300s, Accept does not", name, tok.Bytes(id), text)
			return ""
		}
		text = append(text, tok.Bytes(id)...)
	}
	t.Logf("%s: in room for %d tokens this does not end: %.300s", name, room, text)
	return ""
}

func TestWalks(t *testing.T) {
	if *data == "" {
		t.Skip("no -data")
	}
	v, tok := vocabulary(t)
	f, err := os.Open(filepath.Join(*data, "jsonschema/maskbench_a.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<26)
	rng := rand.New(rand.NewPCG(1, 2))
	schemas, ended, open, foreign, endless, lines := 0, 0, 0, 0, 0, 0
	for ; s.Scan(); lines++ {
		if lines%*every != 0 {
			continue
		}
		var c struct {
			Name   string
			Schema json.RawMessage
		}
		if err := json.Unmarshal(s.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		g, err := grammar.Schema(c.Schema)
		if err != nil {
			continue
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(c.Schema))
		if err != nil {
			t.Fatal(err)
		}
		judge := jsonschema.NewCompiler()
		judge.AssertFormat()
		var valid *jsonschema.Schema
		if err := judge.AddResource("mem:///schema.json", doc); err == nil {
			valid, _ = judge.Compile("mem:///schema.json")
		}
		if valid == nil { // of another draft, or beyond the judge
			foreign++
			continue
		}
		shortest, ok := g.Start(v).Ending()
		if !ok {
			t.Logf("%s: no end is found", c.Name)
			endless++
			continue
		}
		schemas++
		for range *walks {
			text := walk(t, c.Name, g, v, tok, len(shortest)+1+rng.IntN(100), rng)
			if text == "" {
				open++
				continue
			}
			ended++
			value, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(text)))
			if err == nil {
				err = valid.Validate(value)
			}
			if err != nil {
				t.Errorf("%s: %.400s\n%v", c.Name, text, err)
			}
		}
	}
	t.Logf("%d schemas, %d of which no end is found, %d that the judge does not read; %d walks came to an end and were judged, %d did not end, %d of them stuck; %d tokens", schemas, endless, foreign, ended, open, stuck, v.Size())
	if 40*stuck > ended+open {
		t.Errorf("%d walks are stuck", stuck)
	}
	if 20*open > ended || 20*endless > schemas { // of numbers and names that many conditions exclude
		t.Errorf("%d walks did not end, of %d schemas no end was found", open, endless)
	}
}
