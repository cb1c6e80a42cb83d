package tokenizer

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The oracle is the tokenizers library; make.py in this folder says how its
// answers were made. With -oracle TestOracleFolder writes the tokenizer that
// make.py asks about.
const oracle = "../../testdata/oracle/tokenizer"

var writeOracle = flag.Bool("oracle", false, "train and write the tokenizer of "+oracle)

// data returns the lines of a public text: those of SUIREN_DATA, or of
// shared/data beside the repository.
func data(t testing.TB, name string) []string {
	t.Helper()
	dir := os.Getenv("SUIREN_DATA")
	if dir == "" {
		dir = "../../../shared/data"
	}
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Skipf("the public texts are not here; SUIREN_DATA names their folder: %v", err)
	}
	return strings.Split(string(b), "\n")
}

// TestOracleFolder trains on public texts and compares with the tokenizer
// that is kept: training is the same on every machine.
func TestOracleFolder(t *testing.T) {
	texts := append(data(t, "wikitext2/valid.txt")[:2000], data(t, "chinese-poetry/poet.tang.1000.json")[:5000]...)
	tok, err := Train(slices.Values(texts), 2000, ChatSpecial)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if *writeOracle {
		dir = oracle
	}
	if err := tok.Save(dir); err != nil {
		t.Fatal(err)
	}
	sameFiles(t, dir, oracle)
}

// The folder that transformers was asked about is what Save writes.
func TestOracleSaved(t *testing.T) {
	const folder = "../../testdata/oracle/qwen3/folder"
	tok, err := Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := tok.Save(dir); err != nil {
		t.Fatal(err)
	}
	sameFiles(t, dir, folder)
}

// sameFiles compares what Save wrote to dir with what is kept.
func sameFiles(t *testing.T, dir, kept string) {
	t.Helper()
	for _, name := range []string{"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja"} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join(kept, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what is kept", name)
		}
	}
}

func load(t testing.TB) *Tokenizer {
	t.Helper()
	tok, err := Load(oracle)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// cases decodes a gzipped file of JSON values.
func cases[T any](t *testing.T, name string) (list []T) {
	t.Helper()
	f, err := os.Open(filepath.Join(oracle, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for dec := json.NewDecoder(z); dec.More(); {
		var c T
		if err := dec.Decode(&c); err != nil {
			t.Fatal(err)
		}
		list = append(list, c)
	}
	return list
}

type oracleCase struct {
	Text string
	IDs  []int32
}

func TestOracleRandom(t *testing.T) {
	tok := load(t)
	list := cases[oracleCase](t, "encode.jsonl.gz")
	if len(list) != 10000 {
		t.Fatalf("%d strings, want 10000", len(list))
	}
	wrong := 0
	for _, c := range list {
		if got := tok.Encode(nil, c.Text); !slices.Equal(got, c.IDs) {
			if wrong++; wrong <= 10 {
				t.Errorf("%q\n got %v\nwant %v", c.Text, got, c.IDs)
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d strings differ", wrong, len(list))
	}
}

func TestOracleDecode(t *testing.T) {
	tok := load(t)
	list := cases[oracleCase](t, "decode.jsonl.gz")
	if len(list) != 1000 {
		t.Fatalf("%d sequences, want 1000", len(list))
	}
	for _, c := range list {
		if got := tok.Decode(c.IDs); got != c.Text {
			t.Fatalf("%v\n got %q\nwant %q", c.IDs, got, c.Text)
		}
	}
}

// realStrings returns the strings of a public file: lines of prose, verses of poems.
func realStrings(t *testing.T, file string) (list []string) {
	lines := data(t, file)
	if filepath.Ext(file) != ".json" {
		return lines
	}
	var poems []struct{ Paragraphs []string }
	if err := json.Unmarshal([]byte(strings.Join(lines, "\n")), &poems); err != nil {
		t.Fatal(err)
	}
	for _, p := range poems {
		list = append(list, p.Paragraphs...)
	}
	return list
}

// TestOracleReal compares 1,000 different strings of public texts. The texts
// are not ours to keep, so the oracle has their places and digests of their ids.
func TestOracleReal(t *testing.T) {
	tok := load(t)
	type place struct {
		File string
		N    int
		IDs  string
	}
	byFile := map[string][]place{}
	for _, c := range cases[place](t, "real.jsonl.gz") {
		byFile[c.File] = append(byFile[c.File], c)
	}
	for _, file := range []string{"wikitext2/test.txt", "chinese-poetry/poet.tang.0.json"} {
		t.Run(file, func(t *testing.T) {
			list, seen, wrong := realStrings(t, file), map[string]bool{}, 0
			for _, c := range byFile[file] {
				if c.N >= len(list) {
					t.Fatalf("string %d of %d: this is another edition of the file", c.N, len(list))
				}
				text := list[c.N]
				seen[text] = true
				var ids []string
				for _, id := range tok.Encode(nil, text) {
					ids = append(ids, strconv.Itoa(int(id)))
				}
				sum := sha256.Sum256([]byte(strings.Join(ids, " ")))
				if hex.EncodeToString(sum[:8]) != c.IDs {
					if wrong++; wrong <= 5 {
						t.Errorf("string %d, %q: the ids %s are not the oracle's", c.N, text, ids)
					}
				}
			}
			if wrong > 0 {
				t.Errorf("%d of %d strings differ", wrong, len(byFile[file]))
			}
			if len(seen) != 500 {
				t.Errorf("%d different strings, want 500", len(seen))
			}
		})
	}
}

func TestOracleChat(t *testing.T) {
	tok := load(t)
	chat, err := NewChat(tok)
	if err != nil {
		t.Fatal(err)
	}
	list := cases[struct {
		Messages []Message
		Think    bool
		IDs      []int32
	}](t, "chat.jsonl.gz")
	if len(list) == 0 {
		t.Fatal("no conversations")
	}
	for _, c := range list {
		if got := chat.Prompt(nil, c.Messages, c.Think); !slices.Equal(got, c.IDs) {
			t.Errorf("%q, think %t\n got %v\nwant %v", c.Messages, c.Think, got, c.IDs)
		}
	}
}

func BenchmarkTrain(b *testing.B) {
	texts := append(data(b, "wikitext2/test.txt"), data(b, "wikitext2/valid.txt")...)
	for _, k := range []string{"0", "1000", "2000", "3000", "4000", "5000", "6000", "7000"} {
		texts = append(texts, data(b, "chinese-poetry/poet.tang."+k+".json")...)
	}
	var size int64
	for _, s := range texts {
		size += int64(len(s))
	}
	for _, vocab := range []int{512, 8192} {
		b.Run(strconv.Itoa(vocab), func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				if _, err := Train(slices.Values(texts), vocab, ChatSpecial); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	tok := load(b)
	for name, file := range map[string]string{"english": "wikitext2/test.txt", "chinese": "chinese-poetry/poet.tang.0.json"} {
		b.Run(name, func(b *testing.B) {
			text := strings.Join(data(b, file), "\n")
			b.SetBytes(int64(len(text)))
			var ids []int32
			for b.Loop() {
				ids = tok.Encode(ids[:0], text)
			}
		})
	}
}
