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
	"unicode/utf8"
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
	for _, name := range []string{"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja"} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join(oracle, name))
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

func TestOracleReal(t *testing.T) {
	tok := load(t)
	for _, c := range cases[struct {
		File   string
		Count  int
		SHA256 string
	}](t, "real.jsonl.gz") {
		t.Run(c.File, func(t *testing.T) {
			lines := slices.DeleteFunc(data(t, c.File), func(s string) bool { return strings.TrimSpace(s) == "" })
			sum := sha256.New()
			for i := range c.Count {
				line := lines[i*len(lines)/c.Count]
				if !utf8.ValidString(line) {
					t.Fatalf("line %d is not UTF-8", i)
				}
				for j, id := range tok.Encode(nil, line) {
					if j > 0 {
						sum.Write([]byte(" "))
					}
					sum.Write(strconv.AppendInt(nil, int64(id), 10))
				}
				sum.Write([]byte("\n"))
			}
			if got := hex.EncodeToString(sum.Sum(nil)); got != c.SHA256 {
				t.Errorf("the ids of %d lines are not the oracle's", c.Count)
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
