package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const oracle = "../../testdata/oracle/documents"

func TestMain(m *testing.M) {
	code := m.Run()
	pdfReader.Close()
	os.Exit(code)
}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(oracle, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestOracle compares the first document of each file with what the library
// that wrote the file reads back of it.
func TestOracle(t *testing.T) {
	var expected map[string][][2]any
	if err := json.Unmarshal(sample(t, "expected.json"), &expected); err != nil {
		t.Fatal(err)
	}
	for name, want := range expected {
		var c collect
		if err := new(Reader).Read(name, sample(t, name), &c); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		d := c.documents[0]
		var got []string
		for _, b := range d.Blocks {
			got = append(got, fmt.Sprintf("%s %s%v", b.Kind, b.Text, b.Rows))
		}
		var should []string
		for _, w := range want {
			text, rows := "", [][]string{}
			if list, ok := w[1].([]any); ok {
				for _, r := range list {
					var row []string
					for _, c := range r.([]any) {
						row = append(row, c.(string))
					}
					rows = append(rows, row)
				}
			} else {
				text = w[1].(string)
			}
			should = append(should, fmt.Sprintf("%s %s%v", w[0], text, rows))
		}
		if !slices.Equal(got, should) {
			t.Errorf("%s:\n got %s\nwant %s", name, strings.Join(got, "\n     "), strings.Join(should, "\n     "))
		}
	}
}

// TestParts reads files that hold several documents, and what they say of
// themselves.
func TestParts(t *testing.T) {
	for name, want := range map[string]string{
		"sample.docx":    "sample.docx House rules 员工手册 A. Author  2026-05-04T00:00:00Z",
		"sample.epub":    "sample.epub House rules 员工手册 A. Author zh ",
		"sample.eml":     "sample.eml House rules 员工手册 Li <li@example.org>  2026-05-04T10:00:00+08:00; sample.eml/房间.csv 房间   ; sample.eml/sample.docx House rules 员工手册 A. Author  2026-05-04T00:00:00Z",
		"sample.warc":    "sample.warc#http://example.org/leave Leave  en 2026-05-04T10:00:00Z; sample.warc#http://example.org/note Each of us has twenty days of leave a year; five more after ten years.   2026-05-04T10:00:00Z",
		"sample.warc.gz": "sample.warc.gz#http://example.org/leave Leave  en 2026-05-04T10:00:00Z; sample.warc.gz#http://example.org/note Each of us has twenty days of leave a year; five more after ten years.   2026-05-04T10:00:00Z",
		"zstd.parquet":   "zstd.parquet#1 Leave   ; zstd.parquet#2 休假   ",
		"sample.zip":     "sample.zip/a/leave.txt Each of us has twenty days of leave a year; five more after ten years.   ; sample.zip/休假.txt 每人每年有二十天年假，工作满十年后再加五天。   ; sample.zip/sample.odt House rules 员工手册   ; −sample.zip/logo.png unknown",
	} {
		var c collect
		if err := new(Reader).Read(name, sample(t, name), &c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var got []string
		for _, d := range c.documents {
			got = append(got, fmt.Sprintf("%s %s %s %s %s", d.Name, d.Title, d.Author, d.Language, d.Date))
		}
		for _, r := range c.rejected {
			got = append(got, fmt.Sprintf("−%s %s", r.Name, r.Cause))
		}
		if g := strings.Join(got, "; "); g != want {
			t.Errorf("%s:\n got %s\nwant %s", name, g, want)
		}
	}
}

const ole = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" // how a file of Office before 2007 begins

func TestRejections(t *testing.T) {
	deep := []byte("text")
	for name, c := range map[string]struct {
		data  []byte
		want  Cause
		limit Limits
	}{
		"x.bin":   {[]byte("\x00\x01\x02"), Unknown, Limits{}},
		"x.docx":  {[]byte("PK\x03\x04"), Broken, Limits{}},
		"y.docx":  {[]byte(ole), Unknown, Limits{}},
		"y.doc":   {[]byte(ole + "W\x00o\x00r\x00d"), Unknown, Limits{}},
		"z.docx":  {[]byte(ole + "E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00"), Encrypted, Limits{}},
		"0.docx":  {nil, Empty, Limits{}},
		"0.pdf":   {nil, Empty, Limits{}},
		"x.json":  {[]byte("{"), Broken, Limits{}},
		"x.jsonl": {[]byte("\n\n"), Empty, Limits{}},
		"x.html":  {[]byte("<p></p><script>alert(1)</script>"), Empty, Limits{}},
		"x.csv":   {[]byte("a,b\n1,2\n"), Large, Limits{File: 100, Text: 100, Cells: 3, Parts: 1, Depth: 1, Pages: 1}},
		"x.txt":   {deep, Large, Limits{File: 3}},
		"z.txt":   {deep, Large, Limits{File: 100, Text: 3, Parts: 1}},
		"x.gz":    {[]byte("\x1f\x8b"), Broken, Limits{}},
		"x.warc":  {[]byte("no archive"), Broken, Limits{}},
		"x.pdf":   {[]byte("no PDF"), Broken, Limits{}},
	} {
		var r *Rejection
		reader := Reader{Limits: c.limit}
		if name == "x.pdf" {
			if err := pdfReader.Read(name, c.data, &collect{}); !errors.As(err, &r) || r.Cause != c.want {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err := reader.Read(name, c.data, &collect{}); !errors.As(err, &r) || r.Cause != c.want || r.Name != name || r.Zh == "" || r.En == r.Zh {
			t.Errorf("%s: %v %+v", name, err, r)
		}
	}
}

// TestMarkdownRoundTrip has Markdown read what Markdown wrote: the same
// blocks, whatever signs are in their text.
func TestMarkdownRoundTrip(t *testing.T) {
	d := &Document{Blocks: []Block{
		{Kind: Heading, Level: 2, Text: "# not a mark"}, {Kind: Paragraph, Text: "- no item\n# no heading\n1. no number\n> no quote\n| no table |"},
		{Kind: Item, Text: "one"}, {Kind: Item, Level: 1, Text: "two"}, {Kind: Item, Text: "three"}, {Kind: Paragraph, Text: "between"}, {Kind: Item, Mark: "1.", Text: "first"}, {Kind: Item, Mark: "2.", Text: "second"},
		{Kind: Table, Head: 1, Rows: [][]string{{"a", "b | c"}, {"1", "2"}}}, {Kind: Code, Lang: "go", Text: "x := 1\n```\ny"}, {Kind: Paragraph, Text: "中文\n第二行"},
	}}
	m, places := d.Markdown()
	var c collect
	if err := new(Reader).Read("x.md", []byte(m), &c); err != nil {
		t.Fatal(err)
	}
	got := c.documents[0].Blocks
	if len(got) != len(d.Blocks) {
		t.Fatalf("%d blocks of %d:\n%s", len(got), len(d.Blocks), m)
	}
	for i, w := range d.Blocks {
		g := got[i]
		if g.Kind != w.Kind || g.Level != w.Level || g.Mark != w.Mark || g.Text != w.Text || fmt.Sprint(g.Rows) != fmt.Sprint(w.Rows) || g.Lang != w.Lang {
			t.Errorf("%d: %+v, want %+v", i, g, w)
		}
		if g.Start < places[i].Start || g.End > places[i].End+1 {
			t.Errorf("%d: at %d–%d, was written at %+v", i, g.Start, g.End, places[i])
		}
	}
}

func fuzz(f *testing.F, name string, seeds ...string) {
	for _, s := range seeds {
		f.Add(sample(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		check(t, &Reader{Limits: Limits{File: 16 << 20, Text: 4 << 20, Pages: 100, Cells: 10_000, Parts: 1000, Depth: 2}}, name, b)
	})
}

func FuzzText(f *testing.F) {
	fuzz(f, "x.txt", "gb18030.txt", "big5.txt", "utf-16-le.txt", "cp1252.txt")
}
func FuzzDOCX(f *testing.F)    { fuzz(f, "x.docx", "sample.docx") }
func FuzzXLSX(f *testing.F)    { fuzz(f, "x.xlsx", "sample.xlsx") }
func FuzzPPTX(f *testing.F)    { fuzz(f, "x.pptx", "sample.pptx") }
func FuzzODT(f *testing.F)     { fuzz(f, "x.odt", "sample.odt") }
func FuzzEPUB(f *testing.F)    { fuzz(f, "x.epub", "sample.epub") }
func FuzzMail(f *testing.F)    { fuzz(f, "x.eml", "sample.eml") }
func FuzzWARC(f *testing.F)    { fuzz(f, "x.warc", "sample.warc") }
func FuzzParquet(f *testing.F) { fuzz(f, "x.parquet", "zstd.parquet", "snappy.parquet") }
func FuzzZIP(f *testing.F)     { fuzz(f, "x.zip", "sample.zip") }

func FuzzHTML(f *testing.F) {
	f.Add([]byte("<title>t</title><nav><a href=x>y</a></nav><article><h1>a</h1><p>words, and more words</p><table><tr><th>a<th>b<tr><td rowspan=2>c<td>d</table><ul><li>x<ul><li>y</ul></ul><pre>z</pre>"))
	fuzz(f, "x.html")
}

func FuzzMarkdown(f *testing.F) {
	f.Add([]byte("---\ntitle: x\n---\n# a\n\n- b\n  1. c\n\n| d | e |\n|--|--|\n| f | g |\n\n```go\nh\n```\n> i\n"))
	fuzz(f, "x.md")
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(`[{"title":"a","text":"b"},{"text":["c",{"d":null}]}]`))
	fuzz(f, "x.json")
}

func FuzzJSONL(f *testing.F) {
	f.Add([]byte("{\"text\":\"b\"}\n{\"x\":1}\nbad\n"))
	fuzz(f, "x.jsonl")
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte("a;b\n1;\"x\ny\"\n"))
	fuzz(f, "x.csv")
}

// What a library says of a broken file is said in both languages.
func TestBrokenInChinese(t *testing.T) {
	var r Reader
	err := r.Read("a.docx", bytes.Repeat([]byte("no zip "), 100), &collect{})
	whole, ok := errors.AsType[*Rejection](err)
	if !ok || whole.Cause != Broken || whole.Zh != "不是可读的 DOCX：不是 ZIP 容器" || !strings.Contains(whole.En, "is no DOCX that can be read: zip") {
		t.Errorf("%v", err)
	}
	err = pdfReader.Read("a.pdf", []byte("%PDF-1.7\n torn"), &collect{})
	if whole, ok = errors.AsType[*Rejection](err); !ok || whole.Cause != Broken || whole.Zh != "不是可读的 PDF：不是 PDF，或损坏得无法修复" {
		t.Errorf("%v", err)
	}
	for data, want := range map[string]string{ole: "请另存为", ole + "E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00": "去掉密码"} {
		if whole, ok = errors.AsType[*Rejection](r.Read("a.doc", []byte(data), &collect{})); !ok || !strings.Contains(whole.Zh, want) {
			t.Errorf("what to do is not said: %v", whole)
		}
	}
}

// TestJSONFaults: what is no JSON is told with its place, in both languages.
func TestJSONFaults(t *testing.T) {
	for name, c := range map[string]struct{ file, part, where string }{
		"a.json":    {"{\n\"text\": \"中\", nope}", "a.json", "line 2, column 14: "},
		"cut.json":  {"{\"text\": \"a\"", "cut.json", "line 1, column 13: "},
		"two.json":  {"{\"text\": \"a\"}\n\n [", "two.json", "line 3, column 2: more follows"},
		"a.jsonl":   {"{\"text\": \"a\"}\n\n  {\"text\": tru}\n", "a.jsonl#3", "line 3, column 15: "},
		"two.jsonl": {"{\"text\": \"a\"}\n{\"text\": \"a\"} 5\n", "two.jsonl#2", "line 2, column 15: more follows"},
	} {
		var c2 collect
		err := new(Reader).Read(name, []byte(c.file), &c2)
		r, ok := errors.AsType[*Rejection](err)
		if len(c2.rejected) > 0 {
			r, ok = c2.rejected[0], true
		}
		if !ok || r.Name != c.part || !strings.HasPrefix(r.En, "is no JSON that can be read: "+c.where) || strings.Contains(r.En+r.Zh, "%!") || r.Zh == r.En || !strings.Contains(r.Zh, "列：") {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
