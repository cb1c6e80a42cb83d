package tokenizer

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func parse(path string, text []byte) (*Tokenizer, error) { return parseJSON(path, text, &config{}) }

// saved returns the tokenizer.json of a small tokenizer.
func saved(t testing.TB) []byte {
	t.Helper()
	dir := t.TempDir()
	if err := trained(t, 300).Save(dir); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "tokenizer.json"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A file cannot make a short text gigabytes long, nor slow to look through.
func TestLoadRefusesBombs(t *testing.T) {
	text := string(saved(t))
	grow := `{"type":"Replace","pattern":{"String":"a"},"content":"aaaaaaaaaa"}`
	for name, normalizer := range map[string]string{
		"twice ten":    `{"type":"Sequence","normalizers":[` + grow + `,` + grow + `]}`,
		"long prepend": `{"type":"Prepend","prepend":"` + strings.Repeat("x", 100) + `"}`,
		"many steps":   `{"type":"Sequence","normalizers":[` + strings.Repeat(`{"type":"NFC"},`, 100) + `{"type":"NFC"}]}`,
	} {
		_, err := parse("x", []byte(strings.Replace(text, `{
    "type": "NFC"
  }`, normalizer, 1)))
		if bad, ok := errors.AsType[*FormatError](err); !ok || !strings.HasPrefix(bad.Place, "normalizer") {
			t.Errorf("%s: %v", name, err)
		}
	}
	long := strings.Repeat("a", 2000)
	if _, err := parse("x", []byte(strings.Replace(text, `"content": "<think>"`, `"content": "`+long+`"`, 1))); err == nil {
		t.Error("an added token of 2,000 bytes: no error")
	}
}

func TestLoadRefuses(t *testing.T) {
	text := string(saved(t))
	if _, err := parse("x", []byte(text)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, place string }{
		{`"type": "NFC"`, `"type": "Nmt"`, "normalizer"},
		{`"type": "Sequence"`, `"type": "CharDelimiterSplit"`, "pre_tokenizer"},
		{`"type": "Split"`, `"type": "UnicodeScripts"`, "pre_tokenizer.pretokenizers[0]"},
		{`|\\p{N}|`, `|\\p{N}{1,4}|`, "pre_tokenizer.pretokenizers[0].pattern"},
		{`"Isolated"`, `"Removed"`, "pre_tokenizer.pretokenizers[0].behavior"},
		{`"add_prefix_space": false`, `"add_prefix_space": true`, "pre_tokenizer"},
		{`"type": "BPE"`, `"type": "WordLevel"`, "pre_tokenizer"},
		{`"merges": [`, `"others": [`, "model.merges"}, // without them all text would fall into bytes
		{`"dropout": null`, `"dropout": 0.1`, "model.dropout"},
		{`"byte_fallback": false`, `"byte_fallback": true`, "model.byte_fallback"},
		{`"continuing_subword_prefix": ""`, `"continuing_subword_prefix": "##"`, "model"},
		{`"!": 33`, `"!": 34`, "model.vocab"},
		{`"!": 33`, `"!": 99999999`, "model.vocab"},
		{`"!": 33`, `"!": -1`, "model.vocab"},
		{`"merges": [`, `"merges": ["a zzz",`, "model.merges[0]"},
		{`"merges": [`, `"merges": ["azzz",`, "model"},
		{`"merges": [`, `"merges": [["a","b","c"],`, "model"},
		{`"content": "<think>"`, `"content": "</think>"`, "model"},
		{`"content": "<think>"`, `"content": ""`, "model"},
		{`"version"`, `version`, ""},
	} {
		if !strings.Contains(text, c.old) {
			t.Errorf("the file has no %s", c.old)
			continue
		}
		_, err := parse("x", []byte(strings.Replace(text, c.old, c.new, 1)))
		bad, ok := errors.AsType[*FormatError](err)
		if !ok {
			t.Errorf("%s → %s: error %v", c.old, c.new, err)
		} else if bad.Place != c.place {
			t.Errorf("%s → %s: place %q, want %q: %v", c.old, c.new, bad.Place, c.place, err)
		}
	}
	if _, err := Load(t.TempDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// TestLoadForms reads the older spelling of merges, an added token within the
// vocabulary, and no normalizer.
func TestLoadForms(t *testing.T) {
	text := string(saved(t))
	want := trained(t, 300)
	start := strings.Index(text, `"merges": [`)
	head, merges := text[:start], text[start:]
	for _, m := range want.merges {
		l, r := toLevel(want.tokens[m.left]), toLevel(want.tokens[m.right])
		merges = strings.Replace(merges, `"`+l+` `+r+`"`, `["`+l+`","`+r+`"]`, 1)
	}
	tok, err := parse("x", []byte(head+merges))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(tok.merges, want.merges) || !slices.Equal(tok.tokens, want.tokens) {
		t.Error("merges as arrays are read otherwise than merges as strings")
	}
	id, _ := want.Special("<|endoftext|>")
	text = strings.Replace(text, `"vocab": {`, `"vocab": {"<|endoftext|>": `+string('0'+id/100)+string('0'+id/10%10)+string('0'+id%10)+`,`, 1)
	text = strings.Replace(text, `"normalizer": {
    "type": "NFC"
  }`, `"normalizer": null`, 1)
	tok, err = parse("x", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := tok.Special("<|endoftext|>"); got != id {
		t.Errorf("<|endoftext|> is %d, want %d", got, id)
	}
	if ids := tok.Encode(nil, "e\u0301"); tok.Decode(ids) != "e\u0301" {
		t.Error("text is normalised though the file says not to")
	}
}

func FuzzLoad(f *testing.F) {
	text := saved(f)
	f.Add(text)
	f.Add([]byte(strings.Replace(string(text), "NFC", "NFD", 1)))
	f.Add([]byte(`{"model":{"vocab":{"a":0,"b":2147483647},"merges":["a b"]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		tok, err := parse("x", text)
		if err != nil {
			return
		}
		tryOut(t, tok)
		again := resaved(t, tok)
		if !slices.Equal(again.tokens, tok.tokens) || !slices.Equal(again.merges, tok.merges) || !slices.Equal(again.added, tok.added) {
			t.Fatal("Save and Load change the tokenizer")
		}
	})
}

// A file of steps without end, or deep in one another, is refused: each would cost time
// with every text, and reading them time that grows with the square.
func TestLoadManySteps(t *testing.T) {
	nested := func(list, leaf string, depth, n int) string {
		s := `{"type":"Sequence","` + list + `":[` + leaf + `]}`
		for range depth {
			s = `{"type":"Sequence","` + list + `":[` + s + strings.Repeat(","+leaf, n) + `]}`
		}
		return s
	}
	const none = `{"type":"Sequence"}`
	for place, list := range map[string]string{"normalizer": "normalizers", "pre_tokenizer": "pretokenizers", "decoder": "decoders"} {
		for _, c := range []struct {
			leaf     string
			depth, n int
			ok       bool
		}{{none, 4, 4, true}, {none, 9, 9, false}, {none, 100, 0, false}, {none, 0, 100, true}, {none, 1, 100, false}, {`{"type":"NFC"}`, 9, 9, false}, {none, 300, 60, false}} {
			_, err := parse("x", []byte(`{"`+place+`":`+nested(list, c.leaf, c.depth, c.n)+`,"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}`))
			if bad, ok := errors.AsType[*FormatError](err); c.ok != (err == nil) || !c.ok && (!ok || bad.Place != place || !strings.Contains(bad.Error(), "more than 64 steps")) {
				t.Errorf("%s %.20s %d deep, %d wide: %v", place, c.leaf, c.depth, c.n, err)
			}
		}
	}
}
