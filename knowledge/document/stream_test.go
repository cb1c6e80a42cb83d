package document

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"golang.org/x/text/encoding/simplifiedchinese"
	enc "golang.org/x/text/encoding/unicode"
)

// lots writes n records with f.
func lots(n int, f func(b *bytes.Buffer, i int)) []byte {
	var b bytes.Buffer
	for i := range n {
		f(&b, i)
	}
	return b.Bytes()
}

func gz(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func warcOf(n int) []byte {
	return lots(n, func(b *bytes.Buffer, i int) {
		body := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<title>Page %d</title><article><p>%s</p></article>", i, strings.Repeat(fmt.Sprintf("Page %d says a word of its own here. ", i), 8))
		fmt.Fprintf(b, "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://example.org/%d\r\nWARC-Date: 2026-05-04T10:00:00Z\r\nContent-Type: application/http\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n", i, len(body), body)
	})
}

// A stream gives what the same file gives that is held whole.
func TestReadAt(t *testing.T) {
	jsonl := lots(800, func(b *bytes.Buffer, i int) {
		switch {
		case i%100 == 3:
			b.WriteString("no json\n")
		case i%100 == 4:
			b.WriteString("{\"text\":\"\"}\n\n")
		default:
			fmt.Fprintf(b, "{\"title\":\"第%d条\",\"text\":\"员工每年享有%d天的年假。The rule has number %d.\"}\r\n", i, i, i)
		}
	})
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes(jsonl)
	if err != nil {
		t.Fatal(err)
	}
	utf16, err := enc.UTF16(enc.LittleEndian, enc.UseBOM).NewEncoder().Bytes(jsonl)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	z, err := zstd.NewWriter(&packed)
	if err != nil {
		t.Fatal(err)
	}
	z.Write(jsonl)
	z.Close()
	type row struct {
		Title string `parquet:"title"`
		Text  string `parquet:"text"`
	}
	var rows []row
	for i := range 700 {
		rows = append(rows, row{fmt.Sprint("title ", i), strings.Repeat(fmt.Sprint("text ", i, " "), 20)})
	}
	var columns bytes.Buffer
	w := parquet.NewGenericWriter[row](&columns, parquet.MaxRowsPerRowGroup(200))
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	w.Close()
	for name, data := range map[string][]byte{
		"a.jsonl": jsonl, "gb.jsonl": gb, "utf16.jsonl": utf16, "mark.jsonl": append([]byte("\xef\xbb\xbf"), jsonl...), "a.jsonl.gz": gz(t, jsonl), "a.jsonl.zst": packed.Bytes(),
		"a.warc": warcOf(60), "a.warc.gz": append(gz(t, warcOf(40)), gz(t, warcOf(10))...), "a.parquet": columns.Bytes(),
	} {
		var whole collect
		if err := new(Reader).Read(name, data, &whole); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(whole.documents) < 50 {
			t.Fatalf("%s: %d documents", name, len(whole.documents))
		}
		for _, skip := range []int{0, 1, 37, 1000} {
			var c collect
			if err := new(Reader).ReadAt(name, bytes.NewReader(data), int64(len(data)), skip, &c); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			got, want := len(c.documents)+len(c.rejected), len(whole.documents)+len(whole.rejected)
			if got != max(0, want-skip) {
				t.Errorf("%s, skip %d: %d of %d", name, skip, got, want)
			}
			n := len(whole.documents) - len(c.documents)
			if !reflect.DeepEqual(c.documents, whole.documents[n:]) && len(c.documents) > 0 {
				t.Errorf("%s, skip %d: other documents: %+v, want %+v", name, skip, c.documents[0], whole.documents[n])
			}
		}
	}
}

func TestStreams(t *testing.T) {
	for _, c := range []struct {
		name, head string
		size       int64
		want       bool
	}{
		{"a.jsonl", "{", large, true}, {"a.jsonl", "{", large - 1, false}, {"a.csv", "a,b", large, true}, {"a.warc", "WARC/1.0", large, true}, {"a.parquet", "PAR1", large, true},
		{"a.jsonl.gz", "\x1f\x8b", large / 8, true}, {"a.txt.gz", "\x1f\x8b", 1 << 30, true}, {"a.warc.zst", "\x28\xb5\x2f\xfd", large, true},
		{"a.pdf", "%PDF-1.7", 1 << 30, false}, {"a.jsonl", "%PDF-1.7", 1 << 30, false}, {"a.txt", "a", large, true}, {"a.md", "a", large, true}, {"a.txt", "a", large - 1, false}, {"enwik8", "<mediawiki", 1 << 30, true}, {"a", "", 1 << 30, false}, {"a", "a\x00", 1 << 30, false},
	} {
		if got := Streams(c.name, []byte(c.head), c.size); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// A large table is a document for each of its texts, or pieces with its head.
func TestReadAtCSV(t *testing.T) {
	read := func(name string, data []byte) collect {
		t.Helper()
		var c collect
		if err := new(Reader).ReadAt(name, bytes.NewReader(data), int64(len(data)), 0, &c); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return c
	}
	texts := append([]byte("ID;Title; Text \n"), lots(300, func(b *bytes.Buffer, i int) { fmt.Fprintf(b, "%d;title %d;\"a text; of\n\nnumber %d\"\n", i, i, i) })...)
	c := read("texts.csv", texts)
	if len(c.documents) != 300 || c.documents[7].Title != "title 7" || c.documents[7].Name != "texts.csv#9" || c.documents[7].Blocks[1].Text != "number 7" {
		t.Errorf("%d: %+v", len(c.documents), c.documents[7])
	}
	numbers := append([]byte("a,b\n"), lots(1200, func(b *bytes.Buffer, i int) { fmt.Fprintf(b, "%d,%d\n", i, 2*i) })...)
	c = read("numbers.csv", numbers)
	n := 0
	for _, d := range c.documents {
		rows := d.Blocks[0].Rows
		if rows[0][1] != "b" || d.Blocks[0].Head != 1 {
			t.Errorf("%s has no head: %v", d.Name, rows[0])
		}
		for _, r := range rows[1:] {
			if r[0] != fmt.Sprint(n) || r[1] != fmt.Sprint(2*n) {
				t.Fatalf("row %d: %v", n, r)
			}
			n++
		}
	}
	if n != 1200 || len(c.documents) != 3 || c.documents[1].Name != "numbers.csv#502" {
		t.Errorf("%d rows in %d tables", n, len(c.documents))
	}
}

// What is hostile costs a bounded amount and is told.
func TestReadAtHostile(t *testing.T) {
	small := Limits{File: 1 << 20, Text: 1 << 20, Pages: 1, Cells: 1 << 10, Parts: 1 << 10, Depth: 1}
	long := append([]byte(`{"text":"`+strings.Repeat("a", 2<<20)+`"}`+"\n"), []byte(`{"text":"good"}`)...)
	var c collect
	r := Reader{Limits: small}
	if err := r.ReadAt("x.jsonl", bytes.NewReader(long), int64(len(long)), 0, &c); err != nil || len(c.documents) != 1 || len(c.rejected) != 1 || c.rejected[0].Cause != Large {
		t.Errorf("a long line: %v %+v", err, c)
	}
	for name, data := range map[string][]byte{
		"bomb.jsonl.gz": gz(t, bytes.Repeat([]byte(`{"text":"a"}`+"\n"), 1<<20)),
		"open.csv":      append([]byte("a,b\n1,\""), bytes.Repeat([]byte("x\n"), 2<<20)...),
		"empty.jsonl":   bytes.Repeat([]byte("\n"), 1000),
		"torn.jsonl.gz": gz(t, long)[:1000],
		"x.parquet":     []byte("PAR1 nonsense PAR1"),
		"x.warc":        []byte("no archive"),
		"x.jsonl.zst":   []byte("\x28\xb5\x2f\xfdnonsense"),
	} {
		r := Reader{Limits: small}
		var rejected *Rejection
		if err := r.ReadAt(name, bytes.NewReader(data), int64(len(data)), 0, &collect{}); !errors.As(err, &rejected) || rejected.Name != name || rejected.Zh == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	huge := []byte("WARC/1.0\r\nWARC-Type: resource\r\nContent-Type: text/plain\r\nContent-Length: 1048577\r\n\r\n" + strings.Repeat("w", 1<<20+1) + "\r\n\r\n" +
		"WARC/1.0\r\nWARC-Type: resource\r\nWARC-Target-URI: a\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\ngood\r\n\r\n")
	c = collect{}
	if err := r.ReadAt("x.warc", bytes.NewReader(huge), int64(len(huge)), 0, &c); err != nil || len(c.documents) != 1 || len(c.rejected) != 1 {
		t.Errorf("a large record: %v %+v", err, c)
	}
}

func FuzzStream(f *testing.F) {
	for _, s := range []string{"sample.warc", "sample.warc.gz", "zstd.parquet"} {
		f.Add(s, sample(f, s))
	}
	f.Add("x.jsonl", []byte("{\"text\":\"b\"}\n{\"x\":1}\nbad\n"))
	f.Add("x.csv", []byte("text;b\n1;\"x\ny\"\n"))
	f.Add("x.csv.gz", gz(f, []byte("a;b\n1;\"x\ny\"\n")))
	f.Fuzz(func(t *testing.T, name string, b []byte) {
		r := &Reader{Limits: Limits{File: 16 << 20, Text: 4 << 20, Pages: 100, Cells: 10_000, Parts: 1000, Depth: 2}}
		var rejected *Rejection
		if err := r.ReadAt(name, bytes.NewReader(b), int64(len(b)), 0, &collect{}); err != nil && !errors.As(err, &rejected) {
			t.Fatal(err)
		}
	})
}
